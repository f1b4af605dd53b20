//! The transport of 2024-11-05: where the bait is the address that the server sends.

use tieline_testkit::{At, FakeMcp, Fault, raw_server};

use crate::support::{call, client, target, target_with, text_of};

#[tokio::test]
async fn messages_go_nowhere_but_to_the_same_origin() {
    let evil = raw_server(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".as_slice()).await;
    let address = evil.address();
    for bait in [
        format!("http://{address}/messages"),
        format!("//{address}/messages"),
        format!("/\\{address}/messages"),
        format!("\\\\{address}\\messages"),
        format!("ht\ttp://{address}/messages"),
        format!("https://{address}/messages"),
        format!("http://127.0.0.1:1@{address}/messages"),
        "file:///etc/passwd".to_owned(),
        "http://".to_owned(),
    ] {
        let server = FakeMcp::http_sse()
            .endpoint_event(&bait)
            .tools(["t"])
            .start()
            .await;
        let target = target_with(&server.url(), "authorization", "secret");
        let error = client().connect(&target, None).await.unwrap_err();
        assert_eq!(error.code(), "protocol_error", "{bait}: {error}");
        assert!(evil.received().is_empty(), "{bait}");
    }
}

#[tokio::test]
async fn absolute_and_relative_addresses_of_the_same_origin_work() {
    for place in [
        "/messages?sessionId=stream-1",
        "messages?sessionId=stream-1",
    ] {
        let server = FakeMcp::http_sse()
            .endpoint_event(place)
            .tools(["t"])
            .start()
            .await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        assert_eq!(
            text_of(&call(&connected.upstream, &target, "t").await.unwrap()),
            r#"{"text":"hello"}"#
        );
    }
}

#[tokio::test]
async fn a_stream_that_ended_is_opened_again_by_the_next_call() {
    let server = FakeMcp::http_sse().tools(["t"]).start().await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    server.clear_requests();
    server.set_fault_times(At::CallTool, Fault::CutAfter(0), 1);
    let error = call(&connected.upstream, &target, "t").await.unwrap_err();
    assert_eq!((error.code(), error.sent), ("interrupted", true));
    assert_eq!(server.count("tools/call"), 1);
    call(&connected.upstream, &target, "t").await.unwrap();
    assert_eq!(server.count("initialize"), 1);
}

#[tokio::test]
async fn closing_or_dropping_ends_the_stream() {
    let server = FakeMcp::http_sse().tools(["t"]).start().await;
    let target = target(&server.url());
    for close in [true, false] {
        let connected = client().connect(&target, None).await.unwrap();
        call(&connected.upstream, &target, "t").await.unwrap();
        assert!(server.in_flight() > 0);
        if close {
            connected.upstream.close(&target).await;
        }
        drop(connected);
        tieline_testkit::eventually(|| server.in_flight() == 0).await;
    }
}

#[tokio::test]
async fn a_stream_that_never_names_its_address_is_a_timeout() {
    let server = FakeMcp::http_sse()
        .fault(At::Get, Fault::SilentSse)
        .start()
        .await;
    let error = client()
        .connect(&target(&server.url()), None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "timeout");
}
