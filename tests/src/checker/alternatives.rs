//! What was told of several proposals on one question.

use governance::action::actions_hash;
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use governance::id::ProposalId;
use governance::record::texts_hash;
use uuid::Uuid;

use super::events::Pattern;
use super::rows::{Proposal, Rows};

fn word(id: Uuid) -> Option<Hash32> {
    Some(ProposalId::from_uuid(id).word())
}

fn number(value: u128) -> Option<Hash32> {
    Some(Hash32::from_u128(value))
}

fn text(text: &str) -> Option<Hash32> {
    Some(keccak256(text.as_bytes()))
}

/// That a proposal went into another one, by whom and why.
pub(super) fn merged(rows: &Rows, proposal: &Proposal) -> Option<(EventKind, Pattern)> {
    let merger = rows.proposal_merger.iter().find(|row| row.proposal_id == proposal.id)?;
    let by = Hash32::left_padded(proposal.ended_by?.as_bytes());
    let place = number(u128::from(merger.place.unwrap_or_default()));
    let why = text(proposal.end_reason.as_deref()?);
    Some((
        EventKind::ProposalMerged,
        vec![Some(by), word(merger.into_id), place, why],
    ))
}

/// That a proposal is an alternative, which alternatives its author adopted, and which were joined in it.
pub(super) fn of_question(rows: &Rows, proposal: &Proposal) -> Vec<(EventKind, Pattern)> {
    let author = Some(Hash32::left_padded(proposal.author_id.as_bytes()));
    let begun = rows
        .proposal_alternative
        .iter()
        .filter(|row| row.proposal_id == proposal.id)
        .map(|row| (EventKind::AlternativeBegun, vec![author, word(row.original_id)]));
    let adopted = rows
        .proposal_version
        .iter()
        .filter(|row| row.proposal_id == proposal.id)
        .filter_map(|row| Some((row, row.alternative_id?)))
        .map(|(row, alternative)| {
            let by = Some(Hash32::left_padded(row.replaced_by.as_bytes()));
            let own = rows.proposal.iter().find(|other| other.id == alternative);
            let why = own.and_then(|own| text(own.end_reason.as_deref()?));
            (EventKind::AlternativeAdopted, vec![by, word(alternative), why])
        });
    let joined = rows
        .proposal_merger
        .iter()
        .filter(|row| row.into_id == proposal.id)
        .filter_map(|row| Some((row, row.place?)))
        .map(|(row, place)| {
            let own = rows.proposal.iter().find(|other| other.id == row.proposal_id);
            let texts = own.map(|own| texts_hash([own.title.as_str(), own.body.as_str()]));
            let namespace = rows.coop(row.coop_id).map(|coop| coop.namespace.word());
            let actions = own
                .zip(namespace)
                .map(|(own, namespace)| actions_hash(&own.planned(), namespace));
            let words = vec![
                author,
                number(u128::from(place)),
                word(row.proposal_id),
                texts,
                actions,
                None,
            ];
            (EventKind::OptionJoined, words)
        });
    begun.chain(adopted).chain(joined).collect()
}
