-- The revenue rule applied to the frozen inputs of a payout cycle, inside PostgreSQL and set by set. The definition is
-- governance::revenue (docs/revenue.md); that both give the same digests is required before anything is posted.

-- An amount in units of 10^-8, from its text.
CREATE FUNCTION engine.revenue_units(amount text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT trunc(amount::numeric * 100000000)
$$;

-- A share of units, rounded down; both at least nothing.
CREATE FUNCTION engine.revenue_share_of(units numeric, share jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT div(units * (share ->> 'share')::numeric, (share ->> 'whole')::numeric)
$$;

-- Ends the computation: nothing of it stays.
CREATE FUNCTION engine.revenue_refuse(reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', reason USING ERRCODE = 'check_violation', CONSTRAINT = 'revenue_engine_refuses';
END
$$;

-- The weight of each member in a step that shares among members; who has none is left out.
CREATE FUNCTION engine.revenue_weights(coop uuid, cycle uuid, step jsonb)
RETURNS TABLE (member uuid, weight numeric) LANGUAGE plpgsql STABLE AS $$
DECLARE
    does jsonb := step -> 'does';
BEGIN
    IF does ->> 'op' = 'per_capita' THEN
        RETURN QUERY SELECT person.member_id, 1::numeric FROM payout_member AS person
            WHERE person.coop_id = coop AND person.cycle_id = cycle AND does ->> 'to' = ANY (person.groups);
    ELSIF does ->> 'op' = 'capital_interest' THEN
        RETURN QUERY SELECT person.member_id, person.capital::numeric FROM payout_member AS person
            WHERE person.coop_id = coop AND person.cycle_id = cycle AND does ->> 'to' = ANY (person.groups) AND person.capital > 0;
    ELSE
        RETURN QUERY
            WITH each AS (
                SELECT value ->> 'metric' AS metric, (value ->> 'weight')::numeric AS weight FROM jsonb_array_elements(does -> 'weights'))
            SELECT person.member_id, sum(measure.count * each.weight)
            FROM payout_member AS person
            JOIN payout_metric AS measure ON measure.coop_id = coop AND measure.cycle_id = cycle AND measure.member_id = person.member_id
            JOIN each ON each.metric = measure.metric
            WHERE person.coop_id = coop AND person.cycle_id = cycle AND does ->> 'to' = ANY (person.groups)
            GROUP BY person.member_id HAVING sum(measure.count * each.weight) > 0;
    END IF;
END
$$;

-- Shares units among weights by Hamilton's method, each with at least the floor and at most the cap. The weights are looked at by
-- class, so that the dear divisions are few; who has the last units of equal remainders is decided inside the marginal class alone.
CREATE FUNCTION engine.revenue_allocate(
    members uuid[], weights numeric[], pool numeric, low numeric, high numeric, tie bytea)
RETURNS TABLE (member uuid, units numeric) LANGUAGE sql STABLE AS $$
    WITH given AS MATERIALIZED (SELECT * FROM unnest(members, weights) AS pair (member, weight)),
    class AS MATERIALIZED (SELECT weight, count(*)::numeric AS size FROM given GROUP BY weight),
    everybody AS (SELECT coalesce(sum(size), 0) AS size FROM class),
    -- Where a weight leaves the floor, and where it meets the cap, as multiples that keep the order of the exact ratios: two
    -- different ones differ by 2^-128 at least. Without bounds nobody needs them.
    bend AS (
        SELECT weight, size, low AS units, div(low * 1e45, weight) AS place, true AS is_leaving FROM class WHERE low > 0 OR high < pool
        UNION ALL
        SELECT weight, size, high, div(high * 1e45, weight), false FROM class WHERE low > 0 OR high < pool),
    summed AS (
        SELECT weight, units, place,
            sum(CASE WHEN is_leaving THEN size ELSE 0 END) OVER upto AS above,
            sum(CASE WHEN is_leaving THEN 0 ELSE size END) OVER upto AS capped,
            sum(CASE WHEN is_leaving THEN size * weight ELSE -size * weight END) OVER upto AS between_weight
        FROM bend WINDOW upto AS (ORDER BY place)),
    -- The last bend at which the shares do not come to more than there is; behind it lies the multiplier.
    middle AS MATERIALIZED (
        (SELECT place, between_weight AS total,
            pool - high * capped - low * ((SELECT size FROM everybody) - above) AS pool
        FROM summed
        WHERE (low * ((SELECT size FROM everybody) - above) + high * capped) * weight + between_weight * units <= pool * weight
        ORDER BY place DESC LIMIT 1)
        UNION ALL
        SELECT NULL, sum(size * weight), pool FROM class WHERE NOT (low > 0 OR high < pool) HAVING count(*) > 0),
    placed AS MATERIALIZED (
        SELECT class.weight, class.size, middle.pool, middle.total,
            CASE WHEN middle.place IS NULL THEN NULL
                 WHEN div(low * 1e45, class.weight) > middle.place THEN low
                 WHEN div(high * 1e45, class.weight) <= middle.place THEN high END AS bound
        FROM class CROSS JOIN middle),
    based AS MATERIALIZED (
        SELECT weight, size, pool, total, bound IS NULL AS is_between,
            CASE WHEN bound IS NULL THEN div(pool * weight, total) ELSE bound END AS base FROM placed),
    quota AS MATERIALIZED (
        SELECT weight, size, base, CASE WHEN is_between THEN pool * weight - base * total ELSE 0 END AS remainder FROM based),
    leftover AS (SELECT pool - coalesce(sum(base * size), 0) AS units FROM quota),
    ranked AS (
        SELECT remainder, sum(size) AS size, sum(sum(size)) OVER (ORDER BY remainder DESC) AS upto FROM quota GROUP BY remainder),
    marginal AS (
        SELECT remainder, leftover.units - (upto - size) AS take FROM ranked CROSS JOIN leftover
        WHERE upto >= leftover.units AND upto - size < leftover.units),
    chosen AS (
        SELECT given.member FROM given JOIN quota USING (weight) JOIN marginal USING (remainder)
        ORDER BY sha256(tie || decode(repeat('00', 16), 'hex') || uuid_send(given.member)), given.member
        LIMIT (SELECT take::bigint FROM marginal))
    SELECT given.member,
        quota.base + CASE WHEN marginal.remainder IS NULL THEN 0
                          WHEN quota.remainder > marginal.remainder OR chosen.member IS NOT NULL THEN 1 ELSE 0 END
    FROM given JOIN quota USING (weight) LEFT JOIN marginal ON true LEFT JOIN chosen ON chosen.member = given.member
$$;

-- Shares what a pool holds among the members of a step, as lines. Gives what they got in all.
CREATE FUNCTION engine.revenue_share(coop uuid, cycle uuid, number integer, step jsonb, held numeric, tie bytea)
RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    does jsonb := step -> 'does';
    members uuid[];
    weights numeric[];
    basis numeric;
    heaviest numeric;
    pool numeric := held;
    asked numeric;
    high numeric;
    low numeric := 0;
    given numeric;
BEGIN
    SELECT array_agg(person.member), array_agg(person.weight), coalesce(sum(person.weight), 0), coalesce(max(person.weight), 0)
    INTO members, weights, basis, heaviest FROM engine.revenue_weights(coop, cycle, step) AS person;
    IF heaviest > 18446744073709551615 THEN
        PERFORM engine.revenue_refuse(format('step %s: the weight of a member is more than 64 bits hold', step ->> 'id'));
    END IF;
    IF does ->> 'op' = 'capital_interest' THEN
        IF basis > 9223372036854775807 THEN
            PERFORM engine.revenue_refuse(format('step %s: the capital of all members is more than any amount', step ->> 'id'));
        END IF;
        pool := least(held, div(basis * (does -> 'annual' ->> 'share')::numeric
            * CASE does ->> 'period' WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'half_year' THEN 6 WHEN 'year' THEN 12 END,
            (does -> 'annual' ->> 'whole')::numeric * 12));
    ELSIF does ->> 'op' = 'patronage' THEN
        low := coalesce(engine.revenue_units(does ->> 'floor'), 0);
        asked := CASE does -> 'cap' ->> 'of'
            WHEN 'amount' THEN engine.revenue_units(does -> 'cap' ->> 'amount')
            WHEN 'pool' THEN engine.revenue_share_of(held, does -> 'cap' -> 'share') END;
    END IF;
    high := CASE WHEN does ->> 'excess' = 'redistribute' THEN least(asked, pool) END;
    high := coalesce(high, pool);
    IF does ->> 'excess' = 'redistribute' AND low > asked THEN
        PERFORM engine.revenue_refuse(format('step %s: the floor is above the cap', step ->> 'id'));
    END IF;
    IF low * coalesce(cardinality(members), 0) > pool THEN
        IF does ->> 'infeasible' = 'refuse' THEN
            PERFORM engine.revenue_refuse(format('step %s: there is less than the floors need', step ->> 'id'));
        END IF;
        low := 0;
    END IF;
    IF members IS NULL OR pool = 0 THEN
        RETURN 0;
    END IF;
    IF high * cardinality(members) <= pool OR low * cardinality(members) = pool THEN
        -- Everybody at the cap, or everybody at the floor.
        low := CASE WHEN high * cardinality(members) <= pool THEN high ELSE low END;
        IF asked IS NOT NULL AND does ->> 'excess' = 'stay' THEN
            low := least(low, asked);
        END IF;
        INSERT INTO payout_line (coop_id, cycle_id, step, place, member_id, amount)
        SELECT coop, cycle, number, row_number() OVER (ORDER BY person), person, low
        FROM unnest(members) AS person WHERE low > 0;
    ELSE
        INSERT INTO payout_line (coop_id, cycle_id, step, place, member_id, amount)
        SELECT coop, cycle, number, row_number() OVER (ORDER BY share.member), share.member, share.units
        FROM (SELECT each.member,
                  CASE WHEN does ->> 'excess' = 'stay' THEN least(each.units, coalesce(asked, each.units)) ELSE each.units END AS units
              FROM engine.revenue_allocate(members, weights, pool, low, high, tie) AS each) AS share
        WHERE share.units > 0;
    END IF;
    SELECT coalesce(sum(line.amount), 0) INTO given FROM payout_line AS line
    WHERE line.coop_id = coop AND line.cycle_id = cycle AND line.step = number;
    RETURN given;
END
$$;

-- Splits what a pool holds among pools, as lines. Their words stand in place of members'.
CREATE FUNCTION engine.revenue_split(coop uuid, cycle uuid, number integer, parts jsonb, held numeric, tie bytea, words jsonb)
RETURNS void LANGUAGE sql AS $$
    WITH part AS (
        SELECT place, value ->> 'to' AS pool, (value ->> 'weight')::numeric AS weight,
            decode(words ->> (value ->> 'to'), 'hex') AS word
        FROM jsonb_array_elements(parts) WITH ORDINALITY AS each (value, place)),
    quota AS (
        SELECT place, pool, word, div(held * weight, sum(weight) OVER ()) AS base,
            held * weight - div(held * weight, sum(weight) OVER ()) * sum(weight) OVER () AS remainder FROM part),
    ranked AS (
        SELECT place, pool, base, row_number() OVER (ORDER BY remainder DESC, sha256(tie || word), place) AS rank,
            held - sum(base) OVER () AS left_over FROM quota)
    INSERT INTO payout_line (coop_id, cycle_id, step, place, pool, amount)
    SELECT coop, cycle, number, place, pool, base + CASE WHEN rank <= left_over THEN 1 ELSE 0 END
    FROM ranked WHERE base + CASE WHEN rank <= left_over THEN 1 ELSE 0 END > 0
$$;

-- What a step that is no sharing moves into its pool.
CREATE FUNCTION engine.revenue_moved(head payout_cycle, step jsonb, held numeric, pools jsonb) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE
    does jsonb := step -> 'does';
    moved numeric;
    reaches numeric;
BEGIN
    CASE does ->> 'op'
        WHEN 'fixed' THEN
            moved := engine.revenue_units(does ->> 'amount');
            IF held < moved AND does ->> 'shortfall' = 'refuse' THEN
                PERFORM engine.revenue_refuse(format('step %s: there is less than is asked for', step ->> 'id'));
            END IF;
            moved := least(held, moved);
        WHEN 'percent' THEN
            moved := engine.revenue_share_of(held, does -> 'share');
        WHEN 'reserve' THEN
            moved := engine.revenue_share_of(held, does -> 'share');
            IF jsonb_typeof(does -> 'until') = 'object' THEN
                reaches := CASE does -> 'until' ->> 'reaches'
                    WHEN 'amount' THEN engine.revenue_units(does -> 'until' ->> 'amount')
                    ELSE engine.revenue_share_of((head.balances ->> (does -> 'until' ->> 'of'))::numeric, does -> 'until' -> 'share') END;
                IF reaches IS NULL OR head.reserves ->> (does ->> 'to') IS NULL THEN
                    PERFORM engine.revenue_refuse(format('step %s: the inputs lack a balance', step ->> 'id'));
                END IF;
                moved := least(moved, greatest(0, reaches - (head.reserves ->> (does ->> 'to'))::numeric
                    - coalesce((pools ->> (does ->> 'to'))::numeric, 0)));
            END IF;
        WHEN 'transfer' THEN
            moved := held;
        WHEN 'sink' THEN
            moved := 0;
    END CASE;
    RETURN moved;
END
$$;

-- The digest of a step: SHA-256 of its word and its lines.
CREATE FUNCTION engine.revenue_step_digest(coop uuid, cycle uuid, number integer, word bytea, words jsonb) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(word || coalesce(string_agg(
        CASE WHEN member_id IS NULL THEN decode(words ->> pool, 'hex')
             ELSE '\x00000000000000000000000000000000'::bytea || uuid_send(member_id) END || int8send(amount), ''::bytea ORDER BY place), ''::bytea))
    FROM payout_line WHERE coop_id = coop AND cycle_id = cycle AND step = number
$$;

-- What is paid of what members are owed.
CREATE FUNCTION engine.revenue_pay(coop uuid, cycle uuid, rule jsonb) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    minor numeric := power(10::numeric, 8 - (rule -> 'payout' ->> 'decimals')::integer);
    enough numeric := engine.revenue_units(rule -> 'payout' ->> 'min');
    months integer := (rule -> 'payout' -> 'dormant' ->> 'after_months')::integer;
    digest bytea;
BEGIN
    INSERT INTO payout (coop_id, cycle_id, member_id, before, accrued, withheld, withholding, paid, dormant, carried, is_held)
    WITH accrued AS (
        SELECT line.member_id, sum(line.amount) AS units FROM payout_line AS line
        WHERE line.coop_id = coop AND line.cycle_id = cycle AND line.member_id IS NOT NULL GROUP BY line.member_id),
    withholding AS (
        SELECT value ->> 'id' AS id, value ->> 'profile' AS profile, (value -> 'share' ->> 'share')::numeric AS share,
            (value -> 'share' ->> 'whole')::numeric AS whole, value ->> 'rounding' AS rounding
        FROM jsonb_array_elements(rule -> 'withholding')),
    due AS (
        SELECT person.member_id, person.carried, person.standing, person.idle_months, withholding.id, withholding.share, withholding.whole,
            withholding.rounding, coalesce(accrued.units, 0) AS accrued, person.carried + coalesce(accrued.units, 0) AS units,
            div(greatest(person.carried + coalesce(accrued.units, 0), 0), minor) AS payable,
            div(greatest(person.carried + coalesce(accrued.units, 0) - person.taxed, 0), minor) AS untaxed
        FROM payout_member AS person
        LEFT JOIN accrued ON accrued.member_id = person.member_id
        LEFT JOIN withholding ON withholding.profile = person.tax
        WHERE person.coop_id = coop AND person.cycle_id = cycle),
    taxed AS (
        SELECT due.*, CASE rounding WHEN 'down' THEN div(untaxed * share, whole)
                                    WHEN 'up' THEN div(untaxed * share + whole - 1, whole) ELSE 0 END AS tax FROM due),
    decided AS (
        SELECT taxed.*, standing <> 'held' AND payable - tax > 0
            AND (standing = 'leaving' OR (payable - tax) * minor >= enough) AS is_paid FROM taxed)
    SELECT coop, cycle, member_id, carried, accrued,
        CASE WHEN is_paid THEN tax * minor ELSE 0 END, CASE WHEN is_paid AND tax > 0 THEN id END,
        CASE WHEN is_paid THEN (payable - tax) * minor ELSE 0 END,
        CASE WHEN NOT is_paid AND months IS NOT NULL AND idle_months >= months AND units > 0 THEN units ELSE 0 END,
        CASE WHEN is_paid THEN units - payable * minor
             WHEN months IS NOT NULL AND idle_months >= months AND units > 0 THEN 0 ELSE units END,
        standing = 'held'
    FROM decided;
    SELECT sha256(coalesce(string_agg('\x00000000000000000000000000000000'::bytea || uuid_send(paying.member_id) || int8send(paying.withheld)
        || int8send(paying.paid) || int8send(paying.dormant) || int8send(paying.carried), ''::bytea ORDER BY paying.member_id), ''::bytea))
    INTO digest FROM payout AS paying
    WHERE paying.coop_id = coop AND paying.cycle_id = cycle
      AND (paying.withheld, paying.paid, paying.dormant, paying.carried) IS DISTINCT FROM (0::bigint, 0::bigint, 0::bigint, 0::bigint);
    RETURN digest;
END
$$;

-- The whole computation. `words` holds the Keccak-256 of the names of steps ("step:" before them) and of pools, in hex, since PostgreSQL
-- has no Keccak; the twin computes its own.
-- The settings are those of cycle.sql, for its reasons.
CREATE FUNCTION engine.revenue_compute(coop uuid, cycle uuid, words jsonb, OUT digest bytea, OUT payout_digest bytea)
LANGUAGE plpgsql SET jit = off SET enable_nestloop = off SET work_mem = '32MB' AS $$
DECLARE
    head payout_cycle;
    rule jsonb;
    step jsonb;
    name text;
    source text;
    number integer := 0;
    held numeric;
    moved numeric;
    pools jsonb;
    word bytea;
    step_digest bytea;
    target text;
    line record;
    leftover record;
BEGIN
    SELECT * INTO STRICT head FROM payout_cycle WHERE coop_id = coop AND id = cycle;
    SELECT content INTO STRICT rule FROM revenue_rule WHERE coop_id = coop AND version = head.rule_version;
    pools := jsonb_build_object('pool:revenue', head.revenue);
    digest := head.rule_hash || head.word || decode(repeat('00', 24), 'hex') || int8send(head.revenue);
    FOR step IN SELECT value FROM jsonb_array_elements(rule -> 'steps') WITH ORDINALITY AS each (value, place) ORDER BY place LOOP
        number := number + 1;
        name := step ->> 'id';
        source := step ->> 'from';
        held := coalesce((pools ->> source)::numeric, 0);
        word := decode(words ->> ('step:' || name), 'hex');
        IF step -> 'does' ->> 'op' IN ('per_capita', 'patronage', 'capital_interest') THEN
            moved := engine.revenue_share(coop, cycle, number, step, held, head.rule_hash || head.word || word);
        ELSIF step -> 'does' ->> 'op' = 'split' THEN
            PERFORM engine.revenue_split(coop, cycle, number, step -> 'does' -> 'parts', held, head.rule_hash || head.word || word, words);
            moved := held;
        ELSE
            moved := engine.revenue_moved(head, step, held, pools);
            INSERT INTO payout_line (coop_id, cycle_id, step, place, pool, amount)
            SELECT coop, cycle, number, 1, step -> 'does' ->> 'to', moved WHERE moved > 0;
        END IF;
        pools := jsonb_set(pools, ARRAY[source], to_jsonb(held - moved));
        FOR line IN SELECT given.pool, given.amount FROM payout_line AS given
                    WHERE given.coop_id = coop AND given.cycle_id = cycle AND given.step = number AND given.pool IS NOT NULL LOOP
            pools := jsonb_set(pools, ARRAY[line.pool], to_jsonb(coalesce((pools ->> line.pool)::numeric, 0) + line.amount));
        END LOOP;
        step_digest := engine.revenue_step_digest(coop, cycle, number, word, words);
        INSERT INTO payout_step (coop_id, cycle_id, step, name, before, after, digest)
        VALUES (coop, cycle, number, name, held, held - moved, step_digest);
        digest := digest || step_digest;
    END LOOP;
    FOR leftover IN SELECT key, value::text::numeric AS units FROM jsonb_each(pools) WHERE key LIKE 'pool:%' AND value::text::numeric > 0 LOOP
        IF EXISTS (SELECT FROM jsonb_array_elements(rule -> 'steps') AS each (value) WHERE value ->> 'from' = leftover.key)
            AND NOT EXISTS (SELECT FROM jsonb_array_elements(rule -> 'steps') AS each (value)
                            WHERE value ->> 'from' = leftover.key AND value -> 'does' ->> 'op' = 'sink')
        THEN
            PERFORM engine.revenue_refuse(format('in %s there is something left, which nobody may get', leftover.key));
        END IF;
    END LOOP;
    digest := sha256(digest);
    payout_digest := engine.revenue_pay(coop, cycle, rule);
END
$$;
