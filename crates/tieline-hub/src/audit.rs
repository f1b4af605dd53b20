//! Reads the audit log, and proves that nobody edited it.

use tieline_store::{AuditFilter, AuditRow, StoreError};

use crate::Hub;

/// One page of the audit log, newest first.
#[derive(Debug)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// What the check of the whole chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row is as it was written, and none is missing.
    Whole {
        /// How many rows there are.
        rows: u64,
    },
    /// The first row that was edited or moved, or where one is missing.
    Broken {
        /// Its place in the log.
        first_bad: u64,
    },
}

impl Hub {
    /// A page of the audit log.
    pub async fn audit_page(
        &self,
        cursor: Option<&str>,
        limit: u32,
        filter: &AuditFilter,
    ) -> Result<AuditPage, StoreError> {
        let page = self.inner.store.audit_page(cursor, limit, filter).await?;
        Ok(AuditPage {
            rows: page.rows,
            next: page.next,
        })
    }

    /// Recomputes the chain over every row.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        Ok(
            match self.inner.store.audit_verify(&self.audit_chain()).await? {
                Ok(rows) => AuditVerdict::Whole { rows },
                Err(bad) => AuditVerdict::Broken { first_bad: bad.seq },
            },
        )
    }
}
