//! Everything that reads what strangers wrote, fed with broken examples: nothing panics, and what is accepted keeps its
//! promises. A few thousand inputs each time; `cargo xtask fuzz` tries millions.

use std::collections::VecDeque;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;
use serde_json::value::RawValue;
use tieline_testkit::fuzz::{Run, mark};

use crate::Era;
use crate::bridge::{self, Passage, Way};
use crate::client::fuzzed::{
    Answer, AnswerId, Event, Inbound, Limits, Parser, Rules, check_schema, read_message,
};
use crate::raw::{RawObject, parse_strict};
use crate::wire::{
    Batch, Envelope, OfferKind, ParamHeaders, ToolCallParams, decode_header_value,
    encode_header_value,
};

/// Messages of clients.
const REQUESTS: [&[u8]; 8] = [
    br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,2.5e3,"\u00e9"]},"_meta":{"progressToken":7}}}"#,
    br#"{"jsonrpc":"2.0","id":"m1","method":"tools/list","params":{"cursor":"abc","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"no"}}"#,
    br#"{"jsonrpc":"2.0","id":18446744073709551615,"result":{"action":"accept","content":{}}}"#,
    br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no","data":[null]}}"#,
    br#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
    br#"{"jsonrpc":"2.0","id":9,"method":"prompts/get","params":{"name":"p","inputResponses":{"k":{"action":"decline"}},"requestState":"x"}}"#,
    br#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#,
];

#[test]
fn fuzz_envelopes() {
    Run::from_environment().of("JSON-RPC envelopes", &REQUESTS, |input| {
        let parsed = Envelope::parse_batch(input);
        let kind = match &parsed {
            Ok(Batch::One(envelope)) => 10 + checked(envelope, input),
            Ok(Batch::Many(all)) => 100 + all.len() as u64,
            Err(error) => {
                assert!((-32700..=-32600).contains(&error.code()));
                let words = error.to_string();
                mark(&words.bytes().take(30).map(u64::from).collect::<Vec<_>>())
            }
        };
        // The same without batches is never more.
        if Envelope::parse(input).is_ok() {
            assert!(parsed.is_ok());
        }
        kind
    });
}

/// What is read is JSON for every other reader too, and says the same to it.
fn checked(envelope: &Envelope<'_>, input: &[u8]) -> u64 {
    let whole: Value = serde_json::from_slice(input).expect("what we accept is JSON");
    match envelope {
        Envelope::Request(request) => {
            assert_eq!(whole["method"], *request.method);
            let id: Value = serde_json::from_str(request.id.get()).expect("an id is JSON");
            assert_eq!(whole["id"], id);
            if let Ok(params) = envelope.params() {
                let _ = (params.cursor(), params.request_meta());
                let _ = (params.named("tools/call"), params.named("resources/read"));
            }
            u64::from(ToolCallParams::parse(request.params).is_ok())
        }
        Envelope::Notification(_) => 2,
        Envelope::Response(_) => 3,
    }
}

#[test]
fn fuzz_raw_objects() {
    Run::from_environment().of("raw JSON", &REQUESTS, |input| {
        let Ok(raw) = parse_strict(input, 64) else {
            return 0;
        };
        let Ok(object) = RawObject::parse(raw) else {
            return 1;
        };
        let before: Value = serde_json::from_str(&object.to_json()).expect("JSON again");
        let changed = object
            .clone()
            .with("added", crate::raw::raw_str("\u{202e}\""))
            .without(&["id"])
            .to_json();
        let after: Value = serde_json::from_str(&changed).expect("changed JSON is JSON");
        for (key, value) in before.as_object().expect("an object") {
            if key != "id" && key != "added" {
                assert_eq!(after[key], *value, "{key}");
            }
        }
        2 + object.len() as u64
    });
}

#[test]
fn fuzz_messages_of_servers() {
    let answers: [&[u8]; 4] = [
        br#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}],"resultType":"complete"}}"#,
        br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"\u0007","data":{"supported":["2026-07-28"]}}}"#,
        br#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.5}}"#,
        br#"[{"jsonrpc":"2.0","id":"x","method":"elicitation/create","params":{}},{"jsonrpc":"2.0","id":2,"result":{}}]"#,
    ];
    Run::from_environment().of("messages of servers", &answers, |input| {
        let marks = [true, false].map(|batches| {
            let rules = Rules {
                max_depth: 64,
                batches,
            };
            read_message(input, rules).map_or_else(
                |failure| {
                    let words = failure.to_string();
                    assert!(words.len() < 2_000, "{words}");
                    assert!(!words.contains(['\u{202e}', '\0', '\u{7}']), "{words}");
                    words.len() as u64
                },
                |_| 1,
            )
        });
        mark(&marks)
    });
}

