ALTER TABLE anchor_lease DROP COLUMN unfinal_coop_ids;
COMMENT ON COLUMN anchor_lease.turn_coop_id IS 'The co-op whose batch the account is bringing on chain.';
