//! What a legacy server says on its session's own stream while calls run. Some servers send log messages, progress and
//! questions there and not on the stream of the call. When the session belongs to one caller alone, that is for this
//! caller.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::call::CallRequest;
use super::http::Http;
use super::link::Link;
use super::listen::listen_over;
use super::news::{News, Wish};
use super::pace::Pace;
use super::question::Requested;
use super::request::reply_body;
use super::target::Target;
use super::upstream::Upstream;

/// How long the first call of a session waits for the stream to stand, so that it misses nothing.
const STANDS_WITHIN: Duration = Duration::from_secs(2);
/// How much may have been said that was not passed on yet.
const UNREAD: usize = 32;

/// The stream of one session, open for as long as the session and its client are.
#[derive(Debug)]
pub(super) struct Aside {
    link: Arc<Link>,
    callers: Arc<Callers>,
    phase: watch::Receiver<Phase>,
    _stops_with_it: DropGuard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Stands,
    /// The server ended it. The next call opens it again.
    Over,
    /// The server has no such stream, or it broke.
    Refused,
}

/// Whose a session at a legacy server is, and so for whom the server says something on the session's own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionIs {
    /// One client's: everything is for this client.
    OneClients,
    /// One access key's, with which several programs of one person may be calling: what belongs to no call is for the
    /// only call that listens, and for nobody when there are several.
    OneKeys,
    /// Nobody listens.
    Nobodys,
}

#[derive(Debug)]
struct Caller {
    number: u64,
    told: mpsc::Sender<Box<RawValue>>,
    /// Takes questions, when this caller answers any.
    asked: Option<mpsc::Sender<Requested>>,
    session: SessionIs,
}

/// The calls that run in the session, the oldest first.
#[derive(Debug, Default)]
struct Callers(Mutex<(u64, Vec<Caller>)>);

/// A call hears what is said aside for as long as this is kept.
#[derive(Debug)]
pub(super) struct Hearing {
    callers: Arc<Callers>,
    number: u64,
}

impl Upstream {
    /// Lets a call hear what its session's own stream says; nothing when there is no such stream.
    ///
    /// Its type is hidden, because a call seldom needs it and has enough states of its own.
    pub(super) fn hear_aside<'a>(
        &'a self,
        target: &'a Target,
        request: &'a CallRequest<'_>,
        asked: Option<mpsc::Sender<Requested>>,
    ) -> Pin<Box<dyn Future<Output = Option<Hearing>> + Send + 'a>> {
        Box::pin(async move {
            let told = request.notifications.clone()?;
            let pace = Pace::until(&self.inner.http.limits, request.deadline);
            // The link first: only then it is known what the server promises.
            let link = self.link(target, pace).await.ok()?;
            if !matches!(&*link, Link::Streamable(session) if session.id.is_some())
                || !(self.promises().logs || asked.is_some())
            {
                return None;
            }
            let (callers, mut phase) = self.aside(link, target)?;
            let hearing = callers.join(told, asked, request.session);
            let stands = phase.wait_for(|phase| *phase != Phase::Opening);
            // Without it the call goes on: it only hears less.
            let _ = tokio::time::timeout(STANDS_WITHIN, stands).await;
            Some(hearing)
        })
    }

    /// The stream of this link, opened in the background when it is not yet.
    fn aside(
        &self,
        link: Arc<Link>,
        target: &Target,
    ) -> Option<(Arc<Callers>, watch::Receiver<Phase>)> {
        let mut held = self
            .inner
            .aside
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = held.as_ref().filter(|open| Arc::ptr_eq(&open.link, &link)) {
            let phase = *open.phase.borrow();
            match phase {
                Phase::Opening | Phase::Stands => {
                    return Some((open.callers.clone(), open.phase.clone()));
                }
                Phase::Refused => return None,
                Phase::Over => {}
            }
        }
        let stop = CancellationToken::new();
        let (told, phase) = watch::channel(Phase::Opening);
        let callers = Arc::<Callers>::default();
        let (http, target) = (self.inner.http.clone(), target.clone());
        let (over, heard_by, stopped) = (link.clone(), callers.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = hear(&http, &over, &target, &heard_by, &told) => {}
            }
        });
        let open = Aside {
            link,
            callers: callers.clone(),
            phase: phase.clone(),
            _stops_with_it: stop.drop_guard(),
        };
        *held = Some(open);
        Some((callers, phase))
    }
}

async fn hear(
    http: &Http,
    link: &Link,
    target: &Target,
    callers: &Callers,
    phase: &watch::Sender<Phase>,
) {
    let (tell, mut news) = mpsc::channel(UNREAD);
    let wish = Wish {
        questions: true,
        ..Wish::default()
    };
    let listening = listen_over(http, link, target, &wish, &tell);
    tokio::pin!(listening);
    loop {
        tokio::select! {
            biased;
            Some(said) = news.recv() => match said {
                News::Listening => {
                    phase.send_replace(Phase::Stands);
                }
                News::Log(message) => callers.tell_one(message),
                News::Progress(message) => callers.tell_all(&message),
                News::Asked(requested) => {
                    if let Some(refused) = callers.ask_one(requested) {
                        link.say(http, target, reply_body(&refused.id, &refused.method)).await;
                    }
                }
                _ => {}
            },
            ended = &mut listening => {
                phase.send_replace(if ended.is_ok() { Phase::Over } else { Phase::Refused });
                return;
            }
        }
    }
}

impl Callers {
    fn lock(&self) -> MutexGuard<'_, (u64, Vec<Caller>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(
        self: &Arc<Self>,
        told: mpsc::Sender<Box<RawValue>>,
        asked: Option<mpsc::Sender<Requested>>,
        session: SessionIs,
    ) -> Hearing {
        let mut held = self.lock();
        held.0 += 1;
        let number = held.0;
        held.1.push(Caller {
            number,
            told,
            asked,
            session,
        });
        drop(held);
        Hearing {
            callers: self.clone(),
            number,
        }
    }

    /// A log message belongs to no call, so one of them passes it on: the client hears it once. A caller that reads too
    /// slowly misses it.
    fn tell_one(&self, message: Box<RawValue>) {
        let held = self.lock();
        match &held.1[..] {
            [caller] => _ = caller.told.try_send(message),
            [caller, ..] if caller.session == SessionIs::OneClients => {
                let _ = caller.told.try_send(message);
            }
            _ => {}
        }
    }

    /// Hands a question to the caller whom it must be for; it comes back when that cannot be told, or nobody answers.
    fn ask_one(&self, requested: Requested) -> Option<Requested> {
        let held = self.lock();
        let asked = match &held.1[..] {
            [caller] => caller.asked.as_ref(),
            [first, ..] if first.session == SessionIs::OneClients => {
                held.1.iter().find_map(|caller| caller.asked.as_ref())
            }
            _ => None,
        };
        match asked {
            None => Some(requested),
            Some(asked) => asked
                .try_send(requested)
                .err()
                .map(TrySendError::into_inner),
        }
    }

    /// Progress names its call by a token, and each call knows its own.
    fn tell_all(&self, message: &RawValue) {
        for caller in &self.lock().1 {
            let _ = caller.told.try_send(message.to_owned());
        }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let number = self.number;
        self.callers
            .lock()
            .1
            .retain(|caller| caller.number != number);
    }
}
