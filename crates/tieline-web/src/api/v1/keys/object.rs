//! An access key as REST shows it. What is shown never suffices to use it.

use serde::Serialize;
use tieline_domain::{KeyId, Timestamp};
use tieline_hub::KeyView;
use utoipa::ToSchema;

/// An access key.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub(in crate::api::v1) struct KeyObject {
    #[schema(value_type = String, format = "uuid")]
    id: KeyId,
    name: String,
    /// Its beginning and end.
    hint: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stops working by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// The program that last used it.
    last_client: Option<String>,
}

impl From<KeyView> for KeyObject {
    fn from(view: KeyView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            hint: view.hint,
            created_at: view.created_at,
            expires_at: view.expires_at,
            last_used_at: view.last_used_at,
            last_client: view.last_client,
        }
    }
}
