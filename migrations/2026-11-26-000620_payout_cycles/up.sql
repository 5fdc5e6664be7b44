-- Payout cycles: the inputs that are frozen, what PostgreSQL computes of them, what the second program computes, who approved, and
-- what was posted. A cycle goes on and never back; before it is posted it can be cancelled, and another one opened.

CREATE TABLE payout_cycle (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    period text NOT NULL CONSTRAINT payout_cycle_period_is_plain CHECK (period ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    ends_on date NOT NULL,
    currency text NOT NULL,
    rule_version bigint NOT NULL,
    rule_hash bytea NOT NULL CONSTRAINT payout_cycle_rule_hash_has_32_bytes CHECK (octet_length(rule_hash) = 32),
    previous uuid,
    word bytea NOT NULL CONSTRAINT payout_cycle_word_has_32_bytes CHECK (octet_length(word) = 32),
    state text NOT NULL DEFAULT 'open' CONSTRAINT payout_cycle_state_is_known
        CHECK (state IN ('open', 'frozen', 'computed', 'verified', 'proposed', 'approved', 'posted', 'cancelled')),
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    revenue bigint CONSTRAINT payout_cycle_revenue_is_an_amount CHECK (revenue >= 0),
    reserves jsonb,
    balances jsonb,
    snapshots uuid[],
    journal_upto bigint,
    members integer CONSTRAINT payout_cycle_has_members CHECK (members >= 0),
    engine bytea CONSTRAINT payout_cycle_engine_has_32_bytes CHECK (octet_length(engine) = 32),
    frozen_by uuid,
    frozen_at timestamptz,
    digest bytea,
    payout_digest bytea,
    computed_by uuid,
    computed_at timestamptz,
    twin_digest bytea,
    twin_payout_digest bytea,
    verified_at timestamptz,
    proposed_by uuid,
    proposed_at timestamptz,
    approvals_needed smallint CONSTRAINT payout_cycle_needs_approvals CHECK (approvals_needed BETWEEN 1 AND 9),
    approved_at timestamptz,
    journal_id uuid,
    posted_by uuid,
    posted_at timestamptz,
    cancelled_by uuid,
    cancelled_at timestamptz,
    cancel_reason text CONSTRAINT payout_cycle_cancel_reason_is_bounded CHECK (length(cancel_reason) BETWEEN 1 AND 2000),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT payout_cycle_is_under_a_rule FOREIGN KEY (coop_id, rule_version) REFERENCES revenue_rule (coop_id, version),
    CONSTRAINT payout_cycle_rule_is_that_version FOREIGN KEY (coop_id, rule_hash) REFERENCES revenue_rule (coop_id, rule_hash),
    CONSTRAINT payout_cycle_follows_one_of_this_co_op FOREIGN KEY (coop_id, previous) REFERENCES payout_cycle (coop_id, id),
    CONSTRAINT payout_cycle_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT payout_cycle_is_opened_by_a_member FOREIGN KEY (coop_id, opened_by) REFERENCES member (coop_id, id),
    CONSTRAINT payout_cycle_is_frozen_with_its_inputs CHECK (state IN ('open', 'cancelled')
        OR num_nulls(revenue, reserves, balances, snapshots, journal_upto, members, engine, frozen_by, frozen_at) = 0),
    CONSTRAINT payout_cycle_is_computed_with_digests CHECK (state IN ('open', 'frozen', 'cancelled')
        OR num_nulls(digest, payout_digest, computed_by, computed_at) = 0),
    -- The gate: nothing is verified, proposed, approved or posted of which two computations do not say the same.
    CONSTRAINT payout_cycle_is_computed_twice_alike CHECK (state IN ('open', 'frozen', 'computed', 'cancelled')
        OR (num_nulls(twin_digest, twin_payout_digest, verified_at) = 0 AND digest = twin_digest AND payout_digest = twin_payout_digest)),
    CONSTRAINT payout_cycle_is_proposed_by_somebody CHECK (state NOT IN ('proposed', 'approved', 'posted')
        OR num_nulls(proposed_by, proposed_at, approvals_needed) = 0),
    CONSTRAINT payout_cycle_is_posted_with_a_journal CHECK ((state = 'posted') = (num_nulls(journal_id, posted_by, posted_at) = 0)),
    CONSTRAINT payout_cycle_is_cancelled_by_somebody CHECK ((state = 'cancelled') = (num_nulls(cancelled_by, cancelled_at, cancel_reason) = 0))
);
CREATE UNIQUE INDEX payout_cycle_is_one_for_each_period ON payout_cycle (coop_id, period) WHERE state <> 'cancelled';
CREATE UNIQUE INDEX payout_cycle_is_alone ON payout_cycle (coop_id) WHERE state NOT IN ('posted', 'cancelled');
CREATE UNIQUE INDEX payout_cycle_is_followed_once ON payout_cycle (coop_id, previous) WHERE state = 'posted';
CREATE INDEX payout_cycle_of_journal ON payout_cycle (coop_id, journal_id);
CREATE INDEX payout_cycle_of_opener ON payout_cycle (coop_id, opened_by);
CREATE INDEX payout_cycle_of_rule ON payout_cycle (coop_id, rule_version);
CREATE INDEX payout_cycle_of_rule_hash ON payout_cycle (coop_id, rule_hash);
COMMENT ON TABLE payout_cycle IS 'Cycles in which revenue is shared. What once stands in a row stays; a cycle only goes on, or is cancelled before it is posted.';
COMMENT ON COLUMN payout_cycle.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_cycle.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN payout_cycle.period IS 'How the period is called, such as 2026-Q3.';
COMMENT ON COLUMN payout_cycle.ends_on IS 'The last day whose income and costs are shared; what was posted late for earlier days is shared too.';
COMMENT ON COLUMN payout_cycle.currency IS 'The currency.';
COMMENT ON COLUMN payout_cycle.rule_version IS 'The revenue rule, by its version.';
COMMENT ON COLUMN payout_cycle.rule_hash IS 'The revenue rule, by its hash.';
COMMENT ON COLUMN payout_cycle.previous IS 'The posted cycle before it; NULL for the first.';
COMMENT ON COLUMN payout_cycle.word IS 'SHA-256 of the digest of the cycle before and of the period: the order of ties.';
COMMENT ON COLUMN payout_cycle.state IS 'Where it stands.';
COMMENT ON COLUMN payout_cycle.opened_by IS 'Who opened it.';
COMMENT ON COLUMN payout_cycle.opened_at IS 'When.';
COMMENT ON COLUMN payout_cycle.revenue IS 'What is shared, in units of 10^-8.';
COMMENT ON COLUMN payout_cycle.reserves IS 'What reserves held before, by pool, in units of 10^-8.';
COMMENT ON COLUMN payout_cycle.balances IS 'Other balances that the rule measures by, in units of 10^-8.';
COMMENT ON COLUMN payout_cycle.snapshots IS 'The snapshots of contributions that it counts.';
COMMENT ON COLUMN payout_cycle.journal_upto IS 'The number of the last transaction of the books that it knows.';
COMMENT ON COLUMN payout_cycle.members IS 'How many members were frozen.';
COMMENT ON COLUMN payout_cycle.engine IS 'SHA-256 of the functions that compute it.';
COMMENT ON COLUMN payout_cycle.frozen_by IS 'Who froze the inputs.';
COMMENT ON COLUMN payout_cycle.frozen_at IS 'When.';
COMMENT ON COLUMN payout_cycle.digest IS 'The digest that PostgreSQL computed.';
COMMENT ON COLUMN payout_cycle.payout_digest IS 'That of what is paid.';
COMMENT ON COLUMN payout_cycle.computed_by IS 'Who asked for the computation.';
COMMENT ON COLUMN payout_cycle.computed_at IS 'When.';
COMMENT ON COLUMN payout_cycle.twin_digest IS 'The digest that the second program computed.';
COMMENT ON COLUMN payout_cycle.twin_payout_digest IS 'That of what is paid.';
COMMENT ON COLUMN payout_cycle.verified_at IS 'When both said the same.';
COMMENT ON COLUMN payout_cycle.proposed_by IS 'Who put it before the approvers.';
COMMENT ON COLUMN payout_cycle.proposed_at IS 'When.';
COMMENT ON COLUMN payout_cycle.approvals_needed IS 'How many must approve, by the amount.';
COMMENT ON COLUMN payout_cycle.approved_at IS 'When the last of them did.';
COMMENT ON COLUMN payout_cycle.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN payout_cycle.posted_by IS 'Who posted it.';
COMMENT ON COLUMN payout_cycle.posted_at IS 'When.';
COMMENT ON COLUMN payout_cycle.cancelled_by IS 'Who cancelled it.';
COMMENT ON COLUMN payout_cycle.cancelled_at IS 'When.';
COMMENT ON COLUMN payout_cycle.cancel_reason IS 'Why.';
COMMENT ON COLUMN payout_cycle.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE payout_member (
    coop_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    member_id uuid NOT NULL,
    groups text[] NOT NULL,
    capital bigint NOT NULL CONSTRAINT payout_member_capital_is_an_amount CHECK (capital >= 0),
    tax text,
    carried bigint NOT NULL,
    standing text NOT NULL CONSTRAINT payout_member_standing_is_known CHECK (standing IN ('open', 'held', 'leaving')),
    idle_months smallint NOT NULL CONSTRAINT payout_member_idles_not_backwards CHECK (idle_months >= 0),
    PRIMARY KEY (coop_id, cycle_id, member_id)
);
COMMENT ON TABLE payout_member IS 'What is known of each member when a cycle is frozen.';
COMMENT ON COLUMN payout_member.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_member.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_member.member_id IS 'The member.';
COMMENT ON COLUMN payout_member.groups IS 'The groups the member is in, as revenue rules call them.';
COMMENT ON COLUMN payout_member.capital IS 'Paid-up capital, in units of 10^-8.';
COMMENT ON COLUMN payout_member.tax IS 'The tax profile; NULL without one.';
COMMENT ON COLUMN payout_member.carried IS 'What the books owe the member, in units of 10^-8; below zero where the member owes.';
COMMENT ON COLUMN payout_member.standing IS 'Whether the member can be paid: open, held, or leaving.';
COMMENT ON COLUMN payout_member.idle_months IS 'For how many months nothing could be paid.';

CREATE TABLE payout_metric (
    coop_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    metric text NOT NULL,
    member_id uuid NOT NULL,
    count bigint NOT NULL CONSTRAINT payout_metric_counts_something CHECK (count > 0),
    PRIMARY KEY (coop_id, cycle_id, metric, member_id)
);
CREATE INDEX payout_metric_of_member ON payout_metric (coop_id, cycle_id, member_id);
COMMENT ON TABLE payout_metric IS 'What each member contributed, when a cycle is frozen: the sums over its snapshots.';
COMMENT ON COLUMN payout_metric.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_metric.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_metric.metric IS 'The metric.';
COMMENT ON COLUMN payout_metric.member_id IS 'The member.';
COMMENT ON COLUMN payout_metric.count IS 'How much.';

CREATE TABLE payout_step (
    coop_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    step integer NOT NULL CONSTRAINT payout_step_counts_from_one CHECK (step BETWEEN 1 AND 40),
    name text NOT NULL,
    before bigint NOT NULL,
    after bigint NOT NULL CONSTRAINT payout_step_takes_what_is_there CHECK (after BETWEEN 0 AND before),
    digest bytea NOT NULL,
    twin_digest bytea CONSTRAINT payout_step_is_computed_twice_alike CHECK (twin_digest = digest),
    PRIMARY KEY (coop_id, cycle_id, step)
);
COMMENT ON TABLE payout_step IS 'What each step of the rule did.';
COMMENT ON COLUMN payout_step.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_step.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_step.step IS 'Which step, from 1.';
COMMENT ON COLUMN payout_step.name IS 'Its name.';
COMMENT ON COLUMN payout_step.before IS 'What its pool held before, in units of 10^-8.';
COMMENT ON COLUMN payout_step.after IS 'What it holds after.';
COMMENT ON COLUMN payout_step.digest IS 'The digest that PostgreSQL computed.';
COMMENT ON COLUMN payout_step.twin_digest IS 'The digest that the second program computed: the same, or none.';

CREATE TABLE payout_line (
    coop_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    step integer NOT NULL,
    place integer NOT NULL,
    member_id uuid,
    pool text,
    amount bigint NOT NULL CONSTRAINT payout_line_gives_something CHECK (amount > 0),
    PRIMARY KEY (coop_id, cycle_id, step, place),
    CONSTRAINT payout_line_goes_to_one_receiver CHECK (num_nulls(member_id, pool) = 1)
);
CREATE INDEX payout_line_of_member ON payout_line (coop_id, cycle_id, member_id);
COMMENT ON TABLE payout_line IS 'What each step of the rule gives.';
COMMENT ON COLUMN payout_line.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_line.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_line.step IS 'Which step.';
COMMENT ON COLUMN payout_line.place IS 'Which of its lines: pools in the order of the rule, members in that of their identifiers.';
COMMENT ON COLUMN payout_line.member_id IS 'The member who gets it; NULL where a pool does.';
COMMENT ON COLUMN payout_line.pool IS 'The pool that gets it; NULL where a member does.';
COMMENT ON COLUMN payout_line.amount IS 'How much, in units of 10^-8.';

CREATE TABLE payout (
    coop_id uuid NOT NULL,
    cycle_id uuid NOT NULL,
    member_id uuid NOT NULL,
    before bigint NOT NULL,
    accrued bigint NOT NULL CONSTRAINT payout_accrues_an_amount CHECK (accrued >= 0),
    withheld bigint NOT NULL CONSTRAINT payout_withholds_an_amount CHECK (withheld >= 0),
    withholding text,
    paid bigint NOT NULL CONSTRAINT payout_pays_an_amount CHECK (paid >= 0),
    dormant bigint NOT NULL CONSTRAINT payout_dormant_is_an_amount CHECK (dormant >= 0),
    carried bigint NOT NULL,
    is_held boolean NOT NULL,
    PRIMARY KEY (coop_id, cycle_id, member_id),
    CONSTRAINT payout_loses_nothing CHECK (before::numeric + accrued = withheld::numeric + paid + dormant + carried)
);
COMMENT ON TABLE payout IS 'What a cycle means for each member: before and accrued are withheld, paid, dormant and carried. In units of 10^-8.';
COMMENT ON COLUMN payout.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout.member_id IS 'The member.';
COMMENT ON COLUMN payout.before IS 'What was carried from before.';
COMMENT ON COLUMN payout.accrued IS 'What the rule gives.';
COMMENT ON COLUMN payout.withheld IS 'What is withheld, in whole minor units.';
COMMENT ON COLUMN payout.withholding IS 'By which withholding; NULL where nothing is withheld.';
COMMENT ON COLUMN payout.paid IS 'What is paid, in whole minor units.';
COMMENT ON COLUMN payout.dormant IS 'What goes to a fund, since nobody claimed it.';
COMMENT ON COLUMN payout.carried IS 'What is carried to the next cycle; below zero where the member owes.';
COMMENT ON COLUMN payout.is_held IS 'Whether what would be paid waits.';

CREATE TABLE payout_approval (
    coop_id uuid NOT NULL REFERENCES coop (id),
    cycle_id uuid NOT NULL,
    member_id uuid NOT NULL,
    digest bytea NOT NULL,
    payout_digest bytea NOT NULL,
    approved_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, cycle_id, member_id),
    CONSTRAINT payout_approval_has_a_cycle FOREIGN KEY (coop_id, cycle_id) REFERENCES payout_cycle (coop_id, id),
    CONSTRAINT payout_approval_is_by_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
CREATE INDEX payout_approval_of_member ON payout_approval (coop_id, member_id);
COMMENT ON TABLE payout_approval IS 'Who approved a cycle, bound to its digests.';
COMMENT ON COLUMN payout_approval.coop_id IS 'The co-op.';
COMMENT ON COLUMN payout_approval.cycle_id IS 'The cycle.';
COMMENT ON COLUMN payout_approval.member_id IS 'Who approved.';
COMMENT ON COLUMN payout_approval.digest IS 'The digest that was approved.';
COMMENT ON COLUMN payout_approval.payout_digest IS 'That of what is paid.';
COMMENT ON COLUMN payout_approval.approved_at IS 'When.';
COMMENT ON COLUMN payout_approval.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_payout_cycle_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('open', 'frozen'), ('frozen', 'computed'), ('computed', 'verified'), ('verified', 'proposed'),
            ('proposed', 'approved'), ('approved', 'posted'), ('open', 'cancelled'), ('frozen', 'cancelled'), ('computed', 'cancelled'),
            ('verified', 'cancelled'), ('proposed', 'cancelled'), ('approved', 'cancelled'))
    THEN
        RAISE EXCEPTION 'a cycle goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    -- What once stands in the row stays.
    IF EXISTS (SELECT FROM jsonb_each(to_jsonb(OLD)) AS was (key, value)
               WHERE key NOT IN ('state', 'recorded_by') AND value <> 'null' AND value IS DISTINCT FROM to_jsonb(NEW) -> key)
    THEN
        RAISE EXCEPTION 'what stands in a cycle stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'verified' AND EXISTS (SELECT FROM payout_step AS each WHERE each.coop_id = NEW.coop_id AND each.cycle_id = NEW.id
                                          AND each.twin_digest IS NULL) THEN
        RAISE EXCEPTION 'a step was not computed twice' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_has_every_step_twice';
    END IF;
    IF NEW.state = 'approved' AND NEW.approvals_needed > (
        SELECT count(*) FROM payout_approval AS approval WHERE approval.coop_id = NEW.coop_id AND approval.cycle_id = NEW.id
          AND approval.digest = NEW.digest AND approval.payout_digest = NEW.payout_digest)
    THEN
        RAISE EXCEPTION 'approvals are missing' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_is_approved_by_enough';
    END IF;
    IF NEW.state = 'posted' AND NOT EXISTS (
        SELECT FROM journal WHERE journal.coop_id = NEW.coop_id AND journal.id = NEW.journal_id AND journal.kind = 'cycle')
    THEN
        RAISE EXCEPTION 'a cycle is posted by a transaction of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_is_posted_as_one';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payout_cycle_change() IS 'Lets a cycle go on, with what must be there for it, and nothing else.';
