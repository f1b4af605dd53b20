-- What a turn and a call write is a few rows each time. A table without a rowid has no second tree for its primary key, so a
-- commit writes half as many pages.

CREATE TABLE new_agent_messages (
    session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    turn_id    TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO new_agent_messages (session_id, position, turn_id, body)
    SELECT session_id, position, turn_id, body FROM agent_messages;
DROP TABLE agent_messages;
ALTER TABLE new_agent_messages RENAME TO agent_messages;

CREATE TABLE new_agent_events (
    session_id TEXT NOT NULL REFERENCES agent_sessions (id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    turn_id    TEXT,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (session_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_agent_events (session_id, id, turn_id, at, kind, body)
    SELECT session_id, id, turn_id, at, kind, body FROM agent_events;
DROP TABLE agent_events;
ALTER TABLE new_agent_events RENAME TO agent_events;

-- The calls of the step that runs. They go with their turn, and the turn with its session.
CREATE TABLE new_agent_calls (
    turn_id       TEXT NOT NULL REFERENCES agent_turns (id) ON DELETE CASCADE,
    id            TEXT NOT NULL,
    position      INTEGER NOT NULL,
    model_call_id TEXT NOT NULL,
    waiting       INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    decision      TEXT,
    result        TEXT,
    PRIMARY KEY (turn_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_agent_calls (turn_id, id, position, model_call_id, waiting, decision, result)
    SELECT turn_id, id, position, model_call_id, waiting, decision, result FROM agent_calls
    WHERE EXISTS (SELECT 1 FROM agent_turns WHERE agent_turns.id = agent_calls.turn_id);
DROP TABLE agent_calls;
ALTER TABLE new_agent_calls RENAME TO agent_calls;

CREATE TABLE new_calls (
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
) STRICT, WITHOUT ROWID;
INSERT INTO new_calls
    (id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms, bytes_in, bytes_out, client, request_id)
    SELECT id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms, bytes_in, bytes_out, client, request_id
    FROM calls;
DROP TABLE calls;
ALTER TABLE new_calls RENAME TO calls;
CREATE INDEX calls_at ON calls (at);
