//! Every row of the corpus of bad inputs through `POST /api/v1/connectors`: exactly its answer, and nothing saved.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tieline_testkit::FakeMcp;

use crate::app::{AdminBrowser, Answer, Options, Sender, TestApp};

const CONNECTORS: &str = "/api/v1/connectors";

fn rows(section: &str) -> Vec<(Value, String)> {
    let corpus: BTreeMap<String, Vec<(Value, String)>> = serde_yaml_ng::from_str(include_str!(
        "../../../../tieline-domain/tests/data/bad-input.yaml"
    ))
    .expect("the corpus is YAML");
    corpus[section]
        .iter()
        .map(|(input, expected)| (repeated(input), expected.clone()))
        .collect()
}

fn repeated(input: &Value) -> Value {
    let Some(repeat) = input.get("r") else {
        return input.clone();
    };
    let count = usize::try_from(repeat[1].as_u64().expect("a count")).expect("a small count");
    repeat[0].as_str().expect("a text").repeat(count).into()
}

fn body(field: &str, input: &Value) -> Value {
    let mut body = json!({ "name": "Acme", "url": "https://acme.example/mcp" });
    body[field] = input.clone();
    body
}

/// Checks one row: a refusal has its code and saves nothing; what is accepted is removed again.
async fn check(
    admin: &AdminBrowser<'_>,
    field: &str,
    input: &Value,
    expected: &str,
) -> Option<Value> {
    let answer = admin.post(CONNECTORS, &body(field, input)).await;
    let about = format!(
        "{field} {input} expects {expected}, got {} {}",
        answer.status,
        answer.text()
    );
    let (status, code) = match expected.split_once(' ').unwrap_or((expected, "")) {
        ("201", _) | ("refused", "at dial") => (201, ""),
        ("refused", _) => (422, "address_refused"),
        (status, code) => (
            status.parse().expect("a status"),
            code.split(' ').next().unwrap_or_default(),
        ),
    };
    assert_eq!(answer.status, status, "{about}");
    if status != 201 {
        refused(admin, field, code, &answer, &about).await;
        return None;
    }
    let connector = answer.json();
    let slug = connector["slug"].as_str().expect("a slug");
    assert_eq!(
        answer.header("location"),
        format!("{CONNECTORS}/{slug}"),
        "{about}"
    );
    assert_eq!(connector["status"], "checking", "{about}");
    admin
        .delete(&format!("{CONNECTORS}/{slug}"))
        .await
        .expect(204);
    Some(connector)
}

async fn refused(admin: &AdminBrowser<'_>, field: &str, code: &str, answer: &Answer, about: &str) {
    assert_eq!(answer.code(), code, "{about}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{about}"
    );
    let problem = answer.json();
    if answer.status == 409 {
        assert!(problem["suggestion"].is_string(), "{about}");
    } else {
        assert_eq!(
            problem["errors"].as_array().map(Vec::len),
            Some(1),
            "{about}"
        );
        assert_eq!(problem["errors"][0]["field"], field, "{about}");
        assert_eq!(problem["errors"][0]["code"], code, "{about}");
    }
    assert_eq!(
        admin.get(CONNECTORS).await.json(),
        json!([]),
        "something was saved: {about}"
    );
}

#[tokio::test]
async fn names() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let rows = rows("name");
    assert_eq!(rows.len(), 22);
    for (input, expected) in rows {
        if let Some(before) = expected.strip_prefix("409 slug_taken after ") {
            taken_after(&admin, before.trim_matches('"'), &input).await;
            continue;
        }
        let Some(connector) = check(&admin, "name", &input, &expected).await else {
            continue;
        };
        assert_eq!(connector["name"], input);
        let slug = connector["slug"].as_str().expect("a slug");
        match expected.strip_prefix("201 ").expect("an accepted row") {
            "slug of 24" => assert_eq!(slug.len(), 24),
            "text only" => assert_eq!(slug, "x_drop_table_connectors"),
            words => assert_eq!(Some(slug), words.split(' ').next()),
        }
    }
}

