//! Lower-case base32 (RFC 4648 alphabet, no padding) of hashes, for the short names made from them.

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The first `length` characters of the base32 text of `bytes`; fewer when the bytes run out.
pub(crate) fn prefix(bytes: &[u8], length: usize) -> String {
    let digit = |index: usize| {
        let bits = (0..5).map(|offset| {
            let bit = index * 5 + offset;
            bytes
                .get(bit / 8)
                .map_or(0, |byte| byte >> (7 - bit % 8) & 1)
        });
        char::from(ALPHABET[usize::from(bits.fold(0, |value, bit| value << 1 | bit))])
    };
    (0..length.min(bytes.len() * 8 / 5)).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn matches_the_rfc_4648_vectors() {
        assert_eq!(prefix(b"fooba", 8), "mzxw6ytb");
        assert_eq!(prefix(b"fooba", 3), "mzx");
    }

    #[test]
    fn stops_where_the_bytes_end() {
        assert_eq!(prefix(b"fooba", 99).len(), 8);
        assert_eq!(prefix(b"", 8), "");
    }
}
