//! Actions, done: a picture of the co-op under locks, what the actions change on it, and the rows and events of each change.

use std::collections::{BTreeMap, BTreeSet};

use chrono::SubsecRound as _;
use governance::action::{Action, ApplicationFacts, Change, MemberFacts, Obstacle, Planned, Snapshot};
use governance::bylaws::Bylaws;
use governance::event::{Event, Way};
use governance::hash::Hash32;
use governance::id::{AccountId, ApplicationId, MemberId, ProposalId};
use governance::membership::{Class, Role, Status};
use governance::record::Record as _;
use store::coop::{
    EventKind, NewBylaws, NewEvent, NewMember, account_coop_insert, bylaws_current, bylaws_insert, coop_get,
    member_event_insert, member_insert,
};
use store::decision::execution::{
    ApplicantRow, OfficeRow, applicants, applicants_lock, application_admit, offices, offices_lock,
};
use store::decision::proposal::clock;
use store::record::{NewRecord, RecordKind, record_append};
use store::{CoopTx, StoreError};
use uuid::Uuid;

use crate::failpoint::Failpoint;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain, timestamp};
use crate::services::{access, bylaws, events, halts, members, money, revenue, roles};

/// Why actions were not executed.
#[derive(Debug, thiserror::Error)]
pub enum Hindered {
    /// The co-op does not stand so that they could be.
    #[error("an action meets an obstacle: {0}")]
    Obstacle(#[from] Obstacle),
    /// The server failed.
    #[error("the server failed")]
    Problem(#[from] Problem),
}

/// What actions are decided on, with how everybody is called.
pub struct Scene {
    /// The picture.
    pub snapshot: Snapshot,
    /// The members' names.
    pub members: BTreeMap<MemberId, String>,
    /// The applicants.
    pub applicants: BTreeMap<ApplicationId, ApplicantRow>,
}

/// Reads what actions are decided on. `locked` keeps it so until the transaction ends.
///
/// # Errors
/// If the database fails.
pub async fn scene(tx: &mut CoopTx, planned: &[Planned], locked: bool) -> Result<Scene, Problem> {
    let members: Vec<Uuid> = planned
        .iter()
        .flat_map(|each| each.act.members())
        .map(|member| member.uuid())
        .collect();
    let waiting: Vec<Uuid> = planned
        .iter()
        .filter_map(|each| each.act.application())
        .map(|application| application.uuid())
        .collect();
    if locked {
        // Applications before members, as wherever both are locked.
        applicants_lock(tx, &waiting).await?;
        offices_lock(tx, &members).await?;
    }
    let in_force = bylaws_current(tx).await?.ok_or(RowDamage("bylaws"))?;
    let applicants = applicants(tx, &waiting).await?;
    let offices = offices(tx, &members).await?;
    let snapshot = Snapshot {
        bylaws_version: in_force.version.unsigned_abs(),
        bylaws: bylaws::content(&in_force)?,
        members: offices.iter().map(facts).collect::<Result<_, _>>()?,
        applications: applicants
            .iter()
            .map(|row| {
                let facts = ApplicationFacts {
                    is_pending: row.status == "pending",
                    is_member: row.is_member,
                };
                (ApplicationId::from_uuid(row.id), facts)
            })
            .collect(),
        is_halted: halts::in_force(tx).await?.is_some(),
        access: access::registry::facts(tx, planned, locked).await?,
        revenue: revenue::rules::facts(tx, planned).await?,
        money: money::terms::facts(tx, planned).await?,
    };
    Ok(Scene {
        snapshot,
        members: offices
            .into_iter()
            .map(|row| (MemberId::from_uuid(row.id), row.display_name))
            .collect(),
        applicants: applicants
            .into_iter()
            .map(|row| (ApplicationId::from_uuid(row.id), row))
            .collect(),
    })
}

fn facts(row: &OfficeRow) -> Result<(MemberId, MemberFacts), RowDamage> {
    let roles: Option<BTreeSet<Role>> = row.roles.iter().map(|name| Role::from_name(name)).collect();
    let facts = MemberFacts {
        status: Status::from_name(&row.status).ok_or(RowDamage("status"))?,
        roles: roles.ok_or(RowDamage("role"))?,
    };
    Ok((MemberId::from_uuid(row.id), facts))
}

/// Does every action that is due, and gives how many those were.
///
/// # Errors
/// [`Hindered`]; the transaction must then be dropped.
pub async fn perform(
    tx: &mut CoopTx,
    proposal: ProposalId,
    planned: &[Planned],
    elected: &[u16],
) -> Result<u16, Hindered> {
    let coop = coop_get(tx)
        .await
        .map_err(Problem::from)?
        .ok_or_else(Problem::not_found)?;
    let namespace = domain(&coop).map_err(Problem::from)?.namespace;
    let Scene {
        mut snapshot,
        applicants,
        ..
    } = scene(tx, planned, true).await?;
    let mut done: u16 = 0;
    for (index, each) in (0_u16..).zip(planned).filter(|(_, each)| each.is_due(elected)) {
        for change in snapshot.apply(&each.act, Some(elected))? {
            write(tx, (proposal, namespace), (&each.act, &change), &applicants).await?;
        }
        let happened = [Event::ActionExecuted {
            proposal,
            index,
            action: each.record(namespace).struct_hash(),
        }];
        events::append(tx, None, &happened).await.map_err(Problem::from)?;
        done = done.saturating_add(1);
        Failpoint::ActionExecuted.reach_in(&index.to_string());
    }
    snapshot.require_steward()?;
    Ok(done)
}

async fn write(
    tx: &mut CoopTx,
    (proposal, namespace): (ProposalId, Hash32),
    (act, change): (&Action, &Change),
    applicants: &BTreeMap<ApplicationId, ApplicantRow>,
) -> Result<(), Hindered> {
    match change {
        Change::BylawsAmended { version, .. } => {
            let Action::AmendBylaws { bylaws, .. } = act else {
                return Err(Problem::internal("bylaws that no action amends").into());
            };
            Ok(amend(tx, (proposal, namespace), *version, bylaws).await?)
        }
        Change::MemberAdmitted { application, class } => {
            let applicant = applicants
                .get(application)
                .ok_or(Obstacle::NoApplication(*application))?;
            admit(tx, proposal, applicant, *class).await
        }
        Change::StatusChanged {
            member,
            from,
            to,
            reason,
            ..
        } => Ok(members::set_status(tx, *member, (*from, *to), (Some(reason), None)).await?),
        Change::RoleGranted { member, role, reason } => {
            Ok(roles::give(tx, (*member, *role), (reason.as_deref(), None)).await?)
        }
        Change::RoleEnded { member, role, reason } => {
            Ok(roles::take(tx, (*member, *role), (reason.as_deref(), None)).await?)
        }
        Change::Halted { days, reason } => Ok(halts::begin_decided(tx, proposal, (*days, reason)).await?),
        Change::HaltEnded { reason } => Ok(halts::end_decided(tx, proposal, reason).await?),
        Change::RoleContested { .. } => Err(Problem::internal("an election without a count is executed").into()),
        Change::ToolSet { .. }
        | Change::ToolRetired { .. }
        | Change::ModelSet { .. }
        | Change::ModelRetired { .. }
        | Change::AccessPolicySet { .. } => Ok(access::registry::write(tx, proposal, (act, change)).await?),
        Change::RevenueRuleAdopted { hash, .. } => {
            let Action::AdoptRevenueRule { rule, .. } = act else {
                return Err(Problem::internal("a rule that no action adopts").into());
            };
            Ok(revenue::rules::adopt(tx, proposal, (rule, *hash)).await?)
        }
        Change::MoneyTermsSet { hash, .. } => {
            let Action::SetMoneyTerms { terms, .. } = act else {
                return Err(Problem::internal("terms that no action sets").into());
            };
            Ok(money::terms::set(tx, proposal, (terms, *hash)).await?)
        }
    }
}

/// Puts the next version of the bylaws in force, with its record. Proposals that were begun keep theirs.
async fn amend(
    tx: &mut CoopTx,
    (proposal, namespace): (ProposalId, Hash32),
    version: u64,
    bylaws: &Bylaws,
) -> Result<(), Problem> {
    let adopted_at = clock(tx).await?.trunc_subsecs(0);
    let salt = Hash32::from_bytes(crate::secrets::random().map_err(Problem::internal)?);
    let record = bylaws.record(namespace, version, timestamp(adopted_at), salt);
    let record_hash = record.struct_hash();
    let new = NewBylaws {
        version: i64::try_from(version).map_err(Problem::internal)?,
        content: &serde_json::to_value(bylaws).map_err(Problem::internal)?,
        salt,
        record_hash,
        adopted_by: None,
        adopted_by_proposal: Some(proposal),
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

async fn admit(tx: &mut CoopTx, proposal: ProposalId, applicant: &ApplicantRow, class: Class) -> Result<(), Hindered> {
    let application = ApplicationId::from_uuid(applicant.id);
    let account = AccountId::from_uuid(applicant.account_id);
    let member = MemberId::from_uuid(Uuid::now_v7());
    if !application_admit(tx, application, proposal)
        .await
        .map_err(Problem::from)?
    {
        return Err(Obstacle::NoApplication(application).into());
    }
    let new = NewMember {
        id: member,
        account,
        display_name: &applicant.display_name,
        class,
    };
    member_insert(tx, new)
        .await
        .map_err(|error| or_joined(error, application))?;
    account_coop_insert(tx, account).await.map_err(Problem::from)?;
    let event = NewEvent {
        member,
        kind: EventKind::Joined,
        detail: class.name(),
        reason: Some("by a decision of the members"),
        actor: None,
    };
    member_event_insert(tx, event).await.map_err(Problem::from)?;
    let happened = [
        Event::MemberAdmitted {
            member,
            class,
            way: Way::Application(application),
            name: &applicant.display_name,
        },
        Event::ApplicationDecided {
            application,
            admitted: Some(member),
            reason: None,
        },
    ];
    Ok(events::append(tx, None, &happened).await.map_err(Problem::from)?)
}

fn or_joined(error: StoreError, application: ApplicationId) -> Hindered {
    if error.is_constraint("member_current_of_account") {
        return Obstacle::AlreadyMember(application).into();
    }
    Problem::from(error).into()
}
