//! `/integrations/c/{slug}/review`: the tools that changed at their server, and the decision about each.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::{DefinitionHash, Difference, Hint, Risk, Slug, Timestamp};
use tieline_hub::{ChangedTool, ReviewError, SignedIn};

use super::connector::known_slug;
use super::detail_view::Tag;
use super::diff::{pieces, sections};
use super::review_view::{Caution, ReviewPage, ReviewedTool};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::moment::when;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::Section;
use crate::dashboard::words::{any_of, counted, shown};
use crate::problem::Problem;
use crate::state::AppState;

/// Which tool, which definition of it was read, and what is done about it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReviewForm {
    tool: String,
    hash: String,
    decision: String,
}

/// The page.
pub(crate) async fn review_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    Ok(page(&view(&state, asked, &who, &slug).await?))
}

/// Approves or keeps off, and shows what is left.
pub(crate) async fn decide(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<ReviewForm>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let hash = form.hash.parse::<DefinitionHash>();
    let hash = hash.map_err(|_| Problem::not_found())?;
    let (hub, actor) = (&state.hub, admin.actor());
    let (decided, done) = match form.decision.as_str() {
        "approve" => (
            hub.approve_tool(&actor, &slug, &form.tool, &hash).await,
            "tool_approved",
        ),
        "keep_off" => (
            hub.keep_tool_off(&actor, &slug, &form.tool, &hash).await,
            "tool_off",
        ),
        _ => return Err(Problem::not_found()),
    };
    match decided {
        Ok(()) => {
            let left = hub.connector(&slug).await?.tools_changed;
            let page = if left > 0 { "/review" } else { "" };
            Ok(go(&format!(
                "/integrations/c/{slug}{page}?done={done}&what={slug}"
            )))
        }
        Err(error @ ReviewError::OfferChanged { .. }) => {
            let mut view = view(&state, asked, &admin.0, &slug).await?;
            view.problem = error.to_string();
            Ok(page_about(error, &view))
        }
        Err(error) => Err(error.into()),
    }
}

async fn view(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    slug: &Slug,
) -> Result<ReviewPage, Problem> {
    let changed = state.hub.changed_tools(slug).await?;
    let now = state.hub.clock().now();
    let count = changed.tools.len();
    Ok(ReviewPage {
        shell: asked.shell(state, who, Section::Integrations).await,
        title: if count == 0 {
            format!("{} has no changes", changed.name)
        } else {
            let tools = counted(count as u64, "tool", "tools");
            format!("{} changed {tools}", changed.name)
        },
        name: changed.name,
        slug: slug.to_string(),
        problem: String::new(),
        caution: caution(&changed.tools),
        tools: changed.tools.iter().map(|tool| row(tool, now)).collect(),
    })
}

fn is_suspicious(tool: &ChangedTool) -> bool {
    !tool.comparison.risks.is_empty() || !tool.comparison.hints.is_empty()
}

fn row(tool: &ChangedTool, now: Timestamp) -> ReviewedTool {
    let meanwhile = match (tool.approved_stays, tool.approved.is_some()) {
        (true, _) => "Agents keep the approved version.",
        (false, true) => {
            "Off until you decide: calls that fit the approved version do not fit now."
        }
        (false, false) => "Off until you decide.",
    };
    let used = match tool.calls {
        0 => String::new(),
        calls => format!(
            "{} by {} in the last 7 days",
            counted(calls, "call", "calls"),
            counted(tool.people, "person", "people")
        ),
    };
    ReviewedTool {
        name: pieces(&tool.name, 200),
        exact: tool.name.clone(),
        plain: shown(&tool.name, 80),
        hash: tool.hash.to_string(),
        tags: tags(tool),
        seen: when(tool.seen_at, now),
        sections: sections(tool),
        suspicious: is_suspicious(tool),
        meanwhile,
        used,
    }
}

fn tags(tool: &ChangedTool) -> Vec<Tag> {
    let found = &tool.comparison;
    let is_text_doubtful = !found.hints.is_empty();
    let warn = |text: String| Tag {
        class: "warn",
        text,
    };
    let differences = found.differences.iter().map(|difference| Tag {
        class: match difference {
            Difference::Description if is_text_doubtful => "warn",
            _ => "",
        },
        text: difference.title().to_owned(),
    });
    let risks = found.risks.iter().map(|risk| {
        warn(match risk {
            Risk::BecameWriting => "Writes data now".to_owned(),
            Risk::BecameDestructive => "Destroys data now".to_owned(),
            Risk::NoLongerDestructive => "No longer marked destructive".to_owned(),
            Risk::HiddenCharacters { count } => {
                counted(*count as u64, "hidden character", "hidden characters")
            }
            Risk::NamesOtherConnector { word } => format!("Names {}", shown(word, 60)),
            Risk::ReadTwoWays => "A field stands twice".to_owned(),
        })
    });
    let hint = is_text_doubtful.then(|| warn("Suspicious wording".to_owned()));
    differences.chain(risks).chain(hint).collect()
}

/// What to read first. The wording is a hint: it says what the text speaks of, not what it means.
fn caution(tools: &[ChangedTool]) -> Option<Caution> {
    let doubtful: Vec<&ChangedTool> = tools.iter().filter(|tool| is_suspicious(tool)).collect();
    match doubtful.as_slice() {
        [] => None,
        [only] => Some(Caution {
            lead: if only.comparison.hints.contains(&Hint::Orders) {
                "One change may tell the agent to do something else."
            } else {
                "One change needs a careful look."
            }
            .to_owned(),
            tool: shown(&only.name, 80),
            text: format!("{}.", reasons(only)),
        }),
        several => Some(Caution {
            lead: format!("{} changes need a careful look.", several.len()),
            tool: String::new(),
            text: "Their labels turned for the worse, or their text speaks of other things than the tool.".to_owned(),
        }),
    }
}

/// "mentions another tool and files, and writes data".
fn reasons(tool: &ChangedTool) -> String {
    let found = &tool.comparison;
    let mut mentions: Vec<String> = found
        .hints
        .iter()
        .map(|hint| match hint {
            Hint::OtherTool => "another tool",
            Hint::Files => "files",
            Hint::Secrets => "passwords or keys",
            Hint::Orders => "what an agent should do",
        })
        .map(str::to_owned)
        .collect();
    let mut facts = Vec::new();
    for risk in &found.risks {
        match risk {
            Risk::NamesOtherConnector { word } => mentions.push(shown(word, 60)),
            Risk::BecameWriting => facts.push("is no longer marked as only reading".to_owned()),
            Risk::BecameDestructive => facts.push("is marked as destructive now".to_owned()),
            Risk::NoLongerDestructive => {
                facts.push("is no longer marked as destructive".to_owned());
            }
            Risk::HiddenCharacters { .. } => {
                facts.push("holds characters that nobody sees".to_owned());
            }
            Risk::ReadTwoWays => facts.push("can be read in two ways".to_owned()),
        }
    }
    if !mentions.is_empty() {
        facts.insert(0, format!("mentions {}", all_of(&mentions)));
    }
    all_of(&facts)
}

fn all_of(words: &[String]) -> String {
    any_of(words).replace(" or ", " and ")
}
