//! Lists that change while somebody listens.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rmcp::RoleServer;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::{Peer, SubscriptionContext};
use tokio::sync::broadcast;

/// What changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Tools,
    Prompts,
    Watched,
}

/// The resource that can be subscribed to.
pub(crate) const WATCHED: &str = "test://watched-resource";

/// One tool and one prompt that come and go.
pub(crate) struct Changes {
    told: broadcast::Sender<Changed>,
    tool: AtomicBool,
    prompt: AtomicBool,
    cancelled: AtomicUsize,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(16),
            tool: AtomicBool::default(),
            prompt: AtomicBool::default(),
            cancelled: AtomicUsize::default(),
        }
    }
}

impl Changes {
    pub(crate) fn change(&self, what: Changed) {
        match what {
            Changed::Tools => _ = self.tool.fetch_xor(true, Ordering::SeqCst),
            Changed::Prompts => _ = self.prompt.fetch_xor(true, Ordering::SeqCst),
            Changed::Watched => {}
        }
        // Nobody may be listening.
        let _ = self.told.send(what);
    }

    pub(crate) fn has_tool(&self) -> bool {
        self.tool.load(Ordering::SeqCst)
    }

    pub(crate) fn has_prompt(&self) -> bool {
        self.prompt.load(Ordering::SeqCst)
    }

    pub(crate) fn note_cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn cancelled(&self) -> usize {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Tells a modern listener until it goes away.
    pub(crate) async fn tell(&self, context: SubscriptionContext) {
        let mut changes = self.told.subscribe();
        let sink = context.sink().clone();
        let telling = async {
            while let Ok(what) = changes.recv().await {
                let accepted = context.accepted();
                let wanted = match what {
                    Changed::Tools => accepted.tools_list_changed == Some(true),
                    Changed::Prompts => accepted.prompts_list_changed == Some(true),
                    Changed::Watched => {
                        let followed = accepted.resource_subscriptions.as_ref();
                        followed.is_some_and(|uris| uris.iter().any(|uri| uri == WATCHED))
                    }
                };
                if !wanted {
                    continue;
                }
                let sent = match what {
                    Changed::Tools => sink.notify_tool_list_changed().await,
                    Changed::Prompts => sink.notify_prompt_list_changed().await,
                    Changed::Watched => sink.notify_resource_updated(WATCHED).await,
                };
                if sent.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = telling => {}
            () = context.cancelled() => {}
        }
    }

    /// Tells a legacy session until it ends.
    pub(crate) fn tell_session(&self, peer: Peer<RoleServer>) {
        let mut changes = self.told.subscribe();
        tokio::spawn(async move {
            while let Ok(what) = changes.recv().await {
                let sent = match what {
                    Changed::Tools => peer.notify_tool_list_changed().await,
                    Changed::Prompts => peer.notify_prompt_list_changed().await,
                    Changed::Watched => {
                        peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(WATCHED))
                            .await
                    }
                };
                if sent.is_err() {
                    return;
                }
            }
        });
    }
}
