CREATE OR REPLACE FUNCTION check_event_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Admission, renaming, status and offices of a member; an application and its decision; objections and contests that a member
    -- raised, and what these were answered.
    IF NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id
            AND ((OLD.kind IN (10, 11, 12, 13, 14, 22, 23) AND erasure.subject = OLD.subject)
                OR (OLD.kind IN (41, 74) AND erasure.subject = OLD.actor_id)
                OR (OLD.kind = 75 AND substring(OLD.words FROM 49 FOR 16) = uuid_send(erasure.subject))))
    THEN
        RAISE EXCEPTION 'event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON COLUMN contribution_ruling.reason IS 'Why.';
DROP TRIGGER contribution_ruling_changes_by_erasure_alone ON contribution_ruling;
DROP TRIGGER contribution_ruling_only_grows ON contribution_ruling;
CREATE TRIGGER contribution_ruling_only_grows BEFORE UPDATE OR DELETE ON contribution_ruling
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE contribution_ruling ENABLE ALWAYS TRIGGER contribution_ruling_only_grows;
COMMENT ON COLUMN contribution_dispute.reason IS 'Why.';
DROP TRIGGER contribution_dispute_changes_by_erasure_alone ON contribution_dispute;
DROP TRIGGER contribution_dispute_only_grows ON contribution_dispute;
CREATE TRIGGER contribution_dispute_only_grows BEFORE UPDATE OR DELETE ON contribution_dispute
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE contribution_dispute ENABLE ALWAYS TRIGGER contribution_dispute_only_grows;
DROP FUNCTION check_dispute_change;
