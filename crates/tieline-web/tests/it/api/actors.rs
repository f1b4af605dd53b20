//! Every route as every actor, by the table that the description itself gives.

use http::Method;
use serde_json::{Value, json};
use tieline_testkit::eventually_async;

use crate::app::{Options, Sender, TestApp};

/// One operation of the description.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) template: String,
    /// Who may: `admin` or `member`.
    pub(super) role: String,
    pub(super) schema: Option<String>,
}

impl Operation {
    /// The path with parts that name nothing.
    pub(super) fn path(&self) -> String {
        self.template
            .replace("{slug}", "nothing_here")
            .replace("{tool}", "nothing")
            .replace("{call_id}", "0190b6a4-7c3e-7a52-8d11-000000000001")
            .replace("{key_id}", "0190b6a4-7c3e-7a52-8d11-000000000002")
            .replace("{sign_in_id}", "nothing")
            .replace("{id}", "0190b6a4-7c3e-7a52-8d11-000000000000")
    }

    pub(super) fn body(&self) -> Option<Value> {
        self.schema.as_ref().map(|_| json!({}))
    }
}

pub(super) fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(tieline_web::openapi()).expect("the description is JSON");
    let mut found = Vec::new();
    for (template, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let role = operation["security"][0]["access_key"][0].as_str();
            let reference =
                &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            found.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                template: template.clone(),
                role: role.expect("every operation says who may").to_owned(),
                schema: reference
                    .as_str()
                    .and_then(|path| path.rsplit('/').next())
                    .map(str::to_owned),
            });
        }
    }
    found
}

async fn status(actor: &impl Sender, operation: &Operation) -> u16 {
    let body = operation.body();
    actor
        .send(operation.method.clone(), &operation.path(), body.as_ref())
        .await
        .status
}

#[tokio::test]
async fn every_route_serves_whom_it_says_and_nobody_else() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    let (admin_key, member_key) = (app.key_of(admin.user).await, app.key_of(member.user).await);
    let operations = operations();
    assert_eq!(operations.len(), 52, "{operations:#?}");
    for operation in &operations {
        let about = format!("{} {}", operation.method, operation.template);
        assert_eq!(status(&app.anonymous(), operation).await, 401, "{about}");
        let garbage = app.key_text("tl_0000000000000000000000000000000000000z");
        assert_eq!(
            status(&garbage, operation).await,
            401,
            "{about} with a bad key"
        );
        for (who, status) in [
            ("member", status(&member, operation).await),
            ("member's key", status(&member_key, operation).await),
        ] {
            match operation.role.as_str() {
                "admin" => assert_eq!(status, 403, "{about} as {who}"),
                _ => assert!(
                    ![401, 403].contains(&status) && status < 500,
                    "{about} as {who}: {status}"
                ),
            }
        }
        for (who, status) in [
            ("admin", status(&admin, operation).await),
            ("admin's key", status(&admin_key, operation).await),
        ] {
            assert!(
                ![401, 403].contains(&status) && status < 500,
                "{about} as {who}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn w06_a_key_is_accepted_in_one_place_only() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let key = app
        .hub
        .create_key(
            &tieline_domain::Actor::CommandLine,
            admin.user,
            "test",
            None,
        )
        .await;
    let key = key.expect("a key").key.expose().to_owned();
    app.anonymous()
        .get(&format!("/api/v1/catalog?access_key={key}"))
        .await
        .expect(401);
    for (name, value) in [
        ("x-api-key", key.clone()),
        ("cookie", format!("tieline={key}")),
        ("authorization", key.clone()),
        ("authorization", format!("Basic {key}")),
        (
            "authorization",
            "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(),
        ),
    ] {
        let mut request = app
            .anonymous()
            .request(Method::GET, "/api/v1/catalog", None);
        request
            .headers_mut()
            .insert(name, value.parse().expect("a header"));
        let answer = app.send(request).await.expect(401);
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{name}"
        );
        assert!(
            !answer
                .header("www-authenticate")
                .contains("resource_metadata")
        );
    }
    // A wrong key beside a good cookie is still a wrong key.
    let mut request = admin.request(Method::GET, "/api/v1/catalog", None);
    request.headers_mut().insert(
        "authorization",
        "Bearer nonsense".parse().expect("a header"),
    );
    app.send(request).await.expect(401);
}

#[tokio::test]
async fn w09_a_demoted_admin_loses_the_rights_of_their_key_and_their_cookie_at_once() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.admin("Ada").await, app.admin("Bob").await);
    let key = app.key_of(bob.user).await;
    let body = json!({ "name": "Acme", "url": "https://acme.example/mcp" });
    key.get("/api/v1/connectors").await.expect(200);
    let path = format!("/api/v1/users/{}", bob.user);
    ada.patch(&path, &json!({ "role": "member" }))
        .await
        .expect(200);
    assert_eq!(
        key.post("/api/v1/connectors", &body)
            .await
            .expect(403)
            .code(),
        "admins_only"
    );
    bob.post("/api/v1/connectors", &body).await.expect(403);
    bob.get("/api/v1/catalog").await.expect(200);
    ada.patch(&path, &json!({ "disabled": true }))
        .await
        .expect(200);
    key.get("/api/v1/catalog").await.expect(401);
    bob.get("/api/v1/catalog").await.expect(401);
    ada.get("/api/v1/connectors").await.expect(200);
}

