//! A person starts a session. Its tools are those of now and stay so; no server is waited for.

use std::sync::Arc;

use tieline_domain::SessionId;
use tieline_hub::{Caller, ConnectorStatus};
use tieline_store::{AgentSessionRow, StoreError};

use crate::agent::Agent;
use crate::changes;
use crate::error::AgentError;
use crate::frozen::Frozen;
use crate::view::{SessionView, ToolMode};

const MODEL_CHARS: usize = 200;

impl Agent {
    /// Starts a session: its tools are those of now and stay so. `model` is the name of a configured model API or of a
    /// model; none is the default.
    pub async fn create_session(
        &self,
        caller: &Caller,
        model: Option<String>,
    ) -> Result<SessionView, AgentError> {
        let model = model_name(model)?;
        if model.is_some() {
            // A model API that another process added a moment ago must not be taken for a model of the default one.
            self.inner.hub.catch_up().await?;
        }
        let frozen = self.inner.frozen.current(&self.inner.hub);
        let news = self.news(caller, &frozen).await?;
        let now = self.now();
        let (clock, entropy) = (self.inner.hub.clock(), self.inner.hub.entropy());
        let mode = if frozen.tokens > self.inner.settings.definition_budget {
            ToolMode::Search
        } else {
            ToolMode::List
        };
        let row = AgentSessionRow {
            id: SessionId::generate(clock, entropy),
            user_id: caller.user,
            title: String::new(),
            model,
            mode: mode.as_str().to_owned(),
            catalog: frozen.digest.clone(),
            revision: frozen.catalog.revision().to_string(),
            tools: frozen.catalog.tool_count() as u64,
            tokens: frozen.tokens,
            news: serde_json::to_string(&news).expect("sentences are JSON"),
            left_out: "[]".to_owned(),
            last_event: 0,
            created_at: now,
            updated_at: now,
        };
        self.insert(&row, &frozen).await?;
        Ok(self.view_of(row, &frozen, &[]))
    }

    /// The text of the catalogue goes along once. Should the last session with it have been deleted since, the database
    /// says so, and it goes along again.
    async fn insert(&self, row: &AgentSessionRow, frozen: &Frozen) -> Result<(), AgentError> {
        let store = &self.inner.store;
        let text = frozen.unstored();
        match store.agent_session_insert(row, text.as_deref()).await {
            Err(StoreError::NotFound) if text.is_none() => {
                let text = frozen.catalog.freeze();
                store.agent_session_insert(row, Some(&text)).await?;
            }
            other => other?,
        }
        frozen.set_stored(true);
        Ok(())
    }

    /// What is different from the person's session before.
    async fn news(&self, caller: &Caller, now: &Arc<Frozen>) -> Result<Vec<String>, AgentError> {
        let store = &self.inner.store;
        let Some(digest) = store.agent_latest_catalog(caller.user).await? else {
            return Ok(Vec::new());
        };
        let mut news = Vec::new();
        if digest != now.digest {
            // A damaged text of an old session is no reason to refuse a new one.
            if let Ok(before) = self.inner.frozen.of(store, &digest).await {
                news = changes::between(&before.catalog, &now.catalog);
            }
        }
        for row in store.connectors_all().await?.rows {
            let failing = row.status == ConnectorStatus::Failing.as_str();
            if failing && row.enabled {
                news.push(format!("{} is failing", row.name));
            }
        }
        Ok(news)
    }
}

fn model_name(model: Option<String>) -> Result<Option<String>, AgentError> {
    let Some(model) = model else { return Ok(None) };
    let name = model.trim();
    if name.is_empty() {
        return Ok(None);
    }
    if name.chars().count() > MODEL_CHARS || name.chars().any(char::is_control) {
        return Err(AgentError::ModelNameInvalid);
    }
    Ok(Some(name.to_owned()))
}
