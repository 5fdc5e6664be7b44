//! What actions change: decided on a picture of the co-op, so that a preview and the execution cannot differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Action;
use super::access::AccessFacts;
use super::money::MoneyFacts;
use super::revenue::{RevenueFacts, RuleReading};
use crate::access::{Difference, ModelTerms, PolicyChange, ToolTerms, Weakness};
use crate::bylaws::Bylaws;
use crate::hash::Hash32;
use crate::id::{ApplicationId, MemberId};
use crate::membership::{Class, Role, Status, StatusActor, StatusRefusal, change_status};
use crate::time::Timestamp;

/// A member, as far as actions ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFacts {
    /// Where the membership stands.
    pub status: Status,
    /// The offices held.
    pub roles: BTreeSet<Role>,
}

/// An application, as far as actions ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationFacts {
    /// Whether it is still to be decided.
    pub is_pending: bool,
    /// Whether the person became a member in another way.
    pub is_member: bool,
}

/// The co-op, as far as actions ask: the members they name and all who hold an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of the bylaws in force.
    pub bylaws_version: u64,
    /// The bylaws in force.
    pub bylaws: Bylaws,
    /// The members.
    pub members: BTreeMap<MemberId, MemberFacts>,
    /// The applications.
    pub applications: BTreeMap<ApplicationId, ApplicationFacts>,
    /// Whether the co-op is halted.
    pub is_halted: bool,
    /// The shared tools.
    pub access: AccessFacts,
    /// The revenue rules.
    pub revenue: RevenueFacts,
    /// The terms of money.
    pub money: MoneyFacts,
}

/// How a kind of decision changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindChange {
    /// It is new.
    Added,
    /// It is no more.
    Removed,
    /// Its rule or its periods change.
    Changed,
}

/// Something that an action changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Bylaws come in force.
    BylawsAmended {
        /// Their version.
        version: u64,
        /// The kinds of decision that differ, by name.
        kinds: BTreeMap<String, KindChange>,
        /// Whether people join in another way.
        admission: bool,
    },
    /// An applicant becomes a member.
    MemberAdmitted {
        /// The application.
        application: ApplicationId,
        /// The class.
        class: Class,
    },
    /// A membership is suspended, reinstated, or ends.
    StatusChanged {
        /// The member.
        member: MemberId,
        /// Before.
        from: Status,
        /// After.
        to: Status,
        /// The offices that end by it.
        roles_ended: Vec<Role>,
        /// Why.
        reason: String,
    },
    /// A member gets an office.
    RoleGranted {
        /// The member.
        member: MemberId,
        /// The office.
        role: Role,
        /// Why; nothing where an election is the reason.
        reason: Option<String>,
    },
    /// An office ends.
    RoleEnded {
        /// The member.
        member: MemberId,
        /// The office.
        role: Role,
        /// Why; nothing where an election is the reason.
        reason: Option<String>,
    },
    /// The co-op is halted.
    Halted {
        /// For how many days.
        days: u16,
        /// Why.
        reason: String,
    },
    /// A halt ends.
    HaltEnded {
        /// Why.
        reason: String,
    },
    /// Before the count alone: the winners get an office, and those who hold it now lose it unless they win.
    RoleContested {
        /// The office.
        role: Role,
        /// Who holds it now.
        holders: Vec<MemberId>,
        /// Who stands for it.
        candidates: Vec<MemberId>,
    },
    /// A tool is there, or has other terms.
    ToolSet {
        /// Its name.
        tool: String,
        /// The terms before; nothing where it is new or was retired.
        before: Option<ToolTerms>,
        /// The terms after.
        after: ToolTerms,
        /// The models that it serves, with how many members used each lately, at least; nothing where few did.
        models: BTreeMap<String, Option<u64>>,
    },
    /// A tool is not used any more.
    ToolRetired {
        /// Its name.
        tool: String,
        /// The models that are not served any more by it, with how many members used each lately, at least; nothing where few did.
        models: BTreeMap<String, Option<u64>>,
        /// Who may use them until then.
        members: Vec<Difference>,
    },
    /// A model is there, or has other terms.
    ModelSet {
        /// Its name.
        model: String,
        /// The terms before; nothing where it is new or was retired.
        before: Option<ModelTerms>,
        /// The terms after.
        after: Box<ModelTerms>,
        /// Who gains by it and who loses.
        members: Vec<Difference>,
    },
    /// A model is not served any more.
    ModelRetired {
        /// Its name.
        model: String,
        /// How many members used it lately, at least; nothing where few did.
        users: Option<u64>,
        /// Who may use it until then.
        members: Vec<Difference>,
    },
    /// Another policy of use is in force.
    AccessPolicySet {
        /// Its version.
        version: u64,
        /// Who gains by it and who loses.
        #[serde(flatten)]
        effect: PolicyChange,
    },
    /// Another version of the revenue rule is adopted.
    RevenueRuleAdopted {
        /// Its version.
        version: u64,
        /// Its hash.
        hash: Hash32,
        /// The currency that it shares.
        currency: String,
        /// From when it says that it applies; never before it is adopted.
        effective_from: Timestamp,
        /// What it says, and what its legal profile says of it.
        reading: RuleReading,
    },
    /// Another version of the terms of money is set.
    MoneyTermsSet {
        /// Its version.
        version: u64,
        /// Its hash.
        hash: Hash32,
        /// What it says, in English.
        sentences: Vec<String>,
        /// In Chinese.
        sentences_zh: Vec<String>,
    },
}

