//! The display name of a connector: what people read. The key that agents see is derived from it, see `slug`.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// The longest name, in Unicode scalars after normalisation.
const MAX_SCALARS: usize = 80;

/// A connector's display name: trimmed, in Unicode form NFKC, without invisible characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectorName(Arc<str>);

impl ConnectorName {
    /// Checks and normalises a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let typed = trim(text);
        // Checked before normalising, so that the position is the one in what was typed.
        let skipped = text
            .find(typed)
            .map_or(0, |offset| text[..offset].chars().count());
        refuse_bad_characters(typed, skipped)?;
        let normalised: String = typed.nfkc().collect();
        let name = trim(&normalised);
        refuse_bad_characters(name, 0)?;
        let scalars = name.chars().count();
        if scalars == 0 {
            return Err(NameError::Empty);
        }
        if scalars > MAX_SCALARS {
            return Err(NameError::TooLong { scalars });
        }
        if !name.chars().any(char::is_alphanumeric) {
            return Err(NameError::NoLetterOrDigit);
        }
        refuse_mixed_scripts(name)?;
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for ConnectorName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for ConnectorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("Give the connector a name.")]
    Empty,
    /// Too many characters.
    #[error("The name has {scalars} characters. Use at most 80.")]
    TooLong {
        /// How many it has.
        scalars: usize,
    },
    /// A control, invisible, private or unassigned character.
    #[error(
        "Character {position} of the name (U+{code_point:04X}) is invisible or has no meaning. Delete it."
    )]
    BadChar {
        /// Its place, counted from 1.
        position: usize,
        /// Which character.
        code_point: u32,
    },
    /// Only punctuation or symbols.
    #[error("Use at least one letter or digit, so agents can call it.")]
    NoLetterOrDigit,
    /// A word that looks like another one.
    #[error(
        "The word “{word}” mixes Latin letters with Cyrillic or Greek ones that look alike. Use one alphabet per word."
    )]
    MixedScripts {
        /// The word.
        word: String,
    },
}

impl NameError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong { .. } => "name_too_long",
            Self::BadChar { .. } => "name_bad_char",
            Self::NoLetterOrDigit => "name_no_letter_or_digit",
            Self::MixedScripts { .. } => "name_mixed_scripts",
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\u{A0}'])
}

fn refuse_bad_characters(text: &str, skipped: usize) -> Result<(), NameError> {
    match text
        .chars()
        .enumerate()
        .find(|(_, character)| is_invisible(*character))
    {
        Some((index, character)) => Err(NameError::BadChar {
            position: skipped + index + 1,
            code_point: character.into(),
        }),
        None => Ok(()),
    }
}

/// Control, format, private, unassigned and line-breaking characters: nobody can see them, so nobody may hide behind them.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

/// `Lіnear` with a Cyrillic `і` looks like another name; `Яндекс Tracker` has two words and is fine.
fn refuse_mixed_scripts(name: &str) -> Result<(), NameError> {
    let within_word = |character: char| character.is_alphanumeric() || is_mark(character);
    for word in name.split(|character| !within_word(character)) {
        let has = |wanted: &[Script]| {
            word.chars()
                .any(|character| wanted.contains(&character.script()))
        };
        if has(&[Script::Latin]) && has(&[Script::Cyrillic, Script::Greek]) {
            return Err(NameError::MixedScripts {
                word: word.to_owned(),
            });
        }
    }
    Ok(())
}

fn is_mark(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    )
}
