//! What happens in a co-op: each act leaves an event, in the transaction of the act.
//!
//! The payload of an [`EventV1`] is the hash of its words laid end to end: first the member who acted, then the facts of the kind
//! in the order of [`EventKind::facts`]. The first word is zero where no member acted: the program itself, or a person who is no
//! member yet. Texts enter as their Keccak-256, identifiers as words, what is absent as the zero word. Nothing personal stands in
//! the record in clear; the salt keeps even a short name from being guessed from the hash.

mod kind;
mod way;

use uuid::Uuid;

pub use kind::EventKind;
pub use way::{KeyProof, Way};

use crate::access::UsageTotal;
use crate::contest::ContestVerdict;
use crate::delegation::Scope;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::{
    ApplicationId, CommentId, ContributionId, CoopId, InvitationId, JournalId, MemberId, PayoutCycleId, ProposalId,
    UpstreamId, VotingKeyId,
};
use crate::ledger::{JournalKind, LedgerAccount};
use crate::membership::{Class, Role, Status};
use crate::record::EventV1;
use crate::rule::Outcome;
use crate::secrecy::Tier;
use crate::tally::consent::ObjectionStep;
use crate::time::Timestamp;

/// What let voting close. Whether somebody asked for it or the program looked is the actor of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// Its time was over.
    Time,
    /// Everyone on the roll had voted, and the bylaws let that end it.
    AllVoted,
    /// No further ballot could have changed the result, and the rule lets that end it.
    Settled,
}

