//! Which ballot carries whose weight.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::DEPTH_MAX;
use super::leaf::{DelegatedLeaf, NO_PATH, path_hash};
use super::scope::{Asked, Edge, ScopeKind, Standing};
use crate::hash::Hash32;

/// Why weight was not cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uncast {
    /// The member neither voted nor has a delegation that reaches the proposal.
    NoDelegation,
    /// The member said that nobody votes for them here.
    Nobody,
    /// The way ends at a member who neither voted nor passes on, or at somebody who is not on the roll.
    NonVoter,
    /// The way leads into a circle of members of whom none voted.
    Cycle,
    /// The way to a ballot has more steps than [`DEPTH_MAX`].
    TooDeep,
    /// The delegate carries as much as the rule allows already.
    AboveCap,
}

impl Uncast {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::NoDelegation,
        Self::Nobody,
        Self::NonVoter,
        Self::Cycle,
        Self::TooDeep,
        Self::AboveCap,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoDelegation => "no_delegation",
            Self::Nobody => "nobody",
            Self::NonVoter => "non_voter",
            Self::Cycle => "cycle",
            Self::TooDeep => "too_deep",
            Self::AboveCap => "above_cap",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What came of the weight of one member on the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The member voted.
    Direct,
    /// Another one's vote carried it.
    Delegated(Delegated),
    /// Nobody's did.
    Uncast(Uncast),
}

/// How another one's vote carried a weight. Members are named by their place on the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delegated {
    /// Whose vote it was.
    pub delegate: u32,
    /// Who is trusted: the first on the way.
    pub next: u32,
    /// How many steps the way has.
    pub depth: u8,
    /// The struct hash of the delegation that speaks for the member: the first on the way.
    pub record_hash: Hash32,
    /// The way: [`path_hash`].
    pub path: Hash32,
    /// The proxy ballot that the delegate cast for this member; zero where the weight went with the delegate's own ballot.
    pub proxy: Hash32,
}

/// Why something that was told cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A member stands on the roll twice.
    #[error("{0} stands on the roll twice")]
    Twice(Hash32),
    /// More members than a place can number.
    #[error("the roll is too long")]
    TooMany,
    /// A ballot or a proxy ballot of nobody on the roll.
    #[error("{0} is not on the roll")]
    Stranger(Hash32),
    /// Two delegations of one member and scope: only the newest may be told.
    #[error("{0} has two delegations of one scope")]
    Repeated(Hash32),
    /// Two proxy ballots of one holder for one member: only the newest may be told.
    #[error("two proxy ballots of one holder for {0}")]
    RepeatedProxy(Hash32),
}

/// Where a delegation leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// There is none.
    Nowhere,
    /// It names nobody.
    Nobody,
    /// It names somebody who is not on the roll.
    Outside,
    /// To this place.
    To(u32),
}

/// The delegation that speaks for a member.
#[derive(Debug, Clone, Copy)]
struct Link {
    leads: Leads,
    scope: Option<ScopeKind>,
    record_hash: Hash32,
}

/// Takes in roll, ballots and delegations, in any order but that the roll comes first.
#[derive(Debug)]
pub struct Resolver {
    asked: Asked,
    voters: Vec<Hash32>,
    weights: Vec<u128>,
    places: HashMap<Hash32, u32>,
    direct: Vec<bool>,
    links: Vec<Link>,
    /// Which scopes of each member were told: a bit for each.
    told: Vec<u8>,
    /// By member: holders with the hash of the ballot that they cast for the member.
    proxies: HashMap<u32, Vec<(u32, Hash32)>>,
}

