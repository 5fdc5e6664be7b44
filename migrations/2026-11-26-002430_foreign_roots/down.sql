CREATE OR REPLACE FUNCTION check_claimed_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM claim_root AS root
        JOIN payment_file AS file ON file.coop_id = NEW.coop_id AND file.id = NEW.file_id
        JOIN claim ON claim.coop_id = NEW.coop_id AND claim.file_id = NEW.file_id AND claim.address = NEW.claim_address
        LEFT JOIN claim_seen AS seen ON seen.coop_id = NEW.coop_id AND seen.distributor_id = root.distributor_id
            AND seen.address = NEW.claim_address
        WHERE root.coop_id = NEW.coop_id AND root.file_id = NEW.file_id AND CASE NEW.state
            WHEN 'submitted' THEN root.state = 'released' AND file.state = 'released'
            WHEN 'withdrawn' THEN root.state = 'withdrawn'
            WHEN 'accepted' THEN root.state = 'active'
            WHEN 'rejected' THEN root.state = 'vetoed'
            WHEN 'settled' THEN root.state = 'active' AND OLD.state = 'accepted' AND seen.claimed >= claim.cumulative
            ELSE false END)
    THEN
        RAISE EXCEPTION 'a claim stands as the chain shows it' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_is_as_the_chain_shows';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE FUNCTION check_claim_root_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{epoch,state,queued_block,ended_block,contradiction,changed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{epoch,state,queued_block,ended_block,contradiction,changed_at,recorded_by}'::text[]
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('prepared', 'withdrawn'), ('prepared', 'released'), ('released', 'queued'),
            ('released', 'active'), ('released', 'vetoed'), ('queued', 'active'), ('queued', 'vetoed')))
        OR (OLD.epoch IS NOT NULL AND NEW.epoch <> OLD.epoch)
    THEN
        RAISE EXCEPTION 'a root goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.epoch IS NULL AND NEW.epoch <> 1 + (SELECT coalesce(max(former.epoch), 0) FROM claim_root AS former
        WHERE former.coop_id = NEW.coop_id AND former.distributor_id = NEW.distributor_id)
    THEN
        RAISE EXCEPTION 'the epochs of a distributor follow each other' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_follows_the_last';
    END IF;
    RETURN NEW;
END
$$;
ALTER TABLE claim_root
    DROP CONSTRAINT claim_root_state_is_known, DROP CONSTRAINT claim_root_is_seen_in_a_block,
    DROP COLUMN give_up_asked_by, DROP COLUMN give_up_asked_at, DROP COLUMN given_up_by, DROP COLUMN give_up_reason;
DROP INDEX claim_root_is_of_one_epoch;
ALTER TABLE claim_root
    ADD CONSTRAINT claim_root_is_of_one_epoch UNIQUE (coop_id, distributor_id, epoch),
    ADD CONSTRAINT claim_root_state_is_known
        CHECK (state IN ('prepared', 'withdrawn', 'released', 'queued', 'active', 'vetoed')),
    ADD CONSTRAINT claim_root_is_seen_in_a_block CHECK ((ended_block IS NOT NULL) = (state IN ('active', 'vetoed'))
        AND (queued_block IS NOT NULL OR state <> 'queued') AND (queued_block IS NULL OR epoch IS NOT NULL));
COMMENT ON COLUMN claim_root.state IS 'Where it stands: prepared, withdrawn, released to be submitted; then as a final block shows it: queued, active, vetoed.';
COMMENT ON COLUMN claim_root.ended_block IS 'The final block that shows it active or vetoed.';
COMMENT ON COLUMN claim_root.contradiction IS 'Why the chain shows what cannot be so, and a person must look.';
DROP TABLE foreign_root;
DROP FUNCTION check_foreign_root_change();
ALTER TABLE distributor ADD COLUMN foreign_epoch bigint CONSTRAINT distributor_foreign_epoch_counts_from_one CHECK (foreign_epoch >= 1);
COMMENT ON COLUMN distributor.foreign_epoch IS
    'The first root in the queue of the contract that was not released here and that no guardian stopped; NULL where there was none.';
GRANT UPDATE (foreign_epoch) ON distributor TO rochdale_app;

CREATE OR REPLACE FUNCTION check_distributor_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{block_number,held,promised,claimed,foreign_epoch,seen_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{block_number,held,promised,claimed,foreign_epoch,seen_at,recorded_by}'::text[]
        OR NEW.block_number < OLD.block_number OR NEW.promised < OLD.promised OR NEW.claimed < OLD.claimed
    THEN
        RAISE EXCEPTION 'a distributor is followed forwards, and is else what it was' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
ALTER TABLE distributor DROP COLUMN submitted, DROP COLUMN logs_upto;
COMMENT ON COLUMN distributor.block_number IS 'The final block up to which the chain was followed.';
