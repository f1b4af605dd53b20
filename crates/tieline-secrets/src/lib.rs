//! Seals and opens credentials with a key ring; redacting types.
//!
//! Each credential has a data key of its own, which the master key wraps. What is sealed is bound to its place: the row,
//! the field, the header and the origin it is for. Moved anywhere else, it does not open. This crate must not know a
//! database or a connector; it gets bytes and gives bytes.

mod binding;
mod cipher;
mod data_key;
mod key_ring;
mod master_key;
mod sealed;
mod slip;
mod source;

pub use binding::Binding;
pub use data_key::DataKey;
pub use key_ring::{KeyRing, OpenError, WrongKey};
pub use master_key::{KeyId8, MasterKey, MasterKeyError};
pub use sealed::{Sealed, SealedError};
pub use slip::slip_length;
pub use source::{KeySource, KeySourceError, add_key, drop_old_keys, load_or_create};
