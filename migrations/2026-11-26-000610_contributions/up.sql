-- What members contributed, as a treasurer brings it in: whole snapshots that members may dispute before anything is shared by them.

CREATE TABLE contribution_snapshot (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    metric text NOT NULL CONSTRAINT contribution_metric_is_plain CHECK (metric ~ '^[a-z0-9_]{1,40}$'),
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    source text NOT NULL CONSTRAINT contribution_source_is_bounded CHECK (length(source) BETWEEN 1 AND 500),
    replaces uuid,
    line_count integer NOT NULL CONSTRAINT contribution_has_lines CHECK (line_count BETWEEN 1 AND 1000000),
    digest bytea NOT NULL CONSTRAINT contribution_digest_has_32_bytes CHECK (octet_length(digest) = 32),
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    challenge_until timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT contribution_ends_after_it_starts CHECK (ends_on >= starts_on),
    CONSTRAINT contribution_can_be_challenged_for_a_day CHECK (challenge_until >= submitted_at + interval '1 day'),
    CONSTRAINT contribution_is_replaced_once UNIQUE (coop_id, replaces),
    CONSTRAINT contribution_replaces_one_of_this_co_op FOREIGN KEY (coop_id, replaces) REFERENCES contribution_snapshot (coop_id, id),
    CONSTRAINT contribution_is_submitted_by_a_member FOREIGN KEY (coop_id, submitted_by) REFERENCES member (coop_id, id)
);
CREATE INDEX contribution_snapshot_of_submitter ON contribution_snapshot (coop_id, submitted_by);
CREATE INDEX contribution_snapshot_by_metric ON contribution_snapshot (coop_id, metric, starts_on);
COMMENT ON TABLE contribution_snapshot IS 'How much of one metric members have in a period. A correction is another snapshot that replaces it.';
COMMENT ON COLUMN contribution_snapshot.coop_id IS 'The co-op.';
COMMENT ON COLUMN contribution_snapshot.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN contribution_snapshot.metric IS 'What is counted, as revenue rules call it.';
COMMENT ON COLUMN contribution_snapshot.starts_on IS 'The first day counted.';
COMMENT ON COLUMN contribution_snapshot.ends_on IS 'The last day counted.';
COMMENT ON COLUMN contribution_snapshot.source IS 'Where the figures come from.';
COMMENT ON COLUMN contribution_snapshot.replaces IS 'The snapshot it corrects; NULL where it corrects none.';
COMMENT ON COLUMN contribution_snapshot.line_count IS 'How many members have a line.';
COMMENT ON COLUMN contribution_snapshot.digest IS 'SHA-256 over it and its lines, as contribution_digest computes it.';
COMMENT ON COLUMN contribution_snapshot.submitted_by IS 'Who brought it in.';
COMMENT ON COLUMN contribution_snapshot.submitted_at IS 'When.';
COMMENT ON COLUMN contribution_snapshot.challenge_until IS 'Until when members may dispute it.';
COMMENT ON COLUMN contribution_snapshot.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE contribution_line (
    coop_id uuid NOT NULL,
    snapshot_id uuid NOT NULL,
    line integer NOT NULL,
    member_id uuid NOT NULL,
    count bigint NOT NULL CONSTRAINT contribution_counts_something CHECK (count >= 0),
    PRIMARY KEY (coop_id, snapshot_id, line),
    CONSTRAINT contribution_line_is_one_for_each_member UNIQUE (coop_id, snapshot_id, member_id),
    CONSTRAINT contribution_line_has_a_snapshot FOREIGN KEY (coop_id, snapshot_id) REFERENCES contribution_snapshot (coop_id, id),
    CONSTRAINT contribution_line_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
CREATE INDEX contribution_line_of_member ON contribution_line (coop_id, member_id);
COMMENT ON TABLE contribution_line IS 'What one member has, in a snapshot.';
COMMENT ON COLUMN contribution_line.coop_id IS 'The co-op.';
COMMENT ON COLUMN contribution_line.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN contribution_line.line IS 'Which line, from 1 and without a gap, in the order of members'' identifiers.';
COMMENT ON COLUMN contribution_line.member_id IS 'The member.';
COMMENT ON COLUMN contribution_line.count IS 'How much.';

CREATE TABLE contribution_dispute (
    coop_id uuid NOT NULL REFERENCES coop (id),
    snapshot_id uuid NOT NULL,
    member_id uuid NOT NULL,
    claimed bigint CONSTRAINT contribution_dispute_claims_something CHECK (claimed >= 0),
    reason text NOT NULL CONSTRAINT contribution_dispute_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    raised_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, snapshot_id, member_id),
    CONSTRAINT contribution_dispute_has_a_snapshot FOREIGN KEY (coop_id, snapshot_id) REFERENCES contribution_snapshot (coop_id, id),
    CONSTRAINT contribution_dispute_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
CREATE INDEX contribution_dispute_of_member ON contribution_dispute (coop_id, member_id);
COMMENT ON TABLE contribution_dispute IS 'Members who say that their line is wrong.';
COMMENT ON COLUMN contribution_dispute.coop_id IS 'The co-op.';
COMMENT ON COLUMN contribution_dispute.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN contribution_dispute.member_id IS 'Who disputes the own line, or that there is none.';
COMMENT ON COLUMN contribution_dispute.claimed IS 'What it should be; NULL where the member does not say.';
COMMENT ON COLUMN contribution_dispute.reason IS 'Why.';
COMMENT ON COLUMN contribution_dispute.raised_at IS 'When.';
COMMENT ON COLUMN contribution_dispute.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE contribution_ruling (
    coop_id uuid NOT NULL REFERENCES coop (id),
    snapshot_id uuid NOT NULL,
    member_id uuid NOT NULL,
    is_upheld boolean NOT NULL,
    reason text NOT NULL CONSTRAINT contribution_ruling_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    ruled_by uuid NOT NULL,
    ruled_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, snapshot_id, member_id),
    CONSTRAINT contribution_ruling_has_a_dispute FOREIGN KEY (coop_id, snapshot_id, member_id)
        REFERENCES contribution_dispute (coop_id, snapshot_id, member_id),
    CONSTRAINT contribution_ruling_is_by_a_member FOREIGN KEY (coop_id, ruled_by) REFERENCES member (coop_id, id)
);
CREATE INDEX contribution_ruling_of_ruler ON contribution_ruling (coop_id, ruled_by);
COMMENT ON TABLE contribution_ruling IS 'What became of disputes. One that is upheld keeps the snapshot from being used: it must be replaced.';
COMMENT ON COLUMN contribution_ruling.coop_id IS 'The co-op.';
COMMENT ON COLUMN contribution_ruling.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN contribution_ruling.member_id IS 'Whose dispute.';
COMMENT ON COLUMN contribution_ruling.is_upheld IS 'Whether the member is right.';
COMMENT ON COLUMN contribution_ruling.reason IS 'Why.';
COMMENT ON COLUMN contribution_ruling.ruled_by IS 'The steward who decided: not who brought the snapshot in, and not the member.';
COMMENT ON COLUMN contribution_ruling.ruled_at IS 'When.';
COMMENT ON COLUMN contribution_ruling.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION contribution_digest(header contribution_snapshot) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256('rochdale.contributions.v1'::bytea || uuid_send(header.coop_id) || uuid_send(header.id)
        || sha256(convert_to(header.metric, 'UTF8')) || int4send(header.starts_on - date '1970-01-01')
        || int4send(header.ends_on - date '1970-01-01') || sha256(convert_to(header.source, 'UTF8'))
        || coalesce(uuid_send(header.replaces), decode(repeat('00', 16), 'hex')) || int4send(header.line_count)
        || coalesce((SELECT string_agg(uuid_send(member_id) || int8send(count), ''::bytea ORDER BY line)
                     FROM contribution_line WHERE coop_id = header.coop_id AND snapshot_id = header.id), ''::bytea))
