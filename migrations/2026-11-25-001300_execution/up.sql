-- What follows a decision: sponsors before it, objections and execution after it.

ALTER TABLE proposal
    ADD COLUMN actions jsonb NOT NULL DEFAULT '[]' CONSTRAINT proposal_actions_are_a_list CHECK (jsonb_typeof(actions) = 'array'),
    ADD COLUMN submitted_at timestamptz,
    ADD COLUMN objection_until timestamptz,
    ADD COLUMN execute_after timestamptz,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN executed_at timestamptz,
    DROP CONSTRAINT proposal_state_is_known,
    DROP CONSTRAINT proposal_is_frozen_while_open,
    DROP CONSTRAINT proposal_has_a_marker_once_closed,
    ADD CONSTRAINT proposal_state_is_known CHECK (state IN (
        'draft', 'admission', 'discussion', 'open', 'closed', 'passed', 'objection', 'queued', 'executed', 'execution_failed',
        'expired', 'rejected', 'no_quorum', 'tied', 'withdrawn', 'cancelled')),
    ADD CONSTRAINT proposal_is_frozen_while_open CHECK (
        state IN ('draft', 'admission', 'discussion', 'withdrawn', 'cancelled')
        OR num_nulls(opens_at, closes_at, rule_salt, salt, record_hash, roll_root, roll_count, roll_weight, lot_secret) = 0),
    ADD CONSTRAINT proposal_has_a_marker_once_closed CHECK (
        (state NOT IN ('draft', 'admission', 'discussion', 'open', 'withdrawn', 'cancelled')) = (close_marker IS NOT NULL)
        AND (close_marker IS NULL) = (closed_at IS NULL)),
    ADD CONSTRAINT proposal_is_objected_to_for_a_time CHECK (state <> 'objection' OR objection_until IS NOT NULL),
    ADD CONSTRAINT proposal_is_executed_in_a_time CHECK (
        state NOT IN ('queued', 'executed', 'execution_failed', 'expired')
        OR (execute_after IS NOT NULL AND expires_at > execute_after)),
    ADD CONSTRAINT proposal_is_executed_at_a_moment CHECK ((state = 'executed') = (executed_at IS NOT NULL));
COMMENT ON COLUMN proposal.actions IS 'What is done once it is carried, with the option that must be elected for each.';
COMMENT ON COLUMN proposal.submitted_at IS 'When it was put before the members to be sponsored; NULL where that was not needed.';
COMMENT ON COLUMN proposal.objection_until IS 'Until when members on the roll may object to what was carried, in whole seconds.';
COMMENT ON COLUMN proposal.execute_after IS 'From when its actions may be executed, in whole seconds.';
COMMENT ON COLUMN proposal.expires_at IS 'Until when they may be.';
COMMENT ON COLUMN proposal.executed_at IS 'When they were.';
COMMENT ON COLUMN proposal.end_reason IS 'Why it was withdrawn, cancelled or stopped by objections.';

CREATE OR REPLACE FUNCTION check_proposal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
        WHEN 'draft' THEN NEW.state IN ('admission', 'discussion', 'withdrawn', 'cancelled')
        WHEN 'admission' THEN NEW.state IN ('discussion', 'withdrawn', 'cancelled')
        WHEN 'discussion' THEN NEW.state IN ('open', 'withdrawn', 'cancelled')
        WHEN 'open' THEN NEW.state IN ('closed', 'cancelled')
        WHEN 'closed' THEN NEW.state IN ('passed', 'rejected', 'no_quorum', 'tied', 'objection', 'queued')
        WHEN 'objection' THEN NEW.state IN ('passed', 'rejected', 'queued')
        WHEN 'queued' THEN NEW.state IN ('executed', 'execution_failed', 'expired')
        WHEN 'execution_failed' THEN NEW.state IN ('executed', 'expired')
        ELSE false
    END) THEN
        RAISE EXCEPTION 'a proposal cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('draft', 'admission', 'discussion') AND (
        NEW.title, NEW.body, NEW.options, NEW.rule, NEW.kind, NEW.actions, NEW.opens_at, NEW.closes_at, NEW.rule_salt, NEW.salt,
        NEW.record_hash, NEW.roll_root, NEW.roll_count, NEW.roll_weight, NEW.lot_secret
    ) IS DISTINCT FROM (
        OLD.title, OLD.body, OLD.options, OLD.rule, OLD.kind, OLD.actions, OLD.opens_at, OLD.closes_at, OLD.rule_salt, OLD.salt,
        OLD.record_hash, OLD.roll_root, OLD.roll_count, OLD.roll_weight, OLD.lot_secret
    ) THEN
        RAISE EXCEPTION 'what members vote on never changes once voting opened' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.close_marker IS NOT NULL AND NEW.close_marker IS DISTINCT FROM OLD.close_marker THEN
        RAISE EXCEPTION 'the close marker never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.execute_after IS NOT NULL AND (NEW.execute_after, NEW.expires_at) IS DISTINCT FROM (OLD.execute_after, OLD.expires_at))
        OR (OLD.objection_until IS NOT NULL AND NEW.objection_until IS DISTINCT FROM OLD.objection_until)
        OR (OLD.executed_at IS NOT NULL AND NEW.executed_at IS DISTINCT FROM OLD.executed_at)
    THEN
        RAISE EXCEPTION 'the times after a decision never change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE proposal_sponsor (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id),
    CONSTRAINT proposal_sponsor_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_sponsor_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE proposal_sponsor IS 'Who sponsors a proposal. Rows are never changed.';
