//! What the chat pages show: prepared words, rendered by `templates/chat/`.

use askama::Template;

use super::markup::Markup;
use crate::dashboard::icon;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, When};
use crate::dashboard::shell::Shell;

/// `/chat` and `/chat/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "chat/page.html")]
pub struct ChatPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The pane of sessions.
    pub groups: Vec<SessionGroup>,
    /// The open session; `None` for a new one.
    pub open: Option<OpenSession>,
    /// The conversation so far.
    pub talk: Talk,
    /// What is worth knowing before the next message.
    pub notes: Vec<Note>,
    /// Where to write.
    pub composer: Composer,
    /// The pane of tools.
    pub panel: Panel,
}

/// `/chat` while there is no model API.
#[derive(Debug, Clone, Template)]
#[template(path = "chat/not_set_up.html")]
pub struct NotSetUpPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Whom to ask or where to go.
    pub text: String,
    /// What works already.
    pub meanwhile: String,
}

/// Sessions of a day or a span.
#[derive(Debug, Clone)]
pub struct SessionGroup {
    /// "Today", "Yesterday", "This week", "Older".
    pub title: &'static str,
    /// The latest first.
    pub sessions: Vec<SessionRow>,
}

/// One session of the pane.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// When it was last used.
    pub when: When,
    /// "Working now", "Waits for you"; instead of the time.
    pub state: &'static str,
    /// Whether it is the open one.
    pub current: bool,
}

/// The session at hand.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// Its address: `/chat/{id}`.
    pub href: String,
    /// Its title.
    pub title: String,
    /// The model that answers.
    pub model: String,
}

/// The conversation.
#[derive(Debug, Clone, Default)]
pub struct Talk {
    /// One after the other; the position is the block's name.
    pub blocks: Vec<Block>,
    /// The first block of the latest turn: what comes before never changes again.
    pub from: usize,
    /// Whether the agent is at work, waits for its turn, or waits for a message.
    pub work: Work,
    /// What it does while nothing can be seen: "Starting…", "Waiting for a free place, 3 ahead of you."
    pub line: String,
    /// What the line says when it stands there for more than a second.
    pub later: String,
    /// Texts that wait until the turn ends.
    pub queued: Vec<String>,
}

/// What the agent does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Work {
    /// It waits for a message.
    #[default]
    Idle,
    /// It waits for a place.
    Queued,
    /// It works.
    Running,
}

impl Work {
    /// The word of the page's attribute.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Queued => "queued",
            Self::Running => "running",
        }
    }

    /// Whether there is something to stop.
    pub const fn busy(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// One piece of the conversation.
#[derive(Debug, Clone)]
pub enum Block {
    /// What the person wrote.
    User {
        /// As typed.
        text: String,
    },
    /// What the model wrote.
    Text {
        /// Rendered.
        html: Markup,
    },
    /// What the model is writing.
    Typing {
        /// As far as it came, rendered.
        html: Markup,
    },
    /// Tool calls that follow each other.
    Calls(Calls),
    /// What happened to the turn.
    Note(Note),
}

/// Tool calls that follow each other.
#[derive(Debug, Clone)]
pub struct Calls {
    /// Each.
    pub calls: Vec<Call>,
    /// "6 calls, 1 failed": the line to which many calls fold.
    pub fold: String,
    /// Whether the fold is open.
    pub open: bool,
}

/// One tool call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Unique on the page.
    pub key: String,
    /// Letters and hue of the connector.
    pub monogram: Monogram,
    /// The tool, as its server calls it.
    pub tool: String,
    /// The connector's name.
    pub connector: String,
    /// "214 ms"; empty while it runs.
    pub took: String,
    /// How long it has been running.
    pub running_ms: Option<u64>,
    /// Shape and word.
    pub status: Status,
    /// What went wrong and who mends it.
    pub trouble: Option<Sentence>,
    /// Whether its details are open.
    pub open: bool,
    /// What the agent was given of a large result; empty when it was all of it.
    pub cut: String,
    /// The arguments.
    pub sent: Payload,
    /// The result.
    pub received: Option<Payload>,
    /// Where to approve or refuse it.
    pub decide: Option<String>,
}

/// A sentence whose beginning carries the meaning.
#[derive(Debug, Clone, Default)]
pub struct Sentence {
    /// In bold.
    pub lead: String,
    /// After it.
    pub rest: String,
}

