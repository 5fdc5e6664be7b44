-- Forgetting a person reaches the reasons of their objections, and the events that hold the hashes of these.

CREATE OR REPLACE FUNCTION check_event_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Admission, renaming, status and offices of a member; an application and its decision; objections that a member raised.
    IF NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id
            AND ((OLD.kind IN (10, 11, 12, 13, 14, 22, 23) AND erasure.subject = OLD.subject)
                OR (OLD.kind = 41 AND erasure.subject = OLD.actor_id)))
    THEN
        RAISE EXCEPTION 'event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

CREATE FUNCTION check_objection_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reason <> 'erased'
        OR (NEW.coop_id, NEW.proposal_id, NEW.member_id, NEW.at, NEW.recorded_by)
            IS DISTINCT FROM (OLD.coop_id, OLD.proposal_id, OLD.member_id, OLD.at, OLD.recorded_by)
        OR NOT EXISTS (SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.member_id)
    THEN
        RAISE EXCEPTION 'proposal_objection rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_objection_change() IS 'Refuses to change why a member objected, but where the member was erased.';

DROP TRIGGER proposal_objection_only_grows ON proposal_objection;
CREATE TRIGGER proposal_objection_only_grows BEFORE DELETE ON proposal_objection FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_objection_changes_by_erasure_alone BEFORE UPDATE ON proposal_objection
    FOR EACH ROW EXECUTE FUNCTION check_objection_change();
ALTER TABLE proposal_objection ENABLE ALWAYS TRIGGER proposal_objection_only_grows;
ALTER TABLE proposal_objection ENABLE ALWAYS TRIGGER proposal_objection_changes_by_erasure_alone;
COMMENT ON COLUMN proposal_objection.reason IS 'Why; "erased" where the member was forgotten.';
