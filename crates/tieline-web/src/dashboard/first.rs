//! Who saved first, when two admins edit the same thing.

use tieline_hub::{AuditFilter, AuditRow, StoreError};

use super::moment::in_sentence;
use crate::state::AppState;

/// How many changes are looked through for the one that came first.
const LOOKED_AT: u32 = 20;

/// "Bob changed this 2 min ago.": the newest change that fits the filter and after which a form is out of date.
pub(crate) async fn who_was_first(
    state: &AppState,
    what: &str,
    filter: &AuditFilter,
    outdates: impl Fn(&AuditRow) -> bool,
) -> Result<String, StoreError> {
    let changes = state.hub.audit_page(None, LOOKED_AT, filter).await?;
    let first = changes.rows.iter().find(|change| outdates(change));
    Ok(first.map_or_else(
        || format!("Somebody changed {what} in the meantime."),
        |change| {
            let when = in_sentence(change.at, state.hub.clock().now());
            format!("{} changed {what} {when}.", change.actor_name)
        },
    ))
}
