//! The lines of a file, each bounded, in the order that its kind allows.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use governance::hash::Hash32;
use governance::id::{MemberId, PayoutCycleId};
use governance::revenue::{Amount, Balance, Cycle, Label, MEMBERS_MAX, MemberInput, Pool, RevenueRule, StatementHead};
use serde::Deserialize;

use super::AllocateFailure;

/// The longest line, in bytes: a rule of forty steps with forty metrics each is shorter.
const LINE_BYTES_MAX: u64 = 512 * 1024;
/// The most claims: for each member a line in some steps and a payment.
const CLAIMS_MAX: usize = 10 * MEMBERS_MAX;

/// Why a line is refused.
#[derive(Debug, thiserror::Error)]
pub enum LineRefusal {
    /// Longer than the bound.
    #[error("it is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// Not one of the lines of such a file.
    #[error("{0}")]
    Malformed(serde_json::Error),
    /// A line of this kind cannot stand here.
    #[error("a {kind} line cannot stand {place}")]
    Order {
        /// The kind.
        kind: &'static str,
        /// Where it stands.
        place: &'static str,
    },
    /// More than a cycle has.
    #[error("there are more than {MEMBERS_MAX} members")]
    TooManyMembers,
    /// More than anybody claims.
    #[error("there are more than {CLAIMS_MAX} claims")]
    TooManyClaims,
}

/// What a line holds.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Entry {
    Rule(RuleLine),
    Cycle(CycleLine),
    Member(MemberInput),
    Step(StepClaim),
    Line(LineClaim),
    Payment(PaymentClaim),
    Result(ResultClaim),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleLine {
    rule: RevenueRule,
    namespace: Hash32,
    salt: Hash32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CycleLine {
    cycle: Hash32,
    /// The cycle's id, once it is verified.
    #[serde(default)]
    id: Option<PayoutCycleId>,
    /// From which the salts of its statements follow, once it is verified.
    #[serde(default)]
    secret: Option<Hash32>,
    revenue: Amount,
    #[serde(default)]
    reserves: BTreeMap<Pool, Amount>,
    #[serde(default)]
    balances: BTreeMap<Label, Amount>,
}

/// What is claimed of a step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepClaim {
    pub(super) step: Label,
    pub(super) before: Amount,
    pub(super) after: Amount,
    pub(super) digest: Hash32,
}

/// An amount that a step is claimed to give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineClaim {
    pub(super) step: Label,
    pub(super) to: String,
    pub(super) amount: Amount,
}

/// What a member is claimed to be paid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentClaim {
    pub(super) member: MemberId,
    pub(super) withheld: Amount,
    pub(super) paid: Amount,
    pub(super) dormant: Amount,
    pub(super) carried: Balance,
}

/// The claimed digests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultClaim {
    pub(super) rule: Hash32,
    pub(super) digest: Hash32,
    pub(super) payout_digest: Hash32,
    /// The root over the statements of all members.
    #[serde(default)]
    pub(super) statements: Option<Hash32>,
}

/// Everything the file claims of the result.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) steps: Vec<StepClaim>,
    pub(super) lines: Vec<LineClaim>,
    pub(super) payments: Vec<PaymentClaim>,
    pub(super) result: Option<ResultClaim>,
}

/// A whole file.
pub(super) struct File {
    pub(super) rule: RevenueRule,
    pub(super) namespace: Hash32,
    pub(super) salt: Hash32,
    pub(super) cycle: Cycle,
    /// What the statements of its members have in common.
    pub(super) statements: Option<StatementHead>,
    pub(super) members: Vec<MemberInput>,
    pub(super) claims: Claims,
}

#[derive(Default)]
struct Partial {
    rule: Option<RuleLine>,
    cycle: Option<Cycle>,
    statements: Option<(PayoutCycleId, Hash32)>,
    members: Vec<MemberInput>,
    claims: Claims,
}

pub(super) fn read(mut reader: impl BufRead) -> Result<File, AllocateFailure> {
    let mut file = Partial::default();
    let mut bytes = Vec::new();
    let mut number = 0_u64;
    loop {
        bytes.clear();
        let mut bounded = reader.by_ref().take(LINE_BYTES_MAX.saturating_add(1));
        if bounded.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        number = number.saturating_add(1);
        let refused = |refusal| AllocateFailure::Line { line: number, refusal };
        if u64::try_from(bytes.len()).is_ok_and(|length| length > LINE_BYTES_MAX) {
            return Err(refused(LineRefusal::TooLong));
        }
        let line = serde_json::from_slice(&bytes).map_err(|error| refused(LineRefusal::Malformed(error)))?;
        file.take(line).map_err(refused)?;
    }
    let rule = file.rule.ok_or(AllocateFailure::Without("a rule"))?;
    let namespace = rule.namespace;
    Ok(File {
        statements: file.statements.map(|(cycle, secret)| StatementHead {
            namespace,
            cycle: cycle.word(),
            secret,
        }),
        rule: rule.rule,
        namespace: rule.namespace,
        salt: rule.salt,
        cycle: file.cycle.ok_or(AllocateFailure::Without("a cycle"))?,
        members: file.members,
        claims: file.claims,
    })
}

impl Partial {
    fn take(&mut self, entry: Entry) -> Result<(), LineRefusal> {
        let misplaced = |kind, place| Err(LineRefusal::Order { kind, place });
        let claims = &mut self.claims;
        if claims.result.is_some() {
            return misplaced("further", "behind the result");
        }
        let has_claims = !claims.steps.is_empty() || !claims.lines.is_empty() || !claims.payments.is_empty();
        if claims.lines.len().max(claims.payments.len()).max(claims.steps.len()) >= CLAIMS_MAX {
            return Err(LineRefusal::TooManyClaims);
        }
        match entry {
            Entry::Rule(_) if self.rule.is_some() => return misplaced("rule", "behind another one"),
            Entry::Rule(line) => self.rule = Some(line),
            Entry::Cycle(_) if self.cycle.is_some() => return misplaced("cycle", "behind another one"),
            Entry::Cycle(line) => {
                let mut cycle = Cycle::new(line.cycle, line.revenue);
                cycle.reserves = line.reserves;
                cycle.balances = line.balances;
                self.statements = line.id.zip(line.secret);
                self.cycle = Some(cycle);
            }
            Entry::Member(_) if has_claims => return misplaced("member", "behind what is claimed"),
            Entry::Member(_) if self.members.len() >= MEMBERS_MAX => return Err(LineRefusal::TooManyMembers),
            Entry::Member(member) => self.members.push(member),
            Entry::Step(claim) => claims.steps.push(claim),
            Entry::Line(claim) => claims.lines.push(claim),
            Entry::Payment(claim) => claims.payments.push(claim),
            Entry::Result(claim) => claims.result = Some(claim),
        }
        Ok(())
    }
}
