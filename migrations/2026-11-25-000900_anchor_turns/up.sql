-- A batch that is mined no longer keeps the others off the chain, so more than one co-op can have used numbers that a
-- reorganisation may give back. Whoever takes the lease must know all of them before it takes a new number.
ALTER TABLE anchor_lease ADD COLUMN unfinal_coop_ids uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN anchor_lease.unfinal_coop_ids IS 'The co-ops with a batch that took a transaction number and is not final; written before the number is taken.';
COMMENT ON COLUMN anchor_lease.turn_coop_id IS 'The co-op that last got a transaction number; the next turn is for those behind it.';
