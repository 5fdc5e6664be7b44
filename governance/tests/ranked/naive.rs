//! Each method a second time, from its definition and as slowly as it reads.

use governance::tally::pairwise::Pairwise;

/// Who wins a runoff, and what everyone holds in each stage.
pub fn runoff(candidates: u16, papers: &[(Vec<u16>, u128)], order: &[u16]) -> (Option<u16>, Vec<Vec<u128>>) {
    let mut out: Vec<u16> = Vec::new();
    let mut stages: Vec<Vec<u128>> = Vec::new();
    if papers.iter().all(|(ranking, _)| ranking.is_empty()) {
        return (None, vec![vec![0; usize::from(candidates)]]);
    }
    loop {
        let mut totals = vec![0; usize::from(candidates)];
        for (ranking, weight) in papers {
            if let Some(first) = ranking.iter().find(|one| !out.contains(one)) {
                totals[usize::from(*first)] += weight;
            }
        }
        stages.push(totals.clone());
        let left: Vec<u16> = (0..candidates).filter(|one| !out.contains(one)).collect();
        let all: u128 = totals.iter().sum();
        if let Some(winner) = left
            .iter()
            .find(|one| totals[usize::from(**one)] * 2 > all || left.len() == 1)
        {
            return (Some(*winner), stages);
        }
        let drawn = |tied: &[u16]| *order.iter().find(|one| tied.contains(one)).unwrap();
        if left.len() == 2 {
            return (Some(drawn(&left)), stages);
        }
        // Fewest now, then fewest before, and so on: the history read backwards.
        let history = |one: u16| -> Vec<u128> { stages.iter().rev().map(|stage| stage[usize::from(one)]).collect() };
        let fewest = left.iter().map(|one| history(*one)).min().unwrap();
        let tied: Vec<u16> = left.into_iter().filter(|one| history(*one) == fewest).collect();
        out.push(drawn(&tied));
    }
}

/// Who is unbeaten by Schulze's method: every path is walked.
pub fn unbeaten(pairs: &Pairwise) -> Vec<u16> {
    let all: Vec<u16> = (0..pairs.candidates()).collect();
    let strength = |one: u16, other: u16| best_path(pairs, &all, one, other, &[one]);
    let beaten = |one: u16| {
        all.iter()
            .any(|other| *other != one && strength(*other, one) > strength(one, *other))
    };
    all.iter().copied().filter(|one| !beaten(*one)).collect()
}

/// Votes for and, as less is more, the negative of votes against, of the weakest pair of the best path.
fn best_path(pairs: &Pairwise, all: &[u16], from: u16, to: u16, walked: &[u16]) -> Option<(u128, i128)> {
    let next = all.iter().filter(|next| !walked.contains(next));
    next.filter_map(|next| {
        let (votes, against) = (pairs.prefers(from, *next), pairs.prefers(*next, from));
        let step = (votes, -i128::try_from(against).unwrap());
        if votes <= against {
            None
        } else if *next == to {
            Some(step)
        } else {
            let further: Vec<u16> = walked.iter().copied().chain([*next]).collect();
            best_path(pairs, all, *next, to, &further).map(|rest| rest.min(step))
        }
    })
    .max()
}

/// How much weight prefers one to the other, paper by paper.
pub fn prefers(papers: &[(Vec<Vec<u16>>, u128)], one: u16, other: u16) -> u128 {
    let rank = |paper: &[Vec<u16>], who: u16| paper.iter().position(|rank| rank.contains(&who)).unwrap_or(usize::MAX);
    let preferring = papers.iter().filter(|(paper, _)| rank(paper, one) < rank(paper, other));
    preferring.map(|(_, weight)| weight).sum()
}

/// What everyone holds by Meek's method under given factors, in billionths, each paper and each part by itself.
pub fn keep(papers: &[(Vec<Vec<u16>>, u128)], factors: &[u128]) -> Vec<u128> {
    let mut totals = vec![0; factors.len()];
    for (paper, weight) in papers {
        pass(paper, 1_000_000_000, *weight, factors, &mut totals);
    }
    totals
}

fn pass(ranks: &[Vec<u16>], part: u128, weight: u128, factors: &[u128], totals: &mut [u128]) {
    let Some((rank, below)) = ranks.split_first() else {
        return;
    };
    let here: Vec<u16> = rank
        .iter()
        .copied()
        .filter(|one| factors[usize::from(*one)] > 0)
        .collect();
    if here.is_empty() {
        return pass(below, part, weight, factors, totals);
    }
    let share = part / u128::try_from(here.len()).unwrap();
    for one in here {
        let factor = factors[usize::from(one)];
        totals[usize::from(one)] += share * factor / 1_000_000_000 * weight;
        let passed = share * (1_000_000_000 - factor) / 1_000_000_000;
        if passed > 0 {
            pass(below, passed, weight, factors, totals);
        }
    }
}
