-- What members say about a proposal before and while they vote. Nothing said is overwritten: an edit is one more version, a removal a
-- row that says who, when and why. Only forgetting a person who left takes texts away.

CREATE TABLE comment (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    id uuid NOT NULL,
    parent_id uuid,
    depth smallint NOT NULL CONSTRAINT comment_depth_is_bounded CHECK (depth BETWEEN 0 AND 4),
    author_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, id),
    CONSTRAINT comment_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT comment_has_an_author FOREIGN KEY (coop_id, author_id) REFERENCES member (coop_id, id),
    CONSTRAINT comment_answers_one_of_its_thread FOREIGN KEY (coop_id, proposal_id, parent_id)
        REFERENCES comment (coop_id, proposal_id, id),
    CONSTRAINT comment_is_deep_where_it_answers CHECK ((parent_id IS NULL) = (depth = 0))
);
COMMENT ON TABLE comment IS 'Something said about a proposal. Rows are never changed.';
COMMENT ON COLUMN comment.coop_id IS 'The co-op.';
COMMENT ON COLUMN comment.proposal_id IS 'About which proposal.';
COMMENT ON COLUMN comment.id IS 'The comment.';
COMMENT ON COLUMN comment.parent_id IS 'What it answers; NULL where it begins a thread.';
COMMENT ON COLUMN comment.depth IS 'How many answers deep it stands.';
COMMENT ON COLUMN comment.author_id IS 'Who said it.';
COMMENT ON COLUMN comment.created_at IS 'When.';
COMMENT ON COLUMN comment.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX comment_of_author ON comment (coop_id, author_id, proposal_id);
CREATE INDEX comment_of_parent ON comment (coop_id, proposal_id, parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE comment_version (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    comment_id uuid NOT NULL,
    version bigint NOT NULL CONSTRAINT comment_version_is_bounded CHECK (version BETWEEN 1 AND 100),
    body text NOT NULL CONSTRAINT comment_version_body_is_bounded CHECK (length(body) BETWEEN 1 AND 5000),
    written_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, comment_id, version),
    CONSTRAINT comment_version_has_a_comment FOREIGN KEY (coop_id, proposal_id, comment_id)
        REFERENCES comment (coop_id, proposal_id, id)
);
COMMENT ON TABLE comment_version IS 'The words of a comment, one row for each edit. Rows are never changed, and leave only where their author is forgotten.';
COMMENT ON COLUMN comment_version.coop_id IS 'The co-op.';
COMMENT ON COLUMN comment_version.proposal_id IS 'The proposal.';
COMMENT ON COLUMN comment_version.comment_id IS 'The comment.';
COMMENT ON COLUMN comment_version.version IS '1 for what was said first, then one more each time; the highest is shown; the ETag.';
COMMENT ON COLUMN comment_version.body IS 'The words, plain text.';
COMMENT ON COLUMN comment_version.written_at IS 'When.';
COMMENT ON COLUMN comment_version.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE comment_removal (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    comment_id uuid NOT NULL,
    removed_by uuid NOT NULL,
    reason text NOT NULL CONSTRAINT comment_removal_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    removed_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, comment_id),
    CONSTRAINT comment_removal_has_a_comment FOREIGN KEY (coop_id, proposal_id, comment_id)
        REFERENCES comment (coop_id, proposal_id, id),
    CONSTRAINT comment_removal_has_a_steward FOREIGN KEY (coop_id, removed_by) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE comment_removal IS 'That a steward took a comment out of sight. An act of office: it leaves an event in the record.';
COMMENT ON COLUMN comment_removal.coop_id IS 'The co-op.';
COMMENT ON COLUMN comment_removal.proposal_id IS 'The proposal.';
COMMENT ON COLUMN comment_removal.comment_id IS 'The comment.';
COMMENT ON COLUMN comment_removal.removed_by IS 'The steward.';
COMMENT ON COLUMN comment_removal.reason IS 'Why; members read it. Overwritten where the author of the comment is forgotten.';
COMMENT ON COLUMN comment_removal.removed_at IS 'When.';
COMMENT ON COLUMN comment_removal.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX comment_removal_of_steward ON comment_removal (coop_id, removed_by);

CREATE FUNCTION check_comment_words_leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM comment JOIN erasure ON erasure.coop_id = comment.coop_id AND erasure.subject = comment.author_id
        WHERE comment.coop_id = OLD.coop_id AND comment.proposal_id = OLD.proposal_id AND comment.id = OLD.comment_id)
    THEN
        RAISE EXCEPTION 'comment_version rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION check_comment_words_leave() IS 'Refuses to remove the words of a comment, but for those of a person who was erased.';

CREATE FUNCTION check_comment_removal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reason <> 'erased'
        OR (NEW.coop_id, NEW.proposal_id, NEW.comment_id, NEW.removed_by, NEW.removed_at, NEW.recorded_by)
            IS DISTINCT FROM (OLD.coop_id, OLD.proposal_id, OLD.comment_id, OLD.removed_by, OLD.removed_at, OLD.recorded_by)
        OR NOT EXISTS (
            SELECT FROM comment JOIN erasure ON erasure.coop_id = comment.coop_id AND erasure.subject = comment.author_id
            WHERE comment.coop_id = OLD.coop_id AND comment.proposal_id = OLD.proposal_id AND comment.id = OLD.comment_id)
    THEN
        RAISE EXCEPTION 'comment_removal rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_comment_removal_change() IS 'Refuses to change why a comment was removed, but where its author was erased.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['comment', 'comment_version', 'comment_removal']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;
CREATE TRIGGER comment_only_grows BEFORE UPDATE OR DELETE ON comment FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER comment_version_only_grows BEFORE UPDATE ON comment_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER comment_version_leaves_by_erasure_alone BEFORE DELETE ON comment_version
    FOR EACH ROW EXECUTE FUNCTION check_comment_words_leave();
CREATE TRIGGER comment_removal_only_grows BEFORE DELETE ON comment_removal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER comment_removal_changes_by_erasure_alone BEFORE UPDATE ON comment_removal
    FOR EACH ROW EXECUTE FUNCTION check_comment_removal_change();
ALTER TABLE comment ENABLE ALWAYS TRIGGER comment_only_grows;
ALTER TABLE comment_version ENABLE ALWAYS TRIGGER comment_version_only_grows;
ALTER TABLE comment_version ENABLE ALWAYS TRIGGER comment_version_leaves_by_erasure_alone;
ALTER TABLE comment_removal ENABLE ALWAYS TRIGGER comment_removal_only_grows;
ALTER TABLE comment_removal ENABLE ALWAYS TRIGGER comment_removal_changes_by_erasure_alone;
GRANT SELECT, INSERT ON comment, comment_version, comment_removal TO rochdale_app;

-- Open votes by their deadline, for what waits for a member.
CREATE INDEX proposal_open_by_deadline ON proposal (coop_id, closes_at, id) WHERE state = 'open';
