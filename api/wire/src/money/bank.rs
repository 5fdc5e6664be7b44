//! Income from a bank's statement.

use governance::id::{DocumentId, JournalId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A bank's statement of a day (camt.053), whose receipts are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportStatement {
    /// The file as the bank gave it.
    pub file: String,
    /// The account of the books that the bank's account is; `assets:bank:main` where it is left out.
    pub into: Option<String>,
    /// The account of income for what names no open invoice; such rows are refused where it is left out.
    pub from: Option<String>,
}

/// A movement of a statement, and what is done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementRowView {
    /// The line of the file.
    pub line: u32,
    /// The day of the booking.
    pub on: Option<String>,
    /// How much came in; what went out has a minus before it.
    pub amount: String,
    /// The currency.
    pub currency: String,
    /// What the bank calls it.
    pub reference: Option<String>,
    /// The other side, as the bank has it.
    pub party: Option<String>,
    /// What the payer wrote.
    pub about: Option<String>,
    /// `payment` of invoices, `income`, `recorded_before` or `refused`.
    pub outcome: String,
    /// Why it is refused.
    pub reason: Option<String>,
    /// The invoice that it names.
    #[schema(value_type = Option<Uuid>)]
    pub invoice: Option<DocumentId>,
    /// The member whose payment it is.
    #[schema(value_type = Option<Uuid>)]
    pub member: Option<MemberId>,
    /// The transaction of the books; null for what is not recorded, and while it is only looked at.
    #[schema(value_type = Option<Uuid>)]
    pub journal: Option<JournalId>,
}

/// What was done with a statement, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementImported {
    /// How many rows are recorded now.
    pub recorded: u32,
    /// How many were recorded before.
    pub recorded_before: u32,
    /// How many are refused, each with its reason.
    pub refused: u32,
    /// What those that are recorded now come to.
    pub total: String,
    /// Every movement, in the order of the file.
    pub rows: Vec<StatementRowView>,
}
