-- The first schema. Ids are UUIDv7 text, times are unix milliseconds, JSON is text so that its bytes survive.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- One row. Every change to connectors, tools, users, keys or roles adds one, in the transaction of the change.
CREATE TABLE config_version (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO config_version (id, version) VALUES (1, 0);

CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    password_hash TEXT,
    disabled_at   INTEGER,
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER
) STRICT;

CREATE TABLE invitations (
    id         TEXT NOT NULL PRIMARY KEY,
    code_hash  BLOB NOT NULL UNIQUE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX invitations_user ON invitations (user_id);

CREATE TABLE sign_ins (
    id_hash      BLOB NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    user_agent   TEXT
) STRICT;
CREATE INDEX sign_ins_user ON sign_ins (user_id);
CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);

CREATE TABLE sign_in_failures (
    scope TEXT NOT NULL,
    at    INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_scope ON sign_in_failures (scope, at);
CREATE INDEX sign_in_failures_age ON sign_in_failures (at);

CREATE TABLE access_keys (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    hint         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    last_client  TEXT,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX access_keys_user ON access_keys (user_id);

CREATE TABLE connectors (
    id                 TEXT NOT NULL PRIMARY KEY,
    slug               TEXT NOT NULL UNIQUE,
    name               TEXT NOT NULL,
    provider           TEXT,
    url                TEXT NOT NULL,
    auth_header        TEXT NOT NULL,
    enabled            INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    credential_version INTEGER NOT NULL,
    sealed             BLOB,
    token_hint         TEXT,
    token_set_at       INTEGER,
    wire               TEXT,
    status             TEXT NOT NULL,
    status_code        TEXT,
    status_message     TEXT,
    status_at          INTEGER,
    status_since       INTEGER,
    server_name        TEXT,
    server_version     TEXT,
    revision           TEXT,
    instructions       TEXT,
    tools_refreshed_at INTEGER,
    created_by         TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    row_version        INTEGER NOT NULL
) STRICT;

CREATE TABLE connector_tools (
    connector_id    TEXT NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    name            TEXT NOT NULL,
    definition      TEXT NOT NULL,
    hash            BLOB NOT NULL,
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    left_out_code   TEXT,
    left_out_reason TEXT,
    first_seen_at   INTEGER NOT NULL,
    PRIMARY KEY (connector_id, position)
) STRICT;
-- A tool that was left out may share its name with one that was not: it may be left out for that very reason.
CREATE UNIQUE INDEX connector_tools_name ON connector_tools (connector_id, name) WHERE left_out_code IS NULL;

-- No foreign keys: the history of calls outlives the connector, the key and the user.
CREATE TABLE calls (
    id             TEXT NOT NULL PRIMARY KEY,
    at             INTEGER NOT NULL,
    user_id        TEXT NOT NULL,
    key_id         TEXT,
    session        TEXT,
    connector_id   TEXT NOT NULL,
    connector_slug TEXT NOT NULL,
    tool           TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    code           TEXT,
    ms             INTEGER NOT NULL,
    bytes_in       INTEGER NOT NULL,
    bytes_out      INTEGER NOT NULL,
    client         TEXT,
    request_id     TEXT
) STRICT;
CREATE INDEX calls_at ON calls (at);

CREATE TABLE audit (
    seq         INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    at          INTEGER NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor_id    TEXT,
    actor_name  TEXT NOT NULL,
    action      TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    prev_hash   BLOB NOT NULL,
    hash        BLOB NOT NULL
) STRICT;

-- One row: the last link of the chain under a keyed hash, so that rows cut off the end are missed.
CREATE TABLE audit_head (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL,
    mac  BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, hash, mac) VALUES (1, 0, zeroblob(32), x'');
