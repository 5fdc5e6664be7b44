//! The end of years, and what members got in a year.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{JournalId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account that is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClosingLine {
    /// Its path.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// What its entries of the year came to; income has a minus before it.
    pub balance: String,
}

/// The result of a year in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearResultView {
    /// The currency.
    pub currency: String,
    /// What came in.
    pub income: String,
    /// What it cost.
    pub costs: String,
    /// What remains; a loss has a minus before it.
    pub surplus: String,
    /// What a payout cycle that ends with the year can share: every surplus up to then less what cycles shared.
    pub available: String,
}

/// What closing a year would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearPreview {
    /// The year.
    pub year: u16,
    /// What is closed, as the request to close it must name it.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// The results, by currencies.
    pub results: Vec<YearResultView>,
    /// The accounts of income and costs.
    pub accounts: Vec<ClosingLine>,
    /// What might still belong to the year: nothing takes effect in it afterwards.
    pub warnings: Vec<String>,
}

/// Closes a year that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseYear {
    /// The digest that the preview gave: what was posted since is not closed unseen.
    #[schema(value_type = String)]
    pub digest: Hash32,
}

/// A closed year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearView {
    /// The year.
    pub year: u16,
    /// What was closed.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// The surplus or loss in each currency.
    pub surplus: std::collections::BTreeMap<String, String>,
    /// The transaction that closed its accounts, the first of them where there are several currencies; null where there was nothing in
    /// them.
    #[schema(value_type = Option<Uuid>)]
    pub journal: Option<JournalId>,
    /// Who closed it.
    #[schema(value_type = Uuid)]
    pub by: MemberId,
    /// When.
    pub closed_at: DateTime<Utc>,
}

/// The closed years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearsView {
    /// The last first.
    pub items: Vec<YearView>,
}

/// What a member got in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearAmounts {
    /// The currency.
    pub currency: String,
    /// What the payout cycles posted in the year gave.
    pub accrued: String,
    /// What they withheld for a tax office.
    pub withheld: String,
    /// What they paid.
    pub paid: String,
    /// The interest on shares for the year.
    pub interest: String,
}

/// What a member got in a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearSummary {
    /// The year.
    pub year: u16,
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// By currencies; none where the member got nothing.
    pub amounts: Vec<YearAmounts>,
}