/// Why an action cannot be executed as things stand; each says what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Other bylaws came in force.
    #[error(
        "it was written for version {replaces} of the bylaws, and version {current} is in force; decide again on the present ones"
    )]
    BylawsMoved {
        /// The version it was written for.
        replaces: u64,
        /// The version in force.
        current: u64,
    },
    /// The application is decided, or there is none.
    #[error("the application {0} is not waiting any more")]
    NoApplication(ApplicationId),
    /// The applicant is a member.
    #[error("the applicant of {0} has become a member in another way")]
    AlreadyMember(ApplicationId),
    /// There is no such member.
    #[error("the co-op has no member {0}")]
    NoMember(MemberId),
    /// The membership does not stand so that it could change.
    #[error("the status of member {member} cannot change: {refusal}")]
    Status {
        /// The member.
        member: MemberId,
        /// Why.
        refusal: StatusRefusal,
    },
    /// Only active members hold offices.
    #[error("member {member} is {}, and only active members hold offices; reinstate or replace the member first", .status.name())]
    NotActive {
        /// The member.
        member: MemberId,
        /// Where the membership stands.
        status: Status,
    },
    /// The office is held already.
    #[error("member {member} is {} already", .role.name())]
    RoleHeld {
        /// The member.
        member: MemberId,
        /// The office.
        role: Role,
    },
    /// The office is not held.
    #[error("member {member} is not {} any more", .role.name())]
    RoleNotHeld {
        /// The member.
        member: MemberId,
        /// The office.
        role: Role,
    },
    /// Somebody elected who was no candidate.
    #[error("an option was elected that has no member behind it")]
    NoCandidate,
    /// One halt at a time.
    #[error("the co-op is halted already; decide again once that has ended, or end it first")]
    Halted,
    /// There is no halt to end.
    #[error("the co-op is not halted any more")]
    NotHalted,
    /// A co-op needs a steward.
    #[error("no active steward would remain; make another member steward first")]
    NoSteward,
    /// Another policy came in force.
    #[error(
        "it was written for version {replaces} of the policy of use, and version {current} is the newest; decide again on that one"
    )]
    PolicyMoved {
        /// The version it was written for.
        replaces: u64,
        /// The newest.
        current: u64,
    },
    /// There is no such tool in use.
    #[error("no tool {0} is in use; register it first")]
    NoTool(String),
    /// There is no such model.
    #[error("no model {0} is served")]
    NoModel(String),
    /// A fallback that is weaker than what it stands in for.
    #[error("{fallback} cannot answer in the place of {model}: it {}", weakness.sentence())]
    WeakerFallback {
        /// The model.
        model: String,
        /// What should answer in its place.
        fallback: String,
        /// In what it is weaker.
        weakness: Weakness,
    },
    /// Another revenue rule was adopted.
    #[error(
        "it is version {version} of the revenue rule, and version {current} is the newest, with the hash {hash}; write the next version \
         on that one and decide again"
    )]
    RevenueRuleMoved {
        /// The version it is.
        version: u64,
        /// The newest.
        current: u64,
        /// Its hash.
        hash: Hash32,
    },
    /// Other terms of money were set.
    #[error(
        "they are version {version} of the terms of money, and version {current} is the newest, with the hash {hash}; write the next \
         version on that one and decide again"
    )]
    MoneyTermsMoved {
        /// The version they are.
        version: u64,
        /// The newest.
        current: u64,
        /// Its hash.
        hash: Hash32,
    },
    /// The price of a share or the currency would change.
    #[error("the price of a share and the currency stay what they were in the terms before")]
    SharePriceMoved,
}

