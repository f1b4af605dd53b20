//! The dialer for whoever speaks something other than MCP: the same rules, the same proxy, the same authorities.

use std::sync::Arc;
use std::time::Duration;

use ::http::Uri;

use super::dial::{DialIo, DialPolicy, Dialer};
use super::error::Failure;
use super::http::Http;

/// Makes connections under the rules of one [`McpClient`](super::McpClient). A cheap clone.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Whose rules they are.
    of: Arc<Http>,
    dialer: Dialer,
}

impl Outbound {
    pub(super) fn new(of: Arc<Http>) -> Self {
        Self {
            dialer: of.dialer.clone(),
            of,
        }
    }

    /// The same, but this machine's own addresses may be called.
    #[must_use]
    pub fn allowing_loopback(mut self) -> Self {
        if !self.dialer.policy.allow_loopback {
            self.dialer.policy = Arc::new(DialPolicy {
                allow_loopback: true,
                ..DialPolicy::clone(&self.dialer.policy)
            });
        }
        self
    }

    /// The same, with another limit for making a connection.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.dialer.limit = limit;
        self
    }

    /// Whether both go by the rules of one client: connections made under other rules are not to be used again.
    pub fn has_rules_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.of, &other.of)
    }

    /// A connection to the host of this address, encrypted if it says so.
    pub async fn dial(&self, uri: &Uri) -> Result<DialIo, Failure> {
        self.dialer.dial(uri).await
    }
}
