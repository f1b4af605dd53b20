//! The id of one HTTP request to Tieline, which an answer, a problem, the log and the record of a call repeat.

use std::fmt;
use std::sync::Arc;

/// Such as `r-9f86d081884c7d65`. A number until somebody reads it, so that naming a request costs it nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The id as text, without asking for memory.
    pub fn to_ascii(self) -> [u8; 18] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"r-0000000000000000";
        for (at, digit) in text[2..].iter_mut().enumerate() {
            let four_bits = (self.0 >> (60 - 4 * at)) & 0xF;
            *digit = DIGITS[four_bits as usize];
        }
        text
    }

    /// The text form in memory that others can share.
    pub fn to_shared_text(self) -> Arc<str> {
        Arc::from(String::from_utf8_lossy(&self.to_ascii()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r-{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn both_ways_to_write_an_id_write_the_same() {
        for number in [0, 1, 0x9F86_D081_884C_7D65, u64::MAX] {
            let id = RequestId::new(number);
            assert_eq!(id.to_ascii(), id.to_string().as_bytes());
        }
        assert_eq!(RequestId::new(0xAB).to_string(), "r-00000000000000ab");
    }
}
