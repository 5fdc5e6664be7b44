-- What a contract shows that was not released here is noted at once; a root of ours whose place was taken, or that nobody submits, ends; and the
-- logs of a contract are read window by window.

ALTER TABLE distributor DROP COLUMN foreign_epoch,
    ADD COLUMN submitted bigint NOT NULL DEFAULT 0 CONSTRAINT distributor_submitted_is_not_negative CHECK (submitted >= 0),
    ADD COLUMN logs_upto bigint CONSTRAINT distributor_logs_are_read_past_the_block CHECK (logs_upto > block_number);
COMMENT ON COLUMN distributor.submitted IS 'The newest epoch that somebody submitted to the contract, as the final block shows that was looked at last.';
COMMENT ON COLUMN distributor.block_number IS 'The final block up to which the chain was followed: all that was claimed up to it is known.';
COMMENT ON COLUMN distributor.logs_upto IS 'The block up to which it was asked who claimed; NULL where that is block_number.';
GRANT UPDATE (submitted, logs_upto) ON distributor TO rochdale_app;

CREATE OR REPLACE FUNCTION check_distributor_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{block_number,logs_upto,submitted,held,promised,claimed,seen_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{block_number,logs_upto,submitted,held,promised,claimed,seen_at,recorded_by}'::text[]
        OR NEW.block_number < OLD.block_number OR NEW.promised < OLD.promised OR NEW.claimed < OLD.claimed OR NEW.submitted < OLD.submitted
    THEN
        RAISE EXCEPTION 'a distributor is followed forwards, and is else what it was' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE foreign_root (
    coop_id uuid NOT NULL REFERENCES coop (id),
    distributor_id uuid NOT NULL,
    epoch bigint NOT NULL CONSTRAINT foreign_root_epoch_counts_from_one CHECK (epoch >= 1),
    root bytea NOT NULL CONSTRAINT foreign_root_is_a_word CHECK (octet_length(root) = 32),
    is_active boolean NOT NULL,
    noted_block bigint NOT NULL,
    noted_at timestamptz NOT NULL,
    ended_block bigint CONSTRAINT foreign_root_ends_after_it_is_noted CHECK (ended_block > noted_block),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, distributor_id, epoch),
    CONSTRAINT foreign_root_is_of_a_distributor FOREIGN KEY (coop_id, distributor_id) REFERENCES distributor (coop_id, ledger_account_id)
);
COMMENT ON TABLE foreign_root IS 'Roots that a contract shows and nobody released here, whoever submitted them: a person must look, and a guardian can veto.';
COMMENT ON COLUMN foreign_root.coop_id IS 'The co-op.';
COMMENT ON COLUMN foreign_root.distributor_id IS 'The distributor.';
COMMENT ON COLUMN foreign_root.epoch IS 'Its epoch in the contract.';
COMMENT ON COLUMN foreign_root.root IS 'The root.';
COMMENT ON COLUMN foreign_root.is_active IS 'Whether the contract pays by it: nothing is posted then.';
COMMENT ON COLUMN foreign_root.noted_block IS 'The first final block that was seen to show it.';
COMMENT ON COLUMN foreign_root.noted_at IS 'When.';
COMMENT ON COLUMN foreign_root.ended_block IS 'The final block that shows that nobody is paid by it: vetoed, or a root of ours is active after it; NULL until then.';
COMMENT ON COLUMN foreign_root.recorded_by IS 'The name of the transaction that wrote the row.';
ALTER TABLE foreign_root ENABLE ROW LEVEL SECURITY;
ALTER TABLE foreign_root FORCE ROW LEVEL SECURITY;
CREATE POLICY foreign_root_of_this_coop ON foreign_root
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE FUNCTION check_foreign_root_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_block IS NOT NULL OR (OLD.is_active AND NOT NEW.is_active)
        OR to_jsonb(NEW) - '{is_active,ended_block,recorded_by}'::text[] <> to_jsonb(OLD) - '{is_active,ended_block,recorded_by}'::text[]
    THEN
        RAISE EXCEPTION 'a foreign root becomes active, or ends, once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_foreign_root_change() IS 'Lets a foreign root become active and end, and refuses every other change.';
CREATE TRIGGER foreign_root_only_goes_on BEFORE UPDATE ON foreign_root FOR EACH ROW EXECUTE FUNCTION check_foreign_root_change();
CREATE TRIGGER foreign_root_is_never_removed BEFORE DELETE ON foreign_root FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER foreign_root_is_never_emptied BEFORE TRUNCATE ON foreign_root FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE foreign_root ENABLE ALWAYS TRIGGER foreign_root_only_goes_on;
ALTER TABLE foreign_root ENABLE ALWAYS TRIGGER foreign_root_is_never_removed;
ALTER TABLE foreign_root ENABLE ALWAYS TRIGGER foreign_root_is_never_emptied;
GRANT SELECT, INSERT ON foreign_root TO rochdale_app;
GRANT UPDATE (is_active, ended_block, recorded_by) ON foreign_root TO rochdale_app;

