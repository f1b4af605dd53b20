//! `subscriptions/listen`: a modern client hears that its lists changed, or a resource that it follows.
//!
//! The answer is a stream. It begins with what was granted, every message names the request, and it ends with an empty
//! result when the key or the connector is gone or the server stops.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_domain::ConnectorId;
use tieline_hub::{Following, HubNews, ListKind};
use tieline_mcp::Era;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{
    META_SUBSCRIPTION_ID, Params, ParamsError, Request, empty_result, notification, response_ok,
};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::door::{Door, View};
use super::endpoint::Exchange;
use super::errors::Fault;
use super::load::StreamPermit;
use super::stream_log::{Behind, StreamLog};
use super::subscribe::{AGREES_WITHIN, MOST_RESOURCES};
use super::tasks;

/// What a client wants to hear of, as it says it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wanted {
    tools_list_changed: bool,
    prompts_list_changed: bool,
    resources_list_changed: bool,
    resource_subscriptions: Vec<String>,
    task_ids: Vec<String>,
}

#[derive(Deserialize)]
struct ListenParams {
    notifications: Wanted,
}

/// Opens the stream.
pub(super) async fn answer(
    exchange: &Exchange,
    view: &View,
    request: &Request<'_>,
) -> Result<Response, Fault> {
    let params = request.params.map_or("{}", RawValue::get);
    let ListenParams { notifications } = serde_json::from_str(params).map_err(|_| {
        Fault::params(&ParamsError::NotAnObject {
            field: "notifications",
        })
    })?;
    // The state of a task is there to be asked for; that it changes is announced to nobody, so none is granted.
    if !notifications.task_ids.is_empty() {
        let params = Params::parse(request.params).map_err(|error| Fault::params(&error))?;
        tasks::require_declared(&params)?;
    }
    let gateway = &exchange.gateway;
    let permit = gateway.0.loads.admit_stream(exchange.key)?;
    let lists = [
        (ListKind::Tools, notifications.tools_list_changed),
        (ListKind::Prompts, notifications.prompts_list_changed),
        (ListKind::Resources, notifications.resources_list_changed),
    ];
    let lists = lists.into_iter().filter(|(_, wanted)| *wanted);
    let lists = lists.map(|(list, _)| list).collect();
    let news = gateway.hub().news();
    let followed = follow(exchange, view, notifications.resource_subscriptions).await;
    let log = StreamLog::new(None);
    let subscription = Subscription {
        id: request.id.to_owned(),
        door: view.connector_id(),
        lists,
        followed,
        log: log.clone(),
    };
    subscription.acknowledge();
    let keep_alive = gateway.settings().keep_alive;
    let response = log.response(0, Behind::IsDropped, keep_alive, false);
    let until = exchange.until_unwelcome(view);
    tokio::spawn(async move {
        tokio::select! {
            () = subscription.pass_on(news) => {}
            () = until => subscription.finish(),
            () = subscription.log.left() => {}
        }
        let _held_until_here: StreamPermit = permit;
    });
    Ok(response)
}

