//! `cargo xtask kill`: ends the real binary with SIGKILL in the middle of turns, many times, and counts what is lost.
//!
//! What must hold: no session is stuck afterwards, no tool call runs twice, no acknowledged message is gone or doubled.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::bench::model::{Model, Reply, has_results, mark};
use crate::bench::subject::{Installation, Subject};
use crate::bench::talk::Talk;
use crate::bench::upstream::{TOOLS, Upstream, between};
use crate::browser;
use crate::report::{Outcome, Report, Skips};

const CYCLES: u32 = 500;
/// So many turns run when the process is killed.
const SESSIONS: usize = 3;
/// New sessions so often, because a long history is not what is tested.
const FRESH_AFTER: u32 = 20;
/// Nothing may need longer than this after a start.
const PATIENCE: Duration = Duration::from_secs(15);
/// A turn of this script takes about half as long.
const LATEST_KILL_MICROS: u64 = 120_000;

/// `cargo xtask kill [CYCLES] [--seed=N] [--binary=PATH]`
pub(crate) fn command(words: &[String]) -> Result<bool> {
    let (mut cycles, mut seed, mut binary) = (CYCLES, 1, None);
    for word in words {
        if let Some(number) = word.strip_prefix("--seed=") {
            seed = number.parse().context("--seed takes a number")?;
        } else if let Some(path) = word.strip_prefix("--binary=") {
            binary = Some(PathBuf::from(path));
        } else {
            cycles = word.parse().context("say how many cycles")?;
        }
    }
    let binary = binary.map_or_else(browser::tieline, Ok)?;
    let mut report = Report::default();
    report.add(
        "kill -9 during turns",
        run(&binary, cycles, seed),
        Skips::Refused,
    );
    Ok(report.finish())
}

/// Runs so many cycles with the binary that the tests use.
pub(crate) fn short(cycles: u32) -> Result<Outcome> {
    run(&browser::tieline()?, cycles, 1)
}

fn run(binary: &Path, cycles: u32, seed: u64) -> Result<Outcome> {
    println!("\n{cycles} kills, seed {seed}");
    let upstream = Upstream::start()?;
    upstream.delay(Duration::from_millis(8));
    let model = Model::start(script, |_, _| {})?;
    let installation = Installation::create(binary, "kill")?;
    installation.connect("Bench 0", &format!("http://{}/mcp", upstream.address()))?;
    installation.give_model(&model.url())?;
    let mut run = Run {
        installation,
        random: seed,
        sessions: Vec::new(),
        said: Vec::new(),
        finished: 0,
    };
    run.start()?.wait_for_tools(&run.installation.key, TOOLS)?;
    let begun = Instant::now();
    for cycle in 0..cycles {
        run.cycle(cycle).with_context(|| format!("cycle {cycle}"))?;
        if cycle % 50 == 49 {
            println!("{} kills after {} s", cycle + 1, begun.elapsed().as_secs());
        }
    }
    run.check(&upstream.marks())
}