ALTER TABLE claim_root
    DROP CONSTRAINT claim_root_state_is_known, DROP CONSTRAINT claim_root_is_seen_in_a_block, DROP CONSTRAINT claim_root_is_of_one_epoch,
    ADD COLUMN give_up_asked_by uuid, ADD COLUMN give_up_asked_at timestamptz, ADD COLUMN given_up_by uuid,
    ADD COLUMN give_up_reason text CONSTRAINT claim_root_give_up_reason_is_bounded CHECK (length(give_up_reason) BETWEEN 1 AND 2000),
    ADD CONSTRAINT claim_root_state_is_known
        CHECK (state IN ('prepared', 'withdrawn', 'released', 'queued', 'active', 'vetoed', 'displaced', 'given_up')),
    ADD CONSTRAINT claim_root_is_seen_in_a_block CHECK ((ended_block IS NOT NULL) = (state IN ('active', 'vetoed', 'displaced', 'given_up'))
        AND (queued_block IS NOT NULL OR state <> 'queued') AND (queued_block IS NULL OR epoch IS NOT NULL)),
    ADD CONSTRAINT claim_root_is_asked_to_be_given_up CHECK (num_nulls(give_up_asked_by, give_up_asked_at, give_up_reason) IN (0, 3)
        AND (give_up_asked_by IS NULL OR epoch IS NOT NULL)),
    ADD CONSTRAINT claim_root_is_given_up_by_another CHECK ((state = 'given_up') = (given_up_by IS NOT NULL) AND given_up_by <> give_up_asked_by
        AND (given_up_by IS NULL OR give_up_asked_by IS NOT NULL)),
    ADD CONSTRAINT claim_root_give_up_is_asked_by_a_member FOREIGN KEY (coop_id, give_up_asked_by) REFERENCES member (coop_id, id),
    ADD CONSTRAINT claim_root_is_given_up_by_a_member FOREIGN KEY (coop_id, given_up_by) REFERENCES member (coop_id, id);
CREATE INDEX claim_root_of_give_up_asker ON claim_root (coop_id, give_up_asked_by);
CREATE INDEX claim_root_of_giver_up ON claim_root (coop_id, given_up_by);
-- A root that never came into the queue leaves its epoch to the next.
CREATE UNIQUE INDEX claim_root_is_of_one_epoch ON claim_root (coop_id, distributor_id, epoch) WHERE state NOT IN ('displaced', 'given_up');
COMMENT ON COLUMN claim_root.state IS 'Where it stands: prepared, withdrawn, released to be submitted; then as a final block shows it: queued, active, vetoed, displaced by '
    'another root; or given up by two persons, since nobody submitted it.';
COMMENT ON COLUMN claim_root.ended_block IS 'The final block that shows it active, vetoed or displaced, or not submitted where it was given up.';
COMMENT ON COLUMN claim_root.contradiction IS 'What displaced it.';
COMMENT ON COLUMN claim_root.give_up_asked_by IS 'Who asked for it to be given up.';
COMMENT ON COLUMN claim_root.give_up_asked_at IS 'When.';
COMMENT ON COLUMN claim_root.give_up_reason IS 'Why.';
COMMENT ON COLUMN claim_root.given_up_by IS 'Who looked at it and gave it up.';
GRANT UPDATE (give_up_asked_by, give_up_asked_at, give_up_reason, given_up_by) ON claim_root TO rochdale_app;

CREATE OR REPLACE FUNCTION check_claim_root_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown bigint := (SELECT submitted FROM distributor WHERE distributor.coop_id = NEW.coop_id AND ledger_account_id = NEW.distributor_id);
    moving text[] := '{epoch,state,queued_block,ended_block,contradiction,give_up_asked_by,give_up_asked_at,give_up_reason,given_up_by,changed_at,recorded_by}';
BEGIN
    IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('prepared', 'withdrawn'), ('prepared', 'released'), ('released', 'queued'),
            ('released', 'active'), ('released', 'vetoed'), ('released', 'displaced'), ('released', 'given_up'),
            ('queued', 'active'), ('queued', 'vetoed'), ('queued', 'displaced')))
        OR (OLD.epoch IS NOT NULL AND NEW.epoch <> OLD.epoch)
        OR (OLD.give_up_asked_by IS NOT NULL AND (NEW.give_up_asked_by, NEW.give_up_asked_at, NEW.give_up_reason)
            IS DISTINCT FROM (OLD.give_up_asked_by, OLD.give_up_asked_at, OLD.give_up_reason))
        OR (OLD.given_up_by IS NOT NULL AND NEW.given_up_by IS DISTINCT FROM OLD.given_up_by)
    THEN
        RAISE EXCEPTION 'a root goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.epoch IS NULL AND NEW.epoch <> 1 + shown THEN
        RAISE EXCEPTION 'a root is released under the epoch that the contract takes next'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_follows_the_last';
    END IF;
    IF NEW.state = 'given_up' AND OLD.state <> 'given_up' AND shown >= NEW.epoch THEN
        RAISE EXCEPTION 'a root that was submitted is not given up'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_was_never_submitted';
    END IF;
    RETURN NEW;
END
$$;

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
            WHEN 'rejected' THEN root.state IN ('vetoed', 'displaced', 'given_up')
            WHEN 'settled' THEN root.state = 'active' AND OLD.state = 'accepted' AND seen.claimed >= claim.cumulative
            ELSE false END)
    THEN
        RAISE EXCEPTION 'a claim stands as the chain shows it' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_is_as_the_chain_shows';
    END IF;
    RETURN NEW;
END
$$;
