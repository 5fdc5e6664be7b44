-- Suppliers' bills: prepared by one, approved by others, bound to the digest of the bill; posted with the last approval, then paid.

CREATE TABLE bill (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    supplier text NOT NULL CONSTRAINT bill_supplier_is_bounded CHECK (length(supplier) BETWEEN 1 AND 200),
    reference text NOT NULL CONSTRAINT bill_reference_is_bounded CHECK (length(reference) BETWEEN 1 AND 80),
    iban text CONSTRAINT bill_iban_is_plain CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    issued_on date NOT NULL,
    due_on date NOT NULL,
    currency text NOT NULL,
    net bigint NOT NULL CONSTRAINT bill_asks_for_something CHECK (net > 0),
    vat bigint NOT NULL CONSTRAINT bill_vat_is_an_amount CHECK (vat >= 0),
    gross bigint NOT NULL,
    lines jsonb NOT NULL,
    file_hash bytea CONSTRAINT bill_file_hash_has_32_bytes CHECK (octet_length(file_hash) = 32),
    digest bytea NOT NULL CONSTRAINT bill_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    state text NOT NULL DEFAULT 'proposed' CONSTRAINT bill_state_is_known CHECK (state IN ('proposed', 'approved', 'paid', 'cancelled')),
    approvals_needed smallint NOT NULL CONSTRAINT bill_needs_approvals CHECK (approvals_needed BETWEEN 1 AND 9),
    prepared_by uuid NOT NULL,
    prepared_at timestamptz NOT NULL,
    journal_id uuid,
    approved_at timestamptz,
    payment_journal_id uuid,
    paid_by uuid,
    paid_at timestamptz,
    cancelled_by uuid,
    cancelled_at timestamptz,
    cancel_reason text CONSTRAINT bill_cancel_reason_is_bounded CHECK (length(cancel_reason) BETWEEN 1 AND 2000),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT bill_is_posted_by_one_transaction UNIQUE (coop_id, journal_id),
    CONSTRAINT bill_is_paid_by_one_transaction UNIQUE (coop_id, payment_journal_id),
    CONSTRAINT bill_is_prepared_by_a_member FOREIGN KEY (coop_id, prepared_by) REFERENCES member (coop_id, id),
    CONSTRAINT bill_is_paid_by_a_member FOREIGN KEY (coop_id, paid_by) REFERENCES member (coop_id, id),
    CONSTRAINT bill_is_cancelled_by_a_member FOREIGN KEY (coop_id, cancelled_by) REFERENCES member (coop_id, id),
    CONSTRAINT bill_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT bill_has_a_payment_journal FOREIGN KEY (coop_id, payment_journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT bill_adds_up CHECK (gross = net + vat),
    CONSTRAINT bill_is_due_after_it_is_issued CHECK (due_on >= issued_on),
    CONSTRAINT bill_is_posted_when_it_is_approved CHECK ((state IN ('approved', 'paid')) = (num_nulls(journal_id, approved_at) = 0)),
    CONSTRAINT bill_is_paid_by_somebody CHECK ((state = 'paid') = (num_nulls(payment_journal_id, paid_by, paid_at) = 0)),
    CONSTRAINT bill_is_cancelled_by_somebody CHECK ((state = 'cancelled') = (num_nulls(cancelled_by, cancelled_at, cancel_reason) = 0))
);
-- The same bill twice is the oldest way to be paid twice.
CREATE UNIQUE INDEX bill_reference_is_taken_once ON bill (coop_id, lower(supplier), reference) WHERE state <> 'cancelled';
CREATE INDEX bill_of_preparer ON bill (coop_id, prepared_by);
CREATE INDEX bill_of_payer ON bill (coop_id, paid_by);
CREATE INDEX bill_of_canceller ON bill (coop_id, cancelled_by);
COMMENT ON TABLE bill IS 'Bills of suppliers. What once stands in a row stays; a bill only goes on, or is cancelled before it is approved.';
COMMENT ON COLUMN bill.coop_id IS 'The co-op.';
COMMENT ON COLUMN bill.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN bill.supplier IS 'Who sent it.';
COMMENT ON COLUMN bill.reference IS 'What the supplier calls it.';
COMMENT ON COLUMN bill.iban IS 'Where it is paid to; NULL where it is paid otherwise.';
COMMENT ON COLUMN bill.issued_on IS 'When the supplier wrote it, and it takes effect in the books.';
COMMENT ON COLUMN bill.due_on IS 'When it is due.';
COMMENT ON COLUMN bill.currency IS 'The currency.';
COMMENT ON COLUMN bill.net IS 'What it comes to without VAT, in units of the currency.';
COMMENT ON COLUMN bill.vat IS 'The VAT, as the supplier states it.';
COMMENT ON COLUMN bill.gross IS 'With VAT.';
COMMENT ON COLUMN bill.lines IS 'What it is for, by accounts of cost.';
COMMENT ON COLUMN bill.file_hash IS 'SHA-256 of the supplier''s file; NULL without one.';
COMMENT ON COLUMN bill.digest IS 'Keccak-256 of everything it says: what is approved.';
COMMENT ON COLUMN bill.state IS 'Where it stands: proposed, approved, paid or cancelled.';
COMMENT ON COLUMN bill.approvals_needed IS 'How many must approve, by the amount.';
COMMENT ON COLUMN bill.prepared_by IS 'Who prepared it.';
COMMENT ON COLUMN bill.prepared_at IS 'When.';
COMMENT ON COLUMN bill.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN bill.approved_at IS 'When the last of those who were needed approved.';
COMMENT ON COLUMN bill.payment_journal_id IS 'The transaction that paid it.';
COMMENT ON COLUMN bill.paid_by IS 'Who recorded the payment.';
COMMENT ON COLUMN bill.paid_at IS 'When.';
COMMENT ON COLUMN bill.cancelled_by IS 'Who cancelled it.';
COMMENT ON COLUMN bill.cancelled_at IS 'When.';
COMMENT ON COLUMN bill.cancel_reason IS 'Why.';
COMMENT ON COLUMN bill.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE bill_approval (
    coop_id uuid NOT NULL REFERENCES coop (id),
    bill_id uuid NOT NULL,
    member_id uuid NOT NULL,
    digest bytea NOT NULL,
    approved_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, bill_id, member_id),
    CONSTRAINT bill_approval_has_a_bill FOREIGN KEY (coop_id, bill_id) REFERENCES bill (coop_id, id),
    CONSTRAINT bill_approval_is_by_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
CREATE INDEX bill_approval_of_member ON bill_approval (coop_id, member_id);
COMMENT ON TABLE bill_approval IS 'Who approved a bill, bound to its digest.';
COMMENT ON COLUMN bill_approval.coop_id IS 'The co-op.';
COMMENT ON COLUMN bill_approval.bill_id IS 'The bill.';
COMMENT ON COLUMN bill_approval.member_id IS 'Who approved.';
COMMENT ON COLUMN bill_approval.digest IS 'The digest that was approved.';
COMMENT ON COLUMN bill_approval.approved_at IS 'When.';
COMMENT ON COLUMN bill_approval.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_bill_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('proposed', 'approved'), ('approved', 'paid'), ('proposed', 'cancelled')) THEN
        RAISE EXCEPTION 'a bill goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM jsonb_each(to_jsonb(OLD)) AS was (key, value)
               WHERE key NOT IN ('state', 'recorded_by') AND value <> 'null' AND value IS DISTINCT FROM to_jsonb(NEW) -> key)
    THEN
        RAISE EXCEPTION 'what stands in a bill stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' AND NEW.approvals_needed > (
        SELECT count(*) FROM bill_approval AS approval WHERE approval.coop_id = NEW.coop_id AND approval.bill_id = NEW.id
          AND approval.digest = NEW.digest)
    THEN
        RAISE EXCEPTION 'approvals are missing' USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_is_approved_by_enough';
    END IF;
    -- What is owed to the supplier, and what is paid of it, is the amount that was approved.
    IF NEW.state IN ('approved', 'paid') AND NOT EXISTS (
        SELECT FROM journal
        WHERE journal.coop_id = NEW.coop_id
          AND (journal.id, journal.kind) = (CASE NEW.state WHEN 'paid' THEN NEW.payment_journal_id ELSE NEW.journal_id END,
                                            CASE NEW.state WHEN 'paid' THEN 'payment' ELSE 'bill' END)
          AND (SELECT sum(entry.amount) FROM journal_entry AS entry
               JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id
               WHERE entry.coop_id = NEW.coop_id AND entry.number = journal.number AND entry.reference = NEW.id
                 AND entry.currency = NEW.currency AND account.path = 'liabilities:suppliers')
              = CASE NEW.state WHEN 'paid' THEN NEW.gross ELSE -NEW.gross END)
    THEN
        RAISE EXCEPTION 'a bill is posted and paid as what it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_is_posted_as_it_is';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_bill_change() IS 'Lets a bill go on, with what must be there for it, and nothing else.';
