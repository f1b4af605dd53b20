//! `tieline demo` shows the whole product and leaves nothing behind.

use std::fs;

use insta::assert_snapshot;
use tieline_testkit::{eventually, normalise};

use crate::http::Client;
use crate::place::{Place, Server};

#[tokio::test]
async fn the_demo_walks_through_the_product_stays_up_and_cleans_up() {
    let place = Place::new();
    fs::create_dir(place.path("tmp")).unwrap();
    let mut command = place.command();
    command.arg("demo").env("TMPDIR", place.path("tmp"));
    let mut server = Server::launch(command);
    eventually(|| server.out().contains("Ctrl+C")).await;
    let out = server.out();
    let value = |label: &str| {
        let line = out.lines().find_map(|line| line.trim().strip_prefix(label));
        line.expect("the line is there").trim().to_owned()
    };
    let (email, password) = (value("e-mail"), value("password"));
    assert_snapshot!(normalise(&out.replace(&password, "[password]")), @r"
        A sample MCP server runs at http://127.0.0.1:[port]/mcp and demands a token.
        Tieline runs at http://127.0.0.1:[port] on a temporary data directory.

        1. An admin adds the server: POST /api/v1/connectors
           saved as mcp__sample_shop, token sealed, status checking
        2. Tieline checks it in the background: GET /api/v1/connectors/sample_shop
           status working, 2 tools, revision 2026-07-28
        3. An MCP client lists the tools of its session: POST /mcp, tools/list
           sample_shop__list_orders     Lists all orders with their state.
           sample_shop__order_status    Tells the state of one order.
        4. It calls one: POST /mcp, tools/call
           Order A-1042: shipped, arrives on Thursday.

        Look around: http://127.0.0.1:[port]/signin
          e-mail    admin@demo.example
          password  [password]
        Ctrl+C ends the demo and deletes everything that it made.
        ");

    let address = value("Look around: http://");
    let address = address.strip_suffix("/signin").expect("where to sign in");
    let admin = Client::signed_in(address, &email, &password).await;
    let page = admin.get("/integrations").await;
    assert!(
        page.status == 200 && page.body.contains("Sample shop"),
        "{page:?}"
    );
    assert_eq!(fs::read_dir(place.path("tmp")).unwrap().count(), 1);
    assert_eq!(server.signal("TERM").await, Some(0), "{}", server.err());
    assert_eq!(fs::read_dir(place.path("tmp")).unwrap().count(), 0);
    assert!(!place.path("data").exists());
}
