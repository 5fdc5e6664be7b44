//! What happened and what was told of it: each act left its event, each event is of an act, and the log holds each of them.

use std::collections::{BTreeMap, BTreeSet};

use governance::event::{EventKind, payload};
use governance::hash::{Hash32, keccak256};
use governance::id::{JournalId, MemberId, ProposalId};
use governance::record::{EventV1, ProxyBallotV1, Record as _, type_registry};
use governance::secrecy::{Tier, electors_root};
use uuid::Uuid;

use super::access;
use super::alternatives;
use super::execution::{self, what_was_executed_happened_once_with_its_events};
use super::money;
use super::payments;
use super::repairs::{self, Entry};
use super::revenue;
use super::rows::{Application, Delegation, Event, Halt, Invitation, MemberEvent, Proposal, PublicPage, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "24a",
        every_event_is_what_its_hash_says,
        "Each event is of a known kind, begins with its actor, has the facts of its kind, and hashes to its record."
    ),
    invariant!(
        "24b",
        the_log_holds_every_event_and_every_record_once,
        "Each event and each numbered record has exactly one entry of its type in the log of its co-op, and no other has one but \
         what came back when the log was repaired."
    ),
    invariant!(
        "24c",
        whatever_happened_left_its_event_and_nothing_else_did,
        "Each row that says something happened has its event with the same actor and facts, and each event such a row; leaves \
         that came back have an event that names them and their root."
    ),
    invariant!(
        "24d",
        what_was_executed_happened_once_with_its_events,
        "An executed proposal has one event for each of its actions that was due, no other proposal has any, and each amendment of \
         bylaws is of an executed proposal."
    ),
];

/// The words of an event; nothing where they are none.
fn words(event: &Event) -> Vec<Hash32> {
    event.words.0.chunks(32).filter_map(Hash32::from_slice).collect()
}

fn every_event_is_what_its_hash_says(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let wrong = |event: &Event| {
        let words = words(event);
        let Some(kind) = EventKind::from_code(event.kind) else {
            return Some("is of no kind");
        };
        let record = EventV1 {
            namespace: rows
                .coop(event.coop_id)
                .map(|coop| coop.namespace.word())
                .unwrap_or_default(),
            kind: event.kind,
            subject: Hash32::left_padded(event.subject.as_bytes()),
            payload: payload(&words),
            at: u64::try_from(event.at.timestamp()).unwrap_or_default(),
            salt: event.salt.word(),
        };
        if words.first() != Some(&actor(event.actor_id)) {
            Some("does not begin with its actor")
        } else if words.len() != 1 + kind.facts().len() {
            Some("has not the facts of its kind")
        } else if record.payload != event.payload.word() {
            Some("has another payload than its words")
        } else if record.struct_hash() != event.record_hash.word() || event.at.timestamp_subsec_nanos() > 0 {
            Some("does not hash to its record")
        } else {
            None
        }
    };
    rows.event
        .iter()
        .filter_map(|event| wrong(event).map(|what| format!("event {} {what}", event.id)))
        .collect()
}