impl Snapshot {
    /// What an action changes, and makes the picture what it then is. `elected` are the options elected, from 0; `None` before the
    /// count.
    ///
    /// # Errors
    /// [`Obstacle`] where it cannot be done as things stand; the picture is then worth nothing.
    pub fn apply(&mut self, action: &Action, elected: Option<&[u16]>) -> Result<Vec<Change>, Obstacle> {
        match action {
            Action::AmendBylaws { replaces, bylaws, .. } => self.amend(*replaces, bylaws),
            Action::Admit { application, class, .. } => self.admit(*application, *class),
            Action::Suspend { member, reason, .. } => self.change_status(*member, Status::Suspended, reason),
            Action::Reinstate { member, reason, .. } => self.change_status(*member, Status::Active, reason),
            Action::Expel { member, reason, .. } => self.change_status(*member, Status::Expelled, reason),
            Action::GrantRole {
                member, role, reason, ..
            } => Ok(vec![self.grant(*member, *role, Some(reason))?]),
            Action::EndRole {
                member, role, reason, ..
            } => Ok(vec![self.end(*member, *role, Some(reason))?]),
            Action::Halt { days, reason, .. } => self.halt(*days, reason),
            Action::EndHalt { reason, .. } => self.end_halt(reason),
            Action::SeatWinners { role, candidates, .. } => match elected {
                Some(elected) => self.seat(*role, candidates, elected),
                None => Ok(vec![Change::RoleContested {
                    role: *role,
                    holders: self.holders(*role),
                    candidates: candidates.clone(),
                }]),
            },
            Action::SetTool { tool, terms, .. } => self.access.set_tool(tool, terms),
            Action::RetireTool { tool, .. } => Ok(vec![self.access.retire_tool(tool)?]),
            Action::SetModel { model, terms, .. } => self.access.set_model(model, terms),
            Action::RetireModel { model, .. } => Ok(vec![self.access.retire_model(model)?]),
            Action::SetAccessPolicy { replaces, policy, .. } => Ok(vec![self.access.set_policy(*replaces, policy)?]),
            Action::AdoptRevenueRule { rule, .. } => Ok(vec![self.revenue.adopt(rule)?]),
            Action::SetMoneyTerms { terms, .. } => Ok(vec![self.money.set(terms)?]),
        }
    }

    /// Whether an active steward remains, after everything is done.
    ///
    /// # Errors
    /// [`Obstacle::NoSteward`].
    pub fn require_steward(&self) -> Result<(), Obstacle> {
        let is_steward = |facts: &MemberFacts| facts.status == Status::Active && facts.roles.contains(&Role::Steward);
        if self.members.values().any(is_steward) {
            Ok(())
        } else {
            Err(Obstacle::NoSteward)
        }
    }

    fn holders(&self, role: Role) -> Vec<MemberId> {
        self.members
            .iter()
            .filter(|(_, facts)| facts.roles.contains(&role))
            .map(|(member, _)| *member)
            .collect()
    }

