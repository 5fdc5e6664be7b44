//! The meter of the gateway, over the books in PostgreSQL.
//!
//! Nothing about a key is believed from one call to the next. What is remembered is which co-op a hold of this process belongs to, since a
//! hold is settled by the process that runs its call; another one's are swept when their leases end. And where calls cost nothing, what one
//! was told is told the next, as long as the database has the same mark for it ([`super::free`]).
//!
//! Calls of a co-op that come while others are being admitted, or settled, are admitted, or settled, together with the next: one round
//! trip and one commit for all of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use governance::access::{ANSWERS_MAX, KeyParts, Price, Unfit};
use governance::id::{CoopId, HoldId, MemberId, ProposalId, UpstreamId};
use store::Store;
use store::access::meter::{AdmitAsk, Admitted, Open, SettleAsk, StopWhy, Target};
use store::access::{
    AccountRow, KeyRow, accounts_of_key, accounts_of_member, key_by_mac, models, policy_in_force, subject_get,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::batches::{Batches, fault, unavailable};
use super::crowd::Crowd;
use super::free::{FreeCalls, Shape, Standing};
use super::{charge_rule, model_terms, policy, subject};
use crate::gateway::meter::{
    Admission, AllowanceLine, AllowanceView, Ask, HoldState, Meter, MeterFault, ModelTarget, ModelView, Outcome,
    PartialChargeRule, PolicyLine, PolicyView, Refusal, Settlement, Stop, UpstreamKind, UsageSource,
};
use crate::secrets::Secrets;
use crate::services::decision_rows::RowDamage;

/// How long a hold lasts without being renewed.
pub const LEASE_SECONDS: u16 = 30;
/// How many expired holds are swept when an allowance seems used up.
const SWEEP_MAX: u16 = 64;

/// How many settled holds are remembered, for whoever settles one again.
const SETTLED_MAX: usize = 4_096;
/// How many keys are vouched for; then all are looked at again.
const VOUCHED_MAX: usize = 16_384;

/// The co-ops of the holds of this process: of those that run, and of the last that were settled.
#[derive(Default)]
struct Known {
    coops: HashMap<HoldId, CoopId>,
    /// Calls that cost nothing and ended before they became holds.
    free: HashSet<HoldId>,
    settled: VecDeque<HoldId>,
}

impl Known {
    fn end(&mut self, hold: HoldId) {
        self.settled.push_back(hold);
        while self.settled.len() > SETTLED_MAX {
            if let Some(old) = self.settled.pop_front() {
                self.coops.remove(&old);
                self.free.remove(&old);
            }
        }
    }
}

/// The meter.
#[derive(Clone)]
pub struct Books {
    store: Store,
    secrets: Arc<Secrets>,
    known: Arc<Mutex<Known>>,
    batches: Arc<Batches>,
    free: Arc<FreeCalls>,
    /// What keys were worth something when they were looked at: their codes, never themselves.
    vouched: Arc<Mutex<HashSet<[u8; 32]>>>,
}

/// A key that was looked at, with the co-op it is of.
pub(super) struct Looked {
    coop: CoopId,
    pub(super) key: KeyRow,
}

impl Books {
    /// Over a database, with the peppers of the deployment; to be called in the runtime that is to do the work.
    #[must_use]
    pub fn start(store: Store, secrets: Arc<Secrets>) -> Self {
        let batches = Arc::new(Batches::start(store.clone()));
        let known = Arc::<Mutex<Known>>::default();
        let holds = Arc::clone(&known);
        let free = FreeCalls::start(Arc::clone(&batches), move |hold, coop| {
            locked(&holds).coops.insert(hold, coop);
        });
        Self {
            store,
            secrets,
            known,
            batches,
            free,
            vouched: Arc::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        locked(&self.known)
    }

    fn macs(&self, parts: &KeyParts) -> Vec<[u8; 32]> {
        self.secrets.key_macs(parts.id, &parts.secret)
    }

    /// Admits; where an allowance seems used up, leases that ended are settled first, and it is tried once more.
    async fn admit_once_swept(&self, coop: CoopId, ask: AdmitAsk) -> Result<Admitted, Refusal> {
        let first = self.batches.admit(coop, ask.clone()).await?;
        if !matches!(&first, Admitted::AllowanceUsedUp(account) if account.held > 0) {
            return Ok(first);
        }
        if self.store.access_sweep(coop, SWEEP_MAX).await.map_err(unavailable)? == 0 {
            return Ok(first);
        }
        self.batches.admit(coop, ask).await
    }

    /// Admits and notes the hold. Whoever stops waiting for the answer leaves no hold behind.
    async fn admit_whole(&self, coop: CoopId, ask: AdmitAsk) -> Result<Admitted, Refusal> {
        let (asker, answer) = oneshot::channel();
        let (books, hold) = (self.clone(), ask.hold);
        tokio::spawn(async move {
            let admitted = books.admit_once_swept(coop, ask).await;
            let is_open = matches!(admitted, Ok(Admitted::Admitted(_)));
            if is_open {
                books.known().coops.insert(hold, coop);
            }
            if asker.send(admitted).is_err() && is_open {
                books.let_go(hold).await;
            }
        });
        answer.await.map_err(|_| Refusal::Unavailable)?
    }

    /// Settles a hold for which nothing was asked of anybody.
    async fn let_go(&self, hold: HoldId) {
        let nothing = Outcome {
            state: HoldState::NothingSent,
            usage: None,
            source: UsageSource::Bound,
            first_byte: false,
            fallback: None,
            flagged: false,
        };
        if let Err(fault) = self.settle(hold, &nothing).await {
            tracing::warn!(error.cause = %fault, "a hold that nobody needs falls to its lease");
        }
    }

    /// The admission; where there can be none, nothing stays set aside.
    async fn admission_or_none(&self, ids: (CoopId, HoldId), answers: u32, open: Open) -> Result<Admission, Refusal> {
        let admission = self.admission(ids, answers, open);
        if admission.is_err() {
            self.let_go(ids.1).await;
        }
        admission
    }

    fn admission(&self, ids: (CoopId, HoldId), answers: u32, open: Open) -> Result<Admission, Refusal> {
        let (coop, hold) = ids;
        let fallbacks = open.fallbacks.into_iter().map(|fallback| self.target(coop, fallback));
        let fallbacks = fallbacks.collect::<Result<_, _>>()?;
        let rule = charge_rule(&open.rule).map_err(unavailable)?;
        Ok(Admission {
            hold,
            coop,
            member: MemberId::from_uuid(open.member),
            model: self.target(coop, open.target)?,
            fallbacks,
            input_max: open.input_max,
            output_max: open.output_max,
            clamped: open.clamped,
            answers,
            units_held: open.units,
            weight: open.weight,
            rule: seam_rule(rule),
            proposal: open.proposal.map(ProposalId::from_uuid),
        })
    }

    fn target(&self, coop: CoopId, model: Target) -> Result<ModelTarget, Refusal> {
        let unseal = |sealed: &str| {
            let sealed = hex::decode(sealed).map_err(unavailable)?;
            self.secrets.unseal(coop, &model.base_url, &sealed).map_err(unavailable)
        };
        Ok(ModelTarget {
            provider_key: model.provider_key.as_deref().map(unseal).transpose()?,
            id: model.name,
            upstream: UpstreamId::from_uuid(model.upstream_id),
            base_url: model.base_url,
            upstream_name: model.upstream_name,
            kind: upstream_kind(&model.kind),
            external: model.external,
            first_byte_timeout: Duration::from_secs(model.first_byte_seconds.into()),
            idle_timeout: Duration::from_secs(model.idle_seconds.into()),
            slots: model.slots,
        })
    }

    /// A key that is worth something, in a transaction of its co-op.
    pub(super) async fn look(&self, key: &str) -> Result<(Looked, store::CoopTx), Refusal> {
        let parts = KeyParts::read(key).map_err(|_| Refusal::BadKey)?;
        let mut tx = self
            .store
            .coop_tx("access_look", parts.coop)
            .await
            .map_err(unavailable)?;
        let row = key_by_mac(&mut tx, parts.id, &self.macs(&parts))
            .await
            .map_err(unavailable)?;
        let key = row.ok_or(Refusal::BadKey)?;
        Ok((Looked { coop: parts.coop, key }, tx))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn upstream_kind(name: &str) -> UpstreamKind {
    match name {
        "llama_cpp" => UpstreamKind::LlamaCpp,
        "vllm" => UpstreamKind::Vllm,
        _ => UpstreamKind::Plain,
    }
}

/// The rule as the gateway calls it.
#[must_use]
pub const fn seam_rule(rule: governance::access::PartialChargeRule) -> PartialChargeRule {
    match rule {
        governance::access::PartialChargeRule::FullHold => PartialChargeRule::FullHold,
        governance::access::PartialChargeRule::Counted => PartialChargeRule::Counted,
        governance::access::PartialChargeRule::InputOnly => PartialChargeRule::InputOnly,
        governance::access::PartialChargeRule::Nothing => PartialChargeRule::Nothing,
    }
}

const fn seam_stop(why: StopWhy) -> Stop {
    match why {
        StopWhy::Revoked => Stop::Revoked,
        StopWhy::Halted => Stop::Halted,
        StopWhy::Ended => Stop::Ended,
    }
}

const fn ending(state: HoldState) -> &'static str {
    match state {
        HoldState::Finished => "finished",
        HoldState::CutAtBound => "cut_at_bound",
        HoldState::ClientGone => "client_gone",
        HoldState::UpstreamFailed => "upstream_failed",
        HoldState::NothingSent => "nothing_sent",
    }
}

const fn source(source: UsageSource) -> &'static str {
    match source {
        UsageSource::Final => "final",
        UsageSource::Continuous => "continuous",
        UsageSource::Counted => "counted",
        UsageSource::Bound => "bound",
    }
}

/// Numbers from outside are cut where no model reaches: what is cut is refused as too long anyway.
fn cut(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Without a price nothing else can be in the way.
fn unfit(why: Unfit) -> Refusal {
    match why {
        Unfit::Context { limit, asked } => Refusal::ContextTooLong { limit, asked },
        Unfit::Answers | Unfit::Affordable { .. } => Refusal::Unavailable,
    }
}

/// An account as it is shown, with what is spent of it where that may be seen.
pub fn line(row: AccountRow, may_see: bool) -> AllowanceLine {
    let is_named = matches!(row.kind.as_str(), "class" | "role");
    AllowanceLine {
        limit: row.kind,
        subject: is_named.then_some(row.subject),
        period: Some(row.period),
        cap: row.cap.unsigned_abs(),
        spent: may_see.then(|| row.spent.unsigned_abs()),
        held: may_see.then(|| row.held.unsigned_abs()),
        resets_at: Some(row.ends_at),
        proposal: row.proposal_id.map(ProposalId::from_uuid),
    }
}

#[async_trait]
impl Meter for Books {
    async fn vouch(&self, key: &str) -> Result<(), Refusal> {
        let parts = KeyParts::read(key).map_err(|_| Refusal::BadKey)?;
        let code = self.macs(&parts).into_iter().next().ok_or(Refusal::Unavailable)?;
        if locked(&self.vouched).contains(&code) {
            return Ok(());
        }
        drop(self.look(key).await?);
        let mut vouched = locked(&self.vouched);
        if vouched.len() >= VOUCHED_MAX {
            vouched.clear();
        }
        vouched.insert(code);
        Ok(())
    }

    async fn admit(&self, ask: &Ask<'_>) -> Result<Admission, Refusal> {
        let parts = KeyParts::read(ask.key).map_err(|_| Refusal::BadKey)?;
        let model = ask.model.to_owned();
        if ask.n == 0 || ask.n > ANSWERS_MAX {
            return Err(Refusal::TooManyAnswers { limit: ANSWERS_MAX });
        }
        let hold = HoldId::from_uuid(Uuid::now_v7());
        let asked = AdmitAsk {
            key: parts.id,
            macs: self.macs(&parts),
            client: ask.client.map(|client| client.to_canonical().to_string()),
            endpoint: ask.endpoint.name(),
            model: model.clone(),
            bytes: cut(ask.input_bound),
            messages: cut(ask.messages),
            answers: ask.n,
            output: ask.max_output.map(cut),
            lease_seconds: LEASE_SECONDS,
            hold,
        };
        let shape = Shape::of(parts.coop, &asked);
        let standing = self.free.standing(&shape);
        // The mark is older than what is looked up after it, so what changes in between makes it void.
        let mark = match standing {
            Some(Standing::Costs) => None,
            Some(Standing::Free(_)) | None => self.batches.mark(parts.coop, parts.id).await?,
        };
        if let Some(Standing::Free(free)) = standing
            && mark.as_ref() == Some(&free.mark)
        {
            let open = self.free.admit(parts.coop, &asked, &free).map_err(unfit)?;
            return self.admission_or_none((parts.coop, hold), ask.n, open).await;
        }
        match self.admit_whole(parts.coop, asked).await? {
            Admitted::Admitted(open) => {
                self.free.learn(shape, mark, &open);
                self.admission_or_none((parts.coop, hold), ask.n, *open).await
            }
            Admitted::BadKey => Err(Refusal::BadKey),
            Admitted::ModelNotFound => Err(Refusal::ModelNotFound { model }),
            Admitted::ModelNotPermitted => Err(self.not_permitted(ask).await),
            Admitted::ModelUnproved => Err(Refusal::ModelUnproved { model }),
            Admitted::Halted { until } => Err(Refusal::Halted { until }),
            Admitted::ContextTooLong { limit, asked } => Err(Refusal::ContextTooLong { limit, asked }),
            Admitted::AllowanceUsedUp(account) => Err(self.used_up(ask.key, *account).await),
        }
    }

    async fn settle(&self, hold: HoldId, outcome: &Outcome) -> Result<Settlement, MeterFault> {
        let ask = SettleAsk {
            ending: ending(outcome.state),
            source: source(outcome.source),
            usage: outcome.usage.map(|usage| (cut(usage.input), cut(usage.output))),
            first_byte: outcome.first_byte,
            flagged: outcome.flagged,
            fallback: outcome.fallback.and_then(|place| u16::try_from(place).ok()),
        };
        let is_free = self.free.end(hold, ask);
        let coop = {
            let mut known = self.known();
            if is_free {
                known.free.insert(hold);
                known.end(hold);
            }
            if known.free.contains(&hold) {
                return Ok(Settlement { charged: 0, excess: 0 });
            }
            known.coops.get(&hold).copied()
        };
        let coop = coop.ok_or_else(|| MeterFault(String::from("no hold of this program")))?;
        let settled = self.batches.settle(coop, hold, ask).await?;
        let settled = settled.ok_or_else(|| MeterFault(String::from("no such hold")))?;
        self.known().end(hold);
        if settled.excess > 0 {
            tracing::error!(hold.id = %hold, usage.excess = settled.excess, "an upstream claims more than was set aside");
        }
        Ok(Settlement {
            charged: settled.charged,
            excess: settled.excess,
        })
    }

    fn unbooked(&self) -> usize {
        self.free.unnoted()
    }

    async fn renew(&self, holds: &[HoldId]) -> Result<Vec<(HoldId, Stop)>, MeterFault> {
        let mut by_coop: HashMap<CoopId, Vec<Uuid>> = HashMap::new();
        let mut stop = Vec::new();
        let ours: HashSet<HoldId> = holds.iter().copied().collect();
        self.free.open(|hold, _| ours.contains(&hold)).await;
        let holds: Vec<&HoldId> = holds.iter().filter(|hold| !self.free.runs(**hold)).collect();
        {
            let known = self.known();
            for hold in holds {
                match known.coops.get(hold) {
                    Some(coop) => by_coop.entry(*coop).or_default().push(hold.uuid()),
                    None => stop.push((*hold, Stop::Ended)),
                }
            }
        }
        for (coop, holds) in by_coop {
            let ended = self
                .store
                .access_renew(coop, &holds, LEASE_SECONDS)
                .await
                .map_err(|error| fault(&error))?;
            for stopped in ended {
                stop.push((HoldId::from_uuid(stopped.hold), seam_stop(stopped.why)));
            }
        }
        Ok(stop)
    }

    async fn models(&self, key: &str) -> Result<Vec<ModelView>, Refusal> {
        let (looked, mut tx) = self.look(key).await?;
        let rows = models(&mut tx).await.map_err(unavailable)?;
        let row = subject_get(&mut tx, MemberId::from_uuid(looked.key.member_id))
            .await
            .map_err(unavailable)?
            .ok_or(Refusal::BadKey)?;
        let subject = subject(&row).map_err(unavailable)?;
        let in_force = policy_in_force(&mut tx, None).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        let in_force = in_force.as_ref().map(policy).transpose().map_err(unavailable)?;
        let is_served = |row: &&store::access::ModelRow| {
            let of_key = |models: &Vec<String>| models.contains(&row.name);
            row.retired_at.is_none()
                && row.proved_at.is_some()
                && row.tool_retired_at.is_none()
                && looked.key.models.as_ref().is_none_or(of_key)
                && in_force
                    .as_ref()
                    .is_none_or(|policy| policy.permits(&subject, &row.name))
        };
        let owner = looked.coop.to_string();
        rows.iter()
            .filter(is_served)
            .map(|row| {
                let terms = model_terms(row)?;
                let Price { input, output, call } = terms.price;
                Ok(ModelView {
                    id: row.name.clone(),
                    created: row.registered_at.timestamp(),
                    owned_by: if row.external { row.tool.clone() } else { owner.clone() },
                    licence: terms.licence,
                    data_location: row.data_location.clone(),
                    external: row.external,
                    context_tokens: terms.context_tokens,
                    input_units_per_thousand: input.saturating_mul(1_000),
                    output_units_per_thousand: output.saturating_mul(1_000),
                    call_units: call,
                    proposal: Some(ProposalId::from_uuid(row.proposal_id)),
                })
            })
            .collect::<Result<_, RowDamage>>()
            .map_err(unavailable)
    }

    async fn allowance(&self, key: &str) -> Result<AllowanceView, Refusal> {
        let (looked, mut tx) = self.look(key).await?;
        let member = MemberId::from_uuid(looked.key.member_id);
        let mut rows = accounts_of_member(&mut tx, member).await.map_err(unavailable)?;
        rows.extend(accounts_of_key(&mut tx, looked.key.id).await.map_err(unavailable)?);
        let crowd = Crowd::read(&mut tx).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        let shown = rows.into_iter().map(|row| {
            let may_see = crowd.may_see(&row);
            line(row, may_see)
        });
        Ok(AllowanceView {
            limits: shown.collect(),
        })
    }

    async fn policy(&self, key: &str) -> Result<PolicyView, Refusal> {
        let (looked, mut tx) = self.look(key).await?;
        let member = MemberId::from_uuid(looked.key.member_id);
        let rows = accounts_of_member(&mut tx, member).await.map_err(unavailable)?;
        let row = subject_get(&mut tx, member)
            .await
            .map_err(unavailable)?
            .ok_or(Refusal::BadKey)?;
        let in_force = policy_in_force(&mut tx, None).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        let subject = subject(&row).map_err(unavailable)?;
        let Some(in_force) = in_force else {
            return Ok(PolicyView {
                version: None,
                proposal: None,
                policies: Vec::new(),
                expired_charge_rule: PartialChargeRule::Counted,
                partial_charge_rule: PartialChargeRule::Counted,
                weight: 1,
            });
        };
        let content = policy(&in_force).map_err(unavailable)?;
        let policies = rows
            .into_iter()
            .map(|row| PolicyLine {
                scope: row.kind,
                subject: (!row.subject.is_empty()).then_some(row.subject),
                cap: Some(row.cap.unsigned_abs()),
                period: Some(row.period),
                effective_at: row.since.unwrap_or(in_force.effective_at),
                proposal: row.proposal_id.map(ProposalId::from_uuid),
            })
            .collect();
        Ok(PolicyView {
            version: Some(in_force.version),
            proposal: Some(ProposalId::from_uuid(in_force.proposal_id)),
            policies,
            expired_charge_rule: seam_rule(content.expired_charge),
            partial_charge_rule: seam_rule(content.partial_charge),
            weight: content.weight(&subject),
        })
    }
}
