//! What payments move in the books. What is to be paid leaves what members are owed and waits as due; what a bank was asked to pay waits
//! as clearing; for each payment both come to nothing once it is paid, or given back to what the member is owed.

use governance::event::Event;
use governance::hash::{Hash32, keccak256};
use governance::id::{JournalId, MemberId};
use governance::ledger::{Day, Entry, JournalHead, JournalKind, Posting, journal_digest};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::{NewJournal, Posted, journal_entries, journal_get, journal_post};
use uuid::Uuid;

use super::not_so;
use crate::problem::Problem;
use crate::services::events;
use crate::services::ledger::{day, posting};
use crate::services::payouts::posting::accounts;

/// What is to be paid and was not asked of a bank.
pub const DUE: &str = "liabilities:payments:due";
/// What a bank was asked to pay and did not say that it paid.
pub const CLEARING: &str = "liabilities:payments:clearing";

/// What banks keep of what comes back.
pub const CHARGES: &str = "expenses:bank-fees";

/// One line: an account, what is added to it, and what it is about.
pub struct Line<'a> {
    /// The account.
    pub path: &'a str,
    /// In units of the currency.
    pub amount: i64,
    /// A payment or a member.
    pub about: Uuid,
}

/// What is moved.
pub struct Movement<'a> {
    /// What of, such that the same is moved once.
    pub key: &'a str,
    /// For people.
    pub description: &'a str,
    /// On which day.
    pub effective_on: Day,
    /// In which currency.
    pub currency: &'a str,
    /// The lines.
    pub lines: Vec<Line<'a>>,
}

/// Posts a movement; nobody moves it where the program only notes what a chain shows.
///
/// # Errors
/// 409 where it was posted before, or where it is none.
pub async fn post(
    tx: &mut CoopTx,
    by: impl Into<Option<MemberId>>,
    movement: Movement<'_>,
) -> Result<JournalId, Problem> {
    let by = by.into();
    let paths = movement.lines.iter().map(|line| line.path.to_owned()).collect();
    let accounts = accounts(tx, by, (movement.currency, paths)).await?;
    let mut entries = Vec::with_capacity(movement.lines.len());
    for line in &movement.lines {
        let account = accounts.get(line.path);
        entries.push(Entry {
            account: account
                .cloned()
                .ok_or_else(|| Problem::internal("an account that was just opened is not there"))?,
            amount: line.amount,
            reference: Some(line.about),
        });
    }
    let posting = Posting::new(entries).map_err(|refusal| not_so(format!("Nothing is to be posted: {refusal}.")))?;
    let head = JournalHead {
        coop: tx.coop(),
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: JournalKind::Cycle,
        effective_on: movement.effective_on,
        reverses: None,
        description: movement.description,
    };
    finish(tx, by, movement.key, (head, &posting)).await
}

/// Undoes a transaction, today, by another one with the opposite entries.
///
/// # Errors
/// 409 where it was undone before.
pub async fn undo(tx: &mut CoopTx, by: MemberId, undone: JournalId, why: &str) -> Result<JournalId, Problem> {
    let row = journal_get(tx, undone).await?.ok_or_else(Problem::not_found)?;
    let posting = posting(&journal_entries(tx, &[row.number]).await?)?.reversal();
    let head = JournalHead {
        coop: tx.coop(),
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: JournalKind::Reversal,
        effective_on: day(clock(tx).await?.date_naive())?,
        reverses: Some(undone),
        description: why,
    };
    finish(tx, Some(by), &format!("undoing of {undone}"), (head, &posting)).await
}

async fn finish(
    tx: &mut CoopTx,
    by: Option<MemberId>,
    key: &str,
    (head, posting): (JournalHead<'_>, &Posting),
) -> Result<JournalId, Problem> {
    let key: Hash32 = keccak256(key.as_bytes());
    let new = NewJournal {
        head,
        posting,
        key: &key.to_string(),
        request_hash: key.as_bytes(),
        actor: by,
    };
    let posted = journal_post(tx, new).await.map_err(|error| {
        if error.is_constraint("journal_is_reversed_once") {
            return not_so("The transaction was undone before.");
        }
        error.into()
    })?;
    let Posted::Fresh(number) = posted else {
        return Err(not_so("It was posted before."));
    };
    let happened = [Event::JournalPosted {
        journal: head.id,
        number: number.unsigned_abs(),
        kind: head.kind,
        reverses: head.reverses,
        digest: journal_digest(&head, posting),
    }];
    events::append(tx, by, &happened).await?;
    Ok(head.id)
}
