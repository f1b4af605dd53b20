//! The live test of a model API, before or after it is saved: proves address, key and model.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tieline_domain::{Clock, Entropy, Timestamp};
use tieline_hub::{Hub, OpenModel, Outbound};

use crate::model::{ModelClient, ModelEndpoint, ModelError, ModelLimits, ModelNetwork};

/// Somebody waits for the answer of a test; a turn may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tests model APIs. Cheap to clone; nothing is dialled until it is asked.
#[derive(Clone, Debug)]
pub struct ModelChecker {
    client: ModelClient,
}

impl ModelChecker {
    /// A checker with the clock and the randomness of this hub.
    pub fn new(hub: &Hub) -> Self {
        let limits = ModelLimits {
            first_token: PATIENCE,
            idle: PATIENCE,
            whole: PATIENCE,
            ..ModelLimits::default()
        };
        let shared = Arc::new(OfHub(hub.clone()));
        Self {
            client: ModelClient::new(limits, shared.clone(), shared.clone(), shared),
        }
    }

    /// Asks the model API for one word.
    pub async fn check(&self, model: &OpenModel) -> Result<(), ModelError> {
        let endpoint = ModelEndpoint::from(model.clone());
        self.client.check(&endpoint).await
    }
}

/// The hub's network, clock and randomness under the traits that a client takes.
struct OfHub(Hub);

impl fmt::Debug for OfHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfHub")
    }
}

impl ModelNetwork for OfHub {
    fn outbound(&self) -> Outbound {
        self.0.outbound()
    }
}

impl Clock for OfHub {
    fn now(&self) -> Timestamp {
        self.0.clock().now()
    }
}

impl Entropy for OfHub {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.entropy().fill(bytes);
    }
}
