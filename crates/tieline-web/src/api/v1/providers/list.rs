//! Lists the built-in providers with what is connected.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tieline_hub::ProviderView;
use utoipa::ToSchema;

use crate::api::v1::connectors::ConnectorObject;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// A built-in provider.
#[derive(Serialize, ToSchema)]
#[schema(as = Provider)]
pub(super) struct ProviderObject {
    slug: &'static str,
    name: &'static str,
    /// What it gives, in a few words.
    summary: &'static str,
    /// What an admin must have to connect it.
    needs: &'static str,
    url: &'static str,
    auth_header: &'static str,
    /// The provider's own word for the token.
    token_word: &'static str,
    /// Where to make the token.
    recipe: &'static [String],
    /// The provider's page for that.
    open_url: &'static str,
    open_label: &'static str,
    /// Whether its server accepts a static token.
    supported: bool,
    /// Why it cannot be connected.
    unsupported_reason: Option<&'static str>,
    connected: bool,
    /// The connector, when it is connected.
    connector: Option<ConnectorObject>,
    /// The custom connector that has its key since before the provider was shipped.
    key_in_use_by: Option<String>,
}

impl From<ProviderView> for ProviderObject {
    fn from(view: ProviderView) -> Self {
        let provider = view.provider;
        Self {
            slug: &provider.slug,
            name: &provider.name,
            summary: &provider.summary,
            needs: &provider.needs,
            url: &provider.url,
            auth_header: &provider.auth_header,
            token_word: &provider.token_word,
            recipe: &provider.recipe,
            open_url: &provider.open_url,
            open_label: &provider.open_label,
            supported: provider.supported,
            unsupported_reason: provider.unsupported_reason.as_deref(),
            connected: view.connector.is_some(),
            connector: view.connector.map(ConnectorObject::from),
            key_in_use_by: view.key_in_use_by,
        }
    }
}

/// Lists the built-in providers with what is connected
#[utoipa::path(get, path = "/api/v1/providers", tag = "Providers",
    responses((status = 200, description = "All providers.", body = Vec<ProviderObject>)))]
pub(super) async fn list_providers(
    _admin: ApiAdmin,
    State(state): State<AppState>,
) -> Result<Json<Vec<ProviderObject>>, Problem> {
    let providers = state.hub.list_providers().await?;
    Ok(Json(
        providers.into_iter().map(ProviderObject::from).collect(),
    ))
}
