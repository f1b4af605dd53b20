//! Servers that write raw bytes, and the helpers for waiting.

use http::Method;
use http_body_util::BodyExt as _;
use tieline_testkit::{Afterwards, RawServer, eventually_some, free_port, raw_server};

use crate::client::send;

#[tokio::test]
async fn a_raw_server_says_what_it_was_told_and_remembers_what_it_heard() {
    let server = raw_server("HTTP/1.1 299 Odd\r\ncontent-length: 2\r\n\r\nok").await;
    let response = send(Method::POST, &server.url(), &[("x-a", "b")], "body").await;
    assert_eq!(response.status().as_u16(), 299);
    assert_eq!(
        response
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes(),
        "ok"
    );
    let heard = eventually_some(|| server.received().pop()).await;
    let heard = String::from_utf8_lossy(&heard).to_ascii_lowercase();
    assert!(heard.contains("x-a: b") && heard.ends_with("body"));
}

#[tokio::test]
async fn a_raw_server_can_stay_silent_after_its_bytes() {
    let server = RawServer::start(
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok",
        Afterwards::StayOpen,
    )
    .await;
    let body = send(Method::GET, &server.url(), &[], "").await.into_body();
    let rest = tokio::time::timeout(std::time::Duration::from_millis(30), body.collect()).await;
    assert!(rest.is_err());
}

#[test]
fn a_free_port_can_be_bound() {
    assert!(std::net::TcpListener::bind(("127.0.0.1", free_port())).is_ok());
}
