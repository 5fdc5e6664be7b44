//! An approved cycle posted to the books, as one transaction: what is shared leaves the surplus, and each pool and member gets theirs.

use std::collections::BTreeMap;

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::hash::{Hash32, keccak256};
use governance::id::{JournalId, LedgerAccountId, MemberId, PayoutCycleId};
use governance::ledger::{Currency, JournalKind, LedgerAccount};
use governance::revenue::{Pool, RevenueRule};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::{NewLedgerAccount, ledger_account_insert, ledger_currency_insert};
use store::revenue::{
    CycleRow, NewCyclePosting, approval_list, cycle_lines, cycle_post, cycle_post_entries, cycle_sums, cycle_withheld,
};
use uuid::Uuid;

use super::freezing::{account_of, rule_of};
use super::{cycles, digest, locked, not_so, statement_tree};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::{chart, day};
use crate::services::{events, halts, idempotent, money};

/// Where what is shared comes from: income less costs, which stay in their accounts.
const SURPLUS: &str = "equity:surplus";
/// What members are owed.
pub const PAYABLE: &str = "liabilities:members:payable";

/// What pools hold at the end, by name.
async fn holdings(tx: &mut CoopTx, row: &CycleRow, rule: &RevenueRule) -> Result<BTreeMap<Pool, i128>, Problem> {
    let id = PayoutCycleId::from_uuid(row.id);
    let mut pools: BTreeMap<Pool, i128> = BTreeMap::new();
    let revenue = i128::from(row.revenue.unwrap_or_default());
    pools.insert(Pool::revenue(), revenue);
    for line in cycle_lines(tx, id, (true, None)).await? {
        let to: Pool = line
            .pool
            .as_deref()
            .and_then(|name| name.parse().ok())
            .ok_or(RowDamage("pool"))?;
        *pools.entry(to).or_default() += i128::from(line.amount);
    }
    let steps = store::revenue::cycle_steps(tx, id).await?;
    for (step, shown) in rule.steps.iter().zip(&steps) {
        *pools.entry(step.from.clone()).or_default() -= i128::from(shown.before) - i128::from(shown.after);
    }
    Ok(pools)
}

/// What the books get beside the entries of members: by account, debits above zero and credits below.
async fn entries(tx: &mut CoopTx, row: &CycleRow, rule: &RevenueRule) -> Result<Vec<(String, i64)>, Problem> {
    let id = PayoutCycleId::from_uuid(row.id);
    let pools = holdings(tx, row, rule).await?;
    let kept = pools.get(&Pool::revenue()).copied().unwrap_or_default();
    // What a sink keeps of the revenue itself never leaves the surplus.
    let shared = i128::from(row.revenue.unwrap_or_default()) - kept;
    let mut entries = vec![(SURPLUS.to_owned(), shared)];
    let others = pools.iter().filter(|(pool, _)| **pool != Pool::revenue());
    entries.extend(others.map(|(pool, units)| (account_of(pool), -units)));
    for withheld in cycle_withheld(tx, id).await? {
        let mut known = rule.withholding.iter();
        let withholding = known.find(|each| each.id.as_str() == withheld.withholding);
        let to = &withholding.ok_or(RowDamage("withholding"))?.to;
        entries.push((account_of(to), -units(&withheld.units)?));
    }
    if let Some(dormant) = &rule.payout.dormant {
        let sums = cycle_sums(tx, id).await?;
        entries.push((account_of(&dormant.to), -units(&sums.dormant)?));
    }
    entries.retain(|(_, units)| *units != 0);
    let narrow = |(path, units)| Ok((path, i64::try_from(units).map_err(Problem::internal)?));
    entries.into_iter().map(narrow).collect()
}

fn units(digits: &str) -> Result<i128, RowDamage> {
    digits.parse().map_err(|_| RowDamage("sum"))
}

/// The accounts with these paths, opened where they are not there.
///
/// # Errors
/// 409 where the books count the currency otherwise.
pub async fn accounts(
    tx: &mut CoopTx,
    by: impl Into<Option<MemberId>>,
    (code, paths): (&str, Vec<String>),
) -> Result<BTreeMap<String, LedgerAccount>, Problem> {
    let currency = Currency::money(code).map_err(|_| RowDamage("currency"))?;
    if !ledger_currency_insert(tx, &currency).await? {
        return Err(not_so(
            "The books count the currency of the rule in other decimal places.",
        ));
    }
    let there = chart(tx).await?;
    let mut found = BTreeMap::new();
    let mut fresh = Vec::new();
    for path in paths {
        if let Some(account) = there.get(&(path.clone(), code.to_owned())) {
            found.insert(path, account.clone());
        } else if !fresh
            .iter()
            .any(|account: &LedgerAccount| account.path.as_str() == path)
        {
            fresh.push(LedgerAccount {
                id: LedgerAccountId::from_uuid(Uuid::now_v7()),
                path: path.parse().map_err(Problem::internal)?,
                currency: currency.clone(),
            });
        }
    }
    let new: Vec<NewLedgerAccount<'_>> = fresh
        .iter()
        .map(|account| NewLedgerAccount {
            id: account.id.uuid(),
            path: account.path.as_str(),
            kind: account.path.kind().name(),
        })
        .collect();
    ledger_account_insert(tx, code, &new).await?;
    let happened: Vec<Event<'_>> = fresh
        .iter()
        .map(|account| Event::LedgerAccountOpened { account })
        .collect();
    events::append(tx, by.into(), &happened).await?;
    found.extend(fresh.into_iter().map(|account| (account.path.to_string(), account)));
    Ok(found)
}

