//! The frozen tools of a session.

use tieline_domain::SessionId;
use tieline_hub::Caller;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::view::SessionTool;

impl Agent {
    /// The frozen tools of a session, in the order in which the model gets them.
    pub async fn tools(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<Vec<SessionTool>, AgentError> {
        let row = self.own(caller, id).await?;
        let frozen = self
            .inner
            .frozen
            .of(&self.inner.store, &row.catalog)
            .await?;
        let tools = frozen.catalog.tools().zip(&frozen.costs);
        let shown = tools.map(|(tool, tokens)| SessionTool {
            name: tool.agent_name.clone(),
            connector: tool.slug.to_string(),
            tool: tool.name.to_string(),
            title: tool.title.clone(),
            description: tool.description.clone(),
            tokens: *tokens,
            policy: self.inner.hub.policy_of(tool),
        });
        Ok(shown.collect())
    }
}
