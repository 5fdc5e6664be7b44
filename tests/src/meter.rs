//! A meter that admits as a test tells it and remembers what it was told: a unit for each token.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use governance::access::{self, Charge, Ending, Held, Price};
use governance::id::{CoopId, HoldId, MemberId, UpstreamId};
use server::gateway::meter::{
    Admission, AllowanceLine, AllowanceView, Ask, HoldState, Meter, MeterFault, ModelTarget, ModelView, Outcome,
    PartialChargeRule, PolicyView, Refusal, Settlement, Stop, UpstreamKind, Usage,
};
use uuid::Uuid;

/// The only key it knows.
pub const KEY: &str = "rdk_test_secret_crc";

/// What it admits.
#[derive(Clone)]
pub struct Plan {
    /// The model.
    pub target: ModelTarget,
    /// Other ones.
    pub fallbacks: Vec<ModelTarget>,
    /// The most input tokens.
    pub input_max: u64,
    /// The most output tokens of one answer.
    pub output_max: u64,
    /// What broken calls cost.
    pub rule: PartialChargeRule,
    /// Admits nothing, for this reason.
    pub refusal: Option<Refusal>,
    /// How often settling fails before it succeeds.
    pub faults: usize,
    /// Says of every running call that it must stop.
    pub is_revoked: bool,
}

/// A settled call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// How it ended.
    pub outcome: Outcome,
    /// What was charged.
    pub charged: u64,
}

/// The meter.
pub struct FakeMeter {
    plan: Mutex<Plan>,
    open: Mutex<Vec<(HoldId, u64, u64)>>,
    settled: Mutex<Vec<Settled>>,
    asked: Mutex<Vec<(u64, u32, Option<u64>)>>,
}

/// A model at this origin.
#[must_use]
pub fn target(origin: &str) -> ModelTarget {
    ModelTarget {
        id: String::from("small"),
        upstream: UpstreamId::from_uuid(Uuid::now_v7()),
        base_url: format!("{origin}/v1"),
        upstream_name: String::from("smol.gguf"),
        provider_key: None,
        kind: UpstreamKind::Plain,
        external: false,
        first_byte_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(30),
        slots: 4_096,
    }
}

impl FakeMeter {
    /// One that admits calls to this model.
    #[must_use]
    pub fn new(target: ModelTarget) -> Self {
        let plan = Plan {
            target,
            fallbacks: Vec::new(),
            input_max: 100,
            output_max: 50,
            rule: PartialChargeRule::Counted,
            refusal: None,
            faults: 0,
            is_revoked: false,
        };
        Self {
            plan: Mutex::new(plan),
            open: Mutex::default(),
            settled: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// Changes what it does.
    ///
    /// # Panics
    /// If another thread panicked with it.
    pub fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    /// What was settled so far.
    ///
    /// # Panics
    /// If another thread panicked with it.
    #[must_use]
    pub fn settled(&self) -> Vec<Settled> {
        self.settled.lock().unwrap().clone()
    }

    /// The input bound, n and limit of each call that was asked.
    ///
    /// # Panics
    /// If another thread panicked with it.
    #[must_use]
    pub fn asked(&self) -> Vec<(u64, u32, Option<u64>)> {
        self.asked.lock().unwrap().clone()
    }

    /// How many holds are open.
    ///
    /// # Panics
    /// If another thread panicked with it.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.lock().unwrap().len()
    }

    fn known(&self, key: &str) -> Result<Plan, Refusal> {
        let plan = self.plan.lock().unwrap().clone();
        match &plan.refusal {
            _ if key != KEY => Err(Refusal::BadKey),
            Some(refusal) => Err(refusal.clone()),
            None => Ok(plan),
        }
    }
}

/// An allowance of a member.
#[must_use]
pub fn used_up(cap: u64, spent: u64) -> AllowanceLine {
    AllowanceLine {
        limit: String::from("member"),
        subject: None,
        period: None,
        cap,
        spent: Some(spent),
        held: Some(0),
        resets_at: None,
        proposal: None,
    }
}

/// What a call costs is what the books say that it costs.
fn ending(state: HoldState) -> Ending {
    match state {
        HoldState::Finished => Ending::Finished,
        HoldState::CutAtBound => Ending::CutAtBound,
        HoldState::ClientGone => Ending::ClientGone,
        HoldState::UpstreamFailed => Ending::UpstreamFailed,
        HoldState::NothingSent => Ending::NothingSent,
    }
}

fn real_rule(rule: PartialChargeRule) -> access::PartialChargeRule {
    match rule {
        PartialChargeRule::FullHold => access::PartialChargeRule::FullHold,
        PartialChargeRule::Counted => access::PartialChargeRule::Counted,
        PartialChargeRule::InputOnly => access::PartialChargeRule::InputOnly,
        PartialChargeRule::Nothing => access::PartialChargeRule::Nothing,
    }
}

#[async_trait]
impl Meter for FakeMeter {
    async fn vouch(&self, key: &str) -> Result<(), Refusal> {
        if key == KEY { Ok(()) } else { Err(Refusal::BadKey) }
    }

