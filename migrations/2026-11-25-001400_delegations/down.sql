ALTER TABLE tally DROP COLUMN attested_delegations;
ALTER TABLE tally DROP COLUMN proxy_weight;
ALTER TABLE tally DROP COLUMN delegated_weight;
DROP TABLE delegated;
DROP TABLE proxy_ballot;
DROP TABLE delegation_marker;
DROP TABLE delegation;
