//! Answers that helped nobody: refusals of the server, answers that cannot be passed on, and what is not MCP.

use super::{About, Told, of_tool, told, tool_pair};
use crate::dashboard::words::shown;

/// The server was reached and did not take the request, or did not finish it.
pub(super) fn unwelcome(about: &About<'_>, code: &str) -> Option<Told> {
    let (name, tool) = (about.name(), about.tool());
    let token_set = about.connector.is_some_and(|connector| connector.token_set);
    Some(match code {
        "auth_failed" if token_set => told(
            "The token was rejected",
            "The server rejected the saved token (HTTP 401).",
            "Make a new token at the provider and replace the saved one. It is tested before it takes over.",
            about.rotate("Replace token"),
        ),
        "auth_failed" => told(
            "A token is needed",
            "The server wants a token (HTTP 401), and none is saved.",
            "Add the token. It is tested before it is used.",
            about.rotate("Add a token"),
        ),
        "needs_oauth" => told(
            "Sign-in required",
            "The server wants a person to log in (OAuth). Agents run without one.",
            "Look in the provider’s settings for a personal access token or API key, and add it.",
            about.rotate("Add a token"),
        ),
        "forbidden" => told(
            "Not allowed",
            format!("The token is known but may not use {tool} (HTTP 403)."),
            "Check its scopes at the provider, then replace it if need be.",
            about.rotate("Replace token"),
        ),
        "not_found" => told(
            "Nothing at this path",
            format!(
                "The server is there, but nothing answers at {} (HTTP 404).",
                about.path()
            ),
            "Take the MCP address from the provider’s documentation.",
            about.edit(),
        ),
        "method_not_allowed" => told(
            "Another transport",
            "This address does not accept MCP requests (HTTP 405).",
            "Ask the provider for the Streamable HTTP address.",
            about.edit(),
        ),
        "redirect_refused" => told(
            "The server moved",
            "The server answered with another address. Tieline does not follow it with the token.",
            "Test the connection to see the new address, and use it if you trust it.",
            about.go("Test now", ""),
        ),
        "rate_limited" => told(
            "Too many requests",
            "The server asks us to slow down (HTTP 429).",
            "Nothing to mend here. If this is frequent, ask the provider for a higher limit.",
            about.go("See its calls", "?tab=calls&outcome=upstream_failure"),
        ),
        "upstream_error" => told(
            "The server failed",
            match about.call.http_status {
                Some(status @ 500..) => format!(
                    "The server failed (HTTP {status}). This is on their side; Tieline keeps trying."
                ),
                Some(status) => format!("The server refused the request (HTTP {status})."),
                None => format!(
                    "{name} answered with an HTTP error. This is on their side; Tieline keeps trying."
                ),
            },
            "Tell whoever runs the server; the time and the sizes below find it in their log.",
            about.go("Test now", ""),
        ),
        "interrupted" => told(
            "The connection broke",
            format!(
                "The connection broke after {} and before the answer was complete. Whether {tool} did its work is unknown, so it was not repeated.",
                about.took()
            ),
            "Look at the server whether it took effect before you call it again.",
            None,
        ),
        "timeout" => told(
            format!("No answer within {} s", about.seconds()),
            format!(
                "{tool} did not answer within {} s, so the call was stopped. The agent was told and went on.",
                about.seconds()
            ),
            "Ask for less at a time. If every call is slow, the server is.",
            about.go("See the tool’s calls", &of_tool(&about.call.tool)),
        ),
        "cancelled" => told(
            "Stopped by the caller",
            format!(
                "Whoever called {tool} stopped waiting after {}. Whether it took effect is unknown.",
                about.took()
            ),
            "Nothing to mend, unless people stop it because it is slow.",
            None,
        ),
        _ => return None,
    })
}

