//! Connections to model APIs: TCP, and TLS where the address says so.
//!
//! No proxy from the environment and no redirects. Private addresses are fine: an admin chose the address, and a model
//! often runs on the same machine.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::Service;

/// No connection came about. Its text says why and names no secret.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(super) struct DialError {
    pub(super) reason: String,
    /// Whether it may be different in a second.
    pub(super) passing: bool,
}

impl DialError {
    fn passing(reason: impl Into<String>) -> Self {
        let (reason, passing) = (reason.into(), true);
        Self { reason, passing }
    }

    fn lasting(reason: impl Into<String>) -> Self {
        let (reason, passing) = (reason.into(), false);
        Self { reason, passing }
    }
}

/// Makes the connections of one client.
#[derive(Clone)]
pub(super) struct Dialer {
    tcp: HttpConnector,
    /// Read when the first encrypted connection is made: whoever uses no such API pays nothing for it.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
    limit: Duration,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

impl Dialer {
    pub(super) fn new(limit: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_mins(1)));
        tcp.set_connect_timeout(Some(limit));
        let tls = Arc::default();
        Self { tcp, tls, limit }
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, DialError> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(tls_config(machine_roots()?)?);
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }

    async fn dial(mut self, uri: Uri) -> Result<Stream, DialError> {
        let host = uri.host().unwrap_or_default().to_owned();
        let encrypted = uri.scheme_str() == Some("https");
        let tcp = self
            .tcp
            .call(uri)
            .await
            .map_err(|error| explain_tcp(&error, &host))?;
        if !encrypted {
            return Ok(Stream::Plain(tcp));
        }
        secure(self.tls()?, &host, tcp.into_inner(), self.limit).await
    }
}

impl Service<Uri> for Dialer {
    type Response = Stream;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, DialError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        self.tcp
            .poll_ready(context)
            .map_err(|_| DialError::passing("no connection can be made"))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

/// The handshake. `host` is what the certificate must be made for.
async fn secure(
    config: Arc<ClientConfig>,
    host: &str,
    tcp: TcpStream,
    limit: Duration,
) -> Result<Stream, DialError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned())
        .map_err(|_| DialError::lasting("its host is not a name that a certificate can have"))?;
    let handshake = TlsConnector::from(config).connect(name, tcp);
    let stream = tokio::time::timeout(limit, handshake)
        .await
        .map_err(|_| DialError::passing("it did not answer the TLS handshake"))?
        .map_err(|error| explain_tls(&error))?;
    Ok(Stream::Tls(Box::new(TokioIo::new(stream))))
}

/// The machine's authorities.
fn machine_roots() -> Result<RootCertStore, DialError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        return Err(DialError::lasting(
            "this machine has no certificate authorities, so https can’t be verified",
        ));
    }
    Ok(roots)
}

/// TLS 1.2 and 1.3, HTTP/2 preferred.
fn tls_config(roots: RootCertStore) -> Result<ClientConfig, DialError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| DialError::lasting("encryption can’t be set up"))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn explain_tcp(error: &(dyn std::error::Error + 'static), host: &str) -> DialError {
    // The library keeps its kinds to itself, but not their names.
    if error.to_string().starts_with("dns error") {
        return DialError::passing(format!("the host {host} was not found"));
    }
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return match io.kind() {
                io::ErrorKind::ConnectionRefused => {
                    DialError::passing("nothing listens at that address")
                }
                io::ErrorKind::TimedOut => DialError::passing("the connection got no answer"),
                _ => DialError::passing(format!("no connection to {host}")),
            };
        }
        cause = inner.source();
    }
    DialError::passing(format!("no connection to {host}"))
}

fn explain_tls(error: &io::Error) -> DialError {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_)) => {
            DialError::lasting("its certificate can’t be verified by this machine")
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            DialError::lasting("it does not speak TLS on this port")
        }
        Some(_) => DialError::lasting("it refused the TLS handshake"),
        None => DialError::passing("it closed the connection during the TLS handshake"),
    }
}

/// An open connection, encrypted or not.
pub(super) enum Stream {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self {
            Self::Tls(stream) if stream.inner().get_ref().1.alpn_protocol() == Some(b"h2") => {
                Connected::new().negotiated_h2()
            }
            Self::Plain(_) | Self::Tls(_) => Connected::new(),
        }
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
        }
    }
}

#[cfg(test)]
mod tests;
