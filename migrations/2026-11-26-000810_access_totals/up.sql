-- What all members together used, told in the record: never of fewer than five of them, each day of a model once.

CREATE TABLE access_total (
    coop_id uuid NOT NULL REFERENCES coop (id),
    number bigint NOT NULL CONSTRAINT access_total_number_is_positive CHECK (number >= 1),
    model text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    days integer NOT NULL,
    members bigint NOT NULL CONSTRAINT access_total_is_of_five_members_at_least CHECK (members >= 5),
    calls bigint NOT NULL CONSTRAINT access_total_is_of_calls CHECK (calls >= members),
    input_tokens bigint NOT NULL CONSTRAINT access_total_input_is_not_negative CHECK (input_tokens >= 0),
    output_tokens bigint NOT NULL CONSTRAINT access_total_output_is_not_negative CHECK (output_tokens >= 0),
    charged bigint NOT NULL CONSTRAINT access_total_charge_is_not_negative CHECK (charged >= 0),
    told_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, number),
    CONSTRAINT access_total_days_fit CHECK (days BETWEEN 1 AND last_day - first_day + 1)
);
COMMENT ON TABLE access_total IS 'What all members used of a model on some days that are over: the input of whoever shares out what the tools cost. Rows are never changed.';
COMMENT ON COLUMN access_total.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_total.number IS 'From 1.';
COMMENT ON COLUMN access_total.model IS 'The model.';
COMMENT ON COLUMN access_total.first_day IS 'The first of its days, in UTC.';
COMMENT ON COLUMN access_total.last_day IS 'The last.';
COMMENT ON COLUMN access_total.days IS 'How many; they need not follow each other.';
COMMENT ON COLUMN access_total.members IS 'How many members used it.';
COMMENT ON COLUMN access_total.calls IS 'How many calls.';
COMMENT ON COLUMN access_total.input_tokens IS 'Tokens of input, where they are known.';
COMMENT ON COLUMN access_total.output_tokens IS 'Tokens of output, where they are known.';
COMMENT ON COLUMN access_total.charged IS 'What it cost, in micro-credits.';
COMMENT ON COLUMN access_total.told_at IS 'When it was told.';
COMMENT ON COLUMN access_total.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE access_total_day (
    coop_id uuid NOT NULL REFERENCES coop (id),
    model text NOT NULL,
    day date NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (coop_id, model, day),
    CONSTRAINT access_total_day_is_of_a_total FOREIGN KEY (coop_id, number) REFERENCES access_total (coop_id, number)
);
COMMENT ON TABLE access_total_day IS 'Which days of which model are told, each in one total. Rows are never changed.';
COMMENT ON COLUMN access_total_day.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_total_day.model IS 'The model.';
COMMENT ON COLUMN access_total_day.day IS 'The day, in UTC.';
COMMENT ON COLUMN access_total_day.number IS 'The total that it is told in.';
CREATE INDEX access_total_day_of_total ON access_total_day (coop_id, number);

CREATE TABLE access_totalling (
    coop_id uuid PRIMARY KEY REFERENCES coop (id),
    due_at timestamptz NOT NULL
);
COMMENT ON TABLE access_totalling IS 'When the usage of a co-op is added up next. Made with its first policy of use.';
COMMENT ON COLUMN access_totalling.coop_id IS 'The co-op.';
COMMENT ON COLUMN access_totalling.due_at IS 'When: some time after a day has ended, so that calls settled in its last moment are there.';
CREATE INDEX access_totalling_by_time ON access_totalling (due_at);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['access_total', 'access_total_day', 'access_totalling']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['access_total', 'access_total_day']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            name || '_only_grows', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;
GRANT SELECT, INSERT ON access_total, access_total_day, access_totalling TO rochdale_app;
GRANT UPDATE (due_at) ON access_totalling TO rochdale_app;

-- The workers of all co-ops see where something is due, and nothing else.
CREATE POLICY access_totalling_for_workers ON access_totalling FOR SELECT TO rochdale_global USING (true);
GRANT SELECT (coop_id, due_at) ON access_totalling TO rochdale_global;
