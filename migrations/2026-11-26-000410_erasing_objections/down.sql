COMMENT ON COLUMN proposal_objection.reason IS 'Why.';
DROP TRIGGER proposal_objection_changes_by_erasure_alone ON proposal_objection;
DROP TRIGGER proposal_objection_only_grows ON proposal_objection;
CREATE TRIGGER proposal_objection_only_grows BEFORE UPDATE OR DELETE ON proposal_objection
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE proposal_objection ENABLE ALWAYS TRIGGER proposal_objection_only_grows;
DROP FUNCTION check_objection_change;

CREATE OR REPLACE FUNCTION check_event_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Admission, renaming, status and offices of a member; an application and its decision.
    IF OLD.kind NOT IN (10, 11, 12, 13, 14, 22, 23) OR NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.subject)
    THEN
        RAISE EXCEPTION 'event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
