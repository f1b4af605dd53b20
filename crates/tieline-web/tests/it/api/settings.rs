//! The settings over REST: shown, changed, refused with a code for each field.

use serde_json::json;

use crate::app::{Sender, TestApp};

const SETTINGS: &str = "/api/v1/settings";

#[tokio::test]
async fn settings_are_shown_and_changed() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let shown = admin.get(SETTINGS).await.expect(200).json();
    assert_eq!(
        shown,
        json!({
            "tool_changes": "hold_risky", "sign_in_idle_hours": 12, "sign_in_days": 7, "keep_calls_days": 30,
            "keep_content": false, "keep_content_days": 7,
            "deny_private": false, "extra_ca": "", "extra_ca_authorities": [],
            "egress_proxy": "", "egress_proxy_login": false, "theme": "system", "set_by_server": {}, "version": 0,
        })
    );
    let change = json!({ "tool_changes": "hold_all", "keep_calls_days": 365, "version": 0 });
    let changed = admin.patch(SETTINGS, &change).await.expect(200).json();
    assert_eq!(changed["tool_changes"], "hold_all");
    assert_eq!(changed["keep_calls_days"], 365);
    assert_eq!(changed["sign_in_days"], 7);
    assert_eq!(admin.get(SETTINGS).await.json(), changed);
    let late = admin.patch(SETTINGS, &change).await.expect(409).json();
    assert_eq!(late["code"], "edit_conflict");
}

#[tokio::test]
async fn what_cannot_be_used_is_named_and_members_may_not() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    for (change, code) in [
        (json!({ "sign_in_days": 0 }), "number_out_of_range"),
        (json!({ "sign_in_days": "7" }), "number_type"),
        (json!({ "keep_calls_days": 1.5 }), "number_type"),
        (json!({ "tool_changes": "hold" }), "tool_changes_unknown"),
        (json!({ "tool_changes": null }), "tool_changes_type"),
        (json!({ "deny_private": "yes" }), "deny_private_type"),
        (json!({ "keep_content": "on" }), "keep_content_type"),
        (json!({ "keep_content_days": 731 }), "number_out_of_range"),
        (json!({ "extra_ca": "nonsense" }), "certificate_missing"),
        (
            json!({ "extra_ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }),
            "certificate_unreadable",
        ),
        (
            json!({ "egress_proxy": "socks5://proxy:1080" }),
            "proxy_scheme",
        ),
        (json!({ "egress_proxy": 3128 }), "egress_proxy_type"),
        (json!({ "theme_of_all": "dark" }), "unknown_field"),
    ] {
        let refused = admin.patch(SETTINGS, &change).await.expect(422).json();
        assert_eq!(refused["code"], code, "{change}");
    }
    assert_eq!(admin.get(SETTINGS).await.json()["version"], 0);
    member.get(SETTINGS).await.expect(403);
    let change = json!({ "sign_in_days": 1 });
    member.patch(SETTINGS, &change).await.expect(403);
    app.anonymous().get(SETTINGS).await.expect(401);
}

#[tokio::test]
async fn a_proxy_is_set_with_its_login_and_shown_without() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let set = async |url: &str| {
        let change = json!({ "egress_proxy": url });
        let answer = admin.patch(SETTINGS, &change).await.expect(200);
        assert!(!answer.text().contains("s3cret"), "{}", answer.text());
        let shown = answer.json();
        (
            shown["egress_proxy"].clone(),
            shown["egress_proxy_login"].clone(),
        )
    };
    let url = json!("http://proxy.example:3128");
    assert_eq!(
        set("http://ops:s3cret@proxy.example:3128").await,
        (url.clone(), json!(true))
    );
    assert_eq!(set("proxy.example:3128").await, (url.clone(), json!(true)));
    assert_eq!(set("http://@proxy.example:3128").await, (url, json!(false)));
    assert_eq!(set("").await, (json!(""), json!(false)));
}
