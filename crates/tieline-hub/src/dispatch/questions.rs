//! A server's questions on their way to the one caller whose call raised them.

use std::time::Duration;

use serde_json::value::RawValue;
use tieline_mcp::wire::ClientCan;
use tieline_mcp::{Question, Questions};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Call;
use crate::Hub;
use crate::scrub::Scrubber;

/// How long the questions of one call may keep it open, all together: three of ten minutes.
const ALL_QUESTIONS: Duration = Duration::from_mins(30);
/// How many questions may wait to be looked at.
const QUESTIONS: usize = 16;

/// The longest capabilities that are passed on.
const CAPABILITIES: usize = 16 << 10;

/// A caller that can be asked.
#[derive(Clone, Debug)]
pub struct Askable<'a> {
    /// Which questions it can answer. Legacy servers are told exactly this.
    pub can: ClientCan,
    /// The capabilities as modern servers are told of them.
    pub capabilities: &'a RawValue,
    /// Takes the questions that a legacy server asks on the stream of this call. Without it there are none.
    pub to: Option<mpsc::Sender<Question>>,
}

impl Call<'_> {
    pub(super) fn client_can(&self) -> ClientCan {
        match &self.askable {
            None => ClientCan::NOTHING,
            Some(askable) if askable.to.is_none() => askable.can.without_questions(),
            Some(askable) => askable.can,
        }
    }

    /// The capabilities for a modern server; nothing where the usual empty ones will do. Those of a client that tells a
    /// novel are left out.
    pub(super) fn declared(&self) -> Option<&RawValue> {
        let declared = self.askable.as_ref()?.capabilities;
        (3..=CAPABILITIES)
            .contains(&declared.get().len())
            .then_some(declared)
    }

    /// How much longer the call may take because somebody has to think.
    pub(super) fn time_for_questions(&self) -> Duration {
        if self.client_can().answers_nothing() {
            Duration::ZERO
        } else {
            ALL_QUESTIONS
        }
    }
}

/// Where the client of the server puts its questions, and from where they are passed on.
pub(super) struct Asking {
    pub(super) questions: Questions,
    pub(super) heard: mpsc::Receiver<Question>,
    pub(super) caller: mpsc::Sender<Question>,
}

impl Hub {
    /// Makes a call ready for questions; nothing for a caller that answers none.
    pub(super) fn asking(&self, call: &Call<'_>, started: Instant) -> Option<Asking> {
        let can = call.client_can();
        let caller = call
            .askable
            .as_ref()?
            .to
            .clone()
            .filter(|_| !can.answers_nothing())?;
        let (to, heard) = mpsc::channel(QUESTIONS);
        let until = started + self.inner.settings.call_timeout + ALL_QUESTIONS;
        let questions = Questions { can, to, until };
        Some(Asking {
            questions,
            heard,
            caller,
        })
    }
}

/// Passes questions on without the connector's credential, until the call is over. One that cannot be passed on is
/// dropped, which the server hears.
pub(super) async fn relay(
    mut heard: mpsc::Receiver<Question>,
    caller: mpsc::Sender<Question>,
    scrubber: &Scrubber,
) {
    while let Some(mut question) = heard.recv().await {
        let held = question.params.take();
        let clean = match held {
            Some(params) => scrubber.json(params).map(Some),
            None => Some(None),
        };
        if let Some(params) = clean {
            question.params = params;
            // Whoever does not take it in time is not asked.
            let _ = caller.try_send(question);
        }
    }
}
