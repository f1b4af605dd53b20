//! The body that adds or tests a connector.

use tieline_domain::ConnectorDraft;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::api::body::Fields;
use crate::problem::Problem;

/// A connector to add or to test.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which `take` takes apart")]
pub(super) struct NewConnector {
    /// What people call it: 1 to 80 characters, at least one letter or digit.
    name: String,
    /// The address of the server, with `http://` or `https://`.
    url: String,
    /// The value of the auth header, byte for byte. Nothing is added to it.
    token: Option<String>,
    /// The header that carries the token; `Authorization` if absent.
    auth_header: Option<String>,
    /// The key under which agents see it; made from the name if absent.
    slug: Option<String>,
}

/// Reads the body into a draft. What the values may be is the domain's business.
pub(super) fn take(mut fields: Fields) -> Result<ConnectorDraft, Problem> {
    let draft = ConnectorDraft {
        name: fields.text("name", "name_type"),
        slug: fields.optional_text("slug", "slug_type"),
        url: fields.text("url", "url_type"),
        token: fields
            .optional_secret("token", "token_type")
            .unwrap_or_else(|| Zeroizing::new(String::new())),
        auth_header: fields
            .optional_text("auth_header", "header_type")
            .unwrap_or_default(),
    };
    fields.finish()?;
    Ok(draft)
}
