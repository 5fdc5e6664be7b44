-- Wallets that sign in to an account (EIP-4361). A voting key of a co-op is another thing, even where it is the same wallet.

CREATE TABLE sign_in_wallet (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    address bytea NOT NULL CONSTRAINT sign_in_wallet_is_new UNIQUE
        CONSTRAINT sign_in_wallet_address_is_one CHECK (octet_length(address) = 20),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    recorded_by text NOT NULL
);
COMMENT ON TABLE sign_in_wallet IS 'A wallet that signs in to an account, linked by a message that it signed (EIP-4361).';
COMMENT ON COLUMN sign_in_wallet.id IS 'The link of wallet and account.';
COMMENT ON COLUMN sign_in_wallet.account_id IS 'Whose it is.';
COMMENT ON COLUMN sign_in_wallet.address IS 'The address of the wallet. It signs in to one account alone.';
COMMENT ON COLUMN sign_in_wallet.created_at IS 'When it was linked.';
COMMENT ON COLUMN sign_in_wallet.last_used_at IS 'When somebody last signed in with it; NULL before.';
COMMENT ON COLUMN sign_in_wallet.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX sign_in_wallet_of_account ON sign_in_wallet (account_id, id);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_wallet TO rochdale_global;

ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known,
    ADD CONSTRAINT outgoing_mail_kind_is_known CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed',
        'invitation', 'reminder', 'expulsion_notice', 'passkeys_changed', 'wallets_changed'));
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, the reminder, the notice, or for password_changed, passkeys_changed and wallets_changed the account.';