$$;
COMMENT ON FUNCTION contribution_digest(contribution_snapshot) IS 'The digest of a snapshot from its rows; governance computes the same before it is recorded.';

CREATE FUNCTION check_contribution_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Lines 1 to n at once: a later one would repeat a line, which the key forbids.
    IF EXISTS (SELECT FROM (SELECT coop_id, snapshot_id, count(*) AS lines, min(line) AS first, max(line) AS last
                            FROM fresh GROUP BY coop_id, snapshot_id) AS given
               JOIN contribution_snapshot AS header ON header.coop_id = given.coop_id AND header.id = given.snapshot_id
               WHERE given.lines <> header.line_count OR given.first <> 1 OR given.last <> header.line_count)
    THEN
        RAISE EXCEPTION 'the lines of a snapshot are written with it, all at once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_is_sealed';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_contribution_lines() IS 'Refuses lines that come later.';
CREATE TRIGGER contribution_line_is_whole AFTER INSERT ON contribution_line REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_contribution_lines();
ALTER TABLE contribution_line ENABLE ALWAYS TRIGGER contribution_line_is_whole;

CREATE FUNCTION check_contribution_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.digest <> contribution_digest(NEW) THEN
        RAISE EXCEPTION 'the digest of a snapshot is not that of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_has_the_digest_of_its_lines';
    END IF;
    IF NOT EXISTS (SELECT FROM contribution_snapshot AS replaced WHERE replaced.coop_id = NEW.coop_id AND replaced.id = NEW.replaces
                   AND (replaced.metric, replaced.starts_on, replaced.ends_on) = (NEW.metric, NEW.starts_on, NEW.ends_on))
        AND NEW.replaces IS NOT NULL
    THEN
        RAISE EXCEPTION 'a snapshot replaces one of the same metric and period'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_replaces_its_like';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_contribution_snapshot() IS 'Computes at the commit, once for each snapshot, whether its lines are what it says.';
