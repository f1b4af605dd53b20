//! Sessions of the agent: who has them, whose turn it is, and what is left when a process dies.

use tieline_domain::{CallId, Role, SessionId, TurnId, UserId};
use tieline_store::{
    AgentAddTurn, AgentAddedTurn, AgentEventRow, AgentNewCall, AgentRecord, AgentSessionRow,
    AgentTurnState, AgentTurns, AgentWrite, AgentWritten, CallRow, Store, StoreError, UserUse,
};

use crate::bed::Bed;
use crate::samples::{AddCalls as _, added_user, at, call, connector_id};

fn session_id() -> SessionId {
    SessionId::parse(&connector_id().to_string()).unwrap()
}

fn turn_id() -> TurnId {
    TurnId::parse(&connector_id().to_string()).unwrap()
}

fn call_id() -> CallId {
    CallId::parse(&connector_id().to_string()).unwrap()
}

fn row(user: UserId, catalog: &str) -> AgentSessionRow {
    AgentSessionRow {
        id: session_id(),
        user_id: user,
        title: String::new(),
        model: Some("large".to_owned()),
        mode: "list".to_owned(),
        catalog: catalog.to_owned(),
        revision: "0123456789abcdef".to_owned(),
        tools: 7,
        tokens: 900,
        news: r#"["+1 tool from Acme"]"#.to_owned(),
        left_out: "[]".to_owned(),
        last_event: 0,
        created_at: at(1),
        updated_at: at(2),
    }
}

async fn added(store: &Store, email: &str) -> AgentSessionRow {
    let user = added_user(store, email, Role::Member).await;
    let row = row(user.id, "digest");
    store.agent_session_insert(&row, Some("{}")).await.unwrap();
    row
}

fn event(id: u64, turn: TurnId) -> AgentEventRow {
    AgentEventRow {
        id,
        turn: Some(turn),
        at: at(5),
        kind: "turn.started".to_owned(),
        body: r#"{"text":"a\u0000b"}"#.to_owned(),
    }
}

fn add(session: &AgentSessionRow, owner: &str, text: &str) -> AgentAddTurn {
    let turn = turn_id();
    AgentAddTurn {
        turn,
        session: session.id,
        user: session.user_id,
        text: text.to_owned(),
        title: format!("About {text}"),
        at: at(10),
        owner: owner.to_owned(),
        when_free: AgentTurnState::Running,
        message: "\"hi\"".to_owned(),
        event: event(0, turn),
        limit: 2,
    }
}

fn record(session: &AgentSessionRow, turn: TurnId, owner: &str) -> AgentRecord {
    AgentRecord {
        session: session.id,
        turn,
        owner: owner.to_owned(),
        at: at(20),
        messages: Vec::new(),
        calls: Vec::new(),
        released: Vec::new(),
        results: Vec::new(),
        step_over: false,
        events: Vec::new(),
        left_out: None,
        turns: AgentTurns::Goes,
    }
}

async fn write(store: &Store, write: AgentWrite) -> AgentWritten {
    store.agent_write(&[write]).await.unwrap().remove(0)
}

async fn send(store: &Store, new: AgentAddTurn) -> AgentAddedTurn {
    match write(store, AgentWrite::AddTurn(new)).await {
        AgentWritten::Added(added) => added,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let store = &bed.store;
    let row = added(store, "ann@example.com").await;
    let read = store.agent_session(row.user_id, row.id).await.unwrap();
    assert_eq!(read.as_ref(), Some(&row));
    assert_eq!(store.agent_session_of_any(row.id).await.unwrap(), read);
    assert_eq!(
        store.agent_catalog("digest").await.unwrap().as_deref(),
        Some("{}")
    );
    let list = store.agent_sessions(row.user_id, 10).await.unwrap();
    assert_eq!((list.len(), list[0].id, list[0].busy), (1, row.id, false));
    assert_eq!(
        store
            .agent_latest_catalog(row.user_id)
            .await
            .unwrap()
            .as_deref(),
        Some("digest")
    );
    assert!(
        store
            .agent_session_rename(row.user_id, row.id, "a\0b")
            .await
            .unwrap()
    );
    let read = store
        .agent_session(row.user_id, row.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.title, "a\u{fffd}b");
}

pub(crate) async fn a_session_belongs_to_one_person(bed: &Bed) {
    let store = &bed.store;
    let row = added(store, "ann@example.com").await;
    let other = added_user(store, "bob@example.com", Role::Admin).await.id;
    assert!(store.agent_session(other, row.id).await.unwrap().is_none());
    assert!(store.agent_sessions(other, 10).await.unwrap().is_empty());
    assert!(
        !store
            .agent_session_rename(other, row.id, "mine")
            .await
            .unwrap()
    );
    assert!(!store.agent_session_delete(other, row.id).await.unwrap());
    assert!(!store.agent_want_stop(other, row.id).await.unwrap());
    let mut new = add(&row, "server:a", "hi");
    new.user = other;
    assert_eq!(send(store, new).await, AgentAddedTurn::NoSession);
    assert!(store.agent_open_turns(row.id).await.unwrap().is_empty());
}

pub(crate) async fn a_catalogue_is_stored_once_and_leaves_with_its_last_session(bed: &Bed) {
    let store = &bed.store;
    let first = added(store, "ann@example.com").await;
    let second = row(first.user_id, "digest");
    store.agent_session_insert(&second, None).await.unwrap();
    let missing = row(first.user_id, "other");
    let refused = store
        .agent_session_insert(&missing, None)
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::NotFound), "{refused:?}");
    assert!(!store.agent_catalog_forget("digest").await.unwrap());
    for session in [&first, &second] {
        assert!(
            store
                .agent_session_delete(session.user_id, session.id)
                .await
                .unwrap()
        );
    }
    assert!(store.agent_catalog_forget("digest").await.unwrap());
    assert_eq!(store.agent_catalog("digest").await.unwrap(), None);
}

