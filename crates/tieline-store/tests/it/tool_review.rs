//! Definitions that wait for an admin.

use std::sync::Arc;

use tieline_domain::Verdict;
use tieline_store::{AuditFilter, CatalogUpdate, ConnectorRow, StoreError, ToolRow};

use crate::bed::Bed;
use crate::samples::{Review, added_connector, at, change, listed, tool};

const OLD: &str = r#"{"d":"old"}"#;
const NEW: &str = r#"{"d":"new"}"#;

fn hashed(name: &str, definition: &str) -> ToolRow {
    let byte = u8::try_from(definition.len()).unwrap_or(0) ^ definition.as_bytes()[6];
    ToolRow {
        hash: [byte; 32],
        ..tool(name, definition)
    }
}

fn offering(row: &ConnectorRow, verdict: Verdict, tools: Vec<ToolRow>) -> CatalogUpdate {
    CatalogUpdate {
        review: Arc::new(Review(verdict)),
        at: at(5_000),
        ..listed(row, tools)
    }
}

/// A connector whose `search` was listed once as `OLD`, and what a listing then makes of it.
async fn known(bed: &Bed) -> ConnectorRow {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let first = offering(&row, Verdict::HoldOff, vec![hashed("search", OLD)]);
    assert!(
        bed.store
            .connector_replace_tools(row.id, first)
            .await
            .unwrap()
    );
    row
}

async fn list(
    bed: &Bed,
    row: &ConnectorRow,
    verdict: Verdict,
    tools: Vec<ToolRow>,
) -> Vec<ToolRow> {
    let update = offering(row, verdict, tools);
    bed.store
        .connector_replace_tools(row.id, update)
        .await
        .unwrap();
    bed.store.tools_of(row.id).await.unwrap()
}

async fn records(bed: &Bed) -> Vec<String> {
    let filter = AuditFilter {
        action: Some("connector.tools_changed".to_owned()),
        ..AuditFilter::default()
    };
    let page = bed.store.audit_page(None, 50, &filter).await.unwrap();
    page.rows.into_iter().map(|row| row.detail).collect()
}

pub(crate) async fn what_is_listed_first_is_approved(bed: &Bed) {
    let row = known(bed).await;
    let stored = bed.store.tools_of(row.id).await.unwrap();
    assert_eq!(
        (stored[0].definition.as_str(), &stored[0].offered),
        (OLD, &None)
    );
    assert_eq!(
        (stored[0].approved_at, stored[0].is_usable()),
        (Some(at(5_000)), true)
    );
    assert!(
        records(bed).await.is_empty(),
        "it was added with the connector"
    );
}

