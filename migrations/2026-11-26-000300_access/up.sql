-- Shared AI tools: what there is, who may use how much of it, what running calls set aside, and what was used. In micro-credits.

CREATE TABLE access_upstream (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT access_upstream_name_is_plain CHECK (name ~ '^[a-z0-9]([a-z0-9._:/-]{0,62}[a-z0-9])?$'),
    kind text NOT NULL CONSTRAINT access_upstream_kind_is_known CHECK (kind IN ('llama_cpp', 'vllm', 'plain')),
    base_url text NOT NULL CONSTRAINT access_upstream_address_is_encrypted_or_ours
        CHECK (length(base_url) <= 300 AND (base_url LIKE 'https://%' OR (base_url LIKE 'http://%' AND NOT external))),
    external boolean NOT NULL,
    data_location text NOT NULL,
    slots integer NOT NULL CONSTRAINT access_upstream_slots_are_bounded CHECK (slots BETWEEN 1 AND 10000),
    first_byte_seconds integer NOT NULL CONSTRAINT access_upstream_first_byte_is_bounded CHECK (first_byte_seconds BETWEEN 1 AND 600),
    idle_seconds integer NOT NULL CONSTRAINT access_upstream_idle_is_bounded CHECK (idle_seconds BETWEEN 1 AND 600),
    provider_key bytea,
    proposal_id uuid NOT NULL,
    set_at timestamptz NOT NULL,
    retired_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT access_upstream_has_one_name UNIQUE (coop_id, name),
    CONSTRAINT access_upstream_is_set_by_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id)
);
COMMENT ON TABLE access_upstream IS 'Tools: servers that serve models. Only a carried proposal adds, changes or retires one.';
COMMENT ON COLUMN access_upstream.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_upstream.id IS 'The tool.';
COMMENT ON COLUMN access_upstream.name IS 'How proposals call it.';
COMMENT ON COLUMN access_upstream.kind IS 'What serves it.';
COMMENT ON COLUMN access_upstream.base_url IS 'Where it is.';
COMMENT ON COLUMN access_upstream.external IS 'Whether it is somebody else''s.';
COMMENT ON COLUMN access_upstream.data_location IS 'Where what is sent to it goes.';
COMMENT ON COLUMN access_upstream.slots IS 'How many calls it works on at once.';
COMMENT ON COLUMN access_upstream.first_byte_seconds IS 'How long to wait for the first byte, in seconds.';
COMMENT ON COLUMN access_upstream.idle_seconds IS 'How long to wait between two bytes, in seconds.';
COMMENT ON COLUMN access_upstream.provider_key IS 'The key of the co-op at the provider, sealed with a key outside the database.';
COMMENT ON COLUMN access_upstream.proposal_id IS 'The proposal that set it so.';
COMMENT ON COLUMN access_upstream.set_at IS 'When.';
COMMENT ON COLUMN access_upstream.retired_at IS 'Since when it is not used any more; NULL while it is.';
COMMENT ON COLUMN access_upstream.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX access_upstream_of_proposal ON access_upstream (coop_id, proposal_id);

