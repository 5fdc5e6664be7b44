ALTER TABLE tally DROP COLUMN exposures;
DROP INDEX roll_entry_has_one_pseudonym;
ALTER TABLE roll_entry DROP COLUMN pseudonym;
DROP TRIGGER proposal_secrecy_is_frozen ON proposal;
DROP FUNCTION check_secrecy_change;
REVOKE UPDATE (secrecy) ON proposal FROM rochdale_app;
ALTER TABLE proposal
    DROP CONSTRAINT proposal_secrecy_is_known,
    ADD CONSTRAINT proposal_secrecy_is_open CHECK (secrecy = 0);
COMMENT ON COLUMN proposal.secrecy IS '0: open ballots.';
