//! Files that ask a bank to pay: prepared by the treasurer, released by somebody else, written again byte by byte whenever they are asked for.

use chrono::SubsecRound as _;
use governance::bank::{
    Bic, Iban, PartyToTransfer, TRANSFERS_MAX, Transfer, TransferFile, TransferMessage, attempt, end_to_end, message,
};
use governance::event::{ClaimEvent, Event};
use governance::hash::{Hash32, sha256};
use governance::id::{LedgerAccountId, MemberId, PaymentFileId, PayoutCycleId};
use governance::ledger::{Currency, Day};
use governance::payment::{payment_id, payment_word};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{
    BankAccountRow, DistributorRow, FileRail, FileRow, NewAttempt, NewClaimRoot, NewFile, attempt_insert,
    bank_account_list, claim_root_insert, distributor_list, file_get, file_insert, file_list, file_release,
    file_transfers, file_withdraw,
};
use store::revenue::{CycleRow, cycle_get};
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::payment::{PaymentFilePreview, PaymentFileView, PreparePaymentFile, ReleasePaymentFile, WithdrawPaymentFile};

use super::books::{CLEARING, DUE, Line, Movement, post};
use super::claims::NewList;
use super::listing::{self, Standing, Target, each_payment};
use super::payees::Details;
use super::{accounts, claims, four_eyes, issued, not_so};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number, timestamp};
use crate::services::ledger::{date, day};
use crate::services::members::reason;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::{amount, digest, locked};
use crate::services::{events, halts, idempotent, paging};

async fn view(tx: &mut CoopTx, row: FileRow) -> Result<PaymentFileView, Problem> {
    let claims = claims::root_of(tx, &row).await?;
    let payer = row.bank_account_id.or(row.distributor_id);
    Ok(PaymentFileView {
        id: PaymentFileId::from_uuid(row.id),
        ledger_account: LedgerAccountId::from_uuid(payer.ok_or(RowDamage("bank_account_id"))?),
        rail: String::from(if claims.is_some() { "chain" } else { "bank" }),
        message: row.message,
        digest: digest(&row.digest)?,
        pay_on: day(row.pay_on)?.to_string(),
        transfers: row.transfers.unsigned_abs(),
        total: amount(row.total)?.to_string(),
        state: row.state,
        prepared_by: MemberId::from_uuid(row.prepared_by),
        prepared_at: row.prepared_at,
        released_by: row.released_by.map(MemberId::from_uuid),
        released_at: row.released_at,
        withdraw_reason: row.withdraw_reason,
        claims,
    })
}

/// What one file is of, beside its payments.
struct Frame<'a> {
    cycle: &'a CycleRow,
    account: &'a BankAccountRow,
    created_at: chrono::DateTime<chrono::Utc>,
    pay_on: Day,
}

impl Frame<'_> {
    fn write(&self, transfers: Vec<(Hash32, i64, PartyToTransfer)>) -> Result<TransferMessage, Problem> {
        let account = self.account;
        let bic = account.bic.as_deref().map(Bic::parse).transpose();
        let file = TransferFile {
            created_at: timestamp(self.created_at),
            pay_on: self.pay_on,
            currency: Currency::money(&self.cycle.currency).map_err(|_| RowDamage("currency"))?,
            payer: PartyToTransfer {
                name: account.holder.clone(),
                iban: Iban::parse(&account.iban).map_err(|_| RowDamage("iban"))?,
                bic: bic.map_err(|_| RowDamage("bic"))?,
            },
            transfers: transfers
                .into_iter()
                .map(|(attempt, amount, payee)| Transfer {
                    attempt,
                    payee,
                    amount,
                    about: format!("Payout {}", self.cycle.period),
                })
                .collect(),
        };
        let edition = accounts::edition(&account.edition).ok_or(RowDamage("edition"))?;
        file.write(edition)
            .map_err(|refusal| not_so(format!("No file can be written: {refusal}.")))
    }
}

