//! One request to a model with its retries and its fallback, as a stream of events.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::exchange::{Answer, open};
use super::failure::{Again, Failure};
use super::openai::Accent;
use super::{ModelClient, ModelEndpoint, ModelError, ModelEvent, ModelRequest};

type Item = Result<ModelEvent, ModelError>;

/// Where a request stands.
pub(super) struct Attempts {
    client: ModelClient,
    endpoint: Arc<ModelEndpoint>,
    accent: Arc<Mutex<Accent>>,
    request: ModelRequest,
    /// How often this endpoint was asked again.
    retried: u32,
    pause: Duration,
    answer: Option<Answer>,
    /// Something of the answer was passed on: from here on a failure is final.
    begun: bool,
    done: bool,
}

impl Attempts {
    pub(super) fn new(
        client: ModelClient,
        endpoint: Arc<ModelEndpoint>,
        accent: Arc<Mutex<Accent>>,
        request: ModelRequest,
    ) -> Self {
        Self {
            client,
            endpoint,
            accent,
            request,
            retried: 0,
            pause: Duration::ZERO,
            answer: None,
            begun: false,
            done: false,
        }
    }

    /// Everything runs inside the stream, so that dropping it ends the request.
    pub(super) fn into_stream(self) -> BoxStream<'static, Item> {
        stream::unfold(self, |mut attempts| async move {
            let item = attempts.next().await?;
            Some((item, attempts))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Item> {
        if self.done {
            return None;
        }
        match self.step().await {
            Ok(event) => {
                self.done = matches!(event, ModelEvent::Finished { .. });
                self.begun = true;
                Some(Ok(event))
            }
            Err(failure) => {
                if let Some(event) = self.ask_again(&failure) {
                    return Some(Ok(event));
                }
                self.done = true;
                self.answer = None;
                Some(Err(failure.error))
            }
        }
    }

    async fn step(&mut self) -> Result<ModelEvent, Failure> {
        if self.answer.is_none() {
            let pause = std::mem::take(&mut self.pause);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        if self.answer.is_none() {
            self.answer = Some(self.open().await?);
        }
        match &mut self.answer {
            Some(answer) => answer.next().await,
            None => Err(Failure::cut(&self.endpoint.name)),
        }
    }

    /// Asks, and asks at once again without a parameter that the server does not know.
    async fn open(&self) -> Result<Answer, Failure> {
        loop {
            let accent = *self.accent.lock().unwrap_or_else(PoisonError::into_inner);
            let failure = match open(&self.client, &self.endpoint, &self.request, accent).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(next) = accent.after(&failure.error) else {
                return Err(failure);
            };
            *self.accent.lock().unwrap_or_else(PoisonError::into_inner) = next;
        }
    }

    /// Plans the next attempt, if there is one, and says so.
    fn ask_again(&mut self, failure: &Failure) -> Option<ModelEvent> {
        if self.begun {
            return None;
        }
        self.answer = None;
        if let Again::Here(wanted) = failure.again
            && self.retried < self.client.limits.retries
        {
            let after = wanted.unwrap_or_else(|| self.backoff());
            if after <= self.client.limits.longest_pause {
                self.retried += 1;
                self.pause = after;
                let reason = failure.error.in_short();
                return Some(ModelEvent::Retrying { after, reason });
            }
        }
        let fallback = match (failure.again, &self.endpoint.fallback) {
            (Again::No, _) | (_, None) => return None,
            (_, Some(fallback)) => fallback,
        };
        let reason = format!(
            "{} {} is asked instead.",
            failure.error.in_short(),
            fallback.name
        );
        self.request.model.clone_from(&fallback.model);
        self.accent = Arc::new(Mutex::new(Accent::of(fallback)));
        self.endpoint = Arc::new((**fallback).clone());
        self.retried = 0;
        Some(ModelEvent::Retrying {
            after: Duration::ZERO,
            reason,
        })
    }

    /// Doubles each time, and differs by a quarter so that many who were refused together do not come back together.
    fn backoff(&self) -> Duration {
        let mut random = [0; 2];
        self.client.entropy.fill(&mut random);
        let spread = 0.75 + f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX) / 2.0;
        let base = self.client.limits.backoff * 2_u32.saturating_pow(self.retried);
        base.mul_f64(spread)
    }
}
