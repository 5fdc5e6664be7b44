//! For which contracts accounts of the books stand: what members claim from, as final blocks show it.

use std::sync::Arc;

use chain::{Block, BlockTag, Chain, Distributor};
use chrono::SubsecRound as _;
use governance::event::{ClaimEvent, Event};
use governance::hash::{from_hex, to_hex};
use governance::id::LedgerAccountId;
use governance::ledger::{Address, ClaimPlace, Currency, of_token_units, to_token_units};
use governance::money::units_of_minor;
use store::decision::proposal::clock;
use store::payment::{DistributorRow, DistributorSight, NewDistributor, distributor_insert, distributor_list};
use wire::payment::{AddDistributor, DistributorList, DistributorView};

use super::not_so;
use crate::app::App;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::chart;
use crate::services::payouts::amount;
use crate::services::payouts::approving::require_office;
use crate::services::{events, idempotent};

/// An address as a client writes it.
///
/// # Errors
/// 422, naming the field.
pub fn address(field: &'static str, text: &str) -> Result<Address, Problem> {
    let found = from_hex(&text.to_lowercase()).and_then(|bytes| bytes.try_into().ok());
    found.ok_or_else(|| Problem::field(field, "0x and 40 hexadecimal digits"))
}

/// An address from its column.
///
/// # Errors
/// If it is none.
pub fn stored(bytes: &[u8]) -> Result<Address, RowDamage> {
    bytes.try_into().map_err(|_| RowDamage("address"))
}

/// Where the claims of a distributor are paid.
///
/// # Errors
/// If a column does not hold what it must.
pub fn place(row: &DistributorRow) -> Result<ClaimPlace, RowDamage> {
    Ok(ClaimPlace {
        chain_id: row.chain_id.unsigned_abs(),
        distributor: stored(&row.contract)?,
        token: stored(&row.token)?,
    })
}

/// The decimal places of its token.
///
/// # Errors
/// If the column does not hold them.
pub fn digits(row: &DistributorRow) -> Result<u8, RowDamage> {
    row.digits.try_into().map_err(|_| RowDamage("digits"))
}

/// An amount of the books in units of the token.
///
/// # Errors
/// If the books hold what no token does.
pub fn units(row: &DistributorRow, amount: i64) -> Result<u128, RowDamage> {
    to_token_units(amount.unsigned_abs(), digits(row)?).ok_or(RowDamage("cumulative"))
}

/// A distributor as it is shown.
///
/// # Errors
/// If a column does not hold what it must.
pub fn view(row: DistributorRow) -> Result<DistributorView, RowDamage> {
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    let in_books: i128 = row.in_books.parse().map_err(|_| RowDamage("in_books"))?;
    let unclaimed = row.promised.saturating_sub(row.claimed);
    Ok(DistributorView {
        ledger_account: LedgerAccountId::from_uuid(row.ledger_account_id),
        chain_id: row.chain_id.unsigned_abs(),
        contract: to_hex(&row.contract),
        token_address: to_hex(&row.token),
        digits: digits(&row)?,
        block: row.block_number.unsigned_abs(),
        seen_at: row.seen_at,
        held: amount(row.held)?.to_string(),
        promised: amount(row.promised)?.to_string(),
        claimed: amount(row.claimed)?.to_string(),
        unclaimed: amount(unclaimed)?.to_string(),
        in_the_books: currency.format_amount(in_books),
        is_stale: row.is_stale,
        foreign_epoch: row.foreign_epoch.map(i64::unsigned_abs),
        is_even: in_books == i128::from(row.held) && unclaimed <= row.held,
        account: row.path,
        currency: row.currency,
    })
}

/// Every distributor, for who holds an office.
///
/// # Errors
/// 403 for others.
pub async fn list(app: &App, actor: &Actor<Active>) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("distributor_list", actor.coop).await?;
    let rows = distributor_list(&mut tx).await?;
    tx.commit().await?;
    let items = rows.into_iter().map(view).collect::<Result<_, _>>()?;
    Answer::ok(&DistributorList { items })
}

/// The node, and its newest final block.
///
/// # Errors
/// 409 where no chain is configured; 500 where the node does not answer.
async fn node(app: &App) -> Result<(Arc<dyn Chain>, u64, Block), Problem> {
    let link = app.chain.as_ref();
    let link = link.ok_or_else(|| not_so("This server follows no chain, so nobody can claim on one."))?;
    let connected = link.connected(&app.store).await.map_err(Problem::internal)?;
    let last = connected
        .chain
        .block(BlockTag::Finalized)
        .await
        .map_err(Problem::internal)?;
    let last = last.ok_or_else(|| not_so("The chain has no final block yet."))?;
    Ok((Arc::clone(&connected.chain), link.domain().chain_id, last))
}

