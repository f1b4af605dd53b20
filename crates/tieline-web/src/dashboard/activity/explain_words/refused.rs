//! Calls that Tieline did not make.

use super::{About, Told, told};

/// Tieline's own refusals: nothing was sent.
pub(super) fn refused(about: &About<'_>, code: &str) -> Told {
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
