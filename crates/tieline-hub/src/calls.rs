//! Reads the records of calls.

mod stage;

use tieline_domain::CallId;
use tieline_store::{CallFilter, CallRow, StoreError};

use crate::Hub;

pub use stage::CallStage;

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
        let page = self.inner.store.calls_page(cursor, limit, filter).await?;
        Ok(CallPage {
            rows: page.rows,
            next: page.next,
        })
    }

    /// One call record; [`StoreError::NotFound`] when it was never there or is no longer kept.
    pub async fn call(&self, id: CallId) -> Result<CallRow, StoreError> {
        self.inner.store.call(id).await?.ok_or(StoreError::NotFound)
    }
}
