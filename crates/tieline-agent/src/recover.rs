//! What other processes left behind: turns that ran are marked as interrupted and never run again, messages that had
//! only waited get their turn.

use std::sync::Arc;

use tieline_hub::Caller;
use tieline_store::{AgentTurnRow, AgentTurnState, StoreError};

use crate::agent::Agent;
use crate::event::{EventKind, ToolFinished};
use crate::live::{Live, RunningTurn};
use crate::model::{Message, ResultPart, UserPart};
use crate::settings::SERVER;
use crate::transcript::SessionState;
use crate::turn::{End, Start, content_of_text, interrupted_call};

/// The dead process may have shown events that it did not store. Their numbers are never used again.
const SKIPPED: u64 = 10_000;

impl Agent {
    /// Takes over what is left of processes that are gone: a server all of it, a command only what is in its own way.
    pub(crate) async fn recover(&self, opening: bool) -> Result<(), StoreError> {
        let settings = &self.inner.settings;
        let (store, me) = (&self.inner.store, &self.inner.owner);
        let now = self.now();
        let servers = format!("{SERVER}:");
        let dead = opening && settings.only_server;
        let dead = dead.then_some(servers.as_str());
        let before = now.minus(settings.lease);
        let mut left = store.agent_dead_turns(me, before, dead).await?;
        left.extend(store.agent_orphans().await?);
        if !settings.takes_over {
            left.retain(|turn| self.inner.registry.get(turn.session_id).is_some());
        }
        for turn in left {
            if store.agent_adopt(&turn, me, now).await? {
                self.take_over(turn).await?;
            }
        }
        Ok(())
    }

    async fn take_over(&self, turn: AgentTurnRow) -> Result<(), StoreError> {
        let Some(session) = self
            .inner
            .store
            .agent_session_of_any(turn.session_id)
            .await?
        else {
            return Ok(());
        };
        let live = self.inner.registry.session(turn.session_id);
        let gate = live.gate.lock().await;
        let caller = Caller {
            user: session.user_id,
            user_name: String::new(),
            role: tieline_domain::Role::Member,
            key: None,
        };
        let running = Arc::new(RunningTurn::new(
            turn.id,
            caller,
            SessionState::Queued { place: 1 },
        ));
        live.continue_from(session.last_event + SKIPPED);
        live.set_turn(Some(running.clone()));
        drop(gate);
        if turn.state != AgentTurnState::Running {
            self.spawn_turn(live, Start::waiting(running, turn.text));
            return Ok(());
        }
        // Without the results, the model hears that they are unknown.
        let end = self.interrupted(&live, &running).await;
        let end = end.unwrap_or_else(|_| interruption());
        let agent = self.clone();
        self.inner.turns.spawn(async move {
            if let Some(next) = agent.finish(&live, &running, end).await {
                agent.spawn_turn(live, next);
            }
        });
        Ok(())
    }

    /// The end of a turn whose process is gone. Calls that were under way get a result that says what is known.
    async fn interrupted(&self, live: &Live, turn: &RunningTurn) -> Result<End, StoreError> {
        let mut results = Vec::new();
        for call in self.inner.store.agent_calls(turn.id).await? {
            let known = call
                .result
                .and_then(|json| serde_json::from_str::<UserPart>(&json).ok());
            results.push(known.unwrap_or_else(|| {
                let sentence = interrupted_call();
                let finished = ToolFinished {
                    call_id: call.id,
                    outcome: "upstream_failure".to_owned(),
                    code: Some("interrupted".to_owned()),
                    ms: 0,
                    content: content_of_text(sentence),
                    given: None,
                };
                self.emit(live, turn.id, EventKind::ToolFinished(finished));
                UserPart::ToolResult {
                    call_id: call.model_call_id,
                    is_error: true,
                    parts: vec![ResultPart::Text(sentence.to_owned())],
                }
            }));
        }
        let mut end = interruption();
        if !results.is_empty() {
            end.messages.push(Message::User(results));
        }
        Ok(end)
    }
}

fn interruption() -> End {
    End::failed(
        "interrupted",
        "Tieline stopped while this turn ran. Nothing is done twice: look at the calls above, then go on or send your message again.",
    )
}
