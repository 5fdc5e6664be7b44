-- Co-ops and their members. Every key begins with the co-op, every table has forced row-level security, and a transaction sees
-- the one co-op that it named when it began.

CREATE TABLE coop (
    id uuid PRIMARY KEY,
    slug text NOT NULL CONSTRAINT coop_slug_is_readable CHECK (slug ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$'),
    name text NOT NULL CONSTRAINT coop_name_is_bounded CHECK (length(name) BETWEEN 1 AND 120),
    namespace bytea NOT NULL CONSTRAINT coop_namespace_is_a_word CHECK (octet_length(namespace) = 32),
    chain_id bigint CONSTRAINT coop_chain_is_positive CHECK (chain_id > 0),
    contract bytea CONSTRAINT coop_contract_is_an_address CHECK (octet_length(contract) = 20),
    registrar bytea CONSTRAINT coop_registrar_is_an_address CHECK (octet_length(registrar) = 20),
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    CONSTRAINT coop_chain_is_whole CHECK (num_nulls(chain_id, contract, registrar) IN (0, 3))
);
COMMENT ON TABLE coop IS 'A co-op: the tenant to which everything else belongs.';
COMMENT ON COLUMN coop.id IS 'The co-op.';
COMMENT ON COLUMN coop.slug IS 'Its short name in addresses and file names.';
COMMENT ON COLUMN coop.name IS 'Its name.';
COMMENT ON COLUMN coop.namespace IS 'What separates its records and signatures from those of all other co-ops.';
COMMENT ON COLUMN coop.chain_id IS 'The chain that anchors it (EIP-155); NULL where none does.';
COMMENT ON COLUMN coop.contract IS 'The anchor contract on that chain.';
COMMENT ON COLUMN coop.registrar IS 'The account that opens its namespace there.';
COMMENT ON COLUMN coop.created_at IS 'When it was founded here.';
COMMENT ON COLUMN coop.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE coop_directory (
    coop_id uuid PRIMARY KEY,
    slug text NOT NULL CONSTRAINT coop_directory_slug_is_new UNIQUE,
    is_anchored boolean NOT NULL
);
COMMENT ON TABLE coop_directory IS 'All co-ops, for what spans them: slugs are used once, workers visit each.';
COMMENT ON COLUMN coop_directory.coop_id IS 'The co-op.';
COMMENT ON COLUMN coop_directory.slug IS 'Its short name.';
COMMENT ON COLUMN coop_directory.is_anchored IS 'Whether a chain anchors it.';

CREATE TABLE account_coop (
    account_id uuid NOT NULL,
    coop_id uuid NOT NULL,
    PRIMARY KEY (account_id, coop_id)
);
COMMENT ON TABLE account_coop IS 'In which co-ops an account is or was a member; where to look, never what it may do.';
COMMENT ON COLUMN account_coop.account_id IS 'The account.';
COMMENT ON COLUMN account_coop.coop_id IS 'The co-op.';

CREATE TABLE member (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    account_id uuid,
    display_name text NOT NULL CONSTRAINT member_display_name_is_bounded CHECK (length(display_name) BETWEEN 1 AND 120),
    class text NOT NULL CONSTRAINT member_class_is_known CHECK (class IN ('worker', 'user', 'supporter', 'observer')),
    status text NOT NULL CONSTRAINT member_status_is_known CHECK (status IN ('active', 'suspended', 'left', 'expelled')),
    joined_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id)
);
COMMENT ON TABLE member IS 'A membership of a person in a co-op.';
COMMENT ON COLUMN member.coop_id IS 'The co-op.';
COMMENT ON COLUMN member.id IS 'The member; the voter in records.';
COMMENT ON COLUMN member.account_id IS 'The account behind it; NULL for members imported by their public key.';
COMMENT ON COLUMN member.display_name IS 'How the member is called here. Never part of a public record.';
COMMENT ON COLUMN member.class IS 'What the member is to the co-op; observers do not vote.';
COMMENT ON COLUMN member.status IS 'Where the membership stands.';
COMMENT ON COLUMN member.joined_at IS 'When it began.';
COMMENT ON COLUMN member.version IS 'Rises with each change; the ETag.';
COMMENT ON COLUMN member.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE UNIQUE INDEX member_current_of_account ON member (coop_id, account_id) WHERE status IN ('active', 'suspended');

CREATE FUNCTION check_member_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('left', 'expelled') AND NEW.status <> OLD.status THEN
        RAISE EXCEPTION 'a membership that ended is never revived' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_member_status() IS 'Refuses to revive a membership that ended.';
CREATE TRIGGER member_status_moves_forward BEFORE UPDATE ON member
    FOR EACH ROW EXECUTE FUNCTION check_member_status();

