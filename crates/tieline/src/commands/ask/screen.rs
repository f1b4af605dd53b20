//! How a turn looks on a terminal, and how plain it is where there is none.

use std::io::{self, IsTerminal as _, Write};

use serde::Deserialize;
use tieline_agent::{ToolApproval, ToolFinished};
use tieline_domain::{CallId, SessionId};

use super::clean;
use crate::config;

const FRAMES: [char; 8] = ['⣾', '⣽', '⣻', '⢿', '⡿', '⣟', '⣯', '⣷'];
/// To the start of the line, and nothing left on it.
const WIPE: &str = "\r\x1b[K";
const GREEN: &str = "32";
const RED: &str = "31";
const DIM: &str = "2";

/// What the terminal can show.
#[derive(Clone, Copy)]
struct Look {
    /// A spinner may turn.
    moves: bool,
    colours: bool,
}

/// Where the answer goes, and where what is said about it.
pub(super) struct Screen {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    look: Look,
    /// The answer's last line has no end yet.
    open_line: bool,
    /// A spinner stands on the current line.
    spinner: bool,
    frame: usize,
    waits_for: String,
    /// The calls that run, with what they are called here.
    calls: Vec<(CallId, String)>,
}

impl Screen {
    /// On standard output and standard error.
    pub(super) fn of_process() -> Self {
        let terminal = io::stderr().is_terminal();
        let look = Look {
            moves: terminal,
            colours: terminal && config::colours_wanted(),
        };
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), look)
    }

    fn new(out: Box<dyn Write>, err: Box<dyn Write>, look: Look) -> Self {
        Self {
            out,
            err,
            look,
            open_line: false,
            spinner: false,
            frame: 0,
            waits_for: "Starting…".to_owned(),
            calls: Vec::new(),
        }
    }

    /// More of the answer.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        self.wipe()?;
        let text = clean::text(text);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()?;
        if let Some(last) = text.chars().last() {
            self.open_line = last != '\n';
        }
        Ok(())
    }

    /// What the spinner says while nothing else happens.
    pub(super) fn waits_for(&mut self, words: &str) {
        words.clone_into(&mut self.waits_for);
    }

    pub(super) fn tool_started(&mut self, call: CallId, connector: &str, tool: &str) {
        self.calls.push((call, label(connector, tool)));
        "Thinking…".clone_into(&mut self.waits_for);
    }

    /// `● Acme MCP · search_orders … 214 ms`
    pub(super) fn tool_finished(&mut self, call: &ToolFinished) -> io::Result<()> {
        let place = self.calls.iter().position(|(id, _)| *id == call.call_id);
        let label = place.map_or_else(|| "a call".to_owned(), |place| self.calls.remove(place).1);
        let (sign, colour) = match call.outcome.as_str() {
            "ok" => ('●', GREEN),
            _ => ('✗', RED),
        };
        let sign = self.coloured(colour, &sign.to_string());
        let took = self.coloured(DIM, &format!("… {}", duration(call.ms)));
        let reason = match call.outcome.as_str() {
            "ok" => String::new(),
            _ => format!("  {}", clean::line(&reason(call))),
        };
        self.say(&format!("{sign} {label} {took}{reason}"))
    }

    /// A call, with exactly what would be sent, and the question whether it may be.
    pub(super) fn question(&mut self, call: &ToolApproval, ask: bool) -> io::Result<()> {
        let label = label(&call.connector_name, &call.tool);
        let arguments = clean::text(call.arguments.get());
        self.say(&format!(
            "{label} runs only when you approve. It would be sent:"
        ))?;
        for line in arguments.lines() {
            self.say(&format!("  {line}"))?;
        }
        if ask {
            self.err.write_all(b"Run it? [y/N] ")?;
            self.err.flush()?;
        }
        Ok(())
    }

    /// The question is gone; the person's key ended its line, or nobody's did.
    pub(super) fn answered(&mut self) -> io::Result<()> {
        self.err.write_all(WIPE.as_bytes())
    }

    /// Something to know.
    pub(super) fn note(&mut self, words: &str) -> io::Result<()> {
        let words = self.coloured(DIM, &clean::line(words));
        self.say(&words)
    }

    /// How to go on.
    pub(super) fn session(&mut self, id: SessionId) -> io::Result<()> {
        let words = self.coloured(DIM, &format!("To go on: tieline ask --session {id} \"…\""));
        self.say(&words)
    }

    /// One step of the spinner, unless a line of the answer stands unfinished.
    pub(super) fn spin(&mut self) -> io::Result<()> {
        if !self.look.moves || self.open_line {
            return Ok(());
        }
        let what = match self.calls.as_slice() {
            [] => self.waits_for.clone(),
            [(_, one)] => one.clone(),
            many => format!("{} calls run", many.len()),
        };
        let sign = FRAMES[self.frame % FRAMES.len()];
        self.frame += 1;
        self.spinner = true;
        let what = self.coloured(DIM, &what);
        write!(self.err, "{WIPE}{sign} {what}")?;
        self.err.flush()
    }

    /// Leaves the terminal as it should be found.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.wipe()?;
        self.end_line()
    }

    /// One line beside the answer, which ends its own first.
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.wipe()?;
        self.end_line()?;
        writeln!(self.err, "{line}")?;
        self.err.flush()
    }

    fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.open_line) {
            self.out.write_all(b"\n")?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn wipe(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.spinner) {
            self.err.write_all(WIPE.as_bytes())?;
            self.err.flush()?;
        }
        Ok(())
    }

    fn coloured(&self, colour: &str, words: &str) -> String {
        if self.look.colours {
            format!("\x1b[{colour}m{words}\x1b[0m")
        } else {
            words.to_owned()
        }
    }
}

