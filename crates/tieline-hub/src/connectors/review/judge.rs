//! Decides about each changed definition while a list is stored, and words the audit row.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use tieline_domain::{Actor, Around, Comparison, Risk, Slug, Verdict, compare_definitions};
use tieline_store::{Change, ReviewTools, ToolNews, ToolNewsKind};

use super::around;
use crate::Hub;
use crate::snapshot::{LiveConnector, Snapshot};

/// More than this in one listing are counted and not named, so that no server fills the audit log.
const NAMED: usize = 40;

/// What decides about the changed tools of one connector.
pub(crate) struct Judge {
    hub: Hub,
    slug: Slug,
    name: String,
    snapshot: Arc<Snapshot>,
    siblings: HashSet<String>,
    around: OnceLock<Around>,
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge")
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}

impl Judge {
    pub(crate) fn new(hub: &Hub, live: &LiveConnector, siblings: HashSet<String>) -> Self {
        Self {
            hub: hub.clone(),
            slug: live.slug.clone(),
            name: live.name.clone(),
            snapshot: hub.snapshot(),
            siblings,
            around: OnceLock::new(),
        }
    }

    /// Most listings bring nothing new, so the names of all other tools are gathered only when they are needed.
    fn compare(&self, approved: Option<&str>, offered: &str) -> Comparison {
        let around = self
            .around
            .get_or_init(|| around(&self.snapshot, &self.slug, self.siblings.clone()));
        compare_definitions(approved, offered, around)
    }

    /// One tool in the record; nothing when the definition says the same in other bytes.
    fn entry(&self, news: &ToolNews<'_>) -> Option<Value> {
        let outcome = match news.kind {
            ToolNewsKind::Offered(Verdict::Use) => "used",
            ToolNewsKind::Offered(Verdict::HoldInUse) => "held",
            ToolNewsKind::Offered(Verdict::HoldOff) => "off_until_reviewed",
            ToolNewsKind::Reverted => "reverted",
            ToolNewsKind::Gone => "gone",
            ToolNewsKind::Back => "back",
        };
        let tool: String = news.name.chars().take(120).collect();
        let (ToolNewsKind::Offered(verdict), Some(offered)) = (news.kind, news.offered) else {
            return Some(json!({ "tool": tool, "outcome": outcome }));
        };
        let found = self.compare(news.approved, offered);
        let says_the_same = found.differences.is_empty() && found.risks.is_empty();
        if verdict == Verdict::Use && says_the_same {
            return None;
        }
        let mut entry = json!({ "tool": tool, "outcome": outcome });
        describe(&mut entry, &found);
        Some(entry)
    }
}

/// Adds what is different, and why that matters, to the record of one tool.
pub(super) fn describe(entry: &mut Value, found: &Comparison) {
    entry["changes"] = json!(found.differences);
    if !found.risks.is_empty() {
        entry["risks"] = found.risks.iter().map(Risk::code).collect();
    }
    if !found.hints.is_empty() {
        entry["hints"] = json!(found.hints);
    }
}

impl ReviewTools for Judge {
    fn judge(&self, approved: Option<&str>, offered: &str) -> Verdict {
        let found = self.compare(approved, offered);
        self.hub.settings_in_force().tool_changes.judge(&found)
    }

    fn record(&self, news: &[ToolNews<'_>]) -> Option<Change> {
        let mut entries: Vec<Value> = news.iter().filter_map(|news| self.entry(news)).collect();
        if entries.is_empty() {
            return None;
        }
        let more = entries.len().saturating_sub(NAMED);
        entries.truncate(NAMED);
        let mut detail = json!({ "connector": self.name, "tools": entries });
        if more > 0 {
            detail["more"] = json!(more);
        }
        Some(self.hub.change(
            &Actor::System,
            "connector.tools_changed",
            "connector",
            self.slug.as_str(),
            &detail,
        ))
    }
}
