//! What changed about tools: since the session before, and since this one began.

use tieline_domain::Actor;
use tieline_hub::ConnectorStatus;
use tieline_testkit::{FakeMcp, FakeTool, eventually, eventually_async};

use crate::world::World;

#[tokio::test]
async fn a_new_session_says_what_the_last_one_did_not_have() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let acme = FakeMcp::dual().tools(["search", "read"]).start().await;
    let acme_slug = world.connect("Acme MCP", &acme).await;
    let jira = FakeMcp::dual().tools(["list"]).start().await;
    let jira_slug = world.connect("Tickets", &jira).await;
    let first = world
        .agent
        .create_session(&ada, None)
        .await
        .expect("a session");
    assert!(
        first.changes.since_last.is_empty(),
        "nothing to compare with"
    );

    acme.set_tools([
        FakeTool::echo("search").described("Searches better"),
        FakeTool::echo("write"),
        FakeTool::echo("draw"),
    ]);
    world
        .hub
        .refresh_connector(&acme_slug)
        .await
        .expect("asked");
    eventually(|| {
        world
            .hub
            .catalog()
            .by_agent_name("mcp__acme_mcp__draw")
            .is_some()
    })
    .await;
    let docs = FakeMcp::dual().tools(["a", "b"]).start().await;
    world.connect("Docs", &docs).await;
    jira.shut_down().await;
    world
        .hub
        .refresh_connector(&jira_slug)
        .await
        .expect("asked");
    eventually_async(|| async {
        let view = world.hub.connector(&jira_slug).await.expect("a connector");
        (view.status == ConnectorStatus::Failing).then_some(())
    })
    .await;

    let second = world
        .agent
        .create_session(&ada, None)
        .await
        .expect("a session");
    assert_eq!(
        second.changes.since_last,
        [
            "+2 tools from Acme MCP",
            "−1 tool from Acme MCP",
            "1 tool of Acme MCP changed",
            "+2 tools from Docs",
            "Tickets is failing"
        ]
    );
    assert_eq!((second.changes.waiting, second.changes.notes.len()), (0, 0));
    // It stays what it was at the start, and another person's sessions have nothing to do with it.
    let again = world
        .agent
        .session(&ada, second.id)
        .await
        .expect("a session");
    assert_eq!(again.changes.since_last, second.changes.since_last);
    let bob = world.person("Bob").await;
    let his = world
        .agent
        .create_session(&bob, None)
        .await
        .expect("a session");
    assert!(his.changes.since_last.is_empty());

    let old = world
        .agent
        .session(&ada, first.id)
        .await
        .expect("a session");
    assert_eq!(old.changes.waiting, 2);
    assert_eq!(
        old.changes.notes,
        [
            "Acme MCP has 2 new tools, changed 1 tool and no longer offers 1 tool.",
            "Docs is new and has 2 tools."
        ]
    );
}

#[tokio::test]
async fn a_connector_that_is_off_is_gone_until_it_is_on_again() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let acme = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &acme).await;
    let id = world.session(&ada).await;
    let switch = async |on| {
        let switched = world
            .hub
            .enable_connector(&Actor::CommandLine, &slug, on)
            .await;
        switched.expect("switched");
    };
    switch(false).await;
    let view = world.agent.session(&ada, id).await.expect("a session");
    assert!(view.connectors[0].gone);
    assert_eq!(
        view.changes.notes,
        ["Acme MCP was turned off. Its tools do not work until it is turned on again."]
    );
    assert_eq!(view.changes.waiting, 0, "it acts at once");
    switch(true).await;
    let view = world.agent.session(&ada, id).await.expect("a session");
    assert!(!view.connectors[0].gone && view.changes.notes.is_empty());
}
