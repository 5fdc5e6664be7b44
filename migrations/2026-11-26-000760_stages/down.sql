DROP TRIGGER proposal_stage_keeps_texts ON proposal;
DROP TABLE proposal_stage;
DROP FUNCTION check_stage_keeps_texts();
DROP FUNCTION check_stage_follows();
