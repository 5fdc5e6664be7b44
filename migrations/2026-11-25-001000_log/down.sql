DROP TABLE log_leaf;
DROP TABLE log_head;
DROP TABLE log_pending;
DROP FUNCTION check_log_leaves();
DROP FUNCTION check_log_removal();
DROP FUNCTION check_log_head();
