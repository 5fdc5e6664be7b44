DROP FUNCTION ledger_snapshot_take(uuid);
DROP FUNCTION journal_post(journal, uuid[], text[], bigint[], uuid[]);
DROP FUNCTION journal_digest(journal) CASCADE;
DROP TABLE ledger_snapshot, journal_entry, journal, ledger_book, ledger_account, ledger_currency;
DROP FUNCTION check_journal_entries(), check_journal(), check_ledger_book_change();
