//! The form "Add custom connector": what was typed, and the page that shows it again. The token is never shown again.

use serde::Deserialize;
use tieline_domain::{ConnectorDraft, ConnectorName, ConnectorUrl, FieldError, Slug, UrlWarning};
use tieline_hub::AddConnectorError;
use zeroize::Zeroizing;

use super::add_view::{AddConnectorPage, HeaderField, NameProblem, TokenField};
use super::rail_view::Offer;
use super::tested::Tested;
use crate::dashboard::moment::date;
use crate::dashboard::secret::Secret;
use crate::dashboard::shell::Shell;
use crate::state::AppState;

/// The fields, and the button that was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConnectorForm {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) token: Secret,
    pub(crate) auth_header: String,
    pub(crate) action: String,
    pub(crate) use_name: String,
    pub(crate) use_url: String,
    pub(crate) use_bearer: String,
    /// The tick that stays after the button of the hint was pressed, because the token has to be typed again.
    pub(crate) with_bearer: String,
}

impl ConnectorForm {
    /// The draft as the hub takes it.
    pub(crate) fn draft(&self) -> ConnectorDraft {
        ConnectorDraft {
            name: self.name.clone(),
            slug: None,
            url: self.url.clone(),
            token: self.token.0.clone(),
            auth_header: self.auth_header.clone(),
        }
    }

    /// Takes over a value that was offered; `true` when the form is only to be shown again.
    pub(crate) fn take_offer(&mut self) -> bool {
        let token_missing = self.wants_bearer() && self.token.0.trim().is_empty();
        let offered = !self.use_name.is_empty()
            || !self.use_url.is_empty()
            || (!self.use_bearer.is_empty() && token_missing);
        if self.wants_bearer() && !token_missing && !self.token.0.starts_with("Bearer ") {
            self.token = Secret(Zeroizing::new(format!("Bearer {}", self.token.0.trim())));
        }
        if !self.use_name.is_empty() {
            self.name = std::mem::take(&mut self.use_name);
        }
        if !self.use_url.is_empty() {
            self.url = std::mem::take(&mut self.use_url);
        }
        offered
    }

    /// Whether the admin agreed to put "Bearer " in front of the token.
    fn wants_bearer(&self) -> bool {
        !self.use_bearer.is_empty() || !self.with_bearer.is_empty()
    }

    /// The form with what was typed.
    pub(crate) fn view(&self, shell: Shell) -> AddConnectorPage {
        let mut view = AddConnectorPage::empty(shell);
        view.name.clone_from(&self.name);
        view.slug_preview = ConnectorName::parse(&self.name)
            .map(|name| Slug::derive(&name).to_string())
            .unwrap_or_default();
        view.url.clone_from(&self.url);
        view.url_cautions = cautions(&self.url);
        view.header = Some(HeaderField {
            value: self.auth_header.clone(),
            problem: String::new(),
        });
        view.advanced_open =
            !self.auth_header.is_empty() || !self.token.0.is_empty() || self.wants_bearer();
        view.token.with_bearer = self.wants_bearer();
        if !self.token.0.is_empty() || self.wants_bearer() {
            "Type the token again: it is never sent back to the browser."
                .clone_into(&mut view.token.help);
        }
        view
    }
}

/// The token field of this form.
pub(crate) fn token_field() -> TokenField {
    TokenField {
        label: "Access token".to_owned(),
        optional: true,
        help: "Sent exactly as you type it. Stored encrypted, never shown again.".to_owned(),
        ..TokenField::default()
    }
}

/// What to know about a URL without stopping anybody.
pub(crate) fn cautions(url: &str) -> Vec<String> {
    let Ok(url) = ConnectorUrl::parse(url) else {
        return Vec::new();
    };
    let mut cautions = Vec::new();
    if url.is_plain_http() && !url.is_loopback_host() {
        cautions.push("Plain HTTP: the token and all data travel unencrypted. Use it only inside a network you trust.".to_owned());
    }
    if url.warnings().contains(&UrlWarning::SecretInQuery) {
        cautions
            .push("The URL is stored in plain text. Put the secret in the token field.".to_owned());
    }
    cautions
}

/// Shows the result of a test on the page.
pub(crate) fn apply(view: &mut AddConnectorPage, tested: Tested) {
    view.advanced_open |= tested.open_advanced;
    view.url_problem = tested.url_problem;
    if let Some(header) = &mut view.header {
        header.problem = tested.header_problem;
    }
    if !tested.token.problem.is_empty() {
        view.token.problem = tested.token.problem;
        view.token.tail = tested.token.tail;
    }
    view.rail = tested.rail;
    view.foot = tested.foot;
}

