//! `requestState`: what a client carries from a server's question to the call that answers it.
//!
//! Behind a shared token a server cannot tell our users apart, so Tieline binds each state to the person, the access key
//! and the call that it was made for. It is sealed, so its bearer can neither read nor change it, and nothing is stored:
//! every replica opens it.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tieline_mcp::raw::{RawObject, canonical};
use tieline_secrets::slip_length;

use crate::Hub;
use crate::dispatch::{Caller, Wanted};

/// The longest state that is given out or taken.
pub const MAX_REQUEST_STATE: usize = 64 << 10;
/// How long a state is taken back.
const VALID_MS: i64 = 10 * 60 * 1000;
const PURPOSE: &str = "request state";
const DIGEST: usize = 32;
const HEAD: usize = 8 + DIGEST + 1;

/// What a state belongs to: it opens for nothing else.
#[derive(Clone, Copy, Debug)]
pub struct BoundTo<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// What is called.
    pub wanted: &'a Wanted<'a>,
    /// The parameters of the call, of which the arguments count.
    pub params: &'a RawValue,
}

/// What is in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldState {
    /// The server's own state, as it spelled it; nothing when it gave none.
    Server(Option<String>),
    /// A call that a legacy server works on: the replica where it waits, and its number there.
    Parked {
        /// The process that holds the call.
        replica: String,
        /// The call.
        call: String,
    },
    /// Nothing: the call is to be made again.
    Again,
}

/// Why a state is not taken. The reasons are not told apart for whoever guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StateRefused {
    /// Changed, too long, or not ours.
    #[error("This `requestState` was not given out by Tieline, or it was changed.")]
    NotOurs,
    /// Given to another person, key or call.
    #[error(
        "This `requestState` belongs to another call. Send it back with the same name and arguments, and with the same access key."
    )]
    Elsewhere,
    /// Older than ten minutes.
    #[error("This `requestState` is older than 10 minutes. Make the call again.")]
    Expired,
}

impl Hub {
    /// Seals a state for the call that it belongs to; nothing when the server's own is too long.
    pub fn seal_state(&self, bound: &BoundTo<'_>, held: &HeldState) -> Option<String> {
        let mut content = Vec::with_capacity(256);
        let until = self.clock().now().as_millis().saturating_add(VALID_MS);
        content.extend_from_slice(&until.to_be_bytes());
        content.extend_from_slice(&bound.digest());
        match held {
            HeldState::Server(None) => content.push(0),
            HeldState::Server(Some(state)) => {
                content.push(1);
                content.extend_from_slice(state.as_bytes());
            }
            HeldState::Parked { replica, call } => {
                content.push(2);
                content.extend_from_slice(format!("{replica}\n{call}").as_bytes());
            }
            HeldState::Again => content.push(3),
        }
        if slip_length(content.len()) > MAX_REQUEST_STATE {
            return None;
        }
        Some(
            self.inner
                .keyring
                .seal_slip(self.entropy(), PURPOSE, &content),
        )
    }

    /// What is in a state that a client brings back with a call.
    pub fn open_state(&self, bound: &BoundTo<'_>, text: &str) -> Result<HeldState, StateRefused> {
        if text.len() > MAX_REQUEST_STATE {
            return Err(StateRefused::NotOurs);
        }
        let opened = self.inner.keyring.open_slip(PURPOSE, text);
        let content = opened.ok_or(StateRefused::NotOurs)?;
        let (head, payload) = content
            .split_at_checked(HEAD)
            .ok_or(StateRefused::NotOurs)?;
        let (until, rest) = head.split_first_chunk::<8>().ok_or(StateRefused::NotOurs)?;
        if rest.get(..DIGEST) != Some(&bound.digest()[..]) {
            return Err(StateRefused::Elsewhere);
        }
        if self.clock().now().as_millis() >= i64::from_be_bytes(*until) {
            return Err(StateRefused::Expired);
        }
        let text = || String::from_utf8(payload.to_vec()).map_err(|_| StateRefused::NotOurs);
        match rest.get(DIGEST) {
            Some(0) => Ok(HeldState::Server(None)),
            Some(1) => Ok(HeldState::Server(Some(text()?))),
            Some(2) => {
                let text = text()?;
                let (replica, call) = text.split_once('\n').ok_or(StateRefused::NotOurs)?;
                let (replica, call) = (replica.to_owned(), call.to_owned());
                Ok(HeldState::Parked { replica, call })
            }
            Some(3) => Ok(HeldState::Again),
            _ => Err(StateRefused::NotOurs),
        }
    }
}

impl BoundTo<'_> {
    fn digest(&self) -> [u8; DIGEST] {
        let arguments = RawObject::parse(self.params)
            .ok()
            .and_then(|params| params.get("arguments").map(canonical))
            .unwrap_or_default();
        let key = self
            .caller
            .key
            .map(|key| key.to_string())
            .unwrap_or_default();
        let (field, name) = self.wanted.named().unwrap_or_default();
        let parts = [
            &self.caller.user.to_string(),
            &key,
            &self.wanted.connector().to_string(),
            self.wanted.method(),
            field,
            name,
            &arguments,
        ];
        let mut hasher = Sha256::new();
        for part in parts {
            // Each part carries its length, so that none flows into the next.
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use tieline_secrets::{KeyRing, MasterKey};
    use tieline_testkit::SeededEntropy;
    use tieline_testkit::fuzz::Run;

    use super::*;

    #[test]
    fn fuzz_request_states() {
        let entropy = SeededEntropy::new(7);
        let ring = KeyRing::new(MasterKey::generate(&entropy));
        let contents: [&[u8]; 3] = [b"", b"short", &[7; 300]];
        let given = contents.map(|content| ring.seal_slip(&entropy, PURPOSE, content));
        let examples = given.each_ref().map(String::as_bytes);
        Run::from_environment().of("request states", &examples, |input| {
            let Ok(text) = std::str::from_utf8(input) else {
                return 0;
            };
            assert_eq!(ring.open_slip("something else", text), None);
            let at = given.iter().position(|state| state == text);
            let expected = at.map(|at| contents[at].to_vec());
            assert_eq!(ring.open_slip(PURPOSE, text), expected);
            1 + text.len() as u64
        });
    }
}
