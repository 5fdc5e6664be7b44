CREATE OR REPLACE FUNCTION check_payout_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cycle payout_cycle;
BEGIN
    SELECT * INTO cycle FROM payout_cycle AS head WHERE head.coop_id = NEW.coop_id AND head.id = NEW.cycle_id;
    IF cycle.state IS DISTINCT FROM 'proposed' OR cycle.digest <> NEW.digest OR cycle.payout_digest <> NEW.payout_digest THEN
        RAISE EXCEPTION 'what is approved is not what is proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_of_what_is_proposed';
    END IF;
    IF NEW.member_id IN (cycle.opened_by, cycle.frozen_by, cycle.computed_by, cycle.proposed_by) OR EXISTS (
        SELECT FROM contribution_snapshot AS given WHERE given.coop_id = NEW.coop_id AND given.id = ANY (cycle.snapshots)
          AND given.submitted_by = NEW.member_id)
        OR EXISTS (SELECT FROM member_tax_profile AS given WHERE given.coop_id = NEW.coop_id AND given.set_by = NEW.member_id
                   AND given.set_at <= cycle.frozen_at
                   AND given.set_at > coalesce((SELECT before.frozen_at FROM payout_cycle AS before
                       WHERE before.coop_id = NEW.coop_id AND before.id = cycle.previous), '-infinity'))
    THEN
        RAISE EXCEPTION 'nobody approves what they prepared'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_by_another';
    END IF;
    RETURN NULL;
END
$$;
DROP FUNCTION payout_cycle_editors(payout_cycle);