/// Shows why it was not saved: each field with its sentence, and all of them in the summary.
pub(crate) async fn explain(
    state: &AppState,
    view: &mut AddConnectorPage,
    error: &AddConnectorError,
) {
    match error {
        AddConnectorError::Invalid { fields } => invalid(view, fields),
        AddConnectorError::SlugReserved { .. } | AddConnectorError::SlugTaken { .. } => {
            let problem = name_problem(state, &view.name, error).await;
            let key = &problem.slug;
            let (link, _) = problem.link.clone().unwrap_or_default();
            view.summary.push((
                "name",
                format!("mcp__{key} {} {link}", problem.text)
                    .trim_end()
                    .to_owned(),
            ));
            view.name_problem = Some(problem);
        }
        AddConnectorError::Store(_) => {}
    }
}

fn invalid(view: &mut AddConnectorPage, fields: &[FieldError]) {
    for field in fields {
        let text = field.detail.clone();
        match field.field {
            "name" | "slug" => {
                view.name_problem = Some(NameProblem {
                    text: text.clone(),
                    ..NameProblem::default()
                });
            }
            "url" => {
                view.url_problem.clone_from(&text);
                view.url_offer = with_scheme(&view.url);
            }
            "token" => view.token.problem.clone_from(&text),
            _ => {
                if let Some(header) = &mut view.header {
                    header.problem.clone_from(&text);
                }
            }
        }
        view.advanced_open |= matches!(field.field, "token" | "auth_header");
        view.summary.push((field.field, text));
    }
}

/// The same address with `https://`, when that makes it one.
fn with_scheme(url: &str) -> Option<Offer> {
    let value = format!("https://{}", url.trim().trim_start_matches('/'));
    (!url.contains("://") && !url.trim().is_empty() && ConnectorUrl::parse(&value).is_ok()).then(
        || Offer {
            label: format!("Use {value}"),
            value,
        },
    )
}

/// Why a name cannot be used, with names that can.
pub(crate) async fn name_problem(
    state: &AppState,
    name: &str,
    error: &AddConnectorError,
) -> NameProblem {
    match error {
        AddConnectorError::SlugReserved {
            slug,
            owner,
            suggestion,
        } => NameProblem {
            slug: slug.to_string(),
            text: format!("belongs to {owner}."),
            suggestions: suggestions(name, suggestion, &state.settings.organization),
            ..NameProblem::default()
        },
        AddConnectorError::SlugTaken {
            slug,
            taken_by,
            suggestion,
        } => {
            let by = state.hub.connector(slug).await.ok();
            NameProblem {
                slug: slug.to_string(),
                text: "is used by".to_owned(),
                link: Some((taken_by.clone(), format!("/integrations/c/{slug}"))),
                after_link: by.map_or_else(
                    || ".".to_owned(),
                    |by| format!(", added by {} on {}.", by.created_by, date(by.created_at)),
                ),
                suggestions: suggestions(name, suggestion, &state.settings.organization),
            }
        }
        other => NameProblem {
            text: other.to_string(),
            ..NameProblem::default()
        },
    }
}

/// "Linear 2", as the free key has it, and "Linear Northwind".
fn suggestions(name: &str, free: &Slug, org: &str) -> Vec<String> {
    let name = name.trim().trim_end_matches(|c: char| !c.is_alphanumeric());
    let number = free
        .as_str()
        .rsplit('_')
        .next()
        .filter(|end| end.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or("2");
    let mut names = vec![format!("{name} {number}")];
    if !org.is_empty() {
        names.push(format!("{name} {org}"));
    }
    names.retain(|name| {
        ConnectorName::parse(name).is_ok_and(|name| Slug::derive(&name).reserved_by().is_none())
    });
    names
}

#[cfg(test)]
mod tests {
    use super::{suggestions, with_scheme};
    use tieline_domain::Slug;

    #[test]
    fn suggestions_are_names_that_work() {
        let free = Slug::parse("linear_2").expect("a slug");
        assert_eq!(
            suggestions("Linear!", &free, "Acme"),
            ["Linear 2", "Linear Acme"]
        );
        assert_eq!(suggestions("Linear", &free, ""), ["Linear 2"]);
    }

    #[test]
    fn https_is_offered_where_the_scheme_is_missing() {
        assert_eq!(
            with_scheme("mcp.acme.io/mcp")
                .map(|offer| offer.value)
                .as_deref(),
            Some("https://mcp.acme.io/mcp")
        );
        assert!(with_scheme("ftp://h/").is_none());
        assert!(with_scheme("").is_none());
    }
}
