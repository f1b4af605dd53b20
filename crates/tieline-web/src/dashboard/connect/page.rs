//! `GET /connect`: key, snippets, live check, keys, tools.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::Timestamp;
use tieline_hub::{ConnectorView, KeyView};

use super::contact::first_contact;
use super::snippets::clients;
use super::view::{ConnectPage, Expiry, FreshKey, KeyRow, UsableConnector};
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::integrations::rail::writes;
use crate::dashboard::integrations::rail_view::FoundTool;
use crate::dashboard::integrations::status::word_for_members;
use crate::dashboard::moment::{day, when};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::page::page;
use crate::dashboard::parts::Field;
use crate::dashboard::shell::Section;
use crate::dashboard::words::{any_of, counted, shown};
use crate::problem::Problem;
use crate::state::AppState;

/// Which client's snippet to show.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ClientQuery {
    #[serde(default)]
    client: String,
}

/// The page.
pub(crate) async fn connect_page(
    State(state): State<AppState>,
    asked: Asked,
    member: Member,
    Query(query): Query<ClientQuery>,
) -> Result<Response, Problem> {
    Ok(page(
        &view(&state, asked, &member, &query.client, None).await?,
    ))
}

/// The page, with the key in plain text on the one answer that shows it.
pub(super) async fn view(
    state: &AppState,
    asked: Asked,
    member: &Member,
    client: &str,
    fresh: Option<FreshKey>,
) -> Result<ConnectPage, Problem> {
    let now = state.hub.clock().now();
    let keys = state.hub.list_keys(Some(member.0.user)).await?;
    let connectors = usable(state).await?;
    let tools = state.hub.catalog().tool_count();
    let mut shell = asked.shell(state, &member.0, Section::Connect).await;
    "/events?view=connect".clone_into(&mut shell.live);
    let url = format!("{}/mcp", state.settings.base_url());
    let count = counted(tools as u64, "tool", "tools");
    let no_tools = if connectors.is_empty() {
        let admins = state.hub.admin_names().await.unwrap_or_default();
        if member.0.is_admin() {
            "Connect the first server under Integrations.".to_owned()
        } else {
            format!("Nothing is connected yet. Ask {}.", any_of(&admins))
        }
    } else {
        String::new()
    };
    Ok(ConnectPage {
        intro: format!(
            "Use the same {count} in your own editor or terminal. Calls are logged under your name."
        ),
        clients: clients(&url, fresh.as_ref().map(|key| key.text.as_str()), client),
        fresh,
        key_name: Field::required(""),
        expiries: [30, 90, 365]
            .map(|days| Expiry {
                days,
                label: format!("{days} days"),
                chosen: days == 90,
            })
            .into(),
        contact: first_contact(&keys, tools, now),
        keys: keys.into_iter().map(|key| row(key, now)).collect(),
        tool_count: if tools == 0 { String::new() } else { count },
        no_tools,
        connectors,
        shell,
    })
}

fn row(key: KeyView, now: Timestamp) -> KeyRow {
    KeyRow {
        id: key.id.to_string(),
        name: key.name,
        hint: key.hint,
        last_used: key.last_used_at.map(|at| when(at, now)),
        client: key
            .last_client
            .map(|client| shown(&client, 60))
            .unwrap_or_default(),
        expires: key.expires_at.map(day),
    }
}

/// What every person's agents have: connector, status word, tools. No address, token, header or log.
async fn usable(state: &AppState) -> Result<Vec<UsableConnector>, Problem> {
    let views = state.hub.list_connectors().await?.connectors;
    let catalog = state.hub.catalog();
    let with_tools = views.iter().filter(|view| view.enabled).filter_map(|view| {
        let offered = catalog.connector(view.slug.as_str())?;
        let tools: Vec<FoundTool> = offered.tools.iter().map(|tool| found(tool)).collect();
        (!tools.is_empty()).then(|| of(view, tools))
    });
    Ok(with_tools.collect())
}

fn of(view: &ConnectorView, tools: Vec<FoundTool>) -> UsableConnector {
    UsableConnector {
        name: view.name.clone(),
        monogram: Monogram::of(&view.name, view.slug.as_str()),
        status: word_for_members(view),
        count: counted(tools.len() as u64, "tool", "tools"),
        tools,
    }
}

fn found(tool: &tieline_hub::CatalogTool) -> FoundTool {
    let definition = serde_json::from_str(tool.definition.get()).unwrap_or_default();
    FoundTool {
        name: shown(&tool.name, 80),
        description: shown(
            tool.description
                .as_deref()
                .or(tool.title.as_deref())
                .unwrap_or_default(),
            160,
        ),
        writes: writes(&definition),
    }
}
