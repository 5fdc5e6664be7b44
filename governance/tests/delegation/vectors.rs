//! Small rolls whose result anybody can work out.

use governance::delegation::{
    DEPTH_MAX, DelegatedLeaf, Fate, NO_PATH, Refusal, Resolver, Sums, Uncast, delegated_leaf, delegations_root,
    path_hash,
};
use governance::hash::Hash32;
use governance::merkle::leaf_hash;
use governance::record::tag;

use crate::{Case, asked, edge, member, resolve};

/// What came of a member, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Short {
    Voted,
    /// By whom, and after how many steps.
    To(u32, u8),
    No(Uncast),
}

fn shorts(case: &Case) -> Vec<Short> {
    let short = |fate: &Fate| match fate {
        Fate::Direct => Short::Voted,
        Fate::Delegated(way) => Short::To(way.delegate, way.depth),
        Fate::Uncast(reason) => Short::No(*reason),
    };
    resolve(case).fates.iter().map(short).collect()
}

fn case(count: usize, voted: &[u32], edges: &[(u32, Option<u32>, u8, u64)]) -> Case {
    Case {
        weights: vec![1; count],
        voted: voted.to_vec(),
        edges: edges
            .iter()
            .map(|(from, to, scope, until)| edge(*from, *to, *scope, *until))
            .collect(),
        proxies: Vec::new(),
        carried_max: None,
    }
}

#[test]
fn every_member_ends_where_the_hand_says() {
    use Short::{No, To, Voted};
    let cases = [
        (
            "a chain",
            case(3, &[2], &[(0, Some(1), 0, 200), (1, Some(2), 0, 200)]),
            vec![To(2, 2), To(2, 1), Voted],
        ),
        (
            "an own ballot counts instead, and gathers what comes on the way",
            case(3, &[1, 2], &[(0, Some(1), 0, 200), (1, Some(2), 0, 200)]),
            vec![To(1, 1), Voted, Voted],
        ),
        (
            "a circle of members of whom none voted, and who leans on it",
            case(
                3,
                &[],
                &[(0, Some(1), 0, 200), (1, Some(0), 0, 200), (2, Some(0), 0, 200)],
            ),
            vec![No(Uncast::Cycle); 3],
        ),
        (
            "a circle with a ballot in it is none",
            case(
                3,
                &[1],
                &[(0, Some(1), 0, 200), (1, Some(2), 0, 200), (2, Some(0), 0, 200)],
            ),
            vec![To(1, 1), Voted, To(1, 2)],
        ),
        (
            "oneself",
            case(1, &[], &[(0, Some(0), 0, 200)]),
            vec![No(Uncast::Cycle)],
        ),
        (
            "a way that ends",
            case(3, &[], &[(0, Some(1), 0, 200), (1, Some(2), 0, 200)]),
            vec![No(Uncast::NonVoter), No(Uncast::NonVoter), No(Uncast::NoDelegation)],
        ),
        (
            "a way that leads off the roll",
            case(1, &[], &[(0, Some(9), 0, 200)]),
            vec![No(Uncast::NonVoter)],
        ),
    ];
    for (name, case, expected) in cases {
        assert_eq!(shorts(&case), expected, "{name}");
    }
}

#[test]
fn the_narrowest_delegation_that_holds_speaks() {
    use Short::{No, To, Voted};
    let cases = [
        (
            "nobody, said narrowly",
            case(
                3,
                &[1],
                &[(0, Some(1), 0, 200), (0, None, 2, 200), (2, Some(0), 0, 200)],
            ),
            vec![No(Uncast::Nobody), Voted, No(Uncast::NonVoter)],
        ),
        (
            "the narrowest speaks",
            case(
                4,
                &[1, 2, 3],
                &[(0, Some(1), 0, 200), (0, Some(3), 2, 200), (0, Some(2), 1, 200)],
            ),
            vec![To(3, 1), Voted, Voted, Voted],
        ),
        (
            "what is over says nothing: the next wider one speaks",
            case(
                4,
                &[1, 2, 3],
                &[(0, Some(1), 0, 200), (0, Some(3), 2, 100), (0, Some(2), 1, 101)],
            ),
            vec![To(2, 1), Voted, Voted, Voted],
        ),
        (
            "what was taken back says nothing",
            case(2, &[1], &[(0, Some(1), 0, 200), (0, None, 1, 0)]),
            vec![To(1, 1), Voted],
        ),
        (
            "other kinds and proposals say nothing",
            case(2, &[1], &[(0, Some(1), 3, 200), (0, Some(1), 4, 200)]),
            vec![No(Uncast::NoDelegation), Voted],
        ),
    ];
    for (name, case, expected) in cases {
        assert_eq!(shorts(&case), expected, "{name}");
    }
}

#[test]
fn a_way_of_sixty_four_steps_is_followed_and_one_of_sixty_five_is_not() {
    let last = u32::from(DEPTH_MAX) + 2;
    let edges: Vec<_> = (0..last).map(|from| (from, Some(from + 1), 0, 200)).collect();
    let shorts = shorts(&case(usize::try_from(last).unwrap() + 1, &[last], &edges));
    assert_eq!(shorts[0], Short::No(Uncast::TooDeep));
    assert_eq!(shorts[1], Short::No(Uncast::TooDeep));
    assert_eq!(shorts[2], Short::To(last, DEPTH_MAX));
    assert_eq!(shorts[3], Short::To(last, DEPTH_MAX - 1));
}

