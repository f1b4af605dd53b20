//! The connection test as a wire with nodes: solid up to the break, dashed after it.

use askama::Template;

use crate::dashboard::icon::{self, Icon};

/// The right-hand side of the dialogs that test a connection.
#[derive(Debug, Clone, Default)]
pub struct Rail {
    /// How long the whole test took: "0.3 s".
    pub time: String,
    /// Whether a test is under way.
    pub running: bool,
    /// Whether a test ran at all.
    pub ran: bool,
    /// The nodes, top to bottom.
    pub steps: Vec<Step>,
    /// The offer to add `Bearer `.
    pub bearer: Option<BearerHint>,
    /// What to do about the failure.
    pub note: Option<RailNote>,
    /// Whether that note is a warning.
    pub note_warns: bool,
    /// Things that work but deserve a sentence.
    pub cautions: Vec<String>,
    /// The first bytes of an answer that is not MCP, redacted.
    pub raw: String,
    /// The first three tools.
    pub tools: Vec<FoundTool>,
    /// The others.
    pub more_tools: Vec<FoundTool>,
    /// "Show all 12".
    pub show_all: String,
}

/// One node of the wire.
#[derive(Debug, Clone)]
pub struct Step {
    /// Shape of the node and of the wire below it.
    pub state: StepState,
    /// "TLS", or what broke: "HTTP 401".
    pub title: String,
    /// One sentence.
    pub text: String,
    /// "38 ms".
    pub ms: String,
    /// Whether it has just arrived, so that its wire grows.
    pub fresh: bool,
}

/// The state of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Not started: a ring.
    Waiting,
    /// Under way: a spinner.
    Running,
    /// Passed.
    Passed,
    /// Passed, with something to know.
    Warned,
    /// There was nothing to do.
    Skipped,
    /// Here it broke.
    Broken,
    /// Behind the break.
    NotReached,
}

impl StepState {
    /// The class of the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Waiting => "wait",
            Self::Running => "run",
            Self::Passed => "ok",
            Self::Warned => "warn",
            Self::Skipped => "over",
            Self::Broken => "bad",
            Self::NotReached => "skip-s",
        }
    }

    /// The sign inside the node.
    pub const fn icon(self) -> Option<Icon> {
        match self {
            Self::Passed => Some(icon::check_bold(13)),
            Self::Warned => Some(icon::bang(13)),
            Self::Broken => Some(icon::cross(13)),
            Self::Waiting | Self::Running | Self::Skipped | Self::NotReached => None,
        }
    }

    /// Whether the node spins.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Running)
    }
}

/// The offer to put `Bearer ` in front of the token; made only after that was tried and worked.
#[derive(Debug, Clone)]
pub struct BearerHint {
    /// The question.
    pub title: String,
    /// The sentence, up to the header value.
    pub before: String,
    /// The header value with the token left out but for its end: "Bearer …k3Qf".
    pub shown: String,
    /// The rest of the sentence.
    pub after: String,
}

/// What to do about a failure.
#[derive(Debug, Clone)]
pub struct RailNote {
    /// The point, in bold.
    pub lead: String,
    /// The rest.
    pub text: String,
    /// A button that changes the address and tests again.
    pub offer: Option<Offer>,
}

/// A value that one press puts into a field.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The button's words.
    pub label: String,
    /// The value.
    pub value: String,
}

/// One tool that the server offers.
#[derive(Debug, Clone)]
pub struct FoundTool {
    /// Its name.
    pub name: String,
    /// Its description, one line.
    pub description: String,
    /// Whether its annotations say that it writes. A label, not a proof.
    pub writes: bool,
}

impl Rail {
    /// The rail before any test: six rings and what each will tell.
    pub fn untested() -> Self {
        let steps = [
            ("DNS", "Find the server’s address"),
            ("TCP", "Open a connection"),
            ("TLS", "Check the certificate"),
            ("HTTP", "Send a request with the token"),
            ("MCP handshake", "Agree on a revision"),
            ("Tools", "List what the server offers"),
        ];
        Self {
            steps: steps
                .map(|(title, text)| Step::new(StepState::Waiting, title, text, ""))
                .into(),
            ..Self::default()
        }
    }
}

impl Step {
    /// A node from its parts.
    pub fn new(
        state: StepState,
        title: impl Into<String>,
        text: impl Into<String>,
        ms: impl Into<String>,
    ) -> Self {
        Self {
            state,
            title: title.into(),
            text: text.into(),
            ms: ms.into(),
            fresh: false,
        }
    }
}

/// The rail alone, streamed into an open dialog.
#[derive(Debug, Template)]
#[template(path = "integrations/rail.html")]
pub struct RailFragment<'a> {
    /// The rail.
    pub rail: &'a Rail,
}
