-- Roots by which members may claim, as records of the co-op: what was released, before anybody can submit it, and what a contract shows that
-- nobody released.

CREATE TABLE claim_root_record (
    coop_id uuid NOT NULL REFERENCES coop (id),
    record_hash bytea NOT NULL CONSTRAINT claim_root_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    distributor_id uuid NOT NULL,
    epoch bigint NOT NULL CONSTRAINT claim_root_record_epoch_counts_from_one CHECK (epoch >= 1),
    root bytea NOT NULL CONSTRAINT claim_root_record_root_is_a_word CHECK (octet_length(root) = 32),
    total numeric(39) NOT NULL CONSTRAINT claim_root_record_total_is_an_amount CHECK (total >= 0),
    file_id uuid,
    content bytea CONSTRAINT claim_root_record_content_is_a_word CHECK (octet_length(content) = 32),
    statements bytea CONSTRAINT claim_root_record_statements_is_a_word CHECK (octet_length(statements) = 32),
    salt bytea NOT NULL CONSTRAINT claim_root_record_salt_is_a_word CHECK (octet_length(salt) = 32),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, record_hash),
    CONSTRAINT claim_root_record_is_of_a_distributor FOREIGN KEY (coop_id, distributor_id) REFERENCES distributor (coop_id, ledger_account_id),
    CONSTRAINT claim_root_record_is_of_a_file FOREIGN KEY (coop_id, file_id) REFERENCES payment_file (coop_id, id),
    CONSTRAINT claim_root_record_says_of_what_it_is CHECK (num_nulls(file_id, content, statements) IN (0, 3))
);
CREATE UNIQUE INDEX claim_root_record_is_one_for_each_file ON claim_root_record (coop_id, file_id);
CREATE INDEX claim_root_record_of_distributor ON claim_root_record (coop_id, distributor_id, epoch);
COMMENT ON TABLE claim_root_record IS 'The records of roots: of those that were released, and of those that a contract shows and nobody released.';
COMMENT ON COLUMN claim_root_record.coop_id IS 'The co-op.';
COMMENT ON COLUMN claim_root_record.record_hash IS 'The struct hash of the record.';
COMMENT ON COLUMN claim_root_record.distributor_id IS 'The distributor.';
COMMENT ON COLUMN claim_root_record.epoch IS 'The epoch in the contract.';
COMMENT ON COLUMN claim_root_record.root IS 'The root.';
COMMENT ON COLUMN claim_root_record.total IS 'What its claims come to, in the smallest unit of the token.';
COMMENT ON COLUMN claim_root_record.file_id IS 'The file of payments; NULL where nobody released it, as content and statements.';
COMMENT ON COLUMN claim_root_record.content IS 'SHA-256 of the list of claims.';
COMMENT ON COLUMN claim_root_record.statements IS 'What the contract is told as the statements of the cycle.';
COMMENT ON COLUMN claim_root_record.salt IS 'The salt of the record.';
COMMENT ON COLUMN claim_root_record.recorded_by IS 'The name of the transaction that wrote the row.';
ALTER TABLE claim_root_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_root_record FORCE ROW LEVEL SECURITY;
CREATE POLICY claim_root_record_of_this_coop ON claim_root_record
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER claim_root_record_only_grows BEFORE UPDATE OR DELETE ON claim_root_record FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_root_record_is_never_emptied BEFORE TRUNCATE ON claim_root_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE claim_root_record ENABLE ALWAYS TRIGGER claim_root_record_only_grows;
ALTER TABLE claim_root_record ENABLE ALWAYS TRIGGER claim_root_record_is_never_emptied;
GRANT SELECT, INSERT ON claim_root_record TO rochdale_app;

CREATE FUNCTION check_claim_root_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM claim_root_record AS told WHERE told.coop_id = NEW.coop_id AND told.file_id = NEW.file_id
          AND told.distributor_id = NEW.distributor_id AND told.epoch = NEW.epoch AND told.root = NEW.root)
    THEN
        RAISE EXCEPTION 'a root is in the record before anybody can submit it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_is_in_the_record';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_claim_root_record() IS 'Refuses to release a root that no record names.';
CREATE TRIGGER claim_root_is_in_the_record AFTER UPDATE ON claim_root
    FOR EACH ROW WHEN (OLD.state = 'prepared' AND NEW.state = 'released') EXECUTE FUNCTION check_claim_root_record();
ALTER TABLE claim_root ENABLE ALWAYS TRIGGER claim_root_is_in_the_record;

CREATE FUNCTION check_foreign_root_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM claim_root_record AS told WHERE told.coop_id = NEW.coop_id AND told.file_id IS NULL
          AND told.distributor_id = NEW.distributor_id AND told.epoch = NEW.epoch AND told.root = NEW.root)
    THEN
        RAISE EXCEPTION 'a foreign root is in the record'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'foreign_root_is_in_the_record';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_foreign_root_record() IS 'Refuses to note a foreign root that no record names.';
-- At the end of the transaction: only then is it known whether a root is noted for the first time.
CREATE CONSTRAINT TRIGGER foreign_root_is_in_the_record AFTER INSERT ON foreign_root DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_foreign_root_record();
ALTER TABLE foreign_root ENABLE ALWAYS TRIGGER foreign_root_is_in_the_record;
