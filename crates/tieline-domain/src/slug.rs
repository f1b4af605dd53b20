//! The key of a connector, which is part of the tool names that agents see: `acme_mcp` in `mcp__acme_mcp__search`.
//!
//! A slug matches `[a-z0-9]+(_[a-z0-9]+)*` and has at most 24 characters. It never contains `__` and never starts or
//! ends with `_`, so the first `__` after it ends it. It never changes once a connector has it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::base32;
use crate::connector_name::ConnectorName;
use crate::provider::provider;

/// The longest slug.
const MAX_LENGTH: usize = 24;
/// A long slug is cut between words, if that keeps at least this much of it.
const KEEP_AT_LEAST: usize = 12;

/// A connector's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Arc<str>);

impl Slug {
    /// The key made from a name.
    pub fn derive(name: &ConnectorName) -> Self {
        let folded = fold(name.as_str());
        let kept = folded.chars().filter(char::is_ascii_alphanumeric).count();
        let letters = name
            .as_str()
            .chars()
            .filter(|character| character.is_alphanumeric())
            .count();
        // A name in another script leaves next to nothing: the key comes from a hash, and the admin may type a better one.
        if kept < 3 && kept * 2 < letters || kept == 0 {
            let hash = Sha256::digest(name.as_str().as_bytes());
            return Self(format!("c_{}", base32::prefix(&hash, 8)).into());
        }
        Self(cut_between_words(&join_words(&folded)).into())
    }

    /// Reads a slug that somebody typed or that was stored.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let word_is_good = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if text.len() > MAX_LENGTH || !text.split('_').all(word_is_good) {
            return Err(SlugError);
        }
        Ok(Self(text.into()))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This slug with a number behind it, for suggestions: `acme_mcp` becomes `acme_mcp_2`.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let number = number.to_string();
        let room = MAX_LENGTH - 1 - number.len();
        let base = &self.0[..self.0.len().min(room)];
        Self(format!("{}_{number}", base.trim_end_matches('_')).into())
    }

    /// Who owns this slug, if no custom connector may have it.
    pub fn reserved_by(&self) -> Option<ReservedBy> {
        if matches!(self.as_str(), "tieline" | "mcp") {
            return Some(ReservedBy::Tieline);
        }
        provider(self.as_str()).map(|provider| ReservedBy::Provider {
            name: &provider.name,
        })
    }
}

impl Serialize for Slug {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Maps with slugs as keys can be asked with plain text.
impl std::borrow::Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "A key has small letters a–z and digits, words joined by one “_”, and at most 24 characters, like acme_mcp."
)]
pub struct SlugError;

impl SlugError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "slug_invalid"
    }
}

/// Who owns a reserved slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservedBy {
    /// A built-in provider.
    Provider {
        /// Its display name.
        name: &'static str,
    },
    /// Tieline itself.
    Tieline,
}

/// Latin letters that decomposition leaves alone are spelled out, marks are dropped, everything is lower case.
fn fold(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'ß' | 'ẞ' => spelled.push_str("ss"),
            'æ' | 'Æ' => spelled.push_str("ae"),
            'œ' | 'Œ' => spelled.push_str("oe"),
            'ø' | 'Ø' => spelled.push('o'),
            'đ' | 'Đ' | 'ð' | 'Ð' => spelled.push('d'),
            'ł' | 'Ł' => spelled.push('l'),
            'þ' | 'Þ' => spelled.push_str("th"),
            'ı' => spelled.push('i'),
            other => spelled.push(other),
        }
    }
    let without_marks = spelled
        .nfkd()
        .filter(|c| c.general_category() != GeneralCategory::NonspacingMark);
    without_marks.flat_map(char::to_lowercase).collect()
}

fn join_words(folded: &str) -> String {
    let words = folded
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

fn cut_between_words(slug: &str) -> &str {
    if slug.len() <= MAX_LENGTH {
        return slug;
    }
    // The character behind the cut counts too: a word that ends exactly there stays whole.
    match slug[..=MAX_LENGTH].rfind('_') {
        Some(end) if end >= KEEP_AT_LEAST => &slug[..end],
        _ => slug[..MAX_LENGTH].trim_end_matches('_'),
    }
}
