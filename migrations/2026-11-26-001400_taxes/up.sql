-- Which tax profile a member has, and what of a balance was withheld from before. Both are frozen with the inputs of a payout cycle.

CREATE TABLE member_tax_profile (
    coop_id uuid NOT NULL REFERENCES coop (id),
    member_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT member_tax_profile_counts_from_one CHECK (number >= 1),
    profile text CONSTRAINT member_tax_profile_is_plain CHECK (profile ~ '^[a-z0-9_]{1,40}$'),
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, member_id, number),
    CONSTRAINT member_tax_profile_is_of_a_member FOREIGN KEY (coop_id, member_id) REFERENCES member (coop_id, id),
    CONSTRAINT member_tax_profile_is_set_by_a_member FOREIGN KEY (coop_id, set_by) REFERENCES member (coop_id, id),
    CONSTRAINT member_tax_profile_is_set_by_another CHECK (set_by <> member_id)
);
CREATE INDEX member_tax_profile_of_setter ON member_tax_profile (coop_id, set_by);
COMMENT ON TABLE member_tax_profile IS 'The tax profiles of members, as revenue rules call them: the newest holds. Rows are never changed.';
COMMENT ON COLUMN member_tax_profile.coop_id IS 'The co-op.';
COMMENT ON COLUMN member_tax_profile.member_id IS 'The member.';
COMMENT ON COLUMN member_tax_profile.number IS 'From 1; the highest holds.';
COMMENT ON COLUMN member_tax_profile.profile IS 'The profile; NULL for none.';
COMMENT ON COLUMN member_tax_profile.set_by IS 'Who set it: never the member.';
COMMENT ON COLUMN member_tax_profile.set_at IS 'When.';
COMMENT ON COLUMN member_tax_profile.recorded_by IS 'The name of the transaction that wrote the row.';

ALTER TABLE member_tax_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_tax_profile FORCE ROW LEVEL SECURITY;
CREATE POLICY member_tax_profile_of_this_coop ON member_tax_profile
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER member_tax_profile_only_grows BEFORE UPDATE OR DELETE ON member_tax_profile FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER member_tax_profile_is_never_emptied BEFORE TRUNCATE ON member_tax_profile FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE member_tax_profile ENABLE ALWAYS TRIGGER member_tax_profile_only_grows;
ALTER TABLE member_tax_profile ENABLE ALWAYS TRIGGER member_tax_profile_is_never_emptied;
GRANT SELECT, INSERT ON member_tax_profile TO rochdale_app;

ALTER TABLE payout_member ADD COLUMN taxed bigint NOT NULL DEFAULT 0 CONSTRAINT payout_member_taxed_is_an_amount CHECK (taxed >= 0);
COMMENT ON COLUMN payout_member.taxed IS 'What of the carried was withheld from by an earlier cycle and not paid since, in units of 10^-8.';

-- Whoever set a tax profile that the cycle is the first to count brought in figures of it, like who submitted a snapshot.
CREATE OR REPLACE FUNCTION check_payout_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cycle payout_cycle;
BEGIN
    SELECT * INTO cycle FROM payout_cycle AS head WHERE head.coop_id = NEW.coop_id AND head.id = NEW.cycle_id;
    IF cycle.state IS DISTINCT FROM 'proposed' OR cycle.digest <> NEW.digest OR cycle.payout_digest <> NEW.payout_digest THEN
        RAISE EXCEPTION 'what is approved is not what is proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_of_what_is_proposed';
    END IF;
    IF NEW.member_id IN (cycle.opened_by, cycle.frozen_by, cycle.computed_by, cycle.proposed_by) OR EXISTS (
        SELECT FROM contribution_snapshot AS given WHERE given.coop_id = NEW.coop_id AND given.id = ANY (cycle.snapshots)
          AND given.submitted_by = NEW.member_id)
        OR EXISTS (SELECT FROM member_tax_profile AS given WHERE given.coop_id = NEW.coop_id AND given.set_by = NEW.member_id
                   AND given.set_at <= cycle.frozen_at
                   AND given.set_at > coalesce((SELECT before.frozen_at FROM payout_cycle AS before
                       WHERE before.coop_id = NEW.coop_id AND before.id = cycle.previous), '-infinity'))
    THEN
        RAISE EXCEPTION 'nobody approves what they prepared'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_approval_is_by_another';
    END IF;
    RETURN NULL;
END
$$;
