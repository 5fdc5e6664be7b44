-- Due process: whom a proposal would expel is told so with the grounds, has time to reply, and is heard before anyone votes.

CREATE TABLE expulsion_notice (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    grounds text NOT NULL CONSTRAINT expulsion_notice_grounds_are_bounded CHECK (length(grounds) BETWEEN 1 AND 2000),
    given_at timestamptz NOT NULL,
    reply_until timestamptz NOT NULL,
    reply text CONSTRAINT expulsion_notice_reply_is_bounded CHECK (length(reply) BETWEEN 1 AND 20000),
    replied_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT expulsion_notice_has_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT expulsion_notice_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT expulsion_notice_leaves_time_to_reply CHECK (reply_until > given_at),
    CONSTRAINT expulsion_notice_is_replied_to_at_a_moment CHECK ((reply IS NULL) = (replied_at IS NULL))
);
COMMENT ON TABLE expulsion_notice IS 'What members were told whom a proposal would expel, and what they replied. Rows are only replied to, and only once.';
COMMENT ON COLUMN expulsion_notice.coop_id IS 'The co-op.';
COMMENT ON COLUMN expulsion_notice.id IS 'The notice; also the mail.';
COMMENT ON COLUMN expulsion_notice.proposal_id IS 'The proposal.';
COMMENT ON COLUMN expulsion_notice.member_id IS 'Whom it would expel.';
COMMENT ON COLUMN expulsion_notice.grounds IS 'Why, as the proposal says it; other grounds need another notice.';
COMMENT ON COLUMN expulsion_notice.given_at IS 'When the member was told.';
COMMENT ON COLUMN expulsion_notice.reply_until IS 'Until when voting does not open unless the member replied, in whole seconds.';
COMMENT ON COLUMN expulsion_notice.reply IS 'What the member replied; shown with the proposal; "erased" where the member was forgotten.';
COMMENT ON COLUMN expulsion_notice.replied_at IS 'When.';
COMMENT ON COLUMN expulsion_notice.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX expulsion_notice_of_proposal ON expulsion_notice (coop_id, proposal_id, member_id, id);

ALTER TABLE expulsion_notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE expulsion_notice FORCE ROW LEVEL SECURITY;
CREATE POLICY expulsion_notice_of_this_coop ON expulsion_notice
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

CREATE FUNCTION check_expulsion_notice_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Forgetting a person reaches what they replied.
    IF OLD.reply IS NOT NULL AND NEW.reply = 'erased' AND to_jsonb(NEW) - 'reply' = to_jsonb(OLD) - 'reply'
        AND EXISTS (SELECT FROM erasure WHERE erasure.coop_id = OLD.coop_id AND erasure.subject = OLD.member_id)
    THEN
        RETURN NEW;
    END IF;
    IF OLD.reply IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['reply', 'replied_at'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['reply', 'replied_at']
    THEN
        RAISE EXCEPTION 'a notice is only replied to, and only once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_expulsion_notice_change() IS 'Refuses every change of a notice but its reply, and the words of a member who was erased.';
CREATE TRIGGER expulsion_notice_is_only_replied_to BEFORE UPDATE ON expulsion_notice
    FOR EACH ROW EXECUTE FUNCTION check_expulsion_notice_change();
CREATE TRIGGER expulsion_notice_is_never_removed BEFORE DELETE ON expulsion_notice
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER expulsion_notice_is_never_emptied BEFORE TRUNCATE ON expulsion_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE expulsion_notice ENABLE ALWAYS TRIGGER expulsion_notice_is_only_replied_to;
ALTER TABLE expulsion_notice ENABLE ALWAYS TRIGGER expulsion_notice_is_never_removed;
ALTER TABLE expulsion_notice ENABLE ALWAYS TRIGGER expulsion_notice_is_never_emptied;
GRANT SELECT, INSERT ON expulsion_notice TO rochdale_app;
GRANT UPDATE (reply, replied_at) ON expulsion_notice TO rochdale_app;

CREATE FUNCTION check_proposal_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements(NEW.actions) AS planned (each)
        WHERE planned.each -> 'act' ->> 'action' = 'expel' AND NOT EXISTS (SELECT FROM expulsion_notice AS notice
            WHERE notice.coop_id = NEW.coop_id AND notice.proposal_id = NEW.id
              AND notice.member_id = (planned.each -> 'act' ->> 'member')::uuid
              AND notice.grounds = planned.each -> 'act' ->> 'reason'
              AND (notice.reply IS NOT NULL OR notice.reply_until <= clock_timestamp())))
    THEN
        RAISE EXCEPTION 'nobody votes on an expulsion before the member was told the grounds and could reply'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_proposal_heard() IS 'Refuses to open voting on an expulsion before the member was told why and replied or had the time to.';
CREATE TRIGGER proposal_is_opened_when_heard BEFORE UPDATE ON proposal
    FOR EACH ROW WHEN (OLD.state <> 'open' AND NEW.state = 'open') EXECUTE FUNCTION check_proposal_heard();

ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known, DROP CONSTRAINT outgoing_mail_of_a_coop_names_it;
ALTER TABLE outgoing_mail
    ADD CONSTRAINT outgoing_mail_kind_is_known CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed',
        'invitation', 'reminder', 'expulsion_notice')),
    ADD CONSTRAINT outgoing_mail_of_a_coop_names_it
        CHECK ((kind IN ('invitation', 'reminder', 'expulsion_notice')) = (coop_id IS NOT NULL));
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites, reminds or gives notice; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, the reminder, the notice, or for password_changed the account.';
