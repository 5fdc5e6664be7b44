DELETE FROM job WHERE kind = 'open';
ALTER TABLE job DROP CONSTRAINT job_kind_is_known,
    ADD CONSTRAINT job_kind_is_known CHECK (kind IN ('close', 'count', 'execute'));
COMMENT ON COLUMN job.subject_id IS 'To what: the proposal.';
DROP TABLE proposal_schedule;
DROP FUNCTION check_proposal_schedule_change();
