//! One HTTP exchange with a model API: the request goes out, events come in, every wait and every size is bounded.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Error as ClientError;
use tieline_domain::{AccessToken, ModelKind};
use tokio::time::{Instant, timeout_at};

use super::dial::DialError;
use super::failure::{Again, Failure};
use super::openai::Accent;
use super::refusal::{Refused, refused};
use super::sse::SseReader;
use super::text::clean;
use super::{
    ModelClient, ModelEndpoint, ModelError, ModelEvent, ModelLimits, ModelRequest, Phase,
    anthropic, openai,
};

/// What a decoder needs to know of its request, and what it puts into errors.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) api: String,
    pub(super) key: Option<AccessToken>,
    /// The tools' names in the order of the request.
    pub(super) tools: Vec<String>,
    /// Makes the ids of calls unique that come without one.
    pub(super) seed: u64,
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The API is alive, but the model has not said anything.
    Waiting,
    /// The model has begun to answer.
    Answering,
    /// The API said that this is all.
    Ended,
}

enum Decoder {
    Anthropic(anthropic::Decoder),
    OpenAi(openai::Decoder),
}

impl Decoder {
    fn event(
        &mut self,
        data: &[u8],
        context: &Context,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<Progress, Failure> {
        match self {
            Self::Anthropic(decoder) => decoder.event(data, context, out),
            Self::OpenAi(decoder) => decoder.event(data, context, out),
        }
    }

    /// The whole answer; none when its end is missing.
    fn finish(self, context: &Context) -> Option<ModelEvent> {
        match self {
            Self::Anthropic(decoder) => decoder.finish(),
            Self::OpenAi(decoder) => decoder.finish(context),
        }
    }
}

/// Sends a request and waits until the API accepts it.
pub(super) async fn open(
    client: &ModelClient,
    endpoint: &ModelEndpoint,
    request: &ModelRequest,
    accent: Accent,
) -> Result<Answer, Failure> {
    let limits = client.limits;
    let begun = Instant::now();
    let mut seed = [0; 8];
    client.entropy.fill(&mut seed);
    let context = Context {
        api: endpoint.name.clone(),
        key: endpoint.key.clone(),
        tools: request.tools.iter().map(|tool| tool.name.clone()).collect(),
        seed: u64::from_le_bytes(seed),
    };
    let http_request = http_request(endpoint, request, accent, &context.api)?;
    let first = begun + limits.first_token;
    let response = timeout_at(first, client.http().request(http_request))
        .await
        .map_err(|_| late(&context.api, Phase::FirstToken, limits.first_token))?
        .map_err(|error| not_sent(&error, &context.api))?;
    let response = accepted(client, &context, response, first).await?;
    Ok(Answer {
        body: response.into_body(),
        reader: SseReader::new(limits.event_bytes),
        raw: VecDeque::new(),
        ready: VecDeque::new(),
        decoder: Some(match endpoint.kind {
            ModelKind::Anthropic => Decoder::Anthropic(anthropic::Decoder::default()),
            ModelKind::OpenAi => Decoder::OpenAi(openai::Decoder::default()),
        }),
        context,
        limits,
        begun,
        answering: false,
        bytes: 0,
    })
}

fn http_request(
    endpoint: &ModelEndpoint,
    request: &ModelRequest,
    accent: Accent,
    api: &str,
) -> Result<Request<Full<Bytes>>, Failure> {
    let body = match endpoint.kind {
        ModelKind::Anthropic => anthropic::body(request),
        ModelKind::OpenAi => openai::body(request, accent),
    };
    let unusable = |reason: &str| {
        let (api, reason) = (api.to_owned(), reason.to_owned());
        Failure::new(ModelError::Unreachable { api, reason }, Again::Elsewhere)
    };
    let uri: Uri = endpoint
        .url()
        .parse()
        .map_err(|_| unusable("its address is not one that can be asked"))?;
    let mut http_request = Request::new(Full::new(Bytes::from(body)));
    *http_request.method_mut() = Method::POST;
    *http_request.uri_mut() = uri;
    *http_request.headers_mut() =
        headers(endpoint).ok_or_else(|| unusable("its key can’t be put into a request"))?;
    Ok(http_request)
}

fn headers(endpoint: &ModelEndpoint) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let agent = concat!("Tieline/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    if endpoint.kind == ModelKind::Anthropic {
        let version = HeaderName::from_static("anthropic-version");
        headers.insert(version, HeaderValue::from_static("2023-06-01"));
    }
    if let Some(key) = &endpoint.key {
        let (name, value) = match endpoint.kind {
            ModelKind::Anthropic => (
                HeaderName::from_static("x-api-key"),
                key.expose().to_owned(),
            ),
            // Somebody who pasted the whole header value means it.
            ModelKind::OpenAi if key.scheme().is_some() => (AUTHORIZATION, key.expose().to_owned()),
            ModelKind::OpenAi => (AUTHORIZATION, format!("Bearer {}", key.expose())),
        };
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Some(headers)
}

/// Turns everything but a stream of events into its failure.
async fn accepted(
    client: &ModelClient,
    context: &Context,
    response: Response<Incoming>,
    until: Instant,
) -> Result<Response<Incoming>, Failure> {
    let status = response.status();
    let media = response.headers().get(CONTENT_TYPE).map_or("", |value| {
        value
            .to_str()
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
    });
    if status.is_success() && media.eq_ignore_ascii_case("text/event-stream") {
        return Ok(response);
    }
    if status.is_redirection() {
        let reason = format!("it answers with a redirect (HTTP {})", status.as_u16());
        return Err(Failure::bad_answer(&context.api, reason));
    }
    let media = clean(media, context.key.as_ref(), 60);
    let (parts, body) = response.into_parts();
    let body = read_error(body, client.limits.error_bytes, until).await;
    let failure = refused(
        context,
        &Refused {
            status: status.as_u16(),
            retry_after: super::retry_after::retry_after(&parts.headers, &*client.clock),
            body: &body,
        },
    );
    Err(failure.unwrap_or_else(|| {
        let media = if media.is_empty() {
            "of no type"
        } else {
            &media
        };
        let reason = format!("it is {media}, not a stream of events");
        Failure::bad_answer(&context.api, reason)
    }))
}

/// As much of an error's body as is worth reading; failing to read it does not matter.
async fn read_error(mut body: Incoming, limit: usize, until: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    let until = until.min(Instant::now() + Duration::from_secs(5));
    while bytes.len() < limit {
        match timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    bytes.extend_from_slice(data);
                }
            }
            _ => break,
        }
    }
    bytes.truncate(limit);
    bytes
}

