-- Model APIs of the built-in agent, and which tools it has to ask for.

CREATE TABLE models (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    -- The name without letter case: SQLite folds ASCII only, so it is folded before it is stored.
    name_folded TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    base_url    TEXT NOT NULL,
    model       TEXT NOT NULL,
    is_default  INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    fallback_id TEXT REFERENCES models (id) ON DELETE SET NULL,
    sealed      BLOB,
    key_hint    TEXT,
    key_set_at  INTEGER,
    created_by  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    row_version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX models_default ON models (is_default) WHERE is_default = 1;

-- Off is `enabled`, so that turning a tool on again brings back what was chosen for it.
ALTER TABLE connector_tools ADD COLUMN policy TEXT NOT NULL DEFAULT 'allow' CHECK (policy IN ('allow', 'ask'));
