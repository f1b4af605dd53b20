//! A model API that answers from a script: a thread per connection, Anthropic's wire format, answers made of strings.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::http::{Connection, Message};

/// What the model says to one request.
#[derive(Default)]
pub(crate) struct Reply {
    /// Waits so long before it says anything.
    pub(crate) thinks: Duration,
    pub(crate) text: String,
    /// Names and arguments of the tools that it calls.
    pub(crate) calls: Vec<(String, String)>,
    /// Waits so long between what it says and what it calls.
    pub(crate) pauses: Duration,
}

/// When the first text of an answer left, and for whom.
pub(crate) type Told = dyn Fn(&str, Instant) + Send + Sync;

type Script = dyn Fn(&str) -> Reply + Send + Sync;

/// A model API on a free loopback port; its threads end with the process.
pub(crate) struct Model {
    address: SocketAddr,
}

impl Model {
    /// Starts it. `script` gets each request's body; `told` hears when the first text of an answer leaves.
    pub(crate) fn start(
        script: impl Fn(&str) -> Reply + Send + Sync + 'static,
        told: impl Fn(&str, Instant) + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (script, told): (Arc<Script>, Arc<Told>) = (Arc::new(script), Arc::new(told));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, told) = (Arc::clone(&script), Arc::clone(&told));
                // A connection that breaks is the client's business; the benchmark sees it there.
                thread::spawn(move || {
                    stream
                        .map_err(anyhow::Error::from)
                        .and_then(|stream| serve(stream, &*script, &*told))
                });
            }
        });
        Ok(Self { address })
    }

    /// The base URL for Tieline.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Whether the request comes from the tools and not from the person: the last result is younger than the last message.
pub(crate) fn has_results(body: &str) -> bool {
    body.rfind("\"tool_result\"") > body.rfind("mark:")
}

/// The word that the last message of the person was marked with: `mark:WORD;`.
pub(crate) fn mark(body: &str) -> &str {
    let (_, rest) = body.rsplit_once("mark:").unwrap_or_default();
    rest.split(';').next().unwrap_or_default()
}

fn serve(stream: TcpStream, script: &Script, told: &Told) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::over(stream)?;
    connection.wait_forever()?;
    while let Some(request) = connection.receive()? {
        answer(&mut connection, &request, script, told)?;
    }
    Ok(())
}

fn answer(
    connection: &mut Connection,
    request: &Message,
    script: &Script,
    told: &Told,
) -> Result<()> {
    let body = request.text()?;
    let reply = script(body);
    thread::sleep(reply.thinks);
    let mut out = String::from(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    event(
        &mut out,
        "message_start",
        r#""message":{"id":"msg_1","type":"message","role":"assistant","model":"scripted","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}}"#,
    );
    event(
        &mut out,
        "content_block_start",
        r#""index":0,"content_block":{"type":"text","text":""}"#,
    );
    connection.send(out.as_bytes())?;
    out.clear();
    event(
        &mut out,
        "content_block_delta",
        &format!(
            r#""index":0,"delta":{{"type":"text_delta","text":"{}"}}"#,
            reply.text
        ),
    );
    let now = Instant::now();
    connection.send(out.as_bytes())?;
    told(mark(body), now);
    out.clear();
    event(&mut out, "content_block_stop", r#""index":0"#);
    thread::sleep(reply.pauses);
    for (number, (name, arguments)) in reply.calls.iter().enumerate() {
        let index = number + 1;
        event(
            &mut out,
            "content_block_start",
            &format!(
                r#""index":{index},"content_block":{{"type":"tool_use","id":"toolu_{index}","name":"{name}","input":{{}}}}"#
            ),
        );
        event(
            &mut out,
            "content_block_delta",
            &format!(
                r#""index":{index},"delta":{{"type":"input_json_delta","partial_json":"{}"}}"#,
                arguments.replace('"', "\\\"")
            ),
        );
        event(
            &mut out,
            "content_block_stop",
            &format!(r#""index":{index}"#),
        );
    }
    let stop = if reply.calls.is_empty() {
        "end_turn"
    } else {
        "tool_use"
    };
    event(
        &mut out,
        "message_delta",
        &format!(r#""delta":{{"stop_reason":"{stop}"}},"usage":{{"output_tokens":5}}"#),
    );
    event(&mut out, "message_stop", r#""x":0"#);
    out.push_str("0\r\n\r\n");
    connection.send(out.as_bytes())
}

/// One event in a chunk of its own.
fn event(out: &mut String, kind: &str, fields: &str) {
    let event = format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{fields}}}\n\n");
    out.extend([&format!("{:x}\r\n", event.len()), &event, "\r\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_the_last_messages() {
        let first = r#"[{"role":"user","content":"mark:a-1; please"}"#;
        assert_eq!(mark(first), "a-1");
        assert!(!has_results(first));
        let results = format!("{first},{{\"type\":\"tool_result\",\"content\":\"done\"}}");
        assert!(has_results(&results));
        let again = format!("{results},\"mark:a-2;\"");
        assert_eq!(mark(&again), "a-2");
        assert!(!has_results(&again));
    }

    #[test]
    fn each_event_is_a_chunk() {
        let mut out = String::new();
        event(&mut out, "x", r#""a":1"#);
        assert_eq!(
            out,
            "23\r\nevent: x\ndata: {\"type\":\"x\",\"a\":1}\n\n\r\n"
        );
    }
}
