//! Members' keys for the tools: made, shown once, rotated with an overlap, revoked at once.

use std::net::IpAddr;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use governance::access::{Endpoint, KeyParts, Period, UNITS_MAX, check_slug};
use governance::event::Event;
use governance::id::{AccessKeyId, MemberId};
use governance::text;
use store::CoopTx;
use store::access::{KeyRow, NewKey, key_count, key_get, key_insert, key_list, key_revoke};
use store::decision::proposal::clock;
use uuid::Uuid;
use wire::access::{AccessKeyCap, AccessKeySecret, AccessKeyView, NewAccessKey, RotateAccessKey};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::decision_rows::timestamp;
use crate::services::proposals::{Asking, begin};
use crate::services::{events, idempotent, paging};

/// The most keys of a member that work.
const KEYS_MAX: u16 = 20;
/// The longest name, in characters.
const NAME_MAX: usize = 80;
/// How long a key lasts at most, in days.
const DAYS_MAX: u16 = 366;
/// How long the old and the new key may both work, in seconds: a week.
const OVERLAP_MAX: u32 = 604_800;
/// The most models a key names, and the most networks.
const MODELS_MAX: usize = 50;
const NETWORKS_MAX: usize = 20;

/// The member's own keys, old ones too.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, asking: Asking, page: PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(&page)?;
    let mut tx = app.store.coop_tx("access_key_list", asking.coop).await?;
    let rows = key_list(&mut tx, asking.member, (after, paging::rows(&page))).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.id.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(view).collect::<Vec<_>>(),
        next_cursor: rows.next_cursor,
    })
}

