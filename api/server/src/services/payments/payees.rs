//! Where members want to be paid. It is sealed before it is stored, and a change holds payments for a week, or until somebody who holds an
//! office asked the member and confirmed it: who took over a member's sign-in does not get the member's money at once.

use chrono::{SubsecRound as _, TimeDelta};
use governance::bank::{Bic, Iban, PartyToTransfer, in_bank_letters};
use governance::event::Event;
use governance::hash::{Hash32, from_hex, to_hex};
use governance::id::{AccountId, CoopId, MemberId};
use governance::text;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::account::wallet::wallet_list;
use store::decision::proposal::clock;
use store::mail::payee_mail_enqueue;
use store::payment::{NewPayee, PayeeRow, payee_confirm, payee_get, payee_insert, payee_list};
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::payment::{ConfirmPayee, PayeeView, SetPayee};

use super::distributors::address;
use super::listing::Target;
use super::{four_eyes, not_so};
use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number, timestamp};
use crate::services::payouts::approving::require_office;
use crate::services::{events, idempotent, paging};

/// For how long a change holds payments, in days.
const WAITING_DAYS: i64 = 7;
/// The longest name that banks take, in characters.
pub const NAME_LENGTH_MAX: usize = 70;

/// What is sealed.
#[derive(Serialize, Deserialize)]
pub struct Details {
    name: String,
    iban: Option<String>,
    bic: Option<String>,
    #[serde(default)]
    wallet: Option<String>,
}

impl Details {
    fn read(asked: SetPayee) -> Result<(&'static str, Self), Problem> {
        let name = text::line(&asked.name, NAME_LENGTH_MAX).map_err(|refusal| Problem::text("name", &refusal))?;
        let plain = |name| Self {
            name,
            iban: None,
            bic: None,
            wallet: None,
        };
        if asked.rail != "bank" && (asked.iban.is_some() || asked.bic.is_some()) {
            return Err(Problem::field("iban", "what no bank pays goes to no account here"));
        }
        if asked.rail != "chain" && asked.wallet.is_some() {
            return Err(Problem::field("wallet", "a wallet is where one is paid on a chain"));
        }
        match asked.rail.as_str() {
            "bank" => {
                let iban = asked.iban.as_deref().unwrap_or_default();
                let iban = Iban::parse(iban).map_err(|refusal| Problem::field("iban", refusal))?;
                let bic = asked.bic.as_deref().map(Bic::parse).transpose();
                let bic = bic.map_err(|refusal| Problem::field("bic", refusal))?;
                in_bank_letters(&name, NAME_LENGTH_MAX).map_err(|refusal| Problem::field("name", refusal))?;
                let details = Self {
                    iban: Some(iban.as_str().to_owned()),
                    bic: bic.map(|bic| bic.as_str().to_owned()),
                    ..plain(name)
                };
                Ok(("bank", details))
            }
            "chain" => {
                let wallet = address("wallet", asked.wallet.as_deref().unwrap_or_default())?;
                let details = Self {
                    wallet: Some(to_hex(&wallet)),
                    ..plain(name)
                };
                Ok(("chain", details))
            }
            "manual" => Ok(("manual", plain(name))),
            _ => Err(Problem::field("rail", "bank, chain or manual")),
        }
    }

    /// Opens what was sealed for this version of this member.
    ///
    /// # Errors
    /// If it was sealed elsewhere, or with another secret.
    pub fn open(app: &App, coop: CoopId, (member, version): (MemberId, i32), sealed: &[u8]) -> Result<Self, Problem> {
        let plain = app.secrets.unseal(coop, &place(member, version), sealed);
        let plain = plain.map_err(Problem::internal)?;
        // What the parser says could name what is sealed.
        Ok(serde_json::from_str(plain.expose_secret()).map_err(|_| RowDamage("sealed"))?)
    }

    /// Where a payment goes; `None` where it is paid by hand.
    ///
    /// # Errors
    /// If what was sealed is neither an account nor a wallet.
    pub fn target(&self) -> Result<Option<Target>, RowDamage> {
        let Some(wallet) = &self.wallet else {
            return Ok(self.party()?.map(Target::Bank));
        };
        let address = from_hex(wallet).and_then(|bytes| bytes.try_into().ok());
        Ok(Some(Target::Wallet(address.ok_or(RowDamage("sealed"))?)))
    }

    /// Whom a bank is to pay; `None` where it is none of a bank.
    ///
    /// # Errors
    /// If what was sealed is no account.
    pub fn party(&self) -> Result<Option<PartyToTransfer>, RowDamage> {
        let Some(iban) = &self.iban else { return Ok(None) };
        Ok(Some(PartyToTransfer {
            name: self.name.clone(),
            iban: Iban::parse(iban).map_err(|_| RowDamage("sealed"))?,
            bic: self
                .bic
                .as_deref()
                .map(Bic::parse)
                .transpose()
                .map_err(|_| RowDamage("sealed"))?,
        }))
    }
}

/// What binds a seal to its place.
fn place(member: MemberId, version: i32) -> String {
    format!("payee {member} {version}")
}