async fn taken_after(admin: &AdminBrowser<'_>, before: &str, input: &Value) {
    admin
        .post(CONNECTORS, &body("name", &before.into()))
        .await
        .expect(201);
    let answer = admin
        .post(CONNECTORS, &body("name", input))
        .await
        .expect(409);
    assert_eq!(answer.code(), "slug_taken");
    assert_eq!(answer.json()["suggestion"], "c_2");
    assert!(
        answer.json()["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains(before))
    );
    assert_eq!(
        admin.get(CONNECTORS).await.json().as_array().map(Vec::len),
        Some(1)
    );
    admin.delete(&format!("{CONNECTORS}/c")).await.expect(204);
}

#[tokio::test]
async fn urls() {
    let app = TestApp::with(Options {
        allow_loopback: false,
        ..Options::default()
    })
    .await;
    let admin = app.admin("Ada").await;
    let rows = rows("url");
    assert_eq!(rows.len(), 52);
    for (input, expected) in rows {
        let Some(connector) = check(&admin, "url", &input, &expected).await else {
            continue;
        };
        match expected.as_str() {
            "201 warning url_secret_in_query" => {
                assert_eq!(connector["warnings"], json!(["url_secret_in_query"]));
            }
            "201 literal bytes only" => assert_eq!(connector["url"], "https://h/%7B%7Btoken%7D%7D"),
            "refused at dial" | "201 private allowed by default; refused with deny_private" => {}
            normalised => assert_eq!(
                Some(connector["url"].as_str().expect("a URL")),
                normalised.strip_prefix("201 ")
            ),
        }
    }
}

#[tokio::test]
async fn addresses_that_depend_on_what_the_operator_allows() {
    let app = TestApp::with(Options {
        allow_loopback: true,
        deny_private: true,
        ..Options::default()
    })
    .await;
    let admin = app.admin("Ada").await;
    let (mut loopback, mut private) = (0, 0);
    for (input, expected) in rows("url") {
        if expected == "refused unless loopback is allowed" {
            check(&admin, "url", &input, "201 accepted")
                .await
                .expect("a connector");
            loopback += 1;
        } else if expected.ends_with("deny_private") {
            check(&admin, "url", &input, "422 address_refused").await;
            private += 1;
        }
    }
    assert_eq!((loopback, private), (3, 1));
    let own = format!("http://{}/mcp", app.address);
    check(&admin, "url", &own.into(), "422 address_refused").await;
}

#[tokio::test]
async fn tokens() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let rows = rows("token");
    assert_eq!(rows.len(), 13);
    for (input, expected) in rows {
        let Some(connector) = check(&admin, "token", &input, &expected).await else {
            continue;
        };
        assert_eq!(
            connector["token_set"],
            expected != "201 no header sent",
            "{input}"
        );
        sent_as(&admin, &input, &expected).await;
    }
}

/// What the server behind the connector sees of an accepted token.
async fn sent_as(admin: &AdminBrowser<'_>, input: &Value, expected: &str) {
    let value = match expected {
        "201 sent as tok" => Some("tok"),
        "201 no header sent" => None,
        _ => input.as_str(),
    };
    let server = FakeMcp::modern().tools(["echo"]).start().await;
    let body = json!({ "name": "Acme", "url": server.url(), "token": input });
    let report = admin
        .post("/api/v1/connectors/test", &body)
        .await
        .expect(200)
        .json();
    assert_eq!(report["ok"], true, "{report}");
    match value {
        Some(value) => server.assert_every_request_has("authorization", value),
        None => assert!(
            server
                .requests()
                .iter()
                .all(|request| !request.headers.contains_key("authorization"))
        ),
    }
}

#[tokio::test]
async fn auth_headers() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let rows = rows("header");
    assert_eq!(rows.len(), 15);
    for (input, expected) in rows {
        if let Some(connector) = check(&admin, "auth_header", &input, &expected).await {
            assert_eq!(connector["auth_header"], "Authorization");
        }
    }
}

#[tokio::test]
async fn several_mistakes_are_told_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body = json!({ "name": "", "url": "ftp://h/", "token": "a\nb", "auth_header": "Host" });
    let problem = admin.post(CONNECTORS, &body).await.expect(422).json();
    let codes: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| &error["code"])
        .collect();
    assert_eq!(
        codes,
        [
            "name_empty",
            "url_scheme",
            "token_bad_char",
            "header_forbidden"
        ]
    );
    let problem = admin.post(CONNECTORS, &json!({})).await.expect(422).json();
    assert_eq!(problem["errors"][0]["code"], "name_empty");
    assert_eq!(problem["errors"][1]["code"], "url_empty");
}
