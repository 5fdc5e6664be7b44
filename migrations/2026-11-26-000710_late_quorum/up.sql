-- Voting goes on after a quorum that was met late. When it was to end stays as it was frozen; until when it goes on stands beside it.

ALTER TABLE proposal
    ADD COLUMN extended_until timestamptz,
    ADD COLUMN extended_by_ballot bigint,
    ADD CONSTRAINT proposal_is_extended_by_a_ballot CHECK (
        num_nulls(extended_until, extended_by_ballot) IN (0, 2) AND (extended_until IS NULL OR extended_until > closes_at));
COMMENT ON COLUMN proposal.extended_until IS 'Until when voting goes on because the quorum was met late, in whole seconds; NULL where it was not.';
COMMENT ON COLUMN proposal.extended_by_ballot IS 'The sequence number of the ballot with which the quorum was first met.';
GRANT UPDATE (extended_until, extended_by_ballot) ON proposal TO rochdale_app;

CREATE FUNCTION check_proposal_extension() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.extended_until, NEW.extended_by_ballot) IS DISTINCT FROM (OLD.extended_until, OLD.extended_by_ballot)
        AND (OLD.extended_until IS NOT NULL OR OLD.state <> 'open')
    THEN
        RAISE EXCEPTION 'voting is extended once, while it is open' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_extension() IS 'Refuses a second extension of voting, and one of voting that is not open.';
CREATE TRIGGER proposal_is_extended_once BEFORE UPDATE ON proposal FOR EACH ROW EXECUTE FUNCTION check_proposal_extension();
