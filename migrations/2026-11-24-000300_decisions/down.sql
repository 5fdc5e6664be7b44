DROP TABLE tally, ballot, roll_key, roll_entry, proposal;
DROP FUNCTION check_proposal_change();
