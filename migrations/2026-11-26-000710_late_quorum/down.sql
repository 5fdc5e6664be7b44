DROP TRIGGER proposal_is_extended_once ON proposal;
DROP FUNCTION check_proposal_extension();
ALTER TABLE proposal DROP CONSTRAINT proposal_is_extended_by_a_ballot, DROP COLUMN extended_until, DROP COLUMN extended_by_ballot;
