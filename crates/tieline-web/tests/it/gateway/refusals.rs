//! What is refused, with which status and code: the rows of `north` that concern the gateway, and W01–W08, W17–W19.

use http::Method;
use http::StatusCode;
use serde_json::json;
use tieline_domain::Actor;
use tieline_testkit::FakeMcp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::client::{Legacy, call, fetch, initialize, modern, modern_with, post, request};
use super::world::World;

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

#[tokio::test]
async fn w07_only_a_valid_key_in_the_authorization_header_opens_the_door() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let bad_checksum = format!("{}x", &key[..key.len() - 1]);
    let bad_checksum = if bad_checksum == key {
        format!("{}y", &key[..key.len() - 1])
    } else {
        bad_checksum
    };
    let json = ("content-type", "application/json");
    let bearer = |text: &str| format!("Bearer {text}");
    let tries: Vec<Vec<(&str, String)>> = vec![
        vec![],
        vec![("authorization", bearer(&bad_checksum))],
        vec![("authorization", bearer("garbage"))],
        vec![(
            "authorization",
            bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."),
        )],
        vec![("authorization", key.clone())],
        vec![("authorization", format!("Basic {key}"))],
        vec![("x-api-key", key.clone())],
        vec![("cookie", format!("key={key}"))],
        vec![
            ("authorization", bearer(&key)),
            ("authorization", bearer(&key)),
        ],
    ];
    for headers in tries {
        for (method, path) in [
            (Method::POST, "/mcp"),
            (Method::GET, "/mcp"),
            (Method::DELETE, "/mcp"),
            (Method::POST, "/mcp/nothing"),
        ] {
            let mut all: Vec<_> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            all.push(json);
            let answer = fetch(request(
                &world,
                method.clone(),
                path,
                &all,
                initialize("2025-11-25"),
            ))
            .await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{headers:?} {answer:?}"
            );
            assert_eq!(
                answer.headers["www-authenticate"],
                r#"Bearer error="invalid_token""#
            );
            assert_eq!(answer.name(), "unauthenticated");
        }
    }
    let path = format!("/mcp?key={key}");
    let answer = fetch(request(
        &world,
        Method::POST,
        &path,
        &[json],
        initialize("2025-11-25"),
    ))
    .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        world.gateway.sessions().count(),
        0,
        "nothing is kept before the key is known"
    );
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_also_in_a_running_session() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let session = Legacy::open(&world, "/mcp", &ada.key).await;
    assert_eq!(session.list().await.status, StatusCode::OK);
    world
        .hub
        .revoke_key(&Actor::CommandLine, ada.key_id, Some(ada.id))
        .await
        .expect("a key to revoke");
    assert_eq!(session.list().await.status, StatusCode::UNAUTHORIZED);
    let answer = fetch(modern(&world, "/mcp", &ada.key, "tools/list", json!({}))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn w01_foreign_hosts_and_pages_are_refused_before_the_key_is_looked_at() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let own = format!("http://{}", world.address);
    for (name, value, refused) in [
        ("host", "evil", "host_refused"),
        ("host", "tieline.evil.example", "host_refused"),
        ("origin", "https://evil", "origin_refused"),
        ("origin", "null", "origin_refused"),
    ] {
        let answer = fetch(post(
            &world,
            "/mcp",
            &key,
            &[(name, value)],
            initialize("2025-11-25"),
        ))
        .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert_eq!(answer.name(), refused);
        let answer = fetch(post(&world, "/mcp", "garbage", &[(name, value)], LIST)).await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "before authentication"
        );
    }
    let answer = fetch(post(
        &world,
        "/mcp",
        &key,
        &[("origin", &own)],
        initialize("2025-11-25"),
    ))
    .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_that_are_no_message_are_refused() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let send = |body: &str| fetch(post(&world, "/mcp", &key, &[], body.to_owned()));
    for (body, code) in [
        ("{", -32700),
        ("", -32700),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#,
            -32700,
        ),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        ("7", -32600),
    ] {
        let answer = send(body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, code),
            "{body}"
        );
    }
    let answer = fetch(post(&world, "/mcp", &key, &[], vec![b' '; 5 << 20])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for kind in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/jsonp",
    ] {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", &*bearer), ("content-type", kind)];
        let answer = fetch(request(&world, Method::POST, "/mcp", &headers, LIST)).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

/// A body without an announced length is cut off, too.
#[tokio::test]
async fn w18_a_chunked_body_has_the_same_limit() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        world.address
    );
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let answer = exchange(&world, &head, &chunk, 80).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn w19_a_request_with_too_many_headers_or_two_lengths_is_refused() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let mut head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n",
        world.address
    );
    head.push_str(&"x-filler: a\r\n".repeat(101));
    head.push_str("content-length: 0\r\n\r\n");
    let answer = exchange(&world, &head, "", 0).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");

    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 4\r\n\r\n{{}}{{}}",
        world.address
    );
    let answer = exchange(&world, &head, "", 0).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

