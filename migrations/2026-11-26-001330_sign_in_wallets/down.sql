ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known;
DELETE FROM outgoing_mail WHERE kind = 'wallets_changed';
ALTER TABLE outgoing_mail
    ADD CONSTRAINT outgoing_mail_kind_is_known CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed',
        'invitation', 'reminder', 'expulsion_notice', 'passkeys_changed'));
COMMENT ON COLUMN outgoing_mail.subject_id IS
    'The id behind the link, the invitation, the reminder, the notice, or for password_changed and passkeys_changed the account.';
DROP TABLE sign_in_wallet;