fn label(connector: &str, tool: &str) -> String {
    let tool = clean::line(tool);
    match clean::line(connector) {
        connector if connector.is_empty() => tool.into_owned(),
        connector => format!("{connector} · {tool}"),
    }
}

fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

/// Why a call came to nothing: what the result says, else its code.
fn reason(call: &ToolFinished) -> String {
    #[derive(Deserialize)]
    struct Block {
        text: Option<String>,
    }
    let blocks: Vec<Block> = serde_json::from_str(call.content.get()).unwrap_or_default();
    let said = blocks.into_iter().find_map(|block| block.text);
    said.or_else(|| call.code.clone())
        .unwrap_or_else(|| call.outcome.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::value::RawValue;

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn call(number: u8) -> CallId {
        format!("0190a0b0-0000-7000-8000-0000000000{number:02x}")
            .parse()
            .unwrap()
    }

    fn finished(id: CallId, outcome: &str, ms: u64, text: &str) -> ToolFinished {
        let content = serde_json::json!([{ "type": "text", "text": text }]).to_string();
        ToolFinished {
            call_id: id,
            outcome: outcome.to_owned(),
            code: None,
            ms,
            content: RawValue::from_string(content).unwrap(),
            given: None,
        }
    }

    fn turn(moves: bool, colours: bool) -> (String, String) {
        let (out, err) = (Paper::default(), Paper::default());
        let mut screen = Screen::new(
            Box::new(out.clone()),
            Box::new(err.clone()),
            Look { moves, colours },
        );
        screen.spin().unwrap();
        screen.text("Let me look.\u{1b}[2J").unwrap();
        screen.spin().unwrap();
        screen.tool_started(call(1), "Acme MCP", "search_orders");
        screen.tool_started(call(2), "Acme\u{202e} MCP", "refund");
        screen
            .tool_finished(&finished(call(1), "ok", 214, "3 orders"))
            .unwrap();
        screen
            .tool_finished(&finished(call(2), "tool_error", 3140, "no\nsuch order"))
            .unwrap();
        screen.text("Three orders.").unwrap();
        screen.close().unwrap();
        (out.text(), err.text())
    }

    #[test]
    fn without_a_terminal_it_is_plain() {
        let (out, err) = turn(false, false);
        assert_eq!(out, "Let me look.\\u{1b}[2J\nThree orders.\n");
        assert_eq!(
            err,
            "● Acme MCP · search_orders … 214 ms\n✗ Acme\\u{202e} MCP · refund … 3.1 s  no such order\n"
        );
    }

    #[test]
    fn a_spinner_leaves_nothing_behind() {
        let (out, err) = turn(true, false);
        assert_eq!(out, "Let me look.\\u{1b}[2J\nThree orders.\n");
        assert!(
            err.starts_with("\r\x1b[K⣾ Starting…\r\x1b[K● Acme"),
            "{err:?}"
        );
        assert!(!err.ends_with("Thinking…"), "{err:?}");
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let (_, err) = turn(true, true);
        assert!(
            err.contains("\x1b[32m●\x1b[0m Acme MCP · search_orders \x1b[2m… 214 ms\x1b[0m"),
            "{err:?}"
        );
        assert!(!turn(true, false).1.contains("\x1b[3"));
    }

    #[test]
    fn a_question_shows_exactly_what_would_be_sent() {
        let (out, err) = (Paper::default(), Paper::default());
        let mut screen = Screen::new(
            Box::new(out),
            Box::new(err.clone()),
            Look {
                moves: true,
                colours: false,
            },
        );
        let asked = ToolApproval {
            call_id: call(1),
            connector: "acme_mcp".to_owned(),
            connector_name: "Acme MCP".to_owned(),
            tool: "refund".to_owned(),
            arguments: RawValue::from_string(
                "{\"amount\": 1.50,\n \"to\":\"\u{202e}x\"}".to_owned(),
            )
            .unwrap(),
        };
        screen.question(&asked, true).unwrap();
        assert_eq!(
            err.text(),
            "Acme MCP · refund runs only when you approve. It would be sent:\n  {\"amount\": 1.50,\n   \"to\":\"\\u{202e}x\"}\nRun it? [y/N] "
        );
    }
}
