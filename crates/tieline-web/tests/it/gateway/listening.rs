//! What clients hear without asking: changed lists and updated resources, for every pair of eras; and streams that
//! break are resumed without loss and without doubles.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tieline_domain::Actor;
use tieline_testkit::{Answers, At, FakeMcp, FakeMcpBuilder, FakeTool, eventually};
use tieline_web::gateway::GatewaySettings;

use super::client::{Answer, Legacy, fetch, modern, request, send};
use super::world::World;

const EVERYTHING: &str = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true}}"#;
const ID: &str = "io.modelcontextprotocol/subscriptionId";

fn servers() -> [(&'static str, FakeMcpBuilder); 3] {
    [
        ("modern", FakeMcp::modern()),
        ("legacy", FakeMcp::legacy().with_sessions()),
        ("http+sse", FakeMcp::http_sse()),
    ]
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: Option<String>,
    data: String,
}

impl Event {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

/// An open stream, read event by event.
struct Open {
    body: Incoming,
    unread: String,
}

impl Open {
    async fn of(request: Request<Full<Bytes>>) -> Self {
        let response = send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let (body, unread) = (response.into_body(), String::new());
        Self { body, unread }
    }

    /// The next event that is no comment; nothing at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                if let Some(data) = field("data: ") {
                    let id = field("id: ");
                    return Some(Event { id, data });
                }
                continue;
            }
            let frame = self.body.frame().await?.expect("a whole frame");
            let data = frame.into_data().expect("data");
            self.unread
                .push_str(std::str::from_utf8(&data).expect("UTF-8"));
        }
    }
}

fn get(
    world: &World,
    path: &str,
    session: &Legacy<'_>,
    last: Option<&str>,
) -> Request<Full<Bytes>> {
    let bearer = format!("Bearer {}", session.key());
    let mut headers = vec![
        ("authorization", &*bearer),
        ("accept", "text/event-stream"),
        ("mcp-session-id", &*session.id),
    ];
    headers.extend(last.map(|id| ("last-event-id", id)));
    request(world, Method::GET, path, &headers, "")
}

fn listen(world: &World, path: &str, key: &str, wanted: &Value) -> Request<Full<Bytes>> {
    modern(
        world,
        path,
        key,
        "subscriptions/listen",
        json!({ "notifications": wanted }),
    )
}

async fn subscribe(session: &Legacy<'_>, uri: &str, follow: bool) -> Answer {
    let method = if follow {
        "resources/subscribe"
    } else {
        "resources/unsubscribe"
    };
    let body = json!({"jsonrpc": "2.0", "id": 5, "method": method, "params": {"uri": uri}});
    session.send(body.to_string()).await
}

/// Bridge cell `list_changed`, modern client: whatever era the server has.
#[tokio::test]
async fn a_modern_client_hears_that_the_tools_of_a_server_of_any_era_changed() {
    for path in ["/mcp", "/mcp/acme"] {
        for (kind, server) in servers() {
            let world = World::start().await;
            let server = server.tools(["a"]).start().await;
            world.connect("Acme", &server).await;
            eventually(|| server.listeners() > 0).await;
            let key = world.person("Ada").await.key;
            let wanted = json!({"toolsListChanged": true, "promptsListChanged": false});
            let mut stream = Open::of(listen(&world, path, &key, &wanted)).await;
            let first = stream.next().await.expect("an acknowledgement").json();
            assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
            let granted = &first["params"]["notifications"];
            assert_eq!(*granted, json!({"toolsListChanged": true}));
            assert_eq!(first["params"]["_meta"][ID], "m1");
            server.set_tools([FakeTool::echo("a"), FakeTool::echo("b")]);
            let second = stream.next().await.expect("news").json();
            let method = "notifications/tools/list_changed";
            assert_eq!(second["method"], method, "{kind} {path}");
            assert_eq!(second["params"]["_meta"][ID], "m1");
        }
    }
}

