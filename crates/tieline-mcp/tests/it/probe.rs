//! The connection test: the step that broke, the sentence, and what to try instead.

use tieline_mcp::{ProbeHint, ProbeReport, StepName, StepOutcome, StepReport, Wire};
use tieline_testkit::{At, Canned, FakeMcp, FakeTool, Fault, free_port, raw_server};

use crate::support::{client, target, target_with};

const SECRET: &str = "canary-token-1234567890";

async fn probe(url: &str, token: Option<&str>) -> ProbeReport {
    let target = token.map_or_else(|| target(url), |token| target_with(url, "x-api-key", token));
    let mut seen = Vec::new();
    let report = client()
        .probe(&target, |step| seen.push(step.clone()))
        .await;
    assert_eq!(seen, report.steps, "every step is reported once, in order");
    assert_eq!(
        report
            .steps
            .iter()
            .map(|step| step.step.as_str())
            .collect::<Vec<_>>(),
        ["dns", "tcp", "tls", "http", "handshake", "tools"]
    );
    for step in &report.steps {
        assert!(
            !step.message.contains(SECRET) && step.message.chars().count() < 400,
            "{}",
            step.message
        );
    }
    report
}

fn broken(report: &ProbeReport) -> &StepReport {
    let at = report
        .steps
        .iter()
        .position(|step| step.outcome == StepOutcome::Fail)
        .expect("a broken step");
    for after in &report.steps[at + 1..] {
        assert_eq!(
            (after.outcome, after.code),
            (StepOutcome::NotReached, "not_reached")
        );
    }
    assert!(!report.ok());
    &report.steps[at]
}

#[tokio::test]
async fn a_good_server_passes_every_step() {
    for (server, handshake) in [
        (FakeMcp::modern(), "acme 1.0.0, revision 2026-07-28"),
        (
            FakeMcp::legacy().with_sessions(),
            "acme 1.0.0, revision 2025-11-25, older but supported",
        ),
        (
            FakeMcp::http_sse(),
            "acme 1.0.0, revision 2024-11-05, over the older HTTP+SSE transport",
        ),
    ] {
        let server = server
            .named("acme")
            .tools(["a", "b"])
            .requiring("x-api-key", SECRET)
            .start()
            .await;
        let report = probe(&server.url(), Some(SECRET)).await;
        assert!(report.ok());
        let outcomes: Vec<_> = report
            .steps
            .iter()
            .map(|step| step.outcome.as_str())
            .collect();
        assert_eq!(outcomes, ["skipped", "ok", "skipped", "ok", "ok", "ok"]);
        let messages: Vec<_> = report
            .steps
            .iter()
            .map(|step| step.message.as_str())
            .collect();
        assert!(messages[1].starts_with("Port ") && messages[1].ends_with(" is open"));
        assert_eq!(messages[2], "Not encrypted");
        assert_eq!(messages[3], "200, header X-Api-Key accepted");
        assert_eq!(messages[4], handshake);
        assert!(
            messages[5].starts_with("2 tools found, about "),
            "{}",
            messages[5]
        );
        assert_eq!(report.tools.unwrap().items.len(), 2);
        assert!(
            server.sessions().is_empty(),
            "the test left a session behind"
        );
        server.assert_every_request_has("x-api-key", SECRET);
    }
}

#[tokio::test]
async fn each_failure_breaks_its_own_step() {
    let page = Canned::json("<html>").status(200);
    let page = Canned {
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        ..page
    };
    for (fault, step, code, sentence) in [
        (
            Fault::Status(404),
            StepName::Http,
            "not_found",
            "nothing answers at /mcp.",
        ),
        (
            Fault::Status(405),
            StepName::Http,
            "method_not_allowed",
            "does not accept MCP requests",
        ),
        (
            Fault::Status(403),
            StepName::Http,
            "forbidden",
            "may not use this server",
        ),
        (
            Fault::Status(429),
            StepName::Http,
            "rate_limited",
            "asks us to slow down",
        ),
        (
            Fault::Status(502),
            StepName::Http,
            "upstream_error",
            "The server failed (HTTP 502).",
        ),
        (
            Fault::Status(401),
            StepName::Http,
            "auth_failed",
            "The server rejected this token.",
        ),
        (
            Fault::Answer(page),
            StepName::Http,
            "bad_content_type",
            "This address returns a web page",
        ),
        (
            Fault::Redirect("https://new.example/mcp".to_owned()),
            StepName::Http,
            "redirect_refused",
            "moved to https://new.example/mcp",
        ),
        (
            Fault::Answer(Canned::json("hello")),
            StepName::Handshake,
            "bad_json",
            "It answers, but not in MCP",
        ),
        (Fault::Hang, StepName::Http, "timeout", "took longer"),
    ] {
        let server = FakeMcp::dual().fault(At::Any, fault.clone()).start().await;
        let report = probe(&server.url(), Some(SECRET)).await;
        let broken = broken(&report);
        assert_eq!(
            (broken.step, broken.code),
            (step, code),
            "{fault:?}: {}",
            broken.message
        );
        assert!(
            broken.message.contains(sentence),
            "{fault:?}: {}",
            broken.message
        );
    }
}

