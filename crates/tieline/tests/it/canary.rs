//! A token goes to its server and nowhere else: no file, log, page, answer or metric holds it in any form.

use std::collections::{BTreeSet, VecDeque};
use std::fs;

use http::Method;
use serde_json::{Value, json};
use tieline_domain::ModelKind;
use tieline_testkit::{
    At, Canned, FakeMcp, FakeMcpBuilder, FakeTool, Fault, ModelReply, ScriptedModel, eventually,
    eventually_async, free_port,
};

use crate::forms::Forms;
use crate::http::{Answer, Client};
use crate::place::{EMAIL, PASSWORD, Place, Server};

/// Forty characters that each encoding writes differently, and none that a page would have to escape.
fn canary(number: usize) -> String {
    format!("k{number}+Qz/7Lr~Wd2Xc5Vb8Nm+Hj4Gt/Yp6Rs3Ef0A{number}")
}

const CANARIES: usize = 13;

/// Everybody who asks, and looks at every answer.
struct Watch {
    forms: Forms,
    program: Client,
    browser: Client,
}

impl Watch {
    fn look(&self, what: &str, answer: &Answer) {
        self.forms.assert_absent(what, answer.body.as_bytes());
        self.forms
            .assert_absent(what, format!("{:?}", answer.headers).as_bytes());
    }

    async fn rest(&self, method: Method, path: &str, body: Value) -> Answer {
        let answer = self.program.json(method.clone(), path, &body).await;
        self.look(&format!("{method} {path}"), &answer);
        answer
    }

    async fn call(&self, path: &str, tool: &str) -> Answer {
        let params = json!({ "name": tool, "arguments": { "text": "x" } });
        let answer = self.program.mcp(path, "tools/call", params).await;
        self.look(&format!("{path} {tool}"), &answer);
        answer
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self
            .browser
            .send(Method::POST, path, &headers, form.finish())
            .await;
        self.look(&format!("form {path}"), &answer);
        answer
    }

    async fn get(&self, client: &Client, path: &str) -> Answer {
        let answer = client.get(path).await;
        self.look(path, &answer);
        answer
    }
}

/// Servers that say their token wherever a server can say something.
struct Servers {
    modern: FakeMcp,
    legacy: FakeMcp,
    sse: FakeMcp,
    failing: FakeMcp,
    refusing: FakeMcp,
    moved: FakeMcp,
}

/// Tools that say a secret in what they are and in what they answer.
fn tools(secret: &str) -> [FakeTool; 5] {
    let schema = format!(
        r#"{{"type":"object","title":"{secret}","properties":{{"text":{{"type":"string"}}}}}}"#
    );
    let told = format!(
        r#"{{"content":[{{"type":"text","text":"you sent {secret}"}}],"_meta":{{"x/{secret}":1}},"isError":true}}"#
    );
    let echo = FakeTool::echo("echo").described(secret);
    [
        echo.with("inputSchema", &schema)
            .saying(secret)
            .reporting(2),
        FakeTool::echo("complain").answering(&told),
        FakeTool::echo("refuse").failing(-32_000, &format!("not with {secret}")),
        FakeTool::raw(&format!(
            r#"{{"name":"{secret}","inputSchema":{{"type":"object"}}}}"#
        )),
        FakeTool::raw(&format!(
            r#"{{"name":"broken {secret}","inputSchema":"{secret}"}}"#
        )),
    ]
}

fn talkative(server: FakeMcpBuilder, secret: &str) -> FakeMcpBuilder {
    let server = server.named(&format!("server {secret}"));
    let server = server.instructions(&format!("Always send {secret}"));
    tools(secret).into_iter().fold(server, FakeMcpBuilder::tool)
}

