-- Who takes a proposal back says why, as who cancels it does. Rows from before may lack the reason.
ALTER TABLE proposal DROP CONSTRAINT proposal_cancelled_for_a_reason,
    ADD CONSTRAINT proposal_ended_for_a_reason
        CHECK (state NOT IN ('withdrawn', 'cancelled') OR (ended_by IS NOT NULL AND end_reason IS NOT NULL)) NOT VALID;
