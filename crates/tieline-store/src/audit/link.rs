//! The bytes that are hashed. Fields carry their length, so that two rows never give the same bytes.

use super::Columns;

/// The hash before the first row.
pub(super) const START: [u8; 32] = [0; 32];

/// What a row's hash covers.
pub(super) fn row_bytes(row: &Columns) -> Vec<u8> {
    let mut bytes = b"tieline audit row 1\0".to_vec();
    bytes.extend_from_slice(&row.prev_hash);
    bytes.extend_from_slice(&row.seq.to_be_bytes());
    bytes.extend_from_slice(&row.at.to_be_bytes());
    bytes.push(u8::from(row.actor_id.is_some()));
    let actor_id = row.actor_id.as_deref().unwrap_or_default();
    let fields = [
        &row.id,
        &row.actor_kind,
        actor_id,
        &row.actor_name,
        &row.action,
        &row.target_kind,
        &row.target,
        &row.detail,
    ];
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    bytes
}

/// What the head's hash covers.
pub(super) fn head_bytes(seq: i64, hash: &[u8]) -> Vec<u8> {
    let mut bytes = b"tieline audit head 1\0".to_vec();
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(hash);
    bytes
}
