//! Calls: passed on raw, ended when wanted, never repeated; sessions kept apart and renewed.

use std::time::Duration;

use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::OfferKind;
use tieline_mcp::{ParamHeaders, ReplyBody};
use tieline_testkit::{Answers, At, FakeMcp, FakeTool, Fault, eventually};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::{call, client, params, raw, request, target, text_of};

fn kinds() -> Vec<(&'static str, tieline_testkit::FakeMcpBuilder)> {
    vec![
        ("modern", FakeMcp::modern()),
        ("modern events", FakeMcp::modern().answering(Answers::Sse)),
        ("legacy", FakeMcp::legacy().with_sessions()),
        (
            "legacy events",
            FakeMcp::legacy().with_sessions().answering(Answers::Sse),
        ),
        ("http+sse", FakeMcp::http_sse()),
    ]
}

#[tokio::test]
async fn results_arrive_byte_for_byte() {
    const RESULT: &str = r#"{"resultType":"complete","content":[{"type":"hologram","z":1.0,"a":1e2,"big":18446744073709551617}],"structuredContent":[1,{"é":"\u00e9\/"}],"_meta":{"x/y":null}}"#;
    for (kind, server) in kinds() {
        let server = server
            .tool(FakeTool::echo("t").answering(RESULT))
            .start()
            .await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let reply = call(&connected.upstream, &target, "t").await.unwrap();
        let ReplyBody::Result(result) = reply.body else {
            panic!("{kind}: {reply:?}")
        };
        assert_eq!(result.get(), RESULT, "{kind}");
    }
}

