DROP TRIGGER payment_attempt_is_as_the_chain_shows ON payment_attempt;
DROP FUNCTION check_claimed_attempt();
CREATE OR REPLACE FUNCTION check_payment_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.closed_by IS NOT NULL OR to_jsonb(NEW) - '{closed_by,closed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{closed_by,closed_at,recorded_by}'::text[])
    THEN
        RAISE EXCEPTION 'a cycle is closed once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM payment WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
        AND NOT EXISTS (SELECT FROM payment_attempt AS paid WHERE paid.coop_id = NEW.coop_id AND paid.payment_id = payment.id
            AND paid.state = 'settled'))
        OR EXISTS (SELECT FROM payment
            JOIN journal_entry AS entry ON entry.coop_id = NEW.coop_id AND entry.reference = payment.id
            JOIN ledger_account AS account ON account.coop_id = NEW.coop_id AND account.id = entry.account_id
                AND account.path IN ('liabilities:payments:due', 'liabilities:payments:clearing')
            WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
            GROUP BY payment.id, account.id HAVING sum(entry.amount) <> 0)
    THEN
        RAISE EXCEPTION 'a cycle is closed once everything is paid and nothing is due or clearing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_closing_leaves_nothing';
    END IF;
    RETURN NEW;
END
$$;
ALTER TABLE payment_attempt DROP CONSTRAINT payment_attempt_is_of_a_claim, DROP CONSTRAINT payment_attempt_has_evidence,
    DROP CONSTRAINT payment_attempt_by_chain_has_its_claim, DROP CONSTRAINT payment_attempt_by_bank_has_its_file,
    DROP CONSTRAINT payment_attempt_rail_is_known, DROP COLUMN claim_address;
ALTER TABLE payment_attempt ADD CONSTRAINT payment_attempt_rail_is_known CHECK (rail IN ('bank', 'manual', 'carry')),
    ADD CONSTRAINT payment_attempt_by_bank_has_its_file CHECK ((rail = 'bank') = (file_id IS NOT NULL) AND (rail <> 'bank' OR payee_version IS NOT NULL)),
    ADD CONSTRAINT payment_attempt_has_evidence
        CHECK (state NOT IN ('accepted', 'rejected', 'returned') OR num_nonnulls(evidence_id, statement_id) >= 1);
COMMENT ON COLUMN payment_attempt.rail IS 'How: bank, by a file; manual, by hand; carry, given back to what the member is owed, for the next cycle.';
DROP TABLE claim_seen;
DROP FUNCTION check_claim_seen_change();
DROP TABLE claim;
DROP FUNCTION check_claims();
DROP TABLE claim_root;
DROP FUNCTION check_claim_root_change();
DROP FUNCTION check_claim_root();
ALTER TABLE payment_file DROP CONSTRAINT payment_file_asks_a_bank_or_a_distributor,
    DROP CONSTRAINT payment_file_is_claimed_from_a_distributor, DROP COLUMN distributor_id, ALTER COLUMN bank_account_id SET NOT NULL;
COMMENT ON COLUMN payment_file.bank_account_id IS 'The account that pays.';
ALTER TABLE payee DROP CONSTRAINT payee_rail_is_known, ADD CONSTRAINT payee_rail_is_known CHECK (rail IN ('bank', 'manual'));
COMMENT ON COLUMN payee.rail IS 'How: bank, to an account by a file of payments; manual, by hand.';
DROP TABLE distributor;
DROP FUNCTION check_distributor_change();
