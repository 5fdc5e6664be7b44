CREATE FUNCTION check_metered_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two at once would both find nothing: the later one waits here, and then finds the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('metered usage of ' || NEW.coop_id::text, 0));
    IF EXISTS (SELECT FROM contribution_snapshot AS header
               WHERE header.coop_id = NEW.coop_id AND header.source = NEW.source AND header.starts_on <= NEW.ends_on
                 AND header.ends_on >= NEW.starts_on AND header.id IS DISTINCT FROM NEW.replaces
                 AND NOT EXISTS (SELECT FROM contribution_snapshot AS later
                                 WHERE later.coop_id = NEW.coop_id AND later.replaces = header.id))
    THEN
        RAISE EXCEPTION 'a day of metered use is counted once for each measure'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'metered_usage_is_counted_once';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_metered_usage() IS 'Refuses metered use of days that another snapshot of the measure counts.';
CREATE TRIGGER metered_usage_is_counted_once BEFORE INSERT ON contribution_snapshot
    FOR EACH ROW WHEN (NEW.source LIKE 'metered usage: %') EXECUTE FUNCTION check_metered_usage();
ALTER TABLE contribution_snapshot ENABLE ALWAYS TRIGGER metered_usage_is_counted_once;
