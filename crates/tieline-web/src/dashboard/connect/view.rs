//! What "Connect your client" shows: key, snippets, live check, keys, tools.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::integrations::rail_view::FoundTool;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Field, Status, When};
use crate::dashboard::shell::Shell;

/// `/connect`
#[derive(Debug, Clone, Template)]
#[template(path = "connect/page.html")]
pub struct ConnectPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// "Use the same 120 tools in your own editor or terminal. …"
    pub intro: String,
    /// The key that was just made; on this one answer only.
    pub fresh: Option<FreshKey>,
    /// The name field of the form.
    pub key_name: Field,
    /// The choices of expiry.
    pub expiries: Vec<Expiry>,
    /// The clients with their snippets.
    pub clients: Vec<Client>,
    /// Step 3.
    pub contact: Contact,
    /// The person's keys.
    pub keys: Vec<KeyRow>,
    /// "120 tools".
    pub tool_count: String,
    /// What stands there when there are none.
    pub no_tools: String,
    /// What the person's agents can use.
    pub connectors: Vec<UsableConnector>,
}

/// A key in plain text, for the page that shows it once.
#[derive(Clone)]
pub struct FreshKey {
    /// The key.
    pub text: String,
}

impl std::fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FreshKey(…)")
    }
}

/// One choice of expiry.
#[derive(Debug, Clone)]
pub struct Expiry {
    /// Days.
    pub days: u16,
    /// "90 days".
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// One client and what to paste where.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its word in the URL.
    pub id: &'static str,
    /// "Claude Code".
    pub name: &'static str,
    /// Address of the page with this client chosen.
    pub href: String,
    /// Whether it is chosen.
    pub current: bool,
    /// What to paste.
    pub snippets: Vec<Snippet>,
    /// Another way, behind a link; its words are `more_label`.
    pub more: Option<Snippet>,
    /// The words of that link.
    pub more_label: &'static str,
    /// What to know about it.
    pub help: String,
    /// A button that does it in one press; empty when there is none.
    pub button: &'static str,
    /// Its address.
    pub button_href: String,
}

/// A text to paste.
#[derive(Clone)]
pub struct Snippet {
    /// "Run in a terminal", or the file.
    pub place: &'static str,
    /// The text in parts, so that address and key stand out.
    pub parts: Vec<Part>,
}

impl std::fmt::Debug for Snippet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The parts may hold a key.
        f.debug_struct("Snippet")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// A part of a snippet.
#[derive(Clone)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it is the gateway's address.
    pub url: bool,
    /// Whether it is the key.
    pub key: bool,
}

/// Whether the person's client has been seen.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// "Connected: Claude Code 2.1, 120 tools, 3 s ago".
    pub seen: Option<String>,
    /// What comes next.
    pub text: &'static str,
    /// What to do and look at, for each client; the page shows that of the chosen one.
    pub clients: Vec<ClientChecks>,
    /// Whether nobody came for so long that what to look at is shown without being asked for.
    pub long: bool,
}

/// How to make one client call, and what to look at when it does not.
#[derive(Debug, Clone)]
pub struct ClientChecks {
    /// The client's word in the URL.
    pub id: &'static str,
    /// "Start Claude Code and type /mcp."
    pub start: Vec<Piece>,
    /// What to look at.
    pub checks: Vec<Vec<Piece>>,
}

/// A part of a sentence.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its text.
    pub text: &'static str,
    /// Whether it is typed or read letter by letter.
    pub code: bool,
}

/// One key of the person.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Id, for the address of the form.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its beginning and end: `tl_9f4Q…3EgU`.
    pub hint: String,
    /// When it was last used.
    pub last_used: Option<When>,
    /// The client that used it last; empty when none has.
    pub client: String,
    /// When it expires.
    pub expires: Option<When>,
}

/// A connector as members see it: no address, token, header or log.
#[derive(Debug, Clone)]
pub struct UsableConnector {
    /// Display name.
    pub name: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// Shape and word.
    pub status: Status,
    /// "11 tools".
    pub count: String,
    /// The tools.
    pub tools: Vec<FoundTool>,
}

/// Step 3 alone, for a live update.
#[derive(Debug, Template)]
#[template(path = "connect/contact.html")]
pub struct ContactFragment {
    /// The state.
    pub contact: Contact,
}

/// `/connect/keys/{id}/revoke`
#[derive(Debug, Clone, Template)]
#[template(path = "connect/revoke.html")]
pub struct RevokePage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Id of the key.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its beginning and end.
    pub hint: String,
}
