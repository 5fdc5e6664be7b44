CREATE OR REPLACE FUNCTION check_payment_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.closed_by IS NOT NULL OR to_jsonb(NEW) - '{closed_by,closed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{closed_by,closed_at,recorded_by}'::text[])
    THEN
        RAISE EXCEPTION 'a cycle is closed once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM payment WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
        AND NOT EXISTS (SELECT FROM payment_attempt AS paid WHERE paid.coop_id = NEW.coop_id AND paid.payment_id = payment.id
            AND (paid.state = 'settled' OR (paid.rail = 'chain' AND paid.state = 'accepted'))))
        OR EXISTS (SELECT FROM payment
            JOIN journal_entry AS entry ON entry.coop_id = NEW.coop_id AND entry.reference = payment.id
            JOIN ledger_account AS account ON account.coop_id = NEW.coop_id AND account.id = entry.account_id
                AND account.path IN ('liabilities:payments:due', 'liabilities:payments:clearing')
            WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
              AND NOT EXISTS (SELECT FROM payment_attempt AS claimable WHERE claimable.coop_id = NEW.coop_id
                  AND claimable.payment_id = payment.id AND claimable.rail = 'chain' AND claimable.state = 'accepted')
            GROUP BY payment.id, account.id HAVING sum(entry.amount) <> 0)
    THEN
        RAISE EXCEPTION 'a cycle is closed once everything is paid and nothing is due or clearing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_closing_leaves_nothing';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION check_payout_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.reversed_by IS NOT NULL OR to_jsonb(NEW) - '{journal_id,reversed_by,reversed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{journal_id,reversed_by,reversed_at,recorded_by}'::text[])
    THEN
        RAISE EXCEPTION 'a cycle is undone once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id AND cycle.state = 'posted')
        OR EXISTS (SELECT FROM payment JOIN payment_attempt AS attempt ON attempt.coop_id = NEW.coop_id AND attempt.payment_id = payment.id
            WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
              AND attempt.state NOT IN ('rejected', 'returned', 'withdrawn'))
        OR EXISTS (SELECT FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = cycle.coop_id AND journal.id = cycle.journal_id
            JOIN payout_cycle AS later ON later.coop_id = cycle.coop_id AND later.currency = cycle.currency
                AND later.id <> cycle.id AND later.state NOT IN ('open', 'cancelled') AND later.journal_upto >= journal.number
            WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id
              AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = later.coop_id AND undone.cycle_id = later.id
                  AND undone.reversed_at IS NOT NULL))
        OR (NEW.journal_id IS NOT NULL AND NOT EXISTS (SELECT FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = cycle.coop_id AND journal.id = NEW.journal_id AND journal.reverses = cycle.journal_id
            WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id))
    THEN
        RAISE EXCEPTION 'only the last cycle is undone, before anything of it is paid, by undoing what posted it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_reversal_is_of_the_last_cycle';
    END IF;
    RETURN NEW;
END
$$;

DROP INDEX payment_closing_is_alone;
ALTER TABLE payment_closing DROP CONSTRAINT payment_closing_is_withdrawn_before_it_is_done, DROP CONSTRAINT payment_closing_pkey,
    DROP COLUMN number, DROP COLUMN withdrawn_at, ADD PRIMARY KEY (coop_id, cycle_id);
DROP INDEX payout_reversal_is_alone;
ALTER TABLE payout_reversal DROP CONSTRAINT payout_reversal_is_withdrawn_before_it_is_done, DROP CONSTRAINT payout_reversal_pkey,
    DROP COLUMN number, DROP COLUMN withdrawn_at, ADD PRIMARY KEY (coop_id, cycle_id);
