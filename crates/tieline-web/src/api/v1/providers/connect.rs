//! Connects a built-in provider. The same wiring as a custom connector; only the token is asked for.

use axum::extract::State;
use utoipa::ToSchema;

use crate::api::body::Fields;
use crate::api::path::ApiPath;
use crate::api::v1::connectors::AddedConnectorObject;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What a provider needs.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct ProviderToken {
    /// The token in the provider's own form; its header format is added.
    token: String,
}

/// Connects a provider; agents get its tools in their next session
#[utoipa::path(post, path = "/api/v1/providers/{slug}/connect", tag = "Providers", request_body = ProviderToken,
    params(("slug" = String, Path, description = "The provider's key.")),
    responses(
        (status = 201, description = "Connected; the first check has begun.", body = AddedConnectorObject),
        (status = 409, description = "It is connected already, or it needs sign-in by a person.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn connect_provider(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
    mut fields: Fields,
) -> Result<AddedConnectorObject, Problem> {
    let token = fields
        .optional_secret("token", "token_type")
        .unwrap_or_default();
    fields.finish()?;
    let added = state
        .hub
        .connect_provider(&admin.actor(), &slug, &token)
        .await?;
    Ok(added.into())
}
