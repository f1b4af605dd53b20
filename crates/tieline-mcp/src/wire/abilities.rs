//! What a client can do for a server that asks it something: read from its capabilities, and declared on its behalf.

use serde_json::value::RawValue;

use super::revision::{Era, Revision};
use crate::raw::{self, RawObject};

/// The extension by which a server answers a tool call with a task, to be asked for later.
pub const EXTENSION_TASKS: &str = "io.modelcontextprotocol/tasks";

/// The extension by which a client shows the pages of MCP Apps (SEP-1865).
pub const EXTENSION_APPS: &str = "io.modelcontextprotocol/ui";
/// The one kind of page that MCP Apps have.
const APPS_PAGES: &str = "text/html;profile=mcp-app";

/// A kind of request that a server may send to the one whose call it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// Something from the person: a form, or a page to open.
    Elicitation,
    /// A turn of the client's model.
    Sampling,
    /// The directories that the client works in.
    Roots,
}

impl QuestionKind {
    /// The JSON-RPC method, the same in both eras.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation/create",
            Self::Sampling => "sampling/createMessage",
            Self::Roots => "roots/list",
        }
    }

    /// The kind that a method asks for.
    pub fn of(method: &str) -> Option<Self> {
        [Self::Elicitation, Self::Sampling, Self::Roots]
            .into_iter()
            .find(|kind| kind.method() == method)
    }
}

/// Which questions a client can answer, and whether it shows the pages of MCP Apps. What a revision does not know yet, a
/// client of that revision cannot do.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ClientCan(u8);

const FORM: u8 = 1;
const URL: u8 = 1 << 1;
const SAMPLING: u8 = 1 << 2;
const SAMPLING_TOOLS: u8 = 1 << 3;
const SAMPLING_CONTEXT: u8 = 1 << 4;
const ROOTS: u8 = 1 << 5;
const ROOTS_CHANGED: u8 = 1 << 6;
const APPS: u8 = 1 << 7;

impl ClientCan {
    /// A client that declares nothing.
    pub const NOTHING: Self = Self(0);

    /// Reads the capabilities that a client of this revision declared.
    pub fn read(revision: Revision, capabilities: &RawValue) -> Self {
        // The usual client declares nothing.
        if capabilities.get().len() <= 2 {
            return Self::NOTHING;
        }
        let Ok(declared) = RawObject::parse(capabilities) else {
            return Self::NOTHING;
        };
        let object = |key| declared.get_object(key).ok().flatten();
        let has_modes = revision >= Revision::R20251125;
        let mut can = 0;
        if let Some(elicitation) = object("elicitation").filter(|_| revision >= Revision::R20250618)
        {
            let url = has_modes && elicitation.contains("url");
            // Without any mode it is the form of 2025-06-18.
            if elicitation.contains("form") || !url {
                can |= FORM;
            }
            can |= if url { URL } else { 0 };
        }
        if let Some(sampling) = object("sampling") {
            let with = |key, bit| {
                if has_modes && sampling.contains(key) {
                    bit
                } else {
                    0
                }
            };
            can |= SAMPLING | with("tools", SAMPLING_TOOLS) | with("context", SAMPLING_CONTEXT);
        }
        if let Some(roots) = object("roots") {
            let announces = roots
                .get("listChanged")
                .is_some_and(|value| value.get() == "true");
            let bit = if announces && revision.era() == Era::Legacy {
                ROOTS_CHANGED
            } else {
                0
            };
            can |= ROOTS | bit;
        }
        can |= if shows_apps(&declared) { APPS } else { 0 };
        Self(can)
    }

    const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    /// Whether it can be asked nothing at all.
    pub const fn answers_nothing(self) -> bool {
        self.0 & !APPS == 0
    }

    /// What is left when there is no way to ask it anything.
    #[must_use]
    pub const fn without_questions(self) -> Self {
        Self(self.0 & APPS)
    }