CREATE TABLE access_model (
    coop_id uuid NOT NULL REFERENCES coop (id),
    name text NOT NULL CONSTRAINT access_model_name_is_plain CHECK (name ~ '^[a-z0-9]([a-z0-9._:/-]{0,62}[a-z0-9])?$'),
    upstream_id uuid NOT NULL,
    upstream_name text NOT NULL,
    licence text NOT NULL,
    context_tokens bigint NOT NULL CONSTRAINT access_model_context_is_bounded CHECK (context_tokens BETWEEN 1 AND 16777216),
    output_tokens bigint NOT NULL CONSTRAINT access_model_output_fits_the_context CHECK (output_tokens BETWEEN 0 AND context_tokens),
    price_input bigint NOT NULL CONSTRAINT access_model_input_price_is_bounded CHECK (price_input BETWEEN 0 AND 1000000),
    price_output bigint NOT NULL CONSTRAINT access_model_output_price_is_bounded CHECK (price_output BETWEEN 0 AND 1000000),
    price_call bigint NOT NULL CONSTRAINT access_model_call_price_is_bounded CHECK (price_call BETWEEN 0 AND 1000000000),
    overhead_call bigint NOT NULL CONSTRAINT access_model_call_overhead_is_bounded CHECK (overhead_call BETWEEN 0 AND 100000),
    overhead_message bigint NOT NULL CONSTRAINT access_model_message_overhead_is_bounded CHECK (overhead_message BETWEEN 0 AND 100000),
    endpoints text[] NOT NULL CONSTRAINT access_model_endpoints_are_known
        CHECK (cardinality(endpoints) >= 1 AND endpoints <@ ARRAY['chat_completions', 'completions', 'responses', 'embeddings']),
    proposal_id uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    set_at timestamptz NOT NULL,
    retired_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, name),
    CONSTRAINT access_model_has_a_tool FOREIGN KEY (coop_id, upstream_id) REFERENCES access_upstream (coop_id, id),
    CONSTRAINT access_model_is_set_by_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id)
);
COMMENT ON TABLE access_model IS 'Models of tools, with their prices. Only a carried proposal adds, changes or retires one.';
COMMENT ON COLUMN access_model.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_model.name IS 'The name by which members ask for it.';
COMMENT ON COLUMN access_model.upstream_id IS 'The tool.';
COMMENT ON COLUMN access_model.upstream_name IS 'How the tool calls it.';
COMMENT ON COLUMN access_model.licence IS 'Its licence.';
COMMENT ON COLUMN access_model.context_tokens IS 'The most tokens of input and output together.';
COMMENT ON COLUMN access_model.output_tokens IS 'The most tokens of one answer; 0 where it gives none.';
COMMENT ON COLUMN access_model.price_input IS 'A token of input, in micro-credits.';
COMMENT ON COLUMN access_model.price_output IS 'A token of output, in micro-credits.';
COMMENT ON COLUMN access_model.price_call IS 'Each call, in micro-credits.';
COMMENT ON COLUMN access_model.overhead_call IS 'What its template adds to each call, in tokens.';
COMMENT ON COLUMN access_model.overhead_message IS 'What its template adds to each message, in tokens.';
COMMENT ON COLUMN access_model.endpoints IS 'What may be asked of it.';
COMMENT ON COLUMN access_model.proposal_id IS 'The proposal that set it so.';
COMMENT ON COLUMN access_model.registered_at IS 'When it was first registered.';
COMMENT ON COLUMN access_model.set_at IS 'When it was last changed.';
COMMENT ON COLUMN access_model.retired_at IS 'Since when it is not served any more; NULL while it is.';
COMMENT ON COLUMN access_model.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX access_model_of_tool ON access_model (coop_id, upstream_id);
CREATE INDEX access_model_of_proposal ON access_model (coop_id, proposal_id);

CREATE TABLE access_policy (
    coop_id uuid NOT NULL REFERENCES coop (id),
    version bigint NOT NULL CONSTRAINT access_policy_version_is_positive CHECK (version >= 1),
    effective_at timestamptz NOT NULL,
    proposal_id uuid NOT NULL,
    content jsonb NOT NULL,
    origins jsonb NOT NULL CONSTRAINT access_policy_origins_are_of_its_allowances
        CHECK (jsonb_array_length(origins) = jsonb_array_length(content -> 'allowances')),
    set_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, version),
    CONSTRAINT access_policy_is_set_by_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id)
);
COMMENT ON TABLE access_policy IS 'Who may use how much of what, by decision of the members. The highest version whose time has come is in force. Rows are never changed.';
COMMENT ON COLUMN access_policy.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_policy.version IS 'From 1.';
COMMENT ON COLUMN access_policy.effective_at IS 'From when on it is in force.';
COMMENT ON COLUMN access_policy.proposal_id IS 'The proposal that set it.';
COMMENT ON COLUMN access_policy.content IS 'The policy, as it was voted on.';
COMMENT ON COLUMN access_policy.origins IS 'For each of its allowances in order: the proposal that first set it as it is, and since when.';
COMMENT ON COLUMN access_policy.set_at IS 'When the proposal was executed.';
COMMENT ON COLUMN access_policy.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX access_policy_of_proposal ON access_policy (coop_id, proposal_id);

