CREATE OR REPLACE FUNCTION check_payment_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A later cycle that was frozen since pays what the members were owed then, this cycle's payouts among it.
    IF NOT EXISTS (SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id AND cycle.state = 'posted')
        OR EXISTS (SELECT FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = cycle.coop_id AND journal.id = cycle.journal_id
            JOIN payout_cycle AS later ON later.coop_id = cycle.coop_id AND later.currency = cycle.currency
                AND later.id <> cycle.id AND later.state NOT IN ('open', 'cancelled') AND later.journal_upto >= journal.number
            WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id)
    THEN
        RAISE EXCEPTION 'the payouts of the cycle are not to be paid, or a later cycle pays them'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_issue_is_of_the_last_cycle';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION check_payment_attempt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{state,reason,came_back,evidence_id,changed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{state,reason,came_back,evidence_id,changed_at,recorded_by}'::text[]
        OR (OLD.state, NEW.state) NOT IN (('prepared', 'submitted'), ('prepared', 'withdrawn'), ('prepared', 'settled'),
            ('submitted', 'accepted'), ('submitted', 'unknown'), ('submitted', 'settled'), ('submitted', 'rejected'), ('submitted', 'returned'),
            ('accepted', 'unknown'), ('accepted', 'settled'), ('accepted', 'rejected'), ('accepted', 'returned'),
            ('unknown', 'accepted'), ('unknown', 'settled'), ('unknown', 'rejected'), ('unknown', 'returned'),
            ('settled', 'returned'))
        -- What stands in a file is paid by the bank alone, and what was carried stays so.
        OR (NEW.rail = 'bank' AND OLD.state = 'prepared' AND NEW.state = 'settled') OR NEW.rail = 'carry'
    THEN
        RAISE EXCEPTION 'a try goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER payment_attempt_is_of_a_cycle_that_stands ON payment_attempt;
ALTER TABLE payment_attempt DROP CONSTRAINT payment_attempt_has_evidence;
ALTER TABLE payment_attempt ADD CONSTRAINT payment_attempt_has_evidence
    CHECK (state NOT IN ('accepted', 'rejected', 'returned') OR evidence_id IS NOT NULL);
ALTER TABLE payment_attempt DROP COLUMN statement_id;
DROP TABLE payout_reversal, payment_closing, payment_statement;
DROP FUNCTION check_payment_statement_change(), check_payment_closing(), check_payout_reversal(), check_cycle_stands();
