//! People: e-mail, name, role and the rules for a new password.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::connector_name::is_invisible;

/// An e-mail address in lower case. It identifies an account; Tieline does not send mail to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Email(String);

impl Email {
    /// Checks and lower-cases an address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let email = text.trim().to_lowercase();
        if email.is_empty() {
            return Err(EmailError::Empty);
        }
        if email.len() > 254 {
            return Err(EmailError::TooLong { bytes: email.len() });
        }
        let has_bad_character = email
            .chars()
            .any(|c| c.is_whitespace() || is_invisible(c) || "<>\"',;:\\()[]".contains(c));
        let is_good = |(local, domain): (&str, &str)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.split('.').all(|label| !label.is_empty())
        };
        if has_bad_character || !email.split_once('@').is_some_and(is_good) {
            return Err(EmailError::Invalid);
        }
        Ok(Self(email))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an e-mail address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was typed.
    #[error("Type an e-mail address.")]
    Empty,
    /// Not an address.
    #[error("This is not an e-mail address. Write it like name@example.com.")]
    Invalid,
    /// Too long.
    #[error("The e-mail address has {bytes} bytes. Use at most 254.")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
}

impl EmailError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "email_empty",
            Self::Invalid => "email_invalid",
            Self::TooLong { .. } => "email_too_long",
        }
    }
}

/// A person's name as others see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PersonName(String);

impl PersonName {
    /// Checks a name.
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        let name = text.trim_matches([' ', '\u{A0}']);
        let characters = name.chars().count();
        if characters == 0 {
            return Err(PersonNameError::Empty);
        }
        if characters > 80 {
            return Err(PersonNameError::TooLong { characters });
        }
        match name.chars().position(is_invisible) {
            Some(index) => Err(PersonNameError::BadChar {
                position: index + 1,
            }),
            None => Ok(Self(name.to_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a person's name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// Nothing was typed.
    #[error("Type a name.")]
    Empty,
    /// Too long.
    #[error("The name has {characters} characters. Use at most 80.")]
    TooLong {
        /// How long it is.
        characters: usize,
    },
    /// A control or invisible character.
    #[error("Character {position} of the name is invisible. Delete it.")]
    BadChar {
        /// Its place, counted from 1.
        position: usize,
    },
}

impl PersonNameError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong { .. } => "name_too_long",
            Self::BadChar { .. } => "name_bad_char",
        }
    }
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Adds and removes connectors, manages people.
    Admin,
    /// Uses the tools.
    Member,
}

impl Role {
    /// The word that is stored and shown in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The role is either admin or member.")]
pub struct RoleError;

impl RoleError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "role_invalid"
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "admin" => Ok(Self::Admin),
            "member" => Ok(Self::Member),
            _ => Err(RoleError),
        }
    }
}

/// A password that somebody chose and that is long enough. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// Checks the length; every character counts, also spaces.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let characters = text.chars().count();
        if characters < 12 {
            return Err(PasswordError::TooShort { characters });
        }
        if characters > 256 {
            return Err(PasswordError::TooLong { characters });
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The password itself, for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword([redacted])")
    }
}

/// Why a password was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error(
        "The password has {characters} characters. Use at least 12; a few words are easy to remember."
    )]
    TooShort {
        /// How long it is.
        characters: usize,
    },
    /// Too long.
    #[error("The password has {characters} characters. Use at most 256.")]
    TooLong {
        /// How long it is.
        characters: usize,
    },
}

impl PasswordError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "password_too_short",
            Self::TooLong { .. } => "password_too_long",
        }
    }
}
