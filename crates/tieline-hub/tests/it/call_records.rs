//! What the record of a call keeps of its end.

use std::time::Duration;

use tieline_domain::Actor;
use tieline_hub::{CallFilter, CallOutcome, CallRow, HubSettings, UpdateConnector};
use tieline_mcp::Limits;
use tieline_testkit::{At, Canned, FakeMcp, Fault, eventually_async};

use crate::faults::black_hole;
use crate::world::{Session, World, settings};

const TOOL: &str = "mcp__acme_mcp__search";

/// The newest record, once there are so many.
pub(crate) async fn newest(world: &World, count: usize) -> CallRow {
    let rows = eventually_async(|| async {
        let page = world.hub.calls_page(None, 50, &CallFilter::default()).await;
        let rows = page.expect("calls").rows;
        (rows.len() == count).then_some(rows)
    });
    let newest = rows.await.remove(0);
    // Ids are ordered by their millisecond, and this clock stands still.
    world.clock.advance(Duration::from_millis(1));
    newest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_call_keeps_the_http_status_that_its_server_answered() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["search"]).start().await;
    world.connect("Acme MCP", &server, "").await;
    let session = world.session("Ada").await;
    let odd = Canned::json("no JSON at all").status(203);
    for (number, (fault, code, status)) in [
        (Fault::Status(418), "upstream_error", Some(418)),
        (Fault::Status(403), "forbidden", Some(403)),
        (
            Fault::Redirect("/elsewhere".to_owned()),
            "redirect_refused",
            Some(302),
        ),
        (Fault::Answer(odd), "bad_json", Some(203)),
        (Fault::Html, "bad_content_type", Some(200)),
        (
            Fault::RpcError {
                code: -32_050,
                message: "no".to_owned(),
            },
            "rpc_error",
            Some(200),
        ),
        (Fault::Status(502), "upstream_error", Some(502)),
    ]
    .into_iter()
    .enumerate()
    {
        server.set_fault_times(At::CallTool, fault, 1);
        world.call(&session, TOOL).await;
        let row = newest(&world, number + 1).await;
        let found = (row.code.as_deref(), row.http_status);
        assert_eq!(found, (Some(code), status));
        assert_eq!(row.own_address, None);
    }
    world.call(&session, TOOL).await;
    let row = newest(&world, 8).await;
    assert_eq!((row.outcome.as_str(), row.http_status), ("ok", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_answers_the_record_names_our_own_address_and_the_caller_does_not_hear_it() {
    let limits = Limits {
        connect: Duration::from_millis(300),
        ..Limits::default()
    };
    let world = World::with(HubSettings {
        limits,
        ..settings()
    })
    .await;
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let session: Session = world.session("Ada").await;
    let (hole, _waiting, _listener) = black_hole().await;
    let view = world.view(&slug).await;
    let moved = UpdateConnector {
        url: Some(hole),
        row_version: Some(view.row_version),
        ..UpdateConnector::default()
    };
    let saved = world
        .hub
        .update_connector(&Actor::CommandLine, &slug, moved);
    saved.await.expect("a new address");
    let outcome = eventually_async(|| async {
        let outcome = world.call(&session, TOOL).await;
        (outcome.code() == Some("connect_timeout")).then_some(outcome)
    })
    .await;
    let CallOutcome::UpstreamFailure(failure) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(failure.message.ends_with("traffic from this machine."));
    let row = eventually_async(|| async {
        let page = world.hub.calls_page(None, 1, &CallFilter::default()).await;
        let row = page.expect("calls").rows.into_iter().next();
        row.filter(|row| row.code.as_deref() == Some("connect_timeout"))
    })
    .await;
    assert_eq!(row.own_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(row.http_status, None);
}
