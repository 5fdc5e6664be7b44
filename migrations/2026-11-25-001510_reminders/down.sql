ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known, DROP CONSTRAINT outgoing_mail_of_a_coop_names_it;
-- Reminders that wait stay until they are swept; the program before them skips what it does not know.
ALTER TABLE outgoing_mail
    ADD CONSTRAINT outgoing_mail_kind_is_known
        CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed', 'invitation')) NOT VALID,
    ADD CONSTRAINT outgoing_mail_of_a_coop_is_an_invitation CHECK ((kind = 'invitation') = (coop_id IS NOT NULL)) NOT VALID;
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, or for password_changed the account.';
DROP TABLE reminder, reminder_wish, errand;
