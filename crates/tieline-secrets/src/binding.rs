//! The place that a sealed credential belongs to.

use crate::master_key::KeyId8;

/// Where a credential belongs. It opens only with exactly the binding that it was sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The table it is stored in.
    pub table: &'a str,
    /// The id of its row.
    pub row: &'a str,
    /// Which of the row's secrets it is.
    pub field: &'a str,
    /// The header it is sent in.
    pub header: &'a str,
    /// Scheme, host and port that it may be sent to.
    pub origin: &'a str,
}

/// What a ciphertext is for: the data key must not pass for the data, or the other way round.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    DataKey,
    Data,
}

impl Binding<'_> {
    /// The bytes that are authenticated with a ciphertext. Each part carries its length, so no two bindings agree.
    pub(crate) fn to_authenticated_bytes(
        self,
        version: u8,
        purpose: Purpose,
        key_id: KeyId8,
    ) -> Vec<u8> {
        let purpose: &[u8] = match purpose {
            Purpose::DataKey => b"data key",
            Purpose::Data => b"data",
        };
        let parts: [&[u8]; 9] = [
            b"tieline sealed credential",
            &[version],
            purpose,
            self.table.as_bytes(),
            self.row.as_bytes(),
            self.field.as_bytes(),
            self.header.as_bytes(),
            self.origin.as_bytes(),
            key_id.as_bytes(),
        ];
        let mut bytes = Vec::with_capacity(256);
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(table: &str, row: &str) -> Vec<u8> {
        let binding = Binding {
            table,
            row,
            field: "token",
            header: "Authorization",
            origin: "https://h.example:443",
        };
        binding.to_authenticated_bytes(1, Purpose::Data, KeyId8::from_bytes([1, 2, 3, 4]))
    }

    #[test]
    fn parts_cannot_flow_into_each_other() {
        assert_ne!(bytes("ab", "c"), bytes("a", "bc"));
        assert_ne!(bytes("abc", ""), bytes("", "abc"));
        assert_eq!(bytes("ab", "c"), bytes("ab", "c"));
    }
}
