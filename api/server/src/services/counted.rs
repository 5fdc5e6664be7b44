//! The ballots that a closed proposal counted, with what each carries of members who did not vote.

use governance::ballot::{Choice, Form, read_choice};
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::roll::ballot_leaf;
use governance::rule::DecisionRule;
use governance::signature::SignatureKind;
use governance::tally::consent::Judged;
use store::CoopTx;
use store::decision::ballot::{CountedBallotRow, counted_close, counted_fetch, counted_open};
use store::decision::proposal::ProposalRow;

use crate::services::consent_objections;
use crate::services::counting::CountingFault;
use crate::services::decision_rows::{Frozen, RowDamage, number, rule, signature_kind, tier, word};
use crate::services::delegated::{self, Delegated};

/// A ballot that counts: whose, the hash of its record, and the weight with which it counts.
pub(super) struct Cast {
    pub(super) voter: Hash32,
    pub(super) record_hash: Hash32,
    pub(super) weight: u128,
}

/// The ballots of a proposal, as they are counted and as they are proved.
#[derive(Default)]
pub(super) struct Ballots {
    /// What each says, with its weight; what members say by proxy stands behind them.
    pub(super) choices: Vec<(Choice, u128)>,
    pub(super) cast: Vec<Cast>,
    /// The sum of the weights.
    pub(super) weight: u128,
    /// How many bear a signature of the voter.
    pub(super) signed: u32,
    /// How many the server attests.
    pub(super) attested: u32,
}

/// The ballots that a closed proposal counted, each with the weight with which it counted.
///
/// # Errors
/// If the database fails or a row is damaged.
pub(super) async fn counted_ballots(
    tx: &mut CoopTx,
    (row, frozen): (&ProposalRow, &Frozen),
) -> Result<Vec<Cast>, CountingFault> {
    let (ballots, _) = carried_ballots(tx, (row, frozen), &rule(row)?).await?;
    Ok(ballots.cast)
}

/// The ballots that count, each with what it carries of others.
pub(super) async fn carried_ballots(
    tx: &mut CoopTx,
    (row, frozen): (&ProposalRow, &Frozen),
    rule: &DecisionRule,
) -> Result<(Ballots, Delegated), CountingFault> {
    let proposal = ProposalId::from_uuid(row.id);
    let marker = row.close_marker.ok_or(RowDamage("close_marker"))?;
    let judged = consent_objections::judged_of(tx, row).await??;
    let mut ballots = read_ballots(tx, (proposal, marker), (rule, row.options.len()), &judged).await?;
    let voters = ballots.cast.iter().map(|cast| cast.voter).collect();
    // Under pseudonyms nobody votes for another: a delegation would name both.
    let delegated = if tier(row)?.hides_names() {
        Delegated::default()
    } else {
        delegated::resolve(tx, (row, frozen), rule, voters).await?
    };
    ballots.carry(&delegated);
    Ok((ballots, delegated))
}

/// The ballots up to the close marker, each with its own weight.
async fn read_ballots(
    tx: &mut CoopTx,
    (proposal, marker): (ProposalId, i64),
    (rule, options): (&DecisionRule, usize),
    judged: &Judged,
) -> Result<Ballots, CountingFault> {
    let mut ballots = Ballots::default();
    counted_open(tx, proposal, marker).await?;
    loop {
        let rows = counted_fetch(tx).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            ballots.add(row, (rule, options), judged)?;
        }
    }
    counted_close(tx).await?;
    Ok(ballots)
}

impl Ballots {
    fn add(
        &mut self,
        row: &CountedBallotRow,
        (rule, options): (&DecisionRule, usize),
        judged: &Judged,
    ) -> Result<(), RowDamage> {
        let chosen: Vec<u16> = row.options.iter().map(|option| option.cast_unsigned()).collect();
        let points: Vec<u32> = row.points.iter().map(|points| points.cast_unsigned()).collect();
        let choice =
            read_choice(Form::of(&rule.counting), options, &chosen, &points).map_err(|_| RowDamage("options"))?;
        let weight: u128 = number(row.weight.ok_or(RowDamage("member_id"))?, "weight")?;
        let voter = MemberId::from_uuid(row.pseudonym.unwrap_or(row.member_id)).word();
        let record_hash = word(&row.record_hash, "record_hash")?;
        self.cast.push(Cast {
            voter,
            record_hash,
            weight,
        });
        self.choices.push((choice.judged(record_hash, judged), weight));
        self.weight = self.weight.saturating_add(weight);
        let counter = match signature_kind(row.kind)? {
            SignatureKind::Wallet | SignatureKind::Passkey | SignatureKind::Ed25519 => &mut self.signed,
            SignatureKind::Session => &mut self.attested,
        };
        *counter = counter.saturating_add(1);
        Ok(())
    }

    /// Adds the weight of members who did not vote to the ballots that carry it.
    fn carry(&mut self, delegated: &Delegated) {
        for (cast, (_, weight)) in self.cast.iter_mut().zip(&mut self.choices) {
            let carried = delegated.carried.get(&cast.voter).copied().unwrap_or_default();
            cast.weight = cast.weight.saturating_add(carried);
            *weight = cast.weight;
        }
        self.choices.extend(delegated.proxies.iter().cloned());
        self.weight = self.weight.saturating_add(delegated.weight);
    }

    /// The root of the ballots as they are anchored.
    pub(super) fn root(&self, proposal: ProposalId) -> Hash32 {
        let leaf = |cast: &Cast| ballot_leaf(proposal.word(), cast.voter, cast.record_hash, cast.weight);
        governance::merkle::root(self.cast.iter().map(leaf).collect())
    }
}
