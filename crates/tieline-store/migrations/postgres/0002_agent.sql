-- The built-in agent: sessions with their frozen tools, turns, and what happened in them. What people and models wrote is
-- here and nowhere else.

-- A frozen catalogue, once for all sessions that began with it.
CREATE TABLE agent_catalogs (
    digest TEXT NOT NULL PRIMARY KEY,
    body   TEXT NOT NULL
);

CREATE TABLE agent_sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    model      TEXT,
    mode       TEXT NOT NULL,
    catalog    TEXT NOT NULL REFERENCES agent_catalogs (digest),
    revision   TEXT NOT NULL,
    tools      BIGINT NOT NULL,
    tokens     BIGINT NOT NULL,
    news       TEXT NOT NULL,
    left_out   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX agent_sessions_user ON agent_sessions (user_id, updated_at);
CREATE INDEX agent_sessions_catalog ON agent_sessions (catalog);

-- `queued` behind another turn, `waiting` for a place in the pool of its owner, `running`, or `ended`.
CREATE TABLE agent_turns (
    id          TEXT NOT NULL PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    position    BIGINT NOT NULL,
    text        TEXT NOT NULL,
    state       TEXT NOT NULL,
    owner       TEXT NOT NULL,
    alive_at    BIGINT NOT NULL,
    stop_wanted BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    UNIQUE (session_id, position)
);
CREATE INDEX agent_turns_open ON agent_turns (owner) WHERE state <> 'ended';

-- The conversation as the model gets it.
CREATE TABLE agent_messages (
    session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    position   BIGINT NOT NULL,
    turn_id    TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
);

-- The calls of the step that runs. They leave when their results became a message.
CREATE TABLE agent_calls (
    id            TEXT NOT NULL PRIMARY KEY,
    session_id    TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    turn_id       TEXT NOT NULL,
    position      BIGINT NOT NULL,
    model_call_id TEXT NOT NULL,
    waiting       BOOLEAN NOT NULL,
    decision      TEXT,
    result        TEXT
);
CREATE INDEX agent_calls_turn ON agent_calls (turn_id, position);
CREATE INDEX agent_calls_session ON agent_calls (session_id);

-- What pages, REST and the terminal hear. One row may hold several deltas of text; its id is the last one's.
CREATE TABLE agent_events (
    session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    id         BIGINT NOT NULL,
    turn_id    TEXT,
    at         BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (session_id, id)
);
