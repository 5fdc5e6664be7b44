-- The books of a co-op: double entry, several currencies, nothing ever changed.
--
-- A transaction is one row of journal and its rows of journal_entry. It is sealed without transaction identifiers, which a restore would make
-- meaningless: journal says how many entries there are, what they come to and their digest; the entries come in one statement,
-- lines 1 to n and no fewer; and a trigger that waits for the commit computes all of it again from the rows.

CREATE TABLE ledger_currency (
    coop_id uuid NOT NULL REFERENCES coop (id),
    code text NOT NULL CONSTRAINT ledger_currency_code_is_plain CHECK (code ~ '^[A-Z][A-Z0-9]{2,11}$'),
    minor_digits smallint NOT NULL,
    exponent smallint NOT NULL CONSTRAINT ledger_currency_fits_an_amount CHECK (exponent BETWEEN 0 AND 18),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, code),
    CONSTRAINT ledger_currency_is_paid_no_finer_than_kept CHECK (minor_digits BETWEEN 0 AND exponent)
);
COMMENT ON TABLE ledger_currency IS 'The currencies and tokens in which a co-op keeps books.';
COMMENT ON COLUMN ledger_currency.coop_id IS 'The co-op.';
COMMENT ON COLUMN ledger_currency.code IS 'Its code: ISO 4217, or the name of a token.';
COMMENT ON COLUMN ledger_currency.minor_digits IS 'The decimal places in which it is paid.';
COMMENT ON COLUMN ledger_currency.exponent IS 'The decimal places in which it is kept: an amount counts units of 10^-exponent.';
COMMENT ON COLUMN ledger_currency.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE ledger_account (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    path text NOT NULL CONSTRAINT ledger_account_path_is_plain CHECK (
        length(path) <= 120
        AND path ~ '^(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9-]*){1,7}$'),
    kind text NOT NULL,
    currency text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT ledger_account_path_is_taken_once UNIQUE (coop_id, path, currency),
    CONSTRAINT ledger_account_has_a_currency FOREIGN KEY (coop_id, currency) REFERENCES ledger_currency (coop_id, code),
    CONSTRAINT ledger_account_is_of_the_kind_its_path_tells CHECK (
        (kind, split_part(path, ':', 1)) IN (('asset', 'assets'), ('liability', 'liabilities'), ('equity', 'equity'),
                                             ('income', 'income'), ('expense', 'expenses')))
);
CREATE INDEX ledger_account_of_currency ON ledger_account (coop_id, currency);
COMMENT ON TABLE ledger_account IS 'The accounts of a co-op''s books, each in one currency.';
COMMENT ON COLUMN ledger_account.coop_id IS 'The co-op.';
COMMENT ON COLUMN ledger_account.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN ledger_account.path IS 'Where it stands, such as assets:bank:main.';
COMMENT ON COLUMN ledger_account.kind IS 'What it stands for: asset, liability, equity, income or expense.';
COMMENT ON COLUMN ledger_account.currency IS 'Its only currency.';
COMMENT ON COLUMN ledger_account.opened_at IS 'When it was opened.';
COMMENT ON COLUMN ledger_account.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE ledger_book (
    coop_id uuid PRIMARY KEY REFERENCES coop (id),
    last_number bigint NOT NULL CONSTRAINT ledger_book_counts_from_nothing CHECK (last_number >= 0)
);
COMMENT ON TABLE ledger_book IS 'How many transactions a co-op''s journal has. Whoever posts holds this row until the commit, so that numbers have no '
    'gap and are committed in their order; no balance is kept here or in any other row that changes.';
COMMENT ON COLUMN ledger_book.coop_id IS 'The co-op.';
COMMENT ON COLUMN ledger_book.last_number IS 'The number of its newest transaction; 0 while there is none.';

