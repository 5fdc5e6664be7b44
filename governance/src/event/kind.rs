//! The kinds of event: a number that never changes, a name, and the names of the facts.

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, [$($fact:literal),*];)*) => {
        /// What happened. A code is never given to another kind, and the facts of a kind never change: other facts are another
        /// kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind { $($(#[$doc])* $variant,)* }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number in the record.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name for people.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The names of the words that follow the actor, in their order.
            #[must_use]
            pub const fn facts(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($fact),*],)* }
            }

            /// The kind with this number.
            #[must_use]
            pub fn from_code(code: u16) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.code() == code)
            }
        }
    };
}

kinds! {
    /// A co-op was founded; its bylaws have a record of their own. Subject: the co-op.
    CoopFounded = 1, "coop_founded", ["slug", "name"];
    /// A member saw an emergency: nothing that would bind the co-op happens for some days. Subject: the co-op.
    CoopHalted = 2, "coop_halted", ["until", "reason"];
    /// A halt was ended before its time. Subject: the co-op.
    CoopResumed = 3, "coop_resumed", ["reason"];
    /// A membership began. Subject: the member.
    MemberAdmitted = 10, "member_admitted", ["class", "way", "source", "name"];
    /// A member is called differently. Subject: the member.
    MemberRenamed = 11, "member_renamed", ["name"];
    /// A membership was suspended, reinstated, or ended. Subject: the member.
    StatusChanged = 12, "status_changed", ["from", "to", "reason"];
    /// A member got an office. Subject: the member.
    RoleGranted = 13, "role_granted", ["role", "reason"];
    /// An office ended. Subject: the member.
    RoleEnded = 14, "role_ended", ["role", "reason"];
    /// A key was registered, beside its `KeyRegistrationV1`. Subject: the member.
    KeyRegistered = 15, "key_registered", ["key", "registration", "proof"];
    /// A key stands on no roll from now on. Subject: the member.
    KeyEnded = 16, "key_ended", ["key"];
    /// Somebody was invited. Subject: the invitation.
    InvitationMade = 20, "invitation_made", ["class", "expiresAt"];
    /// An invitation was taken back. Subject: the invitation.
    InvitationRevoked = 21, "invitation_revoked", [];
    /// Somebody asked to join. Subject: the application.
    ApplicationMade = 22, "application_made", ["name", "statement"];
    /// An application was decided. Subject: the application.
    ApplicationDecided = 23, "application_decided", ["decision", "member", "reason"];
    /// A proposal was begun. Subject: the proposal.
    ProposalDrafted = 30, "proposal_drafted", ["kind", "bylawsVersion", "text", "options", "seats"];
    /// Its texts changed. Subject: the proposal.
    ProposalEdited = 31, "proposal_edited", ["text", "options", "seats"];
    /// It was put before the members. Subject: the proposal.
    ProposalDiscussed = 32, "proposal_discussed", [];
    /// Voting opened, beside its `ProposalV1`. Subject: the proposal.
    ProposalOpened = 33, "proposal_opened", ["proposalHash"];
    /// Voting closed: the close marker. Subject: the proposal.
    ProposalClosed = 34, "proposal_closed", ["lastBallot", "why"];
    /// Its author took it back. Subject: the proposal.
    ProposalWithdrawn = 35, "proposal_withdrawn", ["reason"];
    /// A steward stopped it. Subject: the proposal.
    ProposalCancelled = 36, "proposal_cancelled", ["reason"];
    /// Its result was published, beside its `TallyV1`. Subject: the proposal.
    ResultPublished = 37, "result_published", ["tallyHash", "outcome"];
    /// It was put before the members, who may sponsor it. Subject: the proposal.
    ProposalSubmitted = 38, "proposal_submitted", [];
    /// A member sponsors it. Subject: the proposal.
    ProposalSponsored = 39, "proposal_sponsored", [];
    /// The log was ahead of the database, which was restored from an older copy, and goes on after a gap in what the database
    /// knows. Subject: the co-op.
    LogRepaired = 40, "log_repaired", ["firstIndex", "endIndex", "root"];
    /// A member on the roll objects to what was carried. Subject: the proposal.
    ObjectionRaised = 41, "objection_raised", ["reason"];
    /// The time for objections ended, by itself or because there were enough. Subject: the proposal.
    ObjectionEnded = 42, "objection_ended", ["objections", "verdict"];
    /// What was carried waits to be executed. Subject: the proposal.
    ProposalQueued = 43, "proposal_queued", ["executeAfter", "expiresAt"];
    /// One of its actions was executed, beside the events of what it did. Subject: the proposal.
    ActionExecuted = 44, "action_executed", ["index", "action"];
    /// All that was due of it was executed. Subject: the proposal.
    ProposalExecuted = 45, "proposal_executed", ["actions"];
    /// It could not be executed, and nothing of it was done. Subject: the proposal.
    ExecutionFailed = 46, "execution_failed", ["reason"];
    /// It was not executed in time. Subject: the proposal.
    ProposalExpired = 47, "proposal_expired", [];
    /// A steward took a comment out of sight. Subject: the proposal.
    CommentRemoved = 50, "comment_removed", ["comment"];
    /// A member trusts another one, or says that nobody is trusted, beside its `DelegationV1`. Subject: the member.
    DelegationGiven = 60, "delegation_given", ["delegation", "trustee", "scopeKind", "scope"];
    /// A member took a delegation back, beside its `DelegationV1`. Subject: the member.
    DelegationRevoked = 61, "delegation_revoked", ["delegation", "scopeKind", "scope"];
    /// A steward set when voting opens by itself, in the place of what was set before. Subject: the proposal.
    OpeningScheduled = 70, "opening_scheduled", ["opensAt", "closesAt"];
    /// Voting will not open by itself any more. Subject: the proposal.
    OpeningUnscheduled = 71, "opening_unscheduled", ["reason"];
    /// Voting was to open by itself and could not; nothing of it was done. Subject: the proposal.
    OpeningRefused = 72, "opening_refused", ["reason"];
    /// Voting goes on, since the quorum was first met shortly before it was to end. Subject: the proposal.
    VotingExtended = 73, "voting_extended", ["ballot", "closesAt"];
    /// A member contests the result, and what was carried waits. Subject: the proposal.
    ContestRaised = 74, "contest_raised", ["reason"];
    /// A steward answered a contest. Subject: the proposal.
    ContestEnded = 75, "contest_ended", ["member", "verdict", "reason"];
    /// A member was told that the proposal would expel them, and why. Subject: the proposal.
    NoticeGiven = 76, "notice_given", ["member", "grounds", "replyUntil"];
    /// Whom the proposal would expel replied. Subject: the proposal.
    NoticeReplied = 77, "notice_replied", ["reply"];
    /// Its ballots are to be as secret as a tier says. Subject: the proposal.
    SecrecyChosen = 80, "secrecy_chosen", ["tier"];
    /// Its roll was frozen under pseudonyms: the root over the members behind them. Subject: the proposal.
    RollVeiled = 81, "roll_veiled", ["electors", "members"];
    /// A step was taken about an objection in a vote by consent. Subject: the proposal.
    ObjectionJudged = 82, "objection_judged", ["ballot", "step", "reason"];
    /// It is a stage of a decision of several bodies, and may be sponsored or discussed. Subject: the proposal.
    StageBegun = 83, "stage_begun", ["number", "stages", "body", "former", "tally"];
    /// It is an alternative to another proposal, on the same question. Subject: the proposal.
    AlternativeBegun = 84, "alternative_begun", ["original"];
    /// Its author took over the texts of an alternative, beside its `proposal_edited`. Subject: the proposal.
    AlternativeAdopted = 85, "alternative_adopted", ["alternative", "reason"];
    /// Its text went into another proposal, as the whole of it or as an option. Subject: the proposal.
    ProposalMerged = 86, "proposal_merged", ["into", "place", "reason"];
    /// It puts an alternative to one vote with others. Subject: the proposal.
    OptionJoined = 87, "option_joined", ["place", "alternative", "text", "actions", "length"];
    /// A member made a key for the tools. Subject: the member.
    AccessKeyMade = 100, "access_key_made", ["key", "expiresAt"];
    /// A key for the tools is worth nothing any more, at once or from a moment on. Subject: the member.
    AccessKeyRevoked = 101, "access_key_revoked", ["key", "endsAt"];
    /// The rules of use of the tools were set. Subject: the co-op.
    AccessPolicySet = 102, "access_policy_set", ["version", "policy", "effectiveAt", "proposal"];
    /// A tool was added or changed. Subject: the tool.
    ToolSet = 103, "tool_set", ["tool", "terms", "proposal"];
    /// A tool is not used any more. Subject: the tool.
    ToolRetired = 104, "tool_retired", ["tool", "proposal"];
    /// A model was added or changed. Subject: the co-op.
    ModelSet = 105, "model_set", ["model", "terms", "proposal"];
    /// A model is not served any more. Subject: the co-op.
    ModelRetired = 106, "model_retired", ["model", "proposal"];
    /// A steward gave the co-op's key at a tool, or took it back. Subject: the tool.
    ToolKeyChanged = 107, "tool_key_changed", ["tool", "state"];
    /// What all members used of a model on days that are over. Subject: the co-op.
    UsageTotalled = 108, "usage_totalled", [
        "model", "firstDay", "lastDay", "days", "members", "calls", "inputTokens", "outputTokens", "charged"
    ];
    /// What members owe for what was told to be used, in one currency. Subject: the co-op.
    UsageOwed = 109, "usage_owed", ["number", "currency", "firstTotal", "lastTotal", "members", "minor", "journal"];
    /// It was shown that no call of the model costs more than is set aside, so it takes calls. Subject: the co-op.
    ModelProved = 110, "model_proved", ["model", "terms", "probes"];
    /// An account of the books was opened. Subject: the account.
    LedgerAccountOpened = 120, "ledger_account_opened", ["path", "currency", "minorDigits", "exponent"];
    /// A transaction was posted to the books. Subject: the transaction.
    JournalPosted = 121, "journal_posted", ["number", "kind", "reverses", "digest"];
    /// A revenue rule was adopted. Subject: the co-op.
    RevenueRuleAdopted = 122, "revenue_rule_adopted", ["version", "rule", "effectiveAt", "proposal"];
    /// Figures of what members contributed were brought in. Subject: the snapshot.
    ContributionsSubmitted = 123, "contributions_submitted", ["metric", "digest", "challengeUntil", "replaces"];
    /// A member says that the own figures are wrong. Subject: the snapshot.
    ContributionDisputed = 124, "contribution_disputed", ["reason"];
    /// That was decided. Subject: the snapshot.
    DisputeDecided = 125, "dispute_decided", ["member", "ruling", "reason"];
    /// A payout cycle was opened. Subject: the cycle.
    PayoutCycleOpened = 126, "payout_cycle_opened", ["period", "rule", "word"];
    /// Its inputs were frozen. Subject: the cycle.
    PayoutCycleFrozen = 127, "payout_cycle_frozen", ["revenue", "members", "journalUpto"];
    /// It was computed. Subject: the cycle.
    PayoutCycleComputed = 128, "payout_cycle_computed", ["digest", "payoutDigest"];
    /// A second program computed the same. Subject: the cycle.
    PayoutCycleVerified = 129, "payout_cycle_verified", ["digest", "payoutDigest"];
    /// It was put before those who approve it. Subject: the cycle.
    PayoutCycleProposed = 130, "payout_cycle_proposed", ["digest", "approvals"];
    /// Somebody approved it. Subject: the cycle.
    PayoutCycleApproved = 131, "payout_cycle_approved", ["digest", "payoutDigest"];
    /// It was posted to the books. Subject: the cycle.
    PayoutCyclePosted = 132, "payout_cycle_posted", ["journal", "digest"];
    /// It was cancelled before that. Subject: the cycle.
    PayoutCycleCancelled = 133, "payout_cycle_cancelled", ["reason"];
    /// A member said where to be paid. Subject: the member.
    PayeeChanged = 134, "payee_changed", ["version", "rail", "digest", "usableAt"];
    /// Somebody asked the member and confirmed it. Subject: the member.
    PayeeConfirmed = 135, "payee_confirmed", ["version"];
    /// An account of the books stands for an account of a bank. Subject: the account.
    BankAccountAdded = 136, "bank_account_added", ["iban"];
    /// What a posted cycle pays was set aside, to be paid one by one. Subject: the cycle.
    PaymentsIssued = 137, "payments_issued", ["journal", "payments", "total"];
    /// A file that asks a bank to pay was prepared. Subject: the file.
    PaymentFilePrepared = 138, "payment_file_prepared", ["cycle", "message", "digest", "transfers", "total"];
    /// Somebody else released it to be given to the bank. Subject: the file.
    PaymentFileReleased = 139, "payment_file_released", ["digest"];
    /// It was withdrawn before that. Subject: the file.
    PaymentFileWithdrawn = 140, "payment_file_withdrawn", ["reason"];
    /// A file in which a bank told something was brought in. Subject: the file.
    BankFileImported = 141, "bank_file_imported", ["digest", "kind", "items"];
    /// Somebody states what became of a payment, with evidence. Subject: the statement.
    PaymentStated = 142, "payment_stated", ["cycle", "member", "outcome", "document"];
    /// Somebody else looked at the evidence. Subject: the statement.
    PaymentJudged = 143, "payment_judged", ["verdict"];
    /// A payment was given back to what the member is owed. Subject: the cycle.
    PaymentCarried = 144, "payment_carried", ["member", "reason"];
    /// Somebody says that everything of a cycle is paid. Subject: the cycle.
    PayoutClosingAsked = 145, "payout_closing_asked", [];
    /// Somebody else looked at it too, and closed it. Subject: the cycle.
    PayoutCycleClosed = 146, "payout_cycle_closed", [];
    /// Somebody asks for a posted cycle to be undone. Subject: the cycle.
    PayoutReversalAsked = 147, "payout_reversal_asked", ["reason"];
    /// Somebody else undid it. Subject: the cycle.
    PayoutCycleReversed = 148, "payout_cycle_reversed", ["journal"];
    /// The terms of money were set. Subject: the co-op.
    MoneyTermsSet = 150, "money_terms_set", ["version", "terms", "proposal"];
    /// Shares of a member moved. Subject: the move.
    SharesMoved = 151, "shares_moved", ["kind", "member", "shares", "amount", "journal"];
    /// The interest of a year was credited. Subject: the co-op.
    ShareInterestCredited = 152, "share_interest_credited", ["year", "total", "members", "journal"];
    /// An invoice, a credit note or a receipt was issued. Subject: the document.
    DocumentIssued = 153, "document_issued", ["kind", "digest", "journal"];
    /// A payment of invoices came in. Subject: the payment.
    PaymentReceived = 154, "payment_received", ["member", "amount", "journal"];
    /// A supplier's bill was put before those who approve it. Subject: the bill.
    BillPrepared = 155, "bill_prepared", ["digest", "approvals"];
    /// Somebody approved it. Subject: the bill.
    BillApproved = 156, "bill_approved", ["digest"];
    /// Enough did, and it was posted to the books. Subject: the bill.
    BillPosted = 157, "bill_posted", ["journal", "digest"];
    /// It was paid. Subject: the bill.
    BillPaid = 158, "bill_paid", ["journal"];
    /// It was cancelled before it was approved. Subject: the bill.
    BillCancelled = 159, "bill_cancelled", ["reason"];
    /// A year was closed. Subject: the co-op.
    YearClosed = 160, "year_closed", ["year", "digest", "journal"];
    /// An account of the books stands for a contract from which members claim. Subject: the account.
    DistributorAdded = 161, "distributor_added", ["chainId", "contract", "token", "digits"];
    /// A root of claims went on: released, or as the chain shows it. Subject: the file.
    ClaimRootMoved = 162, "claim_root_moved", ["state", "epoch", "block"];
    /// Who asked for a cycle to be closed took that back. Subject: the cycle.
    PayoutClosingWithdrawn = 163, "payout_closing_withdrawn", [];
    /// Who asked for a cycle to be undone took that back. Subject: the cycle.
    PayoutReversalWithdrawn = 164, "payout_reversal_withdrawn", [];
    /// A contract shows a root that nobody released here. Subject: the account of the books.
    ForeignRootNoted = 167, "foreign_root_noted", ["epoch", "root", "block"];
    /// Nobody is paid by it any more: it was vetoed, or a root of ours is active after it. Subject: the account of the books.
    ForeignRootEnded = 168, "foreign_root_ended", ["epoch", "block"];
    /// Somebody asked for a released root to be given up, since nobody submitted it. Subject: the file.
    ClaimRootGiveUpAsked = 169, "claim_root_give_up_asked", ["reason"];
    /// Which tax profile a member has was set; which one it is stands in no event. Subject: the member.
    TaxProfileSet = 170, "tax_profile_set", ["number"];
    /// A steward set what strangers see of the co-op. Subject: the co-op.
    PublicPageSet = 180, "public_page_set", ["version", "shown", "about"];
    /// Who brought figures in signed their record with a key of their own. Subject: the snapshot.
    ContributionsSigned = 183, "contributions_signed", ["record", "registration", "signature"];
}
