//! The HTTP client of all model APIs: one pool of connections, and what else a request needs from outside.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tieline_domain::{Clock, Entropy};
use tieline_hub::Outbound;

use super::attempts::Attempts;
use super::dial::{Dialer, ModelNetwork};
use super::openai::Accent;
use super::{Message, ModelApi, ModelEndpoint, ModelError, ModelLimits, ModelRequest, UserPart};

/// Below the time after which common servers close an idle connection.
const POOL_IDLE: Duration = Duration::from_secs(50);

type Http = Client<Dialer, Full<Bytes>>;

/// Makes [`ModelApi`]s. A cheap clone; all clones share their connections.
#[derive(Clone)]
pub struct ModelClient {
    network: Arc<dyn ModelNetwork>,
    /// The connections, with the rules that they were made under.
    http: Arc<Mutex<(Outbound, Http)>>,
    pub(super) limits: ModelLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for ModelClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelClient")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl ModelClient {
    /// A client without connections. The clock reads dates in `Retry-After`, randomness spreads the retries.
    pub fn new(
        limits: ModelLimits,
        network: Arc<dyn ModelNetwork>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let outbound = network.outbound();
        let http = client(&outbound, &limits);
        Self {
            network,
            http: Arc::new(Mutex::new((outbound, http))),
            limits,
            clock,
            entropy,
        }
    }

    /// The connections for the next request. Those that were made under other rules are given up.
    pub(super) fn http(&self) -> Http {
        let now = self.network.outbound();
        let mut held = self.http.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.0.has_rules_of(&now) {
            *held = (now.clone(), client(&now, &self.limits));
        }
        held.1.clone()
    }

    /// A model API that asks `endpoint`, and its fallback when it can't answer.
    pub fn connect(&self, endpoint: ModelEndpoint) -> Arc<dyn ModelApi> {
        Arc::new(Connected {
            client: self.clone(),
            accent: Arc::new(Mutex::new(Accent::of(&endpoint))),
            endpoint: Arc::new(endpoint),
        })
    }

    /// Asks for a word, once and without the fallback: proves address, key and model.
    pub async fn check(&self, endpoint: &ModelEndpoint) -> Result<(), ModelError> {
        let mut client = self.clone();
        client.limits.retries = 0;
        let endpoint = ModelEndpoint {
            fallback: None,
            ..endpoint.clone()
        };
        let request = ModelRequest {
            model: endpoint.model.clone(),
            system: String::new(),
            tools: Arc::new([]),
            messages: vec![Message::User(vec![UserPart::Text("Say ok.".to_owned())])],
            // Some models refuse to begin with less.
            max_tokens: 16,
        };
        let api = endpoint.name.clone();
        let mut answer = client.connect(endpoint).stream(request);
        match answer.next().await {
            Some(Ok(_)) => Ok(()),
            // A model that thinks first may have used up the few tokens; it is there, and the key is right.
            Some(Err(ModelError::RefusedRequest { detail, .. }))
                if detail.contains("max_tokens or model output limit was reached") =>
            {
                Ok(())
            }
            Some(Err(error)) => Err(error),
            None => Err(ModelError::Cut { api }),
        }
    }
}

fn client(outbound: &Outbound, limits: &ModelLimits) -> Http {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(64)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .build(Dialer(outbound.clone().within(limits.connect)))
}

#[derive(Debug)]
struct Connected {
    client: ModelClient,
    endpoint: Arc<ModelEndpoint>,
    /// What the endpoint turned out to want; the next request begins with it.
    accent: Arc<Mutex<Accent>>,
}

impl ModelApi for Connected {
    fn stream(
        &self,
        request: ModelRequest,
    ) -> futures_util::stream::BoxStream<'static, Result<super::ModelEvent, ModelError>> {
        Attempts::new(
            self.client.clone(),
            Arc::clone(&self.endpoint),
            Arc::clone(&self.accent),
            request,
        )
        .into_stream()
    }
}
