//! Connectors: where servers are, how to authenticate there, and what was last heard of them.

mod delete;
mod insert;
mod list;
mod set_status;
mod set_wire;
mod update;

pub(crate) use list::in_transaction;

pub use insert::NewConnectorRow;
pub use set_status::StatusUpdate;
pub use update::{ConnectorPatch, CredentialPatch};

use std::fmt;

use sqlx::FromRow;
use tieline_domain::{ConnectorId, Slug, Timestamp};

use crate::StoreError;
use crate::read::{parsed, time};

/// A connector as it is stored. Its `Debug` leaves the sealed credential out.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectorRow {
    /// Its id.
    pub id: ConnectorId,
    /// Its key, unique among connectors.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// The slug of the shipped provider that it came from, if it did.
    pub provider: Option<String>,
    /// Its address.
    pub url: String,
    /// The header that carries the credential.
    pub auth_header: String,
    /// Whether an admin has it turned on.
    pub enabled: bool,
    /// Grows with each change of address, header or credential: what was learnt under another one is about another
    /// server or another account.
    pub credential_version: i64,
    /// The sealed credential.
    pub sealed: Option<Vec<u8>>,
    /// What an admin recognises the credential by.
    pub token_hint: Option<String>,
    /// When the credential was entered.
    pub token_set_at: Option<Timestamp>,
    /// The wire that the server was found to speak.
    pub wire: Option<String>,
    /// What is known of it: `checking`, `ready`, …
    pub status: String,
    /// Why, for programs.
    pub status_code: Option<String>,
    /// Why, for people.
    pub status_message: Option<String>,
    /// When the status was last confirmed.
    pub status_at: Option<Timestamp>,
    /// Since when it is this one.
    pub status_since: Option<Timestamp>,
    /// What the server calls itself.
    pub server_name: Option<String>,
    /// The server's version.
    pub server_version: Option<String>,
    /// The protocol revision in use.
    pub revision: Option<String>,
    /// What the server tells agents about itself.
    pub instructions: Option<String>,
    /// The capabilities object that the server declared.
    pub capabilities: Option<String>,
    /// The shortest time, in milliseconds, that one of its lists stays valid by its own word.
    pub list_ttl_ms: Option<i64>,
    /// Whether what breaks clients is mended on the way.
    pub normalise: bool,
    /// When its tools were last listed.
    pub tools_refreshed_at: Option<Timestamp>,
    /// Who added it.
    pub created_by: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When someone last changed it.
    pub updated_at: Timestamp,
    /// Grows with each change that someone makes.
    pub row_version: i64,
}

impl fmt::Debug for ConnectorRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorRow")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .field("enabled", &self.enabled)
            .field("status", &self.status)
            .field("sealed", &self.sealed.is_some())
            .field("row_version", &self.row_version)
            .finish_non_exhaustive()
    }
}

/// The status of a connector that was not reached yet since it was added or changed.
pub(crate) const CHECKING: &str = "checking";

/// The columns in the order of [`Columns`], `id` first.
macro_rules! columns {
    () => {
        "id, slug, name, provider, url, auth_header, enabled, credential_version, sealed, token_hint, token_set_at,
         wire, status, status_code, status_message, status_at, status_since, server_name, server_version, revision,
         instructions, tools_refreshed_at, created_by, created_at, updated_at, row_version, capabilities, list_ttl_ms,
         normalise"
    };
}
use columns;

/// A row before its values are checked.
#[derive(FromRow)]
pub(crate) struct Columns {
    id: String,
    slug: String,
    name: String,
    provider: Option<String>,
    url: String,
    auth_header: String,
    enabled: bool,
    credential_version: i64,
    sealed: Option<Vec<u8>>,
    token_hint: Option<String>,
    token_set_at: Option<i64>,
    wire: Option<String>,
    status: String,
    status_code: Option<String>,
    status_message: Option<String>,
    status_at: Option<i64>,
    status_since: Option<i64>,
    server_name: Option<String>,
    server_version: Option<String>,
    revision: Option<String>,
    instructions: Option<String>,
    tools_refreshed_at: Option<i64>,
    created_by: String,
    created_at: i64,
    updated_at: i64,
    row_version: i64,
    capabilities: Option<String>,
    list_ttl_ms: Option<i64>,
    normalise: bool,
}

impl TryFrom<Columns> for ConnectorRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("connectors.id", &row.id)?,
            slug: Slug::parse(&row.slug).map_err(|_| StoreError::corrupt("connectors.slug"))?,
            name: row.name,
            provider: row.provider,
            url: row.url,
            auth_header: row.auth_header,
            enabled: row.enabled,
            credential_version: row.credential_version,
            sealed: row.sealed,
            token_hint: row.token_hint,
            token_set_at: row.token_set_at.map(time),
            wire: row.wire,
            status: row.status,
            status_code: row.status_code,
            status_message: row.status_message,
            status_at: row.status_at.map(time),
            status_since: row.status_since.map(time),
            server_name: row.server_name,
            server_version: row.server_version,
            revision: row.revision,
            instructions: row.instructions,
            tools_refreshed_at: row.tools_refreshed_at.map(time),
            created_by: row.created_by,
            created_at: time(row.created_at),
            updated_at: time(row.updated_at),
            row_version: row.row_version,
            capabilities: row.capabilities,
            list_ttl_ms: row.list_ttl_ms,
            normalise: row.normalise,
        })
    }
}
