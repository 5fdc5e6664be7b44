//! Roots as records of the co-op: what is released, before anybody can submit it, and what a contract shows that nobody released.

use governance::hash::Hash32;
use governance::id::PaymentFileId;
use governance::record::{ClaimRootV1, Record as _};
use store::CoopTx;
use store::coop::coop_get;
use store::payment::{
    ClaimRootRow, DistributorRow, NewClaimRootRecord, claim_root_record_insert, claim_root_record_of,
};
use store::record::{NewRecord, RecordKind, record_append};
use wire::payment::ClaimRootRecord;

use super::distributors::{place, units};
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::decision_rows::{RowDamage, domain};
use crate::services::payouts::digest;

/// A root of a contract: its epoch, the root, and what its claims come to, in units of the token.
pub type Told = (u64, Hash32, u128);

/// Adds the record of a root that is released now under an epoch.
///
/// # Errors
/// If the database fails.
pub async fn released(
    tx: &mut CoopTx,
    distributor: &DistributorRow,
    (row, epoch): (&ClaimRootRow, u64),
) -> Result<(), Problem> {
    let told = (epoch, digest(&row.root)?, units(distributor, row.total)?);
    let of = (row.file_id, digest(&row.digest)?, digest(&row.statements)?);
    append(tx, distributor, told, Some(of)).await
}

/// Adds the record of a root that a contract shows and nobody released.
///
/// # Errors
/// If the database fails.
pub async fn foreign(tx: &mut CoopTx, distributor: &DistributorRow, told: Told) -> Result<(), Problem> {
    append(tx, distributor, told, None).await
}

async fn append(
    tx: &mut CoopTx,
    distributor: &DistributorRow,
    (epoch, root, total): Told,
    of: Option<(uuid::Uuid, Hash32, Hash32)>,
) -> Result<(), Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let place = place(distributor)?;
    let (file, content, statements) = of.map_or((None, None, None), |(file, content, statements)| {
        (Some(file), Some(content), Some(statements))
    });
    let record = ClaimRootV1 {
        namespace: domain(&coop)?.namespace,
        file: file.map_or(Hash32::ZERO, |file| PaymentFileId::from_uuid(file).word()),
        chain_id: place.chain_id,
        distributor: Hash32::left_padded(&place.distributor),
        token: Hash32::left_padded(&place.token),
        epoch,
        root,
        total,
        content: content.unwrap_or_default(),
        statements: statements.unwrap_or_default(),
        salt: Hash32::from_bytes(random().map_err(Problem::internal)?),
    };
    let hash = record.struct_hash();
    let new = NewClaimRootRecord {
        hash,
        distributor: distributor.ledger_account_id,
        epoch: i64::try_from(epoch).map_err(Problem::internal)?,
        root,
        total: &total.to_string(),
        file,
        content,
        statements,
        salt: record.salt,
    };
    claim_root_record_insert(tx, new).await?;
    let new = NewRecord {
        kind: RecordKind::ClaimRoot,
        subject: if file.is_some() {
            record.file
        } else {
            record.distributor
        },
        record_hash: hash,
    };
    record_append(tx, new).await?;
    Ok(())
}

/// The record of a released root, as it is shown; `None` before it is released.
///
/// # Errors
/// If a row does not hold what it must.
pub async fn shown(tx: &mut CoopTx, file: PaymentFileId) -> Result<Option<ClaimRootRecord>, Problem> {
    let Some(row) = claim_root_record_of(tx, file).await? else {
        return Ok(None);
    };
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    Ok(Some(ClaimRootRecord {
        record_hash: digest(&row.record_hash)?,
        namespace: domain(&coop)?.namespace,
        statements: digest(row.statements.as_deref().ok_or(RowDamage("statements"))?)?,
        salt: digest(&row.salt)?,
    }))
}
