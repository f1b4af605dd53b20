//! What a server asks while it works on a call, put to the one client whose call it is.
//!
//! A modern client gets a server's question as the answer to its call and brings the state back, sealed. A legacy client
//! gets it as a request of ours on the stream of its call, and posts the reply within its session.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use tieline_domain::Entropy;
use tieline_hub::{BoundTo, CallFailure, CallOutcome, FailureFacts, HeldState, Hub};
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{self, QuestionKind};
use tieline_mcp::{Question, QuestionReply, Replied};
use tokio::sync::mpsc;

use super::errors::Fault;
use super::sessions::{McpSession, random};
use super::stream_log::StreamLog;

/// How often one call of a legacy client may be answered with further questions.
pub(super) const ROUNDS: usize = 8;
/// How many pages one refusal may name.
const PAGES: usize = 16;
/// How long a person may think about the questions of a modern server.
const THINKING: Duration = Duration::from_mins(10);

/// The parameters of a call whose client brings a state back: with the server's own state in the place of ours.
/// Nothing when the client brings none.
pub(super) fn take_state(hub: &Hub, bound: &BoundTo<'_>) -> Result<Option<Box<RawValue>>, Fault> {
    let params = RawObject::parse(bound.params).map_err(|_| Fault::unknown_request_state())?;
    let Some(state) = params.get("requestState") else {
        return Ok(None);
    };
    let text = raw::as_str(state).ok_or_else(Fault::unknown_request_state)?;
    let held = hub.open_state(bound, &text).map_err(Fault::state_refused)?;
    let params = match held {
        HeldState::Server(Some(inner)) => {
            let inner = RawValue::from_string(inner).map_err(|_| Fault::unknown_request_state())?;
            return Ok(Some(params.clone().with("requestState", inner).to_box()));
        }
        HeldState::Server(None) => params.clone().without(&["requestState"]),
        HeldState::Again => params.clone().without(&["requestState", "inputResponses"]),
        HeldState::Parked { .. } => return Err(Fault::unknown_request_state()),
    };
    Ok(Some(params.to_box()))
}

/// Where the call waits whose state a client brings back; nothing for every other state.
pub(super) fn parked_in(hub: &Hub, bound: &BoundTo<'_>) -> Option<(String, String)> {
    let params = RawObject::parse(bound.params).ok()?;
    let state = raw::as_str(params.get("requestState")?)?;
    match hub.open_state(bound, &state) {
        Ok(HeldState::Parked { replica, call }) => Some((replica, call)),
        _ => None,
    }
}

/// What a modern client gets that has to answer before its call goes on.
pub(super) fn input_required(requests: &RawObject<'_>, state: &str) -> Box<RawValue> {
    RawObject::new()
        .rename_value("resultType", "input_required")
        .with("inputRequests", requests.to_box())
        .rename_value("requestState", state)
        .to_box()
}

/// One entry of `inputRequests`. Modern pages to open have no name, and tasks are not offered.
pub(super) fn input_request(kind: QuestionKind, params: Option<&RawValue>) -> Box<RawValue> {
    let request = RawObject::new().rename_value("method", kind.method());
    let Some(params) = params else {
        return request.to_box();
    };
    let params = match RawObject::parse(params) {
        Ok(object) => object.without(&["elicitationId", "task"]).to_box(),
        Err(_) => params.to_owned(),
    };
    request.with("params", params).to_box()
}

/// The pages that a legacy server wants opened first, as `inputRequests`. Nothing when it names none that can be read.
pub(super) fn pages<'a>(data: &RawObject<'_>) -> Option<RawObject<'a>> {
    let named: Vec<Box<RawValue>> = serde_json::from_str(data.get("elicitations")?.get()).ok()?;
    let mut requests = RawObject::new();
    for (number, page) in named.iter().take(PAGES).enumerate() {
        let page = RawObject::parse(page).ok()?;
        page.get_str("url")?;
        let page = page.rename_value("mode", "url").to_box();
        let request = input_request(QuestionKind::Elicitation, Some(&page));
        requests.set(&format!("q{}", number + 1), request);
    }
    (!requests.is_empty()).then_some(requests)
}

/// A server's `input_required` for a modern client: as it is, but with its state inside one of ours. Nothing when it is
/// too long.
pub(super) fn with_own_state(
    hub: &Hub,
    bound: &BoundTo<'_>,
    result: &RawValue,
) -> Option<Box<RawValue>> {
    let result = RawObject::parse(result).ok()?;
    let inner = result
        .get("requestState")
        .map(|state| state.get().to_owned());
    let sealed = hub.seal_state(bound, &HeldState::Server(inner))?;
    Some(
        result
            .clone()
            .rename_value("requestState", &sealed)
            .to_box(),
    )
}

