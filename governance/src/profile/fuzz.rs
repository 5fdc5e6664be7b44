//! A plain function that a fuzzer may call with any bytes, and mutants of files for those who have no fuzzer.

use super::rctab::{parse, read_rules};
use super::{Cells, Format, Profile, Reason, Refusal, parse_as};

/// What the files of [`read_any`] begin with, where both a configuration and cast votes are needed.
const BETWEEN: &str = "\n---\n";

/// Reads any bytes as a file of this format. Cast votes follow their configuration and a line `---`.
///
/// # Errors
/// [`Refusal`], as the readers.
pub fn read_any(format: Format, cells: Cells, bytes: &[u8]) -> Result<Profile, Refusal> {
    let text = String::from_utf8_lossy(bytes);
    match format {
        Format::Blt | Format::PrefLib | Format::Abif | Format::Csv | Format::NameLists | Format::Json => {
            parse_as(format, &text, cells)
        }
        Format::CastVotes => {
            let (config, votes) = text.split_once(BETWEEN).unwrap_or((&text, ""));
            let rules = read_rules(config).map_err(|_| Refusal::at(1, Reason::NeedsRules))?;
            parse(votes, &rules)
        }
    }
}
