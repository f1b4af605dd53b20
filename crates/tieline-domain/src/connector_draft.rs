//! The one place where raw input for a connector becomes parsed values, whichever door it came through.

use std::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::access_token::{AccessToken, TokenError};
use crate::auth_header::{AuthHeader, HeaderError};
use crate::connector_name::{ConnectorName, NameError};
use crate::connector_url::{ConnectorUrl, UrlError};
use crate::slug::{Slug, SlugError};

/// What somebody typed for a new connector.
#[derive(Clone, Default)]
pub struct ConnectorDraft {
    /// The display name.
    pub name: String,
    /// A key of their own choice; without it the key comes from the name.
    pub slug: Option<String>,
    /// The URL of the server.
    pub url: String,
    /// The token; empty means none.
    pub token: Zeroizing<String>,
    /// The auth header; empty means `Authorization`.
    pub auth_header: String,
}

impl ConnectorDraft {
    /// Checks every field and reports all that is wrong at once.
    pub fn parse(&self) -> Result<NewConnector, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = ConnectorName::parse(&self.name);
        let name = keep(&mut errors, "name", name, NameError::code);
        let slug = self.slug.as_deref().map(str::trim);
        let slug = slug.filter(|slug| !slug.is_empty()).map(Slug::parse);
        let slug = slug.and_then(|slug| keep(&mut errors, "slug", slug, SlugError::code));
        let url = ConnectorUrl::parse(&self.url);
        let url = keep(&mut errors, "url", url, UrlError::code);
        let token = AccessToken::parse(&self.token);
        let token = keep(&mut errors, "token", token, TokenError::code);
        let header = AuthHeader::parse(&self.auth_header);
        let auth_header = keep(&mut errors, "auth_header", header, HeaderError::code);
        match (name, url, token, auth_header) {
            (Some(name), Some(url), Some(token), Some(auth_header)) if errors.is_empty() => {
                let slug = slug.unwrap_or_else(|| Slug::derive(&name));
                Ok(NewConnector {
                    name,
                    slug,
                    url,
                    token,
                    auth_header,
                })
            }
            _ => Err(errors),
        }
    }
}

impl fmt::Debug for ConnectorDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorDraft")
            .field("name", &self.name)
            .field("slug", &self.slug)
            .field("url", &self.url)
            .field("token", &"[redacted]")
            .field("auth_header", &self.auth_header)
            .finish()
    }
}

/// A connector that is ready to be added, as far as its own fields say.
#[derive(Debug, Clone)]
pub struct NewConnector {
    /// The display name.
    pub name: ConnectorName,
    /// The key.
    pub slug: Slug,
    /// The URL of the server.
    pub url: ConnectorUrl,
    /// The token, if one was given.
    pub token: Option<AccessToken>,
    /// The header that carries it.
    pub auth_header: AuthHeader,
}

/// What is wrong with one field of a form or request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name in requests.
    pub field: &'static str,
    /// The stable code.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl FieldError {
    /// Reports `error` for `field`.
    pub fn new(field: &'static str, code: &'static str, error: &dyn fmt::Display) -> Self {
        Self {
            field,
            code,
            detail: error.to_string(),
        }
    }
}

fn keep<T, E: fmt::Display>(
    errors: &mut Vec<FieldError>,
    field: &'static str,
    result: Result<T, E>,
    code: impl Fn(&E) -> &'static str,
) -> Option<T> {
    result
        .map_err(|error| errors.push(FieldError::new(field, code(&error), &error)))
        .ok()
}
