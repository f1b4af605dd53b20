//! A person stops the turn that runs.

use tieline_domain::SessionId;
use tieline_hub::Caller;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::live::Why;

impl Agent {
    /// Stops the turn that runs or waits, with its calls. Answers whether there was one. Messages that wait start next.
    pub async fn stop(&self, caller: &Caller, id: SessionId) -> Result<bool, AgentError> {
        self.own(caller, id).await?;
        if let Some(turn) = self.inner.registry.get(id).and_then(|live| live.turn()) {
            turn.end(Why::Person);
            return Ok(true);
        }
        Ok(self.inner.store.agent_want_stop(caller.user, id).await?)
    }
}
