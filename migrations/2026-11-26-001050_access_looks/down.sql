ALTER FUNCTION access_open(uuid, access_policy, timestamptz, access_call) RESET plan_cache_mode;
ALTER FUNCTION access_book(uuid, uuid[], jsonb) RESET plan_cache_mode;
ALTER FUNCTION access_settle(uuid, jsonb) RESET plan_cache_mode;

CREATE OR REPLACE FUNCTION access_admit(p_coop uuid, p_asks jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
    policy access_policy;
    halted_until timestamptz;
    ask access_ask;
    call access_call;
    calls access_call[] := '{}';
    wanted jsonb;
    answers jsonb := '[]';
    all_fit boolean;
BEGIN
    -- The co-op is formatted in because SET takes no parameters; it is a uuid.
    EXECUTE format('SET LOCAL app.coop_id = %L', p_coop);

    -- Whoever revokes a key waits for this statement, or this one waits and then sees no key.
    PERFORM FROM access_key AS k
    WHERE k.coop_id = p_coop AND k.id IN (SELECT asked.key FROM jsonb_to_recordset(p_asks) AS asked (key uuid))
    ORDER BY k.id FOR SHARE;
    moment := clock_timestamp();
    halted_until := access_halted_until(p_coop);
    SELECT * INTO policy FROM access_policy AS p
    WHERE p.coop_id = p_coop AND p.effective_at <= moment ORDER BY p.version DESC LIMIT 1;
    FOR ask IN
        SELECT asked.* FROM jsonb_array_elements(p_asks) WITH ORDINALITY AS lines (line, place),
            jsonb_populate_record(NULL::access_ask, line) AS asked
        ORDER BY place
    LOOP
        call := access_look(p_coop, policy, moment, ask);
        -- What a halt stops is told to whoever has a key, and to nobody else.
        IF halted_until IS NOT NULL AND call.refusal ->> 'code' IS DISTINCT FROM 'bad_key' THEN
            call.refusal := jsonb_build_object('code', 'halted', 'until', halted_until);
        END IF;
        calls := calls || call;
    END LOOP;

    SELECT jsonb_agg(DISTINCT line) INTO wanted FROM unnest(calls) AS c, jsonb_array_elements(c.wanted) AS line WHERE c.refusal IS NULL;
    IF wanted IS NOT NULL THEN
        INSERT INTO access_account (coop_id, kind, subject, period, starts_at, ends_at, policy_version, proposal_id, cap, soft_cap)
        SELECT p_coop, w.kind, w.subject, w.period, w.starts_at, w.ends_at,
            CASE w.kind WHEN 'key' THEN 0 ELSE policy.version END, w.proposal, w.units, w.units
        FROM jsonb_to_recordset(wanted) AS w (kind text, subject text, period text, units bigint, proposal uuid, starts_at timestamptz,
            ends_at timestamptz)
        WHERE NOT EXISTS (SELECT FROM access_account AS a WHERE a.coop_id = p_coop AND a.kind = w.kind AND a.subject = w.subject
            AND a.period = w.period AND a.starts_at = w.starts_at)
        ORDER BY w.kind, w.subject, w.period
        ON CONFLICT (coop_id, kind, subject, period, starts_at) DO NOTHING;
        PERFORM FROM access_account AS a
        JOIN jsonb_to_recordset(wanted) AS w (kind text, subject text, period text, starts_at timestamptz)
            ON a.kind = w.kind AND a.subject = w.subject AND a.period = w.period AND a.starts_at = w.starts_at
        WHERE a.coop_id = p_coop ORDER BY a.id FOR NO KEY UPDATE OF a;
        -- A limit that changed holds from now on; the cap follows as far as what is spent and held lets it.
        UPDATE access_account AS a SET policy_version = policy.version, proposal_id = w.proposal, soft_cap = w.units,
            cap = greatest(w.units, a.spent + a.held)
        FROM jsonb_to_recordset(wanted) AS w (kind text, subject text, period text, units bigint, proposal uuid, starts_at timestamptz)
        WHERE a.coop_id = p_coop AND a.kind = w.kind AND a.subject = w.subject AND a.period = w.period AND a.starts_at = w.starts_at
            AND w.kind <> 'key' AND a.policy_version < policy.version;
    END IF;

    IF wanted IS NULL THEN
        -- Nobody is charged for what costs nothing, and it is not worth a wait for the disk.
        SET LOCAL synchronous_commit = off;
    END IF;

    -- Where there is enough for all, it does not matter who came first, and everything is set aside at once.
    WITH asked AS MATERIALIZED (
        SELECT c.*, c.fixed + c.one * c.possible AS units
        FROM unnest(calls) WITH ORDINALITY AS c (refusal, hold, key_id, call_units_max, member_id, model, endpoint, price_input, price_output,
            price_call, wanted, input_max, least_output, possible, asked_output, fixed, one, target, others, their_prices, weight,
            lease_until, place)
    ), drawn AS MATERIALIZED (
        SELECT c.place, c.units, a.id, a.soft_cap - a.spent - a.held AS remains, a.proposal_id, a.ends_at
        FROM asked AS c, jsonb_to_recordset(c.wanted) AS w (kind text, subject text, period text, starts_at timestamptz)
        JOIN access_account AS a ON a.coop_id = p_coop AND a.kind = w.kind AND a.subject = w.subject AND a.period = w.period
            AND a.starts_at = w.starts_at
        WHERE c.refusal IS NULL
    ), sums AS MATERIALIZED (
        SELECT id, sum(units)::bigint AS units, min(remains) AS remains FROM drawn GROUP BY id
    ), fit AS MATERIALIZED (
        SELECT NOT EXISTS (SELECT FROM sums WHERE units > remains)
            AND NOT EXISTS (SELECT FROM asked WHERE refusal IS NULL AND units > call_units_max) AS all_fit
    ), held AS (
        UPDATE access_account AS a SET held = a.held + s.units FROM sums AS s, fit
        WHERE fit.all_fit AND a.coop_id = p_coop AND a.id = s.id
    ), opened AS (
        INSERT INTO access_hold (coop_id, id, key_id, member_id, model, endpoint, accounts, units, input_max, price_input, price_output,
            price_call, policy_version, rule, expired_rule, opened_at, lease_until, fallbacks)
        SELECT p_coop, c.hold, c.key_id, c.member_id, c.model, c.endpoint, ARRAY(SELECT d.id FROM drawn AS d WHERE d.place = c.place
            ORDER BY d.id), c.units, c.input_max, c.price_input, c.price_output, c.price_call, policy.version,
            policy.content ->> 'partial_charge', policy.content ->> 'expired_charge', moment, c.lease_until, c.their_prices
        FROM asked AS c, fit WHERE fit.all_fit AND c.refusal IS NULL
    )
    SELECT fit.all_fit, jsonb_agg(coalesce(c.refusal, access_admitted(policy, c.asked_output, c.possible, c.possible, c.units,
        (SELECT d.proposal_id FROM drawn AS d WHERE d.place = c.place ORDER BY d.remains, d.ends_at, d.id LIMIT 1), c.member_id, c.target,
        c.others, c.input_max, c.weight)) ORDER BY c.place)
    INTO all_fit, answers FROM asked AS c, fit GROUP BY fit.all_fit;
    IF all_fit THEN
        RETURN answers;
    END IF;

    -- Who came first is served first: what is left of an allowance goes to the calls in their order.
    answers := '[]';
    FOREACH call IN ARRAY calls LOOP
        answers := answers || jsonb_build_array(coalesce(call.refusal, access_open(p_coop, policy, moment, call)));
    END LOOP;
    RETURN answers;
END
$$;

DROP FUNCTION access_fit(access_call, timestamptz, access_ask);

CREATE OR REPLACE FUNCTION access_look(p_coop uuid, p_policy access_policy, p_moment timestamptz, p_ask access_ask)
RETURNS access_call LANGUAGE plpgsql STABLE AS $$
DECLARE
    key access_key;
    person record;
    thing record;
    call access_call;
BEGIN
    SELECT * INTO key FROM access_key AS k
    WHERE k.coop_id = p_coop AND k.id = p_ask.key AND k.revoked_at IS NULL
        AND k.mac = ANY (ARRAY(SELECT decode(mac, 'hex') FROM unnest(p_ask.macs) AS mac));
    IF NOT FOUND OR key.expires_at <= p_moment
        OR (key.networks IS NOT NULL AND (p_ask.client IS NULL OR NOT p_ask.client::inet <<= ANY (key.networks)))
    THEN
        call.refusal := '{"code": "bad_key"}';
        RETURN call;
    END IF;
    SELECT m.class, m.status, ARRAY(SELECT r.role FROM member_role AS r WHERE r.coop_id = p_coop AND r.member_id = m.id) AS roles
    INTO person FROM member AS m WHERE m.coop_id = p_coop AND m.id = key.member_id;
    IF person.status IS DISTINCT FROM 'active' THEN
        call.refusal := '{"code": "bad_key"}';
        RETURN call;
    END IF;

    SELECT * INTO thing FROM access_served AS m WHERE m.coop_id = p_coop AND m.name = p_ask.model;
    IF NOT FOUND THEN
        call.refusal := '{"code": "model_not_found"}';
        RETURN call;
    END IF;
    IF NOT (p_ask.endpoint = ANY (thing.endpoints)) OR NOT (p_ask.endpoint = ANY (coalesce(key.endpoints, thing.endpoints)))
        OR NOT (p_ask.model = ANY (coalesce(key.models, ARRAY[p_ask.model])))
        OR NOT access_permits(p_policy.content, p_ask.model, key.member_id, person.class, person.roles)
    THEN
        call.refusal := '{"code": "model_not_permitted"}';
        RETURN call;
    END IF;
    IF thing.proved_at IS NULL THEN
        call.refusal := '{"code": "model_unproved"}';
        RETURN call;
    END IF;

    SELECT jsonb_agg(jsonb_build_object('kind', l.kind, 'subject', l.subject, 'period', l.period, 'units', l.units,
            'proposal', l.proposal, 'starts_at', date_trunc(l.period, p_moment, 'UTC'),
            'ends_at', (date_trunc(l.period, p_moment AT TIME ZONE 'UTC') + ('1 ' || l.period)::interval) AT TIME ZONE 'UTC')
        ORDER BY l.kind, l.subject, l.period)
    INTO call.wanted
    FROM access_limits(p_policy.content, p_policy.origins, key.member_id, person.class, person.roles) AS l;
    -- Whom no allowance reaches may use nothing: what nobody decided is not without limits.
    IF call.wanted IS NULL THEN
        call.refusal := jsonb_build_object('code', 'allowance_used_up', 'limit', 'coop', 'proposal', p_policy.proposal_id,
            'cap', 0, 'spent', 0, 'held', 0);
        RETURN call;
    END IF;
    IF key.cap_units IS NOT NULL THEN
        call.wanted := call.wanted || jsonb_build_array(jsonb_build_object('kind', 'key', 'subject', key.id, 'period', key.cap_period,
            'units', key.cap_units, 'proposal', NULL, 'starts_at', date_trunc(key.cap_period, p_moment, 'UTC'), 'ends_at',
            (date_trunc(key.cap_period, p_moment AT TIME ZONE 'UTC') + ('1 ' || key.cap_period)::interval) AT TIME ZONE 'UTC'));
    END IF;

    -- What the call can cost at most without any output: governance::access::fit.
    call.input_max := p_ask.bytes + thing.overhead_call + thing.overhead_message * p_ask.messages;
    call.least_output := least(thing.output_tokens, 1);
    IF thing.context_tokens - call.input_max < call.least_output THEN
        call.refusal := jsonb_build_object('code', 'context_too_long', 'limit', thing.context_tokens,
            'asked', call.input_max + call.least_output);
        RETURN call;
    END IF;
    call.asked_output := p_ask.output;
    call.possible := least(greatest(coalesce(p_ask.output, thing.output_tokens), call.least_output), thing.output_tokens,
        thing.context_tokens - call.input_max);
    call.fixed := thing.price_call + thing.price_input * call.input_max;
    call.one := thing.price_output * p_ask.answers;
    -- What costs nothing draws on no account.
    IF call.fixed = 0 AND call.one = 0 THEN
        call.wanted := '[]';
    END IF;

    -- Others that may answer: those of them that the key and the policy permit, and that are weaker in nothing. A decision that makes one
    -- weaker is refused; what money and place hang on is looked at here once more.
    call.others := '[]';
    IF cardinality(thing.fallbacks) > 0 THEN
        SELECT coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object('provider_key', encode(f.provider_key, 'hex'))
                ORDER BY named.place), '[]'),
            jsonb_agg(jsonb_build_object('model', f.name, 'input', f.price_input, 'output', f.price_output, 'call', f.price_call)
                ORDER BY named.place)
        INTO call.others, call.their_prices
        FROM unnest(thing.fallbacks) WITH ORDINALITY AS named (name, place)
        JOIN access_served AS f ON f.coop_id = p_coop AND f.name = named.name
        WHERE f.proved_at IS NOT NULL AND p_ask.endpoint = ANY (f.endpoints) AND f.name = ANY (coalesce(key.models, ARRAY[f.name]))
            AND access_permits(p_policy.content, f.name, key.member_id, person.class, person.roles)
            AND f.price_input <= thing.price_input AND f.price_output <= thing.price_output AND f.price_call <= thing.price_call
            AND f.overhead_call <= thing.overhead_call AND f.overhead_message <= thing.overhead_message
            AND f.context_tokens >= thing.context_tokens AND f.output_tokens >= thing.output_tokens
            AND ((thing.external AND NOT f.external)
                OR (f.external = thing.external AND f.data_location = thing.data_location));
    END IF;

    call.hold := p_ask.hold;
    call.lease_until := p_moment + make_interval(secs => p_ask.lease_seconds);
    call.key_id := key.id;
    call.call_units_max := key.call_units_max;
    call.member_id := key.member_id;
    call.model := p_ask.model;
    call.endpoint := p_ask.endpoint;
    call.price_input := thing.price_input;
    call.price_output := thing.price_output;
    call.price_call := thing.price_call;
    call.target := to_jsonb(thing) || jsonb_build_object('provider_key', encode(thing.provider_key, 'hex'));
    call.weight := coalesce((SELECT (line ->> 'weight')::integer FROM jsonb_array_elements(p_policy.content -> 'weights') AS line
        WHERE access_has(line -> 'for', key.member_id, person.class, person.roles)
        ORDER BY access_rank(line -> 'for') DESC, (line ->> 'weight')::integer DESC LIMIT 1), 1);
    RETURN call;
END
$$;

CREATE OR REPLACE FUNCTION access_halted_until(p_coop uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT h.until FROM halt AS h WHERE h.coop_id = p_coop AND h.ended_at IS NULL AND h.until > clock_timestamp()
    ORDER BY h.number DESC LIMIT 1
$$;

CREATE OR REPLACE FUNCTION access_permits(content jsonb, model text, member uuid, class text, roles text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT EXISTS (SELECT FROM jsonb_array_elements(content -> 'models') AS line
        WHERE line ->> 'model' = model AND NOT EXISTS (SELECT FROM jsonb_array_elements(line -> 'for') AS one_group
            WHERE access_has(one_group, member, class, roles)))
$$;
