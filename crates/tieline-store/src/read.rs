//! From columns to values of the vocabulary, and back.

use std::borrow::Cow;
use std::str::FromStr;

use sqlx::{ColumnIndex, Decode, Row, Type};
use tieline_domain::Timestamp;

use crate::StoreError;

/// Parses a stored text. The error names the column and not what is in it.
pub(crate) fn parsed<T: FromStr>(column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::corrupt(column))
}

/// Parses a stored text that may be missing.
pub(crate) fn parsed_optional<T: FromStr>(
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, StoreError> {
    text.map(|text| parsed(column, text)).transpose()
}

/// A stored hash.
pub(crate) fn hash(column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::corrupt(column))
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_millis)
}

/// A stored count; a negative one can only come from outside and reads as zero.
pub(crate) fn uncount(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A count from the database, as large as fits.
pub(crate) fn bounded(number: i64) -> u32 {
    u32::try_from(uncount(number)).unwrap_or(u32::MAX)
}

/// Text that a server or a client sent. PostgreSQL refuses U+0000 in text, so both engines store U+FFFD for it.
pub(crate) fn foreign(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// [`foreign`] for text that may be missing.
pub(crate) fn foreign_optional(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(foreign)
}

/// The first column of a row that could not be decoded.
pub(crate) fn id_of<R: Row>(row: &R) -> String
where
    usize: ColumnIndex<R>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get::<String, _>(0)
        .unwrap_or_else(|_| "unreadable id".to_owned())
}
