//! The tools of connectors.

use tieline_domain::ToolPolicy;
use tieline_store::{ConnectorPatch, StoreError, ToolRow};

use crate::bed::Bed;
use crate::samples::{added_connector, at, change, listed, read_connector, tool};

pub(crate) async fn definitions_survive_byte_for_byte(bed: &Bed) {
    let definitions = [
        r#"{"z":1,"a":2,"z":3}"#,
        r#"{"number":1.0,"big":123456789012345678901234567890.1e400,"minus":-0}"#,
        r#"{ "spaces" :  [ 1 ,2 ] , "escapes" : "\u0000\ud800\/\u00e9é🚀" }"#,
        "{\"lines\":\t1\r\n}",
        "null",
    ];
    let row = added_connector(&bed.store, "acme_mcp").await;
    let long = format!(r#"{{"description":"{}"}}"#, "long 名 ".repeat(60_000));
    let tools: Vec<ToolRow> = definitions
        .iter()
        .copied()
        .chain([long.as_str()])
        .enumerate()
        .map(|(number, definition)| tool(&format!("tool_{number}"), definition))
        .collect();
    assert!(
        bed.store
            .connector_replace_tools(row.id, listed(&row, tools))
            .await
            .unwrap()
    );
    let stored = bed.store.tools_of(row.id).await.unwrap();
    let stored: Vec<&str> = stored.iter().map(|tool| tool.definition.as_str()).collect();
    assert_eq!(stored[..definitions.len()], definitions);
    assert!(stored[definitions.len()] == long);
}

pub(crate) async fn the_choice_of_an_admin_survives(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let first = vec![tool("search", "{}"), tool("delete", "{}")];
    bed.store
        .connector_replace_tools(row.id, listed(&row, first))
        .await
        .unwrap();
    bed.store
        .tool_set_enabled(row.id, "delete", false, &change("tool.turned_off"))
        .await
        .unwrap();
    let later = |name: &str, definition: &str| ToolRow {
        first_seen_at: at(9_000),
        ..tool(name, definition)
    };
    let second = vec![
        later("delete", r#"{"new":1}"#),
        later("create", "{}"),
        later("search", "{}"),
    ];
    assert!(
        bed.store
            .connector_replace_tools(row.id, listed(&row, second))
            .await
            .unwrap()
    );
    let stored = bed.store.tools_of(row.id).await.unwrap();
    let stored: Vec<_> = stored
        .iter()
        .map(|tool| (tool.name.as_str(), tool.enabled, tool.first_seen_at))
        .collect();
    assert_eq!(
        stored,
        [
            ("delete", false, at(700)),
            ("create", true, at(9_000)),
            ("search", true, at(700))
        ]
    );
}

pub(crate) async fn a_tool_that_is_off_stays_off_when_it_comes_back(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let both = || {
        listed(
            &row,
            vec![tool("search", "{}"), tool("delete", r#"{"d":1}"#)],
        )
    };
    let fewer = || listed(&row, vec![tool("search", "{}")]);
    let replace = |update| bed.store.connector_replace_tools(row.id, update);
    replace(both()).await.unwrap();
    bed.store
        .tool_set_enabled(row.id, "delete", false, &change("tool.turned_off"))
        .await
        .unwrap();
    assert!(replace(fewer()).await.unwrap());
    assert!(!replace(fewer()).await.unwrap(), "the same list again");
    let stored = bed.store.tools_of(row.id).await.unwrap();
    assert_eq!(
        stored[1].left_out_code.as_deref(),
        Some("tool_withdrawn"),
        "it is remembered, but not offered"
    );
    assert!(replace(both()).await.unwrap());
    let stored = bed.store.tools_of(row.id).await.unwrap();
    let stored: Vec<_> = stored
        .iter()
        .map(|tool| (tool.name.as_str(), tool.enabled, &tool.left_out_code))
        .collect();
    assert_eq!(stored, [("search", true, &None), ("delete", false, &None)]);
}

pub(crate) async fn the_same_list_changes_nothing(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let update = || listed(&row, vec![tool("search", "{}"), tool("delete", "{}")]);
    assert!(
        bed.store
            .connector_replace_tools(row.id, update())
            .await
            .unwrap()
    );
    let version = bed.store.config_version().await.unwrap();
    let mut again = update();
    again.at = at(5_000);
    assert!(
        !bed.store
            .connector_replace_tools(row.id, again)
            .await
            .unwrap()
    );
    assert_eq!(bed.store.config_version().await.unwrap(), version);
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (after.tools_refreshed_at, after.row_version),
        (Some(at(5_000)), row.row_version)
    );
    let mut renamed = update();
    renamed.server_name = Some("Other".to_owned());
    assert!(
        bed.store
            .connector_replace_tools(row.id, renamed)
            .await
            .unwrap()
    );
    assert_eq!(bed.store.config_version().await.unwrap(), version + 1);
}

pub(crate) async fn a_list_from_before_a_change_is_dropped(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let patch = ConnectorPatch {
        url: Some("https://new.example/".to_owned()),
        ..ConnectorPatch::default()
    };
    bed.store
        .connector_update(row.id, row.row_version, patch, &change("connector.changed"))
        .await
        .unwrap();
    let late = listed(&row, vec![tool("search", "{}")]);
    assert!(
        !bed.store
            .connector_replace_tools(row.id, late.clone())
            .await
            .unwrap()
    );
    assert!(bed.store.tools_all().await.unwrap().is_empty());
    bed.store
        .connector_delete(row.id, &change("connector.removed"))
        .await
        .unwrap();
    assert!(
        !bed.store
            .connector_replace_tools(row.id, late)
            .await
            .unwrap()
    );
}

pub(crate) async fn a_duplicate_that_was_left_out_may_stay(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let left_out = ToolRow {
        left_out_code: Some("duplicate".to_owned()),
        left_out_reason: Some("The server lists it twice.".to_owned()),
        ..tool("search", "null")
    };
    let update = || listed(&row, vec![tool("search", "{}"), left_out.clone()]);
    assert!(
        bed.store
            .connector_replace_tools(row.id, update())
            .await
            .unwrap()
    );
    bed.store
        .tool_set_enabled(row.id, "search", false, &change("tool.turned_off"))
        .await
        .unwrap();
    bed.store
        .connector_replace_tools(row.id, update())
        .await
        .unwrap();
    let stored = bed.store.tools_of(row.id).await.unwrap();
    assert_eq!((stored.len(), stored[0].enabled), (2, false));
    assert_eq!(
        stored[1].left_out_reason.as_deref(),
        Some("The server lists it twice.")
    );
    let twice = listed(&row, vec![tool("search", "{}"), tool("search", "{}")]);
    let refused = bed.store.connector_replace_tools(row.id, twice).await;
    assert!(matches!(
        refused,
        Err(StoreError::Conflict { what: "tool name" })
    ));
    assert_eq!(bed.store.tools_of(row.id).await.unwrap(), stored);
}

pub(crate) async fn zero_characters_do_no_harm(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let update = || {
        let mut update = listed(&row, vec![tool("se\0arch", "{}")]);
        update.server_name = Some("Ac\0me".to_owned());
        update.instructions = Some("\0".to_owned());
        update
    };
    assert!(
        bed.store
            .connector_replace_tools(row.id, update())
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .connector_replace_tools(row.id, update())
            .await
            .unwrap()
    );
    assert_eq!(
        bed.store.tools_of(row.id).await.unwrap()[0].name,
        "se\u{fffd}arch"
    );
    assert_eq!(
        read_connector(&bed.store, "acme_mcp")
            .await
            .server_name
            .as_deref(),
        Some("Ac\u{fffd}me")
    );
}

pub(crate) async fn a_damaged_tool_disables_itself_only(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let tools = (0..5)
        .map(|number| tool(&format!("tool_{number}"), "{}"))
        .collect();
    bed.store
        .connector_replace_tools(row.id, listed(&row, tools))
        .await
        .unwrap();
    bed.store.meta_set("short", &[1]).await.unwrap();
    bed.tamper("UPDATE connector_tools SET hash = (SELECT value FROM meta) WHERE name = 'tool_3'")
        .await;
    let names: Vec<_> = bed
        .store
        .tools_all()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["tool_0", "tool_1", "tool_2", "tool_4"]);
}

pub(crate) async fn an_unknown_tool_is_not_found(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let version = bed.store.config_version().await.unwrap();
    let set = bed
        .store
        .tool_set_enabled(row.id, "nothing", false, &change("tool.turned_off"))
        .await;
    assert!(matches!(set, Err(StoreError::NotFound)));
    assert_eq!(bed.store.config_version().await.unwrap(), version);
}

pub(crate) async fn a_policy_survives(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let both = || {
        listed(
            &row,
            vec![tool("search", "{}"), tool("delete", r#"{"d":1}"#)],
        )
    };
    let replace = |update| bed.store.connector_replace_tools(row.id, update);
    replace(both()).await.unwrap();
    let version = bed.store.config_version().await.unwrap();
    let asked = change("tool.policy_changed");
    bed.store
        .tool_set_policy(row.id, "delete", ToolPolicy::Ask, &asked)
        .await
        .unwrap();
    assert_eq!(bed.store.config_version().await.unwrap(), version + 1);
    assert!(!replace(both()).await.unwrap(), "the same list again");
    // A server cannot shake it off by leaving the tool out of one list.
    let fewer = listed(&row, vec![tool("search", "{}")]);
    assert!(replace(fewer).await.unwrap());
    let stored = bed.store.tools_of(row.id).await.unwrap();
    assert_eq!(stored[1].left_out_code.as_deref(), Some("tool_withdrawn"));
    assert!(replace(both()).await.unwrap());
    let stored = bed.store.tools_of(row.id).await.unwrap();
    let stored: Vec<_> = stored
        .iter()
        .map(|tool| (tool.name.as_str(), tool.policy, tool.enabled))
        .collect();
    assert_eq!(
        stored,
        [
            ("search", ToolPolicy::Allow, true),
            ("delete", ToolPolicy::Ask, true)
        ]
    );
}

pub(crate) async fn a_policy_turns_a_tool_on_and_off(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let update = listed(&row, vec![tool("delete", "{}")]);
    bed.store
        .connector_replace_tools(row.id, update)
        .await
        .unwrap();
    let now = async || {
        let tool = bed.store.tools_of(row.id).await.unwrap().remove(0);
        (tool.enabled, tool.policy)
    };
    let set = async |name: &str, policy| {
        let change = change("tool.policy_changed");
        bed.store
            .tool_set_policy(row.id, name, policy, &change)
            .await
    };
    set("delete", ToolPolicy::Ask).await.unwrap();
    assert_eq!(now().await, (true, ToolPolicy::Ask));
    set("delete", ToolPolicy::Off).await.unwrap();
    assert_eq!(now().await, (false, ToolPolicy::Ask));
    let on = change("tool.turned_on");
    bed.store
        .tool_set_enabled(row.id, "delete", true, &on)
        .await
        .unwrap();
    assert_eq!(now().await, (true, ToolPolicy::Ask), "as it was before");
    set("delete", ToolPolicy::Allow).await.unwrap();
    assert_eq!(now().await, (true, ToolPolicy::Allow));
    for policy in ToolPolicy::ALL {
        let unknown = set("nothing", policy).await;
        assert!(matches!(unknown, Err(StoreError::NotFound)));
    }
}
