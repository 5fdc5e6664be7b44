//! Counting a ballot file: `rochdale-audit count`.

use std::io::Write;

use governance::blt::{self, Blt, BltRefusal};
use governance::hash::Hash32;
use governance::tally::scottish::{Contest, Papers, count};
use governance::tally::sheet::{Count, Question, Stage, Tie, TransferKind};
use governance::tally::{CountRefusal, TieBreak, TieRule};

/// What is asked of a count.
#[derive(Debug, Clone, Default)]
pub struct CountRequest {
    /// Places to fill, instead of the number in the file.
    pub seats: Option<u16>,
    /// What settles ties, instead of the order in the file, if it has one.
    pub tie: TieOrder,
}

/// What settles ties that the ballots do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TieOrder {
    /// The order in the ballot file, or nothing.
    #[default]
    File,
    /// A lot.
    Lot(Hash32),
    /// An order of candidates, from 1: who stands first is drawn first.
    Order(Vec<u16>),
}

/// Why a file was not counted.
#[derive(Debug, thiserror::Error)]
pub enum CountFailure {
    /// The file is malformed, or the method does not allow what it holds.
    #[error(transparent)]
    File(#[from] BltRefusal),
    /// The election cannot be counted.
    #[error(transparent)]
    Count(#[from] CountRefusal),
    /// More places than candidates, or none.
    #[error("--seats must be from 1 to the {candidates} candidates")]
    Seats {
        /// How many candidates the file has.
        candidates: usize,
    },
    /// The order of ties is unusable.
    #[error("the order of ties must name every candidate once, by number from 1")]
    TieOrder,
}

/// Counts a ballot file by Scottish STV. A count that stops at a tie has [`Count::undecided`].
///
/// # Errors
/// [`CountFailure`] if the file, the places or the order of ties cannot be used.
pub fn count_text(text: &str, request: &CountRequest) -> Result<(Blt, Count), CountFailure> {
    let blt = blt::parse(text)?;
    let candidates = blt.candidates.len();
    let seats = request.seats.unwrap_or(blt.seats);
    if seats == 0 || usize::from(seats) > candidates {
        return Err(CountFailure::Seats { candidates });
    }
    let tie = match &request.tie {
        TieOrder::File => blt.tie_order.clone().map_or(TieBreak::None, TieBreak::Order),
        TieOrder::Lot(lot) => TieBreak::Lot(*lot),
        TieOrder::Order(numbers) => TieBreak::Order(from_zero(numbers, candidates)?),
    };
    let mut papers = Papers::new();
    for line in &blt.papers {
        papers.add(&line.strict_order()?, u128::from(line.weight));
    }
    let contest = Contest {
        candidates: u16::try_from(candidates).unwrap_or(u16::MAX),
        seats,
        withdrawn: blt.withdrawn.clone(),
    };
    let count = count(&contest, &papers, &tie)?;
    Ok((blt, count))
}

fn from_zero(numbers: &[u16], candidates: usize) -> Result<Vec<u16>, CountFailure> {
    let order: Option<Vec<u16>> = numbers.iter().map(|number| number.checked_sub(1)).collect();
    let order = order.ok_or(CountFailure::TieOrder)?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().map(usize::from).eq(0..candidates) {
        Ok(order)
    } else {
        Err(CountFailure::TieOrder)
    }
}

/// Reads an order of ties: candidates by number, from 1, apart by blanks or line ends; `#` begins a comment.
///
/// # Errors
/// [`CountFailure::TieOrder`] for anything else.
pub fn read_tie_order(text: &str) -> Result<Vec<u16>, CountFailure> {
    text.lines()
        .flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace())
        .map(|word| word.parse().map_err(|_| CountFailure::TieOrder))
        .collect()
}

/// The count as one line of JSON.
///
/// # Errors
/// Never; the type of the serializer has it.
pub fn count_json(count: &Count) -> Result<String, serde_json::Error> {
    serde_json::to_string(count)
}

/// The count for people.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_count(to: &mut impl Write, blt: &Blt, count: &Count) -> std::io::Result<()> {
    let page = Page {
        blt,
        width: name_width(blt),
    };
    if !blt.title.is_empty() {
        writeln!(to, "{}", blt.title)?;
    }
    writeln!(
        to,
        "Scottish STV: {} candidates, {} to be elected, {} valid papers, {} blank, quota {}",
        blt.candidates.len().saturating_sub(count.withdrawn.len()),
        count.seats,
        count.valid,
        count.blank,
        count.quota.unwrap_or_default()
    )?;
    for number in &count.withdrawn {
        writeln!(to, "Withdrawn: {}", page.name(*number))?;
    }
    for (number, stage) in (1..).zip(&count.stages) {
        page.stage(to, number, stage, &count.withdrawn)?;
    }
    writeln!(to)?;
    match &count.undecided {
        Some(open) => {
            let what = match open.kind {
                Question::Surplus => "whose surplus goes first",
                Question::Exclusion => "who is excluded",
                Question::Place => "who gets the last places",
            };
            writeln!(
                to,
                "UNDECIDED at stage {}: these tie on {what}, and nothing settles it:",
                open.stage
            )?;
            for number in &open.candidates {
                writeln!(to, "  {}", page.name(*number))?;
            }
            writeln!(
                to,
                "Give the lot with --lot, or the order in which ties were drawn with --tie-order."
            )?;
            writeln!(to, "Elected so far, in order:")?;
        }
        None => writeln!(to, "Elected, in order:")?,
    }
    for number in &count.elected {
        writeln!(to, "  {}", page.name(*number))?;
    }
    if count.elected.is_empty() {
        writeln!(to, "  nobody")?;
    }
    Ok(())
}

