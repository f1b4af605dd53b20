//! The service that every door uses: sessions, turns and their events. Cloning is cheap and shares everything.

use std::fmt;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use tieline_domain::{CallId, SessionId};
use tieline_hub::{Caller, Hub};
use tieline_store::Store;

use crate::error::AgentError;
use crate::event::{Decision, Event};
use crate::settings::AgentSettings;
use crate::transcript::Transcript;
use crate::view::{Follow, Sent, SessionSummary, SessionTool, SessionView};

/// A stream of events, oldest first.
pub type Events = BoxStream<'static, Result<Arc<Event>, AgentError>>;

/// The agent.
#[derive(Clone)]
pub struct Agent {
    hub: Hub,
    _store: Store,
    _settings: AgentSettings,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::unused_async,
    reason = "what these do follows; the doors can be built against them meanwhile"
)]
impl Agent {
    /// Opens the agent over a hub and its store, and marks the turns of processes that are gone as interrupted.
    pub async fn open(hub: Hub, store: Store, settings: AgentSettings) -> Result<Self, AgentError> {
        Ok(Self {
            hub,
            _store: store,
            _settings: settings,
        })
    }

    /// Ends what runs, stores everything and stops the work in the background.
    pub async fn close(&self) {}

    /// Starts a session: its tools are those of now and stay so. `model` is the name of a configured model API or of a
    /// model; none is the default.
    pub async fn create_session(
        &self,
        _caller: &Caller,
        _model: Option<String>,
    ) -> Result<SessionView, AgentError> {
        Err(AgentError::Stopping)
    }

    /// The caller's own sessions, the latest first.
    pub async fn sessions(&self, _caller: &Caller) -> Result<Vec<SessionSummary>, AgentError> {
        Err(AgentError::Stopping)
    }

    /// One session of the caller.
    pub async fn session(
        &self,
        _caller: &Caller,
        _id: SessionId,
    ) -> Result<SessionView, AgentError> {
        Err(AgentError::Stopping)
    }

    /// Gives a session another title.
    pub async fn rename(
        &self,
        _caller: &Caller,
        _id: SessionId,
        _title: &str,
    ) -> Result<(), AgentError> {
        Err(AgentError::Stopping)
    }

    /// Deletes a session with everything in it. What runs in it ends first.
    pub async fn delete(&self, _caller: &Caller, _id: SessionId) -> Result<(), AgentError> {
        Err(AgentError::Stopping)
    }

    /// The frozen tools of a session.
    pub async fn tools(
        &self,
        _caller: &Caller,
        _id: SessionId,
    ) -> Result<Vec<SessionTool>, AgentError> {
        Err(AgentError::Stopping)
    }

    /// Everything that was said and done in a session.
    pub async fn transcript(
        &self,
        _caller: &Caller,
        _id: SessionId,
    ) -> Result<Transcript, AgentError> {
        Err(AgentError::Stopping)
    }

    /// Takes a message. It is stored when this returns; the turn that answers it goes on whether anyone listens or not.
    pub async fn send(
        &self,
        _caller: &Caller,
        _id: SessionId,
        _text: String,
    ) -> Result<Sent, AgentError> {
        Err(AgentError::Stopping)
    }

    /// Stops the turn that runs, with its calls. Answers whether there was one. Messages that wait start next.
    pub async fn stop(&self, _caller: &Caller, _id: SessionId) -> Result<bool, AgentError> {
        Err(AgentError::Stopping)
    }

    /// Decides about a call that waits.
    pub async fn decide(
        &self,
        _caller: &Caller,
        _id: SessionId,
        _call: CallId,
        _decision: Decision,
    ) -> Result<(), AgentError> {
        Err(AgentError::Stopping)
    }

    /// The events after `after`: the stored ones first, then each as it happens, none twice and none left out.
    pub async fn events(
        &self,
        _caller: &Caller,
        _id: SessionId,
        _after: u64,
        _follow: Follow,
    ) -> Result<Events, AgentError> {
        Err(AgentError::Stopping)
    }
}
