//! Encryption: who is trusted, and what people are told about everybody else. The token never leaves before that.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tieline_mcp::{DialPolicy, McpClient, StepName, StepOutcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::{FakeDns, info, loopback, quick, target_with};

/// The certificates were made once with `openssl`: an authority whose key was thrown away, and servers of it (`good`
/// and `elsewhere` until 2126, `expired` until 2021), and one that vouches for itself (`self`).
const AUTHORITY: &str = include_str!("certificates/ca.pem");

macro_rules! certificate {
    ($name:literal) => {
        (
            include_str!(concat!("certificates/", $name, ".pem")),
            include_str!(concat!("certificates/", $name, ".key")),
        )
    };
}

/// A server with a certificate that answers discovery; everything it decrypts is kept.
async fn serve(
    (chain, key): (&'static str, &'static str),
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (String, Arc<Mutex<Vec<u8>>>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<_, _>>()
        .expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions that the provider knows")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate with its key");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a free port");
    let port = listener.local_addr().expect("a bound listener").port();
    let log: Arc<Mutex<Vec<u8>>> = Arc::default();
    let seen = log.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, seen) = (acceptor.clone(), seen.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else {
                    return;
                };
                let mut chunk = vec![0; 16 << 10];
                while let Ok(read) = stream.read(&mut chunk).await {
                    if read == 0 {
                        return;
                    }
                    let text = String::from_utf8_lossy(&chunk[..read]).into_owned();
                    seen.lock()
                        .expect("no holder panics")
                        .extend_from_slice(&chunk[..read]);
                    let id = text
                        .split("\"id\":")
                        .nth(1)
                        .and_then(|rest| rest.split(',').next())
                        .unwrap_or("0")
                        .to_owned();
                    let body = format!(
                        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{{}},"tools":[]}}}}"#
                    );
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    if stream
                        .write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    (format!("https://mcp.test:{port}/mcp"), log)
}

fn trusting(authority: Option<&str>) -> McpClient {
    let policy = DialPolicy {
        extra_ca_pem: authority.map(ToOwned::to_owned),
        ..loopback()
    };
    let dns = FakeDns::new(&[&["127.0.0.1"]]);
    McpClient::with_resolver(policy, quick(), info(), dns).expect("a sound authority")
}

const BOTH: &[&rustls::SupportedProtocolVersion] =
    &[&rustls::version::TLS13, &rustls::version::TLS12];

#[tokio::test]
async fn a_known_authority_is_trusted_with_both_versions() {
    for versions in [BOTH, &[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let (url, received) = serve(certificate!("good"), versions).await;
        let target = target_with(&url, "authorization", "secret");
        trusting(Some(AUTHORITY))
            .connect(&target, None)
            .await
            .unwrap();
        let received = String::from_utf8(received.lock().unwrap().clone()).unwrap();
        assert!(received.contains("authorization: secret\r\n"), "{received}");
        assert!(received.contains(&format!(
            "host: {}\r\n",
            &url["https://".len()..url.len() - 4]
        )));
    }
}

#[tokio::test]
async fn everybody_else_is_refused_before_the_token_leaves() {
    for (certificate, authority, code, sentence) in [
        (
            certificate!("good"),
            None,
            "tls_unknown_authority",
            "signed by an authority this machine doesn’t know",
        ),
        (
            certificate!("self"),
            Some(AUTHORITY),
            "tls_unknown_authority",
            "signed by an authority",
        ),
        (
            certificate!("expired"),
            Some(AUTHORITY),
            "tls_expired",
            "The certificate expired on 1 January 2021.",
        ),
        (
            certificate!("elsewhere"),
            Some(AUTHORITY),
            "tls_wrong_host",
            "issued for other.test, *.more.test, not mcp.test",
        ),
    ] {
        let (url, received) = serve(certificate, BOTH).await;
        let target = target_with(&url, "authorization", "secret");
        let error = trusting(authority)
            .connect(&target, None)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(sentence), "{error}");
        assert!(!error.sent);
        assert!(received.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_server_without_tls_on_that_port_is_named_as_such() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!(
        "https://mcp.test:{}/mcp",
        listener.local_addr().unwrap().port()
    );
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = vec![0; 16 << 10];
        let read = socket.read(&mut hello).await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        hello.truncate(read);
        hello
    });
    let error = trusting(None)
        .connect(&target_with(&url, "authorization", "secret"), None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "tls_failed");
    assert!(
        !served
            .await
            .unwrap()
            .windows(6)
            .any(|part| part == b"secret")
    );
}

#[tokio::test]
async fn the_test_says_how_long_the_certificate_lasts() {
    let (url, _) = serve(certificate!("good"), BOTH).await;
    let report = trusting(Some(AUTHORITY))
        .probe(&target_with(&url, "x-api-key", "secret"), |_| {})
        .await;
    let tls = &report.steps[2];
    assert_eq!((tls.step, tls.outcome), (StepName::Tls, StepOutcome::Ok));
    assert!(
        tls.message.starts_with("Certificate valid for ") && tls.message.ends_with(" more days"),
        "{}",
        tls.message
    );
    assert_eq!(report.steps[0].message, "mcp.test is 127.0.0.1");
}

#[test]
fn an_unreadable_authority_is_an_error_at_the_start() {
    for pem in [
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let policy = DialPolicy {
            extra_ca_pem: Some(pem.to_owned()),
            ..loopback()
        };
        let error = McpClient::new(policy, quick(), info()).unwrap_err();
        assert!(error.to_string().contains("PEM"), "{error}");
    }
}
