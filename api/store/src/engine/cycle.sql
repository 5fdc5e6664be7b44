-- What goes into a payout cycle and what comes of it, set by set: its frozen inputs, and its entries in the books.
--
-- Both write a row for each member in one statement. Compiling expressions costs more than it saves in statements that run once. What
-- was just written was never counted, so the planner takes a million rows for a few and would join them by nested loops, which cost the square
-- of their number; it is told not to.

-- Freezes what members contributed: the sums over the snapshots. In the order of the keys, so that indexes grow at their end.
CREATE FUNCTION engine.cycle_freeze_metrics(coop uuid, cycle uuid, snapshots uuid[]) RETURNS void
LANGUAGE sql SET jit = off SET enable_nestloop = off SET work_mem = '32MB' AS $$
    INSERT INTO payout_metric (coop_id, cycle_id, metric, member_id, count)
    SELECT coop, cycle, header.metric, line.member_id, sum(line.count)
    FROM contribution_snapshot AS header
    JOIN contribution_line AS line ON line.coop_id = coop AND line.snapshot_id = header.id
    WHERE header.coop_id = coop AND header.id = ANY (snapshots)
    GROUP BY header.metric, line.member_id HAVING sum(line.count) > 0
    ORDER BY header.metric, line.member_id
$$;

-- Freezes everybody who is a member, to whom the books owe something or who owes, or who contributed. The posted cycle before it, of the same
-- currency, which nobody undid, tells for how many months nothing could be paid, and what of the balance was withheld from and not paid since.
CREATE FUNCTION engine.cycle_freeze_members(coop uuid, cycle uuid) RETURNS void
LANGUAGE plpgsql SET jit = off SET enable_nestloop = off SET work_mem = '32MB' AS $$
DECLARE
    head payout_cycle;
    last payout_cycle;
    months integer;
BEGIN
    SELECT * INTO STRICT head FROM payout_cycle AS each WHERE each.coop_id = coop AND each.id = cycle;
    SELECT * INTO last FROM payout_cycle AS each WHERE each.coop_id = coop AND each.currency = head.currency AND each.state = 'posted'
        AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = coop AND undone.cycle_id = each.id
            AND undone.reversed_at IS NOT NULL)
        ORDER BY each.posted_at DESC, each.id DESC LIMIT 1;
    months := greatest(0, (extract(year FROM head.ends_on) - extract(year FROM last.ends_on)) * 12
        + extract(month FROM head.ends_on) - extract(month FROM last.ends_on));
    INSERT INTO payout_member (coop_id, cycle_id, member_id, groups, capital, tax, carried, taxed, standing, idle_months)
    WITH held AS (
        SELECT entry.reference AS member_id,
            -coalesce(sum(entry.amount) FILTER (WHERE account.path = 'liabilities:members:payable'), 0) AS carried,
            -coalesce(sum(entry.amount) FILTER (WHERE account.path = 'equity:shares'), 0) AS capital
        FROM ledger_account AS account
        JOIN journal_entry AS entry ON entry.coop_id = coop AND entry.account_id = account.id
        WHERE account.coop_id = coop AND entry.reference IS NOT NULL
          AND account.path IN ('liabilities:members:payable', 'equity:shares') AND account.currency = head.currency
        GROUP BY entry.reference),
    measured AS (
        SELECT member_id, array_agg('members:with_' || metric ORDER BY metric) AS groups FROM payout_metric
        WHERE coop_id = coop AND cycle_id = cycle GROUP BY member_id),
    office AS (
        SELECT member_id, array_agg('members:' || role ORDER BY role) AS groups FROM member_role WHERE coop_id = coop GROUP BY member_id),
    taxing AS (
        SELECT DISTINCT ON (member_id) member_id, profile FROM member_tax_profile WHERE coop_id = coop ORDER BY member_id, number DESC),
    -- When payments left what is due, by the order of the books: the last time is when they were given back.
    left_due AS (
        SELECT entry.reference AS payment_id, max(entry.number) AS number
        FROM ledger_account AS account JOIN journal_entry AS entry ON entry.coop_id = coop AND entry.account_id = account.id
        WHERE account.coop_id = coop AND account.path = 'liabilities:payments:due' AND account.currency = head.currency AND entry.amount > 0
        GROUP BY entry.reference),
    -- What earlier cycles withheld from, and what was given back of them since, is taxed already too.
    given_back AS (
        SELECT tried.member_id, sum(tried.amount) AS amount
        FROM payment_attempt AS tried
        JOIN payment ON payment.coop_id = coop AND payment.id = tried.payment_id AND payment.cycle_id <> last.id
        JOIN left_due ON left_due.payment_id = tried.payment_id AND left_due.number > last.journal_upto
        JOIN payout AS paid ON paid.coop_id = coop AND paid.cycle_id = payment.cycle_id AND paid.member_id = payment.member_id
        JOIN payout_member AS person ON person.coop_id = coop AND person.cycle_id = payment.cycle_id AND person.member_id = payment.member_id
        JOIN payout_cycle AS earlier ON earlier.coop_id = coop AND earlier.id = payment.cycle_id AND earlier.currency = head.currency
        WHERE tried.coop_id = coop AND tried.rail = 'carry'
          AND (paid.withheld > 0 OR person.taxed > 0)
        GROUP BY tried.member_id),
    before AS (
        SELECT paid.member_id, paid.carried, paid.paid, paid.withheld > 0 OR person.taxed > 0 AS was_taxed, person.taxed,
            paid.paid = 0 AND paid.carried > 0 AS was_idle, person.idle_months
        FROM payout AS paid
        JOIN payout_member AS person ON person.coop_id = coop AND person.cycle_id = last.id AND person.member_id = paid.member_id
        WHERE paid.coop_id = coop AND paid.cycle_id = last.id)
    SELECT coop, cycle, member.id,
        ARRAY['members:all']
            || CASE WHEN member.status = 'active' THEN ARRAY['members:active', 'members:' || member.class] || office.groups ELSE '{}' END
            || CASE WHEN held.capital > 0 THEN ARRAY['members:shareholders'] ELSE '{}' END
            || measured.groups,
        greatest(coalesce(held.capital, 0), 0), taxing.profile, coalesce(held.carried, 0),
        -- What was taxed and not paid last time is taxed still, however often it has to wait.
        least(greatest(coalesce(held.carried, 0), 0), CASE WHEN before.paid = 0 THEN before.taxed ELSE 0 END
            + least(greatest(coalesce(held.carried, 0) - coalesce(before.carried, 0), 0),
                CASE WHEN before.was_taxed THEN before.paid ELSE 0 END + coalesce(given_back.amount, 0))),
        CASE member.status WHEN 'active' THEN 'open' WHEN 'suspended' THEN 'held' ELSE 'leaving' END,
        -- Whoever was paid something meanwhile, by whichever way, begins anew.
        CASE WHEN before.was_idle AND held.carried >= before.carried THEN least(before.idle_months + months, 32767) ELSE 0 END
    FROM member
    LEFT JOIN held ON held.member_id = member.id
    LEFT JOIN measured ON measured.member_id = member.id
    LEFT JOIN office ON office.member_id = member.id
    LEFT JOIN taxing ON taxing.member_id = member.id
    LEFT JOIN before ON before.member_id = member.id
    LEFT JOIN given_back ON given_back.member_id = member.id
    WHERE member.coop_id = coop
      AND (member.status IN ('active', 'suspended') OR coalesce(held.carried, 0) <> 0 OR coalesce(held.capital, 0) <> 0
           OR measured.member_id IS NOT NULL)
    ORDER BY member.id;
