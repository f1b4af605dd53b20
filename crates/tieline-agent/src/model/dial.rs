//! Connections to model APIs. Which addresses may be called, whose certificates are trusted and through which proxy
//! the way leads is for whoever hands over the [`Outbound`] to say.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tieline_hub::{NetworkFailure, Outbound, OutboundStream};
use tower::Service;

/// How model APIs are reached, asked before each request: an admin may have changed it.
pub trait ModelNetwork: Send + Sync + fmt::Debug {
    /// The way out as it is now.
    fn outbound(&self) -> Outbound;
}

/// One way out for good.
impl ModelNetwork for Outbound {
    fn outbound(&self) -> Outbound {
        self.clone()
    }
}

/// No connection came about. Its text says why and names no secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(super) struct DialError {
    pub(super) reason: String,
    /// Whether it may be different in a second.
    pub(super) passing: bool,
}

impl From<NetworkFailure> for DialError {
    fn from(failure: NetworkFailure) -> Self {
        use NetworkFailure as Failure;
        let reason = match &failure {
            Failure::DnsFailed { host } => format!("the host {host} was not found"),
            Failure::ConnectRefused { .. } => "nothing listens at that address".to_owned(),
            Failure::ConnectTimeout { .. } => "the connection got no answer".to_owned(),
            Failure::Unreachable { host, .. } => format!("no connection to {host}"),
            Failure::TlsFailed { reason, .. } => reason.clone(),
            // The others are whole sentences; this one goes on after a colon and before a full stop.
            other => other.to_string().trim_end_matches('.').to_owned(),
        };
        let passing = !matches!(
            failure,
            Failure::AddressRefused(_)
                | Failure::TlsExpired { .. }
                | Failure::TlsWrongHost { .. }
                | Failure::TlsUnknownAuthority
                | Failure::TlsFailed { .. }
                | Failure::ProxyRefused { .. }
                | Failure::ProxyBadAnswer { .. }
                | Failure::ProxyLoginUnreadable { .. }
        );
        Self { reason, passing }
    }
}

/// Makes the connections of one HTTP client.
#[derive(Clone, Debug)]
pub(super) struct Dialer(pub(super) Outbound);

impl Service<Uri> for Dialer {
    type Response = Stream;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let outbound = self.0.clone();
        Box::pin(async move { Ok(Stream(outbound.dial(&uri).await?)) })
    }
}

/// An open connection, encrypted or not.
pub(super) struct Stream(OutboundStream);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        if self.0.is_http2() {
            Connected::new().negotiated_h2()
        } else {
            Connected::new()
        }
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write_vectored(context, buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::{DialError, NetworkFailure as Failure};

    #[test]
    fn a_certificate_is_wrong_for_good_and_silence_is_not() {
        let host = || "api.example".to_owned();
        let proxy = || "proxy.example:3128".to_owned();
        for (failure, reason, passing) in [
            (
                Failure::DnsFailed { host: host() },
                "the host api.example was not found",
                true,
            ),
            (
                Failure::ConnectRefused {
                    host: host(),
                    port: 1,
                },
                "nothing listens at that address",
                true,
            ),
            (
                Failure::TlsExpired { date: None },
                "The certificate has expired",
                false,
            ),
            (
                Failure::ProxyUnreachable { proxy: proxy() },
                "The proxy proxy.example:3128 could not be reached. Check that it runs, or change it in Settings, Network",
                true,
            ),
            (
                Failure::ProxyRefused {
                    proxy: proxy(),
                    host: host(),
                    status: 403,
                },
                "The proxy proxy.example:3128 refused the connection (HTTP 403). Its own rules may not let api.example through",
                false,
            ),
        ] {
            let expected = DialError {
                reason: reason.to_owned(),
                passing,
            };
            assert_eq!(DialError::from(failure), expected);
        }
    }
}