#[tokio::test]
async fn parameters_arrive_byte_for_byte() {
    const PARAMS: &str = r#"{"name":"t","arguments":{"b":1.00,"a":[1e2,18446744073709551617],"t":"\u00e9\/"},"future":{"k":-0}}"#;
    for (kind, server) in kinds() {
        let server = server.tools(["t"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let text = raw(PARAMS);
        let params = RawObject::parse(&text).unwrap();
        connected
            .upstream
            .call(&target, request("t", &params))
            .await
            .unwrap();
        let sent = server.requests_for("tools/call")[0].body.clone();
        let sent = String::from_utf8(sent.to_vec()).unwrap();
        assert!(sent.contains(&PARAMS[1..]), "{kind}: {sent}");
    }
}

#[tokio::test]
async fn errors_keep_their_code_and_data() {
    for (kind, server) in kinds() {
        let tool = FakeTool::echo("t").failing(-32042, "open a page\u{202e} first");
        let server = server.tool(tool).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let reply = call(&connected.upstream, &target, "t").await.unwrap();
        let ReplyBody::Error(error) = reply.body else {
            panic!("{kind}: {reply:?}")
        };
        assert_eq!(
            (error.code, error.message.as_str()),
            (-32042, "open a page first"),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn notifications_arrive_while_the_tool_works() {
    for (kind, server) in kinds() {
        let server = server.tool(FakeTool::echo("t").reporting(3)).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let text = raw(r#"{"name":"t","_meta":{"progressToken":"mine"}}"#);
        let params = RawObject::parse(&text).unwrap();
        let (sender, mut receiver) = mpsc::channel(16);
        let mut call = request("t", &params);
        call.notifications = Some(sender);
        connected.upstream.call(&target, call).await.unwrap();
        let mut seen = Vec::new();
        while let Some(notification) = receiver.recv().await {
            seen.push(notification.get().to_owned());
        }
        assert_eq!(seen.len(), 3, "{kind}: {seen:?}");
        assert!(
            seen[2].contains(r#""progressToken":"mine""#),
            "{kind}: {}",
            seen[2]
        );
    }
}

#[tokio::test]
async fn requests_of_the_server_are_answered_in_place() {
    for (method, answer) in [
        ("ping", r#""result":{}"#),
        ("sampling/createMessage", "-32601"),
    ] {
        for kind in [|| FakeMcp::legacy().with_sessions(), FakeMcp::http_sse] {
            let server = kind()
                .tool(FakeTool::echo("t").asking(method, "{}"))
                .start()
                .await;
            let target = target(&server.url());
            let connected = client().connect(&target, None).await.unwrap();
            assert_eq!(
                text_of(&call(&connected.upstream, &target, "t").await.unwrap()),
                r#"{"text":"hello"}"#
            );
            eventually(|| {
                server.requests().iter().any(|request| {
                    let body = String::from_utf8_lossy(&request.body);
                    request.rpc_method().is_none() && body.contains(answer)
                })
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_cancelled_call_ends_at_once_and_the_server_is_told() {
    for (kind, server) in kinds() {
        let server = server.tools(["t"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let hold = server.hold(At::CallTool);
        let (cancel, params) = (CancellationToken::new(), params("t"));
        let mut call = request("t", &params);
        call.cancel = cancel.clone();
        let call = connected.upstream.call(&target, call);
        let stop = async {
            eventually(|| server.count("tools/call") == 1).await;
            cancel.cancel();
        };
        let (answered, ()) = tokio::join!(call, stop);
        let error = answered.unwrap_err();
        assert_eq!((error.code(), error.sent), ("cancelled", true), "{kind}");
        if kind.starts_with("modern") {
            assert_eq!(server.count("notifications/cancelled"), 0);
        } else {
            eventually(|| server.count("notifications/cancelled") == 1).await;
            let sent = server.requests_for("tools/call")[0].json()["id"].clone();
            let told = server.requests_for("notifications/cancelled")[0].json();
            assert_eq!(told["params"]["requestId"], sent, "{kind}");
        }
        hold.release();
    }
}

#[tokio::test]
async fn a_deadline_ends_a_call_that_hangs() {
    for (kind, server) in kinds() {
        let server = server.tools(["t"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        server.set_fault(At::CallTool, Fault::Hang);
        let params = params("t");
        let mut call = request("t", &params);
        call.deadline = Instant::now() + Duration::from_millis(300);
        let error = connected.upstream.call(&target, call).await.unwrap_err();
        assert_eq!((error.code(), error.sent), ("timeout", true), "{kind}");
        assert_eq!(server.count("tools/call"), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_lost_session_is_renewed_once_and_the_call_runs_once() {
    let server = FakeMcp::legacy().with_sessions().tools(["t"]).start().await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    for round in 1..=20 {
        server.lose_sessions();
        assert_eq!(
            text_of(&call(&connected.upstream, &target, "t").await.unwrap()),
            r#"{"text":"hello"}"#
        );
        assert_eq!(server.count("initialize"), round + 1);
    }
    // A server that forgets each session at once is an error, not a loop.
    server.set_fault(At::CallTool, Fault::SessionLost);
    server.clear_requests();
    let error = call(&connected.upstream, &target, "t").await.unwrap_err();
    assert_eq!(error.code(), "session_lost");
    assert_eq!(server.count("tools/call"), 2);
}

#[tokio::test]
async fn simultaneous_calls_open_one_session() {
    for server in [FakeMcp::legacy().with_sessions(), FakeMcp::http_sse()] {
        let server = server.tools(["t"]).start().await;
        let target = target(&server.url());
        let wire = client().connect(&target, None).await.unwrap().wire;
        server.clear_requests();
        let upstream = client().open(wire);
        let calls = (0..20).map(|_| call(&upstream, &target, "t"));
        for reply in futures_util::future::join_all(calls).await {
            reply.unwrap();
        }
        assert_eq!(server.count("initialize"), 1);
        assert_eq!(server.count("tools/call"), 20);
    }
}

#[tokio::test]
async fn a_call_that_broke_after_it_was_sent_is_not_repeated() {
    for (kind, server) in kinds() {
        let server = server.tools(["t"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        server.set_fault_times(At::CallTool, Fault::CutAfter(0), 1);
        let error = call(&connected.upstream, &target, "t").await.unwrap_err();
        assert_eq!((error.code(), error.sent), ("interrupted", true), "{kind}");
        assert_eq!(server.count("tools/call"), 1, "{kind}");
        // And the next one works.
        call(&connected.upstream, &target, "t")
            .await
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[tokio::test]
async fn marked_arguments_travel_as_headers() {
    let tool = FakeTool::echo("t").with(
        "inputSchema",
        r#"{"type":"object","properties":{"text":{"type":"string","x-mcp-header":"Text"}}}"#,
    );
    let server = FakeMcp::modern().tool(tool).start().await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let listed = connected
        .upstream
        .list(&target, OfferKind::Tool)
        .await
        .unwrap();
    let marks = ParamHeaders::from_definition(&listed.items[0].definition);
    let params = params("t");
    let mut call = request("t", &params);
    call.param_headers = Some(&marks);
    let reply = connected.upstream.call(&target, call).await.unwrap();
    assert_eq!(text_of(&reply), r#"{"text":"hello"}"#);
    assert_eq!(
        server.requests_for("tools/call")[0].header("mcp-param-text"),
        Some("hello")
    );
    // Without them the server says what is wrong, and that is for the caller to mend.
    let reply = connected
        .upstream
        .call(&target, request("t", &params))
        .await
        .unwrap();
    assert!(matches!(reply.body, ReplyBody::Error(error) if error.code == -32020));
}

#[tokio::test]
async fn answers_of_many_simultaneous_calls_never_cross() {
    for (kind, server) in kinds() {
        let tool = FakeTool::echo("t").after(Duration::from_millis(5));
        let server = server.tool(tool).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let calls = (0..100).map(|user| {
            let (upstream, target) = (&connected.upstream, &target);
            async move {
                let text = raw(&format!(r#"{{"name":"t","arguments":{{"user":{user}}}}}"#));
                let params = RawObject::parse(&text).unwrap();
                let reply = upstream.call(target, request("t", &params)).await.unwrap();
                assert_eq!(text_of(&reply), format!(r#"{{"user":{user}}}"#));
            }
        });
        futures_util::future::join_all(calls).await;
        assert_eq!(server.count("tools/call"), 100, "{kind}");
    }
}
