-- Proposals, rolls, ballots, tallies.

CREATE TABLE proposal (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    kind text NOT NULL,
    bylaws_version bigint NOT NULL,
    title text NOT NULL CONSTRAINT proposal_title_is_bounded CHECK (length(title) BETWEEN 1 AND 200),
    body text NOT NULL CONSTRAINT proposal_body_is_bounded CHECK (length(body) <= 20000),
    options text[] NOT NULL CONSTRAINT proposal_options_are_bounded CHECK (cardinality(options) <= 200),
    rule jsonb NOT NULL,
    state text NOT NULL DEFAULT 'draft' CONSTRAINT proposal_state_is_known CHECK (state IN (
        'draft', 'discussion', 'open', 'closed', 'passed', 'rejected', 'no_quorum', 'tied', 'withdrawn', 'cancelled')),
    author_id uuid NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    discussed_at timestamptz,
    opens_at timestamptz,
    closes_at timestamptz,
    closed_at timestamptz,
    secrecy smallint NOT NULL DEFAULT 0 CONSTRAINT proposal_secrecy_is_open CHECK (secrecy = 0),
    rule_salt bytea CONSTRAINT proposal_rule_salt_is_a_word CHECK (octet_length(rule_salt) = 32),
    salt bytea CONSTRAINT proposal_salt_is_a_word CHECK (octet_length(salt) = 32),
    record_hash bytea CONSTRAINT proposal_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    roll_root bytea CONSTRAINT proposal_roll_root_is_a_word CHECK (octet_length(roll_root) = 32),
    roll_count integer CONSTRAINT proposal_roll_is_not_empty CHECK (roll_count > 0),
    roll_weight bigint CONSTRAINT proposal_roll_weight_is_positive CHECK (roll_weight > 0),
    lot_secret bytea CONSTRAINT proposal_lot_secret_is_a_word CHECK (octet_length(lot_secret) = 32),
    close_marker bigint,
    ended_by uuid,
    end_reason text,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT proposal_has_an_author FOREIGN KEY (coop_id, author_id) REFERENCES member (coop_id, id),
    CONSTRAINT proposal_follows_bylaws FOREIGN KEY (coop_id, bylaws_version) REFERENCES bylaws (coop_id, version),
    CONSTRAINT proposal_is_frozen_while_open CHECK (
        state NOT IN ('open', 'closed', 'passed', 'rejected', 'no_quorum', 'tied')
        OR num_nulls(opens_at, closes_at, rule_salt, salt, record_hash, roll_root, roll_count, roll_weight, lot_secret) = 0),
    CONSTRAINT proposal_has_a_marker_once_closed CHECK (
        (state IN ('closed', 'passed', 'rejected', 'no_quorum', 'tied')) = (close_marker IS NOT NULL)
        AND (close_marker IS NULL) = (closed_at IS NULL)),
    CONSTRAINT proposal_closes_after_it_opens CHECK (closes_at > opens_at),
    CONSTRAINT proposal_cancelled_for_a_reason CHECK (state <> 'cancelled' OR (ended_by IS NOT NULL AND end_reason IS NOT NULL))
);
COMMENT ON TABLE proposal IS 'A question put to the members.';
COMMENT ON COLUMN proposal.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal.id IS 'The proposal.';
COMMENT ON COLUMN proposal.kind IS 'The kind of decision, as the bylaws name it.';
COMMENT ON COLUMN proposal.bylaws_version IS 'The bylaws under which it was made.';
COMMENT ON COLUMN proposal.title IS 'Its title.';
COMMENT ON COLUMN proposal.body IS 'Its text.';
COMMENT ON COLUMN proposal.options IS 'The candidates of an election, in their order on the ballot; empty for a motion.';
COMMENT ON COLUMN proposal.rule IS 'The decision rule as data.';
COMMENT ON COLUMN proposal.state IS 'Where it stands.';
COMMENT ON COLUMN proposal.author_id IS 'Who wrote it.';
COMMENT ON COLUMN proposal.version IS 'Rises with each change; the ETag.';
COMMENT ON COLUMN proposal.created_at IS 'When it was begun.';
COMMENT ON COLUMN proposal.discussed_at IS 'When discussion began.';
COMMENT ON COLUMN proposal.opens_at IS 'When voting opened, in whole seconds.';
COMMENT ON COLUMN proposal.closes_at IS 'When voting ends, in whole seconds.';
COMMENT ON COLUMN proposal.closed_at IS 'When it was closed.';
COMMENT ON COLUMN proposal.secrecy IS '0: open ballots.';
COMMENT ON COLUMN proposal.rule_salt IS 'The salt of the rule''s record.';
COMMENT ON COLUMN proposal.salt IS 'The salt of its record.';
COMMENT ON COLUMN proposal.record_hash IS 'The hash of its record; what ballots bind to.';
COMMENT ON COLUMN proposal.roll_root IS 'The root of the roll.';
COMMENT ON COLUMN proposal.roll_count IS 'Members on the roll.';
COMMENT ON COLUMN proposal.roll_weight IS 'The sum of their weights.';
COMMENT ON COLUMN proposal.lot_secret IS 'What breaks a tie; its hash is in the record from the opening on, itself only after the close.';
COMMENT ON COLUMN proposal.close_marker IS 'The sequence number of the last ballot that counts; 0 where there is none.';
COMMENT ON COLUMN proposal.ended_by IS 'Who withdrew or cancelled it.';
COMMENT ON COLUMN proposal.end_reason IS 'Why.';
COMMENT ON COLUMN proposal.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX proposal_newest ON proposal (coop_id, created_at DESC, id DESC);