#[tokio::test]
async fn a_listen_stream_ends_gracefully_with_its_connector_and_with_its_key() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["a"]).start().await;
    let slug = world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let wanted = json!({"toolsListChanged": true});
    let mut one = Open::of(listen(&world, "/mcp/acme", &ada.key, &wanted)).await;
    let mut all = Open::of(listen(&world, "/mcp", &ada.key, &wanted)).await;
    one.next().await.expect("an acknowledgement");
    all.next().await.expect("an acknowledgement");
    let removed = world.hub.remove_connector(&Actor::CommandLine, &slug).await;
    removed.expect("a connector");
    let mut last = None;
    while let Some(event) = one.next().await {
        last = Some(event.json());
    }
    let last = last.expect("an end");
    assert_eq!(last["id"], "m1");
    assert_eq!(last["result"]["_meta"][ID], "m1");
    let news = all.next().await.expect("news").json();
    assert_eq!(news["method"], "notifications/tools/list_changed");
    let revoked = world
        .hub
        .revoke_key(&Actor::CommandLine, ada.key_id, None)
        .await;
    revoked.expect("a key");
    assert_eq!(
        all.next().await.expect("an end").json()["result"]["_meta"][ID],
        "m1"
    );
    assert_eq!(all.next().await, None);
}

/// Bridge cell resource updated, modern client.
#[tokio::test]
async fn a_modern_client_follows_resources_of_servers_of_any_era() {
    for (kind, server) in servers() {
        let world = World::start().await;
        let server = server.capabilities(EVERYTHING).tools(["a"]).start().await;
        let slug = world.connect("Acme", &server).await;
        let id = world
            .hub
            .catalog()
            .connector(slug.as_str())
            .expect("a connector")
            .id;
        eventually(|| world.hub.promises(id).resource_updates).await;
        let key = world.person("Ada").await.key;
        let wanted = |uris: &[&str]| json!({ "resourceSubscriptions": uris });
        let mut ada = Open::of(listen(
            &world,
            "/mcp/acme",
            &key,
            &wanted(&["file:///a", "file:///b"]),
        ))
        .await;
        let mut bob = Open::of(listen(&world, "/mcp/acme", &key, &wanted(&["file:///a"]))).await;
        let granted = ada.next().await.expect("an acknowledgement").json();
        assert_eq!(
            granted["params"]["notifications"]["resourceSubscriptions"],
            json!(["file:///a", "file:///b"]),
            "{kind}"
        );
        bob.next().await.expect("an acknowledgement");
        eventually(|| server.followed() == ["file:///a", "file:///b"]).await;
        server.announce_update("file:///b");
        server.announce_update("file:///a");
        for (stream, uris) in [
            (&mut ada, &["file:///b", "file:///a"][..]),
            (&mut bob, &["file:///a"]),
        ] {
            for uri in uris {
                let news = stream.next().await.expect("news").json();
                assert_eq!(news["method"], "notifications/resources/updated", "{kind}");
                assert_eq!(news["params"]["uri"], *uri);
                assert_eq!(news["params"]["_meta"][ID], "m1");
            }
        }
        drop(ada);
        eventually(|| server.followed() == ["file:///a"]).await;
        drop(bob);
        eventually(|| server.followed().is_empty()).await;
    }
}