CREATE TABLE journal (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    number bigint NOT NULL CONSTRAINT journal_number_is_positive CHECK (number >= 1),
    kind text NOT NULL CONSTRAINT journal_kind_is_known CHECK (kind IN ('opening', 'manual', 'import', 'cycle', 'reversal')),
    description text NOT NULL CONSTRAINT journal_description_is_bounded CHECK (length(description) BETWEEN 1 AND 2000),
    effective_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    idempotency_key text NOT NULL CONSTRAINT journal_key_is_bounded CHECK (length(idempotency_key) BETWEEN 1 AND 200),
    request_hash bytea NOT NULL CONSTRAINT journal_request_hash_has_32_bytes CHECK (length(request_hash) = 32),
    reverses uuid,
    entry_count integer NOT NULL CONSTRAINT journal_has_two_entries_or_more CHECK (entry_count BETWEEN 2 AND 2000000),
    digest bytea NOT NULL CONSTRAINT journal_digest_has_32_bytes CHECK (length(digest) = 32),
    currencies text[] NOT NULL,
    debits bigint[] NOT NULL,
    actor_id uuid,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT journal_number_is_taken_once UNIQUE (coop_id, number),
    CONSTRAINT journal_key_is_used_once UNIQUE (coop_id, idempotency_key),
    CONSTRAINT journal_is_reversed_once UNIQUE (coop_id, reverses),
    CONSTRAINT journal_reverses_one_of_this_co_op FOREIGN KEY (coop_id, reverses) REFERENCES journal (coop_id, id),
    CONSTRAINT journal_has_an_actor FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT journal_reversal_names_another CHECK ((kind = 'reversal') = (reverses IS NOT NULL) AND reverses <> id),
    CONSTRAINT journal_has_a_sum_for_each_currency CHECK (cardinality(currencies) >= 1
        AND cardinality(currencies) = cardinality(debits) AND array_position(currencies, NULL) IS NULL
        AND array_position(debits, NULL) IS NULL AND 0 < ALL (debits))
);
CREATE INDEX journal_of_actor ON journal (coop_id, actor_id);
CREATE INDEX journal_by_day ON journal (coop_id, effective_on, number);
COMMENT ON TABLE journal IS 'The transactions of a co-op''s books. What a row says about its entries is computed again at the commit.';
COMMENT ON COLUMN journal.coop_id IS 'The co-op.';
COMMENT ON COLUMN journal.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN journal.number IS 'Its number in the co-op''s journal, from 1 and without a gap, in the order of commits.';
COMMENT ON COLUMN journal.kind IS 'What it records: opening, manual, import, cycle or reversal.';
COMMENT ON COLUMN journal.description IS 'What it is for; of a reversal, why.';
COMMENT ON COLUMN journal.effective_on IS 'The day on which it takes effect in the books.';
COMMENT ON COLUMN journal.recorded_at IS 'When it was written.';
COMMENT ON COLUMN journal.idempotency_key IS 'A key that the same request carries when it is repeated.';
COMMENT ON COLUMN journal.request_hash IS 'SHA-256 of the request; another request with the same key is refused.';
COMMENT ON COLUMN journal.reverses IS 'The transaction that it undoes; NULL for others.';
COMMENT ON COLUMN journal.entry_count IS 'How many entries it has.';
COMMENT ON COLUMN journal.digest IS 'SHA-256 over it and its entries, as journal_digest computes it.';
COMMENT ON COLUMN journal.currencies IS 'The codes of its currencies, in order.';
COMMENT ON COLUMN journal.debits IS 'For each of them what its debits come to, in units of the currency; its credits come to the same.';
COMMENT ON COLUMN journal.actor_id IS 'Who posted it; NULL where the program did.';
COMMENT ON COLUMN journal.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE journal_entry (
    coop_id uuid NOT NULL,
    number bigint NOT NULL,
    line integer NOT NULL,
    account_id uuid NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    reference uuid,
    PRIMARY KEY (coop_id, number, line),
    -- The smallest bigint has no opposite, so it could not be reversed.
    CONSTRAINT journal_entry_moves_something CHECK (amount <> 0 AND amount > -9223372036854775808)
);
CREATE INDEX journal_entry_of_account ON journal_entry (coop_id, account_id, number) INCLUDE (amount);
COMMENT ON TABLE journal_entry IS 'The lines of transactions. Whether transaction and account exist is looked at once for each statement, since a foreign key '
    'would look once for each of a million rows.';
COMMENT ON COLUMN journal_entry.coop_id IS 'The co-op.';
COMMENT ON COLUMN journal_entry.number IS 'The number of the transaction.';
COMMENT ON COLUMN journal_entry.line IS 'Which of its entries, from 1 and without a gap.';
COMMENT ON COLUMN journal_entry.account_id IS 'The account.';
COMMENT ON COLUMN journal_entry.currency IS 'The account''s currency.';
COMMENT ON COLUMN journal_entry.amount IS 'What is added, in units of the currency: a debit above zero, a credit below.';
COMMENT ON COLUMN journal_entry.reference IS 'What it is about: a member, a payout, an invoice; NULL where nothing is named.';

CREATE TABLE ledger_snapshot (
    coop_id uuid NOT NULL REFERENCES coop (id),
    upto_number bigint NOT NULL CONSTRAINT ledger_snapshot_is_of_something CHECK (upto_number >= 1),
    account_id uuid NOT NULL,
    balance numeric(38, 0) NOT NULL,
    PRIMARY KEY (coop_id, upto_number, account_id),
    CONSTRAINT ledger_snapshot_has_an_account FOREIGN KEY (coop_id, account_id) REFERENCES ledger_account (coop_id, id)
);
CREATE INDEX ledger_snapshot_of_account ON ledger_snapshot (coop_id, account_id);
COMMENT ON TABLE ledger_snapshot IS 'What the entries of each account came to up to some transaction, so that a balance is that and what came after it.';
COMMENT ON COLUMN ledger_snapshot.coop_id IS 'The co-op.';
COMMENT ON COLUMN ledger_snapshot.upto_number IS 'The number of the last transaction in it. Numbers are committed in their order, so none below is still to come.';
COMMENT ON COLUMN ledger_snapshot.account_id IS 'The account.';
COMMENT ON COLUMN ledger_snapshot.balance IS 'The sum of its entries, in units of its currency.';

