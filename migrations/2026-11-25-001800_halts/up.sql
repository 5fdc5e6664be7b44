-- A co-op halted by its steward or auditor: for some days nothing happens that would bind it.

CREATE TABLE halt (
    coop_id uuid NOT NULL REFERENCES coop (id),
    number bigint NOT NULL CONSTRAINT halt_number_is_positive CHECK (number >= 1),
    began_at timestamptz NOT NULL CONSTRAINT halt_began_at_is_in_whole_seconds CHECK (extract(epoch FROM began_at) % 1 = 0),
    until timestamptz NOT NULL,
    reason text NOT NULL CONSTRAINT halt_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    actor_id uuid NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    end_reason text CONSTRAINT halt_end_reason_is_bounded CHECK (length(end_reason) BETWEEN 1 AND 2000),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, number),
    CONSTRAINT halt_has_an_actor FOREIGN KEY (coop_id, actor_id) REFERENCES member (coop_id, id),
    CONSTRAINT halt_is_ended_by_a_member FOREIGN KEY (coop_id, ended_by) REFERENCES member (coop_id, id),
    CONSTRAINT halt_lasts_a_week_at_most CHECK (until > began_at AND until <= began_at + interval '7 days'),
    CONSTRAINT halt_is_ended_by_someone_for_a_reason CHECK (num_nulls(ended_at, ended_by, end_reason) IN (0, 3)),
    CONSTRAINT halt_is_ended_while_it_lasts CHECK (ended_at BETWEEN began_at AND until)
);
COMMENT ON TABLE halt IS 'Times in which nothing happened that would bind the co-op, because somebody saw an emergency.';
COMMENT ON COLUMN halt.coop_id IS 'The co-op.';
COMMENT ON COLUMN halt.number IS 'Which of its halts, from 1; of two at once only one can be the next.';
COMMENT ON COLUMN halt.began_at IS 'When it began, in whole seconds.';
COMMENT ON COLUMN halt.until IS 'When it ends by itself.';
COMMENT ON COLUMN halt.reason IS 'The emergency, as it was stated.';
COMMENT ON COLUMN halt.actor_id IS 'Who halted the co-op.';
COMMENT ON COLUMN halt.ended_at IS 'When it was ended before its time; NULL otherwise.';
COMMENT ON COLUMN halt.ended_by IS 'Who ended it.';
COMMENT ON COLUMN halt.end_reason IS 'Why.';
COMMENT ON COLUMN halt.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE halt ENABLE ROW LEVEL SECURITY;
ALTER TABLE halt FORCE ROW LEVEL SECURITY;
CREATE POLICY halt_of_this_coop ON halt
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

CREATE FUNCTION check_halt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR (NEW.coop_id, NEW.number, NEW.began_at, NEW.until, NEW.reason, NEW.actor_id)
        IS DISTINCT FROM (OLD.coop_id, OLD.number, OLD.began_at, OLD.until, OLD.reason, OLD.actor_id)
    THEN
        RAISE EXCEPTION 'a halt is only ended, and only once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_halt_change() IS 'Refuses every change of a halt but its end.';
CREATE TRIGGER halt_is_only_ended BEFORE UPDATE ON halt FOR EACH ROW EXECUTE FUNCTION check_halt_change();
CREATE TRIGGER halt_is_never_removed BEFORE DELETE ON halt FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER halt_is_never_emptied BEFORE TRUNCATE ON halt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE halt ENABLE ALWAYS TRIGGER halt_is_only_ended;
ALTER TABLE halt ENABLE ALWAYS TRIGGER halt_is_never_removed;
ALTER TABLE halt ENABLE ALWAYS TRIGGER halt_is_never_emptied;

GRANT SELECT, INSERT ON halt TO rochdale_app;
GRANT UPDATE (ended_at, ended_by, end_reason) ON halt TO rochdale_app;
