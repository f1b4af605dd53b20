//! What a connection test means for the form that asked for it, as a page or as a stream into an open dialog.

use askama::Template;
use serde_json::{Value, json};
use tieline_domain::FieldError;
use tieline_hub::TestReport;

use super::add_view::{
    Foot, FootFragment, HeaderField, HeaderNote, TokenField, TokenNote, UrlNote,
};
use super::rail::{broken_code, finished};
use super::rail_view::{Rail, RailFragment};
use crate::dashboard::words::counted;

/// The parts of the form that a test changes.
#[derive(Debug, Clone)]
pub(crate) struct Tested {
    /// Whether agents could use it.
    pub(crate) ok: bool,
    /// The wire.
    pub(crate) rail: Rail,
    /// The left side of the footer.
    pub(crate) foot: Foot,
    /// The token field.
    pub(crate) token: TokenField,
    /// What is wrong with the URL.
    pub(crate) url_problem: String,
    /// What is wrong with the header.
    pub(crate) header_problem: String,
    /// Names of the fields that are wrong.
    invalid: Vec<&'static str>,
    /// Whether the token has to be looked at.
    pub(crate) open_advanced: bool,
}

impl Tested {
    /// The test ran. `people` is how many get the tools.
    pub(crate) fn ran(report: &TestReport, people: usize, mut token: TokenField) -> Self {
        let code = broken_code(report);
        let mut invalid = Vec::new();
        if code == Some("auth_failed") {
            let sentence = report
                .steps
                .iter()
                .find(|step| step.code == "auth_failed")
                .map(|step| step.message.as_str());
            (token.problem, token.tail) = split_tail(sentence.unwrap_or_default());
            invalid.push("token");
        }
        let foot = if report.ok {
            Foot {
                save_anyway: false,
                consequence: consequence(report.tools.len(), people),
            }
        } else {
            Foot {
                save_anyway: true,
                consequence: String::new(),
            }
        };
        Self {
            ok: report.ok,
            rail: finished(report),
            foot,
            token,
            url_problem: String::new(),
            header_problem: String::new(),
            open_advanced: matches!(code, Some("auth_failed" | "forbidden" | "needs_oauth")),
            invalid,
        }
    }

    /// The test did not run, because some fields cannot be used.
    pub(crate) fn refused(fields: &[FieldError], mut token: TokenField) -> Self {
        let detail = |name: &str| {
            fields
                .iter()
                .find(|field| field.field == name)
                .map(|field| field.detail.clone())
                .unwrap_or_default()
        };
        token.problem = detail("token");
        Self {
            ok: false,
            rail: Rail::untested(),
            foot: Foot::default(),
            open_advanced: fields
                .iter()
                .any(|field| matches!(field.field, "token" | "auth_header")),
            url_problem: detail("url"),
            header_problem: detail("auth_header"),
            invalid: fields.iter().map(|field| field.field).collect(),
            token,
        }
    }

    /// The message that ends the stream of a test.
    pub(crate) fn message(&self, cautions: Vec<String>) -> Value {
        let url = UrlNote {
            url_problem: &self.url_problem,
            url_offer: None,
            url_cautions: cautions,
        };
        let header = HeaderField {
            value: String::new(),
            problem: self.header_problem.clone(),
        };
        let rendered = |view: &dyn askama::DynTemplate| view.dyn_render().unwrap_or_default();
        let mut html = json!({
            "rail": rail_html(&self.rail),
            "foot": rendered(&FootFragment { foot: &self.foot }),
            "url-note": rendered(&url),
            "auth_header-note": rendered(&HeaderNote { header: &header }),
        });
        // A good token's own line, with its length and end, was written while it was typed and stays.
        if !self.token.problem.is_empty() {
            html["token-note"] = rendered(&TokenNote { token: &self.token }).into();
        }
        json!({ "ok": self.ok, "invalid": self.invalid, "open": self.open_advanced, "html": html })
    }
}

/// The rail as a message of the stream.
pub(crate) fn progress(rail: &Rail) -> Value {
    json!({ "html": { "rail": rail_html(rail) } })
}

fn rail_html(rail: &Rail) -> String {
    RailFragment { rail }.render().unwrap_or_default()
}

fn consequence(tools: usize, people: usize) -> String {
    let get = if people == 1 { "gets" } else { "get" };
    format!(
        "{} {get} {} in their next session.",
        counted(people as u64, "person", "people"),
        counted(tools as u64, "tool", "tools")
    )
}

/// "… (28 characters, ends in k3Qf)." with the end apart, because it stands in code type.
fn split_tail(sentence: &str) -> (String, String) {
    match sentence
        .strip_suffix(").")
        .and_then(|rest| rest.rsplit_once(' '))
    {
        Some((start, tail)) if start.ends_with("ends in") => (start.to_owned(), tail.to_owned()),
        _ => (sentence.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::split_tail;

    #[test]
    fn the_end_of_a_refused_token_stands_apart() {
        let (start, tail) =
            split_tail("The server rejected this token (28 characters, ends in k3Qf).");
        assert_eq!(
            (start.as_str(), tail.as_str()),
            (
                "The server rejected this token (28 characters, ends in",
                "k3Qf"
            )
        );
        assert_eq!(split_tail("The server wants a token.").1, "");
    }
}