#[test]
fn a_delegate_carries_the_nearest_first_and_returns_what_is_too_much() {
    // 1 and 2 trust 0 directly, 3 and 4 over them; 0 may carry 3.
    let mut case = case(
        5,
        &[0],
        &[
            (1, Some(0), 0, 200),
            (2, Some(0), 0, 200),
            (3, Some(1), 0, 200),
            (4, Some(2), 0, 200),
        ],
    );
    case.carried_max = Some(3);
    let three = vec![
        Short::Voted,
        Short::To(0, 1),
        Short::To(0, 1),
        Short::To(0, 2),
        Short::No(Uncast::AboveCap),
    ];
    assert_eq!(shorts(&case), three);
    case.edges.reverse();
    assert_eq!(shorts(&case), three, "in whatever order it is told");
    // A weight that does not fit returns whole, and a smaller one after it may fit.
    case.weights = vec![1, 2, 2, 1, 1];
    let skips = vec![
        Short::Voted,
        Short::To(0, 1),
        Short::No(Uncast::AboveCap),
        Short::To(0, 2),
        Short::No(Uncast::AboveCap),
    ];
    assert_eq!(shorts(&case), skips);
    let sums = Sums {
        direct: 1,
        delegated: 3,
        uncast: 3,
    };
    assert_eq!(resolve(&case).sums(), sums);
    assert_eq!(resolve(&case).carried().get(&member(0)), Some(&3));
}

#[test]
fn a_proxy_ballot_speaks_only_where_the_way_leads_to_its_holder() {
    // 0 trusts 1, who trusts 2; 3 is a stranger to both.
    let mut case = case(4, &[2], &[(0, Some(1), 0, 200), (1, Some(2), 0, 200)]);
    case.proxies = vec![(1, 0), (3, 1)];
    let resolution = resolve(&case);
    let leaves: Vec<_> = resolution
        .delegated()
        .map(|(leaf, way)| (leaf.delegate, way.depth, leaf.proxy))
        .collect();
    assert_eq!(
        leaves,
        [(member(1), 1, crate::proxy_hash(1, 0)), (member(2), 1, Hash32::ZERO)],
        "1 votes for 0 though it passes its own weight on; 3 cannot vote for 1"
    );
    assert_eq!(resolution.carried().get(&member(2)), Some(&1));
    // Beyond somebody who voted nobody holds anything.
    case.voted = vec![1, 2];
    case.proxies = vec![(2, 0)];
    assert_eq!(shorts(&case)[0], Short::To(1, 1));
    // The member's own ballot counts instead.
    case.voted = vec![0];
    case.proxies = vec![(1, 0)];
    assert_eq!(shorts(&case)[0], Short::Voted);
}

#[test]
fn a_path_is_the_records_along_it_and_a_leaf_its_seven_words() {
    let case = case(3, &[2], &[(0, Some(1), 0, 200), (1, Some(2), 0, 200)]);
    let resolution = resolve(&case);
    let second = path_hash(case.edges[1].record_hash, NO_PATH);
    let first = path_hash(case.edges[0].record_hash, second);
    let paths: Vec<Hash32> = resolution.delegated().map(|(leaf, _)| leaf.path).collect();
    assert_eq!(paths, [first, second]);
    let leaf = DelegatedLeaf {
        truster: member(0),
        delegate: member(2),
        weight: 1,
        path: first,
        proxy: Hash32::ZERO,
    };
    let proposal = Hash32::from_u128(7);
    let words = [
        tag("DelegatedV1"),
        proposal,
        member(0),
        member(2),
        Hash32::from_u128(1),
        first,
        Hash32::ZERO,
    ];
    assert_eq!(delegated_leaf(proposal, &leaf), leaf_hash(&words));
    assert_eq!(delegations_root(proposal, []), Hash32::ZERO);
    assert_eq!(delegations_root(proposal, [leaf]), leaf_hash(&words));
}

#[test]
fn what_cannot_be_is_refused() {
    let mut resolver = Resolver::new(asked(None));
    resolver.voter(member(0), 1).unwrap();
    assert_eq!(resolver.voter(member(0), 1), Err(Refusal::Twice(member(0))));
    assert_eq!(resolver.cast(member(1)), Err(Refusal::Stranger(member(1))));
    assert_eq!(resolver.edge(&edge(1, Some(0), 0, 200)), Ok(()));
    resolver.edge(&edge(0, None, 1, 0)).unwrap();
    assert_eq!(resolver.edge(&edge(0, None, 1, 200)), Err(Refusal::Repeated(member(0))));
    resolver.voter(member(1), 1).unwrap();
    resolver.proxy(member(1), member(0), Hash32::ZERO).unwrap();
    assert_eq!(
        resolver.proxy(member(1), member(0), Hash32::ZERO),
        Err(Refusal::RepeatedProxy(member(0)))
    );
    assert_eq!(
        resolver.proxy(member(2), member(0), Hash32::ZERO),
        Err(Refusal::Stranger(member(2)))
    );
}
