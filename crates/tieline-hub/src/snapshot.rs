//! What is in force now, held in memory by version: connectors with their sealed credentials, and access keys.
//!
//! A call reads only this, never the database. A snapshot is replaced as a whole; its parts are never changed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::value::RawValue;
use tieline_domain::{
    AuthHeader, ConnectorId, ConnectorUrl, KeyHash, KeyId, Role, Slug, Table, Timestamp,
    ToolPolicy, UserId,
};
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::OfferKind;
use tieline_mcp::wire::ParamHeaders;
use tieline_mcp::{Address, Era, Wire};
use tieline_secrets::{DataKey, KeyRing, Sealed};
use tieline_store::{ConnectorRow, OfferRow, Store, StoreError, ToolRow, UserRow};
use tokio_util::sync::CancellationToken;

use crate::HubSettings;
use crate::catalog::{Catalog, CatalogSource, OfferSource, ToolSource};
use crate::connectors::ToolSummary;
use crate::credential::Place;
use crate::models::LiveModels;
use crate::network::Network;
use crate::scrub::Trace;
use crate::settings::LiveSettings;

/// The state that decides about calls at one version of the database.
#[derive(Debug)]
pub struct Snapshot {
    version: u64,
    catalog: Arc<Catalog>,
    connectors: Table<ConnectorId, Arc<LiveConnector>>,
    keys: Table<[u8; 32], Arc<LiveKey>>,
    keys_by_id: Table<KeyId, Arc<LiveKey>>,
    models: LiveModels,
    admins: Vec<String>,
    settings: LiveSettings,
    network: Arc<Network>,
}

/// The live side of one connector: where it is and how to authenticate, not what it offered some time ago.
#[derive(Debug)]
pub struct LiveConnector {
    /// Its id.
    pub id: ConnectorId,
    /// Its key.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: ConnectorUrl,
    /// The header that carries the credential.
    pub auth_header: AuthHeader,
    /// Whether an admin has it turned on.
    pub enabled: bool,
    pub(crate) address: Arc<Address>,
    pub(crate) credential: StoredCredential,
    pub(crate) place: Place,
    pub(crate) data_key: OnceLock<DataKey>,
    pub(crate) trace: OnceLock<Trace>,
    pub(crate) credential_version: i64,
    pub(crate) network: Arc<Network>,
    pub(crate) row_version: i64,
    pub(crate) wire: Option<Wire>,
    pub(crate) tools: Table<String, LiveTool>,
    pub(crate) summary: Arc<ToolSummary>,
    /// Cancelled when the connector is removed or turned off, which ends the calls in flight.
    pub(crate) ended: CancellationToken,
}

/// A credential as it was read. One that is damaged stops its connector's calls, and nothing else.
#[derive(Debug)]
pub(crate) enum StoredCredential {
    None,
    Sealed(Sealed),
    Damaged,
}

impl StoredCredential {
    pub(crate) fn of(bytes: Option<&[u8]>) -> Self {
        match bytes.map(|bytes| Sealed::from_bytes(bytes.to_vec())) {
            None => Self::None,
            Some(Ok(sealed)) => Self::Sealed(sealed),
            Some(Err(_)) => Self::Damaged,
        }
    }
}

#[derive(Debug)]
pub(crate) struct LiveTool {
    pub(crate) enabled: bool,
    /// Off only because its definition waits for an admin.
    pub(crate) is_held: bool,
    pub(crate) policy: ToolPolicy,
    pub(crate) headers: ParamHeaders,
}

/// An access key that may be used now, joined with its owner.
#[derive(Debug)]
pub(crate) struct LiveKey {
    pub(crate) id: KeyId,
    pub(crate) user: UserId,
    pub(crate) user_name: String,
    pub(crate) role: Role,
    pub(crate) expires_at: Option<Timestamp>,
    /// Cancelled when the key is revoked or its owner suspended, which ends the calls in flight.
    ended: CancellationToken,
    /// When its use was last written down, in milliseconds.
    noted_at: Arc<AtomicI64>,
}