CREATE FUNCTION journal_digest(header journal) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256('rochdale.journal.v1'::bytea || uuid_send(header.coop_id) || uuid_send(header.id)
        || int4send(header.effective_on - date '1970-01-01')
        || coalesce(uuid_send(header.reverses), decode(repeat('00', 16), 'hex'))
        || sha256(convert_to(header.kind, 'UTF8')) || sha256(convert_to(header.description, 'UTF8'))
        || int4send(header.entry_count)
        || coalesce((SELECT string_agg(uuid_send(account_id) || convert_to(rpad(currency, 12), 'UTF8') || int8send(amount)
                                       || coalesce(uuid_send(reference), decode(repeat('00', 16), 'hex')), ''::bytea ORDER BY line)
                     FROM journal_entry WHERE coop_id = header.coop_id AND number = header.number), ''::bytea))
$$;
COMMENT ON FUNCTION journal_digest(journal) IS 'The digest of a transaction from its rows; governance computes the same before it posts.';

CREATE FUNCTION check_journal_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh LEFT JOIN ledger_account AS account
                   ON account.coop_id = fresh.coop_id AND account.id = fresh.account_id AND account.currency = fresh.currency
               WHERE account.id IS NULL)
    THEN
        RAISE EXCEPTION 'an entry names no account of this co-op in its currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_account_has_its_currency';
    END IF;
    -- Lines 1 to n at once: the first statement has them all, and a later one would repeat a line, which the key forbids.
    IF EXISTS (SELECT FROM (SELECT coop_id, number, count(*) AS lines, min(line) AS first, max(line) AS last
                            FROM fresh GROUP BY coop_id, number) AS given
               LEFT JOIN journal ON journal.coop_id = given.coop_id AND journal.number = given.number
               WHERE journal.id IS NULL OR given.lines <> journal.entry_count OR given.first <> 1
                  OR given.last <> journal.entry_count)
    THEN
        RAISE EXCEPTION 'the entries of a transaction are written with it, all at once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_is_sealed';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_journal_entries() IS 'Refuses entries of no account, of another currency, of no transaction, and any that come later.';
CREATE TRIGGER journal_entry_is_whole AFTER INSERT ON journal_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_journal_entries();
ALTER TABLE journal_entry ENABLE ALWAYS TRIGGER journal_entry_is_whole;

CREATE FUNCTION check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT coalesce(sum(lines), 0) AS lines, coalesce(bool_and(total = 0), false) AS is_balanced,
           array_agg(currency ORDER BY currency COLLATE "C") AS currencies, array_agg(debits ORDER BY currency COLLATE "C") AS debits
    INTO found
    FROM (SELECT currency, count(*) AS lines, sum(amount) AS total, sum(amount) FILTER (WHERE amount > 0) AS debits
          FROM journal_entry WHERE coop_id = NEW.coop_id AND number = NEW.number GROUP BY currency) AS sums;
    IF found.lines <> NEW.entry_count THEN
        RAISE EXCEPTION 'a transaction has not the entries that it says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_its_entries';
    END IF;
    IF NOT found.is_balanced THEN
        RAISE EXCEPTION 'the entries of a transaction do not come to zero in each currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balances_in_each_currency';
    END IF;
    IF NEW.currencies <> found.currencies OR NEW.debits::numeric[] <> found.debits::numeric[] THEN
        RAISE EXCEPTION 'the entries of a transaction do not come to what it says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_comes_to_its_sums';
    END IF;
    IF NEW.digest <> journal_digest(NEW) THEN
        RAISE EXCEPTION 'the digest of a transaction is not that of its entries'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_the_digest_of_its_entries';
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_book WHERE coop_id = NEW.coop_id AND last_number >= NEW.number) THEN
        RAISE EXCEPTION 'the number of a transaction was not given out'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_number_was_given_out';
    END IF;
    IF NEW.reverses IS NOT NULL AND EXISTS (
        SELECT FROM (SELECT line, account_id, currency, -amount AS amount, reference FROM journal_entry
                     WHERE coop_id = NEW.coop_id
                       AND number = (SELECT number FROM journal WHERE coop_id = NEW.coop_id AND id = NEW.reverses)) AS undone
        FULL JOIN (SELECT line, account_id, currency, amount, reference FROM journal_entry
                   WHERE coop_id = NEW.coop_id AND number = NEW.number) AS ours USING (line)
        WHERE (undone.account_id, undone.currency, undone.amount, undone.reference)
            IS DISTINCT FROM (ours.account_id, ours.currency, ours.amount, ours.reference))
    THEN
        RAISE EXCEPTION 'a reversal has the opposite of each entry that it undoes, and no other'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_reversal_undoes_each_entry';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_journal() IS 'Computes at the commit, once for each transaction, whether its entries are what it says.';
