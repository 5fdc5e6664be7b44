-- What a template adds to each message is looked at apart from what it adds to each call.
ALTER TABLE access_model ADD COLUMN lacks_message bigint CONSTRAINT access_model_lacks_something_for_a_message CHECK (lacks_message > 0);
ALTER TABLE access_model ADD CONSTRAINT access_model_is_proved_or_lacks_for_a_message CHECK (proved_at IS NULL OR lacks_message IS NULL);
COMMENT ON COLUMN access_model.lacks_message IS 'How many tokens more than is set aside each message or text of a call had when that was last looked at; NULL where none had, or nothing answered.';
GRANT UPDATE (lacks_message) ON access_model TO rochdale_app;
