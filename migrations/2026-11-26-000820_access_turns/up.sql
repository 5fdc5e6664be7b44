-- The queue in front of each tool, shared by all servers: who waits, who runs, and what each member was served. Twin of
-- governance::access::FairQueue. Nothing of it is a record: whatever is lost is only who waited.

CREATE TABLE access_lane (
    coop_id uuid NOT NULL REFERENCES coop (id),
    upstream_id uuid NOT NULL,
    floor numeric NOT NULL DEFAULT 0,
    arrivals bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (coop_id, upstream_id),
    CONSTRAINT access_lane_is_of_a_tool FOREIGN KEY (coop_id, upstream_id) REFERENCES access_upstream (coop_id, id)
);
COMMENT ON TABLE access_lane IS 'The queue in front of a tool; whoever changes anything in it locks its row first.';
COMMENT ON COLUMN access_lane.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_lane.upstream_id IS 'The tool.';
COMMENT ON COLUMN access_lane.floor IS 'The counter of whoever was active last: what a member begins at when nobody is.';
COMMENT ON COLUMN access_lane.arrivals IS 'How many calls came so far.';

CREATE TABLE access_flow (
    coop_id uuid NOT NULL REFERENCES coop (id),
    upstream_id uuid NOT NULL,
    member_id uuid NOT NULL,
    counter numeric NOT NULL,
    PRIMARY KEY (coop_id, upstream_id, member_id),
    CONSTRAINT access_flow_is_of_a_lane FOREIGN KEY (coop_id, upstream_id) REFERENCES access_lane (coop_id, upstream_id),
    CONSTRAINT access_flow_is_of_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE access_flow IS 'What each member was served by a tool of late, divided by the voted weight.';
COMMENT ON COLUMN access_flow.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_flow.upstream_id IS 'The tool.';
COMMENT ON COLUMN access_flow.member_id IS 'The member.';
COMMENT ON COLUMN access_flow.counter IS 'Micro-credits divided by the weight, times 232792560, which every weight divides: a whole number.';
CREATE INDEX access_flow_of_member ON access_flow (coop_id, member_id);

CREATE TABLE access_turn (
    coop_id uuid NOT NULL REFERENCES coop (id),
    ticket uuid NOT NULL,
    upstream_id uuid NOT NULL,
    member_id uuid NOT NULL,
    weight integer NOT NULL CONSTRAINT access_turn_weight_is_bounded CHECK (weight BETWEEN 1 AND 20),
    units bigint NOT NULL CONSTRAINT access_turn_units_are_not_negative CHECK (units >= 0),
    arrival bigint NOT NULL,
    is_running boolean NOT NULL,
    lease_until timestamptz NOT NULL,
    PRIMARY KEY (coop_id, ticket),
    CONSTRAINT access_turn_is_of_a_flow FOREIGN KEY (coop_id, upstream_id, member_id)
        REFERENCES access_flow (coop_id, upstream_id, member_id)
);
COMMENT ON TABLE access_turn IS 'Calls that wait for a tool or that it works on.';
COMMENT ON COLUMN access_turn.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_turn.ticket IS 'The call at this tool.';
COMMENT ON COLUMN access_turn.upstream_id IS 'The tool.';
COMMENT ON COLUMN access_turn.member_id IS 'The member.';
COMMENT ON COLUMN access_turn.weight IS 'The voted weight of the member.';
COMMENT ON COLUMN access_turn.units IS 'What is set aside for the call, in micro-credits.';
COMMENT ON COLUMN access_turn.arrival IS 'Which call at this tool it was.';
COMMENT ON COLUMN access_turn.is_running IS 'Whether it has a slot.';
COMMENT ON COLUMN access_turn.lease_until IS 'Until when its server renews it; then its slot is free.';
CREATE INDEX access_turn_of_flow ON access_turn (coop_id, upstream_id, member_id, arrival);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['access_lane', 'access_flow', 'access_turn']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON access_lane TO rochdale_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON access_flow, access_turn TO rochdale_app;

CREATE FUNCTION access_turns(p_coop uuid, p_upstream uuid, p_slots integer, p_depth_max integer, p_lease_seconds integer,
    p_enter jsonb, p_leave jsonb, p_ours uuid[]) RETURNS jsonb LANGUAGE plpgsql AS $$
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
    EXECUTE format('SET LOCAL app.coop_id = %L', p_coop);
    -- Who waited is not worth a wait for the disk.
    SET LOCAL synchronous_commit = off;
    INSERT INTO access_lane (coop_id, upstream_id) VALUES (p_coop, p_upstream) ON CONFLICT DO NOTHING;
    SELECT * INTO lane FROM access_lane AS l WHERE l.coop_id = p_coop AND l.upstream_id = p_upstream FOR NO KEY UPDATE;
    moment := clock_timestamp();
    -- A server that waits looks often; rows are written anew only once a third of their time has gone.
    UPDATE access_turn AS t SET lease_until = moment + make_interval(secs => p_lease_seconds)
    WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream AND t.ticket = ANY (p_ours)
        AND t.lease_until < moment + make_interval(secs => p_lease_seconds * 2.0 / 3);

    -- Those that ended, and those whose server died, of which nobody knows what they cost.
    FOR each IN DELETE FROM access_turn AS t WHERE t.coop_id = p_coop AND t.upstream_id = p_upstream
            AND (t.lease_until < moment OR t.ticket IN (SELECT (l ->> 'ticket')::uuid FROM jsonb_array_elements(p_leave) AS l))
        RETURNING t.ticket, t.member_id AS member, t.weight, t.units, t.is_running
    LOOP
        UPDATE access_flow AS f SET counter = f.counter + ((l ->> 'charged')::bigint - each.units) * div(scale, each.weight)
        FROM jsonb_array_elements(p_leave) AS l
        WHERE f.coop_id = p_coop AND f.upstream_id = p_upstream AND f.member_id = each.member AND each.is_running
            AND (l ->> 'ticket')::uuid = each.ticket;
        rested := rested || each.member;
    END LOOP;
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
    UPDATE access_lane AS l SET floor = lane.floor, arrivals = lane.arrivals WHERE l.coop_id = p_coop AND l.upstream_id = p_upstream;

    -- Calls that wait are served in the order of what their members will have been served before them.
    RETURN jsonb_build_object('refused', refused, 'present', (
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
COMMENT ON FUNCTION access_turns(uuid, uuid, integer, integer, integer, jsonb, jsonb, uuid[]) IS
    'A round of one server at the queue of a tool: its calls that came, those that ended, and where those stand that are there.';
