//! What a session is told when it begins. It depends on the catalogue and the revision alone, so it is written once for
//! all sessions that begin with them.

use std::sync::OnceLock;

use bytes::Bytes;
use tieline_mcp::Revision;
use tieline_mcp::wire::SUPPORTED_LEGACY;

/// The results of `initialize` behind one door. What they say is the door's affair.
#[derive(Debug, Default)]
pub struct Greetings([OnceLock<Bytes>; SUPPORTED_LEGACY.len()]);

impl Greetings {
    /// The result in this revision, from `write` when it is the first.
    pub fn in_revision(&self, revision: Revision, write: impl FnOnce() -> Bytes) -> Bytes {
        let known = SUPPORTED_LEGACY.iter().zip(&self.0);
        let mut of_revision = known.filter(|(known, _)| **known == revision);
        match of_revision.next() {
            Some((_, written)) => written.get_or_init(write).clone(),
            // There is no session in any other.
            None => write(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tieline_mcp::wire::MODERN;

    use super::*;

    #[test]
    fn each_revision_is_written_once() {
        let greetings = Greetings::default();
        for (revision, text) in SUPPORTED_LEGACY.into_iter().zip(["a", "b", "c", "d"]) {
            let first = greetings.in_revision(revision, || Bytes::copy_from_slice(text.as_bytes()));
            let second = greetings.in_revision(revision, || unreachable!("it is there"));
            assert_eq!(
                (&*first, first.as_ptr()),
                (text.as_bytes(), second.as_ptr())
            );
        }
        assert_eq!(greetings.in_revision(MODERN, || "e".into()), "e");
    }
}