/// Makes a key. The answer shows its text this once: what is kept for a repeated request does not have it.
///
/// # Errors
/// 422 for a scope that is none, 409 where the member has too many.
pub async fn make(app: &App, asking: Asking, command: Command<NewAccessKey>) -> Result<Answer, Problem> {
    let Command { value: new, ask } = command;
    let scopes = Scopes::read(new)?;
    let mut tx = app.store.coop_tx("access_key_make", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let made = insert(app, &mut tx, asking, (&scopes, None)).await?;
    finish(tx, asking, (&ask, made)).await
}

/// Makes a key that takes the place of another one, with its scopes; both work for a while.
///
/// # Errors
/// 404 where the member has no such key that works, 422 for a time that is too long.
pub async fn rotate(
    app: &App,
    asking: Asking,
    key: AccessKeyId,
    command: Command<RotateAccessKey>,
) -> Result<Answer, Problem> {
    let (key, Command { value, ask }) = (key.uuid(), command);
    if value.overlap_seconds > OVERLAP_MAX {
        return Err(Problem::field("overlap_seconds", format!("at most {OVERLAP_MAX}")));
    }
    let mut tx = app.store.coop_tx("access_key_rotate", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let now = clock(&mut tx).await?;
    let old = key_get(&mut tx, asking.member, key).await?;
    let old = old.filter(|old| old.revoked_at.is_none() && old.expires_at > now);
    let old = old.ok_or_else(Problem::not_found)?;
    let scopes = Scopes::of(&old, value.expires_in_days)?;
    let ends_at = now
        .checked_add_signed(TimeDelta::seconds(value.overlap_seconds.into()))
        .map_or(old.expires_at, |end| end.min(old.expires_at));
    if !key_revoke(&mut tx, key, (None, Some(ends_at))).await? {
        return Err(Problem::not_found());
    }
    let happened = [Event::AccessKeyRevoked {
        member: asking.member,
        key,
        ends_at: timestamp(ends_at),
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    let made = insert(app, &mut tx, asking, (&scopes, Some(key))).await?;
    finish(tx, asking, (&ask, made)).await
}

/// Revokes a key: no call is admitted with it from now on, on any server. Stewards may revoke anybody's.
///
/// # Errors
/// 404 where there is no such key that works.
pub async fn revoke(app: &App, asking: Asking, (owner, key): (MemberId, AccessKeyId)) -> Result<Answer, Problem> {
    let key = key.uuid();
    if owner != asking.member && !asking.is_steward {
        return Err(Problem::not_found());
    }
    let mut tx = app.store.coop_tx("access_key_revoke", asking.coop).await?;
    if key_get(&mut tx, owner, key).await?.is_none() {
        return Err(Problem::not_found());
    }
    let now = clock(&mut tx).await?;
    if !key_revoke(&mut tx, key, (Some(now), None)).await? {
        return Err(Problem::not_found());
    }
    let happened = [Event::AccessKeyRevoked {
        member: owner,
        key,
        ends_at: timestamp(now),
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    tx.commit().await?;
    Ok(Answer::nothing())
}

/// What a key may be used for, read.
struct Scopes {
    name: String,
    models: Option<Vec<String>>,
    endpoints: Option<Vec<String>>,
    networks: Option<Vec<String>>,
    call_units_max: Option<i64>,
    cap: Option<(i64, String)>,
    days: u16,
}

impl Scopes {
    fn read(new: NewAccessKey) -> Result<Self, Problem> {
        let name = text::line(&new.name, NAME_MAX).map_err(|refusal| Problem::field("name", refusal))?;
        if let Some(models) = &new.models {
            bounded("models", models.len(), MODELS_MAX)?;
            for model in models {
                check_slug(model).map_err(|refusal| Problem::field("models", refusal))?;
            }
        }
        if let Some(endpoints) = &new.endpoints {
            bounded("endpoints", endpoints.len(), Endpoint::ALL.len())?;
            if endpoints.iter().any(|name| Endpoint::from_name(name).is_none()) {
                return Err(Problem::field("endpoints", "there is no such endpoint"));
            }
        }
        if let Some(networks) = &new.networks {
            bounded("networks", networks.len(), NETWORKS_MAX)?;
            if !networks.iter().all(|network| is_network(network)) {
                let wanted = "a network is an address and the length of its prefix, such as 192.0.2.0/24, and nothing set after the prefix";
                return Err(Problem::field("networks", wanted));
            }
        }
        let cap = new.cap.map(|cap| {
            let period =
                Period::from_name(&cap.period).ok_or_else(|| Problem::field("cap", "there is no such period"))?;
            Ok::<_, Problem>((units("cap", cap.units)?, period.name().to_owned()))
        });
        Ok(Self {
            name,
            models: new.models,
            endpoints: new.endpoints,
            networks: new.networks,
            call_units_max: new
                .call_units_max
                .map(|most| units("call_units_max", most))
                .transpose()?,
            cap: cap.transpose()?,
            days: days(new.expires_in_days)?,
        })
    }

    fn of(old: &KeyRow, lasts: u16) -> Result<Self, Problem> {
        Ok(Self {
            name: old.name.clone(),
            models: old.models.clone(),
            endpoints: old.endpoints.clone(),
            networks: old.networks.clone(),
            call_units_max: old.call_units_max,
            cap: old.cap_units.zip(old.cap_period.clone()),
            days: days(lasts)?,
        })
    }
}

fn bounded(field: &'static str, length: usize, most: usize) -> Result<(), Problem> {
    if (1..=most).contains(&length) {
        Ok(())
    } else {
        Err(Problem::field(
            field,
            format!("name 1 to {most}, or leave it out for all"),
        ))
    }
}

fn units(field: &'static str, units: u64) -> Result<i64, Problem> {
    let refused = || Problem::field(field, format!("from 1 to {UNITS_MAX} micro-credits"));
    if !(1..=UNITS_MAX).contains(&units) {
        return Err(refused());
    }
    i64::try_from(units).map_err(|_| refused())
}

fn days(days: u16) -> Result<u16, Problem> {
    if (1..=DAYS_MAX).contains(&days) {
        Ok(days)
    } else {
        Err(Problem::field("expires_in_days", format!("from 1 to {DAYS_MAX}")))
    }
}

/// Whether PostgreSQL takes it as a `cidr`: no bit is set after the prefix.
fn is_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let Ok(length) = length.parse::<u32>() else {
        return false;
    };
    match address.parse() {
        Ok(IpAddr::V4(address)) => plain && length <= 32 && u32::from(address).checked_shl(length).unwrap_or(0) == 0,
        Ok(IpAddr::V6(address)) => plain && length <= 128 && u128::from(address).checked_shl(length).unwrap_or(0) == 0,
        Err(_) => false,
    }
}

/// A key that was just made, with its text.
struct Made {
    view: AccessKeyView,
    secret: String,
}

async fn insert(
    app: &App,
    tx: &mut CoopTx,
    asking: Asking,
    (scopes, replaces): (&Scopes, Option<Uuid>),
) -> Result<Made, Problem> {
    if key_count(tx, asking.member).await? >= i64::from(KEYS_MAX) {
        let detail = format!("A member has at most {KEYS_MAX} keys that work. Revoke one that is not needed any more.");
        return Err(Problem::new(ProblemKind::LimitReached, detail).with("max", KEYS_MAX));
    }
    let parts = KeyParts {
        coop: asking.coop,
        id: Uuid::now_v7(),
        secret: random().map_err(Problem::internal)?,
    };
    let (pepper, mac) = app.secrets.key_mac(parts.id, &parts.secret);
    let made_at = clock(tx).await?.trunc_subsecs(0);
    let expires_at = made_at
        .checked_add_signed(TimeDelta::days(scopes.days.into()))
        .ok_or_else(|| Problem::field("expires_in_days", "too long"))?;
    let new = NewKey {
        id: parts.id,
        member: asking.member,
        name: &scopes.name,
        mac,
        pepper,
        models: scopes.models.as_deref(),
        endpoints: scopes.endpoints.as_deref(),
        networks: scopes.networks.as_deref(),
        call_units_max: scopes.call_units_max,
        cap: scopes.cap.as_ref().map(|(units, period)| (*units, period.as_str())),
        made_at,
        expires_at,
        replaces,
    };
    key_insert(tx, new).await?;
    let happened = [Event::AccessKeyMade {
        member: asking.member,
        key: parts.id,
        expires_at: timestamp(expires_at),
    }];
    events::append(tx, Some(asking.member), &happened).await?;
    let row = key_get(tx, asking.member, parts.id).await?;
    Ok(Made {
        view: view(row.ok_or_else(|| Problem::internal("a key that was just made is not there"))?),
        secret: parts.text(),
    })
}

/// Stores the answer without the text of the key, and gives it with it.
async fn finish(mut tx: CoopTx, asking: Asking, (ask, made): (&Ask, Made)) -> Result<Answer, Problem> {
    let kept = AccessKeySecret {
        key: made.view,
        secret: None,
    };
    idempotent::finish(&mut tx, asking.member.uuid(), ask, &Answer::created(&kept)?).await?;
    tx.commit().await?;
    Answer::created(&AccessKeySecret {
        secret: Some(made.secret),
        ..kept
    })
}

fn view(row: KeyRow) -> AccessKeyView {
    AccessKeyView {
        id: row.id,
        name: row.name,
        models: row.models,
        endpoints: row.endpoints,
        networks: row.networks,
        call_units_max: row.call_units_max.map(i64::unsigned_abs),
        cap: row.cap_units.zip(row.cap_period).map(|(units, period)| AccessKeyCap {
            units: units.unsigned_abs(),
            period,
        }),
        made_at: row.made_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        replaces: row.replaces,
        last_used: row.last_used.map(|at: DateTime<Utc>| at.date_naive().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_that_the_database_takes() {
        for good in [
            "0.0.0.0/0",
            "192.0.2.0/24",
            "192.0.2.1/32",
            "2001:db8::/32",
            "::/0",
            "::1/128",
        ] {
            assert!(is_network(good), "{good}");
        }
        for bad in [
            "192.0.2.1/24",
            "192.0.2.0",
            "192.0.2.0/33",
            "192.0.2.0/+8",
            "x/8",
            "2001:db8::1/64",
            "",
            "/",
        ] {
            assert!(!is_network(bad), "{bad}");
        }
    }
}
