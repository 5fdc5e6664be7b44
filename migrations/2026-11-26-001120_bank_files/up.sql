-- What banks told: each file once, with what it said of each payment and what it booked on the co-op's accounts.
--
-- The file itself is not kept, since it names people; its digest is, and whoever has it can show that it is the one.

CREATE TABLE bank_file (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    digest bytea NOT NULL CONSTRAINT bank_file_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    kind text NOT NULL CONSTRAINT bank_file_kind_is_known CHECK (kind IN ('pain.002', 'camt.052', 'camt.053', 'camt.054', 'pacs.004')),
    name text NOT NULL CONSTRAINT bank_file_name_is_bounded CHECK (length(name) BETWEEN 1 AND 140),
    items integer NOT NULL CONSTRAINT bank_file_counts_its_items CHECK (items >= 0),
    imported_by uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT bank_file_is_imported_once UNIQUE (coop_id, digest),
    CONSTRAINT bank_file_is_imported_by_a_member FOREIGN KEY (coop_id, imported_by) REFERENCES member (coop_id, id)
);
CREATE INDEX bank_file_of_importer ON bank_file (coop_id, imported_by);
COMMENT ON TABLE bank_file IS 'Files in which banks told what became of payments and what moved on accounts.';
COMMENT ON COLUMN bank_file.coop_id IS 'The co-op.';
COMMENT ON COLUMN bank_file.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN bank_file.digest IS 'SHA-256 of its bytes.';
COMMENT ON COLUMN bank_file.kind IS 'Which message of ISO 20022 it is.';
COMMENT ON COLUMN bank_file.name IS 'What the bank calls it.';
COMMENT ON COLUMN bank_file.items IS 'How many things it says.';
COMMENT ON COLUMN bank_file.imported_by IS 'Who brought it in.';
COMMENT ON COLUMN bank_file.imported_at IS 'When.';
COMMENT ON COLUMN bank_file.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE bank_statement (
    coop_id uuid NOT NULL REFERENCES coop (id),
    file_id uuid NOT NULL,
    place integer NOT NULL CONSTRAINT bank_statement_counts_from_one CHECK (place >= 1),
    bank_account_id uuid NOT NULL,
    sequence bigint,
    last_day date,
    opening bigint,
    closing bigint,
    unexplained bigint,
    PRIMARY KEY (coop_id, file_id, place),
    CONSTRAINT bank_statement_stands_in_a_file FOREIGN KEY (coop_id, file_id) REFERENCES bank_file (coop_id, id),
    CONSTRAINT bank_statement_is_of_an_account FOREIGN KEY (coop_id, bank_account_id)
        REFERENCES bank_account (coop_id, ledger_account_id)
);
CREATE INDEX bank_statement_of_account ON bank_statement (coop_id, bank_account_id, last_day);
COMMENT ON TABLE bank_statement IS 'Statements of days that have ended: what the books are reconciled with.';
COMMENT ON COLUMN bank_statement.coop_id IS 'The co-op.';
COMMENT ON COLUMN bank_statement.file_id IS 'The file.';
COMMENT ON COLUMN bank_statement.place IS 'Which statement of the file, from 1.';
COMMENT ON COLUMN bank_statement.bank_account_id IS 'The account.';
COMMENT ON COLUMN bank_statement.sequence IS 'Its number among the statements of the account; NULL where the bank gives none.';
COMMENT ON COLUMN bank_statement.last_day IS 'The day of its closing balance; NULL where the bank says none.';
COMMENT ON COLUMN bank_statement.opening IS 'The balance before its first entry, in units of the currency; NULL where the bank says none.';
COMMENT ON COLUMN bank_statement.closing IS 'That after its last.';
COMMENT ON COLUMN bank_statement.unexplained IS 'What its entries leave unexplained between the two: an entry is missing where it is not zero.';

CREATE TABLE bank_item (
    coop_id uuid NOT NULL REFERENCES coop (id),
    file_id uuid NOT NULL,
    place integer NOT NULL CONSTRAINT bank_item_counts_from_one CHECK (place >= 1),
    bank_account_id uuid,
    says text NOT NULL CONSTRAINT bank_item_says_something CHECK (says IN ('accepted', 'rejected', 'booked', 'returned')),
    reference text CONSTRAINT bank_item_reference_is_bounded CHECK (length(reference) <= 140),
    amount bigint,
    day date,
    reason text CONSTRAINT bank_item_reason_is_bounded CHECK (length(reason) <= 140),
    payment_id uuid,
    number smallint,
    contradiction text CONSTRAINT bank_item_contradiction_is_bounded CHECK (length(contradiction) BETWEEN 1 AND 200),
    PRIMARY KEY (coop_id, file_id, place),
    CONSTRAINT bank_item_stands_in_a_file FOREIGN KEY (coop_id, file_id) REFERENCES bank_file (coop_id, id),
    CONSTRAINT bank_item_is_on_an_account FOREIGN KEY (coop_id, bank_account_id) REFERENCES bank_account (coop_id, ledger_account_id),
    CONSTRAINT bank_item_is_of_a_try FOREIGN KEY (coop_id, payment_id, number) REFERENCES payment_attempt (coop_id, payment_id, number),
    CONSTRAINT bank_item_is_of_a_whole_try CHECK ((payment_id IS NULL) = (number IS NULL))
);
CREATE INDEX bank_item_of_account ON bank_item (coop_id, bank_account_id);
CREATE INDEX bank_item_of_try ON bank_item (coop_id, payment_id, number);
COMMENT ON TABLE bank_item IS 'What files of banks say, thing by thing. Payments are known by the reference alone.';
COMMENT ON COLUMN bank_item.coop_id IS 'The co-op.';
COMMENT ON COLUMN bank_item.file_id IS 'The file.';
COMMENT ON COLUMN bank_item.place IS 'Which thing of the file, from 1.';
COMMENT ON COLUMN bank_item.bank_account_id IS 'The account on which it was booked; NULL for what moves none.';
COMMENT ON COLUMN bank_item.says IS 'accepted or rejected, of a payment; booked, on an account; returned, that a payment came back.';
COMMENT ON COLUMN bank_item.reference IS 'What the payment is called from end to end; NULL where the bank says none.';
COMMENT ON COLUMN bank_item.amount IS 'Money in above zero, out below, in units of the currency; NULL where nothing moved.';
COMMENT ON COLUMN bank_item.day IS 'On which day.';
COMMENT ON COLUMN bank_item.reason IS 'The bank''s code, and what it adds.';
COMMENT ON COLUMN bank_item.payment_id IS 'The payment of which it speaks; NULL where it is none of ours.';
COMMENT ON COLUMN bank_item.number IS 'Which try of it.';
COMMENT ON COLUMN bank_item.contradiction IS 'Why it cannot be so; nothing was changed then, and a person must look.';

ALTER TABLE payment_attempt ADD CONSTRAINT payment_attempt_rests_on_a_file FOREIGN KEY (coop_id, evidence_id) REFERENCES bank_file (coop_id, id);
CREATE INDEX payment_attempt_of_evidence ON payment_attempt (coop_id, evidence_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['bank_file', 'bank_statement', 'bank_item']
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

GRANT SELECT, INSERT ON bank_file, bank_statement, bank_item TO rochdale_app;
