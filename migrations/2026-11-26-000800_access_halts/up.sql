-- A halt of the co-op stops its tools: no call is admitted, and running ones end at their next renewal, which says why.

CREATE FUNCTION access_halted_until(p_coop uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT h.until FROM halt AS h WHERE h.coop_id = p_coop AND h.ended_at IS NULL AND h.until > clock_timestamp()
    ORDER BY h.number DESC LIMIT 1
$$;
COMMENT ON FUNCTION access_halted_until(uuid) IS 'Until when the co-op is halted; NULL where it is not.';

CREATE OR REPLACE FUNCTION access_admit(
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

    SELECT m.*, u.kind, u.base_url, u.external, u.slots, u.first_byte_seconds, u.idle_seconds, u.provider_key INTO thing
    FROM access_model AS m JOIN access_upstream AS u ON u.coop_id = m.coop_id AND u.id = m.upstream_id
    WHERE m.coop_id = p_coop AND m.name = p_model AND m.retired_at IS NULL AND u.retired_at IS NULL;
    IF NOT FOUND THEN
        RETURN '{"code": "model_not_found"}';
    END IF;
    SELECT * INTO policy FROM access_policy AS p
    WHERE p.coop_id = p_coop AND p.effective_at <= moment ORDER BY p.version DESC LIMIT 1;
    IF NOT (p_endpoint = ANY (thing.endpoints)) OR NOT (p_endpoint = ANY (coalesce(key.endpoints, thing.endpoints)))
        OR NOT (p_model = ANY (coalesce(key.models, ARRAY[p_model])))
        OR EXISTS (SELECT FROM jsonb_array_elements(policy.content -> 'models') AS line
            WHERE line ->> 'model' = p_model AND NOT EXISTS (SELECT FROM jsonb_array_elements(line -> 'for') AS one_group
                WHERE access_has(one_group, key.member_id, person.class, person.roles)))
    THEN
        RETURN '{"code": "model_not_permitted"}';
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

    INSERT INTO access_hold (coop_id, id, key_id, member_id, model, endpoint, accounts, units, input_max, price_input, price_output,
        price_call, policy_version, rule, expired_rule, opened_at, lease_until)
    VALUES (p_coop, p_hold, key.id, key.member_id, p_model, p_endpoint, ids, units, input_max, thing.price_input, thing.price_output,
        thing.price_call, policy.version, policy.content ->> 'partial_charge', policy.content ->> 'expired_charge', moment,
        moment + make_interval(secs => p_lease_seconds));
    RETURN jsonb_build_object('code', 'admitted', 'member', key.member_id, 'model', thing.name, 'upstream', thing.upstream_id,
        'base_url', thing.base_url, 'upstream_name', thing.upstream_name, 'provider_key', encode(thing.provider_key, 'hex'),
        'kind', thing.kind, 'external', thing.external, 'slots', thing.slots, 'first_byte_seconds', thing.first_byte_seconds,
        'idle_seconds', thing.idle_seconds, 'input_max', input_max, 'output_max', output_max,
        'clamped', output_max < possible OR coalesce(output_max < p_output, false), 'units', units,
        'rule', policy.content ->> 'partial_charge', 'proposal', coalesce(set_by, policy.proposal_id),
        'weight', coalesce((SELECT (line ->> 'weight')::integer FROM jsonb_array_elements(policy.content -> 'weights') AS line
            WHERE access_has(line -> 'for', key.member_id, person.class, person.roles)
            ORDER BY access_rank(line -> 'for') DESC, (line ->> 'weight')::integer DESC LIMIT 1), 1));
END
$$;

DROP FUNCTION access_renew(uuid, uuid[], integer);
CREATE FUNCTION access_renew(p_coop uuid, p_holds uuid[], p_lease_seconds integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    halted boolean;
    renewed uuid[];
BEGIN
    EXECUTE format('SET LOCAL app.coop_id = %L', p_coop);
    PERFORM FROM access_hold AS h WHERE h.coop_id = p_coop AND h.id = ANY (p_holds) ORDER BY h.id FOR NO KEY UPDATE;
    halted := access_halted_until(p_coop) IS NOT NULL;
    WITH open AS (
        UPDATE access_hold AS h SET lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
        FROM access_key AS k, member AS m
        WHERE h.coop_id = p_coop AND h.id = ANY (p_holds) AND h.state = 'open' AND NOT halted
            AND k.coop_id = p_coop AND k.id = h.key_id AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp()
            AND m.coop_id = p_coop AND m.id = h.member_id AND m.status = 'active'
        RETURNING h.id
    )
    SELECT array_agg(id) INTO renewed FROM open;
    RETURN coalesce((
        SELECT jsonb_agg(jsonb_build_object('hold', asked, 'why', CASE WHEN h.state IS DISTINCT FROM 'open' THEN 'ended'
            WHEN halted THEN 'halted' ELSE 'revoked' END))
        FROM unnest(p_holds) AS asked LEFT JOIN access_hold AS h ON h.coop_id = p_coop AND h.id = asked
        WHERE asked <> ALL (coalesce(renewed, '{}'))), '[]');
END
$$;
COMMENT ON FUNCTION access_renew(uuid, uuid[], integer) IS
    'Extends the leases of running calls; answers those that must stop, each with why: it is settled, its key or member is not any more, or the co-op is halted.';
