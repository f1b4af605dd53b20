//! What a server asks while it works on the call of a legacy client: put to it on the call's own stream.

use std::borrow::Cow;

use serde_json::value::RawValue;
use tieline_hub::{Askable, CallOutcome};
use tieline_mcp::Question;
use tokio::sync::mpsc;

use super::{QUESTIONS, ReadyCall};
use crate::gateway::questions::{self, Asker};
use crate::gateway::sessions::McpSession;
use crate::gateway::stream_log::StreamLog;

impl ReadyCall<'_> {
    /// Runs it to its end, and puts what the server asks meanwhile to the client on the call's own stream.
    pub(in crate::gateway) async fn run_asking(
        &self,
        notifications: mpsc::Sender<Box<RawValue>>,
        log: &StreamLog,
    ) -> CallOutcome {
        let Some(session) = self.asked_in.as_deref() else {
            return self.run(Some(notifications)).await;
        };
        let entropy = self.exchange.gateway.hub().entropy();
        let asker = Asker::new(session, entropy, log);
        let (to, mut heard) = mpsc::channel(QUESTIONS);
        let passing_on = async {
            loop {
                tokio::select! {
                    Some(question) = heard.recv() => asker.ask(question),
                    () = log.left() => {
                        asker.forget();
                        std::future::pending::<()>().await;
                    }
                }
            }
        };
        tokio::select! {
            outcome = self.rounds(session, &asker, notifications, to) => outcome,
            () = passing_on => questions::failed("cancelled", "The call was stopped."),
        }
    }

    /// Makes the call again with the client's answers for as long as a modern server asks.
    async fn rounds(
        &self,
        session: &McpSession,
        asker: &Asker<'_>,
        notifications: mpsc::Sender<Box<RawValue>>,
        to: mpsc::Sender<Question>,
    ) -> CallOutcome {
        let capabilities = session.can.to_capabilities();
        let mut params = Cow::Borrowed(&*self.params);
        for _ in 0..=questions::ROUNDS {
            let askable = Askable {
                can: session.can,
                capabilities: &capabilities,
                to: Some(to.clone()),
            };
            let notifications = Some(notifications.clone());
            let outcome = self
                .run_with((&params, None), notifications, Some(askable))
                .await;
            let CallOutcome::InputRequired { result } = &outcome else {
                return outcome;
            };
            match asker.next_params(&self.params, result).await {
                Ok(next) => params = Cow::Owned(next),
                Err(failed) => return failed,
            }
        }
        let text = "The server asked again and again, more often than Tieline passes on.";
        questions::failed("too_many_questions", text)
    }
}
