-- Secret addresses at which a calendar or a feed reader, which cannot sign in, reads what happens in a co-op.

CREATE TABLE feed_address (
    coop_id uuid NOT NULL,
    member_id uuid NOT NULL,
    generation bigint NOT NULL CONSTRAINT feed_address_generation_is_positive CHECK (generation >= 1),
    changed_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, member_id),
    CONSTRAINT feed_address_has_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE feed_address IS 'Which address of a member works. The address itself is derived from this row and a secret, and stands nowhere.';
COMMENT ON COLUMN feed_address.coop_id IS 'The co-op.';
COMMENT ON COLUMN feed_address.member_id IS 'Whose address it is.';
COMMENT ON COLUMN feed_address.generation IS 'Rises with each new address, which ends the one before.';
COMMENT ON COLUMN feed_address.changed_at IS 'When the address was made.';
COMMENT ON COLUMN feed_address.ended_at IS 'When it was ended without a new one; NULL while it works.';
COMMENT ON COLUMN feed_address.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE feed_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed_address FORCE ROW LEVEL SECURITY;
CREATE POLICY feed_address_of_this_coop ON feed_address
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
GRANT SELECT, INSERT ON feed_address TO rochdale_app;
GRANT UPDATE (generation, changed_at, ended_at) ON feed_address TO rochdale_app;

CREATE INDEX proposal_newest_opening ON proposal (coop_id, opens_at DESC, id DESC) WHERE opens_at IS NOT NULL;
