//! Between which two sides a message passes, and what is done to it on the way besides what their eras demand.

use std::fmt;

use crate::wire::Era;

/// Turns an upstream's URI into the one under which the client knows it.
pub type ExposeUri<'a> = &'a (dyn Fn(&str) -> String + Send + Sync + 'a);

/// The way of one message from a server to a client.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// The client's era.
    pub north: Era,
    /// The server's era.
    pub south: Era,
    /// The method that is answered, or by which a definition is listed.
    pub method: &'a str,
    /// Whether what breaks clients is mended.
    pub normalise: bool,
    /// How URIs are exposed; they stay as they are without it.
    pub uris: Option<ExposeUri<'a>>,
}

impl fmt::Debug for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way")
            .field("north", &self.north)
            .field("south", &self.south)
            .field("method", &self.method)
            .field("normalise", &self.normalise)
            .field("exposes_uris", &self.uris.is_some())
            .finish()
    }
}