/// Whatever a proxy in front takes for the end of such a request, its rest never becomes a request of its own.
#[tokio::test]
async fn w19_a_request_whose_end_is_unclear_is_refused_with_all_that_follows() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let hidden = format!(
        "DELETE /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-length: 0\r\n\r\n",
        world.address
    );
    for framing in [
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
        "transfer-encoding: gzip\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "content-length: -1\r\n\r\n",
        "content-length: 0x2\r\n\r\n",
    ] {
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n{framing}{hidden}",
            world.address
        );
        let answer = all_of(&world, &head).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{framing:?}: {answer}");
        assert_eq!(
            answer.matches("HTTP/1.1 ").count(),
            1,
            "{framing:?}: {answer}"
        );
    }
    // With both, only the chunks count, and the connection ends after the answer.
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        world.address
    );
    let answer = all_of(&world, &head).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn w04_paths_that_are_not_the_gateway_are_not_found() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let head = format!(
        "POST /mcp/../admin HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        world.address
    );
    let answer = exchange(&world, &head, "", 0).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    for path in ["/mcp/xyz", "/mcp/acme%2F", "/mcp/ACME", "/mcp/.."] {
        for body in [initialize("2025-11-25"), LIST.to_owned()] {
            let answer = fetch(post(
                &world,
                path,
                &key,
                &[("mcp-protocol-version", "2025-11-25")],
                body,
            ))
            .await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 404),
                "{path} {answer:?}"
            );
            assert!(!answer.body.contains("\"tools\":["), "{path}");
        }
        let answer = fetch(modern(&world, path, &key, "tools/list", json!({}))).await;
        assert_eq!(
            (answer.status, answer.name().as_str()),
            (StatusCode::NOT_FOUND, "connector_not_found"),
            "{path}"
        );
    }
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/mcp/acme",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
    ] {
        let answer = fetch(request(&world, Method::GET, path, &[], "")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn w17_modern_headers_must_repeat_the_body() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one", "two"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "acme__one", "arguments": {}, "_meta": meta}}).to_string();
    let (version, method) = (
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
    );
    let wrong: [&[(&str, &str)]; 6] = [
        &[version, method],
        &[version, method, ("mcp-name", "acme__two")],
        &[version, method, ("mcp-name", "=?base64?YWNtZV9fdHdv?=")],
        &[
            version,
            ("mcp-method", "tools/list"),
            ("mcp-name", "acme__one"),
        ],
        &[method, ("mcp-name", "acme__one")],
        &[version, ("mcp-name", "acme__one")],
    ];
    for headers in wrong {
        let answer = fetch(post(&world, "/mcp", &key, headers, body.clone())).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, -32020),
            "{headers:?}"
        );
        assert_eq!(answer.json()["id"], 1);
    }
    assert_eq!(server.count("tools/call"), 0);
    let right = [version, method, ("mcp-name", "=?base64?YWNtZV9fb25l?=")];
    let answer = fetch(post(&world, "/mcp", &key, &right, body)).await;
    assert_eq!(answer.text(), "{}", "{answer:?}");
}

#[tokio::test]
async fn arguments_that_are_repeated_in_headers_must_agree() {
    let world = World::start().await;
    let schema =
        r#"{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}"#;
    let tool = tieline_testkit::FakeTool::echo("deploy").with("inputSchema", schema);
    let server = FakeMcp::modern().tool(tool).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let call = |region: Option<&'static str>| {
        let headers: Vec<_> = region
            .map(|region| ("mcp-param-region", region))
            .into_iter()
            .collect();
        let params = json!({"name": "acme__deploy", "arguments": {"region": "west"}});
        fetch(modern_with(
            &world,
            "/mcp",
            &key,
            "tools/call",
            params,
            &headers,
        ))
    };
    for region in [None, Some("east")] {
        let answer = call(region).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, -32020),
            "{region:?}"
        );
    }
    assert_eq!(server.count("tools/call"), 0);
    assert_eq!(call(Some("west")).await.text(), r#"{"region":"west"}"#);
    assert_eq!(
        server.requests_for("tools/call")[0].header("mcp-param-region"),
        Some("west")
    );
}

