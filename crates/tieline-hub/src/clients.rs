//! Tells the page "Connect your client" the moment a client reaches the gateway with one of a person's keys.

use tieline_domain::{KeyId, Timestamp, UserId};
use tokio::sync::broadcast;

use crate::Hub;
use crate::dispatch::Caller;

/// A client reached the gateway.
#[derive(Clone, Debug)]
pub struct ClientSeen {
    /// Whose key it used.
    pub user: UserId,
    /// The key.
    pub key: Option<KeyId>,
    /// The program and version that it named, at most 80 characters.
    pub client: String,
    /// How many tools it was given.
    pub tools: usize,
    /// When.
    pub at: Timestamp,
}

#[derive(Debug)]
pub(crate) struct ClientBoard {
    sender: broadcast::Sender<ClientSeen>,
}

impl ClientBoard {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::channel(256).0,
        }
    }
}

impl Hub {
    /// Announces that a client of `caller` listed its tools.
    pub fn announce_client(&self, caller: &Caller, client: &str, tools: usize) {
        let client = client.chars().take(80).collect();
        let seen = ClientSeen {
            user: caller.user,
            key: caller.key,
            client,
            tools,
            at: self.clock().now(),
        };
        // Nobody listening is the normal case.
        let _ = self.inner.clients.sender.send(seen);
    }

    /// Announcements from now on, of all people; the receiver filters by its own user.
    pub fn subscribe_clients(&self) -> broadcast::Receiver<ClientSeen> {
        self.inner.clients.sender.subscribe()
    }
}
