-- What members and customers owe and pay: invoices, credit notes and receipts, numbered without a gap and never changed; payments, and
-- which invoices they settle. A payment stands as long as its transaction is not undone; what a document posted is never undone.

CREATE TABLE money_document (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT money_document_kind_is_known CHECK (kind IN ('invoice', 'credit_note', 'receipt')),
    year integer NOT NULL,
    number integer NOT NULL CONSTRAINT money_document_number_is_positive CHECK (number >= 1),
    member_id uuid,
    recipient text NOT NULL CONSTRAINT money_document_recipient_is_bounded CHECK (length(recipient) BETWEEN 1 AND 500),
    issued_on date NOT NULL,
    due_on date NOT NULL,
    currency text NOT NULL,
    net bigint NOT NULL CONSTRAINT money_document_asks_for_something CHECK (net > 0),
    vat bigint NOT NULL CONSTRAINT money_document_vat_is_an_amount CHECK (vat >= 0),
    gross bigint NOT NULL,
    credit bigint NOT NULL DEFAULT 0 CONSTRAINT money_document_credit_is_an_amount CHECK (credit BETWEEN 0 AND gross),
    lines jsonb NOT NULL,
    vat_lines jsonb NOT NULL,
    period text CONSTRAINT money_document_period_is_plain CHECK (period ~ '^[A-Za-z0-9-]{4,20}$'),
    corrects uuid,
    reason text CONSTRAINT money_document_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 500),
    journal_id uuid NOT NULL,
    digest bytea NOT NULL CONSTRAINT money_document_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT money_document_number_is_taken_once UNIQUE (coop_id, kind, year, number),
    CONSTRAINT money_document_is_posted_by_one_transaction UNIQUE (coop_id, journal_id),
    CONSTRAINT money_document_is_corrected_once UNIQUE (coop_id, corrects),
    CONSTRAINT money_document_period_is_charged_once UNIQUE (coop_id, member_id, period),
    CONSTRAINT money_document_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT money_document_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT money_document_is_issued_by_a_member FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT money_document_corrects_one_of_this_co_op FOREIGN KEY (coop_id, corrects) REFERENCES money_document (coop_id, id),
    CONSTRAINT money_document_counts_in_its_year CHECK (year = extract(year FROM issued_on)),
    CONSTRAINT money_document_adds_up CHECK (gross = net + vat),
    CONSTRAINT money_document_is_due_after_it_is_issued CHECK (due_on >= issued_on),
    CONSTRAINT money_document_says_what_it_corrects CHECK ((kind = 'credit_note') = (corrects IS NOT NULL) AND (corrects IS NULL) = (reason IS NULL))
);
CREATE INDEX money_document_of_actor ON money_document (coop_id, actor_id);
COMMENT ON TABLE money_document IS 'Invoices, credit notes and receipts. Rows are never changed.';
COMMENT ON COLUMN money_document.coop_id IS 'The co-op.';
COMMENT ON COLUMN money_document.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN money_document.kind IS 'What it is: invoice, credit_note or receipt.';
COMMENT ON COLUMN money_document.year IS 'The year in which it counts.';
COMMENT ON COLUMN money_document.number IS 'Its number among those of its kind and year, from 1 and without a gap.';
COMMENT ON COLUMN money_document.member_id IS 'The member it is for; NULL for others.';
COMMENT ON COLUMN money_document.recipient IS 'Whom it is addressed to.';
COMMENT ON COLUMN money_document.issued_on IS 'When it was issued; never before the one with the number before.';
COMMENT ON COLUMN money_document.due_on IS 'When it is due.';
COMMENT ON COLUMN money_document.currency IS 'The currency.';
COMMENT ON COLUMN money_document.net IS 'What it comes to without VAT, in units of the currency.';
COMMENT ON COLUMN money_document.vat IS 'The VAT.';
COMMENT ON COLUMN money_document.gross IS 'With VAT.';
COMMENT ON COLUMN money_document.credit IS 'Of a credit note, what had been paid and is a credit of the member now.';
COMMENT ON COLUMN money_document.lines IS 'Its lines.';
COMMENT ON COLUMN money_document.vat_lines IS 'The VAT by rates.';
COMMENT ON COLUMN money_document.period IS 'The period of dues, or entrance for the entrance fee; NULL for others.';
COMMENT ON COLUMN money_document.corrects IS 'Of a credit note, the invoice that it takes back.';
COMMENT ON COLUMN money_document.reason IS 'Of a credit note, why.';
COMMENT ON COLUMN money_document.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN money_document.digest IS 'Keccak-256 of everything it says.';
COMMENT ON COLUMN money_document.actor_id IS 'Who issued it.';
COMMENT ON COLUMN money_document.recorded_at IS 'When it was written.';
COMMENT ON COLUMN money_document.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE incoming_payment (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    reference text NOT NULL CONSTRAINT incoming_payment_reference_is_bounded CHECK (length(reference) BETWEEN 1 AND 80),
    member_id uuid,
    amount bigint NOT NULL CONSTRAINT incoming_payment_is_of_something CHECK (amount > 0),
    credit bigint NOT NULL CONSTRAINT incoming_payment_credit_is_a_part CHECK (credit BETWEEN 0 AND amount),
    currency text NOT NULL,
    received_on date NOT NULL,
    about text NOT NULL CONSTRAINT incoming_payment_about_is_bounded CHECK (length(about) <= 500),
    journal_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT incoming_payment_reference_is_taken_once UNIQUE (coop_id, reference),
    CONSTRAINT incoming_payment_is_posted_by_one_transaction UNIQUE (coop_id, journal_id),
    CONSTRAINT incoming_payment_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT incoming_payment_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT incoming_payment_is_recorded_by_a_member FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT incoming_payment_credit_is_of_a_member CHECK (credit = 0 OR member_id IS NOT NULL)
);
CREATE INDEX incoming_payment_of_member ON incoming_payment (coop_id, member_id);
CREATE INDEX incoming_payment_of_actor ON incoming_payment (coop_id, actor_id);
COMMENT ON TABLE incoming_payment IS 'Payments of invoices, each once by its reference at the bank. One stands as long as its transaction is not undone.';
COMMENT ON COLUMN incoming_payment.coop_id IS 'The co-op.';
COMMENT ON COLUMN incoming_payment.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN incoming_payment.reference IS 'What the bank, or whoever took the cash, calls it.';
COMMENT ON COLUMN incoming_payment.member_id IS 'Who paid; NULL where it was no member.';
COMMENT ON COLUMN incoming_payment.amount IS 'How much, in units of the currency.';
COMMENT ON COLUMN incoming_payment.credit IS 'What settled no invoice: a credit of the member.';
COMMENT ON COLUMN incoming_payment.currency IS 'The currency.';
COMMENT ON COLUMN incoming_payment.received_on IS 'When it came.';
COMMENT ON COLUMN incoming_payment.about IS 'What the payer wrote.';
COMMENT ON COLUMN incoming_payment.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN incoming_payment.actor_id IS 'Who recorded it.';
COMMENT ON COLUMN incoming_payment.recorded_at IS 'When it was written.';
COMMENT ON COLUMN incoming_payment.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE settlement (
    coop_id uuid NOT NULL REFERENCES coop (id),
    document_id uuid NOT NULL,
    journal_id uuid NOT NULL,
    way text NOT NULL CONSTRAINT settlement_way_is_known CHECK (way IN ('payment', 'credit', 'credit_note')),
    amount bigint NOT NULL CONSTRAINT settlement_settles_something CHECK (amount > 0),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, document_id, journal_id),
    CONSTRAINT settlement_is_of_a_document FOREIGN KEY (coop_id, document_id) REFERENCES money_document (coop_id, id),
    CONSTRAINT settlement_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id)
);
CREATE INDEX settlement_of_journal ON settlement (coop_id, journal_id);
COMMENT ON TABLE settlement IS 'What settles invoices: payments, credits of members, credit notes. One stands as long as its transaction is not undone.';
COMMENT ON COLUMN settlement.coop_id IS 'The co-op.';
COMMENT ON COLUMN settlement.document_id IS 'The invoice.';
COMMENT ON COLUMN settlement.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN settlement.way IS 'By what: payment, credit or credit_note.';
COMMENT ON COLUMN settlement.amount IS 'How much, in units of the currency.';
COMMENT ON COLUMN settlement.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_money_document() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF NEW.corrects IS NOT NULL AND NOT EXISTS (SELECT FROM money_document AS invoice WHERE invoice.coop_id = NEW.coop_id
        AND invoice.id = NEW.corrects AND invoice.kind = 'invoice' AND invoice.gross = NEW.gross AND invoice.currency = NEW.currency
        AND invoice.member_id IS NOT DISTINCT FROM NEW.member_id AND invoice.lines = NEW.lines)
    THEN
        RAISE EXCEPTION 'a credit note takes an invoice back, whole'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'money_document_takes_an_invoice_back';
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
COMMENT ON FUNCTION check_money_document() IS 'Refuses gaps in numbers, credit notes of something else, and what is not posted as what it is.';
CREATE TRIGGER money_document_is_right AFTER INSERT ON money_document FOR EACH ROW EXECUTE FUNCTION check_money_document();
ALTER TABLE money_document ENABLE ALWAYS TRIGGER money_document_is_right;

