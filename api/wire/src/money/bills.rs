//! Suppliers' bills.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{BillId, JournalId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillLineView {
    /// What it is for, in up to 200 characters on one line.
    pub about: String,
    /// What it costs without VAT, such as `12.50`.
    pub amount: String,
    /// The account of cost, such as `expenses:operations`.
    pub account: String,
}

/// Prepares a supplier's bill to be approved by others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrepareBill {
    /// Who sent it, in up to 200 characters on one line.
    pub supplier: String,
    /// What the supplier calls it, in up to 80 characters on one line; a supplier's bill is taken once by it.
    pub reference: String,
    /// Where it is paid to.
    pub iban: Option<String>,
    /// When the supplier wrote it, such as `2026-11-26`; not after today.
    pub issued_on: String,
    /// When it is due.
    pub due_on: String,
    /// The currency, three capitals.
    pub currency: String,
    /// What it is for, 1 to 100 lines.
    pub lines: Vec<BillLineView>,
    /// The VAT, as the supplier states it; nothing where it is left out.
    pub vat: Option<String>,
    /// SHA-256 of the supplier's file.
    #[schema(value_type = Option<String>)]
    pub file: Option<Hash32>,
}

/// Approves exactly the digest of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveBill {
    /// The digest.
    #[schema(value_type = String)]
    pub digest: Hash32,
}

/// Records the payment of an approved bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayBill {
    /// When it was paid, such as `2026-11-26`; not after today.
    pub paid_on: String,
    /// Where the money goes from; `assets:bank:main` where it is left out.
    pub money: Option<String>,
}

/// Cancels a bill that was not approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBill {
    /// Why, in up to 2000 characters.
    pub reason: String,
}

/// An approval of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BillApprovalView {
    /// Who approved.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether who approved holds an office now.
    pub holds_office: bool,
}

/// A supplier's bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BillView {
    /// Its identifier.
    #[schema(value_type = Uuid)]
    pub id: BillId,
    /// Who sent it.
    pub supplier: String,
    /// What the supplier calls it.
    pub reference: String,
    /// Where it is paid to.
    pub iban: Option<String>,
    /// When the supplier wrote it.
    pub issued_on: String,
    /// When it is due.
    pub due_on: String,
    /// The currency.
    pub currency: String,
    /// Without VAT.
    pub net: String,
    /// The VAT.
    pub vat: String,
    /// With VAT.
    pub gross: String,
    /// What it is for.
    pub lines: Vec<BillLineView>,
    /// SHA-256 of the supplier's file.
    #[schema(value_type = Option<String>)]
    pub file: Option<Hash32>,
    /// What is approved: Keccak-256 of everything it says, as docs/money.md lays it out.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// `proposed`, `approved`, `paid` or `cancelled`.
    pub state: String,
    /// How many must approve, by the amount.
    pub approvals_needed: u16,
    /// Who approved.
    pub approvals: Vec<BillApprovalView>,
    /// Who prepared it.
    #[schema(value_type = Uuid)]
    pub prepared_by: MemberId,
    /// When.
    pub prepared_at: DateTime<Utc>,
    /// The transaction that posted it.
    #[schema(value_type = Option<Uuid>)]
    pub journal: Option<JournalId>,
    /// The transaction that paid it.
    #[schema(value_type = Option<Uuid>)]
    pub payment: Option<JournalId>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
}
