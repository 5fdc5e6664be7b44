//! Follows the contracts from which members claim: what final blocks show becomes true in the books, once, whoever sent it there.
//!
//! Nothing is sent. A log tells whom to ask about; what counts is what the contract answers at the hash of one final block, and how far the
//! chain was followed is stored in the transaction of all that follows from it. So a death in between changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use chain::{Address, Block, BlockTag, Chain, Distributor};
use chrono::{DateTime, SubsecRound as _, Utc};
use governance::event::{ClaimEvent, Event};
use governance::hash::Hash32;
use governance::id::{CoopId, PaymentFileId};
use governance::ledger::of_token_units;
use store::CoopTx;
use store::coop::coops_all;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{
    ClaimRootRow, DistributorRow, DistributorSight, NewClaimSeen, claim_epoch, claim_root_contradicted,
    claim_root_shown, claim_root_waiting, claims_settle, distributor_list, distributor_seen, file_transfers,
};
use tokio::sync::watch;

use super::books::{CLEARING, DUE, Line, Movement, post};
use super::distributors::{digits, look, place, units};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::services::decision_rows::RowDamage;
use crate::services::events;
use crate::services::jobs::rest;
use crate::services::ledger::day;
use crate::services::payouts::digest;

/// Of how many blocks a node is asked at once what was told in them; public nodes refuse more.
const BLOCKS_MAX: u64 = 2_000;

/// How many roots that were not released here are asked about at once; each costs its executor gas, and its guardian a veto.
const FOREIGN_MAX: usize = 64;

/// What a final block shows of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Queued,
    Active,
    Vetoed,
    Contradiction(&'static str),
}

/// Everything that a final block shows.
struct Sight {
    block: Block,
    distributor: DistributorSight,
    root: Option<(ClaimRootRow, Shown)>,
    claimed: Vec<NewClaimSeen>,
}

/// Follows every co-op's contracts until told to stop, as often as records are sealed.
pub async fn repeat_following(app: &App, mut stop: watch::Receiver<bool>) {
    let Some(link) = &app.chain else { return };
    let every = Duration::from_secs(link.seal_seconds().max(1));
    while !*stop.borrow() {
        if let Err(error) = follow_all(app).await {
            tracing::warn!(error.cause = %format_args!("{error:#}"), "the contracts that members claim from could not be followed");
        }
        rest(&mut stop, every).await;
    }
}

/// Looks at every co-op's contracts once. What fails for one is logged.
///
/// # Errors
/// If the database fails, or the node does not answer.
pub async fn follow_all(app: &App) -> anyhow::Result<()> {
    let Some(link) = &app.chain else { return Ok(()) };
    let mut tx = app.store.global_tx("coops_all").await?;
    let coops = coops_all(&mut tx).await?;
    tx.commit().await?;
    for coop in coops {
        let mut tx = app.store.coop_tx("distributor_list", coop).await?;
        let rows = distributor_list(&mut tx).await?;
        tx.commit().await?;
        for row in rows
            .iter()
            .filter(|row| row.chain_id.unsigned_abs() == link.domain().chain_id)
        {
            let node = link.connected(&app.store).await?;
            if let Err(error) = follow(app, coop, node.chain.as_ref(), row).await {
                tracing::error!(coop.id = %coop, error.cause = %format_args!("{error:#}"), "a contract that members claim from could not be followed");
            }
        }
    }
    Ok(())
}

async fn follow(app: &App, coop: CoopId, chain: &dyn Chain, row: &DistributorRow) -> anyhow::Result<()> {
    let Some(block) = chain.block(BlockTag::Finalized).await? else {
        return Ok(());
    };
    if block.reference.number <= row.block_number.unsigned_abs() {
        return Ok(());
    }
    let mut tx = app.store.coop_tx("claim_root_waiting", coop).await?;
    // After the block, so that of what the block shows everything that was released is known.
    let waiting = claim_root_waiting(&mut tx, row.ledger_account_id).await?;
    let known = claim_epoch(&mut tx, row.ledger_account_id).await?;
    tx.commit().await?;
    let root = match waiting {
        Some(root) => Some((root.clone(), shown(chain, row, &root, block.reference.hash).await?)),
        None => None,
    };
    let contradicts = matches!(root, Some((_, Shown::Contradiction(_))));
    let first = if contradicts { known } else { known.saturating_add(1) };
    let distributor = DistributorSight {
        foreign: foreign(chain, row, first, block.reference.hash).await?,
        ..look(chain, (&place(row)?, digits(row)?), &block).await?
    };
    if distributor.foreign.is_some() && distributor.foreign != row.foreign_epoch {
        tracing::error!(coop.id = %coop, root.epoch = distributor.foreign, "a contract that members claim from has a root that was not released here");
    }
    let sight = Sight {
        block,
        distributor,
        root,
        claimed: claimed(chain, row, &block).await?,
    };
    take(app, coop, row, sight).await
}

/// The first epoch of the queue, from one on, whose root was not released here and that no guardian stopped.
async fn foreign(chain: &dyn Chain, row: &DistributorRow, first: i64, at: Hash32) -> anyhow::Result<Option<i64>> {
    let contract = Distributor::of(&place(row)?);
    let submitted = i64::try_from(contract.standing(chain, at).await?.submitted)?;
    for epoch in (first..=submitted).take(FOREIGN_MAX) {
        if !contract.queued(chain, epoch.unsigned_abs(), at).await?.is_vetoed {
            return Ok(Some(epoch));
        }
    }
    Ok(None)
}

