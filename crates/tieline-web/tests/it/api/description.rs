//! The description of REST: checked in, so that a change of the outside is seen in review.

use crate::app::{Sender, TestApp};

#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let document =
        serde_json::to_string_pretty(&tieline_web::openapi()).expect("the description is JSON");
    insta::assert_snapshot!("openapi.json", document);
}

#[tokio::test]
async fn anyone_may_read_it() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let document = nobody.get("/openapi.json").await.expect(200).json();
    assert_eq!(
        document,
        serde_json::to_value(tieline_web::openapi()).expect("JSON")
    );
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    let page = nobody.get("/docs").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let page = page.text();
    assert!(page.contains("/api/v1/connectors/{slug}/tools/{tool}"));
    assert!(
        !page.contains("<script") && !page.contains("style="),
        "the page needs no script"
    );
    assert!(!page.contains("https://"), "and nothing from elsewhere");
}