    fn amend(&mut self, replaces: u64, bylaws: &Bylaws) -> Result<Vec<Change>, Obstacle> {
        if replaces != self.bylaws_version {
            return Err(Obstacle::BylawsMoved {
                replaces,
                current: self.bylaws_version,
            });
        }
        let (old, new) = (&self.bylaws.kinds, &bylaws.kinds);
        let mut kinds = BTreeMap::new();
        for name in old.keys().chain(new.keys()) {
            let change = match (old.get(name), new.get(name)) {
                (Some(before), Some(after)) if before == after => continue,
                (Some(_), Some(_)) => KindChange::Changed,
                (Some(_), None) => KindChange::Removed,
                (None, _) => KindChange::Added,
            };
            kinds.insert(name.clone(), change);
        }
        let admission = self.bylaws.admission != bylaws.admission;
        self.bylaws_version = self.bylaws_version.saturating_add(1);
        self.bylaws = bylaws.clone();
        Ok(vec![Change::BylawsAmended {
            version: self.bylaws_version,
            kinds,
            admission,
        }])
    }

    fn admit(&mut self, application: ApplicationId, class: Class) -> Result<Vec<Change>, Obstacle> {
        let facts = self.applications.get_mut(&application);
        let facts = facts
            .filter(|facts| facts.is_pending)
            .ok_or(Obstacle::NoApplication(application))?;
        if facts.is_member {
            return Err(Obstacle::AlreadyMember(application));
        }
        facts.is_pending = false;
        Ok(vec![Change::MemberAdmitted { application, class }])
    }

    fn change_status(&mut self, member: MemberId, to: Status, reason: &str) -> Result<Vec<Change>, Obstacle> {
        let facts = self.members.get_mut(&member).ok_or(Obstacle::NoMember(member))?;
        let from = facts.status;
        // What the members decide may do what a steward may: no more, since leaving stays a member's own act.
        let to =
            change_status(from, to, StatusActor::Steward).map_err(|refusal| Obstacle::Status { member, refusal })?;
        facts.status = to;
        let roles_ended: Vec<Role> = if to == Status::Active {
            Vec::new()
        } else {
            std::mem::take(&mut facts.roles).into_iter().collect()
        };
        Ok(vec![Change::StatusChanged {
            member,
            from,
            to,
            roles_ended,
            reason: reason.to_owned(),
        }])
    }

    fn halt(&mut self, days: u16, reason: &str) -> Result<Vec<Change>, Obstacle> {
        if std::mem::replace(&mut self.is_halted, true) {
            return Err(Obstacle::Halted);
        }
        let reason = reason.to_owned();
        Ok(vec![Change::Halted { days, reason }])
    }

    fn end_halt(&mut self, reason: &str) -> Result<Vec<Change>, Obstacle> {
        if !std::mem::replace(&mut self.is_halted, false) {
            return Err(Obstacle::NotHalted);
        }
        let reason = reason.to_owned();
        Ok(vec![Change::HaltEnded { reason }])
    }

    fn grant(&mut self, member: MemberId, role: Role, reason: Option<&str>) -> Result<Change, Obstacle> {
        let facts = self.members.get_mut(&member).ok_or(Obstacle::NoMember(member))?;
        if facts.status != Status::Active {
            let status = facts.status;
            return Err(Obstacle::NotActive { member, status });
        }
        if !facts.roles.insert(role) {
            return Err(Obstacle::RoleHeld { member, role });
        }
        Ok(Change::RoleGranted {
            member,
            role,
            reason: reason.map(str::to_owned),
        })
    }

    fn end(&mut self, member: MemberId, role: Role, reason: Option<&str>) -> Result<Change, Obstacle> {
        let facts = self.members.get_mut(&member).ok_or(Obstacle::NoMember(member))?;
        if !facts.roles.remove(&role) {
            return Err(Obstacle::RoleNotHeld { member, role });
        }
        Ok(Change::RoleEnded {
            member,
            role,
            reason: reason.map(str::to_owned),
        })
    }

    fn seat(&mut self, role: Role, candidates: &[MemberId], elected: &[u16]) -> Result<Vec<Change>, Obstacle> {
        let winners = elected
            .iter()
            .map(|option| candidates.get(usize::from(*option)).copied())
            .collect::<Option<BTreeSet<MemberId>>>()
            .ok_or(Obstacle::NoCandidate)?;
        let holders: BTreeSet<MemberId> = self.holders(role).into_iter().collect();
        let mut changes = Vec::new();
        for member in holders.difference(&winners) {
            changes.push(self.end(*member, role, None)?);
        }
        for member in winners.difference(&holders) {
            changes.push(self.grant(*member, role, None)?);
        }
        Ok(changes)
    }
}
