DROP TRIGGER journal_undoing_is_possible ON journal;
DROP FUNCTION check_journal_undoing();
DROP TABLE share_interest_line, share_interest, share_movement, money_terms;
DROP FUNCTION check_share_interest();
DROP FUNCTION check_share_movement();
DROP FUNCTION check_shares_of_member(uuid, uuid);
DO $$
DECLARE
    known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE conname = 'journal_kind_is_known' AND conrelid = 'journal'::regclass);
    kinds text[] := ARRAY(SELECT (regexp_matches(known, '''([a-z_]+)''', 'g'))[1]);
BEGIN
    ALTER TABLE journal DROP CONSTRAINT journal_kind_is_known;
    EXECUTE format('ALTER TABLE journal ADD CONSTRAINT journal_kind_is_known CHECK (kind IN (%s))',
        (SELECT string_agg(quote_literal(each), ', ') FROM unnest(kinds) AS each
         WHERE each NOT IN ('capital', 'interest', 'invoice', 'payment', 'bill', 'closing')));
END
$$;
COMMENT ON COLUMN journal.kind IS 'What it records: opening, manual, import, cycle or reversal.';
