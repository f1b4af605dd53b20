use super::*;
use crate::client::ClientInfo;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn introduction() -> Introduction {
    Introduction::new(&ClientInfo {
        name: "T".to_owned(),
        version: "1".to_owned(),
    })
}

const OURS: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"T","version":"1"}"#;

#[test]
fn a_name_stands_where_the_parameters_hold_it() {
    for (params, expected) in [
        (r#"{"name":"north","x":1}"#, r#"{"name":"a\"b","x":1}"#),
        (r#"{"x":1,"n\u0061me":7}"#, r#"{"x":1,"n\u0061me":"a\"b"}"#),
        (r#"{"x":1}"#, r#"{"x":1,"name":"a\"b"}"#),
        ("{}", r#"{"name":"a\"b"}"#),
    ] {
        let held = raw(params);
        let params = RawObject::parse(&held).unwrap();
        let named = Some(Named {
            field: "name",
            value: "a\"b",
        });
        let legacy = legacy_body(5, "m", (&params, named));
        let wanted = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{expected}}}"#);
        assert_eq!(legacy, wanted);
        let modern = introduction().modern_body(5, "m", (&params, named), None);
        let with_meta = expected.replacen('{', &format!("{{\"_meta\":{{{OURS}}},"), 1);
        let wanted = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{with_meta}}}"#);
        assert_eq!(modern, wanted);
    }
}

#[test]
fn a_name_stands_beside_what_is_said_about_the_call() {
    let named = Some(Named {
        field: "uri",
        value: "x:1",
    });
    for (params, legacy, modern) in [
        (
            r#"{"_meta":{"progressToken":7,"io.modelcontextprotocol/logLevel":"info"},"uri":"north:1"}"#,
            r#"{"_meta":{"progressToken":7},"uri":"x:1"}"#.to_owned(),
            format!(
                r#"{{"_meta":{{{OURS},"progressToken":7,"io.modelcontextprotocol/logLevel":"info"}},"uri":"x:1"}}"#
            ),
        ),
        (
            r#"{"uri":"north:1","_meta":{"io.modelcontextprotocol/clientInfo":{}}}"#,
            r#"{"uri":"x:1"}"#.to_owned(),
            format!(r#"{{"uri":"x:1","_meta":{{{OURS}}}}}"#),
        ),
        (
            r#"{"_meta":{"io.modelcontextprotocol/clientInfo":{}}}"#,
            r#"{"uri":"x:1"}"#.to_owned(),
            format!(r#"{{"_meta":{{{OURS}}},"uri":"x:1"}}"#),
        ),
    ] {
        let held = raw(params);
        let params = RawObject::parse(&held).unwrap();
        let whole =
            |params| format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{params}}}"#);
        assert_eq!(legacy_body(5, "m", (&params, named)), whole(legacy));
        let body = introduction().modern_body(5, "m", (&params, named), None);
        assert_eq!(body, whole(modern));
    }
}

#[test]
fn our_meta_goes_in_and_everything_else_stays() {
    for (params, expected) in [
        ("{}", format!("{{\"_meta\":{{{OURS}}}}}")),
        (
            "{ \"a\" : 1.0 }",
            format!("{{\"_meta\":{{{OURS}}},\"a\":1.0}}"),
        ),
        (
            r#"{"name":"x","_meta":{"progressToken":7,"io.modelcontextprotocol/clientInfo":{"name":"north"}},"z":1e2}"#,
            format!(r#"{{"name":"x","_meta":{{{OURS},"progressToken":7}},"z":1e2}}"#),
        ),
        (
            r#"{"arguments":{"_meta":"not ours"}}"#,
            format!(r#"{{"_meta":{{{OURS}}},"arguments":{{"_meta":"not ours"}}}}"#),
        ),
    ] {
        let params = raw(params);
        let body =
            introduction().modern_body(5, "m", (&RawObject::parse(&params).unwrap(), None), None);
        let expected = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{expected}}}"#);
        assert_eq!(body, expected);
    }
}

#[test]
fn a_modern_hop_is_taken_out_for_a_legacy_server() {
    for (params, expected) in [
        (r#"{"a":1}"#, r#"{"a":1}"#),
        (
            r#"{"a":1,"_meta":{"io.modelcontextprotocol/clientInfo":{}}}"#,
            r#"{"a":1}"#,
        ),
        (
            r#"{"_meta":{"x":2,"io.modelcontextprotocol/protocolVersion":"2026-07-28"},"a":1}"#,
            r#"{"_meta":{"x":2},"a":1}"#,
        ),
    ] {
        let params = raw(params);
        let body = legacy_body(5, "m", (&RawObject::parse(&params).unwrap(), None));
        let expected = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{expected}}}"#);
        assert_eq!(body, expected);
    }
}

#[test]
fn ids_differ_and_stay_exact_in_every_json_reader() {
    let ids = Ids::default();
    let seen: std::collections::HashSet<u64> = (0..10_000).map(|_| ids.next()).collect();
    assert_eq!(seen.len(), 10_000);
    assert!(seen.iter().all(|id| *id < 1 << 53));
}

#[test]
fn bodies_are_json_rpc() {
    assert_eq!(
        request_body(
            5,
            "tools/\u{e9}",
            (&RawObject::new().with("x", raw("1")), None)
        ),
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/é","params":{"x":1}}"#
    );
    assert_eq!(
        notification_body("notifications/initialized", None),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
    );
    assert!(reply_body(&raw("\"a\""), "ping").ends_with(br#""result":{}}"#));
    assert!(
        reply_body(&raw("1"), "sampling/createMessage")
            .windows(6)
            .any(|part| part == b"-32601")
    );
}