impl LiveKey {
    /// Whether a use at this moment is to be written down, because the last one that was is `every` ago or longer. Of
    /// several that ask at once, one is answered yes.
    pub(crate) fn takes_note(&self, now: Timestamp, every: Duration) -> bool {
        let noted = self.noted_at.load(Ordering::Relaxed);
        now.since(Timestamp::from_millis(noted)) >= every
            && self
                .noted_at
                .compare_exchange(noted, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

impl Snapshot {
    /// Reads everything. `previous` lends what must survive a reload: the tokens that end calls in flight, and the
    /// catalogue when nothing about it changed.
    pub(crate) async fn load(
        store: &Store,
        (server, keyring): (&HubSettings, &KeyRing),
        (network, previous): (&Arc<Network>, Option<&Self>),
    ) -> Result<Self, StoreError> {
        // The version is read first: a change between the reads is then seen again at the next poll, never missed.
        let version = store.config_version().await?;
        let settings = LiveSettings::load(store, server).await?;
        let network = Network::next(server, keyring, &settings, network);
        let mut tools: HashMap<ConnectorId, Vec<ToolRow>> = HashMap::new();
        for tool in store.tools_all().await? {
            tools.entry(tool.connector_id).or_default().push(tool);
        }
        let mut offers: HashMap<ConnectorId, Vec<OfferRow>> = HashMap::new();
        for offer in store.offers_all().await? {
            offers.entry(offer.connector_id).or_default().push(offer);
        }
        let all = store.connectors_all().await?;
        for broken in &all.broken {
            tracing::error!(connector = %broken, "this connector's row cannot be read, so it is left out");
        }
        let mut connectors = Table::default();
        let mut sources = Vec::new();
        for row in all.rows {
            let mut rows = tools.remove(&row.id).unwrap_or_default();
            rows.sort_by_key(|tool| tool.position);
            let Some(live) = LiveConnector::from_row(&row, &rows, (&network, previous)) else {
                tracing::error!(connector = %row.id, "this connector's row holds an unreadable value, so it is left out");
                continue;
            };
            if live.enabled {
                let offers = offers.remove(&row.id).unwrap_or_default();
                sources.push(source_of(&row, &live, rows, offers));
            }
            connectors.insert(live.id, Arc::new(live));
        }
        let catalog = Catalog::build(sources);
        let catalog = match previous {
            Some(previous) if previous.catalog.equals(&catalog) => previous.catalog.clone(),
            _ => Arc::new(catalog),
        };
        let users = active_users(store).await?;
        let keys = live_keys(store, &users, previous).await?;
        let keys_by_id = keys.values().map(|key| (key.id, key.clone())).collect();
        Ok(Self {
            version,
            catalog,
            connectors,
            keys,
            keys_by_id,
            models: LiveModels::load(store).await?,
            admins: names_of_admins(&users),
            settings,
            network,
        })
    }

    /// The database version that this was read at.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What a session started now would get.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The live side of a connector, if it still exists.
    pub fn connector(&self, id: ConnectorId) -> Option<&Arc<LiveConnector>> {
        self.connectors.get(&id)
    }

    /// Every connector that exists, on or off, in no particular order.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<LiveConnector>> {
        self.connectors.values()
    }

    pub(crate) fn key(&self, hash: &KeyHash) -> Option<&Arc<LiveKey>> {
        self.keys.get(hash.as_bytes())
    }

    /// What ends calls with this key; nothing when the key does not work any more.
    pub(crate) fn key_end(&self, id: KeyId) -> Option<CancellationToken> {
        self.key_by_id(id).map(|key| key.ended.clone())
    }

    pub(crate) fn key_by_id(&self, id: KeyId) -> Option<&Arc<LiveKey>> {
        self.keys_by_id.get(&id)
    }

    pub(crate) fn settings(&self) -> &LiveSettings {
        &self.settings
    }

    /// How connectors are reached now.
    pub(crate) fn network(&self) -> &Arc<Network> {
        &self.network
    }

    pub(crate) fn models(&self) -> &LiveModels {
        &self.models
    }

    /// The names of the people who can set things up: active admins.
    pub(crate) fn admins(&self) -> &[String] {
        &self.admins
    }

    /// The connectors whose upstream sessions must not outlive the step from `self` to `next`: they are gone, off,
    /// elsewhere, have another credential, or are reached under other rules.
    pub(crate) fn ended_by(&self, next: &Self) -> Vec<ConnectorId> {
        let moved = |old: &LiveConnector| match next.connectors.get(&old.id) {
            Some(new) => {
                !new.enabled
                    || new.url.as_str() != old.url.as_str()
                    || new.credential_version != old.credential_version
                    || !Arc::ptr_eq(&new.network, &old.network)
            }
            None => true,
        };
        self.connectors
            .values()
            .filter(|old| moved(old))
            .map(|old| old.id)
            .collect()
    }

    /// Ends the calls in flight of connectors that are gone or off in `next`, and of keys that do not work any more.
    pub(crate) fn cancel_ended(&self, next: &Self) {
        for old in self.connectors.values() {
            if next.connectors.get(&old.id).is_none_or(|new| !new.enabled) {
                old.ended.cancel();
            }
        }
        for (hash, old) in &self.keys {
            if !next.keys.contains_key(hash) {
                old.ended.cancel();
            }
        }
    }
}

impl LiveConnector {
    fn from_row(
        row: &ConnectorRow,
        tools: &[ToolRow],
        (network, previous): (&Arc<Network>, Option<&Snapshot>),
    ) -> Option<Self> {
        let url = ConnectorUrl::parse(&row.url).ok()?;
        let before = previous.and_then(|snapshot| snapshot.connectors.get(&row.id));
        let ended = before
            .filter(|old| old.enabled && row.enabled)
            .map(|old| old.ended.clone())
            .unwrap_or_default();
        let auth_header = AuthHeader::parse(&row.auth_header).ok()?;
        Some(Self {
            id: row.id,
            slug: row.slug.clone(),
            name: row.name.clone(),
            place: Place::of(row.id, &url, &auth_header),
            data_key: OnceLock::new(),
            trace: OnceLock::new(),
            auth_header,
            address: Arc::new(Address::new(url.to_url())),
            url,
            enabled: row.enabled,
            credential: StoredCredential::of(row.sealed.as_deref()),
            credential_version: row.credential_version,
            network: network.clone(),
            row_version: row.row_version,
            wire: row.wire.as_deref().and_then(Wire::from_stored),
            tools: tools
                .iter()
                .filter(|tool| tool.left_out_code.is_none())
                .map(live_tool)
                .collect(),
            summary: Arc::new(ToolSummary::of(tools)),
            ended,
        })
    }

    /// The protocol era that the server was last seen to speak. Legacy until it was reached once.
    pub fn era(&self) -> Era {
        self.wire.as_ref().map_or(Era::Legacy, Wire::era)
    }
}

fn live_tool(row: &ToolRow) -> (String, LiveTool) {
    // How arguments travel is for the server of now to say, whatever definition agents still have.
    let offered = row.offered.as_ref();
    let current = offered.map_or(&row.definition, |offered| &offered.definition);
    let headers = param_headers(current).unwrap_or_default();
    (
        row.name.clone(),
        LiveTool {
            enabled: row.is_usable(),
            is_held: row.enabled && !row.is_usable(),
            policy: row.policy,
            headers,
        },
    )
}

/// The headers that repeat arguments of this tool for a modern server.
fn param_headers(definition: &str) -> Option<ParamHeaders> {
    let definition: &RawValue = serde_json::from_str(definition).ok()?;
    ParamHeaders::from_schema(RawObject::parse(definition).ok()?.get("inputSchema")?).ok()
}

fn source_of(
    row: &ConnectorRow,
    live: &LiveConnector,
    tools: Vec<ToolRow>,
    offers: Vec<OfferRow>,
) -> CatalogSource {
    CatalogSource {
        id: row.id,
        slug: row.slug.clone(),
        name: row.name.clone(),
        era: live.era(),
        instructions: row.instructions.clone(),
        capabilities: row.capabilities.clone(),
        revision: row.revision.clone(),
        normalise: row.normalise,
        list_ttl_ms: row.list_ttl_ms.and_then(|ttl| u64::try_from(ttl).ok()),
        offers: offers.into_iter().filter_map(offer_source).collect(),
        tools: tools
            .into_iter()
            .filter(|tool| tool.left_out_code.is_none())
            .map(|tool| ToolSource {
                enabled: tool.is_usable(),
                name: tool.name,
                definition: tool.definition,
            })
            .collect(),
    }
}

/// One that was left out, or of a kind that this release does not know, is not offered.
fn offer_source(row: OfferRow) -> Option<OfferSource> {
    let kind = OfferKind::from_word(&row.kind)?;
    row.left_out_code.is_none().then_some(OfferSource {
        kind,
        name: row.name,
        definition: row.definition,
    })
}

async fn active_users(store: &Store) -> Result<HashMap<UserId, UserRow>, StoreError> {
    let users = store.users().await?.into_iter();
    let active = users.filter(|user| user.disabled_at.is_none());
    Ok(active.map(|user| (user.id, user)).collect())
}

fn names_of_admins(users: &HashMap<UserId, UserRow>) -> Vec<String> {
    let admins = users.values().filter(|user| user.role == Role::Admin);
    let mut names: Vec<String> = admins.map(|user| user.name.clone()).collect();
    names.sort();
    names
}

async fn live_keys(
    store: &Store,
    users: &HashMap<UserId, UserRow>,
    previous: Option<&Snapshot>,
) -> Result<Table<[u8; 32], Arc<LiveKey>>, StoreError> {
    let mut keys = Table::default();
    for row in store.keys_active().await? {
        let Some(user) = users.get(&row.user_id) else {
            continue;
        };
        let before = previous.and_then(|snapshot| snapshot.key_by_id(row.id));
        let key = LiveKey {
            id: row.id,
            user: user.id,
            user_name: user.name.clone(),
            role: user.role,
            expires_at: row.expires_at,
            ended: before.map(|key| key.ended.clone()).unwrap_or_default(),
            noted_at: before.map(|key| key.noted_at.clone()).unwrap_or_default(),
        };
        keys.insert(*row.hash.as_bytes(), Arc::new(key));
    }
    Ok(keys)
}