/// Bridge cell resource updated, legacy client: one request at the server however many sessions follow, and no news
/// twice.
#[tokio::test]
async fn a_legacy_session_follows_resources_of_servers_of_any_era() {
    for (kind, server) in servers() {
        let world = World::start().await;
        let server = server.capabilities(EVERYTHING).tools(["a"]).start().await;
        let slug = world.connect("Acme", &server).await;
        let id = world
            .hub
            .catalog()
            .connector(slug.as_str())
            .expect("a connector")
            .id;
        eventually(|| world.hub.promises(id).resource_updates).await;
        let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
        let ada = Legacy::open(&world, "/mcp/acme", &ada).await;
        let bob = Legacy::open(&world, "/mcp/acme", &bob).await;
        let mut news = Open::of(get(&world, "/mcp/acme", &ada, None)).await;
        assert_eq!(news.next().await.expect("a first event").data, "");
        for session in [&ada, &ada, &bob] {
            let answer = subscribe(session, "file:///a", true).await;
            assert_eq!(answer.json()["result"], json!({}), "{kind} {answer:?}");
        }
        assert_eq!(server.followed(), ["file:///a"], "{kind}");
        server.announce_update("file:///a");
        let heard = news.next().await.expect("news");
        assert_eq!(heard.json()["params"]["uri"], "file:///a");
        // Nobody listened in Bob's session, but what was said is not lost when somebody resumes.
        subscribe(&bob, "file:///a", false).await;
        subscribe(&ada, "file:///b", true).await;
        server.announce_update("file:///b");
        let next = news.next().await.expect("news");
        assert_eq!(
            next.json()["params"]["uri"],
            "file:///b",
            "{kind}: no duplicate"
        );
        assert_eq!(ada.delete().await.status, StatusCode::NO_CONTENT);
        eventually(|| server.followed().is_empty()).await;
        assert_eq!(
            news.next().await,
            None,
            "{kind}: the stream ends with its session"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused_with_a_reason() {
    let world = World::start().await;
    let server = FakeMcp::legacy().tools(["a"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp/acme", &key).await;
    let answer = subscribe(&session, "file:///a", true).await;
    assert_eq!(answer.name(), "no_resource_updates");
    assert_eq!(
        subscribe(&session, "file:///a", false).await.json()["result"],
        json!({})
    );
    let wanted = json!({"resourceSubscriptions": ["file:///a"]});
    let mut stream = Open::of(listen(&world, "/mcp/acme", &key, &wanted)).await;
    let granted = stream.next().await.expect("an acknowledgement").json();
    assert_eq!(granted["params"]["notifications"], json!({}));
    let odd = fetch(modern(
        &world,
        "/mcp",
        &key,
        "subscriptions/listen",
        json!({}),
    ))
    .await;
    assert_eq!(odd.name(), "invalid_params");
}

/// The standalone stream is a matter of legacy sessions.
#[tokio::test]
async fn a_get_without_its_own_session_opens_nothing() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["a"]).start().await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    let session = Legacy::open(&world, "/mcp", &ada).await;
    let asked = |key: &str, headers: &[(&str, &str)]| {
        let bearer = format!("Bearer {key}");
        let mut all = vec![("authorization", &*bearer), ("accept", "text/event-stream")];
        all.extend_from_slice(headers);
        fetch(request(&world, Method::GET, "/mcp", &all, ""))
    };
    let modern = asked(&ada, &[("mcp-protocol-version", "2026-07-28")]).await;
    assert_eq!(modern.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(asked(&ada, &[]).await.status, StatusCode::BAD_REQUEST);
    let own = [("mcp-session-id", &*session.id)];
    assert_eq!(asked(&bob, &own).await.status, StatusCode::NOT_FOUND);
    let event = [("mcp-session-id", &*session.id), ("last-event-id", "x-1-0")];
    assert_eq!(asked(&ada, &event).await.name(), "unknown_event");
}

#[tokio::test]
async fn one_key_can_only_have_so_many_streams_open() {
    let settings = GatewaySettings {
        streams_per_key: 2,
        ..GatewaySettings::default()
    };
    let world = World::with(settings).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    let open = |key: &str| {
        Open::of(listen(
            &world,
            "/mcp",
            key,
            &json!({"toolsListChanged": true}),
        ))
    };
    let (first, _second) = (open(&ada).await, open(&ada).await);
    let third = fetch(listen(&world, "/mcp", &ada, &json!({}))).await;
    assert_eq!(
        (third.status, third.name()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_streams".to_owned())
    );
    open(&bob).await;
    drop(first);
    let again = || async {
        let answer = send(listen(&world, "/mcp", &ada, &json!({}))).await;
        (answer.status() == StatusCode::OK).then_some(())
    };
    tieline_testkit::eventually_async(again).await;
}

fn call_with_token(id: u32) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "acme__work", "arguments": {}, "_meta": {"progressToken": id}}}).to_string()
}

/// Legacy resumability: the answer of a call whose stream broke comes with the next one, once.
#[tokio::test]
async fn a_broken_answer_is_resumed_without_loss_and_without_doubles() {
    let world = World::start().await;
    let work = FakeTool::echo("work").reporting(3);
    let server = FakeMcp::modern()
        .answering(Answers::Sse)
        .tool(work)
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    // As it is without a break.
    let mut whole = Open::of(session.post(call_with_token(1))).await;
    let mut expected = Vec::new();
    while let Some(event) = whole.next().await {
        expected.push(event);
    }
    assert_eq!(expected.len(), 5, "{expected:?}");
    assert_eq!(expected[0].data, "", "the first event only has an id");
    for cut in 0..expected.len() {
        // After the end, for a while, and from every place.
        let from = expected[cut].id.as_deref();
        let mut rest = Open::of(get(&world, "/mcp", &session, from)).await;
        for event in &expected[cut + 1..] {
            assert_eq!(rest.next().await.as_ref(), Some(event));
        }
        assert_eq!(rest.next().await, None);
    }
    // In the middle of the call: the client is cut off, which is no cancellation.
    let hold = server.hold(At::CallTool);
    let mut broken = Open::of(session.post(call_with_token(2))).await;
    let first = broken.next().await.expect("a first event").id;
    eventually(|| server.count("tools/call") == 2).await;
    drop(broken);
    let mut rest = Open::of(get(&world, "/mcp", &session, first.as_deref())).await;
    hold.release();
    for step in 1..=3 {
        assert_eq!(
            rest.next().await.expect("progress").json()["params"]["progress"],
            step
        );
    }
    let result = rest.next().await.expect("a result").json();
    assert_eq!(
        (&result["id"], &result["result"]["content"][0]["text"]),
        (&json!(2), &json!("{}"))
    );
    assert_eq!(rest.next().await, None);
    assert_eq!(server.count("tools/call"), 2, "nothing ran twice");
    // Another session gets nothing of it, also one of the same person.
    let other = Legacy::open(&world, "/mcp", &key).await;
    let answer = fetch(get(&world, "/mcp", &other, first.as_deref())).await;
    assert_eq!(answer.name(), "unknown_event");
}

/// Revisions before 2025-11-25 know no event without data.
#[tokio::test]
async fn an_older_client_gets_ids_but_no_empty_event() {
    let world = World::start().await;
    let work = FakeTool::echo("work").reporting(1);
    let server = FakeMcp::modern()
        .answering(Answers::Sse)
        .tool(work)
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open_at(&world, "/mcp", &key, "2025-06-18").await;
    let mut stream = Open::of(session.post(call_with_token(1))).await;
    let first = stream.next().await.expect("progress");
    assert_eq!(first.json()["method"], "notifications/progress");
    assert!(first.id.is_some());
}

/// A reader that stops reading is dropped, and costs no more than its bounded backlog.
#[tokio::test]
async fn a_listener_that_stops_reading_is_dropped() {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .capabilities(EVERYTHING)
        .tools(["a"])
        .start()
        .await;
    let slug = world.connect("Acme", &server).await;
    let id = world
        .hub
        .catalog()
        .connector(slug.as_str())
        .expect("a connector")
        .id;
    eventually(|| world.hub.promises(id).resource_updates).await;
    let key = world.person("Ada").await.key;
    let uri = format!("file:///{}", "x".repeat(4_000));
    let stream = Open::of(listen(
        &world,
        "/mcp/acme",
        &key,
        &json!({"resourceSubscriptions": [uri]}),
    ))
    .await;
    eventually(|| server.followed().len() == 1).await;
    // Far more than sockets hold: the stream is given up, and with it the last reason to follow the resource.
    let flood = async {
        while server.followed().len() == 1 {
            server.announce_update(&uri);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), flood)
        .await
        .expect("it is dropped");
    drop(stream);
}
