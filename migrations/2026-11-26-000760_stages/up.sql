-- Decisions that pass several bodies: each stage is a proposal of its own, which follows the one before.

CREATE TABLE proposal_stage (
    coop_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    number smallint NOT NULL,
    stages smallint NOT NULL CONSTRAINT proposal_stage_is_one_of_a_few CHECK (stages BETWEEN 2 AND 4),
    body text NOT NULL CONSTRAINT proposal_stage_body_is_named CHECK (length(body) BETWEEN 1 AND 80),
    former_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, proposal_id),
    CONSTRAINT proposal_stage_is_of_a_proposal FOREIGN KEY (coop_id, proposal_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_stage_follows_a_proposal FOREIGN KEY (coop_id, former_id) REFERENCES proposal (coop_id, id),
    CONSTRAINT proposal_stage_is_followed_once UNIQUE (coop_id, former_id),
    CONSTRAINT proposal_stage_number_is_in_range CHECK (number BETWEEN 1 AND stages),
    CONSTRAINT proposal_stage_follows_unless_it_is_the_first CHECK ((number = 1) = (former_id IS NULL))
);
COMMENT ON TABLE proposal_stage IS 'Which stage of a decision a proposal is, where the bylaws name several. Rows are never changed.';
COMMENT ON COLUMN proposal_stage.coop_id IS 'The co-op.';
COMMENT ON COLUMN proposal_stage.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_stage.number IS 'Which stage, from 1.';
COMMENT ON COLUMN proposal_stage.stages IS 'How many stages the decision has.';
COMMENT ON COLUMN proposal_stage.body IS 'Who votes: members, class:NAME or office:NAME.';
COMMENT ON COLUMN proposal_stage.former_id IS 'The proposal of the stage before, which was carried; none in the first.';
COMMENT ON COLUMN proposal_stage.at IS 'Since when.';
COMMENT ON COLUMN proposal_stage.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_stage_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.former_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM proposal_stage AS former JOIN proposal ON proposal.coop_id = former.coop_id AND proposal.id = former.proposal_id
        WHERE former.coop_id = NEW.coop_id AND former.proposal_id = NEW.former_id AND former.number = NEW.number - 1
            AND former.stages = NEW.stages AND proposal.state = 'passed')
    THEN
        RAISE EXCEPTION 'a stage follows the one before once that is carried' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_stage_follows() IS 'Refuses a stage whose former one was not carried.';
CREATE TRIGGER proposal_stage_follows BEFORE INSERT ON proposal_stage FOR EACH ROW EXECUTE FUNCTION check_stage_follows();

CREATE FUNCTION check_stage_keeps_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM proposal_stage WHERE coop_id = NEW.coop_id AND proposal_id = NEW.id AND number > 1) THEN
        RAISE EXCEPTION 'what one body carried goes to the next unchanged' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_stage_keeps_texts() IS 'Refuses to change what the stage before carried.';
CREATE TRIGGER proposal_stage_keeps_texts BEFORE UPDATE ON proposal FOR EACH ROW
    WHEN ((OLD.title, OLD.body, OLD.options, OLD.rule, OLD.actions, OLD.secrecy)
        IS DISTINCT FROM (NEW.title, NEW.body, NEW.options, NEW.rule, NEW.actions, NEW.secrecy))
    EXECUTE FUNCTION check_stage_keeps_texts();

ALTER TABLE proposal_stage ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposal_stage FORCE ROW LEVEL SECURITY;
CREATE POLICY proposal_stage_of_this_coop ON proposal_stage
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER proposal_stage_only_grows BEFORE UPDATE OR DELETE ON proposal_stage FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proposal_stage_is_never_emptied BEFORE TRUNCATE ON proposal_stage FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE proposal_stage ENABLE ALWAYS TRIGGER proposal_stage_only_grows;
ALTER TABLE proposal_stage ENABLE ALWAYS TRIGGER proposal_stage_is_never_emptied;
GRANT SELECT, INSERT ON proposal_stage TO rochdale_app;
