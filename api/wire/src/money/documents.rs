//! Invoices, credit notes, receipts, payments, and what a member owes.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{DocumentId, IncomingPaymentId, JournalId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::HoldingView;

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocumentLine {
    /// What it is for, in up to 200 characters on one line.
    pub about: String,
    /// How many pieces.
    pub quantity: u32,
    /// What a piece costs without VAT, such as `12.50`.
    pub price: String,
    /// The rate of VAT, by its name in the terms; none where it is left out.
    pub vat: Option<String>,
    /// The account of income; `income:other` where it is left out.
    pub account: Option<String>,
}

/// Issues an invoice to a member, or to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueInvoice {
    /// The member; left out for others.
    #[schema(value_type = Option<Uuid>)]
    pub member: Option<MemberId>,
    /// Whom it is addressed to, in up to 500 characters; the member's name where it is left out.
    pub recipient: Option<String>,
    /// When it is issued, such as `2026-11-26`: not after today, and not before the invoice with the number before.
    pub issued_on: String,
    /// Its lines, 1 to 100.
    pub lines: Vec<NewDocumentLine>,
}

/// A part of a line of an invoice that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditedLine {
    /// The line of the invoice, from 1.
    pub line: u32,
    /// How many pieces.
    pub quantity: u32,
    /// How much of the price of each, without VAT; the whole price where it is left out.
    pub price: Option<String>,
}

/// Takes an invoice back, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditInvoice {
    /// Why, in up to 500 characters on one line.
    pub reason: String,
    /// When the credit note is issued.
    pub issued_on: String,
    /// What is taken back, at the rates of the invoice; everything that is left of it where this is left out.
    pub lines: Option<Vec<CreditedLine>>,
}

/// Charges the dues of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeDues {
    /// A month such as `2026-11`, a quarter such as `2026-Q4`, or a year such as `2026`.
    pub period: String,
    /// When the invoices are issued.
    pub issued_on: String,
}

/// Charges what members owe for their use of the tools and no invoice asked for yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeUsage {
    /// When the invoices are issued.
    pub issued_on: String,
    /// The name of a rate of VAT in the terms; none where it is left out.
    pub vat: Option<String>,
}

/// Records a member's entrance fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveFee {
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// When it was paid.
    pub received_on: String,
    /// Where the money came; `assets:bank:main` where it is left out.
    pub money: Option<String>,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentLineView {
    /// What it is for.
    pub about: String,
    /// How many pieces.
    pub quantity: u32,
    /// What a piece costs, without VAT.
    pub price: String,
    /// The name of the rate of VAT.
    pub vat: Option<String>,
    /// The account of income.
    pub account: String,
}

/// What a rate of VAT comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VatSumView {
    /// The name of the rate.
    pub name: String,
    /// The rate.
    pub rate: String,
    /// What it is taken on.
    pub net: String,
    /// What it is: rounded half up to the minor unit, once for each rate.
    pub vat: String,
}

/// An invoice, a credit note or a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentView {
    /// Its identifier.
    #[schema(value_type = Uuid)]
    pub id: DocumentId,
    /// `invoice`, `credit_note` or `receipt`.
    pub kind: String,
    /// Its number as it is printed, such as `INV-2026-00001`.
    pub code: String,
    /// The member it is for; null for others.
    #[schema(value_type = Option<Uuid>)]
    pub member: Option<MemberId>,
    /// Whom it is addressed to.
    pub recipient: String,
    /// When it was issued.
    pub issued_on: String,
    /// When it is due.
    pub due_on: String,
    /// The currency.
    pub currency: String,
    /// What it comes to without VAT.
    pub net: String,
    /// The VAT.
    pub vat: String,
    /// With VAT.
    pub gross: String,
    /// What is not settled of an invoice.
    pub open: String,
    /// Its lines.
    pub lines: Vec<DocumentLineView>,
    /// The VAT by rates.
    pub rates: Vec<VatSumView>,
    /// The period of dues, `entrance` for the entrance fee, or `usage-` and a number for the use of the tools.
    pub period: Option<String>,
    /// Of a credit note, the invoice that it takes back, whole or in part.
    #[schema(value_type = Option<Uuid>)]
    pub corrects: Option<DocumentId>,
    /// Of an invoice, what credit notes take back of it, with VAT.
    pub credited: String,
    /// Of an invoice, those credit notes, in their order.
    #[schema(value_type = Vec<Uuid>)]
    pub credit_notes: Vec<DocumentId>,
    /// Of a credit note, why.
    pub reason: Option<String>,
    /// The transaction of the books.
    #[schema(value_type = Uuid)]
    pub journal: JournalId,
    /// Keccak-256 of everything it says, as docs/money.md lays it out.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who issued it.
    #[schema(value_type = Uuid)]
    pub by: MemberId,
}

