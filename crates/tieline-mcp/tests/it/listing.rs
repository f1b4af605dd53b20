//! Lists of tools: kept byte for byte, bounded, and broken tools left out one by one.

use tieline_mcp::Limits;
use tieline_mcp::wire::OfferKind;
use tieline_testkit::{At, FakeMcp, FakeTool, Fault};

use crate::support::{client, client_with, quick, target};

#[tokio::test]
async fn definitions_are_kept_byte_for_byte_over_all_pages() {
    const ODD: &str = r#"{ "inputSchema":{"type":"object","b":1.0,"a":1e2}, "name":"odd","icons":[{"src":"x"}],"future":{"k":[null]},"annotations":{"audience":["system"],"priority":0.7} }"#;
    for kind in [FakeMcp::modern, FakeMcp::legacy, FakeMcp::http_sse] {
        let server = kind()
            .tools(["a", "b"])
            .tool(FakeTool::raw(ODD))
            .tools(["c", "d"])
            .page_size(2)
            .start()
            .await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let list = connected
            .upstream
            .list(&target, OfferKind::Tool)
            .await
            .unwrap();
        let names: Vec<&str> = list.items.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "odd", "c", "d"]);
        assert_eq!(list.items[2].definition.get(), ODD);
        assert!(list.left_out.is_empty() && list.warnings.is_empty());
        assert_eq!(server.count("tools/list"), 3);
    }
}

#[tokio::test]
async fn a_list_without_end_stops_at_the_limits() {
    let server = FakeMcp::modern()
        .tools(["t"])
        .with_endless_pages()
        .start()
        .await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let list = connected
        .upstream
        .list(&target, OfferKind::Tool)
        .await
        .unwrap();
    assert_eq!((list.items.len(), list.warnings.len()), (1, 1));
    assert_eq!(server.count("tools/list"), 50);

    let many: Vec<String> = (0..1_500).map(|at| format!("t{at}")).collect();
    let server = FakeMcp::modern()
        .tools(many.iter().map(String::as_str))
        .page_size(400)
        .start()
        .await;
    let target = crate::support::target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    let list = connected
        .upstream
        .list(&target, OfferKind::Tool)
        .await
        .unwrap();
    assert_eq!((list.items.len(), list.warnings.len()), (1_000, 1));
    assert_eq!(server.count("tools/list"), 3);
}

#[tokio::test]
async fn an_absurdly_deep_tool_is_left_out_alone() {
    for depth in [100, 127, 500] {
        let schema = format!(
            r#"{{"type":"object","x":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let deep = FakeTool::echo("deep").with("inputSchema", &schema);
        let server = FakeMcp::modern().tool(deep).tools(["sound"]).start().await;
        let target = target(&server.url());
        let connected = client().connect(&target, None).await.unwrap();
        let list = connected
            .upstream
            .list(&target, OfferKind::Tool)
            .await
            .unwrap();
        assert_eq!(list.items[0].name, "sound");
        assert_eq!(list.left_out[0].reason_code, "tool_schema_too_deep");
    }
}

#[tokio::test]
async fn a_failed_list_is_an_error_and_never_empty() {
    for (fault, code) in [
        (Fault::Status(500), "upstream_error"),
        (Fault::Status(401), "auth_failed"),
        (Fault::Hang, "timeout"),
        (Fault::CutAfter(3), "interrupted"),
        (Fault::WrongId, "id_mismatch"),
        (Fault::Html, "bad_content_type"),
        (Fault::EndlessBody, "too_large"),
        (Fault::EndlessEvent, "too_large"),
        (Fault::EndlessSse, "too_large"),
        (
            Fault::RpcError {
                code: -32603,
                message: "boom".to_owned(),
            },
            "protocol_error",
        ),
    ] {
        for kind in [FakeMcp::modern, FakeMcp::legacy] {
            let server = kind()
                .tools(["t"])
                .fault(At::ListTools, fault.clone())
                .start()
                .await;
            let target = target(&server.url());
            let limits = Limits {
                json_bytes: 1 << 20,
                event_bytes: 1 << 18,
                stream_bytes: 1 << 20,
                ..quick()
            };
            let connected = client_with(limits).connect(&target, None).await.unwrap();
            let error = connected
                .upstream
                .list(&target, OfferKind::Tool)
                .await
                .unwrap_err();
            assert_eq!(error.code(), code, "{fault:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_list_is_asked_for_again_when_the_connection_broke() {
    let server = FakeMcp::modern().tools(["t"]).start().await;
    let target = target(&server.url());
    let connected = client().connect(&target, None).await.unwrap();
    server.set_fault_times(At::ListTools, Fault::CutAfter(3), 1);
    assert_eq!(
        connected
            .upstream
            .list(&target, OfferKind::Tool)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(server.count("tools/list"), 2);
}
