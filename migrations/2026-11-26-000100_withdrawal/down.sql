ALTER TABLE proposal DROP CONSTRAINT proposal_ended_for_a_reason,
    ADD CONSTRAINT proposal_cancelled_for_a_reason
        CHECK (state <> 'cancelled' OR (ended_by IS NOT NULL AND end_reason IS NOT NULL));
