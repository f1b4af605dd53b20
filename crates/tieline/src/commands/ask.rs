//! `tieline ask`: one turn of the built-in agent on the terminal, through the same service as the chat page.
//!
//! The answer goes to standard output, everything about it to standard error, so that `tieline ask … > file` keeps the
//! answer alone.

mod clean;
mod keyboard;
mod screen;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt as _;
use tieline_agent::{
    Agent, AgentError, AgentSettings, Decision, Event, EventKind, Events, ToolApproval,
    TurnFinished,
};
use tieline_domain::{CallId, Email, SessionId, TurnId};
use tieline_hub::{Caller, UserView};
use tokio_util::sync::CancellationToken;

use self::keyboard::{Interrupts, Keyboard, somebody_is_there};
use self::screen::Screen;
use super::read_stdin;
use crate::cli::AskWords;
use crate::compose::Composed;
use crate::config::Config;
use crate::failure::Failure;

/// How often the spinner turns.
const SPIN: Duration = Duration::from_millis(80);

/// Runs one turn to its end.
pub(crate) async fn run(
    words: AskWords,
    composed: &Composed,
    config: &Config,
) -> Result<(), Failure> {
    let caller = whose(composed, words.email.as_deref()).await?;
    let text = match words.text.as_str() {
        "-" => read_stdin()?.to_string(),
        text => text.to_owned(),
    };
    let agent = Agent::open(
        composed.hub.clone(),
        composed.store.clone(),
        // A command ends too soon to go on with what others left behind.
        AgentSettings {
            takes_over: false,
            ..config.agent_settings()
        },
    );
    let agent = agent.await.map_err(refused)?;
    // Changes of admins act on the calls of this turn too, and its calls are recorded.
    let stop = CancellationToken::new();
    let (hub, token) = (composed.hub.clone(), stop.clone());
    let background = tokio::spawn(async move { hub.run_background(token).await });
    let mut screen = Screen::of_process();
    let answered = answer(&agent, &caller, &words, text, &mut screen).await;
    let closed = screen.close();
    agent.close().await;
    stop.cancel();
    background.await?;
    answered.and(closed.map_err(Failure::from))
}

/// Who asks: the person named, or the only one there is.
async fn whose(composed: &Composed, email: Option<&str>) -> Result<Caller, Failure> {
    let user = match email {
        Some(email) => {
            let email =
                Email::parse(email).map_err(|error| Failure::bad_input(error.to_string()))?;
            composed.hub.user_by_email(&email).await?.ok_or_else(|| {
                Failure::bad_input(format!("Nobody has the e-mail address {email}."))
                    .hint("`tieline user list` shows everybody.")
            })?
        }
        None => only_user(composed.hub.list_users().await?)?,
    };
    if user.disabled_at.is_some() {
        return Err(Failure::bad_input(format!("{} is suspended.", user.email)));
    }
    Ok(Caller {
        user: user.id,
        user_name: user.name,
        role: user.role,
        key: None,
    })
}

fn only_user(users: Vec<UserView>) -> Result<UserView, Failure> {
    let mut active = users.into_iter().filter(|user| user.disabled_at.is_none());
    match (active.next(), active.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Failure::bad_input("Several people use this Tieline.")
            .hint("--email says as whom you ask.")),
        (None, _) => Err(Failure::bad_input("Nobody uses this Tieline yet.")
            .hint("`tieline user add --email E --role admin` adds you.")),
    }
}

async fn answer(
    agent: &Agent,
    caller: &Caller,
    words: &AskWords,
    text: String,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let session = open_session(agent, caller, words, screen).await?;
    let sent = agent.send(caller, session, text).await.map_err(refused)?;
    let events = agent.events_of(&sent);
    let turn = Turn {
        agent,
        caller,
        session,
        id: sent.turn,
        approve_all: words.approve,
        waiting: VecDeque::new(),
        stopping: false,
    };
    let followed = turn.follow(events, screen).await;
    screen.session(session)?;
    followed
}

async fn open_session(
    agent: &Agent,
    caller: &Caller,
    words: &AskWords,
    screen: &mut Screen,
) -> Result<SessionId, Failure> {
    let Some(id) = &words.session else {
        let session = agent.create_session(caller, words.model.clone()).await;
        let session = session.map_err(refused)?;
        if !session.changes.since_last.is_empty() {
            let changes = session.changes.since_last.join(", ");
            screen.note(&format!("Since your last session: {changes}."))?;
        }
        return Ok(session.id);
    };
    let id: SessionId = id
        .parse()
        .map_err(|_| refused(AgentError::SessionNotFound))?;
    let session = agent.session(caller, id).await.map_err(refused)?;
    match session.changes.waiting {
        0 => {}
        1 => screen.note("1 change waits for your next session.")?,
        count => screen.note(&format!("{count} changes wait for your next session."))?,
    }
    Ok(id)
}

/// The turn that is shown.
struct Turn<'a> {
    agent: &'a Agent,
    caller: &'a Caller,
    session: SessionId,
    id: TurnId,
    approve_all: bool,
    /// Calls that wait for the person, the one they are asked about first.
    waiting: VecDeque<ToolApproval>,
    stopping: bool,
}

