-- Nobody approves a payout cycle whose figures they brought about: who prepared it, submitted or ruled on what it counts, set a tax profile, or
-- wrote into the books what it shares or measures by.

CREATE FUNCTION payout_cycle_editors(cycle payout_cycle) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH former AS (
        SELECT each.journal_upto, each.ends_on FROM payout_cycle AS each
        WHERE each.coop_id = cycle.coop_id AND each.currency = cycle.currency AND each.state = 'posted' AND each.id <> cycle.id
          AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = each.coop_id AND undone.cycle_id = each.id
              AND undone.reversed_at IS NOT NULL)
        ORDER BY each.posted_at DESC, each.id DESC LIMIT 1)
    SELECT unnest(ARRAY[cycle.opened_by, cycle.frozen_by, cycle.computed_by, cycle.proposed_by])
    UNION
    SELECT given.submitted_by FROM contribution_snapshot AS given WHERE given.coop_id = cycle.coop_id AND given.id = ANY (cycle.snapshots)
    UNION
    SELECT ruling.ruled_by FROM contribution_ruling AS ruling
    WHERE ruling.coop_id = cycle.coop_id AND ruling.snapshot_id = ANY (cycle.snapshots)
    UNION
    SELECT given.set_by FROM member_tax_profile AS given WHERE given.coop_id = cycle.coop_id AND given.set_at <= cycle.frozen_at
        AND given.set_at > coalesce((SELECT before.frozen_at FROM payout_cycle AS before
            WHERE before.coop_id = cycle.coop_id AND before.id = cycle.previous), '-infinity')
    UNION
    -- A bill is by who prepared it: who approves it looks at it as who approves the cycle does. What cycles post themselves, what undoes
    -- that, and the end of a year bring no figures in.
    SELECT coalesce(bill.prepared_by, journal.actor_id) FROM journal
    LEFT JOIN former ON true
    LEFT JOIN bill ON bill.coop_id = journal.coop_id AND bill.journal_id = journal.id
    WHERE journal.coop_id = cycle.coop_id AND journal.number <= cycle.journal_upto AND journal.actor_id IS NOT NULL
      AND journal.kind NOT IN ('cycle', 'closing')
      AND NOT EXISTS (SELECT FROM journal AS undone WHERE undone.coop_id = journal.coop_id AND undone.id = journal.reverses
          AND undone.kind IN ('cycle', 'closing'))
      AND EXISTS (SELECT FROM journal_entry AS entry
          JOIN ledger_account AS account ON account.coop_id = cycle.coop_id AND account.id = entry.account_id
          WHERE entry.coop_id = journal.coop_id AND entry.number = journal.number AND account.currency = cycle.currency
            AND CASE WHEN account.kind IN ('income', 'expense') THEN journal.effective_on <= cycle.ends_on
                    AND (journal.number > coalesce(former.journal_upto, 0) OR journal.effective_on > former.ends_on)
                ELSE (account.path IN ('equity:shares', 'liabilities:members:payable') OR account.path LIKE 'equity:reserve:%')
                    AND journal.number > coalesce(former.journal_upto, 0) END)
$$;
COMMENT ON FUNCTION payout_cycle_editors(payout_cycle) IS
    'Who prepared a cycle or brought about figures that it is the first to count: all of them approve it as little as the preparer.';

CREATE OR REPLACE FUNCTION check_payout_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cycle payout_cycle;
BEGIN
    SELECT * INTO cycle FROM payout_cycle AS head WHERE head.coop_id = NEW.coop_id AND head.id = NEW.cycle_id;
    IF cycle.state IS DISTINCT FROM 'proposed' OR cycle.digest <> NEW.digest OR cycle.payout_digest <> NEW.payout_digest THEN
        RAISE EXCEPTION 'what is approved is not what is proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_of_what_is_proposed';
    END IF;
    IF NEW.member_id IN (SELECT payout_cycle_editors(cycle)) THEN
        RAISE EXCEPTION 'nobody approves what they prepared'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_by_another';
    END IF;
    RETURN NULL;
END
$$;
