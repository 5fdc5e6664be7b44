DROP TABLE execution, proposal_objection, proposal_sponsor;
ALTER TABLE job DROP CONSTRAINT job_kind_is_known, ADD CONSTRAINT job_kind_is_known CHECK (kind IN ('close', 'count'));
ALTER TABLE bylaws DROP COLUMN adopted_by_proposal;
COMMENT ON COLUMN bylaws.adopted_by IS 'The steward who put it in force; NULL for the founding ones.';
ALTER TABLE application
    DROP CONSTRAINT application_is_decided_by_someone,
    DROP COLUMN decided_by_proposal,
    ADD CONSTRAINT application_is_decided_by_someone
        CHECK ((status = 'pending') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL));
COMMENT ON COLUMN application.decided_by IS 'The steward who decided.';
ALTER TABLE proposal
    DROP CONSTRAINT proposal_state_is_known,
    DROP CONSTRAINT proposal_is_frozen_while_open,
    DROP CONSTRAINT proposal_has_a_marker_once_closed,
    DROP CONSTRAINT proposal_is_objected_to_for_a_time,
    DROP CONSTRAINT proposal_is_executed_in_a_time,
    DROP CONSTRAINT proposal_is_executed_at_a_moment,
    DROP COLUMN actions,
    DROP COLUMN submitted_at,
    DROP COLUMN objection_until,
    DROP COLUMN execute_after,
    DROP COLUMN expires_at,
    DROP COLUMN executed_at,
    ADD CONSTRAINT proposal_state_is_known CHECK (state IN (
        'draft', 'discussion', 'open', 'closed', 'passed', 'rejected', 'no_quorum', 'tied', 'withdrawn', 'cancelled')),
    ADD CONSTRAINT proposal_is_frozen_while_open CHECK (
        state NOT IN ('open', 'closed', 'passed', 'rejected', 'no_quorum', 'tied')
        OR num_nulls(opens_at, closes_at, rule_salt, salt, record_hash, roll_root, roll_count, roll_weight, lot_secret) = 0),
    ADD CONSTRAINT proposal_has_a_marker_once_closed CHECK (
        (state IN ('closed', 'passed', 'rejected', 'no_quorum', 'tied')) = (close_marker IS NOT NULL)
        AND (close_marker IS NULL) = (closed_at IS NULL));
COMMENT ON COLUMN proposal.end_reason IS 'Why.';
CREATE OR REPLACE FUNCTION check_proposal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
        WHEN 'draft' THEN NEW.state IN ('discussion', 'withdrawn', 'cancelled')
        WHEN 'discussion' THEN NEW.state IN ('open', 'withdrawn', 'cancelled')
        WHEN 'open' THEN NEW.state IN ('closed', 'cancelled')
        WHEN 'closed' THEN NEW.state IN ('passed', 'rejected', 'no_quorum', 'tied')
        ELSE false
    END) THEN
        RAISE EXCEPTION 'a proposal cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('draft', 'discussion') AND (
        NEW.title, NEW.body, NEW.options, NEW.rule, NEW.kind, NEW.opens_at, NEW.closes_at, NEW.rule_salt, NEW.salt,
        NEW.record_hash, NEW.roll_root, NEW.roll_count, NEW.roll_weight, NEW.lot_secret
    ) IS DISTINCT FROM (
        OLD.title, OLD.body, OLD.options, OLD.rule, OLD.kind, OLD.opens_at, OLD.closes_at, OLD.rule_salt, OLD.salt,
        OLD.record_hash, OLD.roll_root, OLD.roll_count, OLD.roll_weight, OLD.lot_secret
    ) THEN
        RAISE EXCEPTION 'what members vote on never changes once voting opened' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.close_marker IS NOT NULL AND NEW.close_marker IS DISTINCT FROM OLD.close_marker THEN
        RAISE EXCEPTION 'the close marker never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