fn view(app: &App, coop: CoopId, row: PayeeRow) -> Result<PayeeView, Problem> {
    let member = MemberId::from_uuid(row.member_id);
    let details = row.sealed.as_deref();
    let details = details.map(|sealed| Details::open(app, coop, (member, row.version), sealed));
    let details = details.transpose()?;
    let party = details.as_ref().map(Details::party).transpose()?.flatten();
    let wallet = details.as_ref().and_then(|details| details.wallet.as_deref());
    let wallet = wallet.map(|wallet| {
        format!(
            "{}…{}",
            wallet.get(..6).unwrap_or_default(),
            wallet.get(38..).unwrap_or_default()
        )
    });
    Ok(PayeeView {
        member,
        version: number(row.version.into(), "version")?,
        rail: row.rail,
        name: details.map(|details| details.name),
        account: party.as_ref().map(|party| party.iban.masked()).or(wallet),
        bic: party.and_then(|party| party.bic.map(|bic| bic.as_str().to_owned())),
        recorded_at: row.recorded_at,
        usable_at: row.usable_at,
        is_usable: row.is_usable,
        confirmed_by: row.confirmed_by.map(MemberId::from_uuid),
    })
}

/// Where the member wants to be paid.
///
/// # Errors
/// 404 where the member did not say.
pub async fn own(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payee_get", actor.coop).await?;
    let row = payee_get(&mut tx, actor.member).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Answer::ok(&view(app, actor.coop, row)?)
}

/// Where members want to be paid, for who holds an office.
///
/// # Errors
/// 403 for others; 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Active>, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("payee_list", actor.coop).await?;
    let rows = payee_list(&mut tx, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(|row| view(app, actor.coop, row));
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &PayeeView| {
        one.member.to_string()
    }))
}

/// Refuses a wallet that the member did not show to be theirs: one that is linked to the account signed for it.
async fn is_own(app: &App, account: AccountId, details: &Details) -> Result<(), Problem> {
    let Some(Target::Wallet(wallet)) = details.target()? else {
        return Ok(());
    };
    let mut tx = app.store.global_tx("wallet_list").await?;
    let rows = wallet_list(&mut tx, account).await?;
    tx.commit().await?;
    if rows.iter().any(|row| row.address == wallet) {
        return Ok(());
    }
    Err(Problem::field(
        "wallet",
        "link the wallet to your account first, by a message that it signs",
    ))
}

/// Sets where the member wants to be paid.
///
/// # Errors
/// 422 for what is no account, or no wallet of the member.
pub async fn set(app: &App, actor: &Actor<Active>, command: Command<SetPayee>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let (rail, details) = Details::read(value)?;
    is_own(app, actor.signed_in.account, &details).await?;
    let mut tx = app.store.coop_tx("payee_set", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let last = payee_get(&mut tx, actor.member).await?;
    let version = last.map_or(1, |last| last.version.saturating_add(1));
    let plain = SecretString::from(serde_json::to_string(&details).map_err(Problem::internal)?);
    let sealed = app.secrets.seal(actor.coop, &place(actor.member, version), &plain);
    let sealed = sealed.map_err(Problem::internal)?;
    let digest: [u8; 32] = Sha256::digest(&sealed).into();
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let usable_at = now
        .checked_add_signed(TimeDelta::days(WAITING_DAYS))
        .ok_or_else(|| Problem::internal("a week on lies beyond the calendar"))?;
    let new = NewPayee {
        member: actor.member,
        version,
        rail,
        sealed: &sealed,
        digest: &digest,
        times: (now, usable_at),
    };
    payee_insert(&mut tx, new).await.map_err(|error| {
        if error.is_constraint("payee_pkey") {
            return not_so("Another change came at the same time. Look at it, and repeat yours if it is still needed.");
        }
        error.into()
    })?;
    let happened = [Event::PayeeChanged {
        member: actor.member,
        version: version.unsigned_abs(),
        rail,
        digest: Hash32::from_bytes(digest),
        usable_at: timestamp(usable_at),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    payee_mail_enqueue(&mut tx, Uuid::now_v7(), actor.member).await?;
    let row = payee_get(&mut tx, actor.member).await?.ok_or_else(Problem::not_found)?;
    let answer = Answer::created(&view(app, actor.coop, row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Confirms where a member wants to be paid, as somebody who holds an office and asked the member.
///
/// # Errors
/// 403 for who holds no office, or for the own; 404 where the member did not say; 409 for another version than the newest.
pub async fn confirm(
    app: &App,
    actor: &Actor<Active>,
    member: MemberId,
    command: Command<ConfirmPayee>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payee_confirm", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = payee_get(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    if row.version.unsigned_abs() != value.version {
        return Err(not_so("The member changed it since. Ask about the newest version."));
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let fresh = payee_confirm(&mut tx, (member, row.version), (actor.member, now)).await;
    let fresh = fresh.map_err(|error| {
        if error.is_constraint("payee_confirmation_is_by_another") {
            return four_eyes("Somebody else who holds an office confirms where you want to be paid.");
        }
        error.into()
    })?;
    if fresh {
        let happened = [Event::PayeeConfirmed {
            member,
            version: value.version,
        }];
        events::append(&mut tx, Some(actor.member), &happened).await?;
    }
    let row = payee_get(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    let answer = Answer::ok(&view(app, actor.coop, row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
