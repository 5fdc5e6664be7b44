-- A ballot carries the request that cast it, so that sending the request again finds the ballot and gives the same receipt. It
-- needs no row of its own for that: the receipt follows from the ballot.
ALTER TABLE ballot
    ADD COLUMN idempotency_key text CONSTRAINT ballot_key_is_bounded CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    ADD COLUMN request_hash bytea CONSTRAINT ballot_request_is_a_hash CHECK (octet_length(request_hash) = 32),
    ADD CONSTRAINT ballot_request_is_whole CHECK ((idempotency_key IS NULL) = (request_hash IS NULL));
COMMENT ON COLUMN ballot.idempotency_key IS 'The Idempotency-Key of the request that cast it; used once by a voter in a proposal.';
COMMENT ON COLUMN ballot.request_hash IS 'The SHA-256 of method, path and body of that request.';