CREATE TABLE access_key (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    name text NOT NULL CONSTRAINT access_key_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80),
    mac bytea NOT NULL CONSTRAINT access_key_mac_has_32_bytes CHECK (octet_length(mac) = 32),
    pepper smallint NOT NULL CONSTRAINT access_key_pepper_is_positive CHECK (pepper >= 1),
    models text[] CONSTRAINT access_key_models_are_bounded CHECK (cardinality(models) BETWEEN 1 AND 50),
    endpoints text[] CONSTRAINT access_key_endpoints_are_known
        CHECK (cardinality(endpoints) >= 1 AND endpoints <@ ARRAY['chat_completions', 'completions', 'responses', 'embeddings']),
    networks cidr[] CONSTRAINT access_key_networks_are_bounded CHECK (cardinality(networks) BETWEEN 1 AND 20),
    call_units_max bigint CONSTRAINT access_key_call_is_bounded CHECK (call_units_max BETWEEN 1 AND 1000000000000000),
    cap_units bigint CONSTRAINT access_key_cap_is_bounded CHECK (cap_units BETWEEN 1 AND 1000000000000000),
    cap_period text CONSTRAINT access_key_period_is_known CHECK (cap_period IN ('day', 'week', 'month')),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CONSTRAINT access_key_expires_within_a_year
        CHECK (expires_at > made_at AND expires_at <= made_at + interval '366 days'),
    revoked_at timestamptz,
    replaces uuid,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT access_key_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT access_key_replaces_a_key FOREIGN KEY (coop_id, replaces) REFERENCES access_key (coop_id, id),
    CONSTRAINT access_key_cap_has_a_period CHECK ((cap_units IS NULL) = (cap_period IS NULL))
);
COMMENT ON TABLE access_key IS 'Keys by which members'' programs use the tools. Their secrets are nowhere.';
COMMENT ON COLUMN access_key.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_key.id IS 'The key.';
COMMENT ON COLUMN access_key.member_id IS 'Whose it is.';
COMMENT ON COLUMN access_key.name IS 'How the member calls it.';
COMMENT ON COLUMN access_key.mac IS 'HMAC-SHA-256 of the secret, under a pepper that is outside the database.';
COMMENT ON COLUMN access_key.pepper IS 'Which pepper.';
COMMENT ON COLUMN access_key.models IS 'The models it is for; NULL for all that its member may use.';
COMMENT ON COLUMN access_key.endpoints IS 'The endpoints it is for; NULL for all.';
COMMENT ON COLUMN access_key.networks IS 'The networks it is used from; NULL for all.';
COMMENT ON COLUMN access_key.call_units_max IS 'The most that one call may cost, in micro-credits.';
COMMENT ON COLUMN access_key.cap_units IS 'The most that its calls may cost in a period, in micro-credits: the member''s own limit, within the voted ones.';
COMMENT ON COLUMN access_key.cap_period IS 'The period.';
COMMENT ON COLUMN access_key.made_at IS 'When it was made.';
COMMENT ON COLUMN access_key.expires_at IS 'From when on it is worth nothing.';
COMMENT ON COLUMN access_key.revoked_at IS 'When it was revoked.';
COMMENT ON COLUMN access_key.replaces IS 'The key it takes the place of.';
COMMENT ON COLUMN access_key.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX access_key_of_member ON access_key (coop_id, member_id, id);
CREATE INDEX access_key_of_replaced ON access_key (coop_id, replaces) WHERE replaces IS NOT NULL;