#[test]
fn fuzz_server_sent_events() {
    let streams: [&[u8]; 5] = [
        b"event: message\nid: 1\ndata: {\"a\":1}\n\n",
        b"\xef\xbb\xbfretry: 500\r\nid:\r\ndata\r\ndata: two\r\n\r\n: comment\r\n\r\n",
        b"data:x\rdata: y\r\revent: endpoint\rdata: /messages?s=1\r\r",
        b"id: a\0b\ndata: x\n\nid: 7\n\ndata: cut",
        b"event: other\ndata: z\n\nevent\ndata\n\n",
    ];
    Run::from_environment().of("server-sent events", &streams, |input| {
        let whole = events(input, input.len().max(1));
        // Where the network cuts the stream means nothing.
        for piece in [1, 2, 7] {
            assert_eq!(events(input, piece), whole, "in pieces of {piece}");
        }
        let (events, last_id, retry) = whole;
        let data: usize = events
            .iter()
            .map(|event| match event {
                Event::Message(data) | Event::Endpoint(data) => data.len(),
            })
            .sum();
        assert!(data <= input.len());
        mark(&[
            events.len() as u64,
            u64::from(last_id.is_some()),
            u64::from(retry),
        ])
    });
}

fn events(input: &[u8], piece: usize) -> (Vec<Event>, Option<Vec<u8>>, bool) {
    let (mut parser, mut events) = (Parser::default(), VecDeque::new());
    for bytes in input.chunks(piece) {
        parser
            .push(bytes, 1 << 20, &mut events)
            .expect("no event is that long");
    }
    (events.into(), parser.last_id, parser.retry.is_some())
}

#[test]
fn fuzz_header_values() {
    let values: [&[u8]; 5] = [
        b"us-west1",
        b"=?base64?SGVsbG8sIOS4lueVjA==?=",
        b" padded ",
        b"=?base64??=",
        "世界\u{0}\r\n".as_bytes(),
    ];
    Run::from_environment().of("header values", &values, |input| {
        let text = String::from_utf8_lossy(input);
        let spelled = encode_header_value(&text);
        assert!(spelled.to_str().is_ok());
        assert_eq!(decode_header_value(&spelled).as_deref(), Some(&*text));
        let Ok(foreign) = HeaderValue::from_bytes(input) else {
            return 0;
        };
        match decode_header_value(&foreign) {
            Some(read) => {
                assert_eq!(
                    decode_header_value(&encode_header_value(&read)),
                    Some(read.clone())
                );
                1 + u64::from(read.len() == input.len())
            }
            None => 3,
        }
    });
}

#[test]
fn fuzz_tool_definitions() {
    let tools: [&[u8]; 4] = [
        br#"{"name":"a","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"Region"}}}}"#,
        br#"{"name":"b","inputSchema":{"type":"object","$defs":{"d":{"$ref":"\u0023/$defs/d"}},"allOf":[{"if":{},"then":{}}]},"outputSchema":true}"#,
        br#"{"name":"c","annotations":{"audience":["system","user"],"readOnlyHint":true},"execution":{"taskSupport":"optional"},"inputSchema":{"type":"object"}}"#,
        br#"{"name":"d","description":"\u202e","icons":[{"src":"data:,"}],"inputSchema":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"},"m":{"type":"string","x-mcp-header":"n"}}},"_meta":{"ui":{"resourceUri":"ui://x"}}}"#,
    ];
    let limits = Limits::default();
    Run::from_environment().of("tool definitions", &tools, |input| {
        let Ok(raw) = parse_strict(input, 64) else {
            return 0;
        };
        let unfit = check_schema(raw, &limits).is_err();
        let headers = ParamHeaders::from_definition(raw);
        for (name, value) in headers.headers(Some(raw)) {
            assert!(name.as_str().starts_with("mcp-param-"), "{name}");
            assert!(value.to_str().is_ok());
        }
        let mut changed = 0;
        for (north, south) in [
            (Era::Legacy, Era::Modern),
            (Era::Modern, Era::Legacy),
            (Era::Legacy, Era::Legacy),
        ] {
            for normalise in [true, false] {
                changed += u64::from(is_changed(raw, north, south, normalise));
            }
        }
        mark(&[u64::from(unfit), u64::from(headers.is_empty()), changed])
    });
}