async fn account(tx: &mut CoopTx, id: Uuid) -> Result<Option<BankAccountRow>, Problem> {
    let rows = bank_account_list(tx).await?;
    Ok(rows.into_iter().find(|row| row.ledger_account_id == id))
}

/// Who pays what stands in a file.
enum Payer {
    Bank(BankAccountRow),
    Distributor(DistributorRow),
}

async fn payer(tx: &mut CoopTx, id: Uuid, currency: &str) -> Result<Payer, Problem> {
    if let Some(account) = account(tx, id).await?.filter(|account| account.currency == currency) {
        return Ok(Payer::Bank(account));
    }
    let mut distributors = distributor_list(tx).await?.into_iter();
    let found = distributors.find(|row| row.ledger_account_id == id && row.currency == currency);
    found.map(Payer::Distributor).ok_or_else(|| {
        let refusal = format!("no account of a bank and no distributor in {currency} stands there");
        Problem::field("ledger_account", refusal)
    })
}

/// The payments that are ready for a payer: their tries, and where each goes.
async fn gather(
    app: &App,
    tx: &mut CoopTx,
    (cycle, payer): (&CycleRow, &Payer),
) -> Result<(Vec<NewAttempt>, Vec<(Hash32, Target)>), Problem> {
    let id = PayoutCycleId::from_uuid(cycle.id);
    let (mut attempts, mut targets) = (Vec::new(), Vec::new());
    each_payment(app, tx, cycle, |row, standing| {
        let Standing::Ready(target) = standing else {
            return Ok(true);
        };
        let claim_address = match (&target, payer) {
            (Target::Bank(_), Payer::Bank(_)) => None,
            (Target::Wallet(address), Payer::Distributor(_)) => Some(*address),
            (Target::Bank(_), Payer::Distributor(_)) | (Target::Wallet(_), Payer::Bank(_)) => return Ok(true),
        };
        let word = payment_word(id, MemberId::from_uuid(row.member_id));
        let number = row.number.unwrap_or_default().saturating_add(1);
        let one = attempt(word, u32::from(number.unsigned_abs()));
        attempts.push(NewAttempt {
            payment: payment_id(word),
            member: row.member_id,
            number,
            amount: row.amount,
            reference: end_to_end(one),
            payee_version: row.payee_version,
            claim_address,
        });
        targets.push((one, target));
        Ok(attempts.len() < TRANSFERS_MAX)
    })
    .await?;
    if attempts.is_empty() {
        return Err(not_so(
            "No payment is ready for a file. The list of payments says what each waits for.",
        ));
    }
    Ok((attempts, targets))
}

/// What preparing a file would put into it, without doing it.
///
/// # Errors
/// As [`prepare`].
pub async fn preview(
    app: &App,
    actor: &Actor<Treasurer>,
    id: PayoutCycleId,
    value: &PreparePaymentFile,
) -> Result<Answer, Problem> {
    let pay_on = pay_day(value)?;
    let mut tx = app.store.coop_tx("payment_file_preview", actor.coop).await?;
    let cycle = issued(&mut tx, id).await?;
    require_coming(pay_on, clock(&mut tx).await?)?;
    let payer = payer(&mut tx, value.ledger_account.uuid(), &cycle.currency).await?;
    let (attempts, _) = gather(app, &mut tx, (&cycle, &payer)).await?;
    let all = listing::progress(app, &mut tx, id).await?.payments;
    tx.commit().await?;
    let total: i64 = attempts.iter().map(|one| one.amount).sum();
    let transfers = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    Answer::ok(&PaymentFilePreview {
        transfers,
        total: amount(total)?.to_string(),
        left: all.saturating_sub(transfers.into()),
    })
}

fn pay_day(value: &PreparePaymentFile) -> Result<Day, Problem> {
    value
        .pay_on
        .parse()
        .map_err(|refusal| Problem::field("pay_on", refusal))
}

fn require_coming(pay_on: Day, now: chrono::DateTime<chrono::Utc>) -> Result<(), Problem> {
    if date(pay_on)? < now.date_naive() {
        return Err(Problem::field("pay_on", "the day is not over"));
    }
    Ok(())
}

