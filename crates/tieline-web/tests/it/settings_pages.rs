//! The five pages of the settings, as a browser without scripts meets them.

use std::time::Duration;

use tieline_domain::Role;

use crate::app::{Answer, TestApp};
use crate::dashboard::{open, submit};

const PAGES: [&str; 6] = [
    "/settings",
    "/settings/general",
    "/settings/models",
    "/settings/network",
    "/settings/security",
    "/settings/data",
];

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).expect("the field is there");
    let (value, _) = rest.split_once('"').expect("it ends");
    value.replace("&#39;", "'").replace("&#38;", "&")
}

#[tokio::test]
async fn only_admins_see_and_change_settings() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    for path in PAGES {
        let page = open(&admin, path).await.expect(200).text();
        for (label, href) in [("General", "general"), ("Data", "data")] {
            let tab = format!("href=\"/settings/{href}\"");
            assert!(page.contains(&tab) && page.contains(label), "{path}");
        }
        let refused = open(&member, path).await.expect(403).text();
        assert!(refused.contains("Ask Ada."), "{path}");
        open(&app.anonymous(), path).await.expect(303);
    }
    for path in [
        "/settings/security",
        "/settings/data",
        "/settings/data/backup",
    ] {
        let fields = [("sign_in_days", "1"), ("keep_calls_days", "1")];
        submit(&member, path, &fields).await.expect(403);
    }
    assert_eq!(app.hub.settings_in_force().sign_in_days, 7);
}

#[tokio::test]
async fn security_is_changed_by_a_form_and_wrong_values_are_kept_and_explained() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let path = "/settings/security";
    let page = open(&admin, path).await.expect(200).text();
    let version = hidden(&page, "version");
    let typed = |idle, days| {
        [
            ("tool_changes", "hold_all"),
            ("sign_in_idle_hours", idle),
            ("sign_in_days", days),
            ("version", version.as_str()),
            ("told", ""),
        ]
    };
    let wrong = submit(&admin, path, &typed("0", "1000")).await.expect(422);
    let wrong = wrong.text();
    assert!(wrong.contains("Enter a whole number from 1 to 168."));
    assert!(wrong.contains("Enter a whole number from 1 to 90."));
    assert!(wrong.contains("value=\"1000\""), "what was typed is kept");
    let saved = submit(&admin, path, &typed("24", "30")).await.expect(303);
    assert_eq!(
        saved.header("location"),
        "/settings/security?done=settings_saved"
    );
    let page = open(&admin, path).await.expect(200).text();
    assert!(page.contains("value=\"24\"") && page.contains("value=\"30\""));
    assert!(page.contains("value=\"hold_all\" checked"));
    app.clock.advance(Duration::from_mins(2));
    let bob = app.admin("Bob").await;
    let late = submit(&bob, path, &typed("48", "30")).await.expect(409);
    let late = late.text();
    assert!(late.contains("Ada changed the settings 2 min ago. This is what is stored now."));
    assert!(late.contains("value=\"24\""), "what is stored is shown");
    let audit = open(&admin, "/activity?tab=audit").await.text();
    assert!(audit.contains("changed the settings"));
    assert!(audit.contains("sign in idle hours: 12 → 24"), "{audit}");
}

#[tokio::test]
async fn whom_it_signs_out_is_told_before_it_is_saved() {
    let app = TestApp::start().await;
    let mel = app.person("Mel", Role::Member).await;
    app.hub.start_sign_in(mel, None).await.expect("a sign-in");
    app.clock.advance(Duration::from_hours(6));
    let admin = app.admin("Ada").await;
    let path = "/settings/security";
    let page = open(&admin, path).await.expect(200).text();
    let version = hidden(&page, "version");
    let send = async |told: &str| -> Answer {
        let fields = [
            ("sign_in_idle_hours", "5"),
            ("version", version.as_str()),
            ("told", told),
        ];
        submit(&admin, path, &fields).await
    };
    let asked = send("").await.expect(200).text();
    assert!(
        asked.contains("1 person is signed out somewhere"),
        "{asked}"
    );
    assert!(asked.contains("Save all the same"));
    assert_eq!(app.hub.settings_in_force().sign_in_idle_hours, 12);
    send("something else").await.expect(200);
    send(&hidden(&asked, "told")).await.expect(303);
    assert_eq!(app.hub.settings_in_force().sign_in_idle_hours, 5);
}

#[tokio::test]
async fn a_backup_is_downloaded_and_recorded() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let page = open(&admin, "/settings/data").await.expect(200).text();
    assert!(page.contains("Download backup") && page.contains("tieline.db"));
    assert!(page.contains("tieline audit verify"));
    let backup = submit(&admin, "/settings/data/backup", &[]).await;
    let backup = backup.expect(200);
    let disposition = backup.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"tieline-"));
    let length = backup.body.len().to_string();
    assert_eq!(backup.header("content-length"), length);
    assert!(backup.body.starts_with(b"SQLite format 3\0"));
    let audit = open(&admin, "/activity?tab=audit").await.text();
    assert!(audit.contains("downloaded the backup"));
}

