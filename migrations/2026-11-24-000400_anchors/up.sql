-- Anchors on their way to the chain, and everything that was tried for each. A row is written before anything is sent, so a
-- crash at any point loses nothing: the row and the chain together tell what to do next.

CREATE TABLE anchor_batch (
    coop_id uuid NOT NULL REFERENCES coop (id),
    seq bigint NOT NULL CONSTRAINT anchor_batch_seq_is_not_negative CHECK (seq >= 0),
    size bigint NOT NULL CONSTRAINT anchor_batch_size_is_not_negative CHECK (size >= 0),
    prev bytea NOT NULL CONSTRAINT anchor_batch_prev_is_a_word CHECK (octet_length(prev) = 32),
    root bytea NOT NULL CONSTRAINT anchor_batch_root_is_a_word CHECK (octet_length(root) = 32),
    expected bytea NOT NULL CONSTRAINT anchor_batch_expected_is_a_word CHECK (octet_length(expected) = 32),
    chain_id bigint NOT NULL CONSTRAINT anchor_batch_chain_is_positive CHECK (chain_id > 0),
    contract bytea NOT NULL CONSTRAINT anchor_batch_contract_is_an_address CHECK (octet_length(contract) = 20),
    namespace bytea NOT NULL CONSTRAINT anchor_batch_namespace_is_a_word CHECK (octet_length(namespace) = 32),
    poster bytea NOT NULL CONSTRAINT anchor_batch_poster_is_an_address CHECK (octet_length(poster) = 20),
    admin bytea NOT NULL CONSTRAINT anchor_batch_admin_is_an_address CHECK (octet_length(admin) = 20),
    state text NOT NULL DEFAULT 'sealed',
    block_number bigint,
    block_hash bytea CONSTRAINT anchor_batch_block_hash_is_a_word CHECK (octet_length(block_hash) = 32),
    halt_reason text,
    current_nonce bigint CONSTRAINT anchor_batch_nonce_is_not_negative CHECK (current_nonce >= 0),
    reverts integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    sealed_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, seq),
    CONSTRAINT anchor_batch_state_is_known CHECK (state IN (
        'sealed', 'assigned', 'signed', 'broadcast', 'waiting_for_fee', 'waiting_for_funds',
        'mined', 'safe', 'final', 'halted')),
    CONSTRAINT anchor_batch_names_its_block CHECK (
        (state IN ('mined', 'safe', 'final')) = (block_number IS NOT NULL AND block_hash IS NOT NULL)),
    CONSTRAINT anchor_batch_names_why_it_halted CHECK ((state = 'halted') = (halt_reason IS NOT NULL))
);

COMMENT ON TABLE anchor_batch IS 'One anchor of a co-op, or with seq 0 the opening of its namespace, on its way to the chain.';
COMMENT ON COLUMN anchor_batch.coop_id IS 'The co-op.';
COMMENT ON COLUMN anchor_batch.seq IS 'The number of the anchor, from 1; 0 opens the namespace.';
COMMENT ON COLUMN anchor_batch.size IS 'How many records it covers, from the beginning of the co-op.';
COMMENT ON COLUMN anchor_batch.prev IS 'The link of the anchor before it; zero for the first.';
COMMENT ON COLUMN anchor_batch.root IS 'The root over the records covered; for an opening the salt, which is the co-op as a word.';
COMMENT ON COLUMN anchor_batch.expected IS 'What the contract must answer once it is done: the link, or for an opening the hash of both roles.';
COMMENT ON COLUMN anchor_batch.chain_id IS 'The chain (EIP-155).';
COMMENT ON COLUMN anchor_batch.contract IS 'The address of the anchor contract.';
COMMENT ON COLUMN anchor_batch.namespace IS 'The namespace of the co-op in the contract.';
COMMENT ON COLUMN anchor_batch.poster IS 'The account that sends it.';
COMMENT ON COLUMN anchor_batch.admin IS 'The account that an opening names as admin.';
COMMENT ON COLUMN anchor_batch.state IS 'Where it stands; ARCHITECTURE.md draws the states.';
COMMENT ON COLUMN anchor_batch.block_number IS 'The height of the block in which the contract was seen to hold it.';
COMMENT ON COLUMN anchor_batch.block_hash IS 'The hash of that block.';
COMMENT ON COLUMN anchor_batch.halt_reason IS 'Why a person must look.';
COMMENT ON COLUMN anchor_batch.current_nonce IS 'The transaction number being worked on.';
COMMENT ON COLUMN anchor_batch.reverts IS 'How often the contract refused a mined transaction of it.';
COMMENT ON COLUMN anchor_batch.version IS 'Rises with each change; a change names the version it read and fails if another was faster.';
COMMENT ON COLUMN anchor_batch.sealed_at IS 'When its contents were fixed.';
COMMENT ON COLUMN anchor_batch.changed_at IS 'When its state last changed.';
COMMENT ON COLUMN anchor_batch.recorded_by IS 'The name of the transaction that wrote the row.';

