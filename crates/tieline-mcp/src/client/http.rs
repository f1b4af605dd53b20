//! One HTTP exchange: pooled connections, the credential set last and once, every wait bounded.
//!
//! It knows nothing of MCP beyond what its callers put into the headers.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::collected::Collected;
use super::connection::{AnswerBody, Connection, NoAnswer};
use super::dial::Dialer;
use super::error::{Failure, McpError, plain};
use super::limits::Limits;
use super::memory::Hold;
use super::pace::Pace;
use super::pool::Pool;
use super::request::{Ids, Introduction};
use super::target::{Parts, Target};

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
                Err(_) => return Err(McpError::sent(pace.late_head(until))),
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

fn unusable(target: &Target) -> Failure {
    Failure::DnsFailed {
        host: target.host().to_owned(),
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
