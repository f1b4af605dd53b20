-- What an admin who looks for the cause of a failed call wants to know exactly.

ALTER TABLE calls ADD COLUMN http_status BIGINT;
ALTER TABLE calls ADD COLUMN own_address TEXT;
