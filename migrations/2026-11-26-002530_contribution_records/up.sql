-- Snapshots of contributions as records of the co-op: what was brought in, by whom, and until when it may be disputed.

CREATE TABLE contribution_record (
    coop_id uuid NOT NULL REFERENCES coop (id),
    snapshot_id uuid NOT NULL,
    record_hash bytea NOT NULL CONSTRAINT contribution_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    salt bytea NOT NULL CONSTRAINT contribution_record_salt_is_a_word CHECK (octet_length(salt) = 32),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, snapshot_id),
    CONSTRAINT contribution_record_is_of_a_snapshot FOREIGN KEY (coop_id, snapshot_id) REFERENCES contribution_snapshot (coop_id, id)
);
COMMENT ON TABLE contribution_record IS 'The records of snapshots of contributions.';
COMMENT ON COLUMN contribution_record.coop_id IS 'The co-op.';
COMMENT ON COLUMN contribution_record.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN contribution_record.record_hash IS 'The struct hash of the record.';
COMMENT ON COLUMN contribution_record.salt IS 'Its salt.';
COMMENT ON COLUMN contribution_record.recorded_by IS 'The name of the transaction that wrote the row.';
ALTER TABLE contribution_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE contribution_record FORCE ROW LEVEL SECURITY;
CREATE POLICY contribution_record_of_this_coop ON contribution_record
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER contribution_record_only_grows BEFORE UPDATE OR DELETE ON contribution_record FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contribution_record_is_never_emptied BEFORE TRUNCATE ON contribution_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE contribution_record ENABLE ALWAYS TRIGGER contribution_record_only_grows;
ALTER TABLE contribution_record ENABLE ALWAYS TRIGGER contribution_record_is_never_emptied;
GRANT SELECT, INSERT ON contribution_record TO rochdale_app;
