use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

use super::*;

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(
            "../../../../tieline-mcp/tests/it/certificates/",
            $name
        ))
    };
}

/// A connection to a server of this certificate, which takes one and offers one protocol.
async fn connection(chain: &str, key: &str, protocol: &[u8]) -> TcpStream {
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<_, _>>()
        .expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that the provider knows")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate with its key");
    config.alpn_protocols = vec![protocol.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    dial_once(async move |socket| {
        let stream = acceptor.accept(socket).await;
        // Held until the client has looked at it.
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await
}

/// A connection to a server that does this with it.
async fn dial_once<F>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> TcpStream
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    tokio::spawn(async move {
        if let Ok((socket, _)) = listener.accept().await {
            serve(socket).await;
        }
    });
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.connect(address).await.expect("a connection")
}

async fn secured(host: &str, tcp: TcpStream) -> Result<Stream, DialError> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(file!("ca.pem").as_bytes());
    roots
        .add(authority.expect("a certificate"))
        .expect("an authority");
    let config = Arc::new(tls_config(roots)?);
    secure(config, host, tcp, Duration::from_secs(10)).await
}

#[tokio::test]
async fn a_good_certificate_gives_the_better_protocol() {
    for (protocol, is_better) in [(&b"h2"[..], true), (b"http/1.1", false)] {
        let tcp = connection(file!("good.pem"), file!("good.key"), protocol).await;
        let stream = secured("mcp.test", tcp).await.ok().unwrap();
        assert_eq!(stream.connected().is_negotiated_h2(), is_better);
    }
}

#[tokio::test]
async fn every_other_certificate_is_refused_for_good() {
    for (host, chain, key) in [
        ("mcp.test", file!("self.pem"), file!("self.key")),
        ("mcp.test", file!("expired.pem"), file!("expired.key")),
        ("mcp.test", file!("elsewhere.pem"), file!("elsewhere.key")),
        ("127.0.0.1", file!("good.pem"), file!("good.key")),
    ] {
        let tcp = connection(chain, key, b"h2").await;
        let error = secured(host, tcp).await.err().unwrap();
        assert!(error.reason.contains("certificate"), "{error}");
        assert!(!error.passing);
    }
}

#[tokio::test]
async fn what_does_not_speak_tls_is_named() {
    let plain = dial_once(async |mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        std::future::pending::<()>().await;
    });
    let error = secured("mcp.test", plain.await).await.err().unwrap();
    assert_eq!(error.reason, "it does not speak TLS on this port");
    let gone = dial_once(async |socket| drop(socket));
    let error = secured("mcp.test", gone.await).await.err().unwrap();
    assert!(error.reason.contains("closed the connection"), "{error}");
    assert!(error.passing);
}
