//! Identifiers: `UUIDv7` text on the outside, one type per noun on the inside, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use crate::time::{Clock, Entropy, Timestamp};

/// The text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("This is not an id. Ids look like 01890a5d-ac96-774b-bcce-b302099a8057.")]
pub struct IdError;

impl IdError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "id_invalid"
    }
}

/// Random bytes of an id.
const RANDOM: usize = 10;

fn generate(clock: &dyn Clock, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; RANDOM];
    entropy.fill(&mut random);
    of(clock.now(), &random)
}

/// Sorted as ids, not as what they are made of: an id leaves out some bits of its random bytes, the first ones among them.
fn generate_many(count: usize, clock: &dyn Clock, entropy: &dyn Entropy) -> Vec<Uuid> {
    let mut random = vec![[0; RANDOM]; count];
    entropy.fill(random.as_flattened_mut());
    let now = clock.now();
    let mut ids: Vec<Uuid> = random.iter().map(|random| of(now, random)).collect();
    ids.sort_unstable_by_key(Uuid::as_u128);
    ids
}

fn of(at: Timestamp, random: &[u8; RANDOM]) -> Uuid {
    // A clock set before 1970 would wrap; such ids sort first instead.
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

/// Accepts the hyphenated form only, so that one id has one spelling apart from letter case.
fn parse(text: &str) -> Result<Uuid, IdError> {
    uuid::fmt::Hyphenated::from_str(text)
        .map(uuid::fmt::Hyphenated::into_uuid)
        .map_err(|_| IdError)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: later ids sort after earlier ones.
            pub fn generate(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(generate(clock, entropy))
            }

            /// The least id of a moment: those that were made before it sort before this one.
            pub fn first_at(at: Timestamp) -> Self {
                Self(of(at, &[0; RANDOM]))
            }

            /// As many new ids, for the price of one look at the clock and one visit to the source of randomness. They come in
            /// ascending order, which a table that is sorted by them takes most cheaply.
            pub fn generate_many(
                count: usize,
                clock: &dyn Clock,
                entropy: &dyn Entropy,
            ) -> impl Iterator<Item = Self> {
                generate_many(count, clock, entropy).into_iter().map(Self)
            }

            /// The text form in memory that others can share.
            pub fn to_shared_text(self) -> Arc<str> {
                Arc::from(&*self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }

            /// Reads the hyphenated text form.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A person with an account.
    UserId
);
id!(
    /// A registered remote MCP server, custom or built-in.
    ConnectorId
);
id!(
    /// An access key.
    KeyId
);
id!(
    /// One tool call.
    CallId
);
id!(
    /// One entry of the audit log.
    AuditId
);
id!(
    /// A browser's signed-in session.
    SignInId
);
id!(
    /// An invitation that was not used yet.
    InvitationId
);
id!(
    /// A configured model API.
    ModelId
);
id!(
    /// A conversation with the built-in agent.
    SessionId
);
id!(
    /// One message of a person to the built-in agent, and everything that the agent does about it.
    TurnId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0)
        }
    }

    /// The same byte everywhere.
    #[derive(Debug)]
    struct Only(u8);

    impl Entropy for Only {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    /// Bytes that differ in every bit, in no order.
    #[derive(Debug)]
    struct Scattered;

    impl Entropy for Scattered {
        fn fill(&self, bytes: &mut [u8]) {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = (at * 151 + at / 7 * 89).to_le_bytes()[0];
            }
        }
    }

    #[test]
    fn text_to_share_is_the_text() {
        let id = CallId::generate(&At(1_700_000_000_000), &Scattered);
        assert_eq!(*id.to_shared_text(), id.to_string());
    }

    #[test]
    fn many_ids_ascend_in_both_forms() {
        let ids: Vec<CallId> =
            CallId::generate_many(200, &At(1_800_000_000_000), &Scattered).collect();
        assert_eq!(ids.len(), 200);
        assert!(ids.is_sorted_by(|one, next| one < next));
        assert!(ids.is_sorted_by(|one, next| one.to_string() < next.to_string()));
    }

    #[test]
    fn the_first_id_of_a_moment_parts_the_earlier_from_the_later() {
        let moment = 1_800_000_000_000;
        let first = CallId::first_at(Timestamp::from_millis(moment));
        for byte in 0..=u8::MAX {
            let before = CallId::generate(&At(moment - 1), &Only(byte));
            let then = CallId::generate(&At(moment), &Only(byte));
            assert!(before < first && first <= then);
            assert!(before.to_string() < first.to_string());
            assert!(first.to_string() <= then.to_string());
        }
    }
}
