//! Co-ops: found by name, listed, seen.

use governance::bylaws::Admission;
use governance::hash::{Hash32, to_hex};
use governance::id::{CoopId, MemberId};
use governance::record::{ChainDomain, Domain};
use store::CoopTx;
use store::coop::{
    CoopRow, bylaws_current, coop_counts, coop_get, coop_of_slug, coops_of_account, member_get, member_of_account,
};
use wire::coop::{CoopSummary, CoopView, CountsView, DirectoryEntry, DomainView};
use wire::page::{Page, PageQuery};

use crate::app::App;
use crate::http::actor::{Actor, Member, SignedIn};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::{bylaws, founding, halts, log, members, paging};

/// The most co-ops of one page of one's own: each is looked at behind its own wall.
const PAGE_MAX: u16 = 50;

/// The caller's own co-ops.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn mine(app: &App, signed_in: SignedIn, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let limit = query.limit().min(PAGE_MAX);
    let mut global = app.store.global_tx("coops_of_account").await?;
    let found = coops_of_account(
        &mut global,
        signed_in.account,
        after,
        i64::from(limit).saturating_add(1),
    )
    .await?;
    global.commit().await?;
    let page = Page::cut(found, limit, CoopId::to_string);
    let mut items = Vec::with_capacity(page.items.len());
    for coop in page.items {
        let mut tx = app.store.coop_tx("coop_summary", coop).await?;
        let row = coop_get(&mut tx).await?;
        let me = match member_of_account(&mut tx, signed_in.account).await? {
            Some(member) => member_get(&mut tx, member).await?,
            None => None,
        };
        tx.commit().await?;
        // Where the membership ended the co-op is no longer one's own.
        if let (Some(row), Some(me)) = (row, me) {
            items.push(CoopSummary {
                id: coop,
                slug: row.slug,
                name: row.name,
                me: members::view(me)?,
            });
        }
    }
    Answer::ok(&Page {
        items,
        next_cursor: page.next_cursor,
    })
}

/// A co-op by its short name, where the caller could apply to join it or is a member.
///
/// # Errors
/// 404 otherwise, whether it exists or not.
pub async fn directory(app: &App, signed_in: Option<SignedIn>, slug: &str) -> Result<Answer, Problem> {
    // No co-op has such a name, and the database takes some texts (a NUL in them) for a fault of ours.
    if !founding::is_slug(slug) {
        return Err(Problem::not_found());
    }
    let mut global = app.store.global_tx("coop_of_slug").await?;
    let coop = coop_of_slug(&mut global, slug).await?;
    global.commit().await?;
    let coop = coop.ok_or_else(Problem::not_found)?;
    let mut tx = app.store.coop_tx("directory_get", coop).await?;
    let row = coop_get(&mut tx).await?;
    let in_force = bylaws_current(&mut tx).await?;
    let is_member = match signed_in {
        Some(signed_in) => member_of_account(&mut tx, signed_in.account).await?.is_some(),
        None => false,
    };
    tx.commit().await?;
    let (row, in_force) = row.zip(in_force).ok_or_else(Problem::not_found)?;
    let admission = bylaws::content(&in_force)?.admission;
    if admission != Admission::Application && !is_member {
        return Err(Problem::not_found());
    }
    Answer::ok(&DirectoryEntry {
        id: coop,
        namespace: namespace(&row)?,
        slug: row.slug,
        name: row.name,
        admission,
    })
}

/// The co-op, as a member sees it.
///
/// # Errors
/// If the database fails.
pub async fn view(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("coop_get", actor.coop).await?;
    let view = read(app, &mut tx, actor.member).await?;
    tx.commit().await?;
    Answer::ok(&view)
}

/// The namespace in a co-op's row.
///
/// # Errors
/// If the row does not hold one.
pub fn namespace(row: &CoopRow) -> Result<Hash32, Problem> {
    Hash32::from_slice(&row.namespace).ok_or_else(|| Problem::internal("a co-op has a malformed namespace"))
}

/// The domain of signatures in a co-op.
///
/// # Errors
/// If the row does not hold one.
pub fn domain(row: &CoopRow) -> Result<Domain, Problem> {
    let malformed = || Problem::internal("a co-op has a malformed place on the chain");
    let chain = match (row.chain_id, &row.contract) {
        (Some(chain_id), Some(contract)) => Some(ChainDomain {
            chain_id: u64::try_from(chain_id).map_err(|_| malformed())?,
            contract: contract.as_slice().try_into().map_err(|_| malformed())?,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(malformed()),
    };
    Ok(Domain {
        namespace: namespace(row)?,
        chain,
    })
}

/// Where a transaction of the co-op's chain is shown, if the operator named a place.
pub(super) fn explorer(app: &App, domain: &Domain) -> Option<String> {
    let chain = app.config.chain.as_ref()?;
    let is_there = domain.chain.is_some_and(|of| of.chain_id == chain.chain_id);
    chain.explorer_url.clone().filter(|_| is_there)
}

/// The co-op as one of its members sees it.
///
/// # Errors
/// If the database fails.
pub(super) async fn read(app: &App, tx: &mut CoopTx, me: MemberId) -> Result<CoopView, Problem> {
    let row = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let in_force = bylaws_current(tx).await?.ok_or_else(Problem::not_found)?;
    let counts = coop_counts(tx).await?;
    let me = member_get(tx, me).await?.ok_or_else(Problem::not_found)?;
    let domain = domain(&row)?;
    Ok(CoopView {
        id: CoopId::from_uuid(row.id),
        slug: row.slug,
        name: row.name,
        created_at: row.created_at,
        namespace: domain.namespace,
        domain: DomainView::from(&domain),
        registrar: row.registrar.as_deref().map(to_hex),
        explorer: explorer(app, &domain),
        server_key: app.secrets.server_key().to_string(),
        log_key: log::verifier_key(app, domain.namespace)
            .map_err(|error| Problem::internal(format_args!("the log has no name: {error:#}")))?
            .to_string(),
        bylaws_version: in_force.version,
        halt: halts::in_force(tx).await?,
        me: members::view(me)?,
        counts: CountsView {
            active: counts.active,
            voting: counts.voting,
            suspended: counts.suspended,
        },
    })
}
