-- Several proposals on one question: alternatives, what became of them, and the texts that were replaced.

CREATE TABLE proposal_alternative (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    original_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id),
    CONSTRAINT proposal_alternative_is_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_alternative_is_to_a_proposal FOREIGN KEY (coop_id, original_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_alternative_is_to_another CHECK (proposal_id <> original_id)
);
COMMENT ON TABLE proposal_alternative IS 'Which proposals are alternatives to another one, on the same question. Rows are never changed.';
COMMENT ON COLUMN proposal_alternative.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_alternative.proposal_id IS 'The alternative.';
COMMENT ON COLUMN proposal_alternative.original_id IS 'The first proposal on the question, which is no alternative itself.';
COMMENT ON COLUMN proposal_alternative.at IS 'Since when.';
COMMENT ON COLUMN proposal_alternative.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX proposal_alternative_by_original ON proposal_alternative (coop_id, original_id);

CREATE TABLE proposal_merger (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    into_id uuid NOT NULL,
    place smallint CONSTRAINT proposal_merger_place_is_in_range CHECK (place BETWEEN 1 AND 10),
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id),
    CONSTRAINT proposal_merger_is_of_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_merger_is_into_a_proposal FOREIGN KEY (coop_id, into_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_merger_is_into_another CHECK (proposal_id <> into_id),
    CONSTRAINT proposal_merger_has_a_place_of_its_own UNIQUE (coop_id, into_id, place)
);
COMMENT ON TABLE proposal_merger IS 'Proposals whose text went into another one: adopted in its place, or as an option of one vote. Rows are never changed.';
COMMENT ON COLUMN proposal_merger.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_merger.proposal_id IS 'The proposal that is decided no more by itself.';
COMMENT ON COLUMN proposal_merger.into_id IS 'The proposal that its text went into.';
COMMENT ON COLUMN proposal_merger.place IS 'Which option of that one it is, from 1; NULL where it was adopted and is the whole of it.';
COMMENT ON COLUMN proposal_merger.at IS 'When.';
COMMENT ON COLUMN proposal_merger.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE proposal_version (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    version bigint NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    options text[] NOT NULL,
    actions jsonb NOT NULL,
    replaced_by uuid NOT NULL,
    replaced_at timestamptz NOT NULL,
    alternative_id uuid,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, version),
    CONSTRAINT proposal_version_is_of_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_version_is_replaced_by_a_member FOREIGN KEY (coop_id, replaced_by) REFERENCES member (coop_id, id),
    CONSTRAINT proposal_version_gives_way_to_a_proposal FOREIGN KEY (coop_id, alternative_id) REFERENCES proposal (coop_id, id)
);
COMMENT ON TABLE proposal_version IS 'Texts that stood before the members and were replaced since. Rows are never changed.';
COMMENT ON COLUMN proposal_version.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_version.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_version.version IS 'The version of the proposal up to which it read so.';
COMMENT ON COLUMN proposal_version.title IS 'The title then.';
COMMENT ON COLUMN proposal_version.body IS 'The text then.';
COMMENT ON COLUMN proposal_version.options IS 'The options then.';
COMMENT ON COLUMN proposal_version.actions IS 'What was to be done then.';
COMMENT ON COLUMN proposal_version.replaced_by IS 'Who replaced it.';
COMMENT ON COLUMN proposal_version.replaced_at IS 'When.';
COMMENT ON COLUMN proposal_version.alternative_id IS 'The alternative that was adopted in its place; NULL where it was edited.';
COMMENT ON COLUMN proposal_version.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX proposal_version_by_member ON proposal_version (coop_id, replaced_by);
CREATE INDEX proposal_version_by_alternative ON proposal_version (coop_id, alternative_id);