impl Resolver {
    /// Before the roll.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            voters: Vec::new(),
            weights: Vec::new(),
            places: HashMap::new(),
            direct: Vec::new(),
            links: Vec::new(),
            told: Vec::new(),
            proxies: HashMap::new(),
        }
    }

    /// A member on the roll.
    ///
    /// # Errors
    /// [`Refusal::Twice`] or [`Refusal::TooMany`].
    pub fn voter(&mut self, voter: Hash32, weight: u128) -> Result<(), Refusal> {
        let place = u32::try_from(self.voters.len()).map_err(|_| Refusal::TooMany)?;
        match self.places.entry(voter) {
            Entry::Occupied(_) => return Err(Refusal::Twice(voter)),
            Entry::Vacant(free) => free.insert(place),
        };
        self.voters.push(voter);
        self.weights.push(weight);
        self.direct.push(false);
        self.links.push(Link {
            leads: Leads::Nowhere,
            scope: None,
            record_hash: Hash32::ZERO,
        });
        self.told.push(0);
        Ok(())
    }

    /// A member cast a ballot.
    ///
    /// # Errors
    /// [`Refusal::Stranger`].
    pub fn cast(&mut self, voter: Hash32) -> Result<(), Refusal> {
        let place = self.place(voter)?;
        if let Some(direct) = self.direct.get_mut(index(place)) {
            *direct = true;
        }
        Ok(())
    }

    /// A delegation: the newest of its truster and scope. One of somebody who is not on the roll says nothing.
    ///
    /// # Errors
    /// [`Refusal::Repeated`].
    pub fn edge(&mut self, edge: &Edge) -> Result<(), Refusal> {
        let Ok(place) = self.place(edge.truster) else {
            return Ok(());
        };
        let standing = self.asked.standing(edge.scope, edge.valid_until);
        if standing == Standing::Elsewhere {
            return Ok(());
        }
        let bit = 1 << edge.scope.kind.code();
        let (Some(told), Some(link)) = (self.told.get_mut(index(place)), self.links.get_mut(index(place))) else {
            return Ok(());
        };
        if *told & bit != 0 {
            return Err(Refusal::Repeated(edge.truster));
        }
        *told |= bit;
        if standing == Standing::Holds && Some(edge.scope.kind) > link.scope {
            *link = Link {
                leads: match edge.trustee {
                    None => Leads::Nobody,
                    Some(trustee) => self.places.get(&trustee).map_or(Leads::Outside, |to| Leads::To(*to)),
                },
                scope: Some(edge.scope.kind),
                record_hash: edge.record_hash,
            };
        }
        Ok(())
    }

    /// A holder cast a ballot for a member: the newest of the two. It counts only where the member's way leads to the holder.
    ///
    /// # Errors
    /// [`Refusal::Stranger`] or [`Refusal::RepeatedProxy`].
    pub fn proxy(&mut self, holder: Hash32, member: Hash32, record_hash: Hash32) -> Result<(), Refusal> {
        let (holder, place) = (self.place(holder)?, self.place(member)?);
        let of_member = self.proxies.entry(place).or_default();
        if of_member.iter().any(|(other, _)| *other == holder) {
            return Err(Refusal::RepeatedProxy(member));
        }
        of_member.push((holder, record_hash));
        Ok(())
    }

    fn place(&self, voter: Hash32) -> Result<u32, Refusal> {
        self.places.get(&voter).copied().ok_or(Refusal::Stranger(voter))
    }

    fn is_direct(&self, place: u32) -> bool {
        self.direct.get(index(place)).copied().unwrap_or_default()
    }

    fn link(&self, place: u32) -> Option<&Link> {
        self.links.get(index(place))
    }

    /// Says what came of every weight.
    #[must_use]
    pub fn resolve(self) -> Resolution {
        let trusted_by = TrustedBy::of(&self.links);
        let mut fates: Vec<Option<Fate>> = vec![None; self.voters.len()];
        self.spread_from_ballots(&trusted_by, &mut fates);
        self.spread_from_ends(&trusted_by, &mut fates);
        self.by_proxy(&mut fates);
        // Whoever was not reached, neither from a ballot nor from an end, walks in a circle.
        let mut fates: Vec<Fate> = fates
            .into_iter()
            .map(|fate| fate.unwrap_or(Fate::Uncast(Uncast::Cycle)))
            .collect();
        if let Some(carried_max) = self.asked.carried_max {
            self.return_above(carried_max, &mut fates);
        }
        Resolution {
            voters: self.voters,
            weights: self.weights,
            fates,
        }
    }

    /// From everyone who voted outwards, never into another one who voted or who was reached before.
    fn spread_from_ballots(&self, trusted_by: &TrustedBy, fates: &mut [Option<Fate>]) {
        let mut queue: Vec<u32> = Vec::new();
        for (place, fate) in (0_u32..).zip(fates.iter_mut()) {
            if self.is_direct(place) {
                *fate = Some(Fate::Direct);
                queue.push(place);
            }
        }
        let mut at = 0;
        while let Some(place) = queue.get(at).copied() {
            at = at.saturating_add(1);
            let here = fates.get(index(place)).copied().flatten();
            for truster in trusted_by.of_place(place) {
                let Some(fate) = fates.get_mut(index(*truster)).filter(|fate| fate.is_none()) else {
                    continue;
                };
                *fate = self.carried(*truster, place, here);
                queue.push(*truster);
            }
        }
    }

    /// The fate of a member who trusts one whose fate is known.
    fn carried(&self, truster: u32, next: u32, of_next: Option<Fate>) -> Option<Fate> {
        let (delegate, depth, path) = match of_next? {
            Fate::Direct => (next, 0, NO_PATH),
            Fate::Delegated(way) => (way.delegate, way.depth, way.path),
            Fate::Uncast(_) => return Some(Fate::Uncast(Uncast::TooDeep)),
        };
        if depth >= DEPTH_MAX {
            return Some(Fate::Uncast(Uncast::TooDeep));
        }
        let record_hash = self.link(truster)?.record_hash;
        Some(Fate::Delegated(Delegated {
            delegate,
            next,
            depth: depth.saturating_add(1),
            record_hash,
            path: path_hash(record_hash, path),
            proxy: Hash32::ZERO,
        }))
    }

    /// From everyone outwards at whom a way ends.
    fn spread_from_ends(&self, trusted_by: &TrustedBy, fates: &mut [Option<Fate>]) {
        let mut queue: Vec<u32> = Vec::new();
        for ((place, fate), link) in (0_u32..).zip(fates.iter_mut()).zip(&self.links) {
            let reason = match link.leads {
                Leads::Nowhere => Uncast::NoDelegation,
                Leads::Nobody => Uncast::Nobody,
                Leads::Outside => Uncast::NonVoter,
                Leads::To(_) => continue,
            };
            if fate.is_none() {
                *fate = Some(Fate::Uncast(reason));
                queue.push(place);
            }
        }
        let mut at = 0;
        while let Some(place) = queue.get(at).copied() {
            at = at.saturating_add(1);
            for truster in trusted_by.of_place(place) {
                if let Some(fate) = fates.get_mut(index(*truster)).filter(|fate| fate.is_none()) {
                    *fate = Some(Fate::Uncast(Uncast::NonVoter));
                    queue.push(*truster);
                }
            }
        }
    }

    /// Proxy ballots speak for a member whose way leads to the holder, before it leads past anyone who voted; the nearest holder
    /// decides. They carry that member's weight alone.
    fn by_proxy(&self, fates: &mut [Option<Fate>]) {
        for (place, holders) in &self.proxies {
            if self.is_direct(*place) {
                continue;
            }
            let Some(way) = self.way_to(*place, holders) else {
                continue;
            };
            if let Some(fate) = fates.get_mut(index(*place)) {
                *fate = Some(Fate::Delegated(way));
            }
        }
    }

    fn way_to(&self, member: u32, holders: &[(u32, Hash32)]) -> Option<Delegated> {
        let mut records = Vec::new();
        let (mut place, mut next) = (member, None);
        for depth in 1..=DEPTH_MAX {
            let link = self.link(place)?;
            let Leads::To(to) = link.leads else { return None };
            records.push(link.record_hash);
            next = next.or(Some(to));
            // A circle leads back to the member, who trusts nobody with what is the member's own.
            if to == member {
                return None;
            }
            if let Some((holder, proxy)) = holders.iter().find(|(holder, _)| *holder == to) {
                let path = records
                    .iter()
                    .rev()
                    .fold(NO_PATH, |path, record| path_hash(*record, path));
                return Some(Delegated {
                    delegate: *holder,
                    next: next?,
                    depth,
                    record_hash: *records.first()?,
                    path,
                    proxy: *proxy,
                });
            }
            if self.is_direct(to) {
                return None;
            }
            place = to;
        }
        None
    }

    /// Returns what a delegate may not carry. Weights are taken by the length of their way, the shortest first, and among equals by
    /// the member's word, the smallest first; one that does not fit any more returns whole.
    fn return_above(&self, carried_max: u128, fates: &mut [Fate]) {
        let mut order: Vec<(u8, Hash32, u32, u32)> = (0_u32..)
            .zip(fates.iter())
            .zip(&self.voters)
            .filter_map(|((place, fate), voter)| match fate {
                Fate::Delegated(way) => Some((way.depth, *voter, place, way.delegate)),
                Fate::Direct | Fate::Uncast(_) => None,
            })
            .collect();
        order.sort_unstable();
        let mut carried: HashMap<u32, u128> = HashMap::new();
        for (_, _, place, delegate) in order {
            let weight = self.weights.get(index(place)).copied().unwrap_or_default();
            let sum = carried.entry(delegate).or_default();
            let after = sum.saturating_add(weight);
            if after <= carried_max {
                *sum = after;
            } else if let Some(fate) = fates.get_mut(index(place)) {
                *fate = Fate::Uncast(Uncast::AboveCap);
            }
        }
    }
}

