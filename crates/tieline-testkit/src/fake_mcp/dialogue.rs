//! A tool that asks its caller and waits for the replies, as legacy servers do.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::value::RawValue;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{self, Params, Request, Response, response_ok};
use tokio::sync::{mpsc, oneshot};

use super::{FakeTool, Shared};

/// The events of a dialogue as a body that ends with it.
pub(super) fn body(receiver: mpsc::UnboundedReceiver<Bytes>) -> Body {
    let events = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|event| (event, receiver))
    });
    Body::from_stream(events.map(Ok::<_, std::io::Error>))
}

/// Asks, waits, and answers with what was replied. Ends when nobody listens any more.
pub(super) async fn talk(
    shared: Arc<Shared>,
    tool: FakeTool,
    id: Box<RawValue>,
    events: mpsc::UnboundedSender<Bytes>,
    session: String,
    wrapped: fn(&[u8]) -> Bytes,
) {
    let mut blocks = Vec::new();
    for questions in &tool.dialogue {
        let mut replies = Vec::new();
        for (method, params) in questions {
            let own = shared.unused("question");
            let (sender, reply) = oneshot::channel();
            shared.state().asked.insert(own.clone(), sender);
            replies.push(reply);
            if tool.asks_aside {
                shared.ask_aside(&session, &own, method, params);
                continue;
            }
            let request = wire::request(&raw::raw_str(&own), method, Some(params));
            if events.send(wrapped(&request)).is_err() {
                return;
            }
        }
        for reply in replies {
            let text = tokio::select! {
                reply = reply => reply.unwrap_or_default(),
                () = events.closed() => return,
                () = shared.stop.cancelled() => return,
            };
            let block = RawObject::new().rename_value("type", "text");
            blocks.push(block.rename_value("text", &text).to_box());
        }
    }
    let content = raw::raw_array(blocks.iter().map(|block| &**block));
    let result = RawObject::new().with("content", content).to_box();
    // The client may have left in between.
    let _ = events.send(wrapped(&response_ok(&id, &result)));
}

impl Shared {
    /// The tool that a request calls, when it is one that asks and waits.
    pub(super) fn dialogue_of(&self, request: &Request<'_>) -> Option<FakeTool> {
        if request.method != "tools/call" {
            return None;
        }
        let params = Params::parse(request.params).ok()?;
        let name = params.name.and_then(raw::as_str)?;
        let state = self.state();
        let tool = state.tools.iter().find(|tool| tool.is_named(&name))?;
        (!tool.dialogue.is_empty()).then(|| tool.clone())
    }

    /// Hands a reply to the tool that waits for it.
    pub(super) fn take_reply(&self, response: &Response<'_>) {
        let id = raw::as_str(response.id).unwrap_or_default();
        let waiting = self.state().asked.remove(&*id);
        if let Some(waiting) = waiting {
            let (Ok(reply) | Err(reply)) = response.outcome;
            let _ = waiting.send(reply.get().to_owned());
        }
    }
}
