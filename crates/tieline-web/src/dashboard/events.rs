//! `GET /events?view=…`: keeps an open page current. Each event carries rendered parts by their id, and only what
//! differs from what was sent before; the order of rows never changes under somebody's pointer.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use askama::Template;
use axum::extract::{Query, RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use tieline_domain::Slug;
use tieline_hub::{ClientSeen, ProviderView, SignedIn};
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::activity::list::ListQuery;
use super::activity::live;
use super::connect::contact::{contact, waiting};
use super::connect::view::ContactFragment;
use super::integrations::connector::day;
use super::integrations::list::{Order, attention, cards, order, row, rows};
use super::integrations::page_view::{
    AttentionNote, CardStatus, FailingBadge, RowCalls, RowStatus, RowTools, StatusWord,
};
use super::integrations::status::status_of;
use super::integrations::wanted::Wanted;
use crate::auth::{Member, cookie_value};
use crate::problem::Problem;
use crate::state::AppState;

/// Ages such as "Checked 40 s ago" are rendered anew this often.
const EVERY: Duration = Duration::from_secs(5);
/// Rows of calls come at most this often; their figures, for which a day of calls is read, at most [`EVERY`].
const CALLS_AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// After this long without a client, the page says what to look at.
const LONG: Duration = Duration::from_mins(1);

/// Which page is open.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EventsQuery {
    view: String,
    slug: String,
    /// What the open list showed, and in which order.
    order: String,
}

type Sender = mpsc::Sender<Event>;

/// The stream of an open page. It ends with the sign-in, and the browser comes back only if there is another.
pub(crate) async fn events(
    State(state): State<AppState>,
    Member(who): Member,
    headers: HeaderMap,
    RawQuery(asked): RawQuery,
    Query(query): Query<EventsQuery>,
    Query(list): Query<ListQuery>,
) -> Result<Response, Problem> {
    let cookie = cookie_value(&headers, &state.settings)
        .unwrap_or_default()
        .to_owned();
    let guard = Guard {
        state,
        cookie,
        admin: query.view != "connect",
    };
    if guard.admin && !who.is_admin() {
        return Err(Problem::admins_only());
    }
    let (sender, receiver) = mpsc::channel(16);
    let task = match query.view.as_str() {
        "integrations" => {
            let list = Arc::new(OpenList {
                wanted: Wanted::parse(&asked.unwrap_or_default()),
                order: Order::parse(&query.order),
                shown: OnceLock::new(),
            });
            tokio::spawn(watch(guard, sender, move |state| {
                Box::pin(integrations(state, list.clone()))
            }))
        }
        "connector" => {
            let slug = Slug::parse(&query.slug).map_err(|_| Problem::not_found())?;
            tokio::spawn(watch(guard, sender, move |state| {
                Box::pin(connector(state, slug.clone()))
            }))
        }
        "connect" => {
            // From here on, not from when the task first runs: the client may be quicker than that.
            let seen = guard.state.hub.subscribe_clients();
            tokio::spawn(clients(guard, who, seen, sender))
        }
        "activity" => tokio::spawn(calls(guard, list, sender)),
        _ => return Err(Problem::not_found()),
    };
    Ok(Sse::new(receive(AbortOnDropHandle::new(task), receiver))
        .keep_alive(KeepAlive::default())
        .into_response())
}

fn receive(
    task: AbortOnDropHandle<()>,
    receiver: mpsc::Receiver<Event>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((task, receiver), |(task, mut receiver)| async move {
        let event = receiver.recv().await?;
        Some((Ok(event), (task, receiver)))
    })
}

/// Whether the stream may go on: the sign-in still stands, with the role that it needs.
struct Guard {
    state: AppState,
    cookie: String,
    admin: bool,
}

impl Guard {
    async fn stands(&self) -> bool {
        match self.state.hub.signed_in(&self.cookie).await {
            Ok(Some(who)) => !self.admin || who.is_admin(),
            Ok(None) => false,
            // A database that does not answer for a moment is no reason to cut everybody off.
            Err(_) => true,
        }
    }
}

/// Rendered parts by id, and how the list differs from the one that is open: `same`, `order` or `list`.
struct Parts {
    html: BTreeMap<String, String>,
    list: &'static str,
}

/// The list on somebody's screen.
struct OpenList {
    wanted: Wanted,
    order: Option<Order>,
    /// The connectors on it. They are kept current where they stand, whatever the filter says of them now.
    shown: OnceLock<BTreeSet<String>>,
}

type Rendering = std::pin::Pin<Box<dyn Future<Output = Option<Parts>> + Send>>;

async fn watch(guard: Guard, sender: Sender, draw: impl Fn(AppState) -> Rendering + Send) {
    let mut versions = guard.state.hub.subscribe();
    let mut sent: BTreeMap<String, String> = BTreeMap::new();
    let mut told = "same";
    loop {
        if let Some(parts) = draw(guard.state.clone()).await {
            let fresh: BTreeMap<_, _> = parts
                .html
                .iter()
                .filter(|(id, html)| sent.get(*id) != Some(html))
                .collect();
            if !fresh.is_empty()
                && sender
                    .send(event("patch", &json!(fresh).to_string()))
                    .await
                    .is_err()
            {
                return;
            }
            if told != parts.list && sender.send(event("list", parts.list)).await.is_err() {
                return;
            }
            told = parts.list;
            sent = parts.html;
        }
        tokio::select! {
            () = sender.closed() => return,
            changed = versions.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(EVERY) => {}
        }
        if !guard.stands().await {
            return;
        }
    }
}

