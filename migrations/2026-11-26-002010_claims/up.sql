-- Payments by claim on a chain: the contracts from which members claim, the roots that promise them what cycles pay, and what they claimed.
--
-- A root is a file of payments like one for a bank: prepared by the treasurer, released by somebody else. What it promises stands here before
-- anybody submits it, and never falls. The program follows what final blocks show, and signs nothing.

CREATE TABLE distributor (
    coop_id uuid NOT NULL REFERENCES coop (id),
    ledger_account_id uuid NOT NULL,
    chain_id bigint NOT NULL CONSTRAINT distributor_chain_is_positive CHECK (chain_id > 0),
    contract bytea NOT NULL CONSTRAINT distributor_contract_is_an_address CHECK (octet_length(contract) = 20),
    token bytea NOT NULL CONSTRAINT distributor_token_is_an_address CHECK (octet_length(token) = 20),
    digits smallint NOT NULL CONSTRAINT distributor_digits_are_few CHECK (digits BETWEEN 0 AND 18),
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    block_number bigint NOT NULL CONSTRAINT distributor_block_is_not_negative CHECK (block_number >= 0),
    held bigint NOT NULL CONSTRAINT distributor_holds_something_or_nothing CHECK (held >= 0),
    promised bigint NOT NULL CONSTRAINT distributor_promises_something_or_nothing CHECK (promised >= 0),
    claimed bigint NOT NULL CONSTRAINT distributor_pays_no_more_than_it_promised CHECK (claimed BETWEEN 0 AND promised),
    seen_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, ledger_account_id),
    CONSTRAINT distributor_is_one_for_each_token UNIQUE (coop_id, chain_id, contract, token),
    CONSTRAINT distributor_is_in_the_books FOREIGN KEY (coop_id, ledger_account_id) REFERENCES ledger_account (coop_id, id),
    CONSTRAINT distributor_is_added_by_a_member FOREIGN KEY (coop_id, added_by) REFERENCES member (coop_id, id)
);
CREATE INDEX distributor_of_adder ON distributor (coop_id, added_by);
COMMENT ON TABLE distributor IS 'Which contract an account of the books stands for: what it holds of a token that stands for the currency, one for one.';
COMMENT ON COLUMN distributor.coop_id IS 'The co-op.';
COMMENT ON COLUMN distributor.ledger_account_id IS 'The account of the books.';
COMMENT ON COLUMN distributor.chain_id IS 'The chain (EIP-155).';
COMMENT ON COLUMN distributor.contract IS 'The contract, a RochdaleDistributor.';
COMMENT ON COLUMN distributor.token IS 'The token (ERC-20).';
COMMENT ON COLUMN distributor.digits IS 'The decimal places of the token, as it says itself.';
COMMENT ON COLUMN distributor.added_by IS 'Who added it.';
COMMENT ON COLUMN distributor.added_at IS 'When.';
COMMENT ON COLUMN distributor.block_number IS 'The final block up to which the chain was followed.';
COMMENT ON COLUMN distributor.held IS 'What the contract held then, in units of 10^-8, rounded down.';
COMMENT ON COLUMN distributor.promised IS 'What all claims of the active root came to then, since the beginning, in units of 10^-8.';
COMMENT ON COLUMN distributor.claimed IS 'What of it was claimed then.';
COMMENT ON COLUMN distributor.seen_at IS 'When that block was looked at.';
COMMENT ON COLUMN distributor.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_distributor_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{block_number,held,promised,claimed,seen_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{block_number,held,promised,claimed,seen_at,recorded_by}'::text[]
        OR NEW.block_number < OLD.block_number OR NEW.promised < OLD.promised OR NEW.claimed < OLD.claimed
    THEN
        RAISE EXCEPTION 'a distributor is followed forwards, and is else what it was' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_distributor_change() IS 'Lets a distributor be followed, and refuses every other change.';
CREATE TRIGGER distributor_only_goes_on BEFORE UPDATE ON distributor FOR EACH ROW EXECUTE FUNCTION check_distributor_change();

ALTER TABLE payee DROP CONSTRAINT payee_rail_is_known,
    ADD CONSTRAINT payee_rail_is_known CHECK (rail IN ('bank', 'manual', 'chain'));
COMMENT ON COLUMN payee.rail IS 'How: bank, to an account by a file of payments; manual, by hand; chain, to a wallet that claims.';

ALTER TABLE payment_file ALTER COLUMN bank_account_id DROP NOT NULL, ADD COLUMN distributor_id uuid,
    ADD CONSTRAINT payment_file_is_claimed_from_a_distributor FOREIGN KEY (coop_id, distributor_id)
        REFERENCES distributor (coop_id, ledger_account_id),
    ADD CONSTRAINT payment_file_asks_a_bank_or_a_distributor CHECK (num_nonnulls(bank_account_id, distributor_id) = 1);
CREATE INDEX payment_file_of_distributor ON payment_file (coop_id, distributor_id);
COMMENT ON COLUMN payment_file.bank_account_id IS 'The account that pays; NULL for a list of claims.';
COMMENT ON COLUMN payment_file.distributor_id IS 'The distributor that members claim from; NULL for a file for a bank.';

CREATE TABLE claim_root (
    coop_id uuid NOT NULL REFERENCES coop (id),
    file_id uuid NOT NULL,
    distributor_id uuid NOT NULL,
    epoch bigint CONSTRAINT claim_root_epoch_counts_from_one CHECK (epoch >= 1),
    root bytea NOT NULL CONSTRAINT claim_root_is_a_word CHECK (octet_length(root) = 32),
    accounts integer NOT NULL CONSTRAINT claim_root_is_of_somebody CHECK (accounts >= 1),
    total bigint NOT NULL CONSTRAINT claim_root_promises_something CHECK (total > 0),
    state text NOT NULL DEFAULT 'prepared' CONSTRAINT claim_root_state_is_known
        CHECK (state IN ('prepared', 'withdrawn', 'released', 'queued', 'active', 'vetoed')),
    queued_block bigint,
    ended_block bigint,
    contradiction text CONSTRAINT claim_root_contradiction_is_bounded CHECK (length(contradiction) BETWEEN 1 AND 200),
    changed_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, file_id),
    CONSTRAINT claim_root_is_of_one_epoch UNIQUE (coop_id, distributor_id, epoch),
    CONSTRAINT claim_root_is_a_file FOREIGN KEY (coop_id, file_id) REFERENCES payment_file (coop_id, id),
    CONSTRAINT claim_root_is_of_a_distributor FOREIGN KEY (coop_id, distributor_id) REFERENCES distributor (coop_id, ledger_account_id),
    CONSTRAINT claim_root_has_its_epoch_once_released CHECK ((epoch IS NULL) = (state IN ('prepared', 'withdrawn'))),
    CONSTRAINT claim_root_is_seen_in_a_block CHECK ((ended_block IS NOT NULL) = (state IN ('active', 'vetoed'))
        AND (queued_block IS NOT NULL OR state <> 'queued') AND (queued_block IS NULL OR epoch IS NOT NULL))
);
-- Each root is built on the active one, so nothing else comes between.
CREATE UNIQUE INDEX claim_root_is_alone ON claim_root (coop_id, distributor_id) WHERE state IN ('prepared', 'released', 'queued');
COMMENT ON TABLE claim_root IS 'Roots over what accounts may claim of a distributor since the beginning, each with a file of payments.';
COMMENT ON COLUMN claim_root.coop_id IS 'The co-op.';
COMMENT ON COLUMN claim_root.file_id IS 'The file: what the root pays that the one before did not.';
COMMENT ON COLUMN claim_root.distributor_id IS 'The distributor.';
COMMENT ON COLUMN claim_root.epoch IS 'Its number in the contract, from 1; NULL until it is released.';
COMMENT ON COLUMN claim_root.root IS 'The Merkle root over its claims.';
COMMENT ON COLUMN claim_root.accounts IS 'How many claims it has.';
COMMENT ON COLUMN claim_root.total IS 'What its claims come to, in units of 10^-8.';
COMMENT ON COLUMN claim_root.state IS 'Where it stands: prepared, withdrawn, released to be submitted; then as a final block shows it: queued, active, vetoed.';
COMMENT ON COLUMN claim_root.queued_block IS 'The first final block that was seen to show it queued; NULL where none was.';
COMMENT ON COLUMN claim_root.ended_block IS 'The final block that shows it active or vetoed.';
COMMENT ON COLUMN claim_root.contradiction IS 'Why the chain shows what cannot be so, and a person must look.';
COMMENT ON COLUMN claim_root.changed_at IS 'When it came to stand where it stands.';
COMMENT ON COLUMN claim_root.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE TABLE claim (
    coop_id uuid NOT NULL REFERENCES coop (id),
    file_id uuid NOT NULL,
    address bytea NOT NULL CONSTRAINT claim_address_is_one CHECK (octet_length(address) = 20),
    cumulative bigint NOT NULL CONSTRAINT claim_is_of_something CHECK (cumulative > 0),
    salt bytea NOT NULL CONSTRAINT claim_salt_is_a_word CHECK (octet_length(salt) = 32),
    PRIMARY KEY (coop_id, file_id, address),
    CONSTRAINT claim_is_of_a_root FOREIGN KEY (coop_id, file_id) REFERENCES claim_root (coop_id, file_id)
);
COMMENT ON TABLE claim IS 'What each account may claim by a root. A person who was erased keeps what was promised to the wallet, without a name.';
COMMENT ON COLUMN claim.coop_id IS 'The co-op.';
COMMENT ON COLUMN claim.file_id IS 'The file of the root.';
COMMENT ON COLUMN claim.address IS 'The account.';
COMMENT ON COLUMN claim.cumulative IS 'What it has earned since the beginning, in units of 10^-8.';
COMMENT ON COLUMN claim.salt IS 'What keeps others from finding the amount by guessing.';

