//! Long results are passed on while they come: the server's next byte is held back by the test, never by the clock.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tieline_domain::{Actor, SettingName};
use tieline_hub::{
    CallContent, CallFilter, CallRow, ConnectorStatus, HubSettings, KEPT_CONTENT, UpdateSettings,
};
use tieline_mcp::wire::OfferKind;
use tieline_mcp::{Era, Limits};
use tieline_testkit::{
    Answers, Drip, Drips, FakeMcp, FakeMcpBuilder, FakeTool, eventually, eventually_async,
};
use tieline_web::gateway::GatewaySettings;

use super::client::{Legacy, call, fetch, modern, send};
use super::world::{Person, World};

const MIB: usize = 1 << 20;
const TOKEN: &str = "sk-secret-0123456789";

/// A gateway, a connector whose answers the test writes, and a person who calls it.
struct Stage {
    world: World,
    server: FakeMcp,
    drips: Drips,
    person: Person,
}

impl Stage {
    async fn of(server: FakeMcpBuilder, hub: HubSettings) -> Self {
        let world = World::of(GatewaySettings::default(), hub).await;
        let drips = Drips::default();
        let server = server
            .tool(FakeTool::echo("big").dripping(&drips))
            .start()
            .await;
        world.connect_with("Acme", &server, TOKEN).await;
        let person = world.person("Ada").await;
        Self {
            world,
            server,
            drips,
            person,
        }
    }

    async fn modern() -> Self {
        Self::of(FakeMcp::modern(), HubSettings::default()).await
    }

    /// A call of a modern client, through the endpoint of one connector or of all.
    fn call_at(&self, path: &str) -> http::Request<Full<Bytes>> {
        let name = if path == "/mcp" { "acme__big" } else { "big" };
        let params = json!({"name": name, "arguments": {}});
        modern(&self.world, path, &self.person.key, "tools/call", params)
    }

    /// The head of the answer to a call, and the server's side of it with so much written.
    async fn begun(&self, result: &str) -> (http::Response<Incoming>, Drip) {
        let asked = self.call_at("/mcp");
        let (answer, drip) = tokio::join!(send(asked), async {
            let drip = self.drips.next().await;
            assert!(drip.begin(result).await);
            drip
        });
        (answer, drip)
    }

    /// What was recorded of the one call that was made.
    async fn record(&self) -> CallRow {
        let page = || async {
            let filter = CallFilter::default();
            let page = self.world.hub.calls_page(None, 10, &filter).await;
            page.expect("a page").rows.pop()
        };
        eventually_async(page).await
    }
}

/// The beginning of a result with a text that is long enough.
fn long(begin: &str) -> String {
    format!(
        r#"{{{begin}"content":[{{"type":"text","text":"{}"#,
        "x".repeat(100_000)
    )
}

const EVENTS: &[(&str, &str)] = &[("content-type", "text/event-stream")];

const END: &str = r#""}],"isError":false}}"#;

/// Reads until so much has come.
async fn read(body: &mut Incoming, bytes: usize) -> String {
    let mut text = Vec::new();
    while text.len() < bytes {
        let frame = body
            .frame()
            .await
            .expect("more to come")
            .expect("sound so far");
        text.extend_from_slice(&frame.into_data().expect("data"));
    }
    String::from_utf8(text).expect("UTF-8")
}

/// The rest of an answer, or nothing when it broke off.
async fn rest(body: Incoming) -> Option<String> {
    let whole = body.collect().await.ok()?.to_bytes();
    Some(String::from_utf8(whole.to_vec()).expect("UTF-8"))
}

/// Pairs of eras, endpoints, and whether the server answers with events.
fn ways() -> impl Iterator<Item = (Era, Era, &'static str, bool)> {
    let eras = [Era::Modern, Era::Legacy];
    let pairs = eras
        .into_iter()
        .flat_map(move |north| eras.map(|south| (north, south)));
    pairs.flat_map(|(north, south)| {
        let ends = [("/mcp", false), ("/mcp", true), ("/mcp/acme", true)];
        ends.map(|(path, events)| (north, south, path, events))
    })
}

