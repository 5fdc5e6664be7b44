-- What the co-op tells people outside of it: reminders by mail, and the queue from which they and other messages leave.

CREATE TABLE errand (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT errand_kind_is_known CHECK (kind IN ('remind_opening', 'remind_closing', 'webhook')),
    subject_id uuid NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    epoch bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text CONSTRAINT errand_error_is_bounded CHECK (length(last_error) <= 500),
    done_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT errand_is_asked_for_once UNIQUE (coop_id, kind, subject_id)
);
COMMENT ON TABLE errand IS 'Messages to be sent out by whichever worker takes them first, apart from the jobs that decide something. Ids alone.';
COMMENT ON COLUMN errand.coop_id IS 'The co-op it is for.';
COMMENT ON COLUMN errand.id IS 'The errand.';
COMMENT ON COLUMN errand.kind IS 'What to do.';
COMMENT ON COLUMN errand.subject_id IS 'About what: the proposal, or the delivery of a webhook.';
COMMENT ON COLUMN errand.run_at IS 'Not before.';
COMMENT ON COLUMN errand.epoch IS 'Rises with each claim; a worker that was paused finds another number and stops.';
COMMENT ON COLUMN errand.leased_until IS 'Until when nobody else may claim it.';
COMMENT ON COLUMN errand.attempts IS 'How often it was claimed without success.';
COMMENT ON COLUMN errand.last_error IS 'What went wrong last, without addresses.';
COMMENT ON COLUMN errand.done_at IS 'When it was done or given up; NULL before.';
COMMENT ON COLUMN errand.created_at IS 'When it was asked for.';
COMMENT ON COLUMN errand.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX errand_waiting ON errand (run_at) WHERE done_at IS NULL;
CREATE INDEX errand_done ON errand (done_at) WHERE done_at IS NOT NULL;

-- As with mail: a transaction inside a co-op may ask for errands of that co-op and see none.
ALTER TABLE errand ENABLE ROW LEVEL SECURITY;
ALTER TABLE errand FORCE ROW LEVEL SECURITY;
CREATE POLICY errand_for_workers ON errand TO rochdale_global USING (true) WITH CHECK (true);
CREATE POLICY errand_of_this_coop ON errand FOR INSERT TO rochdale_app
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
GRANT SELECT, UPDATE, DELETE ON errand TO rochdale_global;
GRANT INSERT ON errand TO rochdale_app;

CREATE TABLE reminder_wish (
    coop_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wish text NOT NULL CONSTRAINT reminder_wish_is_known CHECK (wish IN ('off', 'opening', 'closing', 'both')),
    changed_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, member_id),
    CONSTRAINT reminder_wish_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE reminder_wish IS 'When a member wishes to be reminded of votes by mail; whoever has no row, at both times.';
COMMENT ON COLUMN reminder_wish.coop_id IS 'The co-op.';
COMMENT ON COLUMN reminder_wish.member_id IS 'The member.';
COMMENT ON COLUMN reminder_wish.wish IS 'Never, when voting opens, a day before it closes, or both.';
COMMENT ON COLUMN reminder_wish.changed_at IS 'When the member said so.';
COMMENT ON COLUMN reminder_wish.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE reminder (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT reminder_kind_is_known CHECK (kind IN ('opening', 'closing')),
    id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id, member_id, kind),
    CONSTRAINT reminder_has_its_own_id UNIQUE (coop_id, id),
    CONSTRAINT reminder_is_of_someone_on_the_roll FOREIGN KEY (coop_id, proposal_id, member_id)
        REFERENCES roll_entry (coop_id, proposal_id, member_id)
);
COMMENT ON TABLE reminder IS 'That a member was reminded of a vote: once of each kind, whatever happens. Rows are never changed.';
COMMENT ON COLUMN reminder.coop_id IS 'The co-op.';
COMMENT ON COLUMN reminder.proposal_id IS 'Of which vote.';
COMMENT ON COLUMN reminder.member_id IS 'Who.';
COMMENT ON COLUMN reminder.kind IS 'Because voting opened, or because it closes soon.';
COMMENT ON COLUMN reminder.id IS 'The reminder; also the mail.';
COMMENT ON COLUMN reminder.created_at IS 'When the mail was queued.';
COMMENT ON COLUMN reminder.recorded_by IS 'The name of the transaction that wrote the row.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['reminder_wish', 'reminder']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
    END LOOP;
END
$$;
CREATE TRIGGER reminder_only_grows BEFORE UPDATE OR DELETE ON reminder FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reminder_is_never_emptied BEFORE TRUNCATE ON reminder FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE reminder ENABLE ALWAYS TRIGGER reminder_only_grows;
ALTER TABLE reminder ENABLE ALWAYS TRIGGER reminder_is_never_emptied;
GRANT SELECT, INSERT ON reminder_wish, reminder TO rochdale_app;
GRANT UPDATE (wish, changed_at) ON reminder_wish TO rochdale_app;

ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known, DROP CONSTRAINT outgoing_mail_of_a_coop_is_an_invitation;
ALTER TABLE outgoing_mail
    ADD CONSTRAINT outgoing_mail_kind_is_known
        CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed', 'invitation', 'reminder')),
    ADD CONSTRAINT outgoing_mail_of_a_coop_names_it CHECK ((kind IN ('invitation', 'reminder')) = (coop_id IS NOT NULL));
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites or reminds; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, the reminder, or for password_changed the account.';
