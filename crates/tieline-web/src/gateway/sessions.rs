//! Legacy MCP sessions: who opened each, and the view it began with.
//!
//! A session id routes and never authenticates: every request shows its access key, and a session answers only to the
//! person and the key that opened it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use tieline_domain::{ConnectorId, Entropy, KeyId, UserId};
use tieline_hub::{Caller, SessionKey};
use tieline_mcp::wire::{ClientCan, LogLevel, Response};
use tieline_mcp::{Question, Revision};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::door::{Door, View};
use super::relay::Logs;
use super::replays::Replays;
use super::subscribe::Subscriptions;

mod open;

use open::OpenSessions;

type Owner = (UserId, Option<KeyId>);

/// How many random bytes are behind a session's id, its key, and the ids of its events.
const ID: usize = 24;
const KEY: usize = 16;
const TAG: usize = 6;

/// The legacy sessions that are open.
#[derive(Debug)]
pub struct McpSessions {
    open: Mutex<OpenSessions>,
    per_key: usize,
    idle: Duration,
}

/// One session of one client.
#[derive(Debug)]
pub(super) struct McpSession {
    id: Arc<str>,
    /// What it is called in records and towards servers. It does not tell the id.
    key: SessionKey,
    owner: Owner,
    /// The frozen view.
    pub(super) view: View,
    /// What `initialize` agreed on.
    pub(super) revision: Revision,
    /// Which questions of servers the client answers.
    pub(super) can: ClientCan,
    /// The program, as it named itself; may be empty.
    pub(super) client: Arc<str>,
    last_used: Mutex<Instant>,
    calls: Mutex<RunningCalls>,
    replays: Replays,
    subscriptions: Subscriptions,
    /// The connectors whose servers send log messages, as far as that was known when the session began.
    logging: HashSet<ConnectorId>,
    /// What `logging/setLevel` said.
    log_level: Mutex<Option<LogLevel>>,
    ended: CancellationToken,
    /// What the client was asked and has not answered, by our ids.
    questions: Mutex<HashMap<Box<str>, Question>>,
}

#[derive(Debug, Default)]
struct RunningCalls {
    next: u64,
    by_id: HashMap<Box<str>, (u64, CancellationToken)>,
}

/// A call that its client may cancel while this is held.
#[derive(Debug)]
pub(super) struct RunningCall {
    pub(super) session: Arc<McpSession>,
    id: Box<str>,
    serial: u64,
    pub(super) cancel: CancellationToken,
}

impl McpSessions {
    /// No sessions yet; at most `per_key` for each access key, each until it was idle for `idle`.
    pub fn new(per_key: usize, idle: Duration) -> Self {
        Self {
            open: Mutex::default(),
            per_key,
            idle,
        }
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Opens a session; also answers those that had to give way, which the caller must end.
    pub(super) fn open(
        &self,
        entropy: &dyn Entropy,
        caller: &Caller,
        view: View,
        (revision, can): (Revision, ClientCan),
        client: Arc<str>,
        logging: HashSet<ConnectorId>,
    ) -> (Arc<McpSession>, Vec<Arc<McpSession>>) {
        let owner = (caller.user, caller.key);
        // What is drawn comes from the system, which is asked once.
        let mut drawn = [0; ID + KEY + TAG];
        entropy.fill(&mut drawn);
        let (id, rest) = drawn.split_at(ID);
        let (key, tag) = rest.split_at(KEY);
        let session = Arc::new(McpSession {
            id: URL_SAFE_NO_PAD.encode(id).into(),
            key: SessionKey(format!("mcp:{}", URL_SAFE_NO_PAD.encode(key)).into()),
            owner,
            view,
            revision,
            can,
            client,
            last_used: Mutex::new(Instant::now()),
            calls: Mutex::default(),
            replays: Replays::new(URL_SAFE_NO_PAD.encode(tag)),
            subscriptions: Subscriptions::default(),
            logging,
            log_level: Mutex::new(None),
            ended: CancellationToken::new(),
            questions: Mutex::default(),
        });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let surplus = open.insert(session.clone(), self.per_key);
        (session, surplus)
    }

    /// The session with this id, if it is the caller's and was opened at this door.
    pub(super) fn find(&self, id: &str, caller: &Caller, door: &Door) -> Option<Arc<McpSession>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open
            .get(id)
            .filter(|held| held.belongs_to(caller, door))?
            .clone();
        drop(open);
        session.touch();
        Some(session)
    }

