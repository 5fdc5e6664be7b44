DROP TRIGGER payout_cycle_counts_interest_once ON payout_cycle;
DROP TRIGGER share_interest_is_counted_once ON share_interest;
DROP FUNCTION check_interest_of_rule();
DROP FUNCTION check_interest_of_terms();
DROP FUNCTION rule_gives_interest(uuid, bigint);
