DROP TRIGGER claim_root_is_in_the_record ON claim_root;
DROP TRIGGER foreign_root_is_in_the_record ON foreign_root;
DROP FUNCTION check_claim_root_record(), check_foreign_root_record();
DROP TABLE claim_root_record;
