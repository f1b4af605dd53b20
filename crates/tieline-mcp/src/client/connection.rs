//! One connection to a server, driven by the exchange that uses it.
//!
//! An HTTP/1.1 connection has no task of its own: whoever waits for an answer polls it. That saves two hand-overs
//! between tasks per call, and a connection at rest costs its socket and nothing else.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::dial::DialIo;
use super::pool::Pool;
use super::target::{Address, Parts};

type RequestBody = Full<Bytes>;

/// How much of a long answer is read at once. Reads begin smaller and grow while what comes fills them.
pub(super) const LARGEST_READ: usize = 64 << 10;
/// How often a quiet HTTP/2 connection is asked whether it still stands, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_WITHIN: Duration = Duration::from_secs(10);

/// A connection over which requests can be sent.
pub(super) struct Connection {
    carrier: Carrier,
    born: Instant,
}

enum Carrier {
    Http1(Box<Http1>),
    /// Shared by all who use it; a task of its own drives it.
    Http2(http2::SendRequest<RequestBody>),
}

struct Http1 {
    sender: http1::SendRequest<RequestBody>,
    driver: http1::Connection<DialIo, RequestBody>,
    ended: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The connection had ended before any byte of the request was written; here it is back.
    Unsent(Box<Request<RequestBody>>),
    /// Something of it may have been written.
    Broken(hyper::Error),
}

impl Connection {
    /// Speaks HTTP over an open stream, in the version that was agreed on.
    pub(super) async fn open(stream: DialIo, header_bytes: usize) -> hyper::Result<Self> {
        let born = stream.born();
        let carrier = if stream.is_http2() {
            let (sender, driver) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_WITHIN)
                .handshake(stream)
                .await?;
            // It ends when the last sender is gone or the server closes; each exchange sees why.
            tokio::spawn(driver);
            Carrier::Http2(sender)
        } else {
            let (sender, driver) = http1::Builder::new()
                .max_header_size(header_bytes)
                .max_buf_size(header_bytes.max(LARGEST_READ))
                .handshake(stream)
                .await?;
            Carrier::Http1(Box::new(Http1 {
                sender,
                driver,
                ended: false,
            }))
        };
        Ok(Self { carrier, born })
    }

    /// When it was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// Another handle of a connection that can carry several exchanges at once.
    pub(super) fn share(&self) -> Option<Self> {
        match &self.carrier {
            Carrier::Http1(_) => None,
            Carrier::Http2(sender) => Some(Self {
                carrier: Carrier::Http2(sender.clone()),
                born: self.born,
            }),
        }
    }

    /// Whether it can take a request now. A server that closed it meanwhile is noticed here.
    pub(super) fn is_ready(&mut self) -> bool {
        match &mut self.carrier {
            Carrier::Http1(http1) => {
                http1.drive(&mut Context::from_waker(Waker::noop()));
                !http1.ended && http1.sender.is_ready()
            }
            Carrier::Http2(sender) => !sender.is_closed(),
        }
    }

    /// Whether it ended, as far as that was seen.
    fn has_ended(&self) -> bool {
        match &self.carrier {
            Carrier::Http1(http1) => http1.ended,
            Carrier::Http2(sender) => sender.is_closed(),
        }
    }

    /// Says where the request goes, in the form that this version of HTTP wants.
    pub(super) fn address(&self, request: &mut Request<RequestBody>, address: &Parts) {
        match &self.carrier {
            Carrier::Http1(_) => {
                *request.uri_mut() = address.path.clone();
                request.headers_mut().insert(HOST, address.host.clone());
            }
            Carrier::Http2(_) => {
                *request.uri_mut() = address.whole.clone();
                request.headers_mut().remove(HOST);
            }
        }
    }

    /// Sends a request and waits for the head of the answer. The connection goes back to `pool` with the last byte of
    /// the body; a body that is dropped before ends it.
    pub(super) async fn exchange(
        mut self,
        request: Request<RequestBody>,
        address: Arc<Address>,
        pool: Arc<Pool>,
    ) -> Result<Response<AnswerBody>, NoAnswer> {
        let answered = match &mut self.carrier {
            Carrier::Http1(http1) => http1.exchange(request).await,
            Carrier::Http2(sender) => match sender.ready().await {
                Ok(()) => sender.try_send_request(request).await.map_err(no_answer),
                Err(_) => Err(NoAnswer::Unsent(Box::new(request))),
            },
        };
        let response = answered?;
        Ok(response.map(|incoming| AnswerBody::new(incoming, self, address, pool)))
    }
}

impl Http1 {
    async fn exchange(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let (driver, ended) = (&mut self.driver, &mut self.ended);
        let answered = poll_fn(|context| {
            // First the connection, so that an answer that it brings is taken in the same turn.
            if !*ended && Pin::new(&mut *driver).poll(context).is_ready() {
                *ended = true;
            }
            answer.as_mut().poll(context)
        });
        answered.await.map_err(no_answer)
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        if !self.ended && Pin::new(&mut self.driver).poll(context).is_ready() {
            self.ended = true;
        }
    }
}

fn no_answer(error: TrySendError<Request<RequestBody>>) -> NoAnswer {
    let mut error = error;
    match error.take_message() {
        Some(request) => NoAnswer::Unsent(Box::new(request)),
        None => NoAnswer::Broken(error.into_error()),
    }
}

/// The body of an answer, which brings its connection along until it has been read.
pub(crate) struct AnswerBody {
    incoming: Incoming,
    held: Option<Held>,
}

struct Held {
    connection: Connection,
    address: Arc<Address>,
    pool: Arc<Pool>,
}

impl AnswerBody {
    fn new(
        incoming: Incoming,
        connection: Connection,
        address: Arc<Address>,
        pool: Arc<Pool>,
    ) -> Self {
        let held = Some(Held {
            connection,
            address,
            pool,
        });
        let mut body = Self { incoming, held };
        if body.incoming.is_end_stream() {
            body.release();
        }
        body
    }

    /// The connection can be used again, unless it is known to have ended. What the server does from now on is seen when it
    /// is taken.
    fn release(&mut self) {
        if let Some(held) = self.held.take()
            && !held.connection.has_ended()
        {
            held.pool.put(&held.address, held.connection);
        }
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(held) = &mut self.held
            && let Carrier::Http1(http1) = &mut held.connection.carrier
        {
            http1.drive(context);
        }
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AnswerBody").finish_non_exhaustive()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let body = self.get_mut();
        let mut frame = Pin::new(&mut body.incoming).poll_frame(context);
        if frame.is_pending() {
            body.drive(context);
            frame = Pin::new(&mut body.incoming).poll_frame(context);
        }
        match &frame {
            Poll::Ready(None) => body.release(),
            Poll::Ready(Some(Ok(_))) if body.incoming.is_end_stream() => body.release(),
            Poll::Ready(Some(Err(_))) => body.held = None,
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
