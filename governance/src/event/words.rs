//! What is told of each kind, as words.

use uuid::Uuid;

use super::{Event, payload};
use crate::access::UsageTotal;
use crate::delegation::Scope;
use crate::hash::{Hash32, keccak256};
use crate::id::MemberId;
use crate::record::EventV1;
use crate::time::Timestamp;

impl Event<'_> {
    /// Its words: the actor, then the facts in the order of [`EventKind::facts`].
    #[must_use]
    pub fn words(&self, actor: Option<MemberId>) -> Vec<Hash32> {
        let mut words = vec![actor.map_or(Hash32::ZERO, |actor| actor.word())];
        words.extend(self.facts());
        words
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

    /// The facts in the order of [`EventKind::facts`](super::EventKind::facts).
    #[expect(clippy::too_many_lines, reason = "a table of kinds")]
    pub(super) fn facts(&self) -> Vec<Hash32> {
        match *self {
            Self::CoopFounded { slug, name, .. } => vec![text(slug), text(name)],
            Self::PublicPageSet {
                version, shown, about, ..
            } => vec![number(version), text(shown), text(about)],
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
            Self::AlternativeBegun { .. }
            | Self::AlternativeAdopted { .. }
            | Self::ProposalMerged { .. }
            | Self::OptionJoined { .. } => self.facts_of_alternatives(),
            Self::AccessKeyMade { .. }
            | Self::AccessKeyRevoked { .. }
            | Self::AccessPolicySet { .. }
            | Self::ToolSet { .. }
            | Self::ToolRetired { .. }
            | Self::ModelSet { .. }
            | Self::ModelRetired { .. }
            | Self::ToolKeyChanged { .. }
            | Self::UsageTotalled { .. }
            | Self::ModelProved { .. }
            | Self::UsageOwed { .. } => self.facts_of_access(),
            Self::LedgerAccountOpened { .. } | Self::JournalPosted { .. } | Self::RevenueRuleAdopted { .. } => {
                self.facts_of_books()
            }
            Self::Contributions(_, contributions) => contributions.facts(),
            Self::PayoutCycleOpened { .. }
            | Self::PayoutCycleFrozen { .. }
            | Self::PayoutCycleComputed { .. }
            | Self::PayoutCycleVerified { .. }
            | Self::PayoutCycleProposed { .. }
            | Self::PayoutCycleApproved { .. }
            | Self::PayoutCyclePosted { .. }
            | Self::PayoutCycleCancelled { .. }
            | Self::TaxProfileSet { .. } => self.facts_of_payouts(),
            Self::PayeeChanged { .. }
            | Self::PayeeConfirmed { .. }
            | Self::BankAccountAdded { .. }
            | Self::PaymentsIssued { .. }
            | Self::PaymentFilePrepared { .. }
            | Self::PaymentFileReleased { .. }
            | Self::PaymentFileWithdrawn { .. }
            | Self::BankFileImported { .. } => self.facts_of_payments(),
            Self::Settlement(ref settlement) => settlement.facts(),
            Self::Claims(ref claims) => claims.facts(),
            Self::Money(ref money) => money.facts(),
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

    fn facts_of_alternatives(&self) -> Vec<Hash32> {
        if let Self::AlternativeBegun { original, .. } = *self {
            return vec![original.word()];
        }
        if let Self::AlternativeAdopted {
            alternative, reason, ..
        } = *self
        {
            return vec![alternative.word(), text(reason)];
        }
        if let Self::ProposalMerged {
            into, place, reason, ..
        } = *self
        {
            let place = number(u64::from(place.unwrap_or_default()));
            return vec![into.word(), place, text(reason)];
        }
        let Self::OptionJoined {
            place,
            alternative,
            text,
            actions,
            length,
            ..
        } = *self
        else {
            return Vec::new();
        };
        let (place, length) = (number(u64::from(place)), number(u64::from(length)));
        vec![place, alternative.word(), text, actions, length]
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
        if let Self::PayoutCycleCancelled { reason, .. } = *self {
            return vec![text(reason)];
        }
        if let Self::TaxProfileSet { number: count, .. } = *self {
            return vec![number(u64::from(count))];
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
        if let Self::UsageOwed {
            number: which,
            currency,
            totals,
            members,
            minor,
            journal,
            ..
        } = *self
        {
            let journal = journal.map_or(Hash32::ZERO, |journal| journal.word());
            let sums = [totals.0, totals.1, members, minor].map(number);
            return [&[number(which), text(currency)][..], &sums, &[journal]].concat();
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
        if let Self::ModelProved {
            model, terms, probes, ..
        } = *self
        {
            return vec![text(model), terms, number(probes)];
        }
        Vec::new()
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

pub(super) fn text(text: &str) -> Hash32 {
    keccak256(text.as_bytes())
}

pub(super) fn text_or_none(reason: Option<&str>) -> Hash32 {
    reason.map_or(Hash32::ZERO, text)
}

pub(super) fn number(value: u64) -> Hash32 {
    Hash32::from_u128(u128::from(value))
}
