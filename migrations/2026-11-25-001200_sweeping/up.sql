-- What was kept to answer a repeated request, and what was done long ago, is swept away. An answer may hold a name. Evidence stands
-- in other tables, none of which lets anything be removed.

-- The role of accounts removes answers of all co-ops by their age, and reads of them no more than that needs. That nothing younger
-- than a week goes stands here, so that no other part can be wrong about it.
CREATE POLICY effect_is_found_by_age ON effect FOR SELECT TO rochdale_global USING (created_at < now() - interval '7 days');
CREATE POLICY effect_is_swept_by_age ON effect FOR DELETE TO rochdale_global USING (created_at < now() - interval '7 days');
GRANT SELECT (coop_id, actor_id, key, created_at), DELETE ON effect TO rochdale_global;
CREATE INDEX effect_by_age ON effect (created_at);
COMMENT ON COLUMN effect.created_at IS 'When; a week later the row may be swept.';

-- Work that is still to be done never goes, whoever asks.
CREATE FUNCTION check_job_is_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NULL THEN
        RAISE EXCEPTION 'a job that is not done is not removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER job_is_removed_when_done BEFORE DELETE ON job FOR EACH ROW EXECUTE FUNCTION check_job_is_done();
GRANT DELETE ON job TO rochdale_global;
CREATE INDEX job_done ON job (done_at) WHERE done_at IS NOT NULL;
COMMENT ON COLUMN job.done_at IS 'When it was done; NULL before. Long after, the row is swept.';
