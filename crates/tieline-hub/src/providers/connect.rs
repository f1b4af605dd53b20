//! Connects a provider with a token, and disconnects it.

use thiserror::Error;
use tieline_domain::{
    AccessToken, Actor, AuthHeader, ConnectorName, ConnectorUrl, FieldError, NewConnector,
    Provider, Slug, provider,
};
use tieline_mcp::StepReport;
use tieline_store::StoreError;

use crate::Hub;
use crate::connectors::{AddConnectorError, AddedConnector, NewRow, TestReport};

/// Why a provider was not connected. Nothing was saved.
#[derive(Debug, Error)]
pub enum ConnectProviderError {
    /// No provider has this key.
    #[error("There is no built-in provider with the key {slug}.")]
    Unknown {
        /// The key that was asked for, as typed.
        slug: String,
    },
    /// Its server wants a person to sign in.
    #[error("{name} needs sign-in by a person, which agents cannot do. {reason}")]
    Unsupported {
        /// The provider.
        name: String,
        /// What the catalogue says about it.
        reason: String,
    },
    /// The token cannot be used as it is.
    #[error("The token cannot be used as it is.")]
    Invalid {
        /// The one field.
        field: FieldError,
    },
    /// It could not be saved.
    #[error(transparent)]
    Add(#[from] AddConnectorError),
}

impl Hub {
    /// Connects a provider. The token goes into the provider's own header format.
    pub async fn connect_provider(
        &self,
        actor: &Actor,
        slug: &str,
        token: &str,
    ) -> Result<AddedConnector, ConnectProviderError> {
        let (provider, new) = provider_connector(slug, token)?;
        if let Some(field) = self.refused_address(&new.url) {
            return Err(ConnectProviderError::Invalid { field });
        }
        Ok(self
            .insert_connector(
                actor,
                NewRow {
                    new: &new,
                    provider: Some(provider.slug.as_str()),
                },
            )
            .await?)
    }

    /// Tests a provider's server with a token, before anything is saved.
    pub async fn test_provider(
        &self,
        slug: &str,
        token: &str,
        on_step: &mut (dyn FnMut(&StepReport) + Send),
    ) -> Result<TestReport, ConnectProviderError> {
        let (_, new) = provider_connector(slug, token)?;
        if let Some(field) = self.refused_address(&new.url) {
            return Err(ConnectProviderError::Invalid { field });
        }
        Ok(self
            .test_target(&new.url, &new.auth_header, new.token.as_ref(), on_step)
            .await)
    }

    /// Disconnects a provider: its connector is removed. [`StoreError::NotFound`] when it is not connected.
    pub async fn disconnect_provider(&self, actor: &Actor, slug: &str) -> Result<(), StoreError> {
        let slug = Slug::parse(slug).map_err(|_| StoreError::NotFound)?;
        let row = self
            .inner
            .store
            .connector_by_slug(&slug)
            .await?
            .filter(|row| row.provider.is_some());
        let row = row.ok_or(StoreError::NotFound)?;
        self.remove_connector(actor, &row.slug).await
    }
}

fn provider_connector(
    slug: &str,
    token: &str,
) -> Result<(&'static Provider, NewConnector), ConnectProviderError> {
    let found = provider(slug).ok_or_else(|| ConnectProviderError::Unknown {
        slug: slug.chars().take(40).collect(),
    })?;
    if !found.supported {
        let reason = found.unsupported_reason.clone().unwrap_or_default();
        return Err(ConnectProviderError::Unsupported {
            name: found.name.clone(),
            reason,
        });
    }
    let token = match AccessToken::parse(token) {
        Ok(Some(token)) => found
            .header_value(&token)
            .map_err(|error| invalid("token", error.code(), error.to_string()))?,
        Ok(None) => {
            return Err(invalid(
                "token",
                "token_blank",
                format!("Paste the {} of {}.", found.token_word, found.name),
            ));
        }
        Err(error) => return Err(invalid("token", error.code(), error.to_string())),
    };
    let new = NewConnector {
        name: ConnectorName::parse(&found.name)
            .map_err(|error| invalid("name", error.code(), error.to_string()))?,
        slug: Slug::parse(found.slug.as_str())
            .map_err(|error| invalid("slug", error.code(), error.to_string()))?,
        url: ConnectorUrl::parse(&found.url)
            .map_err(|error| invalid("url", error.code(), error.to_string()))?,
        auth_header: AuthHeader::parse(&found.auth_header)
            .map_err(|error| invalid("auth_header", error.code(), error.to_string()))?,
        token: Some(token),
    };
    Ok((found, new))
}

fn invalid(field: &'static str, code: &'static str, detail: String) -> ConnectProviderError {
    ConnectProviderError::Invalid {
        field: FieldError {
            field,
            code,
            detail,
        },
    }
}