CREATE INDEX anchor_batch_open ON anchor_batch (coop_id, seq) WHERE state <> 'final';

CREATE TABLE anchor_tx (
    coop_id uuid NOT NULL,
    seq bigint NOT NULL,
    nonce bigint NOT NULL CONSTRAINT anchor_tx_nonce_is_not_negative CHECK (nonce >= 0),
    place integer NOT NULL CONSTRAINT anchor_tx_place_is_not_negative CHECK (place >= 0),
    gas bigint NOT NULL CONSTRAINT anchor_tx_gas_is_positive CHECK (gas > 0),
    assigned_at_block bigint NOT NULL,
    PRIMARY KEY (coop_id, seq, nonce),
    CONSTRAINT anchor_tx_one_in_each_place UNIQUE (coop_id, seq, place),
    CONSTRAINT anchor_tx_belongs_to_a_batch FOREIGN KEY (coop_id, seq) REFERENCES anchor_batch (coop_id, seq)
);

COMMENT ON TABLE anchor_tx IS 'A transaction number taken for a batch. Given up ones stay: should the number become free again, the same bytes go out again.';
COMMENT ON COLUMN anchor_tx.coop_id IS 'The co-op.';
COMMENT ON COLUMN anchor_tx.seq IS 'The batch.';
COMMENT ON COLUMN anchor_tx.nonce IS 'The transaction number of the sending account.';
COMMENT ON COLUMN anchor_tx.place IS 'The order in which the numbers were first taken, from 0.';
COMMENT ON COLUMN anchor_tx.gas IS 'The most gas; fixed here for every attempt.';
COMMENT ON COLUMN anchor_tx.assigned_at_block IS 'The newest block when the number was last taken.';

CREATE TABLE anchor_attempt (
    coop_id uuid NOT NULL,
    seq bigint NOT NULL,
    nonce bigint NOT NULL,
    place integer NOT NULL CONSTRAINT anchor_attempt_place_is_not_negative CHECK (place >= 0),
    raw bytea NOT NULL CONSTRAINT anchor_attempt_raw_is_bounded CHECK (octet_length(raw) BETWEEN 1 AND 131072),
    hash bytea NOT NULL CONSTRAINT anchor_attempt_hash_is_a_word CHECK (octet_length(hash) = 32),
    max_fee bigint NOT NULL CONSTRAINT anchor_attempt_fee_is_not_negative CHECK (max_fee >= 0),
    tip bigint NOT NULL CONSTRAINT anchor_attempt_tip_is_part_of_the_fee CHECK (tip BETWEEN 0 AND max_fee),
    first_sent_block bigint,
    last_sent_block bigint,
    outcome text,
    outcome_text text NOT NULL DEFAULT '',
    PRIMARY KEY (coop_id, seq, nonce, place),
    CONSTRAINT anchor_attempt_hash_is_new UNIQUE (coop_id, hash),
    CONSTRAINT anchor_attempt_belongs_to_a_tx FOREIGN KEY (coop_id, seq, nonce) REFERENCES anchor_tx (coop_id, seq, nonce)
);

