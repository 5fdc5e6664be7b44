//! The hash of a whole count, which a second program can compute from the published JSON alone.
//!
//! Every entry is one 32-byte word (integers big-endian, padded on the left; candidates by number from 1; votes and values
//! times 100,000), words are laid end to end and hashed with Keccak-256:
//!
//! ```text
//! certificate = keccak256( keccak256("ScottishStvCountV1"), candidates, seats, quota, valid, blank,
//!                          n, withdrawn × n,
//!                          n, stage × n,
//!                          n, elected × n in order of election,
//!                          undecided )
//! stage       = keccak256( keccak256("ScottishStvStageV1"), number from 1,
//!                          transfer kind (0 none, 1 surplus, 2 exclusion), from (0 none), value (0 none),
//!                          n, total × n in the order of candidates,
//!                          nontransferable,
//!                          n, elected × n,  n, excluded × n,
//!                          n, tie × n )
//! tie         = keccak256( keccak256("ScottishStvTieV1"), stage, n, candidate × n,
//!                          rule (1 look-back, 2 lot), chosen, lot (0 none) )
//! undecided   = 0, or keccak256( keccak256("ScottishStvUndecidedV1"), stage, n, candidate × n, kind (1 or 2) )
//! ```

use super::result::{ScottishCount, Stage, Tie, Undecided};
use crate::hash::{Hash32, keccak256_words};
use crate::record::tag;

/// Words being laid end to end.
struct Words(Vec<Hash32>);

impl Words {
    fn new(name: &str) -> Self {
        Self(vec![tag(name)])
    }

    fn number(&mut self, number: impl Into<u128>) -> &mut Self {
        self.word(Hash32::from_u128(number.into()))
    }

    fn word(&mut self, word: Hash32) -> &mut Self {
        self.0.push(word);
        self
    }

    /// The length, then the entries.
    fn list(&mut self, entries: Vec<Hash32>) -> &mut Self {
        self.number(u128::try_from(entries.len()).unwrap_or(u128::MAX));
        self.0.extend(entries);
        self
    }

    fn candidates(&mut self, candidates: &[u16]) -> &mut Self {
        self.list(
            candidates
                .iter()
                .map(|number| Hash32::from_u128(u128::from(*number)))
                .collect(),
        )
    }

    fn hash(&self) -> Hash32 {
        keccak256_words(&self.0)
    }
}

impl ScottishCount {
    /// The hash over every stage: `certificate` of a tally record. The layout stands at the head of this file's source.
    #[must_use]
    pub fn certificate(&self) -> Hash32 {
        let candidates = self.stages.first().map_or(0, |stage| stage.totals.len());
        let stages = (1_u128..)
            .zip(&self.stages)
            .map(|(number, stage)| stage_hash(number, stage))
            .collect();
        Words::new("ScottishStvCountV1")
            .number(u128::try_from(candidates).unwrap_or(u128::MAX))
            .number(self.seats)
            .number(self.quota)
            .number(self.valid)
            .number(self.blank)
            .candidates(&self.withdrawn)
            .list(stages)
            .candidates(&self.elected)
            .word(self.undecided.as_ref().map_or(Hash32::ZERO, undecided_hash))
            .hash()
    }
}

fn stage_hash(number: u128, stage: &Stage) -> Hash32 {
    let (kind, from, value) = stage.transfer.map_or((0, 0, 0), |transfer| {
        (transfer.kind.code(), transfer.from, transfer.value.0)
    });
    Words::new("ScottishStvStageV1")
        .number(number)
        .number(kind)
        .number(from)
        .number(value)
        .list(stage.totals.values().map(|total| Hash32::from_u128(total.0)).collect())
        .number(stage.nontransferable.0)
        .candidates(&stage.elected)
        .candidates(&stage.excluded)
        .list(stage.ties.iter().map(tie_hash).collect())
        .hash()
}

fn tie_hash(tie: &Tie) -> Hash32 {
    Words::new("ScottishStvTieV1")
        .number(tie.stage)
        .candidates(&tie.candidates)
        .number(tie.rule.code())
        .number(tie.chosen)
        .word(tie.lot.unwrap_or(Hash32::ZERO))
        .hash()
}

fn undecided_hash(undecided: &Undecided) -> Hash32 {
    Words::new("ScottishStvUndecidedV1")
        .number(undecided.stage)
        .candidates(&undecided.candidates)
        .number(undecided.kind.code())
        .hash()
}