#[tokio::test]
async fn the_first_bytes_arrive_while_the_server_holds_the_rest_back() {
    for (north, south, path, events) in ways() {
        let server = match south {
            Era::Modern => FakeMcp::modern(),
            Era::Legacy => FakeMcp::legacy(),
        };
        let stage = Stage::of(server, HubSettings::default()).await;
        if events {
            stage.drips.set_head(EVENTS);
        }
        let (before, after) = if events {
            ("event: message\ndata: ", "\n\n")
        } else {
            ("", "")
        };
        let session = Legacy::open(&stage.world, path, &stage.person.key).await;
        let name = if path == "/mcp" { "acme__big" } else { "big" };
        let (asked, id) = match north {
            Era::Modern => (stage.call_at(path), json!("m1")),
            Era::Legacy => (session.post(call(7, name, json!({}))), json!(7)),
        };
        let (answer, drip) = tokio::join!(send(asked), async {
            let drip = stage.drips.next().await;
            assert!(drip.send(before).await && drip.begin(&long("")).await);
            drip
        });
        assert_eq!(answer.headers()["content-type"], "application/json");
        let mut body = answer.into_body();
        let mut text = read(&mut body, 90_000).await;
        assert!(drip.send(format!("{END}{after}")).await);
        drop(drip);
        text.push_str(&rest(body).await.expect("a whole answer"));
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(message["id"], id);
        let result = &message["result"];
        assert_eq!(result["content"][0]["text"], "x".repeat(100_000));
        assert_eq!(result["isError"], false);
        let kind = (north == Era::Modern).then(|| json!("complete"));
        assert_eq!(result.get("resultType"), kind.as_ref());
        let record = stage.record().await;
        assert_eq!(record.outcome, "ok", "{record:?}");
        let whole = text.len() - r#"{"jsonrpc":"2.0","id":"m1","result":}"#.len();
        let recorded = usize::try_from(record.bytes_out).expect("positive");
        assert!(recorded.abs_diff(whole) < 4);
    }
}

#[tokio::test]
async fn a_long_event_has_to_end_with_its_message() {
    for (end, code) in [
        // One more line of data makes another message of it.
        (format!("{END}\ndata: \n\n"), "protocol_error"),
        (format!("{END}\n"), "interrupted"),
        (END[..4].to_owned(), "interrupted"),
        (format!("{}\n\n", &END[..4]), "bad_json"),
    ] {
        let stage = Stage::modern().await;
        stage.drips.set_head(EVENTS);
        let (answer, drip) = tokio::join!(send(stage.call_at("/mcp")), async {
            let drip = stage.drips.next().await;
            assert!(drip.send(": begins\n\ndata:").await && drip.begin(&long("")).await);
            drip
        });
        let mut body = answer.into_body();
        read(&mut body, 90_000).await;
        drip.send(end.clone()).await;
        drop(drip);
        assert_eq!(rest(body).await, None, "{end}");
        assert_eq!(stage.record().await.code.as_deref(), Some(code), "{end}");
    }
}

#[tokio::test]
async fn an_event_that_can_be_had_again_is_read_whole() {
    let stage = Stage::of(FakeMcp::legacy(), HubSettings::default()).await;
    stage.drips.set_head(EVENTS);
    let (answered, ()) = tokio::join!(fetch(stage.call_at("/mcp")), async {
        let drip = stage.drips.next().await;
        assert!(drip.send("id: 1\ndata: ").await && drip.begin(&long("")).await);
        assert!(drip.send(format!("{END}\n\n")).await);
    });
    assert!(
        answered.headers.contains_key("content-length"),
        "it was there as a whole"
    );
    assert_eq!(answered.text(), "x".repeat(100_000));
}

