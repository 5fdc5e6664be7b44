DROP TABLE contribution_record;