fn the_log_holds_every_event_and_every_record_once(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let types: BTreeMap<&str, Hash32> = type_registry()
        .into_iter()
        .filter_map(|(text, hash)| Some((text.split_once('(')?.0, hash)))
        .collect();
    let event_type = keccak256(EventV1::TYPE.as_bytes());
    let events = rows
        .event
        .iter()
        .map(|event| (event.coop_id, event_type, event.record_hash.word()));
    let proxy_type = keccak256(ProxyBallotV1::TYPE.as_bytes());
    let proxies = rows
        .proxy_ballot
        .iter()
        .map(|ballot| (ballot.coop_id, proxy_type, ballot.record_hash.word()));
    let records = rows.record.iter().map(|record| {
        let type_hash = types.get(record.kind.as_str()).copied().unwrap_or_default();
        (record.coop_id, type_hash, record.record_hash.word())
    });
    // How often it stands in the log, less how often it should.
    let mut balance: BTreeMap<Entry, i64> = BTreeMap::new();
    for entry in events.chain(proxies).chain(records) {
        *balance.entry(entry).or_default() -= 1;
    }
    let ballot_type = types.get("BallotV1").copied();
    let pending = rows
        .log_pending
        .iter()
        .map(|entry| (entry.coop_id, &entry.type_hash, &entry.record_hash));
    let placed = rows
        .log_leaf
        .iter()
        .filter(|leaf| !leaf.is_restored())
        .map(|leaf| (leaf.coop_id, &leaf.type_hash, &leaf.record_hash));
    for (coop, type_hash, record_hash) in pending.chain(placed) {
        // Ballots are another invariant's business.
        if Some(type_hash.word()) != ballot_type {
            *balance.entry((coop, type_hash.word(), record_hash.word())).or_default() += 1;
        }
    }
    let restored = repairs::restored(rows);
    // The rows of events that named a person who was erased are gone, and their hashes stay.
    let mut erased: BTreeMap<Uuid, i64> = BTreeMap::new();
    for erasure in &rows.erasure {
        *erased.entry(erasure.coop_id).or_default() += erasure.events;
    }
    for ((coop, type_hash, _), balance) in &mut balance {
        let left = erased.entry(*coop).or_default();
        if *type_hash == event_type && *balance > 0 && *left > 0 {
            let gone = (*balance).min(*left);
            *balance -= gone;
            *left -= gone;
        }
    }
    let unexplained = erased.into_iter().filter(|(_, left)| *left > 0);
    let mut found: Vec<String> = unexplained
        .map(|(coop, left)| format!("the log of co-op {coop} lacks {left} of the events that were erased"))
        .collect();
    // What came back is the entry of what was not lost, and of nothing else that is there.
    let is_right =
        |entry: &Entry, balance: i64| balance == 0 || (balance < 0 && restored.get(entry) >= Some(&-balance));
    let wrong = balance
        .into_iter()
        .filter(|(entry, balance)| !is_right(entry, *balance));
    found.extend(wrong.map(|((coop, _, hash), balance)| {
        let count = balance.unsigned_abs();
        let what = if balance < 0 { "lacks" } else { "holds too often" };
        format!("the log of co-op {coop} {what} {hash} ({count})")
    }));
    found
}

/// The words an event must have; `None` for what its row does not say.
pub(super) type Pattern = Vec<Option<Hash32>>;
/// By co-op, kind and subject.
type Expected = BTreeMap<(Uuid, EventKind, Uuid), Vec<Pattern>>;

fn whatever_happened_left_its_event_and_nothing_else_did(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut expected = expected(rows);
    let mut found = repairs::told_otherwise(evidence);
    for event in rows.event.iter().filter(|event| !repairs::is_repair(event)) {
        let Some(kind) = EventKind::from_code(event.kind) else {
            continue;
        };
        if access::is_of_registry(kind) {
            continue;
        }
        let words = words(event);
        let patterns = expected.entry((event.coop_id, kind, event.subject)).or_default();
        let fits = |pattern: &Pattern| {
            pattern.len() == words.len()
                && pattern
                    .iter()
                    .zip(&words)
                    .all(|(wanted, word)| wanted.is_none_or(|wanted| wanted == *word))
        };
        match patterns.iter().position(fits) {
            Some(place) => {
                patterns.swap_remove(place);
            }
            None => found.push(format!(
                "{} of {} was told and did not happen so",
                kind.name(),
                event.subject
            )),
        }
    }
    let erased: BTreeSet<Uuid> = rows.erasure.iter().map(|erasure| erasure.subject).collect();
    let untold = expected
        .into_iter()
        .filter(|((_, _, subject), patterns)| !patterns.is_empty() && !erased.contains(subject));
    found.extend(
        untold.map(|((_, kind, subject), _)| format!("{} of {subject} happened and was not told so", kind.name())),
    );
    found
}

