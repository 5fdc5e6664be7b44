-- Delegation: who votes for whom, which ballot carried whose weight, and what the holder of a proxy cast for one member.

CREATE TABLE delegation (
    coop_id uuid NOT NULL,
    truster_id uuid NOT NULL,
    scope_kind smallint NOT NULL CONSTRAINT delegation_scope_is_known CHECK (scope_kind IN (1, 2, 3)),
    scope bytea NOT NULL CONSTRAINT delegation_scope_is_a_word CHECK (octet_length(scope) = 32),
    scope_name text NOT NULL CONSTRAINT delegation_scope_name_is_bounded CHECK (length(scope_name) <= 40),
    revision bigint NOT NULL CONSTRAINT delegation_revision_is_positive CHECK (revision >= 1),
    trustee_id uuid,
    valid_until bigint NOT NULL CONSTRAINT delegation_ends_after_1970 CHECK (valid_until >= 0),
    salt bytea NOT NULL CONSTRAINT delegation_salt_is_a_word CHECK (octet_length(salt) = 32),
    record_hash bytea NOT NULL CONSTRAINT delegation_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    record_sequence bigint NOT NULL,
    kind smallint NOT NULL CONSTRAINT delegation_kind_is_known CHECK (kind IN (1, 4, 5)),
    public_key bytea NOT NULL CONSTRAINT delegation_key_fits_its_kind
        CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 ELSE 32 END),
    signature bytea NOT NULL CONSTRAINT delegation_signature_fits_its_kind
        CHECK (octet_length(signature) = CASE kind WHEN 1 THEN 65 ELSE 64 END),
    given_at timestamptz NOT NULL CONSTRAINT delegation_at_is_in_whole_seconds CHECK (extract(epoch FROM given_at) % 1 = 0),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, truster_id, scope_kind, scope, revision),
    CONSTRAINT delegation_has_a_truster FOREIGN KEY (coop_id, truster_id) REFERENCES member (coop_id, id),
    CONSTRAINT delegation_has_a_trustee FOREIGN KEY (coop_id, trustee_id) REFERENCES member (coop_id, id),
    CONSTRAINT delegation_names_another CHECK (trustee_id <> truster_id),
    CONSTRAINT delegation_taken_back_names_nobody CHECK (valid_until > 0 OR trustee_id IS NULL)
);
COMMENT ON TABLE delegation IS 'Who lets whom vote where they do not vote. The highest revision of a truster and scope is the one that stands. Rows are never changed.';
COMMENT ON COLUMN delegation.coop_id IS 'The co-op.';
COMMENT ON COLUMN delegation.truster_id IS 'Who trusts.';
COMMENT ON COLUMN delegation.scope_kind IS 'How far it reaches: 1 the co-op, 2 a kind of decision, 3 a proposal.';
COMMENT ON COLUMN delegation.scope IS 'Which one: zero, the hash of the kind''s name, or the proposal as a word.';
COMMENT ON COLUMN delegation.scope_name IS 'The same to read: empty, the kind''s name, or the proposal.';
COMMENT ON COLUMN delegation.revision IS '1 for the first of a truster and scope, then one more each time.';
COMMENT ON COLUMN delegation.trustee_id IS 'Who is trusted; NULL says that nobody is.';
COMMENT ON COLUMN delegation.valid_until IS 'From when on it holds no more, in seconds since 1970; 0 takes it back.';
COMMENT ON COLUMN delegation.salt IS 'The salt of its record.';
COMMENT ON COLUMN delegation.record_hash IS 'The hash of its record.';
COMMENT ON COLUMN delegation.record_sequence IS 'Its sequence number among the records of the co-op.';
COMMENT ON COLUMN delegation.kind IS '1 signed by a wallet, 4 by an Ed25519 key, 5 attested by the server.';
COMMENT ON COLUMN delegation.public_key IS 'The key that signed.';
COMMENT ON COLUMN delegation.signature IS 'The signature over the EIP-712 digest.';
COMMENT ON COLUMN delegation.given_at IS 'When it was stored, in whole seconds, by the clock of the database.';
COMMENT ON COLUMN delegation.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX delegation_of_trustee ON delegation (coop_id, trustee_id, truster_id) WHERE trustee_id IS NOT NULL;
CREATE INDEX delegation_of_scope ON delegation (coop_id, scope_kind, scope, truster_id, revision DESC);

