-- What servers list besides tools, and what they declare.

CREATE TABLE connector_offers (
    connector_id    TEXT NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL CHECK (kind IN ('prompt', 'resource', 'resource_template')),
    position        INTEGER NOT NULL,
    name            TEXT NOT NULL,
    definition      TEXT NOT NULL,
    left_out_code   TEXT,
    left_out_reason TEXT,
    PRIMARY KEY (connector_id, kind, position)
) STRICT;

-- The server's own capabilities object, and the shortest time that one of its lists stays valid.
ALTER TABLE connectors ADD COLUMN capabilities TEXT;
ALTER TABLE connectors ADD COLUMN list_ttl_ms INTEGER;
-- Whether what breaks clients is mended on the way.
ALTER TABLE connectors ADD COLUMN normalise INTEGER NOT NULL DEFAULT 1 CHECK (normalise IN (0, 1));
