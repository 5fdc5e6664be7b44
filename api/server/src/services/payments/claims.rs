//! Lists of claims: what members may claim from a distributor, since the beginning, as one root promises it.
//!
//! A list is a file of payments. It is built on the active root and on nothing else, its bytes are those whose digest was released, and the contract
//! is told that digest too; so whoever has the list can compare root, books and chain.

use std::collections::BTreeMap;

use chain::Distributor;
use chrono::{DateTime, Utc};
use governance::event::{ClaimEvent, Event};
use governance::hash::{Hash32, sha256, to_hex};
use governance::id::{CoopId, MemberId, PaymentFileId, PayoutCycleId};
use governance::ledger::{Address, Claim, ClaimSet};
use store::CoopTx;
use store::payment::{
    ClaimRootRow, ClaimRow, DistributorRow, FileRow, RootShown, claim_epoch, claim_root_active, claim_root_decide,
    claim_root_get, claim_root_give_up_ask, claim_root_shown, claimants_of, claims_of, distributor_list, file_get,
};
use store::revenue::CycleRow;
use wire::payment::{ClaimList, ClaimRootView, ClaimView, ContractCall};

use super::distributors::{place, stored, units};
use super::roots::due_again;
use super::{four_eyes, not_so, root_records};
use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::events;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::{amount, digest};

/// The most accounts of one root, as many as a file for a bank has payments: a member's proof is computed when it is asked for.
const CLAIMS_MAX: usize = 100_000;

/// A list that can be stored.
pub struct NewList {
    /// The claims, each with what the active root promised and what is paid now.
    pub rows: Vec<ClaimRow>,
    /// What they come to.
    pub total: i64,
    /// The root.
    pub root: Hash32,
    /// SHA-256 of the list.
    pub digest: Hash32,
}

fn salt(app: &App, coop: CoopId, row: &DistributorRow, account: &Address) -> Hash32 {
    let input = [
        coop.uuid().as_bytes(),
        row.contract.as_slice(),
        row.token.as_slice(),
        account,
    ]
    .concat();
    Hash32::from_bytes(app.secrets.derive("salt of a claim", &input))
}

/// The claims of a root, as its distributor takes them.
fn set(distributor: &DistributorRow, rows: &[ClaimRow]) -> Result<ClaimSet, Problem> {
    let claims = rows.iter().map(|row| {
        Ok(Claim {
            account: stored(&row.address)?,
            cumulative: units(distributor, row.cumulative)?,
            salt: digest(&row.salt)?,
        })
    });
    let claims = claims.collect::<Result<Vec<_>, RowDamage>>()?;
    ClaimSet::new(place(distributor)?, claims).map_err(|refusal| not_so(format!("No list can be written: {refusal}.")))
}

/// Adds to what the active root promises what each account is paid now.
///
/// # Errors
/// 409 where that is no root.
pub async fn build(
    app: &App,
    tx: &mut CoopTx,
    distributor: &DistributorRow,
    paid: &[(Address, i64)],
) -> Result<NewList, Problem> {
    let mut all: BTreeMap<Address, ClaimRow> = BTreeMap::new();
    if let Some(active) = claim_root_active(tx, distributor.ledger_account_id).await? {
        for row in claims_of(tx, active.file_id).await? {
            all.insert(stored(&row.address)?, row);
        }
    }
    for (account, amount) in paid {
        let fresh = || ClaimRow {
            address: account.to_vec(),
            cumulative: 0,
            salt: salt(app, tx.coop(), distributor, account).as_bytes().to_vec(),
        };
        let row = all.entry(*account).or_insert_with(fresh);
        let sum = row.cumulative.checked_add(*amount);
        row.cumulative = sum.ok_or_else(|| not_so("An account would be promised more than the books can hold."))?;
    }
    if all.len() > CLAIMS_MAX {
        return Err(not_so(format!("A root is of at most {CLAIMS_MAX} accounts.")));
    }
    let rows: Vec<ClaimRow> = all.into_values().collect();
    let total = rows.iter().try_fold(0_i64, |sum, row| sum.checked_add(row.cumulative));
    let set = set(distributor, &rows)?;
    Ok(NewList {
        total: total.ok_or_else(|| not_so("The claims come to more than the books can hold."))?,
        root: set.tree().root(),
        digest: sha256(set.list().as_bytes()),
        rows,
    })
}

