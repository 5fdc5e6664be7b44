-- What becomes of objections in votes by consent.

CREATE TABLE objection_step (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    ballot_hash bytea NOT NULL CONSTRAINT objection_step_names_a_hash CHECK (octet_length(ballot_hash) = 32),
    number bigint NOT NULL CONSTRAINT objection_step_number_is_positive CHECK (number >= 1),
    step text NOT NULL CONSTRAINT objection_step_is_known CHECK (step IN ('accept', 'dismiss', 'appeal', 'integrate', 'withdraw', 'leave_standing')),
    state text NOT NULL CONSTRAINT objection_step_state_is_known CHECK (state IN ('accepted', 'dismissed', 'integrated', 'withdrawn', 'standing')),
    reason text CONSTRAINT objection_step_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    actor_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, ballot_hash, number),
    CONSTRAINT objection_step_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT objection_step_is_taken_by_a_member FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT objection_is_dismissed_for_a_reason CHECK (step NOT IN ('dismiss', 'appeal') OR reason IS NOT NULL)
);
COMMENT ON TABLE objection_step IS 'What was done about each objection in a vote by consent, one step after the other. Rows are never changed.';
COMMENT ON COLUMN objection_step.coop_id IS 'The co-op.';
COMMENT ON COLUMN objection_step.proposal_id IS 'The proposal.';
COMMENT ON COLUMN objection_step.ballot_hash IS 'The hash of the ballot that raised the objection.';
COMMENT ON COLUMN objection_step.number IS 'Which step about this objection, from 1.';
COMMENT ON COLUMN objection_step.step IS 'What was done.';
COMMENT ON COLUMN objection_step.state IS 'Where the objection stands after it.';
COMMENT ON COLUMN objection_step.reason IS 'Why.';
COMMENT ON COLUMN objection_step.actor_id IS 'Who did it.';
COMMENT ON COLUMN objection_step.at IS 'When.';
COMMENT ON COLUMN objection_step.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE objection_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE objection_step FORCE ROW LEVEL SECURITY;
CREATE POLICY objection_step_of_this_coop ON objection_step
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER objection_step_only_grows BEFORE UPDATE OR DELETE ON objection_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER objection_step_is_never_emptied BEFORE TRUNCATE ON objection_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE objection_step ENABLE ALWAYS TRIGGER objection_step_only_grows;
ALTER TABLE objection_step ENABLE ALWAYS TRIGGER objection_step_is_never_emptied;
CREATE INDEX objection_step_by_actor ON objection_step (coop_id, actor_id);
GRANT SELECT, INSERT ON objection_step TO rochdale_app;
