//! What decisions change about money that comes in: shares, fees, dues.

use super::{Change, Obstacle};
use crate::hash::Hash32;
use crate::money::MoneyTerms;
use crate::rule::Language;

/// The terms, as far as actions ask: the newest ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoneyFacts {
    /// The co-op's namespace, in which terms are hashed.
    pub namespace: Hash32,
    /// The newest terms.
    pub terms: Option<MoneyTerms>,
}

impl MoneyFacts {
    /// The number of the newest version; 0 where there is none.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.terms.as_ref().map_or(0, |terms| terms.version)
    }

    /// Its hash; the zero word where there is none.
    #[must_use]
    pub fn hash(&self) -> Hash32 {
        let hash = self.terms.as_ref().map(|terms| terms.hash(self.namespace));
        hash.unwrap_or_default()
    }

    /// What setting terms changes; they follow the newest version by number and by hash.
    ///
    /// # Errors
    /// [`Obstacle::MoneyTermsMoved`], [`Obstacle::SharePriceMoved`].
    pub fn set(&mut self, terms: &MoneyTerms) -> Result<Change, Obstacle> {
        if terms.version != self.version().saturating_add(1) || terms.supersedes != self.hash() {
            return Err(Obstacle::MoneyTermsMoved {
                version: terms.version,
                current: self.version(),
                hash: self.hash(),
            });
        }
        let before = self.terms.as_ref();
        let shares = before.and_then(|before| before.shares.as_ref());
        let price = terms.shares.as_ref().map(|shares| shares.price);
        let moved = shares.is_some_and(|shares| price != Some(shares.price));
        if moved || before.is_some_and(|before| before.currency != terms.currency) {
            return Err(Obstacle::SharePriceMoved);
        }
        self.terms = Some(terms.clone());
        Ok(Change::MoneyTermsSet {
            version: terms.version,
            hash: self.hash(),
            sentences: terms.sentences(Language::English),
            sentences_zh: terms.sentences(Language::Chinese),
        })
    }
}

/// The action in plain English.
pub(super) fn sentence(terms: &MoneyTerms) -> String {
    format!(
        "Version {} of the terms of money is set. {}",
        terms.version,
        terms.sentences(Language::English).join(" ")
    )
}
