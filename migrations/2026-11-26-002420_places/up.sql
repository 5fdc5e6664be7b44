-- What stands for one thing stands for nothing else: a transaction posts one cycle, an account of the books is at a bank or in a contract, and
-- a contract and token are claimed from for one co-op.

DROP INDEX payout_cycle_of_journal;
CREATE UNIQUE INDEX payout_cycle_is_posted_by_one_transaction ON payout_cycle (coop_id, journal_id);

CREATE FUNCTION check_place_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- So that two who add at once see each other.
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.ledger_account_id::text, 0));
    IF EXISTS (SELECT FROM bank_account AS bank WHERE bank.coop_id = NEW.coop_id AND bank.ledger_account_id = NEW.ledger_account_id)
        AND EXISTS (SELECT FROM distributor AS one WHERE one.coop_id = NEW.coop_id AND one.ledger_account_id = NEW.ledger_account_id)
    THEN
        RAISE EXCEPTION 'an account of the books is at a bank or in a contract'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_account_is_at_a_bank_or_in_a_contract';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_place_of_account() IS 'Refuses an account of the books that stands for an account of a bank and for a contract.';
CREATE TRIGGER bank_account_is_in_no_contract AFTER INSERT ON bank_account FOR EACH ROW EXECUTE FUNCTION check_place_of_account();
CREATE TRIGGER distributor_is_at_no_bank AFTER INSERT ON distributor FOR EACH ROW EXECUTE FUNCTION check_place_of_account();
ALTER TABLE bank_account ENABLE ALWAYS TRIGGER bank_account_is_in_no_contract;
ALTER TABLE distributor ENABLE ALWAYS TRIGGER distributor_is_at_no_bank;

CREATE TABLE distributor_place (
    chain_id bigint NOT NULL,
    contract bytea NOT NULL,
    token bytea NOT NULL,
    CONSTRAINT distributor_place_is_of_one_co_op PRIMARY KEY (chain_id, contract, token)
);
COMMENT ON TABLE distributor_place IS 'Contracts and tokens that a co-op of this server claims from, whichever: requests may add and not read.';
COMMENT ON COLUMN distributor_place.chain_id IS 'The chain (EIP-155).';
COMMENT ON COLUMN distributor_place.contract IS 'The contract.';
COMMENT ON COLUMN distributor_place.token IS 'The token.';
INSERT INTO distributor_place SELECT DISTINCT chain_id, contract, token FROM distributor;

CREATE FUNCTION take_distributor_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO distributor_place (chain_id, contract, token) VALUES (NEW.chain_id, NEW.contract, NEW.token);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION take_distributor_place() IS 'Takes the place of a distributor, which no other co-op can take then.';
CREATE TRIGGER distributor_takes_its_place AFTER INSERT ON distributor FOR EACH ROW EXECUTE FUNCTION take_distributor_place();
ALTER TABLE distributor ENABLE ALWAYS TRIGGER distributor_takes_its_place;
GRANT INSERT ON distributor_place TO rochdale_app;