CREATE TABLE access_account (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL CONSTRAINT access_account_kind_is_known CHECK (kind IN ('coop', 'class', 'role', 'member', 'key')),
    subject text NOT NULL,
    period text NOT NULL CONSTRAINT access_account_period_is_known CHECK (period IN ('day', 'week', 'month')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    policy_version bigint NOT NULL,
    proposal_id uuid,
    cap bigint NOT NULL,
    soft_cap bigint NOT NULL CONSTRAINT access_account_soft_cap_is_within_the_cap CHECK (soft_cap BETWEEN 0 AND cap),
    spent bigint NOT NULL DEFAULT 0 CONSTRAINT access_account_spent_is_not_negative CHECK (spent >= 0),
    held bigint NOT NULL DEFAULT 0 CONSTRAINT access_account_held_is_not_negative CHECK (held >= 0),
    PRIMARY KEY (coop_id, id),
    CONSTRAINT access_account_is_one_for_each_period UNIQUE (coop_id, kind, subject, period, starts_at),
    CONSTRAINT access_account_never_passes_its_cap CHECK (spent + held <= cap),
    CONSTRAINT access_account_ends_after_it_starts CHECK (ends_at > starts_at)
);
COMMENT ON TABLE access_account IS 'What is spent and held of each allowance in each period. Made when it is first drawn on, so that nothing has to be reset.';
COMMENT ON COLUMN access_account.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_account.id IS 'The account; accounts are locked in this order.';
COMMENT ON COLUMN access_account.kind IS 'Whose: the co-op''s, a class''s, an office''s, a member''s, a key''s.';
COMMENT ON COLUMN access_account.subject IS 'Which of them; empty for the co-op.';
COMMENT ON COLUMN access_account.period IS 'The kind of period.';
COMMENT ON COLUMN access_account.starts_at IS 'When the period begins.';
COMMENT ON COLUMN access_account.ends_at IS 'When it ends.';
COMMENT ON COLUMN access_account.policy_version IS 'The policy that its limit is of; 0 for keys.';
COMMENT ON COLUMN access_account.proposal_id IS 'The proposal that set the limit; NULL for keys.';
COMMENT ON COLUMN access_account.cap IS 'What spent and held never pass, in micro-credits: the limit, or what was spent and held when it was lowered.';
COMMENT ON COLUMN access_account.soft_cap IS 'The limit: nothing is admitted beyond it.';
COMMENT ON COLUMN access_account.spent IS 'What settled calls cost.';
COMMENT ON COLUMN access_account.held IS 'What running calls set aside: the sum of the open holds.';

CREATE TABLE access_hold (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    endpoint text NOT NULL,
    accounts uuid[] NOT NULL,
    units bigint NOT NULL CONSTRAINT access_hold_units_are_not_negative CHECK (units >= 0),
    input_max bigint NOT NULL CONSTRAINT access_hold_input_is_not_negative CHECK (input_max >= 0),
    price_input bigint NOT NULL,
    price_output bigint NOT NULL,
    price_call bigint NOT NULL,
    policy_version bigint NOT NULL,
    rule text NOT NULL CONSTRAINT access_hold_rule_is_known CHECK (rule IN ('full_hold', 'counted', 'input_only', 'nothing')),
    expired_rule text NOT NULL CONSTRAINT access_hold_expired_rule_is_known
        CHECK (expired_rule IN ('full_hold', 'counted', 'input_only', 'nothing')),
    opened_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CONSTRAINT access_hold_state_is_known CHECK (state IN ('open', 'settled')),
    charged bigint CONSTRAINT access_hold_charges_what_was_set_aside_at_most CHECK (charged BETWEEN 0 AND units),
    excess bigint CONSTRAINT access_hold_excess_is_not_negative CHECK (excess >= 0),
    PRIMARY KEY (coop_id, id),
    CONSTRAINT access_hold_has_a_key FOREIGN KEY (coop_id, key_id) REFERENCES access_key (coop_id, id),
    CONSTRAINT access_hold_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT access_hold_is_settled_with_a_charge CHECK (num_nulls(charged, excess) = CASE state WHEN 'open' THEN 2 ELSE 0 END)
);
COMMENT ON TABLE access_hold IS 'What each call set aside, with a lease. It is settled once.';
COMMENT ON COLUMN access_hold.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_hold.id IS 'The hold.';
COMMENT ON COLUMN access_hold.key_id IS 'The key of the call.';
COMMENT ON COLUMN access_hold.member_id IS 'Its member.';
COMMENT ON COLUMN access_hold.model IS 'The model.';
COMMENT ON COLUMN access_hold.endpoint IS 'What was asked.';
COMMENT ON COLUMN access_hold.accounts IS 'The accounts it is held in.';
COMMENT ON COLUMN access_hold.units IS 'How much, in micro-credits: the most the call can cost.';
COMMENT ON COLUMN access_hold.input_max IS 'The most tokens of input.';
COMMENT ON COLUMN access_hold.price_input IS 'The price of a token of input when it was admitted.';
COMMENT ON COLUMN access_hold.price_output IS 'The price of a token of output.';
COMMENT ON COLUMN access_hold.price_call IS 'The price of the call.';
COMMENT ON COLUMN access_hold.policy_version IS 'The policy in force when it was admitted.';
COMMENT ON COLUMN access_hold.rule IS 'What it costs where it breaks off.';
COMMENT ON COLUMN access_hold.expired_rule IS 'What it costs where its lease ends.';
COMMENT ON COLUMN access_hold.opened_at IS 'When it was admitted.';
COMMENT ON COLUMN access_hold.lease_until IS 'Until when it is renewed, or swept.';
COMMENT ON COLUMN access_hold.state IS 'Whether the call runs or is settled.';
COMMENT ON COLUMN access_hold.charged IS 'What it cost.';
COMMENT ON COLUMN access_hold.excess IS 'What the upstream claimed beyond what was set aside; nobody pays it.';
CREATE INDEX access_hold_by_lease ON access_hold (coop_id, lease_until, id) WHERE state = 'open';
CREATE INDEX access_hold_of_key ON access_hold (coop_id, key_id);
CREATE INDEX access_hold_of_member ON access_hold (coop_id, member_id);

CREATE TABLE access_usage (
    coop_id uuid NOT NULL REFERENCES coop (id),
    hold_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    endpoint text NOT NULL,
    ending text NOT NULL CONSTRAINT access_usage_ending_is_known
        CHECK (ending IN ('finished', 'cut_at_bound', 'client_gone', 'upstream_failed', 'nothing_sent', 'expired')),
    source text NOT NULL CONSTRAINT access_usage_source_is_known CHECK (source IN ('final', 'continuous', 'counted', 'bound')),
    flagged boolean NOT NULL,
    input_tokens bigint CONSTRAINT access_usage_input_is_not_negative CHECK (input_tokens >= 0),
    output_tokens bigint CONSTRAINT access_usage_output_is_not_negative CHECK (output_tokens >= 0),
    rule text NOT NULL,
    policy_version bigint NOT NULL,
    units bigint NOT NULL,
    charged bigint NOT NULL CONSTRAINT access_usage_charges_what_was_held_at_most CHECK (charged BETWEEN 0 AND units),
    excess bigint NOT NULL CONSTRAINT access_usage_excess_is_not_negative CHECK (excess >= 0),
    at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, hold_id),
    CONSTRAINT access_usage_is_of_a_hold FOREIGN KEY (coop_id, hold_id) REFERENCES access_hold (coop_id, id),
    CONSTRAINT access_usage_is_known_or_not CHECK ((input_tokens IS NULL) = (output_tokens IS NULL))
);
COMMENT ON TABLE access_usage IS 'What each call used and cost: one row for each hold, with no word of what was asked or answered. Rows are never changed.';
COMMENT ON COLUMN access_usage.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_usage.hold_id IS 'The hold.';
COMMENT ON COLUMN access_usage.key_id IS 'The key.';
COMMENT ON COLUMN access_usage.member_id IS 'The member.';
COMMENT ON COLUMN access_usage.model IS 'The model.';
COMMENT ON COLUMN access_usage.endpoint IS 'What was asked.';
COMMENT ON COLUMN access_usage.ending IS 'How the call ended.';
COMMENT ON COLUMN access_usage.source IS 'How its usage is known.';
COMMENT ON COLUMN access_usage.flagged IS 'Whether the upstream said something about usage that cannot be.';
COMMENT ON COLUMN access_usage.input_tokens IS 'Tokens of input; NULL where nothing tells.';
COMMENT ON COLUMN access_usage.output_tokens IS 'Tokens of output; NULL where nothing tells.';
COMMENT ON COLUMN access_usage.rule IS 'The rule for calls that break off.';
COMMENT ON COLUMN access_usage.policy_version IS 'The policy that the rule is of.';
COMMENT ON COLUMN access_usage.units IS 'What was set aside, in micro-credits.';
COMMENT ON COLUMN access_usage.charged IS 'What it cost.';
COMMENT ON COLUMN access_usage.excess IS 'What goes beyond what was set aside; nobody pays it.';
COMMENT ON COLUMN access_usage.at IS 'When it was settled.';
COMMENT ON COLUMN access_usage.recorded_by IS 'What wrote the row.';
CREATE INDEX access_usage_by_time ON access_usage (coop_id, at, hold_id);
CREATE INDEX access_usage_of_key ON access_usage (coop_id, key_id, at);
CREATE INDEX access_usage_of_member ON access_usage (coop_id, member_id, at);

