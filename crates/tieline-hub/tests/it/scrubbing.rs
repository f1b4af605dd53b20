//! A server that echoes its own credential, in whatever form, does not get it to a model, a page or the database.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tieline_domain::{Actor, ConnectorDraft};
use tieline_hub::CallOutcome;
use tieline_testkit::{At, Canned, FakeMcp, FakeTool, Fault};

use crate::world::{World, draft, word};

/// Characters that each encoding writes differently.
const SECRET: &str = "cn+ry/Zq~9w<Tk&4vLx%p0Rj=Hd";
const TOKEN: &str = "Bearer cn+ry/Zq~9w<Tk&4vLx%p0Rj=Hd";

fn hex() -> String {
    let digits = SECRET.bytes().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

/// The secret in the forms in which servers write what they were sent.
fn forms() -> Vec<String> {
    let mut forms = vec![
        SECRET.to_owned(),
        TOKEN.to_owned(),
        hex(),
        hex().to_ascii_uppercase(),
        url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect(),
        url::form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect(),
    ];
    for before in ["", "x", "xy", "user:", "Authorization: "] {
        for text in [SECRET, TOKEN] {
            forms.push(STANDARD.encode(format!("{before}{text}")));
            forms.push(URL_SAFE_NO_PAD.encode(format!("{before}{text} and more")));
        }
    }
    forms
}

/// Fails the test if any form of the secret can be found in the text.
fn assert_clean(text: &str, what: &str) {
    let mut found = vec![
        SECRET.to_owned(),
        hex(),
        url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect(),
    ];
    for skip in 0..3 {
        let tail = &SECRET.as_bytes()[skip..];
        let whole = &tail[..tail.len() - tail.len() % 3];
        found.push(STANDARD.encode(whole));
        found.push(URL_SAFE_NO_PAD.encode(whole));
    }
    // PHP writes a slash in JSON as `\/`.
    let plain = text.replace("\\/", "/");
    for form in found {
        let lower = form.to_ascii_lowercase();
        let is_clean = !plain.contains(&form)
            && (form != lower || !plain.to_ascii_lowercase().contains(&lower));
        assert!(is_clean, "{what} holds {form}: {text}");
    }
}

async fn world_with(server: &FakeMcp) -> (World, crate::world::Session) {
    let world = World::start().await;
    world.connect("Acme MCP", server, TOKEN).await;
    let session = world.session("Ada").await;
    (world, session)
}

#[tokio::test]
async fn results_come_back_without_the_token() {
    let server = FakeMcp::dual().tools(["echo"]).start().await;
    let (world, session) = world_with(&server).await;
    for form in forms() {
        let told = serde_json::json!({
            "content": [{ "type": "text", "text": format!("you sent {form}!") }],
            "structuredContent": { form.clone(): [form] },
            "isError": form.len() % 2 == 0,
        });
        for told in [told.to_string(), told.to_string().replace('/', "\\/")] {
            server.set_tools_quietly([FakeTool::echo("echo").answering(&told)]);
            let outcome = world.call(&session, "mcp__acme_mcp__echo").await;
            let (CallOutcome::Ok { result, .. } | CallOutcome::ToolError { result, .. }) = outcome
            else {
                panic!("there is no result: {outcome:?}");
            };
            assert_clean(result.get(), "a result");
            assert!(result.get().contains("[redacted]"), "{}", result.get());
        }
    }
}

#[tokio::test]
async fn errors_come_back_without_the_token() {
    let server = FakeMcp::dual().tools(["echo"]).start().await;
    let (world, session) = world_with(&server).await;
    for form in forms() {
        let refused = FakeTool::echo("echo").failing(-32_000, &format!("no, {form}"));
        server.set_tools_quietly([refused]);
        let outcome = world.call(&session, "mcp__acme_mcp__echo").await;
        let CallOutcome::RpcError { message, .. } = &outcome else {
            panic!("there is no error: {outcome:?}");
        };
        assert_clean(message, "a message");
        assert!(message.contains("[redacted]"), "{message}");
    }
}

#[tokio::test]
async fn broken_answers_leave_no_token_in_outcome_or_status() {
    let server = FakeMcp::dual().tools(["echo"]).start().await;
    let (world, session) = world_with(&server).await;
    let slug = session.tool("mcp__acme_mcp__echo").slug.clone();
    for status in [400, 401, 403, 404, 418, 429, 500, 502, 503] {
        for form in forms() {
            let page = Canned::json(format!("{{\"error\":\"bad header {form}\"}}")).status(status);
            let told = http::HeaderValue::from_str(&format!("Bearer error=\"{form}\""));
            let page = match told {
                Ok(told) => page.header("www-authenticate", told.to_str().unwrap()),
                Err(_) => page,
            };
            server.clear_faults();
            server.set_fault(At::CallTool, Fault::Answer(page));
            let outcome = world.call(&session, "mcp__acme_mcp__echo").await;
            assert_clean(&format!("{outcome:?}"), "an outcome");
            // The breaker would hide what the next answer leads to.
            world.hub.refresh_connector(&slug).await.unwrap();
        }
        let view = world.view(&slug).await;
        assert_clean(&format!("{view:?}"), "a connector");
    }
}

#[tokio::test]
async fn what_a_server_says_about_itself_is_kept_without_the_token() {
    let described = FakeTool::echo("echo").described(&format!("Call it with {TOKEN}"));
    let schema = format!(
        r#"{{"type":"object","title":"{}"}}"#,
        STANDARD.encode(TOKEN)
    );
    let server = FakeMcp::dual()
        .named(&format!("server of {SECRET}"))
        .instructions(&format!("Always send {TOKEN}."))
        .tool(described.with("inputSchema", &schema))
        .tool(FakeTool::raw(&format!(
            r#"{{"name":"{SECRET}","inputSchema":7}}"#
        )))
        .start()
        .await;
    let (world, session) = world_with(&server).await;
    let slug = session.tool("mcp__acme_mcp__echo").slug.clone();
    assert_clean(&format!("{:?}", world.view(&slug).await), "a connector");
    let tools = world.hub.connector_tools(&slug).await.unwrap();
    assert_eq!(tools.len(), 2);
    assert_clean(&format!("{tools:?}"), "the stored tools");
    assert_clean(&format!("{:?}", world.hub.catalog()), "the catalogue");
    world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_connection_test_shows_no_token() {
    let world = World::start().await;
    for form in forms() {
        let page = Canned::json(format!("what is {form}?")).status(500);
        let server = FakeMcp::dual()
            .tools(["echo"])
            .fault(At::Any, Fault::Answer(page));
        let server = server.named(&form).start().await;
        let draft: ConnectorDraft = draft("Acme MCP", &server.url(), TOKEN);
        let mut steps = Vec::new();
        let report = world
            .hub
            .test_draft(&draft, &mut |step| steps.push(format!("{step:?}")))
            .await
            .unwrap();
        assert!(!report.ok);
        assert_clean(&format!("{report:?}{steps:?}"), "a report");
        server.clear_faults();
        let report = world.hub.test_draft(&draft, &mut |_| {}).await.unwrap();
        assert!(report.ok, "{report:?}");
        assert_clean(&format!("{report:?}"), "a report");
    }
}

#[tokio::test]
async fn a_payload_without_the_token_is_not_touched() {
    let told =
        r#"{"content":[{"type":"text","text":"1.0e+02 ☃ \u2603 \/"}],"n":1.000,"z":1,"a":2}"#;
    let server = FakeMcp::legacy()
        .tool(FakeTool::echo("echo").answering(told))
        .start()
        .await;
    let (world, session) = world_with(&server).await;
    let outcome = world.call(&session, "mcp__acme_mcp__echo").await;
    assert_eq!(word(&outcome), "ok");
    let CallOutcome::Ok { result, .. } = outcome else {
        unreachable!("the word says so");
    };
    assert_eq!(result.get(), told);
}
