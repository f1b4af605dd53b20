//! Running the connection test: real exchanges over a connection of its own, watched from the side.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::Instant;

use super::words;
use super::{ProbeHint, ProbeReport, StepName, StepReport};
use crate::client::dial::{DialEvent, Dialer};
use crate::client::error::{Failure, McpError};
use crate::client::handshake::initialize;
use crate::client::http::{Answered, Http};
use crate::client::pace::Pace;
use crate::client::request::Introduction;
use crate::client::target::Target;
use crate::client::{Connected, McpClient, connect};
use crate::wire::{ClientCan, OfferKind};

const STEPS: [StepName; 6] = [
    StepName::Dns,
    StepName::Tcp,
    StepName::Tls,
    StepName::Http,
    StepName::Handshake,
    StepName::Tools,
];

/// The second question, at another path of the same server, must not make a failed test long.
const TRY_MCP: Duration = Duration::from_secs(3);
/// Time for saying goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

pub(in crate::client) async fn run(
    client: &McpClient,
    target: &Target,
    on_step: impl FnMut(&StepReport) + Send,
) -> ProbeReport {
    let (http, dials, answers) = watched(client);
    let limits = &http.limits;
    let pace = Pace::until(limits, Instant::now() + limits.probe);
    let mut test = Test {
        target,
        on_step,
        dials,
        answers,
        done: BTreeMap::new(),
        http: None,
        dialled: Instant::now(),
    };
    let mut report = ProbeReport {
        steps: Vec::new(),
        error: None,
        server: None,
        wire: None,
        tools: None,
        hint: None,
    };

    let connected = test
        .watch(connect(&http, target, (None, ClientCan::NOTHING), pace))
        .await;
    match connected {
        Ok(connected) => {
            test.greeted(&connected);
            report.server = Some(connected.server.clone());
            report.wire = Some(connected.wire);
            let begun = Instant::now();
            match test
                .watch(
                    connected
                        .upstream
                        .list_within(target, OfferKind::Tool, pace),
                )
                .await
            {
                Ok(list) => {
                    test.finish(words::listed(&list, begun.elapsed()));
                    report.tools = Some(list);
                }
                Err(error) => report.error = Some(test.broke(error, true, begun)),
            }
            drop(tokio::time::timeout(GOODBYE, connected.upstream.close(target)).await);
        }
        Err(error) => {
            let error = test.broke(error, false, test.dialled);
            report.hint = hint(&http, target, &error, pace.deadline).await;
            report.error = Some(error);
        }
    }
    report.steps = test.finish_all();
    report
}

/// A client like the real one, but with no connection yet and somebody watching.
fn watched(
    client: &McpClient,
) -> (
    Arc<Http>,
    UnboundedReceiver<DialEvent>,
    UnboundedReceiver<Answered>,
) {
    let (dial_seen, dials) = mpsc::unbounded_channel();
    let (answer_seen, answers) = mpsc::unbounded_channel();
    let dialer = Dialer {
        observer: Some(dial_seen),
        ..client.http.dialer.clone()
    };
    let mut http = Http::new(
        dialer,
        client.http.limits.clone(),
        Introduction::new(&client.info),
    );
    http.observer = Some(answer_seen);
    (Arc::new(http), dials, answers)
}

/// The address in a redirect, or `/mcp` at the same server if something answers there.
async fn hint(
    http: &Http,
    target: &Target,
    error: &McpError,
    deadline: Instant,
) -> Option<ProbeHint> {
    match &error.failure {
        Failure::RedirectRefused { to } => {
            let is_address = to.starts_with("https://") || to.starts_with("http://");
            is_address.then(|| ProbeHint::UseAddress { url: to.clone() })
        }
        Failure::NotFound { .. } | Failure::MethodNotAllowed | Failure::BadContentType { .. } => {
            let mut url = target.url().join("/mcp").ok()?;
            url.set_query(None);
            if url.path() == target.url().path() {
                return None;
            }
            let there = target.at(url)?;
            answers_mcp(http, &there, deadline)
                .await
                .then(|| ProbeHint::TryMcp {
                    url: there.url().clone().into(),
                })
        }
        _ => None,
    }
}

async fn answers_mcp(http: &Http, target: &Target, deadline: Instant) -> bool {
    let deadline = deadline.min(Instant::now() + TRY_MCP);
    let pace = Pace::until(&http.limits, deadline);
    match initialize(http, target, ClientCan::NOTHING, pace).await {
        Ok(Ok((session, _))) => {
            let link = crate::client::link::Link::Streamable(session);
            drop(tokio::time::timeout(GOODBYE, link.close(http, target)).await);
            true
        }
        // It is there and wants a token, or it is modern and says so.
        Ok(Err(refusal)) => refusal.is_about_access() || refusal.rpc.is_some(),
        Err(_) => false,
    }
}