/// The model says something, calls two tools with the mark of the message, and sums up when they answered.
fn script(body: &str) -> Reply {
    let text = "Let me look.".to_owned();
    let soon = Duration::from_millis(10);
    if has_results(body) {
        return Reply {
            thinks: soon,
            text: "That is all.".to_owned(),
            ..Reply::default()
        };
    }
    let call = |tool: u32| {
        let arguments = format!(r#"{{"query":"x","n":"{}-{tool}"}}"#, mark(body));
        (format!("mcp__bench_0__tool_{tool}"), arguments)
    };
    Reply {
        thinks: soon,
        text,
        calls: vec![call(0), call(1)],
        pauses: soon,
    }
}

/// A message that was sent.
struct Said {
    session: String,
    mark: String,
    acknowledged: bool,
}

struct Run {
    installation: Installation,
    random: u64,
    sessions: Vec<String>,
    said: Vec<Said>,
    finished: u32,
}

impl Run {
    fn start(&self) -> Result<Subject> {
        self.installation.start()
    }

    /// Starts, proves that everything works, begins turns and kills.
    fn cycle(&mut self, cycle: u32) -> Result<()> {
        let tieline = self.start()?;
        let mut talk = Talk::open(tieline.address, &self.installation.key)?;
        for session in &self.sessions {
            wait_until_idle(&mut talk, session)?;
        }
        if cycle.is_multiple_of(FRESH_AFTER) {
            self.sessions.clear();
            for _ in 0..SESSIONS {
                self.sessions.push(talk.start_session()?.0);
            }
        }
        let session = self.sessions[cycle as usize % SESSIONS].clone();
        let mark = format!("done-{cycle}");
        talk.ask(&session, &format!("mark:{mark}; please"))?;
        self.finished += 1;
        self.said.push(Said {
            session,
            mark,
            acknowledged: true,
        });
        self.killed_turns(cycle, tieline)
    }

    fn killed_turns(&mut self, cycle: u32, tieline: Subject) -> Result<()> {
        let delay = Duration::from_micros(self.next_random() % LATEST_KILL_MICROS);
        let (address, key) = (tieline.address, self.installation.key.clone());
        let speakers: Vec<_> = self
            .sessions
            .iter()
            .enumerate()
            .map(|(number, session)| {
                let (session, key) = (session.clone(), key.clone());
                let mark = format!("kill-{cycle}-{number}");
                thread::spawn(move || {
                    let mut acknowledged = false;
                    // Broken by the kill, most of the time.
                    let _ = Talk::open(address, &key).and_then(|mut talk| {
                        talk.say(&session, &format!("mark:{mark}; please"), || {
                            acknowledged = true;
                        })
                    });
                    Said {
                        session,
                        mark,
                        acknowledged,
                    }
                })
            })
            .collect();
        thread::sleep(delay);
        drop(tieline);
        for speaker in speakers {
            let said = speaker.join();
            self.said
                .push(said.map_err(|_| anyhow::anyhow!("a speaker panicked"))?);
        }
        Ok(())
    }

    /// xorshift64: the same kills at the same moments for the same seed, as far as a machine can.
    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// Counts everything that was said and done, after a last start.
    fn check(self, marks: &HashMap<String, u32>) -> Result<Outcome> {
        let tieline = self.start()?;
        let mut talk = Talk::open(tieline.address, &self.installation.key)?;
        let twice: Vec<_> = marks.iter().filter(|(_, times)| **times > 1).collect();
        ensure!(twice.is_empty(), "calls that ran more than once: {twice:?}");
        let mut histories = HashMap::new();
        for said in &self.said {
            if !histories.contains_key(&said.session) {
                wait_until_idle(&mut talk, &said.session)?;
                let history = Messages::of(&talk.history(&said.session)?);
                histories.insert(said.session.clone(), history);
            }
        }
        for said in &self.said {
            let stored = &histories[&said.session];
            ensure!(
                !said.acknowledged || stored.accepted.contains_key(&said.mark),
                "the acknowledged message {} is gone",
                said.mark
            );
            let started = stored.started.get(&said.mark).copied().unwrap_or(0);
            ensure!(
                started <= 1,
                "the message {} was taken {started} times",
                said.mark
            );
        }
        let (calls, acknowledged) = (
            marks.len(),
            self.said.iter().filter(|said| said.acknowledged).count(),
        );
        let least = usize::try_from(self.finished)? * 2;
        ensure!(
            calls >= least,
            "only {calls} calls ran; the turns that ended made {least}"
        );
        let kept = acknowledged - usize::try_from(self.finished)?;
        println!(
            "{} turns ended, {kept} acknowledged ones were killed, {} were killed before that, {calls} calls ran once",
            self.finished,
            self.said.len() - acknowledged
        );
        Ok(Outcome::Fine)
    }
}

/// The messages in the events of a session, by their mark.
#[derive(Default)]
struct Messages {
    accepted: HashMap<String, u32>,
    started: HashMap<String, u32>,
}

impl Messages {
    fn of(events: &[(String, String)]) -> Self {
        let mut messages = Self::default();
        for (name, data) in events {
            let Some(mark) = between(data, "mark:", &[';']) else {
                continue;
            };
            if matches!(
                name.as_str(),
                "turn.started" | "message.queued" | "turn.queued"
            ) {
                *messages.accepted.entry(mark.to_owned()).or_default() += 1;
            }
            if name == "turn.started" {
                *messages.started.entry(mark.to_owned()).or_default() += 1;
            }
        }
        messages
    }
}

fn wait_until_idle(talk: &mut Talk, session: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let object = talk.session(session)?;
        if object.contains(r#""state":"idle""#) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("a session is stuck: {object}");
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_by_their_mark() {
        let event = |name: &str, text: &str| (name.to_owned(), format!("{{\"text\":\"{text}\"}}"));
        let messages = Messages::of(&[
            event("message.queued", "mark:a; please"),
            event("turn.started", "mark:a; please"),
            event("turn.started", "mark:b; please"),
            event("text.delta", "mark:c;"),
        ]);
        assert_eq!(messages.accepted["a"], 2);
        assert_eq!(messages.started["a"], 1);
        assert!(!messages.accepted.contains_key("c"));
    }

    #[test]
    fn the_script_calls_each_tool_once_for_each_message() {
        let reply = script(r#"{"role":"user","content":"mark:x; please"}"#);
        assert_eq!(reply.calls.len(), 2);
        assert!(reply.calls[1].1.contains(r#""n":"x-1""#));
        assert!(script(r#""mark:x;" "tool_result""#).calls.is_empty());
    }
}