fn expected(rows: &Rows) -> Expected {
    let mut expected = Expected::new();
    let mut expect = |coop: Uuid, kind: EventKind, subject: Uuid, words: Pattern| {
        expected.entry((coop, kind, subject)).or_default().push(words);
    };
    for coop in &rows.coop {
        let founded = vec![None, text(&coop.slug), text(&coop.name)];
        expect(coop.id, EventKind::CoopFounded, coop.id, founded);
    }
    for (coop, kind, words) in rows.halt.iter().flat_map(of_halt) {
        expect(coop, kind, coop, words);
    }
    let begun: BTreeSet<Uuid> = rows
        .member_event
        .iter()
        .filter(|event| is_beginning(event))
        .map(|event| event.member_id)
        .collect();
    for member in rows.member.iter().filter(|member| !begun.contains(&member.id)) {
        let words = vec![None, text(&member.class), None, None, None];
        expect(member.coop_id, EventKind::MemberAdmitted, member.id, words);
    }
    let registrations = registrations(rows);
    for event in &rows.member_event {
        if let Some((kind, words)) = of_history(&registrations, event) {
            expect(event.coop_id, kind, event.member_id, words);
        }
    }
    let told = access::told(rows)
        .into_iter()
        .chain(rows.public_page.iter().map(of_public_page))
        .chain(rows.application.iter().flat_map(of_application))
        .chain(of_books(rows))
        .chain(payments::told(rows))
        .chain(revenue::told(rows))
        .chain(money::told(rows));
    for (coop, kind, subject, words) in told {
        expect(coop, kind, subject, words);
    }
    for (coop, truster, kind, words) in rows.delegation.iter().map(of_delegation) {
        expect(coop, kind, truster, words);
    }
    for invitation in &rows.invitation {
        for (kind, words) in of_invitation(invitation) {
            expect(invitation.coop_id, kind, invitation.id, words);
        }
    }
    for proposal in &rows.proposal {
        for (kind, words) in of_proposal(rows, proposal)
            .into_iter()
            .chain(of_comments(rows, proposal))
        {
            expect(proposal.coop_id, kind, proposal.id, words);
        }
    }
    expected
}

fn of_public_page(page: &PublicPage) -> (Uuid, EventKind, Uuid, Pattern) {
    let shown = if page.is_public {
        page.shown.join(",")
    } else {
        String::from("nothing")
    };
    let words = vec![
        some_actor(page.set_by),
        number(page.version),
        text(&shown),
        text(&page.about),
    ];
    (page.coop_id, EventKind::PublicPageSet, page.coop_id, words)
}

fn of_application(application: &Application) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let (coop, id) = (application.coop_id, application.id);
    let made = vec![
        Some(Hash32::ZERO),
        text(&application.display_name),
        text(&application.statement),
    ];
    let mut told = vec![(coop, EventKind::ApplicationMade, id, made)];
    if application.status != "pending" {
        let decided = vec![
            Some(actor(application.decided_by)),
            text(&application.status),
            None,
            reason(application.reason.as_deref()),
        ];
        told.push((coop, EventKind::ApplicationDecided, id, decided));
    }
    told
}

fn of_books(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let opened = rows.ledger_account.iter().map(|account| {
        // Who opened it stands in no row.
        let words = vec![None, text(&account.path), text(&account.currency), None, None];
        (account.coop_id, EventKind::LedgerAccountOpened, account.id, words)
    });
    let posted = rows.journal.iter().map(|journal| {
        let undone = journal.reverses.map(|id| JournalId::from_uuid(id).word());
        let words = vec![
            Some(actor(journal.actor_id)),
            number(journal.number),
            text(&journal.kind),
            Some(undone.unwrap_or_default()),
            Some(journal.digest.word()),
        ];
        (journal.coop_id, EventKind::JournalPosted, journal.id, words)
    });
    opened.chain(posted).collect()
}

fn of_halt(halt: &Halt) -> Vec<(Uuid, EventKind, Pattern)> {
    // Tests make halts old.
    let begun = vec![Some(actor(halt.actor_id)), None, text(&halt.reason)];
    let mut told = vec![(halt.coop_id, EventKind::CoopHalted, begun)];
    if let Some(why) = &halt.end_reason {
        let ended = vec![Some(actor(halt.ended_by)), text(why)];
        told.push((halt.coop_id, EventKind::CoopResumed, ended));
    }
    told
}

fn of_delegation(given: &Delegation) -> (Uuid, Uuid, EventKind, Pattern) {
    let (coop, truster) = (given.coop_id, given.truster_id);
    let (by, delegation) = (some_actor(given.truster_id), Some(given.record_hash.word()));
    let scope = [number(i64::from(given.scope_kind)), Some(given.scope.word())];
    if given.valid_until == 0 {
        let words = vec![by, delegation, scope[0], scope[1]];
        return (coop, truster, EventKind::DelegationRevoked, words);
    }
    let trustee = Some(actor(given.trustee_id));
    let words = vec![by, delegation, trustee, scope[0], scope[1]];
    (coop, truster, EventKind::DelegationGiven, words)
}

fn is_beginning(event: &MemberEvent) -> bool {
    matches!(event.kind.as_str(), "joined" | "imported")
}

