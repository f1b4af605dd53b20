//! One HTTP exchange: pooled connections, the credential set last and once, every wait bounded.
//!
//! It knows nothing of MCP beyond what its callers put into the headers.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::connection::{AnswerBody, Connection, NoAnswer};
use super::dial::Dialer;
use super::error::{Failure, McpError, plain};
use super::limits::Limits;
use super::memory::Hold;
use super::pool::Pool;
use super::request::{Ids, Introduction};
use super::target::{Parts, Target};

/// How long an exchange may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From a standing connection to the head of the answer.
    pub(crate) first_byte: Duration,
    /// Between two pieces of the body.
    pub(crate) idle: Duration,
    /// When everything must be over.
    pub(crate) deadline: Instant,
    /// When it began, for the message.
    pub(crate) begun: Instant,
}

impl Pace {
    /// The usual pace with a deadline.
    pub(crate) fn until(limits: &Limits, deadline: Instant) -> Self {
        Self {
            first_byte: limits.first_byte,
            idle: limits.idle,
            deadline,
            begun: Instant::now(),
        }
    }

    /// The usual pace within the default total.
    pub(crate) fn usual(limits: &Limits) -> Self {
        Self::until(limits, Instant::now() + limits.total)
    }

    /// The same with an own limit for the head of the answer.
    pub(crate) fn first_byte_within(self, first_byte: Duration) -> Self {
        Self { first_byte, ..self }
    }

    /// Waits for the next piece of a body.
    pub(crate) async fn next_piece<T>(
        &self,
        piece: impl Future<Output = T>,
    ) -> Result<T, McpError> {
        let mut piece = pin!(piece);
        // What has come already needs no clock.
        if let Poll::Ready(come) =
            poll_fn(|context| Poll::Ready(piece.as_mut().poll(context))).await
        {
            return Ok(come);
        }
        let now = Instant::now();
        let until = self.deadline.min(now + self.idle);
        timeout_at(until, piece).await.map_err(|_| {
            McpError::sent(if until == self.deadline {
                self.overdue()
            } else {
                let what = "The next part of the answer";
                Failure::Timeout {
                    what,
                    seconds: self.idle.as_secs(),
                }
            })
        })
    }

    /// The failure when the deadline passed.
    pub(crate) fn overdue(&self) -> Failure {
        Failure::Timeout {
            what: "The answer",
            seconds: self.whole_seconds(),
        }
    }

    /// How long everything may take.
    pub(crate) fn whole_seconds(&self) -> u64 {
        let whole = self.deadline.saturating_duration_since(self.begun);
        whole.as_secs() + u64::from(whole.subsec_millis() >= 500)
    }
}

/// What the connection test wants to see of an exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) took: Duration,
}

/// An HTTP client, its limits and how it introduces itself.
#[derive(Debug)]
pub(crate) struct Http {
    pool: Arc<Pool>,
    pub(crate) dialer: Dialer,
    pub(crate) limits: Limits,
    pub(crate) introduction: Introduction,
    pub(crate) ids: Ids,
    pub(crate) observer: Option<mpsc::UnboundedSender<Answered>>,
}

impl Http {
    pub(crate) fn new(dialer: Dialer, limits: Limits, introduction: Introduction) -> Self {
        Self {
            pool: Arc::new(Pool::new(limits.connection_age)),
            dialer,
            limits,
            introduction,
            ids: Ids::default(),
            observer: None,
        }
    }