/// What a final block shows of a distributor.
///
/// # Errors
/// If the node does not answer, or what stands there is no distributor.
pub async fn look(
    chain: &dyn Chain,
    (place, digits): (&ClaimPlace, u8),
    block: &Block,
) -> Result<DistributorSight, anyhow::Error> {
    let (at, distributor) = (block.reference.hash, Distributor::of(place));
    let standing = distributor.standing(chain, at).await?;
    let held = distributor.held(chain, at).await?;
    // More than the books hold is none of theirs, and must not keep the rest from being seen.
    let books = |units: u128| {
        let amount = of_token_units(units, digits).and_then(|amount| i64::try_from(amount).ok());
        amount.unwrap_or(i64::MAX)
    };
    Ok(DistributorSight {
        block: i64::try_from(block.reference.number)?,
        held: books(held),
        promised: books(standing.total),
        claimed: books(standing.claimed),
    })
}

/// What stands at an address in the newest final block, which must be a distributor that nobody submitted a root to.
async fn unused(app: &App, contract: Address, token: Address) -> Result<(ClaimPlace, u8, DistributorSight), Problem> {
    let (node, chain_id, block) = node(app).await?;
    let place = ClaimPlace {
        chain_id,
        distributor: contract,
        token,
    };
    let none = |_| {
        Problem::field(
            "contract",
            "no RochdaleDistributor, or no token, answers there in the newest final block",
        )
    };
    let (distributor, at) = (Distributor::of(&place), block.reference.hash);
    let digits = distributor
        .digits(node.as_ref(), at)
        .await
        .map_err(|error| none(error.into()))?;
    let sight = look(node.as_ref(), (&place, digits), &block).await.map_err(none)?;
    let standing = distributor
        .standing(node.as_ref(), at)
        .await
        .map_err(|error| none(error.into()))?;
    if standing.submitted > 0 {
        return Err(Problem::field(
            "contract",
            "somebody submitted a root to it already; deploy one for this co-op",
        ));
    }
    Ok((place, digits, sight))
}

/// Adds a distributor, which must be there and unused. It stays: another one is another account of the books.
///
/// # Errors
/// 409 where the account of the books or the contract was added, or no chain is followed; 422 for what is no distributor.
pub async fn add(app: &App, actor: &Actor<Treasurer>, command: Command<AddDistributor>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let (contract, token) = (
        address("contract", &value.contract)?,
        address("token_address", &value.token_address)?,
    );
    // What was added is answered again, though a root may stand there by now.
    let mut tx = app.store.coop_tx("distributor_added", actor.coop).await?;
    let earlier = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await?;
    drop(tx);
    if let Some(earlier) = earlier {
        return Ok(earlier);
    }
    let (place, digits, sight) = unused(app, contract, token).await?;
    let mut tx = app.store.coop_tx("distributor_add", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let chart = chart(&mut tx).await?;
    let account = chart
        .get(&(value.account.clone(), value.currency.clone()))
        .filter(|account| account.path.as_str().starts_with("assets:"))
        .ok_or_else(|| Problem::field("account", "the books have no such account of assets in this currency"))?;
    if to_token_units(units_of_minor(&account.currency), digits).is_none() {
        return Err(Problem::field(
            "token_address",
            "it has fewer decimal places than the currency, or more than 18",
        ));
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let new = NewDistributor {
        account: account.id,
        chain_id: i64::try_from(place.chain_id).map_err(Problem::internal)?,
        contract: &contract,
        token: &token,
        digits,
        sight,
        by: (actor.member, now),
    };
    distributor_insert(&mut tx, new).await.map_err(|error| {
        if error.is_constraint("distributor_pkey") || error.is_constraint("distributor_is_one_for_each_token") {
            return not_so("The account of the books, or the contract with this token, was added before.");
        }
        if error.is_constraint("distributor_place_is_of_one_co_op") {
            return not_so(
                "Another co-op of this server pays from this contract with this token. Deploy one for this co-op.",
            );
        }
        if error.is_constraint("ledger_account_is_at_a_bank_or_in_a_contract") {
            return not_so("The account of the books stands for an account of a bank. A contract is another one.");
        }
        error.into()
    })?;
    let happened = [Event::Claims(ClaimEvent::DistributorAdded {
        account: account.id,
        place,
        digits,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let rows = distributor_list(&mut tx).await?;
    let row = rows.into_iter().find(|row| row.ledger_account_id == account.id.uuid());
    let answer = Answer::created(&view(row.ok_or_else(Problem::not_found)?)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
