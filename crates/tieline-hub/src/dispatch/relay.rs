//! A server's notifications on their way to the one caller that waits for them.

use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::scrub::Scrubber;

/// Passes notifications on without the connector's credential, until the call is over.
pub(super) async fn relay(
    mut heard: mpsc::Receiver<Box<RawValue>>,
    caller: &mpsc::Sender<Box<RawValue>>,
    scrubber: &Scrubber,
) {
    while let Some(notification) = heard.recv().await {
        if let Some(clean) = scrubber.json(notification)
            && caller.send(clean).await.is_err()
        {
            return;
        }
    }
}
