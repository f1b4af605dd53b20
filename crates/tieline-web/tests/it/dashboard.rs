//! The pages as browsers get them: who may open which, what a form answers, and what never comes back.

use bytes::Bytes;
use http::{Method, header};
use http_body_util::Full;
use serde_json::json;
use tieline_domain::Role;

use crate::app::{Answer, PASSWORD, Sender, TestApp};

const CANARY: &str = "canary-token-5b1f0c9e7d";
const HOSTILE: &str = "<img src=x onerror=alert(1)>";

/// What a browser sends when a form is submitted.
pub(crate) async fn submit(who: &impl Sender, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(fields);
    let mut request = who.request(Method::POST, path, None);
    *request.body_mut() = Full::new(Bytes::from(pairs.finish()));
    let form = "application/x-www-form-urlencoded"
        .parse()
        .expect("a header");
    request.headers_mut().insert(header::CONTENT_TYPE, form);
    request
        .headers_mut()
        .insert(header::ACCEPT, "text/html".parse().expect("a header"));
    who.app().send(request).await
}

/// What a browser sends when a page is opened.
pub(crate) async fn open(who: &impl Sender, path: &str) -> Answer {
    let mut request = who.request(Method::GET, path, None);
    request
        .headers_mut()
        .insert(header::ACCEPT, "text/html,*/*".parse().expect("a header"));
    who.app().send(request).await
}

#[tokio::test]
async fn without_a_sign_in_every_page_leads_to_the_sign_in_and_back() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    for path in [
        "/integrations",
        "/integrations/new",
        "/connect",
        "/activity",
        "/users",
        "/settings",
        "/chat",
        "/account/password",
    ] {
        let answer = open(&app.anonymous(), path).await.expect(303);
        let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        assert_eq!(answer.header("location"), format!("/signin?next={next}"));
    }
}

#[tokio::test]
async fn w20_a_sign_in_goes_on_only_within_this_server() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    for (next, expected) in [
        ("/integrations?q=a", "/integrations?q=a"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
    ] {
        let fields = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let answer = submit(&app.anonymous(), "/signin", &fields)
            .await
            .expect(303);
        assert_eq!(answer.header("location"), expected, "{next}");
        assert!(
            answer
                .header("set-cookie")
                .contains("HttpOnly; SameSite=Lax")
        );
    }
}

#[tokio::test]
async fn a_wrong_password_has_one_message_and_is_not_sent_back() {
    let app = TestApp::start().await;
    app.person("Ada", Role::Admin).await;
    for email in ["ada@example.com", "nobody@example.com"] {
        let answer = submit(
            &app.anonymous(),
            "/signin",
            &[("email", email), ("password", CANARY)],
        )
        .await
        .expect(401);
        let page = answer.text();
        assert!(
            page.contains("E-mail or password is wrong. 9 tries left before a 15 minute pause."),
            "{page}"
        );
        assert!(page.contains(email) && !page.contains(CANARY));
    }
}

#[tokio::test]
async fn admins_open_every_page_and_members_are_told_whom_to_ask() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    for path in [
        "/integrations",
        "/integrations/new",
        "/integrations/providers/linear",
        "/activity",
        "/activity?tab=audit",
        "/users",
        "/settings",
    ] {
        let page = open(&admin, path).await.expect(200);
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert!(
            page.header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{path}"
        );
        let refused = open(&member, path).await.expect(403).text();
        assert!(
            refused.contains("Only admins") && refused.contains("Ask Ada."),
            "{path}: {refused}"
        );
    }
    for path in ["/connect", "/chat", "/account/password"] {
        open(&member, path).await.expect(200);
    }
    assert!(
        !open(&member, "/connect")
            .await
            .text()
            .contains("href=\"/integrations\"")
    );
    member.get("/events?view=integrations").await.expect(403);
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_but_never_the_token() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let typed = [
        ("name", HOSTILE),
        ("url", "ftp://h/"),
        ("token", CANARY),
        ("auth_header", "Cookie"),
        ("action", "add"),
    ];
    let page = submit(&admin, "/integrations/new", &typed)
        .await
        .expect(422)
        .text();
    assert!(
        page.contains("&#60;img src=x onerror=alert(1)&#62;") && !page.contains("<img"),
        "{page}"
    );
    assert!(
        page.contains("ftp://h/") && page.contains("The URL must start with http:// or https://."),
        "{page}"
    );
    assert!(page.contains("value=\"Cookie\"") && !page.contains(CANARY));
    assert_eq!(admin.get("/api/v1/connectors").await.json(), json!([]));
}

