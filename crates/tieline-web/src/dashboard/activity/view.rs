//! What the Activity page shows: calls, and the audit log.

use askama::Template;

use crate::dashboard::chart::Chart;
use crate::dashboard::icon;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, When};
use crate::dashboard::shell::Shell;

/// `/activity?tab=calls|audit`
#[derive(Debug, Clone, Template)]
#[template(path = "activity/page.html")]
pub struct ActivityPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// "Every tool call and every change an admin made. Kept for 30 days."
    pub intro: String,
    /// "6,318 in 24 h", or empty.
    pub today: String,
    /// Calls of the last 24 hours, on the tab of calls.
    pub day: Option<Day>,
    /// The files that hold more than the page shows: label and address.
    pub exports: Vec<(&'static str, String)>,
    /// The calls, on their tab.
    pub calls: Option<CallList>,
    /// The audit events, on theirs.
    pub audit: Option<AuditList>,
}

/// A page of calls with its filters.
#[derive(Debug, Clone, Default)]
pub struct CallList {
    /// Address of the page that it stands on.
    pub path: String,
    /// The tab of that page, for the filters' form; may be empty.
    pub tab: String,
    /// The filters.
    pub filters: Vec<FilterSelect>,
    /// Whether a filter leaves calls out.
    pub filtered: bool,
    /// The text that was looked for.
    pub q: String,
    /// The word for the live switch in the address, so that filtering keeps it.
    pub live_word: String,
    /// The live switch, where there is one.
    pub live: Option<Live>,
    /// Address without filters.
    pub clear: String,
    /// The calls, newest first.
    pub rows: Vec<CallRow>,
    /// Address of the older rows; empty when there are none.
    pub older: String,
    /// Address of the newest rows; empty on the first page.
    pub newest: String,
}

/// Whether new calls come by themselves.
#[derive(Debug, Clone)]
pub struct Live {
    /// Whether they do.
    pub on: bool,
    /// The address of the page with it switched.
    pub switch: String,
    /// The address of the page as it is, to load it anew.
    pub reload: String,
}

/// The list alone, for a live update.
#[derive(Debug, Template)]
#[template(path = "activity/call_list.html")]
pub struct CallListFragment<'a> {
    /// The calls.
    pub list: &'a CallList,
}

/// The figures alone, for a live update.
#[derive(Debug, Template)]
#[template(path = "activity/figures.html")]
pub struct FiguresFragment<'a> {
    /// The calls of the last 24 hours.
    pub day: &'a Day,
}

/// The calls of the last 24 hours that fit the filters.
#[derive(Debug, Clone)]
pub struct Day {
    /// Hour by hour.
    pub chart: Chart,
    /// The figures above it: value and word.
    pub figures: Vec<(String, String)>,
    /// The marks under it, oldest first; the last one is now and not among them.
    pub axis: Vec<When>,
}

/// A page of changes.
#[derive(Debug, Clone, Default)]
pub struct AuditList {
    /// The changes, newest first.
    pub rows: Vec<AuditRow>,
    /// Address of the older rows; empty when there are none.
    pub older: String,
    /// Address of the newest rows; empty on the first page.
    pub newest: String,
}

/// One select of the filter form.
#[derive(Debug, Clone)]
pub struct FilterSelect {
    /// Its name in the URL.
    pub name: &'static str,
    /// Its label for screen readers.
    pub label: &'static str,
    /// Its options.
    pub options: Vec<SelectOption>,
}

/// One option.
#[derive(Debug, Clone)]
pub struct SelectOption {
    /// Its value in the URL.
    pub value: String,
    /// Its words.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// One call.
#[derive(Debug, Clone)]
pub struct CallRow {
    /// When.
    pub when: When,
    /// Who.
    pub person: String,
    /// Their initials.
    pub initials: String,
    /// Which client.
    pub from: String,
    /// The connector's letters.
    pub monogram: Monogram,
    /// The connector.
    pub connector: String,
    /// The tool.
    pub tool: String,
    /// How it ended.
    pub result: Status,
    /// "214 ms".
    pub took: String,
    /// The page that explains it.
    pub href: String,
}

/// One change.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// When.
    pub when: When,
    /// Who.
    pub who: String,
    /// Their initials.
    pub initials: String,
    /// "rotated the token of".
    pub what: String,
    /// Of what.
    pub target: String,
    /// Before and after; never a secret.
    pub detail: String,
}
