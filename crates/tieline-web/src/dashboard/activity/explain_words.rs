//! Why a call failed, in the words of its cause, and the one thing that mends it. No text here fits two causes.

use tieline_domain::ConnectorUrl;
use tieline_hub::{CallRow, CallStage, ConnectorView};

use crate::dashboard::integrations::rail_view::{Step, StepState};
use crate::dashboard::words::{shown, took};

/// What is said about a call.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) fix: String,
    pub(super) action: Option<(&'static str, String)>,
}

/// What the texts name. Of a connector that is gone only its key is left.
#[derive(Debug)]
pub(super) struct About<'a> {
    pub(super) call: &'a CallRow,
    pub(super) connector: Option<&'a ConnectorView>,
    pub(super) person: &'a str,
}

impl About<'_> {
    pub(super) fn name(&self) -> String {
        self.connector.map_or_else(
            || self.call.connector_slug.clone(),
            |connector| connector.name.clone(),
        )
    }

    fn tool(&self) -> String {
        shown(&self.call.tool, 80)
    }

    fn url(&self) -> Option<ConnectorUrl> {
        ConnectorUrl::parse(&self.connector?.url).ok()
    }

    fn host(&self) -> String {
        self.url()
            .map_or_else(|| "The server".to_owned(), |url| url.host().to_string())
    }

    fn port(&self) -> u16 {
        self.url().map_or(443, |url| url.port())
    }

    fn path(&self) -> String {
        self.url()
            .map_or_else(|| "its path".to_owned(), |url| shown(url.path(), 120))
    }

    /// How long it took, in whole seconds.
    fn seconds(&self) -> i64 {
        (self.call.ms + 500) / 1000
    }

    /// What the last check of the connector said of the same failure: it knows dates, names and addresses that a record
    /// of a call does not keep.
    fn last_check(&self) -> Option<String> {
        let connector = self.connector?;
        let message = connector.status_message.as_deref()?;
        let same = connector.status_code.as_deref() == self.call.code.as_deref();
        same.then(|| format!("The last check says: {}", shown(message, 240)))
    }

    fn took(&self) -> String {
        took(u64::try_from(self.call.ms).unwrap_or(0))
    }

    /// A link into the connector's page, while there is one.
    fn go(&self, label: &'static str, rest: &str) -> Option<(&'static str, String)> {
        let slug = &self.connector?.slug;
        Some((label, format!("/integrations/c/{slug}{rest}")))
    }

    fn rotate(&self, label: &'static str) -> Option<(&'static str, String)> {
        self.go(label, "?tab=connection#rotate")
    }

    fn edit(&self) -> Option<(&'static str, String)> {
        self.go("Edit the address", "?tab=connection")
    }
}

fn network() -> (&'static str, String) {
    ("Settings, Network", "/settings/network".to_owned())
}

