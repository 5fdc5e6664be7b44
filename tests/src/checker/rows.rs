//! Every row that the invariants speak of, read as the superuser in one snapshot.
//!
//! Rows come as JSON, one object each, so that a column that is missing or changed its kind is noticed at once.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use governance::action::Planned;
use governance::hash::Hash32;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio_postgres::GenericClient;
use uuid::Uuid;

/// Bytes as PostgreSQL writes them in JSON: `\x` and digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// The word they are; zero where they are none, which no hash is.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        Hash32::from_slice(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text
            .strip_prefix("\\x")
            .ok_or_else(|| serde::de::Error::custom("no bytes"))?;
        hex::decode(digits).map(Self).map_err(serde::de::Error::custom)
    }
}

macro_rules! rows {
    ($($(#[$doc:meta])* $table:ident as $name:ident { $($field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Deserialize)]
            #[expect(missing_docs, reason = "the comments of the columns say it")]
            pub struct $name { $(pub $field: $kind,)* }
        )*

        /// The rows of every table.
        #[derive(Debug, Clone, Default)]
        pub struct Rows { $($(#[$doc])* pub $table: Vec<$name>,)* }

        impl Rows {
            /// Reads them in the transaction the client is in.
            ///
            /// # Panics
            /// If the database refuses or a row is not of the expected form.
            pub async fn read(client: &impl GenericClient) -> Self {
                Self { $($table: table(client, stringify!($table)).await,)* }
            }
        }
    };
}

rows! {
    /// The co-ops.
    coop as Coop {
        id: Uuid, slug: String, name: String, namespace: Bytes, chain_id: Option<u64>, contract: Option<Bytes>,
        registrar: Option<Bytes>,
    }
    /// Their members.
    member as Member { coop_id: Uuid, id: Uuid, account_id: Option<Uuid>, class: String, status: String, }
    /// Their history.
    member_event as MemberEvent {
        coop_id: Uuid, id: Uuid, member_id: Uuid, kind: String, detail: String, reason: Option<String>,
        actor_id: Option<Uuid>,
    }
    /// Their keys.
    voting_key as VotingKey {
        coop_id: Uuid, id: Uuid, member_id: Uuid, kind: u8, public_key: Bytes, salt: Bytes, registered_sequence: i64,
    }
    /// Members' keys for the tools.
    access_key as AccessKey {
        coop_id: Uuid, id: Uuid, member_id: Uuid, revoked_at: Option<DateTime<Utc>>, replaces: Option<Uuid>,
    }
    /// The policies of use.
    access_policy as AccessPolicy {
        coop_id: Uuid, version: i64, effective_at: DateTime<Utc>, proposal_id: Uuid, content: Value,
    }
    /// The tools.
    access_upstream as AccessUpstream { coop_id: Uuid, id: Uuid, name: String, proposal_id: Uuid, }
    /// The models.
    access_model as AccessModel { coop_id: Uuid, name: String, proposal_id: Uuid, proved_at: Option<DateTime<Utc>>, }
    /// What is spent and held of each allowance.
    access_account as AccessAccount { coop_id: Uuid, id: Uuid, cap: i64, spent: i64, held: i64, }
    /// What calls set aside.
    access_hold as AccessHold {
        coop_id: Uuid, id: Uuid, accounts: Vec<Uuid>, units: i64, state: String, charged: Option<i64>, excess: Option<i64>,
    }
    /// What calls used.
    access_usage as AccessUsage {
        coop_id: Uuid, hold_id: Uuid, member_id: Uuid, model: String, at: DateTime<Utc>, input_tokens: Option<i64>,
        output_tokens: Option<i64>, charged: i64, policy_version: i64,
    }
    /// What all of them used, as it was told.
    access_total as AccessTotal {
        coop_id: Uuid, number: i64, model: String, first_day: NaiveDate, last_day: NaiveDate, days: i64, members: i64, calls: i64,
        input_tokens: i64, output_tokens: i64, charged: i64,
    }
    /// The days of these.
    access_total_day as AccessTotalDay { coop_id: Uuid, model: String, day: NaiveDate, number: i64, }
    /// What they owe for these in money.
    access_owed as AccessOwed {
        coop_id: Uuid, number: i64, currency: String, first_total: i64, last_total: i64, members: i64, minor: i64, journal_id: Option<Uuid>,
    }
    /// What each of them owes of it.
    access_owed_line as AccessOwedLine {
        coop_id: Uuid, number: i64, member_id: Uuid, carried: u64, parts: u64, minor: i64, carry: u64,
    }
    /// What strangers see of it.
    public_page as PublicPage {
        coop_id: Uuid, version: i64, is_public: bool, about: String, shown: Vec<String>, set_by: Uuid,
    }
    /// When it was halted.
    halt as Halt {
        coop_id: Uuid, reason: String, actor_id: Option<Uuid>, ended_by: Option<Uuid>, end_reason: Option<String>,
    }
    /// Accounts of their books.
    ledger_account as LedgerAccount { coop_id: Uuid, id: Uuid, path: String, currency: String, }
    /// Transactions of their books.
    journal as Journal {
        coop_id: Uuid, id: Uuid, number: i64, kind: String, reverses: Option<Uuid>, digest: Bytes, actor_id: Option<Uuid>,
        debits: Vec<i64>, currencies: Vec<String>,
    }
    /// The rules by which they share revenue.
    revenue_rule as RevenueRule {
        coop_id: Uuid, version: i64, rule_hash: Bytes, supersedes: Option<Bytes>, effective_at: DateTime<Utc>, proposal_id: Uuid,
        content: Value,
    }
    /// What members decided about money.
    money_terms as MoneyTermsOf {
        coop_id: Uuid, version: i64, terms_hash: Bytes, supersedes: Option<Bytes>, proposal_id: Uuid, content: Value,
    }
    /// How shares moved.
    share_movement as ShareMovement {
        coop_id: Uuid, id: Uuid, member_id: Uuid, kind: String, shares: i64, amount: i64, journal_id: Uuid, actor_id: Uuid,
    }
    /// What was issued.
    money_document as MoneyDocument {
        coop_id: Uuid, id: Uuid, kind: String, digest: Bytes, journal_id: Uuid, actor_id: Uuid,
    }
    /// What came in.
    incoming_payment as IncomingPayment {
        coop_id: Uuid, id: Uuid, member_id: Option<Uuid>, amount: i64, journal_id: Uuid, actor_id: Uuid,
    }
    /// What suppliers ask for.
    bill as Bill {
        coop_id: Uuid, id: Uuid, digest: Bytes, state: String, approvals_needed: i64, prepared_by: Uuid, journal_id: Option<Uuid>,
        payment_journal_id: Option<Uuid>, paid_by: Option<Uuid>, cancelled_by: Option<Uuid>, cancel_reason: Option<String>,
    }
    /// Who approved it.
    bill_approval as BillApproval { coop_id: Uuid, bill_id: Uuid, member_id: Uuid, digest: Bytes, }
    /// The years that are closed.
    year_close as YearClose { coop_id: Uuid, year: i64, digest: Bytes, journal_id: Option<Uuid>, closed_by: Uuid, }
    /// The interest on them.
    share_interest as ShareInterest { coop_id: Uuid, year: i64, total: i64, journal_id: Uuid, actor_id: Uuid, }
    /// What members contributed.
    contribution_snapshot as ContributionSnapshot {
        coop_id: Uuid, id: Uuid, metric: String, digest: Bytes, submitted_by: Uuid, replaces: Option<Uuid>,
    }
    /// Their records.
    contribution_record as ContributionRecord { coop_id: Uuid, snapshot_id: Uuid, record_hash: Bytes, }
    /// Who signed those.
    contribution_signature as ContributionSignature { coop_id: Uuid, snapshot_id: Uuid, key_id: Uuid, signature: Bytes, }
    /// Who disputes that.
    contribution_dispute as ContributionDispute { coop_id: Uuid, snapshot_id: Uuid, member_id: Uuid, reason: String, }
    /// What became of it.
    contribution_ruling as ContributionRuling {
        coop_id: Uuid, snapshot_id: Uuid, member_id: Uuid, is_upheld: bool, reason: String, ruled_by: Uuid,
    }
    /// Which tax profiles members have.
    member_tax_profile as MemberTaxProfile { coop_id: Uuid, member_id: Uuid, number: i64, set_by: Uuid, }
    /// The cycles in which revenue is shared.
    payout_cycle as PayoutCycle {
        coop_id: Uuid, id: Uuid, period: String, currency: String, rule_hash: Bytes, word: Bytes, state: String, opened_by: Uuid, revenue: Option<i64>,
        members: Option<i64>, journal_upto: Option<i64>, frozen_by: Option<Uuid>, digest: Option<Bytes>, payout_digest: Option<Bytes>,
        computed_by: Option<Uuid>, verified_at: Option<DateTime<Utc>>, proposed_by: Option<Uuid>, approvals_needed: Option<i64>,
        journal_id: Option<Uuid>, posted_by: Option<Uuid>, cancelled_by: Option<Uuid>, cancel_reason: Option<String>,
    }
    /// The trees over their statements.
    payout_statements as PayoutStatements { coop_id: Uuid, cycle_id: Uuid, secret: Bytes, root: Bytes, }
    /// The records of roots.
    claim_root_record as ClaimRootRecord {
        coop_id: Uuid, record_hash: Bytes, distributor_id: Uuid, epoch: u64, root: Bytes, total: u128, file_id: Option<Uuid>,
        content: Option<Bytes>, statements: Option<Bytes>, salt: Bytes,
    }
    /// Who approved them.
    payout_approval as PayoutApproval {
        coop_id: Uuid, cycle_id: Uuid, member_id: Uuid, digest: Bytes, payout_digest: Bytes,
    }
    /// Entries of transactions.
    journal_entry as JournalEntry { coop_id: Uuid, account_id: Uuid, amount: i64, reference: Option<Uuid>, }
    /// Where members want to be paid.
    payee as Payee {
        coop_id: Uuid, member_id: Uuid, version: i64, rail: String, digest: Bytes, usable_at: DateTime<Utc>,
    }
    /// Who confirmed it.
    payee_confirmation as PayeeConfirmation { coop_id: Uuid, member_id: Uuid, version: i64, confirmed_by: Uuid, }
    /// Accounts of banks.
    bank_account as BankAccount { coop_id: Uuid, ledger_account_id: Uuid, iban: String, added_by: Uuid, }
    /// Cycles that are paid.
    payment_issue as PaymentIssue {
        coop_id: Uuid, cycle_id: Uuid, journal_id: Uuid, payments: i64, total: i64, issued_by: Uuid,
    }
    /// Their payments.
    payment as Payment { coop_id: Uuid, id: Uuid, cycle_id: Uuid, amount: i64, }
    /// The files that ask banks to make them.
    payment_file as PaymentFile {
        coop_id: Uuid, id: Uuid, cycle_id: Uuid, message: String, digest: Bytes, transfers: i64, total: i64, prepared_by: Uuid,
        released_by: Option<Uuid>, withdrawn_by: Option<Uuid>, withdraw_reason: Option<String>,
    }
    /// The contracts from which members claim.
    distributor as Distributor {
        coop_id: Uuid, ledger_account_id: Uuid, chain_id: i64, contract: Bytes, token: Bytes, digits: i64, added_by: Uuid,
    }
    /// The roots by which they do.
    claim_root as ClaimRoot {
        coop_id: Uuid, file_id: Uuid, epoch: Option<i64>, state: String, queued_block: Option<i64>, ended_block: Option<i64>,
        give_up_asked_by: Option<Uuid>, give_up_reason: Option<String>, given_up_by: Option<Uuid>,
    }
    /// The roots that nobody released here.
    foreign_root as ForeignRoot {
        coop_id: Uuid, distributor_id: Uuid, epoch: i64, root: Bytes, noted_block: i64, ended_block: Option<i64>,
    }
    /// What banks told.
    bank_file as BankFile { coop_id: Uuid, id: Uuid, digest: Bytes, kind: String, items: i64, imported_by: Uuid, }
    /// What persons state of payments.
    payment_statement as PaymentStatement {
        coop_id: Uuid, id: Uuid, payment_id: Uuid, outcome: String, document: Bytes, stated_by: Uuid, verdict: Option<String>,
        confirmed_by: Option<Uuid>,
    }
    /// Cycles that are closed.
    payment_closing as PaymentClosing {
        coop_id: Uuid, cycle_id: Uuid, asked_by: Uuid, closed_by: Option<Uuid>, withdrawn_at: Option<DateTime<Utc>>,
    }
    /// Cycles that were undone.
    payout_reversal as PayoutReversal {
        coop_id: Uuid, cycle_id: Uuid, reason: String, asked_by: Uuid, journal_id: Option<Uuid>, reversed_by: Option<Uuid>,
        withdrawn_at: Option<DateTime<Utc>>,
    }
    /// The tries.
    payment_attempt as PaymentAttempt {
        coop_id: Uuid, payment_id: Uuid, member_id: Uuid, rail: String, state: String, reason: Option<String>,
    }
    /// What they mean for members.
    payout as Payout { coop_id: Uuid, cycle_id: Uuid, member_id: Uuid, accrued: i64, paid: i64, dormant: i64, }
    /// Who was invited.
    invitation as Invitation {
        coop_id: Uuid, id: Uuid, class: String, created_by: Uuid, revoked_at: Option<DateTime<Utc>>,
    }
    /// Who asked to join.
    application as Application {
        coop_id: Uuid, id: Uuid, display_name: String, statement: String, status: String, decided_by: Option<Uuid>,
        reason: Option<String>,
    }
    /// Their bylaws.
    bylaws as Bylaws {
        coop_id: Uuid, version: u64, content: Value, salt: Bytes, record_hash: Bytes, adopted_at: DateTime<Utc>,
        adopted_by_proposal: Option<Uuid>,
    }
    /// How many records each has.
    record_head as RecordHead { coop_id: Uuid, size: i64, }
    /// The records.
    record as Record {
        coop_id: Uuid, sequence: i64, tag: Bytes, subject: Bytes, record_hash: Bytes, kind: String,
    }
    /// What happened.
    event as Event {
        coop_id: Uuid, id: Uuid, kind: u16, subject: Uuid, words: Bytes, payload: Bytes, at: DateTime<Utc>, salt: Bytes,
        record_hash: Bytes, actor_id: Option<Uuid>,
    }
    /// Who was erased, and how many events with them.
    erasure as Erasure { coop_id: Uuid, subject: Uuid, events: i64, }
    /// What has no place in the log yet.
    log_pending as LogPending { coop_id: Uuid, entry_id: i64, type_hash: Bytes, record_hash: Bytes, }
    /// How far each log is.
    log_head as LogHead {
        coop_id: Uuid, sequenced: u64, size: u64, root: Option<Bytes>, published_size: u64, published_root: Option<Bytes>,
        refused: Option<String>,
    }
    /// The log.
    log_leaf as LogLeaf {
        coop_id: Uuid, log_index: u64, entry_id: i64, type_hash: Bytes, record_hash: Bytes, recorded_by: String,
    }
    /// What requests with a key did.
    effect as Effect {
        coop_id: Uuid, actor_id: Uuid, key: String, status: Option<u16>, body: Option<Bytes>,
    }
    /// The same outside any co-op.
    account_effect as AccountEffect {
        account_id: Uuid, key: String, status: Option<u16>, body: Option<Bytes>,
    }
    /// The proposals.
    proposal as Proposal {
        coop_id: Uuid, id: Uuid, kind: String, bylaws_version: u64, title: String, body: String, options: Vec<String>,
        rule: Value, state: String, author_id: Uuid, version: usize, discussed_at: Option<DateTime<Utc>>,
        ended_by: Option<Uuid>, end_reason: Option<String>, opens_at: Option<DateTime<Utc>>,
        closes_at: Option<DateTime<Utc>>, closed_at: Option<DateTime<Utc>>, secrecy: u8, rule_salt: Option<Bytes>,
        salt: Option<Bytes>, record_hash: Option<Bytes>, roll_root: Option<Bytes>, roll_count: Option<u32>,
        roll_weight: Option<u64>, lot_secret: Option<Bytes>, close_marker: Option<i64>, actions: Value,
        submitted_at: Option<DateTime<Utc>>, objection_until: Option<DateTime<Utc>>,
        execute_after: Option<DateTime<Utc>>, expires_at: Option<DateTime<Utc>>,
        extended_until: Option<DateTime<Utc>>, extended_by_ballot: Option<i64>,
    }
    /// When voting was to open by itself.
    proposal_schedule as ProposalSchedule {
        coop_id: Uuid, id: Uuid, proposal_id: Uuid, opens_at: DateTime<Utc>, closes_at: DateTime<Utc>, scheduled_by: Uuid,
        outcome: String, reason: Option<String>, ended_by: Option<Uuid>,
    }
    /// Who sponsors a proposal.
    proposal_sponsor as ProposalSponsor { coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, }
    /// Who objects to what was carried.
    proposal_objection as ProposalObjection { coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, reason: String, }
    /// Whom a proposal would expel.
    expulsion_notice as ExpulsionNotice {
        coop_id: Uuid, id: Uuid, proposal_id: Uuid, member_id: Uuid, grounds: String, reply_until: DateTime<Utc>,
        reply: Option<String>,
    }
    /// Who contests a result.
    proposal_contest as ProposalContest {
        coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, reason: String, verdict: Option<String>,
        verdict_reason: Option<String>, decided_by: Option<Uuid>,
    }
    /// Which stages of decisions proposals are.
    proposal_stage as ProposalStage {
        coop_id: Uuid, proposal_id: Uuid, number: i16, stages: i16, body: String, former_id: Option<Uuid>,
    }
    /// Which proposals are alternatives to others.
    proposal_alternative as ProposalAlternative { coop_id: Uuid, proposal_id: Uuid, original_id: Uuid, }
    /// Proposals that went into others.
    proposal_merger as ProposalMerger { coop_id: Uuid, proposal_id: Uuid, into_id: Uuid, place: Option<u16>, }
    /// Texts that were replaced before the members.
    proposal_version as ProposalVersion {
        coop_id: Uuid, proposal_id: Uuid, version: i64, replaced_by: Uuid, alternative_id: Option<Uuid>,
    }
    /// What was done about objections in votes by consent.
    objection_step as ObjectionStep {
        coop_id: Uuid, proposal_id: Uuid, ballot_hash: Bytes, number: i64, step: String, state: String,
        reason: Option<String>, actor_id: Uuid,
    }
    /// What attempts to execute came to.
    execution as Execution {
        coop_id: Uuid, proposal_id: Uuid, attempt: i64, outcome: String, reason: Option<String>, asked_by: Option<Uuid>,
    }
    /// Comments that stewards took out of sight.
    comment_removal as CommentRemoval { coop_id: Uuid, proposal_id: Uuid, comment_id: Uuid, removed_by: Uuid, }
    /// Who may vote.
    roll_entry as RollEntry {
        coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, weight: u64, pseudonym: Option<Uuid>,
    }
    /// With which keys.
    roll_key as RollKey {
        coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, kind: u8, public_key: Bytes, registered_sequence: i64,
    }
    /// The ballots.
    ballot as Ballot {
        coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, revision: u64, sequence: i64, options: Vec<u16>,
        points: Vec<u32>, reason: Option<String>, salt: Bytes, record_hash: Bytes, kind: u8, public_key: Bytes,
        signature: Bytes, cast_at: DateTime<Utc>,
        idempotency_key: Option<String>, request_hash: Option<Bytes>,
    }
    /// The published counts.
    tally as Tally {
        coop_id: Uuid, proposal_id: Uuid, outcome: String, record: Value, record_hash: Bytes, record_sequence: i64,
        count: Option<Value>, signed_ballots: u64, attested_ballots: u64, delegated_weight: u64, proxy_weight: u64,
    }
    /// Who lets whom vote.
    delegation as Delegation {
        coop_id: Uuid, truster_id: Uuid, scope_kind: u8, scope: Bytes, revision: u64, trustee_id: Option<Uuid>,
        valid_until: u64, salt: Bytes, record_hash: Bytes, record_sequence: i64, given_at: DateTime<Utc>,
    }
    /// Up to which record delegations count in what was closed.
    delegation_marker as DelegationMarker { coop_id: Uuid, proposal_id: Uuid, marker: i64, }
    /// What holders of proxies cast.
    proxy_ballot as ProxyBallot {
        coop_id: Uuid, proposal_id: Uuid, member_id: Uuid, holder_id: Uuid, revision: u64, options: Vec<u16>, points: Vec<u32>,
        record_hash: Bytes,
    }
    /// What came of weights that their members did not cast.
    delegated as Delegated {
        coop_id: Uuid, proposal_id: Uuid, truster_id: Uuid, weight: u64, delegate_id: Option<Uuid>, depth: Option<u8>,
        path: Option<Bytes>, proxy: Option<Bytes>,
    }
    /// The lots drawn.
    lot as Lot { coop_id: Uuid, proposal_id: Uuid, lot: Bytes, beacon_block_hash: Option<Bytes>, }
    /// What is to be done.
    job as Job { coop_id: Uuid, kind: String, subject_id: Uuid, done_at: Option<DateTime<Utc>>, }
    /// What goes on chain.
    anchor_batch as AnchorBatch {
        coop_id: Uuid, seq: u64, size: i64, prev: Bytes, root: Bytes, expected: Bytes, chain_id: u64, contract: Bytes,
        namespace: Bytes, poster: Bytes, state: String, block_number: Option<u64>, block_hash: Option<Bytes>,
        current_nonce: Option<u64>,
    }
    /// The transaction numbers taken.
    anchor_tx as AnchorTx { coop_id: Uuid, seq: u64, nonce: u64, }
    /// What was signed.
    anchor_attempt as AnchorAttempt {
        coop_id: Uuid, seq: u64, nonce: u64, raw: Bytes, hash: Bytes, first_sent_block: Option<u64>,
        last_sent_block: Option<u64>, outcome: Option<String>,
    }
    /// The sessions.
    session as Session {
        id: Uuid, account_id: Uuid, created_at: DateTime<Utc>, expires_at: DateTime<Utc>, ended_at: Option<DateTime<Utc>>,
    }
    /// What prolongs them.
    refresh_token as RefreshToken { token_hash: Bytes, session_id: Uuid, replaced_at: Option<DateTime<Utc>>, }
}

async fn table<T: DeserializeOwned>(client: &impl GenericClient, name: &str) -> Vec<T> {
    let query = format!("SELECT to_jsonb(whole)::text FROM {name} AS whole");
    let rows = client
        .query(&query, &[])
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    rows.iter()
        .map(|row| {
            let text: &str = row.get(0);
            serde_json::from_str(text).unwrap_or_else(|error| panic!("a row of {name}: {error}: {text}"))
        })
        .collect()
}

impl LogLeaf {
    /// Whether it came back from the published files, because the database was restored from an older copy: what it stood for
    /// may be lost.
    #[must_use]
    pub fn is_restored(&self) -> bool {
        self.recorded_by == "log_repair"
    }
}

impl Rows {
    /// The co-op with this id.
    #[must_use]
    pub fn coop(&self, id: Uuid) -> Option<&Coop> {
        self.coop.iter().find(|coop| coop.id == id)
    }

    /// The proposal with this id.
    #[must_use]
    pub fn proposal(&self, coop: Uuid, id: Uuid) -> Option<&Proposal> {
        self.proposal
            .iter()
            .find(|proposal| (proposal.coop_id, proposal.id) == (coop, id))
    }

    /// The tally of a proposal.
    #[must_use]
    pub fn tally(&self, proposal: &Proposal) -> Option<&Tally> {
        self.tally
            .iter()
            .find(|tally| (tally.coop_id, tally.proposal_id) == (proposal.coop_id, proposal.id))
    }

    /// The roll of a proposal.
    pub fn roll<'a>(&'a self, proposal: &'a Proposal) -> impl Iterator<Item = &'a RollEntry> {
        self.roll_entry
            .iter()
            .filter(move |entry| (entry.coop_id, entry.proposal_id) == (proposal.coop_id, proposal.id))
    }

    /// Under which name a member stands in what is published of a proposal: a pseudonym where its tier says so.
    #[must_use]
    pub fn voter(&self, proposal: &Proposal, member: Uuid) -> Uuid {
        let pseudonym = self
            .roll(proposal)
            .find(|entry| entry.member_id == member)
            .and_then(|entry| entry.pseudonym);
        pseudonym.unwrap_or(member)
    }

    /// The ballots of a proposal.
    pub fn ballots<'a>(&'a self, proposal: &'a Proposal) -> impl Iterator<Item = &'a Ballot> {
        self.ballot
            .iter()
            .filter(move |ballot| (ballot.coop_id, ballot.proposal_id) == (proposal.coop_id, proposal.id))
    }

    /// The ballots that count: each member's last up to the close marker, by member.
    #[must_use]
    pub fn counted<'a>(&'a self, proposal: &'a Proposal) -> BTreeMap<Uuid, &'a Ballot> {
        let marker = proposal.close_marker.unwrap_or(i64::MAX);
        let mut last: BTreeMap<Uuid, &Ballot> = BTreeMap::new();
        for ballot in self.ballots(proposal).filter(|ballot| ballot.sequence <= marker) {
            let place = last.entry(ballot.member_id).or_insert(ballot);
            if place.revision < ballot.revision {
                *place = ballot;
            }
        }
        last
    }
}

impl Proposal {
    /// Whether voting was ever opened.
    #[must_use]
    pub fn was_opened(&self) -> bool {
        self.record_hash.is_some()
    }

    /// Whether the count must be published: it is decided.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        matches!(
            self.state.as_str(),
            "passed"
                | "rejected"
                | "no_quorum"
                | "tied"
                | "objection"
                | "queued"
                | "executed"
                | "execution_failed"
                | "expired"
        )
    }

    /// The outcome that its count must have had.
    #[must_use]
    pub fn counted_outcome(&self) -> &str {
        match self.state.as_str() {
            "objection" | "queued" | "executed" | "execution_failed" | "expired" => "passed",
            // Carried, and stopped by objections or set aside.
            "rejected" if self.objection_until.is_some() || self.execute_after.is_some() => "passed",
            state => state,
        }
    }

    /// What it does once it is carried.
    #[must_use]
    pub fn planned(&self) -> Vec<Planned> {
        serde_json::from_value(self.actions.clone()).unwrap_or_default()
    }
}
