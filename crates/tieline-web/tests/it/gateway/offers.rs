//! Prompts, resources, templates and completion through the gateway, in each cell of the bridge table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tieline_domain::Actor;
use tieline_hub::UpdateConnector;
use tieline_mcp::wire::OfferKind;
use tieline_testkit::{FakeMcp, FakeMcpBuilder, FakeTool, eventually};

use super::client::{Answer, Legacy, fetch, initialize, modern, post};
use super::world::World;

#[derive(Clone, Copy, Debug, PartialEq)]
enum North {
    Modern,
    Legacy,
}

const NORTHS: [North; 2] = [North::Modern, North::Legacy];

/// One request of a client of either era, a legacy one in a new session.
async fn ask(
    world: &World,
    north: North,
    path: &str,
    key: &str,
    method: &str,
    params: Value,
) -> Answer {
    match north {
        North::Modern => fetch(modern(world, path, key, method, params)).await,
        North::Legacy => {
            let session = Legacy::open(world, path, key).await;
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            session.send(body.to_string()).await
        }
    }
}

/// A server of each kind, all offering the same.
fn servers() -> Vec<(&'static str, FakeMcpBuilder)> {
    vec![
        ("modern", offering(FakeMcp::modern(), -32602)),
        (
            "legacy",
            offering(FakeMcp::legacy().with_sessions(), -32002),
        ),
        ("http+sse", offering(FakeMcp::http_sse(), -32002)),
    ]
}

const PROMPT: &str =
    r#"{"name":"größe/1","title":"\u00e9","arguments":[{"name":"who","required":true}],"x":1.0}"#;
const RESOURCE: &str = r#"{"uri":"file:///a b.txt","name":"A","size":1000,"_meta":{"k":null}}"#;
const TEMPLATE: &str = r#"{"uriTemplate":"test://t/{id}/data","name":"T"}"#;

