//! Which addresses may be called at all. Pure: it looks at addresses and opens nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use super::proxy::Proxy;

/// What an operator allows beyond, or below, public and private addresses.
#[derive(Debug, Clone, Default)]
pub struct DialPolicy {
    /// Whether this machine's loopback addresses may be called.
    pub allow_loopback: bool,
    /// Whether private ranges (RFC 1918, unique local, carrier-grade NAT) are refused.
    pub deny_private: bool,
    /// Where this program itself listens; calling ourselves would go in circles.
    pub own_listeners: Vec<SocketAddr>,
    /// Certificate authorities trusted beside those of the machine, as PEM.
    pub extra_ca_pem: Option<String>,
    /// Through which proxy hosts outside of this network are reached.
    pub proxy: Option<Proxy>,
}

/// What kind of address a host turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressKind {
    /// Anything on the internet.
    Public,
    /// RFC 1918, unique local, carrier-grade NAT.
    Private,
    /// This machine.
    Loopback,
    /// Link-local, where clouds keep their metadata services.
    LinkLocal,
    /// A cloud's metadata or management service outside the link-local range.
    Metadata,
    /// "No address".
    Unspecified,
    /// A group of receivers.
    Multicast,
    /// Set aside by the standards, never a server.
    Reserved,
    /// An address where this program listens.
    OwnListener,
}

/// An address that may not be called, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AddressRefused {
    /// The host as it stood in the URL.
    pub host: String,
    /// The address that it means, when it was looked up.
    pub ip: Option<IpAddr>,
    /// What kind of address that is.
    pub kind: AddressKind,
}

impl AddressRefused {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        "address_refused"
    }
}

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            Some(ip) if ip.to_string() != self.host.trim_matches(['[', ']']) => {
                write!(f, "{} is {ip}, ", self.host)?;
            }
            _ => write!(f, "{} is ", self.host)?,
        }
        f.write_str(match self.kind {
            AddressKind::Private => {
                "a private address, and Tieline may not call those. Change it in Settings, Network."
            }
            AddressKind::Loopback => {
                "this machine itself, and Tieline may not call that. Set TIELINE_ALLOW_LOOPBACK=true to allow it."
            }
            AddressKind::LinkLocal | AddressKind::Metadata => {
                "an address where machines keep their own secrets. Tieline never calls those."
            }
            AddressKind::OwnListener => "Tieline itself. It can’t be its own connector.",
            AddressKind::Public
            | AddressKind::Unspecified
            | AddressKind::Multicast
            | AddressKind::Reserved => "not an address of a server. Tieline never calls those.",
        })
    }
}

impl DialPolicy {
    /// Checks what can be known of a host without a lookup. Names other than `localhost` pass: they are checked again,
    /// with their addresses, when they are dialled.
    pub fn check_host(&self, host: &Host<&str>) -> Result<(), AddressRefused> {
        match host {
            Host::Ipv4(ip) => self.check_ip(&ip.to_string(), IpAddr::V4(*ip)),
            Host::Ipv6(ip) => self.check_ip(&ip.to_string(), IpAddr::V6(*ip)),
            Host::Domain(name) if is_localhost(name) && !self.allow_loopback => {
                Err(AddressRefused {
                    host: (*name).to_owned(),
                    ip: None,
                    kind: AddressKind::Loopback,
                })
            }
            Host::Domain(_) => Ok(()),
        }
    }

    /// [`check_host`](Self::check_host) plus the check against our own listeners, for which the port is needed.
    pub fn check_url(&self, url: &Url) -> Result<(), AddressRefused> {
        let (Some(host), port) = (url.host(), url.port_or_known_default().unwrap_or(0)) else {
            return Ok(());
        };
        self.check_host(&host)?;
        let own = match host {
            Host::Ipv4(ip) => self.is_own_listener(SocketAddr::from((ip, port))),
            Host::Ipv6(ip) => self.is_own_listener(SocketAddr::from((ip, port))),
            Host::Domain(name) => {
                is_localhost(name)
                    && (self.is_own_listener((Ipv4Addr::LOCALHOST, port).into())
                        || self.is_own_listener((Ipv6Addr::LOCALHOST, port).into()))
            }
        };
        if own {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(AddressRefused {
                host,
                ip: None,
                kind: AddressKind::OwnListener,
            });
        }
        Ok(())
    }

    /// Checks one looked-up address. `host` is only for the message.
    pub fn check_address(&self, host: &str, address: SocketAddr) -> Result<(), AddressRefused> {
        self.check_ip(host, address.ip())?;
        if self.is_own_listener(address) {
            let (host, ip) = (host.to_owned(), Some(address.ip()));
            return Err(AddressRefused {
                host,
                ip,
                kind: AddressKind::OwnListener,
            });
        }
        Ok(())
    }

    fn check_ip(&self, host: &str, ip: IpAddr) -> Result<(), AddressRefused> {
        let kind = classify(ip);
        let allowed = match kind {
            AddressKind::Public => true,
            AddressKind::Private => !self.deny_private,
            AddressKind::Loopback => self.allow_loopback,
            _ => false,
        };
        if allowed {
            return Ok(());
        }
        Err(AddressRefused {
            host: host.to_owned(),
            ip: Some(ip),
            kind,
        })
    }

