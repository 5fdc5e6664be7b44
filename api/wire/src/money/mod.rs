//! Money beside payout cycles: terms, shares.

mod bank;
mod bills;
mod documents;
mod years;

pub use bank::*;
pub use bills::*;
pub use documents::*;
pub use years::*;

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{JournalId, MemberId, ProposalId, ShareMovementId};
use governance::money::MoneyTerms;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A draft of terms to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewMoneyTerms {
    /// The terms, as docs/money.md describes them.
    #[schema(value_type = Object)]
    pub terms: MoneyTerms,
}

/// What terms say, and whether they follow the newest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoneyTermsPreview {
    /// Their hash, which a proposal binds.
    #[schema(value_type = String)]
    pub hash: Hash32,
    /// The version that comes next.
    pub next_version: u64,
    /// The hash that it must name.
    #[schema(value_type = String)]
    pub supersedes: Hash32,
    /// Why they cannot be set as things stand.
    pub obstacle: Option<String>,
    /// In English.
    pub sentences: Vec<String>,
    /// In Chinese.
    pub sentences_zh: Vec<String>,
}

/// A version of the terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoneyTermsVersion {
    /// From 1; the highest is in force.
    pub version: u64,
    /// Its hash.
    #[schema(value_type = String)]
    pub hash: Hash32,
    /// The proposal that set it.
    #[schema(value_type = Uuid)]
    pub proposal: ProposalId,
    /// When that was executed.
    pub set_at: DateTime<Utc>,
    /// In English.
    pub sentences: Vec<String>,
    /// In Chinese.
    pub sentences_zh: Vec<String>,
    /// What it says.
    #[schema(value_type = Object)]
    pub terms: MoneyTerms,
}

/// The versions of the terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MoneyTermsVersions {
    /// The newest hundred, newest first.
    pub items: Vec<MoneyTermsVersion>,
}

/// Moves shares of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveShares {
    /// Whose.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// `subscribed`, `paid`, `waived`, `withdrawn` or `refunded`.
    pub kind: String,
    /// How many.
    pub shares: u32,
    /// The day on which it takes effect, such as `2026-11-26`; not after today, and not within a year whose interest was credited.
    pub effective_on: String,
    /// Where the money comes to or goes from, for `paid` and `refunded`; `assets:bank:main` where it is left out.
    pub money: Option<String>,
}

/// The shares of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldingView {
    /// Promised and not paid.
    pub unpaid: u64,
    /// Paid up.
    pub paid: u64,
    /// Given back and not refunded.
    pub leaving: u64,
}

/// What a move would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharesPreview {
    /// What the shares cost.
    pub amount: String,
    /// The currency.
    pub currency: String,
    /// From when they may be refunded, for those that are given back.
    pub due_on: Option<String>,
    /// The holding before.
    pub before: HoldingView,
    /// The holding after.
    pub after: HoldingView,
}

/// A move of shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShareMovementView {
    /// Its identifier.
    #[schema(value_type = Uuid)]
    pub id: ShareMovementId,
    /// Whose shares.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// How they moved.
    pub kind: String,
    /// How many.
    pub shares: u64,
    /// What they cost.
    pub amount: String,
    /// The currency.
    pub currency: String,
    /// The day on which it took effect.
    pub effective_on: String,
    /// From when they may be refunded, for those that were given back.
    pub due_on: Option<String>,
    /// The version of the terms.
    pub terms: u64,
    /// The transaction of the books; undoing it undoes the move.
    #[schema(value_type = Uuid)]
    pub journal: JournalId,
    /// Whether that was undone.
    pub is_undone: bool,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    #[schema(value_type = Uuid)]
    pub by: MemberId,
}

/// Which moves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegisterQuery {
    /// As of the end of this day, such as `2026-12-31`; today where it is left out.
    pub on: Option<String>,
}

/// A line of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisterLine {
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// How the member is called.
    pub name: String,
    /// Since when the member stands in it.
    pub since: String,
    /// The shares.
    #[serde(flatten)]
    pub holding: HoldingView,
    /// What the paid-up ones cost.
    pub paid_up: String,
}

/// The register of shares as of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShareRegister {
    /// The day.
    pub on: String,
    /// What a share costs; null where the co-op has none.
    pub price: Option<String>,
    /// The currency.
    pub currency: Option<String>,
    /// What all paid-up shares cost.
    pub paid_up: String,
    /// Everybody who has or had shares, by identifiers.
    pub lines: Vec<RegisterLine>,
}

/// What a member gets of a year's interest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InterestLineView {
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// Paid-up shares times days.
    pub share_days: u64,
    /// In whole minor units.
    pub amount: String,
}

/// The interest of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InterestView {
    /// The year.
    pub year: u16,
    /// How many days it has.
    pub days: u16,
    /// The rate for a year.
    pub rate: String,
    /// What a share costs.
    pub price: String,
    /// What all get: the exact interest on all share-days, rounded down to whole minor units.
    pub total: String,
    /// The currency.
    pub currency: String,
    /// The transaction that credited it; null while it is only looked at.
    #[schema(value_type = Option<Uuid>)]
    pub journal: Option<JournalId>,
    /// What each member gets, by identifiers.
    pub lines: Vec<InterestLineView>,
}