/// Whether those who approved still hold offices, as many as are needed.
async fn require_approvals(tx: &mut CoopTx, row: &CycleRow) -> Result<(), Problem> {
    let approvals = approval_list(tx, PayoutCycleId::from_uuid(row.id)).await?;
    let standing = approvals.iter().filter(|approval| approval.holds_office).count();
    if i16::try_from(standing).unwrap_or(i16::MAX) >= row.approvals_needed.unwrap_or(i16::MAX) {
        return Ok(());
    }
    Err(not_so(
        "Not enough of those who approved still hold an office. Cancel the cycle, and prepare it again.",
    ))
}

/// Posts an approved cycle.
///
/// # Errors
/// 409 where it is not approved, or not any more.
pub async fn post(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_post", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let row = locked(&mut tx, id, "approved").await?;
    require_approvals(&mut tx, &row).await?;
    statement_tree::of(&mut tx, id).await?;
    let rule = rule_of(&mut tx, &row).await?;
    let entries = entries(&mut tx, &row, &rule).await?;
    if entries.is_empty() {
        return Err(not_so(
            "The cycle gives nobody anything, so there is nothing to post. Cancel it: a later one shares its income.",
        ));
    }
    let whole = digest(row.digest.as_deref().unwrap_or_default())?;
    let journal = JournalId::from_uuid(Uuid::now_v7());
    post_journal(&mut tx, actor, (journal, whole), (&row, &entries)).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    cycle_post(&mut tx, id, journal, (actor.member, now)).await?;
    Failpoint::CyclePosted.reach();
    let happened = [Event::PayoutCyclePosted {
        cycle: id,
        journal,
        digest: whole,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    statement_tree::append(&mut tx, &row).await?;
    let answer = Answer::ok(&cycles::shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Failpoint::CyclePostCommitted.reach();
    Ok(answer)
}

async fn post_journal(
    tx: &mut CoopTx,
    actor: &Actor<Treasurer>,
    (id, whole): (JournalId, Hash32),
    (row, entries): (&CycleRow, &[(String, i64)]),
) -> Result<(), Problem> {
    let mut paths: Vec<String> = entries.iter().map(|(path, _)| path.clone()).collect();
    paths.push(PAYABLE.to_owned());
    let accounts = accounts(tx, actor.member, (&row.currency, paths)).await?;
    let account = |path: &str| {
        let account = accounts.get(path).map(|account| account.id);
        account.ok_or_else(|| Problem::internal("an account that was just opened is not there"))
    };
    let entries = entries
        .iter()
        .map(|(path, amount)| Ok((account(path)?, *amount)))
        .collect::<Result<Vec<_>, Problem>>()?;
    let new = NewCyclePosting {
        cycle: PayoutCycleId::from_uuid(row.id),
        id,
        // A year that was closed meanwhile takes nothing more.
        effective_on: money::years::first_open(tx, day(row.ends_on)?).await?,
        description: &format!("Payout cycle {}, {whole}", row.period),
        // Derived from the cycle: whoever asks, and however often, it is posted once.
        key: &keccak256(format!("cycle {}", row.id).as_bytes()).to_string(),
        request_hash: whole.as_bytes(),
        actor: actor.member,
        currency: &row.currency,
        payable: account(PAYABLE)?,
        entries: &entries,
    };
    let (number, sealed) = cycle_post_entries(tx, new).await.map_err(|error| {
        if error.is_constraint("payout_cycle_is_posted_once") {
            return not_so("The cycle was posted before.");
        }
        if error.is_constraint("journal_has_two_entries_or_more") {
            return not_so("Nothing is to be posted: the cycle shares nothing.");
        }
        error.into()
    })?;
    let happened = [Event::JournalPosted {
        journal: id,
        number: number.unsigned_abs(),
        kind: JournalKind::Cycle,
        reverses: None,
        digest: digest(&sealed)?,
    }];
    Ok(events::append(tx, Some(actor.member), &happened).await?)
}
