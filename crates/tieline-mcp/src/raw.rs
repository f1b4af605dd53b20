//! JSON objects that are changed without being decoded.
//!
//! A [`RawObject`] knows where each top-level entry of an object begins and ends, and nothing about the values. Whatever
//! is not replaced keeps its bytes: key order, number spelling, string escapes and fields nobody here has heard of.
//! This module must not know any MCP method or field name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

mod canonical;
mod lanes;
mod split;
mod strict;
mod value;
mod walk;

pub use canonical::canonical;
pub use strict::{MAX_DEPTH, parse_strict, parse_strict_along, parse_strict_object};
pub(crate) use value::shown;
pub use value::{as_array, as_str, is_array, is_null, is_object, raw_array, raw_str, to_raw};
pub(crate) use walk::{Step, Unsound, Walk};

/// Why a text could not be taken as JSON, or a JSON text not as the object that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RawError {
    /// The text breaks the JSON grammar, or is not UTF-8.
    #[error("not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first offending byte, from 1.
        line: usize,
        /// Column of the first offending byte.
        column: usize,
    },
    /// The JSON is fine but is not an object.
    #[error("expected a JSON object")]
    NotAnObject,
    /// One object names the same key twice; parsers disagree on which one counts.
    #[error("the key \"{key}\" appears twice")]
    DuplicateKey {
        /// The key, escaped and shortened for display.
        key: String,
    },
    /// Objects and arrays are nested deeper than any honest message.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit that was passed.
        limit: usize,
    },
    /// A string holds half of a surrogate pair, so it is not text.
    #[error("a string holds an unpaired surrogate escape")]
    LoneSurrogate,
    /// A number is too large for any receiver to read.
    #[error("a number is out of range")]
    NumberOutOfRange,
}

impl From<serde_json::Error> for RawError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_data() {
            return Self::NotAnObject;
        }
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// A value that can be put into a [`RawObject`]: borrowed, boxed or either.
pub trait IntoRaw<'a> {
    /// The value as the object keeps it.
    fn into_raw(self) -> Cow<'a, RawValue>;
}

impl<'a> IntoRaw<'a> for &'a RawValue {
    fn into_raw(self) -> Cow<'a, RawValue> {
        Cow::Borrowed(self)
    }
}

impl<'a> IntoRaw<'a> for Box<RawValue> {
    fn into_raw(self) -> Cow<'a, RawValue> {
        Cow::Owned(self)
    }
}

impl<'a> IntoRaw<'a> for Cow<'a, RawValue> {
    fn into_raw(self) -> Cow<'a, RawValue> {
        self
    }
}

/// The top-level entries of one JSON object, in their order, duplicates included.
#[derive(Debug, Clone, Default)]
pub struct RawObject<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Debug, Clone)]
struct Entry<'a> {
    /// The key as it was written, quotes and escapes included.
    written: Cow<'a, str>,
    /// The key decoded.
    key: Cow<'a, str>,
    value: Cow<'a, RawValue>,
    /// The value taken apart, where that was done already.
    inner: Option<Box<RawObject<'a>>>,
}

impl<'a> RawObject<'a> {
    /// An object without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Splits an object into its top-level entries. Nested values are not looked at.
    pub fn parse(raw: &'a RawValue) -> Result<Self, RawError> {
        match split::known_entries(raw) {
            Some(entries) => Ok(Self { entries }),
            None => Ok(serde_json::from_str(raw.get())?),
        }
    }