impl CloseReason {
    /// The name, which is what is hashed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::AllVoted => "all_voted",
            Self::Settled => "settled",
        }
    }
}

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
    ToolKeyChanged {
        upstream: UpstreamId,
        tool: &'a str,
        given: bool,
    },
    UsageTotalled {
        coop: CoopId,
        total: &'a UsageTotal,
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
    ContributionsSubmitted {
        contribution: ContributionId,
        metric: &'a str,
        digest: Hash32,
        challenge_until: Timestamp,
        replaces: Option<ContributionId>,
    },
    ContributionDisputed {
        contribution: ContributionId,
        reason: &'a str,
    },
    DisputeDecided {
        contribution: ContributionId,
        member: MemberId,
        upheld: bool,
        reason: &'a str,
    },
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
            Self::AccessKeyMade { .. } => EventKind::AccessKeyMade,
            Self::AccessKeyRevoked { .. } => EventKind::AccessKeyRevoked,
            Self::AccessPolicySet { .. } => EventKind::AccessPolicySet,
            Self::ToolSet { .. } => EventKind::ToolSet,
            Self::ToolRetired { .. } => EventKind::ToolRetired,
            Self::ModelSet { .. } => EventKind::ModelSet,
            Self::ModelRetired { .. } => EventKind::ModelRetired,
            Self::ToolKeyChanged { .. } => EventKind::ToolKeyChanged,
            Self::UsageTotalled { .. } => EventKind::UsageTotalled,
            Self::LedgerAccountOpened { .. } => EventKind::LedgerAccountOpened,
            Self::JournalPosted { .. } => EventKind::JournalPosted,
            Self::RevenueRuleAdopted { .. } => EventKind::RevenueRuleAdopted,
            Self::ContributionsSubmitted { .. } => EventKind::ContributionsSubmitted,
            Self::ContributionDisputed { .. } => EventKind::ContributionDisputed,
            Self::DisputeDecided { .. } => EventKind::DisputeDecided,
            Self::PayoutCycleOpened { .. } => EventKind::PayoutCycleOpened,
            Self::PayoutCycleFrozen { .. } => EventKind::PayoutCycleFrozen,
            Self::PayoutCycleComputed { .. } => EventKind::PayoutCycleComputed,
            Self::PayoutCycleVerified { .. } => EventKind::PayoutCycleVerified,
            Self::PayoutCycleProposed { .. } => EventKind::PayoutCycleProposed,
            Self::PayoutCycleApproved { .. } => EventKind::PayoutCycleApproved,
            Self::PayoutCyclePosted { .. } => EventKind::PayoutCyclePosted,
            Self::PayoutCycleCancelled { .. } => EventKind::PayoutCycleCancelled,
        }
    }

    /// What it happened to.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table of kinds")]
    pub const fn subject(&self) -> Uuid {
        match self {
            Self::CoopFounded { coop, .. }
            | Self::CoopHalted { coop, .. }
            | Self::CoopResumed { coop, .. }
            | Self::LogRepaired { coop, .. }
            | Self::AccessPolicySet { coop, .. }
            | Self::UsageTotalled { coop, .. }
            | Self::ModelSet { coop, .. }
            | Self::ModelRetired { coop, .. }
            | Self::RevenueRuleAdopted { coop, .. } => coop.uuid(),
            Self::ToolSet { upstream, .. }
            | Self::ToolRetired { upstream, .. }
            | Self::ToolKeyChanged { upstream, .. } => upstream.uuid(),
            Self::MemberAdmitted { member, .. }
            | Self::MemberRenamed { member, .. }
            | Self::StatusChanged { member, .. }
            | Self::RoleGranted { member, .. }
            | Self::RoleEnded { member, .. }
            | Self::KeyRegistered { member, .. }
            | Self::KeyEnded { member, .. }
            | Self::AccessKeyMade { member, .. }
            | Self::AccessKeyRevoked { member, .. } => member.uuid(),
            Self::DelegationGiven { truster, .. } | Self::DelegationRevoked { truster, .. } => truster.uuid(),
            Self::InvitationMade { invitation, .. } | Self::InvitationRevoked { invitation } => invitation.uuid(),
            Self::ApplicationMade { application, .. } | Self::ApplicationDecided { application, .. } => {
                application.uuid()
            }
            Self::ProposalDrafted { proposal, .. }
            | Self::ProposalEdited { proposal, .. }
            | Self::ProposalDiscussed { proposal }
            | Self::ProposalOpened { proposal, .. }
            | Self::ProposalClosed { proposal, .. }
            | Self::ProposalWithdrawn { proposal, .. }
            | Self::ProposalCancelled { proposal, .. }
            | Self::ProposalSubmitted { proposal }
            | Self::ProposalSponsored { proposal }
            | Self::ObjectionRaised { proposal, .. }
            | Self::ObjectionEnded { proposal, .. }
            | Self::ProposalQueued { proposal, .. }
            | Self::ActionExecuted { proposal, .. }
            | Self::ProposalExecuted { proposal, .. }
            | Self::ExecutionFailed { proposal, .. }
            | Self::ProposalExpired { proposal }
            | Self::ResultPublished { proposal, .. }
            | Self::OpeningScheduled { proposal, .. }
            | Self::OpeningUnscheduled { proposal, .. }
            | Self::OpeningRefused { proposal, .. }
            | Self::VotingExtended { proposal, .. }
            | Self::ContestRaised { proposal, .. }
            | Self::ContestEnded { proposal, .. }
            | Self::NoticeGiven { proposal, .. }
            | Self::NoticeReplied { proposal, .. }
            | Self::SecrecyChosen { proposal, .. }
            | Self::RollVeiled { proposal, .. }
            | Self::ObjectionJudged { proposal, .. }
            | Self::StageBegun { proposal, .. }
            | Self::CommentRemoved { proposal, .. } => proposal.uuid(),
            Self::LedgerAccountOpened { account } => account.id.uuid(),
            Self::JournalPosted { journal, .. } => journal.uuid(),
            Self::ContributionsSubmitted { contribution, .. }
            | Self::ContributionDisputed { contribution, .. }
            | Self::DisputeDecided { contribution, .. } => contribution.uuid(),
            Self::PayoutCycleOpened { cycle, .. }
            | Self::PayoutCycleFrozen { cycle, .. }
            | Self::PayoutCycleComputed { cycle, .. }
            | Self::PayoutCycleVerified { cycle, .. }
            | Self::PayoutCycleProposed { cycle, .. }
            | Self::PayoutCycleApproved { cycle, .. }
            | Self::PayoutCyclePosted { cycle, .. }
            | Self::PayoutCycleCancelled { cycle, .. } => cycle.uuid(),
        }
    }

    /// Its words: the actor, then the facts in the order of [`EventKind::facts`].
    #[must_use]
    pub fn words(&self, actor: Option<MemberId>) -> Vec<Hash32> {
        let mut words = vec![actor.map_or(Hash32::ZERO, |actor| actor.word())];
        words.extend(self.facts());
        words
    }

    #[expect(clippy::too_many_lines, reason = "a table of kinds")]
    fn facts(&self) -> Vec<Hash32> {
        match *self {
            Self::CoopFounded { slug, name, .. } => vec![text(slug), text(name)],
            Self::MemberRenamed { name, .. } => vec![text(name)],
            Self::CoopHalted { until, reason, .. } => vec![number(until.0), text(reason)],
            Self::MemberAdmitted { class, way, name, .. } => {
                vec![text(class.name()), text(way.name()), way.source(), text(name)]
            }
            Self::StatusChanged { from, to, reason, .. } => {
                vec![text(from.name()), text(to.name()), text_or_none(reason)]
            }
            Self::RoleGranted { role, reason, .. } | Self::RoleEnded { role, reason, .. } => {
                vec![text(role.name()), text_or_none(reason)]
            }
            Self::KeyRegistered {
                key,
                registration,
                proof,
                ..
            } => vec![key.word(), registration, text(proof.name())],
            Self::KeyEnded { key, .. } => vec![key.word()],
            Self::InvitationMade { class, expires_at, .. } => vec![text(class.name()), number(expires_at.0)],
            Self::ApplicationMade { name, statement, .. } => vec![text(name), text(statement)],
            Self::ApplicationDecided { admitted, reason, .. } => vec![
                text(if admitted.is_some() { "admitted" } else { "declined" }),
                admitted.map_or(Hash32::ZERO, |member| member.word()),
                text_or_none(reason),
            ],
            Self::ProposalDrafted { .. } | Self::ProposalEdited { .. } => self.facts_of_texts(),
            Self::ProposalOpened { proposal_hash, .. } => vec![proposal_hash],
            Self::ProposalClosed { last_ballot, why, .. } => vec![number(last_ballot), text(why.name())],
            Self::CoopResumed { reason, .. }
            | Self::ProposalWithdrawn { reason, .. }
            | Self::ProposalCancelled { reason, .. }
            | Self::ObjectionRaised { reason, .. }
            | Self::OpeningUnscheduled { reason, .. }
            | Self::OpeningRefused { reason, .. }
            | Self::ContestRaised { reason, .. }
            | Self::ExecutionFailed { reason, .. } => vec![text(reason)],
            Self::ObjectionEnded { .. }
            | Self::ProposalQueued { .. }
            | Self::ActionExecuted { .. }
            | Self::ProposalExecuted { .. } => self.facts_of_execution(),
            Self::OpeningScheduled { .. }
            | Self::VotingExtended { .. }
            | Self::ContestEnded { .. }
            | Self::NoticeGiven { .. }
            | Self::NoticeReplied { .. } => self.facts_of_the_way(),
            Self::CommentRemoved { comment, .. } => vec![comment.word()],
            Self::LogRepaired { .. } => self.facts_of_log(),
            Self::DelegationGiven { delegation, scope, .. } | Self::DelegationRevoked { delegation, scope, .. } => {
                self.facts_of_delegation(delegation, scope)
            }
            Self::SecrecyChosen { .. }
            | Self::RollVeiled { .. }
            | Self::ObjectionJudged { .. }
            | Self::StageBegun { .. }
            | Self::ResultPublished { .. } => self.facts_of_voting(),
            Self::AccessKeyMade { .. }
            | Self::AccessKeyRevoked { .. }
            | Self::AccessPolicySet { .. }
            | Self::ToolSet { .. }
            | Self::ToolRetired { .. }
            | Self::ModelSet { .. }
            | Self::ModelRetired { .. }
            | Self::ToolKeyChanged { .. }
            | Self::UsageTotalled { .. } => self.facts_of_access(),
            Self::LedgerAccountOpened { .. } | Self::JournalPosted { .. } | Self::RevenueRuleAdopted { .. } => {
                self.facts_of_books()
            }
            Self::ContributionsSubmitted { .. }
            | Self::ContributionDisputed { .. }
            | Self::DisputeDecided { .. }
            | Self::PayoutCycleOpened { .. }
            | Self::PayoutCycleFrozen { .. }
            | Self::PayoutCycleComputed { .. }
            | Self::PayoutCycleVerified { .. }
            | Self::PayoutCycleProposed { .. }
            | Self::PayoutCycleApproved { .. }
            | Self::PayoutCyclePosted { .. }
            | Self::PayoutCycleCancelled { .. } => self.facts_of_payouts(),
            Self::InvitationRevoked { .. }
            | Self::ProposalDiscussed { .. }
            | Self::ProposalSubmitted { .. }
            | Self::ProposalSponsored { .. }
            | Self::ProposalExpired { .. } => Vec::new(),
        }
    }

    fn facts_of_the_way(&self) -> Vec<Hash32> {
        if let Self::OpeningScheduled {
            opens_at, closes_at, ..
        } = *self
        {
            return vec![number(opens_at.0), number(closes_at.0)];
        }
        if let Self::VotingExtended { ballot, closes_at, .. } = *self {
            return vec![number(ballot), number(closes_at.0)];
        }
        if let Self::ContestEnded {
            member,
            verdict,
            reason,
            ..
        } = *self
        {
            return vec![member.word(), text(verdict.name()), text(reason)];
        }
        if let Self::NoticeGiven {
            member,
            grounds,
            reply_until,
            ..
        } = *self
        {
            return vec![member.word(), text(grounds), number(reply_until.0)];
        }
        if let Self::NoticeReplied { reply, .. } = *self {
            return vec![text(reply)];
        }
        Vec::new()
    }

    fn facts_of_log(&self) -> Vec<Hash32> {
        let Self::LogRepaired {
            first_index,
            end_index,
            root,
            ..
        } = *self
        else {
            return Vec::new();
        };
        vec![number(first_index), number(end_index), root]
    }

    fn facts_of_voting(&self) -> Vec<Hash32> {
        if let Self::StageBegun {
            number: which,
            stages,
            body,
            former,
            tally,
            ..
        } = *self
        {
            let (which, stages) = (number(u64::from(which)), number(u64::from(stages)));
            return vec![which, stages, text(body), former, tally];
        }
        if let Self::ResultPublished {
            tally_hash, outcome, ..
        } = *self
        {
            return vec![tally_hash, number(u64::from(outcome.code()))];
        }
        if let Self::ObjectionJudged {
            ballot, step, reason, ..
        } = *self
        {
            return vec![ballot, text(step.name()), text_or_none(reason)];
        }
        if let Self::RollVeiled { electors, members, .. } = *self {
            return vec![electors, number(u64::from(members))];
        }
        let Self::SecrecyChosen { tier, .. } = *self else {
            return Vec::new();
        };
        vec![text(tier.name())]
    }

    fn facts_of_texts(&self) -> Vec<Hash32> {
        if let Self::ProposalDrafted {
            kind,
            bylaws_version,
            text: texts,
            options,
            seats,
            ..
        } = *self
        {
            let seats = number(u64::from(seats));
            return vec![text(kind), number(bylaws_version), texts, options, seats];
        }
        if let Self::ProposalEdited {
            text, options, seats, ..
        } = *self
        {
            return vec![text, options, number(u64::from(seats))];
        }
        Vec::new()
    }

    fn facts_of_books(&self) -> Vec<Hash32> {
        if let Self::LedgerAccountOpened { account } = *self {
            let currency = &account.currency;
            let digits = [currency.minor_digits(), currency.exponent()].map(|digits| number(u64::from(digits)));
            return [text(account.path.as_str()), text(currency.code())]
                .into_iter()
                .chain(digits)
                .collect();
        }
        if let Self::JournalPosted {
            number: place,
            kind,
            reverses,
            digest,
            ..
        } = *self
        {
            let undone = reverses.map_or(Hash32::ZERO, |id| id.word());
            return vec![number(place), text(kind.name()), undone, digest];
        }
        if let Self::RevenueRuleAdopted {
            version,
            rule,
            effective_at,
            proposal,
            ..
        } = *self
        {
            return vec![number(version), rule, number(effective_at.0), proposal.word()];
        }
        Vec::new()
    }

    fn facts_of_payouts(&self) -> Vec<Hash32> {
        if let Self::ContributionsSubmitted {
            metric,
            digest,
            challenge_until,
            replaces,
            ..
        } = *self
        {
            let replaced = replaces.map_or(Hash32::ZERO, |id| id.word());
            return vec![text(metric), digest, number(challenge_until.0), replaced];
        }
        if let Self::DisputeDecided {
            member, upheld, reason, ..
        } = *self
        {
            let ruling = text(if upheld { "upheld" } else { "declined" });
            return vec![member.word(), ruling, text(reason)];
        }
        if let Self::ContributionDisputed { reason, .. } | Self::PayoutCycleCancelled { reason, .. } = *self {
            return vec![text(reason)];
        }
        self.facts_of_cycle()
    }

    fn facts_of_cycle(&self) -> Vec<Hash32> {
        if let Self::PayoutCycleOpened { period, rule, word, .. } = *self {
            return vec![text(period), rule, word];
        }
        if let Self::PayoutCycleFrozen {
            revenue,
            members,
            journal_upto,
            ..
        } = *self
        {
            return vec![number(revenue), number(u64::from(members)), number(journal_upto)];
        }
        if let Self::PayoutCycleComputed {
            digest, payout_digest, ..
        }
        | Self::PayoutCycleVerified {
            digest, payout_digest, ..
        }
        | Self::PayoutCycleApproved {
            digest, payout_digest, ..
        } = *self
        {
            return vec![digest, payout_digest];
        }
        if let Self::PayoutCycleProposed { digest, approvals, .. } = *self {
            return vec![digest, number(u64::from(approvals))];
        }
        if let Self::PayoutCyclePosted { journal, digest, .. } = *self {
            return vec![journal.word(), digest];
        }
        Vec::new()
    }

    fn facts_of_execution(&self) -> Vec<Hash32> {
        if let Self::ObjectionEnded {
            objections, stopped, ..
        } = *self
        {
            return vec![number(objections), text(if stopped { "stopped" } else { "stands" })];
        }
        if let Self::ProposalQueued {
            execute_after,
            expires_at,
            ..
        } = *self
        {
            return vec![number(execute_after.0), number(expires_at.0)];
        }
        if let Self::ActionExecuted { index, action, .. } = *self {
            return vec![number(u64::from(index)), action];
        }
        if let Self::ProposalExecuted { actions, .. } = *self {
            return vec![number(u64::from(actions))];
        }
        Vec::new()
    }

    fn facts_of_delegation(&self, delegation: Hash32, scope: Scope) -> Vec<Hash32> {
        let mut words = vec![delegation];
        if let Self::DelegationGiven { trustee, .. } = self {
            words.push(trustee.map_or(Hash32::ZERO, |trustee| trustee.word()));
        }
        words.extend([number(u64::from(scope.kind.code())), scope.of]);
        words
    }

    fn facts_of_access(&self) -> Vec<Hash32> {
        let id = |id: Uuid| Hash32::left_padded(id.as_bytes());
        if let Self::AccessKeyMade {
            key, expires_at: at, ..
        }
        | Self::AccessKeyRevoked { key, ends_at: at, .. } = *self
        {
            return vec![id(key), number(at.0)];
        }
        if let Self::AccessPolicySet {
            version,
            policy,
            effective_at,
            proposal,
            ..
        } = *self
        {
            return vec![number(version), policy, number(effective_at.0), proposal.word()];
        }
        if let Self::UsageTotalled { total, .. } = *self {
            return facts_of_total(total);
        }
        if let Self::ToolKeyChanged { tool, given, .. } = *self {
            return vec![text(tool), text(if given { "given" } else { "taken_back" })];
        }
        self.facts_of_registry()
    }

    fn facts_of_registry(&self) -> Vec<Hash32> {
        if let Self::ToolSet {
            tool: name,
            terms,
            proposal,
            ..
        }
        | Self::ModelSet {
            model: name,
            terms,
            proposal,
            ..
        } = *self
        {
            return vec![text(name), terms, proposal.word()];
        }
        if let Self::ToolRetired {
            tool: name, proposal, ..
        }
        | Self::ModelRetired {
            model: name, proposal, ..
        } = *self
        {
            return vec![text(name), proposal.word()];
        }
        Vec::new()
    }

    /// Its record.
    #[must_use]
    pub fn record(&self, namespace: Hash32, actor: Option<MemberId>, at: Timestamp, salt: Hash32) -> EventV1 {
        EventV1 {
            namespace,
            kind: self.kind().code(),
            subject: Hash32::left_padded(self.subject().as_bytes()),
            payload: payload(&self.words(actor)),
            at: at.0,
            salt,
        }
    }
}

fn facts_of_total(total: &UsageTotal) -> Vec<Hash32> {
    let day = |day: Option<&u64>| number(day.copied().unwrap_or_default());
    let days = u64::try_from(total.days.len()).unwrap_or(u64::MAX);
    let used = total.used;
    let mut words = vec![text(&total.model), day(total.days.first()), day(total.days.last())];
    let numbers = [
        days,
        total.members,
        used.calls,
        used.input_tokens,
        used.output_tokens,
        used.charged,
    ];
    words.extend(numbers.map(number));
    words
}

/// The payload of an event with these words.
#[must_use]
pub fn payload(words: &[Hash32]) -> Hash32 {
    keccak256_words(words)
}

fn text(text: &str) -> Hash32 {
    keccak256(text.as_bytes())
}

fn text_or_none(reason: Option<&str>) -> Hash32 {
    reason.map_or(Hash32::ZERO, text)
}

fn number(value: u64) -> Hash32 {
    Hash32::from_u128(u128::from(value))
}

#[cfg(test)]
mod tests;