CREATE FUNCTION check_claim_root() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    base uuid;
BEGIN
    IF NEW.total IS DISTINCT FROM (SELECT sum(cumulative) FROM claim WHERE claim.coop_id = NEW.coop_id AND claim.file_id = NEW.file_id) THEN
        RAISE EXCEPTION 'a root promises what its claims come to' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_is_what_its_claims_say';
    END IF;
    SELECT file_id INTO base FROM claim_root AS active WHERE active.coop_id = NEW.coop_id AND active.distributor_id = NEW.distributor_id
        AND active.state = 'active' ORDER BY epoch DESC LIMIT 1;
    -- Each account gets what it had and what the file pays to it, and nothing else.
    IF EXISTS (SELECT FROM (
            SELECT address, cumulative FROM claim WHERE claim.coop_id = NEW.coop_id AND claim.file_id = NEW.file_id
            UNION ALL
            SELECT address, -cumulative FROM claim WHERE claim.coop_id = NEW.coop_id AND claim.file_id = base
            UNION ALL
            SELECT claim_address, -amount FROM payment_attempt AS attempt WHERE attempt.coop_id = NEW.coop_id AND attempt.file_id = NEW.file_id
        ) AS one GROUP BY address HAVING sum(cumulative) <> 0)
    THEN
        RAISE EXCEPTION 'a root adds to the active one exactly what its file pays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_adds_what_its_file_pays';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_claim_root() IS 'Refuses a root that promises anything but what the active one did and its file pays.';