impl Turn<'_> {
    /// Shows the turn to its end, takes answers from the keyboard, and stops it when the person does.
    async fn follow(mut self, mut events: Events, screen: &mut Screen) -> Result<(), Failure> {
        let mut keyboard = Keyboard::new();
        let mut interrupts = Interrupts::listen()?;
        let mut ticks = tokio::time::interval(SPIN);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        if let Some(ended) = self.show(&event, &mut keyboard, screen).await? {
                            return ended;
                        }
                    }
                    Some(Err(error)) => return Err(refused(error)),
                    None => return Err(Failure::failed("The session ended before the answer did.")),
                },
                yes = keyboard.answer(), if !self.waiting.is_empty() => {
                    screen.answered()?;
                    let decision = if yes { Decision::Approve } else { Decision::Refuse };
                    if let Some(call) = self.waiting.pop_front() {
                        self.decide(call.call_id, decision).await?;
                    }
                    self.ask_next(&mut keyboard, screen)?;
                },
                () = interrupts.next() => {
                    if self.stopping {
                        return Err(Failure::failed("Ended before the turn had stopped."));
                    }
                    self.stopping = true;
                    self.agent.stop(self.caller, self.session).await.map_err(refused)?;
                },
                _ = ticks.tick(), if self.waiting.is_empty() => screen.spin()?,
            }
        }
    }

    /// Shows one event; answers how the turn ended when it did.
    async fn show(
        &mut self,
        event: &Event,
        keyboard: &mut Keyboard,
        screen: &mut Screen,
    ) -> Result<Option<Result<(), Failure>>, Failure> {
        if event.turn.is_some_and(|turn| turn != self.id) {
            return Ok(None);
        }
        match &event.kind {
            EventKind::MessageQueued(_) => {
                screen.waits_for("Waiting for the turn before it to end");
            }
            EventKind::TurnQueued(queued) => {
                screen.waits_for(&format!("Waiting, place {} in the queue", queued.place));
            }
            EventKind::TurnStarted(_) => screen.waits_for("Starting…"),
            EventKind::ModelRetrying(retry) => screen.note(&retry.reason)?,
            EventKind::TextDelta(delta) => screen.text(&delta.text)?,
            EventKind::ToolApproval(call) => self.approve(call.clone(), keyboard, screen).await?,
            EventKind::ToolDecided(decided) => {
                self.decided(decided.call_id, keyboard, screen)?;
            }
            EventKind::ToolStarted(call) => {
                screen.tool_started(call.call_id, &call.connector_name, &call.tool);
            }
            EventKind::ToolFinished(call) => screen.tool_finished(call)?,
            EventKind::ToolLeftOut(tool) => {
                screen.note(&format!("{} is left out: {}", tool.tool, tool.reason))?;
            }
            EventKind::TurnFinished(finished) => return Ok(Some(ended(finished, screen))),
            EventKind::TurnFailed(failed) => {
                return Ok(Some(Err(Failure::failed(
                    clean::line(&failed.message).into_owned(),
                ))));
            }
        }
        Ok(None)
    }

    /// A call waits: asks the person when there is one at the keyboard.
    async fn approve(
        &mut self,
        call: ToolApproval,
        keyboard: &mut Keyboard,
        screen: &mut Screen,
    ) -> Result<(), Failure> {
        if self.approve_all {
            return self.decide(call.call_id, Decision::Approve).await;
        }
        if !somebody_is_there() {
            screen.question(&call, false)?;
            screen.note(
                "Refused, because nobody can be asked here. --approve lets such calls run.",
            )?;
            return self.decide(call.call_id, Decision::Refuse).await;
        }
        self.waiting.push_back(call);
        if self.waiting.len() == 1 {
            self.ask_next(keyboard, screen)?;
        }
        Ok(())
    }

    /// Decided, here or on the chat page.
    fn decided(
        &mut self,
        call: CallId,
        keyboard: &mut Keyboard,
        screen: &mut Screen,
    ) -> Result<(), Failure> {
        let Some(place) = self.waiting.iter().position(|one| one.call_id == call) else {
            return Ok(());
        };
        self.waiting.remove(place);
        if place == 0 {
            screen.answered()?;
            screen.note("It was decided elsewhere.")?;
            self.ask_next(keyboard, screen)?;
        }
        Ok(())
    }

    fn ask_next(&self, keyboard: &mut Keyboard, screen: &mut Screen) -> Result<(), Failure> {
        if let Some(call) = self.waiting.front() {
            screen.question(call, true)?;
            keyboard.listen();
        }
        Ok(())
    }

    async fn decide(&self, call: CallId, decision: Decision) -> Result<(), Failure> {
        let decided = self
            .agent
            .decide(self.caller, self.session, call, decision)
            .await;
        match decided {
            // Somebody was quicker on the chat page, or the turn was stopped meanwhile.
            Ok(()) | Err(AgentError::CallNotWaiting) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }
}

fn ended(finished: &TurnFinished, screen: &mut Screen) -> Result<(), Failure> {
    match finished.stop_reason.as_str() {
        "end_turn" => {}
        "stopped" => return Err(Failure::failed("Stopped by you.")),
        "max_tokens" => {
            screen.note("The answer ends here because it reached the limit of one answer.")?;
        }
        "step_limit" => screen.note("The turn ends here because it reached the limit of steps.")?,
        "refusal" => screen.note("The model declined to go on.")?,
        other => screen.note(&format!("The model ended its answer: {other}."))?,
    }
    Ok(())
}

/// What the agent refused, as a command fails.
fn refused(error: AgentError) -> Failure {
    match error {
        AgentError::SessionNotFound => {
            Failure::bad_input(error.to_string()).hint("Without --session a new one begins.")
        }
        AgentError::ModelNotConfigured { .. } => Failure::failed("The agent has no model yet.")
            .hint("`tieline model add --kind anthropic --name Claude --key-stdin` gives it one."),
        AgentError::TextEmpty | AgentError::TextTooLong { .. } | AgentError::ModelNameInvalid => {
            Failure::bad_input(error.to_string())
        }
        error => error.into(),
    }
}
