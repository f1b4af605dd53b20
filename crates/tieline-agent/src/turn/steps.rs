//! The steps of a turn: ask the model, carry out what it wants, ask again, until it has said everything.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tieline_hub::Caller;

use super::history::{mended, read, worth_sending};
use super::plan::Wanted;
use super::{Conversation, End};
use crate::agent::Agent;
use crate::error::AgentError;
use crate::event::{EventKind, ModelRetrying, TextDelta, ToolLeftOut};
use crate::frozen::Frozen;
use crate::live::{Live, RunningTurn};
use crate::model::{
    AssistantPart, Message, ModelError, ModelEvent, ModelRequest, StopReason, ToolDefinition, Usage,
};
use crate::models::ChosenModel;
use crate::pool::Slot;
use crate::prompt::{definitions, system};
use crate::sessions::show::{left_out_of, mode_of};
use crate::view::{LeftOutTool, ToolMode};

/// A turn that runs.
pub(super) struct Run<'a> {
    pub(super) agent: &'a Agent,
    pub(super) live: &'a Arc<Live>,
    pub(super) turn: &'a Arc<RunningTurn>,
    pub(super) caller: Caller,
    /// The place in the pool; given away while the turn waits for a person.
    pub(super) slot: Option<Slot>,
    pub(super) frozen: Arc<Frozen>,
    pub(super) mode: ToolMode,
    model: ChosenModel,
    system: String,
    definitions: Arc<[ToolDefinition]>,
    left_out: Vec<LeftOutTool>,
    pub(super) history: Vec<Message>,
    usage: Usage,
    /// What the model has said in the answer that it is giving.
    said: String,
}

/// A whole answer of the model.
struct Answer {
    parts: Vec<AssistantPart>,
    stop: StopReason,
}

impl<'a> Run<'a> {
    /// Reads what the turn needs.
    pub(super) async fn prepare(
        agent: &'a Agent,
        live: &'a Arc<Live>,
        turn: &'a Arc<RunningTurn>,
        caller: Caller,
        slot: Slot,
        conversation: Option<Conversation>,
    ) -> Result<Self, End> {
        let inner = &agent.inner;
        let read_all = async {
            let (session, history) = if let Some(conversation) = conversation {
                conversation
            } else {
                let session = inner.store.agent_session_of_any(live.id).await?;
                let session = session.ok_or(AgentError::SessionNotFound)?;
                (session, inner.store.agent_messages(live.id).await?)
            };
            let frozen = inner.frozen.of(&inner.store, &session.catalog).await?;
            let model = inner.models.choose(session.model.as_deref())?;
            Ok::<_, AgentError>((session, frozen, history, model))
        };
        let (session, frozen, history, model) = read_all
            .await
            .map_err(|error| End::failed(error.code(), error.to_string()))?;
        let mode = mode_of(&session.mode);
        let mut run = Self {
            agent,
            live,
            turn,
            caller,
            slot: Some(slot),
            mode,
            model,
            system: system(mode, &frozen),
            definitions: definitions(mode, &frozen),
            left_out: left_out_of(&session.left_out),
            history: read(&history),
            usage: Usage::default(),
            said: String::new(),
            frozen,
        };
        run.leave_out_definitions();
        Ok(run)
    }

    /// Runs until the model is done, something fails, or somebody stops it.
    pub(super) async fn until_its_end(mut self) -> End {
        for _ in 0..self.agent.inner.settings.step_limit {
            let answer = match self.ask().await {
                Ok(answer) => answer,
                Err(end) => return end,
            };
            let wanted = match tool_uses(&answer) {
                Ok(wanted) => wanted,
                Err(parts) => return self.last(parts, &answer.stop),
            };
            let parts = worth_sending(answer.parts);
            match self.call_all(parts, wanted).await {
                Ok(results) => self.history.push(results),
                Err(end) => return end,
            }
        }
        End::finished("step_limit", self.usage)
    }

    fn last(&self, parts: Vec<AssistantPart>, stop: &StopReason) -> End {
        let mut end = End::finished(stop.as_str(), self.usage);
        let parts = worth_sending(parts);
        if !parts.is_empty() {
            end.messages.push(Message::Assistant(parts));
        }
        end
    }

    /// The end of a turn that was stopped, with what the model had said by then.
    pub(super) fn ended(&self) -> End {
        let mut end = End::because(self.turn.why(), self.usage);
        if !self.said.trim().is_empty() {
            let said = AssistantPart::Text(self.said.clone());
            end.messages.push(Message::Assistant(vec![said]));
        }
        end
    }

