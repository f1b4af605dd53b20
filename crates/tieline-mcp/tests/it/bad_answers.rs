//! Every row of the corpus of bad answers, and its code.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use tieline_mcp::wire::OfferKind;
use tieline_mcp::{CallRequest, Limits, ReplyBody};
use tieline_testkit::{eventually, raw_server};
use tokio::time::Instant;

use crate::scripted::{Scripted, Seen, json, sse, status, typed};
use crate::support::{call, client, client_with, params, quick, request, target, target_with};

const BAD_INPUT: &str = include_str!("bad-input.yaml");

/// What a modern server answers to a tools/call, and the code that comes of it.
async fn code_of_call(script: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> String {
    let server = Scripted::start(move |seen| {
        seen.modern_handshake().unwrap_or_else(|| match seen.rpc() {
            "tools/call" => script(seen),
            _ => status(404, ""),
        })
    })
    .await;
    // Big limits take long to reach.
    let limits = Limits {
        json_bytes: 1 << 20,
        event_bytes: 1 << 18,
        stream_bytes: 1 << 20,
        ..quick()
    };
    let target = target_with(&server.url(), "authorization", "secret-token");
    let upstream = client_with(limits)
        .open(tieline_mcp::Wire::from_stored("modern 2026-07-28").expect("a stored wire"));
    let answered = call(&upstream, &target, "t").await;
    assert_eq!(server.count("tools/call"), 1, "a call was repeated");
    match answered {
        Ok(reply) => match reply.body {
            ReplyBody::Result(_) => "ok".to_owned(),
            ReplyBody::InputRequired(_) => "input_required".to_owned(),
            ReplyBody::Task(_) => "task".to_owned(),
            ReplyBody::PassedOn(_) => "passed_on".to_owned(),
            ReplyBody::Error(error) => format!("rpc {}", error.code),
        },
        Err(error) => {
            assert!(error.sent, "{error}");
            assert!(!error.to_string().contains("secret-token"));
            error.code().to_owned()
        }
    }
}

/// The same for bytes that no HTTP library would send.
async fn code_of_bytes(answer: &'static [u8]) -> String {
    let server = raw_server(answer).await;
    let upstream =
        client().open(tieline_mcp::Wire::from_stored("modern 2026-07-28").expect("a stored wire"));
    let error = call(&upstream, &target(&server.url()), "t")
        .await
        .expect_err("a bad answer");
    assert_eq!(server.received().len(), 1);
    error.code().to_owned()
}

/// What becomes of a tool in a list with a sound one beside it: "kept" under its name, or the code of the reason.
async fn fate_of(definitions: &'static str) -> String {
    let server = Scripted::start(move |seen| {
        seen.modern_handshake().unwrap_or_else(|| {
            let sound = r#"{"name":"sound","inputSchema":{"type":"object"}}"#;
            seen.result(&format!(
                r#"{{"resultType":"complete","tools":[{definitions},{sound}]}}"#
            ))
        })
    })
    .await;
    let target = target(&server.url());
    let connected = client()
        .connect(&target, None)
        .await
        .expect("a sound handshake");
    let list = connected
        .upstream
        .list(&target, OfferKind::Tool)
        .await
        .expect("a list");
    assert_eq!(
        list.items.last().map(|tool| tool.name.as_str()),
        Some("sound")
    );
    assert_eq!(server.seen().len(), 2, "something was fetched");
    match list.left_out.as_slice() {
        [] => format!("kept {}", list.items[0].name.chars().count()),
        [left_out] => left_out.reason_code.to_owned(),
        more => panic!("{more:?}"),
    }
}

async fn list_outcome(script: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> String {
    let server =
        Scripted::start(move |seen| seen.modern_handshake().unwrap_or_else(|| script(seen))).await;
    let target = target(&server.url());
    let connected = client()
        .connect(&target, None)
        .await
        .expect("a sound handshake");
    match connected.upstream.list(&target, OfferKind::Tool).await {
        Ok(list) => format!(
            "{} tools, {} requests, ttl {:?}, {} warnings",
            list.items.len(),
            server.count("tools/list"),
            list.ttl_ms,
            list.warnings.len()
        ),
        Err(error) => error.code().to_owned(),
    }
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn one_tool(cursor: &str) -> String {
    format!(
        r#"{{"resultType":"complete","tools":[{{"name":"t{}","inputSchema":{{"type":"object"}}}}]{cursor}}}"#,
        cursor.len()
    )
}

#[expect(clippy::too_many_lines, reason = "one arm for each row of the corpus")]
async fn outcome(row: &str) -> String {
    match row {
        "200 text/html" => code_of_call(|_| typed("text/html; charset=utf-8", "<html>")).await,
        "empty body" => code_of_call(|_| json("")).await,
        "BOM + JSON" => {
            code_of_call(|seen| json(&format!("\u{feff}{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{}}}}", seen.id()))).await
        }
        "invalid UTF-8" => {
            code_of_call(|seen| {
                let start = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{\"x\":\"", seen.id());
                typed("application/json", [start.as_bytes(), b"\xff\"}}"].concat())
            })
            .await
        }
        "\"\\ud800\"" => code_of_call(|seen| seen.result(r#"{"x":"\ud800"}"#)).await,
        "depth 128" => code_of_call(|seen| seen.result(&format!(r#"{{"x":{}}}"#, nested(126)))).await,
        "number 1e400" => code_of_call(|seen| seen.result(r#"{"x":1e400}"#)).await,
        "id differs" => code_of_call(|_| json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await,
        "result and error both" => {
            code_of_call(|seen| {
                json(&format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}},"error":{{"code":1,"message":""}}}}"#, seen.id()))
            })
            .await
        }
        "array batch" => {
            code_of_call(|seen| json(&format!(r#"[{{"jsonrpc":"2.0","id":{},"result":{{}}}}]"#, seen.id()))).await
        }
        "302 to other host" => {
            code_of_call(|_| {
                let mut response = status(302, "");
                response.headers_mut().insert("location", "https://other.example/mcp".parse().expect("a header value"));
                response
            })
            .await
        }
        "401 with WWW-Authenticate" => {
            code_of_call(|_| {
                let mut response = status(401, "");
                let challenge = r#"Bearer resource_metadata="http://169.254.169.254/x""#;
                response.headers_mut().insert("www-authenticate", challenge.parse().expect("a header value"));
                response
            })
            .await
        }
        "429 Retry-After 99999" => {
            let begun = Instant::now();
            let code = code_of_call(|_| {
                let mut response = status(429, "");
                response.headers_mut().insert("retry-after", "99999".parse().expect("a header value"));
                response
            })
            .await;
            assert!(begun.elapsed() < Duration::from_secs(2));
            code
        }
        "200 with no end" => code_of_call(|_| typed("application/json", endless(b" "))).await,
        "SSE without delimiter" => code_of_call(|_| sse(endless(b"data: x"))).await,
        "SSE ends before answer" => code_of_call(|_| sse(": hello\n\n")).await,
        "gzip body" => {
            code_of_call(|seen| {
                let mut response = seen.result("{}");
                response.headers_mut().insert("content-encoding", "gzip".parse().expect("a header value"));
                response
            })
            .await
        }
        "CL and TE both" => {
            code_of_bytes(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n").await
        }
        "header of 1 MB" => {
            static LONG: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
                let mut bytes = b"HTTP/1.1 200 OK\r\nx-long: ".to_vec();
                bytes.resize(1 << 20, b'x');
                bytes.extend_from_slice(b"\r\ncontent-length: 0\r\n\r\n");
                bytes
            });
            code_of_bytes(&LONG).await
        }
        "tool name \"\"" => fate_of(r#"{"name":"","inputSchema":{"type":"object"}}"#).await,
        "tool name 300 chars" => {
            static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                format!(r#"{{"name":"{}","inputSchema":{{"type":"object"}}}}"#, "n".repeat(300))
            });
            fate_of(&LONG).await
        }
        "tool name a.b/c d" => fate_of(r#"{"name":"a.b/c d","inputSchema":{"type":"object"}}"#).await,
        "two tools one name" => {
            fate_of(r#"{"name":"a","inputSchema":{"type":"object"}},{"name":"a","inputSchema":{"type":"object"}}"#).await
        }
        "inputSchema null" => fate_of(r#"{"name":"a","inputSchema":null}"#).await,
        "inputSchema $ref http" => {
            fate_of(r#"{"name":"a","inputSchema":{"type":"object","properties":{"x":{"$ref":"http://169.254.169.254/"}}}}"#).await
        }
        "x-mcp-header \"a\\r\\nb\"" => {
            fate_of(r#"{"name":"a","inputSchema":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"a\r\nb"}}}}"#).await
        }
        "tools not an array" => list_outcome(|seen| seen.result(r#"{"tools":{}}"#)).await,
        "nextCursor always new" => {
            list_outcome(|seen| {
                let next = seen.body["params"]["cursor"].as_str().unwrap_or_default().len() + 1;
                seen.result(&one_tool(&format!(r#","nextCursor":"{}""#, "x".repeat(next))))
            })
            .await
        }
        "nextCursor \"\" once" => {
            list_outcome(|seen| {
                let first = seen.body["params"].get("cursor").is_none();
                seen.result(&one_tool(if first { r#","nextCursor":"""# } else { "" }))
            })
            .await
        }
        "ttlMs -1" => list_outcome(|seen| seen.result(&one_tool(r#","ttlMs":-1"#))).await,
        "input_required unasked" => {
            code_of_call(|seen| seen.result(r#"{"resultType":"input_required","inputRequests":{}}"#)).await
        }
        "resultType unknown" => code_of_call(|seen| seen.result(r#"{"resultType":"task","taskId":"1"}"#)).await,
        other => panic!("no scenario for the row {other:?}"),
    }
}

/// The same in our words: the corpus says "tool dropped", we say why.
fn expected(row: &str, wanted: &str) -> String {
    let own = match row {
        "401 with WWW-Authenticate" => "auth_failed",
        "429 Retry-After 99999" => "rate_limited",
        "tool name \"\"" => "tool_name_missing",
        "tool name 300 chars" => "kept 300",
        "tool name a.b/c d" => "kept 7",
        "two tools one name" => "tool_duplicate",
        "inputSchema null" => "tool_schema_invalid",
        "inputSchema $ref http" => "tool_schema_remote_ref",
        "x-mcp-header \"a\\r\\nb\"" => "tool_header_invalid",
        "nextCursor always new" => "50 tools, 50 requests, ttl None, 1 warnings",
        "nextCursor \"\" once" => "2 tools, 2 requests, ttl None, 0 warnings",
        "ttlMs -1" => "1 tools, 1 requests, ttl Some(0), 0 warnings",
        "input_required unasked" => "input_required",
        _ => wanted,
    };
    own.to_owned()
}

/// A body that begins and does not go on.
fn unfinished() -> Body {
    let begun = stream::iter([Ok::<_, std::io::Error>(" ")]);
    Body::from_stream(begun.chain(stream::pending()))
}

fn endless(piece: &'static [u8]) -> Body {
    let pieces = stream::repeat(piece.repeat(16 << 10)).map(Ok::<_, std::io::Error>);
    Body::from_stream(pieces)
}

#[tokio::test]
async fn every_row_of_the_corpus_gets_its_answer() {
    let corpus: serde_yaml_ng::Value = serde_yaml_ng::from_str(BAD_INPUT).unwrap();
    let rows = corpus["upstream"].as_sequence().unwrap();
    assert!(rows.len() >= 31);
    let mut wrong = Vec::new();
    for row in rows {
        let (name, wanted) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let (found, expected) = (outcome(name).await, expected(name, wanted));
        if found != expected {
            wrong.push(format!("{name}: expected {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_server_that_asks_without_end_holds_no_list_beyond_its_time() {
    let server = Scripted::start(|seen| {
        let handshake = seen.legacy_handshake("2025-06-18");
        handshake.unwrap_or_else(|| match seen.rpc() {
            "tools/list" => sse(endless(
                b"data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\n",
            )),
            _ => status(202, ""),
        })
    })
    .await;
    let limits = Limits {
        total: Duration::from_secs(1),
        ..quick()
    };
    let target = target(&server.url());
    let connected = client_with(limits).connect(&target, None).await.unwrap();
    let begun = Instant::now();
    let listing = connected.upstream.list(&target, OfferKind::Tool);
    let error = listing.await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert!(begun.elapsed() < Duration::from_secs(5));
    // It was answered until then.
    assert!(server.count("") > 1);
}

#[tokio::test]
async fn a_server_that_takes_its_time_with_every_reply_holds_nobody_beyond_the_deadline() {
    let server = Scripted::start(|seen| {
        let handshake = seen.legacy_handshake("2025-03-26");
        handshake.unwrap_or_else(|| match seen.rpc() {
            "tools/call" => {
                let pings = [r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#; 50].join(",");
                sse(format!("data: [{pings}]\n\n"))
            }
            "" => typed("application/json", unfinished()),
            _ => status(202, ""),
        })
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let params = params("t");
    let begun = Instant::now();
    let request = CallRequest {
        deadline: begun + Duration::from_secs(1),
        ..request("t", &params)
    };
    let error = connected.upstream.call(&target, request).await.unwrap_err();
    assert_eq!((error.code(), error.sent), ("timeout", true));
    assert!(begun.elapsed() < Duration::from_secs(3));
    eventually(|| server.count("notifications/cancelled") == 1).await;
}

#[tokio::test]
async fn what_comes_too_late_is_not_sent() {
    let server = Scripted::start(|seen| match seen.rpc() {
        "tools/call" => seen.result(r#"{"resultType":"complete","content":[]}"#),
        _ => seen.modern_handshake().unwrap_or_else(|| status(404, "")),
    })
    .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    call(&connected.upstream, &target, "t").await.unwrap();
    let params = params("t");
    let late = CallRequest {
        deadline: Instant::now(),
        ..request("t", &params)
    };
    let error = connected.upstream.call(&target, late).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert_eq!(server.count("tools/call"), 1);
}

#[tokio::test]
async fn statuses_have_their_codes() {
    for (number, code) in [
        (401, "auth_failed"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (429, "rate_limited"),
        (418, "upstream_error"),
        (500, "upstream_error"),
        (502, "upstream_error"),
        (503, "upstream_error"),
    ] {
        let server = Scripted::start(move |seen| match seen.rpc() {
            "tools/call" => status(number, "<html>no</html>"),
            _ => seen.modern_handshake().unwrap_or_else(|| status(404, "")),
        })
        .await;
        let upstream = client().open(tieline_mcp::Wire::from_stored("modern 2026-07-28").unwrap());
        let error = call(&upstream, &target(&server.url()), "t")
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{number}");
        assert_eq!(
            server.count("tools/call"),
            1,
            "{number}: a call was repeated"
        );
    }
}

#[tokio::test]
async fn a_refusal_with_a_json_rpc_error_of_ours_is_that_error() {
    for number in [200, 400, 404, 500] {
        let code = code_of_call(move |seen| {
            let mut response = json(&format!(
                r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-32602,"message":"no such tool"}}}}"#,
                seen.id()
            ));
            *response.status_mut() = http::StatusCode::from_u16(number).unwrap();
            response
        })
        .await;
        assert_eq!(code, "rpc -32602", "{number}");
    }
}

#[tokio::test]
async fn waiting_has_an_end() {
    let begun = Instant::now();
    // The body stalls: the idle limit.
    let stalled = code_of_call(|_| {
        let first = stream::iter([Ok::<_, std::io::Error>("{")]).chain(stream::pending());
        typed("application/json", Body::from_stream(first))
    })
    .await;
    assert_eq!(stalled, "timeout");
    // Each byte comes in time, but there is no end: the deadline.
    let drip = code_of_call(|_| {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Some((Ok::<_, std::io::Error>(" "), ()))
        });
        typed("application/json", Body::from_stream(drops))
    })
    .await;
    assert_eq!(drip, "timeout");
    assert!(begun.elapsed() < Duration::from_secs(8));
}
