//! `GET /activity/calls/{id}`: one call, how far it came, and what mends it.

use axum::extract::{Path, State};
use axum::response::Response;
use tieline_domain::{CallId, Timestamp};
use tieline_hub::{AuditFilter, CallFilter, CallRow, ConnectorView, UserView};

use super::content::Content;
use super::explain_view::{ExplainPage, GoodCall};
use super::explain_words::{About, steps, tell, try_address};
use super::export::call_fields;
use super::rows::{audit_row, result};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::moment::{clock, in_sentence};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::dashboard::words::{grouped, shown, took};
use crate::problem::Problem;
use crate::state::AppState;

/// The most changes that are listed.
const CHANGES: u32 = 10;
/// How a person is called whose account is gone.
const GONE: &str = "Somebody who left";

/// The page.
pub(crate) async fn explain_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = CallId::parse(&id).map_err(|_| Problem::not_found())?;
    let call = state.hub.call(id).await?;
    let connectors = state.hub.list_connectors().await?.connectors;
    let connector = connectors
        .iter()
        .find(|connector| connector.id == call.connector_id);
    let people = state.hub.list_users().await?;
    let person = name_of(&people, &call);
    let about = About {
        call: &call,
        connector,
        person: &person,
    };
    let told = tell(&about);
    let now = state.hub.clock().now();
    let good = Good::find(&state, &call).await?;
    let (between, changes) = changes(&state, &call, good.before_any.as_ref(), now).await?;
    let tool = shown(&call.tool, 80);
    let said = state.hub.call_content(&call, who.user).await?;
    let can_try = connector
        .filter(|_| call.outcome != "ok")
        .filter(|connector| is_offered(&state, connector, &call.tool));
    let view = ExplainPage {
        shell: asked.shell(&state, &who, Section::Activity).await,
        connector: shown(&about.name(), 60),
        connector_href: connector
            .map(|connector| format!("/integrations/c/{}", connector.slug))
            .unwrap_or_default(),
        monogram: Monogram::of(&about.name(), &call.connector_slug).greyed(connector.is_none()),
        result: result(
            &call,
            connector.is_some_and(|connector| connector.token_set),
        ),
        when: clock(call.at, now),
        steps: steps(&about, &told),
        exchange: exchange(&call),
        content: Content::of(&call, &said),
        json: json(&call, &people),
        credential: credential(&about, now),
        good: good.words(&call, &people, now),
        between,
        changes,
        try_again: can_try
            .map(|connector| try_address(connector.slug.as_str(), &call.tool))
            .unwrap_or_default(),
        no_try: match connector {
            None => "The connector is gone, so there is nothing to try again.".to_owned(),
            Some(_) => format!("{tool} is off now or no longer offered, so it cannot be tried."),
        },
        tool,
        title: told.title,
        text: told.text,
        fix: told.fix,
        action: told.action,
    };
    Ok(page(&view))
}

/// The same fields as in the export.
fn json(call: &CallRow, people: &[UserView]) -> String {
    let emails = people
        .iter()
        .map(|person| (person.id, person.email.clone()))
        .collect();
    let mut fields = serde_json::Map::from_iter([("id".to_owned(), call.id.to_string().into())]);
    fields.extend(call_fields(call, &emails));
    serde_json::to_string_pretty(&fields).unwrap_or_default()
}

fn name_of(people: &[UserView], call: &CallRow) -> String {
    people
        .iter()
        .find(|person| person.id == call.user_id)
        .map_or_else(|| GONE.to_owned(), |person| person.name.clone())
}

/// Whether a session that started now would have the tool.
fn is_offered(state: &AppState, connector: &ConnectorView, tool: &str) -> bool {
    let catalog = state.hub.catalog();
    let known = catalog.connector(connector.slug.as_str());
    known.is_some_and(|known| known.tool(tool).is_some())
}

/// Good calls around one that was not.
struct Good {
    before: Option<CallRow>,
    before_any: Option<CallRow>,
    latest: Option<CallRow>,
}

impl Good {
    async fn find(state: &AppState, call: &CallRow) -> Result<Self, Problem> {
        let of_connector = CallFilter {
            connector: Some(call.connector_id),
            outcome: Some("ok".to_owned()),
            ..CallFilter::default()
        };
        let of_tool = CallFilter {
            tool: Some(call.tool.clone()),
            ..of_connector.clone()
        };
        let id = call.id.to_string();
        let first = async |cursor: Option<&str>, filter: &CallFilter| {
            let page = state.hub.calls_page(cursor, 1, filter).await?;
            Ok::<_, Problem>(page.rows.into_iter().next())
        };
        Ok(Self {
            before: first(Some(&id), &of_tool).await?,
            before_any: first(Some(&id), &of_connector).await?,
            latest: first(None, &of_tool)
                .await?
                .filter(|latest| latest.id > call.id),
        })
    }