CREATE TRIGGER payout_cycle_only_goes_on BEFORE UPDATE ON payout_cycle FOR EACH ROW EXECUTE FUNCTION check_payout_cycle_change();
CREATE TRIGGER payout_cycle_is_never_removed BEFORE DELETE ON payout_cycle FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payout_cycle_is_never_emptied BEFORE TRUNCATE ON payout_cycle FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE payout_cycle ENABLE ALWAYS TRIGGER payout_cycle_only_goes_on;
ALTER TABLE payout_cycle ENABLE ALWAYS TRIGGER payout_cycle_is_never_removed;
ALTER TABLE payout_cycle ENABLE ALWAYS TRIGGER payout_cycle_is_never_emptied;

CREATE FUNCTION check_payout_inputs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT coop_id, cycle_id FROM fresh) AS given
               LEFT JOIN payout_cycle AS cycle ON cycle.coop_id = given.coop_id AND cycle.id = given.cycle_id AND cycle.state = TG_ARGV[0]
               WHERE cycle.id IS NULL)
    THEN
        RAISE EXCEPTION 'the cycle is not at that step' USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_is_at_that_step';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payout_inputs() IS 'Refuses rows of a cycle that does not stand where such rows are written.';

CREATE FUNCTION check_payout_step_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.twin_digest IS NOT NULL OR to_jsonb(NEW) - 'twin_digest' <> to_jsonb(OLD) - 'twin_digest' THEN
        RAISE EXCEPTION 'a step gets the digest of its twin, once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_payout_step_change() IS 'Refuses every change of a step but the digest of its twin.';
