//! An answer whose result is passed on while it comes from the server: the envelope is ours, the result goes between.
//!
//! The response is given out when the result begins, and the call goes on beside it. The two are joined by a short
//! channel: a client that reads slowly holds the call up, and a client that leaves ends it. When the call fails midway
//! the body ends with an error, so the client sees an answer that broke off and never one that looks complete.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::response::Response;
use bytes::Bytes;
use http_body::{Body, Frame};
use serde_json::value::RawValue;
use tieline_mcp::Piece;
use tieline_mcp::wire::response_ok_around;
use tokio::sync::mpsc;

/// How many pieces wait for the client. One is what one read from the server's connection brought, up to 64 KiB.
const PIECES: usize = 1;

/// A response that is given out while the call that makes it goes on.
#[derive(Debug, Default)]
pub(super) struct Early(Mutex<Option<Response>>);

impl Early {
    pub(super) fn put(&self, response: Response) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
    }

    pub(super) fn take(&self) -> Option<Response> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The call failed after its result had begun.
#[derive(Debug)]
pub(super) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer broke off, because its call failed")
    }
}

impl Error for BrokenOff {}

/// The message around a result that comes in pieces.
#[derive(Debug)]
pub(super) struct PassedBody {
    head: Option<Bytes>,
    pieces: mpsc::Receiver<Piece>,
    tail: Option<Bytes>,
}

impl PassedBody {
    /// The answer to the request with this id, and where its result goes.
    pub(super) fn new(id: &RawValue) -> (mpsc::Sender<Piece>, Self) {
        let (to, pieces) = mpsc::channel(PIECES);
        let [head, _, tail] = response_ok_around(id, Bytes::new());
        let (head, tail) = (Some(head), Some(tail));
        (to, Self { head, pieces, tail })
    }
}

impl Body for PassedBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        if self.tail.is_none() {
            return Poll::Ready(None);
        }
        let next = match ready!(self.pieces.poll_recv(context)) {
            Some(Piece::Bytes(bytes)) => Some(bytes),
            Some(Piece::End) => self.tail.take(),
            None => None,
        };
        Poll::Ready(Some(next.map(Frame::data).ok_or(BrokenOff)))
    }

    fn is_end_stream(&self) -> bool {
        self.tail.is_none()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn body() -> (mpsc::Sender<Piece>, PassedBody) {
        let id = RawValue::from_string("\"a\"".to_owned()).expect("JSON");
        PassedBody::new(&id)
    }

    #[tokio::test]
    async fn the_message_is_complete_only_when_the_result_is() {
        let (to, mut passed) = body();
        let sending = async {
            for piece in ["{\"content\":", "[]}"] {
                let sent = to.send(Piece::Bytes(piece.into())).await;
                sent.expect("somebody reads");
            }
            to.send(Piece::End).await.expect("somebody reads");
        };
        let (whole, ()) = tokio::join!((&mut passed).collect(), sending);
        let whole = whole.expect("complete").to_bytes();
        let expected = r#"{"jsonrpc":"2.0","id":"a","result":{"content":[]}}"#;
        assert_eq!(whole, expected);

        let (to, passed) = body();
        let sent = to.send(Piece::Bytes("{}".into())).await;
        sent.expect("somebody reads");
        drop(to);
        assert!(passed.collect().await.is_err());
    }

    #[tokio::test]
    async fn whoever_does_not_read_holds_the_result_up() {
        let (to, passed) = body();
        for _ in 0..PIECES {
            to.try_send(Piece::Bytes("x".into())).expect("room");
        }
        assert!(to.try_send(Piece::End).is_err());
        drop(passed);
        to.closed().await;
    }
}
