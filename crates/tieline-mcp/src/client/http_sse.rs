//! The transport of 2024-11-05: one GET stream carries everything the server says, messages go out by POST.
//!
//! The stream belongs to one caller's session. Between calls the link holds no credential: a request of the server is
//! answered with the one of a call that is under way, or not at all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use super::ask::{Ask, Got, Outcome};
use super::error::{Failure, McpError};
use super::http::Http;
use super::listen::Ended;
use super::media::Media;
use super::message::{self, Answer, AnswerId, Inbound, LIST_DEPTH, Rules};
use super::news::{self, News};
use super::pace::Pace;
use super::post::post_message;
use super::question::{Desk, Requested};
use super::refusal::Refusal;
use super::request::{legacy_body, reply_body};
use super::sse::{Event, Reader};
use super::target::Target;
use crate::wire::Revision;

/// The stream may be silent for as long as nobody calls.
const NO_LIMIT: Duration = Duration::from_hours(365 * 24);

/// How many requests of the server are answered at the same time.
const REPLIES_AT_ONCE: usize = 8;

/// An open stream and where to post to.
#[derive(Debug)]
pub(crate) struct SseLink {
    endpoint: Url,
    revision: OnceLock<Revision>,
    channel: Arc<Channel>,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

#[derive(Debug, Default)]
struct Channel {
    waiting: Mutex<HashMap<u64, Waiting>>,
    closed: AtomicBool,
    /// Whoever wants to hear what belongs to no call.
    listener: Mutex<Option<mpsc::Sender<News>>>,
    /// Notified when the stream ended.
    ended: Notify,
}

#[derive(Debug)]
struct Waiting {
    answer: oneshot::Sender<Result<Answer, McpError>>,
    notifications: Option<mpsc::Sender<Box<RawValue>>>,
    /// Takes requests of the server while this is the only call of the session.
    requests: Option<mpsc::UnboundedSender<Requested>>,
    target: Target,
}

impl SseLink {
    /// Opens the stream and waits for the address to post to, which has to be of the same origin.
    pub(crate) async fn open(
        http: &Arc<Http>,
        target: &Target,
        pace: &Pace,
    ) -> Result<Self, McpError> {
        let headers = http.introduction.get_headers();
        let pace = pace.first_byte_within(http.limits.detection);
        let response = http
            .send(Method::GET, target, headers, Bytes::new(), &pace)
            .await?;
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            let body = http.read_error_body(body, &pace).await;
            return Err(Refusal::new(head.status, &head.headers, &body, 0, target).into_error());
        }
        match Media::of(&head.headers) {
            Media::EventStream => {}
            other => return Err(McpError::sent(other.refused())),
        }
        let mut reader = Reader::new(body);
        let until = pace.deadline.min(Instant::now() + http.limits.detection);
        let endpoint = timeout_at(until, read_endpoint(http, &mut reader, target, &pace)).await;
        let seconds = http.limits.detection.as_secs();
        let late = Failure::Timeout {
            what: "The first event of the stream",
            seconds,
        };
        let endpoint = endpoint.unwrap_or(Err(McpError::sent(late)))?;

        let (channel, stop) = (Arc::<Channel>::default(), CancellationToken::new());
        let follow = Follower {
            http: http.clone(),
            endpoint: endpoint.clone(),
            channel: channel.clone(),
            reader,
            replies: Arc::new(Semaphore::new(REPLIES_AT_ONCE)),
        };
        tokio::spawn(follow.run(stop.clone()));
        let guard = stop.clone().drop_guard();
        let revision = OnceLock::new();
        Ok(Self {
            endpoint,
            revision,
            channel,
            stop,
            _stop_on_drop: guard,
        })
    }

    pub(crate) fn revision(&self) -> Revision {
        *self.revision.get().unwrap_or(&Revision::R20241105)
    }

    /// Notes what `initialize` agreed on.
    pub(crate) fn agree(&self, revision: Revision) {
        self.revision.get_or_init(|| revision);
    }

    pub(crate) fn is_alive(&self) -> bool {
        !self.channel.closed.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        self.stop.cancel();
    }

