-- How payments end that no file of a bank ends: by what two persons state with evidence, or given back to what the member is owed; and how a
-- cycle ends: closed by two persons once everything is paid, or undone by two persons before anything is.

CREATE TABLE payment_statement (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    number smallint NOT NULL,
    outcome text NOT NULL CONSTRAINT payment_statement_outcome_is_known CHECK (outcome IN ('paid', 'not_paid')),
    ledger_account_id uuid,
    day date NOT NULL,
    reference text NOT NULL CONSTRAINT payment_statement_reference_is_bounded CHECK (length(reference) BETWEEN 1 AND 140),
    document bytea NOT NULL CONSTRAINT payment_statement_document_has_32_bytes CHECK (octet_length(document) = 32),
    stated_by uuid NOT NULL,
    stated_at timestamptz NOT NULL,
    verdict text CONSTRAINT payment_statement_verdict_is_known CHECK (verdict IN ('right', 'wrong')),
    confirmed_by uuid,
    confirmed_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT payment_statement_is_of_a_try FOREIGN KEY (coop_id, payment_id, number) REFERENCES payment_attempt (coop_id, payment_id, number),
    CONSTRAINT payment_statement_names_an_account FOREIGN KEY (coop_id, ledger_account_id) REFERENCES ledger_account (coop_id, id),
    CONSTRAINT payment_statement_is_by_a_member FOREIGN KEY (coop_id, stated_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_statement_is_confirmed_by_a_member FOREIGN KEY (coop_id, confirmed_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_statement_is_confirmed_by_another CHECK (confirmed_by <> stated_by),
    CONSTRAINT payment_statement_pays_from_an_account CHECK ((outcome = 'paid') = (ledger_account_id IS NOT NULL)),
    CONSTRAINT payment_statement_is_confirmed_by_somebody
        CHECK ((verdict IS NULL) = (num_nulls(confirmed_by, confirmed_at) = 2) AND (verdict IS NULL OR num_nulls(confirmed_by, confirmed_at) = 0))
);
CREATE UNIQUE INDEX payment_statement_is_alone ON payment_statement (coop_id, payment_id) WHERE verdict IS NULL;
CREATE INDEX payment_statement_of_try ON payment_statement (coop_id, payment_id, number);
CREATE INDEX payment_statement_of_account ON payment_statement (coop_id, ledger_account_id);
CREATE INDEX payment_statement_of_stater ON payment_statement (coop_id, stated_by);
CREATE INDEX payment_statement_of_confirmer ON payment_statement (coop_id, confirmed_by);
COMMENT ON TABLE payment_statement IS 'What persons state of payments, with evidence: that one was made by hand, or what became of one of which the bank does not speak.';
COMMENT ON COLUMN payment_statement.coop_id IS 'The co-op.';
COMMENT ON COLUMN payment_statement.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN payment_statement.payment_id IS 'The payment.';
COMMENT ON COLUMN payment_statement.number IS 'Which try of it.';
COMMENT ON COLUMN payment_statement.outcome IS 'paid or not_paid.';
COMMENT ON COLUMN payment_statement.ledger_account_id IS 'The account of the books from which it was paid; NULL where it was not.';
COMMENT ON COLUMN payment_statement.day IS 'On which day.';
COMMENT ON COLUMN payment_statement.reference IS 'What the evidence is called: a receipt, a letter of the bank.';
COMMENT ON COLUMN payment_statement.document IS 'SHA-256 of the evidence.';
COMMENT ON COLUMN payment_statement.stated_by IS 'Who states it.';
COMMENT ON COLUMN payment_statement.stated_at IS 'When.';
COMMENT ON COLUMN payment_statement.verdict IS 'Whether another person who looked at the evidence found it right or wrong; NULL before.';
COMMENT ON COLUMN payment_statement.confirmed_by IS 'Who that was.';
COMMENT ON COLUMN payment_statement.confirmed_at IS 'When.';
COMMENT ON COLUMN payment_statement.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_payment_statement_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.verdict IS NOT NULL OR to_jsonb(NEW) - '{verdict,confirmed_by,confirmed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{verdict,confirmed_by,confirmed_at,recorded_by}'::text[]
    THEN
        RAISE EXCEPTION 'a statement is confirmed or found wrong, once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM payment WHERE payment.coop_id = NEW.coop_id AND payment.id = NEW.payment_id AND payment.member_id = NEW.confirmed_by) THEN
        RAISE EXCEPTION 'nobody looks at the evidence of a payment to themselves'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_statement_is_not_confirmed_by_the_paid';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payment_statement_change() IS 'Refuses every change of a statement but its verdict, and a verdict of the member who is paid.';
CREATE TRIGGER payment_statement_only_gets_its_verdict BEFORE UPDATE ON payment_statement
    FOR EACH ROW EXECUTE FUNCTION check_payment_statement_change();

ALTER TABLE payment_attempt ADD COLUMN statement_id uuid;
COMMENT ON COLUMN payment_attempt.statement_id IS 'The statement of two persons that says so; NULL where a bank does, or nobody did yet.';
ALTER TABLE payment_attempt ADD CONSTRAINT payment_attempt_rests_on_a_statement
    FOREIGN KEY (coop_id, statement_id) REFERENCES payment_statement (coop_id, id);
CREATE INDEX payment_attempt_of_statement ON payment_attempt (coop_id, statement_id);
ALTER TABLE payment_attempt DROP CONSTRAINT payment_attempt_has_evidence;
ALTER TABLE payment_attempt ADD CONSTRAINT payment_attempt_has_evidence
    CHECK (state NOT IN ('accepted', 'rejected', 'returned') OR num_nonnulls(evidence_id, statement_id) >= 1);

CREATE OR REPLACE FUNCTION check_payment_attempt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{state,reason,came_back,evidence_id,statement_id,changed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{state,reason,came_back,evidence_id,statement_id,changed_at,recorded_by}'::text[]
        OR (OLD.state, NEW.state) NOT IN (('prepared', 'submitted'), ('prepared', 'withdrawn'), ('prepared', 'settled'),
            ('submitted', 'accepted'), ('submitted', 'unknown'), ('submitted', 'settled'), ('submitted', 'rejected'), ('submitted', 'returned'),
            ('accepted', 'unknown'), ('accepted', 'settled'), ('accepted', 'rejected'), ('accepted', 'returned'),
            ('unknown', 'accepted'), ('unknown', 'settled'), ('unknown', 'rejected'), ('unknown', 'returned'),
            ('settled', 'returned'))
        -- What stands in a file is paid by the bank alone, and what was carried stays so.
        OR (NEW.rail = 'bank' AND OLD.state = 'prepared' AND NEW.state = 'settled') OR NEW.rail = 'carry'
        OR (NEW.rail = 'manual' AND NEW.state = 'submitted')
    THEN
        RAISE EXCEPTION 'a try goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    -- By hand nothing is paid that another person did not find right.
    IF NEW.rail = 'manual' AND NEW.state = 'settled' AND NOT EXISTS (SELECT FROM payment_statement AS said
        WHERE said.coop_id = NEW.coop_id AND said.id = NEW.statement_id AND said.payment_id = NEW.payment_id AND said.number = NEW.number
          AND said.verdict = 'right' AND said.outcome = 'paid')
    THEN
        RAISE EXCEPTION 'what is paid by hand is confirmed by another person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_by_hand_is_confirmed';
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE payment_closing (
    coop_id uuid NOT NULL REFERENCES coop (id),
    cycle_id uuid NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    closed_by uuid,
    closed_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, cycle_id),
    CONSTRAINT payment_closing_is_of_an_issued_cycle FOREIGN KEY (coop_id, cycle_id) REFERENCES payment_issue (coop_id, cycle_id),
    CONSTRAINT payment_closing_is_asked_by_a_member FOREIGN KEY (coop_id, asked_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_closing_is_by_a_member FOREIGN KEY (coop_id, closed_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_closing_is_by_another CHECK (closed_by <> asked_by),
    CONSTRAINT payment_closing_is_by_somebody CHECK ((closed_by IS NULL) = (closed_at IS NULL))
);
CREATE INDEX payment_closing_of_asker ON payment_closing (coop_id, asked_by);
CREATE INDEX payment_closing_of_closer ON payment_closing (coop_id, closed_by);
COMMENT ON TABLE payment_closing IS 'Cycles of which everything is paid, closed by two persons.';
COMMENT ON COLUMN payment_closing.coop_id IS 'The co-op.';
COMMENT ON COLUMN payment_closing.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payment_closing.asked_by IS 'Who says that it is done.';
COMMENT ON COLUMN payment_closing.asked_at IS 'When.';
COMMENT ON COLUMN payment_closing.closed_by IS 'Who looked at it too; NULL before.';
COMMENT ON COLUMN payment_closing.closed_at IS 'When.';
COMMENT ON COLUMN payment_closing.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_payment_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.closed_by IS NOT NULL OR to_jsonb(NEW) - '{closed_by,closed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{closed_by,closed_at,recorded_by}'::text[])
    THEN
        RAISE EXCEPTION 'a cycle is closed once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM payment WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
        AND NOT EXISTS (SELECT FROM payment_attempt AS paid WHERE paid.coop_id = NEW.coop_id AND paid.payment_id = payment.id
            AND paid.state = 'settled'))
        OR EXISTS (SELECT FROM payment
            JOIN journal_entry AS entry ON entry.coop_id = NEW.coop_id AND entry.reference = payment.id
            JOIN ledger_account AS account ON account.coop_id = NEW.coop_id AND account.id = entry.account_id
                AND account.path IN ('liabilities:payments:due', 'liabilities:payments:clearing')
            WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
            GROUP BY payment.id, account.id HAVING sum(entry.amount) <> 0)
    THEN
        RAISE EXCEPTION 'a cycle is closed once everything is paid and nothing is due or clearing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_closing_leaves_nothing';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payment_closing() IS 'Refuses to close a cycle of which something is not paid, or not even in the books.';
CREATE TRIGGER payment_closing_leaves_nothing BEFORE INSERT OR UPDATE ON payment_closing FOR EACH ROW EXECUTE FUNCTION check_payment_closing();

CREATE TABLE payout_reversal (
    coop_id uuid NOT NULL REFERENCES coop (id),
    cycle_id uuid NOT NULL,
    reason text NOT NULL CONSTRAINT payout_reversal_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    journal_id uuid,
    reversed_by uuid,
    reversed_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, cycle_id),
    CONSTRAINT payout_reversal_is_of_a_cycle FOREIGN KEY (coop_id, cycle_id) REFERENCES payout_cycle (coop_id, id),
    CONSTRAINT payout_reversal_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT payout_reversal_is_asked_by_a_member FOREIGN KEY (coop_id, asked_by) REFERENCES member (coop_id, id),
    CONSTRAINT payout_reversal_is_by_a_member FOREIGN KEY (coop_id, reversed_by) REFERENCES member (coop_id, id),
    CONSTRAINT payout_reversal_is_by_another CHECK (reversed_by <> asked_by),
    CONSTRAINT payout_reversal_is_by_somebody CHECK (num_nulls(journal_id, reversed_by, reversed_at) IN (0, 3))
);
CREATE INDEX payout_reversal_of_journal ON payout_reversal (coop_id, journal_id);
CREATE INDEX payout_reversal_of_asker ON payout_reversal (coop_id, asked_by);
CREATE INDEX payout_reversal_of_reverser ON payout_reversal (coop_id, reversed_by);
COMMENT ON TABLE payout_reversal IS 'Posted cycles that two persons undid before anything of them was paid.';
COMMENT ON COLUMN payout_reversal.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_reversal.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_reversal.reason IS 'Why.';
COMMENT ON COLUMN payout_reversal.asked_by IS 'Who asked for it.';
COMMENT ON COLUMN payout_reversal.asked_at IS 'When.';
COMMENT ON COLUMN payout_reversal.journal_id IS 'The transaction that undoes the one that posted it; NULL before.';
COMMENT ON COLUMN payout_reversal.reversed_by IS 'Who undid it.';
COMMENT ON COLUMN payout_reversal.reversed_at IS 'When.';
COMMENT ON COLUMN payout_reversal.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_payout_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
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
COMMENT ON FUNCTION check_payout_reversal() IS 'Refuses to undo a cycle of which something was paid, or that a later one was computed from.';
CREATE TRIGGER payout_reversal_is_of_the_last_cycle BEFORE INSERT OR UPDATE ON payout_reversal
    FOR EACH ROW EXECUTE FUNCTION check_payout_reversal();

-- What was undone is not paid, and a later cycle that was undone carries nothing.
CREATE OR REPLACE FUNCTION check_payment_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A later cycle that was frozen since pays what the members were owed then, this cycle's payouts among it.
    IF NOT EXISTS (SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id AND cycle.state = 'posted')
        OR EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = NEW.coop_id AND undone.cycle_id = NEW.cycle_id
            AND undone.reversed_at IS NOT NULL)
        OR EXISTS (SELECT FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = cycle.coop_id AND journal.id = cycle.journal_id
            JOIN payout_cycle AS later ON later.coop_id = cycle.coop_id AND later.currency = cycle.currency
                AND later.id <> cycle.id AND later.state NOT IN ('open', 'cancelled') AND later.journal_upto >= journal.number
                AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = later.coop_id AND undone.cycle_id = later.id
                    AND undone.reversed_at IS NOT NULL)
            WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id)
    THEN
        RAISE EXCEPTION 'the payouts of the cycle are not to be paid, or a later cycle pays them'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_issue_is_of_the_last_cycle';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION check_cycle_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh JOIN payment ON payment.coop_id = fresh.coop_id AND payment.id = fresh.payment_id
               JOIN payout_reversal AS undone ON undone.coop_id = payment.coop_id AND undone.cycle_id = payment.cycle_id
                   AND undone.reversed_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'nothing of a cycle is paid that was undone' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_is_of_a_cycle_that_stands';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_cycle_stands() IS 'Refuses tries to pay what was undone.';
CREATE TRIGGER payment_attempt_is_of_a_cycle_that_stands AFTER INSERT ON payment_attempt REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_cycle_stands();
ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_is_of_a_cycle_that_stands;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['payment_statement', 'payment_closing', 'payout_reversal']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_is_never_removed', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_removed');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;
ALTER TABLE payment_statement ENABLE ALWAYS TRIGGER payment_statement_only_gets_its_verdict;
ALTER TABLE payment_closing ENABLE ALWAYS TRIGGER payment_closing_leaves_nothing;
ALTER TABLE payout_reversal ENABLE ALWAYS TRIGGER payout_reversal_is_of_the_last_cycle;

GRANT SELECT, INSERT ON payment_statement, payment_closing, payout_reversal TO rochdale_app;
GRANT UPDATE (verdict, confirmed_by, confirmed_at, recorded_by) ON payment_statement TO rochdale_app;
GRANT UPDATE (closed_by, closed_at, recorded_by) ON payment_closing TO rochdale_app;
GRANT UPDATE (journal_id, reversed_by, reversed_at, recorded_by) ON payout_reversal TO rochdale_app;
GRANT UPDATE (statement_id) ON payment_attempt TO rochdale_app;