CREATE TABLE member_event (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT member_event_kind_is_known CHECK (kind IN (
        'joined', 'imported', 'status_changed', 'role_granted', 'role_ended', 'key_registered', 'key_ended', 'renamed')),
    detail text NOT NULL,
    reason text,
    actor_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT member_event_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE member_event IS 'The history of each membership; rows are never changed.';
COMMENT ON COLUMN member_event.coop_id IS 'The co-op.';
COMMENT ON COLUMN member_event.id IS 'The event.';
COMMENT ON COLUMN member_event.member_id IS 'Whose history it belongs to.';
COMMENT ON COLUMN member_event.kind IS 'What happened.';
COMMENT ON COLUMN member_event.detail IS 'To what: the new status, the role, the key.';
COMMENT ON COLUMN member_event.reason IS 'The reason given.';
COMMENT ON COLUMN member_event.actor_id IS 'The member who did it; NULL for the program itself.';
COMMENT ON COLUMN member_event.at IS 'When.';
COMMENT ON COLUMN member_event.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX member_event_of_member ON member_event (coop_id, member_id, at);

CREATE TABLE member_role (
    coop_id uuid NOT NULL,
    member_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT member_role_is_known CHECK (role IN ('steward', 'treasurer', 'auditor')),
    granted_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, member_id, role),
    CONSTRAINT member_role_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE member_role IS 'The offices held now; their history is in member_event.';
COMMENT ON COLUMN member_role.coop_id IS 'The co-op.';
COMMENT ON COLUMN member_role.member_id IS 'Who holds it.';
COMMENT ON COLUMN member_role.role IS 'The office.';
COMMENT ON COLUMN member_role.granted_at IS 'Since when.';
COMMENT ON COLUMN member_role.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE voting_key (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind smallint NOT NULL CONSTRAINT voting_key_kind_is_known CHECK (kind IN (1, 4)),
    public_key bytea NOT NULL
        CONSTRAINT voting_key_fits_its_kind CHECK (octet_length(public_key) = CASE kind WHEN 1 THEN 20 ELSE 32 END),
    salt bytea NOT NULL CONSTRAINT voting_key_salt_is_a_word CHECK (octet_length(salt) = 32),
    proof_kind text NOT NULL CONSTRAINT voting_key_proof_is_known CHECK (proof_kind IN ('signature', 'siwe', 'import')),
    proof_message text,
    proof_signature bytea,
    registered_sequence bigint NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT voting_key_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT voting_key_is_proved CHECK ((proof_kind = 'import') = (proof_signature IS NULL))
);
COMMENT ON TABLE voting_key IS 'A key that signs ballots of a member.';
COMMENT ON COLUMN voting_key.coop_id IS 'The co-op.';
COMMENT ON COLUMN voting_key.id IS 'The key.';
COMMENT ON COLUMN voting_key.member_id IS 'Whose it is.';
COMMENT ON COLUMN voting_key.kind IS '1 an Ethereum wallet, 4 Ed25519.';
COMMENT ON COLUMN voting_key.public_key IS 'The address of the wallet, or the public key.';
COMMENT ON COLUMN voting_key.salt IS 'The salt of its registration record.';
COMMENT ON COLUMN voting_key.proof_kind IS 'How the holder was proved: a signature of the registration, a signed EIP-4361 message, or a steward''s import.';
COMMENT ON COLUMN voting_key.proof_message IS 'The EIP-4361 message.';
COMMENT ON COLUMN voting_key.proof_signature IS 'The signature.';
COMMENT ON COLUMN voting_key.registered_sequence IS 'The sequence number of its registration record.';
COMMENT ON COLUMN voting_key.registered_at IS 'When it was registered.';
COMMENT ON COLUMN voting_key.ended_at IS 'When it was taken back; NULL while it may sign.';
COMMENT ON COLUMN voting_key.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE UNIQUE INDEX voting_key_in_use ON voting_key (coop_id, kind, public_key) WHERE ended_at IS NULL;
CREATE INDEX voting_key_of_member ON voting_key (coop_id, member_id) WHERE ended_at IS NULL;

CREATE TABLE invitation (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT invitation_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    email text NOT NULL,
    class text NOT NULL CONSTRAINT invitation_class_is_known CHECK (class IN ('worker', 'user', 'supporter', 'observer')),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_by uuid,
    revoked_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT invitation_hash_is_new UNIQUE (coop_id, token_hash),
    CONSTRAINT invitation_has_a_host FOREIGN KEY (coop_id, created_by) REFERENCES member (coop_id, id),
    CONSTRAINT invitation_ends_one_way CHECK (num_nonnulls(used_at, revoked_at) <= 1)
);
COMMENT ON TABLE invitation IS 'An invitation to join, sent by mail.';
COMMENT ON COLUMN invitation.coop_id IS 'The co-op.';
COMMENT ON COLUMN invitation.id IS 'The invitation.';
COMMENT ON COLUMN invitation.token_hash IS 'The SHA-256 of the token in its link.';
COMMENT ON COLUMN invitation.email IS 'Who was invited.';
COMMENT ON COLUMN invitation.class IS 'The class of the new member.';
COMMENT ON COLUMN invitation.created_by IS 'The steward who invited.';
COMMENT ON COLUMN invitation.created_at IS 'When.';
COMMENT ON COLUMN invitation.expires_at IS 'Until when it works.';
COMMENT ON COLUMN invitation.used_at IS 'When it was accepted.';
COMMENT ON COLUMN invitation.used_by IS 'The member it became.';
COMMENT ON COLUMN invitation.revoked_at IS 'When it was taken back.';
COMMENT ON COLUMN invitation.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE application (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    display_name text NOT NULL,
    statement text NOT NULL CONSTRAINT application_statement_is_bounded CHECK (length(statement) <= 4000),
    status text NOT NULL DEFAULT 'pending'
        CONSTRAINT application_status_is_known CHECK (status IN ('pending', 'admitted', 'declined')),
    created_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by uuid,
    reason text,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT application_is_decided_by_someone
        CHECK ((status = 'pending') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL))
);
COMMENT ON TABLE application IS 'A person asks to join.';
COMMENT ON COLUMN application.coop_id IS 'The co-op.';
COMMENT ON COLUMN application.id IS 'The application.';
COMMENT ON COLUMN application.account_id IS 'Who asks.';
COMMENT ON COLUMN application.display_name IS 'How the person wishes to be called.';
COMMENT ON COLUMN application.statement IS 'Why.';
COMMENT ON COLUMN application.status IS 'Where it stands.';
COMMENT ON COLUMN application.created_at IS 'When.';
COMMENT ON COLUMN application.decided_at IS 'When it was decided.';
COMMENT ON COLUMN application.decided_by IS 'The steward who decided.';
COMMENT ON COLUMN application.reason IS 'The reason given.';
COMMENT ON COLUMN application.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE UNIQUE INDEX application_pending_of_account ON application (coop_id, account_id) WHERE status = 'pending';