    /// Whether a person can be sent to a web page.
    pub const fn opens_pages(self) -> bool {
        self.has(URL)
    }

    /// Whether it says when its roots change.
    pub const fn announces_roots(self) -> bool {
        self.has(ROOTS_CHANGED)
    }

    /// Whether it can answer this very question.
    pub fn answers(self, kind: QuestionKind, params: Option<&RawValue>) -> bool {
        let params = params
            .and_then(|params| RawObject::parse(params).ok())
            .unwrap_or_default();
        match kind {
            QuestionKind::Elicitation => match params.get("mode").map(raw::as_str) {
                None => self.has(FORM),
                Some(mode) => match mode.as_deref() {
                    Some("form") => self.has(FORM),
                    Some("url") => self.has(URL),
                    _ => false,
                },
            },
            QuestionKind::Sampling if params.contains("tools") => self.has(SAMPLING_TOOLS),
            QuestionKind::Sampling => self.has(SAMPLING),
            QuestionKind::Roots => self.has(ROOTS),
        }
    }

    /// The capabilities object that declares exactly this to a server.
    pub fn to_capabilities(self) -> Box<RawValue> {
        let group = |entries: &[(&str, u8, &str)]| {
            let held = entries.iter().filter(|(_, bit, _)| self.has(*bit));
            let held = held.map(|(key, _, value)| format!("\"{key}\":{value}"));
            format!("{{{}}}", held.collect::<Vec<_>>().join(","))
        };
        let mut parts = Vec::new();
        if self.has(ROOTS) {
            parts.push(format!(
                "\"roots\":{}",
                group(&[("listChanged", ROOTS_CHANGED, "true")])
            ));
        }
        if self.has(SAMPLING) {
            let details = [
                ("tools", SAMPLING_TOOLS, "{}"),
                ("context", SAMPLING_CONTEXT, "{}"),
            ];
            parts.push(format!("\"sampling\":{}", group(&details)));
        }
        if self.has(FORM | URL) {
            let modes = [("form", FORM, "{}"), ("url", URL, "{}")];
            parts.push(format!("\"elicitation\":{}", group(&modes)));
        }
        if self.has(APPS) {
            parts.push(format!(
                r#""extensions":{{"{EXTENSION_APPS}":{{"mimeTypes":["{APPS_PAGES}"]}}}}"#
            ));
        }
        RawValue::from_string(format!("{{{}}}", parts.join(","))).expect("constant pieces of JSON")
    }
}

/// Whether a client of any revision says that it shows the pages of MCP Apps.
fn shows_apps(declared: &RawObject<'_>) -> bool {
    let settings = declared.get_in(&["extensions", EXTENSION_APPS]);
    let settings = settings
        .as_ref()
        .and_then(|settings| RawObject::parse(settings).ok());
    let types = settings.as_ref().and_then(|held| held.get("mimeTypes"));
    let types = types.and_then(|types| serde_json::from_str::<Vec<String>>(types.get()).ok());
    types.is_some_and(|types| types.iter().any(|held| held == APPS_PAGES))
}

