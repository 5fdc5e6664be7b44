//! A count as prose that a member can follow: what happened at each stage, to whom, by how many votes, and why.

use std::io::Write;

use governance::ballot::Method;
use governance::profile::Profile;
use governance::rule::Ratio;
use governance::tally::TieRule;
use governance::tally::decimal::Decimal;
use governance::tally::sheet::{Count, Stage, Tie, TransferKind};

use super::CountRequest;
use super::words::{self, listed, name, names};

/// More pairs than these are a table, not prose.
const PAIRS_MAX: usize = 40;

/// The count as prose.
///
/// # Errors
/// If `to` cannot be written to.
pub fn explain_count(
    to: &mut impl Write,
    profile: &Profile,
    count: &Count,
    request: &CountRequest,
) -> std::io::Result<()> {
    let scorers = request.scorers;
    let story = Story {
        profile,
        count,
        scorers,
    };
    for paragraph in story.paragraphs() {
        writeln!(to, "{paragraph}\n")?;
    }
    writeln!(to, "{}", story.end())
}

struct Story<'a> {
    profile: &'a Profile,
    count: &'a Count,
    /// As in the request.
    scorers: Option<Ratio>,
}

/// How a method works, in a sentence or two.
const fn how(method: Method) -> &'static str {
    match method {
        Method::Plurality => "Each paper is one vote for one candidate, and the most votes win.",
        Method::Approval => "Each paper is a vote for every candidate that it approves of, and the most votes win.",
        Method::Score => {
            "Each paper scores candidates; a candidate without a score gets 0. The scores are added up, and the highest sums win."
        }
        Method::MajorityJudgment => {
            "Each paper grades candidates; a candidate without a grade gets the worst, 0. The grade in the middle of all papers, the lower one of two, is a candidate's majority grade, and the highest wins. Equal majority grades are told apart by taking one such grade away from each, again and again."
        }
        Method::Quadratic => {
            "Each paper spreads votes, of which v for one candidate cost v × v credits, and the most votes win."
        }
        Method::Irv => {
            "Each paper counts for its first candidate who is left. While nobody has more than half of the votes that still count, the candidate with the fewest is excluded, and those papers go on to their next candidate."
        }
        Method::ScottishStv => {
            "Whoever reaches the quota is elected. What an elected candidate has above it goes on, each paper in the same part; where nobody has any left, the candidate with the fewest votes is excluded, and those papers go on as they came."
        }
        Method::Meek => {
            "Whoever has more votes than the quota is elected, and from then on keeps only such a part of every vote as is needed; the rest goes on. The quota falls as votes run out of candidates. Where nobody else can be elected, the candidate with the fewest votes is excluded."
        }
        Method::Schulze => {
            "Every two candidates are compared by how many papers prefer the one to the other. One beats another by the strongest chain of such comparisons between them, a chain being as strong as its weakest link; whoever is beaten by nobody wins."
        }
        Method::Copeland => {
            "Every two candidates are compared by how many papers prefer the one to the other. A comparison won counts two points and an even one counts one; the most points win, and equal points are told apart by the sums of the margins."
        }
        Method::YesNo | Method::Dots | Method::Budget | Method::Consent | Method::Optimistic => {
            "The votes are added up."
        }
    }
}

fn amount(number: impl std::fmt::Display, one: &str, several: &str) -> String {
    let number = number.to_string();
    let unit = if number == "1" { one } else { several };
    format!("{number} {unit}")
}