#[tokio::test]
async fn a_name_in_use_is_refused_with_a_way_out() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let fields = |name| {
        [
            ("name", name),
            ("url", "http://127.0.0.1:9/mcp"),
            ("action", "save"),
        ]
    };
    // Port 9 of this machine answers nobody, and nothing is dialled before the background runs.
    let added = submit(
        &admin,
        "/integrations/new",
        &[
            ("name", "Acme MCP"),
            ("url", "http://127.0.0.1:9999/mcp"),
            ("action", "save_anyway"),
        ],
    )
    .await
    .expect(303);
    assert_eq!(
        added.header("location"),
        "/integrations?done=added&what=acme_mcp"
    );
    let taken = submit(
        &admin,
        "/integrations/new",
        &[
            ("name", "Acme  mcp"),
            ("url", "http://127.0.0.1:9999/mcp"),
            ("action", "save"),
        ],
    )
    .await
    .expect(409)
    .text();
    assert!(
        taken.contains("is used by")
            && taken.contains("/integrations/c/acme_mcp")
            && taken.contains("Acme  mcp 2"),
        "{taken}"
    );
    let reserved = submit(&admin, "/integrations/new", &fields("Linear!")).await;
    assert!([409, 422].contains(&reserved.status), "{}", reserved.status);
    let note = open(&admin, "/integrations/slug?name=Linear!")
        .await
        .expect(200)
        .text();
    assert!(
        note.contains("belongs to the built-in Linear.") && note.contains("value=\"Linear 2\""),
        "{note}"
    );
}

#[tokio::test]
async fn u13_a_hostile_name_is_text_on_every_page() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body = json!({ "name": HOSTILE, "url": "http://127.0.0.1:9999/mcp", "token": CANARY });
    let slug = admin
        .post("/api/v1/connectors", &body)
        .await
        .expect(201)
        .json()["slug"]
        .as_str()
        .expect("a slug")
        .to_owned();
    for path in [
        "/integrations".to_owned(),
        format!("/integrations/c/{slug}"),
        format!("/integrations/c/{slug}?tab=connection"),
        format!("/integrations/c/{slug}/remove"),
        format!("/integrations?q=onerror&done=added&what={slug}"),
        "/activity?tab=audit".to_owned(),
    ] {
        let page = open(&admin, &path).await.expect(200).text();
        assert!(
            page.contains("&#60;img src=x onerror=alert(1)&#62;"),
            "{path}"
        );
        assert!(!page.contains("<img") && !page.contains(CANARY), "{path}");
    }
}

#[tokio::test]
async fn a_removal_waits_for_the_typed_key() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body = json!({ "name": "Acme MCP", "url": "http://127.0.0.1:9999/mcp" });
    admin.post("/api/v1/connectors", &body).await.expect(201);
    let again = submit(
        &admin,
        "/integrations/c/acme_mcp/remove",
        &[("confirm", "acme")],
    )
    .await
    .expect(422)
    .text();
    assert!(again.contains("Type the key exactly: acme_mcp."), "{again}");
    let gone = submit(
        &admin,
        "/integrations/c/acme_mcp/remove",
        &[("confirm", "acme_mcp")],
    )
    .await
    .expect(303);
    assert_eq!(
        gone.header("location"),
        "/integrations?done=removed&what=acme_mcp"
    );
    open(&admin, "/integrations/c/acme_mcp").await.expect(404);
}

#[tokio::test]
async fn a_key_is_shown_once() {
    let app = TestApp::start().await;
    let member = app.member("Mel").await;
    let unnamed = submit(&member, "/connect/keys", &[("name", " "), ("days", "90")])
        .await
        .expect(422)
        .text();
    assert!(unnamed.contains("Give the key a name"), "{unnamed}");
    let page = submit(
        &member,
        "/connect/keys",
        &[("name", "Laptop"), ("days", "90")],
    )
    .await
    .expect(200)
    .text();
    let at = page.find("value=\"tl_").expect("the key is on the page") + "value=\"".len();
    let key = page.get(at..at + 41).expect("a whole key");
    let later = open(&member, "/connect").await.expect(200).text();
    assert!(later.contains("Laptop") && !later.contains(key));
    app.key_text(key).get("/api/v1/keys").await.expect(200);
}

