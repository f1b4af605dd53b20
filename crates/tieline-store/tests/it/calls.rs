//! Records of tool calls.

use tieline_store::{CallFilter, CallRow, CallText, CallTimes, ConnectorUse, HourCount};

use crate::bed::Bed;
use crate::samples::{AddCalls as _, at, call, connector_id, user_id};

const HOUR: i64 = 3_600_000;

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let full = CallRow {
        outcome: "upstream_failure".to_owned(),
        code: Some("timeout".to_owned()),
        bytes_out: i64::MAX,
        http_status: Some(502),
        own_address: Some("192.0.2.7".to_owned()),
        ..call(connector_id(), 1)
    };
    let bare = CallRow {
        key_id: None,
        session: None,
        client: None,
        request_id: None,
        ..call(connector_id(), 2)
    };
    bed.store
        .add_calls(vec![full.clone(), bare.clone()])
        .await
        .unwrap();
    let page = bed
        .store
        .calls_page(None, 10, &CallFilter::default())
        .await
        .unwrap();
    assert_eq!((page.rows, page.next), (vec![bare, full], None));
}

pub(crate) async fn writes_large_batches(bed: &Bed) {
    let connector = connector_id();
    bed.store
        .add_calls((0..1_234).map(|number| call(connector, number)).collect())
        .await
        .unwrap();
    bed.store.add_calls(vec![]).await.unwrap();
    let page = bed
        .store
        .calls_page(None, 5_000, &CallFilter::default())
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1_234);
}

pub(crate) async fn calls_that_are_alike_keep_what_they_differ_in(bed: &Bed) {
    let (one, other) = (connector_id(), connector_id());
    let (user_id, key_id) = (user_id(), call(one, 1).key_id);
    let mut calls: Vec<_> = (0..700)
        .map(|number| CallRow {
            user_id,
            key_id,
            ms: number * 3,
            bytes_in: number * 5,
            bytes_out: number * 7,
            request_id: (number % 5 > 0).then(|| format!("r-{number:016x}")),
            code: (number % 9 == 0).then(|| format!("code_{}", number % 2)),
            http_status: (number % 9 == 0).then_some(500 + number % 3),
            own_address: (number % 27 == 0).then(|| "192.0.2.7".to_owned()),
            ..call(if number % 2 == 0 { one } else { other }, number)
        })
        .collect();
    bed.store.add_calls(calls.clone()).await.unwrap();
    let page = bed
        .store
        .calls_page(None, 5_000, &CallFilter::default())
        .await
        .unwrap();
    calls.sort_by_key(|call| std::cmp::Reverse(call.id));
    assert_eq!(page.rows, calls);
}

pub(crate) async fn a_batch_can_be_written_again(bed: &Bed) {
    let first = call(connector_id(), 1);
    let second = CallRow {
        client: Some("\0odd".to_owned()),
        ..call(connector_id(), 2)
    };
    bed.store.add_calls(vec![first.clone()]).await.unwrap();
    bed.store.add_calls(vec![first, second]).await.unwrap();
    let page = bed
        .store
        .calls_page(None, 10, &CallFilter::default())
        .await
        .unwrap();
    assert_eq!(
        (page.rows.len(), page.rows[0].client.as_deref()),
        (2, Some("\u{fffd}odd"))
    );
}

/// The one connection that writes has to be good for the next batch.
pub(crate) async fn a_batch_that_fails_leaves_nothing_and_stops_nobody(bed: &Bed) {
    let connector = connector_id();
    // More than are in memory at a time, of which the last one fails.
    let batch: Vec<_> = (0..1_100)
        .map(|number| CallRow {
            ms: number % 1_099,
            ..call(connector, number)
        })
        .collect();
    bed.tamper("CREATE UNIQUE INDEX none_alike ON calls (ms)")
        .await;
    assert!(bed.store.add_calls(batch.clone()).await.is_err());
    bed.tamper("DROP INDEX none_alike").await;
    let written = async || {
        let everything = CallFilter::default();
        let page = bed.store.calls_page(None, 2_000, &everything).await;
        page.unwrap().rows.len()
    };
    assert_eq!(written().await, 0);
    bed.store.add_calls(batch).await.unwrap();
    assert_eq!(written().await, 1_100);
}

