-- What members owe in money for what they used, at the rate that was voted: exact, in whole minor units, the rest carried.

ALTER TABLE journal DROP CONSTRAINT journal_kind_is_known;
ALTER TABLE journal ADD CONSTRAINT journal_kind_is_known CHECK (kind IN ('opening', 'manual', 'import', 'cycle', 'usage', 'reversal'));
COMMENT ON COLUMN journal.kind IS 'What it records: opening, manual, import, cycle, usage or reversal.';

CREATE TABLE access_owed (
    coop_id uuid NOT NULL REFERENCES coop (id),
    number bigint NOT NULL CONSTRAINT access_owed_number_is_positive CHECK (number >= 1),
    currency text NOT NULL CONSTRAINT access_owed_currency_is_plain CHECK (currency ~ '^[A-Z]{3}$'),
    first_total bigint NOT NULL,
    last_total bigint NOT NULL CONSTRAINT access_owed_totals_are_in_order CHECK (last_total >= first_total),
    first_day date NOT NULL,
    last_day date NOT NULL CONSTRAINT access_owed_days_are_in_order CHECK (last_day >= first_day),
    members bigint NOT NULL CONSTRAINT access_owed_is_by_members CHECK (members >= 1),
    minor bigint NOT NULL CONSTRAINT access_owed_is_not_negative CHECK (minor >= 0),
    journal_id uuid,
    told_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, number),
    CONSTRAINT access_owed_once_for_each_total UNIQUE (coop_id, first_total, currency),
    CONSTRAINT access_owed_is_posted_where_it_is_something CHECK ((journal_id IS NULL) = (minor = 0)),
    CONSTRAINT access_owed_is_of_five_members_at_least CHECK (minor = 0 OR members >= 5),
    CONSTRAINT access_owed_begins_with_a_total FOREIGN KEY (coop_id, first_total) REFERENCES access_total (coop_id, number),
    CONSTRAINT access_owed_ends_with_a_total FOREIGN KEY (coop_id, last_total) REFERENCES access_total (coop_id, number),
    CONSTRAINT access_owed_is_in_the_books FOREIGN KEY (coop_id, journal_id) REFERENCES journal (coop_id, id)
);
COMMENT ON TABLE access_owed IS 'What members together owe in one currency for the usage of some totals, as it stands in the books. Rows are never changed.';
COMMENT ON COLUMN access_owed.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_owed.number IS 'From 1.';
COMMENT ON COLUMN access_owed.currency IS 'The currency.';
COMMENT ON COLUMN access_owed.first_total IS 'The first of the totals of usage that it is for; they follow one another.';
COMMENT ON COLUMN access_owed.last_total IS 'The last.';
COMMENT ON COLUMN access_owed.first_day IS 'The first day of these totals, in UTC.';
COMMENT ON COLUMN access_owed.last_day IS 'The last, on which it takes effect in the books.';
COMMENT ON COLUMN access_owed.members IS 'How many members have a line.';
COMMENT ON COLUMN access_owed.minor IS 'What they owe together, in minor units.';
COMMENT ON COLUMN access_owed.journal_id IS 'The transaction in the books; NULL where nothing is owed yet.';
COMMENT ON COLUMN access_owed.told_at IS 'When it was written.';
COMMENT ON COLUMN access_owed.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX access_owed_of_last_total ON access_owed (coop_id, last_total);
CREATE INDEX access_owed_of_journal ON access_owed (coop_id, journal_id);

CREATE TABLE access_owed_line (
    coop_id uuid NOT NULL,
    number bigint NOT NULL,
    member_id uuid NOT NULL,
    charged bigint NOT NULL CONSTRAINT access_owed_line_charge_is_not_negative CHECK (charged >= 0),
    carried numeric(39, 0) NOT NULL CONSTRAINT access_owed_line_carried_is_not_negative CHECK (carried >= 0),
    parts numeric(39, 0) NOT NULL CONSTRAINT access_owed_line_parts_are_not_negative CHECK (parts >= 0),
    minor bigint NOT NULL CONSTRAINT access_owed_line_is_not_negative CHECK (minor >= 0),
    carry numeric(39, 0) NOT NULL,
    PRIMARY KEY (coop_id, number, member_id),
    CONSTRAINT access_owed_line_is_of_a_sum FOREIGN KEY (coop_id, number) REFERENCES access_owed (coop_id, number),
    CONSTRAINT access_owed_line_is_of_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT access_owed_line_loses_nothing CHECK (carried + parts = minor::numeric * 1000000000000 + carry),
    CONSTRAINT access_owed_line_carries_less_than_one CHECK (carry >= 0 AND (minor = 0 OR carry < 1000000000000))
);
COMMENT ON TABLE access_owed_line IS 'What one member owes of it; the member alone sees it. Rows are never changed.';
COMMENT ON COLUMN access_owed_line.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_owed_line.number IS 'Of which sum.';
COMMENT ON COLUMN access_owed_line.member_id IS 'Who owes it.';
COMMENT ON COLUMN access_owed_line.charged IS 'What was used, in micro-credits.';
COMMENT ON COLUMN access_owed_line.carried IS 'What was carried from before, in parts of 10^-12 of a minor unit.';
COMMENT ON COLUMN access_owed_line.parts IS 'What was used times the rate that was in force, in such parts.';
COMMENT ON COLUMN access_owed_line.minor IS 'What is owed, in whole minor units.';
COMMENT ON COLUMN access_owed_line.carry IS 'What is carried on, in such parts.';
CREATE INDEX access_owed_line_of_member ON access_owed_line (coop_id, member_id, number);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['access_owed', 'access_owed_line']
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
GRANT SELECT, INSERT ON access_owed, access_owed_line TO rochdale_app;
