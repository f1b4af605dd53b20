//! Seals and opens credentials with a key ring; redacting types.
