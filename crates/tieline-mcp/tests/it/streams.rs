//! Streams that begin oddly, break anywhere, or are meant to be resumed.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use futures_util::stream;
use http::Method;
use tieline_mcp::{ReplyBody, Wire};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::scripted::{Scripted, Seen, sse, status};
use crate::support::{call, client, target, target_with, text_of};

const LEGACY: &str = "streamable 2025-11-25";

fn answer(seen: &Seen) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{},"result":{{"content":[{{"type":"text","text":"done"}}]}}}}"#,
        seen.id()
    )
}

#[tokio::test]
async fn odd_but_valid_streams_are_understood() {
    let shapes: [fn(&str) -> String; 6] = [
        |answer| format!("id: 1\ndata:\n\ndata: {answer}\n\n"),
        |answer| {
            format!("\u{feff}: hello\n\n: again\n\nretry: 10\n\nevent: message\ndata: {answer}\n\n")
        },
        |answer| format!("data: {answer}\r\n\r\n"),
        |answer| format!("data: {answer}\r\r"),
        |answer| format!("data: {}\ndata: {}\n\n", &answer[..16], &answer[16..]),
        |answer| {
            format!("event: news\ndata: {{}}\n\nid: 2\nunknown: x\ndata: {answer}\n\n: bye\n\n")
        },
    ];
    for (at, shape) in shapes.into_iter().enumerate() {
        let server = Scripted::start(move |seen| {
            seen.legacy_handshake("2025-06-18")
                .unwrap_or_else(|| sse(shape(&answer(seen))))
        })
        .await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let reply = call(&connected.upstream, &target, "t").await;
        assert_eq!(
            text_of(&reply.unwrap_or_else(|error| panic!("shape {at}: {error}"))),
            "done"
        );
    }
}

/// F11: a stream of 2 KiB is cut after every byte; a part is never taken for the whole.
#[tokio::test]
async fn f11_a_stream_cut_at_any_byte_is_an_interruption() {
    const LENGTH: usize = 2_048;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        for cut in 0..=LENGTH {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = read_request(&mut socket).await;
            let id = request
                .split("\"id\":")
                .nth(1)
                .and_then(|rest| rest.split(',').next())
                .unwrap()
                .to_owned();
            let start = format!(
                "data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":[],\"x\":\""
            );
            let end = "\"}}\n\n";
            let filling = "x".repeat(LENGTH - start.len() - end.len());
            let body = format!("{start}{filling}{end}");
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
            socket.write_all(head.as_bytes()).await.unwrap();
            socket.write_all(&body.as_bytes()[..cut]).await.unwrap();
            socket.shutdown().await.unwrap();
        }
    });
    let target = target(&url);
    let client = client();
    for cut in 0..=LENGTH {
        let upstream = client.open(Wire::from_stored("modern 2026-07-28").unwrap());
        match call(&upstream, &target, "t").await {
            Err(error) => {
                assert!(cut < LENGTH);
                assert_eq!(
                    (error.code(), error.sent),
                    ("interrupted", true),
                    "cut after {cut}"
                );
            }
            Ok(reply) => {
                assert_eq!(cut, LENGTH, "a part was taken for the whole");
                assert!(matches!(reply.body, ReplyBody::Result(_)));
            }
        }
    }
    served.await.unwrap();
}

async fn read_request(socket: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let read = socket
            .read(&mut chunk)
            .await
            .expect("the client sends its request");
        bytes.extend_from_slice(&chunk[..read]);
        if read == 0 || bytes.ends_with(b"}}}") || bytes.ends_with(b"}}") {
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
}

#[tokio::test]
async fn a_stream_that_closed_early_is_resumed_where_it_stopped() {
    let pieces = AtomicUsize::new(0);
    let waiting = std::sync::Mutex::new(String::new());
    let server = Scripted::start(move |seen| {
        if seen.method == Method::GET {
            assert_eq!(seen.headers["authorization"], "secret");
            let at = seen.headers["last-event-id"].to_str().unwrap().to_owned();
            let data = match pieces.fetch_add(1, Ordering::SeqCst) {
                0 => {
                    assert_eq!(at, "e1");
                    "id: e2\nretry: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\ndata: half".to_owned()
                }
                1 => {
                    assert_eq!(at, "e2");
                    format!("data: {}\n\n", waiting.lock().unwrap())
                }
                _ => panic!("asked again"),
            };
            return sse(data);
        }
        seen.legacy_handshake("2025-11-25").unwrap_or_else(|| {
            *waiting.lock().unwrap() = answer(seen);
            sse("id: e1\nretry: 1\ndata:\n\n")
        })
    })
    .await;
    let target = target_with(&server.url(), "authorization", "secret");
    let connected = client().connect(&target, None).await.unwrap();
    assert_eq!(
        text_of(&call(&connected.upstream, &target, "t").await.unwrap()),
        "done"
    );
    assert_eq!(server.count("tools/call"), 1);
}

#[tokio::test]
async fn a_stream_without_ids_or_whose_rest_is_gone_is_an_interruption() {
    for first in ["data:\n\n", "id: e1\nretry: 1\ndata:\n\n"] {
        let server = Scripted::start(move |seen| {
            if seen.method == Method::GET {
                return status(405, "");
            }
            seen.legacy_handshake("2025-11-25")
                .unwrap_or_else(|| sse(first))
        })
        .await;
        let target = target(&server.url());
        let upstream = client().open(Wire::from_stored(LEGACY).unwrap());
        let error = call(&upstream, &target, "t").await.unwrap_err();
        assert_eq!((error.code(), error.sent), ("interrupted", true));
        assert_eq!(server.count("tools/call"), 1);
    }
}

#[tokio::test]
async fn an_answer_to_somebody_else_on_our_stream_is_refused() {
    let server = Scripted::start(|seen| {
        seen.modern_handshake().unwrap_or_else(|| {
            sse(format!(
                "data: {}\n\n",
                answer(seen).replace(&seen.id(), "7")
            ))
        })
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let error = call(&connected.upstream, &target, "t").await.unwrap_err();
    assert_eq!(error.code(), "id_mismatch");
}

#[tokio::test]
async fn a_modern_server_may_not_ask_back() {
    let server = Scripted::start(|seen| {
        seen.modern_handshake().unwrap_or_else(|| {
            let ask = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{}}\n\n";
            sse(Body::from_stream(stream::iter([Ok::<_, std::io::Error>(ask)])))
        })
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let error = call(&connected.upstream, &target, "t").await.unwrap_err();
    assert_eq!(error.code(), "protocol_error");
    assert_eq!(server.seen().len(), 2, "it was answered");
}

#[tokio::test]
async fn arrays_are_taken_from_the_one_revision_that_has_them() {
    for (revision, works) in [("2025-03-26", true), ("2025-06-18", false)] {
        let server = Scripted::start(move |seen| {
            seen.legacy_handshake(revision).unwrap_or_else(|| {
                let notice = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#;
                sse(format!("data: [{notice},{}]\n\n", answer(seen)))
            })
        })
        .await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let answered = call(&connected.upstream, &target, "t").await;
        assert_eq!(answered.is_ok(), works, "{revision}: {answered:?}");
    }
}
