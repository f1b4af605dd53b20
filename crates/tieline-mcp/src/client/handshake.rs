//! The first exchange with a server: `server/discover` in the modern era, `initialize` in the legacy one.

use std::borrow::Cow;

use http::HeaderValue;
use serde_json::value::RawValue;

use super::ask::{Ask, Outcome};
use super::call::RpcError;
use super::error::{Failure, McpError, plain};
use super::http::Http;
use super::http_sse::SseLink;
use super::link::{Link, SESSION_ID, Session};
use super::message::{Answer, STRICT_DEPTH};
use super::pace::Pace;
use super::post::{post, post_message};
use super::refusal::{Refusal, is_modern_error};
use super::request::{empty_object, notification_body, request_body};
use super::target::Target;
use super::upstream::ServerInfo;
use crate::raw::{self, RawObject, raw_str};
use crate::wire::{
    ClientCan, Era, LATEST_LEGACY, META_SERVER_INFO, MODERN, Revision, UNSUPPORTED_PROTOCOL_VERSION,
};

const INITIALIZED: &str = "notifications/initialized";
const INSTRUCTIONS: usize = 16_384;

/// What a server says about itself.
#[derive(Debug)]
pub(crate) struct Greeting {
    pub(crate) server: ServerInfo,
    pub(crate) capabilities: Box<RawValue>,
}

/// What `server/discover` showed.
#[derive(Debug)]
pub(crate) enum Discovered {
    Modern(Greeting),
    /// Not a modern server, for this reason.
    NotModern(McpError),
    /// Modern or legacy, but no revision of ours.
    NoCommon(McpError),
    /// The server wants somebody else, or less of us.
    NoAccess(McpError),
}

/// Asks in the modern way.
pub(crate) async fn discover(
    http: &Http,
    target: &Target,
    pace: Pace,
) -> Result<Discovered, McpError> {
    let params = RawObject::new();
    let ask = ask("server/discover", &params, pace);
    match Link::Modern
        .ask(http, target, http.ids.next(), &ask)
        .await?
    {
        Outcome::Answer(got) => Ok(match got.whole()? {
            Answer::Result(result) => read_discovery(&result),
            Answer::Error(error) => judge_error(&error, None),
        }),
        Outcome::Refused(refusal) if refusal.is_about_access() => {
            Ok(Discovered::NoAccess(refusal.into_error()))
        }
        Outcome::Refused(refusal) => Ok(match refusal.rpc.clone() {
            Some(error) => judge_error(&error, Some(refusal)),
            None => Discovered::NotModern(refusal.into_error()),
        }),
    }
}

fn read_discovery(result: &RawValue) -> Discovered {
    let object = RawObject::parse(result).unwrap_or_default();
    let Some(versions) = object.get("supportedVersions").and_then(raw::as_array) else {
        let reason = "the discovery names no revisions";
        return Discovered::NotModern(McpError::sent(Failure::protocol(reason)));
    };
    let versions: Vec<Cow<'_, str>> = versions.into_iter().filter_map(raw::as_str).collect();
    if !versions.iter().any(|version| version == MODERN.as_str()) {
        return judge_versions(&versions);
    }
    let info = object
        .get_object("_meta")
        .ok()
        .flatten()
        .unwrap_or_default();
    let server = server_info(info.get(META_SERVER_INFO), object.get("instructions"));
    Discovered::Modern(Greeting {
        server,
        capabilities: capabilities(&object),
    })
}

/// Which era an error to `server/discover` speaks for.
fn judge_error(error: &RpcError, refusal: Option<Refusal>) -> Discovered {
    if error.code == UNSUPPORTED_PROTOCOL_VERSION {
        let data = error
            .data
            .as_deref()
            .and_then(|data| RawObject::parse(data).ok());
        let versions = data
            .as_ref()
            .and_then(|data| data.get("supported"))
            .and_then(raw::as_array);
        let versions: Vec<_> = versions
            .unwrap_or_default()
            .into_iter()
            .filter_map(raw::as_str)
            .collect();
        return judge_versions(&versions);
    }
    if is_modern_error(Some(error.code)) {
        // It is modern, although it does not like this one request.
        let (server, capabilities) = (ServerInfo::default(), empty_object());
        return Discovered::Modern(Greeting {
            server,
            capabilities,
        });
    }
    Discovered::NotModern(match refusal {
        Some(refusal) => refusal.into_error(),
        None => McpError::sent(refused_handshake(error)),
    })
}

fn judge_versions(versions: &[Cow<'_, str>]) -> Discovered {
    let offered = plain(&versions.join(", "), 120);
    let error = McpError::sent(Failure::NoCommonRevision { offered });
    let spoken = |version: &Cow<'_, str>| {
        version
            .parse::<Revision>()
            .is_ok_and(|revision| revision.era() == Era::Legacy)
    };
    if versions.is_empty() || versions.iter().any(spoken) {
        Discovered::NotModern(error)
    } else {
        Discovered::NoCommon(error)
    }
}

