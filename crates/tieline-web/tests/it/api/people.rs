//! People over REST, and the pause after too many wrong passwords.

use std::time::Duration;

use serde_json::json;
use tieline_domain::Role;
use tieline_hub::SignInError;

use crate::app::{PASSWORD, Sender, TestApp};

const USERS: &str = "/api/v1/users";

#[tokio::test]
async fn a_person_is_invited_chooses_a_password_and_is_changed() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let added = admin
        .post(USERS, &json!({ "email": "Mel@Example.com", "name": "Mel" }))
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&added["email"], &added["role"]),
        (&json!("mel@example.com"), &json!("member"))
    );
    assert_eq!(added["has_password"], false);
    let link = added["invitation_url"].as_str().expect("an invitation");
    let code = link
        .strip_prefix(&app.url("/invitation?code="))
        .expect("a link to this server");
    app.hub
        .accept_invitation(code, PASSWORD)
        .await
        .expect("a fresh invitation");
    app.hub
        .accept_invitation(code, PASSWORD)
        .await
        .expect_err("it works once");
    let listed = admin.get(USERS).await.expect(200).json();
    assert_eq!(listed[1]["has_password"], true);
    assert!(
        !listed.to_string().contains(code),
        "an invitation is shown once"
    );

    let again = admin
        .post(
            USERS,
            &json!({ "email": "mel@example.com", "role": "admin" }),
        )
        .await
        .expect(409);
    assert_eq!(again.code(), "email_taken");
    let path = format!("{USERS}/{}", added["id"].as_str().expect("an id"));
    assert_eq!(
        admin
            .patch(&path, &json!({ "role": "owner" }))
            .await
            .expect(422)
            .code(),
        "role_invalid"
    );
    assert_eq!(
        admin
            .patch(&path, &json!({ "role": "admin" }))
            .await
            .expect(200)
            .json()["role"],
        "admin"
    );
    assert_eq!(
        admin
            .patch(&path, &json!({ "disabled": true }))
            .await
            .expect(200)
            .json()["disabled"],
        true
    );
}

#[tokio::test]
async fn somebody_always_administers() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let path = format!("{USERS}/{}", admin.user);
    for change in [json!({ "role": "member" }), json!({ "disabled": true })] {
        assert_eq!(
            admin.patch(&path, &change).await.expect(409).code(),
            "last_admin",
            "{change}"
        );
    }
    admin.get(USERS).await.expect(200);
    admin
        .patch(&format!("{USERS}/not-an-id"), &json!({ "name": "x" }))
        .await
        .expect(404);
}

#[tokio::test]
async fn mistakes_in_a_new_person_are_told_together() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body = json!({ "email": "nonsense", "name": "a\nb", "password": "short" });
    let problem = admin.post(USERS, &body).await.expect(422).json();
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["email", "name", "password"]);
    assert_eq!(
        admin.get(USERS).await.json().as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn w11_ten_wrong_passwords_pause_an_account_for_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    app.person("Mel", Role::Member).await;
    let attempt = |email: &'static str, password: &'static str| {
        app.hub
            .sign_in(email, password.to_owned().into(), None, None)
    };
    for left in (0..10).rev() {
        match attempt("mel@example.com", "wrong").await {
            Err(SignInError::Wrong { left: told }) => assert_eq!(told, left),
            other => panic!("{other:?}"),
        }
    }
    // Even the right password waits now, and an unknown person is told the same.
    assert!(matches!(
        attempt("mel@example.com", PASSWORD).await,
        Err(SignInError::Paused { .. })
    ));
    for _ in 0..10 {
        assert!(matches!(
            attempt("nobody@example.com", "wrong").await,
            Err(SignInError::Wrong { .. })
        ));
    }
    assert!(matches!(
        attempt("nobody@example.com", "wrong").await,
        Err(SignInError::Paused { .. })
    ));
    app.clock
        .advance(Duration::from_mins(15) + Duration::from_secs(1));
    assert!(attempt("mel@example.com", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn an_admin_ends_keys_and_sign_ins_of_a_person() {
    let app = TestApp::start().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let key = app.key_of(mel.user).await;
    let path = format!("{USERS}/{}", mel.user);
    let usage = admin.get(&format!("{path}/usage")).await.expect(200).json();
    assert_eq!(
        usage,
        json!({ "turns": 0, "keys": 1, "sign_ins": 1, "calls_7_days": 0, "connectors_7_days": 0 })
    );
    let keys = admin.get(&format!("{path}/keys")).await.expect(200).json();
    assert_eq!(keys[0]["name"], "test");
    let id = key.id.expect("an id");
    // Under another person's address it is not found.
    let wrong = format!("{USERS}/{}/keys/{id}", admin.user);
    admin.delete(&wrong).await.expect(404);
    admin.delete(&format!("{path}/keys/{id}")).await.expect(204);
    key.get("/api/v1/catalog").await.expect(401);
    let listed = admin.get(&format!("{path}/sign_ins")).await.expect(200);
    let listed = listed.json();
    let sign_in = listed[0]["id"].as_str().expect("an id");
    admin
        .delete(&format!("{path}/sign_ins/{sign_in}"))
        .await
        .expect(204);
    mel.get("/api/v1/catalog").await.expect(401);
    admin
        .delete(&format!("{path}/sign_ins/{sign_in}"))
        .await
        .expect(404);
    for action in ["keys", "sign_ins", "usage"] {
        let nobody = format!("{USERS}/0190b6a4-7c3e-7a52-8d11-000000000000/{action}");
        admin.get(&nobody).await.expect(404);
    }
}
