-- Credit notes of a part of an invoice: as many as there are parts, and together never more than the invoice, in any line and in the VAT of
-- any rate.

ALTER TABLE money_document DROP CONSTRAINT money_document_is_corrected_once;
CREATE INDEX money_document_of_corrected ON money_document (coop_id, corrects);
COMMENT ON COLUMN money_document.corrects IS 'Of a credit note, the invoice that it takes back, whole or in part.';

-- Two notes at once cannot both come: each follows the number before, which it must see.
CREATE FUNCTION check_credit_note(note money_document) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    invoice money_document;
BEGIN
    SELECT * INTO invoice FROM money_document AS document WHERE document.coop_id = note.coop_id AND document.id = note.corrects;
    IF invoice.kind <> 'invoice' OR invoice.currency <> note.currency OR invoice.member_id IS DISTINCT FROM note.member_id THEN
        RAISE EXCEPTION 'a credit note takes an invoice of the same member back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_takes_an_invoice_back';
    END IF;
    -- What makes lines one is everything that they say but quantity and price. Where all of a sum is taken back, so is its VAT.
    IF EXISTS (
        SELECT FROM money_document AS document CROSS JOIN LATERAL jsonb_array_elements(document.lines) AS line
        WHERE document.coop_id = note.coop_id AND (document.id = invoice.id OR document.corrects = invoice.id)
        GROUP BY line - 'quantity' - 'price'
        HAVING sum((CASE document.kind WHEN 'invoice' THEN 1 ELSE -1 END) * (line ->> 'quantity')::numeric * (line ->> 'price')::numeric) < 0
    ) OR EXISTS (
        SELECT FROM money_document AS document
        CROSS JOIN LATERAL (SELECT 'all' AS name, document.net::numeric, document.vat::numeric
            UNION ALL SELECT (sums - 'net' - 'vat')::text, (sums ->> 'net')::numeric, (sums ->> 'vat')::numeric
                FROM jsonb_array_elements(document.vat_lines) AS sums) AS part (name, net, vat)
        CROSS JOIN LATERAL (SELECT CASE document.kind WHEN 'invoice' THEN 1 ELSE -1 END) AS side (sign)
        WHERE document.coop_id = note.coop_id AND (document.id = invoice.id OR document.corrects = invoice.id)
        GROUP BY part.name
        HAVING sum(sign * part.net) < 0 OR sum(sign * part.vat) < 0 OR (sum(sign * part.net) = 0 AND sum(sign * part.vat) <> 0)
    ) THEN
        RAISE EXCEPTION 'credit notes take no more back than their invoice asked for'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_takes_back_no_more_than_there_is';
    END IF;
END
$$;
COMMENT ON FUNCTION check_credit_note(money_document) IS 'Refuses credit notes of something else, and more than an invoice asked for.';

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