CREATE TRIGGER payout_step_only_gets_its_twin BEFORE UPDATE ON payout_step FOR EACH ROW EXECUTE FUNCTION check_payout_step_change();
CREATE TRIGGER payout_step_is_never_removed BEFORE DELETE ON payout_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payout_step_is_never_emptied BEFORE TRUNCATE ON payout_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE payout_step ENABLE ALWAYS TRIGGER payout_step_only_gets_its_twin;
ALTER TABLE payout_step ENABLE ALWAYS TRIGGER payout_step_is_never_removed;
ALTER TABLE payout_step ENABLE ALWAYS TRIGGER payout_step_is_never_emptied;

CREATE FUNCTION check_payout_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cycle payout_cycle;
BEGIN
    SELECT * INTO cycle FROM payout_cycle AS head WHERE head.coop_id = NEW.coop_id AND head.id = NEW.cycle_id;
    IF cycle.state IS DISTINCT FROM 'proposed' OR cycle.digest <> NEW.digest OR cycle.payout_digest <> NEW.payout_digest THEN
        RAISE EXCEPTION 'what is approved is not what is proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_of_what_is_proposed';
    END IF;
    IF NEW.member_id IN (cycle.opened_by, cycle.frozen_by, cycle.computed_by, cycle.proposed_by) OR EXISTS (
        SELECT FROM contribution_snapshot AS given WHERE given.coop_id = NEW.coop_id AND given.id = ANY (cycle.snapshots)
          AND given.submitted_by = NEW.member_id)
    THEN
        RAISE EXCEPTION 'nobody approves what they prepared'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_by_another';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_payout_approval() IS 'Refuses approvals of something else, and by those who prepared the cycle or brought in its figures.';
