//! Which model answers a turn.

use std::fmt;
use std::sync::Arc;

use tieline_domain::{Clock, Entropy, Timestamp};
use tieline_hub::{Hub, OpenModel, OpenModelError, Outbound};

use crate::error::AgentError;
use crate::model::{ModelApi, ModelClient, ModelEndpoint, ModelLimits, ModelNetwork};

/// A model that is ready to be asked.
#[derive(Clone, Debug)]
pub struct ChosenModel {
    /// How to ask.
    pub api: Arc<dyn ModelApi>,
    /// The model's name, as the API knows it.
    pub model: String,
}

/// Chooses the model of a turn. The hub's configured model APIs do; tests pass their own.
pub trait Models: Send + Sync + fmt::Debug {
    /// The model that is meant; none is the default.
    fn choose(&self, wanted: Option<&str>) -> Result<ChosenModel, AgentError>;
}

/// The model APIs that admins set up.
#[derive(Clone, Debug)]
pub struct HubModels {
    hub: Hub,
    client: ModelClient,
}

impl HubModels {
    /// The model APIs of this hub. Its credentials are read anew for each turn.
    pub fn new(hub: Hub, limits: ModelLimits) -> Self {
        let outside = Arc::new(Outside(hub.clone()));
        Self {
            client: ModelClient::new(limits, outside.clone(), outside.clone(), outside),
            hub,
        }
    }
}

impl Models for HubModels {
    fn choose(&self, wanted: Option<&str>) -> Result<ChosenModel, AgentError> {
        let open = self.hub.open_model(wanted)?;
        Ok(ChosenModel {
            model: open.model.clone(),
            api: self.client.connect(endpoint(open)),
        })
    }
}

fn endpoint(open: OpenModel) -> ModelEndpoint {
    ModelEndpoint {
        name: open.name,
        kind: open.kind,
        base_url: open.base_url,
        model: open.model,
        key: open.key,
        fallback: open.fallback.map(|fallback| Box::new(endpoint(*fallback))),
    }
}

impl From<OpenModelError> for AgentError {
    fn from(error: OpenModelError) -> Self {
        match error {
            OpenModelError::NotConfigured { admins } => Self::ModelNotConfigured { admins },
            OpenModelError::Unreadable { name } => Self::ModelUnreadable { name },
            OpenModelError::BadModel { .. } => Self::ModelNameInvalid,
        }
    }
}

/// The hub's network, clock and randomness.
#[derive(Debug)]
struct Outside(Hub);

impl ModelNetwork for Outside {
    fn outbound(&self) -> Outbound {
        self.0.outbound()
    }
}

impl Clock for Outside {
    fn now(&self) -> Timestamp {
        self.0.clock().now()
    }
}

impl Entropy for Outside {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.entropy().fill(bytes);
    }
}