async fn distributor(tx: &mut CoopTx, id: uuid::Uuid) -> Result<DistributorRow, Problem> {
    let rows = distributor_list(tx).await?;
    let row = rows.into_iter().find(|row| row.ledger_account_id == id);
    Ok(row.ok_or(RowDamage("distributor_id"))?)
}

fn call(distributor: &DistributorRow, data: &[u8]) -> ContractCall {
    ContractCall {
        chain_id: distributor.chain_id.unsigned_abs(),
        to: to_hex(&distributor.contract),
        data: to_hex(data),
    }
}

/// What a file promises and how far it is on the chain; `None` for a file for a bank.
///
/// # Errors
/// If a row does not hold what it must.
pub async fn root_of(tx: &mut CoopTx, file: &FileRow) -> Result<Option<ClaimRootView>, Problem> {
    let Some(id) = file.distributor_id else { return Ok(None) };
    let distributor = distributor(tx, id).await?;
    let row = claim_root_get(tx, PaymentFileId::from_uuid(file.id)).await?;
    let row: ClaimRootRow = row.ok_or(RowDamage("distributor_id"))?;
    let contract = Distributor::of(&place(&distributor)?);
    let epoch = row.epoch.map(i64::unsigned_abs);
    let (root, told) = (digest(&row.root)?, (digest(&row.statements)?, digest(&row.digest)?));
    let submitted = (epoch.unwrap_or_default(), root, units(&distributor, row.total)?);
    Ok(Some(ClaimRootView {
        epoch,
        root,
        accounts: row.accounts.unsigned_abs(),
        total: amount(row.total)?.to_string(),
        contradiction: row.contradiction,
        record: root_records::shown(tx, PaymentFileId::from_uuid(file.id)).await?,
        giving_up: row.give_up_reason,
        submission: (row.state == "released")
            .then(|| call(&distributor, &contract.submission(submitted, told.0, told.1))),
        activation: (row.state == "queued").then(|| call(&distributor, &contract.activation(submitted.0))),
        state: row.state,
    }))
}

/// Releases the root of a file under the next epoch, which it gives; `None` for a file for a bank.
///
/// # Errors
/// If the database fails.
pub async fn release(tx: &mut CoopTx, file: PaymentFileId, at: DateTime<Utc>) -> Result<Option<u64>, Problem> {
    let Some(root) = claim_root_get(tx, file).await? else {
        return Ok(None);
    };
    let epoch = claim_epoch(tx, root.distributor_id).await?.saturating_add(1);
    let contract = distributor(tx, root.distributor_id).await?;
    root_records::released(tx, &contract, (&root, epoch.unsigned_abs())).await?;
    claim_root_decide(tx, file, ("released", Some(epoch)), at).await?;
    Ok(Some(epoch.unsigned_abs()))
}