pub(crate) async fn one_turn_at_a_time_and_a_bounded_queue(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let first = add(&session, "server:a", "one\0");
    assert_eq!(
        send(store, first.clone()).await,
        AgentAddedTurn::Free {
            event: 1,
            messages: vec![first.message.clone()]
        }
    );
    let second = add(&session, "server:b", "two");
    assert_eq!(send(store, second.clone()).await, AgentAddedTurn::Behind(1));
    let third = add(&session, "server:a", "three");
    assert_eq!(send(store, third.clone()).await, AgentAddedTurn::Behind(1));
    let fourth = add(&session, "server:a", "four");
    assert_eq!(send(store, fourth).await, AgentAddedTurn::TooMany);
    let open = store.agent_open_turns(session.id).await.unwrap();
    let states: Vec<_> = open
        .iter()
        .map(|turn| (turn.text.as_str(), turn.state))
        .collect();
    assert_eq!(
        states,
        [
            ("one\u{fffd}", AgentTurnState::Running),
            ("two", AgentTurnState::Queued),
            ("three", AgentTurnState::Queued)
        ]
    );
    let read = store
        .agent_session(session.user_id, session.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (read.title.as_str(), read.last_event),
        ("About one\u{fffd}", 1)
    );
    assert_eq!(store.agent_messages(session.id).await.unwrap().len(), 1);

    let mut end = record(&session, first.turn, "server:a");
    end.turns = AgentTurns::EndsAndTakesNext;
    end.events = vec![event(2, first.turn), event(7, first.turn)];
    end.messages = vec!["\"answer\"".to_owned()];
    match write(store, AgentWrite::Record(end)).await {
        AgentWritten::Recorded(Some(next)) => {
            assert_eq!((next.id, next.owner.as_str()), (second.turn, "server:a"));
            assert_eq!(next.state, AgentTurnState::Waiting);
        }
        other => panic!("{other:?}"),
    }
    let read = store
        .agent_session(session.user_id, session.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.last_event, 7);
    let events = store.agent_events(session.id, 1, 10).await.unwrap();
    assert_eq!(events, [event(2, first.turn), event(7, first.turn)]);
    let mut end = record(&session, second.turn, "server:a");
    end.turns = AgentTurns::Ends;
    write(store, AgentWrite::Record(end)).await;
    let orphans = store.agent_orphans().await.unwrap();
    assert_eq!(orphans.len(), 1, "nobody took the third");
    assert!(
        store
            .agent_adopt(&orphans[0], "server:c", at(30))
            .await
            .unwrap()
    );
    assert!(
        !store
            .agent_adopt(&orphans[0], "server:d", at(30))
            .await
            .unwrap()
    );
    assert!(store.agent_orphans().await.unwrap().is_empty());
}

pub(crate) async fn a_turn_is_written_by_its_owner_only(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let turn = add(&session, "server:a", "one");
    send(store, turn.clone()).await;
    let mut strange = record(&session, turn.turn, "server:b");
    strange.events = vec![event(2, turn.turn)];
    let written = write(store, AgentWrite::Record(strange)).await;
    assert!(matches!(written, AgentWritten::Lost), "{written:?}");
    assert_eq!(
        store.agent_events(session.id, 0, 10).await.unwrap().len(),
        1
    );
    assert!(
        store
            .agent_session_delete(session.user_id, session.id)
            .await
            .unwrap()
    );
    let gone = write(
        store,
        AgentWrite::Record(record(&session, turn.turn, "server:a")),
    )
    .await;
    assert!(matches!(gone, AgentWritten::Lost), "{gone:?}");
}

