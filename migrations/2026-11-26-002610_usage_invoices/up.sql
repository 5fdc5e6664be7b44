-- Invoices for what a member used of the tools: each asks for what became owed since the one before, once.

CREATE FUNCTION check_usage_invoice(document money_document) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    upto bigint := substr(document.period, 7)::bigint;
    before bigint := coalesce((SELECT max(substr(earlier.period, 7)::bigint) FROM money_document AS earlier
        WHERE earlier.coop_id = document.coop_id AND earlier.member_id = document.member_id AND earlier.currency = document.currency
          AND earlier.period ~ '^usage-' AND earlier.id <> document.id), 0);
BEGIN
    IF document.kind <> 'invoice' OR before >= upto OR document.net IS DISTINCT FROM (
        SELECT sum(line.minor) * 10::numeric ^ (currency.exponent - currency.minor_digits) FROM access_owed_line AS line
        JOIN access_owed AS owed ON owed.coop_id = line.coop_id AND owed.number = line.number AND owed.currency = document.currency
        JOIN ledger_currency AS currency ON currency.coop_id = owed.coop_id AND currency.code = owed.currency
        WHERE line.coop_id = document.coop_id AND line.member_id = document.member_id AND line.number > before AND line.number <= upto
        GROUP BY currency.exponent, currency.minor_digits)
    THEN
        RAISE EXCEPTION 'an invoice for use asks for what the member owes and was not asked for before'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_asks_for_use_once';
    END IF;
END
$$;
COMMENT ON FUNCTION check_usage_invoice(money_document) IS
    'Refuses invoices for use that ask for anything but what became owed since the one before.';

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
    IF NEW.period ~ '^usage-' THEN
        PERFORM check_usage_invoice(NEW);
    END IF;
    -- What it earns, or takes back: the entries in accounts of income come to the net amount. What was used is income since it was told, as
    -- what members owe together: an invoice makes it what the member owes.
    SELECT coalesce(sum(entry.amount), 0) INTO moved FROM journal
    JOIN journal_entry AS entry ON entry.coop_id = journal.coop_id AND entry.number = journal.number
    JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id
        AND CASE WHEN NEW.period ~ '^usage-' THEN account.path = 'assets:receivable:members' AND entry.reference = NEW.id
                 ELSE account.kind = 'income' END
    WHERE journal.coop_id = NEW.coop_id AND journal.id = NEW.journal_id AND journal.effective_on = NEW.issued_on
      AND journal.kind = CASE NEW.kind WHEN 'receipt' THEN 'payment' ELSE 'invoice' END;
    IF moved <> (CASE NEW.kind WHEN 'credit_note' THEN NEW.net ELSE -NEW.net END) THEN
        RAISE EXCEPTION 'a document is posted as what it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_is_posted_as_it_is';
    END IF;
    RETURN NULL;
END
$$;

-- A charge that was wrong is taken back by a credit note of its invoice, which the member sees.
CREATE FUNCTION check_usage_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM access_owed AS owed WHERE owed.coop_id = NEW.coop_id AND owed.journal_id = NEW.reverses) THEN
        RAISE EXCEPTION 'what members owe for their use is not undone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_of_such_an_act_is_not_undone';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_usage_undoing() IS 'Refuses to undo what members owe for their use.';
CREATE TRIGGER journal_usage_undoing_is_refused AFTER INSERT ON journal FOR EACH ROW WHEN (NEW.reverses IS NOT NULL)
    EXECUTE FUNCTION check_usage_undoing();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_usage_undoing_is_refused;

COMMENT ON COLUMN money_document.period IS
    'The period of dues; entrance for the entrance fee; usage- and the number of the last sum of use that an invoice asks for; NULL for others.';
