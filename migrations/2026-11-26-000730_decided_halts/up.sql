-- The members halt the co-op, and end a halt, by a decision, too.
ALTER TABLE halt
    ALTER COLUMN actor_id DROP NOT NULL,
    ADD COLUMN proposal_id uuid,
    ADD COLUMN ended_by_proposal uuid,
    DROP CONSTRAINT halt_lasts_a_week_at_most,
    DROP CONSTRAINT halt_is_ended_by_someone_for_a_reason,
    ADD CONSTRAINT halt_is_of_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    ADD CONSTRAINT halt_is_ended_by_a_proposal FOREIGN KEY (coop_id, ended_by_proposal) REFERENCES proposal (coop_id, id),
    ADD CONSTRAINT halt_that_was_decided_is_ended_by_a_decision CHECK (proposal_id IS NULL OR ended_by IS NULL),
    ADD CONSTRAINT halt_is_of_somebody_or_decided CHECK (num_nonnulls(actor_id, proposal_id) = 1),
    ADD CONSTRAINT halt_lasts_as_long_as_it_may CHECK (until > began_at
        AND until <= began_at + CASE WHEN proposal_id IS NULL THEN interval '7 days' ELSE interval '90 days' END),
    ADD CONSTRAINT halt_is_ended_by_someone_for_a_reason CHECK (num_nulls(ended_at, end_reason) IN (0, 2)
        AND num_nonnulls(ended_by, ended_by_proposal) = CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END);
COMMENT ON TABLE halt IS 'Times in which nothing happened that would bind the co-op, because somebody saw an emergency or the members decided so.';
COMMENT ON COLUMN halt.reason IS 'The emergency, or the reason of the decision, as it was stated.';
COMMENT ON COLUMN halt.actor_id IS 'Who halted the co-op; NULL where the members decided it.';
COMMENT ON COLUMN halt.proposal_id IS 'The proposal by which the members did.';
COMMENT ON COLUMN halt.ended_by IS 'Who ended it; NULL where the members decided it.';
COMMENT ON COLUMN halt.ended_by_proposal IS 'The proposal by which the members ended it.';
GRANT UPDATE (ended_by_proposal) ON halt TO rochdale_app;

CREATE FUNCTION check_halt_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.proposal_id IS DISTINCT FROM OLD.proposal_id THEN
        RAISE EXCEPTION 'a halt is only ended, and only once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_halt_decision() IS 'Refuses that a halt becomes that of another decision.';
CREATE TRIGGER halt_stays_of_its_decision BEFORE UPDATE ON halt FOR EACH ROW EXECUTE FUNCTION check_halt_decision();
ALTER TABLE halt ENABLE ALWAYS TRIGGER halt_stays_of_its_decision;
