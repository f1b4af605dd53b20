//! What each page is told about the request: theme, address, and the message to show.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use tieline_domain::{AuditId, Slug, ThemeDefault};
use tieline_hub::SignedIn;

use super::shell::{Frame, Section, Shell, Theme, Toast};
use super::words::{counted, grouped};
use crate::state::AppState;

/// The cookie of the chosen theme. It holds no secret, so its name is the same over http and https.
pub(crate) const THEME_COOKIE: &str = "tieline-theme";
/// Its value for who chose to follow the system, whatever the default is.
pub(crate) const SYSTEM: &str = "system";

/// The request as a page needs it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Assets and theme.
    pub(crate) frame: Frame,
    /// Path and query.
    here: String,
    toast: Option<Toast>,
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            frame: Frame {
                assets: state.assets.base(),
                theme: theme(&parts.headers)
                    .unwrap_or_else(|| default_theme(state.hub.settings_in_force().theme)),
            },
            here: here.to_owned(),
            toast: parts.uri.query().and_then(toast),
        })
    }
}

impl Asked {
    /// The navigation for a person. What it counts is a comfort: without an answer of the database it is left out.
    pub(crate) async fn shell(self, state: &AppState, who: &SignedIn, section: Section) -> Shell {
        let mut shell = Shell::new(
            self.frame,
            state.settings.organization.clone(),
            who.name.clone(),
            who.is_admin(),
            section,
        );
        shell.here = self.here;
        shell.toast = self.toast;
        if who.is_admin() {
            shell.failing = state.hub.failing_connectors().await.unwrap_or_default();
            shell.people = state
                .hub
                .people()
                .await
                .map(|people| grouped(people as u64))
                .unwrap_or_default();
        }
        shell
    }
}

/// The theme for those who chose none.
fn default_theme(theme: ThemeDefault) -> Option<Theme> {
    match theme {
        ThemeDefault::System => None,
        ThemeDefault::Light => Some(Theme::Light),
        ThemeDefault::Dark => Some(Theme::Dark),
    }
}

/// The theme that somebody chose on this browser, of which one is to follow the system.
#[expect(
    clippy::option_option,
    reason = "no choice and the choice of none differ"
)]
pub(crate) fn theme(headers: &HeaderMap) -> Option<Option<Theme>> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == THEME_COOKIE)
        .and_then(|(_, word)| match Theme::from_word(word) {
            None if word != SYSTEM => None,
            chosen => Some(chosen),
        })
}

