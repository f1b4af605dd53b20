//! `/integrations/bulk`: one action for several connectors. What takes tools away asks first, with who is affected.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use tieline_domain::FieldError;
use tieline_hub::{ConnectorView, RecentUse, SignedIn};

use super::bulk_view::{BulkLine, BulkPage};
use super::connector::loss;
use super::wanted::{Wanted, tools_on};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::Section;
use crate::dashboard::words::counted;
use crate::problem::Problem;
use crate::state::AppState;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Test,
    TurnOff,
    TurnOn,
    Remove,
}

/// A submitted selection.
#[derive(Debug)]
struct Selection {
    action: Action,
    /// The connectors, and the list that they were ticked in.
    wanted: Wanted,
    confirm: String,
}

impl Selection {
    fn parse(form: &str) -> Result<Self, Problem> {
        let value = |wanted: &str| {
            url::form_urlencoded::parse(form.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let action = match value("action").as_str() {
            "test" => Action::Test,
            "turn_off" => Action::TurnOff,
            "turn_on" => Action::TurnOn,
            "remove" => Action::Remove,
            _ => return Err(Problem::not_found()),
        };
        let mut picked = Wanted::parse(form).picked;
        picked.sort();
        picked.dedup();
        Ok(Self {
            action,
            wanted: Wanted::parse(&value("back")).with_picked(picked),
            confirm: value("confirm").chars().take(100).collect(),
        })
    }

    /// What has to be typed; empty when nothing has to be.
    fn phrase(&self, count: usize) -> String {
        match self.action {
            Action::Remove => format!("remove {count}"),
            _ => String::new(),
        }
    }

    fn done(&self, count: usize) -> Response {
        let word = match self.action {
            Action::Test => "checking_many",
            Action::TurnOff => "turned_off_many",
            Action::TurnOn => "turned_on_many",
            Action::Remove => "removed_many",
        };
        let address = self.wanted.address();
        let joint = if address.contains('?') { '&' } else { '?' };
        go(&format!("{address}{joint}done={word}&count={count}"))
    }
}

/// Asks, with who is affected.
pub(crate) async fn bulk_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let selection = Selection::parse(&query.unwrap_or_default())?;
    match question(&state, asked, &who, &selection).await? {
        Some(view) => Ok(page(&view)),
        None => Ok(go(&selection.wanted.address())),
    }
}

/// Does it.
pub(crate) async fn bulk(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    body: Bytes,
) -> Result<Response, Problem> {
    let form = std::str::from_utf8(&body).map_err(|_| Problem::broken_body())?;
    let selection = Selection::parse(form)?;
    let (hub, slugs) = (&state.hub, &selection.wanted.picked);
    if slugs.is_empty() {
        return Ok(go(&selection.wanted.address()));
    }
    let count = match selection.action {
        Action::Test => hub.refresh_connectors(slugs).await?,
        Action::TurnOff => hub.enable_connectors(&admin.actor(), slugs, false).await?,
        Action::TurnOn => hub.enable_connectors(&admin.actor(), slugs, true).await?,
        Action::Remove => {
            // The question is asked anew with what there is now: a connector that went meanwhile changes the number.
            let Some(mut view) = question(&state, asked, &admin.0, &selection).await? else {
                return Ok(selection.done(0));
            };
            if selection.confirm.trim() != view.phrase {
                view.typed.clone_from(&selection.confirm);
                view.problem = format!("Type exactly: {}. Nothing was removed.", view.phrase);
                let field = FieldError {
                    field: "confirm",
                    code: "confirm_mismatch",
                    detail: view.problem.clone(),
                };
                return Ok(page_about(Problem::invalid(vec![field]), &view));
            }
            hub.remove_connectors(&admin.actor(), slugs).await?
        }
    };
    Ok(selection.done(count))
}

/// The question about those that there are; `None` when there is none of them.
async fn question(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    selection: &Selection,
) -> Result<Option<BulkPage>, Problem> {
    let slugs = &selection.wanted.picked;
    let mut chosen = state.hub.list_connectors().await?.connectors;
    chosen.retain(|connector| slugs.contains(&connector.slug));
    if chosen.is_empty() {
        return Ok(None);
    }
    let known: Vec<_> = chosen.iter().map(|found| found.slug.clone()).collect();
    let uses = state.hub.recent_use(&known).await?;
    let tools = chosen.iter().map(tools_on).sum();
    let people = state.hub.people().await?;
    let what = counted(chosen.len() as u64, "connector", "connectors");
    let (title, label, value, rest) = match selection.action {
        Action::Remove => {
            let tokens = chosen.iter().filter(|found| found.token_set).count();
            let fate = match tokens {
                0 => "They have no tokens.",
                1 => "One token is deleted.",
                _ => "Their tokens are deleted.",
            };
            (
                format!("Remove {what}?"),
                "Remove",
                "remove",
                format!("{fate} Activity is kept."),
            )
        }
        _ => (
            format!("Turn off {what}?"),
            "Turn off",
            "turn_off",
            "Running sessions get “turned off by an admin”.".to_owned(),
        ),
    };
    Ok(Some(BulkPage {
        shell: asked.shell(state, who, Section::Integrations).await,
        title,
        label,
        action: value,
        lose: loss(people, tools),
        rest,
        lines: chosen
            .iter()
            .zip(uses)
            .map(|(found, used)| line(found, used))
            .collect(),
        back: selection.wanted.query(),
        cancel: selection.wanted.address_with_picked(),
        phrase: selection.phrase(chosen.len()),
        typed: String::new(),
        problem: String::new(),
    }))
}

fn line(connector: &ConnectorView, used: RecentUse) -> BulkLine {
    let mut facts = vec![if connector.enabled {
        counted(connector.tools_enabled as u64, "tool", "tools")
    } else {
        "off already".to_owned()
    }];
    facts.push(match used.week.people {
        0 => "nobody used it in 7 days".to_owned(),
        people => format!("{} in 7 days", counted(people, "person", "people")),
    });
    if used.now.sessions + used.now.clients > 0 {
        facts.push("in use now".to_owned());
    }
    BulkLine {
        name: connector.name.clone(),
        slug: connector.slug.to_string(),
        monogram: Monogram::of(&connector.name, connector.slug.as_str()).greyed(!connector.enabled),
        facts: facts.join(" · "),
    }
}
