//! What an admin set while Tieline runs, by name. What the values mean is the caller's to know.

use std::fmt;

use sqlx::FromRow;

use crate::dialect::Tx;
use crate::{Change, Store, StoreError};

/// A value that an admin set. Its `Debug` leaves out what may be secret.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct SettingRow {
    /// Its name.
    pub name: String,
    /// Its value as text; of a secret what may be shown of it.
    pub value: String,
    /// The sealed secret.
    pub sealed: Option<Vec<u8>>,
    /// Grows with each change.
    pub row_version: i64,
}

impl fmt::Debug for SettingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingRow")
            .field("name", &self.name)
            .field("sealed", &self.sealed.is_some())
            .field("row_version", &self.row_version)
            .finish_non_exhaustive()
    }
}

/// All that was set, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSettings {
    /// The values, by name.
    pub rows: Vec<SettingRow>,
}

impl StoredSettings {
    /// Grows with each change to any of them: rows are never removed.
    pub fn version(&self) -> i64 {
        self.rows.iter().map(|row| row.row_version).sum()
    }
}

/// A value to be set.
#[derive(Clone)]
pub struct NewSetting {
    /// Its name.
    pub name: &'static str,
    /// Its value as text.
    pub value: String,
    /// The sealed secret.
    pub sealed: Option<Vec<u8>>,
}

impl fmt::Debug for NewSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSetting")
            .field("name", &self.name)
            .field("sealed", &self.sealed.is_some())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// All that was set.
    pub async fn settings_all(&self) -> Result<StoredSettings, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            SettingRow,
            "SELECT name, value, sealed, row_version FROM settings ORDER BY name"
        )?;
        Ok(StoredSettings { rows })
    }

    /// Sets values, if all settings are still those that were read: a [`Conflict`](StoreError::Conflict) over
    /// `version` otherwise.
    pub async fn settings_set(
        &self,
        expected_version: i64,
        values: &[NewSetting],
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let before = in_transaction(&mut tx).await?;
        if before.version() != expected_version {
            return Err(StoreError::Conflict { what: "version" });
        }
        for new in values {
            execute!(
                tx,
                "INSERT INTO settings (name, value, sealed, changed_at, row_version) VALUES ($1, $2, $3, $4, 1)
                 ON CONFLICT (name) DO UPDATE
                 SET value = excluded.value, sealed = excluded.sealed, changed_at = excluded.changed_at,
                     row_version = settings.row_version + 1",
                new.name,
                &new.value,
                &new.sealed,
                change.audit.at.as_millis(),
            )?;
        }
        let loses_secret = before
            .rows
            .iter()
            .any(|row| row.sealed.is_some() && values.iter().any(|new| new.name == row.name));
        if loses_secret {
            self.scrubber().announce();
        }
        change.commit_configuration(tx).await?;
        if loses_secret {
            self.scrub().await;
        }
        Ok(())
    }
}

async fn in_transaction(tx: &mut Tx) -> Result<StoredSettings, StoreError> {
    let rows = fetch_all!(
        tx,
        SettingRow,
        "SELECT name, value, sealed, row_version FROM settings"
    )?;
    Ok(StoredSettings { rows })
}
