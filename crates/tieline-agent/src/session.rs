//! One conversation's tools: the catalogue that it began with, under the names that a model sees.

use std::sync::Arc;

use serde_json::value::RawValue;
use thiserror::Error;
use tieline_domain::RandomCode;
use tieline_hub::{Caller, Catalog, CatalogTool, Hub, SessionKey, ToolCall, ToolOutcome};
use tokio_util::sync::CancellationToken;

/// A session of one person. Its tools never change; whether a call may still run is decided at the call.
#[derive(Debug)]
pub struct Session {
    hub: Hub,
    caller: Caller,
    key: SessionKey,
    catalog: Arc<Catalog>,
}

/// A model asked for a tool that the session does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("This session has no tool of that name. Use one of the tools that it began with.")]
pub struct ToolNotFound;

impl Session {
    /// Starts a session with the catalogue of now. It waits for no server: starting copies a pointer.
    pub fn start(hub: &Hub, caller: Caller) -> Self {
        let id = RandomCode::generate(hub.entropy());
        Self {
            catalog: hub.catalog(),
            key: SessionKey(format!("agent:{}", id.expose()).into()),
            hub: hub.clone(),
            caller,
        }
    }

    /// The frozen catalogue.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The tools, by the names that a model sees: `mcp__<slug>__<tool>`.
    pub fn tools(&self) -> impl Iterator<Item = &CatalogTool> {
        self.catalog.tools().map(|tool| &**tool)
    }

    /// Calls a tool by the name that a model sees, with the arguments as the model wrote them. The name is looked up in
    /// the frozen table and never taken apart.
    pub async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
        cancel: CancellationToken,
    ) -> Result<ToolOutcome, ToolNotFound> {
        let tool = self.catalog.by_agent_name(name).ok_or(ToolNotFound)?;
        let params = params_of(&tool.name, arguments);
        let call = ToolCall {
            caller: &self.caller,
            session: &self.key,
            tool,
            params: &params,
            notifications: None,
            cancel,
            client: Some("Tieline"),
        };
        Ok(self.hub.dispatch(call).await)
    }

    /// Ends what the session left open at servers.
    pub async fn end(self) {
        self.hub.end_session(&self.key).await;
    }
}

fn params_of(name: &str, arguments: &RawValue) -> Box<RawValue> {
    let name = serde_json::Value::String(name.to_owned());
    let params = format!(r#"{{"name":{name},"arguments":{}}}"#, arguments.get());
    RawValue::from_string(params).expect("two JSON values make a JSON object")
}
