//! Turns the steps and the result of a connection test into the wire with nodes.

use tieline_hub::{Hint, TestReport};
use tieline_mcp::{StepName, StepOutcome, StepReport};

use super::rail_view::{BearerHint, FoundTool, Offer, Rail, RailNote, Step, StepState};
use crate::dashboard::words::{shown, took};

/// The rail of a test that has just started.
pub(crate) fn started() -> Rail {
    let mut rail = Rail::untested();
    rail.ran = true;
    rail.running = true;
    rail.steps[0].state = StepState::Running;
    rail
}

/// Puts a step that has just ended onto the rail, and lets the next one spin.
pub(crate) fn advance(rail: &mut Rail, report: &StepReport) {
    let at = position(report.step);
    rail.steps[at] = step(report);
    rail.steps[at].fresh = true;
    let went_on = matches!(
        report.outcome,
        StepOutcome::Ok | StepOutcome::Warn | StepOutcome::Skipped
    );
    if let Some(next) = rail
        .steps
        .get_mut(at + 1)
        .filter(|next| went_on && next.state == StepState::Waiting)
    {
        next.state = StepState::Running;
    }
}

/// The rail of a test that has ended.
pub(crate) fn finished(report: &TestReport) -> Rail {
    let mut rail = Rail::untested();
    rail.ran = true;
    for reported in &report.steps {
        rail.steps[position(reported.step)] = step(reported);
    }
    rail.time = took_in_all(report);
    rail.raw = report
        .steps
        .iter()
        .find_map(|step| step.excerpt.clone())
        .unwrap_or_default();
    let mut tools: Vec<FoundTool> = report
        .tools
        .iter()
        .map(|(name, definition)| found(name, definition.get()))
        .collect();
    if report.ok && !tools.is_empty() {
        rail.show_all = format!("Show all {}", tools.len());
        rail.more_tools = tools.split_off(tools.len().min(3));
        rail.tools = tools;
    }
    if let Some(code) = broken_code(report) {
        advise(&mut rail, code, report.hint.as_ref());
    }
    rail
}

/// The code of the step that broke.
pub(crate) fn broken_code(report: &TestReport) -> Option<&'static str> {
    report
        .steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Fail)
        .map(|step| step.code)
}

fn took_in_all(report: &TestReport) -> String {
    let ms: u64 = report.steps.iter().map(|step| step.ms).sum();
    if ms < 1_000 {
        format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
    } else {
        took(ms)
    }
}

const fn position(step: StepName) -> usize {
    match step {
        StepName::Dns => 0,
        StepName::Tcp => 1,
        StepName::Tls => 2,
        StepName::Http => 3,
        StepName::Handshake => 4,
        StepName::Tools => 5,
    }
}

fn step(report: &StepReport) -> Step {
    let state = match report.outcome {
        StepOutcome::Ok => StepState::Passed,
        StepOutcome::Warn => StepState::Warned,
        StepOutcome::Fail => StepState::Broken,
        StepOutcome::Skipped => StepState::Skipped,
        StepOutcome::NotReached => StepState::NotReached,
    };
    let message = shown(&report.message, 300);
    let (title, text) = match (report.step, report.outcome) {
        // The advice stands below the rail; here is only what happened.
        (_, StepOutcome::Fail) if report.code == "needs_oauth" => (
            broken_title(report),
            "The server wants a person to log in (OAuth)".to_owned(),
        ),
        (_, StepOutcome::Fail) => (broken_title(report), message),
        // "12 tools found, about 1,900 tokens per session" has its title inside.
        (StepName::Tools, StepOutcome::Ok) => match message.split_once(", ") {
            Some((found, cost)) => (found.to_owned(), cost.to_owned()),
            None => (title(report.step).to_owned(), message),
        },
        _ => (title(report.step).to_owned(), message),
    };
    let timed = matches!(
        report.outcome,
        StepOutcome::Ok | StepOutcome::Warn | StepOutcome::Fail
    );
    Step::new(
        state,
        title,
        text,
        if timed {
            took(report.ms)
        } else {
            String::new()
        },
    )
}

const fn title(step: StepName) -> &'static str {
    match step {
        StepName::Dns => "DNS",
        StepName::Tcp => "TCP",
        StepName::Tls => "TLS",
        StepName::Http => "HTTP",
        StepName::Handshake => "MCP handshake",
        StepName::Tools => "Tools",
    }
}

fn broken_title(report: &StepReport) -> String {
    let title = match report.code {
        "auth_failed" => "HTTP 401",
        "forbidden" => "HTTP 403",
        "not_found" => "HTTP 404",
        "method_not_allowed" => "HTTP 405",
        "rate_limited" => "HTTP 429",
        "needs_oauth" => "Sign-in required",
        "redirect_refused" => "Moved",
        "bad_content_type" | "bad_json" | "protocol_error" => "Not an MCP server",
        "address_refused" => "Address refused",
        "upstream_error" => "Server failed",
        _ => title(report.step),
    };
    title.to_owned()
}

