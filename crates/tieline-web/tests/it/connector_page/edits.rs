//! Two admins who change a connector at once.

use std::time::Duration;

use serde_json::json;
use tieline_testkit::FakeMcp;

use super::world::{API, PAGE, connect, working};
use crate::app::Sender;
use crate::dashboard::{open, submit};

/// The value of a field that begins so.
fn value(page: &str, field: &str) -> String {
    let (_, rest) = page.split_once(field).expect("the field is there");
    let (_, rest) = rest.split_once("value=\"").expect("it has a value");
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn who_saved_first_is_named_and_what_was_typed_is_kept() {
    let app = working().await;
    let (ada, bob) = (app.admin("Ada").await, app.admin("Bob").await);
    let _server = connect(&ada, FakeMcp::dual().tools(["search"]), "").await;
    let connection = format!("{PAGE}?tab=connection");
    let page = open(&ada, &connection).await.expect(200).text();
    let (version, url) = (
        value(&page, "name=\"row_version\""),
        value(&page, "id=\"url\""),
    );
    let rename = json!({ "name": "Acme orders" });
    bob.patch(API, &rename).await.expect(200);
    app.clock.advance(Duration::from_mins(2));

    let path = format!("{PAGE}/edit");
    let send = async |version: &str| {
        let fields = [
            ("name", "Acme sales"),
            ("url", &url),
            ("auth_header", ""),
            ("row_version", version),
        ];
        submit(&ada, &path, &fields).await
    };
    let refused = send(&version).await.expect(409).text();
    assert!(
        refused.contains("Bob changed this 2 min ago. Nothing was saved."),
        "{refused}"
    );
    let theirs = format!("href=\"{connection}\">Show their version</a>");
    assert!(refused.contains(&theirs) && refused.contains("Keep mine"));
    assert_eq!(value(&refused, "id=\"name\""), "Acme sales");
    let stored = open(&ada, &connection).await.text();
    assert_eq!(value(&stored, "id=\"name\""), "Acme orders");

    let newer = value(&refused, "name=\"row_version\"");
    send(&newer).await.expect(303);
    let stored = open(&ada, &connection).await.text();
    assert_eq!(value(&stored, "id=\"name\""), "Acme sales");
}
