//! Follows the contracts from which members claim: what final blocks show becomes true in the books, once, whoever sent it there.
//!
//! Nothing is sent. A log tells whom to ask about; what counts is what the contract answers at the hash of one final block. What was read of the
//! logs is stored window by window, in the transaction of all that follows from it, so a death in between changes nothing; and the chain
//! was followed up to a block once what is known of accounts comes to what the contract itself says was claimed.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use chain::{Address, Block, BlockTag, Chain, ChainFault, Distributor};
use chrono::{DateTime, SubsecRound as _, Utc};
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::ledger::of_token_units;
use store::CoopTx;
use store::coop::coops_all;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{
    DistributorRow, NewClaimSeen, claims_note, claims_seen_sum, claims_settle, distributor_list, distributor_logs,
    distributor_seen,
};
use tokio::sync::watch;

use super::books::{CLEARING, Line, Movement, post};
use super::distributors::{digits, look, place};
use super::roots;
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::services::decision_rows::RowDamage;
use crate::services::jobs::rest;
use crate::services::ledger::day;

/// Of how many blocks a node is asked at once what was told in them; public nodes refuse more.
const BLOCKS_MAX: u64 = 2_000;
/// The decimal places of the books: finer tokens can be claimed in parts that the books do not hold.
const DIGITS_OF_BOOKS: u8 = 8;

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
    let shown = roots::look(app, coop, chain, (row, block.reference.hash)).await?;
    roots::take(app, coop, row, (&shown, &block)).await?;
    ensure!(
        !shown.are_foreign(),
        "the contract pays by a root that nobody released here, so nothing of it is posted"
    );
    if read(app, coop, chain, (row, &block)).await? {
        complete(app, coop, chain, (row, &block)).await?;
    }
    Ok(())
}

/// Reads who claimed since, window by window. False where somebody else follows too.
async fn read(
    app: &App,
    coop: CoopId,
    chain: &dyn Chain,
    (row, block): (&DistributorRow, &Block),
) -> anyhow::Result<bool> {
    let contract = Distributor::of(&place(row)?);
    let (mut upto, last) = (row.logs_upto.unsigned_abs(), block.reference.number);
    let mut blocks = BLOCKS_MAX;
    while upto < last {
        let until = last.min(upto.saturating_add(blocks));
        match contract.claimants(chain, (upto.saturating_add(1), until)).await {
            Ok(accounts) => {
                let accounts: BTreeSet<Address> = accounts.into_iter().collect();
                let seen = claimed(chain, row, &accounts, block.reference.hash).await?;
                if !note(app, coop, row, ((upto, until), block, &seen)).await? {
                    return Ok(false);
                }
                upto = until;
                blocks = blocks.saturating_mul(2).min(BLOCKS_MAX);
            }
            // More was told than an answer holds, or the node takes fewer blocks.
            Err(ChainFault::Malformed { .. } | ChainFault::Refused { .. }) if until.saturating_sub(upto) > 1 => {
                blocks = until.saturating_sub(upto) / 2;
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(true)
}

/// What these accounts have claimed, as the contract says. Less than the books hold is nothing.
async fn claimed(
    chain: &dyn Chain,
    row: &DistributorRow,
    accounts: &BTreeSet<Address>,
    at: Hash32,
) -> anyhow::Result<Vec<NewClaimSeen>> {
    let contract = Distributor::of(&place(row)?);
    let mut seen = Vec::with_capacity(accounts.len());
    for account in accounts {
        let units = contract.claimed(chain, *account, at).await?;
        let claimed = of_token_units(units, digits(row)?).and_then(|claimed| i64::try_from(claimed).ok());
        let claimed = claimed.unwrap_or(i64::MAX);
        if claimed > 0 {
            seen.push(NewClaimSeen {
                address: *account.as_bytes(),
                claimed,
            });
        }
    }
    Ok(seen)
}

/// Notes what a window told, in one transaction. False where somebody else was there before.
async fn note(
    app: &App,
    coop: CoopId,
    row: &DistributorRow,
    ((upto, until), block, seen): ((u64, u64), &Block, &[NewClaimSeen]),
) -> anyhow::Result<bool> {
    let mut tx = app.store.coop_tx("claims_follow", coop).await?;
    ledger_lock(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let step = (i64::try_from(upto)?, Some(i64::try_from(until)?));
    if !distributor_logs(&mut tx, row.ledger_account_id, step).await? {
        return Ok(false);
    }
    if !seen.is_empty() {
        let number = i64::try_from(block.reference.number)?;
        claims_note(&mut tx, (row.ledger_account_id, number), seen).await?;
        settle(&mut tx, row, block, now).await?;
        Failpoint::ClaimsFollowed.reach();
    }
    tx.commit().await?;
    Ok(true)
}

/// Moves on to a block of which everything is known, or reads the logs anew: a node that leaves some out is not believed.
async fn complete(
    app: &App,
    coop: CoopId,
    chain: &dyn Chain,
    (row, block): (&DistributorRow, &Block),
) -> anyhow::Result<()> {
    let sight = look(chain, (&place(row)?, digits(row)?), block).await?;
    let mut tx = app.store.coop_tx("claims_complete", coop).await?;
    ledger_lock(&mut tx).await?;
    let known = claims_seen_sum(&mut tx, row.ledger_account_id).await?;
    let unknown = i128::from(sight.claimed).saturating_sub(known.claimed.parse().map_err(|_| RowDamage("sum"))?);
    // Each account may have claimed a part that the books do not hold.
    let parts = if digits(row)? > DIGITS_OF_BOOKS {
        known.accounts
    } else {
        0
    };
    if !(0..=i128::from(parts)).contains(&unknown) {
        let _ = distributor_logs(&mut tx, row.ledger_account_id, (sight.block, None)).await?;
        tx.commit().await?;
        anyhow::bail!("the logs tell of other claims than the contract, by {unknown}: they are read anew");
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let _ = distributor_seen(&mut tx, row.ledger_account_id, (row.block_number, sight), now).await?;
    Ok(tx.commit().await?)
}

/// Notes in the books what members claimed of which it was not known yet that they could.
///
/// # Errors
/// If the database fails.
pub async fn settle(tx: &mut CoopTx, row: &DistributorRow, block: &Block, now: DateTime<Utc>) -> anyhow::Result<()> {
    let paid = claims_settle(tx, row.ledger_account_id, now).await?;
    let Some(first) = paid.first() else { return Ok(()) };
    let lines = paid.iter().flat_map(|one| {
        let lines = [(CLEARING, one.amount), (row.path.as_str(), one.amount.saturating_neg())];
        lines.map(|(path, amount)| Line {
            path,
            amount,
            about: one.payment_id,
        })
    });
    let movement = Movement {
        // A payment is claimed once.
        key: &format!("claims, the first of payment {}", first.payment_id),
        description: &format!("Claimed on the chain up to block {}", block.reference.number),
        effective_on: day(now.date_naive())?,
        currency: &row.currency,
        lines: lines.collect(),
    };
    let _ = post(tx, None, movement).await.map_err(failed)?;
    Ok(())
}

/// A refusal where nobody is told of it.
pub fn failed(problem: crate::problem::Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem}")
}
