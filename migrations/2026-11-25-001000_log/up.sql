-- The transparency log of each co-op: whatever was acknowledged, in one order, as a tree whose signed sizes and roots anyone may
-- keep. A transaction writes what it did into log_pending and waits for nobody; a worker moves that into log_leaf, which gives it
-- its place, and publishes the tree as files.
--
-- Nothing is filled in for co-ops that stand already: no version with them was ever released.

CREATE TABLE log_pending (
    coop_id uuid NOT NULL,
    entry_id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    type_hash bytea NOT NULL CONSTRAINT log_pending_type_is_a_word CHECK (octet_length(type_hash) = 32),
    record_hash bytea NOT NULL CONSTRAINT log_pending_record_is_a_word CHECK (octet_length(record_hash) = 32),
    appended_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, entry_id)
);
-- It has no foreign key: one lookup and one lock of the co-op's row for each ballot would be the dearest part of casting. The wall
-- below lets in nothing but rows of the co-op of the transaction.
COMMENT ON TABLE log_pending IS 'What was acknowledged and has no place in the log yet. A row leaves only by being moved into log_leaf.';
COMMENT ON COLUMN log_pending.coop_id IS 'The co-op.';
COMMENT ON COLUMN log_pending.entry_id IS 'The order: whatever waited for another act has the greater number. It has gaps, and is never cached by a connection.';
COMMENT ON COLUMN log_pending.type_hash IS 'The Keccak-256 of the record''s type string.';
COMMENT ON COLUMN log_pending.record_hash IS 'The struct hash of the record.';
COMMENT ON COLUMN log_pending.appended_at IS 'When it was written.';
COMMENT ON COLUMN log_pending.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE log_head (
    coop_id uuid PRIMARY KEY REFERENCES coop (id),
    sequenced bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL DEFAULT 0,
    root bytea CONSTRAINT log_head_root_is_a_hash CHECK (octet_length(root) = 32),
    note text CONSTRAINT log_head_note_is_bounded CHECK (length(note) <= 4096),
    published_size bigint NOT NULL DEFAULT 0,
    published_root bytea CONSTRAINT log_head_published_root_is_a_hash CHECK (octet_length(published_root) = 32),
    refused text CONSTRAINT log_head_refusal_is_known CHECK (refused IN ('behind', 'contradicts', 'unreachable', 'damaged')),
    epoch bigint NOT NULL DEFAULT 0,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text NOT NULL,
    CONSTRAINT log_head_publishes_what_is_signed_and_signs_what_has_a_place
        CHECK (0 <= published_size AND published_size <= size AND size <= sequenced),
    CONSTRAINT log_head_signs_a_root_with_its_size CHECK ((size = 0) = (root IS NULL) AND (size = 0) = (note IS NULL)),
    CONSTRAINT log_head_publishes_a_root_with_its_size CHECK ((published_size = 0) = (published_root IS NULL)),
    CONSTRAINT log_head_publishes_what_was_signed CHECK (published_size < size OR published_root IS NOT DISTINCT FROM root)
);
COMMENT ON TABLE log_head IS 'How far the log of a co-op is: what has a place, what is signed, what is published.';
COMMENT ON COLUMN log_head.coop_id IS 'The co-op.';
COMMENT ON COLUMN log_head.sequenced IS 'How many leaves have a place.';
COMMENT ON COLUMN log_head.size IS 'The size of the newest signed checkpoint, in leaves; 0 before the first.';
COMMENT ON COLUMN log_head.root IS 'Its root; NULL before the first.';
COMMENT ON COLUMN log_head.note IS 'The signed note itself; NULL before the first.';
COMMENT ON COLUMN log_head.published_size IS 'The size of the newest checkpoint known to lie in the published folder.';
COMMENT ON COLUMN log_head.published_root IS 'Its root; NULL before the first.';
COMMENT ON COLUMN log_head.refused IS 'Why nothing is signed: the published log is ahead of this database (behind), differs from it (contradicts), cannot be read (unreachable), or the leaves do not give the root that was signed (damaged). NULL while all is well.';
COMMENT ON COLUMN log_head.epoch IS 'Rises each time a worker takes the log; a worker that was paused finds another number and stops.';
COMMENT ON COLUMN log_head.held_until IS 'Until when no other worker may take it.';
COMMENT ON COLUMN log_head.changed_at IS 'When the row last changed.';
COMMENT ON COLUMN log_head.recorded_by IS 'The name of the transaction that wrote the row first.';
CREATE INDEX log_head_unpublished ON log_head (coop_id) WHERE sequenced > published_size;
CREATE INDEX log_head_refused ON log_head (coop_id) WHERE refused IS NOT NULL;

