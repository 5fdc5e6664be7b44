DROP TABLE anchor_lease;
DROP TABLE anchor_attempt;
DROP TABLE anchor_tx;
DROP TABLE anchor_batch;