pub(crate) async fn calls_wait_are_decided_once_and_leave_with_their_step(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let turn = add(&session, "server:a", "one");
    send(store, turn.clone()).await;
    let (runs, waits) = (call_id(), call_id());
    let mut begin = record(&session, turn.turn, "server:a");
    begin.calls = [(runs, false), (waits, true)]
        .into_iter()
        .enumerate()
        .map(|(position, (id, waiting))| AgentNewCall {
            id,
            model_call_id: format!("toolu_{position}"),
            position,
            waiting,
        })
        .collect();
    write(store, AgentWrite::Record(begin)).await;
    let user = session.user_id;
    assert!(
        !store
            .agent_decide(user, session.id, runs, "approve")
            .await
            .unwrap()
    );
    assert!(
        store
            .agent_decide(user, session.id, waits, "approve")
            .await
            .unwrap()
    );
    assert!(
        !store
            .agent_decide(user, session.id, waits, "refuse")
            .await
            .unwrap()
    );
    assert!(store.agent_want_stop(user, session.id).await.unwrap());
    let queued = add(&session, "server:b", "two");
    send(store, queued.clone()).await;
    let signals = store.agent_heartbeat("server:a", at(40)).await.unwrap();
    assert_eq!(signals.stops, [turn.turn]);
    assert_eq!(signals.decided, [(waits, "approve".to_owned())]);
    assert_eq!(
        signals
            .queued
            .iter()
            .map(|turn| turn.id)
            .collect::<Vec<_>>(),
        [queued.turn]
    );
    let nobody = store.agent_heartbeat("server:b", at(40)).await.unwrap();
    assert!(nobody.stops.is_empty() && nobody.decided.is_empty() && nobody.queued.is_empty());

    let mut result = record(&session, turn.turn, "server:a");
    result.released = vec![waits];
    result.results = vec![(runs, "\"done\"".to_owned())];
    write(store, AgentWrite::Record(result)).await;
    let calls = store.agent_calls(turn.turn).await.unwrap();
    let results: Vec<_> = calls.iter().map(|call| call.result.as_deref()).collect();
    assert_eq!(results, [Some("\"done\""), None]);
    let mut over = record(&session, turn.turn, "server:a");
    over.step_over = true;
    over.left_out = Some("[1]".to_owned());
    write(store, AgentWrite::Record(over)).await;
    assert!(store.agent_calls(turn.turn).await.unwrap().is_empty());
    let read = store
        .agent_session(user, session.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.left_out, "[1]");
}

/// A record with one message, one call and one event.
fn step(session: &AgentSessionRow, turn: TurnId, number: u64) -> AgentRecord {
    let mut step = record(session, turn, "server:a");
    step.messages = vec![format!("\"{number}\"")];
    step.events = vec![event(number, turn)];
    step.calls = vec![AgentNewCall {
        id: call_id(),
        model_call_id: number.to_string(),
        position: 0,
        waiting: false,
    }];
    step
}

pub(crate) async fn records_that_follow_each_other_are_written_as_one(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let turn = add(&session, "server:a", "one");
    send(store, turn.clone()).await;
    let mut first = step(&session, turn.turn, 2);
    let mut over = record(&session, turn.turn, "server:a");
    over.results = vec![(first.calls[0].id, "\"late\"".to_owned())];
    over.step_over = true;
    over.messages = vec!["\"results\"".to_owned()];
    let second = step(&session, turn.turn, 3);
    let runs = second.calls[0].id;
    first.absorb(over);
    first.absorb(second);
    write(store, AgentWrite::Record(first)).await;
    assert_eq!(
        store.agent_messages(session.id).await.unwrap(),
        ["\"hi\"", "\"2\"", "\"results\"", "\"3\""]
    );
    let calls = store.agent_calls(turn.turn).await.unwrap();
    assert_eq!(calls.iter().map(|call| call.id).collect::<Vec<_>>(), [runs]);
    assert_eq!(store.agent_open_turns(session.id).await.unwrap().len(), 1);
}