/// Prepares a file of every payment that is ready: for a bank, or a list of claims.
///
/// # Errors
/// 409 where the cycle was not issued or nothing is ready; 422 for an account that is none, or a day that is over.
pub async fn prepare(
    app: &App,
    actor: &Actor<Treasurer>,
    id: PayoutCycleId,
    command: Command<PreparePaymentFile>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let pay_on = pay_day(&value)?;
    let mut tx = app.store.coop_tx("payment_file_prepare", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = issued(&mut tx, id).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    require_coming(pay_on, now)?;
    let payer = payer(&mut tx, value.ledger_account.uuid(), &cycle.currency).await?;
    let (attempts, targets) = gather(app, &mut tx, (&cycle, &payer)).await?;
    let written = write_new(app, &mut tx, (&cycle, &payer), (&attempts, targets), (now, pay_on)).await?;
    let file = PaymentFileId::from_uuid(Uuid::now_v7());
    store_file(&mut tx, (actor, file), (&cycle, &written), (&attempts, now, pay_on)).await?;
    Failpoint::PaymentFilePrepared.reach();
    let row = file_get(&mut tx, id, file).await?.ok_or_else(Problem::not_found)?;
    let answer = Answer::created(&view(&mut tx, row).await?)?;
    finish(tx, actor.member, (&ask, answer)).await
}

/// A file as it was written for the first time.
struct Written {
    account: Uuid,
    message: String,
    digest: Hash32,
    claims: Option<NewList>,
}

async fn write_new(
    app: &App,
    tx: &mut CoopTx,
    (cycle, payer): (&CycleRow, &Payer),
    (attempts, targets): (&[NewAttempt], Vec<(Hash32, Target)>),
    (created_at, pay_on): (chrono::DateTime<chrono::Utc>, Day),
) -> Result<Written, Problem> {
    let words: Vec<Hash32> = targets.iter().map(|(word, _)| *word).collect();
    match payer {
        Payer::Bank(account) => {
            let frame = Frame {
                cycle,
                account,
                created_at,
                pay_on,
            };
            let amounts = attempts.iter().map(|one| one.amount);
            let transfers = targets
                .into_iter()
                .zip(amounts)
                .filter_map(|((word, target), amount)| match target {
                    Target::Bank(party) => Some((word, amount, party)),
                    Target::Wallet(_) => None,
                });
            let message = frame.write(transfers.collect())?;
            Ok(Written {
                account: account.ledger_account_id,
                digest: sha256(message.xml.as_bytes()),
                message: message.id,
                claims: None,
            })
        }
        Payer::Distributor(row) => {
            let paid = attempts.iter().filter_map(|one| Some((one.claim_address?, one.amount)));
            let list = claims::build(app, tx, row, &paid.collect::<Vec<_>>()).await?;
            Ok(Written {
                account: row.ledger_account_id,
                message: message(&words),
                digest: list.digest,
                claims: Some(list),
            })
        }
    }
}

async fn store_file(
    tx: &mut CoopTx,
    (actor, file): (&Actor<Treasurer>, PaymentFileId),
    (cycle, written): (&CycleRow, &Written),
    (attempts, now, pay_on): (&[NewAttempt], chrono::DateTime<chrono::Utc>, Day),
) -> Result<(), Problem> {
    let cycle = PayoutCycleId::from_uuid(cycle.id);
    let total = attempts.iter().try_fold(0_i64, |sum, one| sum.checked_add(one.amount));
    let new = NewFile {
        id: file,
        cycle,
        account: LedgerAccountId::from_uuid(written.account),
        rail: if written.claims.is_some() {
            FileRail::Chain
        } else {
            FileRail::Bank
        },
        message: &written.message,
        digest: written.digest.as_bytes(),
        pay_on: date(pay_on)?,
        sums: (
            i32::try_from(attempts.len()).map_err(Problem::internal)?,
            total.ok_or_else(|| Problem::internal("payments come to more than can be counted"))?,
        ),
        by: (actor.member, now),
    };
    file_insert(tx, new).await?;
    if let Some(list) = &written.claims {
        let root = NewClaimRoot {
            file,
            distributor: written.account,
            root: list.root.as_bytes(),
            total: list.total,
            claims: &list.rows,
            at: now,
        };
        claim_root_insert(tx, root).await.map_err(|error| {
            if error.is_constraint("claim_root_is_alone") {
                return not_so("Another list of claims of this contract is under way. Wait until its root is active, or withdraw it.");
            }
            error.into()
        })?;
    }
    attempt_insert(tx, file, attempts, now).await?;
    let happened = [Event::PaymentFilePrepared {
        file,
        cycle,
        message: &written.message,
        digest: written.digest,
        transfers: new.sums.0.unsigned_abs(),
        total: new.sums.1.unsigned_abs(),
    }];
    Ok(events::append(tx, Some(actor.member), &happened).await?)
}

async fn finish(mut tx: CoopTx, by: MemberId, (ask, answer): (&Ask, Answer)) -> Result<Answer, Problem> {
    idempotent::finish(&mut tx, by.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The files of a cycle, in the order in which they were prepared, for who holds an office.
///
/// # Errors
/// 403 for others; 404 where there is no such cycle.
pub async fn list(app: &App, actor: &Actor<Active>, id: PayoutCycleId, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("payment_file_list", actor.coop).await?;
    let _ = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let rows = file_list(&mut tx, id, (after, paging::rows(query))).await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        views.push(view(&mut tx, row).await?);
    }
    tx.commit().await?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &PaymentFileView| {
        one.id.to_string()
    }))
}

