DROP FUNCTION access_settle(uuid, jsonb);
DROP FUNCTION access_book(uuid, uuid[], jsonb);
DROP FUNCTION access_admit(uuid, jsonb);
DROP FUNCTION access_open(uuid, access_policy, timestamptz, access_call);
DROP FUNCTION access_admitted(access_policy, bigint, bigint, bigint, bigint, uuid, uuid, jsonb, jsonb, bigint, integer);
DROP FUNCTION access_look(uuid, access_policy, timestamptz, access_ask);
DROP TYPE access_call;
DROP TYPE access_ask;

CREATE FUNCTION access_admit(
    p_coop uuid, p_key uuid, p_macs bytea[], p_client text, p_endpoint text, p_model text,
    p_bytes bigint, p_messages bigint, p_answers bigint, p_output bigint, p_lease_seconds integer, p_hold uuid
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
    key access_key;
    person record;
    thing record;
    policy access_policy;
    wanted jsonb;
    ids uuid[];
    tightest record;
    set_by uuid;
    affordable bigint;
    input_max bigint;
    least_output bigint;
    room bigint;
    possible bigint;
    output_max bigint;
    fixed bigint;
    halted_until timestamptz;
    others jsonb := '[]';
    their_prices jsonb;
    one bigint;
    units bigint := 0;
BEGIN
    -- The co-op is formatted in because SET takes no parameters; it is a uuid.
    EXECUTE format('SET LOCAL app.coop_id = %L', p_coop);

    -- Whoever revokes the key waits for this statement, or this one waits and then sees no key.
    SELECT * INTO key FROM access_key AS k
    WHERE k.coop_id = p_coop AND k.id = p_key AND k.mac = ANY (p_macs) AND k.revoked_at IS NULL FOR SHARE;
    moment := clock_timestamp();
    IF NOT FOUND OR key.expires_at <= moment
        OR (key.networks IS NOT NULL AND (p_client IS NULL OR NOT p_client::inet <<= ANY (key.networks)))
    THEN
        RETURN '{"code": "bad_key"}';
    END IF;
    SELECT m.class, m.status, ARRAY(SELECT r.role FROM member_role AS r WHERE r.coop_id = p_coop AND r.member_id = m.id) AS roles
    INTO person FROM member AS m WHERE m.coop_id = p_coop AND m.id = key.member_id;
    IF person.status IS DISTINCT FROM 'active' THEN
        RETURN '{"code": "bad_key"}';
    END IF;
    halted_until := access_halted_until(p_coop);
    IF halted_until IS NOT NULL THEN
        RETURN jsonb_build_object('code', 'halted', 'until', halted_until);
    END IF;

    SELECT * INTO thing FROM access_served AS m WHERE m.coop_id = p_coop AND m.name = p_model;
    IF NOT FOUND THEN
        RETURN '{"code": "model_not_found"}';
    END IF;
    SELECT * INTO policy FROM access_policy AS p
    WHERE p.coop_id = p_coop AND p.effective_at <= moment ORDER BY p.version DESC LIMIT 1;
    IF NOT (p_endpoint = ANY (thing.endpoints)) OR NOT (p_endpoint = ANY (coalesce(key.endpoints, thing.endpoints)))
        OR NOT (p_model = ANY (coalesce(key.models, ARRAY[p_model])))
        OR NOT access_permits(policy.content, p_model, key.member_id, person.class, person.roles)
    THEN
        RETURN '{"code": "model_not_permitted"}';
    END IF;
    IF thing.proved_at IS NULL THEN
        RETURN '{"code": "model_unproved"}';
    END IF;

    SELECT jsonb_agg(jsonb_build_object('kind', l.kind, 'subject', l.subject, 'period', l.period, 'units', l.units,
            'proposal', l.proposal, 'starts_at', date_trunc(l.period, moment, 'UTC'),
            'ends_at', (date_trunc(l.period, moment AT TIME ZONE 'UTC') + ('1 ' || l.period)::interval) AT TIME ZONE 'UTC')
        ORDER BY l.kind, l.subject, l.period)
    INTO wanted
    FROM (
        SELECT a.kind, a.subject, a.period, a.units, a.proposal
        FROM access_limits(policy.content, policy.origins, key.member_id, person.class, person.roles) AS a
    ) AS l;
    -- Whom no allowance reaches may use nothing: what nobody decided is not without limits.
    IF wanted IS NULL THEN
        RETURN jsonb_build_object('code', 'allowance_used_up', 'limit', 'coop', 'proposal', policy.proposal_id,
            'cap', 0, 'spent', 0, 'held', 0);
    END IF;
    IF key.cap_units IS NOT NULL THEN
        wanted := wanted || jsonb_build_array(jsonb_build_object('kind', 'key', 'subject', key.id, 'period', key.cap_period,
            'units', key.cap_units, 'proposal', NULL, 'starts_at', date_trunc(key.cap_period, moment, 'UTC'),
            'ends_at', (date_trunc(key.cap_period, moment AT TIME ZONE 'UTC') + ('1 ' || key.cap_period)::interval) AT TIME ZONE 'UTC'));
    END IF;

    -- What the call can cost at most without any output: governance::access::fit.
    input_max := p_bytes + thing.overhead_call + thing.overhead_message * p_messages;
    least_output := least(thing.output_tokens, 1);
    room := thing.context_tokens - input_max;
    IF room < least_output THEN
        RETURN jsonb_build_object('code', 'context_too_long', 'limit', thing.context_tokens, 'asked', input_max + least_output);
    END IF;
    possible := least(greatest(coalesce(p_output, thing.output_tokens), least_output), thing.output_tokens, room);
    output_max := possible;
    fixed := thing.price_call + thing.price_input * input_max;
    one := thing.price_output * p_answers;

    -- What costs nothing draws on no account.
    IF fixed = 0 AND one = 0 THEN
        ids := '{}';
    ELSE
        INSERT INTO access_account (coop_id, kind, subject, period, starts_at, ends_at, policy_version, proposal_id, cap, soft_cap)
        SELECT p_coop, w.kind, w.subject, w.period, w.starts_at, w.ends_at,
            CASE w.kind WHEN 'key' THEN 0 ELSE policy.version END, w.proposal, w.units, w.units
        FROM jsonb_to_recordset(wanted) AS w (kind text, subject text, period text, units bigint, proposal uuid, starts_at timestamptz,
            ends_at timestamptz)
        WHERE NOT EXISTS (SELECT FROM access_account AS a WHERE a.coop_id = p_coop AND a.kind = w.kind AND a.subject = w.subject
            AND a.period = w.period AND a.starts_at = w.starts_at)
        ORDER BY w.kind, w.subject, w.period
        ON CONFLICT (coop_id, kind, subject, period, starts_at) DO NOTHING;
        SELECT array_agg(a.id ORDER BY a.id) INTO ids
        FROM jsonb_to_recordset(wanted) AS w (kind text, subject text, period text, starts_at timestamptz)
        JOIN access_account AS a ON a.coop_id = p_coop AND a.kind = w.kind AND a.subject = w.subject AND a.period = w.period
            AND a.starts_at = w.starts_at;
        PERFORM FROM access_account AS a WHERE a.coop_id = p_coop AND a.id = ANY (ids) ORDER BY a.id FOR NO KEY UPDATE;
        -- A limit that changed holds from now on; the cap follows as far as what is spent and held lets it.
        UPDATE access_account AS a SET policy_version = policy.version, proposal_id = w.proposal, soft_cap = w.units,
            cap = greatest(w.units, a.spent + a.held)
        FROM jsonb_to_recordset(wanted) AS w (kind text, subject text, period text, units bigint, proposal uuid)
        WHERE a.coop_id = p_coop AND a.id = ANY (ids) AND a.kind = w.kind AND a.subject = w.subject AND a.period = w.period
            AND w.kind <> 'key' AND a.policy_version < policy.version;
        SELECT a.*, a.soft_cap - a.spent - a.held AS remains INTO tightest FROM access_account AS a
        WHERE a.coop_id = p_coop AND a.id = ANY (ids) ORDER BY a.soft_cap - a.spent - a.held, a.ends_at, a.id LIMIT 1;
        set_by := tightest.proposal_id;
        affordable := least(tightest.remains, key.call_units_max);
        IF one > 0 THEN
            output_max := least(possible, greatest(affordable - fixed, 0) / one);
        END IF;
        IF fixed > affordable OR output_max < least_output THEN
            IF key.call_units_max < tightest.remains THEN
                RETURN jsonb_build_object('code', 'allowance_used_up', 'limit', 'key', 'cap', key.call_units_max, 'spent', 0, 'held', 0);
            END IF;
            RETURN jsonb_build_object('code', 'allowance_used_up', 'limit', tightest.kind, 'proposal', tightest.proposal_id,
                'resets_at', tightest.ends_at, 'cap', tightest.soft_cap, 'spent', tightest.spent, 'held', tightest.held);
        END IF;
        units := fixed + one * output_max;
        UPDATE access_account AS a SET held = a.held + units WHERE a.coop_id = p_coop AND a.id = ANY (ids);
    END IF;

    -- Others that may answer: those of them that the key and the policy permit, and that are weaker in nothing. A decision that makes one
    -- weaker is refused; what money and place hang on is looked at here once more.
    IF cardinality(thing.fallbacks) > 0 THEN
        SELECT coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object('provider_key', encode(f.provider_key, 'hex'))
                ORDER BY named.place), '[]'),
            jsonb_agg(jsonb_build_object('model', f.name, 'input', f.price_input, 'output', f.price_output, 'call', f.price_call)
                ORDER BY named.place)
        INTO others, their_prices
        FROM unnest(thing.fallbacks) WITH ORDINALITY AS named (name, place)
        JOIN access_served AS f ON f.coop_id = p_coop AND f.name = named.name
        WHERE f.proved_at IS NOT NULL AND p_endpoint = ANY (f.endpoints) AND f.name = ANY (coalesce(key.models, ARRAY[f.name]))
            AND access_permits(policy.content, f.name, key.member_id, person.class, person.roles)
            AND f.price_input <= thing.price_input AND f.price_output <= thing.price_output AND f.price_call <= thing.price_call
            AND f.overhead_call <= thing.overhead_call AND f.overhead_message <= thing.overhead_message
            AND f.context_tokens >= thing.context_tokens AND f.output_tokens >= thing.output_tokens
            AND ((thing.external AND NOT f.external)
                OR (f.external = thing.external AND f.data_location = thing.data_location));
    END IF;

    INSERT INTO access_hold (coop_id, id, key_id, member_id, model, endpoint, accounts, units, input_max, price_input, price_output,
        price_call, policy_version, rule, expired_rule, opened_at, lease_until, fallbacks)
    VALUES (p_coop, p_hold, key.id, key.member_id, p_model, p_endpoint, ids, units, input_max, thing.price_input, thing.price_output,
        thing.price_call, policy.version, policy.content ->> 'partial_charge', policy.content ->> 'expired_charge', moment,
        moment + make_interval(secs => p_lease_seconds), their_prices);
    RETURN jsonb_build_object('code', 'admitted', 'member', key.member_id,
        'target', to_jsonb(thing) || jsonb_build_object('provider_key', encode(thing.provider_key, 'hex')), 'fallbacks', others,
        'input_max', input_max, 'output_max', output_max,
        'clamped', output_max < possible OR coalesce(output_max < p_output, false), 'units', units,
        'rule', policy.content ->> 'partial_charge', 'proposal', coalesce(set_by, policy.proposal_id),
        'weight', coalesce((SELECT (line ->> 'weight')::integer FROM jsonb_array_elements(policy.content -> 'weights') AS line
            WHERE access_has(line -> 'for', key.member_id, person.class, person.roles)
            ORDER BY access_rank(line -> 'for') DESC, (line ->> 'weight')::integer DESC LIMIT 1), 1));
