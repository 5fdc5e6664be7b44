//! Founding a co-op.

use chrono::{DateTime, SubsecRound as _, Utc};
use governance::bylaws::Bylaws;
use governance::event::{Event, Way};
use governance::hash::Hash32;
use governance::id::{AccountId, CoopId, MemberId};
use governance::membership::{Class, Role};
use governance::record::{Record as _, namespace_on_chain, namespace_without_chain};
use governance::time::Timestamp;
use sha2::{Digest as _, Sha256};
use store::coop::{
    ChainPlace, EventKind, NewBylaws, NewCoop, NewEvent, NewMember, account_coop_insert, bylaws_insert, coop_get,
    coop_insert, coops_of_account, directory_insert, member_event_insert, member_insert, role_insert,
};
use store::record::{NewRecord, RecordKind, record_append};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::coop::FoundCoop;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::config::Founding;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::problem::Problem;
use crate::services::{coops, events, idempotent, names};

/// The most co-ops of an account that still founds one: each may send invitations to anyone.
const COOPS_MAX: i64 = 100;
const SLUG_LENGTH: std::ops::RangeInclusive<usize> = 3..=40;

/// What a founder asked for, parsed.
struct Plan {
    slug: String,
    name: String,
    display_name: String,
    class: Class,
    bylaws: Bylaws,
}

/// Founds a co-op; the caller becomes its first member and steward.
///
/// # Errors
/// 403 where only the operator founds, 409 where the short name is taken, 422 for what is not acceptable.
pub async fn found(app: &App, signed_in: SignedIn, command: Command<FoundCoop>) -> Result<Answer, Problem> {
    match app.config.server.founding {
        Founding::Anyone => {
            require_room(app, signed_in.account, &command.ask.key).await?;
            found_as(app, signed_in.account, command.value, &command.ask).await
        }
        Founding::Operator => Err(operator_needed(
            "Only the operator of this server founds co-ops. Ask the operator.",
        )),
    }
}

