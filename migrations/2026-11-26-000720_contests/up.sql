-- Contesting a result: a member says why it should not stand, a steward answers, and what was carried waits meanwhile.

CREATE TABLE proposal_contest (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    reason text NOT NULL CONSTRAINT proposal_contest_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    at timestamptz NOT NULL DEFAULT now(),
    verdict text CONSTRAINT proposal_contest_verdict_is_known CHECK (verdict IN ('dismissed', 'upheld')),
    verdict_reason text CONSTRAINT proposal_contest_verdict_reason_is_bounded CHECK (length(verdict_reason) BETWEEN 1 AND 2000),
    decided_by uuid,
    decided_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id),
    CONSTRAINT proposal_contest_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_contest_is_of_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT proposal_contest_is_decided_by_a_member FOREIGN KEY (coop_id, decided_by) REFERENCES member (coop_id, id),
    CONSTRAINT proposal_contest_is_decided_for_a_reason CHECK (num_nulls(verdict, verdict_reason, decided_by, decided_at) IN (0, 4)),
    CONSTRAINT proposal_contest_is_decided_by_another CHECK (decided_by <> member_id)
);
COMMENT ON TABLE proposal_contest IS 'Who contests a result, and what a steward answered. Rows are only answered, and only once.';
COMMENT ON COLUMN proposal_contest.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_contest.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_contest.member_id IS 'The member: on the roll, or the one whom it would expel.';
COMMENT ON COLUMN proposal_contest.reason IS 'Why the result should not stand; "erased" where the member was forgotten.';
COMMENT ON COLUMN proposal_contest.at IS 'When.';
COMMENT ON COLUMN proposal_contest.verdict IS 'dismissed, the result stands; upheld, it is set aside; NULL while nobody answered.';
COMMENT ON COLUMN proposal_contest.verdict_reason IS 'Why; "erased" where the member was forgotten.';
COMMENT ON COLUMN proposal_contest.decided_by IS 'The steward who answered, another member than who contests.';
COMMENT ON COLUMN proposal_contest.decided_at IS 'When.';
COMMENT ON COLUMN proposal_contest.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE proposal_contest ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposal_contest FORCE ROW LEVEL SECURITY;
CREATE POLICY proposal_contest_of_this_coop ON proposal_contest
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

CREATE FUNCTION check_proposal_contest_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Forgetting a person reaches why they contested, and what they were answered.
    IF NEW.reason = 'erased' AND NEW.verdict_reason IS NOT DISTINCT FROM (CASE WHEN OLD.verdict IS NOT NULL THEN 'erased' END)
        AND to_jsonb(NEW) - ARRAY['reason', 'verdict_reason'] = to_jsonb(OLD) - ARRAY['reason', 'verdict_reason']
        AND EXISTS (SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.member_id)
    THEN
        RETURN NEW;
    END IF;
    IF OLD.verdict IS NOT NULL OR (NEW.coop_id, NEW.proposal_id, NEW.member_id, NEW.reason, NEW.at)
        IS DISTINCT FROM (OLD.coop_id, OLD.proposal_id, OLD.member_id, OLD.reason, OLD.at)
    THEN
        RAISE EXCEPTION 'a contest is only answered, and only once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_contest_change() IS 'Refuses every change of a contest but its answer, and the words of a member who was erased.';
CREATE TRIGGER proposal_contest_is_only_answered BEFORE UPDATE ON proposal_contest
    FOR EACH ROW EXECUTE FUNCTION check_proposal_contest_change();
CREATE TRIGGER proposal_contest_is_never_removed BEFORE DELETE ON proposal_contest
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_contest_is_never_emptied BEFORE TRUNCATE ON proposal_contest
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE proposal_contest ENABLE ALWAYS TRIGGER proposal_contest_is_only_answered;
ALTER TABLE proposal_contest ENABLE ALWAYS TRIGGER proposal_contest_is_never_removed;
ALTER TABLE proposal_contest ENABLE ALWAYS TRIGGER proposal_contest_is_never_emptied;

CREATE OR REPLACE FUNCTION check_event_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Admission, renaming, status and offices of a member; an application and its decision; objections and contests that a member
    -- raised, and what these were answered.
    IF NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id
            AND ((OLD.kind IN (10, 11, 12, 13, 14, 22, 23) AND erasure.subject = OLD.subject)
                OR (OLD.kind IN (41, 74) AND erasure.subject = OLD.actor_id)
                OR (OLD.kind = 75 AND substring(OLD.words FROM 49 FOR 16) = uuid_send(erasure.subject))))
    THEN
        RAISE EXCEPTION 'event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
GRANT SELECT, INSERT ON proposal_contest TO rochdale_app;
GRANT UPDATE (verdict, verdict_reason, decided_by, decided_at) ON proposal_contest TO rochdale_app;

ALTER TABLE proposal ADD COLUMN contest_until timestamptz;
COMMENT ON COLUMN proposal.contest_until IS 'Until when its result may be contested, in whole seconds; NULL where the bylaws give no time.';
COMMENT ON COLUMN proposal.end_reason IS 'Why it was withdrawn, cancelled, stopped by objections or set aside.';
GRANT UPDATE (contest_until) ON proposal TO rochdale_app;

-- A result that waited to be executed is set aside where a contest was upheld; that step has a guard of its own.
DROP TRIGGER proposal_changes_by_the_rules ON proposal;
CREATE TRIGGER proposal_changes_by_the_rules BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (NOT (OLD.state IN ('queued', 'execution_failed') AND NEW.state = 'rejected'))
    EXECUTE FUNCTION check_proposal_change();
CREATE FUNCTION check_proposal_set_aside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['state', 'version', 'end_reason'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'version', 'end_reason']
        OR NOT EXISTS (SELECT FROM proposal_contest AS contest
            WHERE contest.coop_id = NEW.coop_id AND contest.proposal_id = NEW.id AND contest.verdict = 'upheld')
    THEN
        RAISE EXCEPTION 'a result is set aside where a contest was upheld, and nothing else changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_set_aside() IS 'Lets a result that waits be set aside only where a contest was upheld.';
CREATE TRIGGER proposal_is_set_aside_by_a_contest BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (OLD.state IN ('queued', 'execution_failed') AND NEW.state = 'rejected')
    EXECUTE FUNCTION check_proposal_set_aside();

CREATE FUNCTION check_proposal_uncontested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM proposal_contest AS contest
        WHERE contest.coop_id = NEW.coop_id AND contest.proposal_id = NEW.id AND contest.verdict IS DISTINCT FROM 'dismissed')
    THEN
        RAISE EXCEPTION 'nothing is executed while its result is contested' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_uncontested() IS 'Refuses to execute what is contested.';
CREATE TRIGGER proposal_is_executed_uncontested BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (OLD.state <> 'executed' AND NEW.state = 'executed') EXECUTE FUNCTION check_proposal_uncontested();
