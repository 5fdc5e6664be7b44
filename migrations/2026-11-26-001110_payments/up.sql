-- How what a posted cycle owes is paid: a payment for each payout, its tries one after the other, and the files that ask a bank.
--
-- A try has a reference that is derived from what is paid and stands here before anybody outside is told. Of one payment there is at most one
-- try that pays, paid, or may still pay.

CREATE TABLE payment_issue (
    coop_id uuid NOT NULL REFERENCES coop (id),
    cycle_id uuid NOT NULL,
    journal_id uuid NOT NULL,
    payments integer NOT NULL CONSTRAINT payment_issue_pays_somebody CHECK (payments >= 1),
    total bigint NOT NULL CONSTRAINT payment_issue_pays_something CHECK (total > 0),
    issued_by uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, cycle_id),
    CONSTRAINT payment_issue_is_of_a_cycle FOREIGN KEY (coop_id, cycle_id) REFERENCES payout_cycle (coop_id, id),
    CONSTRAINT payment_issue_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT payment_issue_is_by_a_member FOREIGN KEY (coop_id, issued_by) REFERENCES member (coop_id, id)
);
CREATE INDEX payment_issue_of_journal ON payment_issue (coop_id, journal_id);
CREATE INDEX payment_issue_of_issuer ON payment_issue (coop_id, issued_by);
COMMENT ON TABLE payment_issue IS 'Posted cycles of which the payouts are paid one by one.';
COMMENT ON COLUMN payment_issue.coop_id IS 'The co-op.';
COMMENT ON COLUMN payment_issue.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payment_issue.journal_id IS 'The transaction that set aside what is to be paid.';
COMMENT ON COLUMN payment_issue.payments IS 'How many payments.';
COMMENT ON COLUMN payment_issue.total IS 'What they come to, in units of 10^-8.';
COMMENT ON COLUMN payment_issue.issued_by IS 'Who issued it.';
COMMENT ON COLUMN payment_issue.issued_at IS 'When.';
COMMENT ON COLUMN payment_issue.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE payment (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    member_id uuid NOT NULL,
    amount bigint NOT NULL CONSTRAINT payment_pays_something CHECK (amount > 0),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT payment_is_of_one_amount UNIQUE (coop_id, id, amount),
    CONSTRAINT payment_is_one_for_each_payout UNIQUE (coop_id, cycle_id, member_id),
    CONSTRAINT payment_is_issued FOREIGN KEY (coop_id, cycle_id) REFERENCES payment_issue (coop_id, cycle_id),
    CONSTRAINT payment_is_of_a_payout FOREIGN KEY (coop_id, cycle_id, member_id) REFERENCES payout (coop_id, cycle_id, member_id)
);
COMMENT ON TABLE payment IS 'What is to be paid to each member for a cycle.';
COMMENT ON COLUMN payment.coop_id IS 'The co-op.';
COMMENT ON COLUMN payment.id IS 'Its identifier, which is derived from cycle and member.';
COMMENT ON COLUMN payment.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payment.member_id IS 'The member.';
COMMENT ON COLUMN payment.amount IS 'How much, in units of 10^-8, whole minor units.';
COMMENT ON COLUMN payment.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE payment_file (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    bank_account_id uuid NOT NULL,
    message text NOT NULL CONSTRAINT payment_file_message_is_a_reference CHECK (message ~ '^[0-9A-HJKMNP-TV-Z]{32}$'),
    digest bytea NOT NULL CONSTRAINT payment_file_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    pay_on date NOT NULL,
    transfers integer NOT NULL CONSTRAINT payment_file_pays_somebody CHECK (transfers >= 1),
    total bigint NOT NULL CONSTRAINT payment_file_pays_something CHECK (total > 0),
    state text NOT NULL DEFAULT 'prepared' CONSTRAINT payment_file_state_is_known CHECK (state IN ('prepared', 'released', 'withdrawn')),
    prepared_by uuid NOT NULL,
    prepared_at timestamptz NOT NULL,
    released_by uuid,
    released_at timestamptz,
    withdrawn_by uuid,
    withdraw_reason text CONSTRAINT payment_file_withdraw_reason_is_bounded CHECK (length(withdraw_reason) BETWEEN 1 AND 2000),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT payment_file_is_written_once UNIQUE (coop_id, message),
    CONSTRAINT payment_file_is_of_an_issued_cycle FOREIGN KEY (coop_id, cycle_id) REFERENCES payment_issue (coop_id, cycle_id),
    CONSTRAINT payment_file_is_paid_from_an_account FOREIGN KEY (coop_id, bank_account_id)
        REFERENCES bank_account (coop_id, ledger_account_id),
    CONSTRAINT payment_file_is_prepared_by_a_member FOREIGN KEY (coop_id, prepared_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_file_is_released_by_a_member FOREIGN KEY (coop_id, released_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_file_is_withdrawn_by_a_member FOREIGN KEY (coop_id, withdrawn_by) REFERENCES member (coop_id, id),
    CONSTRAINT payment_file_is_released_by_another CHECK (released_by <> prepared_by),
    CONSTRAINT payment_file_is_released_by_somebody CHECK ((state = 'released') = (num_nulls(released_by, released_at) = 0)),
    CONSTRAINT payment_file_is_withdrawn_by_somebody CHECK ((state = 'withdrawn') = (num_nulls(withdrawn_by, withdraw_reason) = 0))
);
CREATE INDEX payment_file_of_cycle ON payment_file (coop_id, cycle_id);
CREATE INDEX payment_file_of_account ON payment_file (coop_id, bank_account_id);
CREATE INDEX payment_file_of_preparer ON payment_file (coop_id, prepared_by);
CREATE INDEX payment_file_of_releaser ON payment_file (coop_id, released_by);
CREATE INDEX payment_file_of_withdrawer ON payment_file (coop_id, withdrawn_by);
COMMENT ON TABLE payment_file IS 'Files that ask a bank to pay. The file itself is written again, byte by byte, from what stands here and in its tries.';
COMMENT ON COLUMN payment_file.coop_id IS 'The co-op.';
COMMENT ON COLUMN payment_file.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN payment_file.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payment_file.bank_account_id IS 'The account that pays.';
COMMENT ON COLUMN payment_file.message IS 'What the bank calls it (MsgId), derived from its tries.';
COMMENT ON COLUMN payment_file.digest IS 'SHA-256 of its bytes.';
COMMENT ON COLUMN payment_file.pay_on IS 'The day on which the bank is to pay.';
COMMENT ON COLUMN payment_file.transfers IS 'How many payments.';
COMMENT ON COLUMN payment_file.total IS 'What they come to, in units of 10^-8.';
COMMENT ON COLUMN payment_file.state IS 'prepared, released to be given to the bank, or withdrawn before that.';
COMMENT ON COLUMN payment_file.prepared_by IS 'Who prepared it.';
COMMENT ON COLUMN payment_file.prepared_at IS 'When, which the file says too.';
COMMENT ON COLUMN payment_file.released_by IS 'Who looked at it and released it.';
COMMENT ON COLUMN payment_file.released_at IS 'When.';
COMMENT ON COLUMN payment_file.withdrawn_by IS 'Who withdrew it.';
COMMENT ON COLUMN payment_file.withdraw_reason IS 'Why.';
COMMENT ON COLUMN payment_file.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE payment_attempt (
    coop_id uuid NOT NULL REFERENCES coop (id),
    payment_id uuid NOT NULL,
    number smallint NOT NULL CONSTRAINT payment_attempt_counts_from_one CHECK (number >= 1),
    amount bigint NOT NULL,
    reference text NOT NULL CONSTRAINT payment_attempt_reference_is_one CHECK (reference ~ '^[0-9A-HJKMNP-TV-Z]{32}$'),
    rail text NOT NULL CONSTRAINT payment_attempt_rail_is_known CHECK (rail IN ('bank', 'manual', 'carry')),
    file_id uuid,
    payee_version integer,
    member_id uuid NOT NULL,
    state text NOT NULL CONSTRAINT payment_attempt_state_is_known
        CHECK (state IN ('prepared', 'submitted', 'accepted', 'unknown', 'settled', 'rejected', 'returned', 'withdrawn')),
    reason text CONSTRAINT payment_attempt_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    came_back bigint,
    evidence_id uuid,
    changed_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, payment_id, number),
    CONSTRAINT payment_attempt_is_of_the_amount FOREIGN KEY (coop_id, payment_id, amount) REFERENCES payment (coop_id, id, amount),
    CONSTRAINT payment_attempt_reference_is_used_once UNIQUE (coop_id, reference),
    CONSTRAINT payment_attempt_stands_in_a_file FOREIGN KEY (coop_id, file_id) REFERENCES payment_file (coop_id, id),
    CONSTRAINT payment_attempt_is_to_a_payee FOREIGN KEY (coop_id, member_id, payee_version)
        REFERENCES payee (coop_id, member_id, version),
    CONSTRAINT payment_attempt_by_bank_has_its_file CHECK ((rail = 'bank') = (file_id IS NOT NULL) AND (rail <> 'bank' OR payee_version IS NOT NULL)),
    -- What a bank or a person said is kept, and only what was refused or came back is tried again.
    CONSTRAINT payment_attempt_has_evidence CHECK (state NOT IN ('accepted', 'rejected', 'returned') OR evidence_id IS NOT NULL),
    CONSTRAINT payment_attempt_came_back_in_part_or_whole CHECK ((state = 'returned') = (came_back IS NOT NULL) AND came_back BETWEEN 1 AND amount)
);
CREATE UNIQUE INDEX payment_attempt_is_alone ON payment_attempt (coop_id, payment_id)
    WHERE state NOT IN ('rejected', 'returned', 'withdrawn');
CREATE INDEX payment_attempt_of_file ON payment_attempt (coop_id, file_id);
CREATE INDEX payment_attempt_of_payee ON payment_attempt (coop_id, member_id, payee_version);
COMMENT ON TABLE payment_attempt IS 'The tries to make payments. What a try is stays; where it stands goes on.';
COMMENT ON COLUMN payment_attempt.coop_id IS 'The co-op.';
COMMENT ON COLUMN payment_attempt.payment_id IS 'The payment.';
COMMENT ON COLUMN payment_attempt.number IS 'Which try, from 1.';
COMMENT ON COLUMN payment_attempt.amount IS 'How much: the payment''s amount.';
COMMENT ON COLUMN payment_attempt.reference IS 'What it is called from end to end (EndToEndId), derived from the payment and its number.';
COMMENT ON COLUMN payment_attempt.rail IS 'How: bank, by a file; manual, by hand; carry, given back to what the member is owed, for the next cycle.';
COMMENT ON COLUMN payment_attempt.file_id IS 'The file it stands in; NULL on other rails.';
COMMENT ON COLUMN payment_attempt.payee_version IS 'Where it is paid to: the version that the member had given.';
COMMENT ON COLUMN payment_attempt.member_id IS 'The member.';
COMMENT ON COLUMN payment_attempt.state IS 'Where it stands.';
COMMENT ON COLUMN payment_attempt.reason IS 'Why it was refused, came back or was carried; a bank''s code.';
COMMENT ON COLUMN payment_attempt.came_back IS 'What came back of a returned payment; a bank may keep its charge.';
COMMENT ON COLUMN payment_attempt.evidence_id IS 'The file of the bank, or the statement of a person, that says so; NULL where nothing was said yet.';
COMMENT ON COLUMN payment_attempt.changed_at IS 'When it came to stand where it stands.';
COMMENT ON COLUMN payment_attempt.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_payment_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A later cycle that was frozen since pays what the members were owed then, this cycle's payouts among it.
    IF NOT EXISTS (SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id AND cycle.state = 'posted')
        OR EXISTS (SELECT FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = cycle.coop_id AND journal.id = cycle.journal_id
            JOIN payout_cycle AS later ON later.coop_id = cycle.coop_id AND later.currency = cycle.currency
                AND later.id <> cycle.id AND later.state NOT IN ('open', 'cancelled') AND later.journal_upto >= journal.number
            WHERE cycle.coop_id = NEW.coop_id AND cycle.id = NEW.cycle_id)
    THEN
        RAISE EXCEPTION 'the payouts of the cycle are not to be paid, or a later cycle pays them'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_issue_is_of_the_last_cycle';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payment_issue() IS 'Refuses to issue a cycle that is not posted, or of which a later cycle carries what is owed.';
CREATE TRIGGER payment_issue_is_of_the_last_cycle AFTER INSERT ON payment_issue FOR EACH ROW EXECUTE FUNCTION check_payment_issue();
ALTER TABLE payment_issue ENABLE ALWAYS TRIGGER payment_issue_is_of_the_last_cycle;

CREATE FUNCTION check_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh JOIN payout ON payout.coop_id = fresh.coop_id AND payout.cycle_id = fresh.cycle_id
                   AND payout.member_id = fresh.member_id
               WHERE payout.paid <> fresh.amount)
    THEN
        RAISE EXCEPTION 'a payment is not what its payout pays' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_what_the_payout_pays';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payments() IS 'Refuses payments of another amount than their payout.';
