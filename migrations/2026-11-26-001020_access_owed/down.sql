DROP TABLE access_owed_line;
DROP TABLE access_owed;
ALTER TABLE journal DROP CONSTRAINT journal_kind_is_known;
ALTER TABLE journal ADD CONSTRAINT journal_kind_is_known CHECK (kind IN ('opening', 'manual', 'import', 'cycle', 'reversal'));
COMMENT ON COLUMN journal.kind IS 'What it records: opening, manual, import, cycle or reversal.';
