//! Each misbehaviour, seen from a client.

use std::time::Duration;

use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tieline_testkit::{At, Canned, FakeMcp, FakeTool, Fault, eventually, eventually_async};

use crate::client::{legacy, legacy_body, modern, read_until, send};

async fn list(fake: &FakeMcp) -> http::Response<Incoming> {
    send(
        Method::POST,
        &fake.url(),
        &[],
        &legacy_body("tools/list", "{}"),
    )
    .await
}

async fn size_at_least(mut body: Incoming, size: usize) -> bool {
    let mut read = 0;
    while read < size {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, bytes::Bytes::len),
            _ => return false,
        }
    }
    true
}

#[tokio::test]
async fn answers_that_are_no_answers() {
    let fake = FakeMcp::legacy().tools(["a"]).start().await;
    for (fault, status, kind) in [
        (Fault::Status(500), 500, None),
        (Fault::SessionLost, 404, None),
        (
            Fault::Redirect("https://elsewhere.example/".to_owned()),
            302,
            None,
        ),
        (Fault::Html, 200, Some("text/html; charset=utf-8")),
        (
            Fault::Answer(Canned::json("[]").status(418).header("x-y", "z")),
            418,
            Some("application/json"),
        ),
        (Fault::SseEndsEarly, 200, Some("text/event-stream")),
    ] {
        fake.set_fault_times(At::ListTools, fault.clone(), 1);
        let response = list(&fake).await;
        assert_eq!(response.status(), status, "{fault:?}");
        if let Some(kind) = kind {
            assert_eq!(response.headers()["content-type"], kind, "{fault:?}");
        }
        assert!(response.into_body().collect().await.is_ok());
    }
    assert_eq!(list(&fake).await.status(), 200);
    assert_eq!(fake.count("tools/list"), 7);
}

#[tokio::test]
async fn bodies_without_an_end_go_on_for_as_long_as_they_are_read() {
    let fake = FakeMcp::legacy().start().await;
    for fault in [Fault::EndlessBody, Fault::EndlessEvent, Fault::EndlessSse] {
        fake.set_fault(At::ListTools, fault);
        assert!(size_at_least(list(&fake).await.into_body(), 1_000_000).await);
    }
    fake.set_fault(At::ListTools, Fault::SilentSse);
    let silent = list(&fake).await;
    assert_eq!(silent.headers()["content-type"], "text/event-stream");
    let first = tokio::time::timeout(Duration::from_millis(30), silent.into_body().frame()).await;
    assert!(first.is_err(), "nothing is said");
}

#[tokio::test]
async fn a_cut_body_is_seen_as_broken() {
    let fake = FakeMcp::legacy().start().await;
    for bytes in [0, 5] {
        fake.set_fault(At::ListTools, Fault::CutAfter(bytes));
        assert!(
            list(&fake).await.into_body().collect().await.is_err(),
            "{bytes}"
        );
    }
}

#[tokio::test]
async fn proper_answers_are_bent() {
    let fake = FakeMcp::dual().start().await;
    fake.set_fault(At::Any, Fault::WrongId);
    assert_eq!(
        modern(&fake.url(), "server/discover", "").await.1["id"],
        "not-yours"
    );
    let message = "no".to_owned();
    fake.set_fault(
        At::Initialize,
        Fault::RpcError {
            code: -32000,
            message,
        },
    );
    assert_eq!(
        legacy(&fake.url(), None, "initialize", "{}").await.1["error"]["code"],
        -32000
    );
    assert_eq!(
        legacy(&fake.url(), None, "tools/list", "{}").await.1["id"],
        "not-yours"
    );
    fake.clear_faults();
    assert_eq!(
        legacy(&fake.url(), None, "initialize", "{}").await.1["id"],
        1
    );
}