#[tokio::test]
async fn w03_somebody_elses_key_cannot_even_be_seen() {
    let app = TestApp::start().await;
    let (mel, bob) = (app.member("Mel").await, app.admin("Bob").await);
    let key = app.key_of(mel.user).await;
    let path = format!("/api/v1/keys/{}", key.id.expect("an id"));
    // Not even an admin's: revoking another person's keys is done by suspending them.
    assert_eq!(bob.delete(&path).await.expect(404).code(), "not_found");
    assert_eq!(bob.get("/api/v1/keys").await.expect(200).json(), json!([]));
    key.get("/api/v1/catalog").await.expect(200);
    mel.delete(&path).await.expect(204);
    mel.delete(&path).await.expect(404);
    key.get("/api/v1/catalog").await.expect(401);
}

#[tokio::test]
async fn a_key_that_ran_out_opens_nothing() {
    let app = TestApp::start().await;
    let mel = app.member("Mel").await;
    let made = mel
        .post(
            "/api/v1/keys",
            &json!({ "name": "laptop", "expires_days": 30 }),
        )
        .await
        .expect(201);
    let made = made.json();
    let key = app.key_text(made["key"].as_str().expect("the key"));
    key.get("/api/v1/keys").await.expect(200);
    let listed = mel.get("/api/v1/keys").await.expect(200).json();
    assert_eq!(listed[0]["name"], "laptop");
    assert!(
        listed[0].get("key").is_none(),
        "a key is shown once: {listed}"
    );
    app.clock.advance(std::time::Duration::from_hours(30 * 24));
    key.get("/api/v1/keys").await.expect(401);
}

#[tokio::test]
async fn the_use_of_a_key_is_noted_for_its_owner() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let mel = app.member("Mel").await;
    let key = app.key_of(mel.user).await;
    assert!(mel.get("/api/v1/keys").await.json()[0]["last_used_at"].is_null());
    let mut request = key.request(Method::GET, "/api/v1/catalog", None);
    request
        .headers_mut()
        .insert("user-agent", "deploy-script/2".parse().expect("a header"));
    app.send(request).await.expect(200);
    let noted = eventually_async(async || {
        let listed = mel.get("/api/v1/keys").await.json()[0].clone();
        (!listed["last_used_at"].is_null()).then_some(listed)
    });
    assert_eq!(noted.await["last_client"], "deploy-script/2");
}
