//! Each cell of the bridge table, and that nothing outside it moves.

use proptest::prelude::*;

use super::*;
use crate::wire::OfferKind;
use Era::{Legacy, Modern};

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("test JSON")
}

const ERAS: [(Era, Era); 4] = [
    (Modern, Modern),
    (Modern, Legacy),
    (Legacy, Modern),
    (Legacy, Legacy),
];

/// Everything that decoding into closed types is known to lose or change.
const ODD: &str = r#""zz":{"b":1.0,"a":0.7,"n":1e5,"big":123456789012345678901234567890},"title":"\u00e9\/é","icons":[ {"src":"x","theme":"odd"} ],"_meta":{"com.x/y":null},"annotations":{"priority":0.7,"custom":[]}"#;

fn way(north: Era, south: Era) -> Way<'static> {
    Way {
        north,
        south,
        method: "tools/call",
        normalise: true,
        uris: None,
    }
}

fn tool(north: Era, south: Era, definition: &str) -> String {
    definition_for(
        &way(north, south),
        OfferKind::Tool,
        &raw(definition),
        "slug__t",
    )
    .get()
    .to_owned()
}

#[test]
fn a_tool_changes_its_name_and_nothing_else() {
    let definition = format!(
        r#"{{{ODD},"name":"t","inputSchema":{{"type":"object","properties":{{"z":{{}},"a":{{}}}}}}}}"#
    );
    for (north, south) in ERAS {
        assert_eq!(
            tool(north, south, &definition),
            definition.replace(r#""name":"t""#, r#""name":"slug__t""#)
        );
        assert_eq!(
            definition_for(&way(north, south), OfferKind::Tool, &raw(&definition), "t").get(),
            definition
        );
    }
}

#[test]
fn task_support_is_not_shown_to_modern_clients() {
    let definition = r#"{"name":"t","execution":{"taskSupport":"optional"},"x":1}"#;
    for south in [Modern, Legacy] {
        assert_eq!(
            tool(Modern, south, definition),
            r#"{"name":"slug__t","x":1}"#
        );
        assert_eq!(
            tool(Legacy, south, definition),
            r#"{"name":"slug__t","execution":{"taskSupport":"optional"},"x":1}"#
        );
    }
}

#[test]
fn legacy_clients_see_only_output_schemas_that_they_can_read() {
    for schema in [
        r#"{"type":"array"}"#,
        "true",
        r#"{"oneOf":[]}"#,
        r#"{"type":["object","null"]}"#,
    ] {
        let definition = format!(r#"{{"name":"t","outputSchema":{schema}}}"#);
        for south in [Modern, Legacy] {
            assert_eq!(
                tool(Legacy, south, &definition),
                r#"{"name":"slug__t"}"#,
                "{schema}"
            );
            let kept = if schema == "true" { "{}" } else { schema };
            assert!(
                tool(Modern, south, &definition).contains(&format!(r#""outputSchema":{kept}"#))
            );
        }
    }
    let kept = r#"{"name":"t","outputSchema":{"properties":{},"type":"object"}}"#;
    assert!(
        tool(Legacy, Modern, kept)
            .ends_with(r#""outputSchema":{"properties":{},"type":"object"}}"#)
    );
}

#[test]
fn legacy_clients_are_not_asked_for_headers() {
    let definition = r#"{"name":"t","inputSchema":{"type":"object","default":{"x-mcp-header":1},"properties":{"x-mcp-header":{"type":"string"},"a":{"x-mcp-header":"A","type":"string","n":1.0},"b":{"properties":{"c":{"type":"integer","x-mcp-header":"C"}}}},"anyOf":[{"x-mcp-header":"D"},{"k":1.0}]}}"#;
    let stripped = r#"{"name":"slug__t","inputSchema":{"type":"object","default":{"x-mcp-header":1},"properties":{"x-mcp-header":{"type":"string"},"a":{"type":"string","n":1.0},"b":{"properties":{"c":{"type":"integer"}}}},"anyOf":[{},{"k":1.0}]}}"#;
    assert_eq!(tool(Legacy, Modern, definition), stripped);
    let kept = definition.replace(r#""name":"t""#, r#""name":"slug__t""#);
    for (north, south) in [(Modern, Modern), (Modern, Legacy), (Legacy, Legacy)] {
        assert_eq!(tool(north, south, definition), kept);
    }
}

#[test]
fn a_schema_without_end_does_not_end_the_stack() {
    let deep = format!(
        r#"{{"name":"t","inputSchema":{}{}}}"#,
        r#"{"a":{"x-mcp-header":1},"b":"#.repeat(5000) + "0",
        "}".repeat(5000)
    );
    assert!(tool(Legacy, Modern, &deep).len() > 5000);
}

#[test]
fn unknown_roles_leave_the_audience() {
    let definition = r#"{"name":"t","annotations":{"audience":["user","system"],"priority":0.7}}"#;
    let kept = r#"{"name":"slug__t","annotations":{"audience":["user"],"priority":0.7}}"#;
    assert_eq!(tool(Modern, Legacy, definition), kept);
    let result = r#"{"content":[{"type":"text","text":"a","annotations":{"audience":["system"],"priority":0.7}},{"type":"resource","x":1.0,"resource":{"uri":"u","annotations":{"audience":["assistant",7]}}},{"type":"text","annotations":{"audience":["user"]}}],"y":1e5}"#;
    let heard = r#"{"content":[{"type":"text","text":"a","annotations":{"priority":0.7}},{"type":"resource","x":1.0,"resource":{"uri":"u","annotations":{"audience":["assistant"]}}},{"type":"text","annotations":{"audience":["user"]}}],"y":1e5}"#;
    assert_eq!(
        result_for(&way(Legacy, Legacy), &raw(result))
            .unwrap()
            .get(),
        heard
    );
}

#[test]
fn a_result_that_fits_is_not_even_copied() {
    let content = r#""content":[{"type":"odd","x":1.0},{"type":"text","text":"audience \ud83d\ude00"}],"structuredContent":{"b":1.0,"a":null}"#;
    let legacy = raw(&format!("{{ {ODD}, {content} }}"));
    assert!(
        matches!(result_for(&way(Legacy, Legacy), &legacy), Ok(Cow::Borrowed(same)) if same.get() == legacy.get())
    );
    assert!(matches!(
        result_for(&way(Legacy, Modern), &legacy),
        Ok(Cow::Borrowed(_))
    ));
    let modern = raw(&format!(
        r#"{{"resultType":"complete",{ODD},{content},"ttlMs":1000.5,"cacheScope":"shared"}}"#
    ));
    assert!(
        matches!(result_for(&way(Modern, Modern), &modern), Ok(Cow::Borrowed(same)) if same.get() == modern.get())
    );
}

#[test]
fn modern_clients_learn_that_a_result_is_complete() {
    for south in [Modern, Legacy] {
        let result = raw(&format!(r#"{{{ODD},"content":[]}}"#));
        let expected = format!(r#"{{{ODD},"content":[],"resultType":"complete"}}"#);
        assert_eq!(
            result_for(&way(Modern, south), &result).unwrap().get(),
            expected
        );
    }
    let own = raw(r#"{"resultType":"my-own","content":[]}"#);
    assert_eq!(
        result_for(&way(Modern, Legacy), &own).unwrap().get(),
        r#"{"resultType":"complete","content":[]}"#
    );
    assert_eq!(
        result_for(&way(Legacy, Legacy), &own).unwrap().get(),
        own.get()
    );
}

#[test]
fn legacy_clients_do_not_see_modern_fields() {
    for structured in ["[1.0,2]", "null", "7", "\"x\""] {
        let result = raw(&format!(
            r#"{{"resultType":"complete",{ODD},"structuredContent":{structured},"ttlMs":5,"cacheScope":"private"}}"#
        ));
        assert_eq!(
            result_for(&way(Legacy, Modern), &result).unwrap().get(),
            format!("{{{ODD}}}")
        );
    }
    let kept = raw(r#"{"structuredContent":{"a":1.0},"resultType":"complete"}"#);
    assert_eq!(
        result_for(&way(Legacy, Modern), &kept).unwrap().get(),
        r#"{"structuredContent":{"a":1.0}}"#
    );
}

#[test]
fn results_that_nobody_here_can_finish_are_refused() {
    for north in [Modern, Legacy] {
        let refused = |text: &str| {
            result_for(&way(north, Modern), &raw(text))
                .map(|_| ())
                .unwrap_err()
        };
        let asking = r#"{"resultType":"input_required","inputRequests":{}}"#;
        assert_eq!(refused(asking), BridgeError::InputRequiredUnasked);
        assert!(
            matches!(refused(r#"{"resultType":"task"}"#), BridgeError::UnknownResultType { kind } if kind == "task")
        );
        assert!(
            matches!(refused(r#"{"resultType":5}"#), BridgeError::UnknownResultType { kind } if kind == "5")
        );
        assert!(matches!(refused("[]"), BridgeError::Malformed(_)));
    }
}

#[test]
fn errors_are_told_in_the_clients_code() {
    let code = |north, south, method, code| error_for(north, south, method, code).code;
    for (north, south) in ERAS {
        assert_eq!(code(north, south, "tools/call", -32601), -32601);
        assert_eq!(code(north, south, "tools/call", -32602), -32602);
        assert_eq!(code(north, south, "tools/call", 42), 42);
    }
    for north in [Modern, Legacy] {
        for hop in [-32020, -32022] {
            let error = error_for(north, Modern, "tools/call", hop);
            assert!(error.code == -32603 && error.explanation.is_some());
        }
    }
    assert_eq!(code(Legacy, Modern, "resources/read", -32602), -32002);
    assert_eq!(code(Modern, Legacy, "resources/read", -32002), -32602);
    assert_eq!(code(Legacy, Legacy, "resources/read", -32002), -32002);
    assert_eq!(code(Modern, Legacy, "tools/call", -32042), -32603);
    assert_eq!(code(Legacy, Legacy, "tools/call", -32042), -32042);
    assert_eq!(code(Legacy, Modern, "tools/call", -32021), -32603);
    assert_eq!(code(Modern, Modern, "tools/call", -32021), -32021);
}

/// A client that sees many connectors, so that URIs get their connector's key.
fn exposing(method: &'static str, north: Era, south: Era) -> Way<'static> {
    Way {
        method,
        uris: Some(&|uri| format!("x://{uri}")),
        ..way(north, south)
    }
}

#[test]
fn uris_are_exposed_in_every_place_that_has_them_and_nothing_else_moves() {
    for (method, result, exposed) in [
        (
            "tools/call",
            r#"{"content":[{"type":"resource_link","uri":"f:a","n":1.0},{"type":"resource","resource":{"uri":"f:b","text":"\"uri\""}},{"type":"text","text":"x","uri":"f:c"}],"structuredContent":{"uri":"f:d"}}"#,
            r#"{"content":[{"type":"resource_link","uri":"x://f:a","n":1.0},{"type":"resource","resource":{"uri":"x://f:b","text":"\"uri\""}},{"type":"text","text":"x","uri":"f:c"}],"structuredContent":{"uri":"f:d"}}"#,
        ),
        (
            "prompts/get",
            r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"f:a"}}},{"role":"user","content":{"type":"text","text":"f:a"}},{"role":"user","content":[{"type":"resource_link","uri":"f:b"}]}]}"#,
            r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"x://f:a"}}},{"role":"user","content":{"type":"text","text":"f:a"}},{"role":"user","content":[{"type":"resource_link","uri":"x://f:b"}]}]}"#,
        ),
        (
            "resources/read",
            r#"{"contents":[{"uri":"f:a","text":"1e5"},{"uri":"f:b","blob":"","x":1.0}]}"#,
            r#"{"contents":[{"uri":"x://f:a","text":"1e5"},{"uri":"x://f:b","blob":"","x":1.0}]}"#,
        ),
    ] {
        let way = exposing(method, Legacy, Legacy);
        assert_eq!(result_for(&way, &raw(result)).unwrap().get(), exposed);
        let verbatim = Way { uris: None, ..way };
        let result = raw(result);
        assert!(matches!(
            result_for(&verbatim, &result),
            Ok(Cow::Borrowed(_))
        ));
    }
}

#[test]
fn pages_of_apps_are_exposed_in_both_spellings() {
    let definition = r#"{"name":"t","_meta":{"ui":{"resourceUri":"ui://a","x":1.0},"ui/resourceUri":"ui://b","resourceUri":"no"}}"#;
    let way = exposing("tools/list", Modern, Modern);
    assert_eq!(
        definition_for(&way, OfferKind::Tool, &raw(definition), "t").get(),
        r#"{"name":"t","_meta":{"ui":{"resourceUri":"x://ui://a","x":1.0},"ui/resourceUri":"x://ui://b","resourceUri":"no"}}"#
    );
    assert_eq!(
        tool(Modern, Modern, definition),
        definition.replace(r#""t""#, r#""slug__t""#)
    );
}

#[test]
fn resources_and_templates_are_listed_under_their_new_uri() {
    let way = way(Legacy, Modern);
    for (kind, definition, shown) in [
        (
            OfferKind::Resource,
            r#"{"uri":"f:a","name":"A","size":1e3}"#,
            r#"{"uri":"n","name":"A","size":1e3}"#,
        ),
        (
            OfferKind::ResourceTemplate,
            r#"{"uriTemplate":"f:{a}","name":"A"}"#,
            r#"{"uriTemplate":"n","name":"A"}"#,
        ),
        (
            OfferKind::Prompt,
            r#"{"name":"p","arguments":[{"name":"a","required":true}]}"#,
            r#"{"name":"n","arguments":[{"name":"a","required":true}]}"#,
        ),
    ] {
        assert_eq!(
            definition_for(&way, kind, &raw(definition), "n").get(),
            shown
        );
    }
}

#[test]
fn modern_clients_learn_how_long_a_legacy_servers_resource_may_be_kept() {
    let read = |north, south, result: &str| {
        let way = Way {
            method: "resources/read",
            ..way(north, south)
        };
        result_for(&way, &raw(result)).unwrap().get().to_owned()
    };
    assert_eq!(
        read(Modern, Legacy, r#"{"contents":[]}"#),
        r#"{"contents":[],"resultType":"complete","ttlMs":0,"cacheScope":"private"}"#
    );
    let said = r#"{"resultType":"complete","contents":[],"ttlMs":5,"cacheScope":"public"}"#;
    assert_eq!(read(Modern, Modern, said), said);
    assert_eq!(read(Legacy, Modern, said), r#"{"contents":[]}"#);
    let odd = r#"{"resultType":"complete","contents":[],"ttlMs":1000.5,"cacheScope":"shared"}"#;
    assert_eq!(
        read(Modern, Modern, odd),
        r#"{"resultType":"complete","contents":[],"ttlMs":1000,"cacheScope":"private"}"#
    );
}

#[test]
fn what_breaks_clients_is_mended_unless_an_admin_says_no() {
    for (broken, mended) in [
        (
            r#"{"type":"image","data":"iVBORw0KGgoAAA"}"#,
            r#"{"type":"image","data":"iVBORw0KGgoAAA","mimeType":"image/png"}"#,
        ),
        (
            r#"{"type":"audio","data":"AAAA"}"#,
            r#"{"type":"audio","data":"AAAA","mimeType":"application/octet-stream"}"#,
        ),
        (
            r#"{"type":"text","annotations":{"priority":"high","x":1}}"#,
            r#"{"type":"text","annotations":{"x":1}}"#,
        ),
        (
            r#"{"type":"text","annotations":"no"}"#,
            r#"{"type":"text"}"#,
        ),
        (
            r#"{"type":"text","annotations":{"audience":["system"]}}"#,
            r#"{"type":"text","annotations":{}}"#,
        ),
    ] {
        let (broken, mended) = (
            format!(r#"{{"content":[{broken}]}}"#),
            format!(r#"{{"content":[{mended}]}}"#),
        );
        let way = way(Legacy, Legacy);
        assert_eq!(result_for(&way, &raw(&broken)).unwrap().get(), mended);
        assert_eq!(result_for(&way, &raw(&mended)).unwrap().get(), mended);
        let raw_way = Way {
            normalise: false,
            ..way
        };
        assert_eq!(result_for(&raw_way, &raw(&broken)).unwrap().get(), broken);
    }
    let definition = r#"{"name":"slug__t","annotations":{"readOnlyHint":"yes","title":"T"}}"#;
    assert_eq!(
        tool(Legacy, Legacy, definition),
        r#"{"name":"slug__t","annotations":{"title":"T"}}"#
    );
}

#[test]
fn the_data_of_a_missing_resource_names_it_as_the_client_does() {
    let data = raw(r#"{"uri":"f:a","n":1.0}"#);
    let way = exposing("resources/read", Modern, Legacy);
    assert_eq!(
        error_data_for(&way, &data).get(),
        r#"{"uri":"x://f:a","n":1.0}"#
    );
    let verbatim = Way { uris: None, ..way };
    assert!(matches!(error_data_for(&verbatim, &data), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn unknown_fields_pass_in_every_cell(key in "[a-z]{3}\\PC{0,6}", text in any::<String>(), number in any::<f64>()) {
        let extra = RawObject::new().rename_value(&key, &text).with("0n", raw::to_raw(&number)).to_json();
        let result = raw(&extra);
        for (north, south) in ERAS {
            let bridged = result_for(&way(north, south), &result).unwrap();
            let expected = match north {
                Modern => format!(r#"{},"resultType":"complete"}}"#, extra.strip_suffix('}').unwrap()),
                Legacy => extra.clone(),
            };
            prop_assert_eq!(bridged.get(), expected);
            let definition = format!(r#"{},"name":"n"}}"#, extra.strip_suffix('}').unwrap());
            prop_assert_eq!(definition_for(&way(north, south), OfferKind::Tool, &raw(&definition), "n").get().to_owned(), definition);
        }
    }
}
