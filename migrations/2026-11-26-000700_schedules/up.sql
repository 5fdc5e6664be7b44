-- Voting that opens by itself at a moment that a steward set, by the clock of the database.

CREATE TABLE proposal_schedule (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    opens_at timestamptz NOT NULL
        CONSTRAINT proposal_schedule_opens_at_is_in_whole_seconds CHECK (extract(epoch FROM opens_at) % 1 = 0),
    closes_at timestamptz NOT NULL,
    scheduled_by uuid NOT NULL,
    scheduled_at timestamptz NOT NULL DEFAULT now(),
    outcome text NOT NULL DEFAULT 'waiting' CONSTRAINT proposal_schedule_outcome_is_known
        CHECK (outcome IN ('waiting', 'opened', 'cancelled', 'replaced', 'edited', 'refused', 'ended')),
    reason text CONSTRAINT proposal_schedule_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 2000),
    ended_by uuid,
    ended_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT proposal_schedule_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_schedule_is_of_a_member FOREIGN KEY (coop_id, scheduled_by) REFERENCES member (coop_id, id),
    CONSTRAINT proposal_schedule_is_ended_by_a_member FOREIGN KEY (coop_id, ended_by) REFERENCES member (coop_id, id),
    CONSTRAINT proposal_schedule_closes_after_it_opens CHECK (closes_at > opens_at),
    CONSTRAINT proposal_schedule_ends_at_a_moment CHECK ((outcome = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT proposal_schedule_comes_to_nothing_for_a_reason
        CHECK ((outcome IN ('cancelled', 'edited', 'refused')) = (reason IS NOT NULL))
);
COMMENT ON TABLE proposal_schedule IS 'When voting is to open by itself. Rows are only ended, and only once.';
COMMENT ON COLUMN proposal_schedule.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_schedule.id IS 'The opening that was set; also the subject of its job.';
COMMENT ON COLUMN proposal_schedule.proposal_id IS 'Of which proposal.';
COMMENT ON COLUMN proposal_schedule.opens_at IS 'When voting opens, in whole seconds.';
COMMENT ON COLUMN proposal_schedule.closes_at IS 'When voting ends; later where it opens so late that the shortest voting time would not be kept.';
COMMENT ON COLUMN proposal_schedule.scheduled_by IS 'The steward who set it.';
COMMENT ON COLUMN proposal_schedule.scheduled_at IS 'When it was set.';
COMMENT ON COLUMN proposal_schedule.outcome IS 'What became of it: waiting, opened, cancelled by a steward, replaced by another one, edited where the proposal was changed, refused where something stood in the way, ended with the proposal.';
COMMENT ON COLUMN proposal_schedule.reason IS 'Why it came to nothing.';
COMMENT ON COLUMN proposal_schedule.ended_by IS 'Who ended it; NULL while it waits and where its time came.';
COMMENT ON COLUMN proposal_schedule.ended_at IS 'When it ended.';
COMMENT ON COLUMN proposal_schedule.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX proposal_schedule_of_proposal ON proposal_schedule (coop_id, proposal_id, id);
CREATE UNIQUE INDEX proposal_schedule_waits_once ON proposal_schedule (coop_id, proposal_id) WHERE outcome = 'waiting';

ALTER TABLE proposal_schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposal_schedule FORCE ROW LEVEL SECURITY;
CREATE POLICY proposal_schedule_of_this_coop ON proposal_schedule
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

CREATE FUNCTION check_proposal_schedule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> 'waiting'
        OR (NEW.coop_id, NEW.id, NEW.proposal_id, NEW.opens_at, NEW.closes_at, NEW.scheduled_by, NEW.scheduled_at)
        IS DISTINCT FROM (OLD.coop_id, OLD.id, OLD.proposal_id, OLD.opens_at, OLD.closes_at, OLD.scheduled_by, OLD.scheduled_at)
    THEN
        RAISE EXCEPTION 'an opening that was set is only ended, and only once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_schedule_change() IS 'Refuses every change of an opening that was set but its end.';
CREATE TRIGGER proposal_schedule_is_only_ended BEFORE UPDATE ON proposal_schedule
    FOR EACH ROW EXECUTE FUNCTION check_proposal_schedule_change();
CREATE TRIGGER proposal_schedule_is_never_removed BEFORE DELETE ON proposal_schedule
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_schedule_is_never_emptied BEFORE TRUNCATE ON proposal_schedule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE proposal_schedule ENABLE ALWAYS TRIGGER proposal_schedule_is_only_ended;
ALTER TABLE proposal_schedule ENABLE ALWAYS TRIGGER proposal_schedule_is_never_removed;
ALTER TABLE proposal_schedule ENABLE ALWAYS TRIGGER proposal_schedule_is_never_emptied;

GRANT SELECT, INSERT ON proposal_schedule TO rochdale_app;
GRANT UPDATE (outcome, reason, ended_by, ended_at) ON proposal_schedule TO rochdale_app;

ALTER TABLE job DROP CONSTRAINT job_kind_is_known,
    ADD CONSTRAINT job_kind_is_known CHECK (kind IN ('open', 'close', 'count', 'execute'));
COMMENT ON COLUMN job.subject_id IS 'To what: the proposal, or the opening that was set.';
