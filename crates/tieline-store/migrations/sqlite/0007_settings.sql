-- What an admin set while Tieline runs. A value that nobody set has no row.

CREATE TABLE settings (
    name        TEXT NOT NULL PRIMARY KEY,
    value       TEXT NOT NULL,
    -- What only the key ring can open, for a setting that is secret.
    sealed      BLOB,
    changed_at  INTEGER NOT NULL,
    row_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