END
$$;

-- Posts a cycle: the entries of pools, which are given, and behind them one of each member in what members are owed. The transaction gets the
-- digest and the sums that the journal computes again when it commits.
CREATE FUNCTION engine.cycle_post(given journal, cycle uuid, code text, payable uuid, accounts uuid[], amounts bigint[])
RETURNS journal LANGUAGE plpgsql SET jit = off SET enable_nestloop = off SET work_mem = '32MB' AS $$
DECLARE
    subjects uuid[] := array_fill(cycle, ARRAY[cardinality(accounts)]);
    owed bigint[];
    members uuid[];
    done record;
BEGIN
    SELECT coalesce(array_agg(each.amount), '{}'), coalesce(array_agg(each.member_id), '{}') INTO owed, members
    FROM (SELECT payout.member_id, payout.dormant + payout.withheld - payout.accrued AS amount FROM payout
          WHERE payout.coop_id = given.coop_id AND payout.cycle_id = cycle ORDER BY payout.member_id) AS each
    WHERE each.amount <> 0;
    accounts := accounts || array_fill(payable, ARRAY[cardinality(members)]);
    amounts := amounts || owed;
    subjects := subjects || members;
    given.entry_count := cardinality(accounts);
    SELECT ARRAY[code], ARRAY[sum(entry.amount) FILTER (WHERE entry.amount > 0)],
        sha256('rochdale.journal.v1'::bytea || uuid_send(given.coop_id) || uuid_send(given.id)
            || int4send(given.effective_on - date '1970-01-01') || decode(repeat('00', 16), 'hex')
            || sha256(convert_to(given.kind, 'UTF8')) || sha256(convert_to(given.description, 'UTF8')) || int4send(given.entry_count)
            || string_agg(uuid_send(entry.account) || convert_to(rpad(code, 12), 'UTF8') || int8send(entry.amount)
                          || uuid_send(entry.subject), ''::bytea ORDER BY entry.place))
    INTO given.currencies, given.debits, given.digest
    FROM unnest(accounts, amounts, subjects) WITH ORDINALITY AS entry (account, amount, subject, place);
    SELECT * INTO done FROM journal_post(given, accounts, array_fill(code, ARRAY[cardinality(accounts)]), amounts, subjects);
    IF done.is_repeated THEN
        RAISE EXCEPTION 'the cycle was posted before' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_is_posted_once';
    END IF;
    RETURN done.posted;
END
$$;
