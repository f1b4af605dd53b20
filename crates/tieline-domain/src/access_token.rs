//! A connector's token: the value of the auth header, byte for byte as entered.
//!
//! Nothing is added to it and nothing inside it is replaced. Error messages name a position, never a character of it.

use std::fmt;

use zeroize::Zeroizing;

/// The longest token, in bytes.
const MAX_BYTES: usize = 8192;
/// Shorter tokens show no ending: four characters would be too much of them.
const SHOW_ENDING_FROM: usize = 12;

/// A secret header value. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// Checks a token. Outer spaces and line ends are dropped, because they come from copying; empty means none.
    pub fn parse(text: &str) -> Result<Option<Self>, TokenError> {
        if text.is_empty() {
            return Ok(None);
        }
        let token = text.trim_matches(|character: char| character.is_ascii_whitespace());
        if token.is_empty() {
            return Err(TokenError::Blank);
        }
        if token.len() > MAX_BYTES {
            return Err(TokenError::TooLong { bytes: token.len() });
        }
        let skipped = text.len()
            - text
                .trim_start_matches(|character: char| character.is_ascii_whitespace())
                .len();
        if let Some(index) = token
            .chars()
            .position(|character| !matches!(character, ' '..='~'))
        {
            return Err(TokenError::BadChar {
                position: skipped + index + 1,
            });
        }
        Ok(Some(Self(Zeroizing::new(token.to_owned()))))
    }

    /// The secret itself, for the header of a request and for sealing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown of it.
    pub fn hint(&self) -> TokenHint {
        let characters = self.0.len();
        let tail = (characters >= SHOW_ENDING_FROM).then(|| self.0[characters - 4..].to_owned());
        TokenHint { characters, tail }
    }

    /// Whether it starts with a word and a space, like `Bearer abc`.
    pub fn has_scheme(&self) -> bool {
        self.0.contains(' ')
    }

    /// The well-known authentication scheme it starts with, for the help line below the field.
    pub fn scheme(&self) -> Option<&'static str> {
        let word = self.0.split_once(' ')?.0;
        ["Bearer", "Basic", "Token", "ApiKey"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(word))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// What may be shown of a token after it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHint {
    /// How long it is.
    pub characters: usize,
    /// Its last four characters, unless it is short.
    pub tail: Option<String>,
}

/// “28 characters, ends in k3Qf”.
impl fmt::Display for TokenHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} characters", self.characters)?;
        match &self.tail {
            Some(tail) => write!(f, ", ends in {tail}"),
            None => Ok(()),
        }
    }
}

/// Why a token was refused. The messages never contain any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A character that no header can carry.
    #[error(
        "Character {position} of the token cannot be sent in a header. Use letters, digits and signs of the ASCII table; check that nothing else was copied along."
    )]
    BadChar {
        /// Its place, counted from 1.
        position: usize,
    },
    /// Only spaces.
    #[error("The token has only spaces. Paste the token, or leave the field empty.")]
    Blank,
    /// Too long.
    #[error("The token has {bytes} bytes. Use at most 8,192.")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
}

impl TokenError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadChar { .. } => "token_bad_char",
            Self::Blank => "token_blank",
            Self::TooLong { .. } => "token_too_long",
        }
    }
}
