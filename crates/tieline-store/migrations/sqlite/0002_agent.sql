-- The built-in agent: sessions with their frozen tools, turns, and what happened in them. What people and models wrote is
-- here and nowhere else.

-- A frozen catalogue, once for all sessions that began with it.
CREATE TABLE agent_catalogs (
    digest TEXT NOT NULL PRIMARY KEY,
    body   TEXT NOT NULL
) STRICT;

CREATE TABLE agent_sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    model      TEXT,
    mode       TEXT NOT NULL,
    catalog    TEXT NOT NULL REFERENCES agent_catalogs (digest),
    revision   TEXT NOT NULL,
    tools      INTEGER NOT NULL,
    tokens     INTEGER NOT NULL,
    news       TEXT NOT NULL,
    left_out   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_sessions_user ON agent_sessions (user_id, updated_at);
CREATE INDEX agent_sessions_catalog ON agent_sessions (catalog);

-- `queued` behind another turn, `waiting` for a place in the pool of its owner, `running`, or `ended`.
CREATE TABLE agent_turns (
    id          TEXT NOT NULL PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    text        TEXT NOT NULL,
    state       TEXT NOT NULL,
    owner       TEXT NOT NULL,
    alive_at    INTEGER NOT NULL,
    stop_wanted INTEGER NOT NULL CHECK (stop_wanted IN (0, 1)),
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    UNIQUE (session_id, position)
) STRICT;
CREATE INDEX agent_turns_open ON agent_turns (owner) WHERE state <> 'ended';

-- The conversation as the model gets it.
CREATE TABLE agent_messages (
    session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    turn_id    TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
) STRICT;

-- The calls of the step that runs. They leave when their results became a message.
CREATE TABLE agent_calls (
    id            TEXT NOT NULL PRIMARY KEY,
    session_id    TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    turn_id       TEXT NOT NULL,
    position      INTEGER NOT NULL,
    model_call_id TEXT NOT NULL,
    waiting       INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    decision      TEXT,
    result        TEXT
) STRICT;
CREATE INDEX agent_calls_turn ON agent_calls (turn_id, position);
CREATE INDEX agent_calls_session ON agent_calls (session_id);

-- What pages, REST and the terminal hear. One row may hold several deltas of text; its id is the last one's.
CREATE TABLE agent_events (
    session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    turn_id    TEXT,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (session_id, id)
) STRICT;
