//! `initialize`: a legacy client begins a session, which keeps the list of tools of this moment.

use std::borrow::Cow;

use axum::http::HeaderValue;
use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_mcp::Revision;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{ClientCan, HEADER_SESSION_ID, ParamsError, Request, response_ok_around};

use super::door::View;
use super::endpoint::{Exchange, json};
use super::errors::Fault;
use super::pieces::Pieces;

#[derive(Default, Deserialize)]
#[serde(default)]
struct InitializeParams<'a> {
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "clientInfo")]
    client_info: Option<&'a RawValue>,
    #[serde(borrow)]
    capabilities: Option<&'a RawValue>,
}

/// Opens the session and says what was agreed on.
pub(super) fn answer(exchange: &Exchange, request: &Request<'_>) -> Result<Response, Fault> {
    let params = request.params.map_or("{}", RawValue::get);
    let params: InitializeParams<'_> =
        serde_json::from_str(params).map_err(|_| Fault::params(&ParamsError::Unreadable))?;
    let requested = params
        .protocol_version
        .and_then(raw::as_str)
        .ok_or_else(|| {
            Fault::params(&ParamsError::NotAString {
                field: "protocolVersion",
            })
        })?;
    let revision = Revision::negotiate(&requested);
    let can = params
        .capabilities
        .map(|capabilities| ClientCan::read(revision, capabilities))
        .unwrap_or_default();
    let gateway = &exchange.gateway;
    let client = gateway.0.labels.of(params.client_info);

    let view = View::current(gateway.hub(), &exchange.door)?;
    let result = view.initialize_result(revision);
    let message = Pieces::of(response_ok_around(request.id, result));
    gateway.hub().note_key_use(exchange.key, &client);
    let logging = view.logging();
    let (session, surplus) = gateway.0.sessions.open(
        gateway.hub().entropy(),
        &exchange.caller,
        view,
        (revision, can),
        client,
        logging,
    );
    for old in surplus {
        gateway.end(&old);
    }
    let mut response = json(message);
    let id = HeaderValue::from_str(session.id()).map_err(|_| Fault::internal())?;
    response.headers_mut().insert(HEADER_SESSION_ID, id);
    Ok(response)
}

/// Name and version of a client as one line of at most 80 characters, from `clientInfo` of either era.
pub(super) fn client_label(info: &RawValue) -> String {
    let info = RawObject::parse(info).unwrap_or_default();
    let (name, version) = (info.get_str("name"), info.get_str("version"));
    let name = shown(name.as_deref().unwrap_or_default(), 60);
    let version = shown(version.as_deref().unwrap_or_default(), 19);
    if name.is_empty() || version.is_empty() {
        return name.into_owned();
    }
    [&*name, " ", &*version].concat()
}

/// The beginning of a text without control characters; nearly every text is that already.
fn shown(text: &str, most: usize) -> Cow<'_, str> {
    let text = text.trim();
    if text.len() <= most && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().filter(|c| !c.is_control());
    Cow::Owned(plain.take(most).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(json: &str) -> String {
        client_label(&RawValue::from_string(json.to_owned()).expect("JSON"))
    }

    #[test]
    fn clients_are_named_on_one_short_line() {
        assert_eq!(
            label(r#"{"name":"Claude Code","version":"2.1"}"#),
            "Claude Code 2.1"
        );
        assert_eq!(label(r#"{"name":"a\nb\u0000"}"#), "ab");
        assert_eq!(label(r#"{"version":"2.1"}"#), "");
        assert_eq!(label(r#"{"name":7,"version":{}}"#), "");
        assert_eq!(label("7"), "");
        let long = format!(
            r#"{{"name":"{}","version":"{}"}}"#,
            "n".repeat(500),
            "v".repeat(500)
        );
        assert_eq!(label(&long).chars().count(), 80);
    }
}