#[test]
fn fuzz_passages() {
    let answers: [&[u8]; 6] = [
        br#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"a\n\u00e9","annotations":{"audience":["x","user"]}},{"type":"image","data":"R0lGOD"}],"isError":true}}"#,
        br#"{"result":{"resultType":"complete","content":[{"type":"resource_link","uri":"a"},{"type":"resource","resource":{"uri":"b","text":""}}]},"jsonrpc":"2.0","id":7}"#,
        br#"{"jsonrpc":"2.0","id":7,"result":{"contents":[{"uri":"a","text":"b"}],"ttlMs":-1.5e0,"cacheScope":"all"},"error":null}"#,
        br#"{"jsonrpc":"2.0","id":7,"result":{"structuredContent":[1],"content":[],"ttlMs":1,"x":{"y":[{}]}}}"#,
        br#"{"jsonrpc":"2.0","id":7,"result":{"messages":[{"role":"user","content":{"type":"audio","data":"x","mimeType":null}}]}}"#,
        br#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x"}}"#,
    ];
    Run::from_environment().of("results in pieces", &answers, |input| {
        let mut passed = Vec::new();
        for (north, south, method, normalise) in [
            (Era::Modern, Era::Legacy, "tools/call", true),
            (Era::Legacy, Era::Modern, "tools/call", true),
            (Era::Modern, Era::Modern, "resources/read", true),
            (Era::Legacy, Era::Legacy, "prompts/get", false),
        ] {
            let expose = |uri: &str| format!("tieline://acme/{uri}");
            let way = Way {
                north,
                south,
                method,
                normalise,
                uris: Some(&expose),
            };
            passed.push(u64::from(is_passed(&way, input)));
        }
        mark(&passed)
    });
}

/// Whether an answer can be passed on in pieces. Then it is one that can be read whole, and comes to the same.
fn is_passed(way: &Way<'_>, input: &[u8]) -> bool {
    let mut passage = Passage::new(*way, 7, 127);
    let input = Bytes::copy_from_slice(input);
    let mut out = Vec::new();
    for from in (0..input.len()).step_by(7) {
        if passage
            .push(&input.slice(from..input.len().min(from + 7)))
            .is_err()
        {
            return false;
        }
        out.extend(passage.take());
    }
    if passage.finish().is_err() {
        return false;
    }
    out.extend(passage.take());
    let rules = Rules {
        max_depth: 127,
        batches: false,
    };
    let read = read_message(&input, rules).expect("what is passed can be read");
    let Inbound::Answer(AnswerId::Number(7), Answer::Result(result)) = read else {
        panic!("{read:?} was passed on");
    };
    let whole = bridge::result_for(way, &result).expect("what is passed can be bridged");
    let ours: Value = serde_json::from_slice(&out.concat()).expect("JSON");
    let theirs: Value = serde_json::from_str(whole.get()).expect("JSON");
    // A search through the text misses keys that are spelled with escapes.
    if memchr::memchr(b'\\', &input).is_none() {
        assert_eq!(ours, theirs, "{}", input.escape_ascii());
    }
    true
}

/// Whether anything is changed on the way; whatever becomes of it is JSON.
fn is_changed(raw: &RawValue, north: Era, south: Era, normalise: bool) -> bool {
    let expose = |uri: &str| format!("tieline://acme/{uri}");
    let mut changed = false;
    for kind in OfferKind::ALL {
        let way = Way {
            north,
            south,
            method: kind.method(),
            normalise,
            uris: Some(&expose),
        };
        let shown = bridge::definition_for(&way, kind, raw, "new_name");
        assert_json(&shown);
        changed |= shown.get() != raw.get();
        for method in ["tools/call", "resources/read"] {
            if let Ok(result) = bridge::result_for(&Way { method, ..way }, raw) {
                assert_json(&result);
            }
        }
    }
    changed
}

fn assert_json(raw: &RawValue) {
    serde_json::from_str::<Value>(raw.get()).expect("JSON is made of JSON");
}