CREATE FUNCTION check_proposal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
        WHEN 'draft' THEN NEW.state IN ('discussion', 'withdrawn', 'cancelled')
        WHEN 'discussion' THEN NEW.state IN ('open', 'withdrawn', 'cancelled')
        WHEN 'open' THEN NEW.state IN ('closed', 'cancelled')
        WHEN 'closed' THEN NEW.state IN ('passed', 'rejected', 'no_quorum', 'tied')
        ELSE false
    END) THEN
        RAISE EXCEPTION 'a proposal cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('draft', 'discussion') AND (
        NEW.title, NEW.body, NEW.options, NEW.rule, NEW.kind, NEW.opens_at, NEW.closes_at, NEW.rule_salt, NEW.salt,
        NEW.record_hash, NEW.roll_root, NEW.roll_count, NEW.roll_weight, NEW.lot_secret
    ) IS DISTINCT FROM (
        OLD.title, OLD.body, OLD.options, OLD.rule, OLD.kind, OLD.opens_at, OLD.closes_at, OLD.rule_salt, OLD.salt,
        OLD.record_hash, OLD.roll_root, OLD.roll_count, OLD.roll_weight, OLD.lot_secret
    ) THEN
        RAISE EXCEPTION 'what members vote on never changes once voting opened' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.close_marker IS NOT NULL AND NEW.close_marker IS DISTINCT FROM OLD.close_marker THEN
        RAISE EXCEPTION 'the close marker never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_change() IS 'Refuses steps that the life of a proposal does not have, and changes of what is frozen.';
CREATE TRIGGER proposal_changes_by_the_rules BEFORE UPDATE ON proposal
    FOR EACH ROW EXECUTE FUNCTION check_proposal_change();

CREATE TABLE roll_entry (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    weight bigint NOT NULL CONSTRAINT roll_entry_weighs_one CHECK (weight = 1),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id),
    CONSTRAINT roll_entry_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT roll_entry_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE roll_entry IS 'Who may vote in a proposal, frozen when voting opens. One member, one vote.';
