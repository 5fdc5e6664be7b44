-- Secrecy tiers: who may learn what of a ballot, and when.

ALTER TABLE proposal
    DROP CONSTRAINT proposal_secrecy_is_open,
    ADD CONSTRAINT proposal_secrecy_is_known CHECK (secrecy BETWEEN 0 AND 2);
COMMENT ON COLUMN proposal.secrecy IS '0: open ballots. 1: ballots under pseudonyms. 2: sealed until the count is published.';
GRANT UPDATE (secrecy) ON proposal TO rochdale_app;

CREATE FUNCTION check_secrecy_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('draft', 'admission', 'discussion') AND NEW.secrecy <> OLD.secrecy THEN
        RAISE EXCEPTION 'how secret ballots are never changes once voting opened' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_secrecy_change() IS 'Refuses another tier of secrecy once voting opened.';
CREATE TRIGGER proposal_secrecy_is_frozen BEFORE UPDATE ON proposal
    FOR EACH ROW EXECUTE FUNCTION check_secrecy_change();

ALTER TABLE roll_entry ADD COLUMN pseudonym uuid;
COMMENT ON COLUMN roll_entry.pseudonym IS 'Under which name roll and ballots are published, made at random for this proposal; NULL where they bear the member''s id.';
CREATE UNIQUE INDEX roll_entry_has_one_pseudonym ON roll_entry (coop_id, proposal_id, pseudonym) WHERE pseudonym IS NOT NULL;

ALTER TABLE tally ADD COLUMN exposures jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT tally_exposures_are_a_list CHECK (jsonb_typeof(exposures) = 'array');
COMMENT ON COLUMN tally.exposures IS 'What the published count lets be found out of single members although its tier hides it.';