    fn words(&self, call: &CallRow, people: &[UserView], now: Timestamp) -> Vec<GoodCall> {
        let line = |label: &str, found: Option<&CallRow>, none: &str| GoodCall {
            label: label.to_owned(),
            when: found.map(|found| clock(found.at, now)),
            text: found.map_or_else(
                || none.to_owned(),
                |found| format!("by {}", name_of(people, found)),
            ),
        };
        let mut lines = vec![
            line(
                "This tool, before",
                self.before.as_ref(),
                "Never, as far as calls are kept",
            ),
            line(
                "Any tool, before",
                self.before_any.as_ref(),
                "Never, as far as calls are kept",
            ),
        ];
        if call.outcome != "ok" {
            lines.push(line("This tool, since", self.latest.as_ref(), "Not yet"));
        }
        lines
    }
}

/// What was changed about the connector between its last good call and this one.
async fn changes(
    state: &AppState,
    call: &CallRow,
    good: Option<&CallRow>,
    now: Timestamp,
) -> Result<(String, Vec<super::view::AuditRow>), Problem> {
    let filter = AuditFilter {
        connector: call.connector_slug.parse().ok(),
        since: good.map(|good| good.at),
        until: Some(call.at),
        ..AuditFilter::default()
    };
    let listed = state.hub.audit_page(None, CHANGES, &filter).await?;
    let since = match good {
        Some(good) => format!(
            "between its last good call, {}, and this one",
            in_sentence(good.at, now)
        ),
        None => "before this call; no good one is known".to_owned(),
    };
    let words = match (listed.rows.is_empty(), listed.next.is_some()) {
        (true, _) => format!("Nothing about this connector {since}."),
        (false, false) => format!("About this connector {since}."),
        (false, true) => format!("The newest {CHANGES} about this connector {since}."),
    };
    let rows = listed.rows.iter().map(|entry| audit_row(entry, now));
    Ok((words, rows.collect()))
}

fn exchange(call: &CallRow) -> Vec<Fact> {
    let bytes = |count: i64| format!("{} bytes", grouped(u64::try_from(count).unwrap_or(0)));
    let mut facts = vec![
        Fact::new("Method", "tools/call", true),
        Fact::new("Sent", bytes(call.bytes_in), false),
        Fact::new("Received", bytes(call.bytes_out), false),
        Fact::new("Took", took(u64::try_from(call.ms).unwrap_or(0)), false),
        Fact::new("Result", call.outcome.clone(), true),
    ];
    let code = call.code.as_ref();
    facts.extend(code.map(|code| Fact::new("Code", shown(code, 60), true)));
    let answered = match call.code.as_deref() {
        Some("proxy_refused") => "The proxy answered",
        _ => "Answered",
    };
    let status = call.http_status.map(|status| format!("HTTP {status}"));
    facts.extend(status.map(|status| Fact::new(answered, status, true)));
    let own = call.own_address.as_ref();
    facts.extend(own.map(|own| Fact::new("Tried from", shown(own, 60), true)));
    facts.extend(call.session.as_ref().map(|session| Fact {
        href: of_session(session),
        link: "Its calls",
        ..Fact::new("Session", shown(session, 80), true)
    }));
    let request = call.request_id.as_ref();
    facts.extend(request.map(|request| Fact::new("Request", shown(request, 40), true)));
    facts.push(Fact::new("Call", call.id.to_string(), true));
    facts
}

/// Where all calls of a session are listed; what was said in it stays with its owner.
fn of_session(session: &str) -> String {
    let pairs = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", session)
        .finish();
    format!("/activity?{pairs}")
}

fn credential(about: &About<'_>, now: Timestamp) -> Vec<Fact> {
    let call = about.call;
    let through = match (&call.client, call.key_id.is_some()) {
        (Some(client), true) => format!("{}, with an access key", shown(client, 60)),
        (None, true) => "A client with an access key".to_owned(),
        (Some(client), false) => shown(client, 60),
        (None, false) => "The built-in agent".to_owned(),
    };
    let mut facts = vec![
        Fact::new("Called by", about.person, false),
        Fact::new("Through", through, false),
    ];
    let Some(connector) = about.connector else {
        facts.push(Fact::new("Token", "Deleted with the connector", false));
        return facts;
    };
    let token = match (&connector.token_hint, connector.token_set) {
        (Some(tail), _) => format!("The connector’s own, the same for everybody, …{tail}"),
        (None, true) => "The connector’s own, the same for everybody".to_owned(),
        (None, false) => "None".to_owned(),
    };
    facts.push(Fact::new("Token", token, false));
    if let Some(at) = connector.token_set_at.filter(|at| *at > call.at) {
        let since = format!("Replaced {}, after this call", in_sentence(at, now));
        facts.push(Fact::new("Since then", since, false));
    }
    facts
}