COMMENT ON COLUMN roll_entry.coop_id IS 'The co-op.';
COMMENT ON COLUMN roll_entry.proposal_id IS 'The proposal.';
COMMENT ON COLUMN roll_entry.member_id IS 'The member.';
COMMENT ON COLUMN roll_entry.weight IS 'What the ballot weighs.';
COMMENT ON COLUMN roll_entry.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE roll_key (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind smallint NOT NULL,
    public_key bytea NOT NULL,
    registered_sequence bigint NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id, kind, public_key),
    CONSTRAINT roll_key_has_an_entry FOREIGN KEY (coop_id, proposal_id, member_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id)
);
COMMENT ON TABLE roll_key IS 'The keys of the members on a roll, as they were when voting opened.';
COMMENT ON COLUMN roll_key.coop_id IS 'The co-op.';
COMMENT ON COLUMN roll_key.proposal_id IS 'The proposal.';
COMMENT ON COLUMN roll_key.member_id IS 'The member.';
COMMENT ON COLUMN roll_key.kind IS '1 an Ethereum wallet, 4 Ed25519.';
COMMENT ON COLUMN roll_key.public_key IS 'The key.';
COMMENT ON COLUMN roll_key.registered_sequence IS 'The sequence number of its registration record.';
COMMENT ON COLUMN roll_key.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE ballot (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    revision bigint NOT NULL CONSTRAINT ballot_revision_is_positive CHECK (revision >= 1),
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    options smallint[] NOT NULL CONSTRAINT ballot_options_are_bounded CHECK (cardinality(options) <= 200),
    points integer[] NOT NULL CONSTRAINT ballot_points_match_options CHECK (cardinality(points) = cardinality(options)),
    reason text CONSTRAINT ballot_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    salt bytea NOT NULL CONSTRAINT ballot_salt_is_a_word CHECK (octet_length(salt) = 32),
    record_hash bytea NOT NULL CONSTRAINT ballot_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    kind smallint NOT NULL CONSTRAINT ballot_kind_is_known CHECK (kind IN (1, 4, 5)),
    public_key bytea NOT NULL
        CONSTRAINT ballot_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 ELSE 32 END),
    signature bytea NOT NULL
        CONSTRAINT ballot_signature_fits_its_kind CHECK (octet_length(signature) = CASE kind WHEN 1 THEN 65 ELSE 64 END),
    cast_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id, revision),
    CONSTRAINT ballot_is_of_someone_on_the_roll FOREIGN KEY (coop_id, proposal_id, member_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id)
);
COMMENT ON TABLE ballot IS 'Every ballot cast; the highest revision of a member at the close counts. Rows are never changed.';
COMMENT ON COLUMN ballot.coop_id IS 'The co-op.';
COMMENT ON COLUMN ballot.proposal_id IS 'The proposal.';
COMMENT ON COLUMN ballot.member_id IS 'The voter.';
COMMENT ON COLUMN ballot.revision IS '1 for the first ballot of a member, then one more each time.';
COMMENT ON COLUMN ballot.sequence IS 'The server''s sequence number; it has gaps.';
COMMENT ON COLUMN ballot.options IS 'The options chosen.';
COMMENT ON COLUMN ballot.points IS 'What each is given.';
COMMENT ON COLUMN ballot.reason IS 'The reason given.';
COMMENT ON COLUMN ballot.salt IS 'The voter''s salt.';
COMMENT ON COLUMN ballot.record_hash IS 'The hash of the ballot''s record.';
COMMENT ON COLUMN ballot.kind IS '1 signed by a wallet, 4 by an Ed25519 key, 5 attested by the server.';
COMMENT ON COLUMN ballot.public_key IS 'The key that signed.';
COMMENT ON COLUMN ballot.signature IS 'The signature over the EIP-712 digest.';
COMMENT ON COLUMN ballot.cast_at IS 'When it was stored, by the clock of the database.';
COMMENT ON COLUMN ballot.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE tally (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    outcome text NOT NULL CONSTRAINT tally_outcome_is_known CHECK (outcome IN ('passed', 'rejected', 'no_quorum', 'tied')),
    reasons text[] NOT NULL,
    record jsonb NOT NULL,
    record_hash bytea NOT NULL CONSTRAINT tally_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    record_sequence bigint NOT NULL,
    count jsonb,
    signed_ballots integer NOT NULL CONSTRAINT tally_signed_is_not_negative CHECK (signed_ballots >= 0),
    attested_ballots integer NOT NULL CONSTRAINT tally_attested_is_not_negative CHECK (attested_ballots >= 0),
    published_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id),
    CONSTRAINT tally_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id)
);
COMMENT ON TABLE tally IS 'The published count of a proposal. Rows are never changed.';
COMMENT ON COLUMN tally.coop_id IS 'The co-op.';
COMMENT ON COLUMN tally.proposal_id IS 'The proposal.';
COMMENT ON COLUMN tally.outcome IS 'How it ended.';
COMMENT ON COLUMN tally.reasons IS 'The sums behind the outcome, as sentences.';
COMMENT ON COLUMN tally.record IS 'The fields of its record.';
COMMENT ON COLUMN tally.record_hash IS 'The hash of its record.';
COMMENT ON COLUMN tally.record_sequence IS 'Its sequence number among the records of the co-op.';
COMMENT ON COLUMN tally.count IS 'Every stage of an election; NULL for a motion.';
COMMENT ON COLUMN tally.signed_ballots IS 'Counted ballots that a member''s key signed.';
COMMENT ON COLUMN tally.attested_ballots IS 'Counted ballots that the server vouches for.';
COMMENT ON COLUMN tally.published_at IS 'When it was published.';
COMMENT ON COLUMN tally.recorded_by IS 'The name of the transaction that wrote the row.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['proposal', 'roll_entry', 'roll_key', 'ballot', 'tally']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['roll_entry', 'roll_key', 'ballot', 'tally']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON proposal, roll_entry, roll_key, ballot, tally TO rochdale_app;
-- Also what the row lock of a cast needs.
GRANT UPDATE (title, body, options, rule, state, version, discussed_at, opens_at, closes_at, closed_at, rule_salt, salt,
    record_hash, roll_root, roll_count, roll_weight, lot_secret, close_marker, ended_by, end_reason) ON proposal
    TO rochdale_app;
