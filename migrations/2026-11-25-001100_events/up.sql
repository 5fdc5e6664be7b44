-- What happened in each co-op: one row for each act, written in the transaction of the act, with what its hash in the log opens to.
--
-- Nothing is filled in for co-ops that stand already: no version with them was ever released.

CREATE TABLE event (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    kind smallint NOT NULL CONSTRAINT event_kind_is_positive CHECK (kind > 0),
    subject uuid NOT NULL,
    words bytea NOT NULL CONSTRAINT event_words_are_words
        CHECK (octet_length(words) BETWEEN 32 AND 1024 AND octet_length(words) % 32 = 0),
    payload bytea NOT NULL CONSTRAINT event_payload_is_a_word CHECK (octet_length(payload) = 32),
    at timestamptz NOT NULL CONSTRAINT event_at_is_in_whole_seconds CHECK (extract(epoch FROM at) % 1 = 0),
    salt bytea NOT NULL CONSTRAINT event_salt_is_a_word CHECK (octet_length(salt) = 32),
    record_hash bytea NOT NULL CONSTRAINT event_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    actor_id uuid,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT event_is_recorded_once UNIQUE (coop_id, record_hash),
    CONSTRAINT event_has_an_actor FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT event_begins_with_its_actor CHECK (substring(words FROM 1 FOR 32) =
        '\x00000000000000000000000000000000'::bytea || uuid_send(coalesce(actor_id, '00000000-0000-0000-0000-000000000000')))
);
COMMENT ON TABLE event IS 'What happened in a co-op. Rows are never changed; the hash of each is in the log.';
COMMENT ON COLUMN event.coop_id IS 'The co-op.';
COMMENT ON COLUMN event.id IS 'The event.';
COMMENT ON COLUMN event.kind IS 'What happened: a code of docs/record.md.';
COMMENT ON COLUMN event.subject IS 'To what: the co-op, a member, an invitation, an application or a proposal, as the kind says.';
COMMENT ON COLUMN event.words IS 'Who acted, then the facts of the kind: 32 bytes each, laid end to end.';
COMMENT ON COLUMN event.payload IS 'The Keccak-256 of the words.';
COMMENT ON COLUMN event.at IS 'When, in whole seconds.';
COMMENT ON COLUMN event.salt IS 'The salt of its record. Erased with the row, it leaves a hash that nobody can guess at.';
COMMENT ON COLUMN event.record_hash IS 'The hash of its record.';
COMMENT ON COLUMN event.actor_id IS 'The member who acted; NULL for the program itself and for who is no member yet.';
COMMENT ON COLUMN event.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX event_of_subject ON event (coop_id, subject, id);
CREATE INDEX event_of_actor ON event (coop_id, actor_id, id) WHERE actor_id IS NOT NULL;

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY event_of_this_coop ON event
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

CREATE TRIGGER event_only_grows BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_is_never_emptied BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows;
ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_never_emptied;

GRANT SELECT, INSERT ON event TO rochdale_app;
