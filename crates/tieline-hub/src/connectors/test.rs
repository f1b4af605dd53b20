//! The connection test: the same client, limits and identity as a real call, step by step. Nothing is saved.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use tieline_domain::{
    AccessToken, AuthHeader, ConnectorDraft, ConnectorUrl, FieldError, FieldErrors, HeaderError,
    Slug, TokenError,
};
use tieline_mcp::{Address, McpError, ProbeHint, ProbeReport, StepReport};
use tieline_store::StoreError;

use super::ServerView;
use crate::Hub;
use crate::credential::target_of;
use crate::scrub::Scrubber;

/// What the test found.
#[derive(Debug)]
pub struct TestReport {
    /// Whether agents could use the connector as it was tested.
    pub ok: bool,
    /// The steps in order: dns, tcp, tls, http, handshake, tools.
    pub steps: Vec<StepReport>,
    /// What the server calls itself.
    pub server: Option<ServerView>,
    /// The revision that was agreed on.
    pub revision: Option<String>,
    /// The tools that it offers: names and raw definitions.
    pub tools: Vec<(String, Box<RawValue>)>,
    /// Something that would make it work, or work better.
    pub hint: Option<Hint>,
}

/// A proposal that was tried out where it can be.
#[derive(Debug, Clone, Serialize)]
pub struct Hint {
    /// `add_bearer`, `bare_key`, `use_address`, `try_path`.
    pub code: &'static str,
    /// One line.
    pub title: String,
    /// One or two sentences.
    pub message: String,
    /// The address to use instead, for `use_address` and `try_path`.
    pub url: Option<String>,
}

