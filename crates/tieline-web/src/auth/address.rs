//! Where a request comes from, for counting failed sign-ins.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

use crate::state::{AppState, WebSettings};

/// The other end of the connection. The server puts it into each request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The address of the person's machine as far as it is known: the other end of the connection, or what a trusted
/// proxy says.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        Ok(Self(peer.map(|peer| {
            behind_proxies(peer, &parts.headers, &state.settings)
        })))
    }
}

/// Walks `X-Forwarded-For` from its end, which the nearest proxy wrote, as long as those who wrote it are trusted.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, settings: &WebSettings) -> IpAddr {
    let mut address = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for");
    let hops: Vec<&str> = forwarded
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    for hop in hops.iter().rev() {
        if !settings.trusted_proxies.contains(&address) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(next) => address = next.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(trusted: &[&str], forwarded: &str) -> String {
        let mut settings = WebSettings::new(([127, 0, 0, 1], 7420).into());
        settings.trusted_proxies = trusted
            .iter()
            .map(|ip| ip.parse().expect("an IP"))
            .collect();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().expect("a header"));
        behind_proxies([10, 0, 0, 1].into(), &headers, &settings).to_string()
    }

    #[test]
    fn believes_only_trusted_proxies() {
        assert_eq!(address(&[], "1.2.3.4"), "10.0.0.1");
        assert_eq!(address(&["10.0.0.1"], "6.6.6.6, 1.2.3.4"), "1.2.3.4");
        assert_eq!(
            address(&["10.0.0.1", "1.2.3.4"], "6.6.6.6, 1.2.3.4"),
            "6.6.6.6"
        );
        assert_eq!(address(&["10.0.0.1"], "nonsense"), "10.0.0.1");
    }
}
