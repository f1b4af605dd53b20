//! The Integrations list at full size: pages, orders, several connectors at once, and what an open page is told.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, eventually_async};

use crate::app::{AdminBrowser, Options, Sender, TestApp};
use crate::dashboard::{open, submit};

/// Port 9999 of this machine answers nobody, and nothing is dialled without the background.
async fn add(admin: &AdminBrowser<'_>, name: &str, url: &str) {
    let body = json!({ "name": name, "url": url });
    admin.post("/api/v1/connectors", &body).await.expect(201);
}

async fn added(admin: &AdminBrowser<'_>, names: &[&str]) {
    for name in names {
        add(admin, name, "http://127.0.0.1:9999/mcp").await;
    }
}

/// The keys of the rows, from top to bottom.
fn slugs(page: &str) -> Vec<String> {
    let rows = page.split("data-slug=\"").skip(1);
    rows.filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The first events of the stream that an open page listens to, until one of this kind.
async fn first_event(admin: &AdminBrowser<'_>, page: &str, kind: &str) -> Option<String> {
    let live = page.split("data-live=\"").nth(1).expect("a live page");
    let live = live.split('"').next().expect("it ends");
    let live = live.replace("&#38;", "&");
    let request = admin.request(Method::GET, &live, None);
    let mut body = admin.app().open(request).await.into_body();
    let mut read = String::new();
    let wanted = format!("event: {kind}\n");
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                read.push_str(&String::from_utf8_lossy(&data));
            }
            if let Some((_, rest)) = read.split_once(&wanted)
                && let Some((event, _)) = rest.split_once("\n\n")
            {
                return Some(event.trim_start_matches("data: ").to_owned());
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(2), reading)
        .await
        .unwrap_or_default()
}

#[tokio::test]
async fn two_hundred_connectors_and_two_thousand_tools_hold_together() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let admin = app.admin("Ada").await;
    let names: Vec<String> = (0..10).map(|at| format!("tool_{at}")).collect();
    let server = FakeMcp::dual().tools(names.iter().map(String::as_str));
    let server = server.start().await;
    for at in 0..200 {
        add(&admin, &format!("Server {at:03}"), &server.url()).await;
    }
    let first = eventually_async(async || {
        let page = open(&admin, "/integrations?sort=name").await.text();
        page.contains("2,000 tools on, about").then_some(page)
    })
    .await;
    assert!(
        first.contains("Many tools slow agents down. Turn off what nobody uses."),
        "{first}"
    );
    assert!(first.contains("1–50 of 200") && first.contains(" built-in, 0 connected"));
    assert!(first.contains("<details class=\"fold\">"));

    let mut seen = BTreeSet::new();
    for page in 1..=4 {
        let path = format!("/integrations?sort=-name&page={page}");
        let rows = slugs(&open(&admin, &path).await.text());
        assert_eq!(rows.len(), 50);
        assert!(rows.is_sorted_by(|one, next| one > next), "{rows:?}");
        seen.extend(rows);
    }
    assert_eq!(seen.len(), 200);

    // Names and keys do not hold it, so each row says which tool does.
    let found = open(&admin, "/integrations?q=tool_9&page=2").await.text();
    assert_eq!(slugs(&found).len(), 50);
    assert_eq!(found.matches(">matches tool tool_9</span>").count(), 50);
    assert!(found.contains("href=\"/integrations?q=tool_9&#38;sort=calls\""));
    assert!(!found.contains("class=\"fold\""));
    let patch = first_event(&admin, &found, "patch").await.expect("a patch");
    let patch: Value = serde_json::from_str(&patch).expect("JSON");
    let patch = patch.as_object().expect("parts by id");
    let statuses = patch.iter().filter(|(id, _)| id.starts_with("live-st-"));
    let statuses: Vec<_> = statuses.collect();
    assert_eq!(statuses.len(), 50, "only what is on the page is sent");
    for (id, html) in statuses {
        let html = html.as_str().expect("HTML");
        assert!(html.contains("matches tool tool_9"), "{id}: {html}");
    }
}

/// The page that a form on this page leads back to.
fn next_of(page: &str, action: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("action=\"{action}\""))
        .expect("the form is there");
    let (_, rest) = rest.split_once("name=\"next\" value=\"").expect("next");
    let value = rest.split('"').next().unwrap_or_default();
    value.replace("&#38;", "&")
}

#[tokio::test]
async fn turning_a_connector_off_or_on_leads_back_to_where_the_button_was() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    added(&admin, &["Alpha", "Beta"]).await;
    for page in [
        "/integrations/c/alpha",
        "/integrations/c/alpha?tab=connection",
        "/integrations?sort=-name&q=a",
    ] {
        let joint = if page.contains('?') { '&' } else { '?' };
        let mut here = page.to_owned();
        for (verb, done) in [("turn_off", "turned_off"), ("turn_on", "turned_on")] {
            let action = format!("/integrations/c/alpha/{verb}");
            let shown = open(&admin, &here).await.expect(200).text();
            let next = next_of(&shown, &action);
            let moved = submit(&admin, &action, &[("next", &next)])
                .await
                .expect(303);
            here = moved.header("location").to_owned();
            assert_eq!(here, format!("{page}{joint}done={done}&what=alpha"));
        }
    }
    // A page that answers a form has an address that cannot be opened.
    let wrong = [("name", ""), ("url", "nowhere")];
    let wrong = submit(&admin, "/integrations/c/alpha/edit", &wrong).await;
    let next = next_of(&wrong.expect(422).text(), "/integrations/c/alpha/turn_off");
    assert_eq!(next, "/integrations/c/alpha?tab=connection");
    // What Undo takes back stays on the page, too.
    let off = open(
        &admin,
        "/integrations/c/alpha?tab=calls&done=turned_off&what=alpha",
    )
    .await;
    let (_, toast) = off
        .text()
        .split_once("id=\"toasts\"")
        .map(|(a, b)| (a.len(), b.to_owned()))
        .expect("a toast");
    let next = next_of(&toast, "/integrations/c/alpha/turn_on");
    assert_eq!(
        next,
        "/integrations/c/alpha?tab=calls&done=turned_off&what=alpha"
    );
}

