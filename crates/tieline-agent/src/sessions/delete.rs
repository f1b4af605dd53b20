//! A person deletes a session, with everything that was said and done in it.

use std::time::Duration;

use tieline_domain::SessionId;
use tieline_hub::Caller;

use crate::agent::{Agent, key_of};
use crate::error::AgentError;
use crate::live::Why;

/// How long a turn is given to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

impl Agent {
    /// Deletes a session with everything in it. What runs in it ends first.
    pub async fn delete(&self, caller: &Caller, id: SessionId) -> Result<(), AgentError> {
        let row = self.own(caller, id).await?;
        let live = self.inner.registry.session(id);
        live.set_deleted();
        let mut news = live.listen();
        if let Some(turn) = live.turn() {
            turn.end(Why::Deleted);
        }
        let ended = async { while live.turn().is_some() && news.changed().await.is_ok() {} };
        // Should it hang, what it still writes finds no session and ends it.
        let _ = tokio::time::timeout(PATIENCE, ended).await;
        if !self
            .inner
            .store
            .agent_session_delete(caller.user, id)
            .await?
        {
            return Err(AgentError::SessionNotFound);
        }
        self.inner.hub.end_session(&key_of(id)).await;
        if self.inner.store.agent_catalog_forget(&row.catalog).await? {
            self.inner.frozen.forget(&row.catalog);
        }
        Ok(())
    }
}