    async fn admit(&self, ask: &Ask<'_>) -> Result<Admission, Refusal> {
        let plan = self.known(ask.key)?;
        if ask.model != plan.target.id {
            let model = ask.model.to_owned();
            return Err(Refusal::ModelNotFound { model });
        }
        if ask.input_bound > 1_000 {
            return Err(Refusal::AllowanceUsedUp(Box::new(used_up(1_000, 0))));
        }
        self.asked
            .lock()
            .unwrap()
            .push((ask.input_bound, ask.n, ask.max_output));
        let output_max = ask
            .max_output
            .map_or(plan.output_max, |asked| asked.min(plan.output_max));
        let hold = HoldId::from_uuid(Uuid::now_v7());
        let held = plan.input_max + output_max * u64::from(ask.n);
        self.open.lock().unwrap().push((hold, held, plan.input_max));
        Ok(Admission {
            hold,
            coop: CoopId::from_uuid(Uuid::nil()),
            member: MemberId::from_uuid(Uuid::nil()),
            model: plan.target,
            fallbacks: plan.fallbacks,
            input_max: plan.input_max,
            output_max,
            clamped: ask.max_output.is_some_and(|asked| asked > output_max),
            answers: ask.n,
            units_held: held,
            weight: 1,
            rule: plan.rule,
            proposal: None,
        })
    }

    async fn settle(&self, hold: HoldId, outcome: &Outcome) -> Result<Settlement, MeterFault> {
        {
            let mut plan = self.plan.lock().unwrap();
            if plan.faults > 0 {
                plan.faults -= 1;
                return Err(MeterFault(String::from("on purpose")));
            }
        }
        let rule = self.plan.lock().unwrap().rule;
        let mut open = self.open.lock().unwrap();
        let place = open
            .iter()
            .position(|(open, ..)| *open == hold)
            .expect("a hold is settled once");
        let (_, held, input_max) = open.remove(place);
        let held = Held {
            units: held,
            input_max,
            price: Price {
                input: 1,
                output: 1,
                call: 0,
            },
        };
        let usage = outcome
            .usage
            .map(|Usage { input, output }| access::Usage { input, output });
        let Charge { charged, excess } =
            access::charge(real_rule(rule), &held, ending(outcome.state), usage, outcome.first_byte);
        self.settled.lock().unwrap().push(Settled {
            outcome: *outcome,
            charged,
        });
        Ok(Settlement { charged, excess })
    }

    async fn renew(&self, holds: &[HoldId]) -> Result<Vec<(HoldId, Stop)>, MeterFault> {
        let is_revoked = self.plan.lock().unwrap().is_revoked;
        let stopped = holds.iter().map(|hold| (*hold, Stop::Revoked));
        Ok(if is_revoked { stopped.collect() } else { Vec::new() })
    }

    async fn models(&self, key: &str) -> Result<Vec<ModelView>, Refusal> {
        let plan = self.known(key)?;
        Ok(vec![ModelView {
            id: plan.target.id,
            created: 1_790_000_000,
            owned_by: String::from("co-op"),
            licence: String::from("Apache-2.0"),
            data_location: String::from("own"),
            external: false,
            context_tokens: 2_048,
            input_units_per_thousand: 1_000,
            output_units_per_thousand: 1_000,
            call_units: 0,
            proposal: None,
        }])
    }

    async fn allowance(&self, key: &str) -> Result<AllowanceView, Refusal> {
        self.known(key)?;
        Ok(AllowanceView {
            limits: vec![used_up(1_000, 10)],
        })
    }

    async fn policy(&self, key: &str) -> Result<PolicyView, Refusal> {
        let plan = self.known(key)?;
        Ok(PolicyView {
            version: None,
            proposal: None,
            policies: Vec::new(),
            partial_charge_rule: plan.rule,
            expired_charge_rule: plan.rule,
            weight: 1,
        })
    }
}
