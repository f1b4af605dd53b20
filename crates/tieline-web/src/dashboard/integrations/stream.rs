//! Streams a running connection test into an open dialog: each event carries rendered parts by their id.

use std::convert::Infallible;
use std::future::Future;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tieline_mcp::StepReport;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::rail::{advance, started};
use super::tested::progress;

/// Where a running test tells about its steps.
#[derive(Debug, Clone)]
pub(crate) struct Steps(mpsc::UnboundedSender<Told>);

#[derive(Debug)]
enum Told {
    Step(StepReport),
    End(Value),
}

impl Steps {
    /// A step has ended.
    pub(crate) fn tell(&self, step: &StepReport) {
        // Nobody listens any more when the dialog was closed; the test is ended in that case.
        let _ = self.0.send(Told::Step(step.clone()));
    }
}

/// Runs a test and streams it; closing the dialog ends the test. `test` resolves with the last message.
pub(crate) fn stream_test<F: Future<Output = Value> + Send + 'static>(
    test: impl FnOnce(Steps) -> F,
) -> Response {
    let (sender, receiver) = mpsc::unbounded_channel();
    let running = test(Steps(sender.clone()));
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        let end = running.await;
        let _ = sender.send(Told::End(end));
    }));
    let rail = started();
    let first = event(&progress(&rail));
    let rest = stream::unfold(
        (task, receiver, rail),
        |(task, mut receiver, mut rail)| async move {
            let message = match receiver.recv().await? {
                Told::Step(step) => {
                    advance(&mut rail, &step);
                    progress(&rail)
                }
                Told::End(end) => end,
            };
            Some((event(&message), (task, receiver, rail)))
        },
    );
    Sse::new(stream::iter([first]).chain(rest).map(Ok::<_, Infallible>))
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn event(message: &Value) -> Event {
    Event::default().data(message.to_string())
}
