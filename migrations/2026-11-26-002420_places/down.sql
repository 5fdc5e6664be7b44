DROP TRIGGER distributor_takes_its_place ON distributor;
DROP FUNCTION take_distributor_place();
DROP TABLE distributor_place;
DROP TRIGGER distributor_is_at_no_bank ON distributor;
DROP TRIGGER bank_account_is_in_no_contract ON bank_account;
DROP FUNCTION check_place_of_account();
DROP INDEX payout_cycle_is_posted_by_one_transaction;
CREATE INDEX payout_cycle_of_journal ON payout_cycle (coop_id, journal_id);
