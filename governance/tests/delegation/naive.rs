//! The same again for each member alone: look for the delegation that speaks and follow it, step by step, with no tree, no queue and
//! nothing remembered of others.

use std::collections::BTreeMap;

use governance::delegation::{Edge, ScopeKind, Uncast};

use crate::{Case, member, scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Voted,
    /// By whom, over whom, and whether by a ballot of its own.
    Carried(u32, Vec<u32>, bool),
    Uncast(Uncast),
}

pub fn resolve(case: &Case) -> Vec<Said> {
    let count = u32::try_from(case.weights.len()).unwrap();
    let mut said: Vec<Said> = (0..count).map(|number| of(case, number)).collect();
    if let Some(most) = case.carried_max {
        let mut order: Vec<(usize, u32)> = (0..count)
            .filter_map(|number| match &said[number as usize] {
                Said::Carried(_, way, _) => Some((way.len(), number)),
                Said::Voted | Said::Uncast(_) => None,
            })
            .collect();
        order.sort_unstable();
        let mut carried: BTreeMap<u32, u128> = BTreeMap::new();
        for (_, number) in order {
            let Said::Carried(by, ..) = said[number as usize] else {
                continue;
            };
            let weight = case.weights[number as usize];
            let so_far = carried.get(&by).copied().unwrap_or(0);
            if so_far + weight > most {
                said[number as usize] = Said::Uncast(Uncast::AboveCap);
            } else {
                carried.insert(by, so_far + weight);
            }
        }
    }
    said
}

fn of(case: &Case, number: u32) -> Said {
    if case.voted.contains(&number) {
        return Said::Voted;
    }
    proxied(case, number).unwrap_or_else(|| followed(case, number))
}

fn speaking(case: &Case, number: u32) -> Option<&Edge> {
    [ScopeKind::Proposal, ScopeKind::Kind, ScopeKind::Coop]
        .into_iter()
        .find_map(|kind| {
            case.edges.iter().find(|edge| {
                let reaching = (0..3).map(scope).find(|scope| scope.kind == kind);
                edge.truster == member(number) && Some(edge.scope) == reaching && edge.valid_until.0 > 100
            })
        })
}

fn trusted(case: &Case, number: u32) -> Option<u32> {
    let trustee = speaking(case, number)?.trustee?;
    (0..u32::try_from(case.weights.len()).unwrap()).find(|other| member(*other) == trustee)
}

fn proxied(case: &Case, number: u32) -> Option<Said> {
    let mut way = Vec::new();
    let mut at = number;
    while way.len() < 64 {
        at = trusted(case, at)?;
        way.push(at);
        if at == number {
            return None;
        }
        if case.proxies.contains(&(at, number)) {
            return Some(Said::Carried(at, way, true));
        }
        if case.voted.contains(&at) {
            return None;
        }
    }
    None
}

fn followed(case: &Case, number: u32) -> Said {
    match speaking(case, number) {
        None => return Said::Uncast(Uncast::NoDelegation),
        Some(edge) if edge.trustee.is_none() => return Said::Uncast(Uncast::Nobody),
        Some(_) => {}
    }
    let (mut way, mut at) = (Vec::new(), number);
    while let Some(next) = trusted(case, at) {
        way.push(next);
        if case.voted.contains(&next) {
            return if way.len() <= 64 {
                Said::Carried(next, way, false)
            } else {
                Said::Uncast(Uncast::TooDeep)
            };
        }
        // As many steps as there are members, and no end yet: it goes round.
        if way.len() > case.weights.len() {
            return Said::Uncast(Uncast::Cycle);
        }
        at = next;
    }
    Said::Uncast(Uncast::NonVoter)
}
