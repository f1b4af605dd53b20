//! What a fake server says without being asked: that lists changed, that resources did, what it logs.

use std::collections::HashSet;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use serde_json::value::RawValue;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{self, META_SUBSCRIPTION_ID, Request, sse_message};
use tokio::sync::broadcast::error::RecvError;

use super::answer::sse;
use super::{FakeMcp, Shared};

/// One notification to everyone who listens for its kind.
#[derive(Debug, Clone)]
pub(super) struct Announcement {
    method: &'static str,
    params: Option<Box<RawValue>>,
    /// Only for those who follow this resource.
    uri: Option<String>,
    /// A request with this id, only for the stream of this session.
    asked_of: Option<(String, String)>,
}

/// One who listens, counted while the stream is open.
#[derive(Debug)]
pub(super) struct Listening {
    shared: Arc<Shared>,
    uris: Vec<String>,
}

impl Listening {
    fn new(shared: &Arc<Shared>, uris: Vec<String>) -> Self {
        shared.state().followed.extend(uris.iter().cloned());
        Self {
            shared: shared.clone(),
            uris,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        for uri in &self.uris {
            self.shared.forget(uri);
        }
    }
}

impl FakeMcp {
    /// Says that the tool list changed, whether it did or not.
    pub fn announce_change(&self) {
        self.announce("notifications/tools/list_changed", None, None);
    }

    /// Says that the list of prompts changed.
    pub fn announce_prompts_change(&self) {
        self.announce("notifications/prompts/list_changed", None, None);
    }

    /// Says that the list of resources changed.
    pub fn announce_resources_change(&self) {
        self.announce("notifications/resources/list_changed", None, None);
    }

    /// Tells those who follow a resource that it has other contents.
    pub fn announce_update(&self, uri: &str) {
        let params = raw::to_raw(&json!({ "uri": uri }));
        self.announce("notifications/resources/updated", Some(params), Some(uri));
    }

    /// Logs something that belongs to no call.
    pub fn log_to_all(&self, text: &str) {
        let params = raw::to_raw(&json!({ "level": "info", "data": text }));
        self.announce("notifications/message", Some(params), None);
    }

    /// Ends every open stream of news; the next ones stand again.
    pub fn break_streams(&self) {
        std::mem::take(&mut self.shared.state().streams_end).cancel();
    }

    /// The resources that clients follow, one entry for each who does, sorted.
    pub fn followed(&self) -> Vec<String> {
        let mut followed = self.shared.state().followed.clone();
        followed.sort();
        followed
    }

    fn announce(&self, method: &'static str, params: Option<Box<RawValue>>, uri: Option<&str>) {
        let uri = uri.map(str::to_owned);
        // Nobody listening is fine.
        let _ = self.shared.changes.send(Announcement {
            method,
            params,
            uri,
            asked_of: None,
        });
    }
}

impl Announcement {
    /// As it goes to a legacy listener.
    pub(super) fn message(&self) -> Bytes {
        match &self.asked_of {
            None => wire::notification(self.method, self.params.as_deref()),
            Some((_, id)) => wire::request(&raw::raw_str(id), self.method, self.params.as_deref()),
        }
    }

    fn message_for(&self, subscription: &RawValue) -> Bytes {
        let params = self.params.as_deref().map(RawObject::parse);
        let params = params.and_then(Result::ok).unwrap_or_default();
        let params = params.with("_meta", meta(subscription)).to_box();
        wire::notification(self.method, Some(&params))
    }

    pub(super) fn is_for(&self, shared: &Shared) -> bool {
        self.asked_of.is_none()
            && self
                .uri
                .as_ref()
                .is_none_or(|uri| shared.state().followed.contains(uri))
    }
}

fn meta(subscription: &RawValue) -> Box<RawValue> {
    RawObject::new()
        .with(META_SUBSCRIPTION_ID, subscription)
        .to_box()
}

impl Shared {
    /// The standalone stream of a legacy session.
    pub(super) fn legacy_stream(self: &Arc<Self>, session: String) -> Response {
        let shared = self.clone();
        let message = move |news: &Announcement| {
            let is_ours = match &news.asked_of {
                Some((whose, _)) => *whose == session,
                None => news.is_for(&shared),
            };
            is_ours.then(|| news.message())
        };
        self.news_stream(Vec::new(), Listening::new(self, Vec::new()), message)
    }