    /// Sends one request and waits for the head of the answer. Redirects and broken framing are failures here; the
    /// status is for the caller to judge.
    pub(crate) async fn send(
        &self,
        method: Method,
        target: &Target,
        mut headers: HeaderMap,
        body: Bytes,
        pace: &Pace,
    ) -> Result<Response<AnswerBody>, McpError> {
        let address = target.address.parts();
        let address = address.ok_or_else(|| McpError::unsent(unusable(target)))?;
        if let Some((name, value)) = &target.auth {
            headers.insert(name.clone(), value.clone());
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        let observed = self.observer.as_ref().map(|seen| (seen, Instant::now()));
        let response = self.exchange(request, target, address, pace).await?;
        if let Some((observer, begun)) = observed {
            // The test may have ended meanwhile.
            let _ = observer.send(Answered {
                status: response.status(),
                took: begun.elapsed(),
            });
        }
        refuse_redirect(&response, target)
            .and_then(|()| refuse_broken_framing(&response))
            .map_err(|error| error.answered_with(response.status()))?;
        Ok(response)
    }

    /// Over a connection at rest if there is one that still stands, else over a new one. A request goes to another
    /// connection only when provably nothing of it was written.
    async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        target: &Target,
        address: &Parts,
        pace: &Pace,
    ) -> Result<Response<AnswerBody>, McpError> {
        loop {
            let now = Instant::now();
            if pace.deadline <= now {
                return Err(McpError::unsent(pace.overdue()));
            }
            let (connection, stands_since, fresh) = match self.pool.take(&target.address, now) {
                Some(connection) => (connection, now, false),
                None => (
                    self.connect(&address.whole, pace).await?,
                    Instant::now(),
                    true,
                ),
            };
            connection.address(&mut request, address);
            let until = pace.deadline.min(stands_since + pace.first_byte);
            let pool = self.pool.clone();
            let exchange = pin!(connection.exchange(request, target.address.clone(), pool));
            match timeout_at(until, exchange).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(NoAnswer::Unsent(unsent))) if !fresh => request = *unsent,
                Ok(Err(NoAnswer::Unsent(_))) => return Err(McpError::unsent(Failure::Interrupted)),
                Ok(Err(NoAnswer::Broken(error))) => {
                    return Err(McpError::sent(explain(&error, self.limits.header_bytes)));
                }
                Err(_) => return Err(McpError::sent(late_head(pace, until))),
            }
        }
    }

    /// The dialer has limits of its own, which the deadline of the call can only shorten.
    async fn connect(&self, whole: &Uri, pace: &Pace) -> Result<Connection, McpError> {
        let open = async {
            let stream = self.dialer.dial(whole).await?;
            let opened = Connection::open(stream, self.limits.header_bytes).await;
            opened.map_err(|error| explain(&error, self.limits.header_bytes))
        };
        let opened = timeout_at(pace.deadline, Box::pin(open)).await;
        opened
            .map_err(|_| McpError::unsent(pace.overdue()))?
            .map_err(McpError::unsent)
    }

    /// Reads a body to its end, but not beyond `limit`.
    pub(crate) async fn read_body(
        &self,
        mut body: AnswerBody,
        limit: usize,
        pace: &Pace,
        hold: Option<&Hold>,
    ) -> Result<Bytes, McpError> {
        let mut read = Collected::within(limit, &body)?;
        while read.next(&mut body, pace, hold).await?.is_some() {}
        Ok(read.into_bytes())
    }

    /// Reads as much of an error's body as is worth reading; failures do not matter.
    pub(crate) async fn read_error_body(&self, body: AnswerBody, pace: &Pace) -> Bytes {
        let pace = Pace {
            idle: pace.idle.min(Duration::from_secs(5)),
            ..*pace
        };
        self.read_body(body, self.limits.error_body_bytes, &pace, None)
            .await
            .unwrap_or_default()
    }
}

/// What has come of a body, up to a limit.
pub(crate) struct Collected {
    limit: usize,
    first: Bytes,
    rest: BytesMut,
}

