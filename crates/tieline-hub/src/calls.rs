//! Reads the records of calls.

use tieline_domain::{ConnectorId, Timestamp, UserId};
use tieline_store::{CallRow, StoreError};

use crate::Hub;

/// Which call records to read.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only calls of this connector.
    pub connector: Option<ConnectorId>,
    /// Only calls of this person.
    pub user: Option<UserId>,
    /// Only calls with this outcome word.
    pub outcome: Option<String>,
    /// Only calls from this moment on.
    pub since: Option<Timestamp>,
}

/// One page of call records, newest first.
#[derive(Debug)]
pub struct CallPage {
    /// The rows.
    pub rows: Vec<CallRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Hub {
    /// A page of call records.
    pub async fn calls_page(
        &self,
        cursor: Option<&str>,
        limit: u32,
        filter: &CallFilter,
    ) -> Result<CallPage, StoreError> {
        let CallFilter {
            connector,
            user,
            outcome,
            since,
        } = filter;
        let page = self
            .inner
            .store
            .calls_page(cursor, limit, *connector, *user, outcome.as_deref(), *since)
            .await?;
        Ok(CallPage {
            rows: page.rows,
            next: page.next,
        })
    }
}
