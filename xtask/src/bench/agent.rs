//! The built-in agent: Tieline's own share of a turn, the first token, many sessions, and what tools cost a model.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::model::{Model, Reply, has_results, mark};
use super::sessions::CONNECTORS;
use super::subject::{Installation, Subject};
use super::talk::Talk;
use super::upstream::{TOOLS, Upstream, between};
use super::{Row, milliseconds, percentile, tenths};

const TURNS: usize = 300;
const STARTS: usize = 200;
const IDLE_SESSIONS: usize = 10_000;
const RUNNING: usize = 500;
/// How long the model thinks in each of its two answers while many turns run: real ones take longer.
const THINKING: Duration = Duration::from_secs(5);
/// Turns of each of the many, one after the other.
const ROUNDS: usize = 2;

/// Everything about the agent.
pub(crate) fn run(binary: &Path) -> Result<Vec<Row>> {
    let mut rows = one_at_a_time(binary)?;
    rows.extend(many_tools(binary)?);
    rows.extend(many_sessions(binary)?);
    Ok(rows)
}

/// The model calls one tool, then sums up. It thinks as long as the mark says: `mark:NUMBER-MILLIS;`.
fn script(body: &str) -> Reply {
    let millis = mark(body)
        .rsplit('-')
        .next()
        .and_then(|word| word.parse().ok());
    let thinks = Duration::from_millis(millis.unwrap_or(0));
    if has_results(body) {
        return Reply {
            thinks,
            text: "That is all.".to_owned(),
            ..Reply::default()
        };
    }
    let arguments = r#"{"query":"x"}"#.to_owned();
    Reply {
        thinks,
        text: "Let me look.".to_owned(),
        calls: vec![("mcp__bench_0__tool_1".to_owned(), arguments)],
        ..Reply::default()
    }
}

/// One person, one turn after the other; model and upstream answer at once.
pub(crate) fn one_at_a_time(binary: &Path) -> Result<Vec<Row>> {
    let left: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let noted = Arc::clone(&left);
    let model = Model::start(script, move |mark, now| {
        let mut left = noted.lock().unwrap_or_else(PoisonError::into_inner);
        left.entry(mark.to_owned()).or_insert(now);
    })?;
    let (_upstream, installation) = installation(binary, "bench-agent", 1, &model)?;
    let tieline = started(&installation, 1)?;
    let mut talk = Talk::open(tieline.address, &installation.key)?;
    let (mut session, _) = talk.start_session()?;
    for number in 0..20 {
        talk.ask(&session, &format!("mark:warm{number}-0; please"))?;
    }
    println!("{TURNS} turns, one after the other");
    let (mut shares, mut firsts) = (Vec::new(), Vec::new());
    let cpu = tieline.cpu_micros()?;
    for number in 0..TURNS {
        // A long history would measure the history.
        if number % 20 == 0 {
            session = talk.start_session()?.0;
        }
        let mark = format!("{number}-0");
        let heard = talk.ask(&session, &format!("mark:{mark}; please"))?;
        shares.push(micros(heard.took));
        let left = left.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, came) = (left.get(&mark), heard.first_text);
        let (sent, came) = sent.zip(came).context("a turn without text")?;
        firsts.push(micros(came.saturating_duration_since(*sent)));
    }
    let cpu = (tieline.cpu_micros()? - cpu) / u64::try_from(TURNS)?;
    Ok(vec![
        row(
            "Own share of a turn with one tool call, model and upstream answering at once",
            &mut shares,
            "p50 5 ms",
        ),
        Row::new("CPU of such a turn", milliseconds(cpu), "2 ms"),
        row(
            "First token: from the model API to a reader of the events",
            &mut firsts,
            "5 ms",
        ),
    ])
}

/// Sessions over many tools: how soon they start, and what the model is shown.
fn many_tools(binary: &Path) -> Result<Vec<Row>> {
    let shown: Arc<Mutex<(usize, usize)>> = Arc::default();
    let noted = Arc::clone(&shown);
    let model = Model::start(
        move |body| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            *noted = (tool_bytes(body), body.len());
            Reply {
                text: "Nothing to do.".to_owned(),
                ..Reply::default()
            }
        },
        |_, _| {},
    )?;
    let (_upstream, installation) = installation(binary, "bench-agent-tools", CONNECTORS, &model)?;
    let tieline = started(&installation, CONNECTORS)?;
    let mut talk = Talk::open(tieline.address, &installation.key)?;
    println!("{STARTS} sessions over {CONNECTORS} connectors");
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        talk.start_session()?;
        times.push(micros(begun.elapsed()));
    }
    let (session, object) = talk.start_session()?;
    let whole = between(&object, "\"tokens\":", &[',', '}'])
        .unwrap_or("?")
        .to_owned();
    talk.ask(&session, "mark:0-0; hello")?;
    let (tools_shown, request) = *shown.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(tools_shown > 0, "the model was shown no tools");
    let tools = CONNECTORS * TOOLS;
    Ok(vec![
        row(
            &format!("Session start, {CONNECTORS} connectors × {TOOLS} tools"),
            &mut times,
            "p50 5 ms",
        ),
        Row::new(
            format!(
                "First request to the model with {tools} tools, of it definitions {} (all would cost {whole})",
                tools_shown.div_ceil(4)
            ),
            format!("{} tokens", request.div_ceil(4)),
            "2,500",
        ),
    ])
}