CREATE FUNCTION check_access_hold_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'a hold is settled once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.key_id, NEW.member_id, NEW.model, NEW.endpoint, NEW.accounts, NEW.units, NEW.input_max, NEW.price_input, NEW.price_output,
        NEW.price_call, NEW.policy_version, NEW.rule, NEW.expired_rule, NEW.opened_at)
        IS DISTINCT FROM (OLD.key_id, OLD.member_id, OLD.model, OLD.endpoint, OLD.accounts, OLD.units, OLD.input_max, OLD.price_input,
        OLD.price_output, OLD.price_call, OLD.policy_version, OLD.rule, OLD.expired_rule, OLD.opened_at)
    THEN
        RAISE EXCEPTION 'a hold is only renewed or settled' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_access_hold_change() IS 'Refuses every change of a hold but its renewal and its one settlement.';
CREATE TRIGGER access_hold_is_settled_once BEFORE UPDATE ON access_hold FOR EACH ROW EXECUTE FUNCTION check_access_hold_change();
ALTER TABLE access_hold ENABLE ALWAYS TRIGGER access_hold_is_settled_once;

CREATE FUNCTION check_access_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a key that was revoked stays so' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.expires_at > OLD.expires_at OR (NEW.member_id, NEW.mac, NEW.pepper, NEW.made_at) IS DISTINCT FROM
        (OLD.member_id, OLD.mac, OLD.pepper, OLD.made_at)
    THEN
        RAISE EXCEPTION 'a key is made anew, not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_access_key_change() IS 'Refuses that a revoked key comes back, lasts longer, or becomes another one.';
