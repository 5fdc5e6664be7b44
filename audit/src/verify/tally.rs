//! The lot and the tally: everything is counted again.

use governance::ballot::Choice;
use governance::hash::{Hash32, keccak256_words};
use governance::merkle;
use governance::record::tag;
use governance::tally::consent::Judged;
use governance::tally::{CountRefusal, Counted, TieBreak, count};
use wire::bundle::{LotLine, Section, TallyLine};

use super::Audit;
use super::question::Question;
use crate::report::{At, Ledger};

pub(super) fn check_commitment(ledger: &mut Ledger, at: At, lot: &LotLine, question: &Question) {
    let commitment = keccak256_words(&[tag("LotCommitmentV1"), lot.lot_secret]);
    ledger.hold(
        at,
        "the lot is the one that was committed to before voting",
        commitment == question.line.record.salt,
        || "the secret does not have the hash that the proposal holds as its salt".to_owned(),
    );
}

/// How long after the close the lot's block must have been made, in seconds.
const BEACON_SECONDS: u64 = 60;
const LOT_USED: &str = "a lot that was drawn is mixed with a later block";
const RECOUNT: &str = "the recount gives the published result";
const COMMITMENTS: &str = "the tally names this proposal, roll and these ballots";
const FACTS: &str = "the tally's numbers are those of the ballots";

/// Everything that is counted.
struct Cast<'a> {
    ballots: &'a super::Ballots,
    carried: &'a super::Carried,
    judged: &'a Judged,
}

impl Cast<'_> {
    /// The choices with their weights: ballots with what they carry, then proxy ballots.
    fn choices(&self) -> impl Iterator<Item = (Choice, u128)> + '_ {
        let own = self.ballots.choices(&self.carried.with_ballots, self.judged);
        own.chain(self.carried.proxies.iter().cloned())
    }
}

impl Audit<'_> {
    /// Counts again and compares; gives back the recount, and what a lot that was drawn leaves open.
    pub(super) fn check_tally(&mut self) -> Option<(Counted, Option<String>)> {
        let dropped = self.lines(Section::Ballot) == 0
            && self
                .tally
                .as_ref()
                .is_some_and(|(_, tally)| tally.record.ballot_count > 0);
        let header = self.header.as_ref()?;
        let readable = self.lines(Section::Roll) > 0 && !dropped && !self.stopped;
        let (question, (line, tally)) = (self.question.as_ref().filter(|_| readable)?, self.tally.as_ref()?);
        let (ledger, at) = (&mut self.ledger, At::section(Section::Tally).line(*line));
        if !self.delegations.is_empty() {
            self.carried = self.delegations.resolve(ledger, question, &self.roll, &self.ballots);
        }
        self.events.finish_steps(ledger, &self.ballots.objectors);
        let cast = Cast {
            ballots: &self.ballots,
            carried: &self.carried,
            judged: self.events.judged(),
        };
        compare_facts(ledger, at, tally, question, &cast);
        let has_chain = header.domain.chain.is_some();
        let (counted, doubt) = recount(ledger, question, &cast, self.lot.as_ref(), has_chain)?;
        compare_result(ledger, at, tally, &counted);
        Some((counted, doubt))
    }
}

/// Everything in a tally that is no result.
fn compare_facts(ledger: &mut Ledger, at: At, tally: &TallyLine, question: &Question, cast: &Cast<'_>) {
    let (ballots, carried) = (cast.ballots, cast.carried);
    let (record, asked) = (&tally.record, &question.line.record);
    let same = (record.namespace, record.proposal, record.roll) == (asked.namespace, asked.proposal, asked.roll);
    ledger.hold(at, COMMITMENTS, same, || {
        "the tally is of another co-op, proposal or roll".to_owned()
    });
    ledger.hold(at, COMMITMENTS, record.proposal_hash == question.hash, || {
        "the tally names another hash of the proposal".to_owned()
    });
    let (leaves, own) = ballots.leaves(asked.proposal, &carried.with_ballots);
    let weight = own.saturating_add(carried.proxy_weight);
    let root = merkle::root(leaves);
    ledger.hold(at, COMMITMENTS, record.ballots == root, || {
        format!("the root of the ballots is {root}, the tally says {}", record.ballots)
    });
    ledger.hold(at, COMMITMENTS, record.delegations == carried.root, || {
        if carried.root == Hash32::ZERO {
            return "the tally names delegations, which this bundle does not hold".to_owned();
        }
        format!(
            "the root of the delegations used is {}, the tally says {}",
            carried.root, record.delegations
        )
    });
    if carried.attested > 0 || tally.attested_delegations > 0 {
        // A key that was the member's when it signed may not stand on the roll.
        let (is, says) = (carried.attested, tally.attested_delegations);
        ledger.hold(at, FACTS, is >= says, || {
            format!("delegations used that no key on the roll signed: {is}, the tally says {says}")
        });
    }
    let number = |what: &'static str, is: u128, says: u128| (what, is, says);
    let attested = ballots.attested().all;
    let signed = ballots.counted().saturating_sub(attested);
    for (what, is, says) in [
        number(
            "ballots",
            u128::from(ballots.counted()),
            u128::from(record.ballot_count),
        ),
        number("the ballots' weight", weight, record.weight),
        number(
            "ballots that members signed",
            u128::from(signed),
            u128::from(tally.signed_ballots),
        ),
        number(
            "ballots that the server attested",
            u128::from(attested),
            u128::from(tally.attested_ballots),
        ),
        number(
            "the first ballot's sequence",
            u128::from(ballots.first_sequence.unwrap_or_default()),
            u128::from(record.log_from),
        ),
        // The close marker is the sequence of the proposal's last ballot, so a marker anywhere else means that one was left out.
        number(
            "the last ballot's sequence, which is the close marker",
            u128::from(ballots.last_sequence.unwrap_or_default()),
            u128::from(record.log_to),
        ),
    ] {
        ledger.hold(at, FACTS, is == says, || format!("{what}: {is}, the tally says {says}"));
    }
}

