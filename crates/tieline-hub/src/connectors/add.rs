//! An admin adds a connector. It is saved without waiting for its server; the first check follows at once.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{
    Actor, ConnectorDraft, ConnectorId, ConnectorUrl, FieldError, FieldErrors, NewConnector,
    ReservedBy, Slug, UrlError,
};
use tieline_store::{NewConnectorRow, StoreError};

use super::ConnectorView;
use crate::Hub;

/// A connector that was saved, and what is worth telling about it.
#[derive(Debug)]
pub struct AddedConnector {
    /// The connector as it now stands, with status `checking`.
    pub connector: ConnectorView,
    /// Stable codes such as `url_secret_in_query` or `token_over_http`. None of them is an error.
    pub warnings: Vec<&'static str>,
}

/// Why a connector could not be added. Nothing was saved.
#[derive(Debug, Error)]
pub enum AddConnectorError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The key belongs to a built-in provider or to Tieline itself.
    #[error("`mcp__{slug}` belongs to {owner}. Choose another name.")]
    SlugReserved {
        /// The key that was asked for.
        slug: Slug,
        /// Whose it is, in words: “the built-in Linear”.
        owner: String,
        /// A key that is free at this moment.
        suggestion: Slug,
    },
    /// Another connector has the key.
    #[error("`mcp__{slug}` is used by {taken_by}. Choose another name.")]
    SlugTaken {
        /// The key that was asked for.
        slug: Slug,
        /// The name of the connector that has it.
        taken_by: String,
        /// A key that is free at this moment.
        suggestion: Slug,
    },
    /// The database could not save it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A parsed connector on its way into the database; `provider` is set for built-in ones.
pub(crate) struct NewRow<'a> {
    pub(crate) new: &'a NewConnector,
    pub(crate) provider: Option<&'static str>,
}

impl Hub {
    /// Adds a custom connector. Its tools reach every agent's next session as soon as the server has answered.
    pub async fn add_connector(
        &self,
        actor: &Actor,
        draft: &ConnectorDraft,
    ) -> Result<AddedConnector, AddConnectorError> {
        let new = self.parse_draft(draft)?;
        self.refuse_reserved(&new.slug).await?;
        self.insert_connector(
            actor,
            NewRow {
                new: &new,
                provider: None,
            },
        )
        .await
    }

    /// Parses the draft and refuses addresses that no connector may have.
    pub(crate) fn parse_draft(
        &self,
        draft: &ConnectorDraft,
    ) -> Result<NewConnector, AddConnectorError> {
        let new = draft
            .parse()
            .map_err(|fields| AddConnectorError::Invalid { fields })?;
        match self.refused_address(&new.url) {
            Some(field) => Err(AddConnectorError::Invalid {
                fields: vec![field],
            }),
            None => Ok(new),
        }
    }

    /// The URL, unless it is none or no connector may have its address.
    pub(crate) fn keep_url(&self, errors: &mut FieldErrors, text: &str) -> Option<ConnectorUrl> {
        let url = errors.keep("url", ConnectorUrl::parse(text), UrlError::code)?;
        match self.refused_address(&url) {
            Some(refused) => {
                errors.add(refused);
                None
            }
            None => Some(url),
        }
    }

    pub(crate) fn refused_address(&self, url: &ConnectorUrl) -> Option<FieldError> {
        let snapshot = self.inner.snapshot.load();
        let policy = snapshot.network().mcp.policy();
        let refused = policy.check_url(&url.to_url()).err()?;
        Some(FieldError {
            field: "url",
            code: "address_refused",
            detail: refused.to_string(),
        })
    }

    async fn refuse_reserved(&self, slug: &Slug) -> Result<(), AddConnectorError> {
        let Some(reserved) = slug.reserved_by() else {
            return Ok(());
        };
        let owner = match reserved {
            ReservedBy::Provider { name } => format!("the built-in {name}"),
            ReservedBy::Tieline => "Tieline itself".to_owned(),
        };
        Err(AddConnectorError::SlugReserved {
            slug: slug.clone(),
            owner,
            suggestion: self.free_slug(slug).await?,
        })
    }

    /// Inserts the row with its sealed token and its audit row in one transaction. The unique index decides races.
    pub(crate) async fn insert_connector(
        &self,
        actor: &Actor,
        row: NewRow<'_>,
    ) -> Result<AddedConnector, AddConnectorError> {
        let new = row.new;
        let id = ConnectorId::generate(self.clock(), self.entropy());
        let insert = NewConnectorRow {
            id,
            slug: new.slug.clone(),
            name: new.name.as_str().to_owned(),
            provider: row.provider.map(str::to_owned),
            url: new.url.as_str().to_owned(),
            auth_header: new.auth_header.as_str().to_owned(),
            sealed: new.token.as_ref().map(|token| {
                self.seal_token(id, &new.url, &new.auth_header, token)
                    .as_bytes()
                    .to_vec()
            }),
            token_hint: new.token.as_ref().and_then(|token| token.hint().tail),
            created_by: actor.to_string(),
            created_at: self.clock().now(),
        };
        let detail = json!({
            "name": new.name.as_str(), "url": new.url.as_str(), "auth_header": new.auth_header.as_str(), "token_set": new.token.is_some(),
        });
        let change = self.change(
            actor,
            "connector.added",
            "connector",
            new.slug.as_str(),
            &detail,
        );
        match self.inner.store.connector_insert(insert, &change).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(self.taken(&new.slug).await?),
            Err(error) => return Err(error.into()),
        }
        self.after_change().await;
        self.inner.refresh.request(id);
        let connector = self.connector_by_id(id).await?;
        Ok(AddedConnector {
            connector,
            warnings: warnings_of(new),
        })
    }

    async fn taken(&self, slug: &Slug) -> Result<AddConnectorError, StoreError> {
        let taken_by = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .map_or_else(|| "another connector".to_owned(), |row| row.name);
        Ok(AddConnectorError::SlugTaken {
            slug: slug.clone(),
            taken_by,
            suggestion: self.free_slug(slug).await?,
        })
    }

    /// The first of `slug_2`, `slug_3`, … that nobody has at this moment.
    pub(crate) async fn free_slug(&self, slug: &Slug) -> Result<Slug, StoreError> {
        let rows = self.inner.store.connectors_all().await?.rows;
        let taken = |candidate: &Slug| {
            candidate.reserved_by().is_some() || rows.iter().any(|row| row.slug == *candidate)
        };
        // A database does not hold a million connectors of one name.
        Ok((2..1_000_000)
            .map(|n| slug.numbered(n))
            .find(|candidate| !taken(candidate))
            .unwrap_or_else(|| slug.numbered(2)))
    }

    /// What a name would become, and whether that key is free: the preview under the name field.
    pub async fn preview_slug(
        &self,
        name: &tieline_domain::ConnectorName,
    ) -> Result<Slug, AddConnectorError> {
        let slug = Slug::derive(name);
        self.refuse_reserved(&slug).await?;
        match self.inner.store.connector_by_slug(&slug).await? {
            Some(_) => Err(self.taken(&slug).await?),
            None => Ok(slug),
        }
    }
}

fn warnings_of(new: &NewConnector) -> Vec<&'static str> {
    let mut warnings: Vec<&'static str> = new
        .url
        .warnings()
        .into_iter()
        .map(tieline_domain::UrlWarning::code)
        .collect();
    if new.token.is_some() && new.url.is_plain_http() && !new.url.is_loopback_host() {
        warnings.push("token_over_http");
    }
    warnings
}
