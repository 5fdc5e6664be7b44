//! The hash of a whole count, which a second program can compute from the published JSON alone.
//!
//! Every entry is one 32-byte word (integers big-endian, padded on the left; candidates by number from 1; decimals in their
//! smallest unit), words are laid end to end and hashed with Keccak-256:
//!
//! ```text
//! certificate = keccak256( keccak256("CountV1"), keccak256(method as in JSON), candidates, seats, decimals of the totals,
//!                          valid, blank,
//!                          n, withdrawn × n,
//!                          n, stage × n,
//!                          n, elected × n in order,
//!                          undecided,
//!                          n, extra × n )
//! stage       = keccak256( keccak256("CountStageV1"), number from 1,
//!                          transfer kind (0 none, 1 surplus, 2 exclusion), from (0 none), value (0 none),
//!                          n, total × n in the order of candidates,
//!                          nontransferable,
//!                          n, elected × n,  n, excluded × n,
//!                          n, tie × n,
//!                          n, extra × n )
//! tie         = keccak256( keccak256("CountTieV1"), stage, n, candidate × n,
//!                          rule (1 look-back, 2 lot), chosen, lot (0 none) )
//! undecided   = 0, or keccak256( keccak256("CountUndecidedV1"), stage, n, candidate × n,
//!                                kind (1 surplus, 2 exclusion, 3 place) )
//! extra       = keccak256( keccak256(member as in JSON), its words )
//! ```
//!
//! The extras are those members that are present, in this order. Of a count: `quota` (units, decimals), `pairwise` and `grades`
//! (rows, then for each its length and cells), `ranking` (groups, then for each its length and candidates), `share` (keccak256 of
//! its text). Of a stage: `quota` (units, decimals), `keep` (n, then number, units, decimals of each), `rate` (keccak256 of its
//! text).

use super::{Count, Fraction, Stage, Tie, Undecided};
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::record::tag;
use crate::tally::decimal::Decimal;

/// Words being laid end to end.
struct Words(Vec<Hash32>);

impl Words {
    fn new(name: &str) -> Self {
        Self(vec![tag(name)])
    }

    fn number(&mut self, number: impl Into<u128>) -> &mut Self {
        self.word(Hash32::from_u128(number.into()))
    }

    fn length(&mut self, length: usize) -> &mut Self {
        self.number(u128::try_from(length).unwrap_or(u128::MAX))
    }

    fn word(&mut self, word: Hash32) -> &mut Self {
        self.0.push(word);
        self
    }

    fn decimal(&mut self, decimal: Decimal) -> &mut Self {
        self.number(decimal.units).number(decimal.places)
    }

    /// The length, then the entries.
    fn list(&mut self, entries: Vec<Hash32>) -> &mut Self {
        self.length(entries.len());
        self.0.extend(entries);
        self
    }

    fn candidates(&mut self, candidates: &[u16]) -> &mut Self {
        let words = candidates.iter().map(|number| Hash32::from_u128(u128::from(*number)));
        self.list(words.collect())
    }

    fn rows(&mut self, rows: &[Vec<u128>]) -> &mut Self {
        self.length(rows.len());
        for row in rows {
            self.list(row.iter().copied().map(Hash32::from_u128).collect());
        }
        self
    }

    fn hash(&self) -> Hash32 {
        keccak256_words(&self.0)
    }
}

impl Count {
    /// The hash over all of it: `certificate` of a tally record. The layout stands at the head of this file's source.
    #[must_use]
    pub fn certificate(&self) -> Hash32 {
        let candidates = self.stages.first().map_or(0, |stage| stage.totals.len());
        let stages = (1_u128..)
            .zip(&self.stages)
            .map(|(number, stage)| stage_hash(number, stage))
            .collect();
        Words::new("CountV1")
            .word(keccak256(self.method.name().replace('_', "-").as_bytes()))
            .length(candidates)
            .number(self.seats)
            .number(self.places())
            .number(self.valid)
            .number(self.blank)
            .candidates(&self.withdrawn)
            .list(stages)
            .candidates(&self.elected)
            .word(self.undecided.as_ref().map_or(Hash32::ZERO, undecided_hash))
            .list(extras(self))
            .hash()
    }
}

fn extras(count: &Count) -> Vec<Hash32> {
    let quota = count.quota.map(|quota| Words::new("quota").decimal(quota).hash());
    let matrix =
        |name: &str, rows: &Option<Vec<Vec<u128>>>| rows.as_ref().map(|rows| Words::new(name).rows(rows).hash());
    let ranking = count.ranking.as_ref().map(|groups| {
        let mut words = Words::new("ranking");
        words.length(groups.len());
        for group in groups {
            words.candidates(group);
        }
        words.hash()
    });
    [
        quota,
        matrix("pairwise", &count.pairwise),
        matrix("grades", &count.grades),
        ranking,
        fraction("share", count.share.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn fraction(name: &str, ratio: Option<&Fraction>) -> Option<Hash32> {
    ratio.map(|ratio| Words::new(name).word(keccak256(ratio.as_text().as_bytes())).hash())
}

fn stage_hash(number: u128, stage: &Stage) -> Hash32 {
    let (kind, from, value) = stage.transfer.map_or((0, 0, 0), |transfer| {
        (transfer.kind.code(), transfer.from, transfer.value.units)
    });
    let quota = stage.quota.map(|quota| Words::new("quota").decimal(quota).hash());
    let keep = (!stage.keep.is_empty()).then(|| {
        let mut words = Words::new("keep");
        words.length(stage.keep.len());
        for (candidate, part) in &stage.keep {
            words.number(*candidate).decimal(*part);
        }
        words.hash()
    });
    Words::new("CountStageV1")
        .number(number)
        .number(kind)
        .number(from)
        .number(value)
        .list(
            stage
                .totals
                .values()
                .map(|total| Hash32::from_u128(total.units))
                .collect(),
        )
        .number(stage.nontransferable.units)
        .candidates(&stage.elected)
        .candidates(&stage.excluded)
        .list(stage.ties.iter().map(tie_hash).collect())
        .list(
            [quota, keep, fraction("rate", stage.rate.as_ref())]
                .into_iter()
                .flatten()
                .collect(),
        )
        .hash()
}

fn tie_hash(tie: &Tie) -> Hash32 {
    Words::new("CountTieV1")
        .number(tie.stage)
        .candidates(&tie.candidates)
        .number(tie.rule.code())
        .number(tie.chosen)
        .word(tie.lot.unwrap_or(Hash32::ZERO))
        .hash()
}

fn undecided_hash(undecided: &Undecided) -> Hash32 {
    Words::new("CountUndecidedV1")
        .number(undecided.stage)
        .candidates(&undecided.candidates)
        .number(undecided.kind.code())
        .hash()
}
