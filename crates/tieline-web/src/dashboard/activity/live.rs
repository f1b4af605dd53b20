//! Keeps an open Activity page current: the rows and the figures of what fits its filters.

use std::collections::BTreeMap;

use askama::Template;

use super::list::{ListQuery, Of, calls};
use super::page::{day, today};
use super::view::{CallListFragment, FiguresFragment};
use crate::state::AppState;

/// The list by its id; nothing when it cannot be read at the moment, so that it stays as it is.
pub(crate) async fn rows(state: &AppState, query: &ListQuery) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    if let Ok(connectors) = state.hub.list_connectors().await {
        let of = Of::Everything(&connectors.connectors);
        if let Ok(list) = calls(state, query, of, state.hub.clock().now()).await {
            let list = CallListFragment { list: &list };
            parts.insert("live-calls".to_owned(), rendered(&list));
        }
    }
    parts
}

/// What stands above the list, by ids.
pub(crate) async fn figures(state: &AppState, query: &ListQuery) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    if let Ok(connectors) = state.hub.list_connectors().await
        && let Ok(day) = day(state, query, &connectors.connectors).await
    {
        let figures = FiguresFragment { day: &day };
        parts.insert("live-day".to_owned(), rendered(&figures));
        parts.insert("live-today".to_owned(), today(query, &day));
    }
    parts
}

fn rendered(view: &impl Template) -> String {
    view.render().unwrap_or_default().trim().to_owned()
}