    pub(crate) async fn ask(
        &self,
        http: &Http,
        target: &Target,
        id: u64,
        ask: &Ask<'_>,
    ) -> Result<Outcome, McpError> {
        let target = self.post_target(target)?;
        let (answer, answered) = oneshot::channel();
        let notifications = ask.notifications.cloned();
        let (requests, mut requested) = mpsc::unbounded_channel();
        let mut desk = ask.asking.map(Desk::new);
        let requests = desk.is_some().then_some(requests);
        let _gone_afterwards = self.channel.wait(
            id,
            Waiting {
                answer,
                notifications,
                requests,
                target: target.clone(),
            },
        )?;
        let body = legacy_body(id, ask.method, (ask.params, ask.named));
        let headers = http.introduction.post_headers();
        let response = http
            .send(Method::POST, &target, headers, body, &ask.pace)
            .await?;
        let (head, body) = response.into_parts();
        let body = http.read_error_body(body, &ask.pace).await;
        if !head.status.is_success() {
            let refusal = Refusal::new(head.status, &head.headers, &body, id, &target);
            return Ok(Outcome::Refused(refusal));
        }
        let answer = match &mut desk {
            None => timeout_at(ask.pace.deadline, answered).await,
            Some(desk) => {
                let replying = self.attend(http, &target, &ask.pace, desk, &mut requested);
                tokio::select! {
                    answer = answered => Ok(answer),
                    late = replying => Err(late),
                }
            }
        };
        let answer = answer.map_err(|_| McpError::sent(ask.pace.overdue()))?;
        answer
            .unwrap_or(Err(McpError::sent(Failure::Interrupted)))
            .map(|answer| Outcome::Answer(Got::Whole(answer)))
    }

    /// Hands on what the server asks and posts the replies, until the time is up.
    async fn attend(
        &self,
        http: &Http,
        target: &Target,
        pace: &Pace,
        desk: &mut Desk<'_>,
        requested: &mut mpsc::UnboundedReceiver<Requested>,
    ) -> Elapsed {
        loop {
            let deadline = desk.pace(pace).deadline;
            let next = async {
                tokio::select! {
                    reply = desk.next() => reply,
                    Some(asked) = requested.recv() => desk.take(&asked.id, &asked.method, asked.params),
                }
            };
            match timeout_at(deadline, next).await {
                Ok(Some(reply)) => {
                    let headers = http.introduction.post_headers();
                    drop(post_message(http, target, headers, reply).await);
                }
                Ok(None) => {}
                Err(late) => return late,
            }
        }
    }

    pub(crate) async fn post_message(
        &self,
        http: &Http,
        target: &Target,
        body: Bytes,
    ) -> Result<StatusCode, McpError> {
        let target = self.post_target(target)?;
        post_message(http, &target, http.introduction.post_headers(), body).await
    }

    /// Hands on what the server says on its own until the stream ends or nobody takes it any more.
    pub(crate) async fn listen(&self, news: mpsc::Sender<News>) -> Result<Ended, McpError> {
        let ended = self.channel.ended.notified();
        if !self.is_alive() {
            return Err(McpError::unsent(Failure::Interrupted));
        }
        *self
            .channel
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(news.clone());
        if news.send(News::Listening).await.is_err() {
            return Ok(Ended::Unheard);
        }
        tokio::select! {
            () = news.closed() => Ok(Ended::Unheard),
            () = ended => Ok(Ended::Over),
        }
    }

    fn post_target(&self, target: &Target) -> Result<Target, McpError> {
        target
            .at(self.endpoint.clone())
            .ok_or_else(|| McpError::unsent(other_origin()))
    }
}

async fn read_endpoint(
    http: &Http,
    reader: &mut Reader,
    target: &Target,
    pace: &Pace,
) -> Result<Url, McpError> {
    loop {
        let Some(event) = reader.next(&http.limits, pace).await? else {
            return Err(McpError::sent(Failure::Interrupted));
        };
        let Event::Endpoint(data) = event else {
            continue;
        };
        let text = String::from_utf8_lossy(&data);
        let url = target.url().join(text.trim()).map_err(|_| {
            McpError::sent(Failure::protocol(
                "an address for messages that is not an address",
            ))
        })?;
        if url.origin() != target.url().origin() {
            return Err(McpError::sent(other_origin()));
        }
        return Ok(url);
    }
}

fn other_origin() -> Failure {
    Failure::protocol("an address for messages at another server, where the token must not go")
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a call; the answer is no longer waited for when what this returns is dropped.
    fn wait(&self, id: u64, waiting: Waiting) -> Result<Gone<'_>, McpError> {
        let mut calls = self.lock();
        if self.closed.load(Ordering::Acquire) {
            return Err(McpError::unsent(Failure::Interrupted));
        }
        calls.insert(id, waiting);
        Ok(Gone { channel: self, id })
    }

    fn end(&self, error: &McpError) {
        let mut calls = self.lock();
        self.closed.store(true, Ordering::Release);
        for (_, waiting) in calls.drain() {
            // The caller may have given up.
            let _ = waiting.answer.send(Err(error.clone()));
        }
        self.ended.notify_waiters();
    }
}