/// What a row of a member's history says was told.
fn of_history(registrations: &BTreeMap<Uuid, Hash32>, event: &MemberEvent) -> Option<(EventKind, Pattern)> {
    let by = Some(actor(event.actor_id));
    let why = reason(event.reason.as_deref());
    let key: Uuid = event.detail.parse().unwrap_or_default();
    let key_word = Some(Hash32::left_padded(key.as_bytes()));
    Some(match event.kind.as_str() {
        "joined" => (
            EventKind::MemberAdmitted,
            vec![by, text(&event.detail), None, None, None],
        ),
        "imported" => {
            let words = vec![by, text(&event.detail), text("import"), None, None];
            (EventKind::MemberAdmitted, words)
        }
        "renamed" => (EventKind::MemberRenamed, vec![by, text(&event.detail)]),
        "status_changed" => (EventKind::StatusChanged, vec![by, None, text(&event.detail), why]),
        "role_granted" => (EventKind::RoleGranted, vec![by, text(&event.detail), why]),
        "role_ended" => (EventKind::RoleEnded, vec![by, text(&event.detail), why]),
        "key_registered" => {
            let words = vec![by, key_word, registrations.get(&key).copied(), None];
            (EventKind::KeyRegistered, words)
        }
        "key_ended" => (EventKind::KeyEnded, vec![by, key_word]),
        _ => return None,
    })
}

/// By key: the hash of the record that stands under the number of its registration.
pub(super) fn registrations(rows: &Rows) -> BTreeMap<Uuid, Hash32> {
    let records: BTreeMap<(Uuid, i64), Hash32> = rows
        .record
        .iter()
        .map(|record| ((record.coop_id, record.sequence), record.record_hash.word()))
        .collect();
    rows.voting_key
        .iter()
        .filter_map(|key| Some((key.id, *records.get(&(key.coop_id, key.registered_sequence))?)))
        .collect()
}

fn of_proposal(rows: &Rows, proposal: &Proposal) -> Vec<(EventKind, Pattern)> {
    let by = Some(actor(proposal.ended_by));
    let mut told = Vec::new();
    if proposal.submitted_at.is_some() {
        told.push((EventKind::ProposalSubmitted, vec![None]));
    }
    if proposal.discussed_at.is_some() {
        told.push((EventKind::ProposalDiscussed, vec![None]));
    }
    if let Some(hash) = &proposal.record_hash {
        told.push((EventKind::ProposalOpened, vec![None, Some(hash.word())]));
    }
    if let Some(marker) = proposal.close_marker {
        told.push((EventKind::ProposalClosed, vec![None, number(marker), None]));
    }
    if proposal.is_decided() {
        let tally = rows.tally(proposal).map(|tally| tally.record_hash.word());
        told.push((
            EventKind::ResultPublished,
            vec![Some(Hash32::ZERO), tally, outcome(proposal.counted_outcome())],
        ));
    }
    match proposal.state.as_str() {
        "withdrawn" => told.push((
            EventKind::ProposalWithdrawn,
            vec![by, reason(proposal.end_reason.as_deref())],
        )),
        "cancelled" => told.push((
            EventKind::ProposalCancelled,
            vec![by, reason(proposal.end_reason.as_deref())],
        )),
        "merged" => told.extend(alternatives::merged(rows, proposal)),
        _ => {}
    }
    // The version rises with each step, and with each edit.
    let after = execution::afterwards(rows, proposal);
    told.extend(after.steps);
    let edits = (proposal.version - 1).saturating_sub(told.len() + after.erased);
    told.extend(after.beside);
    told.extend(of_secrecy(rows, proposal));
    let stage = of_stage(rows, proposal);
    let follows = stage.as_ref().is_some_and(|(_, words)| words[0] == Some(Hash32::ZERO));
    told.extend(stage);
    told.extend(alternatives::of_question(rows, proposal));
    told.extend(std::iter::repeat_n((EventKind::ProposalEdited, vec![None; 4]), edits));
    // The program itself begins the next stage of what was carried.
    let drafted_by = if follows {
        Some(Hash32::ZERO)
    } else {
        some_actor(proposal.author_id)
    };
    let drafted = vec![
        drafted_by,
        text(&proposal.kind),
        Some(Hash32::from_u128(u128::from(proposal.bylaws_version))),
        None,
        None,
        None,
    ];
    told.push((EventKind::ProposalDrafted, drafted));
    told
}

