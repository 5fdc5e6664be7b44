DROP TRIGGER proposal_is_executed_uncontested ON proposal;
DROP TRIGGER proposal_is_set_aside_by_a_contest ON proposal;
DROP TRIGGER proposal_changes_by_the_rules ON proposal;
CREATE TRIGGER proposal_changes_by_the_rules BEFORE UPDATE ON proposal
    FOR EACH ROW EXECUTE FUNCTION check_proposal_change();
DROP FUNCTION check_proposal_uncontested();
DROP FUNCTION check_proposal_set_aside();
ALTER TABLE proposal DROP COLUMN contest_until;
COMMENT ON COLUMN proposal.end_reason IS 'Why it was withdrawn, cancelled or stopped by objections.';
DROP TABLE proposal_contest;
DROP FUNCTION check_proposal_contest_change();
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
