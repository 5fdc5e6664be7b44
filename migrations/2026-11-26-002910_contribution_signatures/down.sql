DROP TABLE contribution_signature;
DROP FUNCTION check_contribution_signature();
