//! One server as one caller sees it: its session when it has one, and what to do when the server forgot or changed it.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::aside::{Aside, SessionIs};
use super::ask::{Ask, Got, Outcome};
use super::call::{CallRequest, Reply, ReplyBody};
use super::detect::{self, Opened};
use super::error::{Failure, McpError};
use super::http::Http;
use super::link::Link;
use super::message::{Answer, STRICT_DEPTH};
use super::news::Promises;
use super::pace::Pace;
use super::question::Asking;
use super::request::notification_body;
use super::target::Target;
use super::transport::Wire;
use crate::boxed::boxed;
use crate::wire::{ClientCan, Era, LogLevel, UNSUPPORTED_PROTOCOL_VERSION};

/// Who the server says it is. Texts are the server's, shortened and without control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// `name`, empty when the server gives none.
    pub name: String,
    /// `version`.
    pub version: String,
    /// `title`, for people.
    pub title: Option<String>,
    /// What the server tells models about itself.
    pub instructions: Option<String>,
}

/// A server that answered the handshake.
#[derive(Debug)]
pub struct Connected {
    /// To list and call with.
    pub upstream: Upstream,
    /// Who answered.
    pub server: ServerInfo,
    /// What it speaks; worth keeping.
    pub wire: Wire,
    /// Its capabilities, untouched.
    pub capabilities: Box<RawValue>,
}

/// A server, and in the legacy era one session with it. Holds no credential. Clones share the session.
#[derive(Debug, Clone)]
pub struct Upstream {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) http: Arc<Http>,
    /// What legacy sessions declare.
    can: ClientCan,
    state: RwLock<State>,
    /// What the server says on the session's own stream.
    pub(super) aside: Mutex<Option<Aside>>,
    /// Simultaneous calls that find no session open one, not one each.
    opening: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    wire: Wire,
    link: Option<Arc<Link>>,
    promises: Promises,
    /// The level of log messages that this session was set to.
    log_level: Option<LogLevel>,
}

/// The request under way, for the note to a legacy server that nobody waits for it.
pub(super) type Flight = Mutex<Option<(Arc<Link>, u64)>>;

impl Upstream {
    pub(super) fn known(http: Arc<Http>, wire: Wire, can: ClientCan) -> Self {
        let link = (wire.era() == Era::Modern).then(|| Arc::new(Link::Modern));
        Self::new(
            http,
            can,
            State {
                wire,
                link,
                promises: Promises::default(),
                log_level: None,
            },
        )
    }

    pub(super) fn opened(http: Arc<Http>, opened: &Opened, can: ClientCan) -> Self {
        Self::new(http, can, State::of(opened))
    }

    fn new(http: Arc<Http>, can: ClientCan, state: State) -> Self {
        let (state, opening) = (RwLock::new(state), tokio::sync::Mutex::new(()));
        Self {
            inner: Arc::new(Inner {
                http,
                can,
                state,
                aside: Mutex::default(),
                opening,
            }),
        }
    }

    /// What the server was last seen to speak. It can change when the server was upgraded meanwhile.
    pub fn wire(&self) -> Wire {
        self.inner
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .wire
    }

    /// What the server promised to say on its own; nothing until it was asked who it is.
    pub fn promises(&self) -> Promises {
        self.inner
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .promises
    }

    pub(super) fn log_level(&self) -> Option<LogLevel> {
        self.inner
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .log_level
    }

    pub(super) fn note_log_level(&self, level: LogLevel) {
        self.inner
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .log_level = Some(level);
    }

