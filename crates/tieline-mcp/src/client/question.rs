//! What a server asks while it works on a call: handed to the one whose call it is, and the reply brought back.
//!
//! A question is bound to the stream of one call. What comes on any other stream cannot be told apart between callers
//! and is refused.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::pace::Pace;
use super::request::{refusal_body, response_body};
use crate::wire::{ClientCan, INTERNAL_ERROR, METHOD_NOT_FOUND, QuestionKind};

/// How many questions of one call may wait for replies at the same time.
const OPEN_AT_ONCE: usize = 16;
/// How many a server may ask within one call.
const PER_CALL: usize = 100;

/// A result, or an error object, each as the client wrote it.
pub type QuestionReply = Result<Box<RawValue>, Box<RawValue>>;

/// What came of a question.
#[derive(Debug)]
pub struct Replied {
    /// The id that the question was made with.
    pub id: Box<RawValue>,
    /// Nothing when the question was dropped without a reply.
    pub reply: Option<QuestionReply>,
}

/// One request of a server to the caller. Dropping it tells the server that nobody answered.
#[derive(Debug)]
pub struct Question {
    /// What is wanted.
    pub kind: QuestionKind,
    /// Its parameters, untouched.
    pub params: Option<Box<RawValue>>,
    id: Box<RawValue>,
    back: Option<mpsc::UnboundedSender<Replied>>,
}

impl Question {
    /// A question whose reply goes to `back` under `id`.
    pub fn new(
        id: Box<RawValue>,
        kind: QuestionKind,
        params: Option<Box<RawValue>>,
        back: mpsc::UnboundedSender<Replied>,
    ) -> Self {
        let back = Some(back);
        Self {
            kind,
            params,
            id,
            back,
        }
    }

    /// Brings the reply to whoever asked. It may be too late, which does not matter.
    pub fn answer(mut self, reply: QuestionReply) {
        self.send(Some(reply));
    }

    fn send(&mut self, reply: Option<QuestionReply>) {
        if let Some(back) = self.back.take() {
            let _ = back.send(Replied {
                id: self.id.clone(),
                reply,
            });
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.send(None);
    }
}

/// Where the questions of one call go.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Which the caller can answer; all others are refused without asking.
    pub can: ClientCan,
    /// Takes the questions.
    pub to: mpsc::Sender<Question>,
    /// When the call must be over, however long its questions take. While none is open, the call's own deadline counts,
    /// and the time that was spent waiting for replies is added to it.
    pub until: Instant,
}

/// A request of the server, before it is known whether anybody can answer it.
#[derive(Debug, Clone)]
pub struct Requested {
    /// The server's id of it.
    pub id: Box<RawValue>,
    /// What is wanted.
    pub method: String,
    /// Its parameters, untouched.
    pub params: Option<Box<RawValue>>,
}

/// The questions of a call under way, and those the server still waits for.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) questions: Questions,
    open: Mutex<Vec<Box<RawValue>>>,
    /// Takes what the server asks on another stream than the call's own.
    aside: mpsc::Sender<Requested>,
    asked_aside: tokio::sync::Mutex<mpsc::Receiver<Requested>>,
}

impl Asking {
    pub(crate) fn new(questions: Questions) -> Self {
        let (aside, asked_aside) = mpsc::channel(OPEN_AT_ONCE);
        Self {
            questions,
            open: Mutex::default(),
            aside,
            asked_aside: tokio::sync::Mutex::new(asked_aside),
        }
    }

    /// Where to put what is asked aside.
    pub(crate) fn aside(&self) -> mpsc::Sender<Requested> {
        self.aside.clone()
    }

    /// Refusals for what was asked aside when the call was over already.
    pub(crate) fn refuse_late(&self) -> Vec<Bytes> {
        let mut late = Vec::new();
        if let Ok(mut asked) = self.asked_aside.try_lock() {
            while let Ok(requested) = asked.try_recv() {
                late.push(super::request::reply_body(&requested.id, &requested.method));
            }
        }
        late
    }

