//! Look up once, check all answers, dial the checked addresses in order, then encrypt.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::certificates::Certificates;
use super::policy::{AddressKind, AddressRefused, DialPolicy};
use super::resolve::Resolve;
use super::stream::{DialIo, DialStream, Socket};
use super::{certificate, tls};
use crate::client::error::Failure;

/// What happened while a connection was made; the connection test shows it.
#[derive(Debug, Clone)]
pub(crate) enum DialEvent {
    /// The name was looked up. No address stands for a host that is an address itself.
    Resolved {
        looked_up: Option<IpAddr>,
        took: Duration,
    },
    /// A TCP connection stands.
    Connected { port: u16, took: Duration },
    /// The way leads through this proxy, which looks names up itself.
    ViaProxy { proxy: String },
    /// The proxy made the connection.
    Tunnelled { port: u16, took: Duration },
    /// It is encrypted; the certificate is good for so many days.
    Secured {
        days_left: Option<u64>,
        took: Duration,
    },
    /// Nothing to encrypt.
    NotEncrypted,
}

/// Makes the connections of one HTTP client.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) policy: Arc<DialPolicy>,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) limit: Duration,
    pub(crate) observer: Option<mpsc::UnboundedSender<DialEvent>>,
    pub(crate) certificates: Arc<Certificates>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dialer")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Dialer {
    /// A connection to the host of this address, encrypted if it says so.
    pub(crate) async fn dial(&self, uri: &Uri) -> Result<DialIo, Failure> {
        let encrypted = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let direct = match &self.policy.proxy {
            None => Some(self.checked_addresses(host, port).await?),
            Some(_) => self.inside_addresses(host, port).await?,
        };
        let deadline = Instant::now() + self.limit;
        let tcp = match (&self.policy.proxy, direct) {
            (Some(proxy), None) => self.tunnel(proxy, (host, port), deadline).await?,
            (_, addresses) => {
                let addresses = addresses.unwrap_or_default();
                self.connect(host, &addresses, deadline).await?
            }
        };
        let socket = if encrypted {
            self.encrypt(host, port, tcp, deadline).await?
        } else {
            self.observe(DialEvent::NotEncrypted);
            Socket::Plain(tcp)
        };
        Ok(DialIo(TokioIo::new(DialStream {
            socket,
            born: Instant::now(),
        })))
    }

    /// All addresses of the host, each of them allowed.
    async fn checked_addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let begun = Instant::now();
        let (ips, looked_up) = match bare.parse::<IpAddr>() {
            Ok(ip) => (vec![ip], false),
            Err(_) => (self.look_up(host).await?, true),
        };
        let addresses = self.checked(host, port, &ips)?;
        let first = addresses.first().map(SocketAddr::ip).filter(|_| looked_up);
        self.observe(DialEvent::Resolved {
            looked_up: first,
            took: begun.elapsed(),
        });
        Ok(addresses)
    }

    /// The addresses, once each. One that may not be called refuses the whole host: a name with a good and a bad
    /// address is either an attack or a mistake.
    pub(super) fn checked(
        &self,
        host: &str,
        port: u16,
        ips: &[IpAddr],
    ) -> Result<Vec<SocketAddr>, Failure> {
        let mut addresses = Vec::with_capacity(ips.len());
        for ip in ips {
            let address = SocketAddr::new(*ip, port);
            self.check(host, address).map_err(Failure::AddressRefused)?;
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }

    pub(super) async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let not_found = || Failure::DnsFailed {
            host: host.to_owned(),
        };
        let found = timeout(self.limit, self.resolver.resolve(host)).await;
        let ips = found.map_err(|_| not_found())?.map_err(|_| not_found())?;
        if ips.is_empty() {
            Err(not_found())
        } else {
            Ok(ips)
        }
    }

    pub(super) fn check(&self, host: &str, address: SocketAddr) -> Result<(), AddressRefused> {
        self.policy.check_address(host, address)?;
        // Something of ours listens on this port on every interface. Only the operating system knows whether the
        // address is one of them: a socket can be bound to those and to no other.
        if self.policy.listens_everywhere_on(address.port())
            && UdpSocket::bind((address.ip().to_canonical(), 0)).is_ok()
        {
            let (host, ip) = (host.to_owned(), Some(address.ip()));
            return Err(AddressRefused {
                host,
                ip,
                kind: AddressKind::OwnListener,
            });
        }
        Ok(())
    }

    async fn connect(
        &self,
        host: &str,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<TcpStream, Failure> {
        let begun = Instant::now();
        let stream = self.reach(host, addresses, deadline).await?;
        self.observe(DialEvent::Connected {
            port: addresses.first().map_or(0, SocketAddr::port),
            took: begun.elapsed(),
        });
        Ok(stream)
    }

    /// Dials in order. Each address gets its share of the time that is left, so that a dead one does not use up all.
    pub(super) async fn reach(
        &self,
        host: &str,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<TcpStream, Failure> {
        let mut last = Failure::DnsFailed {
            host: host.to_owned(),
        };
        for (at, address) in addresses.iter().enumerate() {
            let remaining = deadline.saturating_duration_since(Instant::now());
            let share = remaining / u32::try_from(addresses.len() - at).unwrap_or(1);
            let failure = match timeout(share, open(*address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => explain(&error, host, address.port()),
                Err(_) => self.no_answer(host, address.port(), own_address_towards(*address)),
            };
            last = failure;
        }
        Err(last)
    }

    async fn encrypt(
        &self,
        host: &str,
        port: u16,
        tcp: TcpStream,
        deadline: Instant,
    ) -> Result<Socket, Failure> {
        let begun = Instant::now();
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(bare).map_err(|_| Failure::TlsFailed {
            host: host.to_owned(),
            reason: "the host is not a name that a certificate can have".to_owned(),
        })?;
        let from = tcp.local_addr().ok().map(|own| own.ip().to_canonical());
        let handshake = TlsConnector::from(self.tls.clone()).connect(name, tcp);
        let stream = timeout_at(deadline, handshake)
            .await
            .map_err(|_| self.no_answer(host, port, from))?
            .map_err(|error| tls::explain(&error, host))?;
        let chain = stream.get_ref().1.peer_certificates();
        let end = chain.and_then(|chain| certificate::not_after(chain.first()?));
        if let Some(end) = end {
            self.certificates.note(host, port, end);
        }
        if self.observer.is_some() {
            let now = self.tls.time_provider.current_time();
            let days_left = end
                .zip(now)
                .map(|(end, now)| end.saturating_sub(now.as_secs()) / 86_400);
            self.observe(DialEvent::Secured {
                days_left,
                took: begun.elapsed(),
            });
        }
        Ok(Socket::Tls(Box::new(stream)))
    }

    fn no_answer(&self, host: &str, port: u16, from: Option<IpAddr>) -> Failure {
        Failure::ConnectTimeout {
            host: host.to_owned(),
            port,
            seconds: self.limit.as_secs(),
            from,
        }
    }

    pub(super) fn observe(&self, event: DialEvent) {
        if let Some(observer) = &self.observer {
            // The test may have ended meanwhile; then nobody wants to know.
            let _ = observer.send(event);
        }
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A small answer must not wait for the acknowledgement of the one before it.
    socket.set_nodelay(true)?;
    socket.set_keepalive(true)?;
    socket.connect(address).await
}

/// The address of this machine from which it would reach another one. Nothing is sent for it: a datagram socket that is
/// connected only asks the operating system for the way.
fn own_address_towards(address: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(address).ok()?;
    let own = socket.local_addr().ok()?.ip().to_canonical();
    Some(own).filter(|own| !own.is_unspecified())
}

fn explain(error: &io::Error, host: &str, port: u16) -> Failure {
    let host = host.to_owned();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::ConnectRefused { host, port },
        _ => Failure::Unreachable { host, port },
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::own_address_towards;

    #[test]
    fn the_own_address_is_the_one_of_the_way_there() {
        for own in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            // A machine may have no IPv6 at all: then there is no way, and nothing is said.
            let found = own_address_towards((own, 443).into());
            assert!(found == Some(own) || own.is_ipv6() && found.is_none());
        }
    }
}
