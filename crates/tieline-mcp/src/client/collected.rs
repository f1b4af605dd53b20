//! What has come of the body of an answer, up to a limit.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::memory::Hold;
use super::pace::Pace;

/// What has come of a body, up to a limit.
pub(crate) struct Collected {
    limit: usize,
    first: Bytes,
    rest: BytesMut,
}

impl Collected {
    /// Nothing yet. A body that says that it is larger is refused at once.
    pub(crate) fn within(limit: usize, body: &AnswerBody) -> Result<Self, McpError> {
        let collected = Self {
            limit,
            first: Bytes::new(),
            rest: BytesMut::new(),
        };
        if announced(body) > limit {
            return Err(collected.too_large());
        }
        Ok(collected)
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    /// Reads the next piece; nothing at the end.
    pub(crate) async fn next(
        &mut self,
        body: &mut AnswerBody,
        pace: &Pace,
        hold: Option<&Hold>,
    ) -> Result<Option<Bytes>, McpError> {
        let Some(bytes) = next_piece(body, pace).await? else {
            return Ok(None);
        };
        let length = self.len() + bytes.len();
        if length > self.limit {
            return Err(self.too_large());
        }
        if let Some(hold) = hold {
            hold.grow_to(length).map_err(McpError::sent)?;
        }
        // Most answers come in one piece, which is then not copied.
        if self.len() == 0 {
            self.first = bytes.clone();
        } else {
            if self.rest.is_empty() {
                // What the server said of the length was compared with the limit above.
                self.rest.reserve(length + announced(body));
                self.rest
                    .extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.rest.extend_from_slice(&bytes);
        }
        Ok(Some(bytes))
    }

    /// What has come so far, as a piece of its own.
    pub(crate) fn so_far(&self) -> Bytes {
        if self.rest.is_empty() {
            self.first.clone()
        } else {
            Bytes::copy_from_slice(&self.rest)
        }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        }
    }

    fn too_large(&self) -> McpError {
        too_large(self.limit)
    }
}

pub(crate) fn too_large(limit: usize) -> McpError {
    McpError::sent(Failure::TooLarge {
        what: "The answer",
        limit,
    })
}

/// How much a body says is still to come.
pub(crate) fn announced(body: &AnswerBody) -> usize {
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

/// The next bytes of a body; nothing at its end.
pub(crate) async fn next_piece(
    body: &mut AnswerBody,
    pace: &Pace,
) -> Result<Option<Bytes>, McpError> {
    while !body.is_end_stream() {
        let Some(frame) = pace.next_piece(body.frame()).await? else {
            break;
        };
        let frame = frame.map_err(|_| McpError::sent(Failure::Interrupted))?;
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