struct Page<'a> {
    blt: &'a Blt,
    width: usize,
}

fn name_width(blt: &Blt) -> usize {
    const WIDTH_MAX: usize = 40;
    let longest = blt.candidates.iter().map(|name| name.chars().count()).max();
    longest.unwrap_or_default().clamp(16, WIDTH_MAX)
}

impl Page<'_> {
    fn name(&self, number: u16) -> String {
        let name = self.blt.candidates.get(usize::from(number.saturating_sub(1)));
        format!("{number:>3} {}", name.map_or("", String::as_str))
    }

    fn stage(&self, to: &mut impl Write, number: u16, stage: &Stage, withdrawn: &[u16]) -> std::io::Result<()> {
        writeln!(to)?;
        match &stage.transfer {
            None => writeln!(to, "Stage {number}: first preferences")?,
            Some(transfer) => {
                let name = self.name(transfer.from);
                let name = name.trim_start();
                match transfer.kind {
                    TransferKind::Surplus => writeln!(
                        to,
                        "Stage {number}: surplus of {name}; a paper received at 1 goes on at {}",
                        transfer.value
                    )?,
                    TransferKind::Exclusion => {
                        writeln!(
                            to,
                            "Stage {number}: {name} is excluded; papers go on as they were received"
                        )?;
                    }
                }
            }
        }
        for tie in &stage.ties {
            self.tie(to, tie)?;
        }
        let width = self.width.saturating_add(4);
        for (candidate, total) in stage
            .totals
            .iter()
            .filter(|(candidate, _)| !withdrawn.contains(candidate))
        {
            let mark = if stage.elected.contains(candidate) {
                "  elected"
            } else {
                ""
            };
            writeln!(
                to,
                "  {:<width$} {:>16}{mark}",
                self.name(*candidate),
                total.to_string()
            )?;
        }
        writeln!(
            to,
            "      {:<inner$} {:>16}",
            "not transferable",
            stage.nontransferable.to_string(),
            inner = self.width
        )
    }

    fn tie(&self, to: &mut impl Write, tie: &Tie) -> std::io::Result<()> {
        let numbers: Vec<String> = tie.candidates.iter().map(u16::to_string).collect();
        let how = match (tie.rule, tie.lot) {
            (TieRule::Lookback, _) => "by the last stage at which they differed".to_owned(),
            (TieRule::Lot, Some(lot)) => format!("by lot {lot}"),
            (TieRule::Lot, None) => "by the order of ties that was given".to_owned(),
        };
        writeln!(to, "  Tie of {}: {} is chosen {how}", numbers.join(", "), tie.chosen)
    }
}
