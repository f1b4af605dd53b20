//! People, their keys and their sign-ins, as admins and they themselves meet them in a browser.

use std::time::{Duration, Instant};

use http::{Method, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tieline_domain::{ModelKind, Role};
use tieline_testkit::{ModelReply, ScriptedModel, eventually_async};

use crate::app::{Options, PASSWORD, Sender, TestApp};
use crate::dashboard::{open, submit};

/// The whole of a suspension, on every door, may take this long.
const SOON: Duration = Duration::from_secs(1);

/// Signs somebody in as a browser does, and answers its cookie.
async fn sign_in(app: &TestApp, email: &str, agent: &str) -> String {
    let fields = [("email", email), ("password", PASSWORD)];
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(fields);
    let mut request = app
        .browser("nobody=1")
        .request(Method::POST, "/signin", None);
    *request.body_mut() = pairs.finish().into_bytes().into();
    let headers = request.headers_mut();
    let form = "application/x-www-form-urlencoded";
    headers.insert(header::CONTENT_TYPE, form.parse().expect("a header"));
    headers.insert(header::USER_AGENT, agent.parse().expect("a header"));
    let answer = app.send(request).await.expect(303);
    let cookie = answer.header("set-cookie").split(';').next();
    cookie.expect("a cookie").to_owned()
}

/// The addresses of forms and links on a page that end so.
fn addresses(page: &str, ending: &str) -> Vec<String> {
    page.split('"')
        .filter(|text| text.starts_with('/') && text.ends_with(ending))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn an_admin_sees_and_ends_the_keys_and_sign_ins_of_a_person() {
    let app = TestApp::start().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let key = app.key_of(mel.user).await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
    let firefox = sign_in(&app, "mel@example.com", agent).await;
    let path = format!("/users/{}", mel.user);
    let list = open(&admin, "/users").await.expect(200).text();
    assert!(list.contains(&format!("href=\"{path}\"")), "{list}");
    let page = open(&admin, &path).await.expect(200).text();
    assert!(page.contains("Firefox on Linux") && page.contains("Unknown browser"));
    assert!(page.contains("tl_") && page.contains("No calls in the last 7 days."));
    assert!(!page.contains(key.text()), "a key is never shown again");

    let [revoke] = &addresses(&page, "/revoke")[..] else {
        panic!("one key: {page}")
    };
    let asked = open(&admin, revoke).await.expect(200).text();
    assert!(asked.contains("Revoke “test” of Mel?") && asked.contains("It was never used."));
    key.get("/api/v1/catalog").await.expect(200);
    submit(&admin, revoke, &[]).await.expect(303);
    key.get("/api/v1/catalog").await.expect(401);
    open(&admin, revoke).await.expect(404);

    let sign_outs = addresses(&page, "/end");
    let one = sign_outs.iter().find(|end| !end.ends_with("/sign_ins/end"));
    let before = open(&app.browser(&firefox), "/connect").await.status;
    assert_eq!(before, 200);
    // The latest is listed first.
    submit(&admin, one.expect("a button"), &[])
        .await
        .expect(303);
    open(&app.browser(&firefox), "/connect").await.expect(303);
    open(&mel, "/connect").await.expect(200);
    submit(&admin, &format!("{path}/sign_ins/end"), &[])
        .await
        .expect(303);
    open(&mel, "/connect").await.expect(303);
    let page = open(&admin, &path).await.expect(200).text();
    assert!(page.contains("Signed in nowhere") && page.contains("No keys"));
    let audit = open(&admin, "/activity?tab=audit").await.text();
    for words in [
        "ended a sign-in of",
        "ended all sign-ins of",
        "revoked the access key",
    ] {
        assert!(audit.contains(words), "{words}");
    }
}

#[tokio::test]
async fn members_reach_nobodys_page_and_ids_of_others_open_nothing() {
    let app = TestApp::start().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let key = app.key_of(admin.user).await;
    let (ada, id) = (admin.user, key.id.expect("an id"));
    for path in [
        format!("/users/{ada}"),
        format!("/users/{ada}/suspend"),
        format!("/users/{ada}/role?role=member"),
        format!("/users/{ada}/keys/{id}/revoke"),
    ] {
        open(&mel, &path).await.expect(403);
    }
    for path in [
        format!("/users/{ada}/suspend"),
        format!("/users/{ada}/sign_ins/end"),
        format!("/users/{ada}/keys/{id}/revoke"),
    ] {
        submit(&mel, &path, &[]).await.expect(403);
    }
    // A key under somebody else's address is not theirs.
    let wrong = format!("/users/{}/keys/{id}/revoke", mel.user);
    open(&admin, &wrong).await.expect(404);
    submit(&admin, &wrong, &[]).await.expect(404);
    for path in [
        "/users/nonsense",
        "/users/0190b6a4-7c3e-7a52-8d11-000000000000",
    ] {
        open(&admin, path).await.expect(404);
    }
    key.get("/api/v1/catalog").await.expect(200);
    let theirs = open(&admin, "/account/sign_ins").await.expect(200).text();
    let [end] = &addresses(&theirs, "/end")
        .into_iter()
        .filter(|end| end != "/account/sign_ins/end")
        .collect::<Vec<_>>()[..]
    else {
        panic!("one sign-in: {theirs}")
    };
    submit(&mel, end, &[]).await.expect(404);
    open(&admin, "/users").await.expect(200);
}

#[tokio::test]
async fn what_is_affected_is_said_before_a_role_changes() {
    let app = TestApp::start().await;
    let (admin, bob) = (app.admin("Ada").await, app.admin("Bob").await);
    app.key_of(bob.user).await;
    let path = format!("/users/{}", bob.user);
    let page = open(&admin, &path).await.expect(200).text();
    let question = format!("{path}/role?role=member");
    assert!(page.contains(&question), "{page}");
    let asked = open(&admin, &question).await.expect(200).text();
    assert!(asked.contains("Make Bob a member?"));
    assert!(
        asked.contains("1 access key has the rights of the new role."),
        "{asked}"
    );
    open(&bob, "/users").await.expect(200);
    submit(&admin, &format!("{path}/role"), &[("role", "member")])
        .await
        .expect(303);
    open(&bob, "/users").await.expect(403);
    open(&admin, &format!("{path}/role?role=owner"))
        .await
        .expect(404);
    // The last admin stays one, and is told why.
    let own = format!("/users/{}/suspend", admin.user);
    let refused = submit(&admin, &own, &[]).await.expect(409).text();
    assert!(refused.contains("This is the last admin."), "{refused}");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sign_ins_and_this_one_goes_on() {
    let app = TestApp::start().await;
    let mel = app.member("Mel").await;
    let other = sign_in(&app, "mel@example.com", "Safari/1").await;
    let fields = |current| {
        [
            ("current", current),
            ("new_password", "a much better phrase"),
        ]
    };
    let path = "/account/password";
    submit(&mel, path, &fields("wrong")).await.expect(422);
    open(&app.browser(&other), "/connect").await.expect(200);
    let done = submit(&mel, path, &fields(PASSWORD)).await.expect(303);
    assert_eq!(
        done.header("location"),
        "/account/sign_ins?done=password_changed"
    );
    let fresh = done
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default();
    open(&app.browser(&other), "/connect").await.expect(303);
    open(&mel, "/connect").await.expect(303);
    let page = open(&app.browser(fresh), "/account/sign_ins").await;
    let page = page.expect(200).text();
    assert_eq!(page.matches("This browser").count(), 1, "{page}");
}

#[tokio::test]
async fn a_person_ends_their_own_sign_ins() {
    let app = TestApp::start().await;
    let mel = app.member("Mel").await;
    app.clock.advance(Duration::from_mins(2));
    let other = sign_in(&app, "mel@example.com", "Safari/1").await;
    let page = open(&mel, "/account/sign_ins").await.expect(200).text();
    let ends: Vec<String> = addresses(&page, "/end")
        .into_iter()
        .filter(|end| end != "/account/sign_ins/end")
        .collect();
    assert_eq!(ends.len(), 2);
    let end_other = async |end: &str| {
        let done = submit(&app.browser(&other), end, &[]).await.expect(303);
        done.header("location").to_owned()
    };
    let own = page.find("This browser").expect("it is marked");
    let first_is_own =
        page.find(&ends[0]).is_some_and(|at| at > own) && page[..own].matches("/end").count() == 1;
    let (mels, others) = if first_is_own { (0, 1) } else { (1, 0) };
    assert_eq!(
        end_other(&ends[mels]).await,
        "/account/sign_ins?done=signed_out"
    );
    open(&mel, "/connect").await.expect(303);
    assert_eq!(end_other(&ends[others]).await, "/signin?done=out");
    open(&app.browser(&other), "/connect").await.expect(303);

    let again = sign_in(&app, "mel@example.com", "Safari/1").await;
    let third = sign_in(&app, "mel@example.com", "Safari/1").await;
    let done = submit(&app.browser(&again), "/account/sign_ins/end", &[]).await;
    assert_eq!(
        done.expect(303).header("location"),
        "/signin?done=everywhere"
    );
    for cookie in [again, third] {
        open(&app.browser(&cookie), "/connect").await.expect(303);
    }
}

/// Reads a stream to its end.
async fn ends(body: hyper::body::Incoming) {
    let mut body = body;
    while let Some(Ok(_)) = body.frame().await {}
}

#[tokio::test]
async fn a_suspension_acts_everywhere_within_a_second() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let (key, role) = (app.key_of(mel.user).await, Role::Member);
    assert_eq!(app.hub.user(mel.user).await.expect("Mel").role, role);
    let model = ScriptedModel::start().await;
    let body = json!({
        "name": "Scripted", "kind": "anthropic", "base_url": model.url(ModelKind::Anthropic),
        "model": "scripted-1", "key": "sk-test-0123456789",
    });
    admin.post("/api/v1/models", &body).await.expect(201);
    let session = mel.post("/api/v1/sessions", &json!({})).await.expect(201);
    let session = session.header("location").to_owned();
    let page = session.replace("/api/v1/sessions/", "/chat/");
    model.then(ModelReply::text(["one "]).pause().and_text(["two"]));
    let sent = submit(&mel, &format!("{page}/send"), &[("text", "Count")]).await;
    assert!(sent.status < 400, "{}", sent.text());
    eventually_async(async || (model.in_flight() == 1).then_some(())).await;

    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let gateway = async || {
        let mut request = key.request(Method::POST, "/mcp", Some(&ping));
        let both = "application/json, text/event-stream";
        request
            .headers_mut()
            .insert(header::ACCEPT, both.parse().expect("a header"));
        app.send(request).await.status
    };
    assert_ne!(gateway().await, 401);
    open(&mel, "/connect").await.expect(200);
    let mut streams = Vec::new();
    for path in [
        "/events?view=connect".to_owned(),
        format!("{page}/stream"),
        format!("{session}/events?follow=always"),
    ] {
        let mut request = mel.request(Method::GET, &path, None);
        request.headers_mut().insert(
            header::ACCEPT,
            "text/event-stream".parse().expect("a header"),
        );
        let answer = app.open(request).await;
        assert_eq!(answer.status(), 200, "{path}");
        streams.push((path, answer.into_body()));
    }

    let path = format!("/users/{}/suspend", mel.user);
    let asked = open(&admin, &path).await.expect(200).text();
    for words in [
        "1 running turn of the agent is stopped.",
        "1 access key stops working.",
        "1 browser is signed out.",
    ] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let began = Instant::now();
    submit(&admin, &path, &[]).await.expect(303);
    open(&mel, "/connect").await.expect(303);
    assert_eq!(gateway().await, 401);
    for (path, body) in streams {
        tokio::time::timeout(SOON, ends(body))
            .await
            .unwrap_or_else(|_| panic!("{path} goes on"));
    }
    eventually_async(async || (model.in_flight() == 0).then_some(())).await;
    let took = began.elapsed();
    assert!(took < SOON, "{took:?}");

    let restored = format!("/users/{}/restore", mel.user);
    submit(&admin, &restored, &[]).await.expect(303);
    open(&mel, "/connect").await.expect(303);
    assert_ne!(gateway().await, 401, "the key works again");
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_pages_that_are_open() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let mut request = mel.request(Method::GET, "/events?view=connect", None);
    request.headers_mut().insert(
        header::ACCEPT,
        "text/event-stream".parse().expect("a header"),
    );
    let body = app.open(request).await.into_body();
    let path = format!("/api/v1/users/{}/sign_ins", mel.user);
    assert_eq!(
        admin
            .get(&path)
            .await
            .expect(200)
            .json()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    admin.delete(&path).await.expect(204);
    tokio::time::timeout(SOON, ends(body))
        .await
        .expect("the stream ends");
    open(&mel, "/connect").await.expect(303);
    assert_eq!(admin.get(&path).await.expect(200).json(), json!([]));
}