impl Servers {
    async fn start() -> Self {
        let page = |status, secret: &str| {
            Canned::json(format!(
                "{{\"error\":{{\"code\":1,\"message\":\"{secret}\"}}}}"
            ))
            .status(status)
            .header(
                "www-authenticate",
                &format!("Bearer error=\"{secret}\", error_description=\"{secret}\""),
            )
            .header("x-token", secret)
        };
        let bearer = format!("Bearer {}", canary(1));
        // Its token is replaced, and nobody can recognise the one of before. So it says it where it can stop to.
        let legacy = FakeMcp::legacy().with_sessions();
        let legacy = legacy.requiring("x-api-key", &canary(2)).start().await;
        legacy.set_tools_quietly(tools(&canary(2)));
        Self {
            modern: talkative(FakeMcp::modern(), &canary(1))
                .requiring("authorization", &bearer)
                .start()
                .await,
            legacy,
            sse: talkative(FakeMcp::http_sse(), &canary(3))
                .requiring("authorization", &canary(3))
                .start()
                .await,
            failing: FakeMcp::dual()
                .fault(At::Any, Fault::Answer(page(500, &canary(4))))
                .start()
                .await,
            refusing: FakeMcp::dual()
                .fault(At::Any, Fault::Answer(page(401, &canary(5))))
                .start()
                .await,
            moved: FakeMcp::dual()
                .fault(
                    At::Any,
                    Fault::Redirect(format!("http://127.0.0.1:1/{}?t={}", canary(6), canary(6))),
                )
                .start()
                .await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_found_anywhere_but_at_its_server() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let servers = Servers::start().await;
    let mut server = place
        .serve_with(|command| {
            command.env("TIELINE_LOG", "trace");
        })
        .await;
    let mut forms = Forms::of("canary 0", &canary(0));
    for number in 1..CANARIES {
        forms = forms.and(&format!("canary {number}"), &canary(number));
    }
    let browser = Client::signed_in(&server.address, EMAIL, PASSWORD).await;
    let cookie = browser.cookie();
    let watch = Watch {
        forms,
        program: server.client(&key),
        browser,
    };

    add_all(&watch, &servers).await;
    mistype(&watch).await;
    let slugs = wait_for_all(&watch).await;
    test_and_call_all(&watch, &slugs).await;
    change_tokens(&watch, &servers, &place).await;
    use_models(&watch, &place).await;
    crawl_rest(&watch, &slugs).await;
    crawl_pages(&watch).await;
    for command in [
        &["connector", "list"][..],
        &["connector", "list", "--json"],
        &["connector", "test", "modern", "--json"],
        &["connector", "test", "failing"],
        &["config", "print"],
        &["key", "list"],
        &["model", "list"],
        &["model", "list", "--json"],
    ] {
        let ran = place.run(command).await;
        watch.forms.assert_absent(
            &command.join(" "),
            format!("{}{}", ran.out, ran.err).as_bytes(),
        );
    }
    server.stop().await;
    look_at_files(watch.forms, &place, &server, &key, &cookie);

    servers
        .sse
        .assert_every_request_has("authorization", &canary(3));
    assert!(servers.modern.requests().len() > 5 && servers.legacy.requests().len() > 5);
    let ended = servers
        .legacy
        .requests()
        .into_iter()
        .filter(|request| request.method == Method::DELETE);
    for request in ended.chain(servers.legacy.requests()) {
        let sent = request
            .header("x-api-key")
            .expect("the header is on every request");
        assert!(sent == canary(2) || sent == canary(8), "{sent}");
    }
    assert!(
        servers
            .legacy
            .requests()
            .iter()
            .any(|request| request.method == Method::DELETE)
    );
}

async fn add_all(watch: &Watch, servers: &Servers) {
    let dead = format!("http://127.0.0.1:{}/mcp", free_port());
    for (name, url, token, header) in [
        (
            "Modern",
            servers.modern.url(),
            format!("Bearer {}", canary(1)),
            "",
        ),
        ("Legacy", servers.legacy.url(), canary(2), "X-Api-Key"),
        ("Sse", servers.sse.url(), canary(3), ""),
        ("Failing", servers.failing.url(), canary(4), ""),
        ("Refusing", servers.refusing.url(), canary(5), ""),
        ("Moved", servers.moved.url(), canary(6), ""),
        ("Dead", dead, canary(7), ""),
    ] {
        let body = json!({ "name": name, "url": url, "token": token, "auth_header": header });
        watch
            .rest(Method::POST, "/api/v1/connectors/test", body.clone())
            .await;
        let added = watch.rest(Method::POST, "/api/v1/connectors", body).await;
        assert_eq!(added.status, 201, "{added:?}");
        let form = [
            ("name", name),
            ("url", &url),
            ("token", &token),
            ("auth_header", header),
        ];
        // Taken by now; the form comes back without the token. The test runs on its own.
        watch.form("/integrations/new", &form).await;
        watch.form("/integrations/test", &form).await;
    }
}

/// What cannot be saved is not repeated either.
async fn mistype(watch: &Watch) {
    let token = canary(9);
    for (url, token, header) in [
        (
            "http://example.com/mcp",
            format!("{token}\r\nX: y"),
            String::new(),
        ),
        (
            "http://example.com/mcp",
            format!("{token}\u{e9}"),
            String::new(),
        ),
        ("ftp://example.com/mcp", token.clone(), String::new()),
        ("http://169.254.169.254/mcp", token.clone(), String::new()),
        ("http://example.com/mcp", token.clone(), "Cookie".to_owned()),
        ("http://example.com/mcp", token.repeat(400), String::new()),
    ] {
        let body = json!({ "name": "Wrong", "url": url, "token": token, "auth_header": header });
        for path in ["/api/v1/connectors", "/api/v1/connectors/test"] {
            let refused = watch.rest(Method::POST, path, body.clone()).await;
            assert_eq!(refused.status, 422, "{refused:?}");
        }
        let form = [
            ("name", "Wrong"),
            ("url", url),
            ("token", &token),
            ("auth_header", &header),
        ];
        watch.form("/integrations/new", &form).await;
        watch.form("/integrations/test", &form).await;
    }
    for body in [
        json!({ "name": "Linear", "url": "http://example.com/mcp", "token": token }),
        json!({ "name": "Wrong", "url": "http://example.com/mcp", "token": { "value": token } }),
        json!({ "name": "Wrong", "url": "http://example.com/mcp", "tokn": token }),
    ] {
        let refused = watch.rest(Method::POST, "/api/v1/connectors", body).await;
        assert!((400..500).contains(&refused.status), "{refused:?}");
    }
    let broken = format!("{{\"name\":\"Wrong\",\"token\":\"{token}\" \"url\"");
    let headers = [("content-type", "application/json")];
    let refused = watch
        .program
        .send(Method::POST, "/api/v1/connectors", &headers, broken)
        .await;
    watch.look("broken JSON", &refused);
    watch
        .rest(
            Method::POST,
            "/api/v1/providers/github/connect",
            json!({ "token": format!("{token}\n") }),
        )
        .await;
}

/// Waits until each connector was checked; answers their keys.
async fn wait_for_all(watch: &Watch) -> Vec<String> {
    eventually_async(|| async {
        let listed = watch
            .rest(Method::GET, "/api/v1/connectors", json!({}))
            .await
            .json();
        let all = listed["connectors"]
            .as_array()
            .or(listed.as_array())
            .cloned()
            .expect("a list");
        let is_checked = |connector: &Value| connector["status"] != "checking";
        let slug = |connector: &Value| connector["slug"].as_str().expect("a key").to_owned();
        (all.len() >= 7 && all.iter().all(is_checked)).then(|| all.iter().map(slug).collect())
    })
    .await
}

async fn test_and_call_all(watch: &Watch, slugs: &[String]) {
    for slug in slugs {
        watch
            .rest(
                Method::POST,
                &format!("/api/v1/connectors/{slug}/test"),
                json!({}),
            )
            .await;
        watch
            .rest(
                Method::POST,
                &format!("/api/v1/connectors/{slug}/refresh"),
                json!({}),
            )
            .await;
        watch
            .form(&format!("/integrations/c/{slug}/test"), &[])
            .await;
    }
    for slug in ["modern", "legacy", "sse"] {
        for tool in ["echo", "complain", "refuse"] {
            let called = watch.call("/mcp", &format!("{slug}__{tool}")).await;
            assert!(
                called.body.contains("[redacted]"),
                "{slug} {tool}: {called:?}"
            );
            watch.call(&format!("/mcp/{slug}"), tool).await;
        }
        let listed = watch
            .program
            .mcp(&format!("/mcp/{slug}"), "tools/list", json!({}))
            .await;
        watch.look("a list", &listed);
        assert!(listed.body.contains("echo"), "{listed:?}");
    }
    for method in ["server/discover", "tools/list"] {
        watch.look(method, &watch.program.mcp("/mcp", method, json!({})).await);
    }
}

async fn change_tokens(watch: &Watch, servers: &Servers, place: &Place) {
    // The server refuses the new one; then it is replaced without asking, by the command line and by REST.
    let rotate = ["connector", "rotate", "modern", "--token-stdin"];
    let refused = place.run_with(&rotate, &canary(8)).await;
    watch
        .forms
        .assert_absent("a refused rotation", format!("{refused:?}").as_bytes());
    assert_eq!(refused.code, 3, "{refused:?}");
    servers.legacy.require("x-api-key", &canary(8));
    servers.legacy.set_tools_quietly(tools(&canary(8)));
    let rotate = ["connector", "rotate", "legacy", "--token-stdin"];
    place.run_with(&rotate, &canary(8)).await.succeeded();
    let body = json!({ "token": format!("Bearer {}", canary(8)) });
    watch
        .rest(Method::PATCH, "/api/v1/connectors/failing", body)
        .await;
    watch
        .form("/integrations/c/refusing/rotate", &[("token", &canary(8))])
        .await;
    let elsewhere = json!({ "url": "http://example.com/mcp" });
    let refused = watch
        .rest(Method::PATCH, "/api/v1/connectors/modern", elsewhere)
        .await;
    assert_eq!(
        refused.json()["code"],
        "token_required_for_new_origin",
        "{refused:?}"
    );
    let calls = servers.legacy.count("tools/call");
    eventually_async(|| async {
        watch.call("/mcp", "legacy__echo").await;
        (servers.legacy.count("tools/call") > calls).then_some(())
    })
    .await;
    watch
        .rest(Method::DELETE, "/api/v1/connectors/dead", json!({}))
        .await;
    eventually(|| {
        servers
            .legacy
            .requests()
            .iter()
            .any(|request| request.method == Method::DELETE)
    })
    .await;
}

/// Keys of model APIs: added, refused, replaced and removed through every door, by an API that says them back.
async fn use_models(watch: &Watch, place: &Place) {
    let server = ScriptedModel::start().await;
    let url = server.url(ModelKind::Anthropic);
    server.always(|call| {
        let key = call.header("x-api-key");
        let said = json!({ "error": { "type": key, "message": format!("{key} is no good") } });
        ModelReply::status(401)
            .body(said.to_string())
            .header("x-key", key)
    });
    let body = json!({
        "name": "Claude", "kind": "anthropic", "base_url": url, "model": "m-1", "key": canary(10),
    });
    let models = "/api/v1/models";
    let added = watch.rest(Method::POST, models, body.clone()).await;
    assert_eq!(added.status, 201, "{added:?}");
    watch.rest(Method::POST, models, body).await;
    let id = added.json()["id"].as_str().expect("an id").to_owned();
    let own = format!("{models}/{id}");
    let test = format!("{own}/test");
    let tested = watch.rest(Method::POST, &test, json!({})).await;
    assert_eq!(tested.json()["code"], "model_key_rejected", "{tested:?}");
    let (replaced, key) = (json!({ "key": canary(11) }), canary(12));
    watch.rest(Method::PATCH, &own, replaced).await;
    let elsewhere = json!({ "base_url": "http://example.com", "key": format!("{key}\n\u{e9}") });
    watch.rest(Method::PATCH, &own, elsewhere).await;
    for (name, action) in [("Other", "add"), ("Claude", "add"), ("Other", "anyway")] {
        let form = [
            ("kind", "anthropic"),
            ("name", name),
            ("base_url", &url),
            ("model", "m-1"),
            ("key", &key),
            ("action", action),
        ];
        watch.form("/settings/models/new", &form).await;
        watch.form("/setup/model", &form).await;
        watch.form(&format!("/settings/models/{id}"), &form).await;
    }
    let add = ["model", "add", "--kind", "anthropic", "--name", "Third"];
    let add = [
        &add[..],
        &["--base-url", &url, "--model", "m", "--key-stdin"],
    ]
    .concat();
    let refused = place.run_with(&add, &key).await;
    assert_eq!(refused.code, 3, "{refused:?}");
    let said = format!("{refused:?}");
    watch
        .forms
        .assert_absent("a refused model API", said.as_bytes());
    let asked = server.calls();
    for number in [10, 12] {
        let sent = |call: &tieline_testkit::ModelCall| call.header("x-api-key") == canary(number);
        assert!(asked.iter().any(sent), "key {number} was never sent");
    }
}

/// Every GET of REST, as the description has them, by key and by cookie.
async fn crawl_rest(watch: &Watch, slugs: &[String]) {
    let document = watch.get(&watch.program, "/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    let mut asked = 0;
    for (path, _) in paths
        .iter()
        .filter(|(_, methods)| methods["get"].is_object())
    {
        for slug in slugs {
            let path = path
                .replace("{slug}", slug)
                .replace("{id}", "0193e9c8-7d2a-7bbb-8ccc-0123456789ab");
            for client in [&watch.program, &watch.browser] {
                let answer = watch.get(client, &path).await;
                assert!(answer.status < 500, "{path}: {answer:?}");
            }
            asked += 1;
            if !path.contains(slug.as_str()) {
                break;
            }
        }
    }
    assert!(asked > 10, "{asked}");
    let metrics = watch.get(&watch.program, "/metrics").await;
    assert!(
        metrics.body.contains("tieline_tool_calls_total"),
        "{metrics:?}"
    );
    for path in [
        "/metrics",
        "/docs",
        "/healthz",
        "/readyz",
        "/api/v1/audit?limit=200",
        "/api/v1/calls?limit=200",
    ] {
        assert_eq!(watch.get(&watch.program, path).await.status, 200, "{path}");
    }
}

/// Every page that a link leads to.
async fn crawl_pages(watch: &Watch) {
    let mut seen = BTreeSet::new();
    let mut next: VecDeque<String> = [
        "/",
        "/integrations",
        "/connect",
        "/activity",
        "/users",
        "/settings",
        "/settings/models",
        "/settings/network",
        "/chat",
        "/account/password",
        "/events",
        "/integrations/c/modern",
    ]
    .map(str::to_owned)
    .into();
    while let Some(path) = next.pop_front() {
        if seen.len() > 300 || !seen.insert(path.clone()) {
            continue;
        }
        let page = watch.get(&watch.browser, &path).await;
        assert!(page.status < 500, "{path}: {page:?}");
        let is_html = page
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if is_html {
            next.extend(links(&page.body));
        }
    }
    for path in [
        "/integrations/c/legacy",
        "/integrations/c/failing",
        "/integrations/new",
    ] {
        assert!(seen.contains(path), "no link leads to {path}: {seen:?}");
    }
}

fn links(page: &str) -> Vec<String> {
    let quoted = page
        .split("=\"/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let path = |link: &str| {
        format!(
            "/{}",
            link.split('#')
                .next()
                .unwrap_or_default()
                .replace("&amp;", "&")
        )
    };
    quoted
        .filter(|link| !link.starts_with('/'))
        .map(path)
        .collect()
}

/// What lies on the disk and what was logged, also of the key, the cookie and the password.
fn look_at_files(forms: Forms, place: &Place, server: &Server, key: &str, cookie: &str) {
    let forms = forms
        .and("access key", key)
        .and("cookie", cookie)
        .and("password", PASSWORD);
    forms.assert_absent("standard output", server.out().as_bytes());
    let log = server.err();
    assert!(
        log.contains("TRACE"),
        "the log is as talkative as it can be"
    );
    forms.assert_absent("standard error", log.as_bytes());
    let mut looked_at = 0;
    for file in fs::read_dir(place.path("data")).expect("the data directory") {
        let path = file.expect("a file").path();
        forms.assert_absent(
            &path.display().to_string(),
            &fs::read(&path).expect("a readable file"),
        );
        looked_at += 1;
    }
    assert!(looked_at >= 2, "database and master key at least");
}
