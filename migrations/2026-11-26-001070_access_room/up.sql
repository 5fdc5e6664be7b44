-- Whose turn it is at a tool hangs on what each member took of it, which is tokens and not their price: a call that costs nothing keeps a
-- tool busy as well. And no member fills the room in which the others wait.

-- What is there was counted in other units; calls that wait come anew.
TRUNCATE access_turn, access_flow, access_lane;
ALTER TABLE access_turn RENAME COLUMN units TO tokens;
ALTER TABLE access_turn RENAME CONSTRAINT access_turn_units_are_not_negative TO access_turn_tokens_are_not_negative;
COMMENT ON COLUMN access_turn.tokens IS 'The most that the call takes, in tokens of input and of all answers.';
COMMENT ON COLUMN access_flow.counter IS 'Tokens divided by the weight, times 232792560, which every weight divides: a whole number.';

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
    own bigint;
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

    -- Those that ended, and those whose server died, of which nobody knows what they took.
    WITH gone AS MATERIALIZED (
        DELETE FROM access_turn AS t WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream
            AND (t.lease_until < moment OR t.ticket IN (SELECT (l ->> 'ticket')::uuid FROM jsonb_array_elements(p_leave) AS l))
        RETURNING t.ticket, t.member_id AS member, t.weight, t.tokens, t.is_running
    ), dues AS (
        SELECT g.member, sum(((l ->> 'tokens')::bigint - g.tokens) * div(scale, g.weight)) AS due
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
                (e ->> 'tokens')::bigint AS tokens, place FROM jsonb_array_elements(p_enter) WITH ORDINALITY AS a (e, place)
            -- A round that is said again brings nobody twice.
            WHERE NOT EXISTS (SELECT FROM access_turn AS t WHERE t.coop_id = p_coop AND t.ticket = (e ->> 'ticket')::uuid)
        ), flows AS (
            INSERT INTO access_flow AS f (coop_id, upstream_id, member_id, counter)
            SELECT p_coop, p_upstream, n.member, start + sum(n.tokens * div(scale, n.weight)) FROM entering AS n GROUP BY n.member
            ON CONFLICT (coop_id, upstream_id, member_id) DO UPDATE
                SET counter = greatest(f.counter, start) + excluded.counter - start
        ), turns AS (
            INSERT INTO access_turn (coop_id, ticket, upstream_id, member_id, weight, tokens, arrival, is_running, lease_until)
            SELECT p_coop, n.ticket, p_upstream, n.member, n.weight, n.tokens, lane.arrivals + n.place, true,
                moment + make_interval(secs => p_lease_seconds) FROM entering AS n
        )
        SELECT coalesce(array_agg((e ->> 'ticket')::uuid), '{}') INTO entered FROM jsonb_array_elements(p_enter) AS a (e);
        lane.arrivals := lane.arrivals + cardinality(entered);
    ELSE
        FOR each IN SELECT (e ->> 'ticket')::uuid AS ticket, (e ->> 'member')::uuid AS member, (e ->> 'weight')::integer AS weight,
            (e ->> 'tokens')::bigint AS tokens FROM jsonb_array_elements(p_enter) WITH ORDINALITY AS a (e, place) ORDER BY place
        LOOP
            -- A member may fill as much of the room to wait in as it leaves free: governance::access::FairQueue. Those that a free slot
            -- takes do not wait.
            own := 0;
            IF present >= p_slots THEN
                SELECT greatest(count(*) - greatest(p_slots - running, 0), 0) INTO own FROM access_turn AS t WHERE t.coop_id = p_coop
                    AND t.upstream_id = p_upstream AND t.member_id = each.member AND NOT t.is_running;
            END IF;
            IF present >= p_slots AND own >= p_depth_max + p_slots - present THEN
                refused := refused || each.ticket;
                CONTINUE;
            END IF;
            SELECT coalesce(min(f.counter), lane.floor) INTO start FROM access_flow AS f
            WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND EXISTS (SELECT FROM access_turn AS t
                WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.member_id = f.member_id);
            INSERT INTO access_flow AS f (coop_id, upstream_id, member_id, counter) VALUES (p_coop, p_upstream, each.member, start)
            ON CONFLICT (coop_id, upstream_id, member_id) DO UPDATE SET counter = greatest(f.counter, excluded.counter);
            lane.arrivals := lane.arrivals + 1;
            INSERT INTO access_turn (coop_id, ticket, upstream_id, member_id, weight, tokens, arrival, is_running, lease_until)
            VALUES (p_coop, each.ticket, p_upstream, each.member, each.weight, each.tokens, lane.arrivals, false,
                moment + make_interval(secs => p_lease_seconds))
            ON CONFLICT DO NOTHING;
            entered := entered || each.ticket;
            present := present + 1;
        END LOOP;

        WHILE running < p_slots LOOP
            SELECT t.ticket, t.member_id AS member, t.weight, t.tokens INTO each FROM access_turn AS t
            JOIN access_flow AS f ON f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = t.member_id
            WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND NOT t.is_running ORDER BY f.counter, t.arrival LIMIT 1;
            EXIT WHEN NOT FOUND;
            UPDATE access_turn AS t SET is_running = true WHERE t.coop_id = p_coop AND t.ticket = each.ticket;
            UPDATE access_flow AS f SET counter = f.counter + each.tokens * div(scale, each.weight)
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
                SELECT t.ticket, t.is_running, t.arrival, f.counter + coalesce(sum(t.tokens * div(scale, t.weight))
                    FILTER (WHERE NOT t.is_running) OVER (PARTITION BY t.member_id ORDER BY t.arrival
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS begins
                FROM access_turn AS t
                JOIN access_flow AS f ON f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = t.member_id
                WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream
            ) AS w
        ) AS o WHERE o.ticket = ANY (p_ours || entered)));
END
$$;