    /// Whether the address is one of ours. A listener on every interface owns the port on loopback here; the dialer
    /// asks the operating system about the other addresses of this machine.
    pub(super) fn is_own_listener(&self, address: SocketAddr) -> bool {
        // `::ffff:127.0.0.1` reaches what listens on 127.0.0.1.
        let ip = address.ip().to_canonical();
        self.own_listeners.iter().any(|own| {
            own.port() == address.port()
                && (own.ip().to_canonical() == ip
                    || (own.ip().is_unspecified() && classify(ip) == AddressKind::Loopback))
        })
    }

    /// Whether something of ours listens on this port on every interface.
    pub(super) fn listens_everywhere_on(&self, port: u16) -> bool {
        self.own_listeners
            .iter()
            .any(|own| own.port() == port && own.ip().is_unspecified())
    }
}

/// `localhost` and every name below it mean this machine (RFC 6761).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

/// Whether an address is one of the internet.
pub(super) fn is_public(ip: IpAddr) -> bool {
    classify(ip) == AddressKind::Public
}

/// The kind of an address, looking through every form in which IPv6 carries an IPv4 address.
fn classify(ip: IpAddr) -> AddressKind {
    match ip {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => classify_v6(ip),
    }
}

fn classify_v4(ip: Ipv4Addr) -> AddressKind {
    match ip.octets() {
        [0, 0, 0, 0] => AddressKind::Unspecified,
        [127, ..] => AddressKind::Loopback,
        [169, 254, ..] => AddressKind::LinkLocal,
        // Alibaba, Azure and Oracle keep their metadata and management services here.
        [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => AddressKind::Metadata,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            AddressKind::Private
        }
        [224..=239, ..] => AddressKind::Multicast,
        // "This network", protocol assignments, documentation, 6to4 relays, benchmarks, class E and broadcast.
        [0 | 240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => AddressKind::Reserved,
        _ => AddressKind::Public,
    }
}

fn classify_v6(ip: Ipv6Addr) -> AddressKind {
    if ip.is_unspecified() {
        return AddressKind::Unspecified;
    }
    if ip.is_loopback() {
        return AddressKind::Loopback;
    }
    let inner = embedded_v4(ip);
    if !inner.is_empty() {
        // An inner address can be worse than the form that carries it, never better: nobody serves MCP on these forms
        // for a good reason, but a mapped public address is still that public address.
        return inner
            .into_iter()
            .map(classify_v4)
            .max_by_key(|kind| severity(*kind))
            .unwrap_or(AddressKind::Reserved);
    }
    // AWS, the IPv6 form of its metadata service, and its DNS and time services beside it.
    if let [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, _] = ip.segments() {
        return AddressKind::Metadata;
    }
    // Google Cloud's metadata service on IPv6.
    if ip.segments() == [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254] {
        return AddressKind::Metadata;
    }
    match ip.segments() {
        [0xfe80..=0xfebf, ..] => AddressKind::LinkLocal,
        [0xfc00..=0xfdff, ..] => AddressKind::Private,
        [0xff00..=0xffff, ..] => AddressKind::Multicast,
        // Site-local (deprecated, but some networks still route it), discard-only, dummy prefix, IETF protocol assignments, documentation, segment routing ids.
        [0xfec0..=0xfeff | 0x5f00, ..]
        | [0x0100, 0, 0, 0 | 1, ..]
        | [0x2001, 0x0000..=0x01ff | 0x0db8, ..]
        | [0x3fff, 0x0000..=0x0fff, ..] => AddressKind::Reserved,
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        // Nothing else is handed out.
        _ => AddressKind::Reserved,
    }
}

const fn severity(kind: AddressKind) -> u8 {
    match kind {
        AddressKind::Public => 0,
        AddressKind::Private => 1,
        AddressKind::Loopback => 2,
        _ => 3,
    }
}

/// Every IPv4 address that an IPv6 address may be turned into on its way.
fn embedded_v4(ip: Ipv6Addr) -> Vec<Ipv4Addr> {
    let segments = ip.segments();
    let pair = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // Mapped (::ffff:a.b.c.d), compatible (::a.b.c.d) and translated (::ffff:0:a.b.c.d).
        [0, 0, 0, 0, 0, 0xffff | 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        // NAT64, the well-known prefix and the local one in its /96 form (its other forms fall through to "not handed
        // out"), and 6to4.
        | [0x0064, 0xff9b, 0 | 1, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            vec![pair(high, low)]
        }
        // Teredo: the server in the clear, the client inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            vec![pair(server_high, server_low), pair(!high, !low)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_listener_is_known_in_every_form_of_its_address() {
        let listens_on = |own: &str| DialPolicy {
            allow_loopback: true,
            own_listeners: vec![own.parse().unwrap()],
            ..DialPolicy::default()
        };
        for (own, address) in [
            ("127.0.0.1:7420", "[::ffff:127.0.0.1]:7420"),
            ("127.0.0.1:7420", "127.0.0.1:7420"),
            ("0.0.0.0:7420", "127.8.8.8:7420"),
            ("[::]:7420", "[::ffff:127.0.0.1]:7420"),
        ] {
            let refused = listens_on(own).check_address("h.example", address.parse().unwrap());
            assert_eq!(
                refused.unwrap_err().kind,
                AddressKind::OwnListener,
                "{address}"
            );
        }
        let other = "127.0.0.1:7421".parse().unwrap();
        assert!(
            listens_on("127.0.0.1:7420")
                .check_address("h", other)
                .is_ok()
        );
    }
}
