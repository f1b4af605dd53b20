//! What the scripted model answers to one request.

use bytes::Bytes;
use tieline_domain::ModelKind;

use super::render;

/// A reply, put together in the order in which it is streamed.
#[derive(Clone, Debug)]
pub struct ModelReply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// Instead of a stream.
    pub(super) body: Option<Bytes>,
    pub(super) items: Vec<Item>,
    pub(super) interleaved: bool,
    pub(super) stop: Option<String>,
    pub(super) usage: Counts,
    pub(super) hang: bool,
    pub(super) cut_after: Option<usize>,
    pub(super) split_at: Option<usize>,
    pub(super) piece: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    Text(Vec<String>),
    Thinking {
        pieces: Vec<String>,
        signature: String,
    },
    Redacted(String),
    Tool {
        id: String,
        name: String,
        pieces: Vec<String>,
    },
    Pause,
    Error {
        kind: String,
        message: String,
    },
}

/// Tokens as the API counts them: `input` without what the cache held.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
}

impl Default for ModelReply {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: None,
            items: Vec::new(),
            interleaved: false,
            stop: None,
            usage: Counts {
                input: 10,
                output: 5,
                ..Counts::default()
            },
            hang: false,
            cut_after: None,
            split_at: None,
            piece: None,
        }
    }
}

impl ModelReply {
    /// An empty answer that ends well.
    pub fn new() -> Self {
        Self::default()
    }

    /// An answer of these pieces of text.
    pub fn text<const N: usize>(pieces: [&str; N]) -> Self {
        Self::new().and_text(pieces)
    }

    /// An error instead of an answer; give it a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            body: Some(Bytes::new()),
            ..Self::default()
        }
    }

    /// An error with a message in a shape that clients of both formats read.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        let error = serde_json::json!({"type": kind, "message": message});
        let body = serde_json::json!({"type": "error", "error": error});
        Self::status(status).body(body.to_string())
    }

    /// Nothing at all until the client leaves or the pause is released, which then gives an empty answer.
    pub fn hang() -> Self {
        Self {
            hang: true,
            ..Self::default()
        }
    }

    /// The body instead of a stream of events.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// More text.
    #[must_use]
    pub fn and_text<const N: usize>(mut self, pieces: [&str; N]) -> Self {
        self.items
            .push(Item::Text(pieces.map(str::to_owned).into()));
        self
    }

    /// Thinking; the signature is Anthropic's alone.
    #[must_use]
    pub fn thinking<const N: usize>(mut self, pieces: [&str; N], signature: &str) -> Self {
        self.items.push(Item::Thinking {
            pieces: pieces.map(str::to_owned).into(),
            signature: signature.to_owned(),
        });
        self
    }

    /// Encrypted thinking; only Anthropic has it.
    #[must_use]
    pub fn redacted(mut self, data: &str) -> Self {
        self.items.push(Item::Redacted(data.to_owned()));
        self
    }

    /// A tool call whose arguments come in these pieces.
    #[must_use]
    pub fn tool<const N: usize>(mut self, id: &str, name: &str, pieces: [&str; N]) -> Self {
        self.items.push(Item::Tool {
            id: id.to_owned(),
            name: name.to_owned(),
            pieces: pieces.map(str::to_owned).into(),
        });
        self
    }

    /// Stops sending until [`ScriptedModel::release`](super::ScriptedModel::release) or until the client leaves.
    #[must_use]
    pub fn pause(mut self) -> Self {
        self.items.push(Item::Pause);
        self
    }

    /// An error event; the stream ends with it.
    #[must_use]
    pub fn then_error(mut self, kind: &str, message: &str) -> Self {
        let (kind, message) = (kind.to_owned(), message.to_owned());
        self.items.push(Item::Error { kind, message });
        self
    }

    /// The pieces of parallel tool calls come by turns. Chat completions only: Anthropic sends one block at a time.
    #[must_use]
    pub fn interleaved(mut self) -> Self {
        self.interleaved = true;
        self
    }

    /// The reason of the end, in the words of the API.
    #[must_use]
    pub fn stop(mut self, reason: &str) -> Self {
        self.stop = Some(reason.to_owned());
        self
    }

    /// What the answer costs; `input` without what the cache held.
    #[must_use]
    pub fn usage(mut self, input: u64, output: u64, cache_read: u64, cache_write: u64) -> Self {
        self.usage = Counts {
            input,
            output,
            cache_read,
            cache_write,
        };
        self
    }

    /// Breaks the connection after so many bytes of the body.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.cut_after = Some(bytes);
        self
    }

    /// Sends the body in two writes, cut at this byte.
    #[must_use]
    pub fn split_at(mut self, at: usize) -> Self {
        self.split_at = Some(at);
        self
    }

    /// Sends the body in pieces of this size.
    #[must_use]
    pub fn in_pieces_of(mut self, bytes: usize) -> Self {
        self.piece = Some(bytes);
        self
    }

    /// The whole body as it is streamed.
    pub fn bytes(&self, kind: ModelKind) -> Bytes {
        let mut bytes = Vec::new();
        for frame in render::frames(self, kind) {
            if let render::Frame::Bytes(frame) = frame {
                bytes.extend_from_slice(&frame);
            }
        }
        bytes.into()
    }
}
