-- A halt in the name of the members is of a decision that was carried and does that now, and so is its end.

CREATE FUNCTION check_halt_was_carried() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM proposal WHERE proposal.coop_id = NEW.coop_id
        AND proposal.id = coalesce(NEW.ended_by_proposal, NEW.proposal_id) AND proposal.state IN ('queued', 'execution_failed'))
    THEN
        RAISE EXCEPTION 'only a decision that was carried halts the co-op or ends a halt' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_halt_was_carried() IS 'Refuses a halt, or its end, of a decision that is not being executed.';
CREATE TRIGGER halt_is_of_a_carried_decision BEFORE INSERT ON halt
    FOR EACH ROW WHEN (NEW.proposal_id IS NOT NULL) EXECUTE FUNCTION check_halt_was_carried();
CREATE TRIGGER halt_is_ended_by_a_carried_decision BEFORE UPDATE ON halt
    FOR EACH ROW WHEN (OLD.ended_by_proposal IS NULL AND NEW.ended_by_proposal IS NOT NULL) EXECUTE FUNCTION check_halt_was_carried();