ALTER TABLE proposal
    DROP CONSTRAINT proposal_state_is_known,
    DROP CONSTRAINT proposal_is_frozen_while_open,
    DROP CONSTRAINT proposal_has_a_marker_once_closed,
    ADD CONSTRAINT proposal_state_is_known CHECK (state IN (
        'draft', 'admission', 'discussion', 'open', 'closed', 'passed', 'objection', 'queued', 'executed', 'execution_failed',
        'expired', 'rejected', 'no_quorum', 'tied', 'merged', 'withdrawn', 'cancelled')),
    ADD CONSTRAINT proposal_is_frozen_while_open CHECK (
        state IN ('draft', 'admission', 'discussion', 'merged', 'withdrawn', 'cancelled')
        OR num_nulls(opens_at, closes_at, rule_salt, salt, record_hash, roll_root, roll_count, roll_weight, lot_secret) = 0),
    ADD CONSTRAINT proposal_has_a_marker_once_closed CHECK (
        (state NOT IN ('draft', 'admission', 'discussion', 'open', 'merged', 'withdrawn', 'cancelled')) = (close_marker IS NOT NULL)
        AND (close_marker IS NULL) = (closed_at IS NULL)),
    ADD CONSTRAINT proposal_is_merged_for_a_reason CHECK (state <> 'merged' OR (ended_by IS NOT NULL AND end_reason IS NOT NULL));
COMMENT ON COLUMN proposal.ended_by IS 'Who withdrew or cancelled it, adopted it, or put it to one vote with others.';
COMMENT ON COLUMN proposal.end_reason IS 'Why it was withdrawn, cancelled, merged, stopped by objections or set aside.';

-- A step to "merged" has a guard of its own, as that of a result that is set aside.
DROP TRIGGER proposal_changes_by_the_rules ON proposal;
CREATE TRIGGER proposal_changes_by_the_rules BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (NEW.state <> 'merged' AND NOT (OLD.state IN ('queued', 'execution_failed') AND NEW.state = 'rejected'))
    EXECUTE FUNCTION check_proposal_change();

CREATE FUNCTION check_proposal_merged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text[] := ARRAY['state', 'version', 'ended_by', 'end_reason'];
BEGIN
    IF OLD.state NOT IN ('admission', 'discussion') OR to_jsonb(NEW) - changed IS DISTINCT FROM to_jsonb(OLD) - changed
        OR NOT EXISTS (SELECT FROM proposal_merger AS merger WHERE merger.coop_id = NEW.coop_id AND merger.proposal_id = NEW.id)
    THEN
        RAISE EXCEPTION 'a proposal is merged from before the members, where its text went into another, and nothing else changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_merged() IS 'Lets a proposal be merged only where its text went into another one.';
CREATE TRIGGER proposal_is_merged_into_another BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (NEW.state = 'merged') EXECUTE FUNCTION check_proposal_merged();

CREATE FUNCTION check_proposal_alternative() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM proposal_alternative AS other
            WHERE other.coop_id = NEW.coop_id AND other.proposal_id = NEW.original_id)
        OR EXISTS (SELECT FROM proposal_merger AS merger
            WHERE merger.coop_id = NEW.coop_id AND merger.into_id = NEW.original_id AND merger.place IS NOT NULL)
        OR NOT EXISTS (SELECT FROM proposal AS original JOIN proposal AS own ON own.coop_id = original.coop_id
            AND (own.kind, own.bylaws_version) = (original.kind, original.bylaws_version)
            WHERE original.coop_id = NEW.coop_id AND original.id = NEW.original_id AND own.id = NEW.proposal_id
                AND own.state = 'draft')
    THEN
        RAISE EXCEPTION 'an alternative is drafted to a first proposal of its kind, under the same bylaws' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_alternative() IS 'Refuses alternatives to alternatives, to votes on several, and across kinds or bylaws.';
CREATE TRIGGER proposal_alternative_is_of_a_kind BEFORE INSERT ON proposal_alternative
    FOR EACH ROW EXECUTE FUNCTION check_proposal_alternative();

