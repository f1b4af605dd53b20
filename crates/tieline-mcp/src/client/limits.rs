//! How much a server may send and how long it may take. Everything a server controls has a bound here.

use std::time::Duration;

/// The bounds of every exchange with a server. The defaults suit honest servers with a wide margin.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Looking up the name, and then again connecting with TLS.
    pub connect: Duration,
    /// From the request to the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// The whole of an exchange that brings no deadline of its own.
    pub total: Duration,
    /// How long a connection is used: a change in DNS is noticed within this time.
    pub connection_age: Duration,
    /// One attempt of the era detection.
    pub detection: Duration,
    /// The whole connection test.
    pub probe: Duration,
    /// A JSON answer.
    pub json_bytes: usize,
    /// The body of an answer that is not 2xx; the rest is not read.
    pub error_body_bytes: usize,
    /// Status line and headers of an answer.
    pub header_bytes: usize,
    /// One event of a stream.
    pub event_bytes: usize,
    /// All events of a stream.
    pub stream_bytes: usize,
    /// Pages of a list.
    pub pages: usize,
    /// Tools of one server.
    pub tools: usize,
    /// All tools of one server together.
    pub list_bytes: usize,
    /// One tool's definition.
    pub tool_bytes: usize,
    /// Nesting of one tool's definition.
    pub tool_depth: usize,
    /// Schemas inside one tool's definition.
    pub subschemas: usize,
    /// How often a broken legacy stream is resumed within one call.
    pub resumes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            total: Duration::from_mins(1),
            connection_age: Duration::from_mins(1),
            detection: Duration::from_secs(5),
            probe: Duration::from_secs(15),
            json_bytes: 8 << 20,
            error_body_bytes: 64 << 10,
            header_bytes: 32 << 10,
            event_bytes: 4 << 20,
            stream_bytes: 32 << 20,
            pages: 50,
            tools: 1_000,
            list_bytes: 8 << 20,
            tool_bytes: 64 << 10,
            tool_depth: 64,
            subschemas: 2_000,
            resumes: 20,
        }
    }
}
