//! Makes an access key. It is shown this once.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::object::KeyObject;
use crate::api::body::Fields;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// A key to make.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct NewKey {
    /// What you recognise it by, such as `Cursor, office PC`.
    name: String,
    /// After how many days it stops working; never if absent.
    expires_days: Option<u32>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub(super) struct CreatedKeyObject {
    #[serde(flatten)]
    view: KeyObject,
    /// The key itself. It is shown this once.
    key: String,
}

/// Makes an access key for yourself
#[utoipa::path(post, path = "/api/v1/keys", tag = "Keys", request_body = NewKey,
    responses((status = 201, description = "Made.", body = CreatedKeyObject)))]
pub(super) async fn create_key(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<(StatusCode, Json<CreatedKeyObject>), Problem> {
    let name = fields.text("name", "name_type");
    let expires_days = fields.optional_number("expires_days", "expires_days_type");
    fields.finish()?;
    let created = state
        .hub
        .create_key(&person.actor(), person.user, &name, expires_days)
        .await?;
    let key = created.key.expose().to_owned();
    Ok((
        StatusCode::CREATED,
        Json(CreatedKeyObject {
            view: created.view.into(),
            key,
        }),
    ))
}
