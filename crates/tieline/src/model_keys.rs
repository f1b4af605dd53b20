//! Keys of model APIs in the environment: looked for when the server starts, added once.

use tieline_domain::ModelKind;
use tieline_hub::{Hub, ModelKeyFound};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The names that the makers' own tools use.
const VARIABLES: [(&str, ModelKind); 2] = [
    ("ANTHROPIC_API_KEY", ModelKind::Anthropic),
    ("OPENAI_API_KEY", ModelKind::OpenAi),
];

/// Hands over what is in the environment. Whether it is used is the hub's decision.
#[expect(
    clippy::disallowed_methods,
    reason = "a key is no setting: it must not be kept, or printed with the settings"
)]
pub(crate) async fn adopt(hub: &Hub) -> Result<(), Failure> {
    let found = |(variable, kind)| {
        let key = std::env::var(variable).ok().map(Zeroizing::new)?;
        (!key.trim().is_empty()).then_some(ModelKeyFound {
            variable,
            kind,
            key,
        })
    };
    let found = VARIABLES.into_iter().filter_map(found).collect();
    Ok(hub.adopt_model_keys(found).await?)
}
