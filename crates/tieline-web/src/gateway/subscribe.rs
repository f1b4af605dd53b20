//! `resources/subscribe` and `resources/unsubscribe` of a legacy session: its server is asked once for everybody, and
//! what it says goes to the session's standalone stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_domain::ConnectorId;
use tieline_hub::{Following, Hub, HubNews};
use tieline_mcp::Era;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{Params, ParamsError, Request, empty_result, notification, response_ok};
use tokio::sync::broadcast::error::RecvError;

use super::endpoint::Exchange;
use super::errors::Fault;
use super::sessions::McpSession;

/// How many resources one session, or one stream of a modern client, may follow.
pub(super) const MOST_RESOURCES: usize = 256;
/// How long a server may take to agree before its silence is taken for that: it is asked again later.
pub(super) const AGREES_WITHIN: Duration = Duration::from_secs(5);

/// What a session follows.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// By the address that the client knows.
    by_uri: HashMap<String, Subscribed>,
    /// Whether somebody passes the news on.
    is_told: bool,
}

#[derive(Debug)]
struct Subscribed {
    connector: ConnectorId,
    upstream: Arc<str>,
    _following: Arc<Following>,
}

/// Begins to follow a resource. Doing so twice is no error, and changes nothing.
pub(super) async fn subscribe(
    exchange: &Exchange,
    session: &Arc<McpSession>,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Result<Bytes, Fault> {
    let uri = uri_of(params)?;
    let hub = exchange.gateway.hub();
    let (origin, upstream) = session
        .view
        .resource(&uri)
        .ok_or_else(|| Fault::resource_not_found(Era::Legacy, &uri))?;
    let connector = origin.connector;
    if !hub.promises(connector).resource_updates {
        return Err(Fault::no_resource_updates());
    }
    if session.subscriptions().is_full_for(&uri) {
        return Err(Fault::too_many_subscriptions(MOST_RESOURCES));
    }
    let following = Arc::new(hub.follow_resource(connector, &upstream));
    let subscribed = Subscribed {
        connector,
        upstream: Arc::from(&*upstream),
        _following: following.clone(),
    };
    if session.subscriptions().add(uri.clone(), subscribed) {
        tokio::spawn(pass_on(hub.clone(), session.clone()));
    }
    if following.agreed_within(AGREES_WITHIN).await == Some(false) {
        session.subscriptions().remove(&uri);
        return Err(Fault::subscription_refused());
    }
    Ok(done(request.id))
}

/// Stops to follow a resource.
pub(super) fn unsubscribe(
    session: &McpSession,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Result<Bytes, Fault> {
    session.subscriptions().remove(&uri_of(params)?);
    Ok(done(request.id))
}

fn uri_of(params: &Params<'_>) -> Result<String, Fault> {
    let uri = params.uri.and_then(raw::as_str);
    let uri = uri.ok_or_else(|| Fault::params(&ParamsError::NotAString { field: "uri" }))?;
    Ok(uri.into_owned())
}

fn done(id: &RawValue) -> Bytes {
    response_ok(id, &empty_result(Era::Legacy))
}

/// Passes news on until the session ends.
async fn pass_on(hub: Hub, session: Arc<McpSession>) {
    let mut news = hub.news();
    loop {
        let uris = tokio::select! {
            () = session.ended() => return,
            heard = news.recv() => match heard {
                Ok(HubNews::ResourceUpdated { connector, uri }) => {
                    session.subscriptions().uris_of(connector, &uri)
                }
                // The session's own lists do not change.
                Ok(HubNews::ListChanged { .. }) => continue,
                Err(RecvError::Lagged(_)) => session.subscriptions().uris(),
                Err(RecvError::Closed) => return,
            },
        };
        for uri in uris {
            let params = RawObject::new().with("uri", raw::raw_str(&uri)).to_box();
            let message = notification("notifications/resources/updated", Some(&params));
            session.replays().announce(message);
        }
    }
}

impl Subscriptions {
    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full_for(&self, uri: &str) -> bool {
        let held = self.lock();
        held.by_uri.len() >= MOST_RESOURCES && !held.by_uri.contains_key(uri)
    }

    /// Adds one; `true` when nobody passes the news of this session on yet.
    fn add(&self, uri: String, subscribed: Subscribed) -> bool {
        let mut held = self.lock();
        held.by_uri.insert(uri, subscribed);
        !std::mem::replace(&mut held.is_told, true)
    }

    fn remove(&self, uri: &str) {
        self.lock().by_uri.remove(uri);
    }

    /// Ends all of them, with the session.
    pub(super) fn clear(&self) {
        self.lock().by_uri.clear();
    }

    fn uris(&self) -> Vec<String> {
        self.lock().by_uri.keys().cloned().collect()
    }

    fn uris_of(&self, connector: ConnectorId, upstream: &str) -> Vec<String> {
        let held = self.lock();
        let ours = held.by_uri.iter().filter(|(_, subscribed)| {
            subscribed.connector == connector && &*subscribed.upstream == upstream
        });
        ours.map(|(uri, _)| uri.clone()).collect()
    }
}