CREATE TRIGGER access_key_stays_what_it_is BEFORE UPDATE ON access_key FOR EACH ROW EXECUTE FUNCTION check_access_key_change();
ALTER TABLE access_key ENABLE ALWAYS TRIGGER access_key_stays_what_it_is;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['access_upstream', 'access_model', 'access_policy', 'access_key', 'access_account', 'access_hold',
        'access_usage']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['access_policy', 'access_usage']
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

GRANT SELECT, INSERT ON access_upstream, access_model, access_policy, access_key, access_account, access_hold, access_usage
    TO rochdale_app;
GRANT UPDATE (kind, base_url, external, data_location, slots, first_byte_seconds, idle_seconds, provider_key, proposal_id, set_at,
    retired_at, recorded_by) ON access_upstream TO rochdale_app;
GRANT UPDATE (upstream_id, upstream_name, licence, context_tokens, output_tokens, price_input, price_output, price_call, overhead_call,
    overhead_message, endpoints, proposal_id, set_at, retired_at, recorded_by) ON access_model TO rochdale_app;
GRANT UPDATE (expires_at, revoked_at) ON access_key TO rochdale_app;
GRANT UPDATE (policy_version, proposal_id, cap, soft_cap, spent, held) ON access_account TO rochdale_app;
GRANT UPDATE (lease_until, state, charged, excess) ON access_hold TO rochdale_app;

