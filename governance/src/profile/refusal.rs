//! Why a file is refused, and where.

use super::{BYTES_MAX, CANDIDATES_MAX, LINES_MAX, NAME_MAX, SCORE_MAX, WEIGHT_MAX};

/// Why a file is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Refusal {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

impl Refusal {
    /// This reason at this line, from 1.
    #[must_use]
    pub const fn at(line: usize, reason: Reason) -> Self {
        Self { line, reason }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// More bytes than the bound.
    #[error("the file has more than {BYTES_MAX} bytes")]
    TooLarge,
    /// Neither name nor content say what the file holds.
    #[error(
        "neither the name nor the content says what this is; read are .blt, .soc, .soi, .toc, .toi, .abif, .csv, .json and lists of names"
    )]
    UnknownFormat,
    /// The cast votes of RCTab mean nothing without its rules.
    #[error("these are cast votes, counted by rules: give the configuration of RCTab with --rules")]
    NeedsRules,
    /// The file ends where more was expected.
    #[error("the file ends before {0}")]
    Ends(&'static str),
    /// The first line is not two numbers.
    #[error("the first line must be two whole numbers, candidates and places; it is {0:?}")]
    Header(String),
    /// No candidates, or too many.
    #[error("there must be from 1 to {CANDIDATES_MAX} candidates; the first line says {0}")]
    Candidates(u64),
    /// No candidates, or too many, where no line says how many there are.
    #[error("there must be from 1 to {CANDIDATES_MAX} candidates")]
    CandidateCount,
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
    /// A name that no candidate bears.
    #[error("{0:?} is no candidate")]
    UnknownName(String),
    /// A candidate stands twice in a list that may hold each once.
    #[error("candidate {0} stands twice")]
    Repeated(u16),
    /// A line of papers does not begin with how many they are.
    #[error("papers must begin with how many they are, from 1 to {WEIGHT_MAX}; this line begins with {0:?}")]
    Weight(String),
    /// A score out of bounds.
    #[error("a score must be a whole number from 0 to {SCORE_MAX}; here stands {0:?}")]
    Score(String),
    /// A rank out of bounds.
    #[error("a rank must be a whole number from 1 to {candidates}, the number of candidates; here stands {word:?}")]
    Rank {
        /// The word.
        word: String,
        /// The candidates.
        candidates: u16,
    },
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
    #[error("there are more than {LINES_MAX} lines of papers")]
    TooManyPapers,
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
    /// Two candidates of one name, where names tell them apart.
    #[error("two candidates are called {0:?}")]
    SameName(String),
    /// Something follows the title.
    #[error("nothing was expected after the title; here stands {0:?}")]
    AfterTitle(String),
    /// A header of PrefLib that must be there, or must be otherwise.
    #[error("the header {key:?} must be {wanted}; {found}")]
    PrefLibHeader {
        /// Which header.
        key: String,
        /// What it must be.
        wanted: &'static str,
        /// What there is.
        found: String,
    },
    /// A file in the older form of PrefLib.
    #[error(
        "papers must follow headers such as \"# NUMBER ALTERNATIVES: 3\"; files in the older form of PrefLib have none"
    )]
    OldPrefLib,
    /// A header of PrefLib that the papers contradict.
    #[error("the headers say {said} {what}, and the papers have {counted}")]
    Contradicted {
        /// What was counted.
        what: &'static str,
        /// What the header says.
        said: u64,
        /// What was found.
        counted: u128,
    },
    /// An incomplete order in a file that promises complete ones.
    #[error("the data type promises that everyone is ranked; this order ranks {0}")]
    Incomplete(usize),
    /// Equal ranks in a file that promises none.
    #[error("the data type promises that nobody is ranked equally")]
    UnexpectedEquals,
    /// A group without its end.
    #[error("a group that begins with {{ must end with }} before the next comma")]
    Group,
    /// A line of ABIF that is no declaration, metadata or papers.
    #[error("a line must begin with the number of papers and a colon, or declare =SHORT:[Name]; here stands {0:?}")]
    AbifLine(String),
    /// A declaration in an older form of ABIF.
    #[error("this older form of declaring a candidate is not read; write =SHORT:[Name]")]
    OldAbif,
    /// A candidate declared again.
    #[error("{0:?} is declared twice")]
    DeclaredTwice(String),
    /// Declarations come first.
    #[error("candidates must be declared before the papers")]
    LateDeclaration,
    /// A bracket or quotation mark without its partner.
    #[error("{0} is missing on this line")]
    Unclosed(char),
    /// A candidate was expected.
    #[error("a candidate was expected; here stands {0:?}")]
    NoCandidate(String),
    /// Something between candidates that does not part them.
    #[error("candidates must be parted by >, = or a comma; here stands {0:?}")]
    Separator(String),
    /// Commas and order on one line.
    #[error("a line may use commas, or > and =, but not both")]
    MixedSeparators,
    /// Scores for some of the candidates of a line.
    #[error("either every candidate of a line has a score or none")]
    PartlyScored,
    /// Scores that say another order.
    #[error("the scores contradict the order of the candidates")]
    ScoresContradict,
    /// A quotation mark of a table without its partner.
    #[error("a cell that begins with a quotation mark must end with one on the same line, followed by a comma")]
    Cell,
    /// A row of another length.
    #[error("the row has {given} cells, and the first row has {expected}")]
    Row {
        /// How many it has.
        given: usize,
        /// How many it must have.
        expected: usize,
    },
    /// The first row of cast votes is otherwise.
    #[error("the first row must be count,rank1,rank2 and so on")]
    CastVoteHeader,
    /// Lists of names without the line that parts the head from the papers.
    #[error("a ruler such as -+- must follow the candidates and their parties; here stands {0:?}")]
    Ruler(String),
    /// A line of papers that is no list of names and a number.
    #[error("papers must read (NAME, NAME) : NUMBER; here stands {0:?}")]
    NameList(String),
    /// It is no JSON.
    #[error("this is no JSON: {0}")]
    NotJson(String),
    /// Something else stands where a part of an election was expected.
    #[error("{wanted} was expected; here stands {found:?}")]
    JsonMember {
        /// What was expected.
        wanted: &'static str,
        /// What there is.
        found: String,
    },
}