CREATE FUNCTION check_credit_of_member(coop uuid, member uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF 0 > coalesce((SELECT sum(credit) FROM incoming_payment AS payment WHERE payment.coop_id = coop AND payment.member_id = member
                     AND NOT EXISTS (SELECT FROM journal WHERE journal.coop_id = coop AND journal.reverses = payment.journal_id)), 0)
        + coalesce((SELECT sum(credit) FROM money_document AS note WHERE note.coop_id = coop AND note.member_id = member), 0)
        - coalesce((SELECT sum(part.amount) FROM settlement AS part
                    JOIN money_document AS invoice ON invoice.coop_id = coop AND invoice.id = part.document_id
                    WHERE part.coop_id = coop AND part.way = 'credit' AND invoice.member_id = member), 0)
    THEN
        RAISE EXCEPTION 'a member has not the credit that is used'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_uses_credit_that_is_there';
    END IF;
END
$$;
COMMENT ON FUNCTION check_credit_of_member(uuid, uuid) IS 'Refuses the use of a credit that a member has not.';

CREATE FUNCTION check_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoice money_document;
BEGIN
    SELECT * INTO invoice FROM money_document AS document WHERE document.coop_id = NEW.coop_id AND document.id = NEW.document_id;
    IF invoice.kind <> 'invoice' OR invoice.gross < (
        SELECT sum(part.amount) FROM settlement AS part WHERE part.coop_id = NEW.coop_id AND part.document_id = NEW.document_id
          AND NOT EXISTS (SELECT FROM journal WHERE journal.coop_id = NEW.coop_id AND journal.reverses = part.journal_id))
    THEN
        RAISE EXCEPTION 'an invoice is settled once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_is_of_what_is_open';
    END IF;
    IF NEW.way = 'credit' THEN
        PERFORM check_credit_of_member(NEW.coop_id, invoice.member_id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_settlement() IS 'Refuses to settle more than an invoice asks for, and with a credit that is not there.';
CREATE TRIGGER settlement_is_possible AFTER INSERT ON settlement FOR EACH ROW EXECUTE FUNCTION check_settlement();
ALTER TABLE settlement ENABLE ALWAYS TRIGGER settlement_is_possible;

CREATE FUNCTION check_payment_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER journal_payment_undoing_is_possible AFTER INSERT ON journal FOR EACH ROW WHEN (NEW.reverses IS NOT NULL)
    EXECUTE FUNCTION check_payment_undoing();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_payment_undoing_is_possible;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['money_document', 'incoming_payment', 'settlement']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON money_document, incoming_payment, settlement TO rochdale_app;
