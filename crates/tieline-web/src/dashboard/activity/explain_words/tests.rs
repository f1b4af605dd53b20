//! Every way a call can end badly is told in its own words.

use std::collections::BTreeSet;

use tieline_domain::{CallId, ConnectorId, Timestamp, UserId};
use tieline_hub::CallRow;

use super::{About, tell};
use crate::dashboard::activity::rows::result;

/// Where the codes come from: a code that is added there must be told here.
const SOURCES: [(&str, &str, &str); 3] = [
    (
        include_str!("../../../../../tieline-mcp/src/client/error.rs"),
        "pub const fn code",
        "upstream_failure",
    ),
    (
        include_str!("../../../../../tieline-hub/src/dispatch/outcome.rs"),
        "pub fn code",
        "upstream_failure",
    ),
    (
        include_str!("../../../../../tieline-hub/src/dispatch/admit.rs"),
        "pub fn code",
        "refused",
    ),
];

#[rustfmt::skip]
const FAILURES: [(&str, &str, &str, &str, &str); 49] = [
    // Outcome, code, the word of its row, the title of its page, what mends it.
    ("tool_error", "", "Tool said no", "search said no", "Call it once yourself"),
    ("refused", "connector_removed", "Refused, connector was removed", "The connector was removed", "New sessions do not have its tools."),
    ("refused", "connector_disabled", "Refused, connector is off", "The connector is off", "Turn acme_mcp on"),
    ("refused", "tool_held", "Refused, tool waits for a review", "The tool waits for a review", "Read what changed"),
    ("refused", "tool_unavailable", "Refused, tool is off", "The tool is off", "Turn it on again"),
    ("refused", "connector_paused", "Refused, connector is failing", "The server was left alone for a moment", "Look at the failure before this one"),
    ("refused", "rate_limited", "Refused, server wants a pause", "The server had asked us to slow down", "Wait until it takes calls again."),
    ("refused", "key_revoked", "Refused, key was revoked", "The access key no longer works", "That is what revoking is for."),
    ("refused", "registry_stale", "Refused, database did not answer", "Tieline’s database did not answer", "Look at the database"),
    ("upstream_failure", "secret_unreadable", "Token unreadable", "The stored token cannot be read", "Enter the token again."),
    ("upstream_failure", "dns_failed", "Unreachable", "The name is not known", "Correct the address"),
    ("upstream_failure", "address_refused", "Address refused", "The address is not allowed", "If the server is meant to be inside your network"),
    ("upstream_failure", "proxy_unreachable", "Proxy unreachable", "The proxy could not be reached", "Start the proxy"),
    ("upstream_failure", "proxy_timeout", "Proxy timed out", "The proxy did not connect in time", "Check whether the proxy itself reaches"),
    ("upstream_failure", "proxy_refused", "Proxy refused", "The proxy refused the connection", "Test the connection to see the proxy’s answer"),
    ("upstream_failure", "proxy_bad_answer", "Not a proxy", "The proxy does not answer like one", "Correct the address of the proxy."),
    ("upstream_failure", "proxy_login_unreadable", "Proxy login unreadable", "The proxy’s login cannot be read", "Enter"),
    ("upstream_failure", "connect_refused", "Unreachable", "The connection was refused", "Start the server"),
    ("upstream_failure", "connect_timeout", "Unreachable", "No connection", "Let this machine through"),
    ("upstream_failure", "tls_expired", "Certificate expired", "The certificate expired", "Whoever runs the server has to renew"),
    ("upstream_failure", "tls_wrong_host", "Certificate refused", "The certificate is for another name", "Use the name"),
    ("upstream_failure", "tls_unknown_authority", "Certificate refused", "The certificate’s authority is unknown", "Give Tieline the certificate"),
    ("upstream_failure", "tls_failed", "Certificate refused", "No secure connection", "Check whether the port speaks TLS"),
    ("upstream_failure", "auth_failed", "Token needed", "A token is needed", "Add the token."),
    ("upstream_failure", "needs_oauth", "Needs sign-in", "Sign-in required", "Look in the provider’s settings"),
    ("upstream_failure", "forbidden", "Not allowed", "Not allowed", "Check its scopes"),
    ("upstream_failure", "not_found", "Not found", "Nothing at this path", "Take the MCP address"),
    ("upstream_failure", "method_not_allowed", "Not an MCP server", "Another transport", "Ask the provider for the Streamable HTTP address."),
    ("upstream_failure", "redirect_refused", "Moved", "The server moved", "Test the connection to see the new address"),
    ("upstream_failure", "rate_limited", "Slowed down", "Too many requests", "Nothing to mend here."),
    ("upstream_failure", "upstream_error", "Server failed", "The server failed", "Tell whoever runs the server; the time"),
    ("upstream_failure", "interrupted", "No answer", "The connection broke", "Look at the server whether it took effect before"),
    ("upstream_failure", "timeout", "Timed out after 5 s", "No answer within 5 s", "Ask for less at a time. If"),
    ("upstream_failure", "cancelled", "Stopped by the caller", "Stopped by the caller", "Nothing to mend, unless"),
    ("upstream_failure", "bad_content_type", "Not an MCP server", "Not an MCP server", "Look for the MCP URL"),
    ("upstream_failure", "bad_json", "Not an MCP server", "Not MCP", "Test the connection: it shows the first bytes"),
    ("upstream_failure", "bad_http", "Not an MCP server", "Broken HTTP", "Ask whoever runs the server, or the proxy"),
    ("upstream_failure", "bad_encoding", "Not an MCP server", "A compressed answer", "Have the server"),
    ("upstream_failure", "id_mismatch", "Not an MCP server", "The answer to another request", "This is a fault of the server"),
    ("upstream_failure", "protocol_error", "Not an MCP server", "Against the rules of MCP", "Test the connection: it names the rule."),
    ("upstream_failure", "no_common_revision", "No common revision", "No common revision", "Update the server."),
    ("upstream_failure", "session_lost", "Session forgotten", "The server forgot the session", "It was probably restarting."),
    ("upstream_failure", "input_required", "Asked a person", "The server asked a person", "Call it from a client that can show a form"),
    ("upstream_failure", "invalid_params", "Arguments refused", "The arguments do not fit", "Compare with the tool’s schema."),
    ("upstream_failure", "rpc_error", "Call refused", "The server refused the call", "Call it once yourself"),
    ("upstream_failure", "too_large", "Answer too large", "The answer was too large", "Ask for less at a time: a narrower"),
    ("upstream_failure", "overloaded", "No memory for the answer", "No memory for the answer", "Look at the server whether it took effect, and"),
    ("upstream_failure", "not_taken", "Answer not read", "The caller did not read the answer", "Look at the calling program"),
    ("upstream_failure", "secret_echoed", "Answer held the token", "The answer held the token", "A server that repeats its token"),
];

