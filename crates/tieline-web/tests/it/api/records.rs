//! The audit log and the records of calls over REST, page by page.

use serde_json::json;

use crate::app::{Sender, TestApp};

#[tokio::test]
async fn changes_are_listed_page_by_page_newest_first() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    for name in ["One", "Two", "Three"] {
        let body =
            json!({ "name": name, "url": "https://acme.example/mcp", "token": "s3cret-token" });
        admin.post("/api/v1/connectors", &body).await.expect(201);
    }
    admin.delete("/api/v1/connectors/two").await.expect(204);
    let mut seen = Vec::new();
    let mut path = "/api/v1/audit?limit=2".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        let items = page["items"].as_array().expect("items");
        assert!((1..=2).contains(&items.len()), "{page}");
        seen.extend(items.iter().map(|item| {
            (
                item["seq"].as_u64().expect("a place"),
                item["action"].as_str().expect("an action").to_owned(),
            )
        }));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/audit?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let places: Vec<u64> = seen.iter().map(|(seq, _)| *seq).collect();
    let expected: Vec<u64> = (1..=places.len() as u64).rev().collect();
    assert_eq!(places, expected, "every change once, without a gap");
    let actions: Vec<&str> = seen
        .iter()
        .map(|(_, action)| action.as_str())
        .take(4)
        .collect();
    assert_eq!(
        actions,
        [
            "connector.removed",
            "connector.added",
            "connector.added",
            "connector.added"
        ]
    );

    let removed = admin
        .get("/api/v1/audit?action=connector.removed")
        .await
        .expect(200)
        .json();
    assert_eq!(removed["items"].as_array().map(Vec::len), Some(1));
    let event = &removed["items"][0];
    assert_eq!(
        (&event["actor"]["name"], &event["target"]),
        (&json!("Ada"), &json!("two"))
    );
    assert_eq!(event["actor"]["id"], admin.user.to_string());
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    for list in ["/api/v1/audit", "/api/v1/calls"] {
        assert!(admin.get(list).await.expect(200).json()["next_cursor"].is_null());
        admin.get(&format!("{list}?limit=100000")).await.expect(200);
        for query in [
            "limit=0",
            "limit=many",
            "cursor=nonsense",
            "since=yesterday",
            "conector=acme",
        ] {
            let answer = admin.get(&format!("{list}?{query}")).await.expect(400);
            assert_eq!(answer.code(), "bad_query", "{list}?{query}");
        }
    }
    assert_eq!(admin.get("/api/v1/calls").await.json()["items"], json!([]));
}
