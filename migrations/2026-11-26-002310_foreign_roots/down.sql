CREATE OR REPLACE FUNCTION check_distributor_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{block_number,held,promised,claimed,seen_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{block_number,held,promised,claimed,seen_at,recorded_by}'::text[]
        OR NEW.block_number < OLD.block_number OR NEW.promised < OLD.promised OR NEW.claimed < OLD.claimed
    THEN
        RAISE EXCEPTION 'a distributor is followed forwards, and is else what it was' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
ALTER TABLE distributor DROP COLUMN foreign_epoch;
