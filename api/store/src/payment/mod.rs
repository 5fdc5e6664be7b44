//! How what posted cycles owe is paid: where members want to be paid, the co-op's accounts of banks, payments with their tries, and files.

mod account;
mod attempt;
mod bank_file;
mod claims;
mod file;
mod following;
mod issue;
mod payee;
mod reconcile;
mod root_record;
mod settle;

pub use account::{BankAccountRow, NewBankAccount, bank_account_insert, bank_account_list};
pub use attempt::{NewAttempt, attempt_insert};
pub use bank_file::{
    AttemptRow, BankFileRow, Change, NewBankFile, NewItem, NewStatement, attempts_by_reference, attempts_change,
    attempts_of_message, attempts_waiting, bank_file_insert, bank_file_is_known, bank_file_list,
};
pub use claims::{
    ClaimRootRow, ClaimRow, ClaimantRow, DistributorRow, DistributorSight, NewClaimRoot, NewDistributor, claim_epoch,
    claim_root_active, claim_root_decide, claim_root_get, claim_root_insert, claim_root_waiting, claim_roots_live,
    claim_roots_of, claimants_of, claims_of, distributor_insert, distributor_list,
};
pub use file::{
    FileRail, FileRow, NewFile, TransferRow, file_get, file_insert, file_list, file_release, file_transfers,
    file_withdraw,
};
pub use following::{
    ClaimedRow, NewClaimSeen, RootShown, SeenSum, claim_root_give_up_ask, claim_root_shown, claims_note,
    claims_seen_sum, claims_settle, distributor_logs, distributor_seen, distributor_submitted, foreign_root_end,
    foreign_root_note, foreign_roots,
};
pub use issue::{
    IssueRow, NewPayment, PaymentRow, is_carried_on, issue_get, issue_insert, payment_insert, payment_list,
};
pub use payee::{NewPayee, PayeeRow, payee_confirm, payee_get, payee_insert, payee_list};
pub use reconcile::{
    BesideRow, ClearingRow, UnmatchedRow, reconcile_accounts, reconcile_clearing, reconcile_unmatched,
};
pub use root_record::{ClaimRootRecordRow, NewClaimRootRecord, claim_root_record_insert, claim_root_record_of};
pub use settle::{
    EndRow, NewPaymentStatement, StatementRow, attempt_end, attempt_insert_alone, closing_ask, closing_finish,
    closing_get, closing_withdraw, reversal_ask, reversal_finish, reversal_get, reversal_withdraw, statement_insert,
    statement_list, statement_verdict,
};