/// Who trusts each member: the links turned round, as one list with the begin of each member's part.
struct TrustedBy {
    begins: Vec<u32>,
    trusters: Vec<u32>,
}

impl TrustedBy {
    fn of(links: &[Link]) -> Self {
        let mut begins = vec![0_u32; links.len().saturating_add(1)];
        for link in links {
            if let Leads::To(to) = link.leads
                && let Some(count) = begins.get_mut(index(to).saturating_add(1))
            {
                *count = count.saturating_add(1);
            }
        }
        let mut sum: u32 = 0;
        for begin in &mut begins {
            sum = sum.saturating_add(*begin);
            *begin = sum;
        }
        let mut free = begins.clone();
        let mut trusters = vec![0_u32; index(sum)];
        for (truster, link) in (0_u32..).zip(links) {
            if let Leads::To(to) = link.leads
                && let Some(next) = free.get_mut(index(to))
                && let Some(place) = trusters.get_mut(index(*next))
            {
                *place = truster;
                *next = next.saturating_add(1);
            }
        }
        Self { begins, trusters }
    }

    fn of_place(&self, place: u32) -> &[u32] {
        let begin = self.begins.get(index(place)).copied().unwrap_or_default();
        let end = self
            .begins
            .get(index(place).saturating_add(1))
            .copied()
            .unwrap_or(begin);
        self.trusters.get(index(begin)..index(end)).unwrap_or_default()
    }
}