CREATE CONSTRAINT TRIGGER claim_root_adds_what_its_file_pays AFTER INSERT ON claim_root DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_claim_root();

CREATE FUNCTION check_claims() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM claim_root AS root WHERE (root.coop_id, root.file_id) IN (SELECT DISTINCT coop_id, file_id FROM fresh)
        AND root.accounts <> (SELECT count(*) FROM claim WHERE claim.coop_id = root.coop_id AND claim.file_id = root.file_id))
    THEN
        RAISE EXCEPTION 'the claims of a root come at once' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_comes_with_its_root';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_claims() IS 'Refuses claims that come to a root later.';
CREATE TRIGGER claim_comes_with_its_root AFTER INSERT ON claim REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION check_claims();

CREATE FUNCTION check_claim_root_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{epoch,state,queued_block,ended_block,contradiction,changed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{epoch,state,queued_block,ended_block,contradiction,changed_at,recorded_by}'::text[]
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('prepared', 'withdrawn'), ('prepared', 'released'), ('released', 'queued'),
            ('released', 'active'), ('released', 'vetoed'), ('queued', 'active'), ('queued', 'vetoed')))
        OR (OLD.epoch IS NOT NULL AND NEW.epoch <> OLD.epoch)
    THEN
        RAISE EXCEPTION 'a root goes on and never back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.epoch IS NULL AND NEW.epoch <> 1 + (SELECT coalesce(max(former.epoch), 0) FROM claim_root AS former
        WHERE former.coop_id = NEW.coop_id AND former.distributor_id = NEW.distributor_id)
    THEN
        RAISE EXCEPTION 'the epochs of a distributor follow each other' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_root_follows_the_last';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_claim_root_change() IS 'Lets a root go on, and refuses every other change.';
