//! What servers of both eras say without being asked, over each of the three kinds of streams.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::Method;
use tieline_mcp::{Ended, McpError, News, Target, Upstream, Wire, Wish};
use tieline_testkit::{FakeMcp, FakeMcpBuilder, eventually};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::scripted::{Scripted, sse};
use crate::support::{client, target, target_with};

const EVERYTHING: &str = r#"{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},"logging":{}}"#;

fn kinds() -> [(&'static str, FakeMcpBuilder); 4] {
    [
        ("modern", FakeMcp::modern()),
        ("legacy", FakeMcp::legacy()),
        ("legacy with sessions", FakeMcp::legacy().with_sessions()),
        ("http+sse", FakeMcp::http_sse()),
    ]
}

fn wish(uris: &[&str]) -> Wish {
    Wish {
        tools: true,
        prompts: true,
        resources: true,
        uris: uris.iter().map(ToString::to_string).collect(),
        questions: false,
    }
}

/// Listens in the background; the first news that comes is that the stream stands.
async fn listen(
    upstream: &Upstream,
    target: &Target,
    wish: Wish,
) -> (mpsc::Receiver<News>, JoinHandle<Result<Ended, McpError>>) {
    let (tell, mut heard) = mpsc::channel(8);
    let (upstream, target) = (upstream.clone(), target.clone());
    let running = tokio::spawn(async move { upstream.listen(&target, &wish, &tell).await });
    let first = heard.recv().await;
    assert!(matches!(first, Some(News::Listening)), "{first:?}");
    (heard, running)
}

#[tokio::test]
async fn every_kind_of_news_is_heard_over_every_kind_of_stream() {
    for (kind, server) in kinds() {
        let server = server.capabilities(EVERYTHING).tools(["t"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let promises = connected.upstream.promises();
        assert!(
            promises.tools_changed && promises.resource_updates && promises.logs,
            "{kind}"
        );
        let (mut heard, _running) =
            listen(&connected.upstream, &target, wish(&["file:///a"])).await;
        if kind != "modern" {
            let asked = connected.upstream.subscribe(&target, "file:///a", true);
            asked.await.unwrap();
        }
        assert_eq!(server.followed(), ["file:///a"], "{kind}");
        server.announce_update("file:///b");
        server.announce_change();
        assert!(
            matches!(heard.recv().await, Some(News::ToolsChanged)),
            "{kind}"
        );
        server.announce_prompts_change();
        assert!(
            matches!(heard.recv().await, Some(News::PromptsChanged)),
            "{kind}"
        );
        server.announce_resources_change();
        assert!(
            matches!(heard.recv().await, Some(News::ResourcesChanged)),
            "{kind}"
        );
        server.announce_update("file:///a");
        let updated = heard.recv().await;
        assert!(
            matches!(&updated, Some(News::ResourceUpdated { uri }) if uri == "file:///a"),
            "{kind}: {updated:?}"
        );
        if kind != "modern" {
            server.log_to_all("hello");
            assert!(matches!(heard.recv().await, Some(News::Log(_))), "{kind}");
            let asked = connected.upstream.subscribe(&target, "file:///a", false);
            asked.await.unwrap();
            assert!(server.followed().is_empty());
        }
    }
}

#[tokio::test]
async fn a_stream_nobody_reads_any_more_is_closed() {
    for (kind, server) in kinds() {
        let server = server.tools(["t"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let (heard, running) = listen(&connected.upstream, &target, wish(&[])).await;
        drop(heard);
        assert_eq!(running.await.unwrap().unwrap(), Ended::Unheard, "{kind}");
        if kind != "http+sse" {
            eventually(|| server.listeners() == 0).await;
        }
    }
}

#[tokio::test]
async fn a_server_without_a_stream_says_so() {
    let silent = FakeMcp::legacy().without_listen_stream().start().await;
    let upstream = client().open(Wire::from_stored("streamable 2025-11-25").unwrap());
    let (tell, _heard) = mpsc::channel(8);
    let (place, wish) = (target(&silent.url()), wish(&[]));
    let refused = upstream.listen(&place, &wish, &tell).await;
    assert_eq!(refused.unwrap_err().code(), "method_not_allowed");

    let silent = FakeMcp::modern().without_listen_stream().start().await;
    let upstream = client().open(Wire::from_stored("modern 2026-07-28").unwrap());
    let refused = upstream.listen(&target(&silent.url()), &wish, &tell).await;
    assert_eq!(refused.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn a_forgotten_session_is_opened_anew_for_the_stream() {
    let server = FakeMcp::legacy().with_sessions().tools(["t"]).start().await;
    let target = target_with(&server.url(), "authorization", "secret");
    let connected = client().connect(&target, None).await.unwrap();
    server.lose_sessions();
    let (mut heard, _running) = listen(&connected.upstream, &target, wish(&[])).await;
    server.announce_change();
    assert!(matches!(heard.recv().await, Some(News::ToolsChanged)));
    assert_eq!(server.count("initialize"), 2);
    server.assert_every_request_has("authorization", "secret");
}

/// The end of a modern subscription is a result; what belongs to another subscription is not ours.
#[tokio::test]
async fn a_modern_subscription_ends_gracefully_and_hears_only_its_own() {
    let server = Scripted::start(|seen| {
        if let Some(answer) = seen.modern_handshake() {
            return answer;
        }
        assert_eq!(seen.headers["mcp-method"], "subscriptions/listen");
        let id = seen.id();
        let meta = |id: &str| format!(r#"{{"io.modelcontextprotocol/subscriptionId":{id}}}"#);
        let (ours, theirs) = (meta(&id), meta("7"));
        sse(format!(
            "data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{{\"notifications\":{{}},\"_meta\":{ours}}}}}\n\n\
             data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\",\"params\":{{\"_meta\":{theirs}}}}}\n\n\
             data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{{\"_meta\":{ours}}}}}\n\n\
             data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"_meta\":{ours}}}}}\n\n"
        ))
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let (mut heard, running) = listen(&connected.upstream, &target, wish(&["a"])).await;
    assert!(matches!(heard.recv().await, Some(News::ToolsChanged)));
    assert_eq!(running.await.unwrap().unwrap(), Ended::Over);
    let asked = &server.seen()[1].body["params"]["notifications"];
    assert_eq!(asked["resourceSubscriptions"][0], "a");
    assert_eq!(asked["toolsListChanged"], true);
}

/// A server may ping on the standalone stream; nothing else can be asked there, for it belongs to no call.
#[tokio::test]
async fn requests_on_the_standalone_stream_are_answered_by_ourselves() {
    let server = Scripted::start(|seen| {
        if seen.method == Method::GET {
            let asks = "data: {\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n\n\
                        data: {\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"sampling/createMessage\",\"params\":{}}\n\n";
            let first = stream::iter([Ok::<_, std::io::Error>(asks)]);
            return sse(Body::from_stream(first.chain(stream::pending())));
        }
        seen.legacy_handshake("2025-11-25")
            .unwrap_or_else(|| crate::scripted::status(202, ""))
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let (_heard, _running) = listen(&connected.upstream, &target, wish(&[])).await;
    let replies = || {
        let seen = server.seen();
        let replies = seen
            .into_iter()
            .filter(|seen| seen.rpc().is_empty() && seen.body.is_object());
        replies.map(|seen| seen.body).collect::<Vec<_>>()
    };
    eventually(|| replies().len() == 2).await;
    let replies = replies();
    assert_eq!(
        (&replies[0]["id"], &replies[0]["result"]),
        (&"p".into(), &serde_json::json!({}))
    );
    assert_eq!(
        (&replies[1]["id"], &replies[1]["error"]["code"]),
        (&"s".into(), &(-32601).into())
    );
}

/// However much a server says over the days: only what waits to be read is held.
#[tokio::test]
async fn a_stream_may_say_more_than_the_limit_of_an_answer_but_no_event_may() {
    let said = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = said.clone();
    let server = Scripted::start(move |seen| {
        if seen.method == Method::GET {
            let said = counted.clone();
            let filling = "x".repeat(1 << 20);
            let events = stream::iter(0..50).map(move |at| {
                said.fetch_add(1, Ordering::SeqCst);
                let size = if at == 49 { 5 } else { 1 };
                Ok::<_, std::io::Error>(format!(
                    "data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{{\"x\":\"{}\"}}}}\n\n",
                    filling.repeat(size)
                ))
            });
            return sse(Body::from_stream(events));
        }
        seen.legacy_handshake("2025-11-25")
            .unwrap_or_else(|| crate::scripted::status(202, ""))
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let (mut heard, running) = listen(&connected.upstream, &target, wish(&[])).await;
    // As long as nobody reads, the server is held up.
    eventually(|| said.load(Ordering::SeqCst) >= 8).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        said.load(Ordering::SeqCst) < 45,
        "nothing holds the server up"
    );
    let mut changes = 0;
    while let Some(news) = heard.recv().await {
        assert!(matches!(news, News::ToolsChanged));
        changes += 1;
    }
    assert_eq!(changes, 49);
    assert_eq!(running.await.unwrap().unwrap_err().code(), "too_large");
}
