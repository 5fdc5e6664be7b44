-- People who can sign in. None of these tables belongs to a co-op; only the role behind `GlobalTx` reaches them.

-- What was recorded stays: a trigger that refuses every change, for tables that only grow.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Refuses a change of rows that only grow in number.';

CREATE TABLE account (
    id uuid PRIMARY KEY,
    email text NOT NULL CONSTRAINT account_email_is_new UNIQUE
        CONSTRAINT account_email_is_normal CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    display_name text NOT NULL CONSTRAINT account_display_name_is_bounded CHECK (length(display_name) BETWEEN 1 AND 120),
    password_hash text NOT NULL CONSTRAINT account_password_hash_is_argon2id CHECK (password_hash LIKE '$argon2id$%'),
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    email_confirmed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL
);
COMMENT ON TABLE account IS 'A person who can sign in.';
COMMENT ON COLUMN account.id IS 'The account.';
COMMENT ON COLUMN account.email IS 'The address, in lower case.';
COMMENT ON COLUMN account.display_name IS 'How the person wishes to be called.';
COMMENT ON COLUMN account.password_hash IS 'The argon2id hash, with its parameters.';
COMMENT ON COLUMN account.password_changed_at IS 'When the password was last set.';
COMMENT ON COLUMN account.email_confirmed_at IS 'When the address was confirmed; NULL before.';
COMMENT ON COLUMN account.created_at IS 'When the account was made.';
COMMENT ON COLUMN account.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE session (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text CONSTRAINT session_end_reason_is_known
        CHECK (end_reason IN ('sign_out', 'sign_out_everywhere', 'password_change', 'password_reset', 'token_reuse')),
    recorded_by text NOT NULL,
    CONSTRAINT session_ends_for_a_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
COMMENT ON TABLE session IS 'An account signed in on one device. Its row is read at each request.';
COMMENT ON COLUMN session.id IS 'The session.';
COMMENT ON COLUMN session.account_id IS 'Whose it is.';
COMMENT ON COLUMN session.created_at IS 'When it began.';
COMMENT ON COLUMN session.expires_at IS 'When it ends by itself.';
COMMENT ON COLUMN session.ended_at IS 'When it was ended; NULL while it lasts.';
COMMENT ON COLUMN session.end_reason IS 'Why it was ended.';
COMMENT ON COLUMN session.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX session_of_account ON session (account_id) WHERE ended_at IS NULL;

CREATE TABLE refresh_token (
    token_hash bytea PRIMARY KEY CONSTRAINT refresh_token_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES session (id),
    issued_at timestamptz NOT NULL DEFAULT now(),
    replaced_at timestamptz,
    recorded_by text NOT NULL
);
COMMENT ON TABLE refresh_token IS 'The chain of refresh tokens of a session; at most one is not replaced.';
COMMENT ON COLUMN refresh_token.token_hash IS 'The SHA-256 of the token; the token itself is never stored.';
COMMENT ON COLUMN refresh_token.session_id IS 'The session it prolongs.';
COMMENT ON COLUMN refresh_token.issued_at IS 'When it was handed out.';
COMMENT ON COLUMN refresh_token.replaced_at IS 'When its successor was handed out; NULL for the newest.';
COMMENT ON COLUMN refresh_token.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE UNIQUE INDEX refresh_token_newest ON refresh_token (session_id) WHERE replaced_at IS NULL;

CREATE TABLE single_use_link (
    token_hash bytea PRIMARY KEY CONSTRAINT single_use_link_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    action text NOT NULL CONSTRAINT single_use_link_action_is_known
        CHECK (action IN ('sign_up', 'confirm_email', 'reset_password')),
    account_id uuid REFERENCES account (id),
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    recorded_by text NOT NULL,
    CONSTRAINT single_use_link_names_its_account CHECK ((action = 'sign_up') = (account_id IS NULL))
);
COMMENT ON TABLE single_use_link IS 'A link sent by mail. It carries one action and works once.';
COMMENT ON COLUMN single_use_link.token_hash IS 'The SHA-256 of its token.';
COMMENT ON COLUMN single_use_link.action IS 'The one thing it allows.';
COMMENT ON COLUMN single_use_link.account_id IS 'The account it acts on; NULL for a sign-up.';
COMMENT ON COLUMN single_use_link.email IS 'The address it was sent to.';
COMMENT ON COLUMN single_use_link.created_at IS 'When it was made.';
COMMENT ON COLUMN single_use_link.expires_at IS 'Until when it works.';
COMMENT ON COLUMN single_use_link.used_at IS 'When it was used, or made useless by a later one.';
COMMENT ON COLUMN single_use_link.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX single_use_link_of_account ON single_use_link (account_id, action) WHERE used_at IS NULL;

CREATE TABLE siwe_nonce (
    nonce text PRIMARY KEY CONSTRAINT siwe_nonce_is_long_enough CHECK (length(nonce) BETWEEN 16 AND 64),
    expires_at timestamptz NOT NULL,
    recorded_by text NOT NULL
);
COMMENT ON TABLE siwe_nonce IS 'Numbers used once, for messages that a wallet signs (EIP-4361). Using one removes it.';
COMMENT ON COLUMN siwe_nonce.nonce IS 'The number.';
COMMENT ON COLUMN siwe_nonce.expires_at IS 'Until when it can be used.';
COMMENT ON COLUMN siwe_nonce.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE account_effect (
    account_id uuid NOT NULL REFERENCES account (id),
    key text NOT NULL CONSTRAINT account_effect_key_is_bounded CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL CONSTRAINT account_effect_request_is_a_hash CHECK (octet_length(request_hash) = 32),
    status smallint,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (account_id, key)
);
COMMENT ON TABLE account_effect IS 'What a request with an Idempotency-Key outside any co-op did, stored with its effect.';
COMMENT ON COLUMN account_effect.account_id IS 'Who asked.';
COMMENT ON COLUMN account_effect.key IS 'The key chosen by the client.';
COMMENT ON COLUMN account_effect.request_hash IS 'The SHA-256 of method, path and body: the same key means the same request.';
COMMENT ON COLUMN account_effect.status IS 'The HTTP status that was answered.';
COMMENT ON COLUMN account_effect.body IS 'The body that was answered, byte for byte.';
COMMENT ON COLUMN account_effect.created_at IS 'When.';
COMMENT ON COLUMN account_effect.recorded_by IS 'The name of the transaction that wrote the row.';

GRANT SELECT, INSERT, UPDATE, DELETE ON account, session, refresh_token, single_use_link, siwe_nonce, account_effect
    TO rochdale_global;
