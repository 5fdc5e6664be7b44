ALTER TABLE payment_attempt DROP CONSTRAINT payment_attempt_rests_on_a_file;
DROP INDEX payment_attempt_of_evidence;
DROP TABLE bank_item, bank_statement, bank_file;
