//! Which ballots carry whose weight, read from what stood when voting closed.

use std::collections::{HashMap, HashSet};

use governance::ballot::{Choice, Form, read_choice};
use governance::delegation::{Asked, Edge, Fate, Resolution, Resolver, delegations_root, kind_word};
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::record::DelegationV1;
use governance::rule::DecisionRule;
use store::decision::delegated::{NewDelegated, ProxyBallotRow, proxy_ballots_last};
use store::decision::delegation::{DelegationRow, Reaching, delegation_marker, delegations_reaching};
use store::decision::proposal::ProposalRow;
use store::decision::roll::roll_members;
use store::{CoopTx, StoreError};
use uuid::Uuid;

use crate::services::decision_rows::{Frozen, RowDamage, moment, number, word};

/// Rows that are read at once.
const PAGE: i64 = 1_000;
/// The kind of signature that is the server's word.
const ATTESTED: i16 = 5;

/// Why delegations could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DelegatedFault {
    /// The database failed.
    #[error("the database did not answer for delegations")]
    Store(#[from] StoreError),
    /// A row does not hold what it must.
    #[error("a row of a delegation is damaged")]
    Row(#[from] RowDamage),
    /// The rows contradict each other.
    #[error("delegations cannot be resolved")]
    Resolve(#[from] governance::delegation::Refusal),
    /// The work was interrupted.
    #[error("resolving delegations was interrupted: {0}")]
    Interrupted(String),
}

/// What delegations add to a count; nothing where nobody delegates.
#[derive(Default)]
pub struct Delegated {
    /// By who voted, the weight of others that goes with that ballot.
    pub carried: HashMap<Hash32, u128>,
    /// What holders cast for one member each, with the member's weight.
    pub proxies: Vec<(Choice, u128)>,
    /// The root over what was used.
    pub root: Hash32,
    /// The weight that another one's vote carried.
    pub weight: u128,
    /// How much of it by proxy ballots.
    pub proxy_weight: u128,
    /// How many of the delegations used are the server's word.
    pub attested: u32,
    /// What came of each member who did not vote and has a delegation here.
    pub rows: Vec<NewDelegated>,
}

/// Reads and resolves; `voters` are those who cast a ballot.
///
/// # Errors
/// [`DelegatedFault`].
pub async fn resolve(
    tx: &mut CoopTx,
    (row, frozen): (&ProposalRow, &Frozen),
    rule: &DecisionRule,
    voters: Vec<Hash32>,
) -> Result<Delegated, DelegatedFault> {
    let proposal = ProposalId::from_uuid(row.id);
    let (edges, attested) = read_edges(tx, row, frozen).await?;
    let proxies = read_proxies(tx, proposal).await?;
    // Without a delegation no proxy ballot speaks either.
    if edges.is_empty() {
        return Ok(Delegated::default());
    }
    let mut resolver = Resolver::new(Asked {
        kind: kind_word(&row.kind),
        proposal: proposal.word(),
        moment: frozen.closes_at,
        carried_max: Some(u128::from(rule.carried_max)).filter(|most| *most > 0),
    });
    let mut after = None;
    loop {
        let page = roll_members(tx, proposal, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.member_id);
        for member in &page {
            let weight = number(member.weight, "weight")?;
            resolver.voter(MemberId::from_uuid(member.member_id).word(), weight)?;
        }
    }
    let mut choices = HashMap::new();
    for ballot in &proxies {
        let record_hash = word(&ballot.record_hash, "record_hash")?;
        let member = MemberId::from_uuid(ballot.member_id).word();
        resolver.proxy(MemberId::from_uuid(ballot.holder_id).word(), member, record_hash)?;
        choices.insert(record_hash, proxy_choice(ballot, rule, row.options.len())?);
    }
    // Resolving a large roll takes a while; other requests of this thread need not wait for it.
    let resolving = tokio::task::spawn_blocking(move || {
        for voter in &voters {
            resolver.cast(*voter)?;
        }
        for edge in &edges {
            resolver.edge(edge)?;
        }
        let resolution = resolver.resolve();
        let root = delegations_root(proposal.word(), resolution.delegated().map(|(leaf, _)| leaf));
        Ok::<_, governance::delegation::Refusal>((resolution, root))
    });
    let resolved = resolving
        .await
        .map_err(|error| DelegatedFault::Interrupted(error.to_string()))?;
    let (resolution, root) = resolved?;
    Ok(added(&resolution, root, &choices, &attested)?)
}

async fn read_edges(
    tx: &mut CoopTx,
    row: &ProposalRow,
    frozen: &Frozen,
) -> Result<(Vec<Edge>, HashSet<Hash32>), DelegatedFault> {
    let (mut edges, mut attested) = (Vec::new(), HashSet::new());
    let mut reader = ReachingReader::new(tx, row, frozen).await?;
    loop {
        let rows = reader.next(tx).await?;
        if rows.is_empty() {
            return Ok((edges, attested));
        }
        for row in rows {
            let edge = edge(&row)?;
            if row.kind == ATTESTED {
                attested.insert(edge.record_hash);
            }
            edges.push(edge);
        }
    }
}

/// Reads the delegations that reach a closed proposal, page by page.
pub struct ReachingReader {
    reaching: Reaching,
    after: (Uuid, i16),
}

impl ReachingReader {
    /// Before the first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn new(tx: &mut CoopTx, row: &ProposalRow, frozen: &Frozen) -> Result<Self, DelegatedFault> {
        let proposal = ProposalId::from_uuid(row.id);
        let reaching = Reaching {
            proposal,
            kind: kind_word(&row.kind),
            // What closed before there were delegations had none.
            marker: delegation_marker(tx, proposal).await?.unwrap_or_default(),
            before: moment(frozen.closes_at).ok_or(RowDamage("closes_at"))?,
        };
        Ok(Self {
            reaching,
            after: (Uuid::nil(), 0),
        })
    }

    /// The next ones in the order of truster and scope; none at the end.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next(&mut self, tx: &mut CoopTx) -> Result<Vec<DelegationRow>, StoreError> {
        let rows = delegations_reaching(tx, self.reaching, self.after, PAGE).await?;
        if let Some(last) = rows.last() {
            self.after = (last.truster_id, last.scope_kind);
        }
        Ok(rows)
    }
}