pub(crate) async fn a_record_is_written_whole_or_not_at_all(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let turn = add(&session, "server:a", "one");
    send(store, turn.clone()).await;
    // The number of its second event is taken.
    let mut refused = step(&session, turn.turn, 2);
    refused.events.push(event(1, turn.turn));
    let whole = AgentWrite::Record(step(&session, turn.turn, 2));
    let both = [whole, AgentWrite::Record(refused)];
    assert!(store.agent_write(&both).await.is_err());
    assert_eq!(store.agent_messages(session.id).await.unwrap().len(), 1);
    assert!(store.agent_calls(turn.turn).await.unwrap().is_empty());
    // Nobody waits for this one.
    let dropped = [AgentWrite::Record(step(&session, turn.turn, 2))];
    let _ = tokio::time::timeout(std::time::Duration::ZERO, store.agent_write(&dropped)).await;
    write(store, AgentWrite::Record(step(&session, turn.turn, 3))).await;
    let events = store.agent_events(session.id, 0, 10).await.unwrap().len();
    let messages = store.agent_messages(session.id).await.unwrap().len();
    assert_eq!(events, messages);
}

pub(crate) async fn a_dead_process_is_found_by_its_silence(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let turn = add(&session, "server:a", "one");
    send(store, turn.clone()).await;
    let dead = async |me, before, prefix| {
        let found = store
            .agent_dead_turns(me, at(before), prefix)
            .await
            .unwrap();
        found.len()
    };
    assert_eq!(
        dead("server:b", 10, None).await,
        0,
        "it gave a sign of life at 10"
    );
    assert_eq!(dead("server:b", 11, None).await, 1);
    assert_eq!(dead("server:a", 11, None).await, 0, "not one's own");
    assert_eq!(dead("server:b", 0, Some("server:")).await, 1);
    assert_eq!(dead("server:b", 0, Some("command:")).await, 0);
    store.agent_heartbeat("server:a", at(50)).await.unwrap();
    assert_eq!(dead("server:b", 11, None).await, 0);
    let found = store
        .agent_dead_turns("server:b", at(51), None)
        .await
        .unwrap();
    // It lives after all: the takeover of a moment ago does not count.
    store.agent_heartbeat("server:a", at(60)).await.unwrap();
    assert!(
        !store
            .agent_adopt(&found[0], "server:b", at(61))
            .await
            .unwrap()
    );
}

pub(crate) async fn sessions_leave_with_their_person(bed: &Bed) {
    let store = &bed.store;
    let session = added(store, "ann@example.com").await;
    let turn = add(&session, "server:a", "one");
    send(store, turn.clone()).await;
    let id = session.user_id;
    bed.tamper(&format!("DELETE FROM users WHERE id = '{id}'"))
        .await;
    assert!(
        store
            .agent_session_of_any(session.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.agent_open_turns(session.id).await.unwrap().is_empty());
    assert!(
        store
            .agent_events(session.id, 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.agent_messages(session.id).await.unwrap().is_empty());
}

pub(crate) async fn eight_messages_at_once_begin_one_turn(bed: &Bed) {
    let session = added(&bed.store, "ann@example.com").await;
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..8 {
        let mut new = add(&session, &format!("server:{number}"), "hi");
        new.limit = 10;
        let store = Store::open(&bed.url).await.unwrap();
        sending.spawn(async move {
            let added = send(&store, new).await;
            store.close().await;
            added
        });
    }
    let mut free = 0;
    while let Some(added) = sending.join_next().await {
        free += usize::from(matches!(added.unwrap(), AgentAddedTurn::Free { .. }));
    }
    assert_eq!(free, 1);
    assert_eq!(
        bed.store.agent_open_turns(session.id).await.unwrap().len(),
        8
    );
}

pub(crate) async fn tells_what_a_person_does(bed: &Bed) {
    let store = &bed.store;
    let (session, other) = (
        added(store, "ann@example.com").await,
        added(store, "ben@example.com").await,
    );
    for (session, owner) in [
        (&session, "server:a"),
        (&session, "server:a"),
        (&other, "server:a"),
    ] {
        send(store, add(session, owner, "one")).await;
    }
    let (one, two) = (connector_id(), connector_id());
    let calls =
        [(one, 99), (one, 100), (one, 101), (two, 102)].map(|(connector, millis)| CallRow {
            user_id: session.user_id,
            ..call(connector, millis)
        });
    store.add_calls(calls.to_vec()).await.unwrap();
    let told = store.user_use(session.user_id, at(100)).await.unwrap();
    let expected = UserUse {
        turns: 2,
        calls: 3,
        connectors: 2,
    };
    assert_eq!(told, expected);
    let told = store.user_use(other.user_id, at(100)).await.unwrap();
    let expected = UserUse {
        turns: 1,
        ..UserUse::default()
    };
    assert_eq!(told, expected);
}