CREATE TRIGGER payout_approval_is_by_another AFTER INSERT ON payout_approval FOR EACH ROW EXECUTE FUNCTION check_payout_approval();
ALTER TABLE payout_approval ENABLE ALWAYS TRIGGER payout_approval_is_by_another;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['payout_cycle', 'payout_member', 'payout_metric', 'payout_step', 'payout_line', 'payout', 'payout_approval']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['payout_member', 'payout_metric', 'payout_line', 'payout', 'payout_approval']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
    -- Inputs while the cycle is open, results while it is frozen: nothing is added to what was computed or approved.
    FOREACH name IN ARRAY ARRAY['payout_member', 'payout_metric', 'payout_step', 'payout_line', 'payout']
    LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
            EXECUTE FUNCTION check_payout_inputs(%L)',
            name || '_comes_at_its_step', name,
            CASE WHEN name IN ('payout_member', 'payout_metric') THEN 'open' ELSE 'frozen' END);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_comes_at_its_step');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON payout_cycle, payout_member, payout_metric, payout_step, payout_line, payout, payout_approval TO rochdale_app;
GRANT UPDATE (state, revenue, reserves, balances, snapshots, journal_upto, members, engine, frozen_by, frozen_at, digest, payout_digest,
    computed_by, computed_at, twin_digest, twin_payout_digest, verified_at, proposed_by, proposed_at, approvals_needed, approved_at,
    journal_id, posted_by, posted_at, cancelled_by, cancelled_at, cancel_reason, recorded_by) ON payout_cycle TO rochdale_app;
GRANT UPDATE (twin_digest) ON payout_step TO rochdale_app;