    /// Takes out a session, which the caller must then end.
    pub(super) fn take(&self, id: &str, caller: &Caller, door: &Door) -> Option<Arc<McpSession>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(id).filter(|held| held.belongs_to(caller, door))?;
        open.remove(id)
    }

    /// Takes out the sessions that nobody used for long. One with a running call is in use.
    pub(super) fn take_idle(&self, now: Instant) -> Vec<Arc<McpSession>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for held in open.all() {
            held.replays.forget_ended(now);
        }
        let idle = |held: &McpSession| {
            now.saturating_duration_since(held.last_used()) >= self.idle && !held.is_busy()
        };
        open.take_if(idle)
    }
}

impl McpSession {
    /// The value of `Mcp-Session-Id`.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Its name in records and towards servers.
    pub(super) fn key(&self) -> &SessionKey {
        &self.key
    }

    fn belongs_to(&self, caller: &Caller, door: &Door) -> bool {
        self.owner == (caller.user, caller.key) && self.view.door == *door
    }

    fn last_used(&self) -> Instant {
        *self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, RunningCalls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_busy(&self) -> bool {
        !self.calls().by_id.is_empty() || self.replays.is_listened_to()
    }

    /// The streams that may be resumed.
    pub(super) fn replays(&self) -> &Replays {
        &self.replays
    }

    /// Sets from which level on log messages are wanted.
    pub(super) fn set_log_level(&self, level: LogLevel) {
        *self
            .log_level
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    /// Which log messages of a call to this connector are wanted. Nearly no server sends any.
    pub(super) fn logs_of(&self, connector: ConnectorId) -> Logs {
        if !self.logging.contains(&connector) {
            return Logs::None;
        }
        let level = *self
            .log_level
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        level.map_or(Logs::All, Logs::From)
    }

    /// The resources that are followed.
    pub(super) fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Notes that the session is in use.
    pub(super) fn touch(&self) {
        *self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Waits until the session is over.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Ends everything that runs in this session.
    pub(super) fn end(&self) {
        self.ended.cancel();
        self.cancel_all();
        self.subscriptions.clear();
        self.replays.end();
    }

    /// Notes that the request with this id runs. Of two with the same id, the later one can be cancelled.
    pub(super) fn begin(self: &Arc<Self>, id: &RawValue) -> RunningCall {
        let (id, cancel): (Box<str>, _) = (id.get().into(), CancellationToken::new());
        let mut calls = self.calls();
        calls.next += 1;
        let serial = calls.next;
        calls.by_id.insert(id.clone(), (serial, cancel.clone()));
        drop(calls);
        RunningCall {
            session: self.clone(),
            id,
            serial,
            cancel,
        }
    }

    /// Cancels the request with this id, if it runs in this session.
    pub(super) fn cancel(&self, id: &RawValue) {
        if let Some((_, cancel)) = self.calls().by_id.get(id.get()) {
            cancel.cancel();
        }
    }

    /// Keeps a question until its reply comes.
    pub(super) fn expect_reply(&self, id: Box<str>, question: Question) {
        self.questions().insert(id, question);
    }

    /// The client's reply to a question. One that nobody waits for is dropped: it came too late.
    pub(super) fn reply(&self, response: &Response<'_>) {
        let question = self.questions().remove(response.id.get());
        if let Some(question) = question {
            let reply = response.outcome.map(ToOwned::to_owned);
            question.answer(reply.map_err(ToOwned::to_owned));
        }
    }

    /// Drops questions, which their servers hear.
    pub(super) fn forget_questions(&self, ids: &[Box<str>]) {
        let mut questions = self.questions();
        for id in ids {
            questions.remove(id);
        }
    }

    fn questions(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Question>> {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel_all(&self) {
        for (_, cancel) in self.calls().by_id.values() {
            cancel.cancel();
        }
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let mut calls = self.session.calls();
        if calls
            .by_id
            .get(&self.id)
            .is_some_and(|(serial, _)| *serial == self.serial)
        {
            calls.by_id.remove(&self.id);
        }
        drop(calls);
        self.session.touch();
    }
}

/// `N` random bytes as text that may stand in a header.
pub(super) fn random<const N: usize>(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
