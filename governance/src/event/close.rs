//! Why voting closed.

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