CREATE TRIGGER claim_root_only_goes_on BEFORE UPDATE ON claim_root FOR EACH ROW EXECUTE FUNCTION check_claim_root_change();

CREATE TABLE claim_seen (
    coop_id uuid NOT NULL REFERENCES coop (id),
    distributor_id uuid NOT NULL,
    address bytea NOT NULL CONSTRAINT claim_seen_address_is_one CHECK (octet_length(address) = 20),
    claimed bigint NOT NULL CONSTRAINT claim_seen_is_something CHECK (claimed > 0),
    block_number bigint NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, distributor_id, address),
    CONSTRAINT claim_seen_is_of_a_distributor FOREIGN KEY (coop_id, distributor_id) REFERENCES distributor (coop_id, ledger_account_id)
);
COMMENT ON TABLE claim_seen IS 'What accounts have claimed of a distributor since the beginning, as a final block shows it.';
COMMENT ON COLUMN claim_seen.coop_id IS 'The co-op.';
COMMENT ON COLUMN claim_seen.distributor_id IS 'The distributor.';
COMMENT ON COLUMN claim_seen.address IS 'The account.';
COMMENT ON COLUMN claim_seen.claimed IS 'How much, in units of 10^-8.';
COMMENT ON COLUMN claim_seen.block_number IS 'The block.';
COMMENT ON COLUMN claim_seen.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE FUNCTION check_claim_seen_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{claimed,block_number,recorded_by}'::text[] <> to_jsonb(OLD) - '{claimed,block_number,recorded_by}'::text[]
        OR NEW.claimed < OLD.claimed OR NEW.block_number < OLD.block_number
    THEN
        RAISE EXCEPTION 'what was claimed never falls' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_claim_seen_change() IS 'Lets what was claimed grow, and refuses every other change.';
CREATE TRIGGER claim_seen_never_falls BEFORE UPDATE ON claim_seen FOR EACH ROW EXECUTE FUNCTION check_claim_seen_change();

ALTER TABLE payment_attempt ADD COLUMN claim_address bytea,
    DROP CONSTRAINT payment_attempt_rail_is_known, DROP CONSTRAINT payment_attempt_by_bank_has_its_file, DROP CONSTRAINT payment_attempt_has_evidence,
    ADD CONSTRAINT payment_attempt_rail_is_known CHECK (rail IN ('bank', 'manual', 'carry', 'chain')),
    ADD CONSTRAINT payment_attempt_by_bank_has_its_file CHECK ((rail IN ('bank', 'chain')) = (file_id IS NOT NULL)
        AND (file_id IS NULL OR payee_version IS NOT NULL)),
    ADD CONSTRAINT payment_attempt_by_chain_has_its_claim CHECK ((rail = 'chain') = (claim_address IS NOT NULL)),
    -- Of a claim the chain is the evidence: payment_attempt_is_as_the_chain_shows.
    ADD CONSTRAINT payment_attempt_has_evidence
        CHECK (state NOT IN ('accepted', 'rejected', 'returned') OR num_nonnulls(evidence_id, statement_id) >= 1 OR rail = 'chain'),
    ADD CONSTRAINT payment_attempt_is_of_a_claim FOREIGN KEY (coop_id, file_id, claim_address) REFERENCES claim (coop_id, file_id, address);
CREATE INDEX payment_attempt_of_claim ON payment_attempt (coop_id, file_id, claim_address);
COMMENT ON COLUMN payment_attempt.rail IS 'How: bank, by a file; manual, by hand; carry, given back to what the member is owed, for the next cycle; chain, by claim.';
COMMENT ON COLUMN payment_attempt.claim_address IS 'The account that claims it; NULL on other rails.';

