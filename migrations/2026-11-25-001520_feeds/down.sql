DROP INDEX proposal_newest_opening;
DROP TABLE feed_address;
