//! A person approves or refuses a call that waits for it.

use tieline_domain::{CallId, SessionId};
use tieline_hub::Caller;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::event::Decision;

impl Agent {
    /// Decides about a call that waits. Only the owner of the session can; the first decision counts, and it is stored
    /// before it acts.
    pub async fn decide(
        &self,
        caller: &Caller,
        id: SessionId,
        call: CallId,
        decision: Decision,
    ) -> Result<(), AgentError> {
        self.own(caller, id).await?;
        let word = match decision {
            Decision::Approve => "approve",
            Decision::Refuse => "refuse",
        };
        let store = &self.inner.store;
        if !store.agent_decide(caller.user, id, call, word).await? {
            return Err(AgentError::CallNotWaiting);
        }
        // A call of another process hears of it with that process's next sign of life.
        if let Some(turn) = self.inner.registry.get(id).and_then(|live| live.turn()) {
            turn.decide(call, decision);
        }
        Ok(())
    }
}
