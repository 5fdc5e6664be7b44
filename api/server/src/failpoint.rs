//! Places at which a test lets the program die, as if the power went: between a commit and its answer, between a deed on the
//! chain and its note. Release builds have none of it.
//!
//! `ROCHDALE_FAILPOINT` names one, and where several states pass it, after a colon those that are meant:
//! `anchor_advanced:mined+safe`.

/// A place at which the program may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failpoint {
    /// Ballots and their receipts are written and not committed.
    BallotStored,
    /// They are committed and not answered.
    BallotCommitted,
    /// The close marker and the job to count are written and not committed.
    CloseMarked,
    /// They are committed; nobody was told.
    CloseCommitted,
    /// The ballots are counted, nothing of it is written.
    BallotsCounted,
    /// Outcome, record and tally are written and not committed.
    TallyStored,
    /// They are committed and not sealed.
    TallyPublished,
    /// What was carried is due, and its proposal locked; nothing is done.
    ExecutionBegun,
    /// One action is done with its event; the state is its place among the proposal's.
    ActionExecuted,
    /// Everything that was carried is done and not committed.
    ActionsExecuted,
    /// It is committed; the job is not done.
    ExecutionCommitted,
    /// An action met an obstacle and all is undone; nobody noted it.
    ObstacleMet,
    /// It is noted and committed; the job is not put off.
    FailureNoted,
    /// A job is done and still stands as claimed; the state is its kind.
    JobDone,
    /// An anchor is sealed and not worked on.
    AnchorSealed,
    /// A step of an anchor was done, on the chain too, and is not stored; the state is the one after it.
    AnchorAdvanced,
    /// It is stored.
    AnchorStored,
    /// Entries have their place in the log; no file shows it.
    LogSequenced,
    /// Their tiles are written; no checkpoint covers them.
    LogTilesWritten,
    /// A checkpoint is signed and stored; nobody can see it.
    LogSigned,
    /// It lies in the folder, and the database does not know.
    LogCheckpointWritten,
    /// The database knows.
    LogPublished,
    /// A log is taken to be repaired; nothing is written.
    LogRepairTaken,
    /// Its lost entries have their places again, and its head stands where the published one stands; not committed.
    LogRepairPlaced,
    /// The event that says so is written as well, and not committed.
    LogRepairTold,
    /// All of it is committed; nobody was told.
    LogRepaired,
    /// The inputs of a payout cycle are frozen and not committed.
    CycleFrozen,
    /// It is computed inside the database and not committed.
    CycleComputed,
    /// It is computed once more, and not committed.
    CycleVerified,
    /// It is put before its approvers and not committed.
    CycleProposed,
    /// An approval is written and not committed.
    CycleApproved,
    /// It is posted to the books and not committed.
    CyclePosted,
    /// That is committed and not answered.
    CyclePostCommitted,
    /// What a cycle pays is set aside and not committed.
    PaymentsIssued,
    /// A file of payments is prepared and not committed.
    PaymentFilePrepared,
    /// It is released and not committed.
    PaymentFileReleased,
    /// What a bank told is brought in, with what it moves, and not committed.
    BankFileImported,
    /// Evidence is stated and not committed.
    PaymentStated,
    /// Evidence is judged, with what it moves, and not committed.
    PaymentJudged,
    /// A payment is carried, with what it moves, and not committed.
    PaymentCarried,
    /// A cycle is closed and not committed.
    PaymentsClosed,
    /// A cycle is undone and not committed.
    CycleReversed,
    /// What a final block shows of claims is noted, with what it moves, and not committed.
    ClaimsFollowed,
}

impl Failpoint {
    /// The name in the environment.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BallotStored => "ballot_stored",
            Self::BallotCommitted => "ballot_committed",
            Self::CloseMarked => "close_marked",
            Self::CloseCommitted => "close_committed",
            Self::BallotsCounted => "ballots_counted",
            Self::TallyStored => "tally_stored",
            Self::TallyPublished => "tally_published",
            Self::ExecutionBegun => "execution_begun",
            Self::ActionExecuted => "action_executed",
            Self::ActionsExecuted => "actions_executed",
            Self::ExecutionCommitted => "execution_committed",
            Self::ObstacleMet => "obstacle_met",
            Self::FailureNoted => "failure_noted",
            Self::JobDone => "job_done",
            Self::AnchorSealed => "anchor_sealed",
            Self::AnchorAdvanced => "anchor_advanced",
            Self::AnchorStored => "anchor_stored",
            Self::LogSequenced => "log_sequenced",
            Self::LogTilesWritten => "log_tiles_written",
            Self::LogSigned => "log_signed",
            Self::LogCheckpointWritten => "log_checkpoint_written",
            Self::LogPublished => "log_published",
            Self::LogRepairTaken => "log_repair_taken",
            Self::LogRepairPlaced => "log_repair_placed",
            Self::LogRepairTold => "log_repair_told",
            Self::LogRepaired => "log_repaired",
            Self::CycleFrozen => "cycle_frozen",
            Self::CycleComputed => "cycle_computed",
            Self::CycleVerified => "cycle_verified",
            Self::CycleProposed => "cycle_proposed",
            Self::CycleApproved => "cycle_approved",
            Self::CyclePosted => "cycle_posted",
            Self::CyclePostCommitted => "cycle_post_committed",
            Self::PaymentsIssued => "payments_issued",
            Self::PaymentFilePrepared => "payment_file_prepared",
            Self::PaymentFileReleased => "payment_file_released",
            Self::BankFileImported => "bank_file_imported",
            Self::PaymentStated => "payment_stated",
            Self::PaymentJudged => "payment_judged",
            Self::PaymentCarried => "payment_carried",
            Self::PaymentsClosed => "payments_closed",
            Self::CycleReversed => "cycle_reversed",
            Self::ClaimsFollowed => "claims_followed",
        }
    }

    /// Dies here if the environment says so.
    pub fn reach(self) {
        self.reach_in("");
    }

    /// Dies here if the environment names this place, with this state or with none.
    #[cfg(debug_assertions)]
    pub fn reach_in(self, state: &str) {
        use std::sync::LazyLock;
        static ASKED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("ROCHDALE_FAILPOINT").ok());
        let Some(asked) = ASKED.as_deref() else { return };
        let (name, states) = asked.split_once(':').unwrap_or((asked, ""));
        if name == self.name() && (states.is_empty() || states.split('+').any(|asked| asked == state)) {
            // No destructor runs and nothing is flushed: a crash, not an end.
            std::process::abort();
        }
    }

    /// A release build goes on.
    #[cfg(not(debug_assertions))]
    pub const fn reach_in(self, _state: &str) {}
}
