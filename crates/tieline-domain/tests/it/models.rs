//! What is accepted as a model API, and what is refused with which code.

use tieline_domain::{
    ModelDraft, ModelKind, ModelName, ModelUrl, ToolPolicy, parse_key, parse_model,
};
use zeroize::Zeroizing;

fn draft() -> ModelDraft {
    ModelDraft {
        name: "Claude".to_owned(),
        kind: "anthropic".to_owned(),
        key: Zeroizing::new("sk-ant-0123456789".to_owned()),
        ..ModelDraft::default()
    }
}

fn codes(draft: &ModelDraft) -> Vec<(&'static str, &'static str)> {
    let errors = draft.parse().expect_err("something is wrong with it");
    errors
        .iter()
        .map(|error| (error.field, error.code))
        .collect()
}

#[test]
fn kinds_and_policies_have_one_word_each() {
    for kind in ModelKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        let word = format!("\"{kind}\"");
        assert_eq!(serde_json::to_string(&kind).unwrap(), word);
        assert_eq!(serde_json::from_str::<ModelKind>(&word).unwrap(), kind);
    }
    for policy in ToolPolicy::ALL {
        assert_eq!(policy.as_str().parse(), Ok(policy));
        let word = format!("\"{policy}\"");
        assert_eq!(serde_json::to_string(&policy).unwrap(), word);
        assert_eq!(serde_json::from_str::<ToolPolicy>(&word).unwrap(), policy);
    }
    assert_eq!(
        "Anthropic".parse::<ModelKind>().unwrap_err().code(),
        "kind_unknown"
    );
    assert_eq!(
        "never".parse::<ToolPolicy>().unwrap_err().code(),
        "policy_unknown"
    );
    assert_eq!(ToolPolicy::default(), ToolPolicy::Allow);
    assert_eq!(ToolPolicy::suggested(true), ToolPolicy::Ask);
    assert_eq!(ToolPolicy::suggested(false), ToolPolicy::Allow);
}

#[test]
fn names_are_compared_without_letter_case() {
    let name = ModelName::parse(" Claude Ä ").unwrap();
    assert_eq!(name.as_str(), "Claude Ä");
    assert_eq!(name.folded(), ModelName::fold("CLAUDE ä"));
    assert_ne!(name.folded(), ModelName::fold("Claude A"));
    for (text, code) in [
        ("", "name_empty"),
        (" ", "name_empty"),
        ("!!", "name_no_letter_or_digit"),
        ("a\u{200B}b", "name_bad_char"),
        ("Сlaude", "name_mixed_scripts"),
        (&"é".repeat(61), "name_too_long"),
        (&"é".repeat(90), "name_too_long"),
    ] {
        let error = ModelName::parse(text).unwrap_err();
        assert_eq!(error.code(), code, "{text}");
        assert!(!error.to_string().contains("onnector"), "{error}");
    }
    ModelName::parse(&"é".repeat(60)).unwrap();
}

#[test]
fn base_urls_lose_the_slash_at_their_end() {
    for (typed, base, messages) in [
        (
            "https://api.anthropic.com",
            "https://api.anthropic.com",
            "https://api.anthropic.com/v1/messages",
        ),
        (
            " HTTPS://Api.Example/v1// ",
            "https://api.example/v1",
            "https://api.example/v1/v1/messages",
        ),
        (
            "http://127.0.0.1:11434/v1",
            "http://127.0.0.1:11434/v1",
            "http://127.0.0.1:11434/v1/v1/messages",
        ),
    ] {
        let url = ModelUrl::parse(typed).unwrap();
        assert_eq!(url.as_str(), base);
        assert_eq!(url.join("/v1/messages"), messages);
        assert_eq!(ModelUrl::parse(url.as_str()), Ok(url));
    }
    let origin = ModelUrl::parse("https://h.example/v1").unwrap().origin();
    assert_eq!(origin.as_str(), "https://h.example:443");
    assert!(ModelUrl::parse("http://h.example").unwrap().is_plain_http());
    assert!(
        !ModelUrl::parse("http://localhost:1234")
            .unwrap()
            .is_plain_http()
    );
}

#[test]
fn base_urls_that_could_leak_or_go_astray_are_refused() {
    for (typed, code) in [
        ("", "url_empty"),
        ("api.openai.com/v1", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("https://u:p@h.example", "url_userinfo"),
        ("https://h.example/v1?key=secret", "url_query"),
        ("https://h.example/v1?", "url_query"),
        ("https://h.example/#x", "url_fragment"),
        ("https://a..b/", "url_host"),
        ("http://h.example:25/", "port_refused"),
        ("http://h.example:99999/", "url_port"),
    ] {
        let error = ModelUrl::parse(typed).unwrap_err();
        assert_eq!(error.code(), code, "{typed}");
        let words = error.to_string();
        assert!(!words.contains("MCP") && !words.contains("secret=") && !words.contains("u:p"));
    }
}

#[test]
fn a_draft_fills_in_what_the_kind_says() {
    let model = draft().parse().unwrap();
    assert_eq!(model.base_url, ModelKind::Anthropic.default_base_url());
    assert_eq!(model.model, ModelKind::Anthropic.default_model());
    assert!(model.key.is_some() && model.fallback.is_none());
    let other = ModelDraft {
        kind: "openai".to_owned(),
        base_url: "http://localhost:11434/v1/".to_owned(),
        model: " llama3.3 ".to_owned(),
        key: Zeroizing::default(),
        ..draft()
    };
    let model = other.parse().unwrap();
    assert_eq!(model.model, "llama3.3");
    assert!(model.key.is_none());
}

#[test]
fn a_draft_reports_everything_that_is_wrong_at_once() {
    let bad = ModelDraft {
        name: String::new(),
        kind: "mistral".to_owned(),
        base_url: "ftp://x".to_owned(),
        model: "a b".to_owned(),
        key: Zeroizing::new("sk-é".to_owned()),
        fallback: None,
    };
    assert_eq!(
        codes(&bad),
        [
            ("name", "name_empty"),
            ("kind", "kind_unknown"),
            ("base_url", "url_scheme"),
            ("model", "model_bad_char"),
            ("key", "key_bad_char"),
        ]
    );
    let unnamed = ModelDraft {
        base_url: "https://gateway.example".to_owned(),
        ..draft()
    };
    assert_eq!(codes(&unnamed), [("model", "model_empty")]);
    let without_kind = ModelDraft {
        kind: String::new(),
        ..draft()
    };
    assert_eq!(codes(&without_kind), [("kind", "kind_unknown")]);
}

#[test]
fn no_message_and_no_debug_output_holds_the_key() {
    assert!(!format!("{:?}", draft()).contains("sk-ant"));
    assert!(!format!("{:?}", draft().parse().unwrap()).contains("sk-ant"));
    let error = parse_key("sk-ant-ä").unwrap_err();
    assert!(!error.to_string().contains("sk-"));
    assert_eq!(parse_key(" ").unwrap_err().code(), "key_blank");
    assert!(parse_key("").unwrap().is_none());
    assert_eq!(
        parse_model(&"x".repeat(201)).unwrap_err().code(),
        "model_too_long"
    );
}