/// A place as an index; no list here is longer than 32 bits can count.
fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// How the weight of a roll divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Of members who voted.
    pub direct: u128,
    /// Of members whose weight another one's vote carried.
    pub delegated: u128,
    /// Of all others.
    pub uncast: u128,
}

/// What came of every weight on a roll, in the order of the roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The members as words.
    pub voters: Vec<Hash32>,
    /// Their weights.
    pub weights: Vec<u128>,
    /// What came of each.
    pub fates: Vec<Fate>,
}

impl Resolution {
    /// How the weight divides; the three add up to the weight of the roll.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for (fate, weight) in self.fates.iter().zip(&self.weights) {
            let sum = match fate {
                Fate::Direct => &mut sums.direct,
                Fate::Delegated(_) => &mut sums.delegated,
                Fate::Uncast(_) => &mut sums.uncast,
            };
            *sum = sum.saturating_add(*weight);
        }
        sums
    }

    /// The member at a place.
    #[must_use]
    pub fn voter(&self, place: u32) -> Hash32 {
        self.voters.get(index(place)).copied().unwrap_or_default()
    }

    /// Every weight that another one's vote carried, in the order of the roll.
    pub fn delegated(&self) -> impl Iterator<Item = (DelegatedLeaf, Delegated)> + '_ {
        let each = self.fates.iter().zip(&self.voters).zip(&self.weights);
        each.filter_map(|((fate, voter), weight)| match fate {
            Fate::Delegated(way) => Some((
                DelegatedLeaf {
                    truster: *voter,
                    delegate: self.voter(way.delegate),
                    weight: *weight,
                    path: way.path,
                    proxy: way.proxy,
                },
                *way,
            )),
            Fate::Direct | Fate::Uncast(_) => None,
        })
    }

    /// By member, the weight of others that goes with the member's own ballot; nothing for who carries none.
    #[must_use]
    pub fn carried(&self) -> HashMap<Hash32, u128> {
        let mut carried: HashMap<Hash32, u128> = HashMap::new();
        for (leaf, _) in self.delegated().filter(|(leaf, _)| leaf.proxy == Hash32::ZERO) {
            let sum = carried.entry(leaf.delegate).or_default();
            *sum = sum.saturating_add(leaf.weight);
        }
        carried
    }
}
