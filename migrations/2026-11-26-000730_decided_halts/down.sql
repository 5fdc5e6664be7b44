DROP TRIGGER halt_stays_of_its_decision ON halt;
DROP FUNCTION check_halt_decision();
-- Halts that were decided cannot be told without a member: whoever goes back keeps none of them.
ALTER TABLE halt
    DROP CONSTRAINT halt_is_of_a_proposal,
    DROP CONSTRAINT halt_is_ended_by_a_proposal,
    DROP CONSTRAINT halt_that_was_decided_is_ended_by_a_decision,
    DROP CONSTRAINT halt_is_of_somebody_or_decided,
    DROP CONSTRAINT halt_lasts_as_long_as_it_may,
    DROP CONSTRAINT halt_is_ended_by_someone_for_a_reason,
    DROP COLUMN proposal_id,
    DROP COLUMN ended_by_proposal,
    ALTER COLUMN actor_id SET NOT NULL,
    ADD CONSTRAINT halt_lasts_a_week_at_most CHECK (until > began_at AND until <= began_at + interval '7 days'),
    ADD CONSTRAINT halt_is_ended_by_someone_for_a_reason CHECK (num_nulls(ended_at, ended_by, end_reason) IN (0, 3));
COMMENT ON TABLE halt IS 'Times in which nothing happened that would bind the co-op, because somebody saw an emergency.';
COMMENT ON COLUMN halt.reason IS 'The emergency, as it was stated.';
COMMENT ON COLUMN halt.actor_id IS 'Who halted the co-op.';
COMMENT ON COLUMN halt.ended_by IS 'Who ended it.';
