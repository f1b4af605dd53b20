//! What is ready to be sent: long runs share the bytes in which they came, short ones are put together.

use bytes::{Bytes, BytesMut};

/// Below this, copying costs less than another piece.
const SHORT: usize = 1 << 10;

#[derive(Debug, Default)]
pub(super) struct Out {
    ready: Vec<Bytes>,
    short: BytesMut,
    bytes: usize,
}

impl Out {
    /// Passes a part of a piece on as it is.
    pub(super) fn pass(&mut self, piece: &Bytes, from: usize, to: usize) {
        if to - from < SHORT {
            self.write(&piece[from..to]);
            return;
        }
        self.flush();
        self.bytes += to - from;
        self.ready.push(piece.slice(from..to));
    }

    /// Adds bytes of our own.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        self.short.extend_from_slice(bytes);
    }

    fn flush(&mut self) {
        if !self.short.is_empty() {
            let short = self.short.split().freeze();
            self.ready.push(short);
        }
    }

    /// Everything that is ready, in its order.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        self.flush();
        std::mem::take(&mut self.ready)
    }

    /// How much there was in all.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