/// The message of `?done=…&what=…`. Both are words from a fixed list or a key, so a foreign link cannot make a page
/// say anything else.
fn toast(query: &str) -> Option<Toast> {
    let value = |wanted: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let done = value("done")?;
    let slug = value("what")
        .and_then(|what| Slug::parse(&what).ok())
        .map(|slug| slug.to_string())
        .unwrap_or_default();
    let count = value("count").and_then(|count| count.parse::<u16>().ok());
    if let Some(count) = count {
        return about_several(&done, count).map(Toast::text);
    }
    let key = format!("mcp__{slug}");
    let page = format!("/integrations/c/{slug}");
    let plain = |text: String| Some(Toast::text(text));
    let undoable = |text: &str| {
        let change = value("change").and_then(|change| AuditId::parse(&change).ok());
        Some(Toast {
            text: text.to_owned(),
            link: None,
            undo: change.map(|id| ("Undo".to_owned(), format!("{page}/tools/undo?change={id}"))),
        })
    };
    match (done.as_str(), slug.is_empty()) {
        ("added", false) => Some(Toast {
            text: format!("{key} added. People get its tools in their next session."),
            link: Some(("View".to_owned(), page.clone())),
            undo: None,
        }),
        ("removed", false) => plain(format!("{key} removed.")),
        ("turned_off", false) => Some(Toast {
            text: format!("{key} turned off for everyone."),
            link: None,
            undo: Some(("Undo".to_owned(), format!("{page}/turn_on"))),
        }),
        ("turned_on", false) => plain(format!(
            "{key} turned on. People get its tools in their next session."
        )),
        ("rotated", false) => plain(format!(
            "The token of {key} was replaced. The next call uses it."
        )),
        ("token_removed", false) => plain(format!("The token of {key} was removed.")),
        ("saved", false) => plain("Saved. The next call uses it.".to_owned()),
        ("tool_off", false) => undoable("Tool turned off for everyone."),
        ("tools_off", false) => undoable("All tools turned off for everyone."),
        ("tools_on", false) => {
            undoable("All tools turned on. People get them in their next session.")
        }
        ("undone", false) => plain("Undone.".to_owned()),
        ("not_undone", false) => {
            plain("Something else was switched since, so nothing was undone.".to_owned())
        }
        ("tool_approved", false) => {
            plain("Approved. People get the new version in their next session.".to_owned())
        }
        ("tool_on", false) => undoable("Tool turned on. People get it in their next session."),
        ("tool_ask", false) => undoable("The agent asks before it uses this tool."),
        ("model_added", _) => {
            plain("Model API added. The agent can use it from the next message.".to_owned())
        }
        ("model_saved", _) => plain("Saved. The agent’s next message uses it.".to_owned()),
        ("model_removed", _) => plain("Model API and key removed.".to_owned()),
        ("model_default", _) => plain(
            "New default. Sessions that chose no model use it from the next message.".to_owned(),
        ),
        ("settings_saved", _) => plain("Saved. It acts at once.".to_owned()),
        ("revoked", _) => plain("The key was revoked. It stops working at once.".to_owned()),
        ("user_saved", _) => plain("Saved. It acts on their next request.".to_owned()),
        ("user_suspended", _) => {
            plain("Suspended. Sign-ins ended, keys and running turns stopped.".to_owned())
        }
        ("user_restored", _) => plain("Restored. Access keys work again.".to_owned()),
        ("signed_out", _) => plain("Signed out there.".to_owned()),
        ("signed_out_everywhere", _) => plain("Signed out everywhere.".to_owned()),
        ("password_changed", _) => {
            plain("Password changed. Every other browser was signed out.".to_owned())
        }
        ("welcome", _) => plain("Tieline is set up.".to_owned()),
        _ => None,
    }
}

/// What was done to several connectors at once.
fn about_several(done: &str, count: u16) -> Option<String> {
    let what = counted(u64::from(count), "connector", "connectors");
    let [is, its] = if count == 1 {
        [
            "It is gone or was so already",
            "Its status appears here as it answers",
        ]
    } else {
        [
            "They are gone or were so already",
            "Their status appears here as they answer",
        ]
    };
    Some(match (done, count) {
        ("checking_many", 0) => "None of them is on, so none is tested.".to_owned(),
        ("checking_many", _) => format!("Testing {what}. {its}."),
        ("turned_off_many" | "turned_on_many" | "removed_many", 0) => {
            format!("Nothing was changed. {is}.")
        }
        ("turned_off_many", _) => format!("{what} turned off for everyone."),
        ("turned_on_many", _) => {
            format!("{what} turned on. People get their tools in their next session.")
        }
        ("removed_many", _) => format!("{what} removed."),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{theme, toast};
    use crate::dashboard::shell::Theme;
    use http::{HeaderMap, HeaderValue, header};

    #[test]
    fn a_message_says_only_what_the_product_says() {
        assert!(
            toast("done=removed&what=acme_mcp")
                .is_some_and(|toast| toast.text == "mcp__acme_mcp removed.")
        );
        for query in [
            "done=removed&what=%3Cb%3E",
            "done=hacked&what=acme",
            "what=acme",
            "done=added",
        ] {
            assert!(toast(query).is_none(), "{query}");
        }
    }

    #[test]
    fn the_theme_comes_from_its_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("tieline=x; tieline-theme=dark"),
        );
        assert_eq!(theme(&headers), Some(Some(Theme::Dark)));
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("tieline-theme=system"),
        );
        assert_eq!(theme(&headers), Some(None));
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("tieline-theme=<b>"),
        );
        assert_eq!(theme(&headers), None);
    }
}
