//! How much each method counts exactly, in bounded time; each limit has its own words.

use crate::ballot::Method;

/// A limit that a count would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Sums and products would leave 128 bits.
    #[error("{} counts at most {max} votes exactly", .method.name())]
    Votes {
        /// The method.
        method: Method,
        /// The most votes.
        max: u128,
    },
    /// Time or memory would grow too much.
    #[error("{} counts at most {max} candidates", .method.name())]
    Candidates {
        /// The method.
        method: Method,
        /// The most candidates.
        max: u16,
    },
    /// Each rank of several candidates may double the parts of a paper.
    #[error("the equal ranks of one ballot divide it into more than {max} parts; rank fewer candidates equally")]
    Parts {
        /// The most parts.
        max: usize,
    },
    /// A count that does not come to rest.
    #[error("the votes were distributed {max} times and the surplus still falls")]
    Distributions {
        /// The most distributions.
        max: usize,
    },
}