async fn integrations(state: AppState, list: Arc<OpenList>) -> Option<Parts> {
    let connectors = state.hub.list_connectors().await.ok()?.connectors;
    let providers = ProviderView::all(&connectors);
    let people = state.hub.people().await.ok()?;
    let now = state.hub.clock().now();
    let mut html = BTreeMap::new();
    let (_, page) = rows(&connectors, &list.wanted, now);
    let cards_now = cards(&providers, &list.wanted, now);
    let order = order(&page, &cards_now);
    let shown = list
        .shown
        .get_or_init(|| page.into_iter().map(|row| row.slug).collect());
    for connector in &connectors {
        if !shown.contains(connector.slug.as_str()) {
            continue;
        }
        let hit = list.wanted.found(connector).unwrap_or_default();
        let row = row(connector, hit, &list.wanted, now);
        html.insert(
            format!("live-st-{}", row.slug),
            rendered(&RowStatus { row: &row }),
        );
        html.insert(
            format!("live-tl-{}", row.slug),
            rendered(&RowTools { row: &row }),
        );
        html.insert(
            format!("live-ac-{}", row.slug),
            rendered(&RowCalls { row: &row }),
        );
    }
    for card in cards_now {
        if let Some(connected) = &card.connected {
            html.insert(
                format!("live-card-{}", card.slug),
                rendered(&CardStatus { connected }),
            );
        }
    }
    let failing = connectors
        .iter()
        .filter(|connector| connector.status.is_failing())
        .count();
    html.insert(
        "live-failing".to_owned(),
        rendered(&FailingBadge { count: failing }),
    );
    html.insert(
        "live-attention".to_owned(),
        rendered(&AttentionNote {
            attention: attention(&connectors, people, now).as_ref(),
        }),
    );
    let opened = list.order.unwrap_or(order);
    Some(Parts {
        html,
        list: opened.compared_with(order),
    })
}

async fn connector(state: AppState, slug: Slug) -> Option<Parts> {
    let connector = state.hub.connector(&slug).await.ok()?;
    let status = status_of(&connector, state.hub.clock().now());
    let mut html = BTreeMap::from([(
        format!("live-st-{slug}"),
        rendered(&StatusWord { status: &status }),
    )]);
    if let Ok(usage) = state.hub.connector_usage(&slug).await {
        let day = day(&connector, &usage, state.hub.clock().now());
        html.insert(format!("live-day-{slug}"), rendered(&day));
    }
    Some(Parts { html, list: "same" })
}

/// The calls of an open Activity page, a moment after they were written.
async fn calls(guard: Guard, list: ListQuery, sender: Sender) {
    let mut versions = guard.state.hub.subscribe();
    let mut written = guard.state.hub.subscribe_calls();
    let mut sent: BTreeMap<String, String> = BTreeMap::new();
    let mut figures_due = Instant::now();
    loop {
        let began = Instant::now();
        let mut parts = live::rows(&guard.state, &list).await;
        if figures_due <= Instant::now() {
            parts.extend(live::figures(&guard.state, &list).await);
            figures_due = Instant::now() + EVERY;
        }
        let fresh: BTreeMap<_, _> = parts
            .iter()
            .filter(|(id, html)| sent.get(*id) != Some(html))
            .collect();
        if !fresh.is_empty() {
            let patch = event("patch", &json!(fresh).to_string());
            if sender.send(patch).await.is_err() {
                return;
            }
            sent.extend(parts);
        }
        // Under load there is one update a second, not one for each batch of records, and whatever takes long to read
        // is read less often.
        let pause = tokio::time::sleep(CALLS_AT_MOST_EVERY.max(began.elapsed() * 10));
        let next = async {
            pause.await;
            tokio::select! {
                changed = written.changed() => changed.is_ok(),
                () = tokio::time::sleep(EVERY) => true,
            }
        };
        tokio::select! {
            () = sender.closed() => return,
            changed = versions.changed() => if changed.is_err() { return },
            goes_on = next => if !goes_on { return },
        }
        if !guard.stands().await {
            return;
        }
    }
}

/// Step 3 of Connect your client: the first contact of the person's own client.
async fn clients(
    guard: Guard,
    who: SignedIn,
    mut seen: broadcast::Receiver<ClientSeen>,
    sender: Sender,
) {
    let mut versions = guard.state.hub.subscribe();
    let mut waited = Duration::ZERO;
    let mut met = false;
    let mut look = tokio::time::Instant::now() + EVERY;
    loop {
        let part = tokio::select! {
            () = sender.closed() => return,
            announced = seen.recv() => match announced {
                Ok(event) if event.user == who.user => {
                    met = true;
                    Some(contact(&event, guard.state.hub.clock().now()))
                }
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => None,
                Err(broadcast::error::RecvError::Closed) => return,
            },
            changed = versions.changed() => {
                // One of the changes may be that the person was signed out or suspended.
                if changed.is_err() || !guard.stands().await {
                    return;
                }
                None
            }
            () = tokio::time::sleep_until(look) => {
                if !guard.stands().await {
                    return;
                }
                look += EVERY;
                waited += EVERY;
                (!met && waited == LONG).then(|| waiting(true))
            }
        };
        if let Some(contact) = part {
            let html = rendered(&ContactFragment { contact });
            if sender
                .send(event("patch", &json!({ "live-contact": html }).to_string()))
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

fn rendered(view: &impl Template) -> String {
    view.render().unwrap_or_default().trim().to_owned()
}

fn event(kind: &str, data: &str) -> Event {
    Event::default().event(kind).data(data)
}