CREATE TABLE bylaws (
    coop_id uuid NOT NULL REFERENCES coop (id),
    version bigint NOT NULL CONSTRAINT bylaws_version_is_positive CHECK (version >= 1),
    content jsonb NOT NULL,
    salt bytea NOT NULL CONSTRAINT bylaws_salt_is_a_word CHECK (octet_length(salt) = 32),
    record_hash bytea NOT NULL CONSTRAINT bylaws_record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    adopted_by uuid,
    adopted_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, version)
);
COMMENT ON TABLE bylaws IS 'Every version of the bylaws of a co-op; the highest is in force.';
COMMENT ON COLUMN bylaws.coop_id IS 'The co-op.';
COMMENT ON COLUMN bylaws.version IS 'From 1.';
COMMENT ON COLUMN bylaws.content IS 'Kinds of decision with rules and periods, and how people join.';
COMMENT ON COLUMN bylaws.salt IS 'The salt of its record.';
COMMENT ON COLUMN bylaws.record_hash IS 'The hash of its record.';
COMMENT ON COLUMN bylaws.adopted_by IS 'The steward who put it in force; NULL for the founding ones.';
COMMENT ON COLUMN bylaws.adopted_at IS 'When, in whole seconds.';
COMMENT ON COLUMN bylaws.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE record_head (
    coop_id uuid PRIMARY KEY REFERENCES coop (id),
    size bigint NOT NULL DEFAULT 0 CONSTRAINT record_head_size_is_not_negative CHECK (size >= 0)
);
COMMENT ON TABLE record_head IS 'How many records a co-op has. Locking its row gives records their order.';
COMMENT ON COLUMN record_head.coop_id IS 'The co-op.';
COMMENT ON COLUMN record_head.size IS 'The number of records, and the sequence number of the newest.';

CREATE TABLE record (
    coop_id uuid NOT NULL REFERENCES coop (id),
    sequence bigint NOT NULL CONSTRAINT record_sequence_is_positive CHECK (sequence >= 1),
    tag bytea NOT NULL CONSTRAINT record_tag_is_a_word CHECK (octet_length(tag) = 32),
    subject bytea NOT NULL CONSTRAINT record_subject_is_a_word CHECK (octet_length(subject) = 32),
    record_hash bytea NOT NULL CONSTRAINT record_hash_is_a_word CHECK (octet_length(record_hash) = 32),
    kind text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, sequence)
);
COMMENT ON TABLE record IS 'The record of a co-op: what the anchors cover, in order and without gaps. Ballots are in it through their tally.';
COMMENT ON COLUMN record.coop_id IS 'The co-op.';
COMMENT ON COLUMN record.sequence IS 'From 1, without gaps.';
COMMENT ON COLUMN record.tag IS 'The hash of the kind''s name; the first word of the leaf.';
COMMENT ON COLUMN record.subject IS 'What it is about, as a word.';
COMMENT ON COLUMN record.record_hash IS 'The struct hash.';
COMMENT ON COLUMN record.kind IS 'The name of the kind.';
COMMENT ON COLUMN record.at IS 'When it was written.';
COMMENT ON COLUMN record.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX record_of_subject ON record (coop_id, subject);

