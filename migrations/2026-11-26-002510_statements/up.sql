-- The tree over the statements of a cycle: written when it is verified, from what the second program computed, and named by the cycle's record
-- when it is posted. Rows of the tree are tiles of 256 hashes, so that a proof reads a few of them however many members there are.

CREATE TABLE payout_statements (
    coop_id uuid NOT NULL REFERENCES coop (id),
    cycle_id uuid NOT NULL,
    secret bytea NOT NULL CONSTRAINT payout_statements_secret_is_a_word CHECK (octet_length(secret) = 32),
    root bytea NOT NULL CONSTRAINT payout_statements_root_is_a_word CHECK (octet_length(root) = 32),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, cycle_id),
    CONSTRAINT payout_statements_have_a_cycle FOREIGN KEY (coop_id, cycle_id) REFERENCES payout_cycle (coop_id, id)
);
COMMENT ON TABLE payout_statements IS 'The tree over the statements of all members of a cycle.';
COMMENT ON COLUMN payout_statements.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_statements.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_statements.secret IS 'The random bytes from which the salts of its statements follow.';
COMMENT ON COLUMN payout_statements.root IS 'The root.';
COMMENT ON COLUMN payout_statements.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE payout_statement_tile (
    coop_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    level smallint NOT NULL CONSTRAINT payout_statement_tile_has_a_level CHECK (level BETWEEN 0 AND 7),
    number bigint NOT NULL CONSTRAINT payout_statement_tile_counts_from_zero CHECK (number >= 0),
    first_member uuid CONSTRAINT payout_statement_tile_of_leaves_begins_with_a_member CHECK ((level = 0) = (first_member IS NOT NULL)),
    hashes bytea NOT NULL CONSTRAINT payout_statement_tile_holds_hashes
        CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    PRIMARY KEY (coop_id, cycle_id, level, number),
    CONSTRAINT payout_statement_tile_is_of_a_tree FOREIGN KEY (coop_id, cycle_id) REFERENCES payout_statements (coop_id, cycle_id)
);
-- Hashes are random: nothing is gained by compressing them.
ALTER TABLE payout_statement_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX payout_statement_tile_of_member ON payout_statement_tile (coop_id, cycle_id, first_member) WHERE level = 0;
COMMENT ON TABLE payout_statement_tile IS 'The hashes of the tree over the statements of a cycle, 256 in a row.';
COMMENT ON COLUMN payout_statement_tile.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_statement_tile.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_statement_tile.level IS 'Each hash is over 256 to this power leaves.';
COMMENT ON COLUMN payout_statement_tile.number IS 'Which tile of its level, from 0.';
COMMENT ON COLUMN payout_statement_tile.first_member IS 'Of leaves: the member of the first one; leaves are in the order of members.';
COMMENT ON COLUMN payout_statement_tile.hashes IS 'The hashes, 32 bytes each.';

CREATE FUNCTION check_payout_statements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payout_statements AS tree WHERE tree.coop_id = NEW.coop_id AND tree.cycle_id = NEW.id)
        OR NEW.members <> (SELECT coalesce(sum(octet_length(tile.hashes)) / 32, 0) FROM payout_statement_tile AS tile
                           WHERE tile.coop_id = NEW.coop_id AND tile.cycle_id = NEW.id AND tile.level = 0)
    THEN
        RAISE EXCEPTION 'a cycle is posted with a statement for each member'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_is_posted_with_its_statements';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payout_statements() IS 'Refuses to post a cycle without a leaf for the statement of each member.';
CREATE TRIGGER payout_cycle_is_posted_with_its_statements AFTER UPDATE ON payout_cycle
    FOR EACH ROW WHEN (NEW.state = 'posted') EXECUTE FUNCTION check_payout_statements();
ALTER TABLE payout_cycle ENABLE ALWAYS TRIGGER payout_cycle_is_posted_with_its_statements;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['payout_statements', 'payout_statement_tile']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        -- While it is computed: what stands is what both programs say, or the transaction takes nothing.
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
            EXECUTE FUNCTION check_payout_inputs(''computed'')',
            name || '_comes_at_its_step', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_comes_at_its_step');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON payout_statements, payout_statement_tile TO rochdale_app;
