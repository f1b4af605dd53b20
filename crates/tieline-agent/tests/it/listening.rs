//! Whoever listens misses nothing and hears nothing twice, whenever they come.

use futures_util::StreamExt as _;
use tieline_agent::{AgentSettings, Follow};
use tieline_testkit::{FakeMcp, ModelReply};

use crate::world::{World, assert_growing, calls, text, types, until};

#[tokio::test]
async fn from_every_number_on_the_rest_is_the_same() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(calls([("mcp__acme__search", "{}")]))
        .then(ModelReply::text(["a", "b", "ß", "d", "e"]));
    let all = world.turn(&ada, id, "Hi").await;
    assert_growing(&all);
    for from in 0..=all.len() {
        let after = if from == 0 {
            0
        } else {
            all[from - 1]["id"].as_u64().expect("a number")
        };
        let rest = world.events(&ada, id, after, Follow::UntilIdle).await;
        assert_eq!(rest, all[from..], "after {after}");
    }
    // Another process reads the same from the database.
    let other = world.beside(AgentSettings::default()).await;
    assert_eq!(other.events(&ada, id, 0, Follow::UntilIdle).await, all);
    let middle = all[4]["id"].as_u64().expect("a number");
    assert_eq!(
        other.events(&ada, id, middle, Follow::UntilIdle).await,
        all[5..]
    );
}

#[tokio::test]
async fn a_page_that_reconnects_in_the_middle_goes_on_where_it_was() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(
        ModelReply::text(["one ", "two "])
            .pause()
            .and_text(["three ", "four"]),
    );
    let sent = world
        .agent
        .send(&ada, id, "Count".to_owned())
        .await
        .expect("sent");
    let mut stream = world
        .agent
        .events(&ada, id, sent.after, Follow::Always)
        .await
        .expect("events");
    let mut seen = until(&mut stream, "text.delta").await;
    let last = seen.last().expect("an event").id;
    drop(stream);
    // A page that is loaded now begins with what is there and goes on from it.
    let shown = world.transcript(&ada, id).await;
    assert!(shown.last_event >= last);
    world.model.release(1);
    let mut stream = world
        .agent
        .events(&ada, id, last, Follow::Turn(sent.turn))
        .await
        .expect("events");
    while let Some(event) = stream.next().await {
        seen.push(event.expect("readable"));
    }
    let seen: Vec<serde_json::Value> = seen
        .iter()
        .map(|event| serde_json::from_str(&event.to_json()).expect("JSON"))
        .collect();
    assert_growing(&seen);
    assert_eq!(text(&seen), "one two three four");
    let after_load = world
        .events(&ada, id, shown.last_event, Follow::UntilIdle)
        .await;
    let loaded: String = crate::world::lines(&shown).concat();
    assert_eq!(
        format!("{loaded}{}", text(&after_load)),
        "user: Counttext: one two three four"
    );
}

#[tokio::test]
async fn a_listener_hears_turns_that_begin_later_and_those_of_other_processes() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    let other = world.beside(AgentSettings::default()).await;
    let mut here = world
        .agent
        .events(&ada, id, 0, Follow::Always)
        .await
        .expect("events");
    world.model.always(|_| ModelReply::text(["ok"]));
    world.turn(&ada, id, "first").await;
    let first = until(&mut here, "turn.finished").await;
    assert_eq!(first.len(), 3);
    other.turn(&ada, id, "second").await;
    let second = until(&mut here, "turn.finished").await;
    let names: Vec<_> = second.iter().map(|event| event.name()).collect();
    assert_eq!(names, ["turn.started", "text.delta", "turn.finished"]);
    world.turn(&ada, id, "third").await;
    let third = until(&mut here, "turn.finished").await;
    assert_eq!(third.len(), 3);
    let all = world.events(&ada, id, 0, Follow::UntilIdle).await;
    assert_growing(&all);
    assert_eq!(
        types(&all)
            .iter()
            .filter(|word| **word == "turn.started")
            .count(),
        3
    );
}

#[tokio::test]
async fn the_first_word_is_heard_while_the_model_still_speaks() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    let mut stream = world
        .agent
        .events(&ada, id, 0, Follow::Always)
        .await
        .expect("events");
    world.model.then(ModelReply::text(["now"]).pause());
    world.send(&ada, id, "Hi").await;
    let heard = until(&mut stream, "text.delta").await;
    assert_eq!(heard.len(), 2);
    assert_eq!(world.model.in_flight(), 1, "the answer is not over");
    world.agent.delete(&ada, id).await.expect("deleted");
    let rest: Vec<_> = stream.collect().await;
    assert!(rest.len() <= 1, "{rest:?}");
}
