-- A cycle is undone by two persons, and stays so: no transaction of it, nor one that undid such a transaction, is undone by hand.

CREATE FUNCTION check_cycle_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM journal AS undone
        JOIN LATERAL (
            SELECT cycle.id, cycle.journal_id FROM payout_cycle AS cycle WHERE cycle.coop_id = NEW.coop_id
            UNION ALL
            SELECT issue.cycle_id, issue.journal_id FROM payment_issue AS issue WHERE issue.coop_id = NEW.coop_id
        ) AS act (cycle_id, journal_id) ON act.journal_id IN (undone.id, undone.reverses)
        WHERE undone.coop_id = NEW.coop_id AND undone.id = NEW.reverses
          AND (act.journal_id = undone.reverses
               OR NOT EXISTS (SELECT FROM payout_reversal AS reversal WHERE reversal.coop_id = NEW.coop_id
                              AND reversal.cycle_id = act.cycle_id AND reversal.reversed_at IS NOT NULL))
    ) THEN
        RAISE EXCEPTION 'a transaction of a payout cycle is undone by two persons, with the cycle, for good'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_of_a_cycle_is_undone_with_it';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_cycle_undoing() IS 'Refuses to undo a transaction of a payout cycle without the cycle, and to undo that undoing.';
-- At the end, for the two persons' act is noted after its transactions.
CREATE CONSTRAINT TRIGGER journal_of_a_cycle_is_undone_with_it AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION check_cycle_undoing();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_of_a_cycle_is_undone_with_it;

-- A credit note of what was still open takes nothing of a payment, so a payment that bounces can be undone. One that gave paid money back
-- stands on the payment.
CREATE OR REPLACE FUNCTION check_payment_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    member uuid := (SELECT member_id FROM incoming_payment WHERE coop_id = NEW.coop_id AND journal_id = NEW.reverses);
BEGIN
    IF EXISTS (SELECT FROM money_document WHERE coop_id = NEW.coop_id AND journal_id = NEW.reverses) THEN
        RAISE EXCEPTION 'what a document posted is not undone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_of_such_an_act_is_not_undone';
    END IF;
    IF EXISTS (
        SELECT FROM settlement AS part
        JOIN money_document AS note ON note.coop_id = part.coop_id AND note.corrects = part.document_id
        LEFT JOIN settlement AS taken ON taken.coop_id = note.coop_id AND taken.document_id = note.corrects AND taken.journal_id = note.journal_id
        WHERE part.coop_id = NEW.coop_id AND part.journal_id = NEW.reverses AND note.gross > coalesce(taken.amount, 0)
    ) THEN
        RAISE EXCEPTION 'what the payment settled was given back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_of_what_was_taken_back_stays';
    END IF;
    IF member IS NOT NULL THEN
        PERFORM check_credit_of_member(NEW.coop_id, member);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payment_undoing() IS
    'Refuses to undo what a document posted, payments whose credit was used, and those of which a credit note gave back.';