fn call(outcome: &str, code: &str) -> CallRow {
    let id = "0190b6a4-7c3e-7a52-8d11-000000000001";
    CallRow {
        id: CallId::parse(id).expect("an id"),
        at: Timestamp::from_millis(0),
        user_id: UserId::parse(id).expect("an id"),
        key_id: None,
        session: None,
        connector_id: ConnectorId::parse(id).expect("an id"),
        connector_slug: "acme_mcp".to_owned(),
        tool: "search".to_owned(),
        outcome: outcome.to_owned(),
        code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        ms: 5_012,
        bytes_in: 1,
        bytes_out: 1,
        client: None,
        request_id: None,
        http_status: None,
        own_address: None,
    }
}

#[test]
fn every_failure_has_a_word_a_title_and_a_fix_of_its_own() {
    let mut texts = BTreeSet::new();
    for (outcome, code, word, title, fix) in FAILURES {
        let call = call(outcome, code);
        assert_eq!(result(&call, false).word, word, "{outcome} {code}");
        let told = tell(&About {
            call: &call,
            connector: None,
            person: "Mel",
        });
        assert_eq!(told.title, title, "{outcome} {code}");
        assert!(told.fix.starts_with(fix), "{outcome} {code}: {}", told.fix);
        assert!(texts.insert(told.text), "{code} shares its text");
    }
}

#[test]
fn no_code_is_left_to_the_text_for_unknown_ones() {
    let known: BTreeSet<_> = FAILURES.map(|(outcome, code, ..)| (outcome, code)).into();
    let mut found = 0;
    for (source, begins, outcome) in SOURCES {
        let (_, body) = source.split_once(begins).expect("the function is there");
        let (body, _) = body.split_once("\n    }\n").expect("it ends");
        for code in body.split('"').skip(1).step_by(2) {
            found += 1;
            assert!(known.contains(&(outcome, code)), "{outcome} {code}");
        }
    }
    assert!(found > 35, "{found} codes");
}

#[test]
fn what_the_network_settings_mend_leads_there() {
    for code in ["address_refused", "tls_unknown_authority"] {
        let told = tell(&About {
            call: &call("upstream_failure", code),
            connector: None,
            person: "Mel",
        });
        let action = told.action.expect("a way there");
        assert_eq!(action.1, "/settings/network", "{code}");
    }
}

#[test]
fn what_is_known_exactly_is_told() {
    let about = |code: &str, http_status, own_address: Option<&str>| {
        let call = CallRow {
            http_status,
            own_address: own_address.map(str::to_owned),
            ..call("upstream_failure", code)
        };
        let word = result(&call, true).word;
        let told = tell(&About {
            call: &call,
            connector: None,
            person: "Mel",
        });
        (word, told.text)
    };
    let (word, text) = about("upstream_error", Some(502), None);
    assert_eq!(word, "Server failed (502)");
    assert!(text.starts_with("The server failed (HTTP 502)."), "{text}");
    let (word, text) = about("upstream_error", Some(418), None);
    assert_eq!(word, "Server failed (418)");
    assert_eq!(text, "The server refused the request (HTTP 418).");
    let (_, text) = about("proxy_refused", Some(407), None);
    assert!(text.contains("The server:443 (HTTP 407)."), "{text}");
    let (word, text) = about("connect_timeout", None, Some("192.0.2.7"));
    assert_eq!(word, "Unreachable");
    assert!(
        text.ends_with("traffic from this machine (192.0.2.7)."),
        "{text}"
    );
    let (_, text) = about("connect_timeout", None, None);
    assert!(text.ends_with("traffic from this machine."), "{text}");
    // An answer that came well over HTTP has nothing to say there.
    let (word, _) = about("bad_json", Some(200), None);
    assert_eq!(word, "Not an MCP server");
}
