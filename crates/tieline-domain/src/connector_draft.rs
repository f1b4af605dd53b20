//! The one place where raw input for a connector becomes parsed values, whichever door it came through.

use std::fmt;

use zeroize::Zeroizing;

use crate::access_token::{AccessToken, TokenError};
use crate::auth_header::{AuthHeader, HeaderError};
use crate::connector_name::{ConnectorName, NameError};
use crate::connector_url::{ConnectorUrl, UrlError};
use crate::field_error::{FieldError, FieldErrors};
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
        let mut errors = FieldErrors::default();
        let name = errors.keep("name", ConnectorName::parse(&self.name), NameError::code);
        let slug = self.slug.as_deref().map(str::trim);
        let slug = slug.filter(|slug| !slug.is_empty()).map(Slug::parse);
        let slug = slug.and_then(|slug| errors.keep("slug", slug, SlugError::code));
        let url = errors.keep("url", ConnectorUrl::parse(&self.url), UrlError::code);
        let token = errors.keep("token", AccessToken::parse(&self.token), TokenError::code);
        let header = AuthHeader::parse(&self.auth_header);
        let auth_header = errors.keep("auth_header", header, HeaderError::code);
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
            _ => Err(errors.into_vec()),
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