CREATE FUNCTION check_claimed_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM claim_root AS root
        JOIN payment_file AS file ON file.coop_id = NEW.coop_id AND file.id = NEW.file_id
        JOIN claim ON claim.coop_id = NEW.coop_id AND claim.file_id = NEW.file_id AND claim.address = NEW.claim_address
        LEFT JOIN claim_seen AS seen ON seen.coop_id = NEW.coop_id AND seen.distributor_id = root.distributor_id
            AND seen.address = NEW.claim_address
        WHERE root.coop_id = NEW.coop_id AND root.file_id = NEW.file_id AND CASE NEW.state
            WHEN 'submitted' THEN root.state = 'released' AND file.state = 'released'
            WHEN 'withdrawn' THEN root.state = 'withdrawn'
            WHEN 'accepted' THEN root.state = 'active'
            WHEN 'rejected' THEN root.state = 'vetoed'
            WHEN 'settled' THEN root.state = 'active' AND OLD.state = 'accepted' AND seen.claimed >= claim.cumulative
            ELSE false END)
    THEN
        RAISE EXCEPTION 'a claim stands as the chain shows it' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_attempt_is_as_the_chain_shows';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION check_claimed_attempt() IS 'Refuses that a try by claim stands elsewhere than its root and what was claimed.';
CREATE TRIGGER payment_attempt_is_as_the_chain_shows BEFORE UPDATE ON payment_attempt FOR EACH ROW WHEN (NEW.rail = 'chain')
    EXECUTE FUNCTION check_claimed_attempt();
ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_is_as_the_chain_shows;

-- What a member may claim and did not yet stays owed, and does not keep a cycle open.
CREATE OR REPLACE FUNCTION check_payment_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.closed_by IS NOT NULL OR to_jsonb(NEW) - '{closed_by,closed_at,recorded_by}'::text[]
        <> to_jsonb(OLD) - '{closed_by,closed_at,recorded_by}'::text[])
    THEN
        RAISE EXCEPTION 'a cycle is closed once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM payment WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
        AND NOT EXISTS (SELECT FROM payment_attempt AS paid WHERE paid.coop_id = NEW.coop_id AND paid.payment_id = payment.id
            AND (paid.state = 'settled' OR (paid.rail = 'chain' AND paid.state = 'accepted'))))
        OR EXISTS (SELECT FROM payment
            JOIN journal_entry AS entry ON entry.coop_id = NEW.coop_id AND entry.reference = payment.id
            JOIN ledger_account AS account ON account.coop_id = NEW.coop_id AND account.id = entry.account_id
                AND account.path IN ('liabilities:payments:due', 'liabilities:payments:clearing')
            WHERE payment.coop_id = NEW.coop_id AND payment.cycle_id = NEW.cycle_id
              AND NOT EXISTS (SELECT FROM payment_attempt AS claimable WHERE claimable.coop_id = NEW.coop_id
                  AND claimable.payment_id = payment.id AND claimable.rail = 'chain' AND claimable.state = 'accepted')
            GROUP BY payment.id, account.id HAVING sum(entry.amount) <> 0)
    THEN
        RAISE EXCEPTION 'a cycle is closed once everything is paid and nothing is due or clearing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_closing_leaves_nothing';
    END IF;
    RETURN NEW;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['distributor', 'claim_root', 'claim', 'claim_seen']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I
            USING (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))
            WITH CHECK (coop_id = (SELECT nullif(current_setting(''app.coop_id'', true), '''')::uuid))',
            name || '_of_this_coop', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_is_never_removed', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            name || '_is_never_emptied', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_removed');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_is_never_emptied');
    END LOOP;
END
$$;
CREATE TRIGGER claim_never_changes BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE claim ENABLE ALWAYS TRIGGER claim_never_changes;
ALTER TABLE claim ENABLE ALWAYS TRIGGER claim_comes_with_its_root;
ALTER TABLE distributor ENABLE ALWAYS TRIGGER distributor_only_goes_on;
ALTER TABLE claim_root ENABLE ALWAYS TRIGGER claim_root_adds_what_its_file_pays;
ALTER TABLE claim_root ENABLE ALWAYS TRIGGER claim_root_only_goes_on;
ALTER TABLE claim_seen ENABLE ALWAYS TRIGGER claim_seen_never_falls;

GRANT SELECT, INSERT ON distributor, claim_root, claim, claim_seen TO rochdale_app;
GRANT UPDATE (block_number, held, promised, claimed, seen_at, recorded_by) ON distributor TO rochdale_app;
GRANT UPDATE (epoch, state, queued_block, ended_block, contradiction, changed_at, recorded_by) ON claim_root TO rochdale_app;
GRANT UPDATE (claimed, block_number, recorded_by) ON claim_seen TO rochdale_app;
