//! Trying a tool: a form made from its schema, and a real call as the admin.

use serde_json::json;
use tieline_testkit::{FakeMcp, FakeTool};

use super::world::{PAGE, connect, page_with_calls, working};
use crate::dashboard::{open, submit};

const SCHEMA: &str = r#"{"type":"object","properties":{
    "customer":{"type":"string","description":"Who <b>bought</b>"},
    "limit":{"type":"integer","minimum":1},
    "status":{"enum":["open","paid"]},
    "filter":{"type":"object"}},"required":["customer"]}"#;

fn orders() -> FakeTool {
    FakeTool::echo("search_orders").with("inputSchema", SCHEMA)
}

#[tokio::test]
async fn a_tool_is_called_for_real_with_what_the_form_says() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = connect(&admin, FakeMcp::dual().tool(orders()), "").await;
    let address = format!("{PAGE}/try?tool=search_orders");
    let form = open(&admin, &address).await.expect(200).text();
    for words in [
        "Runs for real, as you.",
        "name=\"arg.customer\"",
        "string, required",
        "Who &#60;b&#62;bought&#60;/b&#62;",
        "<option value=\"1\">paid</option>",
        "<textarea class=\"in mono area\"",
        "&quot;minimum&quot;: 1",
    ] {
        assert!(form.contains(words), "{words} in {form}");
    }

    let path = format!("{PAGE}/try");
    let wrong = [
        ("tool", "search_orders"),
        ("arg.customer", ""),
        ("arg.limit", "0"),
        ("arg.filter", "{oops}"),
    ];
    let refused = submit(&admin, &path, &wrong).await.expect(422).text();
    for words in [
        "Nothing was called: 3 inputs need another look.",
        "This input is required.",
        "At least 1.",
        "This is not JSON: look at line 1, character 2.",
        "{oops}</textarea>",
    ] {
        assert!(refused.contains(words), "{words} in {refused}");
    }
    assert_eq!(server.count("tools/call"), 0);

    let good = [
        ("tool", "search_orders"),
        ("arg.customer", "<img src=x onerror=alert(1)>"),
        ("arg.limit", "5"),
        ("arg.status", "1"),
        ("arg.filter", ""),
    ];
    let done = submit(&admin, &path, &good).await.expect(200).text();
    assert!(
        done.contains("Done</span>") && !done.contains("<img src=x"),
        "{done}"
    );
    let sent = server.requests_for("tools/call").remove(0).json();
    assert_eq!(
        sent["params"]["arguments"],
        json!({ "customer": "<img src=x onerror=alert(1)>", "limit": 5, "status": "paid" })
    );
    let history = open(&admin, &format!("{PAGE}?tab=changes")).await.text();
    assert!(history.contains("tried the tool"), "{history}");
    assert!(!history.contains("onerror"), "what was said is not kept");
    let calls = page_with_calls(&admin, &format!("{PAGE}?tab=calls"), 1).await;
    assert!(calls.contains("Try this tool") && calls.contains(">Ada<"));

    submit(&mel, &path, &good).await.expect(403);
    open(&admin, &format!("{PAGE}/try?tool=nothing"))
        .await
        .expect(404);
}

#[tokio::test]
async fn what_the_tool_says_is_shown_escaped_and_cut() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    let long = format!("<script>alert(1)</script>{}", "y".repeat(70_000));
    let talks = FakeTool::echo("talks").saying(&long);
    let fails = FakeTool::echo("fails").failing(-32602, "no such <b>id</b>");
    let server = FakeMcp::dual().tool(talks).tool(fails);
    let server = connect(&admin, server, "").await;
    let path = format!("{PAGE}/try");
    let said = submit(&admin, &path, &[("tool", "talks")])
        .await
        .expect(200);
    let said = said.text();
    assert!(said.contains("&lt;script&gt;alert(1)&lt;/script&gt;yyy"));
    assert!(said.contains("Cut here: 70,025 bytes in all."));
    let failed = submit(&admin, &path, &[("tool", "fails")])
        .await
        .expect(200);
    let failed = failed.text();
    assert!(failed.contains("The server refused the call"), "{failed}");
    assert!(failed.contains("no such &lt;b&gt;id&lt;/b&gt; (JSON-RPC -32602)"));
    assert_eq!(server.count("tools/call"), 2);

    let calls = page_with_calls(&admin, &format!("{PAGE}?tab=calls&tool=fails"), 1).await;
    assert!(calls.contains("title=\"invalid_params\""), "{calls}");
}