CREATE TRIGGER bill_only_goes_on BEFORE UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION check_bill_change();
CREATE TRIGGER bill_is_never_removed BEFORE DELETE ON bill FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bill_is_never_emptied BEFORE TRUNCATE ON bill FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE bill ENABLE ALWAYS TRIGGER bill_only_goes_on;
ALTER TABLE bill ENABLE ALWAYS TRIGGER bill_is_never_removed;
ALTER TABLE bill ENABLE ALWAYS TRIGGER bill_is_never_emptied;

CREATE FUNCTION check_bill_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head bill;
BEGIN
    SELECT * INTO head FROM bill WHERE bill.coop_id = NEW.coop_id AND bill.id = NEW.bill_id;
    IF head.state IS DISTINCT FROM 'proposed' OR head.digest <> NEW.digest THEN
        RAISE EXCEPTION 'what is approved is not what is proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_approval_is_of_what_is_proposed';
    END IF;
    IF NEW.member_id = head.prepared_by THEN
        RAISE EXCEPTION 'nobody approves what they prepared'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_approval_is_by_another';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_bill_approval() IS 'Refuses approvals of something else, and by who prepared the bill.';
CREATE TRIGGER bill_approval_is_by_another AFTER INSERT ON bill_approval FOR EACH ROW EXECUTE FUNCTION check_bill_approval();
CREATE TRIGGER bill_approval_only_grows BEFORE UPDATE OR DELETE ON bill_approval FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bill_approval_is_never_emptied BEFORE TRUNCATE ON bill_approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE bill_approval ENABLE ALWAYS TRIGGER bill_approval_is_by_another;
ALTER TABLE bill_approval ENABLE ALWAYS TRIGGER bill_approval_only_grows;
ALTER TABLE bill_approval ENABLE ALWAYS TRIGGER bill_approval_is_never_emptied;

CREATE FUNCTION check_bill_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM bill WHERE bill.coop_id = NEW.coop_id AND bill.payment_journal_id = NEW.reverses) THEN
        RAISE EXCEPTION 'the payment of a bill is not undone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_of_such_an_act_is_not_undone';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_bill_undoing() IS 'Refuses to undo the payment of a bill.';
CREATE TRIGGER journal_bill_undoing_is_refused AFTER INSERT ON journal FOR EACH ROW WHEN (NEW.reverses IS NOT NULL)
    EXECUTE FUNCTION check_bill_undoing();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_bill_undoing_is_refused;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['bill', 'bill_approval']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON bill, bill_approval TO rochdale_app;
GRANT UPDATE (state, journal_id, approved_at, payment_journal_id, paid_by, paid_at, cancelled_by, cancelled_at, cancel_reason, recorded_by)
    ON bill TO rochdale_app;
