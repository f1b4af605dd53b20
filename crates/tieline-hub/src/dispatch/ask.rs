//! The request itself: credential, client, parameters, the wait for the answer.

use std::borrow::Cow;
use std::sync::Arc;

use tieline_mcp::raw::RawObject;
use tieline_mcp::{CallRequest, McpError, Named, PassOn};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::outcome::outcome_of;
use super::questions;
use super::relay::relay;
use super::{Call, CallOutcome};
use crate::Hub;
use crate::credential::target_of;
use crate::scrub::Scrubber;
use crate::snapshot::LiveConnector;

/// How many notifications may wait for a caller that reads slowly.
const NOTIFICATIONS: usize = 32;

/// Why there is no outcome yet.
pub(super) enum Asked {
    /// The error, and its sentence without the credential.
    Failed(McpError, String),
    SecretUnreadable,
    BadParams,
}

/// What a server says may hold the credential: a redirect, the text of an error.
fn failed(error: McpError, scrubber: &Scrubber) -> Asked {
    let message = scrubber.text(&error.to_string()).into_owned();
    Asked::Failed(error, message)
}

impl Hub {
    /// Asks the server. A 401 is asked once more if the credential was rotated in between: the server did not run
    /// anything for it.
    pub(super) async fn ask(
        &self,
        live: &Arc<LiveConnector>,
        call: &Call<'_>,
        started: Instant,
    ) -> CallOutcome {
        let first = self.ask_once(live, call, started).await;
        if !matches!(&first, Err(Asked::Failed(error, _)) if error.code() == "auth_failed") {
            return self.settle(live, call, first, started);
        }
        let current = self.inner.snapshot.load().connector(live.id).cloned();
        match current.filter(|current| {
            current.enabled && current.credential_version != live.credential_version
        }) {
            Some(current) => {
                let second = Box::pin(self.ask_once(&current, call, started)).await;
                self.settle(&current, call, second, started)
            }
            None => self.settle(live, call, first, started),
        }
    }

    async fn ask_once(
        &self,
        live: &Arc<LiveConnector>,
        call: &Call<'_>,
        started: Instant,
    ) -> Result<CallOutcome, Asked> {
        let credential = self
            .open_credential(live)
            .map_err(|_| Asked::SecretUnreadable)?;
        let target = target_of(&live.address, &live.auth_header, credential.expose());
        let scrubber = Scrubber::known_by(&live.trace, credential.expose());
        let mut params = match call.split {
            Some(split) => Cow::Borrowed(split),
            None => Cow::Owned(RawObject::parse(call.params).map_err(|_| Asked::BadParams)?),
        };
        // Tasks of 2025-11-25 are offered to nobody, so no server is asked for one.
        if call.wanted.tool().is_some() && params.contains("task") {
            params = Cow::Owned(params.into_owned().without(&["task"]));
        }
        let upstream = self
            .upstream_for(live, call.session, call.client_can(), &target)
            .await
            .map_err(|error| failed(error, &scrubber))?;
        let deadline = started + self.inner.settings.call_timeout;
        let asks = call.notifications.as_ref().map(|caller| {
            let (notifications, heard) = mpsc::channel(NOTIFICATIONS);
            (notifications, relay(heard, caller, &scrubber))
        });
        let (notifications, relaying) = asks.unzip();
        let asking = self.asking(call, started).map(|asking| {
            let relaying = questions::relay(asking.heard, asking.caller, &scrubber);
            (asking.questions, relaying)
        });
        let (questions, asking) = asking.unzip();
        let live_tool = call
            .wanted
            .tool()
            .and_then(|tool| live.tools.get(&*tool.name));
        let pass_on = call.pass_on.map(|to| PassOn {
            way: to.way,
            begin: to.begin,
            clean: &scrubber,
            keep: self.kept_of_passed(call),
        });
        let named = call.wanted.named();
        let request = CallRequest {
            method: call.wanted.method(),
            named: named.map(|(field, value)| Named { field, value }),
            params: &params,
            param_headers: live_tool.map(|tool| &tool.headers),
            deadline,
            notifications,
            session: call.session_is,
            hold: call.hold,
            pass_on,
            capabilities: call.declared(),
            questions,
            cancel: call.cancel.clone(),
        };
        let reply = if relaying.is_none() && asking.is_none() {
            upstream.call(&target, request).await
        } else {
            // A caller that reads slowly must not keep the credential open.
            let relayed = async {
                if let Some(relaying) = relaying {
                    let until = deadline + call.time_for_questions();
                    let _ = tokio::time::timeout_at(until, relaying).await;
                }
            };
            let asked = async {
                if let Some(asking) = asking {
                    asking.await;
                }
            };
            // What a call seldom needs lies on the heap, so that the future of every call stays small.
            let heard = async { tokio::join!(upstream.call(&target, request), relayed, asked).0 };
            Box::pin(heard).await
        };
        let reply = reply.map_err(|error| failed(error, &scrubber))?;
        Ok(outcome_of(reply, call.askable.is_some(), &scrubber))
    }
}
