-- `definition` is the one that was approved and that agents get. What the server offers now stands beside it while it
-- waits for an admin: `held` says whether the approved one stays in use, or the tool is off until then.

ALTER TABLE connector_tools ADD COLUMN offered TEXT;
ALTER TABLE connector_tools ADD COLUMN offered_hash BYTEA;
ALTER TABLE connector_tools ADD COLUMN offered_at BIGINT;
ALTER TABLE connector_tools ADD COLUMN held TEXT CHECK (held IN ('in_use', 'off'));
ALTER TABLE connector_tools ADD COLUMN approved_by TEXT;
ALTER TABLE connector_tools ADD COLUMN approved_at BIGINT;
