//! One HTTP exchange: pooled connections, the credential set last and once, every wait bounded.
//!
//! It knows nothing of MCP beyond what its callers put into the headers.

use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::dial::{Born, DialError, Dialer};
use super::error::{Failure, McpError, plain};
use super::limits::Limits;
use super::request::{Ids, Introduction};
use super::target::Target;

/// Below the 60 s and 75 s after which common servers and load balancers close an idle connection.
const POOL_IDLE: Duration = Duration::from_secs(50);
const POOL_IDLE_PER_HOST: usize = 64;

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
        let whole = self.deadline.saturating_duration_since(self.begun);
        let seconds = whole.as_secs() + u64::from(whole.subsec_millis() >= 500);
        Failure::Timeout {
            what: "The answer",
            seconds,
        }
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
    client: Client<Dialer, Full<Bytes>>,
    pub(crate) dialer: Dialer,
    pub(crate) limits: Limits,
    pub(crate) introduction: Introduction,
    pub(crate) ids: Ids,
    pub(crate) observer: Option<mpsc::UnboundedSender<Answered>>,
}

impl Http {
    pub(crate) fn new(dialer: Dialer, limits: Limits, introduction: Introduction) -> Self {
        let header_bytes = limits.header_bytes;
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_IDLE_PER_HOST)
            .http1_max_buf_size(header_bytes.max(8 << 10))
            .http2_max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .build(dialer.clone());
        Self {
            client,
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
    ) -> Result<Response<Incoming>, McpError> {
        if let Some((name, value)) = &target.auth {
            let mut value = value.clone();
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = target
            .uri()
            .ok_or_else(|| McpError::unsent(unusable(target)))?;
        *request.headers_mut() = headers;
        let response = self.await_head(request, pace).await?;
        refuse_redirect(&response, target)?;
        refuse_broken_framing(&response)?;
        Ok(response)
    }

    /// The limit for the head begins when there is a connection: the dialer has limits of its own.
    async fn await_head(
        &self,
        mut request: Request<Full<Bytes>>,
        pace: &Pace,
    ) -> Result<Response<Incoming>, McpError> {
        let begun = Instant::now();
        let mut connection = capture_connection(&mut request);
        let mut answer = std::pin::pin!(self.client.request(request));
        let early = tokio::select! {
            biased;
            response = &mut answer => Some(response),
            found = connection.wait_for_connection_metadata() => {
                drop(found);
                None
            }
            () = tokio::time::sleep_until(pace.deadline) => {
                return Err(McpError::unsent(pace.overdue()));
            }
        };
        let response = if let Some(response) = early {
            response
        } else {
            let until = pace.deadline.min(Instant::now() + pace.first_byte);
            let late = |_| McpError::sent(late_head(pace, until));
            timeout_at(until, answer).await.map_err(late)?
        };
        let connected = connection.connection_metadata().is_some();
        let response =
            response.map_err(|error| explain(&error, connected, self.limits.header_bytes))?;
        if response
            .extensions()
            .get::<Born>()
            .is_some_and(|born| born.0.elapsed() > self.limits.connection_age)
            && let Some(connection) = connection.connection_metadata().as_ref()
        {
            connection.poison();
        }
        if let Some(observer) = &self.observer {
            // The test may have ended meanwhile.
            let _ = observer.send(Answered {
                status: response.status(),
                took: begun.elapsed(),
            });
        }
        Ok(response)
    }

    /// Reads a body to its end, but not beyond `limit`.
    pub(crate) async fn read_body(
        &self,
        mut body: Incoming,
        limit: usize,
        pace: &Pace,
    ) -> Result<Bytes, McpError> {
        let too_large = || {
            McpError::sent(Failure::TooLarge {
                what: "The answer",
                limit,
            })
        };
        if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(too_large());
        }
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while !body.is_end_stream() {
            let Some(frame) = pace.next_piece(body.frame()).await? else {
                break;
            };
            let frame = frame.map_err(|_| McpError::sent(Failure::Interrupted))?;
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            if first.len() + rest.len() + bytes.len() > limit {
                return Err(too_large());
            }
            // Most answers come in one piece, which is then not copied.
            if first.is_empty() && rest.is_empty() {
                first = bytes;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&std::mem::take(&mut first));
                }
                rest.extend_from_slice(&bytes);
            }
        }
        Ok(if rest.is_empty() {
            first
        } else {
            rest.freeze()
        })
    }

    /// Reads as much of an error's body as is worth reading; failures do not matter.
    pub(crate) async fn read_error_body(&self, body: Incoming, pace: &Pace) -> Bytes {
        let pace = Pace {
            idle: pace.idle.min(Duration::from_secs(5)),
            ..*pace
        };
        self.read_body(body, self.limits.error_body_bytes, &pace)
            .await
            .unwrap_or_default()
    }
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

fn late_head(pace: &Pace, until: Instant) -> Failure {
    if until == pace.deadline {
        return pace.overdue();
    }
    Failure::Timeout {
        what: "The first byte of the answer",
        seconds: pace.first_byte.as_secs(),
    }
}

/// A redirect is never followed: the next address was neither checked nor chosen by the admin.
fn refuse_redirect(response: &Response<Incoming>, target: &Target) -> Result<(), McpError> {
    if !response.status().is_redirection() {
        return Ok(());
    }
    let Some(location) = response.headers().get(LOCATION) else {
        let status = response.status().as_u16();
        return Err(McpError::sent(Failure::UpstreamError { status }));
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let whole = target
        .url
        .join(&location)
        .map_or_else(|_| location.into_owned(), String::from);
    Err(McpError::sent(Failure::RedirectRefused {
        to: plain(&whole, 200),
    }))
}

fn refuse_broken_framing(response: &Response<Incoming>) -> Result<(), McpError> {
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

/// What a failed exchange means. `connected` tells whether the request had a connection to be written to.
fn explain(error: &ClientError, connected: bool, header_bytes: usize) -> McpError {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(DialError(failure)) = inner.downcast_ref::<DialError>() {
            return McpError::unsent(failure.clone());
        }
        if let Some(http) = inner.downcast_ref::<hyper::Error>() {
            return McpError {
                failure: explain_http(http, header_bytes),
                sent: connected,
            };
        }
        cause = inner.source();
    }
    McpError {
        failure: Failure::Interrupted,
        sent: connected,
    }
}

fn explain_http(error: &hyper::Error, header_bytes: usize) -> Failure {
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
