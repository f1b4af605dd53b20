//! A fast MCP server of the modern era: a thread per connection, answers made of strings.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::http::{Connection, Message};

/// The argument that makes it answer with [`LARGE_BYTES`].
pub(crate) const LARGE: &str = "one MiB";
/// The same, of which it sends the second half later.
pub(crate) const HELD_BACK: &str = "half a MiB now, half of it later";
/// How much text a large answer has.
pub(crate) const LARGE_BYTES: usize = 1 << 20;
/// How much later.
pub(crate) const HELD_FOR: Duration = Duration::from_millis(10);
/// How many tools it offers, unless its path says another number: [`path_with_tools`].
pub(crate) const TOOLS: usize = 20;
/// The beginning of a path that says how many tools are offered there.
const TOOLS_PATH: &str = "/tools-";

/// A path under which it offers so many tools.
pub(crate) fn path_with_tools(tools: usize) -> String {
    format!("{TOOLS_PATH}{tools}/mcp")
}

/// A server on a free loopback port; any path will do.
pub(crate) struct Upstream {
    address: SocketAddr,
    mood: Arc<Mood>,
}

/// How it behaves, to be changed while it runs.
#[derive(Default)]
struct Mood {
    /// Waits before each answer.
    delay_millis: AtomicU64,
    /// Accepts no connection and drops those that stand.
    dead: AtomicBool,
    /// How often each value of the argument `n` was called with.
    marks: Mutex<HashMap<String, u32>>,
}

impl Upstream {
    /// Starts it; its threads end with the process.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let mood = Arc::new(Mood::default());
        let shared = Arc::clone(&mood);
        thread::spawn(move || accept(&listener, &shared));
        Ok(Self { address, mood })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers this much later from now on.
    pub(crate) fn delay(&self, delay: Duration) {
        self.mood.delay_millis.store(
            delay.as_millis().try_into().unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    /// How often a tool ran with each value of the argument `n`.
    pub(crate) fn marks(&self) -> HashMap<String, u32> {
        let marks = self.mood.marks.lock();
        marks.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses connections from now on.
    pub(crate) fn die(&self) {
        self.mood.dead.store(true, Ordering::Relaxed);
        // Wakes the accepting thread, which then drops its listener.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, mood: &Arc<Mood>) {
    for stream in listener.incoming() {
        if mood.dead.load(Ordering::Relaxed) {
            return;
        }
        let mood = Arc::clone(mood);
        // A connection that breaks is the client's business; the benchmark sees it there.
        thread::spawn(move || {
            stream
                .map_err(anyhow::Error::from)
                .and_then(|stream| serve(stream, &mood))
        });
    }
}

fn serve(stream: TcpStream, mood: &Mood) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::over(stream)?;
    connection.wait_forever()?;
    while let Some(request) = connection.receive()? {
        let delay = mood.delay_millis.load(Ordering::Relaxed);
        if delay > 0 {
            thread::sleep(Duration::from_millis(delay));
        }
        if mood.dead.load(Ordering::Relaxed) {
            return Ok(());
        }
        count(&request, mood)?;
        let answer = answer(&request)?;
        if request.text()?.contains(HELD_BACK) {
            // Whoever reads an answer whole before it passes it on is this much later.
            let (first, second) = answer.split_at(answer.len() / 2);
            connection.send(first)?;
            thread::sleep(HELD_FOR);
            connection.send(second)?;
        } else {
            connection.send(&answer)?;
        }
    }
    Ok(())
}

/// Counts a call before it is answered: what the caller makes of the answer changes nothing about what happened.
fn count(request: &Message, mood: &Mood) -> Result<()> {
    let body = request.text()?;
    if body.contains("\"tools/call\"")
        && let Some(mark) = between(body, "\"n\":\"", &['"'])
    {
        let mut marks = mood.marks.lock().unwrap_or_else(PoisonError::into_inner);
        *marks.entry(mark.to_owned()).or_default() += 1;
    }
    Ok(())
}

fn answer(request: &Message) -> Result<Vec<u8>> {
    if !request.head.starts_with("POST ") {
        return Ok(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n".to_vec());
    }
    let body = request.text()?;
    let id = between(body, "\"id\":", &[',', '}']).unwrap_or("null");
    let (status, outcome) = match between(body, "\"method\":\"", &['"']) {
        Some("server/discover") => (
            "200 OK",
            result(r#""supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}"#),
        ),
        Some("tools/list") => (
            "200 OK",
            result(&format!("\"tools\":[{}]", tools(tools_of(request)))),
        ),
        Some("tools/call") => (
            "200 OK",
            r#""result":{"content":[{"type":"text","text":"TEXT"}],"resultType":"complete"}"#
                .replace("TEXT", &"x".repeat(size_of_text(body))),
        ),
        _ => (
            "404 Not Found",
            r#""error":{"code":-32601,"message":"Method not found"}"#.to_owned(),
        ),
    };
    let json = format!(r#"{{"jsonrpc":"2.0","id":{id},{outcome}}}"#);
    Ok(format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
        json.len()
    )
    .into_bytes())
}

fn size_of_text(call: &str) -> usize {
    if call.contains(LARGE) || call.contains(HELD_BACK) {
        LARGE_BYTES
    } else {
        200
    }
}

fn result(fields: &str) -> String {
    format!(r#""result":{{{fields},"resultType":"complete","ttlMs":60000,"cacheScope":"public"}}"#)
}

/// How many tools the path asks for.
fn tools_of(request: &Message) -> usize {
    let number = between(&request.head, TOOLS_PATH, &['/']);
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(TOOLS)
}

fn tools(count: usize) -> String {
    let tools: Vec<String> = (0..count)
        .map(|number| {
            format!(
                r#"{{"name":"tool_{number}","description":"Looks up record {number} and says what is known about it.","inputSchema":{{"type":"object","properties":{{"query":{{"type":"string","description":"What to look for"}},"limit":{{"type":"integer"}}}},"required":["query"]}}}}"#
            )
        })
        .collect();
    tools.join(",")
}

/// The text between `start` and the first of `ends`.
pub(crate) fn between<'a>(text: &'a str, start: &str, ends: &[char]) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split(ends).next().map(str::trim)
}
