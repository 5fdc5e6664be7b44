ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known, DROP CONSTRAINT outgoing_mail_of_a_coop_names_it;
-- Notices that wait stay until they are swept; the program before them skips what it does not know.
ALTER TABLE outgoing_mail
    ADD CONSTRAINT outgoing_mail_kind_is_known
        CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed', 'invitation', 'reminder')) NOT VALID,
    ADD CONSTRAINT outgoing_mail_of_a_coop_names_it CHECK ((kind IN ('invitation', 'reminder')) = (coop_id IS NOT NULL)) NOT VALID;
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites or reminds; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, the reminder, or for password_changed the account.';
DROP TRIGGER proposal_is_opened_when_heard ON proposal;
DROP FUNCTION check_proposal_heard();
DROP TABLE expulsion_notice;
DROP FUNCTION check_expulsion_notice_change();