/// The client of one legacy call, as somebody who can be asked. What was not answered is dropped with it.
#[derive(Debug)]
pub(super) struct Asker<'a> {
    pub(super) session: &'a McpSession,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) log: &'a StreamLog,
    open: Mutex<Vec<Box<str>>>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(
        session: &'a McpSession,
        entropy: &'a dyn Entropy,
        log: &'a StreamLog,
    ) -> Self {
        let open = Mutex::default();
        Self {
            session,
            entropy,
            log,
            open,
        }
    }

    /// Sends a question to the client. Its reply goes back by itself.
    pub(super) fn ask(&self, question: Question) {
        let id = raw::raw_str(&random::<16>(self.entropy));
        let params = self.for_legacy(&question);
        let request = wire::request(&id, question.kind.method(), params.as_deref());
        self.open().push(id.get().into());
        self.session.expect_reply(id.get().into(), question);
        self.log.push(request);
    }

    /// A page to open has a name in the legacy era, by which the client could be told that it was visited.
    fn for_legacy(&self, question: &Question) -> Option<Box<RawValue>> {
        let params = question.params.as_deref()?;
        let object = RawObject::parse(params).ok()?;
        let wants_name = question.kind == QuestionKind::Elicitation
            && object.get_str("mode").as_deref() == Some("url")
            && !object.contains("elicitationId");
        if wants_name {
            let name = random::<16>(self.entropy);
            return Some(object.rename_value("elicitationId", &name).to_box());
        }
        Some(params.to_owned())
    }

    /// Puts all questions of a modern server's `input_required` and makes the parameters of the next call.
    pub(super) async fn next_params(
        &self,
        params: &RawValue,
        result: &RawValue,
    ) -> Result<Box<RawValue>, CallOutcome> {
        let bad = |_| {
            failed(
                "bad_result",
                "The server asked in a way that cannot be understood.",
            )
        };
        let result = RawObject::parse(result).map_err(bad)?;
        let requests = result
            .get_object("inputRequests")
            .map_err(bad)?
            .unwrap_or_default();
        let mut responses = RawObject::new();
        for (key, reply) in self.collect(&requests).await? {
            responses.set(&key, reply);
        }
        let mut next = RawObject::parse(params).map_err(bad)?;
        if !responses.is_empty() {
            next.set("inputResponses", responses.to_box());
        }
        let next = match result.get("requestState") {
            Some(state) => next.with("requestState", state.to_owned()),
            None => next,
        };
        Ok(next.to_box())
    }

    async fn collect(
        &self,
        requests: &RawObject<'_>,
    ) -> Result<Vec<(String, Box<RawValue>)>, CallOutcome> {
        let (back, mut coming) = mpsc::unbounded_channel();
        let mut kinds = Vec::new();
        for (key, request) in requests.entries() {
            let read = RawObject::parse(request).ok();
            let kind = read
                .as_ref()
                .and_then(|read| QuestionKind::of(&read.get_str("method")?));
            let params = read.as_ref().and_then(|read| read.get("params"));
            let Some(kind) = kind.filter(|kind| self.session.can.answers(*kind, params)) else {
                let text = "The server asked for something that this client cannot answer.";
                return Err(failed("input_required", text));
            };
            kinds.push((key.to_owned(), kind));
            let question = Question::new(
                raw::raw_str(key),
                kind,
                params.map(ToOwned::to_owned),
                back.clone(),
            );
            self.ask(question);
        }
        drop(back);
        let mut collected = Vec::with_capacity(kinds.len());
        let until = tokio::time::Instant::now() + THINKING;
        while collected.len() < kinds.len() {
            let Ok(Some(replied)) = tokio::time::timeout_at(until, coming.recv()).await else {
                let text = "Nobody answered the server's question in time.";
                return Err(failed("question_unanswered", text));
            };
            collected.push(reply_of(&kinds, replied)?);
        }
        Ok(collected)
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<Box<str>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for nothing any more.
    pub(super) fn forget(&self) {
        let open = std::mem::take(&mut *self.open());
        self.session.forget_questions(&open);
    }
}

impl Drop for Asker<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

/// The response of a client under the server's key. A person's client that fails has asked nobody, which a server takes
/// like a person who closed the question.
fn reply_of(
    kinds: &[(String, QuestionKind)],
    replied: Replied,
) -> Result<(String, Box<RawValue>), CallOutcome> {
    let key = raw::as_str(&replied.id).unwrap_or_default().into_owned();
    let kind = kinds
        .iter()
        .find(|(held, _)| *held == key)
        .map(|(_, kind)| *kind);
    let reply: Option<QuestionReply> = replied.reply;
    match (reply, kind) {
        (Some(Ok(result)), _) => Ok((key, result)),
        (_, Some(QuestionKind::Elicitation)) => {
            let closed = RawObject::new().rename_value("action", "cancel").to_box();
            Ok((key, closed))
        }
        _ => {
            let text = "The client did not answer the server's question.";
            Err(failed("question_unanswered", text))
        }
    }
}

pub(super) fn failed(code: &'static str, message: &str) -> CallOutcome {
    let message = message.to_owned();
    CallOutcome::UpstreamFailure(CallFailure {
        code,
        message,
        facts: FailureFacts::default(),
    })
}
