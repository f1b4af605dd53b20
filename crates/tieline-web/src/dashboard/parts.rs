//! Prepared values that several pages show: a status, a moment, a form field.

use super::icon::Shape;

/// How a thing is doing: decides shape and colour, never the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Working.
    Good,
    /// Slow, or works with a warning.
    Warn,
    /// Failing.
    Bad,
    /// Something to look at, not a failure: tools changed.
    Notice,
    /// Off.
    Off,
    /// A check is under way.
    Busy,
}

impl Tone {
    /// The class of the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Notice => "acc",
            Self::Off => "off",
            Self::Busy => "busy",
        }
    }

    /// The shape, so that colour never carries the meaning alone.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Good => Shape::CIRCLE,
            Self::Warn => Shape::TRIANGLE,
            Self::Bad => Shape::SQUARE,
            Self::Notice => Shape::DIAMOND,
            Self::Off => Shape::RING,
            Self::Busy => Shape::SPINNER,
        }
    }
}

/// Shape, word, reason and age.
#[derive(Debug, Clone)]
pub struct Status {
    /// Shape and colour.
    pub tone: Tone,
    /// One or two words: "Working", "Token rejected".
    pub word: String,
    /// The reason or the age: "Checked 40 s ago".
    pub reason: String,
}

impl Status {
    /// A status from its parts.
    pub fn new(tone: Tone, word: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            tone,
            word: word.into(),
            reason: reason.into(),
        }
    }
}

/// A moment: relative or a date, with the exact time for `title` and `datetime`.
#[derive(Debug, Clone)]
pub struct When {
    /// What is read: "2 h ago", "12 Oct 2026".
    pub text: String,
    /// The exact time in words.
    pub exact: String,
    /// RFC 3339.
    pub iso: String,
}

impl When {
    /// A moment from its parts.
    pub fn new(text: impl Into<String>, exact: impl Into<String>, iso: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exact: exact.into(),
            iso: iso.into(),
        }
    }
}

/// A plain form field as it stands on the page.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// What was typed. Never filled for a secret.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// One line of help.
    pub help: String,
    /// A word beside the label, such as "optional".
    pub note: String,
    /// Shown in the empty field.
    pub placeholder: String,
    /// Whether the browser asks for it.
    pub required: bool,
}

impl Field {
    /// A required field with a value.
    pub fn required(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            required: true,
            ..Self::default()
        }
    }

    /// The same field with a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same field with what is wrong with it.
    #[must_use]
    pub fn problem(mut self, problem: impl Into<String>) -> Self {
        self.problem = problem.into();
        self
    }
}
