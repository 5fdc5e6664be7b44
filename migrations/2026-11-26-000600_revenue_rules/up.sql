-- The rules by which revenue becomes reserves and members' shares: versions that follow one another, each adopted by a proposal.

CREATE TABLE revenue_rule (
    coop_id uuid NOT NULL REFERENCES coop (id),
    version bigint NOT NULL CONSTRAINT revenue_rule_version_is_positive CHECK (version >= 1),
    rule_hash bytea NOT NULL CONSTRAINT revenue_rule_hash_has_32_bytes CHECK (octet_length(rule_hash) = 32),
    supersedes bytea,
    currency text NOT NULL CONSTRAINT revenue_rule_currency_is_plain CHECK (currency ~ '^[A-Z]{3}$'),
    effective_at timestamptz NOT NULL,
    proposal_id uuid NOT NULL,
    content jsonb NOT NULL,
    adopted_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, version),
    CONSTRAINT revenue_rule_hash_is_of_one_version UNIQUE (coop_id, rule_hash),
    CONSTRAINT revenue_rule_supersedes_one_of_this_co_op FOREIGN KEY (coop_id, supersedes) REFERENCES revenue_rule (coop_id, rule_hash),
    CONSTRAINT revenue_rule_is_superseded_once UNIQUE (coop_id, supersedes),
    CONSTRAINT revenue_rule_is_adopted_by_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT revenue_rule_first_supersedes_none CHECK ((version = 1) = (supersedes IS NULL)),
    CONSTRAINT revenue_rule_is_what_its_content_says CHECK (
        (content ->> 'version')::bigint = version AND content ->> 'currency' = currency)
);
COMMENT ON TABLE revenue_rule IS 'Revenue rules, by decision of the members. The highest version whose time has come is in force. Rows are never changed.';
COMMENT ON COLUMN revenue_rule.coop_id IS 'The co-op.';
COMMENT ON COLUMN revenue_rule.version IS 'From 1.';
COMMENT ON COLUMN revenue_rule.rule_hash IS 'The struct hash of its RevenueRuleV1 without a salt: what the proposal bound before anybody voted.';
COMMENT ON COLUMN revenue_rule.supersedes IS 'The hash of the version before; NULL for the first.';
COMMENT ON COLUMN revenue_rule.currency IS 'The currency that it shares.';
COMMENT ON COLUMN revenue_rule.effective_at IS 'From when on it is in force: never before it was adopted, and never before the version it follows.';
COMMENT ON COLUMN revenue_rule.proposal_id IS 'The proposal that adopted it.';
COMMENT ON COLUMN revenue_rule.content IS 'The rule, as it was voted on.';
COMMENT ON COLUMN revenue_rule.adopted_at IS 'When the proposal was executed.';
COMMENT ON COLUMN revenue_rule.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX revenue_rule_of_proposal ON revenue_rule (coop_id, proposal_id);

ALTER TABLE revenue_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE revenue_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY revenue_rule_of_this_coop ON revenue_rule
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER revenue_rule_only_grows BEFORE UPDATE OR DELETE ON revenue_rule FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER revenue_rule_is_never_emptied BEFORE TRUNCATE ON revenue_rule FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE revenue_rule ENABLE ALWAYS TRIGGER revenue_rule_only_grows;
ALTER TABLE revenue_rule ENABLE ALWAYS TRIGGER revenue_rule_is_never_emptied;
GRANT SELECT, INSERT ON revenue_rule TO rochdale_app;