CREATE TABLE effect (
    coop_id uuid NOT NULL REFERENCES coop (id),
    actor_id uuid NOT NULL,
    key text NOT NULL CONSTRAINT effect_key_is_bounded CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL CONSTRAINT effect_request_is_a_hash CHECK (octet_length(request_hash) = 32),
    status smallint,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, actor_id, key)
);
COMMENT ON TABLE effect IS 'What a request with an Idempotency-Key did, stored in the transaction of the act.';
COMMENT ON COLUMN effect.coop_id IS 'The co-op.';
COMMENT ON COLUMN effect.actor_id IS 'The account that asked.';
COMMENT ON COLUMN effect.key IS 'The key chosen by the client.';
COMMENT ON COLUMN effect.request_hash IS 'The SHA-256 of method, path and body: the same key means the same request.';
COMMENT ON COLUMN effect.status IS 'The HTTP status that was answered.';
COMMENT ON COLUMN effect.body IS 'The body that was answered, byte for byte.';
COMMENT ON COLUMN effect.created_at IS 'When.';
COMMENT ON COLUMN effect.recorded_by IS 'The name of the transaction that wrote the row.';

-- Jobs are a plain table of the coordinator: workers claim them across co-ops by skipping locked rows.
CREATE TABLE job (
    id uuid PRIMARY KEY,
    coop_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT job_kind_is_known CHECK (kind IN ('close', 'count')),
    subject_id uuid NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    epoch bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    done_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    CONSTRAINT job_is_asked_for_once UNIQUE (coop_id, kind, subject_id)
);
COMMENT ON TABLE job IS 'Work to be done after a transaction, by whichever worker takes it first.';
COMMENT ON COLUMN job.id IS 'The job.';
COMMENT ON COLUMN job.coop_id IS 'The co-op it is for.';
COMMENT ON COLUMN job.kind IS 'What to do.';
COMMENT ON COLUMN job.subject_id IS 'To what: the proposal.';
COMMENT ON COLUMN job.run_at IS 'Not before.';
COMMENT ON COLUMN job.epoch IS 'Rises with each claim; a worker that was paused finds another number and stops.';
COMMENT ON COLUMN job.leased_until IS 'Until when nobody else may claim it.';
COMMENT ON COLUMN job.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN job.last_error IS 'What went wrong last.';
COMMENT ON COLUMN job.done_at IS 'When it was done; NULL before.';
COMMENT ON COLUMN job.created_at IS 'When it was asked for.';
COMMENT ON COLUMN job.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX job_waiting ON job (run_at) WHERE done_at IS NULL;

ALTER TABLE coop ENABLE ROW LEVEL SECURITY;
ALTER TABLE coop FORCE ROW LEVEL SECURITY;
CREATE POLICY coop_of_this_coop ON coop
    USING (id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['member', 'member_event', 'member_role', 'voting_key', 'invitation', 'application', 'bylaws',
        'record_head', 'record', 'effect']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['member_event', 'bylaws', 'record']
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

GRANT SELECT, INSERT ON coop, member, member_event, member_role, voting_key, invitation, application, bylaws, record_head,
    record, effect, job TO rochdale_app;
-- These span co-ops: the role for co-ops adds to them and cannot read them.
GRANT INSERT ON coop_directory, account_coop TO rochdale_app;
GRANT UPDATE (display_name, status, version) ON member TO rochdale_app;
GRANT DELETE ON member_role TO rochdale_app;
GRANT UPDATE (ended_at) ON voting_key TO rochdale_app;
GRANT UPDATE (used_at, used_by, revoked_at) ON invitation TO rochdale_app;
GRANT UPDATE (status, decided_at, decided_by, reason) ON application TO rochdale_app;
GRANT UPDATE (size) ON record_head TO rochdale_app;
GRANT UPDATE (status, body) ON effect TO rochdale_app;
GRANT UPDATE (run_at) ON job TO rochdale_app;
GRANT SELECT ON coop_directory, account_coop TO rochdale_global;
GRANT SELECT, UPDATE ON job TO rochdale_global;