pub(crate) async fn pages_newest_first(bed: &Bed) {
    let calls: Vec<_> = (0..7).map(|number| call(connector_id(), number)).collect();
    bed.store.add_calls(calls.clone()).await.unwrap();
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = bed
            .store
            .calls_page(cursor.as_deref(), 3, &CallFilter::default())
            .await
            .unwrap();
        found.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let newest_first: Vec<_> = calls.into_iter().rev().collect();
    assert_eq!(found, newest_first);
    let none = bed
        .store
        .calls_page(Some("0"), 3, &CallFilter::default())
        .await
        .unwrap();
    assert!(none.rows.is_empty());
}

pub(crate) async fn filters(bed: &Bed) {
    let (connector, user) = (connector_id(), user_id());
    let calls = vec![
        call(connector, 1),
        CallRow {
            user_id: user,
            ..call(connector_id(), 2)
        },
        CallRow {
            outcome: "refused".to_owned(),
            tool: "Refund_order".to_owned(),
            ..call(connector, 3)
        },
    ];
    bed.store.add_calls(calls.clone()).await.unwrap();
    for known in &calls {
        assert_eq!(
            bed.store.call(known.id).await.unwrap().as_ref(),
            Some(known)
        );
    }
    let unknown = call(connector, 4).id;
    assert_eq!(bed.store.call(unknown).await.unwrap(), None);
    let times = async |connector, user, outcome: Option<&str>, since| {
        let filter = CallFilter {
            connector,
            user,
            outcome: outcome.map(str::to_owned),
            since,
            ..CallFilter::default()
        };
        let page = bed.store.calls_page(None, 10, &filter).await.unwrap();
        page.rows
            .iter()
            .map(|call| call.at.as_millis())
            .collect::<Vec<_>>()
    };
    assert_eq!(times(Some(connector), None, None, None).await, [3, 1]);
    assert_eq!(times(None, Some(user), None, None).await, [2]);
    assert_eq!(times(None, None, Some("refused"), None).await, [3]);
    assert_eq!(times(Some(connector), None, Some("ok"), None).await, [1]);
    assert_eq!(times(None, None, None, Some(at(2))).await, [3, 2]);
    let of_tool = CallFilter {
        tool: Some("Refund_order".to_owned()),
        ..CallFilter::default()
    };
    let before = calls[2].id.to_string();
    for (cursor, expected) in [(None, 1), (Some(before.as_str()), 0)] {
        let page = bed.store.calls_page(cursor, 10, &of_tool).await.unwrap();
        assert_eq!(page.rows.len(), expected);
    }
}

pub(crate) async fn counts_by_hour(bed: &Bed) {
    let now = 100 * HOUR + 1_234;
    let (busy, quiet) = (connector_id(), connector_id());
    let failed = |connector, millis| CallRow {
        outcome: "upstream_failure".to_owned(),
        ..call(connector, millis)
    };
    bed.store
        .add_calls(vec![
            call(busy, now),
            failed(busy, now - HOUR + 1),
            call(busy, now - HOUR),
            call(busy, now - 24 * HOUR + 1),
            call(busy, now - 24 * HOUR),
            call(busy, now + 1),
            failed(quiet, now - 12 * HOUR),
        ])
        .await
        .unwrap();
    let counts = bed.store.call_counts_24h(at(now)).await.unwrap();
    assert_eq!(counts.len(), 2);
    let busy = counts[&busy];
    assert_eq!(
        busy[23],
        HourCount {
            calls: 2,
            failed: 1
        }
    );
    assert_eq!(
        busy[22],
        HourCount {
            calls: 1,
            failed: 0
        }
    );
    assert_eq!(
        busy[0],
        HourCount {
            calls: 1,
            failed: 0
        }
    );
    assert_eq!(busy.iter().map(|hour| hour.calls).sum::<u32>(), 4);
    assert_eq!(
        counts[&quiet][11],
        HourCount {
            calls: 1,
            failed: 1
        }
    );
}