pub(super) fn offering(server: FakeMcpBuilder, missing: i64) -> FakeMcpBuilder {
    server
        .tools(["echo"])
        .offer(OfferKind::Prompt, PROMPT)
        .offer(OfferKind::Resource, RESOURCE)
        .offer(OfferKind::ResourceTemplate, TEMPLATE)
        .reply("prompts/get", |params| {
            let params: Value = serde_json::from_str(params.get()).expect("JSON");
            if params["name"] != "größe/1" {
                return Err((-32602, format!("no prompt {}", params["name"])));
            }
            Ok(format!(
                r#"{{"description":"d","messages":[{{"role":"user","content":{{"type":"resource","resource":{{"uri":"file:///a b.txt","text":"for {}","n":1.0}}}}}}]}}"#,
                params["arguments"]["who"].as_str().expect("an argument")
            ))
        })
        .reply("resources/read", move |params| {
            let params: Value = serde_json::from_str(params.get()).expect("JSON");
            let uri = params["uri"].as_str().expect("a URI").to_owned();
            if uri.contains("missing") {
                return Err((missing, "not here".to_owned()));
            }
            Ok(format!(r#"{{"contents":[{{"uri":"{uri}","text":"1.0","z":1e5}}]}}"#))
        })
        .reply("completion/complete", |params| {
            let params: Value = serde_json::from_str(params.get()).expect("JSON");
            let reference = &params["ref"];
            let asked = reference["name"].as_str().or(reference["uri"].as_str());
            let values = json!([asked, params["argument"]["value"]]);
            Ok(format!(r#"{{"completion":{{"values":{values},"hasMore":false}}}}"#))
        })
}

/// Waits until the prompt, the resource and the template are in the catalogue.
pub(super) async fn connected(world: &World, name: &str, server: &FakeMcp) -> String {
    let slug = world.connect(name, server).await.to_string();
    eventually(|| {
        world
            .hub
            .catalog()
            .connector(&slug)
            .is_some_and(|found| !found.offers(OfferKind::ResourceTemplate).is_empty())
    })
    .await;
    slug
}

#[tokio::test]
async fn lists_of_every_era_pair_come_from_memory_byte_for_byte() {
    for (era, server) in servers() {
        let world = World::start().await;
        let server = server.start().await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        server.clear_requests();
        let gateway_prompt = world.hub.catalog().connectors()[0].offers(OfferKind::Prompt)[0]
            .gateway_name
            .clone();
        assert!(
            gateway_prompt.starts_with("acme__gr__e_1_"),
            "{gateway_prompt}"
        );
        for north in NORTHS {
            for (method, verbatim, own, exposed) in [
                ("prompts/list", PROMPT, "größe/1", &*gateway_prompt),
                (
                    "resources/list",
                    RESOURCE,
                    "file:///a b.txt",
                    "tieline://acme/file:///a b.txt",
                ),
                (
                    "resources/templates/list",
                    TEMPLATE,
                    "test://t/{id}/data",
                    "tieline://acme/test://t/{id}/data",
                ),
            ] {
                let one = ask(&world, north, "/mcp/acme", &key, method, json!({})).await;
                assert!(one.body.contains(verbatim), "{era} {north:?} {one:?}");
                let all = ask(&world, north, "/mcp", &key, method, json!({})).await;
                let renamed = verbatim.replacen(own, exposed, 1);
                assert!(all.body.contains(&renamed), "{era} {north:?} {all:?}");
                let result = &all.json()["result"];
                match north {
                    North::Modern => {
                        assert_eq!(result["resultType"], "complete");
                        assert_eq!(result["ttlMs"], 60_000);
                        assert_eq!(result["cacheScope"], "private");
                    }
                    North::Legacy => assert!(
                        result.get("resultType").is_none() && result.get("ttlMs").is_none(),
                        "{result}"
                    ),
                }
            }
        }
        assert_eq!(
            server.requests().len(),
            0,
            "{era}: no server is asked for a list"
        );
    }
}

#[tokio::test]
async fn prompts_get_of_every_era_pair_reaches_its_server_under_its_own_name() {
    for (era, server) in servers() {
        let world = World::start().await;
        let server = server.start().await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        let exposed = world.hub.catalog().connectors()[0].offers(OfferKind::Prompt)[0]
            .gateway_name
            .clone();
        for north in NORTHS {
            for (path, name, uri) in [
                ("/mcp", &*exposed, "tieline://acme/file:///a b.txt"),
                ("/mcp/acme", "größe/1", "file:///a b.txt"),
            ] {
                let params = json!({"name": name, "arguments": {"who": "Ada"}});
                let answer = ask(&world, north, path, &key, "prompts/get", params).await;
                let content = format!(r#""resource":{{"uri":"{uri}","text":"for Ada","n":1.0}}"#);
                assert!(
                    answer.body.contains(&content),
                    "{era} {north:?} {path} {answer:?}"
                );
                let is_typed = answer.json()["result"]["resultType"] == "complete";
                assert_eq!(is_typed, north == North::Modern, "{era} {answer:?}");
            }
            let unknown = json!({"name": "acme__nothing"});
            let answer = ask(&world, north, "/mcp", &key, "prompts/get", unknown).await;
            assert_eq!(
                (answer.code(), &*answer.name()),
                (-32602, "prompt_not_found")
            );
        }
    }
}

#[tokio::test]
async fn resources_read_of_every_era_pair_is_routed_by_its_uri_also_for_templates() {
    for (era, server) in servers() {
        let world = World::start().await;
        let server = server.start().await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        for north in NORTHS {
            for own in ["file:///a b.txt", "test://t/7/data"] {
                for (path, uri) in [
                    ("/mcp", format!("tieline://acme/{own}")),
                    ("/mcp/acme", own.to_owned()),
                ] {
                    let params = json!({"uri": uri});
                    let answer = ask(&world, north, path, &key, "resources/read", params).await;
                    let contents =
                        format!(r#""contents":[{{"uri":"{uri}","text":"1.0","z":1e5}}]"#);
                    assert!(
                        answer.body.contains(&contents),
                        "{era} {north:?} {answer:?}"
                    );
                    let result = &answer.json()["result"];
                    match north {
                        North::Modern => assert_eq!(
                            (
                                &result["resultType"],
                                &result["ttlMs"],
                                &result["cacheScope"]
                            ),
                            (&json!("complete"), &json!(0), &json!("private")),
                            "{era}"
                        ),
                        North::Legacy => assert!(result.get("ttlMs").is_none(), "{era}"),
                    }
                }
            }
            assert_eq!(
                server
                    .requests_for("resources/read")
                    .last()
                    .map(|request| request.json()["params"]["uri"].clone()),
                Some(json!("test://t/7/data"))
            );
        }
    }
}

#[tokio::test]
async fn a_missing_resource_has_the_code_of_the_clients_era() {
    for (era, server) in servers() {
        let world = World::start().await;
        let server = server.start().await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        for (north, code) in [(North::Modern, -32602), (North::Legacy, -32002)] {
            // The server says so, or nobody has such a URI.
            for uri in [
                "tieline://acme/file:///missing",
                "tieline://other/file:///a",
                "file:///a b.txt",
                "ui://acme",
            ] {
                let params = json!({"uri": uri});
                let answer = ask(&world, north, "/mcp", &key, "resources/read", params).await;
                assert_eq!(answer.code(), code, "{era} {north:?} {uri} {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn completion_of_every_era_pair_names_the_servers_own_prompt_and_template() {
    for (era, server) in servers() {
        let world = World::start().await;
        let server = server.start().await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        let exposed = world.hub.catalog().connectors()[0].offers(OfferKind::Prompt)[0]
            .gateway_name
            .clone();
        for north in NORTHS {
            for (path, reference, own) in [
                (
                    "/mcp",
                    json!({"type": "ref/prompt", "name": exposed}),
                    "größe/1",
                ),
                (
                    "/mcp",
                    json!({"type": "ref/resource", "uri": "tieline://acme/test://t/{id}/data"}),
                    "test://t/{id}/data",
                ),
                (
                    "/mcp/acme",
                    json!({"type": "ref/prompt", "name": "größe/1"}),
                    "größe/1",
                ),
            ] {
                let params = json!({"ref": reference, "argument": {"name": "who", "value": "A"}});
                let answer = ask(&world, north, path, &key, "completion/complete", params).await;
                let values = &answer.json()["result"]["completion"]["values"];
                assert_eq!(*values, json!([own, "A"]), "{era} {north:?} {answer:?}");
            }
            let params = json!({"ref": {"type": "ref/prompt", "name": "nobody__x"}, "argument": {"name": "a", "value": ""}});
            let unknown = ask(&world, north, "/mcp", &key, "completion/complete", params).await;
            assert_eq!(unknown.code(), -32602);
        }
    }
}

#[tokio::test]
async fn a_server_that_completes_nothing_suggests_nothing() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .tools(["echo"])
        .offer(OfferKind::Prompt, r#"{"name":"p"}"#)
        .offer(OfferKind::ResourceTemplate, TEMPLATE)
        .start()
        .await;
    connected(&world, "Acme", &server).await;
    let key = world.person("Ada").await.key;
    for north in NORTHS {
        let params = json!({"ref": {"type": "ref/prompt", "name": "acme__p"}, "argument": {"name": "a", "value": ""}});
        let answer = ask(&world, north, "/mcp", &key, "completion/complete", params).await;
        assert_eq!(
            answer.json()["result"]["completion"]["values"],
            json!([]),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn two_servers_with_the_same_uri_and_prompt_stay_apart() {
    let world = World::start().await;
    let server = |text: &'static str| {
        FakeMcp::modern()
            .tools(["echo"])
            .offer(OfferKind::Prompt, r#"{"name":"p"}"#)
            .offer(OfferKind::Resource, r#"{"uri":"file:///same","name":"S"}"#)
            .offer(OfferKind::ResourceTemplate, TEMPLATE)
            .reply("resources/read", move |_| {
                Ok(format!(r#"{{"contents":[{{"uri":"file:///same","text":"{text}"}}]}}"#))
            })
            .reply("prompts/get", move |_| {
                Ok(format!(r#"{{"messages":[{{"role":"user","content":{{"type":"text","text":"{text}"}}}}]}}"#))
            })
    };
    let (red, blue) = (server("red").start().await, server("blue").start().await);
    connected(&world, "Red", &red).await;
    connected(&world, "Blue", &blue).await;
    let key = world.person("Ada").await.key;
    for north in NORTHS {
        for slug in ["red", "blue"] {
            let params = json!({"uri": format!("tieline://{slug}/file:///same")});
            let page = ask(&world, north, "/mcp", &key, "resources/read", params).await;
            assert_eq!(
                page.json()["result"]["contents"][0]["text"],
                slug,
                "{page:?}"
            );
            let params = json!({"name": format!("{slug}__p")});
            let prompt = ask(&world, north, "/mcp", &key, "prompts/get", params).await;
            assert_eq!(
                prompt.json()["result"]["messages"][0]["content"]["text"],
                slug
            );
            // The endpoint of one connector knows no exposed names.
            let params = json!({"name": format!("{slug}__p")});
            let path = format!("/mcp/{slug}");
            let prompt = ask(&world, north, &path, &key, "prompts/get", params).await;
            assert_eq!(prompt.code(), -32602);
        }
    }
}

#[tokio::test]
async fn uris_in_tool_results_can_be_read_where_they_were_seen() {
    let content = r#"{"content":[{"type":"resource_link","uri":"file:///a b.txt","name":"A","n":1.0},{"type":"resource","resource":{"uri":"test://t/1/data","text":"x"}},{"type":"text","text":"\"uri\" file:///a"}]}"#;
    for (era, server) in servers() {
        let world = World::start().await;
        let server = server
            .tool(FakeTool::echo("link").answering(content))
            .start()
            .await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        for north in NORTHS {
            let params = json!({"name": "acme__link", "arguments": {}});
            let answer = ask(&world, north, "/mcp", &key, "tools/call", params).await;
            let result = &answer.json()["result"]["content"];
            assert_eq!(
                result[0]["uri"], "tieline://acme/file:///a b.txt",
                "{era} {answer:?}"
            );
            assert_eq!(
                result[1]["resource"]["uri"],
                "tieline://acme/test://t/1/data"
            );
            assert_eq!(result[2]["text"], "\"uri\" file:///a");
            let params = json!({"uri": result[0]["uri"]});
            let read = ask(&world, north, "/mcp", &key, "resources/read", params).await;
            assert_eq!(
                read.json()["result"]["contents"][0]["text"],
                "1.0",
                "{era} {read:?}"
            );
            let params = json!({"name": "link", "arguments": {}});
            let answer = ask(&world, north, "/mcp/acme", &key, "tools/call", params).await;
            assert!(
                answer.body.contains(&content[1..content.len() - 1]),
                "{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn pages_of_mcp_apps_keep_their_scheme_and_can_be_read() {
    let settings = r#"{"mimeTypes":["text/html;profile=mcp-app"]}"#;
    let tool = FakeTool::raw(
        r#"{"name":"chart","inputSchema":{"type":"object"},"_meta":{"ui":{"resourceUri":"ui://charts/view.html","visibility":["model"]},"ui/resourceUri":"ui://charts/view.html"}}"#,
    );
    for server in [FakeMcp::modern(), FakeMcp::legacy()] {
        let world = World::start().await;
        let server = offering(server, -32602)
            .tool(tool.clone())
            .capabilities(&format!(
                r#"{{"tools":{{}},"resources":{{}},"extensions":{{"io.modelcontextprotocol/ui":{settings},"com.example/x":{{}}}}}}"#
            ))
            .start()
            .await;
        connected(&world, "Acme", &server).await;
        let key = world.person("Ada").await.key;
        for north in NORTHS {
            let list = ask(&world, north, "/mcp", &key, "tools/list", json!({})).await;
            let chart = r#""_meta":{"ui":{"resourceUri":"ui://acme/charts/view.html","visibility":["model"]},"ui/resourceUri":"ui://acme/charts/view.html"}"#;
            assert!(list.body.contains(chart), "{list:?}");
            let params = json!({"uri": "ui://acme/charts/view.html"});
            let page = ask(&world, north, "/mcp", &key, "resources/read", params).await;
            let uri = &page.json()["result"]["contents"][0]["uri"];
            assert_eq!(uri, "ui://acme/charts/view.html", "{page:?}");
            let params = json!({"uri": "ui://charts/view.html"});
            let page = ask(&world, north, "/mcp/acme", &key, "resources/read", params).await;
            let uri = &page.json()["result"]["contents"][0]["uri"];
            assert_eq!(uri, "ui://charts/view.html", "{page:?}");
            let capabilities = capabilities(&world, north, "/mcp", &key).await;
            assert_eq!(
                capabilities["extensions"],
                json!({"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}})
            );
        }
    }
}

async fn capabilities(world: &World, north: North, path: &str, key: &str) -> Value {
    let answer = match north {
        North::Modern => fetch(modern(world, path, key, "server/discover", json!({}))).await,
        North::Legacy => fetch(post(world, path, key, &[], initialize("2025-11-25"))).await,
    };
    answer.json()["result"]["capabilities"].clone()
}

#[tokio::test]
async fn capabilities_say_what_there_really_is() {
    let world = World::start().await;
    let plain = FakeMcp::modern().tools(["echo"]).start().await;
    world.connect("Plain", &plain).await;
    let key = world.person("Ada").await.key;
    for north in NORTHS {
        let all = capabilities(&world, north, "/mcp", &key).await;
        assert!(
            all.get("prompts").is_none() && all.get("resources").is_none(),
            "{all}"
        );
    }
    let rich = offering(FakeMcp::legacy(), -32002).start().await;
    connected(&world, "Rich", &rich).await;
    for north in NORTHS {
        for path in ["/mcp", "/mcp/rich"] {
            let all = capabilities(&world, north, path, &key).await;
            for key in ["tools", "prompts", "resources", "completions"] {
                assert!(all[key].is_object(), "{path} {key} {all}");
            }
        }
        let one = capabilities(&world, north, "/mcp/plain", &key).await;
        assert!(
            one.get("resources").is_none() && one.get("completions").is_none(),
            "{one}"
        );
    }
}

#[tokio::test]
async fn a_long_list_has_pages_and_a_cursor_belongs_to_one_state_of_it() {
    let world = World::start().await;
    let resource = |number: usize| format!(r#"{{"uri":"file:///{number}","name":"R"}}"#);
    let mut server = offering(FakeMcp::modern(), -32602);
    for number in 0..999 {
        server = server.offer(OfferKind::Resource, &resource(number));
    }
    let server = server.start().await;
    let other = offering(FakeMcp::legacy(), -32002).start().await;
    let slug = world.connect("Acme", &server).await;
    connected(&world, "Other", &other).await;
    let key = world.person("Ada").await.key;
    let legacy = Legacy::open(&world, "/mcp", &key).await;
    let in_session = |cursor: Value| {
        let params = if cursor.is_null() {
            json!({})
        } else {
            json!({"cursor": cursor})
        };
        json!({"jsonrpc": "2.0", "id": 1, "method": "resources/list", "params": params}).to_string()
    };
    let modern = |method, params| ask(&world, North::Modern, "/mcp", &key, method, params);
    let first = modern("resources/list", json!({})).await.json();
    assert_eq!(
        first["result"]["resources"].as_array().map(Vec::len),
        Some(1_000)
    );
    let cursor = first["result"]["nextCursor"].clone();
    let next = |cursor: Value| modern("resources/list", json!({"cursor": cursor}));
    let second = next(cursor.clone()).await.json();
    assert_eq!(
        second["result"]["resources"].as_array().map(Vec::len),
        Some(1)
    );
    assert!(second["result"].get("nextCursor").is_none());
    let of_session = legacy.send(in_session(Value::Null)).await.json();
    assert_eq!(
        of_session["result"]["nextCursor"], cursor,
        "equal lists have equal cursors"
    );

    for damaged in [
        json!(""),
        json!("x"),
        json!(format!("{}A", cursor.as_str().expect("text"))),
        json!("cmVzb3VyY2UueC4x"),
    ] {
        let refused = next(damaged.clone()).await;
        assert_eq!(
            (refused.code(), &*refused.name()),
            (-32602, "unknown_cursor"),
            "{damaged}"
        );
    }
    // A cursor of one list is none of another.
    let refused = modern("prompts/list", json!({"cursor": cursor})).await;
    assert_eq!(refused.code(), -32602);

    let before = world.hub.catalog().revision().clone();
    server.set_offers_quietly(
        OfferKind::Resource,
        &[r#"{"uri":"file:///new","name":"N"}"#],
    );
    world
        .hub
        .refresh_connector(&slug)
        .await
        .expect("a connector");
    eventually(|| *world.hub.catalog().revision() != before).await;
    assert_eq!(
        next(cursor.clone()).await.code(),
        -32602,
        "the list changed"
    );
    let frozen = legacy.send(in_session(cursor)).await.json();
    assert_eq!(
        frozen["result"]["resources"].as_array().map(Vec::len),
        Some(1),
        "a session keeps its lists"
    );
}

#[tokio::test]
async fn the_shortest_time_to_live_of_all_servers_counts() {
    let world = World::start().await;
    let quick = offering(FakeMcp::modern().ttl_ms("1500"), -32602)
        .start()
        .await;
    let slow = offering(FakeMcp::modern().ttl_ms("900000"), -32602)
        .start()
        .await;
    connected(&world, "Quick", &quick).await;
    connected(&world, "Slow", &slow).await;
    let key = world.person("Ada").await.key;
    for (path, ttl) in [
        ("/mcp", 1_500),
        ("/mcp/quick", 1_500),
        ("/mcp/slow", 60_000),
    ] {
        let list = ask(&world, North::Modern, path, &key, "tools/list", json!({})).await;
        assert_eq!(list.json()["result"]["ttlMs"], ttl, "{path}");
    }
}

#[tokio::test]
async fn a_list_that_fails_costs_neither_the_tools_nor_what_was_known_of_it() {
    let world = World::start().await;
    let fails = Arc::new(AtomicBool::new(false));
    let failing = fails.clone();
    let server = offering(FakeMcp::modern(), -32602)
        .reply("prompts/list", move |_| {
            if failing.load(Ordering::SeqCst) {
                return Err((-32603, "out of order".to_owned()));
            }
            Ok(r#"{"prompts":[{"name":"p"},{"title":"nameless"},7,{"name":"p"},{"name":"q","arguments":{}}],"ttlMs":5,"cacheScope":"public"}"#.to_owned())
        })
        .start()
        .await;
    let slug = world.connect("Acme", &server).await;
    let prompts = || {
        let catalog = world.hub.catalog();
        let offers = catalog.connector("acme").map(|found| {
            let prompts = found.offers(OfferKind::Prompt).iter();
            prompts
                .map(|prompt| prompt.name.clone())
                .collect::<Vec<_>>()
        });
        offers.unwrap_or_default()
    };
    eventually(|| prompts() == ["p"]).await;
    fails.store(true, Ordering::SeqCst);
    server.set_tools_quietly([FakeTool::echo("one"), FakeTool::echo("two")]);
    world.refresh(&slug, 2).await;
    assert_eq!(
        prompts(),
        ["p"],
        "broken ones are left out, known ones stay"
    );
}

#[tokio::test]
async fn an_admin_can_have_every_byte_passed_as_it_is() {
    let world = World::start().await;
    let content = r#"{"content":[{"type":"text","text":"x","annotations":{"audience":["system"],"priority":0.70}}]}"#;
    let server = FakeMcp::legacy()
        .tool(FakeTool::echo("odd").answering(content))
        .start()
        .await;
    let slug = world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let call = || {
        ask(
            &world,
            North::Legacy,
            "/mcp",
            &key,
            "tools/call",
            json!({"name": "acme__odd"}),
        )
    };
    let mended = call().await;
    assert!(
        mended.body.contains(r#""annotations":{"priority":0.70}"#),
        "{mended:?}"
    );
    let update = UpdateConnector {
        normalise: Some(false),
        ..UpdateConnector::default()
    };
    let view = world
        .hub
        .update_connector(&Actor::CommandLine, &slug, update)
        .await;
    assert!(!view.expect("a change").normalise);
    let verbatim = call().await;
    assert!(
        verbatim.body.contains(&content[1..content.len() - 1]),
        "{verbatim:?}"
    );
}

#[tokio::test]
async fn a_connector_that_left_answers_a_session_with_an_error_that_says_so() {
    let world = World::start().await;
    let server = offering(FakeMcp::modern(), -32602).start().await;
    connected(&world, "Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let slug = tieline_domain::Slug::parse("acme").expect("a slug");
    world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await
        .expect("a removed connector");
    let read = r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"tieline://acme/file:///a"}}"#;
    let answer = session.send(read).await;
    assert_eq!(answer.name(), "connector_removed", "{answer:?}");
    assert_eq!(server.count("resources/read"), 0);
}