#[tokio::test]
async fn the_network_steps_break_where_they_should() {
    let report = probe(&format!("http://127.0.0.1:{}/mcp", free_port()), None).await;
    let tcp = broken(&report);
    assert_eq!((tcp.step, tcp.code), (StepName::Tcp, "connect_refused"));
    assert!(
        tcp.message
            .starts_with("127.0.0.1 refuses connections on port "),
        "{}",
        tcp.message
    );

    let report = probe("http://169.254.169.254/mcp", None).await;
    assert_eq!(
        (broken(&report).step, broken(&report).code),
        (StepName::Dns, "address_refused")
    );

    let report = probe("http://no-such-name.invalid/mcp", None).await;
    let dns = broken(&report);
    assert_eq!((dns.step, dns.code), (StepName::Dns, "dns_failed"));
    assert!(
        dns.message
            .starts_with("We can’t find no-such-name.invalid."),
        "{}",
        dns.message
    );
}

#[tokio::test]
async fn a_missing_token_and_a_wanted_sign_in_are_told_apart() {
    let server = FakeMcp::dual().requiring("x-api-key", SECRET).start().await;
    let report = probe(&server.url(), None).await;
    assert_eq!(broken(&report).code, "auth_failed");
    assert_eq!(
        broken(&report).message,
        "The server wants a token. Paste one under Advanced settings."
    );

    // The address in the challenge is bait and is never fetched.
    let bait = raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".as_slice()).await;
    let challenge = format!(r#"Bearer resource_metadata="{}""#, bait.url());
    let server = FakeMcp::dual()
        .requiring("x-api-key", SECRET)
        .www_authenticate(&challenge)
        .start()
        .await;
    let report = probe(&server.url(), None).await;
    assert_eq!(broken(&report).code, "needs_oauth");
    assert!(
        broken(&report)
            .message
            .contains("Agents run without a person who could log in.")
    );
    let report = probe(&server.url(), Some("wrong-token")).await;
    assert_eq!(broken(&report).code, "auth_failed");
    assert!(bait.received().is_empty());

    // Without a challenge, a document at the same origin says it.
    for place in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource",
    ] {
        let document =
            Canned::json(r#"{"resource":"x","authorization_servers":["https://as.example"]}"#);
        let server = FakeMcp::dual()
            .requiring("x-api-key", SECRET)
            .page(place, document)
            .start()
            .await;
        assert_eq!(
            broken(&probe(&server.url(), None).await).code,
            "needs_oauth"
        );
        assert_eq!(
            broken(&probe(&server.url(), Some("wrong-token")).await).code,
            "auth_failed"
        );
    }
}

#[tokio::test]
async fn a_list_behind_another_door_breaks_the_last_step() {
    let server = FakeMcp::legacy()
        .requiring("x-api-key", SECRET)
        .with_open_handshake()
        .start()
        .await;
    let report = probe(&server.url(), None).await;
    let tools = broken(&report);
    assert_eq!((tools.step, tools.code), (StepName::Tools, "auth_failed"));
    assert_eq!(report.wire, Wire::from_stored("streamable 2025-11-25"));
}

#[tokio::test]
async fn no_tools_and_broken_tools_are_warnings() {
    let server = FakeMcp::modern().start().await;
    let report = probe(&server.url(), None).await;
    let tools = &report.steps[5];
    assert_eq!(
        (tools.outcome, tools.message.as_str()),
        (StepOutcome::Warn, "Connected, but it offers no tools yet.")
    );

    let server = FakeMcp::modern()
        .tools(["a"])
        .tool(FakeTool::raw(r#"{"name":"bad\u202e","inputSchema":null}"#))
        .tool(FakeTool::raw("7"))
        .start()
        .await;
    let report = probe(&server.url(), None).await;
    let tools = &report.steps[5];
    assert!(report.ok());
    assert_eq!(
        (tools.outcome, tools.code),
        (StepOutcome::Warn, "tools_left_out")
    );
    assert_eq!(
        tools.message,
        "2 of 3 tools have broken definitions and are left out: bad, (no name)"
    );
}

#[tokio::test]
async fn a_better_address_is_proposed() {
    let server = FakeMcp::dual().tools(["t"]).start().await;
    for path in ["/", "/api", "/sse?key=1"] {
        let report = probe(&format!("{}{path}", server.origin()), None).await;
        assert_eq!(broken(&report).code, "not_found");
        assert_eq!(
            report.hint,
            Some(ProbeHint::TryMcp { url: server.url() }),
            "{path}"
        );
    }
    let server = FakeMcp::dual()
        .fault(At::Any, Fault::Redirect("/v2/mcp".to_owned()))
        .start()
        .await;
    let report = probe(&server.url(), None).await;
    let moved = format!("{}/v2/mcp", server.origin());
    assert_eq!(report.hint, Some(ProbeHint::UseAddress { url: moved }));
}

#[tokio::test]
async fn what_is_not_mcp_is_shown_in_part() {
    let body = format!("Welcome\u{202e} to {} the shop", "x".repeat(500));
    let server = FakeMcp::dual()
        .fault(At::Any, Fault::Answer(Canned::json(body)))
        .start()
        .await;
    let report = probe(&server.url(), None).await;
    let excerpt = broken(&report).excerpt.clone().unwrap();
    assert!(
        excerpt.starts_with("Welcome to xxx") && excerpt.chars().count() <= 200,
        "{excerpt}"
    );
}

#[tokio::test]
async fn a_dropped_test_ends_its_requests() {
    let server = FakeMcp::dual().fault(At::Any, Fault::Hang).start().await;
    let target = target(&server.url());
    let client = client();
    {
        let test = client.probe(&target, |_| {});
        let mut test = std::pin::pin!(test);
        let begun = tieline_testkit::eventually(|| server.in_flight() > 0);
        tokio::select! {
            _ = &mut test => panic!("it ended by itself"),
            () = begun => {}
        }
    }
    tieline_testkit::eventually(|| server.in_flight() == 0).await;
}
