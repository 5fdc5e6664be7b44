-- Where members want to be paid, and from which accounts of banks the co-op pays.
--
-- What a member gives is sealed by the program before it comes here: whoever reads the tables sees that there is an account number, and not which.

CREATE TABLE payee (
    coop_id uuid NOT NULL REFERENCES coop (id),
    member_id uuid NOT NULL,
    version integer NOT NULL CONSTRAINT payee_version_counts_from_one CHECK (version >= 1),
    rail text NOT NULL CONSTRAINT payee_rail_is_known CHECK (rail IN ('bank', 'manual')),
    sealed bytea CONSTRAINT payee_is_bounded CHECK (octet_length(sealed) <= 2000),
    digest bytea NOT NULL CONSTRAINT payee_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    recorded_at timestamptz NOT NULL,
    usable_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, member_id, version),
    CONSTRAINT payee_is_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT payee_waits CHECK (usable_at >= recorded_at)
);
COMMENT ON TABLE payee IS 'Where members want to be paid. A change is another version, and holds payments until it may be used.';
COMMENT ON COLUMN payee.coop_id IS 'The co-op.';
COMMENT ON COLUMN payee.member_id IS 'The member.';
COMMENT ON COLUMN payee.version IS 'The version, from 1; the highest is meant.';
COMMENT ON COLUMN payee.rail IS 'How: bank, to an account by a file of payments; manual, by hand.';
COMMENT ON COLUMN payee.sealed IS 'Name, account and bank, sealed; NULL once the person was erased.';
COMMENT ON COLUMN payee.digest IS 'SHA-256 of what is sealed, as it was written.';
COMMENT ON COLUMN payee.recorded_at IS 'When the member gave it.';
COMMENT ON COLUMN payee.usable_at IS 'From when on it may be used, unless somebody else confirmed it before.';
COMMENT ON COLUMN payee.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_payee_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed IS NOT NULL OR to_jsonb(NEW) - 'sealed' <> to_jsonb(OLD) - 'sealed' OR NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.member_id)
    THEN
        RAISE EXCEPTION 'where a member wants to be paid is only emptied, for who was erased' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payee_change() IS 'Refuses every change of a version but that a person who was erased is forgotten.';
CREATE TRIGGER payee_is_only_emptied BEFORE UPDATE ON payee FOR EACH ROW EXECUTE FUNCTION check_payee_change();
CREATE TRIGGER payee_is_never_removed BEFORE DELETE ON payee FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payee_is_never_emptied BEFORE TRUNCATE ON payee FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE payee ENABLE ALWAYS TRIGGER payee_is_only_emptied;
ALTER TABLE payee ENABLE ALWAYS TRIGGER payee_is_never_removed;
ALTER TABLE payee ENABLE ALWAYS TRIGGER payee_is_never_emptied;

CREATE TABLE payee_confirmation (
    coop_id uuid NOT NULL REFERENCES coop (id),
    member_id uuid NOT NULL,
    version integer NOT NULL,
    confirmed_by uuid NOT NULL,
    confirmed_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, member_id, version),
    CONSTRAINT payee_confirmation_is_of_a_version FOREIGN KEY (coop_id, member_id, version)
        REFERENCES payee (coop_id, member_id, version),
    CONSTRAINT payee_confirmation_is_by_a_member FOREIGN KEY (coop_id, confirmed_by) REFERENCES member (coop_id, id),
    CONSTRAINT payee_confirmation_is_by_another CHECK (confirmed_by <> member_id)
);
CREATE INDEX payee_confirmation_of_confirmer ON payee_confirmation (coop_id, confirmed_by);
COMMENT ON TABLE payee_confirmation IS 'Who asked a member and confirmed where the member wants to be paid, before the waiting time was over.';
COMMENT ON COLUMN payee_confirmation.coop_id IS 'The co-op.';
COMMENT ON COLUMN payee_confirmation.member_id IS 'The member.';
COMMENT ON COLUMN payee_confirmation.version IS 'Which version.';
COMMENT ON COLUMN payee_confirmation.confirmed_by IS 'Who confirmed it.';
COMMENT ON COLUMN payee_confirmation.confirmed_at IS 'When.';
COMMENT ON COLUMN payee_confirmation.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE bank_account (
    coop_id uuid NOT NULL REFERENCES coop (id),
    ledger_account_id uuid NOT NULL,
    iban text NOT NULL CONSTRAINT bank_account_iban_is_plain CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    bic text CONSTRAINT bank_account_bic_is_plain CHECK (bic ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    holder text NOT NULL CONSTRAINT bank_account_holder_is_bounded CHECK (length(holder) BETWEEN 1 AND 70),
    edition text NOT NULL CONSTRAINT bank_account_edition_is_known CHECK (edition IN ('pain.001.001.03', 'pain.001.001.09')),
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, ledger_account_id),
    CONSTRAINT bank_account_is_one_for_each_number UNIQUE (coop_id, iban),
    CONSTRAINT bank_account_is_in_the_books FOREIGN KEY (coop_id, ledger_account_id) REFERENCES ledger_account (coop_id, id),
    CONSTRAINT bank_account_is_added_by_a_member FOREIGN KEY (coop_id, added_by) REFERENCES member (coop_id, id)
);
CREATE INDEX bank_account_of_adder ON bank_account (coop_id, added_by);
COMMENT ON TABLE bank_account IS 'Which account of a bank an account of the books stands for. Another number is another account of the books.';
COMMENT ON COLUMN bank_account.coop_id IS 'The co-op.';
COMMENT ON COLUMN bank_account.ledger_account_id IS 'The account of the books.';
COMMENT ON COLUMN bank_account.iban IS 'The account number (IBAN), without blanks.';
COMMENT ON COLUMN bank_account.bic IS 'The code of the bank (BIC); NULL where the bank needs none.';
COMMENT ON COLUMN bank_account.holder IS 'The co-op''s name, as the bank has it.';
COMMENT ON COLUMN bank_account.edition IS 'Which edition of the file of payments the bank takes.';
COMMENT ON COLUMN bank_account.added_by IS 'Who added it.';
COMMENT ON COLUMN bank_account.added_at IS 'When.';
COMMENT ON COLUMN bank_account.recorded_by IS 'The name of the transaction that wrote the row.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['payee', 'payee_confirmation', 'bank_account']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['payee_confirmation', 'bank_account']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON payee, payee_confirmation, bank_account TO rochdale_app;
