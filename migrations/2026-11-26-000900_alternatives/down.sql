DROP TRIGGER proposal_opens_alone_or_in_one_vote ON proposal;
DROP TRIGGER proposal_texts_are_kept ON proposal;
DROP TRIGGER proposal_is_merged_into_another ON proposal;
DROP TRIGGER proposal_changes_by_the_rules ON proposal;
CREATE TRIGGER proposal_changes_by_the_rules BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (NOT (OLD.state IN ('queued', 'execution_failed') AND NEW.state = 'rejected'))
    EXECUTE FUNCTION check_proposal_change();
COMMENT ON COLUMN proposal.ended_by IS 'Who withdrew or cancelled it.';
COMMENT ON COLUMN proposal.end_reason IS 'Why it was withdrawn, cancelled, stopped by objections or set aside.';
ALTER TABLE proposal
    DROP CONSTRAINT proposal_is_merged_for_a_reason,
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
        AND (close_marker IS NULL) = (closed_at IS NULL));
DROP TABLE proposal_version;
DROP TABLE proposal_merger;
DROP TABLE proposal_alternative;
DROP FUNCTION check_proposal_alone();
DROP FUNCTION check_proposal_texts();
DROP FUNCTION check_proposal_merger();
DROP FUNCTION check_proposal_alternative();
DROP FUNCTION check_proposal_merged();