    /// Sends one request and waits for its answer. Never sends it twice, except when the server provably refused it
    /// unseen: it forgot our session, or it was replaced by one of the other era.
    pub async fn call(&self, target: &Target, request: CallRequest<'_>) -> Result<Reply, McpError> {
        // A call that nobody hears anything of has no use for log messages.
        if request.notifications.is_some() {
            self.agree_on_logs(target, &request).await;
        }
        let hears = request.session != SessionIs::Nobodys && request.notifications.is_some();
        let asking = request.questions.clone().map(Asking::new);
        let hearing = if hears {
            let asked = asking.as_ref().map(Asking::aside);
            self.hear_aside(target, &request, asked).await
        } else {
            None
        };
        let over = request.questions.as_ref().map(|questions| questions.until);
        let ask = Ask {
            method: request.method,
            named: request.named,
            params: request.params,
            param_headers: request.param_headers,
            notifications: request.notifications.as_ref(),
            capabilities: request.capabilities,
            asking: asking.as_ref(),
            hold: request.hold,
            pass_on: request.pass_on,
            pace: Pace::until(&self.inner.http.limits, request.deadline),
            max_depth: STRICT_DEPTH,
        };
        let flight = Flight::default();
        let ended = |failure| {
            let sent = flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some();
            Err(McpError {
                sent,
                ..McpError::unsent(failure)
            })
        };
        let answered = {
            // It is over before anybody tidies up behind it.
            let asked = pin!(self.ask(target, &ask, &flight));
            tokio::select! {
                biased;
                answered = asked => answered,
                () = request.cancel.cancelled() => ended(Failure::Cancelled),
                // Questions put the deadline of the call off, but not beyond this.
                () = until(over) => ended(ask.pace.overdue()),
            }
        };
        drop(hearing);
        if let Some(asking) = &asking {
            self.refuse_late(target, asking);
        }
        if let Err(error) = &answered
            && matches!(error.failure, Failure::Cancelled | Failure::Timeout { .. })
        {
            self.give_up(target, &flight, asking.as_ref());
        }
        let (era, body) = match answered? {
            (era, Got::Whole(answer)) => {
                let body = ReplyBody::of(era, answer, ask.capabilities.is_some())?;
                (era, body)
            }
            (era, Got::PassedOn(passed)) => (era, ReplyBody::PassedOn(passed)),
        };
        Ok(Reply { era, body })
    }

    /// Tells a legacy session that is open a notification; a modern server, or one without a session, is told nothing.
    pub async fn notify(&self, target: &Target, method: &str) {
        if let Some(link) = self.current().filter(|link| link.era() == Era::Legacy) {
            let body = notification_body(method, None);
            link.say(&self.inner.http, target, body).await;
        }
    }

