-- Mail that waits to be sent. A row says what to send and about what, by ids alone: the address is read when the mail leaves, and
-- the token of a link is derived again, so this table opens nothing and names nobody.

CREATE TABLE outgoing_mail (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT outgoing_mail_kind_is_known
        CHECK (kind IN ('sign_up', 'confirm_email', 'reset_password', 'password_changed', 'invitation')),
    coop_id uuid,
    subject_id uuid NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    epoch bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text CONSTRAINT outgoing_mail_error_is_bounded CHECK (length(last_error) <= 500),
    done_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    CONSTRAINT outgoing_mail_of_a_coop_is_an_invitation CHECK ((kind = 'invitation') = (coop_id IS NOT NULL))
);
COMMENT ON TABLE outgoing_mail IS 'Mail to be sent by whichever worker takes it first.';
COMMENT ON COLUMN outgoing_mail.id IS 'The mail; also its Message-ID, so that one sent twice is known as the same.';
COMMENT ON COLUMN outgoing_mail.kind IS 'Which text to send.';
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS 'The id behind the link, the invitation, or for password_changed the account.';
COMMENT ON COLUMN outgoing_mail.run_at IS 'Not before.';
COMMENT ON COLUMN outgoing_mail.epoch IS 'Rises with each claim; a worker that was paused finds another number and stops.';
COMMENT ON COLUMN outgoing_mail.leased_until IS 'Until when nobody else may claim it.';
COMMENT ON COLUMN outgoing_mail.attempts IS 'How often it was claimed; after 10 it stays as it is.';
COMMENT ON COLUMN outgoing_mail.last_error IS 'What went wrong last, without addresses.';
COMMENT ON COLUMN outgoing_mail.done_at IS 'When it was sent or found needless; NULL before.';
COMMENT ON COLUMN outgoing_mail.created_at IS 'When it was asked for.';
COMMENT ON COLUMN outgoing_mail.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX outgoing_mail_waiting ON outgoing_mail (run_at) WHERE done_at IS NULL;
CREATE INDEX outgoing_mail_done ON outgoing_mail (done_at) WHERE done_at IS NOT NULL;

-- A transaction inside a co-op may add the mails of that co-op's invitations and see none.
ALTER TABLE outgoing_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE outgoing_mail FORCE ROW LEVEL SECURITY;
CREATE POLICY outgoing_mail_for_workers ON outgoing_mail TO rochdale_global USING (true) WITH CHECK (true);
CREATE POLICY outgoing_mail_of_this_coop ON outgoing_mail FOR INSERT TO rochdale_app
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON outgoing_mail TO rochdale_global;
GRANT INSERT ON outgoing_mail TO rochdale_app;

-- What is past its time is swept by age.
CREATE INDEX single_use_link_by_email ON single_use_link (email) WHERE used_at IS NULL;
CREATE INDEX single_use_link_by_expiry ON single_use_link (expires_at);
CREATE INDEX siwe_nonce_by_expiry ON siwe_nonce (expires_at);
CREATE INDEX session_by_expiry ON session (expires_at);
CREATE INDEX refresh_token_of_session ON refresh_token (session_id);