/// Gives up a released root that nobody submitted: one who holds an office asks for it, and another one does it. If it is submitted after all, it is
/// a foreign root.
///
/// # Errors
/// 403 for who asked for it; 409 where it was submitted, or the chain is not followed.
pub async fn give_up(
    tx: &mut CoopTx,
    (cycle, file): (&CycleRow, &FileRow),
    why: &str,
    (by, now): (MemberId, DateTime<Utc>),
) -> Result<(), Problem> {
    let id = PaymentFileId::from_uuid(file.id);
    let root = claim_root_get(tx, id).await?.ok_or(RowDamage("distributor_id"))?;
    if root.state != "released" {
        return Err(not_so(format!("Its root is {}, so nobody gives it up.", root.state)).with("state", root.state));
    }
    let distributor = distributor(tx, root.distributor_id).await?;
    if distributor.is_stale {
        return Err(not_so(
            "The chain was not followed for an hour, so nobody knows whether the root was submitted.",
        ));
    }
    let happened = if root.give_up_asked_by.is_some() {
        let stands = RootShown {
            state: "given_up",
            block: distributor.block_number,
            tries: Some(("rejected", Some("the root was never submitted"))),
            displaced: None,
            given_up_by: Some(by),
        };
        claim_root_shown(tx, root.file_id, stands, now).await.map_err(|error| {
            if error.is_constraint("claim_root_is_given_up_by_another") {
                return four_eyes("You asked for it. Somebody else who holds an office looks at it and does it.");
            }
            if error.is_constraint("claim_root_was_never_submitted") {
                return not_so(
                    "A final block shows that the root was submitted, so nobody gives it up. A guardian can veto it.",
                );
            }
            error.into()
        })?;
        let what = (
            format!("given up {id}"),
            "Claims of a root that nobody submitted are due again",
        );
        due_again(tx, Some(by), (id, &cycle.currency), what, now).await?;
        ClaimEvent::RootMoved {
            file: id,
            state: "given_up",
            epoch: root.epoch.unwrap_or_default().unsigned_abs(),
            block: distributor.block_number.unsigned_abs(),
        }
    } else {
        claim_root_give_up_ask(tx, (root.file_id, why), (by, now)).await?;
        ClaimEvent::GiveUpAsked { file: id, reason: why }
    };
    Ok(events::append(tx, Some(by), &[Event::Claims(happened)]).await?)
}

/// Withdraws the root of a file, where it has one.
///
/// # Errors
/// If the database fails.
pub async fn withdraw(tx: &mut CoopTx, file: PaymentFileId, at: DateTime<Utc>) -> Result<(), Problem> {
    Ok(claim_root_decide(tx, file, ("withdrawn", None), at).await?)
}

/// A list of claims, as its digest was made of it, for who holds an office.
///
/// # Errors
/// 403 for others; 404 where there is no such list.
pub async fn list(
    app: &App,
    actor: &Actor<Active>,
    (cycle, file): (PayoutCycleId, PaymentFileId),
) -> Result<String, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("claim_list", actor.coop).await?;
    let row = file_get(&mut tx, cycle, file).await?.ok_or_else(Problem::not_found)?;
    let distributor = distributor(&mut tx, row.distributor_id.ok_or_else(Problem::not_found)?).await?;
    let rows = claims_of(&mut tx, row.id).await?;
    tx.commit().await?;
    let list = set(&distributor, &rows)?.list();
    // What is given away is what was prepared, or nothing.
    if sha256(list.as_bytes()).as_bytes().as_slice() != row.digest {
        return Err(Problem::internal("a list of claims is not what was prepared"));
    }
    Ok(list)
}

/// What the member may claim by the active roots.
///
/// # Errors
/// If a row does not hold what it must.
pub async fn own(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("claims_own", actor.coop).await?;
    let mut items = Vec::new();
    for claimant in claimants_of(&mut tx, actor.member).await? {
        let Some(root) = claim_root_active(&mut tx, claimant.distributor_id).await? else {
            continue;
        };
        let distributor = distributor(&mut tx, claimant.distributor_id).await?;
        let rows = claims_of(&mut tx, root.file_id).await?;
        let Some(row) = rows.iter().find(|row| row.address == claimant.address) else {
            continue;
        };
        let left = row.cumulative.saturating_sub(claimant.claimed);
        let set = set(&distributor, &rows)?;
        let found = set.proof(&set.tree(), &stored(&row.address)?);
        let (claim, proof) = found.ok_or(RowDamage("address"))?;
        let epoch = root.epoch.ok_or(RowDamage("epoch"))?.unsigned_abs();
        let message = || Distributor::of(&set.place()).claim(&claim, epoch, &proof);
        items.push(ClaimView {
            contract: to_hex(&distributor.contract),
            token_address: to_hex(&distributor.token),
            currency: distributor.currency.clone(),
            wallet: to_hex(&row.address),
            cumulative: amount(row.cumulative)?.to_string(),
            claimed: amount(claimant.claimed)?.to_string(),
            left: amount(left)?.to_string(),
            units: claim.cumulative.to_string(),
            epoch,
            root: digest(&root.root)?,
            salt: claim.salt,
            call: (left > 0).then(|| call(&distributor, &message())),
            proof,
        });
    }
    tx.commit().await?;
    Answer::ok(&ClaimList { items })
}
