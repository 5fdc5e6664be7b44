//! Payments of what posted cycles owe: where members want to be paid, files for banks, and what became of each payment.

mod claims;
mod reconciliation;

pub use claims::*;
pub use reconciliation::*;

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{BankFileId, LedgerAccountId, MemberId, PaymentFileId, PaymentStatementId, PayoutCycleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a member wants to be paid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPayee {
    /// `bank`, to an account by a file of payments; `chain`, to a wallet that claims; or `manual`, by hand, as agreed with the treasurer.
    pub rail: String,
    /// The name of the account's holder, in letters that banks write; what the wallet is called; or, by hand, how. At most 70 characters.
    #[schema(max_length = 70)]
    pub name: String,
    /// The account number (IBAN); for `bank` alone.
    #[serde(default)]
    pub iban: Option<String>,
    /// The code of the bank (BIC), where the bank needs one; for `bank` alone.
    #[serde(default)]
    pub bic: Option<String>,
    /// The address of a wallet that is linked to the member's account; for `chain` alone.
    #[serde(default)]
    pub wallet: Option<String>,
}

// An account number stands in no log.
impl std::fmt::Debug for SetPayee {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SetPayee")
            .field("rail", &self.rail)
            .finish_non_exhaustive()
    }
}

/// Where a member wants to be paid, as it is shown: of the account number only its beginning and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayeeView {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// The version, from 1.
    pub version: u32,
    /// `bank`, `chain` or `manual`.
    pub rail: String,
    /// The name of the holder or of the wallet; by hand, how. Null for a person who was erased.
    pub name: Option<String>,
    /// The account number, or the address of the wallet, without its middle.
    pub account: Option<String>,
    /// The code of the bank.
    pub bic: Option<String>,
    /// When the member gave it.
    pub recorded_at: DateTime<Utc>,
    /// From when on it may be used, unless somebody confirms it before.
    pub usable_at: DateTime<Utc>,
    /// Whether it may be used now. Until then payments to the member wait.
    pub is_usable: bool,
    /// Who asked the member and confirmed it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub confirmed_by: Option<MemberId>,
}

/// Confirms where a member wants to be paid, after asking the member by another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmPayee {
    /// The version that was asked about; only the newest is confirmed.
    pub version: u32,
}

/// Says for which account of a bank an account of the books stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBankAccount {
    /// The account of the books.
    #[schema(example = "assets:bank:main")]
    pub account: String,
    /// Its currency.
    #[schema(example = "EUR")]
    pub currency: String,
    /// The account number (IBAN).
    pub iban: String,
    /// The code of the bank (BIC), where the bank needs one.
    #[serde(default)]
    pub bic: Option<String>,
    /// The co-op's name, as the bank has it.
    #[schema(max_length = 70)]
    pub holder: String,
    /// Which edition of the file of payments the bank takes: `pain.001.001.09`, or `pain.001.001.03`.
    pub edition: String,
}

/// An account of a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BankAccountView {
    /// The account of the books, by its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// The account of the books.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// The account number (IBAN).
    pub iban: String,
    /// The code of the bank (BIC).
    pub bic: Option<String>,
    /// The co-op's name, as the bank has it.
    pub holder: String,
    /// Which edition of the file of payments the bank takes.
    pub edition: String,
}

/// Every account of a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BankAccountList {
    /// By their place in the books.
    pub items: Vec<BankAccountView>,
}

/// How many payments, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentSum {
    /// Where they stand: `ready` for the next file, `by_hand`, `held`, or the state of their last try.
    pub state: String,
    /// How many.
    pub payments: u64,
    /// What they come to.
    pub total: String,
}

/// A payment that waits, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldPayment {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How much.
    pub amount: String,
    /// What it waits for.
    pub reason: String,
}

