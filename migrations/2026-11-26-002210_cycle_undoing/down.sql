DROP TRIGGER journal_of_a_cycle_is_undone_with_it ON journal;
DROP FUNCTION check_cycle_undoing();

CREATE OR REPLACE FUNCTION check_payment_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    member uuid := (SELECT member_id FROM incoming_payment WHERE coop_id = NEW.coop_id AND journal_id = NEW.reverses);
BEGIN
    IF EXISTS (SELECT FROM money_document WHERE coop_id = NEW.coop_id AND journal_id = NEW.reverses) THEN
        RAISE EXCEPTION 'what a document posted is not undone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_of_such_an_act_is_not_undone';
    END IF;
    IF EXISTS (SELECT FROM settlement AS part JOIN money_document AS note ON note.coop_id = part.coop_id AND note.corrects = part.document_id
               WHERE part.coop_id = NEW.coop_id AND part.journal_id = NEW.reverses)
    THEN
        RAISE EXCEPTION 'an invoice that the payment settled was taken back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_of_what_was_taken_back_stays';
    END IF;
    IF member IS NOT NULL THEN
        PERFORM check_credit_of_member(NEW.coop_id, member);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payment_undoing() IS
    'Refuses to undo what a document posted, payments whose credit was used, and those of invoices that were taken back.';
