-- Fails where a passkey has signed anything: records are never removed.
ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known;
DELETE FROM outgoing_mail WHERE kind = 'passkeys_changed';
ALTER TABLE outgoing_mail
    ADD CONSTRAINT outgoing_mail_kind_is_known CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed',
        'invitation', 'reminder', 'expulsion_notice'));
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, the reminder, the notice, or for password_changed the account.';
ALTER TABLE delegation DROP CONSTRAINT delegation_kind_is_known, DROP CONSTRAINT delegation_key_fits_its_kind, DROP CONSTRAINT delegation_signature_fits_its_kind,
    ADD CONSTRAINT delegation_kind_is_known CHECK (kind IN (1, 4, 5)),
    ADD CONSTRAINT delegation_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 ELSE 32 END),
    ADD CONSTRAINT delegation_signature_fits_its_kind CHECK (octet_length(signature) = CASE kind WHEN 1 THEN 65 ELSE 64 END);
ALTER TABLE ballot DROP CONSTRAINT ballot_kind_is_known, DROP CONSTRAINT ballot_key_fits_its_kind, DROP CONSTRAINT ballot_signature_fits_its_kind,
    ADD CONSTRAINT ballot_kind_is_known CHECK (kind IN (1, 4, 5)),
    ADD CONSTRAINT ballot_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 ELSE 32 END),
    ADD CONSTRAINT ballot_signature_fits_its_kind CHECK (octet_length(signature) = CASE kind WHEN 1 THEN 65 ELSE 64 END);
ALTER TABLE voting_key DROP CONSTRAINT voting_key_kind_is_known, DROP CONSTRAINT voting_key_fits_its_kind,
    ADD CONSTRAINT voting_key_kind_is_known CHECK (kind IN (1, 4)),
    ADD CONSTRAINT voting_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 ELSE 32 END);
COMMENT ON COLUMN delegation.kind IS '1 signed by a wallet, 4 by an Ed25519 key, 5 attested by the server.';
COMMENT ON COLUMN delegation.signature IS 'The signature over the EIP-712 digest.';
COMMENT ON COLUMN ballot.kind IS '1 signed by a wallet, 4 by an Ed25519 key, 5 attested by the server.';
COMMENT ON COLUMN ballot.signature IS 'The signature over the EIP-712 digest.';
COMMENT ON COLUMN roll_key.kind IS '1 an Ethereum wallet, 4 Ed25519.';
COMMENT ON COLUMN voting_key.kind IS '1 an Ethereum wallet, 4 Ed25519.';
COMMENT ON COLUMN voting_key.public_key IS 'The address of the wallet, or the public key.';
COMMENT ON TABLE siwe_nonce IS 'Numbers used once, for messages that a wallet signs (EIP-4361). Using one removes it.';
DROP TABLE passkey;
