//! A second count, written from SSI 2007/42 without a thought for speed: every paper is a thing of its own, every stage starts
//! from the papers. It shares no code with the first.

/// How it came out; candidates from 0, votes times 100,000.
pub struct Slow {
    pub quota: u128,
    pub totals: Vec<Vec<u128>>,
    pub lost: Vec<u128>,
    /// Ascending.
    pub elected: Vec<u16>,
}

struct Paper {
    preferences: Vec<u16>,
    value: u128,
    /// Who holds it; nobody once it has no further preference.
    holder: Option<u16>,
}

const ONE: u128 = 100_000;

pub fn count(candidates: u16, seats: u16, withdrawn: &[u16], papers: &[(Vec<u16>, u128)], order: &[u16]) -> Slow {
    let mut pile = pile_of(papers, withdrawn);
    let valid = pile.len() as u128 * ONE;
    let quota = (pile.len() as u128) / (u128::from(seats) + 1) + 1;
    let mut slow = Slow {
        quota,
        totals: Vec::new(),
        lost: Vec::new(),
        elected: Vec::new(),
    };
    let mut gone: Vec<u16> = withdrawn.to_vec();
    // What an elected candidate keeps after the surplus went: the papers are gone, the quota stays.
    let mut kept: Vec<u16> = Vec::new();
    loop {
        let totals: Vec<u128> = (0..candidates)
            .map(|who| {
                if kept.contains(&who) {
                    quota * ONE
                } else {
                    held(&pile, who)
                }
            })
            .collect();
        slow.lost.push(valid - totals.iter().sum::<u128>());
        slow.totals.push(totals.clone());
        if pile.is_empty() {
            return slow;
        }
        let continuing = elect(&mut slow, candidates, seats, &gone);
        if slow.elected.len() >= usize::from(seats) || continuing.is_empty() {
            slow.elected.sort_unstable();
            return slow;
        }
        let votes = |who: u16| totals[usize::from(who)];
        let over: Vec<u16> = slow
            .elected
            .iter()
            .copied()
            .filter(|c| votes(*c) > quota * ONE)
            .collect();
        let is_surplus = !over.is_empty();
        let from = pick(
            if is_surplus { over } else { continuing.clone() },
            is_surplus,
            &slow.totals,
            order,
        );
        if is_surplus {
            kept.push(from);
        } else {
            gone.push(from);
        }
        for paper in pile.iter_mut().filter(|paper| paper.holder == Some(from)) {
            if is_surplus {
                paper.value = (votes(from) - quota * ONE) * paper.value / votes(from);
            }
            let place = paper.preferences.iter().position(|c| *c == from).unwrap();
            let mut further = paper.preferences[place + 1..].iter().copied();
            paper.holder = further.find(|c| continuing.contains(c) && *c != from);
        }
    }
}

fn pile_of(papers: &[(Vec<u16>, u128)], withdrawn: &[u16]) -> Vec<Paper> {
    let mut pile: Vec<Paper> = Vec::new();
    for (preferences, copies) in papers {
        for _ in 0..*copies {
            let preferences: Vec<u16> = preferences.iter().copied().filter(|c| !withdrawn.contains(c)).collect();
            if let Some(first) = preferences.first().copied() {
                pile.push(Paper {
                    preferences,
                    value: ONE,
                    holder: Some(first),
                });
            }
        }
    }
    pile
}

fn held(pile: &[Paper], who: u16) -> u128 {
    pile.iter()
        .filter(|paper| paper.holder == Some(who))
        .map(|paper| paper.value)
        .sum()
}

/// Adds whoever is elected at the newest stage; gives back who continues.
fn elect(slow: &mut Slow, candidates: u16, seats: u16, gone: &[u16]) -> Vec<u16> {
    let totals = slow.totals.last().unwrap();
    let open: Vec<u16> = (0..candidates)
        .filter(|c| !gone.contains(c) && !slow.elected.contains(c))
        .collect();
    let (reached, continuing): (Vec<u16>, Vec<u16>) = open
        .into_iter()
        .partition(|c| totals[usize::from(*c)] >= slow.quota * ONE);
    slow.elected.extend(reached);
    if continuing.len() + slow.elected.len() <= usize::from(seats) {
        slow.elected.extend(&continuing);
        return Vec::new();
    }
    continuing
}

/// The highest or lowest at the newest stage; of several, at the stage before, and so on; of several still, by the order.
fn pick(mut who: Vec<u16>, highest: bool, history: &[Vec<u128>], order: &[u16]) -> u16 {
    for totals in history.iter().rev() {
        let votes = who.iter().map(|c| totals[usize::from(*c)]);
        let best = if highest { votes.max() } else { votes.min() }.unwrap();
        who.retain(|c| totals[usize::from(*c)] == best);
    }
    order.iter().copied().find(|c| who.contains(c)).unwrap()
}
