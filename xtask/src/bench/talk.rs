//! A person who talks to the built-in agent over REST.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::http::{self, Connection};
use super::upstream::between;

/// A connection to Tieline with an access key.
pub(crate) struct Talk {
    address: SocketAddr,
    bearer: String,
    connection: Connection,
}

/// How one turn went, by the events of the stream.
pub(crate) struct Heard {
    /// From the request to its last event.
    pub(crate) took: Duration,
    /// When the first text arrived.
    pub(crate) first_text: Option<Instant>,
    /// `turn.finished` or `turn.failed`, or the last event before the stream broke.
    pub(crate) last: String,
    /// The data of that event.
    pub(crate) data: String,
}

impl Heard {
    /// Whether the turn came to its end.
    pub(crate) fn finished(&self) -> bool {
        self.last == "turn.finished"
    }
}

impl Talk {
    pub(crate) fn open(address: SocketAddr, key: &str) -> Result<Self> {
        Ok(Self {
            address,
            bearer: format!("Bearer {key}"),
            connection: Connection::open(address)?,
        })
    }

    /// Starts a session; answers its id and the whole object.
    pub(crate) fn start_session(&mut self) -> Result<(String, String)> {
        let request = self.post("/api/v1/sessions", "{}");
        let answer = http::exchange(&mut self.connection, &request)?;
        let text = answer.text()?.to_owned();
        let id = between(&text, "\"id\":\"", &['"']).context("a session without an id")?;
        Ok((id.to_owned(), text))
    }

    /// The session as it is now.
    pub(crate) fn session(&mut self, id: &str) -> Result<String> {
        let request = self.get(&format!("/api/v1/sessions/{id}"));
        Ok(http::exchange(&mut self.connection, &request)?
            .text()?
            .to_owned())
    }

    /// Everything that happened in a session: each event's name with its data.
    pub(crate) fn history(&mut self, id: &str) -> Result<Vec<(String, String)>> {
        let request = self.get(&format!("/api/v1/sessions/{id}/events?after=0"));
        let answer = http::exchange(&mut self.connection, &request)?;
        let mut events = Vec::new();
        let mut name = String::new();
        for line in answer.text()?.lines() {
            if let Some(word) = line.strip_prefix("event: ") {
                word.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                events.push((std::mem::take(&mut name), data.to_owned()));
            }
        }
        Ok(events)
    }

    /// Sends a message and listens until the turn is over or the connection breaks. `accepted` is called once the
    /// message is acknowledged.
    pub(crate) fn say(&mut self, id: &str, text: &str, accepted: impl FnOnce()) -> Result<Heard> {
        let request = self.post(
            &format!("/api/v1/sessions/{id}/messages"),
            &format!(r#"{{"text":"{text}"}}"#),
        );
        let begun = Instant::now();
        self.connection.send(&request)?;
        let answer = self.connection.head()?.context("no answer")?;
        if !answer.head.starts_with("HTTP/1.1 200") {
            bail!("{}", answer.head.lines().next().unwrap_or_default());
        }
        accepted();
        let mut heard = Heard {
            took: Duration::ZERO,
            first_text: None,
            last: String::new(),
            data: String::new(),
        };
        let mut lines = self.connection.lines();
        // A stream that breaks is what some of our tests are about.
        while let Ok(Some(line)) = lines.next() {
            if let Some(word) = line.strip_prefix("event: ") {
                word.clone_into(&mut heard.last);
                if word == "text.delta" && heard.first_text.is_none() {
                    heard.first_text = Some(Instant::now());
                }
            } else if let Some(data) = line.strip_prefix("data: ") {
                data.clone_into(&mut heard.data);
                if matches!(heard.last.as_str(), "turn.finished" | "turn.failed") {
                    heard.took = begun.elapsed();
                }
            }
        }
        Ok(heard)
    }

    /// [`say`](Self::say) where nothing may go wrong.
    pub(crate) fn ask(&mut self, id: &str, text: &str) -> Result<Heard> {
        let heard = self.say(id, text, || {})?;
        ensure!(
            heard.finished(),
            "the turn ended with {} {}",
            heard.last,
            heard.data
        );
        Ok(heard)
    }

    fn post(&self, path: &str, body: &str) -> Vec<u8> {
        http::post(self.address, path, &[("Authorization", &self.bearer)], body)
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let Self {
            address, bearer, ..
        } = self;
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n\r\n")
            .into_bytes()
    }
}
