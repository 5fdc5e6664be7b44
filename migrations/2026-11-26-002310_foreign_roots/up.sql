-- A root that an executor submits and that nobody released here can be stopped for a day: who looks at the contract alone sees it in time.

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