#[tokio::test]
async fn certificates_are_pasted_shown_by_name_and_refused_with_a_reason() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let path = "/settings/network";
    let page = open(&admin, path).await.expect(200).text();
    let version = hidden(&page, "version");
    let send = async |pem: &str| -> Answer {
        let fields = [
            ("deny_private", "false"),
            ("extra_ca", pem),
            ("version", version.as_str()),
        ];
        submit(&admin, path, &fields).await
    };
    let wrong = send("<img src=x onerror=alert(1)>")
        .await
        .expect(422)
        .text();
    assert!(wrong.contains("There is no certificate in it."));
    assert!(!wrong.contains("<img"));
    let key = include_str!("../../../tieline-mcp/tests/it/certificates/good.key");
    let refused = send(key).await.expect(422).text();
    assert!(refused.contains("This holds a private key."));
    let secret = key.lines().nth(1).expect("a line of the key");
    assert!(!refused.contains(secret), "it is not sent back");
    let pem = include_str!("../../../tieline-mcp/tests/it/certificates/ca.pem");
    send(pem).await.expect(303);
    let page = open(&admin, path).await.expect(200).text();
    assert!(page.contains("valid until"), "{page}");
}

#[tokio::test]
async fn the_default_theme_is_for_those_who_chose_none() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let page = open(&admin, "/settings/general").await.expect(200).text();
    assert!(!page.contains("data-theme=") && page.contains("None yet"));
    let fields = [("theme", "dark"), ("version", "0")];
    submit(&admin, "/settings/general", &fields)
        .await
        .expect(303);
    let page = open(&admin, "/settings/general").await.expect(200).text();
    assert!(page.contains("data-theme=\"dark\""));
    let outside = open(&app.anonymous(), "/signin").await.text();
    assert!(outside.contains("data-theme=\"dark\""));
    let chosen = submit(&admin, "/theme", &[("theme", "system")]).await;
    assert!(
        chosen
            .header("set-cookie")
            .starts_with("tieline-theme=system;")
    );
    let wrong = [("theme", "pink"), ("version", "1")];
    let wrong = submit(&admin, "/settings/general", &wrong)
        .await
        .expect(422);
    assert!(wrong.text().contains("The theme must be"));
}

#[tokio::test]
async fn a_proxy_is_entered_with_its_login_which_no_page_shows_again() {
    const SECRET: &str = "s3cret-word";
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let path = "/settings/network";
    let send = async |fields: &[(&str, &str)]| -> Answer {
        let page = open(&admin, path).await.expect(200).text();
        let version = hidden(&page, "version");
        let mut all = vec![("deny_private", "false"), ("version", version.as_str())];
        all.extend_from_slice(fields);
        let answer = submit(&admin, path, &all).await;
        assert!(!answer.text().contains(SECRET));
        answer
    };
    let typed = format!("http://ops:{SECRET}@proxy.example:3128");
    let wrong = typed.replacen("http", "socks5", 1);
    let wrong = send(&[("egress_proxy", &wrong)]).await.expect(422).text();
    assert!(
        wrong.contains("Only HTTP proxies are supported."),
        "{wrong}"
    );
    assert!(wrong.contains("value=\"socks5://proxy.example:3128\""));
    assert!(wrong.contains("Enter it once more") || wrong.contains("Only HTTP"));
    send(&[("egress_proxy", &typed)]).await.expect(303);
    let page = open(&admin, path).await.expect(200).text();
    assert!(page.contains("value=\"http://proxy.example:3128\""));
    assert!(page.contains("Leave the login out to keep it."));
    assert!(!page.contains(SECRET) && !page.contains("ops"), "{page}");
    // Saving the page as it is keeps the login; the tick takes it away.
    send(&[("egress_proxy", "http://proxy.example:3128")])
        .await
        .expect(303);
    assert!(app.hub.show_settings().await.expect("settings").proxy_login);
    let fields = [
        ("egress_proxy", "http://proxy.example:3128"),
        ("egress_proxy_no_login", "yes"),
    ];
    send(&fields).await.expect(303);
    let after = app.hub.show_settings().await.expect("settings");
    assert!(!after.proxy_login && after.values.egress_proxy.is_some());
    let page = open(&admin, path).await.expect(200).text();
    assert!(!page.contains("Remove the stored login"));
    let audit = open(&admin, "/activity?tab=audit").await.text();
    assert!(
        audit.contains("http://proxy.example:3128, with a new login"),
        "{audit}"
    );
    assert!(!audit.contains(SECRET));
    send(&[("egress_proxy", "")]).await.expect(303);
    assert_eq!(app.hub.settings_in_force().egress_proxy, None);
}