/// What an invoice or a credit note would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoicePreview {
    /// The number it would have.
    pub code: String,
    /// When it would be due.
    pub due_on: String,
    /// The currency.
    pub currency: String,
    /// Without VAT.
    pub net: String,
    /// The VAT by rates.
    pub rates: Vec<VatSumView>,
    /// With VAT.
    pub gross: String,
    /// What the member's credit would settle of an invoice at once; what a credit note would give the member as a credit.
    pub credit: String,
}

/// What charging a period would do to a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DuesLine {
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// How the member is called.
    pub name: String,
    /// What is charged, with VAT.
    pub gross: String,
}

/// What charging a period would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DuesPreview {
    /// The period.
    pub period: String,
    /// Who is charged.
    pub lines: Vec<DuesLine>,
    /// How many were charged for it before.
    pub charged_before: u32,
    /// What all of it comes to.
    pub total: String,
    /// The currency.
    pub currency: String,
}

/// What charging a period did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DuesCharged {
    /// The period.
    pub period: String,
    /// The invoices.
    #[schema(value_type = Vec<Uuid>)]
    pub invoices: Vec<DocumentId>,
    /// How many were charged for it before.
    pub charged_before: u32,
    /// What all of it comes to.
    pub total: String,
    /// The currency.
    pub currency: String,
}

/// What charging for use would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsagePreview {
    /// Who is charged.
    pub lines: Vec<DuesLine>,
    /// What all of it comes to.
    pub total: String,
    /// The currency.
    pub currency: String,
}

/// What charging for use did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageCharged {
    /// The invoices, in an order that does not tell who they are for.
    #[schema(value_type = Vec<Uuid>)]
    pub invoices: Vec<DocumentId>,
    /// What all of it comes to.
    pub total: String,
    /// The currency.
    pub currency: String,
}

/// Records a payment of invoices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivePayment {
    /// The invoice it is for; it is settled first.
    #[schema(value_type = Option<Uuid>)]
    pub invoice: Option<DocumentId>,
    /// Who paid, for a payment that names no invoice.
    #[schema(value_type = Option<Uuid>)]
    pub member: Option<MemberId>,
    /// How much, such as `12.50`.
    pub amount: String,
    /// When it came.
    pub received_on: String,
    /// What the bank calls it; a payment is recorded once by it, also against `…/income`.
    pub reference: String,
    /// What the payer wrote, in up to 500 characters.
    #[serde(default)]
    pub about: String,
    /// Where the money came; `assets:bank:main` where it is left out.
    pub money: Option<String>,
}

/// What is settled of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettledView {
    /// The invoice.
    #[schema(value_type = Uuid)]
    pub invoice: DocumentId,
    /// How much.
    pub amount: String,
}

/// A payment, and what it settled or would settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncomingPaymentView {
    /// Its identifier; null while it is only looked at.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<IncomingPaymentId>,
    /// Who paid; null where it was no member.
    #[schema(value_type = Option<Uuid>)]
    pub member: Option<MemberId>,
    /// How much.
    pub amount: String,
    /// The currency.
    pub currency: String,
    /// What it settles: the named invoice first, then those that are due first.
    pub settled: Vec<SettledView>,
    /// What is left as the member's credit.
    pub credit: String,
    /// The transaction of the books; undoing it undoes the payment.
    #[schema(value_type = Option<Uuid>)]
    pub journal: Option<JournalId>,
}

/// Which documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentsQuery {
    /// How many at most, from 1 to 100.
    pub limit: Option<u16>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Those of this member alone.
    #[param(value_type = Option<Uuid>)]
    pub member: Option<MemberId>,
    /// Invoices that are not settled whole alone.
    #[serde(default)]
    pub open: bool,
}

/// A line of a statement of account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountLine {
    /// When it took effect.
    pub on: String,
    /// `invoice`, `credit_note`, `receipt`, `payment`, or a move of shares by its name.
    pub kind: String,
    /// Its number, its reference, or the period.
    pub what: String,
    /// How much: what the member owes or gives above zero, what the member is given below.
    pub amount: String,
    /// What the member owes after it by invoices and payments; below zero for a credit. Null for what is no part of that.
    pub balance: Option<String>,
    /// Whether it was undone.
    pub is_undone: bool,
}

/// What a member owes and has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberAccount {
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// The currency of the terms; null where there are none.
    pub currency: Option<String>,
    /// What is open of invoices.
    pub open: String,
    /// What of it is overdue.
    pub overdue: String,
    /// The credit for invoices to come.
    pub credit: String,
    /// The shares.
    pub shares: HoldingView,
    /// Everything that happened, by days.
    pub lines: Vec<AccountLine>,
}

/// What a member owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArrearsView {
    /// The member.
    #[schema(value_type = Uuid)]
    pub member: MemberId,
    /// How the member is called.
    pub name: String,
    /// What is open of invoices.
    pub open: String,
    /// What of it is overdue.
    pub overdue: String,
    /// The first day on which something was due.
    pub overdue_since: Option<String>,
    /// The credit for invoices to come.
    pub credit: String,
    /// The currency.
    pub currency: String,
}