COMMENT ON COLUMN proposal_sponsor.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_sponsor.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_sponsor.member_id IS 'The member.';
COMMENT ON COLUMN proposal_sponsor.at IS 'Since when.';
COMMENT ON COLUMN proposal_sponsor.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE proposal_objection (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    reason text NOT NULL CONSTRAINT proposal_objection_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id),
    CONSTRAINT proposal_objection_is_of_someone_on_the_roll FOREIGN KEY (coop_id, proposal_id, member_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id)
);
COMMENT ON TABLE proposal_objection IS 'Who objects to what was carried. Rows are never changed.';
COMMENT ON COLUMN proposal_objection.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_objection.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_objection.member_id IS 'The member, who is on the roll.';
COMMENT ON COLUMN proposal_objection.reason IS 'Why.';
COMMENT ON COLUMN proposal_objection.at IS 'When.';
COMMENT ON COLUMN proposal_objection.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE execution (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    attempt bigint NOT NULL CONSTRAINT execution_attempt_is_positive CHECK (attempt >= 1),
    outcome text NOT NULL CONSTRAINT execution_outcome_is_known CHECK (outcome IN ('executed', 'failed')),
    reason text,
    asked_by uuid,
    at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, attempt),
    CONSTRAINT execution_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT execution_is_asked_for_by_a_member FOREIGN KEY (coop_id, asked_by) REFERENCES member (coop_id, id),
    CONSTRAINT execution_fails_for_a_reason CHECK ((outcome = 'failed') = (reason IS NOT NULL))
);
COMMENT ON TABLE execution IS 'Every attempt to execute a decision; one at most succeeded. Rows are never changed.';
COMMENT ON COLUMN execution.coop_id IS 'The co-op.';
COMMENT ON COLUMN execution.proposal_id IS 'The proposal.';
COMMENT ON COLUMN execution.attempt IS 'Which one, from 1.';
COMMENT ON COLUMN execution.outcome IS 'Whether everything was done, or nothing.';
COMMENT ON COLUMN execution.reason IS 'Why it failed.';
COMMENT ON COLUMN execution.asked_by IS 'The steward who asked for it; NULL where its time had come.';
COMMENT ON COLUMN execution.at IS 'When.';
COMMENT ON COLUMN execution.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE UNIQUE INDEX execution_succeeds_once ON execution (coop_id, proposal_id) WHERE outcome = 'executed';

-- A decision of the members admits too, not only a steward.
ALTER TABLE application
    ADD COLUMN decided_by_proposal uuid,
    DROP CONSTRAINT application_is_decided_by_someone,
    ADD CONSTRAINT application_is_decided_by_someone CHECK (
        (status = 'pending') = (decided_at IS NULL)
        AND num_nonnulls(decided_by, decided_by_proposal) = CASE WHEN decided_at IS NULL THEN 0 ELSE 1 END);
COMMENT ON COLUMN application.decided_by IS 'The steward who decided; NULL where the members did.';
COMMENT ON COLUMN application.decided_by_proposal IS 'The proposal by which the members decided.';
GRANT UPDATE (decided_by_proposal) ON application TO rochdale_app;

ALTER TABLE bylaws ADD COLUMN adopted_by_proposal uuid;
COMMENT ON COLUMN bylaws.adopted_by IS 'The steward who put it in force; NULL for the founding ones and for those that members decided.';
COMMENT ON COLUMN bylaws.adopted_by_proposal IS 'The proposal that put it in force; NULL for the founding ones.';

ALTER TABLE job DROP CONSTRAINT job_kind_is_known,
    ADD CONSTRAINT job_kind_is_known CHECK (kind IN ('close', 'count', 'execute'));

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['proposal_sponsor', 'proposal_objection', 'execution']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON proposal_sponsor, proposal_objection, execution TO rochdale_app;
GRANT UPDATE (actions, submitted_at, objection_until, execute_after, expires_at, executed_at) ON proposal TO rochdale_app;