#[tokio::test]
async fn an_answer_that_says_its_length_begins_with_its_first_bytes() {
    let stage = Stage::modern().await;
    // As many bytes as the longest form of the credential are kept back.
    let head = format!(
        r#"{{"jsonrpc":"2.0","result":{{"content":[{{"type":"text","text":"{}"#,
        "y".repeat(1_000)
    );
    let text = "y".repeat(199_000);
    let ended = |id: &str| format!("\"}}]}},\"id\":{id}}}");
    let call = stage.call_at("/mcp/acme");
    let (answer, drip) = tokio::join!(send(call), async {
        // Ids of our own have one digit at first; white space makes up for the others.
        stage.drips.set_head(&[
            ("content-type", "application/json"),
            ("content-length", "200200"),
        ]);
        let drip = stage.drips.next().await;
        assert!(drip.send(head.clone()).await);
        drip
    });
    let mut body = answer.into_body();
    let begun = read(&mut body, 40).await;
    assert!(
        begun.starts_with(r#"{"jsonrpc":"2.0","id":"m1","result":{"content":["#),
        "{begun}"
    );
    let ended = ended(drip.id.get());
    let pad = " ".repeat(200_200 - head.len() - text.len() - ended.len());
    for piece in [text.clone(), ended, pad] {
        assert!(drip.send(piece).await);
    }
    drop(drip);
    let all = begun + &rest(body).await.expect("a whole answer");
    let message: Value = serde_json::from_str(&all).expect("JSON");
    assert_eq!(message["result"]["content"][0]["text"], "y".repeat(200_000));
}

#[tokio::test]
async fn a_clients_stream_that_has_nothing_else_to_say_is_no_stream() {
    for server in [FakeMcp::modern, FakeMcp::legacy] {
        let stage = Stage::of(server(), HubSettings::default()).await;
        let params = json!({"name": "acme__big", "arguments": {}, "_meta": {"progressToken": 1}});
        let asked = modern(
            &stage.world,
            "/mcp",
            &stage.person.key,
            "tools/call",
            params,
        );
        let (answer, drip) = tokio::join!(send(asked), async {
            let drip = stage.drips.next().await;
            assert!(drip.begin(&long("")).await);
            drip
        });
        assert_eq!(answer.headers()["content-type"], "application/json");
        let mut body = answer.into_body();
        read(&mut body, 90_000).await;
        assert!(drip.send(END).await);
        drop(drip);
        assert!(rest(body).await.is_some());
        assert_eq!(stage.record().await.outcome, "ok");
    }
}

#[tokio::test]
async fn a_failure_of_the_tool_is_recorded_although_it_is_said_last() {
    let stage = Stage::modern().await;
    let (answer, drip) = stage.begun(&long("")).await;
    assert!(drip.send(r#""}],"isError":true},"z":1}"#).await);
    drop(drip);
    assert!(rest(answer.into_body()).await.is_some());
    let record = stage.record().await;
    assert_eq!((&*record.outcome, record.code), ("tool_error", None));
}

#[tokio::test]
async fn what_turns_out_wrong_breaks_off_and_is_recorded() {
    for (end, code) in [
        (r#""}}}"#, "bad_json"),
        (r#"\ud800"}]}}"#, "bad_json"),
        (r#""}]}} x"#, "bad_json"),
        (r#""}]}"#, "bad_json"),
        (r#""}],"resultType":"input_required"}}"#, "protocol_error"),
        (
            r#""}]},"error":{"code":1,"message":"x"}}"#,
            "protocol_error",
        ),
        (r#""}]},"id":1}"#, "protocol_error"),
    ] {
        let stage = Stage::modern().await;
        let (answer, drip) = stage.begun(&long("")).await;
        let mut body = answer.into_body();
        read(&mut body, 90_000).await;
        drip.send(end).await;
        drop(drip);
        assert_eq!(rest(body).await, None, "{end}");
        let record = stage.record().await;
        let failed = (&*record.outcome, record.code.as_deref());
        assert_eq!(failed, ("upstream_failure", Some(code)), "{end}");
    }
}

#[tokio::test]
async fn the_answer_to_another_request_is_never_complete() {
    let stage = Stage::modern().await;
    let result = long("");
    let (answer, drip) = tokio::join!(send(stage.call_at("/mcp")), async {
        let drip = stage.drips.next().await;
        assert!(
            drip.send(format!("{{\"jsonrpc\":\"2.0\",\"result\":{result}"))
                .await
        );
        drip
    });
    let mut body = answer.into_body();
    read(&mut body, 90_000).await;
    drip.send(r#""}]},"id":4711}"#).await;
    drop(drip);
    assert_eq!(rest(body).await, None);
    assert_eq!(stage.record().await.code.as_deref(), Some("id_mismatch"));
}

#[tokio::test]
async fn what_is_wrong_from_the_beginning_is_an_answer_as_ever() {
    let text = "x".repeat(200_000);
    for (answer, code) in [
        (
            format!(r#"{{"jsonrpc":"2.0","id":4711,"result":{{"content":["{text}"]}}}}"#),
            "id_mismatch",
        ),
        (
            format!(r#"{{"jsonrpc":"1.0","result":{{"content":["{text}"]}}}}"#),
            "bad_json",
        ),
        (format!(r#"["{text}"]"#), "protocol_error"),
        (text.clone(), "bad_json"),
    ] {
        let stage = Stage::modern().await;
        let asked = fetch(stage.call_at("/mcp"));
        let (answered, ()) = tokio::join!(asked, async {
            let drip = stage.drips.next().await;
            for piece in [&answer[..100_000], &answer[100_000..]] {
                drip.send(piece.to_owned()).await;
            }
        });
        let result = answered.json()["result"].clone();
        assert_eq!(result["_meta"]["tieline/code"], code, "{result}");
        assert_eq!(stage.record().await.code.as_deref(), Some(code));
    }
    let stage = Stage::modern().await;
    let (answered, ()) = tokio::join!(fetch(stage.call_at("/mcp")), async {
        let drip = stage.drips.next().await;
        let id = drip.id.get();
        let error = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32000,"message":"no","data":"{text}"}}}}"#
        );
        drip.send(error).await;
    });
    assert_eq!(answered.code(), -32000);
    assert_eq!(answered.json()["error"]["data"], text);
}

#[tokio::test]
async fn the_credential_is_taken_out_wherever_a_piece_ends_in_it() {
    for cut in 0..=TOKEN.len() {
        let stage = Stage::modern().await;
        let begun = long("") + &TOKEN[..cut];
        let (answer, drip) = stage.begun(&begun).await;
        let mut body = answer.into_body();
        let mut text = read(&mut body, 90_000).await;
        assert!(drip.send(format!("{} and more{END}", &TOKEN[cut..])).await);
        drop(drip);
        text.push_str(&rest(body).await.expect("a whole answer"));
        assert!(
            !text.contains(TOKEN) && text.contains("xx[redacted] and more"),
            "cut at {cut}"
        );
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert!(message["result"]["content"][0]["text"].is_string());
    }
}

#[tokio::test]
async fn blocks_behind_a_long_one_are_mended_and_renamed() {
    let stage = Stage::modern().await;
    let (answer, drip) = stage.begun(&long("")).await;
    let more = r#""},{"uri":"file:///a","name":"a","type":"resource_link"},{"type":"image","data":"iVBORw0KGgo=","annotations":{"audience":["robots"]}}]}}"#;
    assert!(drip.send(more).await);
    drop(drip);
    let text = rest(answer.into_body()).await.expect("a whole answer");
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let content = &message["result"]["content"];
    assert_eq!(content[1]["uri"], "tieline://acme/file:///a");
    assert_eq!(content[2]["mimeType"], "image/png");
    assert_eq!(content[2]["annotations"], json!({}));
    assert_eq!(message["result"]["resultType"], "complete");
}

/// Large results of a server as it is, by all ways to a client.
#[tokio::test]
async fn resources_and_prompts_arrive_whole_on_every_way() {
    let text = "z".repeat(MIB);
    for server in [FakeMcp::modern, FakeMcp::legacy] {
        for answers in [Answers::Json, Answers::Sse] {
            let world = World::start().await;
            let server = server()
                .answering(answers)
                .tool(FakeTool::echo("t").saying(&text))
                .offer(OfferKind::Resource, r#"{"uri":"file:///a","name":"a"}"#)
                .offer(OfferKind::Prompt, r#"{"name":"p"}"#)
                .reply("resources/read", move |_| Ok(format!(r#"{{"contents":[{{"uri":"file:///a","text":"{}","mimeType":"text/plain"}}]}}"#, "z".repeat(MIB))))
                .reply("prompts/get", move |_| Ok(format!(r#"{{"messages":[{{"role":"user","content":{{"type":"text","text":"{}"}}}}]}}"#, "z".repeat(MIB))))
                .start()
                .await;
            world.connect("Acme", &server).await;
            let key = world.person("Ada").await.key;
            let session = Legacy::open(&world, "/mcp", &key).await;
            let params = json!({"name": "acme__t", "arguments": {}});
            let answered = fetch(modern(&world, "/mcp", &key, "tools/call", params)).await;
            assert_eq!(answered.text(), text);
            let answered = session.call("acme__t", json!({})).await;
            assert_eq!(answered.text(), text);

            let has_prompts = || {
                let catalog = world.hub.catalog();
                let found = catalog
                    .connector("acme")
                    .map(|acme| acme.offers(OfferKind::Prompt).len());
                found == Some(1)
            };
            eventually(has_prompts).await;
            let uri = "tieline://acme/file:///a";
            let params = json!({"uri": uri});
            let read = fetch(modern(
                &world,
                "/mcp",
                &key,
                "resources/read",
                params.clone(),
            ))
            .await;
            let body =
                json!({"jsonrpc": "2.0", "id": 7, "method": "resources/read", "params": params});
            for answered in [read.json(), session.send(body.to_string()).await.json()] {
                assert_eq!(answered["result"]["contents"][0]["uri"], uri);
                assert_eq!(answered["result"]["contents"][0]["text"], text);
            }
            assert_eq!(read.json()["result"]["cacheScope"], "private");
            let params = json!({"name": "acme__p"});
            let got = fetch(modern(&world, "/mcp", &key, "prompts/get", params))
                .await
                .json();
            assert_eq!(got["result"]["messages"][0]["content"]["text"], text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_holds_the_server_up_and_takes_no_memory() {
    let room = 65 * MIB;
    let hub = HubSettings {
        answer_bytes: room,
        call_timeout: Duration::from_secs(2),
        limits: Limits {
            json_bytes: 64 * MIB,
            ..Limits::default()
        },
        ..HubSettings::default()
    };
    let stage = Stage::of(FakeMcp::modern(), hub).await;
    let (unread, drip) = stage.begun(&long("")).await;
    let piece = Bytes::from(vec![b'x'; MIB]);
    let mut taken = 0;
    while drip.send(piece.clone()).await {
        taken += 1;
        assert!(stage.world.hub.answers().has_room(room - MIB / 2));
    }
    // What the system keeps for two connections is not ours; it is far less than what the server had to say.
    assert!(taken < 60, "the server could send {taken} MiB");
    let record = stage.record().await;
    assert_eq!(record.code.as_deref(), Some("not_taken"), "{record:?}");
    // The server did nothing wrong.
    let list = stage.world.hub.list_connectors().await.expect("a list");
    assert_eq!(list.connectors[0].status, ConnectorStatus::Working);
    drop(unread);
    eventually(|| stage.world.hub.answers().has_room(room)).await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_request_to_the_server() {
    let stage = Stage::modern().await;
    let (answer, drip) = stage.begun(&long("")).await;
    let mut body = answer.into_body();
    read(&mut body, 90_000).await;
    drop(body);
    drip.left().await;
    assert_eq!(stage.record().await.code.as_deref(), Some("cancelled"));
    assert_eq!(stage.server.count("tools/call"), 1);
}

#[tokio::test]
async fn a_server_that_stops_midway_has_no_more_time_than_any() {
    let hub = HubSettings {
        call_timeout: Duration::from_secs(1),
        ..HubSettings::default()
    };
    let stage = Stage::of(FakeMcp::modern(), hub).await;
    let (answer, drip) = stage.begun(&long("")).await;
    assert_eq!(rest(answer.into_body()).await, None);
    drip.left().await;
    assert_eq!(stage.record().await.code.as_deref(), Some("timeout"));
}

#[tokio::test]
async fn a_server_that_breaks_off_midway_breaks_the_answer_off() {
    let stage = Stage::modern().await;
    stage.drips.set_head(&[
        ("content-type", "application/json"),
        ("content-length", "500000"),
    ]);
    let (answer, drip) = stage.begun(&long("")).await;
    drop(drip);
    assert_eq!(rest(answer.into_body()).await, None);
    assert_eq!(stage.record().await.code.as_deref(), Some("interrupted"));
}

#[tokio::test]
async fn an_answer_that_turns_out_too_large_breaks_off() {
    let stage = Stage::modern().await;
    let (answer, drip) = stage.begun(&long("")).await;
    let reading = tokio::spawn(rest(answer.into_body()));
    let piece = Bytes::from(vec![b'x'; MIB]);
    let mut taken = 0;
    while drip.send(piece.clone()).await {
        taken += 1;
        assert!(taken < 100, "there is no limit");
    }
    assert_eq!(reading.await.expect("no panic"), None);
    assert_eq!(stage.record().await.code.as_deref(), Some("too_large"));
}

#[tokio::test]
async fn a_removed_connector_ends_what_it_was_sending() {
    let stage = Stage::modern().await;
    let (answer, drip) = stage.begun(&long("")).await;
    let slug = "acme".parse().expect("a slug");
    let removed = stage
        .world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await;
    removed.expect("it was there");
    assert_eq!(rest(answer.into_body()).await, None);
    drip.left().await;
}

#[tokio::test]
async fn a_batch_and_a_stream_that_has_begun_get_the_whole_result() {
    let stage = Stage::of(FakeMcp::legacy(), HubSettings::default()).await;
    let old = Legacy::open_at(&stage.world, "/mcp", &stage.person.key, "2025-03-26").await;
    let finish = async || {
        let drip = stage.drips.next().await;
        assert!(drip.begin(&long("")).await && drip.send(END).await);
    };
    let batch = format!("[{}]", call(7, "acme__big", json!({})));
    let (answered, ()) = tokio::join!(old.send(batch), finish());
    assert_eq!(
        answered.json()[0]["result"]["content"][0]["text"],
        "x".repeat(100_000)
    );

    // A legacy client that waits for progress can resume its stream, which therefore keeps the result.
    let session = Legacy::open(&stage.world, "/mcp", &stage.person.key).await;
    let mut body: Value = serde_json::from_str(&call(7, "acme__big", json!({}))).expect("JSON");
    body["params"]["_meta"] = json!({"progressToken": 1});
    let (answered, ()) = tokio::join!(session.send(body.to_string()), finish());
    assert_eq!(answered.headers["content-type"], "text/event-stream");
    let events = answered.events();
    assert_eq!(
        events[0]["result"]["content"][0]["text"],
        "x".repeat(100_000)
    );
}

#[tokio::test]
async fn while_contents_are_kept_the_beginning_of_such_a_result_is() {
    let stage = Stage::modern().await;
    let update = UpdateSettings {
        values: [(SettingName::KeepContent, "true".to_owned())]
            .into_iter()
            .collect(),
        version: None,
    };
    let saved = stage
        .world
        .hub
        .update_settings(&Actor::CommandLine, &update);
    saved.await.expect("a change that is saved");
    let (answer, drip) = stage.begun(&(long("") + TOKEN)).await;
    assert!(drip.send(END).await);
    drop(drip);
    assert!(rest(answer.into_body()).await.is_some());
    let record = stage.record().await;
    // It is written a moment after the call's own record.
    let kept = eventually_async(|| async {
        let content = stage.world.hub.call_content(&record, stage.person.id).await;
        match content.expect("the database answers") {
            CallContent::Kept { result, .. } => result,
            _ => None,
        }
    })
    .await;
    assert!(
        kept.text
            .starts_with(r#"{"content":[{"type":"text","text":"xxx"#)
    );
    assert_eq!(kept.text.len(), KEPT_CONTENT);
    assert_eq!(i64::try_from(kept.bytes), Ok(record.bytes_out));
}

#[tokio::test]
async fn what_was_said_just_before_a_long_result_is_not_lost() {
    for _ in 0..4 {
        let stage = Stage::modern().await;
        stage.drips.set_head(EVENTS);
        let params = json!({"name": "acme__big", "arguments": {}, "_meta": {"progressToken": 1}});
        let asked = modern(
            &stage.world,
            "/mcp",
            &stage.person.key,
            "tools/call",
            params,
        );
        let (answered, ()) = tokio::join!(fetch(asked), async {
            let drip = stage.drips.next().await;
            let request: Value =
                serde_json::from_slice(&stage.server.requests_for("tools/call")[0].body)
                    .expect("JSON");
            let token = &request["params"]["_meta"]["progressToken"];
            let params = json!({"progressToken": token, "progress": 1});
            let progress =
                json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params});
            let (id, result) = (drip.id.get(), long(""));
            let begun = format!(
                "data: {progress}\n\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}"
            );
            assert!(drip.send(begun).await);
            assert!(drip.send(format!("{END}\n\n")).await);
        });
        let events = answered.events();
        assert_eq!(events[0]["method"], "notifications/progress");
        assert_eq!(
            events[1]["result"]["content"][0]["text"],
            "x".repeat(100_000)
        );
    }
}