CREATE TRIGGER payment_is_what_the_payout_pays AFTER INSERT ON payment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_payments();
ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_what_the_payout_pays;

CREATE FUNCTION check_payment_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE state <> CASE WHEN rail = 'carry' THEN 'settled' ELSE 'prepared' END) THEN
        RAISE EXCEPTION 'a try begins by being prepared' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_begins_prepared';
    END IF;
    IF EXISTS (SELECT FROM fresh LEFT JOIN payment_attempt AS former ON former.coop_id = fresh.coop_id
                   AND former.payment_id = fresh.payment_id AND former.number = fresh.number - 1
                   AND former.state IN ('rejected', 'returned', 'withdrawn')
               WHERE fresh.number > 1 AND former.number IS NULL)
    THEN
        RAISE EXCEPTION 'nothing is tried again that was not refused, returned or withdrawn'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_follows_one_that_failed';
    END IF;
    IF EXISTS (SELECT FROM fresh JOIN payment ON payment.coop_id = fresh.coop_id AND payment.id = fresh.payment_id
               LEFT JOIN payment_file AS file ON file.coop_id = fresh.coop_id AND file.id = fresh.file_id
               WHERE payment.member_id <> fresh.member_id OR (fresh.file_id IS NOT NULL
                   AND (file.state <> 'prepared' OR file.cycle_id <> payment.cycle_id)))
    THEN
        RAISE EXCEPTION 'a try is to the member of its payment, in a file of its cycle that was not released'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_is_of_its_payment';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payment_attempts() IS 'Refuses tries after one that did not fail, or in a file that was released.';