CREATE TABLE log_leaf (
    coop_id uuid NOT NULL,
    log_index bigint NOT NULL CONSTRAINT log_leaf_index_is_not_negative CHECK (log_index >= 0),
    type_hash bytea NOT NULL CONSTRAINT log_leaf_type_is_a_word CHECK (octet_length(type_hash) = 32),
    record_hash bytea NOT NULL CONSTRAINT log_leaf_record_is_a_word CHECK (octet_length(record_hash) = 32),
    entry_id bigint NOT NULL,
    sequenced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, log_index),
    CONSTRAINT log_leaf_holds_an_entry_once UNIQUE (coop_id, entry_id)
);
COMMENT ON TABLE log_leaf IS 'The log of a co-op in its order. Rows are never changed.';
COMMENT ON COLUMN log_leaf.coop_id IS 'The co-op.';
COMMENT ON COLUMN log_leaf.log_index IS 'Its place, from 0 without a gap.';
COMMENT ON COLUMN log_leaf.type_hash IS 'The Keccak-256 of the record''s type string.';
COMMENT ON COLUMN log_leaf.record_hash IS 'The struct hash of the record.';
COMMENT ON COLUMN log_leaf.entry_id IS 'The number it had in log_pending.';
COMMENT ON COLUMN log_leaf.sequenced_at IS 'When it got its place.';
COMMENT ON COLUMN log_leaf.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX log_leaf_of_record ON log_leaf (coop_id, record_hash);

CREATE FUNCTION check_log_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT coop_id, min(log_index) AS first, max(log_index) AS last, count(*) AS leaves
                     FROM added GROUP BY coop_id) AS batch
        WHERE batch.last - batch.first + 1 <> batch.leaves
            OR (batch.first > 0 AND (SELECT leaf.log_index FROM log_leaf AS leaf
                WHERE leaf.coop_id = batch.coop_id AND leaf.log_index = batch.first - 1) IS NULL))
    THEN
        RAISE EXCEPTION 'the log would have a gap' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_log_leaves() IS 'Refuses leaves behind a gap.';
CREATE TRIGGER log_leaf_has_no_gap AFTER INSERT ON log_leaf
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_log_leaves();
ALTER TABLE log_leaf ENABLE ALWAYS TRIGGER log_leaf_has_no_gap;

CREATE FUNCTION check_log_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Subqueries that give one value stay lookups by key; a join could read the whole log each time.
    IF EXISTS (
        SELECT FROM removed WHERE removed.type_hash || removed.record_hash IS DISTINCT FROM (
            SELECT leaf.type_hash || leaf.record_hash FROM log_leaf AS leaf
            WHERE leaf.coop_id = removed.coop_id AND leaf.entry_id = removed.entry_id))
    THEN
        RAISE EXCEPTION 'what was acknowledged leaves only for its place in the log' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_log_removal() IS 'Refuses to remove what has no place in the log.';
CREATE TRIGGER log_pending_is_only_moved AFTER DELETE ON log_pending
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION check_log_removal();
ALTER TABLE log_pending ENABLE ALWAYS TRIGGER log_pending_is_only_moved;

CREATE FUNCTION check_log_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sequenced < OLD.sequenced OR NEW.size < OLD.size OR NEW.published_size < OLD.published_size
        OR NEW.epoch < OLD.epoch OR (NEW.size = OLD.size AND (NEW.root, NEW.note) IS DISTINCT FROM (OLD.root, OLD.note))
    THEN
        RAISE EXCEPTION 'the log of a co-op only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_log_head() IS 'Refuses to take back a size, a root or a note.';
CREATE TRIGGER log_head_moves_forward BEFORE UPDATE ON log_head FOR EACH ROW EXECUTE FUNCTION check_log_head();
ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_moves_forward;

CREATE TRIGGER log_leaf_only_grows BEFORE UPDATE OR DELETE ON log_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_leaf_is_never_emptied BEFORE TRUNCATE ON log_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_pending_is_never_changed BEFORE UPDATE ON log_pending FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_pending_is_never_emptied BEFORE TRUNCATE ON log_pending
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_leaf ENABLE ALWAYS TRIGGER log_leaf_only_grows;
ALTER TABLE log_leaf ENABLE ALWAYS TRIGGER log_leaf_is_never_emptied;
ALTER TABLE log_pending ENABLE ALWAYS TRIGGER log_pending_is_never_changed;
ALTER TABLE log_pending ENABLE ALWAYS TRIGGER log_pending_is_never_emptied;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['log_pending', 'log_head', 'log_leaf']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, DELETE ON log_pending TO rochdale_app;
GRANT SELECT, INSERT ON log_leaf, log_head TO rochdale_app;
GRANT UPDATE (sequenced, size, root, note, published_size, published_root, refused, epoch, held_until, changed_at) ON log_head
    TO rochdale_app;

-- A worker must find out which logs have something to do. It sees across co-ops that there is something, and nothing of it.
CREATE POLICY log_pending_for_workers ON log_pending FOR SELECT TO rochdale_global USING (true);
CREATE POLICY log_head_for_workers ON log_head FOR SELECT TO rochdale_global USING (true);
GRANT SELECT (coop_id, appended_at) ON log_pending TO rochdale_global;
GRANT SELECT (coop_id, sequenced, published_size, refused, held_until) ON log_head TO rochdale_global;
