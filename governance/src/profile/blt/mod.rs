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
//! order ties are drawn. A candidate twice on one paper is refused.
//! Source: the ballot file format of OpenSTV, with the additions of Droop and stv-rs that occur in published elections.

mod options;
mod parse;
#[cfg(test)]
mod tests;

pub use parse::parse;
