-- Who brings figures in may sign their record with a key of their own, once, when it is recorded.

CREATE TABLE contribution_signature (
    coop_id uuid NOT NULL REFERENCES coop (id),
    snapshot_id uuid NOT NULL,
    key_id uuid NOT NULL,
    signature bytea NOT NULL CONSTRAINT contribution_signature_is_bounded CHECK (octet_length(signature) BETWEEN 64 AND 2048),
    signed_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, snapshot_id),
    CONSTRAINT contribution_signature_is_of_a_record FOREIGN KEY (coop_id, snapshot_id) REFERENCES contribution_record (coop_id, snapshot_id),
    CONSTRAINT contribution_signature_is_by_a_key FOREIGN KEY (coop_id, key_id) REFERENCES voting_key (coop_id, id)
);
CREATE INDEX contribution_signature_of_key ON contribution_signature (coop_id, key_id);
COMMENT ON TABLE contribution_signature IS 'Signatures over the records of snapshots of contributions, by who brought them in.';
COMMENT ON COLUMN contribution_signature.coop_id IS 'The co-op.';
COMMENT ON COLUMN contribution_signature.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN contribution_signature.key_id IS 'The key that signed.';
COMMENT ON COLUMN contribution_signature.signature IS 'The signature over the EIP-712 digest of the record; of a passkey, its assertion.';
COMMENT ON COLUMN contribution_signature.signed_at IS 'When it was given.';
COMMENT ON COLUMN contribution_signature.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_contribution_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contribution_snapshot AS header
                   JOIN voting_key AS key ON key.coop_id = header.coop_id AND key.member_id = header.submitted_by
                   WHERE header.coop_id = NEW.coop_id AND header.id = NEW.snapshot_id AND key.id = NEW.key_id AND key.ended_at IS NULL)
    THEN
        RAISE EXCEPTION 'only a key in use of who brought the figures in signs them'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_signature_is_by_who_brought_it';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_contribution_signature() IS 'Refuses signatures by keys of others and by keys that were taken back.';
CREATE TRIGGER contribution_signature_is_by_who_brought_it AFTER INSERT ON contribution_signature
    FOR EACH ROW EXECUTE FUNCTION check_contribution_signature();
ALTER TABLE contribution_signature ENABLE ALWAYS TRIGGER contribution_signature_is_by_who_brought_it;

ALTER TABLE contribution_signature ENABLE ROW LEVEL SECURITY;
ALTER TABLE contribution_signature FORCE ROW LEVEL SECURITY;
CREATE POLICY contribution_signature_of_this_coop ON contribution_signature
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER contribution_signature_only_grows BEFORE UPDATE OR DELETE ON contribution_signature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contribution_signature_is_never_emptied BEFORE TRUNCATE ON contribution_signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE contribution_signature ENABLE ALWAYS TRIGGER contribution_signature_only_grows;
ALTER TABLE contribution_signature ENABLE ALWAYS TRIGGER contribution_signature_is_never_emptied;
GRANT SELECT, INSERT ON contribution_signature TO rochdale_app;