impl Collected {
    /// Nothing yet. A body that says that it is larger is refused at once.
    pub(crate) fn within(limit: usize, body: &AnswerBody) -> Result<Self, McpError> {
        let collected = Self {
            limit,
            first: Bytes::new(),
            rest: BytesMut::new(),
        };
        if announced(body) > limit {
            return Err(collected.too_large());
        }
        Ok(collected)
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    /// Reads the next piece; nothing at the end.
    pub(crate) async fn next(
        &mut self,
        body: &mut AnswerBody,
        pace: &Pace,
        hold: Option<&Hold>,
    ) -> Result<Option<Bytes>, McpError> {
        let Some(bytes) = next_piece(body, pace).await? else {
            return Ok(None);
        };
        let length = self.len() + bytes.len();
        if length > self.limit {
            return Err(self.too_large());
        }
        if let Some(hold) = hold {
            hold.grow_to(length).map_err(McpError::sent)?;
        }
        // Most answers come in one piece, which is then not copied.
        if self.len() == 0 {
            self.first = bytes.clone();
        } else {
            if self.rest.is_empty() {
                // What the server said of the length was compared with the limit above.
                self.rest.reserve(length + announced(body));
                self.rest
                    .extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.rest.extend_from_slice(&bytes);
        }
        Ok(Some(bytes))
    }

    /// What has come so far, as a piece of its own.
    pub(crate) fn so_far(&self) -> Bytes {
        if self.rest.is_empty() {
            self.first.clone()
        } else {
            Bytes::copy_from_slice(&self.rest)
        }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        }
    }

    fn too_large(&self) -> McpError {
        too_large(self.limit)
    }
}

pub(crate) fn too_large(limit: usize) -> McpError {
    McpError::sent(Failure::TooLarge {
        what: "The answer",
        limit,
    })
}

/// How much a body says is still to come.
pub(crate) fn announced(body: &AnswerBody) -> usize {
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

/// The next bytes of a body; nothing at its end.
pub(crate) async fn next_piece(
    body: &mut AnswerBody,
    pace: &Pace,
) -> Result<Option<Bytes>, McpError> {
    while !body.is_end_stream() {
        let Some(frame) = pace.next_piece(body.frame()).await? else {
            break;
        };
        let frame = frame.map_err(|_| McpError::sent(Failure::Interrupted))?;
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// The media type of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Media {
    /// JSON, or nothing said.
    Json,
    EventStream,
    Other {
        content_type: String,
        web_page: bool,
    },
}

impl Media {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Self::Json;
        };
        if value == "application/json" {
            return Self::Json;
        }
        let text = String::from_utf8_lossy(value.as_bytes());
        let bare = text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match bare.as_str() {
            "application/json" => Self::Json,
            "text/event-stream" => Self::EventStream,
            other if other.starts_with("application/") && other.ends_with("+json") => Self::Json,
            other => Self::Other {
                content_type: plain(other, 80),
                web_page: matches!(other, "text/html" | "application/xhtml+xml"),
            },
        }
    }

    /// The failure for a media type that is not MCP's.
    pub(crate) fn refused(self) -> Failure {
        match self {
            Self::Other {
                content_type,
                web_page,
            } => Failure::BadContentType {
                content_type,
                web_page,
            },
            Self::EventStream => Failure::BadContentType {
                content_type: "text/event-stream".to_owned(),
                web_page: false,
            },
            Self::Json => Failure::BadContentType {
                content_type: "that of JSON".to_owned(),
                web_page: false,
            },
        }
    }
}

fn unusable(target: &Target) -> Failure {
    Failure::DnsFailed {
        host: target.host().to_owned(),
    }
}

pub(super) fn late_head(pace: &Pace, until: Instant) -> Failure {
    if until >= pace.deadline {
        return pace.overdue();
    }
    Failure::Timeout {
        what: "The first byte of the answer",
        seconds: pace.first_byte.as_secs(),
    }
}

/// A redirect is never followed: the next address was neither checked nor chosen by the admin.
fn refuse_redirect(response: &Response<AnswerBody>, target: &Target) -> Result<(), McpError> {
    if !response.status().is_redirection() {
        return Ok(());
    }
    let Some(location) = response.headers().get(LOCATION) else {
        let status = response.status().as_u16();
        return Err(McpError::sent(Failure::UpstreamError { status }));
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let whole = target
        .url()
        .join(&location)
        .map_or_else(|_| location.into_owned(), String::from);
    Err(McpError::sent(Failure::RedirectRefused {
        to: plain(&whole, 200),
    }))
}

fn refuse_broken_framing(response: &Response<AnswerBody>) -> Result<(), McpError> {
    let headers = response.headers();
    // Two parties that disagree about which of the two counts see different answers.
    if headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH) {
        let reason = "it has both a Content-Length and a Transfer-Encoding".to_owned();
        return Err(McpError::sent(Failure::BadHttp { reason }));
    }
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
        && response.status().is_success()
    {
        let encoding = plain(&String::from_utf8_lossy(encoding.as_bytes()), 40);
        return Err(McpError::sent(Failure::BadEncoding { encoding }));
    }
    Ok(())
}

/// What a failed exchange means.
fn explain(error: &hyper::Error, header_bytes: usize) -> Failure {
    if error.is_parse_too_large() {
        return Failure::TooLarge {
            what: "The head of the answer",
            limit: header_bytes,
        };
    }
    if error.is_parse() {
        return Failure::BadHttp {
            reason: plain(&error.to_string(), 100),
        };
    }
    Failure::Interrupted
}
