DROP TRIGGER payout_cycle_is_posted_with_its_statements ON payout_cycle;
DROP TABLE payout_statement_tile, payout_statements;
DROP FUNCTION check_payout_statements();