fn told(
    title: impl Into<String>,
    text: impl Into<String>,
    fix: impl Into<String>,
    action: Option<(&'static str, String)>,
) -> Told {
    Told {
        title: title.into(),
        text: text.into(),
        fix: fix.into(),
        action,
    }
}

/// The call in words.
pub(super) fn tell(about: &About<'_>) -> Told {
    let mut told = words(about);
    if told_more(about.call.code.as_deref().unwrap_or_default())
        && let Some(check) = about.last_check()
    {
        told.text = format!("{} {check}", told.text);
    }
    told
}

/// Whether a check of the connector can name more than the record of a call: the date, the name, the address.
fn told_more(code: &str) -> bool {
    matches!(
        code,
        "address_refused"
            | "connect_refused"
            | "tls_expired"
            | "tls_wrong_host"
            | "tls_failed"
            | "redirect_refused"
            | "upstream_error"
            | "bad_content_type"
            | "bad_json"
            | "bad_http"
            | "protocol_error"
            | "no_common_revision"
    )
}

fn words(about: &About<'_>) -> Told {
    let code = about.call.code.as_deref().unwrap_or_default();
    match about.call.outcome.as_str() {
        "ok" => told(
            "This call worked",
            format!("{} answered after {}.", about.tool(), about.took()),
            "",
            None,
        ),
        "tool_error" => told(
            format!("{} said no", about.tool()),
            "The server is there and the tool ran. It answered with an error of its own, which the agent was given to read.",
            "Call it once yourself to read the tool’s own message; mostly an argument names something that does not exist.",
            None,
        ),
        "refused" => refused(about, code),
        _ => unreachable_server(about, code)
            .or_else(|| unwelcome(about, code))
            .or_else(|| withheld(about, code))
            .unwrap_or_else(|| not_mcp(about, code)),
    }
}

/// Tieline's own refusals: nothing was sent.
fn refused(about: &About<'_>, code: &str) -> Told {
    let (name, tool) = (about.name(), about.tool());
    match code {
        "connector_removed" => told(
            "The connector was removed",
            format!(
                "{name} was removed by an admin after this session had begun, so nothing was sent."
            ),
            "New sessions do not have its tools. Add the connector again if people need them.",
            Some(("Add custom connector", "/integrations/new".to_owned())),
        ),
        "connector_disabled" => told(
            "The connector is off",
            format!("{name} was turned off by an admin, so nothing was sent."),
            format!("Turn {name} on if people should use it again."),
            about.go("Open the connector", ""),
        ),
        "tool_held" => told(
            "The tool waits for a review",
            format!(
                "{tool} changed at its server so that calls no longer fit, and is off until an admin reviews the change. Nothing was sent."
            ),
            "Read what changed, then approve the new version or keep it off.",
            about.go("Review changes", "/review"),
        ),
        "tool_unavailable" => told(
            "The tool is off",
            format!("An admin turned {tool} off, or its server withdrew it. Nothing was sent."),
            "Turn it on again in the list of tools, if it is still there.",
            about.go("Open the tools", ""),
        ),
        "connector_paused" => told(
            "The server was left alone for a moment",
            format!(
                "{name} had failed several times in a row, so this call was refused at once instead of waiting for it. Nothing was sent."
            ),
            "Look at the failure before this one: it has the cause. The pause ends by itself.",
            about.go(
                "See the calls before",
                "?tab=calls&outcome=upstream_failure",
            ),
        ),
        "rate_limited" => told(
            "The server had asked us to slow down",
            format!(
                "{name} had answered 429 and asked to be left alone, so this call was not sent."
            ),
            "Wait until it takes calls again. If this is frequent, ask the provider for a higher limit.",
            about.go("See its calls", "?tab=calls"),
        ),
        "key_revoked" => told(
            "The access key no longer works",
            format!(
                "The access key of {} was revoked, or its owner suspended, while the call ran. It was stopped.",
                about.person
            ),
            "That is what revoking is for. If it was a mistake, the person makes a new key under Connect your client.",
            Some(("Users", "/users".to_owned())),
        ),
        "registry_stale" => told(
            "Tieline’s database did not answer",
            "A revocation could have been missed, so Tieline refused every call until its database answered again. Nothing was sent.",
            "Look at the database and the server’s log; the connector is not the cause.",
            None,
        ),
        other => told(
            "Tieline refused the call",
            format!("Tieline refused it with the code {other}. Nothing was sent."),
            "The server’s log has more under this code.",
            None,
        ),
    }
}

/// The server was not reached.
fn unreachable_server(about: &About<'_>, code: &str) -> Option<Told> {
    let (host, port) = (about.host(), about.port());
    Some(match code {
        "secret_unreadable" => told(
            "The stored token cannot be read",
            format!(
                "The token of {} does not open with the master key that this server runs with, so nothing was sent.",
                about.name()
            ),
            "Enter the token again. If this is so for every connector, the master key is not the one that sealed them.",
            about.rotate("Enter the token"),
        ),
        "dns_failed" => told(
            "The name is not known",
            format!(
                "We can’t find {host}. Check the spelling, or whether only another network knows this name."
            ),
            "Correct the address, or make the name known to this machine.",
            about.edit(),
        ),
        "address_refused" => told(
            "The address is not allowed",
            format!(
                "{host} has an address that Tieline may not call. Change it in Settings, Network."
            ),
            "If the server is meant to be inside your network, allow that; otherwise correct the address.",
            Some(network()),
        ),
        "connect_refused" => told(
            "The connection was refused",
            format!(
                "{host} refuses connections on port {port}. Is the server running, and is the port right?"
            ),
            "Start the server, or correct the port.",
            about.edit(),
        ),
        "connect_timeout" => told(
            "No connection",
            format!(
                "No answer from {host}:{port} in {} s. A firewall may drop traffic from this machine.",
                about.seconds()
            ),
            format!("Let this machine through to {host}:{port}."),
            about.go("Test now", ""),
        ),
        "tls_expired" => told(
            "The certificate expired",
            format!("The certificate of {host} has expired, so the token was not sent."),
            "Whoever runs the server has to renew its certificate.",
            about.go("Test now", ""),
        ),
        "tls_wrong_host" => told(
            "The certificate is for another name",
            format!("The certificate is not issued for {host}, so the token was not sent."),
            "Use the name that the certificate is issued for.",
            about.edit(),
        ),
        "tls_unknown_authority" => told(
            "The certificate’s authority is unknown",
            "It is signed by an authority this machine doesn’t know. Add it in Settings, Network.",
            "Give Tieline the certificate of your own authority, or have the server use a public one.",
            Some(network()),
        ),
        "tls_failed" => told(
            "No secure connection",
            format!(
                "{host} and Tieline could not agree on a secure connection, so the token was not sent."
            ),
            "Check whether the port speaks TLS at all: an http:// server at an https:// address answers like this.",
            about.edit(),
        ),
        _ => return proxy_in_the_way(about, code),
    })
}

/// The proxy that an admin set did not let the call through.
fn proxy_in_the_way(about: &About<'_>, code: &str) -> Option<Told> {
    let (host, port) = (about.host(), about.port());
    Some(match code {
        "proxy_unreachable" => told(
            "The proxy could not be reached",
            format!(
                "{host} is reached through the proxy that is set in Settings, Network, and the proxy could not be reached."
            ),
            "Start the proxy, or correct its address.",
            Some(network()),
        ),
        "proxy_timeout" => told(
            "The proxy did not connect in time",
            format!("The proxy took the request for {host}:{port} and did not answer it in time."),
            format!("Check whether the proxy itself reaches {host}:{port}."),
            Some(network()),
        ),
        "proxy_refused" => told(
            "The proxy refused the connection",
            format!(
                "The proxy does not let Tieline through to {host}:{port}. With HTTP 407 it wants a login, or another one than the stored one."
            ),
            "Test the connection to see the proxy’s answer; then allow the host there, or enter the login again.",
            Some(network()),
        ),
        "proxy_bad_answer" => told(
            "The proxy does not answer like one",
            "What answers at the proxy’s address does not speak the protocol of an HTTP proxy.",
            "Correct the address of the proxy.",
            Some(network()),
        ),
        "proxy_login_unreadable" => told(
            "The proxy’s login cannot be read",
            "The stored login of the proxy does not open with the master key that this server runs with, so nothing was sent.",
            "Enter the login again.",
            Some(network()),
        ),
        _ => return None,
    })
}

/// The server was reached and did not take the request, or did not finish it.
fn unwelcome(about: &About<'_>, code: &str) -> Option<Told> {
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
            format!(
                "{name} answered with an HTTP error. This is on their side; Tieline keeps trying."
            ),
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
fn withheld(about: &About<'_>, code: &str) -> Option<Told> {
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
fn not_mcp(about: &About<'_>, code: &str) -> Told {
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

fn tool_pair(tool: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("tool", tool)
        .finish()
}

fn of_tool(tool: &str) -> String {
    format!("?tab=calls&{}", tool_pair(tool))
}

/// The address of the form that calls a tool.
pub(crate) fn try_address(slug: &str, tool: &str) -> String {
    format!("/integrations/c/{slug}/try?{}", tool_pair(tool))
}

/// The wire of a call: solid up to where it ended.
pub(super) fn steps(about: &About<'_>, told: &Told) -> Vec<Step> {
    let broke = CallStage::of(&about.call.outcome, about.call.code.as_deref());
    let plain = about.url().is_some_and(|url| url.is_plain_http());
    CallStage::ALL
        .into_iter()
        .map(|stage| {
            let (title, passed) = passed(about, stage);
            match broke {
                Some(at) if stage > at => Step::new(StepState::NotReached, title, "", ""),
                Some(at) if stage == at => {
                    let state = match about.call.outcome.as_str() {
                        "tool_error" => StepState::Warned,
                        _ => StepState::Broken,
                    };
                    Step::new(state, title, told.title.clone(), about.took())
                }
                _ if stage == CallStage::Tls && plain => {
                    Step::new(StepState::Skipped, title, "Not encrypted", "")
                }
                _ => Step::new(StepState::Passed, title, passed, ""),
            }
        })
        .collect()
}

fn passed(about: &About<'_>, stage: CallStage) -> (&'static str, String) {
    match stage {
        CallStage::Policy => ("Policy", format!("{} may call it", about.person)),
        CallStage::Dns => ("DNS", format!("{} has an address", about.host())),
        CallStage::Tcp => ("TCP", format!("Connected to port {}", about.port())),
        CallStage::Tls => ("TLS", "The certificate holds".to_owned()),
        CallStage::Http => ("HTTP", "The server took the request".to_owned()),
        CallStage::Mcp => ("MCP", "It answered in MCP".to_owned()),
        CallStage::Schema => ("Schema", "The arguments were taken".to_owned()),
        CallStage::Tool => ("Tool", format!("{} answered", about.tool())),
    }
}

#[cfg(test)]
mod tests;