CREATE CONSTRAINT TRIGGER journal_is_what_its_entries_are AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_journal();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_is_what_its_entries_are;

CREATE FUNCTION check_ledger_book_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.coop_id <> OLD.coop_id OR NEW.last_number <> OLD.last_number + 1 THEN
        RAISE EXCEPTION 'the journal only goes on, by one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_ledger_book_change() IS 'Refuses every change of a book but the next number.';
CREATE TRIGGER ledger_book_only_goes_on BEFORE UPDATE ON ledger_book FOR EACH ROW EXECUTE FUNCTION check_ledger_book_change();
CREATE TRIGGER ledger_book_is_never_removed BEFORE DELETE ON ledger_book FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_book_is_never_emptied BEFORE TRUNCATE ON ledger_book FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger_book ENABLE ALWAYS TRIGGER ledger_book_only_goes_on;
ALTER TABLE ledger_book ENABLE ALWAYS TRIGGER ledger_book_is_never_removed;
ALTER TABLE ledger_book ENABLE ALWAYS TRIGGER ledger_book_is_never_emptied;

-- The one way in which transactions are posted. It runs with the rights of the caller; what must hold is held by the triggers above,
-- whoever writes.
CREATE FUNCTION journal_post(
    given journal, accounts uuid[], codes text[], amounts bigint[], subjects uuid[],
    OUT posted journal, OUT is_repeated boolean, OUT differs boolean
) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_book (coop_id, last_number) VALUES (given.coop_id, 0) ON CONFLICT (coop_id) DO NOTHING;
    PERFORM FROM ledger_book WHERE coop_id = given.coop_id FOR UPDATE;
    SELECT * INTO posted FROM journal WHERE coop_id = given.coop_id AND idempotency_key = given.idempotency_key;
    is_repeated := FOUND;
    differs := is_repeated AND posted.request_hash <> given.request_hash;
    IF is_repeated THEN
        RETURN;
    END IF;
    UPDATE ledger_book SET last_number = last_number + 1 WHERE coop_id = given.coop_id RETURNING last_number INTO given.number;
    given.entry_count := cardinality(accounts);
    given.recorded_at := statement_timestamp();
    INSERT INTO journal SELECT given.* RETURNING * INTO posted;
    INSERT INTO journal_entry (coop_id, number, line, account_id, currency, amount, reference)
    SELECT given.coop_id, given.number, place, account, code, amount, subject
    FROM unnest(accounts, codes, amounts, subjects) WITH ORDINALITY AS entry (account, code, amount, subject, place);
END
$$;
COMMENT ON FUNCTION journal_post(journal, uuid[], text[], bigint[], uuid[]) IS
    'Posts a transaction with its entries, or gives the one that the same key posted before and whether it was another request.';

CREATE FUNCTION ledger_snapshot_take(coop uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last bigint := (SELECT max(upto_number) FROM ledger_snapshot WHERE coop_id = coop);
    upto bigint := (SELECT last_number FROM ledger_book WHERE coop_id = coop);
BEGIN
    IF coalesce(upto, 0) <= coalesce(last, 0) THEN
        RETURN coalesce(last, 0);
    END IF;
    INSERT INTO ledger_snapshot (coop_id, upto_number, account_id, balance)
    SELECT coop, upto, account_id, sum(amount)
    FROM (SELECT account_id, balance AS amount FROM ledger_snapshot WHERE coop_id = coop AND upto_number = last
          UNION ALL
          SELECT account_id, amount FROM journal_entry
          WHERE coop_id = coop AND number > coalesce(last, 0) AND number <= upto) AS parts
    GROUP BY account_id
    ON CONFLICT (coop_id, upto_number, account_id) DO NOTHING;
    RETURN upto;
END
$$;
COMMENT ON FUNCTION ledger_snapshot_take(uuid) IS 'Writes down all balances up to the newest committed transaction; gives its number.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ledger_currency', 'ledger_account', 'ledger_book', 'journal', 'journal_entry', 'ledger_snapshot']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['ledger_currency', 'ledger_account', 'journal', 'journal_entry', 'ledger_snapshot']
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

GRANT SELECT, INSERT ON ledger_currency, ledger_account, ledger_book, journal, journal_entry, ledger_snapshot TO rochdale_app;
GRANT UPDATE (last_number) ON ledger_book TO rochdale_app;
