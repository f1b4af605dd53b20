//! The doors of the dashboard: who gets in, with which cookie, and where they come out.

use bytes::Bytes;
use http::{Method, header};
use http_body_util::Full;
use tieline_domain::Role;

use crate::app::{Answer, Options, PASSWORD, Sender, TestApp};

/// Sends a form as the browser of `sender` would.
async fn form(sender: &impl Sender, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = sender.request(Method::POST, path, None);
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        "application/x-www-form-urlencoded"
            .parse()
            .expect("a header"),
    );
    headers.insert(header::ACCEPT, "text/html".parse().expect("a header"));
    headers.insert("sec-fetch-site", "same-origin".parse().expect("a header"));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    *request.body_mut() = Full::new(Bytes::from(body));
    sender.app().send(request).await
}

async fn page(sender: &impl Sender, path: &str) -> Answer {
    let mut request = sender.request(Method::GET, path, None);
    request
        .headers_mut()
        .insert(header::ACCEPT, "text/html".parse().expect("a header"));
    sender.app().send(request).await
}

async fn sign_in(app: &TestApp, password: &str, next: &str) -> Answer {
    let fields = [
        ("email", "ada@example.com"),
        ("password", password),
        ("next", next),
    ];
    form(&app.anonymous(), "/signin", &fields).await
}

#[tokio::test]
async fn signing_in_leads_to_the_wanted_page_and_never_elsewhere() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    let refused = page(&app.anonymous(), "/integrations?tab=off")
        .await
        .expect(303);
    assert_eq!(
        refused.header("location"),
        "/signin?next=%2Fintegrations%3Ftab%3Doff"
    );
    let answer = sign_in(&app, PASSWORD, "/integrations?tab=off")
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/integrations?tab=off");
    for evil in ["//evil", "/\\evil", "https://evil", ""] {
        assert_eq!(
            sign_in(&app, PASSWORD, evil)
                .await
                .expect(303)
                .header("location"),
            "/",
            "{evil}"
        );
    }
}

#[tokio::test]
async fn w13_the_cookie_is_out_of_reach_of_scripts_and_ends_with_the_sign_in() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    let line = sign_in(&app, PASSWORD, "")
        .await
        .expect(303)
        .header("set-cookie")
        .to_owned();
    let (cookie, flags) = line.split_once(';').expect("flags");
    assert!(
        cookie.starts_with("tieline=") && cookie.len() >= "tieline=".len() + 22,
        "{line}"
    );
    for flag in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(flags.contains(flag), "{line}");
    }
    let again = sign_in(&app, PASSWORD, "")
        .await
        .expect(303)
        .header("set-cookie")
        .to_owned();
    assert_ne!(line, again, "each sign-in has a cookie of its own");

    let browser = app.browser(cookie);
    page(&browser, "/integrations").await.expect(200);
    let out = form(&browser, "/signout", &[]).await.expect(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    page(&browser, "/integrations").await.expect(303);
    browser.get("/api/v1/keys").await.expect(401);
}

#[tokio::test]
async fn w13_over_https_the_cookie_is_bound_to_the_host() {
    let app = TestApp::with(Options {
        public_url: Some("https://tieline.example"),
        ..Options::default()
    })
    .await;
    app.person("Ada", Role::Admin).await;
    let line = sign_in(&app, PASSWORD, "")
        .await
        .expect(303)
        .header("set-cookie")
        .to_owned();
    assert!(
        line.starts_with("__Host-tieline=") && line.ends_with("; Secure"),
        "{line}"
    );
}

#[tokio::test]
async fn w11_guessing_a_password_ends_in_a_pause() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    for _ in 0..10 {
        let wrong = sign_in(&app, "wrong", "").await.expect(401);
        assert!(wrong.text().contains("E-mail or password is wrong."));
        assert!(!wrong.headers.contains_key("set-cookie"));
    }
    sign_in(&app, PASSWORD, "").await.expect(429);
    app.clock.advance(std::time::Duration::from_mins(16));
    sign_in(&app, PASSWORD, "").await.expect(303);
}

#[tokio::test]
async fn w16_a_role_counts_from_the_next_page_on() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.admin("Ada").await, app.admin("Bob").await);
    page(&bob, "/integrations").await.expect(200);
    let role = format!("/users/{}/role", bob.user);
    form(&ada, &role, &[("role", "member")]).await.expect(303);
    page(&bob, "/integrations").await.expect(403);
    let new = [("name", "Acme"), ("url", "https://acme.example/mcp")];
    form(&bob, "/integrations/new", &new).await.expect(403);
    page(&bob, "/connect").await.expect(200);
    form(&ada, &role, &[("role", "admin")]).await.expect(303);
    page(&bob, "/integrations").await.expect(200);
}

#[tokio::test]
async fn a_member_is_told_whom_to_ask() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    let mel = app.member("Mel").await;
    for path in [
        "/integrations",
        "/integrations/new",
        "/users",
        "/activity",
        "/settings",
    ] {
        let answer = page(&mel, path).await.expect(403);
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert!(answer.text().contains("Ada"), "{path} names the admins");
    }
    let fields = [("name", "Acme"), ("url", "https://acme.example/mcp")];
    form(&mel, "/integrations/new", &fields).await.expect(403);
    page(&mel, "/connect").await.expect(200);
    assert!(
        !page(&mel, "/connect")
            .await
            .text()
            .contains("href=\"/integrations"),
        "it is not in a member's navigation"
    );
}

#[tokio::test]
async fn w12_the_first_admin_needs_the_code_from_the_log() {
    let app = TestApp::start().await;
    let code = app.hub.issue_setup_code().await.expect("a code");
    let fields = |code: &str| {
        let typed = [
            ("code", code),
            ("name", "Ada"),
            ("email", "ada@example.com"),
            ("password", PASSWORD),
        ];
        typed.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |code: &str| {
        let fields = fields(code);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form(&app.anonymous(), "/setup", &fields).await
    };
    for wrong in ["", "nonsense"] {
        assert_eq!(send(wrong).await.status, 403, "{wrong:?}");
    }
    let done = send(code.expose()).await.expect(303);
    assert!(done.header("set-cookie").starts_with("tieline="));
    let again = send(code.expose()).await;
    assert!(
        [303, 409].contains(&again.status) && !again.headers.contains_key("set-cookie"),
        "{}",
        again.status
    );
    assert_eq!(app.hub.list_users().await.expect("people").len(), 1);
}

#[tokio::test]
async fn w14_every_page_is_locked_down() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    for path in [
        "/",
        "/signin",
        "/setup",
        "/integrations",
        "/integrations/new",
        "/connect",
        "/activity",
        "/users",
        "/settings",
        "/chat",
        "/nope",
    ] {
        for answer in [page(&admin, path).await, page(&app.anonymous(), path).await] {
            assert!(answer.status < 500, "{path}: {}", answer.text());
            assert!(
                answer
                    .header("content-security-policy")
                    .contains("default-src 'none'"),
                "{path}"
            );
            assert!(answer.header("x-request-id").starts_with("r-"), "{path}");
            let page = answer.text();
            assert!(
                !page.contains(" style=\"") && !page.contains("<script>"),
                "{path} has something inline"
            );
        }
    }
}
