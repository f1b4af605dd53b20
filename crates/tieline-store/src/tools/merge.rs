//! Joins what a server lists now with what is known of its tools.

use std::collections::HashMap;
use std::fmt;

use tieline_domain::{ConnectorId, ToolPolicy, Verdict};

use super::{CatalogUpdate, GONE, NONE, OfferedDefinition, ToolRow, WITHDRAWN};
use crate::Change;

/// How many tools that nobody restricted are remembered after they left. A server can invent names without end.
const REMEMBERED: usize = 200;

/// Decides about definitions while a list is stored, and words the record of it. The rules are the caller's.
pub trait ReviewTools: fmt::Debug + Send + Sync {
    /// What becomes of a definition that is not the approved one, or of a new tool.
    fn judge(&self, approved: Option<&str>, offered: &str) -> Verdict;

    /// The audit row for what changed with one listing, if it is worth one.
    fn record(&self, news: &[ToolNews<'_>]) -> Option<Change>;
}

/// What changed about one tool.
#[derive(Clone, Copy, Debug)]
pub struct ToolNews<'a> {
    /// Its name.
    pub name: &'a str,
    /// What happened.
    pub kind: ToolNewsKind,
    /// What is approved, if anything is.
    pub approved: Option<&'a str>,
    /// What the server offers, if it still does.
    pub offered: Option<&'a str>,
}

/// What happened to a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolNewsKind {
    /// Its definition is another one, or the first one; this became of it.
    Offered(Verdict),
    /// The server went back to the approved definition, so that nothing waits any more.
    Reverted,
    /// It is no longer offered.
    Gone,
    /// It is offered again, as it was approved.
    Back,
}

/// The tools after a listing, and what is news about them.
pub(super) fn merged<'a>(
    id: ConnectorId,
    before: &'a [ToolRow],
    update: &'a CatalogUpdate,
    is_first: bool,
) -> (Vec<ToolRow>, Vec<ToolNews<'a>>) {
    // A tool that is in use comes last and so wins over one of the same name that was left out.
    let mut by_weight: Vec<&ToolRow> = before.iter().collect();
    by_weight.sort_by_key(|tool| (tool.left_out_code.is_none(), tool.approved().is_some()));
    let known: HashMap<&str, &ToolRow> = by_weight
        .into_iter()
        .map(|tool| (tool.name.as_str(), tool))
        .collect();
    let mut news = Vec::new();
    let mut after = Vec::with_capacity(update.tools.len());
    for listed in &update.tools {
        let known = known.get(listed.name.as_str()).copied();
        let mut tool = ToolRow {
            connector_id: id,
            ..listed.clone()
        };
        if let Some(known) = known {
            tool.enabled = known.enabled;
            tool.policy = known.policy;
            tool.first_seen_at = known.first_seen_at;
        }
        if listed.left_out_code.is_none() {
            news.extend(review(&mut tool, listed, known, update, is_first));
        }
        after.push(tool);
    }
    let (left, left_news) = departed(before, &update.tools);
    after.extend(left);
    news.extend(left_news);
    (after, news)
}

/// Settles which definition is in use and whether another waits.
fn review<'a>(
    tool: &mut ToolRow,
    listed: &'a ToolRow,
    known: Option<&'a ToolRow>,
    update: &CatalogUpdate,
    is_first: bool,
) -> Option<ToolNews<'a>> {
    let approved = known.and_then(ToolRow::approved);
    let waiting = known.and_then(|known| known.offered.as_ref());
    let news = |kind| ToolNews {
        name: &listed.name,
        kind,
        approved,
        offered: Some(&listed.definition),
    };
    if let Some(known) = known.filter(|_| approved == Some(listed.definition.as_str())) {
        tool.approved_by.clone_from(&known.approved_by);
        tool.approved_at = known.approved_at;
        return match (known.left_out_code.is_some(), waiting.is_some()) {
            (true, _) => Some(news(ToolNewsKind::Back)),
            (false, true) => Some(news(ToolNewsKind::Reverted)),
            (false, false) => None,
        };
    }
    let verdict = if is_first {
        Verdict::Use
    } else {
        update.review.judge(approved, &listed.definition)
    };
    if verdict == Verdict::Use {
        tool.approved_at = Some(update.at);
        return (!is_first).then(|| news(ToolNewsKind::Offered(verdict)));
    }
    let approved_stays = verdict == Verdict::HoldInUse;
    let same = waiting.filter(|waiting| waiting.definition == listed.definition);
    tool.offered = Some(OfferedDefinition {
        definition: std::mem::replace(&mut tool.definition, approved.unwrap_or(NONE).to_owned()),
        hash: std::mem::replace(&mut tool.hash, known.map_or([0; 32], |known| known.hash)),
        at: same.map_or(update.at, |same| same.at),
        approved_stays,
    });
    if let Some(known) = known {
        tool.approved_by.clone_from(&known.approved_by);
        tool.approved_at = known.approved_at;
    }
    let is_known = same.is_some_and(|same| same.approved_stays == approved_stays);
    (!is_known).then(|| news(ToolNewsKind::Offered(verdict)))
}

/// The tools that the server no longer lists in a usable form. They are remembered, so that a server cannot undo an
/// admin's choice, nor get around a review, by leaving a tool out of one list.
fn departed<'a>(before: &'a [ToolRow], listed: &'a [ToolRow]) -> (Vec<ToolRow>, Vec<ToolNews<'a>>) {
    let is_usable = |name: &str| {
        listed
            .iter()
            .any(|now| now.name == name && now.left_out_code.is_none())
    };
    let is_listed = |name: &str| listed.iter().any(|now| now.name == name);
    let next = listed.iter().map(|tool| tool.position + 1).max();
    let mut positions = next.unwrap_or(0)..;
    let (mut rows, mut news, mut gone) = (Vec::new(), Vec::new(), 0);
    for tool in before.iter().filter(|tool| !is_usable(&tool.name)) {
        let was_offered = tool.left_out_code.is_none();
        let is_kept = was_offered
            || tool.approved().is_some()
            || tool.left_out_code.as_deref() == Some(WITHDRAWN);
        if !is_kept {
            continue;
        }
        if was_offered {
            news.push(ToolNews {
                name: &tool.name,
                kind: ToolNewsKind::Gone,
                approved: tool.approved(),
                offered: None,
            });
        }
        // One that is listed but was left out has its choices in that row already.
        let is_restricted = !tool.enabled || tool.policy != ToolPolicy::Allow;
        let is_shown = is_restricted && !is_listed(&tool.name);
        if !is_shown {
            gone += 1;
            if tool.approved().is_none() || gone > REMEMBERED {
                continue;
            }
        }
        rows.push(ToolRow {
            position: positions.next().unwrap_or(i64::MAX),
            offered: None,
            left_out_code: Some(if is_shown { WITHDRAWN } else { GONE }.to_owned()),
            left_out_reason: Some(
                match (is_restricted, tool.enabled) {
                    (true, true) => {
                        "its server no longer offers it; agents still have to ask if it comes back"
                    }
                    (true, false) => {
                        "its server no longer offers it; it stays off if it comes back"
                    }
                    (false, _) => "its server no longer offers it",
                }
                .to_owned(),
            ),
            ..tool.clone()
        });
    }
    (rows, news)
}
