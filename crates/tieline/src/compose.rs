//! The composition root: store, key ring, hub and agent, put together from the configuration.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tieline_agent::{Agent, AgentSettings};
use tieline_hub::{Hub, HubSettings};
use tieline_mcp::DialPolicy;
use tieline_secrets::{KeyRing, KeySource, load_or_create};
use tieline_store::{DatabaseUrl, Store};

use crate::clock::{OsEntropy, SystemClock};
use crate::config::Config;
use crate::failure::Failure;

/// The row of the database that tells a right master key from a wrong one.
const KEY_CHECK: &str = "master_key_check";

/// An open hub and the store under it.
pub(crate) struct Composed {
    pub(crate) hub: Hub,
    pub(crate) store: Store,
}

/// Opens everything that a command needs. `own_listeners` is where this process itself listens.
pub(crate) async fn compose(
    config: &Config,
    own_listeners: Vec<SocketAddr>,
) -> Result<Composed, Failure> {
    let database = database_url(config)?;
    make_private_folder(&config.data_dir).with_context(|| {
        format!(
            "the data directory {} could not be made",
            config.data_dir.display()
        )
    })?;
    let store = Store::open(&database).await?;
    let keyring = open_keyring(config, &store).await?;
    let settings = HubSettings {
        dial: DialPolicy {
            allow_loopback: config.allow_loopback,
            own_listeners,
            ..DialPolicy::default()
        },
        check_interval: config.check_interval,
        call_timeout: config.call_timeout,
        start: config.settings.clone(),
        fixed: config.fixed_settings(),
        proxy_login: config.proxy_login.clone(),
        ..HubSettings::default()
    };
    let hub = Hub::open(
        store.clone(),
        keyring,
        Arc::new(SystemClock),
        Arc::new(OsEntropy),
        settings,
    )
    .await?;
    Ok(Composed { hub, store })
}

/// Opens the agent over it. `only_server`: no other process serves this database.
pub(crate) async fn open_agent(
    composed: &Composed,
    config: &Config,
    only_server: bool,
) -> Result<Agent, Failure> {
    let settings = AgentSettings {
        only_server,
        ..config.agent_settings()
    };
    let opened = Agent::open(composed.hub.clone(), composed.store.clone(), settings).await;
    Ok(opened.context("the agent could not be opened")?)
}

/// Makes a folder, and those above it, that only this user can look into. One that exists is left as it is.
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn database_url(config: &Config) -> Result<DatabaseUrl, Failure> {
    match &config.database_url {
        Some(url) => DatabaseUrl::parse(url).map_err(|error| {
            Failure::bad_input(format!("The database URL cannot be used: {error}."))
                .hint("Write it like postgres://user:password@host/database, or leave it out to use SQLite.")
        }),
        None => Ok(DatabaseUrl::sqlite(config.data_dir.join("tieline.db"))),
    }
}

/// Loads the master key, and checks it against the database before anything is opened or sealed with it. A key is
/// made only when no credential exists that would need another one.
async fn open_keyring(config: &Config, store: &Store) -> Result<KeyRing, Failure> {
    let check = store.meta_get(KEY_CHECK).await?;
    let needed = check.is_some() || store.ciphertext_exists().await?;
    let keyring = load_or_create(&key_source(config), needed, &OsEntropy)?;
    if check.is_none() {
        store
            .meta_insert_if_absent(KEY_CHECK, &keyring.check_value())
            .await?;
    }
    // Read back: another process may have been first with another key, and its key is the one that counts.
    let stored = match check {
        Some(stored) => Some(stored),
        None => store.meta_get(KEY_CHECK).await?,
    };
    let stored = stored.unwrap_or_default();
    keyring.verify_check(&stored).map_err(|wrong| {
        Failure::failed(wrong.to_string())
            .hint("Start Tieline with the key that this database was made with. Without it no stored token can be read.")
    })?;
    Ok(keyring)
}

fn key_source(config: &Config) -> KeySource {
    match (&config.master_key_file, &config.credentials_dir) {
        (Some(file), _) => KeySource::File(file.clone()),
        (None, Some(dir)) if dir.join("tieline-master-key").exists() => {
            KeySource::SystemdCredential(dir.clone())
        }
        _ => KeySource::DataDir(config.data_dir.clone()),
    }
}
