//! A message in pieces, so that a list which every client gets is sent from the one buffer that holds it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

/// The bytes of one message. Cloning a piece shares it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pieces(VecDeque<Bytes>);

impl Pieces {
    /// The pieces one behind the other.
    pub(super) fn of(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let with_content = |piece: &Bytes| !piece.is_empty();
        Self(pieces.into_iter().filter(with_content).collect())
    }

    /// The message in one piece, where it becomes part of something else.
    pub(super) fn join(mut self) -> Bytes {
        if self.0.len() == 1
            && let Some(whole) = self.0.pop_front()
        {
            return whole;
        }
        let mut whole = BytesMut::with_capacity(self.length());
        for piece in &self.0 {
            whole.extend_from_slice(piece);
        }
        whole.freeze()
    }

    fn length(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }
}

impl From<Bytes> for Pieces {
    fn from(whole: Bytes) -> Self {
        Self::of([whole])
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    /// Known beforehand, so the answer says its length and needs no chunks.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_message_has_its_length_and_its_pieces_in_order() {
        let list = Bytes::from_static(b"[1,2]");
        let pieces = || Pieces::of([Bytes::from_static(b"{"), list.clone(), Bytes::new()]);
        assert_eq!(pieces().size_hint().exact(), Some(6));
        assert_eq!(pieces().join(), "{[1,2]");
        let mut body = pieces();
        let mut sent = Vec::new();
        while let Some(frame) = body.frame().await {
            sent.push(frame.expect("a piece").into_data().expect("data"));
        }
        assert_eq!(sent, [&b"{"[..], &b"[1,2]"[..]]);
        assert_eq!(
            sent[1].as_ptr(),
            list.as_ptr(),
            "the list is sent from where it is"
        );
    }
}