/// How far the payments of a cycle are, and what issuing it or preparing a file would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentProgress {
    /// The cycle.
    #[schema(value_type = String, format = Uuid)]
    pub cycle: PayoutCycleId,
    /// The currency.
    pub currency: String,
    /// When it was issued; null before.
    pub issued_at: Option<DateTime<Utc>>,
    /// What stands in the way of issuing it.
    pub obstacle: Option<String>,
    /// Who asked for it to be closed.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub closing_asked_by: Option<MemberId>,
    /// When another person closed it.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who asked for it to be undone.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub reversal_asked_by: Option<MemberId>,
    /// When another person undid it.
    pub reversed_at: Option<DateTime<Utc>>,
    /// Why it is to be undone, or was.
    pub reversal_reason: Option<String>,
    /// How many payments it has.
    pub payments: u64,
    /// What they come to.
    pub total: String,
    /// The same by where they stand.
    pub sums: Vec<PaymentSum>,
    /// The first hundred that wait, each with what for.
    pub held: Vec<HeldPayment>,
}

/// What is paid to a member for a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutPaymentView {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How much.
    pub amount: String,
    /// Where it stands: `ready` for the next file, `by_hand`, `held`; or as the last try does: `prepared`, `submitted`, `accepted`, `unknown`,
    /// `settled`. One that was refused or came back stands `ready` or `held` again.
    pub state: String,
    /// What it waits for, or why the last try failed.
    pub reason: Option<String>,
    /// The last try, from 1.
    pub attempt: Option<u32>,
    /// How the last try ended or stands.
    pub attempt_state: Option<String>,
    /// How: `bank`, `chain`, `manual`, or `carry` for what was given back to what the member is owed.
    pub rail: Option<String>,
    /// What a bank calls it from end to end.
    pub reference: Option<String>,
    /// What came back of a payment that was returned.
    pub came_back: Option<String>,
    /// The file it stands in.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub file: Option<PaymentFileId>,
    /// Since when it stands there.
    pub changed_at: Option<DateTime<Utc>>,
}

/// Prepares a file of every payment that is ready, for a bank, or a list of claims for a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreparePaymentFile {
    /// The account of the books that stands for the account, or for the contract, that pays.
    #[schema(value_type = String, format = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// The day on which the bank is to pay; today or later.
    pub pay_on: String,
}

/// What a file would be of, if it were prepared now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentFilePreview {
    /// How many payments are ready for it.
    pub transfers: u32,
    /// What they come to.
    pub total: String,
    /// How many of the cycle are not: paid, on their way, for another payer, or waiting.
    pub left: u64,
}

/// A file of payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentFileView {
    /// Its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub id: PaymentFileId,
    /// The account that pays.
    #[schema(value_type = String, format = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// `bank`, or `chain` for a list of claims.
    pub rail: String,
    /// What the bank calls it (MsgId).
    pub message: String,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// The day on which the bank is to pay.
    pub pay_on: String,
    /// How many payments.
    pub transfers: u32,
    /// What they come to.
    pub total: String,
    /// `prepared`, `released` or `withdrawn`.
    pub state: String,
    /// Who prepared it.
    #[schema(value_type = String, format = Uuid)]
    pub prepared_by: MemberId,
    /// When.
    pub prepared_at: DateTime<Utc>,
    /// Who released it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub released_by: Option<MemberId>,
    /// When.
    pub released_at: Option<DateTime<Utc>>,
    /// Why it was withdrawn.
    pub withdraw_reason: Option<String>,
    /// Of a list of claims, what it promises and how far it is on the chain.
    pub claims: Option<ClaimRootView>,
}

/// Releases a file to be given to the bank: exactly what this digest stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasePaymentFile {
    /// SHA-256 of its bytes, as it is shown.
    #[schema(value_type = String)]
    pub digest: Hash32,
}

/// Withdraws a file that was not released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawPaymentFile {
    /// Why.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// Brings in a file in which a bank told something.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBankFile {
    /// The file as the bank gave it: `pain.002`, `camt.052`, `camt.053`, `camt.054` or `pacs.004`.
    pub file: String,
}

// A bank's file names people and their accounts.
impl std::fmt::Debug for ImportBankFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ImportBankFile").finish_non_exhaustive()
    }
}