    /// Asks until there is an answer: without a tool that the API refuses, if need be.
    async fn ask(&mut self) -> Result<Answer, End> {
        loop {
            match self.ask_once().await? {
                Ok(answer) => {
                    self.said.clear();
                    return Ok(answer);
                }
                Err(ModelError::RefusedTool { tool, detail, .. }) if self.knows(&tool) => {
                    self.leave_out(tool, &detail);
                }
                Err(error) => return Err(End::failed(error.code(), error.to_string())),
            }
        }
    }

    async fn ask_once(&mut self) -> Result<Result<Answer, ModelError>, End> {
        self.said.clear();
        let request = ModelRequest {
            model: self.model.model.clone(),
            system: self.system.clone(),
            tools: self.definitions.clone(),
            messages: mended(self.history.clone()),
            max_tokens: self.agent.inner.settings.max_tokens,
        };
        let mut stream = self.model.api.stream(request);
        loop {
            let event = tokio::select! {
                biased;
                () = self.turn.cancel.cancelled() => return Err(self.ended()),
                event = stream.next() => event,
            };
            match event {
                Some(Ok(ModelEvent::Finished { parts, stop, usage })) => {
                    self.usage.add(usage);
                    return Ok(Ok(Answer { parts, stop }));
                }
                Some(Ok(event)) => self.hear(event).await,
                Some(Err(error)) => return Ok(Err(error)),
                None => {
                    let api = self.model.model.clone();
                    return Ok(Err(ModelError::Cut { api }));
                }
            }
        }
    }

    async fn hear(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::TextDelta(text) if !text.is_empty() => {
                self.said.push_str(&text);
                self.emit(EventKind::TextDelta(TextDelta { text }));
                // With a database that hangs, the model has to wait, too.
                while self.live.is_full() && !self.turn.cancel.is_cancelled() {
                    let mut news = self.live.listen();
                    let _ =
                        tokio::time::timeout(std::time::Duration::from_millis(100), news.changed())
                            .await;
                }
            }
            ModelEvent::Retrying { after, reason } => {
                let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                self.emit(EventKind::ModelRetrying(ModelRetrying { after_ms, reason }));
            }
            _ => {}
        }
    }

    pub(super) fn emit(&self, kind: EventKind) {
        self.agent.emit(self.live, self.turn.id, kind);
    }

    fn knows(&self, tool: &str) -> bool {
        self.mode == ToolMode::List && self.definitions.iter().any(|known| known.name == tool)
    }

    /// Goes on without a tool that the model API refuses, and says so once.
    fn leave_out(&mut self, tool: String, detail: &str) {
        let reason = if detail.is_empty() {
            "The model API refuses its definition.".to_owned()
        } else {
            format!("The model API refuses its definition: {detail}")
        };
        self.left_out.push(LeftOutTool {
            tool: tool.clone(),
            reason: reason.clone(),
        });
        self.leave_out_definitions();
        self.emit(EventKind::ToolLeftOut(ToolLeftOut { tool, reason }));
        let left_out = serde_json::to_string(&self.left_out).expect("text is JSON");
        let handed = self
            .agent
            .hand_over(self.live, self.turn.id, false, |record| {
                record.left_out = Some(left_out);
            });
        self.agent.stored_later(self.live, self.turn, handed);
    }

    fn leave_out_definitions(&mut self) {
        if self.left_out.is_empty() {
            return;
        }
        let is_in = |tool: &&ToolDefinition| !self.left_out.iter().any(|out| out.tool == tool.name);
        self.definitions = self.definitions.iter().filter(is_in).cloned().collect();
    }
}

/// What the model wants called; otherwise its answer, which is the last one of the turn. An answer that was cut short
/// or refused calls nothing: a call in it may be half of what was meant.
fn tool_uses(answer: &Answer) -> Result<Vec<Wanted>, Vec<AssistantPart>> {
    let whole = matches!(answer.stop, StopReason::EndTurn | StopReason::ToolUse);
    let mut wanted = Vec::new();
    let mut rest = Vec::new();
    for part in &answer.parts {
        match part {
            AssistantPart::ToolUse {
                id,
                name,
                arguments,
            } => wanted.push(Wanted {
                id: id.clone(),
                name: name.clone(),
                arguments: arguments.clone(),
            }),
            other => rest.push(other.clone()),
        }
    }
    if whole && !wanted.is_empty() {
        Ok(wanted)
    } else {
        Err(rest)
    }
}