    /// Refusals for everything that the server will get no reply to any more.
    pub(crate) fn refuse_open(&self) -> Vec<Bytes> {
        let open = std::mem::take(&mut *self.lock());
        open.iter().map(|id| unanswered(id)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Box<RawValue>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place where the questions of one stream lie until their replies come.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    asking: &'a Asking,
    back: mpsc::UnboundedSender<Replied>,
    replies: mpsc::UnboundedReceiver<Replied>,
    open: usize,
    asked: usize,
    since: Instant,
    waited: Duration,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(asking: &'a Asking) -> Self {
        let (back, replies) = mpsc::unbounded_channel();
        let (since, waited) = (Instant::now(), Duration::ZERO);
        Self {
            asking,
            back,
            replies,
            open: 0,
            asked: 0,
            since,
            waited,
        }
    }

    /// Hands a request of the server on. When nobody can answer it: what to tell the server at once.
    pub(crate) fn take(
        &mut self,
        id: &RawValue,
        method: &str,
        params: Option<Box<RawValue>>,
    ) -> Option<Bytes> {
        let questions = &self.asking.questions;
        let kind =
            QuestionKind::of(method).filter(|kind| questions.can.answers(*kind, params.as_deref()));
        let Some(kind) = kind else {
            return Some(super::request::reply_body(id, method));
        };
        if self.open >= OPEN_AT_ONCE || self.asked >= PER_CALL {
            return Some(refusal_body(
                id,
                INTERNAL_ERROR,
                "too many questions within one call",
            ));
        }
        // On the list before it is handed on: whoever gets it may end the call at once.
        self.asking.lock().push(id.to_owned());
        let question = Question::new(id.to_owned(), kind, params, self.back.clone());
        if let Err(refused) = questions.to.try_send(question) {
            // Its drop must not speak: the refusal below does.
            let mut question = refused.into_inner();
            question.back = None;
            self.forget(id);
            return Some(refusal_body(
                id,
                METHOD_NOT_FOUND,
                "nobody can be asked at the moment",
            ));
        }
        if self.open == 0 {
            self.since = Instant::now();
        }
        self.open += 1;
        self.asked += 1;
        None
    }

    /// The next reply, as the message for the server; nothing when something was asked aside and handed on, which
    /// changes the pace. Waits for ever when nothing of this happens.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        let asked_aside = async { self.asking.asked_aside.lock().await.recv().await };
        let replied = tokio::select! {
            Some(replied) = self.replies.recv() => replied,
            Some(asked) = asked_aside => return self.take(&asked.id, &asked.method, asked.params),
            else => return std::future::pending().await,
        };
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.waited += self.since.elapsed();
        }
        self.forget(&replied.id);
        Some(match replied.reply {
            Some(reply) => response_body(&replied.id, &reply),
            None => unanswered(&replied.id),
        })
    }

    /// The pace of the call now: nobody is rushed while a question is open.
    pub(crate) fn pace(&self, pace: &Pace) -> Pace {
        let until = self.asking.questions.until;
        if self.open > 0 {
            let idle = until.saturating_duration_since(Instant::now());
            return Pace {
                idle,
                deadline: until,
                ..*pace
            };
        }
        Pace {
            deadline: (pace.deadline + self.waited).min(until),
            ..*pace
        }
    }

    /// When the call must be over, however long its questions take.
    pub(crate) fn latest(&self) -> Instant {
        self.asking.questions.until
    }

    /// Until when the head of the answer to a request of then may come: nobody is rushed while a question is open.
    pub(crate) fn head_until(&self, pace: &Pace, begun: Instant) -> Instant {
        if self.open > 0 {
            return self.latest();
        }
        let until = (begun + pace.first_byte).min(pace.deadline);
        (until + self.waited).min(self.latest())
    }

    fn forget(&self, id: &RawValue) {
        let mut open = self.asking.lock();
        if let Some(at) = open.iter().position(|held| held.get() == id.get()) {
            open.swap_remove(at);
        }
    }
}

fn unanswered(id: &RawValue) -> Bytes {
    refusal_body(id, INTERNAL_ERROR, "the question was not answered")
}