/// Something that a bank's file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BankItemView {
    /// `accepted` or `rejected`, of a payment; `booked`, on an account; `returned`, that a payment came back.
    pub says: String,
    /// What the payment is called from end to end.
    pub reference: Option<String>,
    /// Money in above zero, out below.
    pub amount: Option<String>,
    /// On which day.
    pub day: Option<String>,
    /// The bank's code, and what it adds.
    pub reason: Option<String>,
    /// Whom the payment pays; null where it is none of ours.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub member: Option<MemberId>,
    /// Where the payment stands then; null where nothing follows.
    pub becomes: Option<String>,
    /// Why it cannot be so. Nothing is changed then, and a person must look.
    pub contradiction: Option<String>,
}

/// A statement of a day that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BankStatementView {
    /// The account of the books that stands for the account.
    #[schema(value_type = String, format = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// Its currency.
    pub currency: String,
    /// Its number among the statements of the account.
    pub sequence: Option<u64>,
    /// The day of its closing balance.
    pub last_day: Option<String>,
    /// The balance before its first entry.
    pub opening: Option<String>,
    /// That after its last.
    pub closing: Option<String>,
    /// What its entries leave unexplained between the two: an entry is missing where it is not zero.
    pub unexplained: Option<String>,
}

/// What a bank's file changes, or would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BankFileOutcome {
    /// Which message it is.
    pub kind: String,
    /// What the bank calls it.
    pub name: String,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// Whether it was brought in.
    pub is_known: bool,
    /// Its statements of days that have ended.
    pub statements: Vec<BankStatementView>,
    /// How many payments go on, by where they stand then.
    pub changes: Vec<PaymentSum>,
    /// How many things it says that are of no payment of ours.
    pub unmatched: u64,
    /// How many things it says that cannot be so.
    pub contradictions: u64,
    /// The first thousand things it says.
    pub items: Vec<BankItemView>,
}

/// A file that was brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BankFileView {
    /// Its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub id: BankFileId,
    /// Which message it is.
    pub kind: String,
    /// What the bank calls it.
    pub name: String,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// How many things it says.
    pub items: u32,
    /// Who brought it in.
    #[schema(value_type = String, format = Uuid)]
    pub imported_by: MemberId,
    /// When.
    pub imported_at: DateTime<Utc>,
}

/// States what became of a payment, with evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatePayment {
    /// `paid`; or `not_paid`, of one of which the bank did not speak.
    pub outcome: String,
    /// Of what was paid by hand, the account of the books from which it was paid.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub ledger_account: Option<LedgerAccountId>,
    /// On which day; not in the future.
    pub day: String,
    /// What the evidence is called: a receipt, a letter of the bank.
    #[schema(max_length = 140)]
    pub reference: String,
    /// SHA-256 of the evidence.
    #[schema(value_type = String)]
    pub document: Hash32,
}

/// Says whether evidence is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeEvidence {
    /// Whether it is.
    pub is_right: bool,
}

/// Evidence of what became of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentEvidenceView {
    /// Its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub id: PaymentStatementId,
    /// The member whom the payment pays.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How much.
    pub amount: String,
    /// `manual`, or `bank` for one of which the bank did not speak.
    pub rail: String,
    /// `paid` or `not_paid`.
    pub outcome: String,
    /// The account of the books from which it was paid.
    pub account: Option<String>,
    /// On which day.
    pub day: String,
    /// What the evidence is called.
    pub reference: String,
    /// SHA-256 of the evidence.
    #[schema(value_type = String)]
    pub document: Hash32,
    /// Who brought it.
    #[schema(value_type = String, format = Uuid)]
    pub stated_by: MemberId,
    /// When.
    pub stated_at: DateTime<Utc>,
    /// `right` or `wrong`; null until another person looked at it.
    pub verdict: Option<String>,
    /// Who that was.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub judged_by: Option<MemberId>,
}

/// Gives a payment that nothing pays back to what the member is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarryPayment {
    /// Why; the member reads it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// Undoes a posted cycle of which nothing is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversePayoutCycle {
    /// Why; members read it. Who asks for it says it. Who does it may leave it out, and does it for that reason and no other.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub reason: Option<String>,
}