impl Sentence {
    /// Splits a text after its first sentence.
    pub fn of(text: &str) -> Self {
        match text.split_once(". ") {
            Some((lead, rest)) => Self {
                lead: format!("{lead}."),
                rest: rest.to_owned(),
            },
            None => Self {
                lead: text.to_owned(),
                rest: String::new(),
            },
        }
    }
}

/// Arguments or a result.
#[derive(Debug, Clone)]
pub struct Payload {
    /// "Sent", "Received, 31 entries".
    pub title: String,
    /// At most 4 KB of it.
    pub text: Markup,
    /// All of it, for the clipboard and for Show all.
    pub whole: String,
    /// "Show all, 31.4 KB"; empty when all is shown.
    pub more: String,
}

/// A line with a shape.
#[derive(Debug, Clone)]
pub struct Note {
    /// `acc`, `warn`, `bad` or nothing.
    pub class: &'static str,
    /// What to read.
    pub text: Sentence,
    /// What can be done about it.
    pub way: Way,
}

/// What can be done about a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Nothing.
    None,
    /// Starting a new session with the draft.
    NewSession,
    /// A link.
    Link {
        /// Its words.
        label: &'static str,
        /// Its address.
        href: String,
    },
}

/// Where to write.
#[derive(Debug, Clone)]
pub struct Composer {
    /// Where the message goes.
    pub action: String,
    /// Where Stop goes; empty in a new session.
    pub stop: String,
    /// What was typed before.
    pub draft: String,
    /// Shown in the empty field.
    pub placeholder: &'static str,
    /// What is wrong with it.
    pub problem: String,
    /// Models to choose from, the default first; fewer than two are no choice.
    pub models: Vec<String>,
}

/// The tools of the session.
#[derive(Debug, Clone)]
pub struct Panel {
    /// "Fixed at 14:06, when it started. 120 tools."
    pub summary: String,
    /// The moment in it.
    pub fixed: Option<When>,
    /// "120 tools."
    pub count: String,
    /// "About 18,400 tokens of definitions" and the mode.
    pub mode: Sentence,
    /// One line each.
    pub connectors: Vec<PanelRow>,
    /// Tools that the model could not be given.
    pub left_out: Vec<LeftOut>,
}

/// One connector of the panel.
#[derive(Debug, Clone)]
pub struct PanelRow {
    /// Its name.
    pub name: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// How many tools.
    pub count: String,
    /// "About 2,100 tokens".
    pub cost: String,
    /// Failing, off or removed; `None` while all is well.
    pub status: Option<Status>,
}

/// A tool that the model could not be given.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The tool.
    pub tool: String,
    /// Why.
    pub reason: String,
}

/// One block alone, for a live update.
#[derive(Debug, Template)]
#[template(path = "chat/block.html")]
pub struct BlockFragment<'a> {
    /// Its position.
    pub at: usize,
    /// The block.
    pub block: &'a Block,
}

/// The list of sessions alone.
#[derive(Debug, Template)]
#[template(path = "chat/sessions.html")]
pub struct SessionsFragment<'a> {
    /// The groups.
    pub groups: &'a [SessionGroup],
}

/// The notes alone.
#[derive(Debug, Template)]
#[template(path = "chat/notes.html")]
pub struct NotesFragment<'a> {
    /// The notes.
    pub notes: &'a [Note],
}

/// What is queued and what is awaited.
#[derive(Debug, Template)]
#[template(path = "chat/tail.html")]
pub struct TailFragment<'a> {
    /// The conversation.
    pub talk: &'a Talk,
}

/// The panel's content alone.
#[derive(Debug, Template)]
#[template(path = "chat/panel.html")]
pub struct PanelFragment<'a> {
    /// The panel.
    pub panel: &'a Panel,
}

/// `/chat/{id}/rename`
#[derive(Debug, Clone, Template)]
#[template(path = "chat/rename.html")]
pub struct RenamePage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The session's address.
    pub href: String,
    /// The title as it is.
    pub title: String,
    /// What is wrong with the new one.
    pub problem: String,
}

/// `/chat/{id}/delete`
#[derive(Debug, Clone, Template)]
#[template(path = "chat/delete.html")]
pub struct DeletePage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The session's address.
    pub href: String,
    /// Its title.
    pub title: String,
}