/// Releases a file, as somebody who holds an office and did not prepare it. From then on the bank may have it.
///
/// # Errors
/// 403 for who holds no office or prepared it; 409 where it was released or withdrawn, for another digest, or where a member of it wants to be
/// paid elsewhere since.
pub async fn release(
    app: &App,
    actor: &Actor<Active>,
    (id, file): (PayoutCycleId, PaymentFileId),
    command: Command<ReleasePaymentFile>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payment_file_release", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = locked(&mut tx, id, "posted").await?;
    ledger_lock(&mut tx).await?;
    let row = prepared(&mut tx, id, file).await?;
    if digest(&row.digest)? != value.digest {
        return Err(not_so(
            "This is not the digest of the file. Look at it again before you release it.",
        ));
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let epoch = claims::release(&mut tx, file, now).await?;
    file_release(&mut tx, file, (actor.member, now))
        .await
        .map_err(|error| {
            if error.is_constraint("payment_file_is_released_by_another") {
                return four_eyes("You prepared this file. Somebody else who holds an office releases it.");
            }
            if error.is_constraint("payment_file_is_to_current_payees") {
                return not_so(
                    "A member of this file wants to be paid elsewhere since. Withdraw it, and prepare another one.",
                );
            }
            error.into()
        })?;
    let transfers = file_transfers(&mut tx, file).await?;
    let lines = transfers.iter().flat_map(|one| {
        let (due, asked) = (one.amount, one.amount.saturating_neg());
        [(DUE, due), (CLEARING, asked)].map(|(path, amount)| Line {
            path,
            amount,
            about: one.payment_id,
        })
    });
    let movement = Movement {
        key: &format!("payment file {}", row.message),
        description: &match epoch {
            Some(epoch) => format!("Claims {}, epoch {epoch}", row.message),
            None => format!("File {} for the bank", row.message),
        },
        effective_on: day(now.date_naive())?,
        currency: &cycle.currency,
        lines: lines.collect(),
    };
    post(&mut tx, actor.member, movement).await?;
    Failpoint::PaymentFileReleased.reach();
    let mut happened = vec![Event::PaymentFileReleased {
        file,
        digest: value.digest,
    }];
    happened.extend(epoch.map(|epoch| {
        Event::Claims(ClaimEvent::RootMoved {
            file,
            state: "released",
            epoch,
            block: 0,
        })
    }));
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let row = file_get(&mut tx, id, file).await?.ok_or_else(Problem::not_found)?;
    let answer = Answer::ok(&view(&mut tx, row).await?)?;
    finish(tx, actor.member, (&ask, answer)).await
}

async fn prepared(tx: &mut CoopTx, id: PayoutCycleId, file: PaymentFileId) -> Result<FileRow, Problem> {
    let row = file_get(tx, id, file).await?.ok_or_else(Problem::not_found)?;
    if row.state == "prepared" {
        return Ok(row);
    }
    Err(not_so(format!("The file was {} before.", row.state)).with("state", row.state))
}

/// Withdraws a file that was not released; its payments are ready again. A list of claims that was released and that nobody submitted is given up
/// so by two persons, one after the other.
///
/// # Errors
/// 403 for who asked for a list to be given up; 409 where a file was released or withdrawn, or the root of a list was submitted.
pub async fn withdraw(
    app: &App,
    actor: &Actor<Active>,
    (id, file): (PayoutCycleId, PaymentFileId),
    command: Command<WithdrawPaymentFile>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("payment_file_withdraw", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let cycle = locked(&mut tx, id, "posted").await?;
    ledger_lock(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let row = file_get(&mut tx, id, file).await?.ok_or_else(Problem::not_found)?;
    if row.state == "released" && row.distributor_id.is_some() {
        claims::give_up(&mut tx, (&cycle, &row), &why, (actor.member, now)).await?;
    } else {
        let row = prepared(&mut tx, id, file).await?;
        if row.distributor_id.is_some() {
            claims::withdraw(&mut tx, file, now).await?;
        }
        file_withdraw(&mut tx, file, &why, (actor.member, now)).await?;
        let happened = [Event::PaymentFileWithdrawn { file, reason: &why }];
        events::append(&mut tx, Some(actor.member), &happened).await?;
    }
    let row = file_get(&mut tx, id, file).await?.ok_or_else(Problem::not_found)?;
    let answer = Answer::ok(&view(&mut tx, row).await?)?;
    finish(tx, actor.member, (&ask, answer)).await
}

/// A released file, as the bank takes it: the same bytes each time.
///
/// # Errors
/// 403 for who holds no office; 409 where it was not released.
pub async fn write(
    app: &App,
    actor: &Actor<Active>,
    (id, file): (PayoutCycleId, PaymentFileId),
) -> Result<TransferMessage, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payment_file_write", actor.coop).await?;
    let cycle = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let row = file_get(&mut tx, id, file).await?.ok_or_else(Problem::not_found)?;
    if row.state != "released" {
        let detail = format!(
            "The file is {}. Somebody who did not prepare it releases it first.",
            row.state
        );
        return Err(not_so(detail).with("state", row.state));
    }
    let asked = row.bank_account_id;
    let asked =
        asked.ok_or_else(|| not_so("It is a list of claims and asks no bank. The list has an address of its own."))?;
    let account = account(&mut tx, asked).await?.ok_or(RowDamage("bank_account_id"))?;
    let rows = file_transfers(&mut tx, file).await?;
    tx.commit().await?;
    let mut transfers = Vec::with_capacity(rows.len());
    for one in rows {
        let member = MemberId::from_uuid(one.member_id);
        let gone = || not_so("The file cannot be written again: a person in it was forgotten.");
        let sealed = one.sealed.ok_or_else(gone)?;
        let details = Details::open(app, actor.coop, (member, one.payee_version), &sealed)?;
        let tried = attempt(payment_word(id, member), number(one.number.into(), "number")?);
        transfers.push((tried, one.amount, details.party()?.ok_or(RowDamage("sealed"))?));
    }
    let frame = Frame {
        cycle: &cycle,
        account: &account,
        created_at: row.prepared_at,
        pay_on: day(row.pay_on)?,
    };
    let message = frame.write(transfers)?;
    // What goes to the bank is what was released, or nothing.
    if sha256(message.xml.as_bytes()).as_bytes().as_slice() != row.digest {
        return Err(Problem::internal("a file of payments is not what was released"));
    }
    Ok(message)
}