/// An answer that is being read. Dropping it ends the request.
pub(super) struct Answer {
    body: Incoming,
    reader: SseReader,
    /// Events as they came.
    raw: VecDeque<Vec<u8>>,
    /// What they meant.
    ready: VecDeque<ModelEvent>,
    /// None once the end was read.
    decoder: Option<Decoder>,
    context: Context,
    limits: ModelLimits,
    begun: Instant,
    answering: bool,
    bytes: usize,
}

impl Answer {
    /// The next event; after [`ModelEvent::Finished`] there is none to ask for.
    pub(super) async fn next(&mut self) -> Result<ModelEvent, Failure> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            if let Some(data) = self.raw.pop_front() {
                self.take(&data)?;
                continue;
            }
            let bytes = self.next_bytes().await?;
            if bytes.is_empty() {
                self.end()?;
                continue;
            }
            self.bytes += bytes.len();
            if self.bytes > self.limits.answer_bytes {
                return Err(self.too_large("the answer", self.limits.answer_bytes));
            }
            if self.reader.push(&bytes, &mut self.raw).is_err() {
                return Err(self.too_large("one event of it", self.limits.event_bytes));
            }
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Failure> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        match decoder.event(data, &self.context, &mut self.ready)? {
            Progress::Waiting => {}
            Progress::Answering => self.answering = true,
            Progress::Ended => self.end()?,
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        let finished = self
            .decoder
            .take()
            .and_then(|decoder| decoder.finish(&self.context));
        let Some(finished) = finished else {
            return Err(Failure::cut(&self.context.api));
        };
        self.ready.push_back(finished);
        Ok(())
    }

    /// The next bytes of the body; none at its end, be it clean or not.
    async fn next_bytes(&mut self) -> Result<Bytes, Failure> {
        let whole = self.begun + self.limits.whole;
        let (soonest, phase, limit) = if self.answering {
            let soonest = Instant::now() + self.limits.idle;
            (soonest, Phase::NextPiece, self.limits.idle)
        } else {
            let soonest = self.begun + self.limits.first_token;
            (soonest, Phase::FirstToken, self.limits.first_token)
        };
        loop {
            let frame = timeout_at(soonest.min(whole), self.body.frame()).await;
            match frame {
                Err(_) if soonest <= whole => return Err(late(&self.context.api, phase, limit)),
                Err(_) => return Err(late(&self.context.api, Phase::Whole, self.limits.whole)),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Ok(data),
                    Err(_) => {}
                },
                // Whether a broken connection cut something off is for the decoder to say: after the last event
                // nothing is missing.
                Ok(None | Some(Err(_))) => return Ok(Bytes::new()),
            }
        }
    }

    fn too_large(&self, what: &str, limit: usize) -> Failure {
        let reason = format!("{what} is larger than {} MiB", limit.div_ceil(1 << 20));
        Failure::bad_answer(&self.context.api, reason)
    }
}

fn late(api: &str, phase: Phase, limit: Duration) -> Failure {
    let api = api.to_owned();
    Failure::new(ModelError::Timeout { api, phase, limit }, Again::Elsewhere)
}

/// Why a request got no answer at all.
fn not_sent(error: &ClientError, api: &str) -> Failure {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(dial) = inner.downcast_ref::<DialError>() {
            let (api, reason) = (api.to_owned(), dial.reason.clone());
            let again = if dial.passing {
                Again::Here(None)
            } else {
                Again::Elsewhere
            };
            return Failure::new(ModelError::Unreachable { api, reason }, again);
        }
        if let Some(http) = inner.downcast_ref::<hyper::Error>()
            && http.is_parse()
        {
            return Failure::bad_answer(api, "it is not HTTP");
        }
        cause = inner.source();
    }
    let (api, reason) = (
        api.to_owned(),
        "it closed the connection without an answer".to_owned(),
    );
    Failure::new(ModelError::Unreachable { api, reason }, Again::Here(None))
}