-- The jobs of all co-ops see whose leases ended, and nothing else.
CREATE POLICY access_hold_for_workers ON access_hold FOR SELECT TO rochdale_global USING (state = 'open');
GRANT SELECT (coop_id, state, lease_until) ON access_hold TO rochdale_global;

CREATE FUNCTION access_has(line jsonb, member uuid, class text, roles text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE line ->> 'group'
        WHEN 'everyone' THEN true
        WHEN 'class' THEN line ->> 'class' = class
        WHEN 'role' THEN line ->> 'role' = ANY (roles)
        WHEN 'member' THEN line ->> 'member' = member::text
    END
$$;
COMMENT ON FUNCTION access_has(jsonb, uuid, text, text[]) IS 'Whether a member belongs to a group of a policy. Twin of governance::access::Group::has.';

CREATE FUNCTION access_rank(line jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE line ->> 'group' WHEN 'everyone' THEN 0 WHEN 'class' THEN 1 WHEN 'role' THEN 2 WHEN 'member' THEN 3 END
$$;
COMMENT ON FUNCTION access_rank(jsonb) IS 'How particular a group is; of two lines the more particular one holds.';

CREATE FUNCTION access_limits(content jsonb, origins jsonb, member uuid, class text, roles text[])
RETURNS TABLE (kind text, subject text, period text, units bigint, proposal uuid, since timestamptz) LANGUAGE sql STABLE AS $$
    WITH lines AS (
        SELECT entry -> 'for' AS line, entry ->> 'share' AS share, entry ->> 'period' AS period, (entry ->> 'units')::bigint AS units,
            origins -> (place - 1)::integer AS origin
        FROM jsonb_array_elements(content -> 'allowances') WITH ORDINALITY AS each (entry, place)
        WHERE access_has(entry -> 'for', member, class, roles)
    )
    SELECT CASE line ->> 'group' WHEN 'everyone' THEN 'coop' ELSE line ->> 'group' END,
        CASE line ->> 'group' WHEN 'everyone' THEN '' ELSE line ->> (line ->> 'group') END,
        period, units, (origin ->> 'proposal')::uuid, (origin ->> 'since')::timestamptz
    FROM lines WHERE share = 'together'
    UNION ALL
    (SELECT DISTINCT ON (period) 'member', member::text, period, units, (origin ->> 'proposal')::uuid, (origin ->> 'since')::timestamptz
    FROM lines WHERE share = 'each' ORDER BY period, access_rank(line) DESC, units DESC, origin ->> 'since')
$$;
COMMENT ON FUNCTION access_limits(jsonb, jsonb, uuid, text, text[]) IS 'The allowances that a member''s call is charged to. Twin of governance::access::Policy::limits.';

CREATE FUNCTION access_charge(rule text, ending text, units bigint, input_max bigint, price_input bigint, price_output bigint,
    price_call bigint, used_input bigint, used_output bigint, first_byte boolean) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN ending = 'nothing_sent' OR (ending = 'upstream_failed' AND NOT first_byte) THEN 0
        WHEN ending IN ('finished', 'cut_at_bound') AND used_input IS NOT NULL
            THEN price_call + price_input * used_input + price_output * used_output
        WHEN ending = 'cut_at_bound' THEN units
        ELSE CASE rule
            WHEN 'full_hold' THEN units
            WHEN 'counted' THEN price_call + price_input * coalesce(used_input, input_max) + price_output * coalesce(used_output, 0)
            WHEN 'input_only' THEN price_call + price_input * coalesce(used_input, input_max)
            WHEN 'nothing' THEN 0
        END
    END
$$;
COMMENT ON FUNCTION access_charge(text, text, bigint, bigint, bigint, bigint, bigint, bigint, bigint, boolean) IS
    'What a call costs, before it is cut at what was set aside. Twin of governance::access::charge.';
