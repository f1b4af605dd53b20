//! Replaces a connector's token. The new one proves itself before it takes over; the next call uses it.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{AccessToken, Actor, AuthHeader, ConnectorUrl, FieldError, Slug};
use tieline_store::{ConnectorPatch, CredentialPatch, StoreError};

use super::{ConnectorView, TestReport};
use crate::Hub;

/// Why a token was not replaced. The old one stays in force.
#[derive(Debug, Error)]
pub enum RotateConnectorError {
    /// The value cannot be a token.
    #[error("The token cannot be used as it is.")]
    Invalid {
        /// The one field.
        field: FieldError,
    },
    /// The server did not accept the new token, or could not be reached.
    #[error("The new token did not pass the connection test, so the old one stays in force.")]
    TestFailed {
        /// The steps of the test.
        report: Box<TestReport>,
    },
    /// Someone else changed the connector meanwhile, the connector is gone, or the database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Replaces the token. With `test_first`, the server has to accept the new one before the old one goes.
    pub async fn rotate_connector(
        &self,
        actor: &Actor,
        slug: &Slug,
        token: &str,
        test_first: bool,
    ) -> Result<ConnectorView, RotateConnectorError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        let token = parse_token(token)?;
        let url = ConnectorUrl::parse(&row.url).map_err(|_| StoreError::NotFound)?;
        let header = AuthHeader::parse(&row.auth_header).map_err(|_| StoreError::NotFound)?;
        let token = match row.provider.as_deref().and_then(tieline_domain::provider) {
            Some(provider) => provider
                .header_value(&token)
                .map_err(|error| invalid(error.code(), error.to_string()))?,
            None => token,
        };
        if test_first {
            let report = self
                .test_target(&url, &header, Some(&token), &mut |_| {})
                .await;
            if !report.ok {
                return Err(RotateConnectorError::TestFailed {
                    report: Box::new(report),
                });
            }
        }
        let patch = ConnectorPatch {
            credential: Some(self.credential_patch(row.id, &url, &header, Some(&token))),
            ..ConnectorPatch::default()
        };
        let end = |tail: &Option<String>| tail.as_ref().map(|tail| format!("…{tail}"));
        let detail = json!({
            "name": row.name,
            "tested": test_first,
            "token": { "before": end(&row.token_hint), "after": end(&token.hint().tail) },
        });
        let change = self.change(
            actor,
            "connector.token_rotated",
            "connector",
            slug.as_str(),
            &detail,
        );
        self.inner
            .store
            .connector_update(row.id, row.row_version, patch, &change)
            .await?;
        self.after_credential_change(row.id).await;
        Ok(self.connector_by_id(row.id).await?)
    }

    pub(crate) fn credential_patch(
        &self,
        id: tieline_domain::ConnectorId,
        url: &ConnectorUrl,
        header: &AuthHeader,
        token: Option<&AccessToken>,
    ) -> CredentialPatch {
        CredentialPatch {
            sealed: token.map(|token| self.seal_token(id, url, header, token).as_bytes().to_vec()),
            token_hint: token.and_then(|token| token.hint().tail),
            token_set_at: token.map(|_| self.clock().now()),
        }
    }

    pub(crate) async fn after_credential_change(&self, id: tieline_domain::ConnectorId) {
        self.inner.health.forget(id);
        self.inner.breakers.reset(id);
        self.inner.upstreams.forget(id);
        self.after_change().await;
        self.inner.refresh.request(id);
    }
}

fn parse_token(text: &str) -> Result<AccessToken, RotateConnectorError> {
    match AccessToken::parse(text) {
        Ok(Some(token)) => Ok(token),
        Ok(None) => Err(invalid("token_blank", "Enter the new token.".to_owned())),
        Err(error) => Err(invalid(error.code(), error.to_string())),
    }
}

fn invalid(code: &'static str, detail: String) -> RotateConnectorError {
    RotateConnectorError::Invalid {
        field: FieldError {
            field: "token",
            code,
            detail,
        },
    }
}
