//! What counts as a message, and what each refusal says.

use proptest::prelude::*;

use super::*;

fn refused(body: &str) -> (i64, EnvelopeFault, Option<String>) {
    let error = Envelope::parse(body.as_bytes()).expect_err(body);
    (
        error.code(),
        error.reason.clone(),
        error.id.map(|id| id.get().to_owned()),
    )
}

#[test]
fn a_request_keeps_its_id_and_params_as_written() {
    let body = br#" {"params":{ "x":1.0 },"extra":[],"id":"\u0061","method":"tools/call","jsonrpc":"2.0"} "#;
    let Envelope::Request(request) = Envelope::parse(body).unwrap() else {
        panic!("not a request");
    };
    assert_eq!(request.id.get(), r#""\u0061""#);
    assert_eq!(request.method, "tools/call");
    assert_eq!(request.params.unwrap().get(), r#"{ "x":1.0 }"#);
}

#[test]
fn integers_of_any_size_are_ids() {
    for id in [
        "0",
        "-1",
        "18446744073709551616",
        "99999999999999999999999999",
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert_eq!(
            Envelope::parse(body.as_bytes())
                .unwrap()
                .id()
                .unwrap()
                .get(),
            id
        );
    }
}

#[test]
fn notifications_and_responses_are_told_apart() {
    let notification =
        Envelope::parse(br#"{"jsonrpc":"2.0","method":"notifications/initialized","params":null}"#);
    assert!(matches!(
        notification.unwrap(),
        Envelope::Notification(Notification { params: None, .. })
    ));
    let result = Envelope::parse(br#"{"jsonrpc":"2.0","id":7,"result":{}}"#).unwrap();
    assert!(matches!(
        result,
        Envelope::Response(Response { outcome: Ok(_), .. })
    ));
    let error =
        Envelope::parse(br#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":""}}"#).unwrap();
    assert!(matches!(
        error,
        Envelope::Response(Response {
            outcome: Err(_),
            ..
        })
    ));
}

#[test]
fn a_key_named_twice_is_a_parse_error() {
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"a","\u006dethod":"b"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"a","x":1,"x":1}"#,
    ] {
        let (code, reason, _) = refused(body);
        assert_eq!(code, -32700, "{body}");
        assert!(
            matches!(
                reason,
                EnvelopeFault::Unreadable(RawError::DuplicateKey { .. })
            ),
            "{body}"
        );
    }
}

#[test]
fn what_is_not_json_is_a_parse_error() {
    let bomb = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{}{}}}"#,
        r#"{"a":"#.repeat(120),
        "}".repeat(120)
    );
    for body in [
        "",
        "hello",
        "{",
        "[1,",
        "{}x",
        "\u{feff}{}",
        r#"{"a":"\ud800"}"#,
        r#"{"a":1e999}"#,
        &bomb,
        &"[".repeat(100_000),
    ] {
        assert_eq!(refused(body).0, -32700, "{body:.40}");
    }
    assert_eq!(
        Envelope::parse(b"{\"a\":\"\xff\"}").unwrap_err().code(),
        -32700
    );
}

