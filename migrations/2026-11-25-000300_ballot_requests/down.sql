ALTER TABLE ballot DROP CONSTRAINT ballot_request_is_whole, DROP COLUMN idempotency_key, DROP COLUMN request_hash;
