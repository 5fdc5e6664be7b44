-- Messages of long ago are swept away, as jobs and mail are. None of them is evidence: what they told of stands in other tables.

-- The role of accounts removes them of all co-ops by their age, and reads of them no more than that needs.
CREATE POLICY webhook_delivery_is_found_by_age ON webhook_delivery FOR SELECT TO rochdale_global
    USING (state <> 'waiting' AND happened_at < now() - interval '30 days');
CREATE POLICY webhook_delivery_is_swept_by_age ON webhook_delivery FOR DELETE TO rochdale_global
    USING (state <> 'waiting' AND happened_at < now() - interval '30 days');
GRANT SELECT (coop_id, id, state, happened_at), DELETE ON webhook_delivery TO rochdale_global;
CREATE INDEX webhook_delivery_done ON webhook_delivery (happened_at) WHERE state <> 'waiting';
COMMENT ON COLUMN webhook_delivery.happened_at IS 'When it happened; thirty days later a message that waits no more may be swept.';

-- A reminder keeps its errand, done again after a crash, from mailing twice. The errand is over long before the row goes.
CREATE FUNCTION check_reminder_is_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.created_at >= now() - interval '30 days' THEN
        RAISE EXCEPTION 'a reminder is kept for thirty days' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION check_reminder_is_old() IS 'Refuses to remove a reminder before its time.';
DROP TRIGGER reminder_only_grows ON reminder;
CREATE TRIGGER reminder_is_never_changed BEFORE UPDATE ON reminder FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reminder_is_removed_when_old BEFORE DELETE ON reminder FOR EACH ROW EXECUTE FUNCTION check_reminder_is_old();
ALTER TABLE reminder ENABLE ALWAYS TRIGGER reminder_is_never_changed;
ALTER TABLE reminder ENABLE ALWAYS TRIGGER reminder_is_removed_when_old;
CREATE POLICY reminder_is_found_by_age ON reminder FOR SELECT TO rochdale_global USING (created_at < now() - interval '30 days');
CREATE POLICY reminder_is_swept_by_age ON reminder FOR DELETE TO rochdale_global USING (created_at < now() - interval '30 days');
GRANT SELECT (coop_id, id, created_at), DELETE ON reminder TO rochdale_global;
CREATE INDEX reminder_by_age ON reminder (created_at);
COMMENT ON TABLE reminder IS 'That a member was reminded of a vote: once of each kind, whatever happens. Rows are never changed, and swept when old.';
COMMENT ON COLUMN reminder.created_at IS 'When the mail was queued; thirty days later the row may be swept.';