pub(crate) async fn forgets_old_calls(bed: &Bed) {
    let connector = connector_id();
    bed.store
        .add_calls((1..=5_005).map(|millis| call(connector, millis)).collect())
        .await
        .unwrap();
    // More than are removed in one go.
    assert_eq!(bed.store.calls_purge(at(5_004)).await.unwrap(), 5_003);
    let page = bed
        .store
        .calls_page(None, 10, &CallFilter::default())
        .await
        .unwrap();
    assert_eq!(
        page.rows.iter().map(|call| call.at).collect::<Vec<_>>(),
        [at(5_005), at(5_004)]
    );
    assert_eq!(bed.store.calls_purge(at(0)).await.unwrap(), 0);
}

pub(crate) async fn counts_by_tool(bed: &Bed) {
    let (connector, ann) = (connector_id(), user_id());
    let called = |at, tool: &str, user_id| CallRow {
        tool: tool.to_owned(),
        user_id,
        ..call(connector, at)
    };
    let calls = vec![
        called(1, "search", ann),
        called(5, "search", ann),
        called(6, "search", ann),
        CallRow {
            code: Some("timeout".to_owned()),
            ..called(7, "search", user_id())
        },
        called(8, "create", ann),
        call(connector_id(), 9),
    ];
    bed.store.add_calls(calls).await.unwrap();
    let mut counts = bed.store.calls_by_tool(connector, at(5)).await.unwrap();
    counts.sort_by(|a, b| a.tool.cmp(&b.tool));
    let counts: Vec<_> = counts
        .iter()
        .map(|count| {
            (
                count.tool.as_str(),
                count.calls,
                count.timeouts,
                count.people,
            )
        })
        .collect();
    assert_eq!(counts, [("create", 1, 0, 1), ("search", 3, 1, 2)]);
}

pub(crate) async fn tells_who_uses_a_connector(bed: &Bed) {
    let (connector, ann) = (connector_id(), user_id());
    let called = |at, session: Option<&str>, user_id| CallRow {
        key_id: session.map_or_else(|| call(connector, at).key_id, |_| None),
        session: session.map(str::to_owned),
        user_id,
        ..call(connector, at)
    };
    let calls = vec![
        called(1, None, user_id()),
        called(5, Some("one"), ann),
        called(6, Some("two"), ann),
        called(7, Some("two"), ann),
        called(8, None, user_id()),
        call(connector_id(), 9),
    ];
    let key = calls[4].key_id;
    assert!(key.is_some(), "the sample has a key");
    bed.store.add_calls(calls).await.unwrap();
    let used = bed.store.connector_use(connector, at(5)).await.unwrap();
    assert_eq!((used.people, used.sessions, used.clients), (2, 2, 1));
    let unused = bed.store.connector_use(connector, at(9)).await.unwrap();
    assert_eq!(unused, ConnectorUse::default());
}

pub(crate) async fn tells_how_long_calls_take_and_when_they_were(bed: &Bed) {
    let connector = connector_id();
    assert_eq!(bed.store.call_times(connector, at(0)).await.unwrap(), None);
    let calls = (1..=100).map(|number| CallRow {
        ms: 101 - number,
        ..call(connector, number)
    });
    let refused = CallRow {
        outcome: "refused".to_owned(),
        ms: 9_999,
        ..call(connector, 101)
    };
    let all = calls.chain([refused]).collect();
    bed.store.add_calls(all).await.unwrap();
    let times = bed.store.call_times(connector, at(0)).await.unwrap();
    let times = times.map(|times| (times.typical, times.slowest));
    assert_eq!(times, Some((50, 95)));
    for (moment, around) in [
        (40, (Some(at(39)), Some(at(40)))),
        (1, (None, Some(at(1)))),
        (101, (Some(at(100)), None)),
    ] {
        let found = bed.store.calls_around(connector, at(moment)).await.unwrap();
        assert_eq!(found, around);
    }
}

