-- Model APIs of the built-in agent, and which tools it has to ask for.

CREATE TABLE models (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    -- The name without letter case, folded before it is stored as on SQLite.
    name_folded TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    base_url    TEXT NOT NULL,
    model       TEXT NOT NULL,
    is_default  BOOLEAN NOT NULL,
    fallback_id TEXT REFERENCES models (id) ON DELETE SET NULL,
    sealed      BYTEA,
    key_hint    TEXT,
    key_set_at  BIGINT,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    row_version BIGINT NOT NULL
);
CREATE UNIQUE INDEX models_default ON models (is_default) WHERE is_default;

-- Off is `enabled`, so that turning a tool on again brings back what was chosen for it.
ALTER TABLE connector_tools ADD COLUMN policy TEXT NOT NULL DEFAULT 'allow' CHECK (policy IN ('allow', 'ask'));