/// Which stage of its decision it is, and the result that it follows from.
fn of_stage(rows: &Rows, proposal: &Proposal) -> Option<(EventKind, Pattern)> {
    let of = |id: Uuid| rows.proposal_stage.iter().find(move |row| row.proposal_id == id);
    let stage = of(proposal.id)?;
    let former = stage
        .former_id
        .and_then(|former| rows.proposal.iter().find(|row| row.id == former));
    let hash = former
        .and_then(|former| former.record_hash.as_ref())
        .map(super::rows::Bytes::word);
    let tally = former
        .and_then(|former| rows.tally(former))
        .map(|tally| tally.record_hash.word());
    let words = vec![
        Some(former.map_or(Hash32::left_padded(proposal.author_id.as_bytes()), |_| Hash32::ZERO)),
        number(i64::from(stage.number)),
        number(i64::from(stage.stages)),
        text(&stage.body),
        Some(hash.unwrap_or(Hash32::ZERO)),
        Some(tally.unwrap_or(Hash32::ZERO)),
    ];
    Some((EventKind::StageBegun, words))
}

/// What was done about objections; the tiers chosen, of which the last one is the proposal's, and the veil over its roll.
fn of_secrecy(rows: &Rows, proposal: &Proposal) -> Vec<(EventKind, Pattern)> {
    let chosen = rows
        .event
        .iter()
        .filter(|event| (event.coop_id, event.subject) == (proposal.coop_id, proposal.id))
        .filter(|event| event.kind == EventKind::SecrecyChosen.code())
        .count();
    let tier = Tier::from_code(proposal.secrecy).map_or("", Tier::name);
    let taken = rows
        .objection_step
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == (proposal.coop_id, proposal.id));
    let mut told: Vec<(EventKind, Pattern)> = taken
        .map(|row| {
            let words = vec![
                some_actor(row.actor_id),
                Some(row.ballot_hash.word()),
                text(&row.step),
                reason(row.reason.as_deref()),
            ];
            (EventKind::ObjectionJudged, words)
        })
        .collect();
    if proposal.secrecy != 0 || chosen > 0 {
        told.push((EventKind::SecrecyChosen, vec![None, text(tier)]));
        told.extend(std::iter::repeat_n(
            (EventKind::SecrecyChosen, vec![None; 2]),
            chosen.saturating_sub(1),
        ));
    }
    if proposal.secrecy == 1 && proposal.was_opened() {
        let word = ProposalId::from_uuid(proposal.id).word();
        let members = rows
            .roll(proposal)
            .map(|entry| (MemberId::from_uuid(entry.member_id).word(), u128::from(entry.weight)));
        let count = i64::from(proposal.roll_count.unwrap_or_default());
        told.push((
            EventKind::RollVeiled,
            vec![None, Some(electors_root(word, members)), number(count)],
        ));
    }
    told
}

fn of_invitation(invitation: &Invitation) -> Vec<(EventKind, Pattern)> {
    // Tests make invitations old.
    let made = vec![some_actor(invitation.created_by), text(&invitation.class), None];
    let mut told = vec![(EventKind::InvitationMade, made)];
    if invitation.revoked_at.is_some() {
        told.push((EventKind::InvitationRevoked, vec![None]));
    }
    told
}

/// What stewards took out of sight below a proposal.
fn of_comments(rows: &Rows, proposal: &Proposal) -> Vec<(EventKind, Pattern)> {
    let below = rows
        .comment_removal
        .iter()
        .filter(|removal| (removal.coop_id, removal.proposal_id) == (proposal.coop_id, proposal.id));
    let removed = |by: Uuid, comment: Uuid| vec![some_actor(by), Some(Hash32::left_padded(comment.as_bytes()))];
    below
        .map(|removal| {
            (
                EventKind::CommentRemoved,
                removed(removal.removed_by, removal.comment_id),
            )
        })
        .collect()
}

fn outcome(state: &str) -> Option<Hash32> {
    let place = ["passed", "rejected", "no_quorum", "tied"]
        .iter()
        .position(|name| *name == state)?;
    Some(Hash32::from_u128(place as u128 + 1))
}

pub(super) fn actor(member: Option<Uuid>) -> Hash32 {
    member.map_or(Hash32::ZERO, |member| MemberId::from_uuid(member).word())
}

pub(super) fn some_actor(member: Uuid) -> Option<Hash32> {
    Some(actor(Some(member)))
}

pub(super) fn text(text: &str) -> Option<Hash32> {
    Some(keccak256(text.as_bytes()))
}

fn reason(reason: Option<&str>) -> Option<Hash32> {
    Some(reason.map(|reason| keccak256(reason.as_bytes())).unwrap_or_default())
}

pub(super) fn number(number: i64) -> Option<Hash32> {
    Some(Hash32::from_u128(u128::try_from(number).unwrap_or_default()))
}