/// Asks in the legacy way. A refusal is for the caller to judge: it may mean the older transport.
pub(crate) async fn initialize(
    http: &Http,
    target: &Target,
    can: ClientCan,
    pace: Pace,
) -> Result<Result<(Session, Greeting), Refusal>, McpError> {
    let params = initialize_params(http, can);
    let ask = ask("initialize", &params, pace);
    let id = http.ids.next();
    let body = request_body(id, ask.method, (&params, None));
    let headers = http.introduction.post_headers();
    let (outcome, headers) = post(http, target, headers, body, id, &ask, None).await?;
    let result = match outcome {
        Outcome::Answer(got) => match got.whole()? {
            Answer::Result(result) => result,
            Answer::Error(error) => return Err(McpError::sent(refused_handshake(&error))),
        },
        Outcome::Refused(refusal) => return Ok(Err(refusal)),
    };
    let (revision, greeting) = read_initialized(&result)?;
    let id = headers.get(SESSION_ID).map(session_id).transpose()?;
    let session = Session { revision, id };
    let headers = session.headers(http.introduction.post_headers());
    // Servers answer this in many ways; whether the session works shows with the next request.
    drop(post_message(http, target, headers, notification_body(INITIALIZED, None)).await);
    Ok(Ok((session, greeting)))
}

/// Opens the older transport and does its handshake.
pub(crate) async fn initialize_sse(
    http: &std::sync::Arc<Http>,
    target: &Target,
    can: ClientCan,
    pace: Pace,
) -> Result<(SseLink, Greeting), McpError> {
    let link = SseLink::open(http, target, &pace).await?;
    let params = initialize_params(http, can);
    let ask = ask("initialize", &params, pace);
    let result = match link.ask(http, target, http.ids.next(), &ask).await? {
        Outcome::Answer(got) => match got.whole()? {
            Answer::Result(result) => result,
            Answer::Error(error) => return Err(McpError::sent(refused_handshake(&error))),
        },
        Outcome::Refused(refusal) => return Err(refusal.into_error()),
    };
    let (revision, greeting) = read_initialized(&result)?;
    link.agree(revision);
    drop(
        link.post_message(http, target, notification_body(INITIALIZED, None))
            .await,
    );
    Ok((link, greeting))
}

fn ask<'a>(method: &'a str, params: &'a RawObject<'a>, pace: Pace) -> Ask<'a> {
    Ask {
        method,
        named: None,
        params,
        param_headers: None,
        notifications: None,
        capabilities: None,
        asking: None,
        hold: None,
        pass_on: None,
        pace,
        max_depth: STRICT_DEPTH,
    }
}

fn initialize_params(http: &Http, can: ClientCan) -> RawObject<'static> {
    RawObject::new()
        .with("protocolVersion", raw_str(LATEST_LEGACY.as_str()))
        .with("capabilities", can.to_capabilities())
        .with("clientInfo", http.introduction.client_info.clone())
}

fn read_initialized(result: &RawValue) -> Result<(Revision, Greeting), McpError> {
    let object = RawObject::parse(result).unwrap_or_default();
    let Some(version) = object.get_str("protocolVersion") else {
        let reason = "the handshake names no revision";
        return Err(McpError::sent(Failure::protocol(reason)));
    };
    let revision = version
        .parse::<Revision>()
        .ok()
        .filter(|revision| revision.era() == Era::Legacy);
    let Some(revision) = revision else {
        let offered = plain(&version, 40);
        return Err(McpError::sent(Failure::NoCommonRevision { offered }));
    };
    let server = server_info(object.get("serverInfo"), object.get("instructions"));
    Ok((
        revision,
        Greeting {
            server,
            capabilities: capabilities(&object),
        },
    ))
}

fn session_id(value: &HeaderValue) -> Result<HeaderValue, McpError> {
    if value.is_empty() || !value.as_bytes().iter().all(u8::is_ascii_graphic) {
        let reason = "a session id with characters that are not allowed in it";
        return Err(McpError::sent(Failure::protocol(reason)));
    }
    let mut value = value.clone();
    value.set_sensitive(true);
    Ok(value)
}

fn capabilities(object: &RawObject<'_>) -> Box<RawValue> {
    let held = object
        .get("capabilities")
        .filter(|value| raw::is_object(value));
    held.map_or_else(empty_object, ToOwned::to_owned)
}

fn server_info(info: Option<&RawValue>, instructions: Option<&RawValue>) -> ServerInfo {
    let info = info
        .and_then(|info| RawObject::parse(info).ok())
        .unwrap_or_default();
    let text = |key| {
        info.get_str(key)
            .map(|text| plain(&text, 120))
            .unwrap_or_default()
    };
    let instructions = instructions.and_then(raw::as_str).map(|text| {
        let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        text.chars()
            .filter(kept)
            .take(INSTRUCTIONS)
            .collect::<String>()
    });
    ServerInfo {
        name: text("name"),
        version: text("version"),
        title: Some(text("title")).filter(|title| !title.is_empty()),
        instructions: instructions.filter(|text| !text.trim().is_empty()),
    }
}

fn refused_handshake(error: &RpcError) -> Failure {
    if error.code == UNSUPPORTED_PROTOCOL_VERSION {
        return Failure::NoCommonRevision {
            offered: "others".to_owned(),
        };
    }
    let said = plain(&error.message, 120);
    Failure::protocol(format!(
        "the handshake was refused with error {} ({said})",
        error.code
    ))
}
