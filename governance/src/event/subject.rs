//! What an event happened to.

use uuid::Uuid;

use super::Event;

impl Event<'_> {
    /// What it happened to.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table of kinds")]
    pub const fn subject(&self) -> Uuid {
        match self {
            Self::CoopFounded { coop, .. }
            | Self::CoopHalted { coop, .. }
            | Self::CoopResumed { coop, .. }
            | Self::PublicPageSet { coop, .. }
            | Self::LogRepaired { coop, .. }
            | Self::AccessPolicySet { coop, .. }
            | Self::UsageTotalled { coop, .. }
            | Self::ModelProved { coop, .. }
            | Self::UsageOwed { coop, .. }
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
            | Self::AccessKeyRevoked { member, .. }
            | Self::PayeeChanged { member, .. }
            | Self::PayeeConfirmed { member, .. } => member.uuid(),
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
            | Self::AlternativeBegun { proposal, .. }
            | Self::AlternativeAdopted { proposal, .. }
            | Self::ProposalMerged { proposal, .. }
            | Self::OptionJoined { proposal, .. }
            | Self::CommentRemoved { proposal, .. } => proposal.uuid(),
            Self::LedgerAccountOpened { account } => account.id.uuid(),
            Self::JournalPosted { journal, .. } => journal.uuid(),
            Self::Contributions(contribution, _) => contribution.uuid(),
            Self::PayoutCycleOpened { cycle, .. }
            | Self::PayoutCycleFrozen { cycle, .. }
            | Self::PayoutCycleComputed { cycle, .. }
            | Self::PayoutCycleVerified { cycle, .. }
            | Self::PayoutCycleProposed { cycle, .. }
            | Self::PayoutCycleApproved { cycle, .. }
            | Self::PayoutCyclePosted { cycle, .. }
            | Self::PayoutCycleCancelled { cycle, .. }
            | Self::PaymentsIssued { cycle, .. } => cycle.uuid(),
            Self::Settlement(settlement) => settlement.subject(),
            Self::Claims(claims) => claims.subject(),
            Self::TaxProfileSet { member, .. } => member.uuid(),
            Self::BankAccountAdded { account, .. } => account.uuid(),
            Self::PaymentFilePrepared { file, .. }
            | Self::PaymentFileReleased { file, .. }
            | Self::PaymentFileWithdrawn { file, .. } => file.uuid(),
            Self::BankFileImported { file, .. } => file.uuid(),
            Self::Money(money) => money.subject(),
        }
    }
}
