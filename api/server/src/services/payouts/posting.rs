//! An approved cycle posted to the books, as one transaction: what is shared leaves the surplus, and each pool and member gets theirs.

use std::collections::BTreeMap;

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::hash::{Hash32, keccak256};
use governance::id::{JournalId, LedgerAccountId, PayoutCycleId};
use governance::ledger::{Currency, Entry, JournalHead, JournalKind, LedgerAccount, Posting, journal_digest};
use governance::revenue::{Pool, RevenueRule};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::{
    NewJournal, NewLedgerAccount, Posted, journal_post, ledger_account_insert, ledger_currency_insert,
};
use store::revenue::{CycleRow, PayoutRow, approval_list, cycle_lines, cycle_payouts, cycle_post};
use uuid::Uuid;

use super::freezing::{account_of, rule_of};
use super::{cycles, digest, locked, not_so};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::{chart, day};
use crate::services::{events, halts, idempotent};

/// Where what is shared comes from: income less costs, which stay in their accounts.
const SURPLUS: &str = "equity:surplus";
/// What members are owed.
const PAYABLE: &str = "liabilities:members:payable";

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

/// An amount of each account, and of each member in the account of what they are owed.
struct Books<'a> {
    row: &'a CycleRow,
    pools: BTreeMap<Pool, i128>,
    payouts: Vec<PayoutRow>,
    dormant_to: Option<Pool>,
}

impl Books<'_> {
    fn paths(&self) -> Vec<String> {
        let mut paths = vec![SURPLUS.to_owned(), PAYABLE.to_owned()];
        paths.extend(
            self.pools
                .keys()
                .filter(|pool| **pool != Pool::revenue())
                .map(account_of),
        );
        paths.extend(self.dormant_to.as_ref().map(account_of));
        paths
    }

    fn entries(&self, accounts: &BTreeMap<String, LedgerAccount>) -> Result<Vec<Entry>, Problem> {
        let account = |path: &str| {
            accounts
                .get(path)
                .cloned()
                .ok_or_else(|| Problem::internal("an account that was just opened is not there"))
        };
        let narrow = |units: i128| i64::try_from(units).map_err(Problem::internal);
        let mut entries = vec![Entry {
            account: account(SURPLUS)?,
            // What a sink keeps of the revenue itself never leaves the surplus.
            amount: narrow(
                i128::from(self.row.revenue.unwrap_or_default())
                    - self.pools.get(&Pool::revenue()).copied().unwrap_or_default(),
            )?,
            reference: Some(self.row.id),
        }];
        for (pool, units) in self.pools.iter().filter(|(pool, _)| **pool != Pool::revenue()) {
            entries.push(Entry {
                account: account(&account_of(pool))?,
                amount: narrow(-units)?,
                reference: Some(self.row.id),
            });
        }
        let payable = account(PAYABLE)?;
        let mut dormant = 0_i128;
        for payout in &self.payouts {
            dormant += i128::from(payout.dormant);
            entries.push(Entry {
                account: payable.clone(),
                amount: narrow(i128::from(payout.dormant) - i128::from(payout.accrued))?,
                reference: Some(payout.member_id),
            });
        }
        if let Some(fund) = self.dormant_to.as_ref().filter(|_| dormant > 0) {
            entries.push(Entry {
                account: account(&account_of(fund))?,
                amount: narrow(-dormant)?,
                reference: Some(self.row.id),
            });
        }
        entries.retain(|entry| entry.amount != 0);
        Ok(entries)
    }
}

/// The accounts with these paths, opened where they are not there.
async fn accounts(
    tx: &mut CoopTx,
    actor: &Actor<Treasurer>,
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
    events::append(tx, Some(actor.member), &happened).await?;
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
    let rule = rule_of(&mut tx, &row).await?;
    let books = Books {
        pools: holdings(&mut tx, &row, &rule).await?,
        payouts: cycle_payouts(&mut tx, id, None).await?,
        dormant_to: rule.payout.dormant.as_ref().map(|dormant| dormant.to.clone()),
        row: &row,
    };
    let accounts = accounts(&mut tx, actor, (&row.currency, books.paths())).await?;
    let entries = books.entries(&accounts)?;
    let whole = digest(row.digest.as_deref().unwrap_or_default())?;
    let posting = Posting::new(entries).map_err(|refusal| not_so(format!("Nothing is to be posted: {refusal}.")))?;
    let journal = JournalId::from_uuid(Uuid::now_v7());
    post_journal(&mut tx, actor, (journal, whole), (&row, &posting)).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    cycle_post(&mut tx, id, journal, (actor.member, now)).await?;
    Failpoint::CyclePosted.reach();
    let happened = [Event::PayoutCyclePosted {
        cycle: id,
        journal,
        digest: whole,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
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
    (row, posting): (&CycleRow, &Posting),
) -> Result<(), Problem> {
    let description = format!("Payout cycle {}, {whole}", row.period);
    let head = JournalHead {
        coop: actor.coop,
        id,
        kind: JournalKind::Cycle,
        effective_on: day(row.ends_on)?,
        reverses: None,
        description: &description,
    };
    let new = NewJournal {
        head,
        posting,
        // Derived from the cycle: whoever asks, and however often, it is posted once.
        key: &keccak256(format!("cycle {}", row.id).as_bytes()).to_string(),
        request_hash: whole.as_bytes(),
        actor: Some(actor.member),
    };
    let Posted::Fresh(number) = journal_post(tx, new).await? else {
        return Err(not_so("The cycle was posted before."));
    };
    let happened = [Event::JournalPosted {
        journal: id,
        number: number.unsigned_abs(),
        kind: JournalKind::Cycle,
        reverses: None,
        digest: journal_digest(&head, posting),
    }];
    Ok(events::append(tx, Some(actor.member), &happened).await?)
}