CREATE TRIGGER payment_attempt_follows_one_that_failed AFTER INSERT ON payment_attempt REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_payment_attempts();
ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_follows_one_that_failed;

CREATE FUNCTION check_payment_attempt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{state,reason,came_back,evidence_id,changed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{state,reason,came_back,evidence_id,changed_at,recorded_by}'::text[]
        OR (OLD.state, NEW.state) NOT IN (('prepared', 'submitted'), ('prepared', 'withdrawn'), ('prepared', 'settled'),
            ('submitted', 'accepted'), ('submitted', 'unknown'), ('submitted', 'settled'), ('submitted', 'rejected'), ('submitted', 'returned'),
            ('accepted', 'unknown'), ('accepted', 'settled'), ('accepted', 'rejected'), ('accepted', 'returned'),
            ('unknown', 'accepted'), ('unknown', 'settled'), ('unknown', 'rejected'), ('unknown', 'returned'),
            ('settled', 'returned'))
        -- What stands in a file is paid by the bank alone, and what was carried stays so.
        OR (NEW.rail = 'bank' AND OLD.state = 'prepared' AND NEW.state = 'settled') OR NEW.rail = 'carry'
    THEN
        RAISE EXCEPTION 'a try goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payment_attempt_change() IS 'Lets a try go on, and refuses every other change.';
CREATE TRIGGER payment_attempt_only_goes_on BEFORE UPDATE ON payment_attempt FOR EACH ROW EXECUTE FUNCTION check_payment_attempt_change();
CREATE TRIGGER payment_attempt_is_never_removed BEFORE DELETE ON payment_attempt FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_attempt_is_never_emptied BEFORE TRUNCATE ON payment_attempt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_only_goes_on;
ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_is_never_removed;
ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_is_never_emptied;

CREATE FUNCTION check_payment_file_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'prepared' OR to_jsonb(NEW) - '{state,released_by,released_at,withdrawn_by,withdraw_reason,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{state,released_by,released_at,withdrawn_by,withdraw_reason,recorded_by}'::text[]
    THEN
        RAISE EXCEPTION 'a file is released or withdrawn, once' USING ERRCODE = 'restrict_violation';
    END IF;
    -- Whoever wants to be paid elsewhere since is not paid to the former account.
    IF NEW.state = 'released' AND EXISTS (SELECT FROM payment_attempt AS attempt
        JOIN payee AS later ON later.coop_id = NEW.coop_id AND later.member_id = attempt.member_id AND later.version > attempt.payee_version
        WHERE attempt.coop_id = NEW.coop_id AND attempt.file_id = NEW.id)
    THEN
        RAISE EXCEPTION 'a member of the file wants to be paid elsewhere since'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_file_is_to_current_payees';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payment_file_change() IS 'Refuses every change of a file but that it is released or withdrawn.';
CREATE TRIGGER payment_file_only_goes_on BEFORE UPDATE ON payment_file FOR EACH ROW EXECUTE FUNCTION check_payment_file_change();
CREATE TRIGGER payment_file_is_never_removed BEFORE DELETE ON payment_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_file_is_never_emptied BEFORE TRUNCATE ON payment_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE payment_file ENABLE ALWAYS TRIGGER payment_file_only_goes_on;
ALTER TABLE payment_file ENABLE ALWAYS TRIGGER payment_file_is_never_removed;
ALTER TABLE payment_file ENABLE ALWAYS TRIGGER payment_file_is_never_emptied;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['payment_issue', 'payment', 'payment_file', 'payment_attempt']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['payment_issue', 'payment']
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

GRANT SELECT, INSERT ON payment_issue, payment, payment_file, payment_attempt TO rochdale_app;
GRANT UPDATE (state, released_by, released_at, withdrawn_by, withdraw_reason, recorded_by) ON payment_file TO rochdale_app;
GRANT UPDATE (state, reason, came_back, evidence_id, changed_at, recorded_by) ON payment_attempt TO rochdale_app;
