-- Members' shares: the terms that members decided, every move of shares with the transaction of the books that posted it, and the
-- interest of each year. A move stands as long as its transaction is not undone.

-- Kinds of transactions that acts of their own post; those that were known stay known.
DO $$
DECLARE
    known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE conname = 'journal_kind_is_known' AND conrelid = 'journal'::regclass);
    kinds text[] := ARRAY(SELECT (regexp_matches(known, '''([a-z_]+)''', 'g'))[1]);
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['capital', 'interest', 'invoice', 'payment', 'bill', 'closing'] LOOP
        IF name <> ALL (kinds) THEN
            kinds := kinds || name;
        END IF;
    END LOOP;
    ALTER TABLE journal DROP CONSTRAINT journal_kind_is_known;
    EXECUTE format('ALTER TABLE journal ADD CONSTRAINT journal_kind_is_known CHECK (kind IN (%s))',
        (SELECT string_agg(quote_literal(each), ', ') FROM unnest(kinds) AS each));
END
$$;
COMMENT ON COLUMN journal.kind IS 'What it records, by name.';

CREATE TABLE money_terms (
    coop_id uuid NOT NULL REFERENCES coop (id),
    version bigint NOT NULL CONSTRAINT money_terms_version_is_positive CHECK (version >= 1),
    terms_hash bytea NOT NULL CONSTRAINT money_terms_hash_has_32_bytes CHECK (octet_length(terms_hash) = 32),
    supersedes bytea,
    proposal_id uuid NOT NULL,
    content jsonb NOT NULL,
    set_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, version),
    CONSTRAINT money_terms_hash_is_of_one_version UNIQUE (coop_id, terms_hash),
    CONSTRAINT money_terms_supersede_some_of_this_co_op FOREIGN KEY (coop_id, supersedes) REFERENCES money_terms (coop_id, terms_hash),
    CONSTRAINT money_terms_are_superseded_once UNIQUE (coop_id, supersedes),
    CONSTRAINT money_terms_are_set_by_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT money_terms_first_supersede_none CHECK ((version = 1) = (supersedes IS NULL)),
    CONSTRAINT money_terms_are_what_their_content_says CHECK ((content ->> 'version')::bigint = version)
);
CREATE INDEX money_terms_of_proposal ON money_terms (coop_id, proposal_id);
COMMENT ON TABLE money_terms IS 'What members decided about shares, fees and dues. The highest version is in force. Rows are never changed.';
COMMENT ON COLUMN money_terms.coop_id IS 'The co-op.';
COMMENT ON COLUMN money_terms.version IS 'From 1.';
COMMENT ON COLUMN money_terms.terms_hash IS 'Their hash: what the proposal bound before anybody voted.';
COMMENT ON COLUMN money_terms.supersedes IS 'The hash of the version before; NULL for the first.';
COMMENT ON COLUMN money_terms.proposal_id IS 'The proposal that set them.';
COMMENT ON COLUMN money_terms.content IS 'The terms, as they were voted on.';
COMMENT ON COLUMN money_terms.set_at IS 'When the proposal was executed.';
COMMENT ON COLUMN money_terms.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE share_movement (
    coop_id uuid NOT NULL REFERENCES coop (id),
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT share_movement_kind_is_known
        CHECK (kind IN ('subscribed', 'paid', 'waived', 'withdrawn', 'refunded')),
    shares bigint NOT NULL CONSTRAINT share_movement_moves_something CHECK (shares BETWEEN 1 AND 1000000),
    amount bigint NOT NULL CONSTRAINT share_movement_is_worth_something CHECK (amount > 0),
    currency text NOT NULL,
    effective_on date NOT NULL,
    due_on date,
    terms_version bigint NOT NULL,
    journal_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT share_movement_is_posted_by_one_transaction UNIQUE (coop_id, journal_id),
    CONSTRAINT share_movement_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT share_movement_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT share_movement_is_under_terms FOREIGN KEY (coop_id, terms_version) REFERENCES money_terms (coop_id, version),
    CONSTRAINT share_movement_is_recorded_by_a_member FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT share_movement_is_due_when_withdrawn CHECK ((kind = 'withdrawn') = (due_on IS NOT NULL) AND due_on >= effective_on)
);
CREATE INDEX share_movement_of_member ON share_movement (coop_id, member_id, effective_on);
CREATE INDEX share_movement_of_terms ON share_movement (coop_id, terms_version);
CREATE INDEX share_movement_of_actor ON share_movement (coop_id, actor_id);
COMMENT ON TABLE share_movement IS 'The register of shares: every move of them. A move stands as long as its transaction is not undone. Rows are never changed.';
COMMENT ON COLUMN share_movement.coop_id IS 'The co-op.';
COMMENT ON COLUMN share_movement.id IS 'Its identifier, a UUIDv7.';
COMMENT ON COLUMN share_movement.member_id IS 'Whose shares.';
COMMENT ON COLUMN share_movement.kind IS 'How they move: subscribed, paid, waived, withdrawn or refunded.';
COMMENT ON COLUMN share_movement.shares IS 'How many.';
COMMENT ON COLUMN share_movement.amount IS 'What they cost, in units of the currency.';
COMMENT ON COLUMN share_movement.currency IS 'The currency.';
COMMENT ON COLUMN share_movement.effective_on IS 'The day on which it takes effect.';
COMMENT ON COLUMN share_movement.due_on IS 'From when shares that are given back may be refunded; NULL for other kinds.';
COMMENT ON COLUMN share_movement.terms_version IS 'The terms under which they moved.';
COMMENT ON COLUMN share_movement.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN share_movement.actor_id IS 'Who recorded it.';
COMMENT ON COLUMN share_movement.recorded_at IS 'When it was written.';
COMMENT ON COLUMN share_movement.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE share_interest (
    coop_id uuid NOT NULL REFERENCES coop (id),
    year integer NOT NULL CONSTRAINT share_interest_is_of_a_year CHECK (year BETWEEN 1900 AND 9999),
    currency text NOT NULL,
    price bigint NOT NULL CONSTRAINT share_interest_is_on_a_price CHECK (price > 0),
    rate_share bigint NOT NULL CONSTRAINT share_interest_has_a_rate CHECK (rate_share > 0),
    rate_whole bigint NOT NULL CONSTRAINT share_interest_rate_is_a_ratio CHECK (rate_whole >= rate_share),
    total bigint NOT NULL CONSTRAINT share_interest_is_something CHECK (total > 0),
    terms_version bigint NOT NULL,
    journal_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, year),
    CONSTRAINT share_interest_is_posted_by_one_transaction UNIQUE (coop_id, journal_id),
    CONSTRAINT share_interest_has_a_journal FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id),
    CONSTRAINT share_interest_is_under_terms FOREIGN KEY (coop_id, terms_version) REFERENCES money_terms (coop_id, version),
    CONSTRAINT share_interest_is_recorded_by_a_member FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT share_interest_is_of_a_year_that_is_over CHECK (year < extract(year FROM recorded_at AT TIME ZONE 'UTC'))
);
CREATE INDEX share_interest_of_terms ON share_interest (coop_id, terms_version);
CREATE INDEX share_interest_of_actor ON share_interest (coop_id, actor_id);
COMMENT ON TABLE share_interest IS 'The interest on paid-up shares, once for each year. Rows are never changed.';
COMMENT ON COLUMN share_interest.coop_id IS 'The co-op.';
COMMENT ON COLUMN share_interest.year IS 'The year.';
COMMENT ON COLUMN share_interest.currency IS 'The currency.';
COMMENT ON COLUMN share_interest.price IS 'What a share costs, in units of the currency.';
COMMENT ON COLUMN share_interest.rate_share IS 'The upper term of the rate for a year.';
COMMENT ON COLUMN share_interest.rate_whole IS 'The lower term of it.';
COMMENT ON COLUMN share_interest.total IS 'What all get, in units of the currency and whole minor units.';
COMMENT ON COLUMN share_interest.terms_version IS 'The terms that say the rate.';
COMMENT ON COLUMN share_interest.journal_id IS 'The transaction that posted it.';
COMMENT ON COLUMN share_interest.actor_id IS 'Who recorded it.';
COMMENT ON COLUMN share_interest.recorded_at IS 'When it was written.';
COMMENT ON COLUMN share_interest.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE share_interest_line (
    coop_id uuid NOT NULL,
    year integer NOT NULL,
    member_id uuid NOT NULL,
    share_days bigint NOT NULL CONSTRAINT share_interest_line_stood_for_days CHECK (share_days > 0),
    amount bigint NOT NULL CONSTRAINT share_interest_line_is_an_amount CHECK (amount >= 0),
    PRIMARY KEY (coop_id, year, member_id),
    CONSTRAINT share_interest_line_is_of_a_year FOREIGN KEY (coop_id, year) REFERENCES share_interest (coop_id, year),
    CONSTRAINT share_interest_line_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
CREATE INDEX share_interest_line_of_member ON share_interest_line (coop_id, member_id);
COMMENT ON TABLE share_interest_line IS 'What each member gets of a year''s interest.';
COMMENT ON COLUMN share_interest_line.coop_id IS 'The co-op.';
COMMENT ON COLUMN share_interest_line.year IS 'The year.';
COMMENT ON COLUMN share_interest_line.member_id IS 'The member.';
COMMENT ON COLUMN share_interest_line.share_days IS 'Paid-up shares times days of the year.';
COMMENT ON COLUMN share_interest_line.amount IS 'What the member gets, in units of the currency and whole minor units.';

CREATE FUNCTION check_shares_of_member(coop uuid, member uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    sums record;
BEGIN
    SELECT coalesce(sum(shares) FILTER (WHERE kind = 'subscribed'), 0) AS subscribed,
           coalesce(sum(shares) FILTER (WHERE kind = 'paid'), 0) AS paid,
           coalesce(sum(shares) FILTER (WHERE kind = 'waived'), 0) AS waived,
           coalesce(sum(shares) FILTER (WHERE kind = 'withdrawn'), 0) AS withdrawn,
           coalesce(sum(shares) FILTER (WHERE kind = 'refunded'), 0) AS refunded
    INTO sums
    FROM share_movement AS movement
    WHERE movement.coop_id = coop AND movement.member_id = member
      AND NOT EXISTS (SELECT FROM journal WHERE journal.coop_id = coop AND journal.reverses = movement.journal_id);
    IF sums.subscribed < sums.paid + sums.waived OR sums.paid < sums.withdrawn OR sums.withdrawn < sums.refunded THEN
        RAISE EXCEPTION 'a member has not the shares that move'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'share_movement_is_of_shares_that_are_there';
    END IF;
    IF sums.refunded > (
        SELECT coalesce(sum(shares), 0) FROM share_movement AS movement
        WHERE movement.coop_id = coop AND movement.member_id = member AND kind = 'withdrawn'
          AND due_on <= (SELECT max(refund.effective_on) FROM share_movement AS refund
                         WHERE refund.coop_id = coop AND refund.member_id = member AND refund.kind = 'refunded')
          AND NOT EXISTS (SELECT FROM journal WHERE journal.coop_id = coop AND journal.reverses = movement.journal_id))
    THEN
        RAISE EXCEPTION 'shares are refunded before they are due'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'share_movement_is_refunded_when_it_is_due';
    END IF;
END
$$;
COMMENT ON FUNCTION check_shares_of_member(uuid, uuid) IS 'Refuses moves of shares that a member has not, and refunds that are not due.';

CREATE FUNCTION check_share_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted record;
BEGIN
    SELECT journal.kind, journal.effective_on, coalesce((
            SELECT sum(entry.amount) FROM journal_entry AS entry
            JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id
            WHERE entry.coop_id = NEW.coop_id AND entry.number = journal.number AND entry.reference = NEW.member_id
              AND entry.currency = NEW.currency AND account.path = 'equity:shares'), 0) AS moved
    INTO posted
    FROM journal WHERE journal.coop_id = NEW.coop_id AND journal.id = NEW.journal_id;
    IF posted.kind IS DISTINCT FROM 'capital' OR posted.effective_on <> NEW.effective_on
        OR posted.moved <> (CASE NEW.kind WHEN 'paid' THEN -NEW.amount WHEN 'withdrawn' THEN NEW.amount ELSE 0 END)
    THEN
        RAISE EXCEPTION 'a move of shares is posted as what it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'share_movement_is_posted_as_it_is';
    END IF;
    IF EXISTS (SELECT FROM share_interest AS interest WHERE interest.coop_id = NEW.coop_id
               AND NEW.effective_on <= make_date(interest.year, 12, 31))
    THEN
        RAISE EXCEPTION 'the interest of that year was credited'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'share_movement_is_after_the_last_interest';
    END IF;
    PERFORM check_shares_of_member(NEW.coop_id, NEW.member_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_share_movement() IS 'Refuses moves that are not posted as what they are, of a year with interest, or of shares that are not there.';
CREATE TRIGGER share_movement_is_right AFTER INSERT ON share_movement FOR EACH ROW EXECUTE FUNCTION check_share_movement();
ALTER TABLE share_movement ENABLE ALWAYS TRIGGER share_movement_is_right;

CREATE FUNCTION check_share_interest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.total <> (SELECT coalesce(sum(amount), 0) FROM share_interest_line WHERE coop_id = NEW.coop_id AND year = NEW.year) THEN
        RAISE EXCEPTION 'the interest of a year is what its members get'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'share_interest_comes_to_its_lines';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_share_interest() IS 'Computes at the commit whether the interest of a year is what its lines come to.';
CREATE CONSTRAINT TRIGGER share_interest_is_its_lines AFTER INSERT ON share_interest DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_share_interest();
ALTER TABLE share_interest ENABLE ALWAYS TRIGGER share_interest_is_its_lines;

CREATE FUNCTION check_journal_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    undone text := (SELECT kind FROM journal WHERE coop_id = NEW.coop_id AND id = NEW.reverses);
    movement share_movement;
BEGIN
    IF undone IN ('interest', 'invoice', 'bill', 'closing') THEN
        RAISE EXCEPTION 'what such an act posted is corrected by another act and not undone'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_of_such_an_act_is_not_undone';
    END IF;
    SELECT * INTO movement FROM share_movement WHERE coop_id = NEW.coop_id AND journal_id = NEW.reverses;
    IF movement.id IS NOT NULL THEN
        IF EXISTS (SELECT FROM share_interest AS interest WHERE interest.coop_id = NEW.coop_id
                   AND movement.effective_on <= make_date(interest.year, 12, 31))
        THEN
            RAISE EXCEPTION 'the interest of that year was credited'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'share_movement_is_after_the_last_interest';
        END IF;
        PERFORM check_shares_of_member(movement.coop_id, movement.member_id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_journal_undoing() IS 'Refuses to undo what is corrected by other means, and moves of shares on which others rest.';
CREATE TRIGGER journal_undoing_is_possible AFTER INSERT ON journal FOR EACH ROW WHEN (NEW.reverses IS NOT NULL)
    EXECUTE FUNCTION check_journal_undoing();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_undoing_is_possible;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['money_terms', 'share_movement', 'share_interest', 'share_interest_line']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;

GRANT SELECT, INSERT ON money_terms, share_movement, share_interest, share_interest_line TO rochdale_app;