/// Why no test was run.
#[derive(Debug, Error)]
pub enum TestConnectorError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The stored token does not open.
    #[error("The stored token cannot be read. Enter it again.")]
    SecretUnreadable,
    /// There is no such connector, or the database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Tests what an admin typed, before anything is saved. `on_step` sees each step as it ends.
    pub async fn test_draft(
        &self,
        draft: &ConnectorDraft,
        on_step: &mut (dyn FnMut(&StepReport) + Send),
    ) -> Result<TestReport, TestConnectorError> {
        let mut errors = FieldErrors::default();
        let url = self.keep_url(&mut errors, &draft.url);
        let header = AuthHeader::parse(&draft.auth_header);
        let header = errors.keep("auth_header", header, HeaderError::code);
        let token = errors.keep("token", AccessToken::parse(&draft.token), TokenError::code);
        match (url, header, token) {
            (Some(url), Some(header), Some(token)) => Ok(self
                .test_target(&url, &header, token.as_ref(), on_step)
                .await),
            _ => Err(TestConnectorError::Invalid {
                fields: errors.into_vec(),
            }),
        }
    }

    /// Tests a saved connector with its stored token, and brings its status and catalogue up to date.
    pub async fn test_connector(
        &self,
        slug: &Slug,
        on_step: &mut (dyn FnMut(&StepReport) + Send),
    ) -> Result<TestReport, TestConnectorError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        self.reload().await?;
        let live = self
            .snapshot()
            .connector(row.id)
            .cloned()
            .ok_or(StoreError::NotFound)?;
        let Ok(credential) = self.open_credential(&live) else {
            self.note_unreadable_secret(&live);
            return Err(TestConnectorError::SecretUnreadable);
        };
        let token = AccessToken::parse(credential.expose().unwrap_or_default())
            .map_err(|_| TestConnectorError::SecretUnreadable)?;
        let report = self
            .test_target(&live.url, &live.auth_header, token.as_ref(), on_step)
            .await;
        self.inner.breakers.reset(live.id);
        self.inner.refresh.request(live.id);
        Ok(report)
    }

    pub(crate) async fn test_target(
        &self,
        url: &ConnectorUrl,
        header: &AuthHeader,
        token: Option<&AccessToken>,
        on_step: &mut (dyn FnMut(&StepReport) + Send),
    ) -> TestReport {
        let scrubber = Scrubber::new(token.map(AccessToken::expose));
        let address = Arc::new(Address::new(url.to_url()));
        let target = target_of(&address, header, token.map(AccessToken::expose));
        let network = self.snapshot().network().clone();
        let report = network
            .mcp
            .probe(&target, |step: &StepReport| {
                on_step(&cleaned(step, token, &scrubber));
            })
            .await;
        let hint = self.hint_for(&report, url, header, token).await;
        TestReport {
            ok: report.ok(),
            steps: report
                .steps
                .iter()
                .map(|step| cleaned(step, token, &scrubber))
                .collect(),
            server: report.server.map(|server| ServerView {
                name: scrubber.text(&server.name).into_owned(),
                version: Some(scrubber.text(&server.version).into_owned())
                    .filter(|version| !version.is_empty()),
            }),
            revision: report.wire.map(|wire| wire.revision().to_string()),
            tools: report
                .tools
                .map(|listed| listed.items)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|tool| {
                    let name = scrubber.text(&tool.name).into_owned();
                    scrubber
                        .json(tool.definition)
                        .map(|definition| (name, definition))
                })
                .collect(),
            hint,
        }
    }

    /// When a bare token is refused in `Authorization`, tries once with `Bearer ` in front, at the same server only,
    /// and proposes it only if that works.
    async fn hint_for(
        &self,
        report: &ProbeReport,
        url: &ConnectorUrl,
        header: &AuthHeader,
        token: Option<&AccessToken>,
    ) -> Option<Hint> {
        if let Some(proposed) = &report.hint {
            let hint = address_hint(proposed);
            // A server that repeats the token in an address proposes nothing that may be shown or saved.
            let scrubber = Scrubber::new(token.map(AccessToken::expose));
            return (!scrubber.finds(&hint.message)).then_some(hint);
        }
        let token = token?;
        if report.error.as_ref().map(McpError::code) != Some("auth_failed") {
            return None;
        }
        if !header.is_authorization() {
            let message = format!(
                "Most servers want the bare key in {}, without “Bearer ”.",
                header.as_str()
            );
            return token.has_scheme().then(|| Hint {
                code: "bare_key",
                title: "Remove “Bearer ” from the token?".to_owned(),
                message,
                url: None,
            });
        }
        if token.has_scheme() {
            return None;
        }
        let with_bearer = zeroize::Zeroizing::new(format!("Bearer {}", token.expose()));
        let network = self.snapshot().network().clone();
        let second = network
            .mcp
            .probe(
                &target_of(
                    &Arc::new(Address::new(url.to_url())),
                    header,
                    Some(&with_bearer),
                ),
                |_| {},
            )
            .await;
        second.ok().then(|| Hint {
            code: "add_bearer",
            title: "Add “Bearer ” in front of the token?".to_owned(),
            url: None,
            message: format!(
                "We tried it: with “Bearer …{}” the server accepts the token and offers {}.",
                token.hint().tail.unwrap_or_default(),
                counted(
                    second.tools.as_ref().map_or(0, |listed| listed.items.len()),
                    "tool"
                )
            ),
        })
    }
}

/// A step without any form of the token, and with the length and end of a refused one.
fn cleaned(step: &StepReport, token: Option<&AccessToken>, scrubber: &Scrubber) -> StepReport {
    let mut step = step.clone();
    if step.code == "auth_failed"
        && let Some(token) = token
    {
        step.message = rejected_sentence(token);
    }
    step.message = scrubber.text(&step.message).into_owned();
    step.excerpt = step
        .excerpt
        .map(|excerpt| scrubber.text(&excerpt).into_owned());
    step
}

fn address_hint(hint: &ProbeHint) -> Hint {
    match hint {
        ProbeHint::UseAddress { url } => Hint {
            code: "use_address",
            title: "Use this address".to_owned(),
            message: format!("The server moved to {url}. The token was not sent there."),
            url: Some(url.clone()),
        },
        ProbeHint::TryMcp { url } => Hint {
            code: "try_path",
            title: "Try /mcp".to_owned(),
            message: format!("An MCP server answers at {url}."),
            url: Some(url.clone()),
        },
    }
}

fn rejected_sentence(token: &AccessToken) -> String {
    let hint = token.hint();
    match hint.tail {
        Some(tail) => format!(
            "The server rejected this token ({} characters, ends in {tail}).",
            hint.characters
        ),
        None => format!(
            "The server rejected this token ({} characters).",
            hint.characters
        ),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