async fn read_proxies(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<ProxyBallotRow>, StoreError> {
    let (mut all, mut after) = (Vec::new(), (Uuid::nil(), Uuid::nil()));
    loop {
        let rows = proxy_ballots_last(tx, proposal, after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = (last.member_id, last.holder_id);
        all.extend(rows);
    }
}

fn proxy_choice(row: &ProxyBallotRow, rule: &DecisionRule, options: usize) -> Result<Choice, RowDamage> {
    let chosen: Vec<u16> = row.options.iter().map(|option| option.cast_unsigned()).collect();
    let points: Vec<u32> = row.points.iter().map(|points| points.cast_unsigned()).collect();
    read_choice(Form::of(&rule.counting), options, &chosen, &points).map_err(|_| RowDamage("options"))
}

fn added(
    resolution: &Resolution,
    root: Hash32,
    choices: &HashMap<Hash32, Choice>,
    attested: &HashSet<Hash32>,
) -> Result<Delegated, RowDamage> {
    let mut added = Delegated {
        carried: resolution.carried(),
        root,
        weight: resolution.sums().delegated,
        ..Delegated::default()
    };
    for ((fate, voter), weight) in resolution.fates.iter().zip(&resolution.voters).zip(&resolution.weights) {
        let mut row = NewDelegated {
            truster: uuid(*voter),
            weight: i64::try_from(*weight).map_err(|_| RowDamage("weight"))?,
            delegate: None,
            next: None,
            depth: None,
            path: None,
            proxy: None,
            uncast: None,
        };
        match fate {
            Fate::Direct | Fate::Uncast(governance::delegation::Uncast::NoDelegation) => continue,
            Fate::Uncast(reason) => row.uncast = Some(reason.name()),
            Fate::Delegated(way) => {
                row.delegate = Some(uuid(resolution.voter(way.delegate)));
                row.next = Some(uuid(resolution.voter(way.next)));
                row.depth = Some(i16::from(way.depth));
                row.path = Some(way.path.as_bytes().to_vec());
                added.attested = added
                    .attested
                    .saturating_add(u32::from(attested.contains(&way.record_hash)));
                if way.proxy != Hash32::ZERO {
                    row.proxy = Some(way.proxy.as_bytes().to_vec());
                    let choice = choices.get(&way.proxy).cloned().ok_or(RowDamage("proxy"))?;
                    added.proxies.push((choice, *weight));
                    added.proxy_weight = added.proxy_weight.saturating_add(*weight);
                }
            }
        }
        added.rows.push(row);
    }
    Ok(added)
}

/// The member of a word that was made from one.
fn uuid(word: Hash32) -> Uuid {
    let [.., a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *word.as_bytes();
    Uuid::from_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
}

/// The delegation of a row.
///
/// # Errors
/// If the row is damaged.
pub fn edge(row: &DelegationRow) -> Result<Edge, RowDamage> {
    let record = delegation_record(row, Hash32::ZERO)?;
    Edge::from_record(&record, word(&row.record_hash, "record_hash")?).ok_or(RowDamage("scope_kind"))
}

/// The record of a row.
///
/// # Errors
/// If the row is damaged.
pub fn delegation_record(row: &DelegationRow, namespace: Hash32) -> Result<DelegationV1, RowDamage> {
    Ok(DelegationV1 {
        namespace,
        truster: MemberId::from_uuid(row.truster_id).word(),
        trustee: row
            .trustee_id
            .map_or(Hash32::ZERO, |trustee| MemberId::from_uuid(trustee).word()),
        scope_kind: u8::try_from(row.scope_kind).map_err(|_| RowDamage("scope_kind"))?,
        scope: word(&row.scope, "scope")?,
        valid_until: number(row.valid_until, "valid_until")?,
        revision: number(row.revision, "revision")?,
        salt: word(&row.salt, "salt")?,
    })
}