pub(crate) async fn counts_those_before_a_moment(bed: &Bed) {
    assert_eq!(bed.store.calls_older(at(3)).await.unwrap(), (0, 0));
    let connector = connector_id();
    bed.store
        .add_calls((1..=5).map(|millis| call(connector, millis)).collect())
        .await
        .unwrap();
    assert_eq!(bed.store.calls_older(at(3)).await.unwrap(), (5, 2));
}

pub(crate) async fn finds_a_text_whatever_its_case(bed: &Bed) {
    let (ann, docs) = (user_id(), connector_id());
    let calls = [
        CallRow {
            tool: "Refund_Order".to_owned(),
            ..call(connector_id(), 1)
        },
        CallRow {
            tool: "refundXorder".to_owned(),
            user_id: ann,
            ..call(connector_id(), 2)
        },
        CallRow {
            connector_slug: "billing".to_owned(),
            client: Some("Codex 0.9".to_owned()),
            session: Some("0190B6A4-7C3E".to_owned()),
            ..call(docs, 3)
        },
    ];
    bed.store.add_calls(calls.to_vec()).await.unwrap();
    let find = async |text: CallText| {
        let filter = CallFilter {
            text: Some(text),
            ..CallFilter::default()
        };
        let page = bed.store.calls_page(None, 10, &filter).await.unwrap();
        let times = page.rows.iter().map(|call| call.at.as_millis());
        times.collect::<Vec<_>>()
    };
    for (text, found) in [
        ("refund_order", &[1][..]),
        ("REFUND", &[2, 1]),
        ("%", &[]),
        ("x_o", &[]),
        ("\\", &[]),
        ("a\0", &[]),
        ("codex", &[3]),
        ("BILL", &[3]),
        ("0190b6a4", &[3]),
    ] {
        let text = CallText {
            text: text.to_owned(),
            ..CallText::default()
        };
        assert_eq!(find(text.clone()).await, found, "{text:?}");
    }
    let named = CallText {
        text: "docs".to_owned(),
        users: vec![user_id(), ann],
        connectors: vec![connector_id(), docs],
    };
    assert_eq!(find(named).await, [3, 2]);
}

pub(crate) async fn sums_up_what_fits(bed: &Bed) {
    let now = 100 * HOUR;
    let one = connector_id();
    let mut calls: Vec<CallRow> = (1..=20)
        .map(|ms| CallRow {
            ms,
            ..call(one, now - HOUR / 2)
        })
        .collect();
    calls.push(CallRow {
        outcome: "refused".to_owned(),
        ms: 90_000,
        ..call(one, now - 24 * HOUR + 1)
    });
    calls.push(CallRow {
        ms: 70_000,
        ..call(one, now - 24 * HOUR)
    });
    calls.push(CallRow {
        ms: 80_000,
        tool: "other".to_owned(),
        ..call(connector_id(), now)
    });
    bed.store.add_calls(calls).await.unwrap();
    let of_one = CallFilter {
        connector: Some(one),
        ..CallFilter::default()
    };
    let summary = bed.store.calls_summary(&of_one, at(now)).await.unwrap();
    let expected = CallTimes {
        typical: 10,
        slowest: 19,
    };
    assert_eq!(summary.times, Some(expected));
    let counts = [summary.hours[0], summary.hours[23]].map(|hour| (hour.calls, hour.failed));
    assert_eq!(counts, [(1, 1), (20, 0)]);
    let refused = CallFilter {
        outcome: Some("refused".to_owned()),
        ..CallFilter::default()
    };
    let summary = bed.store.calls_summary(&refused, at(now)).await.unwrap();
    assert_eq!((summary.hours[0].calls, summary.times), (1, None));
    let everything = CallFilter::default();
    let summary = bed.store.calls_summary(&everything, at(now)).await.unwrap();
    assert_eq!(summary.hours[23].calls, 21);
}
