-- Forgetting a person reaches why they disputed their figures. That they did, and what came of it, stays.

CREATE FUNCTION check_dispute_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reason <> 'erased'
        OR to_jsonb(NEW) - 'reason' <> to_jsonb(OLD) - 'reason'
        OR NOT EXISTS (SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.member_id)
    THEN
        RAISE EXCEPTION 'rows of disputes are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_dispute_change() IS 'Refuses to change why a member disputed figures, or why it was decided so, but where the member was erased.';

DROP TRIGGER contribution_dispute_only_grows ON contribution_dispute;
CREATE TRIGGER contribution_dispute_only_grows BEFORE DELETE ON contribution_dispute FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contribution_dispute_changes_by_erasure_alone BEFORE UPDATE ON contribution_dispute
    FOR EACH ROW EXECUTE FUNCTION check_dispute_change();
ALTER TABLE contribution_dispute ENABLE ALWAYS TRIGGER contribution_dispute_only_grows;
ALTER TABLE contribution_dispute ENABLE ALWAYS TRIGGER contribution_dispute_changes_by_erasure_alone;
COMMENT ON COLUMN contribution_dispute.reason IS 'Why; "erased" where the member was forgotten.';

DROP TRIGGER contribution_ruling_only_grows ON contribution_ruling;
CREATE TRIGGER contribution_ruling_only_grows BEFORE DELETE ON contribution_ruling FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contribution_ruling_changes_by_erasure_alone BEFORE UPDATE ON contribution_ruling
    FOR EACH ROW EXECUTE FUNCTION check_dispute_change();
ALTER TABLE contribution_ruling ENABLE ALWAYS TRIGGER contribution_ruling_only_grows;
ALTER TABLE contribution_ruling ENABLE ALWAYS TRIGGER contribution_ruling_changes_by_erasure_alone;
COMMENT ON COLUMN contribution_ruling.reason IS 'Why; "erased" where the member whose dispute it was is forgotten.';

CREATE OR REPLACE FUNCTION check_event_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Admission, renaming, status and offices of a member; an application and its decision; objections, contests and disputes that a
    -- member raised, and what these were answered.
    IF NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id
            AND ((OLD.kind IN (10, 11, 12, 13, 14, 22, 23) AND erasure.subject = OLD.subject)
                OR (OLD.kind IN (41, 74, 124) AND erasure.subject = OLD.actor_id)
                OR (OLD.kind IN (75, 125) AND substring(OLD.words FROM 49 FOR 16) = uuid_send(erasure.subject))))
    THEN
        RAISE EXCEPTION 'event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