    /// Splits the object that `bytes` spell. The grammar of the whole text is checked, its depth is not.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, RawError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The entries in order, keys decoded.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.entries
            .iter()
            .map(|entry| (&*entry.key, &*entry.value))
    }

    /// The same, each behind its key as it was written.
    pub(crate) fn written_entries(&self) -> impl Iterator<Item = (&str, &str, &RawValue)> {
        self.entries
            .iter()
            .map(|entry| (&*entry.written, &*entry.key, &*entry.value))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of entries, duplicates included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The value of a key; of a duplicate key the last value, as most parsers have it.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.key == key)
            .map(|entry| &*entry.value)
    }

    /// [`entries`](Self::entries) with the values that are still the ones that were parsed.
    pub(crate) fn borrowed_entries(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.entries.iter().filter_map(|entry| match entry.value {
            Cow::Borrowed(value) => Some((&*entry.key, value)),
            Cow::Owned(_) => None,
        })
    }

    /// [`get`](Self::get) for a value that is still the one that was parsed; nothing for one that was set since.
    pub fn get_borrowed(&self, key: &str) -> Option<&'a RawValue> {
        match &self
            .entries
            .iter()
            .rev()
            .find(|entry| entry.key == key)?
            .value
        {
            Cow::Borrowed(value) => Some(value),
            Cow::Owned(_) => None,
        }
    }

    /// The object behind a key, if it was taken apart together with this one.
    pub(crate) fn inner(&self, key: &str) -> Option<&Self> {
        let entry = self.entries.iter().rev().find(|entry| entry.key == key)?;
        entry.inner.as_deref()
    }

    /// The same for whoever needs nothing else of this one.
    pub(crate) fn take_inner(&mut self, key: &str) -> Option<Self> {
        let mut entries = self.entries.iter_mut().rev();
        let entry = entries.find(|entry| entry.key == key)?;
        entry.inner.take().map(|inner| *inner)
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The decoded text of a key that holds a string; nothing when it is absent or something else.
    pub fn get_str(&self, key: &str) -> Option<Cow<'_, str>> {
        as_str(self.get(key)?)
    }

    /// The object behind a key: `None` when absent, an error when it is something else.
    pub fn get_object(&self, key: &str) -> Result<Option<RawObject<'_>>, RawError> {
        match self.inner(key) {
            Some(inner) => Ok(Some(inner.clone())),
            None => self.get(key).map(RawObject::parse).transpose(),
        }
    }

    /// The value at the end of a path of keys through nested objects.
    pub fn get_in(&self, path: &[&str]) -> Option<Box<RawValue>> {
        let (first, rest) = path.split_first()?;
        let value = self.get(first)?;
        if rest.is_empty() {
            return Some(value.to_owned());
        }
        RawObject::parse(value).ok()?.get_in(rest)
    }

    /// Refuses an object that names a key twice.
    pub fn refuse_duplicates(&self) -> Result<(), RawError> {
        match self.duplicate_key() {
            Some(key) => Err(RawError::DuplicateKey { key: shown(key) }),
            None => Ok(()),
        }
    }

    /// The first key that appears for the second time. Keys count as equal after decoding, so `"a"` equals `"\u0061"`.
    pub fn duplicate_key(&self) -> Option<&str> {
        if self.entries.len() <= 16 {
            let twice = |(at, entry): &(usize, &Entry<'_>)| {
                self.entries[..*at]
                    .iter()
                    .any(|earlier| earlier.key == entry.key)
            };
            return self
                .entries
                .iter()
                .enumerate()
                .find(twice)
                .map(|(_, entry)| &*entry.key);
        }
        // An object with a hundred thousand keys must not cost their square.
        let mut seen = std::collections::HashSet::with_capacity(self.entries.len());
        self.entries
            .iter()
            .find(|entry| !seen.insert(&*entry.key))
            .map(|entry| &*entry.key)
    }

    /// Puts a value behind a key: in the place of the old one, else at the end. Duplicates of the key go.
    pub fn set(&mut self, key: &str, value: impl IntoRaw<'a>) {
        let value = value.into_raw();
        let Some(at) = self.entries.iter().position(|entry| entry.key == key) else {
            self.entries.push(Entry {
                written: Cow::Owned(quoted(key)),
                key: Cow::Owned(key.to_owned()),
                value,
                inner: None,
            });
            return;
        };
        let entry = &mut self.entries[at];
        (entry.value, entry.inner) = (value, None);
        let mut index = 0;
        self.entries.retain(|entry| {
            let keep = index <= at || entry.key != key;
            index += 1;
            keep
        });
    }

    /// [`set`](Self::set), for chains.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl IntoRaw<'a>) -> Self {
        self.set(key, value);
        self
    }

    /// Takes keys out; those that are absent do not matter.
    #[must_use]
    pub fn without(mut self, keys: &[&str]) -> Self {
        self.entries.retain(|entry| !keys.contains(&&*entry.key));
        self
    }

    /// Keeps the entries for which the test says yes.
    #[must_use]
    pub fn keeping(mut self, mut test: impl FnMut(&str, &RawValue) -> bool) -> Self {
        self.entries.retain(|entry| test(&entry.key, &entry.value));
        self
    }

    /// Replaces the value of a key by a string.
    #[must_use]
    pub fn rename_value(self, key: &str, text: &str) -> Self {
        self.with(key, raw_str(text))
    }

    /// Puts a value at the end of a path of keys, and makes the objects on the way when they are absent.
    /// Something on the way that is not an object is an error and nothing is changed.
    pub fn set_in(mut self, path: &[&str], value: impl IntoRaw<'a>) -> Result<Self, RawError> {
        self.place(path, value.into_raw())?;
        Ok(self)
    }

    fn place(&mut self, path: &[&str], value: Cow<'a, RawValue>) -> Result<(), RawError> {
        let Some((first, rest)) = path.split_first() else {
            return Ok(());
        };
        if rest.is_empty() {
            self.set(first, value);
            return Ok(());
        }
        let mut inner = match self.get(first) {
            Some(held) => RawObject::parse(held)?,
            None => RawObject::new(),
        };
        inner.place(rest, Cow::Borrowed(&*value))?;
        let inner = inner.to_box();
        self.set(first, inner);
        Ok(())
    }

    /// The object as one JSON text without white space between its entries.
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(self.json_length());
        text.push('{');
        self.push_entries(&mut text, |text, _, value| text.push_str(value.get()));
        text.push('}');
        text
    }

    /// How long [`to_json`](Self::to_json) is, at most.
    pub(crate) fn json_length(&self) -> usize {
        let length = |entry: &Entry<'_>| entry.written.len() + entry.value.get().len() + 2;
        self.entries.iter().map(length).sum::<usize>() + 2
    }

    /// Writes the entries behind one another; `put` writes the value of each.
    pub(crate) fn push_entries(
        &self,
        text: &mut String,
        mut put: impl FnMut(&mut String, &str, &RawValue),
    ) {
        for (at, entry) in self.entries.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(&entry.written);
            text.push(':');
            put(text, &entry.key, &entry.value);
        }
    }

    /// The object as a raw value.
    pub fn to_box(&self) -> Box<RawValue> {
        RawValue::from_string(self.to_json()).expect("an object made of JSON texts is a JSON text")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(EntriesVisitor)
            .map(|entries| RawObject { entries })
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Vec<Entry<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(4);
        while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
            let decoded =
                as_str(key).ok_or_else(|| serde::de::Error::custom("a key that is not text"))?;
            entries.push(Entry {
                written: Cow::Borrowed(key.get()),
                key: decoded,
                value: Cow::Borrowed(value),
                inner: None,
            });
        }
        Ok(entries)
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serialises")
}

#[cfg(test)]
mod tests;
