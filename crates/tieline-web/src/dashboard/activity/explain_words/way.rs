//! Failures on the way to the server: its name, its port, its certificate, a proxy.

use super::{About, Told, network, told};

/// The server was not reached.
pub(super) fn unreachable_server(about: &About<'_>, code: &str) -> Option<Told> {
    let (host, port) = (about.host(), about.port());
    Some(match code {
        "secret_unreadable" => told(
            "The stored token cannot be read",
            format!(
                "The token of {} does not open with the master key that this server runs with, so nothing was sent.",
                about.name()
            ),
            "Enter the token again. If this is so for every connector, the master key is not the one that sealed them.",
            about.rotate("Enter the token"),
        ),
        "dns_failed" => told(
            "The name is not known",
            format!(
                "We can’t find {host}. Check the spelling, or whether only another network knows this name."
            ),
            "Correct the address, or make the name known to this machine.",
            about.edit(),
        ),
        "address_refused" => told(
            "The address is not allowed",
            format!(
                "{host} has an address that Tieline may not call. Change it in Settings, Network."
            ),
            "If the server is meant to be inside your network, allow that; otherwise correct the address.",
            Some(network()),
        ),
        "connect_refused" => told(
            "The connection was refused",
            format!(
                "{host} refuses connections on port {port}. Is the server running, and is the port right?"
            ),
            "Start the server, or correct the port.",
            about.edit(),
        ),
        "connect_timeout" => told(
            "No connection",
            format!(
                "No answer from {host}:{port} in {} s. A firewall may drop traffic from this machine{}.",
                about.seconds(),
                about.own_address()
            ),
            format!("Let this machine through to {host}:{port}."),
            about.go("Test now", ""),
        ),
        "tls_expired" => told(
            "The certificate expired",
            format!("The certificate of {host} has expired, so the token was not sent."),
            "Whoever runs the server has to renew its certificate.",
            about.go("Test now", ""),
        ),
        "tls_wrong_host" => told(
            "The certificate is for another name",
            format!("The certificate is not issued for {host}, so the token was not sent."),
            "Use the name that the certificate is issued for.",
            about.edit(),
        ),
        "tls_unknown_authority" => told(
            "The certificate’s authority is unknown",
            "It is signed by an authority this machine doesn’t know. Add it in Settings, Network.",
            "Give Tieline the certificate of your own authority, or have the server use a public one.",
            Some(network()),
        ),
        "tls_failed" => told(
            "No secure connection",
            format!(
                "{host} and Tieline could not agree on a secure connection, so the token was not sent."
            ),
            "Check whether the port speaks TLS at all: an http:// server at an https:// address answers like this.",
            about.edit(),
        ),
        _ => return proxy_in_the_way(about, code),
    })
}

/// The proxy that an admin set did not let the call through.
fn proxy_in_the_way(about: &About<'_>, code: &str) -> Option<Told> {
    let (host, port) = (about.host(), about.port());
    Some(match code {
        "proxy_unreachable" => told(
            "The proxy could not be reached",
            format!(
                "{host} is reached through the proxy that is set in Settings, Network, and the proxy could not be reached."
            ),
            "Start the proxy, or correct its address.",
            Some(network()),
        ),
        "proxy_timeout" => told(
            "The proxy did not connect in time",
            format!("The proxy took the request for {host}:{port} and did not answer it in time."),
            format!("Check whether the proxy itself reaches {host}:{port}."),
            Some(network()),
        ),
        "proxy_refused" => told(
            "The proxy refused the connection",
            format!(
                "The proxy does not let Tieline through to {host}:{port}{}. With HTTP 407 it wants a login, or another one than the stored one.",
                about.http_status()
            ),
            "Test the connection to see the proxy’s answer; then allow the host there, or enter the login again.",
            Some(network()),
        ),
        "proxy_bad_answer" => told(
            "The proxy does not answer like one",
            "What answers at the proxy’s address does not speak the protocol of an HTTP proxy.",
            "Correct the address of the proxy.",
            Some(network()),
        ),
        "proxy_login_unreadable" => told(
            "The proxy’s login cannot be read",
            "The stored login of the proxy does not open with the master key that this server runs with, so nothing was sent.",
            "Enter the login again.",
            Some(network()),
        ),
        _ => return None,
    })
}
