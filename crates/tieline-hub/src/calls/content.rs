//! Reads what was said in a call, for those who may.

use tieline_domain::UserId;
use tieline_store::{CallRow, StoreError};

use crate::Hub;
use crate::dispatch::BUILT_IN_AGENT;

/// What was said in a call, or why it is not to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallContent {
    /// It was kept.
    Kept {
        /// The arguments, without the connector's credential; absent when nobody could say whether it is among them.
        arguments: Option<KeptText>,
        /// The result, or the error of the server; absent when there was none.
        result: Option<KeptText>,
    },
    /// Contents are not kept.
    Off,
    /// Contents are kept, but not that of this call: it came before, or its time is over.
    Missing,
    /// It is part of a chat, which nobody but its owner reads.
    OfChat {
        /// The session, when it is the reader's own.
        own: Option<String>,
    },
}

/// The beginning of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptText {
    /// As much as is kept.
    pub text: String,
    /// The size of all of it in bytes.
    pub bytes: u64,
}

impl KeptText {
    /// Whether more was said than is kept.
    pub fn is_cut(&self) -> bool {
        self.bytes > u64::try_from(self.text.len()).unwrap_or(u64::MAX)
    }
}

impl Hub {
    /// What was said in a call, for an admin.
    pub async fn call_content(
        &self,
        call: &CallRow,
        reader: UserId,
    ) -> Result<CallContent, StoreError> {
        if call.key_id.is_none() && call.client.as_deref() == Some(BUILT_IN_AGENT) {
            let session = call.session.as_deref();
            let session = session.and_then(|session| session.strip_prefix("agent:"));
            let own = session.filter(|_| call.user_id == reader);
            return Ok(CallContent::OfChat {
                own: own.map(str::to_owned),
            });
        }
        // What was kept until it was switched off is about to be deleted: nobody reads it meanwhile.
        if !self.keeps_content() {
            return Ok(CallContent::Off);
        }
        let found = self.inner.store.call_content(call.id).await?;
        let Some(row) = found else {
            return Ok(CallContent::Missing);
        };
        let kept = |text: Option<String>, bytes: i64| {
            text.map(|text| KeptText {
                text,
                bytes: u64::try_from(bytes).unwrap_or(0),
            })
        };
        Ok(CallContent::Kept {
            arguments: kept(row.arguments, row.arguments_bytes),
            result: kept(row.result, row.result_bytes),
        })
    }
}
