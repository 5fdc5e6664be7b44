//! The roots of a contract beside those that were released here, as a final block shows both.
//!
//! Whoever holds the executor's account can submit any root, so in each round the whole queue is compared: what was not released here is noted
//! at once, while guardians can still veto it, and nothing is posted from it.

use std::ops::Range;

use chain::{Block, Chain, Distributor, RootStanding};
use chrono::{DateTime, SubsecRound as _, Utc};
use governance::event::{ClaimEvent, Event};
use governance::hash::Hash32;
use governance::id::{CoopId, LedgerAccountId, MemberId, PaymentFileId};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{
    ClaimRootRow, DistributorRow, RootShown, claim_root_shown, claim_root_waiting, claim_roots_live,
    distributor_submitted, file_transfers, foreign_root_end, foreign_root_note, foreign_roots,
};

use super::books::{CLEARING, DUE, Line, Movement, post};
use super::distributors::{place, units};
use super::following::{failed, settle};
use super::root_records;
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::events;
use crate::services::ledger::day;
use crate::services::payouts::digest;

/// How many epochs at each end of a queue are looked at. Each costs a question to the node in every round, and whoever holds the executor's
/// account can submit any number.
const EPOCHS_LOOKED_AT: u64 = 64;
/// Why payments of a root that lost its place are due again.
const DISPLACED: &str = "the contract has another root in its place";

/// What a final block shows of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Queued,
    Active,
    Vetoed,
    Displaced,
}

/// A root that nobody released here.
struct Foreign {
    epoch: u64,
    root: Hash32,
    total: u128,
    is_active: bool,
}

/// What a final block shows of a contract's roots.
pub struct Roots {
    submitted: u64,
    waiting: Option<(ClaimRootRow, Shown)>,
    foreign: Vec<Foreign>,
    /// The epochs of the queue that were not looked at.
    passed_over: Range<u64>,
}

impl Roots {
    /// Whether the contract pays by a root that nobody released here: what it says then is no evidence of anything.
    pub fn are_foreign(&self) -> bool {
        self.foreign.iter().any(|one| one.is_active)
    }
}

/// A root as the contract keeps it.
type Kept = (u64, Hash32, u128);

fn kept(row: &DistributorRow, root: &ClaimRootRow) -> Result<Kept, RowDamage> {
    let epoch = root.epoch.ok_or(RowDamage("epoch"))?.unsigned_abs();
    Ok((epoch, digest(&root.root)?, units(row, root.total)?))
}

/// Looks at the queue of a contract.
///
/// # Errors
/// If the node does not answer.
pub async fn look(
    app: &App,
    coop: CoopId,
    chain: &dyn Chain,
    (row, at): (&DistributorRow, Hash32),
) -> anyhow::Result<Roots> {
    let mut tx = app.store.coop_tx("claim_roots_live", coop).await?;
    let live = claim_roots_live(&mut tx, row.ledger_account_id).await?;
    tx.commit().await?;
    let ours: Vec<Kept> = live.iter().map(|root| kept(row, root)).collect::<Result<_, _>>()?;
    let contract = Distributor::of(&place(row)?);
    let standing = contract.standing(chain, at).await?;
    let mut foreign = Vec::new();
    let mut note = |(epoch, root, total): Kept, is_active: bool| {
        if !ours.contains(&(epoch, root, total)) {
            foreign.push(Foreign {
                epoch,
                root,
                total,
                is_active,
            });
        }
    };
    if standing.epoch > 0 {
        note((standing.epoch, standing.root, standing.total), true);
    }
    let passed_over = passed_over(standing.epoch.saturating_add(1), standing.submitted.saturating_add(1));
    let queue = standing.epoch.saturating_add(1)..=standing.submitted;
    for epoch in queue.filter(|epoch| !passed_over.contains(epoch)) {
        let queued = contract.queued(chain, epoch, at).await?;
        if !queued.is_vetoed {
            note((epoch, queued.root, queued.total), false);
        }
    }
    let waiting = live.into_iter().find(|root| root.state != "active");
    let waiting = match waiting {
        Some(root) => {
            let shown = shown(chain, &contract, (kept(row, &root)?, &standing), at).await?;
            Some((root, shown))
        }
        None => None,
    };
    Ok(Roots {
        submitted: standing.submitted,
        waiting,
        foreign,
        passed_over,
    })
}

/// The middle of a queue that is too long to be looked at whole: such a queue has foreign roots at both of its ends.
fn passed_over(first: u64, end: u64) -> Range<u64> {
    let from = first.saturating_add(EPOCHS_LOOKED_AT);
    from..end.saturating_sub(EPOCHS_LOOKED_AT).max(from)
}

/// How a block shows a root that was released.
async fn shown(
    chain: &dyn Chain,
    contract: &Distributor,
    ((epoch, root, total), standing): (Kept, &RootStanding),
    at: Hash32,
) -> anyhow::Result<Shown> {
    if standing.submitted < epoch {
        return Ok(Shown::Nothing);
    }
    let queued = contract.queued(chain, epoch, at).await?;
    Ok(if queued.root != root || queued.total != total {
        Shown::Displaced
    } else if queued.is_vetoed {
        Shown::Vetoed
    } else if standing.epoch == epoch {
        Shown::Active
    } else if standing.epoch > epoch {
        Shown::Displaced
    } else {
        Shown::Queued
    })
}

