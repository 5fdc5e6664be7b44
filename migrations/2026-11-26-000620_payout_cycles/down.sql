-- The functions of the engine speak of these tables; bringing the schema up to date makes them anew.
DROP SCHEMA IF EXISTS engine CASCADE;
DROP TABLE payout_approval, payout, payout_line, payout_step, payout_metric, payout_member, payout_cycle;
DROP FUNCTION check_payout_cycle_change(), check_payout_inputs(), check_payout_step_change(), check_payout_approval();