/// Follows the resources that are there to be followed; those that their servers refuse are not granted.
async fn follow(
    exchange: &Exchange,
    view: &View,
    mut uris: Vec<String>,
) -> HashMap<(ConnectorId, Arc<str>), Followed> {
    let mut seen = HashSet::new();
    uris.retain(|uri| seen.insert(uri.clone()));
    uris.truncate(MOST_RESOURCES);
    let hub = exchange.gateway.hub();
    let asked = uris.into_iter().filter_map(|uri| {
        let (origin, upstream) = view.resource(&uri)?;
        let (connector, upstream) = (origin.connector, Arc::<str>::from(upstream));
        if !hub.promises(connector).resource_updates {
            return None;
        }
        Some(async move {
            let following = hub.follow_resource(connector, &upstream);
            if following.agreed_within(AGREES_WITHIN).await == Some(false) {
                return None;
            }
            let followed = Followed {
                uri,
                _following: following,
            };
            Some(((connector, upstream), followed))
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// A resource under the address that the client knows.
struct Followed {
    uri: String,
    _following: Following,
}

/// One client's stream.
struct Subscription {
    id: Box<RawValue>,
    /// The only connector that matters, behind a door of its own.
    door: Option<ConnectorId>,
    lists: Vec<ListKind>,
    followed: HashMap<(ConnectorId, Arc<str>), Followed>,
    log: Arc<StreamLog>,
}

impl Subscription {
    fn acknowledge(&self) {
        let mut granted = RawObject::new();
        for list in &self.lists {
            let key = match list {
                ListKind::Tools => "toolsListChanged",
                ListKind::Prompts => "promptsListChanged",
                ListKind::Resources => "resourcesListChanged",
            };
            granted.set(key, raw::to_raw(&true));
        }
        if !self.followed.is_empty() {
            let mut uris: Vec<_> = self.followed.values().map(|held| &*held.uri).collect();
            uris.sort_unstable();
            granted.set("resourceSubscriptions", raw::to_raw(&uris));
        }
        let params = RawObject::new().with("notifications", granted.to_box());
        self.say("notifications/subscriptions/acknowledged", params);
    }

    async fn pass_on(&self, mut news: broadcast::Receiver<HubNews>) {
        loop {
            match news.recv().await {
                Ok(news) => self.tell(&news),
                // Too much happened to be told one by one: all of it may have changed.
                Err(RecvError::Lagged(_)) => self.tell_everything(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn tell(&self, news: &HubNews) {
        match news {
            HubNews::ListChanged { connector, list } => {
                if self.door.is_none_or(|only| only == *connector) {
                    self.tell_list(*list);
                }
            }
            HubNews::ResourceUpdated { connector, uri } => {
                if let Some(followed) = self.followed.get(&(*connector, uri.clone())) {
                    self.tell_resource(&followed.uri);
                }
            }
        }
    }

    fn tell_everything(&self) {
        for list in &self.lists {
            self.tell_list(*list);
        }
        for followed in self.followed.values() {
            self.tell_resource(&followed.uri);
        }
    }

    fn tell_list(&self, list: ListKind) {
        let method = match list {
            ListKind::Tools => "notifications/tools/list_changed",
            ListKind::Prompts => "notifications/prompts/list_changed",
            ListKind::Resources => "notifications/resources/list_changed",
        };
        if self.lists.contains(&list) {
            self.say(method, RawObject::new());
        }
    }

    fn tell_resource(&self, uri: &str) {
        let params = RawObject::new().with("uri", raw::raw_str(uri));
        self.say("notifications/resources/updated", params);
    }

    fn say(&self, method: &str, params: RawObject<'_>) {
        let params = params.with("_meta", self.meta()).to_box();
        self.log.push(notification(method, Some(&params)));
    }

    fn finish(&self) {
        self.log.finish(self.last_message());
    }

    fn last_message(&self) -> Bytes {
        let result = empty_result(Era::Modern);
        let result = RawObject::parse(&result).unwrap_or_default();
        response_ok(&self.id, &result.with("_meta", self.meta()).to_box())
    }

    fn meta(&self) -> Box<RawValue> {
        RawObject::new()
            .with(META_SUBSCRIPTION_ID, &*self.id)
            .to_box()
    }
}

impl Exchange {
    /// Waits until this caller may not listen here any more: the key or the door's connector is gone, or all stops.
    pub(super) fn until_unwelcome(&self, view: &View) -> impl Future<Output = ()> + Send + 'static {
        let hub = self.gateway.hub();
        let (key, stopping) = (hub.key_ended(self.key), hub.stopping());
        let connector = match &self.door {
            Door::All => None,
            Door::One(_) => view.connector_id().map(|id| hub.connector_ended(id)),
        };
        async move {
            let connector_ended = async {
                match connector {
                    Some(ended) => ended.cancelled_owned().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = key.cancelled_owned() => {}
                () = stopping.cancelled_owned() => {}
                () = connector_ended => {}
            }
        }
    }
}
