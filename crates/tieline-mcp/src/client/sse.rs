//! Reading server-sent events, with a bound on everything: one event, the stream, and the time between two pieces.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::Instant;

use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::limits::Limits;
use super::pace::Pace;

/// What an event carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Unnamed or named `message`: JSON-RPC.
    Message(Vec<u8>),
    /// Named `endpoint`: where the transport of 2024-11-05 takes messages.
    Endpoint(Vec<u8>),
}

/// Bytes in, events out. Follows the WHATWG rules; an event that the stream's end cuts off is dropped.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    name: Vec<u8>,
    id: Option<Vec<u8>>,
    begun: bool,
    after_cr: bool,
    /// Bytes since the last blank line.
    event_bytes: usize,
    /// The id that a broken stream is resumed from.
    pub(crate) last_id: Option<Vec<u8>>,
    /// How long the server wants us to wait before that.
    pub(crate) retry: Option<Duration>,
}

impl Parser {
    /// Takes the next bytes. Fails when one event grows beyond `limit`.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        limit: usize,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Failure> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = memchr::memchr2(b'\n', b'\r', bytes);
            self.event_bytes += end.unwrap_or(bytes.len());
            if self.event_bytes > limit {
                return Err(Failure::TooLarge {
                    what: "One event of the answer",
                    limit,
                });
            }
            let Some(end) = end else {
                self.line.extend_from_slice(bytes);
                return Ok(());
            };
            self.after_cr = bytes[end] == b'\r';
            if self.line.is_empty() {
                self.take_line(&bytes[..end], events);
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&bytes[..end]);
                self.take_line(&line, events);
                line.clear();
                self.line = line;
            }
            bytes = &bytes[end + 1..];
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8], events: &mut VecDeque<Event>) {
        let line = if std::mem::replace(&mut self.begun, true) {
            line
        } else {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        };
        if line.is_empty() {
            self.end_event(events);
            return;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(at) => (
                &line[..at],
                line[at + 1..].strip_prefix(b" ").unwrap_or(&line[at + 1..]),
            ),
            None => (line, &b""[..]),
        };
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => value.clone_into(&mut self.name),
            b"id" if !value.contains(&0) => self.id = Some(value.to_vec()),
            b"retry" => {
                let digits = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                self.retry = digits.map(Duration::from_millis).or(self.retry);
            }
            // A comment, or a field of the future.
            _ => {}
        }
    }

    fn end_event(&mut self, events: &mut VecDeque<Event>) {
        self.event_bytes = 0;
        if let Some(id) = self.id.take() {
            self.last_id = Some(id).filter(|id| !id.is_empty());
        }
        let data = std::mem::take(&mut self.data);
        self.has_data = false;
        // An event without data only announces an id or a name.
        if !data.is_empty() {
            match self.name.as_slice() {
                b"" | b"message" => events.push_back(Event::Message(data)),
                b"endpoint" => events.push_back(Event::Endpoint(data)),
                _ => {}
            }
        }
        self.name.clear();
    }

    /// What has come of a message whose only line is still coming, when that is more than so much. A message that can be
    /// had again after a break is none, because whoever passed half of it on could not go back.
    fn begun(&self, longer_than: usize) -> Option<&[u8]> {
        let is_message = matches!(self.name.as_slice(), b"" | b"message");
        let is_alone = !self.has_data && self.id.is_none() && self.last_id.is_none();
        if self.line.len() <= longer_than || !is_message || !is_alone {
            return None;
        }
        let data = self.line.strip_prefix(b"data:")?;
        Some(data.strip_prefix(b" ").unwrap_or(data))
    }

    /// Forgets the event that was cut off, but not where to resume.
    fn cut(&mut self) {
        let (last_id, retry) = (self.last_id.take(), self.retry);
        *self = Self {
            last_id,
            retry,
            ..Self::default()
        };
    }
}

/// The events of one answer.
#[derive(Debug)]
pub(crate) struct Reader {
    body: AnswerBody,
    pub(crate) parser: Parser,
    ready: VecDeque<Event>,
    /// Bytes since the stream, or the answer that is waited for on a shared stream, began.
    pub(crate) stream_bytes: usize,
    /// The line of a message that is taken while it comes has ended.
    line_ended: bool,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    Event(Event),
    /// A long message is coming: [`Reader::begun`] and [`Reader::rest_of_begun`].
    Begun,
}

/// Stands for the data of a message that was taken while it came.
const TAKEN: &[u8] = b"taken";

impl Reader {
    pub(crate) fn new(body: AnswerBody) -> Self {
        let (parser, ready) = (Parser::default(), VecDeque::new());
        Self {
            body,
            parser,
            ready,
            stream_bytes: 0,
            line_ended: false,
        }
    }

    /// Goes on with the body of a resumed stream; what was read so far still counts.
    pub(crate) fn resume(&mut self, body: AnswerBody) {
        self.body = body;
        self.parser.cut();
    }