#[tokio::test]
async fn versions_methods_and_states_that_nobody_knows_are_refused() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let plain = |version: &'static str| {
        fetch(post(
            &world,
            "/mcp",
            &key,
            &[("mcp-protocol-version", version)],
            LIST,
        ))
    };

    let answer = plain("2026-07-28").await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::BAD_REQUEST, -32602),
        "no _meta"
    );
    let answer = plain("1999-01-01").await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::BAD_REQUEST, -32022)
    );
    assert_eq!(answer.json()["error"]["data"]["requested"], "1999-01-01");
    assert_eq!(answer.json()["error"]["data"]["supported"][0], "2026-07-28");

    for method in ["ping", "initialize", "logging/setLevel", "no/such"] {
        let answer = fetch(modern(&world, "/mcp", &key, method, json!({}))).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, -32601),
            "{method}"
        );
    }
    let params = json!({"name": "acme__one", "arguments": {}, "requestState": "stolen"});
    let answer = fetch(modern(&world, "/mcp", &key, "tools/call", params)).await;
    assert_eq!(answer.code(), -32602);
    assert_eq!(answer.name(), "request_state_refused");
    let answer = fetch(modern(
        &world,
        "/mcp",
        &key,
        "tools/list",
        json!({"cursor": "x"}),
    ))
    .await;
    assert_eq!(answer.code(), -32602);
    for name in ["one", "acme__two", "acme__ONE", ""] {
        let answer = fetch(modern(
            &world,
            "/mcp",
            &key,
            "tools/call",
            json!({"name": name, "arguments": {}}),
        ))
        .await;
        assert_eq!(
            (answer.status, answer.code(), answer.name().as_str()),
            (StatusCode::OK, -32602, "tool_not_found"),
            "{name}"
        );
    }
    assert_eq!(server.count("tools/call"), 0);
}

#[tokio::test]
async fn there_is_nothing_to_get() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let bearer = format!("Bearer {key}");
    for headers in [
        vec![("mcp-protocol-version", "2026-07-28")],
        vec![("accept", "text/event-stream")],
    ] {
        let is_modern = headers[0].0 == "mcp-protocol-version";
        let mut methods = vec![Method::PUT, Method::PATCH];
        // A legacy session may open a stream.
        methods.extend(is_modern.then_some(Method::GET));
        for method in methods {
            let all: Vec<_> = headers
                .iter()
                .copied()
                .chain([("authorization", &*bearer)])
                .collect();
            let answer = fetch(request(&world, method, "/mcp", &all, "")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(answer.headers["allow"], "POST, DELETE");
        }
    }
    let headers = [
        ("authorization", &*bearer),
        ("mcp-protocol-version", "2026-07-28"),
    ];
    let answer = fetch(request(&world, Method::DELETE, "/mcp", &headers, "")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn w18_one_key_cannot_take_every_place() {
    use tieline_testkit::{At, eventually};
    let settings = tieline_web::gateway::GatewaySettings {
        calls_per_key: 2,
        ..Default::default()
    };
    let world = World::with(settings).await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    let hold = server.hold(At::CallTool);
    let ask = |key: &str| {
        modern(
            &world,
            "/mcp",
            key,
            "tools/call",
            json!({"name": "acme__one", "arguments": {}}),
        )
    };
    let running = [
        tokio::spawn(fetch(ask(&ada))),
        tokio::spawn(fetch(ask(&ada))),
    ];
    eventually(|| server.count("tools/call") == 2).await;
    let answer = fetch(ask(&ada)).await;
    assert_eq!(
        (answer.status, answer.name().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_calls")
    );
    assert_eq!(answer.headers["retry-after"], "1");
    let other = tokio::spawn(fetch(ask(&bob)));
    eventually(|| server.count("tools/call") == 3).await;
    hold.release();
    for task in running.into_iter().chain([other]) {
        assert_eq!(task.await.expect("a finished call").text(), "{}");
    }
    assert_eq!(fetch(ask(&ada)).await.text(), "{}");
}

#[tokio::test]
async fn a_legacy_message_needs_its_session() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let answer = fetch(post(&world, "/mcp", &key, &[], LIST)).await;
    assert_eq!(
        (answer.status, answer.name().as_str()),
        (StatusCode::BAD_REQUEST, "session_missing")
    );
    let answer = fetch(post(
        &world,
        "/mcp",
        &key,
        &[("mcp-session-id", "made-up")],
        call(1, "x", json!({})),
    ))
    .await;
    assert_eq!(
        (answer.status, answer.name().as_str()),
        (StatusCode::NOT_FOUND, "session_not_found")
    );
}

/// Writes a request by hand and reads until the server closes the connection.
async fn all_of(world: &World, request: &str) -> String {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let mut stream = socket.connect(world.address).await.expect("a connection");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a written request");
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(std::time::Duration::from_secs(20), reading)
        .await
        .expect("the connection is closed")
        .ok();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Writes a request by hand, `times` × `more` after its head, and reads what comes back.
async fn exchange(world: &World, head: &str, more: &str, times: usize) -> String {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let mut stream = socket.connect(world.address).await.expect("a connection");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("a written head");
    for _ in 0..times {
        if stream.write_all(more.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).into_owned()
}
