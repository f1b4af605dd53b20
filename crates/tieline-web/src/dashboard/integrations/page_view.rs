//! What the Integrations page shows: every value is already in the words that people read.

use askama::Template;

use crate::dashboard::chart::Chart;
use crate::dashboard::icon;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::Status;
use crate::dashboard::shell::Shell;

/// `/integrations`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/page.html")]
pub struct IntegrationsPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The sentence under the title: whose tools these are.
    pub intro: String,
    /// The note about failing connectors.
    pub attention: Option<Attention>,
    /// "Status is 6 minutes old." when the background checker is behind.
    pub stale: Option<String>,
    /// What was searched for.
    pub query: String,
    /// The chosen filter's word in the URL; empty for All.
    pub show: &'static str,
    /// The order's word in the URL; empty for the usual one.
    pub sort: String,
    /// The query of this list, to come back to it.
    pub back: String,
    /// All, Needs attention, Off.
    pub filters: Vec<Filter>,
    /// "120 tools on, about 18,400 tokens per session".
    pub sum: String,
    /// Whether that is so much that it slows agents down.
    pub heavy: bool,
    /// How many custom connectors there are.
    pub custom_count: String,
    /// The request id when the list could not be loaded.
    pub failed: Option<String>,
    /// The sentence for a search or filter without a hit.
    pub no_match: Option<String>,
    /// Where the button beside that sentence leads.
    pub clear_href: String,
    /// The heads of the columns, each a link that sorts.
    pub columns: [Column; 4],
    /// The custom connectors of this page.
    pub rows: Vec<Row>,
    /// Previous and next page.
    pub pages: Option<Pages>,
    /// Whether the built-in ones take one line that opens.
    pub folded: bool,
    /// "2 of 6 connected", or "6 built-in, 2 connected" when that is the line.
    pub built_in_count: String,
    /// The providers of the shipped catalogue.
    pub cards: Vec<ProviderCard>,
}

/// The note above the list while something is failing.
#[derive(Debug, Clone)]
pub struct Attention {
    /// "Billing warehouse stopped working at 14:02."
    pub lead: String,
    /// What it means for people.
    pub text: String,
    /// The one action.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

/// One segment of the filter.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Its words.
    pub label: &'static str,
    /// Its words on a phone; empty when they are the same.
    pub short: &'static str,
    /// How many connectors it holds.
    pub count: usize,
    /// Its address.
    pub href: String,
    /// Whether it is chosen.
    pub current: bool,
}

/// The head of a column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its word.
    pub label: &'static str,
    /// The list in its order.
    pub href: String,
    /// What that order is.
    pub title: String,
    /// Whether the list has its order.
    pub current: bool,
    /// Whether that is the other way round.
    pub reversed: bool,
}

/// One custom connector.
#[derive(Debug, Clone)]
pub struct Row {
    /// Display name.
    pub name: String,
    /// Slug; the key is `mcp__<slug>`.
    pub slug: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// Shape, word, reason, age.
    pub status: Status,
    /// Tools that agents get.
    pub tools_on: String,
    /// Tools that the server offers.
    pub tools_total: String,
    /// Calls of the last 24 hours.
    pub chart: Chart,
    /// Their number.
    pub calls: String,
    /// Whether the connector is turned on.
    pub on: bool,
    /// Whether it is ticked.
    pub picked: bool,
}

/// One provider of the shipped catalogue.
#[derive(Debug, Clone)]
pub struct ProviderCard {
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// What it gives.
    pub summary: String,
    /// "Needs a restricted key".
    pub needs: String,
    /// Why it cannot be connected; empty when it can.
    pub refused: String,
    /// Its state when connected.
    pub connected: Option<ConnectedProvider>,
}

/// The state of a connected provider.
#[derive(Debug, Clone)]
pub struct ConnectedProvider {
    /// Its page.
    pub href: String,
    /// Shape and word.
    pub status: Status,
    /// "24 tools".
    pub tools: String,
    /// Whether it is turned on.
    pub on: bool,
}

/// Links to the neighbouring pages of a list.
#[derive(Debug, Clone)]
pub struct Pages {
    /// "1–50 of 200".
    pub text: String,
    /// Address of the previous page; empty when there is none.
    pub back: String,
    /// Address of the next page; empty when there is none.
    pub next: String,
}

/// The status cell of a row alone, for a live update.
#[derive(Debug, Template)]
#[template(
    source = r#"{% import "parts.html" as parts %}{% include "integrations/row_status.html" %}"#,
    ext = "html"
)]
pub struct RowStatus<'a> {
    /// The row.
    pub row: &'a Row,
}

/// The tools cell of a row alone, for a live update.
#[derive(Debug, Template)]
#[template(path = "integrations/row_tools.html")]
pub struct RowTools<'a> {
    /// The row.
    pub row: &'a Row,
}

/// The bars of a row alone, for a live update.
#[derive(Debug, Template)]
#[template(
    source = r#"{% import "parts.html" as parts %}{% include "integrations/row_calls.html" %}"#,
    ext = "html"
)]
pub struct RowCalls<'a> {
    /// The row.
    pub row: &'a Row,
}

/// The line under a connected provider alone, for a live update.
#[derive(Debug, Template)]
#[template(
    source = r#"{% import "parts.html" as parts %}{% call parts::status(connected.status) %}{% endcall %}<span>{{ connected.tools }}</span>"#,
    ext = "html"
)]
pub struct CardStatus<'a> {
    /// The state of the provider.
    pub connected: &'a ConnectedProvider,
}

/// The note about failing connectors alone, for a live update.
#[derive(Debug, Template)]
#[template(path = "integrations/attention.html")]
pub struct AttentionNote<'a> {
    /// The note, if something is failing.
    pub attention: Option<&'a Attention>,
}

/// The badge beside "Integrations" alone, for a live update.
#[derive(Debug, Template)]
#[template(
    source = r#"{% import "parts.html" as parts %}{% call parts::failing(count) %}{% endcall %}"#,
    ext = "html"
)]
pub struct FailingBadge {
    /// How many connectors are failing.
    pub count: usize,
}

/// A status alone, for a live update.
#[derive(Debug, Template)]
#[template(
    source = r#"{% import "parts.html" as parts %}{% call parts::status(status) %}{% endcall %}"#,
    ext = "html"
)]
pub struct StatusWord<'a> {
    /// The status.
    pub status: &'a Status,
}