impl Story<'_> {
    fn paragraphs(&self) -> Vec<String> {
        let mut all = vec![self.beginning(), self.how()];
        let mut before: Option<&Stage> = None;
        for (number, stage) in (1..).zip(&self.count.stages) {
            all.push(self.stage(number, stage, before));
            before = Some(stage);
        }
        all.extend(self.pairs());
        if let Some(ranking) = &self.count.ranking {
            let groups: Vec<String> = ranking.iter().map(|group| names(self.profile, group)).collect();
            all.push(format!("In order of merit: {}.", groups.join("; then ")));
        }
        all
    }

    fn how(&self) -> String {
        match self.scorers {
            None => how(self.count.method).to_owned(),
            Some(scorers) => format!(
                "Each paper scores candidates, and says nothing about a candidate without a score. A candidate's scores are added up and divided by the papers that gave them, and the highest means win, among candidates whom at least {}/{} of all papers scored.",
                scorers.share(),
                scorers.whole()
            ),
        }
    }

    fn beginning(&self) -> String {
        let count = self.count;
        let title = if self.profile.title.is_empty() {
            String::new()
        } else {
            format!("{}. ", crate::print::harmless(&self.profile.title))
        };
        let standing = self.profile.candidates.len().saturating_sub(count.withdrawn.len());
        let mut text = format!(
            "{title}{} for {}, counted by {}. {} something, and {} nothing and {} not counted.",
            amount(standing, "candidate stands", "candidates stand"),
            amount(count.seats, "place", "places"),
            words::title(count.method),
            amount(count.valid, "paper says", "papers say"),
            amount(count.blank, "says", "say"),
            if count.blank == 1 { "is" } else { "are" },
        );
        if !count.withdrawn.is_empty() {
            let withdrawn = names(self.profile, &count.withdrawn);
            text.push_str(&format!(" Withdrawn, and passed over on every paper: {withdrawn}."));
        }
        if let Some(quota) = count.quota {
            let places = u32::from(count.seats).saturating_add(1);
            text.push_str(&format!(
                " The quota is {quota}: the {} valid papers divided by {places}, cut to a whole number, and 1 more.",
                count.valid
            ));
        }
        text
    }

    fn stage(&self, number: u16, stage: &Stage, before: Option<&Stage>) -> String {
        let mut sentences = vec![format!("Stage {number}.")];
        sentences.extend(stage.ties.iter().map(|tie| self.tie(tie)));
        match before {
            None => sentences.push(self.first(stage)),
            Some(before) => sentences.extend(self.moved(stage, before)),
        }
        if let Some(quota) = stage.quota {
            sentences.push(format!("Needed to be elected at the end of this stage: {quota}."));
        }
        let whole = |part: &Decimal| part.units == 0 || part.units == Decimal::scale(part.places);
        for (candidate, part) in stage.keep.iter().filter(|(_, part)| !whole(part)) {
            let name = name(self.profile, *candidate);
            sentences.push(format!("{name} keeps {part} of every vote."));
        }
        for candidate in &stage.elected {
            let total = stage.totals.get(candidate).map(Decimal::to_string).unwrap_or_default();
            let name = name(self.profile, *candidate);
            sentences.push(self.elected(&name, &total));
        }
        if stage.elected.is_empty() && words::is_transferable(self.count.method) {
            sentences.push(String::from("Nobody is elected at this stage."));
        }
        sentences.join(" ")
    }

    fn elected(&self, name: &str, total: &str) -> String {
        match self.count.method {
            Method::Irv | Method::ScottishStv | Method::Meek => format!("{name}, with {total} votes, is elected."),
            Method::YesNo
            | Method::Plurality
            | Method::Approval
            | Method::Score
            | Method::MajorityJudgment
            | Method::Quadratic
            | Method::Dots
            | Method::Budget
            | Method::Schulze
            | Method::Copeland
            | Method::Consent
            | Method::Optimistic => format!("{name}, with {total}, gets a place."),
        }
    }

    /// The totals of the first stage, the highest first.
    fn first(&self, stage: &Stage) -> String {
        let mut totals: Vec<(&u16, &Decimal)> = stage.totals.iter().collect();
        totals.retain(|(candidate, _)| !self.count.withdrawn.contains(candidate));
        totals.sort_by(|one, other| other.1.units.cmp(&one.1.units).then(one.0.cmp(other.0)));
        let texts: Vec<String> = totals
            .iter()
            .map(|(candidate, total)| {
                let name = name(self.profile, **candidate);
                match self.scored_by(**candidate) {
                    None => format!("{name} {total}"),
                    Some(papers) => format!("{name} {total} from {}", amount(papers, "paper", "papers")),
                }
            })
            .collect();
        let mut text = format!("The {} are: {}.", words::totals(self.count.method), listed(&texts));
        if stage.nontransferable.units > 0 {
            let lost = stage.nontransferable;
            text.push_str(&format!(" {lost} went to nobody who stands."));
        }
        if !words::is_transferable(self.count.method) && !stage.excluded.is_empty() {
            let excluded = names(self.profile, &stage.excluded);
            let why = if self.scorers.is_some() {
                "Too few papers scored these, or none above 0, so that they cannot get a place"
            } else {
                "Nothing speaks for these, who cannot get a place"
            };
            text.push_str(&format!(" {why}: {excluded}."));
        }
        text
    }

    /// How many papers scored a candidate, where others say nothing about the candidate.
    fn scored_by(&self, candidate: u16) -> Option<u128> {
        self.scorers?;
        let row = self.count.grades.as_ref()?;
        Some(row.get(usize::from(candidate.checked_sub(1)?))?.iter().sum())
    }

    /// Whose votes went where.
    fn moved(&self, stage: &Stage, before: &Stage) -> Vec<String> {
        let mut sentences = Vec::new();
        match &stage.transfer {
            Some(transfer) => {
                let who = name(self.profile, transfer.from);
                let had = before
                    .totals
                    .get(&transfer.from)
                    .map(Decimal::to_string)
                    .unwrap_or_default();
                sentences.push(match transfer.kind {
                    TransferKind::Surplus => format!(
                        "{who} has {had}, more than the quota: every paper goes on, one that came at 1 at the value {}.",
                        transfer.value
                    ),
                    TransferKind::Exclusion => format!("{who}, with {had}, has the fewest votes and is excluded."),
                });
            }
            None if stage.excluded.is_empty() => {
                sentences.push(String::from("The votes that those elected do not keep go on."));
            }
            None => sentences.push(format!(
                "{} are excluded together: all their votes could not lift one of them over the next.",
                names(self.profile, &stage.excluded)
            )),
        }
        let mut gains = Vec::new();
        for (candidate, total) in &stage.totals {
            let had = before.totals.get(candidate).map_or(0, |total| total.units);
            if let Some(gain) = total.units.checked_sub(had).filter(|gain| *gain > 0) {
                let gain = Decimal::new(gain, total.places);
                gains.push(format!(
                    "{} receives {gain} and now has {total}",
                    name(self.profile, *candidate)
                ));
            }
        }
        if !gains.is_empty() {
            sentences.push(format!("{}.", gains.join("; ")));
        }
        let lost = stage.nontransferable.units.saturating_sub(before.nontransferable.units);
        if lost > 0 {
            let lost = Decimal::new(lost, stage.nontransferable.places);
            let cut = if lost.places > 0 {
                ", or by cutting off decimals"
            } else {
                ""
            };
            sentences.push(format!(
                "Left with nobody, as the papers name no one else who is left{cut}: {lost}."
            ));
        }
        sentences
    }

    fn tie(&self, tie: &Tie) -> String {
        let (who, chosen) = (names(self.profile, &tie.candidates), name(self.profile, tie.chosen));
        match (tie.rule, tie.lot) {
            (TieRule::Lookback, _) => {
                format!("{who} tied; the most recent earlier stage at which they differed chose {chosen}.")
            }
            (TieRule::Lot, Some(lot)) => format!(
                "{who} tied and no earlier stage told them apart, so the lot {lot} chose {chosen}: of the Keccak-256 hashes of the lot followed by each one's number, counted from 0, that of {chosen} is the lowest."
            ),
            (TieRule::Lot, None) => {
                format!(
                    "{who} tied and no earlier stage told them apart; the order of ties that was given chose {chosen}."
                )
            }
        }
    }

    /// How those elected stand to everyone.
    fn pairs(&self) -> Option<String> {
        let rows = self.count.pairwise.as_ref()?;
        let cell = |one: u16, other: u16| {
            let row = rows.get(usize::from(one.saturating_sub(1)));
            row.and_then(|row| row.get(usize::from(other.saturating_sub(1))))
                .copied()
                .unwrap_or_default()
        };
        let winners = self.count.elected.iter().copied();
        let everyone = || self.count.ranking.iter().flatten().flatten().copied();
        let sentences: Vec<String> = winners
            .flat_map(|winner| {
                everyone()
                    .filter(move |other| *other != winner)
                    .map(move |other| (winner, other))
            })
            .take(PAIRS_MAX)
            .map(|(winner, other)| {
                format!(
                    "{} prefer {} to {}, and {} the other way round.",
                    amount(cell(winner, other), "paper", "papers"),
                    name(self.profile, winner),
                    name(self.profile, other),
                    cell(other, winner)
                )
            })
            .collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    fn end(&self) -> String {
        let elected = &self.count.elected;
        match &self.count.undecided {
            Some(open) => format!(
                "The count stops at stage {}: {} tie on {}, and nothing settles it. Give the lot with --lot, or the order in which ties were drawn with --tie-order. Elected so far: {}.",
                open.stage,
                names(self.profile, &open.candidates),
                words::question(open.kind),
                names(self.profile, elected)
            ),
            None => format!("Elected, in order: {}.", names(self.profile, elected)),
        }
    }
}
