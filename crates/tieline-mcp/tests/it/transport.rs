//! The way of the bytes: no redirects, no proxy from the environment, one credential, reused connections.

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use tieline_mcp::wire::OfferKind;
use tieline_mcp::{Limits, Wire};
use tieline_testkit::{At, Canned, FakeMcp, Fault, raw_server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::scripted::Scripted;
use crate::support::{call, client, client_with, params, quick, request, target, target_with};

const SECRET: &str = "raw tok-123";

#[tokio::test]
async fn redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere =
            raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".as_slice()).await;
        let moved = Canned::json("")
            .status(status)
            .header("location", &elsewhere.url());
        let server = FakeMcp::dual()
            .fault(At::Any, Fault::Answer(moved))
            .start()
            .await;
        let error = client()
            .connect(&target_with(&server.url(), "x-api-key", SECRET), None)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "redirect_refused", "{status}");
        assert!(error.to_string().contains(&elsewhere.url()), "{error}");
        assert_eq!(server.requests().len(), 1, "{status}");
        assert!(elsewhere.received().is_empty(), "{status}");
    }
}

/// Runs the test below again in a process whose environment names a proxy.
#[tokio::test]
async fn a_proxy_in_the_environment_is_ignored() {
    let proxy =
        raw_server(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".as_slice()).await;
    let server = FakeMcp::modern().tools(["t"]).start().await;
    let address = format!("http://{}", proxy.address());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "transport::in_an_environment_with_a_proxy",
        "--nocapture",
    ]);
    child.env("TIELINE_TEST_URL", server.url());
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        child.env(name, &address);
    }
    let child = tokio::task::spawn_blocking(move || child.output());
    let output = child.await.unwrap().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(server.count("tools/list"), 1);
    assert!(proxy.received().is_empty());
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the outer test says in the environment which server to ask"
)]
async fn in_an_environment_with_a_proxy() {
    // Run by itself it has nothing to do.
    let Ok(url) = std::env::var("TIELINE_TEST_URL") else {
        return;
    };
    let connected = client().connect(&target(&url), None).await.unwrap();
    connected
        .upstream
        .list(&target(&url), OfferKind::Tool)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_credential_is_on_every_request_exactly_once() {
    for kind in [
        FakeMcp::modern,
        || FakeMcp::legacy().with_sessions(),
        FakeMcp::http_sse,
    ] {
        for header in ["authorization", "x-api-key", "accept"] {
            let server = kind().tools(["t"]).requiring(header, SECRET).start().await;
            let target = target_with(&server.url(), header, SECRET);
            let connected = client().connect(&target, None).await.unwrap();
            assert_eq!(
                connected
                    .upstream
                    .list(&target, OfferKind::Tool)
                    .await
                    .unwrap()
                    .items
                    .len(),
                1
            );
            call(&connected.upstream, &target, "t").await.unwrap();
            connected.upstream.close(&target).await;
            server.assert_every_request_has(header, SECRET);
        }
    }
}

#[tokio::test]
async fn nothing_else_of_ours_or_of_the_caller_goes_out() {
    let server = FakeMcp::legacy().with_sessions().tools(["t"]).start().await;
    let target = target_with(&server.url(), "authorization", SECRET);
    let connected = client().connect(&target, None).await.unwrap();
    call(&connected.upstream, &target, "t").await.unwrap();
    connected.upstream.close(&target).await;
    let known = [
        "accept",
        "content-type",
        "user-agent",
        "content-length",
        "host",
        "authorization",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-session-id",
    ];
    for request in server.requests() {
        for name in request.headers.keys() {
            assert!(
                known.contains(&name.as_str()),
                "{name} on {:?}",
                request.rpc_method()
            );
        }
    }
    assert!(server.sessions().is_empty(), "the session was not ended");
}

#[tokio::test]
async fn connections_are_reused() {
    for legacy in [false, true] {
        let server = Scripted::start(move |seen| {
            let handshake = if legacy {
                seen.legacy_handshake("2025-06-18")
            } else {
                seen.modern_handshake()
            };
            handshake.unwrap_or_else(|| seen.result(r#"{"resultType":"complete","content":[]}"#))
        })
        .await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        for _ in 0..50 {
            call(&connected.upstream, &target, "t").await.unwrap();
        }
        let peers: HashSet<_> = server.seen().iter().map(|seen| seen.peer).collect();
        assert_eq!(peers.len(), 1, "legacy: {legacy}");
    }
}

#[tokio::test]
async fn f09_an_old_connection_is_not_used_again() {
    let server =
        Scripted::start(|seen| seen.result(r#"{"resultType":"complete","content":[]}"#)).await;
    let target = target(&server.url());
    let limits = Limits {
        connection_age: Duration::ZERO,
        ..quick()
    };
    let upstream = client_with(limits).open(Wire::from_stored("modern 2026-07-28").unwrap());
    for _ in 0..5 {
        call(&upstream, &target, "t").await.unwrap();
    }
    let peers: HashSet<_> = server.seen().iter().map(|seen| seen.peer).collect();
    assert_eq!(peers.len(), 5);
}

/// Servers may close a connection at rest whenever they like, and say nothing about it in their answer.
#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_again() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let (closed, mut closures) = mpsc::unbounded_channel();
    let serving = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}}") {
                assert!(socket.read_buf(&mut request).await.unwrap() > 0);
            }
            let request = String::from_utf8(request).unwrap();
            let id = request.split("\"id\":").nth(1).unwrap();
            let id = id.split(',').next().unwrap();
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[]}}}}"#
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            socket.write_all((head + &body).as_bytes()).await.unwrap();
            drop(socket);
            closed.send(()).unwrap();
        }
    });
    let target = target(&url);
    let upstream = client().open(Wire::from_stored("modern 2026-07-28").unwrap());
    for _ in 0..20 {
        call(&upstream, &target, "t").await.unwrap();
        closures.recv().await.unwrap();
        // The end of the connection is on its way through loopback: once round the reactor and it is here.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    serving.abort();
}

#[tokio::test]
async fn a_server_that_is_gone_is_an_error_that_sent_nothing() {
    let url = format!("http://127.0.0.1:{}/mcp", tieline_testkit::free_port());
    let error = client().connect(&target(&url), None).await.unwrap_err();
    assert_eq!(error.code(), "connect_refused");
    assert!(!error.sent);
    let upstream = client().open(Wire::from_stored("modern 2026-07-28").unwrap());
    let params = params("t");
    let error = upstream
        .call(&target(&url), request("t", &params))
        .await
        .unwrap_err();
    assert_eq!((error.code(), error.sent), ("connect_refused", false));
}