/// The server answered, and the answer was not passed on.
pub(super) fn withheld(about: &About<'_>, code: &str) -> Option<Told> {
    let tool = about.tool();
    Some(match code {
        "too_large" => told(
            "The answer was too large",
            format!("The answer of {tool} is larger than Tieline reads, so it was dropped."),
            "Ask for less at a time: a narrower filter, a smaller page.",
            None,
        ),
        "overloaded" => told(
            "No memory for the answer",
            format!(
                "Large answers of all servers together took as much memory as they may, so that of {tool} found no room. Whether it took effect there is unknown."
            ),
            "Look at the server whether it took effect, and call it again in a moment.",
            None,
        ),
        "not_taken" => told(
            "The caller did not read the answer",
            format!(
                "The answer of {tool} was on its way, and its caller stopped reading it. What had come of it after {} was all that was sent.",
                about.took()
            ),
            "Look at the calling program, or at the network between it and Tieline. The server did what it was asked.",
            None,
        ),
        "secret_echoed" => told(
            "The answer held the token",
            format!(
                "The answer of {tool} held the connector’s own token and was not shown to anybody."
            ),
            "A server that repeats its token is a danger. Tell whoever runs it, and replace the token.",
            about.rotate("Replace token"),
        ),
        _ => return None,
    })
}

/// The server answered something that cannot be used.
pub(super) fn not_mcp(about: &About<'_>, code: &str) -> Told {
    let tool = about.tool();
    match code {
        "bad_content_type" => told(
            "Not an MCP server",
            "This address returns something other than MCP, such as a web page.",
            "Look for the MCP URL in the provider’s documentation.",
            about.edit(),
        ),
        "bad_json" => told(
            "Not MCP",
            "It answers, but not in MCP: the answer is not JSON.",
            "Test the connection: it shows the first bytes of the answer.",
            about.go("Test now", ""),
        ),
        "bad_http" => told(
            "Broken HTTP",
            "The answer breaks the rules of HTTP. Often a proxy in front of the server cuts it.",
            "Ask whoever runs the server, or the proxy, to look at this moment.",
            None,
        ),
        "bad_encoding" => told(
            "A compressed answer",
            "The answer is compressed although we did not ask for that.",
            "Have the server, or the proxy in front of it, honour Accept-Encoding.",
            None,
        ),
        "id_mismatch" => told(
            "The answer to another request",
            "The answer belongs to another request, so it was dropped.",
            "This is a fault of the server; tell whoever runs it.",
            None,
        ),
        "protocol_error" => told(
            "Against the rules of MCP",
            "The answer breaks the rules of MCP, so it was dropped.",
            "Test the connection: it names the rule. Then tell whoever runs the server.",
            about.go("Test now", ""),
        ),
        "no_common_revision" => told(
            "No common revision",
            "The server offers no MCP revision that Tieline speaks.",
            "Update the server.",
            about.go("Test now", ""),
        ),
        "session_lost" => told(
            "The server forgot the session",
            "The server forgot our session and would not start a new one.",
            "It was probably restarting. Test it, and call again.",
            about.go("Test now", ""),
        ),
        "input_required" => told(
            "The server asked a person",
            format!("{tool} asked for input from a person, which this caller cannot give."),
            "Call it from a client that can show a form, such as Claude Code.",
            Some(("Connect your client", "/connect".to_owned())),
        ),
        "invalid_params" => told(
            "The arguments do not fit",
            format!(
                "The server refused the arguments of {tool} (JSON-RPC -32602). The agent was told why and went on."
            ),
            "Compare with the tool’s schema. If its description invites the mistake, tell whoever runs the server.",
            about.go(
                "Raw JSON schema",
                &format!("/try?{}#schema", tool_pair(&about.call.tool)),
            ),
        ),
        "rpc_error" => told(
            "The server refused the call",
            format!(
                "The server answered {tool} with a JSON-RPC error. The agent was told why and went on."
            ),
            "Call it once yourself to read the server’s own message.",
            None,
        ),
        other => told(
            "The answer cannot be used",
            format!("The call ended with the code {}.", shown(other, 60)),
            "Test the connection: it goes through every step.",
            about.go("Test now", ""),
        ),
    }
}
