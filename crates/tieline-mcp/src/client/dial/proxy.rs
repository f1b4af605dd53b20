//! The way out through an HTTP proxy: which hosts take it, and the `CONNECT` that opens it (RFC 9110, section 9.3.6).
//!
//! The proxy looks names up itself, so what it dials is for its own rules to decide. Whatever can be known of a host
//! here is judged here as without one.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use url::Host;

use super::connector::{DialEvent, Dialer};
use super::policy::{AddressKind, is_public};
use crate::client::error::Failure;

/// Behind a proxy, names of the internet often cannot be looked up here; that must not hold every connection up.
const LOOK_UP: Duration = Duration::from_secs(1);
/// The head of the proxy's answer; nobody needs more.
const MOST_HEAD: usize = 8 << 10;

/// An HTTP proxy. Its `Debug` shows no login.
#[derive(Clone)]
pub struct Proxy {
    /// A name or an address; one of IPv6 in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What it wants to know of us.
    pub login: Option<Arc<dyn ProxyLogin>>,
}

/// Opens the login of a proxy for the one connection in hand.
pub trait ProxyLogin: Send + Sync {
    /// The value of `Proxy-Authorization`; nothing when the stored login cannot be read.
    fn authorization(&self) -> Option<HeaderValue>;
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("login", &self.login.is_some())
            .finish()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Dialer {
    /// The addresses to dial directly although there is a proxy: hosts of which all addresses are known here and are
    /// of this machine or its network. `None` is for the proxy. A host that may not be called is refused either way.
    pub(super) async fn inside_addresses(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let begun = Instant::now();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let (ips, looked_up) = if let Ok(ip) = bare.parse::<IpAddr>() {
            (vec![ip], false)
        } else {
            let known = self.policy.check_host(&Host::Domain(host));
            known.map_err(Failure::AddressRefused)?;
            let found = timeout(LOOK_UP, self.resolver.resolve(host)).await;
            (found.ok().and_then(Result::ok).unwrap_or_default(), true)
        };
        let addresses = self.checked(host, port, &ips)?;
        if addresses.is_empty() || ips.iter().any(|ip| is_public(*ip)) {
            return Ok(None);
        }
        self.observe(DialEvent::Resolved {
            looked_up: ips.first().copied().filter(|_| looked_up),
            took: begun.elapsed(),
        });
        Ok(Some(addresses))
    }

    /// A connection to the host through the proxy.
    pub(super) async fn tunnel(
        &self,
        proxy: &Proxy,
        (host, port): (&str, u16),
        deadline: Instant,
    ) -> Result<TcpStream, Failure> {
        self.observe(DialEvent::ViaProxy {
            proxy: proxy.to_string(),
        });
        let begun = Instant::now();
        let addresses = self.proxy_addresses(proxy).await?;
        let reached = self.reach(&proxy.host, &addresses, deadline).await;
        let mut tcp = reached.map_err(|_| unreachable(proxy))?;
        let asking = ask(proxy, &mut tcp, (host, port));
        let answered = timeout_at(deadline, asking).await;
        answered.map_err(|_| Failure::ProxyTimeout {
            proxy: proxy.to_string(),
            host: host.to_owned(),
            seconds: self.limit.as_secs(),
        })??;
        let took = begun.elapsed();
        self.observe(DialEvent::Tunnelled { port, took });
        Ok(tcp)
    }

    /// An admin named the proxy, so it may be on a private address whatever the rule for connectors is.
    async fn proxy_addresses(&self, proxy: &Proxy) -> Result<Vec<SocketAddr>, Failure> {
        let bare = proxy.host.trim_start_matches('[').trim_end_matches(']');
        let ips = if let Ok(ip) = bare.parse::<IpAddr>() {
            vec![ip]
        } else {
            let found = self.look_up(&proxy.host).await;
            found.map_err(|_| unreachable(proxy))?
        };
        let mut addresses = Vec::with_capacity(ips.len());
        for address in ips.into_iter().map(|ip| SocketAddr::new(ip, proxy.port)) {
            match self.check(&proxy.host, address) {
                Err(refused) if refused.kind != AddressKind::Private => {
                    return Err(Failure::AddressRefused(refused));
                }
                _ => addresses.push(address),
            }
        }
        Ok(addresses)
    }
}

fn unreachable(proxy: &Proxy) -> Failure {
    Failure::ProxyUnreachable {
        proxy: proxy.to_string(),
    }
}

/// Asks for the tunnel and reads the head of the answer; after it, the connection is the host's.
async fn ask(proxy: &Proxy, tcp: &mut TcpStream, (host, port): (&str, u16)) -> Result<(), Failure> {
    let mut head =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(login) = &proxy.login {
        let value = login.authorization();
        let value = value.ok_or_else(|| Failure::ProxyLoginUnreadable {
            proxy: proxy.to_string(),
        })?;
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let sent = tcp.write_all(&head).await;
    sent.map_err(|_| unreachable(proxy))?;
    let bad = || Failure::ProxyBadAnswer {
        proxy: proxy.to_string(),
    };
    let mut answer = Vec::new();
    loop {
        let read = tcp.read_buf(&mut answer).await;
        if read.map_err(|_| unreachable(proxy))? == 0 {
            return Err(bad());
        }
        let status = status(&answer);
        match status {
            // A refusal is over with its first line: what follows is a page for people.
            Some(status) if !(200..300).contains(&status) => {
                return Err(Failure::ProxyRefused {
                    proxy: proxy.to_string(),
                    host: host.to_owned(),
                    status,
                });
            }
            _ => {}
        }
        if let Some(end) = answer.windows(4).position(|at| at == b"\r\n\r\n") {
            // The host speaks only when spoken to, so bytes behind the head are not the host's.
            let is_all = end + 4 == answer.len();
            return if status.is_some() && is_all {
                Ok(())
            } else {
                Err(bad())
            };
        }
        if answer.len() >= MOST_HEAD || (answer.len() >= 5 && !answer.starts_with(b"HTTP/")) {
            return Err(bad());
        }
    }
}

/// The status in the first line, once that line is there.
fn status(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(2).position(|at| at == b"\r\n")?;
    let line = std::str::from_utf8(answer.get(..end)?).ok()?;
    let rest = line
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| line.strip_prefix("HTTP/1.0 "))?;
    let digits = rest.get(..3)?;
    let is_whole = rest.len() == 3 || rest.as_bytes().get(3) == Some(&b' ');
    let status = digits.parse().ok().filter(|_| is_whole)?;
    (100..600).contains(&status).then_some(status)
}