#[tokio::test]
async fn an_open_list_is_told_that_its_order_changed_and_keeps_its_rows() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    added(&admin, &["Alpha", "Beta", "Gamma"]).await;
    let before = open(&admin, "/integrations").await.text();
    assert_eq!(slugs(&before), ["alpha", "beta", "gamma"]);
    assert_eq!(first_event(&admin, &before, "list").await, None);

    submit(&admin, "/integrations/c/alpha/turn_off", &[])
        .await
        .expect(303);
    assert_eq!(
        first_event(&admin, &before, "list").await.as_deref(),
        Some("order")
    );
    let patch = first_event(&admin, &before, "patch")
        .await
        .expect("a patch");
    assert!(patch.contains("live-st-alpha") && patch.contains("Turned off"));
    // A page of those that are off does not show it any more once it is on, and still tells what became of it.
    let off = open(&admin, "/integrations?show=off").await.text();
    assert_eq!(slugs(&off), ["alpha"]);
    let after = open(&admin, "/integrations").await.text();
    assert_eq!(slugs(&after), ["beta", "gamma", "alpha"]);
    let remove = [("confirm", "beta")];
    submit(&admin, "/integrations/c/beta/remove", &remove)
        .await
        .expect(303);
    assert_eq!(
        first_event(&admin, &after, "list").await.as_deref(),
        Some("list")
    );
}

#[tokio::test]
async fn several_connectors_are_switched_at_once_after_saying_who_is_affected() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    added(&admin, &["Alpha", "Beta", "Gamma"]).await;
    let list = open(&admin, "/integrations?sort=name").await.text();
    assert!(list.contains("form=\"bulk\" name=\"slug\" value=\"alpha\""));
    assert!(list.contains("name=\"back\" value=\"sort=name\""));

    let path = "/integrations/bulk?back=sort%3Dname&slug=alpha&slug=beta&action=turn_off";
    open(&member, path).await.expect(403);
    let asked = open(&admin, path).await.expect(200).text();
    for words in [
        "Turn off 2 connectors?",
        "Running sessions get “turned off by an admin”.",
        "0 tools · nobody used it in 7 days",
        "href=\"/integrations?sort=name&#38;slug=alpha&#38;slug=beta\"",
    ] {
        assert!(asked.contains(words), "{words} in {asked}");
    }
    let back = open(&admin, "/integrations?sort=name&slug=alpha&slug=beta").await;
    assert_eq!(back.text().matches("\" checked").count(), 2);

    let fields = |action: &'static str| {
        [
            ("back", "sort=name"),
            ("slug", "alpha"),
            ("slug", "beta"),
            ("slug", "gone"),
            ("action", action),
        ]
    };
    submit(&member, "/integrations/bulk", &fields("turn_off"))
        .await
        .expect(403);
    let done = submit(&admin, "/integrations/bulk", &fields("turn_off"))
        .await
        .expect(303);
    assert_eq!(
        done.header("location"),
        "/integrations?sort=name&done=turned_off_many&count=2"
    );
    let page = open(&admin, done.header("location")).await.text();
    assert!(
        page.contains("2 connectors turned off for everyone."),
        "{page}"
    );
    let again = submit(&admin, "/integrations/bulk", &fields("turn_off")).await;
    let page = open(&admin, again.header("location")).await.text();
    assert!(page.contains("Nothing was changed."), "{page}");
    let tested = submit(&admin, "/integrations/bulk", &fields("test")).await;
    let page = open(&admin, tested.header("location")).await.text();
    assert!(page.contains("None of them is on, so none is tested."));
    let on = submit(&admin, "/integrations/bulk", &fields("turn_on")).await;
    let page = open(&admin, on.header("location")).await.text();
    assert!(page.contains("2 connectors turned on. People get their tools in their next session."));

    // Each of them has a line of its own in the audit log.
    let audit = open(&admin, "/activity?tab=audit").await.text();
    for words in ["turned off", "turned on"] {
        assert!(audit.matches(words).count() >= 2, "{words} in {audit}");
    }
}

#[tokio::test]
async fn several_connectors_are_removed_only_by_their_number() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    added(&admin, &["Alpha", "Beta", "Gamma"]).await;
    let remove = |confirm: &'static str| {
        [
            ("slug", "alpha"),
            ("slug", "gamma"),
            ("action", "remove"),
            ("confirm", confirm),
        ]
    };
    let asked = submit(&admin, "/integrations/bulk", &remove("remove 3"))
        .await
        .expect(422)
        .text();
    assert!(
        asked.contains("Type exactly: remove 2. Nothing was removed."),
        "{asked}"
    );
    let done = submit(&admin, "/integrations/bulk", &remove("remove 2"))
        .await
        .expect(303);
    let page = open(&admin, done.header("location")).await.text();
    assert!(page.contains("2 connectors removed."), "{page}");
    assert_eq!(slugs(&page), ["beta"]);
    // Nothing ticked, and a word that is no action.
    let nothing = submit(&admin, "/integrations/bulk", &[("action", "remove")]).await;
    assert_eq!(nothing.expect(303).header("location"), "/integrations");
    submit(&admin, "/integrations/bulk", &[("action", "sell")])
        .await
        .expect(404);
}
