//! Finding out what a server speaks, and noticing when that changes.

use tieline_mcp::wire::OfferKind;
use tieline_mcp::{Era, Revision, Wire};
use tieline_testkit::{Answers, At, Canned, FakeMcp, Fault};

use crate::scripted::{Scripted, json, status};
use crate::support::{call, client, target, target_with, text_of};

fn wire(text: &str) -> Wire {
    Wire::from_stored(text).expect("a stored wire")
}

#[tokio::test]
async fn every_kind_of_server_is_recognised_listed_and_called() {
    for (server, stored) in [
        (FakeMcp::dual(), "modern 2026-07-28"),
        (FakeMcp::modern(), "modern 2026-07-28"),
        (
            FakeMcp::modern().answering(Answers::Sse),
            "modern 2026-07-28",
        ),
        (FakeMcp::legacy(), "streamable 2025-11-25"),
        (FakeMcp::legacy().with_sessions(), "streamable 2025-11-25"),
        (
            FakeMcp::legacy().with_sessions().answering(Answers::Sse),
            "streamable 2025-11-25",
        ),
        (
            FakeMcp::legacy().legacy_revision(Revision::R20250618),
            "streamable 2025-06-18",
        ),
        (
            FakeMcp::legacy().legacy_revision(Revision::R20250326),
            "streamable 2025-03-26",
        ),
        (
            FakeMcp::legacy().legacy_revision(Revision::R20241105),
            "streamable 2024-11-05",
        ),
        (FakeMcp::http_sse(), "http+sse 2024-11-05"),
    ] {
        let server = server
            .tools(["t"])
            .named("acme")
            .instructions("Be kind.")
            .start()
            .await;
        let target = target(&server.url());
        for known in [None, Some(wire(stored))] {
            let connected = client().connect(&target, known.as_ref()).await.unwrap();
            assert_eq!(connected.wire, wire(stored));
            assert_eq!(connected.server.name, "acme");
            assert_eq!(connected.server.instructions.as_deref(), Some("Be kind."));
            assert!(connected.capabilities.get().contains("tools"));
            assert!(connected.upstream.promises().tools_changed);
            let list = connected
                .upstream
                .list(&target, OfferKind::Tool)
                .await
                .unwrap();
            assert_eq!(list.items[0].name, "t", "{stored}");
            let reply = call(&connected.upstream, &target, "t").await.unwrap();
            assert_eq!(text_of(&reply), r#"{"text":"hello"}"#);
            assert_eq!(reply.era, wire(stored).era());
            connected.upstream.close(&target).await;
        }
        // A known server is not asked again.
        server.clear_requests();
        let upstream = client().open(wire(stored));
        call(&upstream, &target, "t").await.unwrap();
        assert_eq!(server.count("server/discover"), 0, "{stored}");
        assert_eq!(server.count("tools/call"), 1);
    }
}

#[tokio::test]
async fn legacy_servers_refuse_discovery_in_many_ways() {
    let error = |code: i64| {
        Canned::json(format!(
            r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"no"}}}}"#
        ))
    };
    for fault in [
        Fault::Status(400),
        Fault::Status(404),
        Fault::Status(405),
        Fault::Status(406),
        Fault::Status(415),
        Fault::Status(422),
        Fault::Status(500),
        Fault::Status(501),
        Fault::Html,
        Fault::Hang,
        Fault::Answer(Canned::json("")),
        Fault::Answer(Canned::json(r#"{"status":"ok"}"#)),
        Fault::Answer(error(-32601)),
        Fault::Answer(error(-32000).status(400)),
        Fault::Answer(error(-32600).status(400)),
        Fault::Answer(Canned::sse(": nothing\n\n")),
        Fault::RpcError {
            code: -32601,
            message: "Method not found".to_owned(),
        },
    ] {
        let server = FakeMcp::legacy()
            .with_sessions()
            .tools(["t"])
            .fault(At::Discover, fault.clone())
            .start()
            .await;
        let target = target(&server.url());
        let connected = client()
            .connect(&target, None)
            .await
            .unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(connected.wire, wire("streamable 2025-11-25"), "{fault:?}");
        assert_eq!(server.count("server/discover"), 1);
        assert_eq!(server.count("initialize"), 1);
    }
}

#[tokio::test]
async fn a_refused_credential_is_no_reason_to_try_another_way() {
    for (number, code) in [
        (401, "auth_failed"),
        (403, "forbidden"),
        (429, "rate_limited"),
    ] {
        let server = FakeMcp::dual()
            .fault(At::Any, Fault::Status(number))
            .start()
            .await;
        let target = target_with(&server.url(), "authorization", "t");
        let error = client().connect(&target, None).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(server.requests().len(), 1, "{number}");
    }
}

#[tokio::test]
async fn the_versions_that_a_server_names_decide() {
    let with_versions = |versions: &str| {
        format!(
            r#"{{"code":-32022,"message":"no","data":{{"supported":{versions},"requested":"2026-07-28"}}}}"#
        )
    };
    for (versions, outcome) in [
        (r#"["2025-11-25"]"#, Ok("streamable 2025-11-25")),
        (r#"["2031-01-01","2030-01-01"]"#, Err("no_common_revision")),
    ] {
        let error = with_versions(versions);
        let server = Scripted::start(move |seen| match seen.rpc() {
            "server/discover" => {
                let mut response = json(&format!(
                    r#"{{"jsonrpc":"2.0","id":{},"error":{error}}}"#,
                    seen.id()
                ));
                *response.status_mut() = http::StatusCode::BAD_REQUEST;
                response
            }
            _ => seen
                .legacy_handshake("2025-11-25")
                .unwrap_or_else(|| status(404, "")),
        })
        .await;
        let connected = client().connect(&target(&server.url()), None).await;
        match outcome {
            Ok(stored) => assert_eq!(connected.unwrap().wire, wire(stored)),
            Err(code) => {
                let error = connected.unwrap_err();
                assert_eq!(error.code(), code);
                assert!(
                    error
                        .to_string()
                        .contains("The server offers 2031-01-01, 2030-01-01"),
                    "{error}"
                );
            }
        }
    }
    let future = Scripted::start(|seen| {
        seen.legacy_handshake("2031-01-01")
            .unwrap_or_else(|| status(404, ""))
    })
    .await;
    let error = client()
        .connect(&target(&future.url()), None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "no_common_revision");
}

#[tokio::test]
async fn f12_a_server_that_changed_its_era_is_followed_by_the_next_call() {
    let kinds: [fn() -> tieline_testkit::FakeMcpBuilder; 4] = [
        FakeMcp::modern,
        FakeMcp::legacy,
        || FakeMcp::legacy().with_sessions(),
        || FakeMcp::http_sse().path("/mcp"),
    ];
    for (from, before) in kinds.iter().enumerate() {
        for (to, after) in kinds.iter().enumerate() {
            if from == to {
                continue;
            }
            let server = before().tools(["t"]).start().await;
            let (url, port) = (server.url(), server.address().port());
            let target = target(&url);
            let client = client();
            let connected = client.connect(&target, None).await.unwrap();
            call(&connected.upstream, &target, "t").await.unwrap();
            server.shut_down().await;

            let server = after().tools(["t"]).start_at(port).await;
            let reply = call(&connected.upstream, &target, "t").await;
            let reply = match reply {
                // The pooled connection may have died with the old process; that call is lost, the next one works.
                Err(error) if error.code() == "interrupted" => {
                    call(&connected.upstream, &target, "t").await
                }
                other => other,
            };
            let reply = reply.unwrap_or_else(|error| panic!("from {from} to {to}: {error}"));
            assert_eq!(text_of(&reply), r#"{"text":"hello"}"#);
            let expected = if to == 0 { Era::Modern } else { Era::Legacy };
            assert_eq!(
                (reply.era, connected.upstream.wire().era()),
                (expected, expected)
            );
            // Once as it was, which the new server refused, and once as it has to be.
            assert!(server.count("tools/call") <= 2, "from {from} to {to}");
        }
    }
}

#[tokio::test]
async fn modern_requests_carry_their_headers_and_metadata() {
    let server = FakeMcp::modern().tools(["größe"]).start().await;
    let target = target(&server.url());
    let upstream = client().open(wire("modern 2026-07-28"));
    call(&upstream, &target, "größe").await.unwrap();
    let request = &server.requests_for("tools/call")[0];
    assert_eq!(request.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(request.header("mcp-method"), Some("tools/call"));
    assert_eq!(request.header("mcp-name"), Some("=?base64?Z3LDtsOfZQ==?="));
    assert_eq!(
        request.header("accept"),
        Some("application/json, text/event-stream")
    );
    let meta = &request.json()["params"]["_meta"];
    assert_eq!(
        meta["io.modelcontextprotocol/protocolVersion"],
        "2026-07-28"
    );
    assert_eq!(
        meta["io.modelcontextprotocol/clientCapabilities"],
        serde_json::json!({})
    );
    assert_eq!(
        meta["io.modelcontextprotocol/clientInfo"]["name"],
        "Tieline"
    );
}
