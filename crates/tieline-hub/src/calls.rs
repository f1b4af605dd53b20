//! Reads the records of calls.

mod content;
mod stage;

use tieline_domain::CallId;
use tieline_store::{CallFilter, CallRow, CallSummary, CallText, StoreError};

use crate::Hub;

pub use content::{CallContent, KeptText};
pub use stage::CallStage;

/// One page of call records, newest first.
#[derive(Debug)]
pub struct CallPage {
    /// The rows.
    pub rows: Vec<CallRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// The longest text that is looked for.
const LONGEST_TEXT: usize = 100;

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

    /// What to look for when somebody typed this: the text itself, and the people and connectors whose names hold it.
    /// Nothing when only blanks were typed.
    pub async fn call_text(&self, typed: &str) -> Result<Option<CallText>, StoreError> {
        let text: String = typed.trim().chars().take(LONGEST_TEXT).collect();
        if text.is_empty() {
            return Ok(None);
        }
        let wanted = text.to_lowercase();
        let holds = |names: [&str; 2]| {
            let mut names = names.into_iter();
            names.any(|name| name.to_lowercase().contains(&wanted))
        };
        let users = self.list_users().await?;
        let connectors = self.list_connectors().await?.connectors;
        Ok(Some(CallText {
            users: users
                .iter()
                .filter(|user| holds([&user.name, &user.email]))
                .map(|user| user.id)
                .collect(),
            connectors: connectors
                .iter()
                .filter(|connector| holds([&connector.name, connector.slug.as_str()]))
                .map(|connector| connector.id)
                .collect(),
            text,
        }))
    }

    /// The calls of the last 24 hours that fit, hour by hour, and how long they took.
    pub async fn calls_summary(&self, filter: &CallFilter) -> Result<CallSummary, StoreError> {
        let now = self.clock().now();
        self.inner.store.calls_summary(filter, now).await
    }

    /// A number that grows when calls were written by this process. What others write is found by looking.
    pub fn subscribe_calls(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.records.written()
    }

    /// One call record; [`StoreError::NotFound`] when it was never there or is no longer kept.
    pub async fn call(&self, id: CallId) -> Result<CallRow, StoreError> {
        self.inner.store.call(id).await?.ok_or(StoreError::NotFound)
    }
}
