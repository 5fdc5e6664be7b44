COMMENT ON COLUMN money_document.period IS 'The period of dues, or entrance for the entrance fee; NULL for others.';
DROP TRIGGER journal_usage_undoing_is_refused ON journal;
DROP FUNCTION check_usage_undoing();

CREATE OR REPLACE FUNCTION check_money_document() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before money_document;
    moved bigint;
BEGIN
    IF NEW.number > 1 THEN
        SELECT * INTO before FROM money_document AS document WHERE document.coop_id = NEW.coop_id AND document.kind = NEW.kind
            AND document.year = NEW.year AND document.number = NEW.number - 1;
        IF before.id IS NULL OR before.issued_on > NEW.issued_on THEN
            RAISE EXCEPTION 'numbers of documents have no gap and follow the days'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_numbers_follow_each_other';
        END IF;
    END IF;
    IF NEW.corrects IS NOT NULL THEN
        PERFORM check_credit_note(NEW);
    END IF;
    -- What it earns, or takes back: the entries in accounts of income come to the net amount.
    SELECT coalesce(sum(entry.amount), 0) INTO moved FROM journal
    JOIN journal_entry AS entry ON entry.coop_id = journal.coop_id AND entry.number = journal.number
    JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id AND account.kind = 'income'
    WHERE journal.coop_id = NEW.coop_id AND journal.id = NEW.journal_id AND journal.effective_on = NEW.issued_on
      AND journal.kind = CASE NEW.kind WHEN 'receipt' THEN 'payment' ELSE 'invoice' END;
    IF moved <> (CASE NEW.kind WHEN 'credit_note' THEN NEW.net ELSE -NEW.net END) THEN
        RAISE EXCEPTION 'a document is posted as what it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_is_posted_as_it_is';
    END IF;
    RETURN NULL;
END
$$;

DROP FUNCTION check_usage_invoice(money_document);