fn recount(
    ledger: &mut Ledger,
    question: &Question,
    cast: &Cast<'_>,
    lot: Option<&(u64, LotLine)>,
    has_chain: bool,
) -> Option<(Counted, Option<String>)> {
    let mut doubt = None;
    let rule = question.rule.as_ref()?;
    let (options, weight) = (question.line.options.len(), question.line.record.roll_weight);
    let result = match count(rule, options, cast.choices(), weight, &TieBreak::None) {
        Err(CountRefusal::NeedsLot(_)) => {
            let (line, lot) = lot?;
            let not_before = beacon_not_before(question, cast.ballots);
            let at = At::section(Section::Lot).line(*line);
            let drawn = drawn_lot(ledger, at, lot, not_before, has_chain);
            doubt = Some(lot_doubt(lot, not_before));
            count(rule, options, cast.choices(), weight, &TieBreak::Lot(drawn))
        }
        result => result,
    };
    match result {
        Ok(counted) => Some((counted, doubt)),
        Err(refusal) => {
            let at = At::section(Section::Ballot);
            ledger.hold(at, "the ballots can be counted", false, || refusal.to_string());
            None
        }
    }
}

/// The least time of the block: a while after the last ballot, and after the announced end unless everyone had voted.
///
/// The server mixes in the first block a while after the moment of the close, which the bundle does not hold and which may lie later
/// than this; so a later block is no contradiction.
fn beacon_not_before(question: &Question, ballots: &super::Ballots) -> u64 {
    let record = &question.line.record;
    let all_voted = ballots.counted() == u64::from(record.roll_count);
    let closed_at = if all_voted {
        ballots.last_at
    } else {
        ballots.last_at.max(record.closes_at)
    };
    closed_at.saturating_add(BEACON_SECONDS)
}

fn lot_doubt(lot: &LotLine, not_before: u64) -> String {
    match &lot.beacon {
        None => "that the server did not choose the lot: without a chain it knew it from the start".to_owned(),
        Some(beacon) => format!(
            "that the server did not choose the lot's block: it knows the secret and says when voting closed, and could pick any block \
             of the {} s up to this one",
            beacon.timestamp.saturating_sub(not_before)
        ),
    }
}

/// The lot, mixed with the block after the close where there is a chain.
fn drawn_lot(ledger: &mut Ledger, at: At, lot: &LotLine, not_before: u64, has_chain: bool) -> Hash32 {
    let beacon = lot.beacon.as_ref();
    ledger.hold(at, LOT_USED, beacon.is_some() == has_chain, || {
        if has_chain {
            "a tie needed the lot, and no block is named that it was mixed with".to_owned()
        } else {
            "a block is named although the co-op has no chain".to_owned()
        }
    });
    ledger.hold(
        at,
        LOT_USED,
        beacon.is_none_or(|beacon| beacon.timestamp >= not_before),
        || format!("the block is too early, before {not_before}: the lot could have been known while voting"),
    );
    let hash = beacon.map_or(Hash32::ZERO, |beacon| beacon.block_hash);
    keccak256_words(&[tag("LotV1"), lot.lot_secret, hash])
}

fn compare_result(ledger: &mut Ledger, at: At, tally: &TallyLine, counted: &Counted) {
    let record = &tally.record;
    let outcome = record.outcome == counted.outcome.code() && tally.outcome == counted.outcome;
    ledger.hold(at, RECOUNT, outcome, || {
        format!(
            "the recount ends {}, the tally says {} (code {})",
            counted.outcome.name(),
            tally.outcome.name(),
            record.outcome
        )
    });
    ledger.hold(
        at,
        RECOUNT,
        record.counts == counted.counts && record.scale == counted.scale,
        || {
            format!(
                "the recount gives {:?}, the tally says {:?}",
                counted.counts, record.counts
            )
        },
    );
    ledger.hold(at, RECOUNT, tally.reasons == counted.reasons, || {
        format!("the recount's reasons are: {}", counted.reasons.join(" "))
    });
    ledger.hold(at, RECOUNT, record.certificate == counted.certificate, || {
        "the stages of the recount have another certificate".to_owned()
    });
    ledger.hold(at, RECOUNT, tally.count == counted.count, || {
        "the published stages are not those of the recount".to_owned()
    });
}
