//! Comparing what a file claims with what was recomputed.

use std::collections::BTreeMap;
use std::fmt::Display;

use governance::revenue::{Amount, Receiver};

use super::read::{Claims, LineClaim, PaymentClaim, ResultClaim, StepClaim};
use super::{ALLOCATE_DIFFERENCES_MAX, Allocation};

/// How a receiver is written.
pub(super) fn receiver(receiver: &Receiver) -> String {
    match receiver {
        Receiver::Pool(pool) => pool.to_string(),
        Receiver::Member(member) => member.to_string(),
    }
}

pub(super) fn compare(allocation: &mut Allocation, claims: &Claims) {
    steps(allocation, &claims.steps);
    lines(allocation, &claims.lines);
    payments(allocation, &claims.payments);
    match &claims.result {
        Some(claim) => result(allocation, claim),
        None => allocation.missing.push("the result with its digests"),
    }
}

impl Allocation {
    fn differs(&mut self, text: String) {
        self.different = self.different.saturating_add(1);
        if self.differences.len() < ALLOCATE_DIFFERENCES_MAX {
            self.differences.push(text);
        }
    }

    fn equal<T: PartialEq + Display>(&mut self, what: impl FnOnce() -> String, claimed: &T, computed: &T) {
        self.compared = self.compared.saturating_add(1);
        if claimed != computed {
            self.differs(format!(
                "{}: the file says {claimed}, the rule gives {computed}",
                what()
            ));
        }
    }
}

fn steps(allocation: &mut Allocation, claims: &[StepClaim]) {
    if claims.is_empty() {
        allocation.missing.push("the steps with their digests");
        return;
    }
    let names: Vec<String> = allocation
        .computed
        .steps
        .iter()
        .map(|step| step.step.to_string())
        .collect();
    let claimed: Vec<String> = claims.iter().map(|claim| claim.step.to_string()).collect();
    allocation.equal(|| String::from("the steps"), &claimed.join(", "), &names.join(", "));
    for claim in claims {
        let found = allocation.computed.steps.iter().find(|step| step.step == claim.step);
        let Some((before, after, digest)) = found.map(|step| (step.before, step.after, step.digest)) else {
            continue;
        };
        let what = |part: &str| format!("step {}, {part}", claim.step);
        allocation.equal(|| what("before"), &claim.before, &before);
        allocation.equal(|| what("after"), &claim.after, &after);
        allocation.equal(|| what("digest"), &claim.digest, &digest);
    }
}

fn lines(allocation: &mut Allocation, claims: &[LineClaim]) {
    if claims.is_empty() {
        return;
    }
    let mut computed: BTreeMap<(String, String), Amount> = BTreeMap::new();
    for step in &allocation.computed.steps {
        for line in &step.lines {
            computed.insert((step.step.to_string(), receiver(&line.to)), line.amount);
        }
    }
    for claim in claims {
        let key = (claim.step.to_string(), claim.to.clone());
        let what = || format!("step {} to {}", claim.step, claim.to);
        match computed.remove(&key) {
            Some(amount) => allocation.equal(what, &claim.amount, &amount),
            None => allocation.differs(format!(
                "{}: the file says {}, the rule gives nothing, or the line stands there twice",
                what(),
                claim.amount
            )),
        }
    }
    // Whoever claims any line claims them all.
    for ((step, to), amount) in computed {
        allocation.differs(format!(
            "step {step} to {to}: the file says nothing, the rule gives {amount}"
        ));
    }
}

fn payments(allocation: &mut Allocation, claims: &[PaymentClaim]) {
    if claims.is_empty() {
        return;
    }
    let mut computed: BTreeMap<_, _> = allocation
        .payments
        .iter()
        .map(|payment| (payment.member, payment.clone()))
        .collect();
    for claim in claims {
        let what = |part: &str| format!("payment to {}, {part}", claim.member);
        let Some(payment) = computed.remove(&claim.member) else {
            allocation.differs(format!("{}: there is no such member, or twice", what("the member")));
            continue;
        };
        allocation.equal(|| what("withheld"), &claim.withheld, &payment.withheld);
        allocation.equal(|| what("paid"), &claim.paid, &payment.paid);
        allocation.equal(|| what("dormant"), &claim.dormant, &payment.dormant);
        allocation.equal(|| what("carried"), &claim.carried, &payment.carried);
    }
    for payment in computed.into_values().filter(|payment| payment.says_something()) {
        allocation.differs(format!(
            "payment to {}: the file says nothing, the rule pays {} and carries {}",
            payment.member, payment.paid, payment.carried
        ));
    }
}

fn result(allocation: &mut Allocation, claim: &ResultClaim) {
    let (rule, digest, payout) = (
        allocation.rule_hash,
        allocation.computed.digest,
        allocation.payout_digest,
    );
    allocation.equal(|| String::from("the hash of the rule"), &claim.rule, &rule);
    allocation.equal(|| String::from("the digest of the cycle"), &claim.digest, &digest);
    allocation.equal(
        || String::from("the digest of the payments"),
        &claim.payout_digest,
        &payout,
    );
    match (&claim.statements, allocation.statements) {
        (Some(claimed), Some(root)) => {
            allocation.equal(|| String::from("the root of the statements"), claimed, &root);
        }
        (Some(_), None) => allocation.missing.push("from what the salts of its statements follow"),
        (None, Some(_)) => allocation.missing.push("the root of the statements"),
        // A cycle that is not verified yet has none.
        (None, None) => {}
    }
}