/// Idle sessions in the database and many turns at once.
fn many_sessions(binary: &Path) -> Result<Vec<Row>> {
    let model = Model::start(script, |_, _| {})?;
    let (_upstream, installation) = installation(binary, "bench-agent-many", 1, &model)?;
    let installation = installation.with("TIELINE_RUNNING_TURNS", &RUNNING.to_string());
    let tieline = started(&installation, 1)?;
    println!("{IDLE_SESSIONS} sessions, then {RUNNING} turns at once");
    let sessions = start_sessions(&tieline, &installation.key)?;
    let resting = tieline.resident_kib()?;
    let mut shares = Vec::new();
    let mut most = 0;
    thread::scope(|scope| -> Result<()> {
        let together = Arc::new(Barrier::new(RUNNING));
        let mut people = Vec::with_capacity(RUNNING);
        for (number, session) in sessions.iter().take(RUNNING).enumerate() {
            let (together, key, address) =
                (Arc::clone(&together), &installation.key, tieline.address);
            let person =
                thread::Builder::new()
                    .stack_size(256 * 1024)
                    .spawn_scoped(scope, move || {
                        let talk = Talk::open(address, key);
                        together.wait();
                        // People do not press Enter in the same instant; within the time that the model thinks they all have.
                        thread::sleep(THINKING * u32::try_from(number)? / u32::try_from(RUNNING)?);
                        talk.and_then(|mut talk| turns(&mut talk, session))
                    })?;
            people.push(person);
        }
        while people.iter().any(|person| !person.is_finished()) {
            most = most.max(tieline.resident_kib()?);
            thread::sleep(Duration::from_millis(100));
        }
        for person in people {
            let heard = person
                .join()
                .map_err(|_| anyhow::anyhow!("a thread panicked"))?;
            shares.extend(heard.context("a turn was starved or failed")?);
        }
        Ok(())
    })?;
    let mebibytes = |kib: u64| format!("{} MiB", tenths(kib * 10 / 1024));
    Ok(vec![
        Row::new(
            format!("Resident with {IDLE_SESSIONS} idle sessions"),
            mebibytes(resting),
            "",
        ),
        Row::new(
            format!(
                "Resident with {IDLE_SESSIONS} idle sessions and {RUNNING} running turns, most"
            ),
            mebibytes(most),
            "300 MiB",
        ),
        row(
            &format!("Own share of a turn while {RUNNING} run"),
            &mut shares,
            "p99 50 ms",
        ),
    ])
}

/// Some turns of one person; what each took beyond the time that the model thought.
fn turns(talk: &mut Talk, session: &str) -> Result<Vec<u64>> {
    let mut shares = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let heard = talk.ask(
            session,
            &format!("mark:{round}-{}; please", THINKING.as_millis()),
        )?;
        shares.push(micros(heard.took.saturating_sub(THINKING * 2)));
    }
    Ok(shares)
}

fn start_sessions(tieline: &Subject, key: &str) -> Result<Vec<String>> {
    const HANDS: usize = 8;
    let parts: Vec<Result<Vec<String>>> = thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS)
            .map(|_| {
                scope.spawn(|| {
                    let mut talk = Talk::open(tieline.address, key)?;
                    (0..IDLE_SESSIONS / HANDS)
                        .map(|_| Ok(talk.start_session()?.0))
                        .collect()
                })
            })
            .collect();
        let joined = hands.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|part| part.unwrap_or_else(|_| Err(anyhow::anyhow!("a thread panicked"))))
            .collect()
    });
    let mut sessions = Vec::with_capacity(IDLE_SESSIONS);
    for part in parts {
        sessions.extend(part?);
    }
    Ok(sessions)
}

fn installation(
    binary: &Path,
    name: &str,
    connectors: usize,
    model: &Model,
) -> Result<(Upstream, Installation)> {
    let upstream = Upstream::start()?;
    let installation = Installation::create(binary, name)?;
    for number in 0..connectors {
        let url = format!("http://{}/c{number}/mcp", upstream.address());
        installation.connect(&format!("Bench {number}"), &url)?;
    }
    installation.give_model(&model.url())?;
    Ok((upstream, installation))
}

fn started(installation: &Installation, connectors: usize) -> Result<Subject> {
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, connectors * TOOLS)?;
    Ok(tieline)
}

/// The length of the list of tools in a request to the model.
fn tool_bytes(body: &str) -> usize {
    let Some(start) = body.find("\"tools\":[").map(|at| at + "\"tools\":".len()) else {
        return 0;
    };
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for (at, byte) in body.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return at + 1 - start;
                }
            }
            _ => {}
        }
    }
    0
}

fn row(what: &str, times: &mut [u64], limit: &'static str) -> Row {
    times.sort_unstable();
    let (p50, p99) = (percentile(times, 500), percentile(times, 990));
    Row::new(
        what,
        format!("p50 {}, p99 {}", milliseconds(p50), milliseconds(p99)),
        limit,
    )
}

fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_tools_is_measured_alone() {
        let tools = r#"[{"name":"a]\"","input_schema":{"type":"object"}}]"#;
        let body = format!(r#"{{"model":"m","tools":{tools},"messages":[]}}"#);
        assert_eq!(tool_bytes(&body), tools.len());
        assert_eq!(tool_bytes("{}"), 0);
    }
}
