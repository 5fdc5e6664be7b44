ALTER TABLE access_model DROP COLUMN lacks_message;
