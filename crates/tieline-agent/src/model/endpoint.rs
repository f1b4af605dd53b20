//! Where a model is asked, and with which key.

use tieline_domain::{AccessToken, ModelKind, ModelUrl};

/// A model API that is ready to be used. Its `Debug` shows no key.
#[derive(Clone, Debug)]
pub struct ModelEndpoint {
    /// The name that an admin gave it.
    pub name: String,
    /// The wire format.
    pub kind: ModelKind,
    /// Its address.
    pub base_url: ModelUrl,
    /// The model that it is asked for when it is a fallback, or when it is checked.
    pub model: String,
    /// Its key; a server of one's own may need none.
    pub key: Option<AccessToken>,
    /// Who is asked when it can't answer.
    pub fallback: Option<Box<ModelEndpoint>>,
}

impl ModelEndpoint {
    /// The address that is asked for an answer.
    pub(super) fn url(&self) -> String {
        match self.kind {
            // People paste the address with and without the version.
            ModelKind::Anthropic if self.base_url.as_str().ends_with("/v1") => {
                self.base_url.join("messages")
            }
            ModelKind::Anthropic => self.base_url.join("v1/messages"),
            ModelKind::OpenAi => self.base_url.join("chat/completions"),
        }
    }
}
