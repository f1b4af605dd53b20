-- What an admin who looks for the cause of a failed call wants to know exactly.

ALTER TABLE calls ADD COLUMN http_status BIGINT;
ALTER TABLE calls ADD COLUMN own_address TEXT;

-- What was said, while an admin wants it kept. Rows are large, so in SQLite they are no part of an index.
CREATE TABLE call_contents (
    call_id         TEXT NOT NULL PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    at              BIGINT NOT NULL,
    arguments       TEXT,
    arguments_bytes BIGINT NOT NULL,
    result          TEXT,
    result_bytes    BIGINT NOT NULL
);
CREATE INDEX call_contents_at ON call_contents (at);