#[tokio::test]
async fn a_hang_ends_with_the_server_and_a_hold_with_its_release() {
    let fake = FakeMcp::legacy()
        .tool(FakeTool::echo("t").saying("done"))
        .start()
        .await;
    let hold = fake.hold(At::CallTool);
    let url = fake.url();
    let waiting =
        tokio::spawn(async move { legacy(&url, None, "tools/call", r#"{"name":"t"}"#).await });
    eventually(|| fake.in_flight() == 1).await;
    assert!(!waiting.is_finished());
    hold.release();
    assert_eq!(
        waiting.await.expect("the call ends").1["result"]["content"][0]["text"],
        "done"
    );
    fake.set_fault(At::CallTool, Fault::Hang);
    let url = fake.url();
    let hung =
        tokio::spawn(async move { legacy(&url, None, "tools/call", r#"{"name":"t"}"#).await });
    eventually(|| fake.count("tools/call") == 2).await;
    assert!(!hung.is_finished());
    let address = fake.address();
    fake.shut_down().await;
    assert_eq!(hung.await.expect("the call ends").0, 503);
    eventually_async(|| async { tokio::net::TcpListener::bind(address).await.ok() }).await;
}

#[tokio::test]
async fn slow_servers_and_slow_tools_answer_in_the_end() {
    let wait = Duration::from_millis(20);
    let fake = FakeMcp::legacy()
        .tool(FakeTool::echo("t").after(wait))
        .fault(At::ListTools, Fault::Slow(wait))
        .start()
        .await;
    let started = tokio::time::Instant::now();
    assert_eq!(list(&fake).await.status(), 200);
    assert_eq!(
        legacy(&fake.url(), None, "tools/call", r#"{"name":"t"}"#)
            .await
            .0,
        200
    );
    assert!(started.elapsed() >= wait * 2);
}

#[tokio::test]
async fn a_stopping_server_closes_its_streams() {
    let fake = FakeMcp::legacy().start().await;
    let body = send(Method::GET, &fake.url(), &[], "").await.into_body();
    drop(fake);
    assert!(body.collect().await.is_ok(), "the stream ends");
}

#[tokio::test]
async fn tools_answer_as_they_were_told() {
    let fake = FakeMcp::legacy().with_endless_pages().start().await;
    fake.set_tools_quietly([
        FakeTool::raw("7"),
        FakeTool::echo("fixed")
            .answering(r#"{"x":1.0}"#)
            .described("d\u{202e}"),
        FakeTool::echo("made").computing(|arguments| {
            format!(r#"{{"got":{}}}"#, arguments.map_or("null", |raw| raw.get()))
        }),
        FakeTool::echo("broken").failing(-32042, "open a page"),
    ]);
    let call = |name: &'static str| legacy_call(&fake, name);
    assert_eq!(call("fixed").await["result"], serde_json::json!({"x": 1.0}));
    assert_eq!(call("made").await["result"]["got"]["a"], 1);
    assert_eq!(call("broken").await["error"]["code"], -32042);
    assert_eq!(call("absent").await["error"]["code"], -32602);
    let (_, listed) = legacy(&fake.url(), None, "tools/list", r#"{"cursor":"p100"}"#).await;
    assert_eq!(listed["result"]["nextCursor"], "p101");
    assert_eq!(
        legacy(&fake.url(), None, "tools/list", r#"{"cursor":"x"}"#)
            .await
            .1["error"]["code"],
        -32602
    );
}

async fn legacy_call(fake: &FakeMcp, name: &str) -> serde_json::Value {
    legacy(
        &fake.url(),
        None,
        "tools/call",
        &format!(r#"{{"name":"{name}","arguments":{{"a":1}}}}"#),
    )
    .await
    .1
}

#[tokio::test]
async fn http_sse_streams_can_be_cut() {
    let fake = FakeMcp::http_sse().start().await;
    let mut stream = send(Method::GET, &fake.url(), &[], "").await.into_body();
    let first = read_until(&mut stream, "\n\n").await;
    let place = first
        .trim()
        .rsplit("data: ")
        .next()
        .expect("an endpoint event")
        .to_owned();
    fake.set_fault(At::ListTools, Fault::CutAfter(0));
    let url = format!("{}{place}", fake.origin());
    assert_eq!(
        crate::client::post(&url, &[], &legacy_body("tools/list", "{}"))
            .await
            .0,
        202
    );
    eventually(|| fake.count("tools/list") == 1).await;
    fake.set_fault(At::Get, Fault::Status(404));
    assert_eq!(send(Method::GET, &fake.url(), &[], "").await.status(), 404);
}