#[test]
fn json_that_is_no_message_is_an_invalid_request() {
    let id = Some("1".to_owned());
    for (body, fault, echoed) in [
        ("1", EnvelopeFault::NotAnObject, None),
        ("null", EnvelopeFault::NotAnObject, None),
        ("[]", EnvelopeFault::Batch, None),
        (
            r#" [{"jsonrpc":"2.0","id":1,"method":"a"}]"#,
            EnvelopeFault::Batch,
            None,
        ),
        (
            r#"{"id":1,"method":"a"}"#,
            EnvelopeFault::Version,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":2.0,"id":1,"method":"a"}"#,
            EnvelopeFault::Version,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
            EnvelopeFault::Id,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1.0,"method":"a"}"#,
            EnvelopeFault::Id,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1e3,"method":"a"}"#,
            EnvelopeFault::Id,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#,
            EnvelopeFault::Id,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":true,"method":"a"}"#,
            EnvelopeFault::Id,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":1}"#,
            EnvelopeFault::Method,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":""}"#,
            EnvelopeFault::Method,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a b"}"#,
            EnvelopeFault::Method,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#,
            EnvelopeFault::Params,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1}"#,
            EnvelopeFault::Shape,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","result":{}}"#,
            EnvelopeFault::Shape,
            id.clone(),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
            EnvelopeFault::Shape,
            id,
        ),
        (
            r#"{"jsonrpc":"2.0","result":{}}"#,
            EnvelopeFault::Shape,
            None,
        ),
    ] {
        assert_eq!(refused(body), (-32600, fault, echoed), "{body}");
    }
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":"{}","method":"a"}}"#,
        "x".repeat(2000)
    );
    assert_eq!(refused(&long), (-32600, EnvelopeFault::Id, None));
}

#[test]
fn a_batch_is_read_message_by_message() {
    let body =
        br#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"n"},{"id":3},7]"#;
    let Batch::Many(messages) = Envelope::parse_batch(body).unwrap() else {
        panic!("not a batch");
    };
    assert!(matches!(messages[0], Ok(Envelope::Request(_))));
    assert!(matches!(messages[1], Ok(Envelope::Notification(_))));
    assert_eq!(
        messages[2].as_ref().unwrap_err().id.as_ref().unwrap().get(),
        "3"
    );
    assert_eq!(
        messages[3].as_ref().unwrap_err().reason,
        EnvelopeFault::NotAnObject
    );
    assert!(matches!(
        Envelope::parse_batch(br#"{"jsonrpc":"2.0","method":"n"}"#).unwrap(),
        Batch::One(_)
    ));
    assert_eq!(Envelope::parse_batch(b"[]").unwrap_err().code(), -32600);
    assert_eq!(Envelope::parse_batch(b"[1").unwrap_err().code(), -32700);
    let many = format!("[{}1]", "1,".repeat(100));
    assert_eq!(
        Envelope::parse_batch(many.as_bytes()).unwrap_err().reason,
        EnvelopeFault::BatchSize
    );
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Envelope::parse(&bytes);
        let _ = Envelope::parse_batch(&bytes);
    }

    #[test]
    fn no_object_makes_it_panic_and_every_refusal_has_a_code(text in r#"\{("(jsonrpc|id|method|params|result|error)":("2\.0"|1|null|\{\}|\[\]),?){0,6}\}"#) {
        if let Err(error) = Envelope::parse(text.as_bytes()) {
            prop_assert!(matches!(error.code(), -32700 | -32600));
        }
    }
}

#[test]
fn parameters_come_apart_with_short_calls_only() {
    let apart = |text: &str| {
        let (envelope, params) = Envelope::parse_apart(text.as_bytes()).expect("a message");
        let read = envelope.params().expect("parameters");
        let taken = params.map(|params| Params::try_from(params).expect("parameters"));
        if let Some(taken) = &taken {
            let all = |params: &Params<'_>| {
                let meta = params.request_meta().expect("an object");
                let meta = (meta.progress_token, meta.client_info);
                let fields = (params.name, params.arguments, params.meta);
                format!("{fields:?} {meta:?}")
            };
            assert_eq!(all(taken), all(&read));
        }
        taken.is_some()
    };
    let call = |argument: &str| {
        let meta = r#"{"progressToken":7,"io.modelcontextprotocol/clientInfo":{"name":"c"}}"#;
        let params = format!(r#"{{"name":"t","_meta":{meta},"arguments":{{"a":"{argument}"}}}}"#);
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#)
    };
    assert!(apart(&call("x")));
    assert!(!apart(&call(&"x".repeat(MAX_APART))));
    // Not of an answer, which has none.
    assert!(!apart(
        r#"{"jsonrpc":"2.0","id":1,"result":{},"params":{"name":"a","name":"b"}}"#
    ));
}
