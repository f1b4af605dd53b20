//! Lists that change while somebody listens.

use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::RoleServer;
use rmcp::service::{Peer, SubscriptionContext};
use tokio::sync::broadcast;

/// What changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Tools,
    Prompts,
}

/// One tool and one prompt that come and go.
pub(crate) struct Changes {
    told: broadcast::Sender<Changed>,
    tool: AtomicBool,
    prompt: AtomicBool,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(16),
            tool: AtomicBool::default(),
            prompt: AtomicBool::default(),
        }
    }
}

impl Changes {
    pub(crate) fn change(&self, what: Changed) {
        let thing = match what {
            Changed::Tools => &self.tool,
            Changed::Prompts => &self.prompt,
        };
        thing.fetch_xor(true, Ordering::SeqCst);
        // Nobody may be listening.
        let _ = self.told.send(what);
    }

    pub(crate) fn has_tool(&self) -> bool {
        self.tool.load(Ordering::SeqCst)
    }

    pub(crate) fn has_prompt(&self) -> bool {
        self.prompt.load(Ordering::SeqCst)
    }

    /// Tells a modern listener until it goes away.
    pub(crate) async fn tell(&self, context: SubscriptionContext) {
        let mut changes = self.told.subscribe();
        let sink = context.sink().clone();
        let telling = async {
            while let Ok(what) = changes.recv().await {
                let wanted = match what {
                    Changed::Tools => context.accepted().tools_list_changed,
                    Changed::Prompts => context.accepted().prompts_list_changed,
                };
                if wanted != Some(true) {
                    continue;
                }
                let sent = match what {
                    Changed::Tools => sink.notify_tool_list_changed().await,
                    Changed::Prompts => sink.notify_prompt_list_changed().await,
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
                };
                if sent.is_err() {
                    return;
                }
            }
        });
    }
}