struct Test<'a, F> {
    target: &'a Target,
    on_step: F,
    dials: UnboundedReceiver<DialEvent>,
    answers: UnboundedReceiver<Answered>,
    done: BTreeMap<StepName, StepReport>,
    /// The status to show, and how long the first answer took.
    http: Option<Answered>,
    /// When the first connection stood.
    dialled: Instant,
}

impl<F: FnMut(&StepReport) + Send> Test<'_, F> {
    /// Runs a part of the test and reports what is seen of it as it happens.
    async fn watch<T>(&mut self, part: impl Future<Output = T>) -> T {
        let mut part = std::pin::pin!(part);
        loop {
            tokio::select! {
                biased;
                Some(event) = self.dials.recv() => self.saw_dial(&event),
                Some(answer) = self.answers.recv() => self.saw_answer(answer),
                result = &mut part => {
                    while let Ok(event) = self.dials.try_recv() {
                        self.saw_dial(&event);
                    }
                    while let Ok(answer) = self.answers.try_recv() {
                        self.saw_answer(answer);
                    }
                    return result;
                }
            }
        }
    }

    fn saw_dial(&mut self, event: &DialEvent) {
        let host = self.target.host();
        let report = match event {
            DialEvent::Resolved {
                looked_up: Some(ip),
                took,
            } => words::ok(StepName::Dns, *took, format!("{host} is {ip}")),
            DialEvent::Resolved {
                looked_up: None, ..
            } => words::skipped(StepName::Dns, "The URL holds an address, not a name"),
            DialEvent::Connected { port, took } => {
                words::ok(StepName::Tcp, *took, format!("Port {port} is open"))
            }
            DialEvent::ViaProxy { proxy } => {
                words::skipped(StepName::Dns, &format!("Reached through the proxy {proxy}"))
            }
            DialEvent::Tunnelled { port, took } => words::ok(
                StepName::Tcp,
                *took,
                format!("The proxy connected to port {port}"),
            ),
            DialEvent::Secured { days_left, took } => words::secured(*days_left, *took),
            DialEvent::NotEncrypted => words::skipped(StepName::Tls, "Not encrypted"),
        };
        if report.step == StepName::Tls && !self.done.contains_key(&StepName::Tls) {
            self.dialled = Instant::now();
        }
        self.finish(report);
    }

    fn saw_answer(&mut self, answer: Answered) {
        // The first good answer is the one to show; until there is one, the last bad one.
        self.http = Some(match self.http {
            Some(first) if first.status.is_success() => first,
            Some(first) => Answered {
                took: first.took,
                ..answer
            },
            None => answer,
        });
    }

    fn greeted(&mut self, connected: &Connected) {
        let whole = self.dialled.elapsed();
        let Answered { status, took } = self.http.unwrap_or(Answered {
            status: http::StatusCode::OK,
            took: Duration::ZERO,
        });
        self.finish(words::ok(
            StepName::Http,
            took.min(whole),
            words::answered(status, self.target),
        ));
        let message = words::greeted(&connected.server, connected.wire);
        self.finish(words::ok(
            StepName::Handshake,
            whole.saturating_sub(took),
            message,
        ));
    }

    /// Reports the step at which the test broke, and hands the error back.
    fn broke(&mut self, error: McpError, greeted: bool, begun: Instant) -> McpError {
        let mut step = words::step_of(&error.failure, greeted);
        // A step that was passed stays passed: what broke then is a later connection of the same test.
        if self.done.contains_key(&step) {
            step = if greeted {
                StepName::Tools
            } else {
                StepName::Http
            };
        }
        if step == StepName::Handshake
            && let Some(Answered { status, took }) = self.http
        {
            self.finish(words::ok(
                StepName::Http,
                took,
                format!("{}", status.as_u16()),
            ));
        }
        self.finish(words::failed(step, begun.elapsed(), &error));
        error
    }

    /// Reports a step once; further connections of the same test repeat the first ones.
    fn finish(&mut self, report: StepReport) {
        if !self.done.contains_key(&report.step) {
            (self.on_step)(&report);
            self.done.insert(report.step, report);
        }
    }

    fn finish_all(mut self) -> Vec<StepReport> {
        for step in STEPS {
            self.finish(words::not_reached(step));
        }
        self.done.into_values().collect()
    }
}
