//! What is different between the definition of a tool that was approved and the one that its server offers now.
//!
//! A definition is an instruction to a model, written by whoever runs the server. It can change after an admin looked at
//! it, so what changed is graded here: harmless, or risky with the reasons. Nothing here decides whether a tool is good.

mod calls;
mod compare;
mod hash;
mod hidden;
mod inputs;
mod policy;
mod wording;

pub use compare::{Comparison, compare_definitions};
pub use hash::{DefinitionHash, DefinitionHashError};
pub use hidden::{hidden_characters, is_hidden};
pub use inputs::{InputLine, LineKind};
pub use policy::{ToolChangePolicy, ToolChangePolicyError, Verdict};
pub use wording::{Around, Hint};

use serde::Serialize;

/// One part of a definition that is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// There was no such tool before.
    New,
    /// The title that people see.
    Title,
    /// The text that tells a model when to use the tool.
    Description,
    /// Which arguments it takes.
    Inputs,
    /// What its answers look like.
    Output,
    /// What its server claims about it: that it only reads, that it destroys.
    Annotations,
    /// Anything else, such as an icon.
    Other,
}

impl Difference {
    /// The word in the audit log and in REST.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Title => "title",
            Self::Description => "description",
            Self::Inputs => "inputs",
            Self::Output => "output",
            Self::Annotations => "annotations",
            Self::Other => "other",
        }
    }

    /// What a person reads on a tag.
    pub fn title(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Title => "Title changed",
            Self::Description => "Description changed",
            Self::Inputs => "Inputs changed",
            Self::Output => "Output changed",
            Self::Annotations => "Labels changed",
            Self::Other => "Other fields changed",
        }
    }
}

/// Why a difference needs a person's eyes before agents get it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It was marked as reading only, and is not any more.
    BecameWriting,
    /// It was marked as harmless, and counts as destructive now.
    BecameDestructive,
    /// It was marked as destructive, and claims not to be any more.
    NoLongerDestructive,
    /// It holds characters that nobody sees, or that turn text around.
    HiddenCharacters {
        /// How many.
        count: usize,
    },
    /// It speaks of a tool of another connector.
    NamesOtherConnector {
        /// The word that it uses.
        word: String,
    },
    /// A field stands in it twice, so that two readers may read two definitions.
    ReadTwoWays,
}

impl Risk {
    /// The stable code for the audit log and REST.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BecameWriting => "became_writing",
            Self::BecameDestructive => "became_destructive",
            Self::NoLongerDestructive => "no_longer_destructive",
            Self::HiddenCharacters { .. } => "hidden_characters",
            Self::NamesOtherConnector { .. } => "names_other_connector",
            Self::ReadTwoWays => "read_two_ways",
        }
    }
}