END
$$;
COMMENT ON FUNCTION access_admit(uuid, uuid, bytea[], text, text, text, bigint, bigint, bigint, bigint, integer, uuid) IS
    'Finds the key, its member, the model and the policy, and sets aside what the call can cost at most: all of it or nothing.';

CREATE FUNCTION access_book(p_hold access_hold, p_ending text, p_source text, p_input bigint, p_output bigint, p_first_byte boolean,
    p_flagged boolean, p_fallback integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    cost bigint;
    booked bigint;
    moment timestamptz := clock_timestamp();
    -- Which of the fallbacks answered; nothing where the model itself did.
    stand_in jsonb := p_hold.fallbacks -> p_fallback;
    by_rule text := CASE p_ending WHEN 'expired' THEN p_hold.expired_rule ELSE p_hold.rule END;
BEGIN
    cost := access_charge(by_rule, p_ending, p_hold.units, p_hold.input_max,
        coalesce((stand_in ->> 'input')::bigint, p_hold.price_input), coalesce((stand_in ->> 'output')::bigint, p_hold.price_output),
        coalesce((stand_in ->> 'call')::bigint, p_hold.price_call), p_input, p_output, p_first_byte);
    booked := least(cost, p_hold.units);
    UPDATE access_account AS a SET held = a.held - p_hold.units, spent = a.spent + booked,
        cap = greatest(a.soft_cap, a.spent + booked + a.held - p_hold.units)
    WHERE a.coop_id = p_hold.coop_id AND a.id = ANY (p_hold.accounts);
    UPDATE access_hold AS h SET state = 'settled', charged = booked, excess = cost - booked
    WHERE h.coop_id = p_hold.coop_id AND h.id = p_hold.id;
    INSERT INTO access_usage (coop_id, hold_id, key_id, member_id, model, endpoint, ending, source, flagged, input_tokens, output_tokens,
        rule, policy_version, units, charged, excess, at, recorded_by)
    VALUES (p_hold.coop_id, p_hold.id, p_hold.key_id, p_hold.member_id, coalesce(stand_in ->> 'model', p_hold.model), p_hold.endpoint, p_ending,
        p_source, p_flagged, p_input, p_output, by_rule, p_hold.policy_version, p_hold.units, booked, cost - booked, moment, 'access_book');
    RETURN jsonb_build_object('charged', booked, 'excess', cost - booked);
END
$$;
COMMENT ON FUNCTION access_book(access_hold, text, text, bigint, bigint, boolean, boolean, integer) IS
    'Settles a hold whose row and accounts are locked.';

CREATE FUNCTION access_settle(p_coop uuid, p_hold uuid, p_ending text, p_source text, p_input bigint, p_output bigint,
    p_first_byte boolean, p_flagged boolean, p_fallback integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    its_hold access_hold;
BEGIN
    EXECUTE format('SET LOCAL app.coop_id = %L', p_coop);
    SELECT * INTO its_hold FROM access_hold AS h WHERE h.coop_id = p_coop AND h.id = p_hold FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF its_hold.state = 'settled' THEN
        RETURN jsonb_build_object('charged', its_hold.charged, 'excess', its_hold.excess);
    END IF;
    PERFORM FROM access_account AS a WHERE a.coop_id = p_coop AND a.id = ANY (its_hold.accounts) ORDER BY a.id FOR NO KEY UPDATE;
    RETURN access_book(its_hold, p_ending, p_source, p_input, p_output, p_first_byte, p_flagged, p_fallback);
END
$$;
COMMENT ON FUNCTION access_settle(uuid, uuid, text, text, bigint, bigint, boolean, boolean, integer) IS
    'Books what a call used, once: a repeated call answers as the first.';

CREATE OR REPLACE FUNCTION access_sweep(p_coop uuid, p_limit integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    ended access_hold[];
    each access_hold;
BEGIN
    EXECUTE format('SET LOCAL app.coop_id = %L', p_coop);
    ended := ARRAY(
        SELECT h FROM access_hold AS h WHERE h.coop_id = p_coop AND h.state = 'open' AND h.lease_until < clock_timestamp()
        ORDER BY h.id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    PERFORM FROM access_account AS a
    WHERE a.coop_id = p_coop AND a.id IN (SELECT unnest(one.accounts) FROM unnest(ended) AS one)
    ORDER BY a.id FOR NO KEY UPDATE;
    FOREACH each IN ARRAY ended LOOP
        PERFORM access_book(each, 'expired', 'bound', NULL, NULL, false, false, NULL);
    END LOOP;
    RETURN cardinality(ended);
END
$$;
