//! From the hub's word for a configured model API to ours.

use tieline_hub::OpenModel;

use super::ModelEndpoint;

impl From<OpenModel> for ModelEndpoint {
    fn from(open: OpenModel) -> Self {
        Self {
            name: open.name,
            kind: open.kind,
            base_url: open.base_url,
            model: open.model,
            key: open.key,
            fallback: open
                .fallback
                .map(|fallback| Box::new(Self::from(*fallback))),
        }
    }
}
