-- Forgetting a person: what names somebody who left is taken out, and what was proved stays proved.
--
-- Only the owner of the schema can do it, by hand; the roles of the program have no right to remove anything here.

CREATE TABLE erasure (
    coop_id uuid NOT NULL REFERENCES coop (id),
    subject uuid NOT NULL,
    events integer NOT NULL CONSTRAINT erasure_events_are_counted CHECK (events >= 0),
    erased_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, subject)
);
COMMENT ON TABLE erasure IS 'Whose personal data were erased on request. The hashes of what was erased stay in the log and say nothing.';
COMMENT ON COLUMN erasure.coop_id IS 'The co-op.';
COMMENT ON COLUMN erasure.subject IS 'The member, or the application, that named the person.';
COMMENT ON COLUMN erasure.events IS 'How many rows of events went, of which the log holds the hashes.';
COMMENT ON COLUMN erasure.erased_at IS 'When.';
COMMENT ON COLUMN erasure.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure FORCE ROW LEVEL SECURITY;
CREATE POLICY erasure_of_this_coop ON erasure
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER erasure_only_grows BEFORE UPDATE OR DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER erasure_is_never_emptied BEFORE TRUNCATE ON erasure FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE erasure ENABLE ALWAYS TRIGGER erasure_only_grows;
ALTER TABLE erasure ENABLE ALWAYS TRIGGER erasure_is_never_emptied;
GRANT SELECT ON erasure TO rochdale_app;

CREATE FUNCTION check_event_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Admission, renaming, status and offices of a member; an application and its decision.
    IF OLD.kind NOT IN (10, 11, 12, 13, 14, 22, 23) OR NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.subject)
    THEN
        RAISE EXCEPTION 'event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION check_event_removal() IS 'Refuses to remove an event, but for those that name a person who was erased.';

CREATE FUNCTION check_history_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind IN ('key_registered', 'key_ended') OR NOT EXISTS (
        SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.member_id)
    THEN
        RAISE EXCEPTION 'member_event rows are never changed or removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION check_history_removal() IS 'Refuses to remove history, but for the names and reasons of a person who was erased.';

DROP TRIGGER event_only_grows ON event;
CREATE TRIGGER event_only_grows BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_leaves_by_erasure_alone BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION check_event_removal();
ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows;
ALTER TABLE event ENABLE ALWAYS TRIGGER event_leaves_by_erasure_alone;

DROP TRIGGER member_event_only_grows ON member_event;
CREATE TRIGGER member_event_only_grows BEFORE UPDATE ON member_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER member_event_leaves_by_erasure_alone BEFORE DELETE ON member_event
    FOR EACH ROW EXECUTE FUNCTION check_history_removal();
ALTER TABLE member_event ENABLE ALWAYS TRIGGER member_event_only_grows;
ALTER TABLE member_event ENABLE ALWAYS TRIGGER member_event_leaves_by_erasure_alone;