COMMENT ON TABLE anchor_attempt IS 'One signed version of a transaction, written before it is sent. Versions differ in fees alone.';
COMMENT ON COLUMN anchor_attempt.coop_id IS 'The co-op.';
COMMENT ON COLUMN anchor_attempt.seq IS 'The batch.';
COMMENT ON COLUMN anchor_attempt.nonce IS 'The transaction number.';
COMMENT ON COLUMN anchor_attempt.place IS 'The order in which the versions were signed, from 0.';
COMMENT ON COLUMN anchor_attempt.raw IS 'The signed bytes, as they go to the node.';
COMMENT ON COLUMN anchor_attempt.hash IS 'Their hash.';
COMMENT ON COLUMN anchor_attempt.max_fee IS 'The most offered for a unit of gas, in wei.';
COMMENT ON COLUMN anchor_attempt.tip IS 'Of which for whoever makes the block, in wei.';
COMMENT ON COLUMN anchor_attempt.first_sent_block IS 'The newest block when it was first sent.';
COMMENT ON COLUMN anchor_attempt.last_sent_block IS 'The newest block when it was last sent.';
COMMENT ON COLUMN anchor_attempt.outcome IS 'What the node said last.';
COMMENT ON COLUMN anchor_attempt.outcome_text IS 'The words of the node where they fit nothing known.';

-- A plain table on the coordinator, like the jobs: who may work for an account now, and for which co-op the account works. An
-- account brings one batch at a time to its end, so its transaction numbers can never have a hole.
CREATE TABLE anchor_lease (
    chain_id bigint NOT NULL,
    poster bytea NOT NULL CONSTRAINT anchor_lease_poster_is_an_address CHECK (octet_length(poster) = 20),
    epoch bigint NOT NULL DEFAULT 0,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    turn_coop_id uuid,
    PRIMARY KEY (chain_id, poster)
);

COMMENT ON TABLE anchor_lease IS 'Which server works for an account, and for which co-op the account works.';
COMMENT ON COLUMN anchor_lease.chain_id IS 'The chain (EIP-155).';
COMMENT ON COLUMN anchor_lease.poster IS 'The account.';
COMMENT ON COLUMN anchor_lease.epoch IS 'Rises each time the lease is taken; a holder that was paused finds another number and stops.';
COMMENT ON COLUMN anchor_lease.held_until IS 'Until when nobody else may take it.';
COMMENT ON COLUMN anchor_lease.turn_coop_id IS 'The co-op whose batch the account is bringing on chain.';

ALTER TABLE anchor_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE anchor_batch FORCE ROW LEVEL SECURITY;
CREATE POLICY anchor_batch_of_this_coop ON anchor_batch
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

ALTER TABLE anchor_tx ENABLE ROW LEVEL SECURITY;
ALTER TABLE anchor_tx FORCE ROW LEVEL SECURITY;
CREATE POLICY anchor_tx_of_this_coop ON anchor_tx
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

ALTER TABLE anchor_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE anchor_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY anchor_attempt_of_this_coop ON anchor_attempt
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));

-- What was sealed and what was signed can never be changed by the server, only its progress.
GRANT SELECT, INSERT ON anchor_batch, anchor_tx, anchor_attempt TO rochdale_app;
GRANT UPDATE (state, block_number, block_hash, halt_reason, current_nonce, reverts, version, changed_at)
    ON anchor_batch TO rochdale_app;
GRANT UPDATE (assigned_at_block) ON anchor_tx TO rochdale_app;
GRANT UPDATE (first_sent_block, last_sent_block, outcome, outcome_text) ON anchor_attempt TO rochdale_app;
GRANT SELECT, INSERT, UPDATE ON anchor_lease TO rochdale_global;