/// Founds a co-op for an account, whoever may found here; for the operator's commands.
///
/// # Errors
/// As [`found`], but for the right.
pub async fn found_as(app: &App, account: AccountId, asked: FoundCoop, ask: &Ask) -> Result<Answer, Problem> {
    let plan = parse(asked)?;
    let mut tx = app.store.coop_tx("coop_found", coop_id(account, &ask.key)).await?;
    let is_new = insert(app, &mut tx, &plan).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, account.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    if !is_new {
        return Err(Problem::internal("a co-op stands without the effect that founded it"));
    }
    directory_insert(&mut tx, &plan.slug, app.chain.is_some())
        .await
        .map_err(slug_taken)?;
    let member = MemberId::from_uuid(Uuid::now_v7());
    let founder = NewMember {
        id: member,
        account,
        display_name: &plan.display_name,
        class: plan.class,
    };
    member_insert(&mut tx, founder).await?;
    account_coop_insert(&mut tx, account).await?;
    role_insert(&mut tx, member, Role::Steward).await?;
    begin_history(&mut tx, &plan, member).await?;
    adopt(&mut tx, &plan.bylaws).await?;
    let answer = Answer::created(&coops::read(app, &mut tx, member).await?)?;
    idempotent::finish(&mut tx, account.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Tells of the founding, and begins the history of the founder.
async fn begin_history(tx: &mut CoopTx, plan: &Plan, member: MemberId) -> Result<(), Problem> {
    let reason = Some("founded the co-op");
    for (kind, detail) in [
        (EventKind::Joined, plan.class.name()),
        (EventKind::RoleGranted, Role::Steward.name()),
    ] {
        let event = NewEvent {
            member,
            kind,
            detail,
            reason,
            actor: Some(member),
        };
        member_event_insert(tx, event).await?;
    }
    let happened = [
        Event::CoopFounded {
            coop: tx.coop(),
            slug: &plan.slug,
            name: &plan.name,
        },
        Event::MemberAdmitted {
            member,
            class: plan.class,
            way: Way::Founding,
            name: &plan.display_name,
        },
        Event::RoleGranted {
            member,
            role: Role::Steward,
            reason,
        },
    ];
    Ok(events::append(tx, Some(member), &happened).await?)
}

/// Makes sure that the account may found one more. A request that is repeated finds its co-op even at the limit.
async fn require_room(app: &App, account: AccountId, key: &str) -> Result<(), Problem> {
    let mut tx = app.store.global_tx("coops_of_account").await?;
    let mine = coops_of_account(&mut tx, account, Uuid::nil(), COOPS_MAX).await?;
    tx.commit().await?;
    let is_full = i64::try_from(mine.len()).is_ok_and(|count| count >= COOPS_MAX);
    if is_full && !mine.contains(&coop_id(account, key)) {
        return Err(operator_needed(format!(
            "You belong to {COOPS_MAX} co-ops or more; only the operator founds another one for you. Ask the operator."
        )));
    }
    Ok(())
}

fn operator_needed(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::RoleNeeded, detail).with("role", ["operator"])
}

/// The id of the co-op that this request founds: whoever repeats the request finds what it did the first time.
fn coop_id(account: AccountId, key: &str) -> CoopId {
    let hash = Sha256::new()
        .chain_update(account.uuid().as_bytes())
        .chain_update(key)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    CoopId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

fn parse(asked: FoundCoop) -> Result<Plan, Problem> {
    let bylaws = asked.bylaws.unwrap_or_else(Bylaws::founding);
    bylaws.check().map_err(|refusal| {
        Problem::new(
            ProblemKind::BylawsRefused,
            format!("{refusal}. Correct the bylaws and found the co-op again."),
        )
    })?;
    Ok(Plan {
        slug: slug(asked.slug)?,
        name: names::parse("name", &asked.name)?,
        display_name: names::parse("display_name", &asked.display_name)?,
        class: asked.class.unwrap_or(Class::Worker),
        bylaws,
    })
}

/// Whether a text can be the short name of a co-op: the same rule as in the schema.
pub(super) fn is_slug(text: &str) -> bool {
    SLUG_LENGTH.contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

fn slug(asked: String) -> Result<String, Problem> {
    if is_slug(&asked) {
        return Ok(asked);
    }
    Err(Problem::field(
        "slug",
        "it needs 3 to 40 characters of a-z, 0-9 and hyphen, the first a letter and the last no hyphen",
    ))
}

async fn insert(app: &App, tx: &mut CoopTx, plan: &Plan) -> Result<bool, Problem> {
    let coop = tx.coop();
    let (namespace, chain) = match &app.chain {
        Some(link) => {
            let (domain, registrar) = (link.domain(), link.registrar());
            let place = ChainPlace {
                chain_id: i64::try_from(domain.chain_id).map_err(Problem::internal)?,
                contract: domain.contract,
                registrar,
            };
            (namespace_on_chain(registrar, coop), Some(place))
        }
        None => (namespace_without_chain(coop), None),
    };
    let new = NewCoop {
        slug: &plan.slug,
        name: &plan.name,
        namespace,
        chain,
    };
    match coop_insert(tx, new).await {
        Ok(is_new) => Ok(is_new),
        // The same request is at it right now: as for any other effect in flight.
        Err(StoreError::Busy) => idempotent::earlier(Err(StoreError::Busy)).map(|_| false),
        Err(error) => Err(error.into()),
    }
}

/// Puts the first bylaws in force and adds their record.
async fn adopt(tx: &mut CoopTx, bylaws: &Bylaws) -> Result<(), Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let adopted_at: DateTime<Utc> = Utc::now().trunc_subsecs(0);
    let seconds = Timestamp(u64::try_from(adopted_at.timestamp()).map_err(Problem::internal)?);
    let salt = Hash32::from_bytes(crate::secrets::random().map_err(Problem::internal)?);
    let record_hash = bylaws.record(coops::namespace(&coop)?, 1, seconds, salt).struct_hash();
    let new = NewBylaws {
        version: 1,
        content: &serde_json::to_value(bylaws).map_err(Problem::internal)?,
        salt,
        record_hash,
        adopted_by: None,
        adopted_by_proposal: None,
        adopted_at,
    };
    bylaws_insert(tx, new).await?;
    let record = NewRecord {
        kind: RecordKind::Bylaws,
        subject: tx.coop().word(),
        record_hash,
    };
    record_append(tx, record).await?;
    Ok(())
}

fn slug_taken(error: StoreError) -> Problem {
    if error.is_constraint("coop_directory_slug_is_new") {
        return Problem::new(
            ProblemKind::SlugTaken,
            "Another co-op has this short name. Choose another one.",
        )
        .with("field", "slug");
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_founding_has_the_same_id_and_any_other_has_another() {
        let (ada, bob) = (
            AccountId::from_uuid(Uuid::now_v7()),
            AccountId::from_uuid(Uuid::now_v7()),
        );
        assert_eq!(coop_id(ada, "key"), coop_id(ada, "key"));
        assert_ne!(coop_id(ada, "key"), coop_id(ada, "other"));
        assert_ne!(coop_id(ada, "key"), coop_id(bob, "key"));
        assert_eq!(coop_id(ada, "key").uuid().get_version_num(), 8);
    }

    #[test]
    fn a_short_name_can_stand_in_an_address() {
        for good in ["abc", "a-b", "pioneers-1844", &"a".repeat(40)] {
            assert!(slug(good.to_owned()).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "ab",
            "-ab",
            "ab-",
            "1ab",
            "Abc",
            "a_b",
            "a b",
            "a/b",
            "äbc",
            &"a".repeat(41),
        ] {
            assert!(slug(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