/// How a block shows a root that was released. Under an epoch that was used up by another root it never comes, so that is as good as stopped.
async fn shown(chain: &dyn Chain, row: &DistributorRow, root: &ClaimRootRow, at: Hash32) -> anyhow::Result<Shown> {
    let contract = Distributor::of(&place(row)?);
    let epoch = root.epoch.ok_or(RowDamage("epoch"))?.unsigned_abs();
    let queued = contract.queued(chain, epoch, at).await?;
    if queued.root == Hash32::ZERO {
        return Ok(Shown::Nothing);
    }
    if queued.root != digest(&root.root)? || queued.total != units(row, root.total)? {
        return Ok(if queued.is_vetoed {
            Shown::Vetoed
        } else {
            Shown::Contradiction("the contract has another root under this epoch")
        });
    }
    let active = contract.standing(chain, at).await?.epoch;
    Ok(match active {
        _ if queued.is_vetoed => Shown::Vetoed,
        active if active == epoch => Shown::Active,
        active if active > epoch => Shown::Contradiction("the contract has a later root that was not released here"),
        _ => Shown::Queued,
    })
}

/// What was claimed by whoever claimed since the chain was followed last.
async fn claimed(chain: &dyn Chain, row: &DistributorRow, block: &Block) -> anyhow::Result<Vec<NewClaimSeen>> {
    let contract = Distributor::of(&place(row)?);
    let (mut first, last) = (
        row.block_number.unsigned_abs().saturating_add(1),
        block.reference.number,
    );
    let mut accounts: BTreeSet<Address> = BTreeSet::new();
    while first <= last {
        let until = last.min(first.saturating_add(BLOCKS_MAX - 1));
        accounts.extend(contract.claimants(chain, (first, until)).await?);
        first = until.saturating_add(1);
    }
    let mut seen = Vec::with_capacity(accounts.len());
    for account in accounts {
        let units = contract.claimed(chain, account, block.reference.hash).await?;
        let claimed = of_token_units(units, digits(row)?).ok_or(RowDamage("digits"))?;
        seen.push(NewClaimSeen {
            address: *account.as_bytes(),
            claimed: i64::try_from(claimed)?,
        });
    }
    Ok(seen)
}

/// Takes what a block shows, in one transaction.
async fn take(app: &App, coop: CoopId, row: &DistributorRow, sight: Sight) -> anyhow::Result<()> {
    let mut tx = app.store.coop_tx("claims_follow", coop).await?;
    ledger_lock(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let step = (row.block_number, sight.distributor);
    if !distributor_seen(&mut tx, row.ledger_account_id, step, now).await? {
        return Ok(());
    }
    if let Some((root, shown)) = &sight.root {
        take_root(&mut tx, row, (root, *shown), (&sight.block, now)).await?;
    }
    if !sight.claimed.is_empty() {
        pay(&mut tx, row, &sight, now).await?;
    }
    Failpoint::ClaimsFollowed.reach();
    Ok(tx.commit().await?)
}

async fn take_root(
    tx: &mut CoopTx,
    row: &DistributorRow,
    (root, shown): (&ClaimRootRow, Shown),
    (block, now): (&Block, DateTime<Utc>),
) -> anyhow::Result<()> {
    let (state, tries) = match shown {
        Shown::Queued if root.state == "queued" => return Ok(()),
        Shown::Nothing => return Ok(()),
        Shown::Queued => ("queued", None),
        Shown::Active => ("active", Some("accepted")),
        Shown::Vetoed => ("vetoed", Some("rejected")),
        Shown::Contradiction(why) => return Ok(claim_root_contradicted(tx, root.file_id, why).await?),
    };
    let (file, number) = (PaymentFileId::from_uuid(root.file_id), block.reference.number);
    claim_root_shown(tx, root.file_id, (state, i64::try_from(number)?, tries), now).await?;
    if shown == Shown::Vetoed {
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
            key: &format!("veto of {file}"),
            description: "Claims stopped by a guardian are due again",
            effective_on: day(now.date_naive())?,
            currency: &row.currency,
            lines: lines.collect(),
        };
        let _ = post(tx, None, movement).await.map_err(failed)?;
    }
    let happened = [Event::Claims(ClaimEvent::RootMoved {
        file,
        state,
        epoch: root.epoch.unwrap_or_default().unsigned_abs(),
        block: number,
    })];
    Ok(events::append(tx, None, &happened).await?)
}

/// Notes in the books what members claimed.
async fn pay(tx: &mut CoopTx, row: &DistributorRow, sight: &Sight, now: DateTime<Utc>) -> anyhow::Result<()> {
    let place = (row.ledger_account_id, sight.distributor.block);
    let paid = claims_settle(tx, place, &sight.claimed, now).await?;
    if paid.is_empty() {
        return Ok(());
    }
    let lines = paid.iter().flat_map(|one| {
        let lines = [(CLEARING, one.amount), (row.path.as_str(), one.amount.saturating_neg())];
        lines.map(|(path, amount)| Line {
            path,
            amount,
            about: one.payment_id,
        })
    });
    let movement = Movement {
        key: &format!("claims of {} up to block {}", row.ledger_account_id, place.1),
        description: &format!("Claimed on the chain up to block {}", place.1),
        effective_on: day(now.date_naive())?,
        currency: &row.currency,
        lines: lines.collect(),
    };
    let _ = post(tx, None, movement).await.map_err(failed)?;
    Ok(())
}

/// A refusal where nobody is told of it.
fn failed(problem: crate::problem::Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem}")
}
