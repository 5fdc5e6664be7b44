-- Addresses outside that stewards have told what happens, and what became of each message.

CREATE TABLE webhook (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL CONSTRAINT webhook_url_is_bounded CHECK (length(url) <= 2000 AND url ~ '^https?://'),
    events text[] NOT NULL CONSTRAINT webhook_tells_of_something CHECK (cardinality(events) BETWEEN 1 AND 20),
    generation bigint NOT NULL DEFAULT 0 CONSTRAINT webhook_generation_is_not_negative CHECK (generation >= 0),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT webhook_has_a_steward FOREIGN KEY (coop_id, created_by) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE webhook IS 'An address outside that is told what happens in the co-op.';
COMMENT ON COLUMN webhook.coop_id IS 'The co-op.';
COMMENT ON COLUMN webhook.id IS 'The webhook.';
COMMENT ON COLUMN webhook.url IS 'The address.';
COMMENT ON COLUMN webhook.events IS 'Of what it is told.';
COMMENT ON COLUMN webhook.generation IS 'Rises with each secret, which is derived from it and shown once; 0 before the first, and then nothing is sent.';
COMMENT ON COLUMN webhook.created_by IS 'The steward who registered it.';
COMMENT ON COLUMN webhook.created_at IS 'When.';
COMMENT ON COLUMN webhook.ended_at IS 'When it was ended; NULL while it works.';
COMMENT ON COLUMN webhook.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX webhook_of_steward ON webhook (coop_id, created_by);

CREATE TABLE webhook_delivery (
    coop_id uuid NOT NULL,
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event text NOT NULL,
    subject_id uuid NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT webhook_delivery_state_is_known
        CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts integer NOT NULL DEFAULT 0,
    attempted_at timestamptz,
    last_status integer,
    last_error text CONSTRAINT webhook_delivery_error_is_bounded CHECK (length(last_error) <= 200),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, id),
    CONSTRAINT webhook_delivery_has_a_webhook FOREIGN KEY (coop_id, webhook_id) REFERENCES webhook (coop_id, id)
);
COMMENT ON TABLE webhook_delivery IS 'A message to a webhook, and what became of it.';
COMMENT ON COLUMN webhook_delivery.coop_id IS 'The co-op.';
COMMENT ON COLUMN webhook_delivery.id IS 'The message; receivers know a repeated one by it.';
COMMENT ON COLUMN webhook_delivery.webhook_id IS 'To which webhook.';
COMMENT ON COLUMN webhook_delivery.event IS 'Of what.';
COMMENT ON COLUMN webhook_delivery.subject_id IS 'The proposal.';
COMMENT ON COLUMN webhook_delivery.happened_at IS 'When it happened.';
COMMENT ON COLUMN webhook_delivery.state IS 'Whether it waits, arrived, or was given up.';
COMMENT ON COLUMN webhook_delivery.attempts IS 'How often it was tried.';
COMMENT ON COLUMN webhook_delivery.attempted_at IS 'When it was tried last.';
COMMENT ON COLUMN webhook_delivery.last_status IS 'The HTTP status of the last answer; NULL where there was none.';
COMMENT ON COLUMN webhook_delivery.last_error IS 'Why the last attempt failed; NULL where it did not.';
COMMENT ON COLUMN webhook_delivery.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX webhook_delivery_newest ON webhook_delivery (coop_id, webhook_id, id DESC);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['webhook', 'webhook_delivery']
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
GRANT SELECT, INSERT ON webhook, webhook_delivery TO rochdale_app;
GRANT UPDATE (generation, ended_at) ON webhook TO rochdale_app;
GRANT UPDATE (state, attempts, attempted_at, last_status, last_error) ON webhook_delivery TO rochdale_app;