struct Gone<'a> {
    channel: &'a Channel,
    id: u64,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.channel.lock().remove(&self.id);
    }
}

/// Reads the stream until it ends.
struct Follower {
    http: Arc<Http>,
    endpoint: Url,
    channel: Arc<Channel>,
    reader: Reader,
    replies: Arc<Semaphore>,
}

impl Follower {
    async fn run(mut self, stop: CancellationToken) {
        let error = tokio::select! {
            () = stop.cancelled() => McpError::sent(Failure::Interrupted),
            error = self.follow() => error,
        };
        self.channel.end(&error);
    }

    async fn follow(&mut self) -> McpError {
        let now = Instant::now();
        let pace = Pace {
            first_byte: NO_LIMIT,
            idle: NO_LIMIT,
            deadline: now + NO_LIMIT,
            begun: now,
        };
        loop {
            match self.reader.next(&self.http.limits, &pace).await {
                Ok(Some(Event::Message(data))) => {
                    if let Err(failure) = self.take(&data) {
                        return McpError::sent(failure);
                    }
                }
                Ok(Some(Event::Endpoint(_))) => {}
                Ok(None) => return McpError::sent(Failure::Interrupted),
                Err(error) => return error,
            }
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        let rules = Rules {
            max_depth: LIST_DEPTH,
            batches: true,
        };
        for item in news::flat(message::read(data, rules)?) {
            match item {
                Inbound::Answer(whose, answer) => self.answer(whose, answer),
                Inbound::Notification { method, whole } => self.notify(&method, &whole),
                Inbound::Request { id, method, params } => self.requested(id, method, params),
                Inbound::Batch(_) => {}
            }
        }
        Ok(())
    }

    /// The stream is shared by the calls of one session: an answer nobody waits for came too late and is dropped.
    fn answer(&mut self, whose: AnswerId, answer: Answer) {
        let AnswerId::Number(id) = whose else { return };
        let waiting = self.channel.lock().remove(&id);
        if let Some(waiting) = waiting {
            self.reader.stream_bytes = 0;
            let _ = waiting.answer.send(Ok(answer));
        }
    }

    fn notify(&mut self, method: &str, whole: &RawValue) {
        if let Some(news) = news::read(method, whole, None) {
            self.tell(news);
            // A stream that lasts may say as much as it likes over the days.
            self.reader.stream_bytes = 0;
        }
        for waiting in self.channel.lock().values() {
            if let Some(sender) = &waiting.notifications {
                // One slow reader must not hold up the stream of the others.
                let _ = sender.try_send(whole.to_owned());
            }
        }
    }

    /// A listener that is behind misses something: the stream carries the answers of calls, which must not wait for it.
    fn tell(&self, news: News) {
        let mut listener = self
            .channel
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_some_and(mpsc::Sender::is_closed) {
            *listener = None;
        }
        if let Some(listener) = &*listener {
            let _ = listener.try_send(news);
        }
    }

    /// A request belongs to the call under way when there is exactly one. With several nobody can tell.
    fn requested(&self, id: Box<RawValue>, method: String, params: Option<Box<RawValue>>) {
        let only = {
            let calls = self.channel.lock();
            let mut waiting = calls.values();
            let first = waiting.next().and_then(|waiting| waiting.requests.clone());
            first.filter(|_| waiting.next().is_none())
        };
        match only {
            // The call may end at this moment, and then nobody is there to be asked.
            Some(requests) => drop(requests.send(Requested { id, method, params })),
            None => self.reply(&id, &method),
        }
    }

    fn reply(&self, id: &RawValue, method: &str) {
        let target = self
            .channel
            .lock()
            .values()
            .next()
            .map(|waiting| waiting.target.clone());
        let Some(target) = target.and_then(|target| target.at(self.endpoint.clone())) else {
            return;
        };
        // A server that asks more than it listens is not answered.
        let Ok(turn) = self.replies.clone().try_acquire_owned() else {
            return;
        };
        let (http, body) = (self.http.clone(), reply_body(id, method));
        tokio::spawn(async move {
            let _turn = turn;
            let headers = http.introduction.post_headers();
            drop(post_message(&http, &target, headers, body).await);
        });
    }
}