    /// The answer to `subscriptions/listen`: what was asked for is granted.
    pub(super) fn modern_stream(self: &Arc<Self>, request: &Request<'_>) -> Response {
        let id = request.id.to_owned();
        let params = request.params.and_then(|p| RawObject::parse(p).ok());
        let granted = params
            .as_ref()
            .and_then(|params| params.get("notifications"))
            .map_or_else(|| raw::to_raw(&json!({})), ToOwned::to_owned);
        let wanted: serde_json::Value =
            serde_json::from_str(granted.get()).expect("params are JSON");
        let uris: HashSet<String> =
            serde_json::from_value(wanted["resourceSubscriptions"].clone()).unwrap_or_default();
        let acknowledged = RawObject::new()
            .with("notifications", granted)
            .with("_meta", meta(&id))
            .to_box();
        let first = sse_message(&wire::notification(
            "notifications/subscriptions/acknowledged",
            Some(&acknowledged),
        ));
        let listening = Listening::new(self, uris.iter().cloned().collect());
        let message = move |news: &Announcement| {
            let flag = match news.method {
                "notifications/tools/list_changed" => "toolsListChanged",
                "notifications/prompts/list_changed" => "promptsListChanged",
                "notifications/resources/list_changed" => "resourcesListChanged",
                _ => "",
            };
            let granted = match &news.uri {
                Some(uri) => uris.contains(uri),
                None => wanted[flag] == true,
            };
            granted.then(|| news.message_for(&id))
        };
        self.news_stream(vec![first], listening, message)
    }

    /// Asks something on the session's own stream.
    pub(super) fn ask_aside(
        &self,
        session: &str,
        id: &str,
        method: &'static str,
        params: &RawValue,
    ) {
        let _ = self.changes.send(Announcement {
            method,
            params: Some(params.to_owned()),
            uri: None,
            asked_of: Some((session.to_owned(), id.to_owned())),
        });
    }

    fn news_stream(
        self: &Arc<Self>,
        first: Vec<Bytes>,
        listening: Listening,
        message: impl Fn(&Announcement) -> Option<Bytes> + Send + 'static,
    ) -> Response {
        let state = (self.changes.subscribe(), listening, message);
        let changes = stream::unfold(state, |mut state| async move {
            loop {
                match state.0.recv().await {
                    Ok(news) => {
                        if let Some(message) = (state.2)(&news) {
                            return Some((sse_message(&message), state));
                        }
                    }
                    // So many that some are lost; there are more.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        });
        let events = stream::iter(first)
            .chain(changes)
            .take_until(self.streams_end());
        sse(axum::body::Body::from_stream(
            events.map(Ok::<_, std::io::Error>),
        ))
    }

    /// When streams end: with the server, or when the test says so.
    pub(super) fn streams_end(&self) -> impl Future<Output = ()> + Send + 'static {
        let (stop, end) = (self.stop.clone(), self.state().streams_end.clone());
        async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = end.cancelled() => {}
            }
        }
    }

    /// `resources/subscribe` and its counterpart.
    pub(super) fn follow(&self, request: &Request<'_>, follow: bool) {
        let params = request.params.and_then(|p| RawObject::parse(p).ok());
        let uri = params.as_ref().and_then(|params| params.get_str("uri"));
        let Some(uri) = uri else { return };
        if follow {
            self.state().followed.push(uri.into_owned());
        } else {
            self.forget(&uri);
        }
    }

    fn forget(&self, uri: &str) {
        let mut state = self.state();
        if let Some(at) = state.followed.iter().position(|held| held == uri) {
            state.followed.swap_remove(at);
        }
    }
}
