//! A list of claims beside the record of its root.

use governance::hash::{Hash32, sha256};
use governance::ledger::ClaimSet;
use governance::record::{ClaimRootV1, Record as _};
use wire::payment::PaymentFileView;

/// Why a file does not tie a list to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRecordRefusal {
    /// It is something else.
    #[error("it is not what the server says of a file of payments")]
    Malformed,
    /// There is no record yet.
    #[error("its root was not released")]
    NotReleased,
    /// The record is over something else.
    #[error("its record is over another list than this one")]
    OtherList,
}

/// The hash of the record that the server says a file has, where that record is over exactly this list.
///
/// # Errors
/// [`ClaimsRecordRefusal`].
pub fn claims_record(list: &str, set: &ClaimSet, file: &[u8]) -> Result<Hash32, ClaimsRecordRefusal> {
    let file: PaymentFileView = serde_json::from_slice(file).map_err(|_| ClaimsRecordRefusal::Malformed)?;
    let said = file.claims.and_then(|root| root.epoch.zip(root.record));
    let (epoch, said) = said.ok_or(ClaimsRecordRefusal::NotReleased)?;
    let place = set.place();
    let record = ClaimRootV1 {
        namespace: said.namespace,
        file: file.id.word(),
        chain_id: place.chain_id,
        distributor: Hash32::left_padded(&place.distributor),
        token: Hash32::left_padded(&place.token),
        epoch,
        root: set.tree().root(),
        total: set.total(),
        content: sha256(list.as_bytes()),
        statements: said.statements,
        salt: said.salt,
    };
    if record.struct_hash() == said.record_hash {
        Ok(said.record_hash)
    } else {
        Err(ClaimsRecordRefusal::OtherList)
    }
}