/// What to do about the break, below the rail.
fn advise(rail: &mut Rail, code: &str, hint: Option<&Hint>) {
    if code == "needs_oauth" {
        rail.note = Some(RailNote {
            lead: "Tieline can’t use this server this way.".to_owned(),
            text: "Agents run without a person who could log in. Look in the provider’s settings for a personal access token or API key, and paste it under Advanced settings.".to_owned(),
            offer: None,
        });
    }
    let Some(hint) = hint else { return };
    if hint.code == "add_bearer" {
        rail.bearer = Some(bearer(hint));
    } else {
        let offer = hint.url.as_ref().map(|url| Offer {
            label: hint.title.clone(),
            value: url.clone(),
        });
        let lead = if offer.is_some() {
            "Another address?".to_owned()
        } else {
            hint.title.clone()
        };
        rail.note = Some(RailNote {
            lead,
            text: shown(&hint.message, 300),
            offer,
        });
    }
}

/// The header value inside the sentence stands in code type.
fn bearer(hint: &Hint) -> BearerHint {
    let whole = || (hint.message.clone(), String::new(), String::new());
    let split = hint.message.split_once('“').and_then(|(before, rest)| {
        rest.split_once('”')
            .map(|(value, after)| (before.to_owned(), value.to_owned(), after.to_owned()))
    });
    let (before, shown, after) = split.unwrap_or_else(whole);
    BearerHint {
        title: hint.title.clone(),
        before,
        shown,
        after,
    }
}

fn found(name: &str, definition: &str) -> FoundTool {
    let fields: serde_json::Value = serde_json::from_str(definition).unwrap_or_default();
    let text = fields["description"]
        .as_str()
        .or_else(|| fields["title"].as_str())
        .unwrap_or_default();
    FoundTool {
        name: shown(name, 80),
        description: shown(text, 160),
        writes: writes(&fields),
    }
}

/// Whether a tool's annotations say that it changes something. They are a server's own words: shown, never trusted.
pub(crate) fn writes(definition: &serde_json::Value) -> bool {
    let says = |hint: &str| definition["annotations"][hint].as_bool();
    says("destructiveHint") == Some(true) || says("readOnlyHint") == Some(false)
}

#[cfg(test)]
mod tests {
    use super::{advance, bearer, started, step, writes};
    use crate::dashboard::integrations::rail_view::StepState;
    use serde_json::json;
    use tieline_hub::Hint;
    use tieline_mcp::{StepName, StepOutcome, StepReport};

    fn report(
        step: StepName,
        outcome: StepOutcome,
        code: &'static str,
        message: &str,
    ) -> StepReport {
        StepReport {
            step,
            outcome,
            ms: 12,
            code,
            message: message.to_owned(),
            excerpt: None,
        }
    }

    #[test]
    fn the_wire_grows_step_by_step_and_stops_at_the_break() {
        let mut rail = started();
        advance(
            &mut rail,
            &report(StepName::Dns, StepOutcome::Ok, "ok", "h is 203.0.113.24"),
        );
        assert_eq!(
            (rail.steps[0].state, rail.steps[1].state),
            (StepState::Passed, StepState::Running)
        );
        advance(
            &mut rail,
            &report(
                StepName::Tcp,
                StepOutcome::Fail,
                "connect_refused",
                "h refuses connections on port 9.",
            ),
        );
        assert_eq!(
            (rail.steps[1].state, rail.steps[2].state),
            (StepState::Broken, StepState::Waiting)
        );
    }

    #[test]
    fn the_title_says_what_was_found_or_what_broke() {
        let tools = step(&report(
            StepName::Tools,
            StepOutcome::Ok,
            "ok",
            "12 tools found, about 1,900 tokens per session",
        ));
        assert_eq!(
            (tools.title.as_str(), tools.text.as_str()),
            ("12 tools found", "about 1,900 tokens per session")
        );
        let broken = step(&report(
            StepName::Http,
            StepOutcome::Fail,
            "auth_failed",
            "The server wants a token.",
        ));
        assert_eq!(broken.title, "HTTP 401");
    }

    #[test]
    fn the_header_value_of_the_hint_stands_apart() {
        let hint = Hint {
            code: "add_bearer",
            title: String::new(),
            message: "We tried it: with “Bearer …k3Qf” the server works.".to_owned(),
            url: None,
        };
        assert_eq!(bearer(&hint).shown, "Bearer …k3Qf");
    }

    #[test]
    fn a_tool_writes_when_it_says_so() {
        assert!(writes(&json!({"annotations": {"destructiveHint": true}})));
        assert!(writes(&json!({"annotations": {"readOnlyHint": false}})));
        assert!(!writes(&json!({"annotations": "odd"})));
    }
}
