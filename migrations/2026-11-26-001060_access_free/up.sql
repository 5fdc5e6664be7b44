-- Calls that cost nothing are admitted by what a server knows already, as long as a mark says that it is so still, and are noted together
-- after they ended. The queue of a tool says whether anybody waits in it, so that slots may be kept for the next call while nobody does.

CREATE OR REPLACE FUNCTION access_admitted(p_policy access_policy, p_asked_output bigint, p_possible bigint, p_output_max bigint, p_units bigint,
    p_set_by uuid, p_member uuid, p_target jsonb, p_others jsonb, p_input_max bigint, p_weight integer) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('code', 'admitted', 'member', p_member, 'target', p_target, 'fallbacks', p_others, 'input_max', p_input_max,
        'output_max', p_output_max, 'clamped', p_output_max < p_possible OR coalesce(p_output_max < p_asked_output, false),
        'units', p_units, 'rule', p_policy.content ->> 'partial_charge', 'proposal', coalesce(p_set_by, p_policy.proposal_id),
        'weight', p_weight, 'policy_version', p_policy.version, 'expired_rule', p_policy.content ->> 'expired_charge')
$$;

CREATE FUNCTION access_marks(p_coop uuid, p_keys uuid[]) RETURNS jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    moment timestamptz;
    shared text;
BEGIN
    PERFORM set_config('app.coop_id', p_coop::text, true);
    -- Nothing is written but that the keys are looked at.
    SET LOCAL synchronous_commit = off;
    -- Whoever revokes a key waits for this statement, or this one waits and then sees no key.
    PERFORM FROM access_key AS k WHERE k.coop_id = p_coop AND k.id = ANY (p_keys) ORDER BY k.id FOR SHARE;
    moment := clock_timestamp();
    IF access_halted_until(p_coop) IS NULL THEN
        shared := concat_ws(' ',
            (SELECT p.version FROM access_policy AS p WHERE p.coop_id = p_coop AND p.effective_at <= moment ORDER BY p.version DESC LIMIT 1),
            (SELECT sum(hashtextextended(m.ctid::text || m.xmin, 0)) FROM access_model AS m WHERE m.coop_id = p_coop),
            (SELECT sum(hashtextextended(u.ctid::text || u.xmin, 0)) FROM access_upstream AS u WHERE u.coop_id = p_coop));
    END IF;
    -- A row that is written anew has another place and another transaction, so it has another mark.
    RETURN (SELECT jsonb_agg(shared || its.mark ORDER BY asked.place)
        FROM unnest(p_keys) WITH ORDINALITY AS asked (id, place)
        LEFT JOIN LATERAL (
            SELECT concat_ws(' ', '', k.ctid, k.xmin, m.ctid, m.xmin, (SELECT sum(hashtextextended(r.ctid::text || r.xmin, 0))
                FROM member_role AS r WHERE r.coop_id = p_coop AND r.member_id = m.id)) AS mark
            FROM access_key AS k JOIN member AS m ON m.coop_id = p_coop AND m.id = k.member_id
            WHERE k.coop_id = p_coop AND k.id = asked.id AND k.revoked_at IS NULL AND k.expires_at > moment AND m.status = 'active' LIMIT 1
        ) AS its ON true);
END
$$;
COMMENT ON FUNCTION access_marks(uuid, uuid[]) IS
    'For each key a mark of all that bears on whether its calls are admitted, but for what is left of allowances: as long as it is the same, so is the answer. Null where none of its calls is admitted.';