CREATE TABLE delegation_marker (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    marker bigint NOT NULL CONSTRAINT delegation_marker_is_not_negative CHECK (marker >= 0),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id),
    CONSTRAINT delegation_marker_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id)
);
COMMENT ON TABLE delegation_marker IS 'Up to which record of the co-op delegations count in a proposal, written when voting closes. Rows are never changed.';
COMMENT ON COLUMN delegation_marker.coop_id IS 'The co-op.';
COMMENT ON COLUMN delegation_marker.proposal_id IS 'The proposal.';
COMMENT ON COLUMN delegation_marker.marker IS 'The sequence number of the co-op''s last record before the close.';
COMMENT ON COLUMN delegation_marker.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE proxy_ballot (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    revision bigint NOT NULL CONSTRAINT proxy_ballot_revision_is_positive CHECK (revision >= 1),
    options smallint[] NOT NULL CONSTRAINT proxy_ballot_options_are_bounded CHECK (cardinality(options) <= 200),
    points integer[] NOT NULL CONSTRAINT proxy_ballot_points_match_options CHECK (cardinality(points) = cardinality(options)),
    salt bytea NOT NULL CONSTRAINT proxy_ballot_salt_is_a_word CHECK (octet_length(salt) = 32),
    record_hash bytea NOT NULL CONSTRAINT proxy_ballot_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    public_key bytea NOT NULL CONSTRAINT proxy_ballot_key_is_the_server_s CHECK (octet_length(public_key) = 32),
    signature bytea NOT NULL CONSTRAINT proxy_ballot_signature_is_the_server_s CHECK (octet_length(signature) = 64),
    cast_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id, holder_id, revision),
    CONSTRAINT proxy_ballot_is_for_someone_on_the_roll FOREIGN KEY (coop_id, proposal_id, member_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id),
    CONSTRAINT proxy_ballot_is_of_someone_on_the_roll FOREIGN KEY (coop_id, proposal_id, holder_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id),
    CONSTRAINT proxy_ballot_is_for_another CHECK (member_id <> holder_id)
);
COMMENT ON TABLE proxy_ballot IS 'What holders of proxies cast for one member each. It counts where the member did not vote and the member''s delegation leads to the holder at the close. Rows are never changed.';
COMMENT ON COLUMN proxy_ballot.coop_id IS 'The co-op.';
COMMENT ON COLUMN proxy_ballot.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proxy_ballot.member_id IS 'For whom.';
COMMENT ON COLUMN proxy_ballot.holder_id IS 'Who holds the proxy.';
COMMENT ON COLUMN proxy_ballot.revision IS '1 for the first of a holder for a member, then one more each time.';
COMMENT ON COLUMN proxy_ballot.options IS 'The options chosen.';
COMMENT ON COLUMN proxy_ballot.points IS 'What each is given.';
COMMENT ON COLUMN proxy_ballot.salt IS 'The salt of its record.';
COMMENT ON COLUMN proxy_ballot.record_hash IS 'The hash of its record.';
COMMENT ON COLUMN proxy_ballot.public_key IS 'The server''s key.';
COMMENT ON COLUMN proxy_ballot.signature IS 'The server''s signature: the holder was signed in and the delegation led to the holder.';
COMMENT ON COLUMN proxy_ballot.cast_at IS 'When it was stored, by the clock of the database.';
COMMENT ON COLUMN proxy_ballot.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX proxy_ballot_of_holder ON proxy_ballot (coop_id, proposal_id, holder_id, member_id);

CREATE TABLE delegated (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    truster_id uuid NOT NULL,
    weight bigint NOT NULL CONSTRAINT delegated_weight_is_positive CHECK (weight > 0),
    delegate_id uuid,
    next_id uuid,
    depth smallint CONSTRAINT delegated_depth_is_bounded CHECK (depth BETWEEN 1 AND 64),
    path bytea CONSTRAINT delegated_path_is_a_word CHECK (octet_length(path) = 32),
    proxy bytea CONSTRAINT delegated_proxy_is_a_word CHECK (octet_length(proxy) = 32),
    uncast text CONSTRAINT delegated_reason_is_known
        CHECK (uncast IN ('nobody', 'non_voter', 'cycle', 'too_deep', 'above_cap')),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, truster_id),
    CONSTRAINT delegated_is_of_someone_on_the_roll FOREIGN KEY (coop_id, proposal_id, truster_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id),
    CONSTRAINT delegated_is_carried_or_not
        CHECK (num_nulls(delegate_id, next_id, depth, path) = CASE WHEN uncast IS NULL THEN 0 ELSE 4 END
            AND (uncast IS NULL OR proxy IS NULL))
);
COMMENT ON TABLE delegated IS 'What came of the weight of each member who did not vote and has a delegation that reaches the proposal, written with its tally. Rows are never changed.';
COMMENT ON COLUMN delegated.coop_id IS 'The co-op.';
COMMENT ON COLUMN delegated.proposal_id IS 'The proposal.';
COMMENT ON COLUMN delegated.truster_id IS 'The member.';
COMMENT ON COLUMN delegated.weight IS 'The member''s weight.';
COMMENT ON COLUMN delegated.delegate_id IS 'Whose vote carried it; NULL where nobody''s did.';
COMMENT ON COLUMN delegated.next_id IS 'Whom the member trusts: the first on the way; each one''s row leads further.';
COMMENT ON COLUMN delegated.depth IS 'How many steps the way has.';
COMMENT ON COLUMN delegated.path IS 'The way as one word: docs/record.md, delegation.';
COMMENT ON COLUMN delegated.proxy IS 'The hash of the proxy ballot that counted; NULL where the weight went with the delegate''s own ballot.';
COMMENT ON COLUMN delegated.uncast IS 'Why nobody''s vote carried it.';
COMMENT ON COLUMN delegated.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX delegated_of_delegate ON delegated (coop_id, delegate_id, proposal_id) WHERE delegate_id IS NOT NULL;

ALTER TABLE tally ADD COLUMN delegated_weight bigint NOT NULL DEFAULT 0
    CONSTRAINT tally_delegated_weight_is_not_negative CHECK (delegated_weight >= 0);
ALTER TABLE tally ADD COLUMN proxy_weight bigint NOT NULL DEFAULT 0
    CONSTRAINT tally_proxy_weight_is_part_of_the_delegated CHECK (proxy_weight BETWEEN 0 AND delegated_weight);
ALTER TABLE tally ADD COLUMN attested_delegations integer NOT NULL DEFAULT 0
    CONSTRAINT tally_attested_delegations_are_not_negative CHECK (attested_delegations >= 0);
COMMENT ON COLUMN tally.delegated_weight IS 'The weight of members whose weight another one''s vote carried.';
COMMENT ON COLUMN tally.proxy_weight IS 'How much of it by proxy ballots.';
COMMENT ON COLUMN tally.attested_delegations IS 'How many of the delegations that spoke are attested by the server, not signed by the member.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['delegation', 'delegation_marker', 'proxy_ballot', 'delegated']
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

GRANT SELECT, INSERT ON delegation, delegation_marker, proxy_ballot, delegated TO rochdale_app;
