-- The lots that were drawn: only where a tie that the ballots do not settle matters.

CREATE TABLE lot (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    lot bytea NOT NULL CONSTRAINT lot_is_a_word CHECK (octet_length(lot) = 32),
    beacon_block_number bigint CONSTRAINT lot_beacon_block_is_not_negative CHECK (beacon_block_number >= 0),
    beacon_block_hash bytea CONSTRAINT lot_beacon_hash_is_a_word CHECK (octet_length(beacon_block_hash) = 32),
    beacon_timestamp bigint CONSTRAINT lot_beacon_timestamp_is_not_negative CHECK (beacon_timestamp >= 0),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id),
    CONSTRAINT lot_breaks_a_tie_of_a_tally FOREIGN KEY (coop_id, proposal_id) REFERENCES tally (coop_id, proposal_id),
    CONSTRAINT lot_beacon_is_whole CHECK (
        num_nulls(beacon_block_number, beacon_block_hash, beacon_timestamp) IN (0, 3))
);
COMMENT ON TABLE lot IS 'The lot that broke a tie in a count. Rows are never changed.';
COMMENT ON COLUMN lot.coop_id IS 'The co-op.';
COMMENT ON COLUMN lot.proposal_id IS 'The proposal.';
COMMENT ON COLUMN lot.lot IS 'The lot: the hash over the secret drawn at the opening and the beacon.';
COMMENT ON COLUMN lot.beacon_block_number IS 'The number of the first final block made at least 60 seconds after the close; NULL without a chain.';
COMMENT ON COLUMN lot.beacon_block_hash IS 'Its hash, the beacon; NULL without a chain, where the beacon is zero.';
COMMENT ON COLUMN lot.beacon_timestamp IS 'Its timestamp, in seconds since 1970.';
COMMENT ON COLUMN lot.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE lot ENABLE ROW LEVEL SECURITY;
ALTER TABLE lot FORCE ROW LEVEL SECURITY;
CREATE POLICY lot_of_this_coop ON lot
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER lot_only_grows BEFORE UPDATE OR DELETE ON lot FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_is_never_emptied BEFORE TRUNCATE ON lot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE lot ENABLE ALWAYS TRIGGER lot_only_grows;
ALTER TABLE lot ENABLE ALWAYS TRIGGER lot_is_never_emptied;

GRANT SELECT, INSERT ON lot TO rochdale_app;