    /// Ends a legacy session with the server. Failures do not matter: the server forgets it anyway.
    pub async fn close(&self, target: &Target) {
        drop(
            self.inner
                .aside
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let link = {
            let mut state = self
                .inner
                .state
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            match state.link.as_deref() {
                Some(Link::Modern) | None => None,
                Some(_) => state.link.take(),
            }
        };
        if let Some(link) = link {
            link.close(&self.inner.http, target).await;
        }
    }

    /// Sends a request over the link; once more over a new one when the server refused it for the link's sake.
    pub(super) async fn ask(
        &self,
        target: &Target,
        ask: &Ask<'_>,
        flight: &Flight,
    ) -> Result<(Era, Got), McpError> {
        // What a call seldom needs lies on the heap, so that the future of every call stays small.
        let mut link = match self.current() {
            Some(link) => link,
            None => Box::pin(self.link(target, ask.pace)).await?,
        };
        let mut renewed = false;
        loop {
            let id = self.inner.http.ids.next();
            *flight.lock().unwrap_or_else(PoisonError::into_inner) = Some((link.clone(), id));
            // The exchange is by far the largest part of a call. Each future around it would be as large.
            let asked = boxed(|| link.ask(&self.inner.http, target, id, ask));
            let outcome = match link.era() {
                // A legacy server that keeps us busy with requests of its own does not get more time for the answer.
                Era::Legacy if ask.asking.is_none() => {
                    let outcome = timeout_at(ask.pace.deadline, asked).await;
                    outcome.map_err(|_| McpError::sent(ask.pace.overdue()))??
                }
                // Each wait for a modern one ends at the deadline. Where there are questions, `call` keeps the time.
                _ => asked.await?,
            };
            let lost = match &outcome {
                Outcome::Answer(Got::Whole(Answer::Error(error))) => {
                    error.code == UNSUPPORTED_PROTOCOL_VERSION
                }
                Outcome::Answer(_) => false,
                Outcome::Refused(refusal) => {
                    refusal.contradicts(link.era())
                        || link.has_session() && refusal.may_have_lost_session()
                }
            };
            if lost && !renewed {
                renewed = true;
                let next = Box::pin(self.renew(&link, target, ask.pace)).await?;
                // A server without sessions that still speaks what it spoke would refuse the same again.
                if next.wire() != link.wire() || next.has_session() {
                    link = next;
                    continue;
                }
            }
            return match outcome {
                Outcome::Answer(got) => Ok((link.era(), got)),
                Outcome::Refused(refusal)
                    if lost && renewed && link.has_session() && refusal.status == 404 =>
                {
                    Err(McpError::sent(Failure::SessionLost).answered_with(refusal.status))
                }
                Outcome::Refused(refusal) => Ok((link.era(), Got::Whole(refusal.into_answer()?))),
            };
        }
    }

    /// The link to use, opened when there is none.
    pub(super) async fn link(&self, target: &Target, pace: Pace) -> Result<Arc<Link>, McpError> {
        if let Some(link) = self.current() {
            return Ok(link);
        }
        by_deadline(pace, async {
            let _one_at_a_time = self.inner.opening.lock().await;
            match self.current() {
                Some(link) => Ok(link),
                None => self.open(target, pace).await,
            }
        })
        .await
    }

    /// A new link in the place of one that the server no longer accepts, unless another call made one already.
    pub(super) async fn renew(
        &self,
        old: &Arc<Link>,
        target: &Target,
        pace: Pace,
    ) -> Result<Arc<Link>, McpError> {
        by_deadline(pace, async {
            let _one_at_a_time = self.inner.opening.lock().await;
            match self.current() {
                Some(link) if !Arc::ptr_eq(&link, old) => Ok(link),
                _ => self.open(target, pace).await,
            }
        })
        .await
    }

    async fn open(&self, target: &Target, pace: Pace) -> Result<Arc<Link>, McpError> {
        let opened = {
            let how = (Some(self.wire()), self.inner.can);
            detect::open(&self.inner.http, target, how, pace).await
        };
        // Whatever happened, the request itself has not been sent.
        let opened = opened.map_err(|error| McpError {
            sent: false,
            ..error
        })?;
        let mut state = self
            .inner
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *state = State::of(&opened);
        Ok(opened.link)
    }

    fn current(&self) -> Option<Arc<Link>> {
        let state = self
            .inner
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        state.link.clone().filter(|link| link.is_alive())
    }

    /// What was asked aside when the call was over has nobody to answer it.
    fn refuse_late(&self, target: &Target, asking: &Asking) {
        let late = asking.refuse_late();
        if late.is_empty() {
            return;
        }
        if let Some(link) = self.current() {
            let (http, target) = (self.inner.http.clone(), target.clone());
            tokio::spawn(async move {
                for refusal in late {
                    link.say(&http, &target, refusal).await;
                }
            });
        }
    }

    /// Tells a legacy server, in the background, that nobody waits any more.
    fn give_up(&self, target: &Target, flight: &Flight, asking: Option<&Asking>) {
        let refusals = asking.map(Asking::refuse_open).unwrap_or_default();
        let flight = flight.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((link, id)) = flight.filter(|(link, _)| link.era() == Era::Legacy) {
            let (http, target) = (self.inner.http.clone(), target.clone());
            tokio::spawn(async move {
                for refusal in refusals {
                    link.say(&http, &target, refusal).await;
                }
                link.cancel(&http, &target, id).await;
            });
        }
    }
}

impl State {
    fn of(opened: &Opened) -> Self {
        Self {
            wire: opened.link.wire(),
            link: Some(opened.link.clone()),
            promises: Promises::of(&opened.greeting.capabilities),
            log_level: None,
        }
    }
}

/// Comes at that time, if there is one.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// A link, with the wait for its turn and all that its server says meanwhile, but not after the deadline.
async fn by_deadline<T>(
    pace: Pace,
    waited: impl Future<Output = Result<T, McpError>>,
) -> Result<T, McpError> {
    timeout_at(pace.deadline, waited)
        .await
        .map_err(|_| McpError::unsent(pace.overdue()))?
}
