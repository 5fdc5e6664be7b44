-- Passkeys: a way to sign in that belongs to an account, and a third kind of key that signs ballots.

CREATE TABLE passkey (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    credential bytea NOT NULL CONSTRAINT passkey_credential_is_new UNIQUE
        CONSTRAINT passkey_credential_is_bounded CHECK (octet_length(credential) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL CONSTRAINT passkey_public_key_is_a_point CHECK (octet_length(public_key) = 64),
    name text NOT NULL CONSTRAINT passkey_name_is_bounded CHECK (length(name) BETWEEN 1 AND 60),
    sign_count bigint NOT NULL CONSTRAINT passkey_sign_count_fits CHECK (sign_count BETWEEN 0 AND 4294967295),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    recorded_by text NOT NULL
);
COMMENT ON TABLE passkey IS 'A key in an authenticator that signs in to an account (WebAuthn).';
COMMENT ON COLUMN passkey.id IS 'The passkey.';
COMMENT ON COLUMN passkey.account_id IS 'Whose it is.';
COMMENT ON COLUMN passkey.credential IS 'The name by which the authenticator finds it.';
COMMENT ON COLUMN passkey.public_key IS 'Both coordinates of a point on P-256.';
COMMENT ON COLUMN passkey.name IS 'What its owner calls it.';
COMMENT ON COLUMN passkey.sign_count IS 'How often it had signed when it was last used; 0 where the authenticator does not count.';
COMMENT ON COLUMN passkey.created_at IS 'When it was added.';
COMMENT ON COLUMN passkey.last_used_at IS 'When somebody last signed in with it; NULL before.';
COMMENT ON COLUMN passkey.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX passkey_of_account ON passkey (account_id, id);
GRANT SELECT, INSERT, UPDATE, DELETE ON passkey TO rochdale_global;
COMMENT ON TABLE siwe_nonce IS 'Numbers used once, for messages that a wallet signs (EIP-4361) and challenges that a passkey answers. Using one removes it.';

ALTER TABLE voting_key DROP CONSTRAINT voting_key_kind_is_known, DROP CONSTRAINT voting_key_fits_its_kind,
    ADD CONSTRAINT voting_key_kind_is_known CHECK (kind IN (1, 3, 4)),
    ADD CONSTRAINT voting_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 WHEN 3 THEN 64 ELSE 32 END);
COMMENT ON COLUMN voting_key.kind IS '1 an Ethereum wallet, 3 a passkey, 4 Ed25519.';
COMMENT ON COLUMN voting_key.public_key IS 'The address of the wallet, the point of the passkey, or the public key.';
COMMENT ON COLUMN roll_key.kind IS '1 an Ethereum wallet, 3 a passkey, 4 Ed25519.';

ALTER TABLE ballot DROP CONSTRAINT ballot_kind_is_known, DROP CONSTRAINT ballot_key_fits_its_kind,
    DROP CONSTRAINT ballot_signature_fits_its_kind,
    ADD CONSTRAINT ballot_kind_is_known CHECK (kind IN (1, 3, 4, 5)),
    ADD CONSTRAINT ballot_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 WHEN 3 THEN 64 ELSE 32 END),
    ADD CONSTRAINT ballot_signature_fits_its_kind CHECK (CASE kind WHEN 1 THEN octet_length(signature) = 65
        WHEN 3 THEN octet_length(signature) BETWEEN 103 AND 2048 ELSE octet_length(signature) = 64 END);
COMMENT ON COLUMN ballot.kind IS '1 signed by a wallet, 3 by a passkey, 4 by an Ed25519 key, 5 attested by the server.';
COMMENT ON COLUMN ballot.signature IS 'The signature over the EIP-712 digest; of a passkey, its assertion.';

ALTER TABLE delegation DROP CONSTRAINT delegation_kind_is_known, DROP CONSTRAINT delegation_key_fits_its_kind,
    DROP CONSTRAINT delegation_signature_fits_its_kind,
    ADD CONSTRAINT delegation_kind_is_known CHECK (kind IN (1, 3, 4, 5)),
    ADD CONSTRAINT delegation_key_fits_its_kind
        CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 WHEN 3 THEN 64 ELSE 32 END),
    ADD CONSTRAINT delegation_signature_fits_its_kind CHECK (CASE kind WHEN 1 THEN octet_length(signature) = 65
        WHEN 3 THEN octet_length(signature) BETWEEN 103 AND 2048 ELSE octet_length(signature) = 64 END);
COMMENT ON COLUMN delegation.kind IS '1 signed by a wallet, 3 by a passkey, 4 by an Ed25519 key, 5 attested by the server.';
COMMENT ON COLUMN delegation.signature IS 'The signature over the EIP-712 digest; of a passkey, its assertion.';

ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known,
    ADD CONSTRAINT outgoing_mail_kind_is_known CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed',
        'invitation', 'reminder', 'expulsion_notice', 'passkeys_changed'));
COMMENT ON COLUMN outgoing_mail.subject_id IS
    'The id behind the link, the invitation, the reminder, the notice, or for password_changed and passkeys_changed the account.';