    /// The next event; nothing when the server ended the stream.
    pub(crate) async fn next(
        &mut self,
        limits: &Limits,
        pace: &Pace,
    ) -> Result<Option<Event>, McpError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let Some(bytes) = self.read(limits, pace).await? else {
                return Ok(None);
            };
            self.parse(&bytes, limits)?;
        }
    }

    /// The same, or a message of which more than `longer_than` has come and which is still coming.
    pub(crate) async fn next_or_begun(
        &mut self,
        limits: &Limits,
        pace: &Pace,
        longer_than: usize,
    ) -> Result<Option<Next>, McpError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(Next::Event(event)));
            }
            if self.parser.begun(longer_than).is_some() {
                return Ok(Some(Next::Begun));
            }
            let Some(bytes) = self.read(limits, pace).await? else {
                return Ok(None);
            };
            self.parse(&bytes, limits)?;
        }
    }

    /// What has come of the message that is still coming.
    pub(crate) fn begun(&self) -> Bytes {
        Bytes::copy_from_slice(self.parser.begun(0).unwrap_or_default())
    }

    /// From now on the message is taken while it comes; what was there of it is known.
    pub(crate) fn take_begun(&mut self) {
        self.parser.line = [b"data:", TAKEN].concat();
    }

    /// The next bytes of that message. At its end nothing; its event has to end with it.
    pub(crate) async fn rest_of_begun(
        &mut self,
        limits: &Limits,
        pace: &Pace,
    ) -> Result<Option<Bytes>, McpError> {
        if self.line_ended {
            return match self.next(limits, pace).await? {
                Some(Event::Message(data)) if data == TAKEN => Ok(None),
                Some(_) => Err(McpError::sent(Failure::protocol(
                    "a long message in an event that holds more than that",
                ))),
                None => Err(McpError::sent(Failure::Interrupted)),
            };
        }
        let Some(bytes) = self.read(limits, pace).await? else {
            return Err(McpError::sent(Failure::Interrupted));
        };
        let end = memchr::memchr2(b'\n', b'\r', &bytes);
        let here = end.unwrap_or(bytes.len());
        self.parser.event_bytes += here;
        let limit = limits.event_bytes;
        if self.parser.event_bytes > limit {
            let what = "One event of the answer";
            return Err(McpError::sent(Failure::TooLarge { what, limit }));
        }
        if end.is_some() {
            self.line_ended = true;
            self.parse(&bytes[here..], limits)?;
        }
        Ok(Some(bytes.slice(..here)))
    }

    /// Reads the next bytes; nothing at the end of the stream.
    async fn read(&mut self, limits: &Limits, pace: &Pace) -> Result<Option<Bytes>, McpError> {
        loop {
            let frame = match pace.next_piece(self.body.frame()).await? {
                None => return Ok(None),
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return Err(McpError::sent(Failure::Interrupted)),
            };
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            self.stream_bytes += bytes.len();
            if self.stream_bytes > limits.stream_bytes {
                let (what, limit) = ("The stream of the answer", limits.stream_bytes);
                return Err(McpError::sent(Failure::TooLarge { what, limit }));
            }
            return Ok(Some(bytes));
        }
    }

    fn parse(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), McpError> {
        let pushed = self.parser.push(bytes, limits.event_bytes, &mut self.ready);
        pushed.map_err(McpError::sent)
    }

    /// How long to wait before a broken stream is resumed: what the server asked for, within the deadline.
    pub(crate) fn resume_at(&self) -> Instant {
        Instant::now() + self.parser.retry.unwrap_or(Duration::from_millis(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pieces: &[&[u8]]) -> (Vec<Event>, Parser) {
        let (mut parser, mut events) = (Parser::default(), VecDeque::new());
        for piece in pieces {
            parser.push(piece, 1 << 20, &mut events).unwrap();
        }
        (events.into(), parser)
    }

    fn message(text: &str) -> Event {
        Event::Message(text.as_bytes().to_vec())
    }

    #[test]
    fn all_line_ends_and_fields_are_understood() {
        let text = b"\xef\xbb\xbf: hello\r\nid: 7\rretry: 250\n\nevent:message\ndata: {\"a\":\rdata:1}\n\n\
            event: endpoint\ndata: /x\r\n\r\nevent: other\ndata: no\n\ndata\n\ndata: last\n";
        let expected = vec![message("{\"a\":\n1}"), Event::Endpoint(b"/x".to_vec())];
        let (events, parser) = parse(&[text]);
        assert_eq!(events, expected);
        assert_eq!(parser.last_id.as_deref(), Some(&b"7"[..]));
        assert_eq!(parser.retry, Some(Duration::from_millis(250)));
        // However the bytes are cut, the events are the same.
        for cut in 0..text.len() {
            assert_eq!(
                parse(&[&text[..cut], &text[cut..]]).0,
                expected,
                "cut at {cut}"
            );
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(parse(&single).0, expected);
    }

    #[test]
    fn keep_alive_comments_never_add_up() {
        let (mut parser, mut events) = (Parser::default(), VecDeque::new());
        for _ in 0..1_000 {
            parser.push(b": keep-alive\n\n", 100, &mut events).unwrap();
        }
        assert!(events.is_empty());
        let endless = parser.push(&[b'x'; 101], 100, &mut events).unwrap_err();
        assert_eq!(endless.code(), "too_large");
    }
}
