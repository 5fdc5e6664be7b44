//! Looking for one ballot in a bundle.

use std::io::BufRead;

use governance::hash::Hash32;
use governance::record::Domain;
use governance::signature::PublicKey;
use wire::bundle::Section;

use super::{Audit, Options};
use crate::report::{Level, Report};

/// A ballot that was looked for and is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The line of the bundle.
    pub(crate) line: u64,
    pub(crate) is_counted: bool,
}

/// A bundle in which a ballot was looked for.
pub(crate) struct Sought {
    pub(crate) report: Report,
    /// Whether the lines are all that the server signed, whatever else is wrong with them.
    pub(crate) is_sealed: bool,
    /// The namespace, in a domain without a chain, as receipts are signed.
    pub(crate) domain: Option<Domain>,
    /// The proposal's word.
    pub(crate) proposal: Option<Hash32>,
    /// The server's key, as the auditor named it or else as the bundle does.
    pub(crate) server_key: Option<PublicKey>,
    pub(crate) found: Option<Found>,
}

/// Verifies a bundle without asking anybody, and looks for the ballot whose record has this hash.
pub(crate) fn seek<R: BufRead>(from: R, options: &Options, ballot: Hash32) -> Sought {
    let mut audit = Audit::new(options);
    audit.ballots.sought = Some(ballot);
    audit.read(from);
    let (changed, mut read) = audit.finish();
    audit.check_log(None, &mut read);
    let is_whole = audit.end.is_some() && !audit.stopped && !audit.ledger.is_lacking(Level::L0);
    let is_sealed = is_whole && changed.is_empty() && !audit.ledger.has_failed(Section::End);
    let header = audit.header.as_ref();
    let domain = header.map(|header| Domain {
        namespace: header.line.namespace,
        chain: None,
    });
    let own_key = header.and_then(|header| header.server_key);
    Sought {
        is_sealed,
        domain,
        proposal: audit.question.as_ref().map(|question| question.line.record.proposal),
        server_key: options.server_key.or(own_key),
        found: audit.ballots.found,
        report: audit.ledger.report(options.required(), false, &changed, read),
    }
}
