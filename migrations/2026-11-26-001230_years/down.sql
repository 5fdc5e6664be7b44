DROP TRIGGER journal_is_of_an_open_year ON journal;
DROP FUNCTION check_journal_year();
DROP TABLE year_close;
DROP FUNCTION check_year_close();
