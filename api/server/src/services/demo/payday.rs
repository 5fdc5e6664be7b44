//! A payout cycle from its opening to its end: two approve it, a file for the bank pays it, or all but one who claims on a chain; the bank
//! says so, and two close it.

use chrono::{NaiveDate, Utc};
use governance::bank::{attempt, end_to_end};
use governance::hash::Hash32;
use governance::id::{MemberId, PaymentFileId, PayoutCycleId};
use governance::ledger::Currency;
use governance::payment::payment_word;
use store::ledger::ledger_balances;
use store::payment::file_transfers;
use wire::payment::{AddBankAccount, ConfirmPayee, ImportBankFile, PreparePaymentFile, ReleasePaymentFile, SetPayee};
use wire::payout::{ApprovePayoutCycle, OpenPayoutCycle};

use super::claims::Island;
use super::{Asking, Cast, Keeper, ask, command, read, signed_in};
use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::{accounts, answers, ending, files, issuing, payees};
use crate::services::payouts::{approving, computing, cycles, freezing, posting};

/// The account of the co-op; the bank is none.
const CO_OP: &str = "NL41MOCK0000000001";
/// Where each member is paid.
const ACCOUNTS: [&str; 5] = [
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "BE68539007547034",
    "AT611904300234573201",
    "NL91ABNA0417164300",
];
/// The account of the books at the bank.
pub const BANK: &str = "assets:bank:main";
/// Who claims, where there is a chain to claim on.
const CLAIMANT: usize = 3;

/// Those who approve and release: the steward and the auditor.
pub struct Office {
    steward: Actor<Active>,
    /// Who releases.
    pub auditor: Actor<Active>,
}

/// Plays a whole cycle.
pub async fn run(
    app: &App,
    asking: Asking,
    (keeper, cast): (&Keeper, &[Cast]),
    ends_on: NaiveDate,
    island: Option<&Island>,
) -> Result<(), Problem> {
    let member = async |place: usize| -> Result<Actor<Active>, Problem> {
        let one = cast.get(place);
        let one = one.ok_or_else(|| Problem::internal("the demonstration lacks a member"))?;
        app.member(signed_in(one.account), asking.coop).await
    };
    let office = Office {
        steward: member(0).await?,
        auditor: member(2).await?,
    };
    let cycle = posted(app, (keeper, &office), ends_on).await?;
    for (place, iban) in ACCOUNTS.into_iter().enumerate() {
        let who = member(place).await?;
        let payee = match island {
            Some(island) if place == CLAIMANT => island.payee(app, &who).await?,
            Some(_) | None => at_bank(iban),
        };
        paid_at(app, (&office, &who), payee).await?;
    }
    let account = AddBankAccount {
        account: BANK.to_owned(),
        currency: keeper.currency.clone(),
        iban: CO_OP.to_owned(),
        bic: Some(String::from("MOCKNL2A")),
        holder: String::from("Demo Commons"),
        edition: String::from("pain.001.001.09"),
    };
    let account = accounts::add(app, &keeper.actor, command(account)?).await?;
    issuing::issue(app, &keeper.actor, cycle, &ask()?).await?;
    let today = Utc::now().date_naive();
    let asked = PreparePaymentFile {
        ledger_account: read(&account, "/ledger_account")?,
        pay_on: today.to_string(),
    };
    let file = files::prepare(app, &keeper.actor, cycle, command(asked)?).await?;
    let (id, digest): (PaymentFileId, Hash32) = (read(&file, "/id")?, read(&file, "/digest")?);
    let release = command(ReleasePaymentFile { digest })?;
    files::release(app, &office.auditor, (cycle, id), release).await?;
    if let Some(island) = island {
        island
            .pay(app, (keeper, &office, &member(CLAIMANT).await?), cycle)
            .await?;
    }
    let statement = statement(app, keeper, (cycle, id), today).await?;
    answers::import(app, &keeper.actor, command(ImportBankFile { file: statement })?).await?;
    for one in [&office.steward, &office.auditor] {
        ending::close(app, one, cycle, &ask()?).await?;
    }
    Ok(())
}

/// A cycle in the books.
async fn posted(app: &App, (keeper, office): (&Keeper, &Office), ends_on: NaiveDate) -> Result<PayoutCycleId, Problem> {
    let opened = OpenPayoutCycle {
        period: String::from("first-week"),
        ends_on: ends_on.to_string(),
    };
    let opened = cycles::open(app, &keeper.actor, command(opened)?).await?;
    let id: PayoutCycleId = read(&opened, "/id")?;
    freezing::freeze(app, &keeper.actor, id, &ask()?).await?;
    computing::compute_in_database(app, &keeper.actor, id, &ask()?).await?;
    computing::verify(app, &keeper.actor, id, &ask()?).await?;
    let proposed: Answer = approving::propose(app, &keeper.actor, id, &ask()?).await?;
    let approval = ApprovePayoutCycle {
        digest: read(&proposed, "/digest")?,
        payout_digest: read(&proposed, "/payout_digest")?,
    };
    for one in [&office.steward, &office.auditor] {
        approving::approve(app, one, id, command(approval.clone())?).await?;
    }
    posting::post(app, &keeper.actor, id, &ask()?).await?;
    Ok(id)
}

fn at_bank(iban: &str) -> SetPayee {
    SetPayee {
        rail: String::from("bank"),
        name: String::from("Demo Person"),
        iban: Some(iban.to_owned()),
        bic: None,
        wallet: None,
    }
}

/// A member says where to be paid, and somebody else asks whether that is so.
async fn paid_at(app: &App, (office, who): (&Office, &Actor<Active>), payee: SetPayee) -> Result<(), Problem> {
    payees::set(app, who, command(payee)?).await?;
    let other = if who.member == office.auditor.member {
        &office.steward
    } else {
        &office.auditor
    };
    payees::confirm(app, other, who.member, command(ConfirmPayee { version: 1 })?).await?;
    Ok(())
}

/// The bank's statement of a day on which it paid everything of a file.
async fn statement(
    app: &App,
    keeper: &Keeper,
    (cycle, file): (PayoutCycleId, PaymentFileId),
    day: NaiveDate,
) -> Result<String, Problem> {
    let mut tx = app.store.coop_tx("demo_statement", keeper.actor.coop).await?;
    let rows = ledger_balances(&mut tx).await?;
    let transfers = file_transfers(&mut tx, file).await?;
    tx.commit().await?;
    let row = rows
        .iter()
        .find(|row| row.path == BANK && row.currency == keeper.currency);
    let before: i128 = row.and_then(|row| row.balance.parse().ok()).unwrap_or_default();
    let currency = Currency::money(&keeper.currency).map_err(Problem::internal)?;
    let (code, amount) = (&keeper.currency, |units: i128| currency.format_amount(units));
    let balance = |kind: &str, units: i128| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{code}\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>{day}</Dt></Dt></Bal>",
            amount(units)
        )
    };
    let total: i128 = transfers.iter().map(|one| i128::from(one.amount)).sum();
    let mut entries = String::new();
    for one in &transfers {
        let payment = payment_word(cycle, MemberId::from_uuid(one.member_id));
        let reference = end_to_end(attempt(payment, u32::from(one.number.unsigned_abs())));
        let paid = amount(one.amount.into());
        entries.push_str(&format!(
            "<Ntry><Amt Ccy=\"{code}\">{paid}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
             <NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        ));
    }
    Ok(format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>{day}</Id>\
         <Acct><Id><IBAN>{CO_OP}</IBAN></Id><Ccy>{code}</Ccy></Acct>{}{}{entries}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", before),
        balance("CLBD", before.saturating_sub(total))
    ))
}