CREATE CONSTRAINT TRIGGER contribution_snapshot_is_what_its_lines_are AFTER INSERT ON contribution_snapshot DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_contribution_snapshot();
ALTER TABLE contribution_snapshot ENABLE ALWAYS TRIGGER contribution_snapshot_is_what_its_lines_are;

CREATE FUNCTION check_contribution_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contribution_snapshot AS header WHERE header.coop_id = NEW.coop_id AND header.id = NEW.snapshot_id
                   AND header.challenge_until >= NEW.raised_at) THEN
        RAISE EXCEPTION 'the time for disputes is over'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_dispute_comes_in_time';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_contribution_dispute() IS 'Refuses disputes after the time for them.';
CREATE TRIGGER contribution_dispute_comes_in_time AFTER INSERT ON contribution_dispute
    FOR EACH ROW EXECUTE FUNCTION check_contribution_dispute();
ALTER TABLE contribution_dispute ENABLE ALWAYS TRIGGER contribution_dispute_comes_in_time;

CREATE FUNCTION check_contribution_ruling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ruled_by = NEW.member_id OR EXISTS (
        SELECT FROM contribution_snapshot AS header WHERE header.coop_id = NEW.coop_id AND header.id = NEW.snapshot_id
          AND header.submitted_by = NEW.ruled_by)
    THEN
        RAISE EXCEPTION 'nobody decides on their own figures'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contribution_ruling_is_by_somebody_else';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_contribution_ruling() IS 'Refuses rulings by who brought the figures in, or by the member they are about.';
CREATE TRIGGER contribution_ruling_is_by_somebody_else AFTER INSERT ON contribution_ruling
    FOR EACH ROW EXECUTE FUNCTION check_contribution_ruling();
ALTER TABLE contribution_ruling ENABLE ALWAYS TRIGGER contribution_ruling_is_by_somebody_else;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['contribution_snapshot', 'contribution_line', 'contribution_dispute', 'contribution_ruling']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON contribution_snapshot, contribution_line, contribution_dispute, contribution_ruling TO rochdale_app;