/// Takes what a block shows of the roots, in one transaction.
///
/// # Errors
/// If the database fails.
pub async fn take(
    app: &App,
    coop: CoopId,
    row: &DistributorRow,
    (roots, block): (&Roots, &Block),
) -> anyhow::Result<()> {
    let mut tx = app.store.coop_tx("claim_roots_follow", coop).await?;
    ledger_lock(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    distributor_submitted(&mut tx, row.ledger_account_id, i64::try_from(roots.submitted)?).await?;
    let mut happened = foreign(&mut tx, row, (roots, block), now).await?;
    if let Some((root, shown)) = &roots.waiting {
        // Whoever else follows, or gives it up, was there before.
        if claim_root_waiting(&mut tx, row.ledger_account_id).await?.as_ref() == Some(root) {
            happened.extend(take_root(&mut tx, &row.currency, (root, *shown), (block, now)).await?);
        }
    }
    if happened.is_empty() {
        return Ok(tx.commit().await?);
    }
    events::append(&mut tx, None, &happened).await?;
    if !roots.are_foreign() {
        settle(&mut tx, row, block, now).await?;
    }
    Failpoint::ClaimsFollowed.reach();
    Ok(tx.commit().await?)
}

/// Notes foreign roots, and which of those before are none any more.
async fn foreign(
    tx: &mut CoopTx,
    row: &DistributorRow,
    (roots, block): (&Roots, &Block),
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Event<'static>>> {
    let (id, number) = (row.ledger_account_id, block.reference.number);
    let (account, stored) = (LedgerAccountId::from_uuid(id), i64::try_from(number)?);
    let mut happened = Vec::new();
    for one in &roots.foreign {
        let what = (id, i64::try_from(one.epoch)?, one.root.as_bytes());
        if foreign_root_note(tx, what, (one.is_active, stored), now).await? {
            tracing::error!(coop.id = %tx.coop(), claim.epoch = one.epoch, claim.root = %one.root,
                "a contract that members claim from shows a root that nobody released here");
            root_records::foreign(tx, row, (one.epoch, one.root, one.total))
                .await
                .map_err(failed)?;
            happened.push(Event::Claims(ClaimEvent::ForeignRootNoted {
                account,
                epoch: one.epoch,
                root: one.root,
                block: number,
            }));
        }
    }
    for former in foreign_roots(tx, id).await? {
        let epoch = former.unsigned_abs();
        let is_gone = !roots.passed_over.contains(&epoch) && roots.foreign.iter().all(|one| one.epoch != epoch);
        if is_gone && foreign_root_end(tx, (id, former), stored).await? {
            happened.push(Event::Claims(ClaimEvent::ForeignRootEnded {
                account,
                epoch,
                block: number,
            }));
        }
    }
    Ok(happened)
}

async fn take_root(
    tx: &mut CoopTx,
    currency: &str,
    (root, shown): (&ClaimRootRow, Shown),
    (block, now): (&Block, DateTime<Utc>),
) -> anyhow::Result<Option<Event<'static>>> {
    let rejected = |why| Some(("rejected", Some(why)));
    let (state, tries) = match shown {
        Shown::Queued if root.state == "queued" => return Ok(None),
        Shown::Nothing => return Ok(None),
        Shown::Queued => ("queued", None),
        Shown::Active => ("active", Some(("accepted", None))),
        Shown::Vetoed => ("vetoed", rejected("a guardian stopped the root")),
        Shown::Displaced => ("displaced", rejected(DISPLACED)),
    };
    let (file, number) = (PaymentFileId::from_uuid(root.file_id), block.reference.number);
    let stands = RootShown {
        state,
        block: i64::try_from(number)?,
        tries,
        displaced: (shown == Shown::Displaced).then_some(DISPLACED),
        given_up_by: None,
    };
    claim_root_shown(tx, root.file_id, stands, now).await?;
    let why = match shown {
        Shown::Vetoed => Some("Claims stopped by a guardian are due again"),
        Shown::Displaced => Some("Claims of a root that another one displaced are due again"),
        Shown::Nothing | Shown::Queued | Shown::Active => None,
    };
    if let Some(description) = why {
        let what = (format!("{state} {file}"), description);
        due_again(tx, None, (file, currency), what, now).await.map_err(failed)?;
    }
    Ok(Some(Event::Claims(ClaimEvent::RootMoved {
        file,
        state,
        epoch: root.epoch.unwrap_or_default().unsigned_abs(),
        block: number,
    })))
}

/// What a root promised that never will be claimed by it is due again.
///
/// # Errors
/// If it was posted before.
pub async fn due_again(
    tx: &mut CoopTx,
    by: Option<MemberId>,
    (file, currency): (PaymentFileId, &str),
    (key, description): (String, &str),
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let transfers = file_transfers(tx, file).await?;
    let lines = transfers.iter().flat_map(|one| {
        let lines = [(CLEARING, one.amount), (DUE, one.amount.saturating_neg())];
        lines.map(|(path, amount)| Line {
            path,
            amount,
            about: one.payment_id,
        })
    });
    let movement = Movement {
        key: &key,
        description,
        effective_on: day(now.date_naive())?,
        currency,
        lines: lines.collect(),
    };
    post(tx, by, movement).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_queue_both_ends_are_looked_at_and_of_a_short_one_everything() {
        for (first, end) in [(1, 1), (1, 2), (5, 5 + 2 * EPOCHS_LOOKED_AT)] {
            assert!(passed_over(first, end).is_empty(), "{first} {end}");
        }
        assert_eq!(passed_over(8, 8 + 2 * EPOCHS_LOOKED_AT + 1), 72..73);
        assert_eq!(passed_over(1, 100_001), 65..99_937);
        // A queue cannot be as long as to stop the look.
        assert_eq!(passed_over(1, u64::MAX), 65..u64::MAX - 64);
    }
}
