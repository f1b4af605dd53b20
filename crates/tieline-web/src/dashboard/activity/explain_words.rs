//! Why a call failed, in the words of its cause, and the one thing that mends it. No text here fits two causes.

mod answers;
mod refused;
mod way;

use tieline_domain::ConnectorUrl;
use tieline_hub::{CallRow, CallStage, ConnectorView};

use crate::dashboard::integrations::rail_view::{Step, StepState};
use crate::dashboard::words::{shown, took};

use answers::{not_mcp, unwelcome, withheld};
use refused::refused;
use way::unreachable_server;

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

    /// From where it was tried, as the end of a sentence; nothing when that is not known.
    fn own_address(&self) -> String {
        let own = self.call.own_address.as_deref();
        own.map_or_else(String::new, |own| format!(" ({})", shown(own, 60)))
    }

    /// The status that came back, as the end of a sentence; nothing when none is known.
    fn http_status(&self) -> String {
        let status = self.call.http_status;
        status.map_or_else(String::new, |status| format!(" (HTTP {status})"))
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
    let code = about.call.code.as_deref().unwrap_or_default();
    // Of an HTTP error the status is all there is to tell, and the call keeps its own.
    let is_told = code == "upstream_error" && about.call.http_status.is_some();
    if told_more(code)
        && !is_told
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
