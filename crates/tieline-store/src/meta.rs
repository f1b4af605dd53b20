//! Single values by key, and the number that tells replicas that something changed.

use crate::dialect::Tx;
use crate::read::uncount;
use crate::{Store, StoreError};

impl Store {
    /// The value of a key.
    pub async fn meta_get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (Vec<u8>,),
            "SELECT value FROM meta WHERE key = $1",
            key
        )?;
        Ok(found.map(|(value,)| value))
    }

    /// Sets a key, replacing what it had.
    pub async fn meta_set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key,
            value,
        )?;
        Ok(())
    }

    /// Sets a key that has no value yet. Answers whether it did: of several at once, one does.
    pub async fn meta_insert_if_absent(&self, key: &str, value: &[u8]) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let inserted = execute!(
            conn,
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
            key,
            value
        )?;
        Ok(inserted == 1)
    }

    /// Removes a key. Answers whether it had a value.
    pub async fn meta_delete(&self, key: &str) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let removed = execute!(conn, "DELETE FROM meta WHERE key = $1", key)?;
        Ok(removed == 1)
    }

    /// Grows with every change to connectors, tools, model APIs, users, keys, roles or settings.
    pub async fn config_version(&self) -> Result<u64, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (i64,),
            "SELECT version FROM config_version WHERE id = 1"
        )?;
        found
            .map(|(version,)| uncount(version))
            .ok_or_else(|| StoreError::corrupt("config_version has no row"))
    }

    /// Whether anything in the database was sealed with the master key, so that a new key would be the wrong one.
    pub async fn ciphertext_exists(&self) -> Result<bool, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (String,),
            "SELECT id FROM connectors WHERE sealed IS NOT NULL
             UNION ALL SELECT id FROM models WHERE sealed IS NOT NULL
             UNION ALL SELECT name FROM settings WHERE sealed IS NOT NULL LIMIT 1"
        )?;
        Ok(found.is_some())
    }
}

pub(crate) async fn bump_config_version(tx: &mut Tx) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE config_version SET version = version + 1 WHERE id = 1"
    )?;
    Ok(())
}
