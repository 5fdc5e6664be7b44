//! Ballot files (`.blt`), the form in which elections are exchanged between counting programs.
//!
//! A file is read line by line:
//!
//! ```text
//! 4 2                    four candidates, two places
//! -3                     candidate 3 has withdrawn (also `[withdrawn …]`); optional
//! 28 1 2 0               28 papers: first 1, then 2
//! 3 4 - 2 0              3 papers whose second preference was left out
//! 1 2=3 1 0              1 paper with two candidates ranked equally
//! 0                      end of the papers
//! "Ann"                  the candidates' names, with quotation marks or without
//! "Ben"
//! "Cem"
//! "Dee"
//! "The committee"        the title; optional
//! ```
//!
//! Comments begin with `#`. `[nick a b c d]` gives candidates short names that papers may use, and `[tie b a d c]` says in which
//! order ties are drawn. Whatever is malformed is refused with the number of its line.
//! Source: the ballot file format of OpenSTV, with the additions of Droop and stv-rs that occur in published elections.

mod options;
mod parse;
#[cfg(test)]
mod tests;

pub use parse::parse;

/// The most lines of papers in one file: a whole city's election, with every paper on a line of its own.
pub const PAPER_LINES_MAX: usize = 2_000_000;
/// The most papers one line may stand for.
pub const WEIGHT_MAX: u64 = 1_000_000_000_000;
/// The longest name or title, in characters.
pub const NAME_MAX: usize = 300;

/// An election as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blt {
    /// Places to fill.
    pub seats: u16,
    /// The candidates' names in order.
    pub candidates: Vec<String>,
    /// Candidates who withdrew, from 0, ascending.
    pub withdrawn: Vec<u16>,
    /// The papers, in the order of the file.
    pub papers: Vec<PaperLine>,
    /// The title; empty where the file has none.
    pub title: String,
    /// The order in which ties are drawn, from 0, if the file gives one.
    pub tie_order: Option<Vec<u16>>,
}

/// One line of papers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperLine {
    /// Its line in the file, from 1.
    pub line: usize,
    /// How many papers it stands for.
    pub weight: u64,
    /// The preferences, the first one first.
    pub preferences: Vec<Preference>,
}

/// One preference of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preference {
    /// One candidate, from 0.
    One(u16),
    /// Several candidates ranked equally, from 0.
    Equal(Box<[u16]>),
    /// Nothing: the paper leaves this preference out.
    Skipped,
}

impl PaperLine {
    /// The preferences as a strict order, for methods that know neither equal ranks nor gaps.
    ///
    /// A preference left out ends the order: SSI 2007/42 transfers a paper only to preferences "in consecutive order".
    ///
    /// # Errors
    /// [`BltReason::EqualRanks`], with the line, where candidates are ranked equally.
    pub fn strict_order(&self) -> Result<Vec<u16>, BltRefusal> {
        let mut order = Vec::with_capacity(self.preferences.len());
        for preference in &self.preferences {
            match preference {
                Preference::One(candidate) => order.push(*candidate),
                Preference::Skipped => break,
                Preference::Equal(_) => {
                    return Err(BltRefusal {
                        line: self.line,
                        reason: BltReason::EqualRanks,
                    });
                }
            }
        }
        Ok(order)
    }
}

/// Why a file is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BltRefusal {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: BltReason,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BltReason {
    /// The file ends where more was expected.
    #[error("the file ends before {0}")]
    Ends(&'static str),
    /// The first line is not two numbers.
    #[error("the first line must be two whole numbers, candidates and places; it is {0:?}")]
    Header(String),
    /// No candidates, or too many.
    #[error("there must be from 1 to {max} candidates; the first line says {given}")]
    Candidates {
        /// What the line says.
        given: u64,
        /// The bound.
        max: usize,
    },
    /// No places, or more than candidates.
    #[error(
        "there must be at least 1 place and no more places than the {candidates} candidates; the first line says {given}"
    )]
    Seats {
        /// What the line says.
        given: u64,
        /// The candidates.
        candidates: u16,
    },
    /// A word that should be the number or the short name of a candidate.
    #[error("{word:?} is no candidate: they are numbered from 1 to {candidates}")]
    UnknownCandidate {
        /// The word.
        word: String,
        /// The candidates.
        candidates: u16,
    },
    /// A candidate stands twice in a list that may hold each once.
    #[error("candidate {0} stands twice")]
    Repeated(u16),
    /// A line of papers does not begin with how many they are.
    #[error("papers must begin with how many they are, from 1 to {WEIGHT_MAX}; this line begins with {0:?}")]
    Weight(String),
    /// A line of papers does not end with 0.
    #[error("papers must end with 0; this line ends with {0:?}")]
    Unended(String),
    /// Something follows the 0 of a line of papers.
    #[error("nothing may follow the 0 that ends the papers; here follows {0:?}")]
    AfterEnd(String),
    /// More preferences than candidates.
    #[error("there are more preferences than candidates")]
    TooManyPreferences,
    /// More lines of papers than the bound.
    #[error("there are more than {PAPER_LINES_MAX} lines of papers")]
    TooManyPapers,
    /// The method wants a strict order.
    #[error("candidates are ranked equally, which this method does not allow")]
    EqualRanks,
    /// A line in square brackets that says nothing known.
    #[error("the option {0:?} is not known; nick, withdrawn and tie are")]
    UnknownOption(String),
    /// A line in square brackets without its end.
    #[error("an option must end with ] on the same line")]
    UnendedOption,
    /// A list that must name every candidate.
    #[error("the option {option} must list {expected} words; it lists {given}")]
    OptionLength {
        /// The option.
        option: &'static str,
        /// How many candidates there are.
        expected: u16,
        /// How many words there are.
        given: usize,
    },
    /// A short name that is a number, repeated or unusable.
    #[error("{0:?} cannot be a short name: it must be unique, begin with a letter and hold none of = [ ] # \"")]
    Nick(String),
    /// Everyone withdrew.
    #[error("every candidate has withdrawn")]
    AllWithdrawn,
    /// A quotation mark without its partner.
    #[error("a name that begins with a quotation mark must end with one")]
    Unquoted,
    /// Something follows a quoted name.
    #[error("nothing may follow the name on its line; here follows {0:?}")]
    AfterName(String),
    /// A name that is empty, too long or holds control characters.
    #[error("a name must have from 1 to {NAME_MAX} characters and no control characters")]
    Name,
    /// Something follows the title.
    #[error("nothing was expected after the title; here stands {0:?}")]
    AfterTitle(String),
}
