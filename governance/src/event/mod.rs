//! What happens in a co-op: each act leaves an event, in the transaction of the act.
//!
//! The payload of an [`EventV1`](crate::record::EventV1) is the hash of its words laid end to end: first the member who acted, then the facts of the kind
//! in the order of [`EventKind::facts`]. The first word is zero where no member acted: the program itself, or a person who is no
//! member yet. Texts enter as their Keccak-256, identifiers as words, what is absent as the zero word. Nothing personal stands in
//! the record in clear; the salt keeps even a short name from being guessed from the hash.

mod claims;
mod close;
mod contributions;
mod kind;
mod money;
mod payments;
mod settlement;
mod subject;
mod way;
mod words;

use uuid::Uuid;

pub use claims::ClaimEvent;
pub use close::CloseReason;
pub use contributions::ContributionEvent;
pub use kind::EventKind;
pub use money::MoneyEvent;
pub use settlement::SettlementEvent;
pub use way::{KeyProof, Way};

use crate::access::UsageTotal;
use crate::contest::ContestVerdict;
use crate::delegation::Scope;
use crate::hash::{Hash32, keccak256_words};
use crate::id::{
    ApplicationId, BankFileId, CommentId, ContributionId, CoopId, InvitationId, JournalId, LedgerAccountId, MemberId,
    PaymentFileId, PayoutCycleId, ProposalId, UpstreamId, VotingKeyId,
};
use crate::ledger::{JournalKind, LedgerAccount};
use crate::membership::{Class, Role, Status};
use crate::rule::Outcome;
use crate::secrecy::Tier;
use crate::tally::consent::ObjectionStep;
use crate::time::Timestamp;