CREATE FUNCTION access_note(p_coop uuid, p_calls jsonb) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM set_config('app.coop_id', p_coop::text, true);
    -- Nobody is charged for any of it: not worth a wait for the disk.
    SET LOCAL synchronous_commit = off;
    WITH called AS MATERIALIZED (
        SELECT c.* FROM jsonb_to_recordset(p_calls) AS c (hold uuid, key uuid, member uuid, model text, endpoint text, input_max bigint,
            policy_version bigint, rule text, expired_rule text, age_ms bigint, lease_seconds integer, ending text, source text, input bigint,
            output bigint, flagged boolean)
    ), held AS (
        INSERT INTO access_hold (coop_id, id, key_id, member_id, model, endpoint, accounts, units, input_max, price_input, price_output,
            price_call, policy_version, rule, expired_rule, opened_at, lease_until, state, charged, excess)
        SELECT p_coop, c.hold, c.key, c.member, c.model, c.endpoint, '{}', 0, c.input_max, 0, 0, 0, c.policy_version, c.rule,
            c.expired_rule, moment - make_interval(secs => c.age_ms / 1000.0), moment + make_interval(secs => c.lease_seconds),
            CASE WHEN c.ending IS NULL THEN 'open' ELSE 'settled' END, CASE WHEN c.ending IS NOT NULL THEN 0 END,
            CASE WHEN c.ending IS NOT NULL THEN 0 END
        FROM called AS c
        -- What is said again is there already, and is settled as all others where it was open.
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO access_usage (coop_id, hold_id, key_id, member_id, model, endpoint, ending, source, flagged, input_tokens, output_tokens,
        rule, policy_version, units, charged, excess, at, recorded_by)
    SELECT p_coop, c.hold, c.key, c.member, c.model, c.endpoint, c.ending, c.source, c.flagged, c.input, c.output, c.rule,
        c.policy_version, 0, 0, 0, moment, 'access_note'
    FROM called AS c JOIN held AS h ON h.id = c.hold WHERE c.ending IS NOT NULL;
END
$$;
COMMENT ON FUNCTION access_note(uuid, jsonb) IS
    'Notes calls that cost nothing: those that ended as settled, the others as open holds.';

CREATE OR REPLACE FUNCTION access_turns(p_coop uuid, p_upstream uuid, p_slots integer, p_depth_max integer, p_lease_seconds integer,
    p_enter jsonb, p_leave jsonb, p_ours uuid[]) RETURNS jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    scale CONSTANT numeric := 232792560;
    lane access_lane;
    moment timestamptz;
    each record;
    start numeric;
    present bigint;
    running bigint;
    rested uuid[] := '{}';
    refused uuid[] := '{}';
    entered uuid[] := '{}';
BEGIN
    PERFORM set_config('app.coop_id', p_coop::text, true);
    -- Who waited is not worth a wait for the disk.
    SET LOCAL synchronous_commit = off;
    SELECT * INTO lane FROM access_lane AS l WHERE l.coop_id = p_coop AND l.upstream_id = p_upstream FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO access_lane (coop_id, upstream_id) VALUES (p_coop, p_upstream) ON CONFLICT DO NOTHING;
        SELECT * INTO lane FROM access_lane AS l WHERE l.coop_id = p_coop AND l.upstream_id = p_upstream FOR NO KEY UPDATE;
    END IF;
    moment := clock_timestamp();
    -- A server that waits looks often; rows are written anew only once a third of their time has gone.
    UPDATE access_turn AS t SET lease_until = moment + make_interval(secs => p_lease_seconds)
    WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.ticket = ANY (p_ours)
        AND t.lease_until < moment + make_interval(secs => p_lease_seconds * 2.0 / 3);

    -- Those that ended, and those whose server died, of which nobody knows what they cost.
    WITH gone AS MATERIALIZED (
        DELETE FROM access_turn AS t WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream
            AND (t.lease_until < moment OR t.ticket IN (SELECT (l ->> 'ticket')::uuid FROM jsonb_array_elements(p_leave) AS l))
        RETURNING t.ticket, t.member_id AS member, t.weight, t.units, t.is_running
    ), dues AS (
        SELECT g.member, sum(((l ->> 'charged')::bigint - g.units) * div(scale, g.weight)) AS due
        FROM gone AS g JOIN jsonb_array_elements(p_leave) AS l ON (l ->> 'ticket')::uuid = g.ticket
        WHERE g.is_running GROUP BY g.member
    ), corrected AS (
        UPDATE access_flow AS f SET counter = f.counter + d.due FROM dues AS d
        WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = d.member
    )
    SELECT coalesce(array_agg(g.member), '{}') INTO rested FROM gone AS g;
    -- Whoever is idle keeps a counter only while it lies above what a new one would begin at.
    SELECT min(f.counter) INTO start FROM access_flow AS f
    WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND EXISTS (SELECT FROM access_turn AS t
        WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.member_id = f.member_id);
    IF start IS NULL THEN
        lane.floor := greatest(lane.floor, (SELECT max(f.counter) FROM access_flow AS f
            WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = ANY (rested)));
        start := lane.floor;
    END IF;
    DELETE FROM access_flow AS f WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.counter <= start
        AND NOT EXISTS (SELECT FROM access_turn AS t
            WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.member_id = f.member_id);

    SELECT count(*), count(*) FILTER (WHERE t.is_running) INTO present, running FROM access_turn AS t
    WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream;
    IF present = running AND present + jsonb_array_length(p_enter) <= p_slots THEN
        -- There is a slot for everybody, so nobody waits and all begin at once.
        WITH entering AS MATERIALIZED (
            SELECT (e ->> 'ticket')::uuid AS ticket, (e ->> 'member')::uuid AS member, (e ->> 'weight')::integer AS weight,
                (e ->> 'units')::bigint AS units, place FROM jsonb_array_elements(p_enter) WITH ORDINALITY AS a (e, place)
            -- A round that is said again brings nobody twice.
            WHERE NOT EXISTS (SELECT FROM access_turn AS t WHERE t.coop_id = p_coop AND t.ticket = (e ->> 'ticket')::uuid)
        ), flows AS (
            INSERT INTO access_flow AS f (coop_id, upstream_id, member_id, counter)
            SELECT p_coop, p_upstream, n.member, start + sum(n.units * div(scale, n.weight)) FROM entering AS n GROUP BY n.member
            ON CONFLICT (coop_id, upstream_id, member_id) DO UPDATE
                SET counter = greatest(f.counter, start) + excluded.counter - start
        ), turns AS (
            INSERT INTO access_turn (coop_id, ticket, upstream_id, member_id, weight, units, arrival, is_running, lease_until)
            SELECT p_coop, n.ticket, p_upstream, n.member, n.weight, n.units, lane.arrivals + n.place, true,
                moment + make_interval(secs => p_lease_seconds) FROM entering AS n
        )
        SELECT coalesce(array_agg((e ->> 'ticket')::uuid), '{}') INTO entered FROM jsonb_array_elements(p_enter) AS a (e);
        lane.arrivals := lane.arrivals + cardinality(entered);
    ELSE
        FOR each IN SELECT (e ->> 'ticket')::uuid AS ticket, (e ->> 'member')::uuid AS member, (e ->> 'weight')::integer AS weight,
            (e ->> 'units')::bigint AS units FROM jsonb_array_elements(p_enter) WITH ORDINALITY AS a (e, place) ORDER BY place
        LOOP
            IF present >= p_depth_max + p_slots THEN
                refused := refused || each.ticket;
                CONTINUE;
            END IF;
            SELECT coalesce(min(f.counter), lane.floor) INTO start FROM access_flow AS f
            WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND EXISTS (SELECT FROM access_turn AS t
                WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.member_id = f.member_id);
            INSERT INTO access_flow AS f (coop_id, upstream_id, member_id, counter) VALUES (p_coop, p_upstream, each.member, start)
            ON CONFLICT (coop_id, upstream_id, member_id) DO UPDATE SET counter = greatest(f.counter, excluded.counter);
            lane.arrivals := lane.arrivals + 1;
            INSERT INTO access_turn (coop_id, ticket, upstream_id, member_id, weight, units, arrival, is_running, lease_until)
            VALUES (p_coop, each.ticket, p_upstream, each.member, each.weight, each.units, lane.arrivals, false,
                moment + make_interval(secs => p_lease_seconds))
            ON CONFLICT DO NOTHING;
            entered := entered || each.ticket;
            present := present + 1;
        END LOOP;

        WHILE running < p_slots LOOP
            SELECT t.ticket, t.member_id AS member, t.weight, t.units INTO each FROM access_turn AS t
            JOIN access_flow AS f ON f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = t.member_id
            WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND NOT t.is_running ORDER BY f.counter, t.arrival LIMIT 1;
            EXIT WHEN NOT FOUND;
            UPDATE access_turn AS t SET is_running = true WHERE t.coop_id = p_coop AND t.ticket = each.ticket;
            UPDATE access_flow AS f SET counter = f.counter + each.units * div(scale, each.weight)
            WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = each.member;
            running := running + 1;
        END LOOP;
    END IF;
    UPDATE access_lane AS l SET floor = lane.floor, arrivals = lane.arrivals WHERE l.coop_id = p_coop AND l.upstream_id = p_upstream;

    IF NOT EXISTS (SELECT FROM access_turn AS t WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND NOT t.is_running) THEN
        RETURN jsonb_build_object('refused', refused, 'waits', false, 'present', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('ticket', t.ticket, 'place', 0)), '[]') FROM access_turn AS t
            WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.ticket = ANY (p_ours || entered)));
    END IF;
    -- Calls that wait are served in the order of what their members will have been served before them.
    RETURN jsonb_build_object('refused', refused, 'waits', true, 'present', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('ticket', o.ticket, 'place', CASE WHEN o.is_running THEN 0 ELSE o.place END)), '[]')
        FROM (
            SELECT w.ticket, w.is_running, count(*) FILTER (WHERE NOT w.is_running) OVER (ORDER BY w.begins, w.arrival) AS place
            FROM (
                SELECT t.ticket, t.is_running, t.arrival, f.counter + coalesce(sum(t.units * div(scale, t.weight))
                    FILTER (WHERE NOT t.is_running) OVER (PARTITION BY t.member_id ORDER BY t.arrival
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS begins
                FROM access_turn AS t
                JOIN access_flow AS f ON f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = t.member_id
                WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream
            ) AS w
        ) AS o WHERE o.ticket = ANY (p_ours || entered)));
END
$$;
