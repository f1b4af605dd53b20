//! Changes a connector's name, address, header or token. The key never changes.

use serde_json::{Value, json};
use thiserror::Error;
use tieline_domain::{
    AccessToken, Actor, AuthHeader, ConnectorName, ConnectorUrl, FieldError, FieldErrors,
    HeaderError, NameError, Slug, TokenError,
};
use tieline_store::{ConnectorPatch, ConnectorRow, StoreError};
use zeroize::Zeroizing;

use super::ConnectorView;
use crate::Hub;

/// What to change; a field that is `None` stays as it is.
#[derive(Default)]
pub struct UpdateConnector {
    /// A new display name.
    pub name: Option<String>,
    /// A new address.
    pub url: Option<String>,
    /// A new token; empty removes the stored one.
    pub token: Option<Zeroizing<String>>,
    /// A new header name; empty means `Authorization`.
    pub auth_header: Option<String>,
    /// Mend what breaks clients in what the server sends, or pass every byte.
    pub normalise: Option<bool>,
    /// The version that the editor saw, to notice that somebody else saved in between.
    pub row_version: Option<i64>,
}

/// Why a change was not made. Nothing was saved.
#[derive(Debug, Error)]
pub enum EditConnectorError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The stored token may not follow the connector to another server.
    #[error(
        "The new URL is another server ({origin}). Enter the token again: the stored one stays with the old server."
    )]
    TokenRequiredForNewOrigin {
        /// The origin of the new URL.
        origin: String,
    },
    /// The stored token does not open, so it cannot be kept with the new header.
    #[error("The stored token cannot be read. Enter it again.")]
    SecretUnreadable,
    /// Somebody saved in between.
    #[error("Somebody changed this connector in the meantime. Look at their version first.")]
    Stale,
    /// The database could not save it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Parsed {
    name: ConnectorName,
    url: ConnectorUrl,
    header: AuthHeader,
    #[expect(
        clippy::option_option,
        reason = "leaving the token, removing it and replacing it are three things"
    )]
    token: Option<Option<AccessToken>>,
    normalise: Option<bool>,
}

impl Hub {
    /// Saves the change and its audit row, and lets the next call and a check at once use it.
    pub async fn update_connector(
        &self,
        actor: &Actor,
        slug: &Slug,
        update: UpdateConnector,
    ) -> Result<ConnectorView, EditConnectorError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        if update
            .row_version
            .is_some_and(|seen| seen != row.row_version)
        {
            return Err(EditConnectorError::Stale);
        }
        let parsed = self.parse_update(&row, &update)?;
        let patch = self.patch_of(&row, &parsed)?;
        let change = self.change(
            actor,
            "connector.changed",
            "connector",
            slug.as_str(),
            &difference(&row, &parsed),
        );
        match self
            .inner
            .store
            .connector_update(row.id, row.row_version, patch, &change)
            .await
        {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(EditConnectorError::Stale),
            Err(error) => return Err(error.into()),
        }
        self.after_credential_change(row.id).await;
        Ok(self.connector_by_id(row.id).await?)
    }

    fn parse_update(
        &self,
        row: &ConnectorRow,
        update: &UpdateConnector,
    ) -> Result<Parsed, EditConnectorError> {
        let mut errors = FieldErrors::default();
        let name = ConnectorName::parse(update.name.as_deref().unwrap_or(&row.name));
        let name = errors.keep("name", name, NameError::code);
        let url = self.keep_url(&mut errors, update.url.as_deref().unwrap_or(&row.url));
        let header = AuthHeader::parse(update.auth_header.as_deref().unwrap_or(&row.auth_header));
        let header = errors.keep("auth_header", header, HeaderError::code);
        let provider = row.provider.as_deref().and_then(tieline_domain::provider);
        let token = update.token.as_ref().map(|text| {
            let token = AccessToken::parse(text)?;
            // A built-in connector's token goes into the provider's own format, as when it was connected.
            match (token, provider) {
                (Some(token), Some(provider)) => provider.header_value(&token).map(Some),
                (token, _) => Ok(token),
            }
        });
        let token = errors.keep("token", token.transpose(), TokenError::code);
        match (name, url, header, token) {
            (Some(name), Some(url), Some(header), Some(token)) => Ok(Parsed {
                name,
                url,
                header,
                token,
                normalise: update.normalise,
            }),
            _ => Err(EditConnectorError::Invalid {
                fields: errors.into_vec(),
            }),
        }
    }

    /// A stored token is bound to its origin and header. Another origin demands it again; another header at the same
    /// origin reaches the same server, so the token is sealed anew for it.
    fn patch_of(
        &self,
        row: &ConnectorRow,
        parsed: &Parsed,
    ) -> Result<ConnectorPatch, EditConnectorError> {
        let old = ConnectorUrl::parse(&row.url).ok();
        let same_origin = old
            .as_ref()
            .is_some_and(|old| old.origin() == parsed.url.origin());
        let same_header = parsed
            .header
            .as_str()
            .eq_ignore_ascii_case(&row.auth_header);
        let credential = match &parsed.token {
            Some(token) => {
                Some(self.credential_patch(row.id, &parsed.url, &parsed.header, token.as_ref()))
            }
            None if row.sealed.is_none() || (same_origin && same_header) => None,
            None if !same_origin => {
                return Err(EditConnectorError::TokenRequiredForNewOrigin {
                    origin: parsed.url.origin().to_string(),
                });
            }
            None => {
                // From the row that the change is checked against: what is in memory may be older.
                let open = self
                    .open_stored(row)
                    .map_err(|_| EditConnectorError::SecretUnreadable)?;
                let token = AccessToken::parse(open.expose().unwrap_or_default())
                    .map_err(|_| EditConnectorError::SecretUnreadable)?;
                Some(self.credential_patch(row.id, &parsed.url, &parsed.header, token.as_ref()))
            }
        };
        Ok(ConnectorPatch {
            name: Some(parsed.name.as_str().to_owned()),
            url: Some(parsed.url.as_str().to_owned()),
            auth_header: Some(parsed.header.as_str().to_owned()),
            credential,
            normalise: parsed.normalise,
            forget_wire: parsed.url.as_str() != row.url,
        })
    }
}

/// What changed, before and after. Of a token only that it changed.
fn difference(row: &ConnectorRow, parsed: &Parsed) -> Value {
    let mut detail = json!({});
    for (field, before, after) in [
        ("name", row.name.as_str(), parsed.name.as_str()),
        ("url", row.url.as_str(), parsed.url.as_str()),
        (
            "auth_header",
            row.auth_header.as_str(),
            parsed.header.as_str(),
        ),
    ] {
        if before != after {
            detail[field] = json!({ "before": before, "after": after });
        }
    }
    if let Some(normalise) = parsed.normalise.filter(|to| *to != row.normalise) {
        detail["normalise"] = json!({ "before": row.normalise, "after": normalise });
    }
    if let Some(token) = &parsed.token {
        detail["token_set"] = json!({ "before": row.sealed.is_some(), "after": token.is_some() });
    }
    detail
}