/// Whether a modern client takes a task for an answer. Whoever does not declare that must not get one.
pub fn declares_tasks(capabilities: &RawValue) -> bool {
    // A search through the text first: few clients declare it.
    capabilities.get().contains(EXTENSION_TASKS)
        && RawObject::parse(capabilities)
            .is_ok_and(|declared| declared.get_in(&["extensions", EXTENSION_TASKS]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("test JSON")
    }

    fn read(revision: Revision, text: &str) -> String {
        ClientCan::read(revision, &raw(text))
            .to_capabilities()
            .get()
            .to_owned()
    }

    #[test]
    fn a_client_can_what_its_revision_knows_and_it_declared() {
        let all = r#"{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}},"tasks":{},"x":1}"#;
        for (revision, expected) in [
            (
                Revision::R20241105,
                r#"{"roots":{"listChanged":true},"sampling":{}}"#,
            ),
            (
                Revision::R20250326,
                r#"{"roots":{"listChanged":true},"sampling":{}}"#,
            ),
            (
                Revision::R20250618,
                r#"{"roots":{"listChanged":true},"sampling":{},"elicitation":{"form":{}}}"#,
            ),
            (
                Revision::R20251125,
                r#"{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}}}"#,
            ),
            (
                Revision::R20260728,
                r#"{"roots":{},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}}}"#,
            ),
        ] {
            assert_eq!(read(revision, all), expected, "{revision}");
        }
        let newest = Revision::R20260728;
        assert_eq!(
            read(newest, r#"{"elicitation":{}}"#),
            r#"{"elicitation":{"form":{}}}"#
        );
        assert_eq!(
            read(newest, r#"{"elicitation":{"url":{}}}"#),
            r#"{"elicitation":{"url":{}}}"#
        );
        for nothing in [
            "{}",
            r#"{"elicitation":true,"roots":null,"sampling":[]}"#,
            "7",
        ] {
            assert_eq!(read(newest, nothing), "{}");
        }
    }

    #[test]
    fn apps_are_declared_for_a_client_that_shows_their_pages() {
        let apps = r#"{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}"#;
        for revision in [Revision::R20251125, Revision::R20260728] {
            assert_eq!(read(revision, apps), apps, "{revision}");
            let can = ClientCan::read(revision, &raw(apps));
            assert!(can.answers_nothing() && can.without_questions() == can);
        }
        for other in [
            r#"{"extensions":{"io.modelcontextprotocol/ui":{}}}"#,
            r#"{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html"]}}}"#,
            r#"{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":"text/html;profile=mcp-app"}}}"#,
        ] {
            assert_eq!(read(Revision::R20260728, other), "{}");
        }
    }

    #[test]
    fn a_question_is_only_for_who_can_answer_it() {
        let can = |text: &str| ClientCan::read(Revision::R20260728, &raw(text));
        let (form, url) = (
            can(r#"{"elicitation":{"form":{}}}"#),
            can(r#"{"elicitation":{"url":{}}}"#),
        );
        let asks = |can: ClientCan, params: &str| {
            can.answers(QuestionKind::Elicitation, Some(&raw(params)))
        };
        assert!(
            asks(form, "{}")
                && asks(form, r#"{"mode":"form"}"#)
                && !asks(form, r#"{"mode":"url"}"#)
        );
        assert!(asks(url, r#"{"mode":"url"}"#) && !asks(url, "{}"));
        assert!(!asks(form, r#"{"mode":7}"#) && !asks(form, r#"{"mode":"hologram"}"#));
        let plain = can(r#"{"sampling":{}}"#);
        assert!(plain.answers(QuestionKind::Sampling, Some(&raw("{}"))));
        assert!(!plain.answers(QuestionKind::Sampling, Some(&raw(r#"{"tools":[]}"#))));
        assert!(!plain.answers(QuestionKind::Roots, None));
        assert!(can(r#"{"roots":{}}"#).answers(QuestionKind::Roots, None));
    }

    #[test]
    fn tasks_are_declared_as_an_extension_and_nowhere_else() {
        let declares = |text| declares_tasks(&raw(text));
        assert!(declares(
            r#"{"extensions":{"x/y":{},"io.modelcontextprotocol/tasks":{}}}"#
        ));
        assert!(!declares(r#"{"io.modelcontextprotocol/tasks":{}}"#));
        assert!(!declares(
            r#"{"tasks":{},"extensions":{"x/y":"io.modelcontextprotocol/tasks"}}"#
        ));
    }

    #[test]
    fn kinds_are_told_by_their_method() {
        for kind in [
            QuestionKind::Elicitation,
            QuestionKind::Sampling,
            QuestionKind::Roots,
        ] {
            assert_eq!(QuestionKind::of(kind.method()), Some(kind));
        }
        assert_eq!(QuestionKind::of("ping"), None);
    }
}