CREATE FUNCTION check_proposal_merger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whole, only an alternative and its original; as an option, only into what is about to be put before the members.
    IF NOT EXISTS (SELECT FROM proposal AS target JOIN proposal AS own ON own.coop_id = target.coop_id
            AND (own.kind, own.bylaws_version) = (target.kind, target.bylaws_version)
            WHERE target.coop_id = NEW.coop_id AND target.id = NEW.into_id AND own.id = NEW.proposal_id
                AND own.state IN ('admission', 'discussion')
                AND target.state = CASE WHEN NEW.place IS NULL THEN 'discussion' ELSE 'draft' END)
        OR (NEW.place IS NULL AND NOT EXISTS (SELECT FROM proposal_alternative AS own
            LEFT JOIN proposal_alternative AS target ON target.coop_id = own.coop_id AND target.proposal_id = NEW.into_id
            WHERE own.coop_id = NEW.coop_id AND own.proposal_id = NEW.proposal_id
                AND own.original_id IN (NEW.into_id, target.original_id)))
    THEN
        RAISE EXCEPTION 'a proposal is merged into one on the same question that is discussed, or into a vote that begins'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_merger() IS 'Refuses to merge proposals of different questions, and into what is decided.';
CREATE TRIGGER proposal_merger_is_on_one_question BEFORE INSERT ON proposal_merger
    FOR EACH ROW EXECUTE FUNCTION check_proposal_merger();

CREATE FUNCTION check_proposal_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM proposal_merger AS merger
        WHERE merger.coop_id = NEW.coop_id AND merger.into_id = NEW.id AND merger.place IS NOT NULL)
    THEN
        RAISE EXCEPTION 'a vote on several proposals holds their texts unchanged' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'discussion' AND NOT EXISTS (SELECT FROM proposal_version AS kept
        WHERE kept.coop_id = OLD.coop_id AND kept.proposal_id = OLD.id AND kept.version = OLD.version
            AND (kept.title, kept.body, kept.options, kept.actions) = (OLD.title, OLD.body, OLD.options, OLD.actions))
    THEN
        RAISE EXCEPTION 'a text that members read is kept when it is replaced' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_texts() IS 'Keeps every text that stood before the members, and the texts of a vote on several proposals as they are.';
CREATE TRIGGER proposal_texts_are_kept BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN ((OLD.title, OLD.body, OLD.options, OLD.actions) IS DISTINCT FROM (NEW.title, NEW.body, NEW.options, NEW.actions))
    EXECUTE FUNCTION check_proposal_texts();

CREATE FUNCTION check_proposal_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM proposal AS other
        LEFT JOIN proposal_alternative AS own ON own.coop_id = NEW.coop_id AND own.proposal_id = NEW.id
        LEFT JOIN proposal_alternative AS theirs ON theirs.coop_id = NEW.coop_id AND theirs.proposal_id = other.id
        WHERE other.coop_id = NEW.coop_id AND other.id <> NEW.id AND other.state = 'discussion'
            AND (other.id = own.original_id OR theirs.original_id IN (NEW.id, own.original_id)))
        AND EXISTS (SELECT FROM bylaws WHERE bylaws.coop_id = NEW.coop_id AND bylaws.version = NEW.bylaws_version
            AND jsonb_typeof(bylaws.content #> ARRAY['kinds', NEW.kind, 'alternatives']) = 'object')
    THEN
        RAISE EXCEPTION 'others on the same question are discussed, and the bylaws put them to one vote' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_alone() IS 'Refuses to open voting on a proposal while others on its question wait to be put to one vote with it.';
CREATE TRIGGER proposal_opens_alone_or_in_one_vote BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (OLD.state <> 'open' AND NEW.state = 'open') EXECUTE FUNCTION check_proposal_alone();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['proposal_alternative', 'proposal_merger', 'proposal_version']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
             WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
        EXECUTE format('GRANT SELECT, INSERT ON %I TO rochdale_app', name);
    END LOOP;
END
$$;
