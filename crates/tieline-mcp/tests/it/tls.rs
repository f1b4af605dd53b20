//! Encryption: who is trusted, and what people are told about everybody else. The token never leaves before that.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tieline_mcp::{DialPolicy, McpClient, Proxy, StepName, StepOutcome};
use tieline_testkit::{ConnectProxy, ProxyManner};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::support::{FakeDns, call, info, loopback, quick, target_with};

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

fn acceptor(
    (chain, key): (&'static str, &'static str),
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocol: &[u8],
) -> TlsAcceptor {
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
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// A server with a certificate that answers discovery; everything it decrypts is kept.
async fn serve(
    certificate: (&'static str, &'static str),
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (String, Arc<Mutex<Vec<u8>>>) {
    let acceptor = acceptor(certificate, versions, b"http/1.1");
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
async fn f10_everybody_else_is_refused_before_the_token_leaves() {
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
async fn it_is_known_until_when_a_server_that_was_reached_has_a_certificate() {
    let (url, _) = serve(certificate!("good"), BOTH).await;
    let (client, address) = (trusting(Some(AUTHORITY)), Url::parse(&url).unwrap());
    assert_eq!(client.certificate_end(&address), None);
    let target = target_with(&url, "authorization", "secret");
    client.connect(&target, None).await.unwrap();
    let end = client.certificate_end(&address).expect("an end");
    let of_2126 = 4_922_899_200..4_954_435_200;
    assert!(of_2126.contains(&end), "{end}");
    let elsewhere = Url::parse("https://mcp.test:1/mcp").unwrap();
    assert_eq!(client.certificate_end(&elsewhere), None);
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

#[tokio::test]
async fn http_2_is_used_where_it_is_offered_with_one_connection_for_all_calls() {
    let acceptor = acceptor(certificate!("good"), BOTH, b"h2");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!(
        "https://mcp.test:{}/mcp",
        listener.local_addr().unwrap().port()
    );
    let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (accepted, answered) = (connections.clone(), requests.clone());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            accepted.fetch_add(1, Ordering::SeqCst);
            let stream = acceptor.accept(socket).await.expect("a handshake");
            let answered = answered.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                answered.fetch_add(1, Ordering::SeqCst);
                async move {
                    assert_eq!(request.version(), Version::HTTP_2);
                    assert_eq!(request.headers()["authorization"], "secret");
                    let body = request
                        .into_body()
                        .collect()
                        .await
                        .expect("a body")
                        .to_bytes();
                    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
                    let text = format!(
                        r#"{{"jsonrpc":"2.0","id":{},"result":{{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{{}},"content":[]}}}}"#,
                        body["id"]
                    );
                    let response = Response::new(Full::new(Bytes::from(text)));
                    Ok::<_, std::convert::Infallible>(response)
                }
            });
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            tokio::spawn(async move {
                builder
                    .serve_connection(TokioIo::new(stream), service)
                    .await
            });
        }
    });
    let target = target_with(&url, "authorization", "secret");
    let connected = trusting(Some(AUTHORITY))
        .connect(&target, None)
        .await
        .unwrap();
    let calls = (0..50).map(|_| call(&connected.upstream, &target, "t"));
    for reply in futures_util::future::join_all(calls).await {
        reply.unwrap();
    }
    assert_eq!(requests.load(Ordering::SeqCst), 51);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
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

#[tokio::test]
async fn through_a_proxy_the_certificate_is_that_of_the_server() {
    for (certificate, code) in [
        (certificate!("good"), None),
        (certificate!("elsewhere"), Some("tls_wrong_host")),
    ] {
        let (url, received) = serve(certificate, BOTH).await;
        let port = Url::parse(&url).unwrap().port().unwrap();
        let to = SocketAddr::from(([127, 0, 0, 1], port));
        let proxy = ConnectProxy::start(ProxyManner::Open, to).await;
        let policy = DialPolicy {
            extra_ca_pem: Some(AUTHORITY.to_owned()),
            proxy: Some(Proxy {
                host: proxy.address().ip().to_string(),
                port: proxy.address().port(),
                login: None,
            }),
            ..loopback()
        };
        let unknown = FakeDns::new(&[&[]]);
        let client = McpClient::with_resolver(policy, quick(), info(), unknown).unwrap();
        let target = target_with(&url, "authorization", "secret");
        let connected = client.connect(&target, None).await;
        assert_eq!(connected.err().map(|error| error.code()), code);
        let is_told = !received.lock().unwrap().is_empty();
        assert_eq!(
            is_told,
            code.is_none(),
            "the token waits for the certificate"
        );
        assert!(proxy.asked()[0].starts_with(&format!("CONNECT mcp.test:{port} ")));
    }
}
