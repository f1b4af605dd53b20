//! The connection test before anything is saved, as one answer or as a stream of its steps.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, header};
use serde::Serialize;
use tieline_hub::{Hint, TestConnectorError, TestReport};
use tieline_mcp::StepReport;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use utoipa::ToSchema;

use super::draft::{self, NewConnector};
use super::object::ServerObject;
use crate::api::body::Fields;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// What the test found.
#[derive(Serialize, ToSchema)]
#[schema(as = TestReport)]
pub(super) struct ReportObject {
    /// Whether agents could use it.
    ok: bool,
    /// dns, tcp, tls, http, handshake, tools.
    steps: Vec<StepObject>,
    /// What the server calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerObject>,
    /// The protocol revision that was agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// The tools that it offers, once it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<TestedTool>>,
    /// Something that would make it work, or work better.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<HintObject>)]
    hint: Option<Hint>,
}

/// One step of the test.
#[derive(Serialize, ToSchema)]
#[schema(as = TestStep)]
struct StepObject {
    /// `dns`, `tcp`, `tls`, `http`, `handshake` or `tools`.
    step: &'static str,
    /// Whether it passed, or had nothing to do.
    ok: bool,
    /// `ok`, `warn`, `fail`, `skipped` or `not_reached`.
    outcome: &'static str,
    ms: u64,
    /// A stable code.
    code: &'static str,
    /// One sentence.
    message: String,
    /// The beginning of an answer that is not MCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<String>,
}

/// A tool that the server offers.
#[derive(Serialize, ToSchema)]
struct TestedTool {
    name: String,
    title: Option<String>,
    description: Option<String>,
}

/// Something that would make it work, or work better.
#[derive(ToSchema)]
#[schema(as = TestHint)]
#[expect(dead_code, reason = "describes `Hint`")]
pub(super) struct HintObject {
    /// `add_bearer`, `bare_key`, `use_address` or `try_path`.
    code: String,
    title: String,
    message: String,
    /// The address to use instead.
    url: Option<String>,
}

impl From<&StepReport> for StepObject {
    fn from(report: &StepReport) -> Self {
        use tieline_mcp::StepOutcome;
        Self {
            step: report.step.as_str(),
            ok: match report.outcome {
                StepOutcome::Ok | StepOutcome::Warn | StepOutcome::Skipped => true,
                StepOutcome::Fail | StepOutcome::NotReached => false,
            },
            outcome: report.outcome.as_str(),
            ms: report.ms,
            code: report.code,
            message: report.message.clone(),
            excerpt: report.excerpt.clone(),
        }
    }
}

impl From<TestReport> for ReportObject {
    fn from(report: TestReport) -> Self {
        let tools = report
            .tools
            .iter()
            .map(|(name, definition)| TestedTool::read(name, definition.get()))
            .collect();
        Self {
            ok: report.ok,
            steps: report.steps.iter().map(StepObject::from).collect(),
            server: report.server.map(ServerObject::from),
            revision: report.revision,
            tools: report.ok.then_some(tools),
            hint: report.hint,
        }
    }
}

impl TestedTool {
    fn read(name: &str, definition: &str) -> Self {
        let fields: serde_json::Value = serde_json::from_str(definition).unwrap_or_default();
        let text = |key: &str| {
            fields
                .get(key)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        };
        Self {
            name: name.to_owned(),
            title: text("title"),
            description: text("description"),
        }
    }
}

/// Tests a connection; nothing is saved
///
/// With `Accept: text/event-stream` each step arrives as an event `step` when it ends, and the whole as an event
/// `result`.
#[utoipa::path(post, path = "/api/v1/connectors/test", tag = "Connectors", request_body = NewConnector,
    responses((status = 200, description = "What the test found, also when it failed.", body = ReportObject)))]
pub(super) async fn test_connector(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let draft = draft::take(fields)?;
    run(&headers, move |steps| {
        Box::pin(async move {
            state
                .hub
                .test_draft(&draft, &mut |step| steps.tell(step))
                .await
        })
    })
    .await
}

/// Where a running test tells about its steps.
pub(super) struct Steps(mpsc::UnboundedSender<Message>);

impl Steps {
    pub(super) fn tell(&self, step: &StepReport) {
        // Nobody listens any more when the client left; the test is ended in that case.
        let _ = self.0.send(Message::Step(StepObject::from(step)));
    }
}

enum Message {
    Step(StepObject),
    End(Result<ReportObject, Problem>),
}

type Running = Pin<Box<dyn Future<Output = Result<TestReport, TestConnectorError>> + Send>>;

/// Runs a test and answers in the form that was asked for. A client that leaves ends the test.
pub(super) async fn run(
    headers: &HeaderMap,
    test: impl FnOnce(Steps) -> Running,
) -> Result<Response, Problem> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let running = test(Steps(sender.clone()));
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        let end = running.await.map(ReportObject::from).map_err(Problem::from);
        let _ = sender.send(Message::End(end));
    }));
    if wants_stream(headers) {
        stream_of(task, receiver).await
    } else {
        report_of(task, receiver).await
    }
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

async fn report_of(
    _task: AbortOnDropHandle<()>,
    mut messages: mpsc::UnboundedReceiver<Message>,
) -> Result<Response, Problem> {
    while let Some(message) = messages.recv().await {
        if let Message::End(end) = message {
            return end.map(|report| Json(report).into_response());
        }
    }
    Err(Problem::panicked())
}

/// Waits for the first message, so that a body which cannot be tested is refused with a status code.
async fn stream_of(
    task: AbortOnDropHandle<()>,
    mut messages: mpsc::UnboundedReceiver<Message>,
) -> Result<Response, Problem> {
    let first = match messages.recv().await {
        Some(Message::End(Err(problem))) => return Err(problem),
        Some(first) => first,
        None => return Err(Problem::panicked()),
    };
    let rest = stream::unfold((task, messages), |(task, mut messages)| async move {
        let message = messages.recv().await?;
        Some((message, (task, messages)))
    });
    let events = stream::iter([first])
        .chain(rest)
        .map(|message| Ok::<_, Infallible>(event_of(&message)));
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response())
}

fn event_of(message: &Message) -> Event {
    let (name, json) = match message {
        Message::Step(step) => ("step", serde_json::to_string(step)),
        Message::End(Ok(report)) => ("result", serde_json::to_string(report)),
        Message::End(Err(problem)) => ("failed", serde_json::to_string(problem.detail())),
    };
    Event::default().event(name).data(json.unwrap_or_default())
}