/// What happened, with its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the kinds say what each is, and docs/record.md what each fact means"
)]
pub enum Event<'a> {
    CoopFounded {
        coop: CoopId,
        slug: &'a str,
        name: &'a str,
    },
    CoopHalted {
        coop: CoopId,
        until: Timestamp,
        reason: &'a str,
    },
    PublicPageSet {
        coop: CoopId,
        version: u64,
        shown: &'a str,
        about: &'a str,
    },
    CoopResumed {
        coop: CoopId,
        reason: &'a str,
    },
    MemberAdmitted {
        member: MemberId,
        class: Class,
        way: Way,
        name: &'a str,
    },
    MemberRenamed {
        member: MemberId,
        name: &'a str,
    },
    StatusChanged {
        member: MemberId,
        from: Status,
        to: Status,
        reason: Option<&'a str>,
    },
    RoleGranted {
        member: MemberId,
        role: Role,
        reason: Option<&'a str>,
    },
    RoleEnded {
        member: MemberId,
        role: Role,
        reason: Option<&'a str>,
    },
    KeyRegistered {
        member: MemberId,
        key: VotingKeyId,
        registration: Hash32,
        proof: KeyProof,
    },
    KeyEnded {
        member: MemberId,
        key: VotingKeyId,
    },
    InvitationMade {
        invitation: InvitationId,
        class: Class,
        expires_at: Timestamp,
    },
    InvitationRevoked {
        invitation: InvitationId,
    },
    ApplicationMade {
        application: ApplicationId,
        name: &'a str,
        statement: &'a str,
    },
    ApplicationDecided {
        application: ApplicationId,
        admitted: Option<MemberId>,
        reason: Option<&'a str>,
    },
    ProposalDrafted {
        proposal: ProposalId,
        kind: &'a str,
        bylaws_version: u64,
        text: Hash32,
        options: Hash32,
        seats: u16,
    },
    ProposalEdited {
        proposal: ProposalId,
        text: Hash32,
        options: Hash32,
        seats: u16,
    },
    ProposalDiscussed {
        proposal: ProposalId,
    },
    ProposalOpened {
        proposal: ProposalId,
        proposal_hash: Hash32,
    },
    ProposalClosed {
        proposal: ProposalId,
        last_ballot: u64,
        why: CloseReason,
    },
    ProposalWithdrawn {
        proposal: ProposalId,
        reason: &'a str,
    },
    ProposalCancelled {
        proposal: ProposalId,
        reason: &'a str,
    },
    ResultPublished {
        proposal: ProposalId,
        tally_hash: Hash32,
        outcome: Outcome,
    },
    ProposalSubmitted {
        proposal: ProposalId,
    },
    ProposalSponsored {
        proposal: ProposalId,
    },
    ObjectionRaised {
        proposal: ProposalId,
        reason: &'a str,
    },
    ObjectionEnded {
        proposal: ProposalId,
        objections: u64,
        stopped: bool,
    },
    ProposalQueued {
        proposal: ProposalId,
        execute_after: Timestamp,
        expires_at: Timestamp,
    },
    ActionExecuted {
        proposal: ProposalId,
        index: u16,
        action: Hash32,
    },
    ProposalExecuted {
        proposal: ProposalId,
        actions: u16,
    },
    ExecutionFailed {
        proposal: ProposalId,
        reason: &'a str,
    },
    ProposalExpired {
        proposal: ProposalId,
    },
    CommentRemoved {
        proposal: ProposalId,
        comment: CommentId,
    },
    LogRepaired {
        coop: CoopId,
        first_index: u64,
        end_index: u64,
        root: Hash32,
    },
    DelegationGiven {
        truster: MemberId,
        delegation: Hash32,
        trustee: Option<MemberId>,
        scope: Scope,
    },
    DelegationRevoked {
        truster: MemberId,
        delegation: Hash32,
        scope: Scope,
    },
    OpeningScheduled {
        proposal: ProposalId,
        opens_at: Timestamp,
        closes_at: Timestamp,
    },
    OpeningUnscheduled {
        proposal: ProposalId,
        reason: &'a str,
    },
    OpeningRefused {
        proposal: ProposalId,
        reason: &'a str,
    },
    VotingExtended {
        proposal: ProposalId,
        ballot: u64,
        closes_at: Timestamp,
    },
    ContestRaised {
        proposal: ProposalId,
        reason: &'a str,
    },
    ContestEnded {
        proposal: ProposalId,
        member: MemberId,
        verdict: ContestVerdict,
        reason: &'a str,
    },
    NoticeGiven {
        proposal: ProposalId,
        member: MemberId,
        grounds: &'a str,
        reply_until: Timestamp,
    },
    NoticeReplied {
        proposal: ProposalId,
        reply: &'a str,
    },
    SecrecyChosen {
        proposal: ProposalId,
        tier: Tier,
    },
    RollVeiled {
        proposal: ProposalId,
        electors: Hash32,
        members: u32,
    },
    ObjectionJudged {
        proposal: ProposalId,
        ballot: Hash32,
        step: ObjectionStep,
        reason: Option<&'a str>,
    },
    StageBegun {
        proposal: ProposalId,
        number: u16,
        stages: u16,
        body: &'a str,
        former: Hash32,
        tally: Hash32,
    },
    AlternativeBegun {
        proposal: ProposalId,
        original: ProposalId,
    },
    AlternativeAdopted {
        proposal: ProposalId,
        alternative: ProposalId,
        reason: &'a str,
    },
    ProposalMerged {
        proposal: ProposalId,
        into: ProposalId,
        place: Option<u16>,
        reason: &'a str,
    },
    OptionJoined {
        proposal: ProposalId,
        place: u16,
        alternative: ProposalId,
        text: Hash32,
        actions: Hash32,
        length: u32,
    },
    AccessKeyMade {
        member: MemberId,
        key: Uuid,
        expires_at: Timestamp,
    },
    AccessKeyRevoked {
        member: MemberId,
        key: Uuid,
        ends_at: Timestamp,
    },
    AccessPolicySet {
        coop: CoopId,
        version: u64,
        policy: Hash32,
        effective_at: Timestamp,
        proposal: ProposalId,
    },
    ToolSet {
        upstream: UpstreamId,
        tool: &'a str,
        terms: Hash32,
        proposal: ProposalId,
    },
    ToolRetired {
        upstream: UpstreamId,
        tool: &'a str,
        proposal: ProposalId,
    },
    ModelSet {
        coop: CoopId,
        model: &'a str,
        terms: Hash32,
        proposal: ProposalId,
    },
    ModelRetired {
        coop: CoopId,
        model: &'a str,
        proposal: ProposalId,
    },
    ModelProved {
        coop: CoopId,
        model: &'a str,
        terms: Hash32,
        probes: u64,
    },
    ToolKeyChanged {
        upstream: UpstreamId,
        tool: &'a str,
        given: bool,
    },
    UsageTotalled {
        coop: CoopId,
        total: &'a UsageTotal,
    },
    UsageOwed {
        coop: CoopId,
        number: u64,
        currency: &'a str,
        totals: (u64, u64),
        members: u64,
        minor: u64,
        journal: Option<JournalId>,
    },
    LedgerAccountOpened {
        account: &'a LedgerAccount,
    },
    JournalPosted {
        journal: JournalId,
        number: u64,
        kind: JournalKind,
        reverses: Option<JournalId>,
        digest: Hash32,
    },
    RevenueRuleAdopted {
        coop: CoopId,
        version: u64,
        rule: Hash32,
        effective_at: Timestamp,
        proposal: ProposalId,
    },
    Contributions(ContributionId, ContributionEvent<'a>),
    PayoutCycleOpened {
        cycle: PayoutCycleId,
        period: &'a str,
        rule: Hash32,
        word: Hash32,
    },
    PayoutCycleFrozen {
        cycle: PayoutCycleId,
        revenue: u64,
        members: u32,
        journal_upto: u64,
    },
    PayoutCycleComputed {
        cycle: PayoutCycleId,
        digest: Hash32,
        payout_digest: Hash32,
    },
    PayoutCycleVerified {
        cycle: PayoutCycleId,
        digest: Hash32,
        payout_digest: Hash32,
    },
    PayoutCycleProposed {
        cycle: PayoutCycleId,
        digest: Hash32,
        approvals: u16,
    },
    PayoutCycleApproved {
        cycle: PayoutCycleId,
        digest: Hash32,
        payout_digest: Hash32,
    },
    PayoutCyclePosted {
        cycle: PayoutCycleId,
        journal: JournalId,
        digest: Hash32,
    },
    PayoutCycleCancelled {
        cycle: PayoutCycleId,
        reason: &'a str,
    },
    TaxProfileSet {
        member: MemberId,
        number: u32,
    },
    PayeeChanged {
        member: MemberId,
        version: u32,
        rail: &'a str,
        digest: Hash32,
        usable_at: Timestamp,
    },
    PayeeConfirmed {
        member: MemberId,
        version: u32,
    },
    BankAccountAdded {
        account: LedgerAccountId,
        iban: &'a str,
    },
    PaymentsIssued {
        cycle: PayoutCycleId,
        journal: JournalId,
        payments: u32,
        total: u64,
    },
    PaymentFilePrepared {
        file: PaymentFileId,
        cycle: PayoutCycleId,
        message: &'a str,
        digest: Hash32,
        transfers: u32,
        total: u64,
    },
    PaymentFileReleased {
        file: PaymentFileId,
        digest: Hash32,
    },
    PaymentFileWithdrawn {
        file: PaymentFileId,
        reason: &'a str,
    },
    BankFileImported {
        file: BankFileId,
        digest: Hash32,
        kind: &'a str,
        items: u32,
    },
    Settlement(SettlementEvent<'a>),
    Claims(ClaimEvent<'a>),
    Money(MoneyEvent),
}

impl Event<'_> {
    /// Its kind.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a line for each kind")]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::CoopFounded { .. } => EventKind::CoopFounded,
            Self::CoopHalted { .. } => EventKind::CoopHalted,
            Self::CoopResumed { .. } => EventKind::CoopResumed,
            Self::PublicPageSet { .. } => EventKind::PublicPageSet,
            Self::MemberAdmitted { .. } => EventKind::MemberAdmitted,
            Self::MemberRenamed { .. } => EventKind::MemberRenamed,
            Self::StatusChanged { .. } => EventKind::StatusChanged,
            Self::RoleGranted { .. } => EventKind::RoleGranted,
            Self::RoleEnded { .. } => EventKind::RoleEnded,
            Self::KeyRegistered { .. } => EventKind::KeyRegistered,
            Self::KeyEnded { .. } => EventKind::KeyEnded,
            Self::InvitationMade { .. } => EventKind::InvitationMade,
            Self::InvitationRevoked { .. } => EventKind::InvitationRevoked,
            Self::ApplicationMade { .. } => EventKind::ApplicationMade,
            Self::ApplicationDecided { .. } => EventKind::ApplicationDecided,
            Self::ProposalDrafted { .. } => EventKind::ProposalDrafted,
            Self::ProposalEdited { .. } => EventKind::ProposalEdited,
            Self::ProposalDiscussed { .. } => EventKind::ProposalDiscussed,
            Self::ProposalOpened { .. } => EventKind::ProposalOpened,
            Self::ProposalClosed { .. } => EventKind::ProposalClosed,
            Self::ProposalWithdrawn { .. } => EventKind::ProposalWithdrawn,
            Self::ProposalCancelled { .. } => EventKind::ProposalCancelled,
            Self::ResultPublished { .. } => EventKind::ResultPublished,
            Self::ProposalSubmitted { .. } => EventKind::ProposalSubmitted,
            Self::ProposalSponsored { .. } => EventKind::ProposalSponsored,
            Self::ObjectionRaised { .. } => EventKind::ObjectionRaised,
            Self::ObjectionEnded { .. } => EventKind::ObjectionEnded,
            Self::ProposalQueued { .. } => EventKind::ProposalQueued,
            Self::ActionExecuted { .. } => EventKind::ActionExecuted,
            Self::ProposalExecuted { .. } => EventKind::ProposalExecuted,
            Self::ExecutionFailed { .. } => EventKind::ExecutionFailed,
            Self::ProposalExpired { .. } => EventKind::ProposalExpired,
            Self::CommentRemoved { .. } => EventKind::CommentRemoved,
            Self::LogRepaired { .. } => EventKind::LogRepaired,
            Self::DelegationGiven { .. } => EventKind::DelegationGiven,
            Self::DelegationRevoked { .. } => EventKind::DelegationRevoked,
            Self::OpeningScheduled { .. } => EventKind::OpeningScheduled,
            Self::OpeningUnscheduled { .. } => EventKind::OpeningUnscheduled,
            Self::OpeningRefused { .. } => EventKind::OpeningRefused,
            Self::VotingExtended { .. } => EventKind::VotingExtended,
            Self::ContestRaised { .. } => EventKind::ContestRaised,
            Self::ContestEnded { .. } => EventKind::ContestEnded,
            Self::NoticeGiven { .. } => EventKind::NoticeGiven,
            Self::NoticeReplied { .. } => EventKind::NoticeReplied,
            Self::SecrecyChosen { .. } => EventKind::SecrecyChosen,
            Self::RollVeiled { .. } => EventKind::RollVeiled,
            Self::ObjectionJudged { .. } => EventKind::ObjectionJudged,
            Self::StageBegun { .. } => EventKind::StageBegun,
            Self::AlternativeBegun { .. } => EventKind::AlternativeBegun,
            Self::AlternativeAdopted { .. } => EventKind::AlternativeAdopted,
            Self::ProposalMerged { .. } => EventKind::ProposalMerged,
            Self::OptionJoined { .. } => EventKind::OptionJoined,
            Self::AccessKeyMade { .. } => EventKind::AccessKeyMade,
            Self::AccessKeyRevoked { .. } => EventKind::AccessKeyRevoked,
            Self::AccessPolicySet { .. } => EventKind::AccessPolicySet,
            Self::ToolSet { .. } => EventKind::ToolSet,
            Self::ToolRetired { .. } => EventKind::ToolRetired,
            Self::ModelSet { .. } => EventKind::ModelSet,
            Self::ModelRetired { .. } => EventKind::ModelRetired,
            Self::ModelProved { .. } => EventKind::ModelProved,
            Self::ToolKeyChanged { .. } => EventKind::ToolKeyChanged,
            Self::UsageTotalled { .. } => EventKind::UsageTotalled,
            Self::UsageOwed { .. } => EventKind::UsageOwed,
            Self::LedgerAccountOpened { .. } => EventKind::LedgerAccountOpened,
            Self::JournalPosted { .. } => EventKind::JournalPosted,
            Self::RevenueRuleAdopted { .. } => EventKind::RevenueRuleAdopted,
            Self::Contributions(_, contributions) => contributions.kind(),
            Self::PayoutCycleOpened { .. } => EventKind::PayoutCycleOpened,
            Self::PayoutCycleFrozen { .. } => EventKind::PayoutCycleFrozen,
            Self::PayoutCycleComputed { .. } => EventKind::PayoutCycleComputed,
            Self::PayoutCycleVerified { .. } => EventKind::PayoutCycleVerified,
            Self::PayoutCycleProposed { .. } => EventKind::PayoutCycleProposed,
            Self::PayoutCycleApproved { .. } => EventKind::PayoutCycleApproved,
            Self::PayoutCyclePosted { .. } => EventKind::PayoutCyclePosted,
            Self::PayoutCycleCancelled { .. } => EventKind::PayoutCycleCancelled,
            Self::TaxProfileSet { .. } => EventKind::TaxProfileSet,
            Self::PayeeChanged { .. } => EventKind::PayeeChanged,
            Self::PayeeConfirmed { .. } => EventKind::PayeeConfirmed,
            Self::BankAccountAdded { .. } => EventKind::BankAccountAdded,
            Self::PaymentsIssued { .. } => EventKind::PaymentsIssued,
            Self::PaymentFilePrepared { .. } => EventKind::PaymentFilePrepared,
            Self::PaymentFileReleased { .. } => EventKind::PaymentFileReleased,
            Self::PaymentFileWithdrawn { .. } => EventKind::PaymentFileWithdrawn,
            Self::BankFileImported { .. } => EventKind::BankFileImported,
            Self::Settlement(settlement) => settlement.kind(),
            Self::Claims(claims) => claims.kind(),
            Self::Money(money) => money.kind(),
        }
    }
}

/// The payload of an event with these words.
#[must_use]
pub fn payload(words: &[Hash32]) -> Hash32 {
    keccak256_words(words)
}

#[cfg(test)]
mod tests;