pub(crate) async fn a_harmless_change_is_used_and_recorded(bed: &Bed) {
    let row = known(bed).await;
    let stored = list(
        bed,
        &row,
        Verdict::Use,
        vec![hashed("search", NEW), hashed("create", OLD)],
    )
    .await;
    let seen: Vec<_> = stored
        .iter()
        .map(|tool| (tool.definition.as_str(), tool.is_usable()))
        .collect();
    assert_eq!(seen, [(NEW, true), (OLD, true)]);
    assert_eq!(
        records(bed).await,
        [r#"["search Offered(Use)", "create Offered(Use)"]"#]
    );
    let again = offering(
        &row,
        Verdict::Use,
        vec![hashed("search", NEW), hashed("create", OLD)],
    );
    assert!(
        !bed.store
            .connector_replace_tools(row.id, again)
            .await
            .unwrap()
    );
    assert_eq!(records(bed).await.len(), 1);
}

pub(crate) async fn a_held_change_leaves_the_approved_definition_in_use(bed: &Bed) {
    let row = known(bed).await;
    let stored = list(bed, &row, Verdict::HoldInUse, vec![hashed("search", NEW)]).await;
    assert_eq!(
        (stored[0].definition.as_str(), stored[0].is_usable()),
        (OLD, true)
    );
    let offered = stored[0].to_review().expect("it waits");
    assert_eq!(
        (
            offered.definition.as_str(),
            offered.at,
            offered.approved_stays
        ),
        (NEW, at(5_000), true)
    );
    assert_eq!(offered.hash, hashed("search", NEW).hash);
    assert_eq!(records(bed).await, [r#"["search Offered(HoldInUse)"]"#]);
    let mut again = offering(&row, Verdict::HoldInUse, vec![hashed("search", NEW)]);
    again.at = at(6_000);
    assert!(
        !bed.store
            .connector_replace_tools(row.id, again)
            .await
            .unwrap(),
        "it is known already"
    );
    let stored = list(bed, &row, Verdict::Use, vec![hashed("search", NEW)]).await;
    assert_eq!(
        (stored[0].definition.as_str(), &stored[0].offered),
        (NEW, &None),
        "the setting was changed"
    );
}

pub(crate) async fn a_held_change_can_turn_the_tool_off(bed: &Bed) {
    let row = known(bed).await;
    let stored = list(bed, &row, Verdict::HoldOff, vec![hashed("search", NEW)]).await;
    assert_eq!(
        (
            stored[0].definition.as_str(),
            stored[0].enabled,
            stored[0].is_usable()
        ),
        (OLD, true, false)
    );
}

pub(crate) async fn a_new_tool_can_be_held(bed: &Bed) {
    let row = known(bed).await;
    let both = || vec![hashed("search", OLD), hashed("create", NEW)];
    let stored = list(bed, &row, Verdict::HoldOff, both()).await;
    assert_eq!((stored[1].approved(), stored[1].is_usable()), (None, false));
    let hash = stored[1].to_review().expect("it waits").hash;
    bed.store
        .tool_approve(row.id, "create", &hash, &change("tool.version_approved"))
        .await
        .unwrap();
    let stored = list(bed, &row, Verdict::HoldOff, both()).await;
    assert_eq!(
        (stored[1].definition.as_str(), stored[1].is_usable()),
        (NEW, true)
    );
}

pub(crate) async fn an_approval_is_of_what_was_read(bed: &Bed) {
    let row = known(bed).await;
    let stored = list(bed, &row, Verdict::HoldInUse, vec![hashed("search", NEW)]).await;
    let read = stored[0].to_review().expect("it waits").hash;
    list(
        bed,
        &row,
        Verdict::HoldInUse,
        vec![hashed("search", r#"{"d":"newer"}"#)],
    )
    .await;
    let version = bed.store.config_version().await.unwrap();
    let approve = |name: &'static str, hash| async move {
        bed.store
            .tool_approve(row.id, name, &hash, &change("tool.version_approved"))
            .await
    };
    let refused = approve("search", read).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::Conflict {
                what: "offered_hash"
            })
        ),
        "{refused:?}"
    );
    assert!(matches!(
        approve("unknown", read).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(bed.store.config_version().await.unwrap(), version);
    let now = bed.store.tools_of(row.id).await.unwrap()[0]
        .to_review()
        .expect("it waits")
        .hash;
    approve("search", now).await.unwrap();
    let stored = &bed.store.tools_of(row.id).await.unwrap()[0];
    assert_eq!(
        (stored.definition.as_str(), stored.hash, &stored.offered),
        (r#"{"d":"newer"}"#, now, &None)
    );
    assert_eq!(
        (stored.approved_by.as_deref(), stored.approved_at),
        (Some("Ann"), Some(at(1_000)))
    );
    assert_eq!(bed.store.config_version().await.unwrap(), version + 1);
    assert!(
        approve("search", now).await.is_err(),
        "nothing waits any more"
    );
    let again = list(
        bed,
        &row,
        Verdict::HoldOff,
        vec![hashed("search", r#"{"d":"newer"}"#)],
    )
    .await;
    assert_eq!(
        again[0], *stored,
        "what was approved is not asked for again"
    );
}

pub(crate) async fn keeping_off_is_of_what_was_read(bed: &Bed) {
    let row = known(bed).await;
    let stored = list(bed, &row, Verdict::HoldInUse, vec![hashed("search", NEW)]).await;
    let hash = stored[0].to_review().expect("it waits").hash;
    let keep_off = |hash| async move {
        bed.store
            .tool_keep_off(row.id, "search", &hash, &change("tool.kept_off"))
            .await
    };
    assert!(matches!(
        keep_off([1; 32]).await,
        Err(StoreError::Conflict {
            what: "offered_hash"
        })
    ));
    keep_off(hash).await.unwrap();
    let stored = list(bed, &row, Verdict::HoldInUse, vec![hashed("search", NEW)]).await;
    assert!(!stored[0].enabled && stored[0].to_review().is_none() && stored[0].offered.is_some());
    bed.store
        .tool_set_enabled(row.id, "search", true, &change("tool.turned_on"))
        .await
        .unwrap();
    let stored = bed.store.tools_of(row.id).await.unwrap();
    assert!(
        stored[0].to_review().is_some(),
        "turned on again, it is asked for again"
    );
    assert_eq!(stored[0].definition, OLD);
}

pub(crate) async fn a_server_that_goes_back_is_believed(bed: &Bed) {
    let row = known(bed).await;
    let before = bed.store.tools_of(row.id).await.unwrap();
    list(bed, &row, Verdict::HoldOff, vec![hashed("search", NEW)]).await;
    assert_eq!(
        list(bed, &row, Verdict::HoldOff, vec![hashed("search", OLD)]).await,
        before
    );
    assert_eq!(
        records(bed).await,
        [r#"["search Reverted"]"#, r#"["search Offered(HoldOff)"]"#]
    );
}

pub(crate) async fn leaving_and_coming_back_is_no_way_around(bed: &Bed) {
    let row = known(bed).await;
    let stored = list(bed, &row, Verdict::HoldOff, vec![]).await;
    assert!(stored[0].is_gone() && !stored[0].is_usable());
    let again = offering(&row, Verdict::HoldOff, vec![]);
    assert!(
        !bed.store
            .connector_replace_tools(row.id, again)
            .await
            .unwrap()
    );
    let stored = list(bed, &row, Verdict::HoldInUse, vec![hashed("search", NEW)]).await;
    assert_eq!(
        (stored.len(), stored[0].approved(), stored[0].is_usable()),
        (1, Some(OLD), true)
    );
    list(bed, &row, Verdict::HoldOff, vec![]).await;
    let stored = list(bed, &row, Verdict::HoldOff, vec![hashed("search", OLD)]).await;
    assert!(stored[0].is_usable() && stored[0].offered.is_none());
    let all = records(bed).await;
    assert_eq!(all[0], r#"["search Back"]"#);
    assert_eq!(all.last().map(String::as_str), Some(r#"["search Gone"]"#));
}

pub(crate) async fn leaving_out_is_no_way_around(bed: &Bed) {
    let row = known(bed).await;
    let malformed = ToolRow {
        left_out_code: Some("bad_schema".to_owned()),
        left_out_reason: Some("Its schema is broken.".to_owned()),
        ..tool("search", "null")
    };
    let stored = list(bed, &row, Verdict::HoldOff, vec![malformed]).await;
    assert_eq!(stored.iter().filter(|tool| !tool.is_gone()).count(), 1);
    let stored = list(bed, &row, Verdict::HoldInUse, vec![hashed("search", NEW)]).await;
    assert_eq!((stored.len(), stored[0].approved()), (1, Some(OLD)));
    assert!(stored[0].to_review().is_some());
}

pub(crate) async fn invented_names_are_not_kept_for_ever(bed: &Bed) {
    let row = known(bed).await;
    for round in 0..4 {
        let names = (0..100)
            .map(|number| hashed(&format!("tool_{round}_{number}"), OLD))
            .collect();
        list(bed, &row, Verdict::Use, names).await;
    }
    let stored = list(bed, &row, Verdict::Use, vec![]).await;
    assert_eq!(stored.len(), 200);
    assert!(
        stored.iter().any(|tool| tool.name == "tool_3_0"),
        "the last that left are kept"
    );
}

pub(crate) async fn the_record_commits_with_the_list(bed: &Bed) {
    let row = known(bed).await;
    let twice = offering(
        &row,
        Verdict::Use,
        vec![hashed("search", NEW), hashed("search", NEW)],
    );
    assert!(
        bed.store
            .connector_replace_tools(row.id, twice)
            .await
            .is_err()
    );
    assert!(records(bed).await.is_empty());
    assert_eq!(bed.store.tools_of(row.id).await.unwrap()[0].definition, OLD);
}