#[tokio::test]
async fn somebody_elses_key_cannot_be_found() {
    let app = TestApp::start().await;
    let (mel, ann) = (app.member("Mel").await, app.member("Ann").await);
    let id = app.key_of(ann.user).await.id.expect("an id");
    open(&mel, &format!("/connect/keys/{id}/revoke"))
        .await
        .expect(404);
    submit(&mel, &format!("/connect/keys/{id}/revoke"), &[])
        .await
        .expect(404);
    submit(&ann, &format!("/connect/keys/{id}/revoke"), &[])
        .await
        .expect(303);
}

#[tokio::test]
async fn w21_an_invitation_works_once() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let page = submit(
        &admin,
        "/users",
        &[
            ("email", "mel@example.com"),
            ("name", "Mel"),
            ("role", "member"),
        ],
    )
    .await
    .expect(200)
    .text();
    let at = page
        .find("/invitation?code=")
        .expect("the link is on the page")
        + "/invitation?code=".len();
    let code: String = page[at..]
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let nobody = app.anonymous();
    let short = submit(
        &nobody,
        "/invitation",
        &[("code", &code), ("password", "short")],
    )
    .await
    .expect(422)
    .text();
    assert!(short.contains("at least 12"), "{short}");
    submit(
        &nobody,
        "/invitation",
        &[("code", &code), ("password", PASSWORD)],
    )
    .await
    .expect(303);
    open(&nobody, &format!("/invitation?code={code}"))
        .await
        .expect(410);
}

#[tokio::test]
async fn the_setup_needs_the_code_from_the_log_and_closes_behind_the_first_admin() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    assert_eq!(
        open(&nobody, "/").await.expect(303).header("location"),
        "/setup"
    );
    let code = app.hub.issue_setup_code().await.expect("a setup code");
    let fields = |code: &'static str| {
        [
            ("code", code),
            ("name", "Ada"),
            ("email", "ada@example.com"),
            ("password", PASSWORD),
        ]
    };
    let wrong = submit(&nobody, "/setup", &fields("nonsense"))
        .await
        .expect(403)
        .text();
    assert!(wrong.contains("ada@example.com") && !wrong.contains(PASSWORD));
    let good = [
        ("code", code.expose()),
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let done = submit(&nobody, "/setup", &good).await.expect(303);
    assert_eq!(done.header("location"), "/setup/model");
    submit(&nobody, "/setup", &good).await.expect(409);
    assert_eq!(
        open(&nobody, "/setup").await.expect(303).header("location"),
        "/signin"
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_browsers_and_json_for_programs() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let page = open(&admin, "/nowhere").await.expect(404);
    assert!(
        page.text().contains("There is nothing at this address")
            && page.header("content-type").starts_with("text/html")
    );
    assert_eq!(admin.get("/nowhere").await.expect(404).code(), "not_found");
}

#[tokio::test]
async fn with_the_database_away_no_list_looks_empty() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    open(&admin, "/integrations").await.expect(200);
    app.store.close().await;
    for path in ["/integrations", "/connect", "/activity", "/users", "/chat"] {
        let answer = open(&admin, path).await.expect(503);
        let text = answer.text();
        assert!(text.contains("The database did not answer."), "{path}");
        for empty in ["No connectors yet", "No calls yet", "None yet", "<table"] {
            assert!(!text.contains(empty), "{path} says {empty}");
        }
        assert_eq!(
            text.contains("Connectors could not be loaded"),
            path == "/integrations",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_form_of_an_expired_sign_in_changes_nothing_and_leads_to_the_sign_in() {
    let app = TestApp::start().await;
    app.admin("Ada").await;
    let fields = [("name", "Orders"), ("url", "http://127.0.0.1:9/mcp")];
    let answer = submit(&app.anonymous(), "/integrations/new", &fields).await;
    assert!(answer.expect(303).header("location").starts_with("/signin"));
    let list = app.hub.list_connectors().await.expect("the list");
    assert!(list.connectors.is_empty());
}
