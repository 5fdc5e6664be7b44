-- The end of a year: what came in and what it cost become the result, and nothing takes effect within the year any more.

CREATE TABLE year_close (
    coop_id uuid NOT NULL REFERENCES coop (id),
    year integer NOT NULL CONSTRAINT year_close_is_of_a_year CHECK (year BETWEEN 1900 AND 9999),
    journal_id uuid,
    digest bytea NOT NULL CONSTRAINT year_close_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    results jsonb NOT NULL,
    closed_by uuid NOT NULL,
    closed_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, year),
    CONSTRAINT year_close_is_posted_by_one_transaction UNIQUE (coop_id, journal_id),
    CONSTRAINT year_close_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT year_close_is_by_a_member FOREIGN KEY (coop_id, closed_by) REFERENCES member (coop_id, id),
    CONSTRAINT year_close_is_after_the_year CHECK (year < extract(year FROM closed_at AT TIME ZONE 'UTC'))
);
CREATE INDEX year_close_of_member ON year_close (coop_id, closed_by);
COMMENT ON TABLE year_close IS 'Years that are closed, in their order. Rows are never changed.';
COMMENT ON COLUMN year_close.coop_id IS 'The co-op.';
COMMENT ON COLUMN year_close.year IS 'The year; with it every year before.';
COMMENT ON COLUMN year_close.journal_id IS 'The transaction that closed its accounts, the first of them where there are several currencies; NULL where there was nothing in them.';
COMMENT ON COLUMN year_close.digest IS 'Keccak-256 of what was closed, as it was looked at before.';
COMMENT ON COLUMN year_close.results IS 'The result in each currency, in its units.';
COMMENT ON COLUMN year_close.closed_by IS 'Who closed it.';
COMMENT ON COLUMN year_close.closed_at IS 'When.';
COMMENT ON COLUMN year_close.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_year_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM year_close AS later WHERE later.coop_id = NEW.coop_id AND later.year > NEW.year) THEN
        RAISE EXCEPTION 'years are closed in their order'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'year_close_follows_the_years_before';
    END IF;
    IF EXISTS (SELECT FROM journal
               JOIN journal_entry AS entry ON entry.coop_id = journal.coop_id AND entry.number = journal.number
               JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id
               WHERE journal.coop_id = NEW.coop_id AND journal.effective_on <= make_date(NEW.year, 12, 31)
                 AND account.kind IN ('income', 'expense')
               GROUP BY account.id HAVING sum(entry.amount) <> 0)
    THEN
        RAISE EXCEPTION 'a closed year leaves nothing in its accounts of income and costs'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'year_close_leaves_nothing';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_year_close() IS 'Refuses to close a year before an earlier one, or with something left in its accounts of income and costs.';
CREATE TRIGGER year_close_is_whole AFTER INSERT ON year_close FOR EACH ROW EXECUTE FUNCTION check_year_close();
ALTER TABLE year_close ENABLE ALWAYS TRIGGER year_close_is_whole;

-- Whoever posts holds the book, and so does whoever closes: what was closed before is seen here.
CREATE FUNCTION check_journal_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM year_close WHERE year_close.coop_id = NEW.coop_id AND year_close.year >= extract(year FROM NEW.effective_on)) THEN
        RAISE EXCEPTION 'the year is closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_year_is_open';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_journal_year() IS 'Refuses transactions that take effect within a closed year.';
CREATE TRIGGER journal_is_of_an_open_year AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION check_journal_year();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_is_of_an_open_year;

ALTER TABLE year_close ENABLE ROW LEVEL SECURITY;
ALTER TABLE year_close FORCE ROW LEVEL SECURITY;
CREATE POLICY year_close_of_this_coop ON year_close
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER year_close_only_grows BEFORE UPDATE OR DELETE ON year_close FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER year_close_is_never_emptied BEFORE TRUNCATE ON year_close FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE year_close ENABLE ALWAYS TRIGGER year_close_only_grows;
ALTER TABLE year_close ENABLE ALWAYS TRIGGER year_close_is_never_emptied;
GRANT SELECT, INSERT ON year_close TO rochdale_app;
