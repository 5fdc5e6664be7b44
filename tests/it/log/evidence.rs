//! Aim: a bundle of a real server proves under one published checkpoint that each of its records stands in the log, however many
//! decisions are voted on at once, and claims nothing that is not published. Method: over HTTP, checked with the pure functions
//! alone.

use futures_util::StreamExt as _;
use governance::event::{EventKind, payload};
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::log::cover::{Claim, CoverRefusal, verify_cover};
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, LogEntry, VerifierKey};
use governance::record::Record as _;
use serde_json::{Value, json};
use server::services::bundles::{BundleFault, bundle_for_export};
use server::services::counting::count_closed;
use server::services::log::publish_once;
use store::log::{log_sequence, log_take};
use tests::app::TestApp;
use wire::bundle::{BallotLine, EventLine, ProposalLine, TallyLine};

use super::world::{Log, folder};
use crate::decisions::world::{Hall, section};

const YES: &[u16] = &[0];
/// Enough that the log has more leaves than one tile, and that two decisions stand between each other in it.
const VOTERS: usize = 60;
/// Requests under way at once.
const AT_ONCE: usize = 16;

/// What a bundle says of the log.
struct Evidence {
    /// The section, the place and the entry of each record, in the order of the lines.
    records: Vec<(&'static str, Option<u64>, LogEntry)>,
    events: Vec<EventLine>,
    note: Option<String>,
    cover: Vec<Hash32>,
    origin: Value,
}

fn parsed<T: serde::de::DeserializeOwned>(lines: &[Value], name: &str) -> Vec<T> {
    let lines = section(lines, name).into_iter();
    lines
        .map(|line| serde_json::from_value(line.clone()).unwrap())
        .collect()
}

impl Evidence {
    fn of(lines: &[Value]) -> Self {
        let mut records = Vec::new();
        for line in parsed::<ProposalLine>(lines, "proposal") {
            records.push(("proposal", line.log_index, LogEntry::of(&line.record)));
        }
        let events: Vec<EventLine> = parsed(lines, "event");
        for line in &events {
            records.push(("event", line.log_index, LogEntry::of(&line.record)));
        }
        for line in parsed::<BallotLine>(lines, "ballot") {
            records.push(("ballot", line.log_index, LogEntry::of(&line.record)));
        }
        for line in parsed::<TallyLine>(lines, "tally") {
            records.push(("tally", line.log_index, LogEntry::of(&line.record)));
        }
        let note = section(lines, "checkpoint").first().map(|line| line["note"].clone());
        let hashes = section(lines, "cover").into_iter().map(|line| line["hashes"].clone());
        Self {
            records,
            events,
            note: note.map(|note| note.as_str().unwrap().to_owned()),
            cover: hashes
                .flat_map(|hashes| serde_json::from_value::<Vec<Hash32>>(hashes).unwrap())
                .collect(),
            origin: section(lines, "header")[0]["log"].clone(),
        }
    }

    /// The claims in the order of the log. Each record has a place.
    fn claims(&self) -> Vec<Claim> {
        let mut claims: Vec<Claim> = self
            .records
            .iter()
            .map(|(name, index, entry)| {
                (
                    index.unwrap_or_else(|| panic!("a {name} has no place")),
                    entry.leaf_hash(),
                )
            })
            .collect();
        claims.sort_unstable();
        claims
    }

    fn head(&self, key: &VerifierKey) -> TreeHead {
        let note = self.note.as_ref().expect("a checkpoint");
        let (checkpoint, _) = Checkpoint::open(note.as_bytes(), key).expect("a checkpoint of this log");
        checkpoint.head()
    }

    fn places(&self, name: &str) -> Vec<Option<u64>> {
        let of_section = self.records.iter().filter(|(section, ..)| *section == name);
        of_section.map(|(_, index, _)| *index).collect()
    }

    fn verify(&self, key: &VerifierKey, claims: &[Claim]) -> Result<(), CoverRefusal> {
        verify_cover(claims, self.head(key), self.cover.iter().copied())
    }
}

/// Two motions on which the same members vote at the same time, some of them twice.
async fn vote_at_once(app: &TestApp, hall: &Hall) -> [ProposalId; 2] {
    let voters = hall.import(VOTERS).await;
    let proposals = [hall.opened_motion().await, hall.opened_motion().await];
    let questions = [hall.question(proposals[0]).await, hall.question(proposals[1]).await];
    let anonymous = app.anonymous();
    for revision in 1..=2 {
        let casts = voters.iter().enumerate().flat_map(|(number, voter)| {
            let anonymous = &anonymous;
            questions
                .iter()
                .filter(move |_| revision == 1 || number % 7 == 0)
                .map(move |question| {
                    let body = voter.ballot(question, revision, &[0], &[1]);
                    let request = anonymous.post(&question.ballots_path()).json(&body);
                    async move { request.send().await.expect(201) }
                })
        });
        futures_util::stream::iter(casts)
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<Value>>()
            .await;
    }
    for proposal in proposals {
        let _ = hall.cast(&hall.steward, proposal, 1, YES).await.expect(201);
    }
    proposals
}

#[tokio::test(flavor = "multi_thread")]
async fn two_decisions_voted_on_at_once_are_each_proved_under_one_checkpoint() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let proposals = vote_at_once(&app, &hall).await;
    for proposal in proposals {
        let _ = hall.finish(&app, proposal).await;
    }
    let log = Log::of(&app, hall.coop);
    let (key, entries) = (log.key(), log.entries().await);
    let bundles = [hall.bundle(proposals[0]).await, hall.bundle(proposals[1]).await];
    let evidence = bundles.each_ref().map(|lines| Evidence::of(lines));
    for (one, other) in [(&evidence[0], &evidence[1]), (&evidence[1], &evidence[0])] {
        assert_eq!(one.origin, json!({"origin": key.name(), "key": key.to_string()}));
        assert_eq!(one.head(key), log.head().await);
        assert_eq!(one.places("ballot").len(), VOTERS + VOTERS.div_ceil(7) + 1);
        let claims = one.claims();
        assert_eq!(one.verify(key, &claims), Ok(()));
        for (_, index, entry) in &one.records {
            assert_eq!(entries[usize::try_from(index.unwrap()).unwrap()], *entry);
        }
        assert!(
            one.cover.len() < claims.len() * 4,
            "{} for {}",
            one.cover.len(),
            claims.len()
        );
        // They stand between each other, and neither proves a record of the other in the place of its own.
        let whole = claims[0].0..claims[claims.len() - 1].0;
        assert!(other.claims().iter().any(|(index, _)| whole.contains(index)));
        for number in [0, claims.len() / 2, claims.len() - 1] {
            let mut foreign = claims.clone();
            foreign[number].1 = other.claims()[number].1;
            assert_eq!(one.verify(key, &foreign), Err(CoverRefusal::Root));
            foreign.remove(number);
            assert!(one.verify(key, &foreign).is_err(), "a record less");
        }
    }
    in_their_order(&evidence[0], &bundles[0]);
    app.finish().await;
}

/// The records stand in the order of what happened, and the events say what the other sections say.
fn in_their_order(evidence: &Evidence, lines: &[Value]) {
    let [proposal, tally] = ["proposal", "tally"].map(|name| evidence.places(name)[0].unwrap());
    let kind = |kind: EventKind| {
        let mut found = evidence.events.iter().filter(|line| line.record.kind == kind.code());
        let line = found.next().unwrap_or_else(|| panic!("no event {}", kind.name()));
        assert!(found.next().is_none(), "{} happened twice", kind.name());
        assert_eq!(line.record.payload, payload(&line.facts), "{}", kind.name());
        assert_eq!(line.facts.len(), 1 + kind.facts().len(), "{}", kind.name());
        (line.log_index.unwrap(), line.facts.clone())
    };
    let (drafted, _) = kind(EventKind::ProposalDrafted);
    let (opened, facts_opened) = kind(EventKind::ProposalOpened);
    let (closed, facts_closed) = kind(EventKind::ProposalClosed);
    let (_, facts_result) = kind(EventKind::ResultPublished);
    let ballots = evidence.places("ballot").into_iter().flatten();
    assert!(drafted < proposal && proposal < tally && closed < tally);
    assert!(
        ballots
            .clone()
            .all(|ballot| proposal < ballot && opened < ballot && ballot < closed)
    );
    let tally = &section(lines, "tally")[0]["record"];
    assert_eq!(facts_opened[1].to_string(), tally["proposal_hash"].as_str().unwrap());
    assert_eq!(
        facts_closed[1],
        Hash32::from_u128(tally["log_to"].as_u64().unwrap().into())
    );
    let tally: TallyLine = serde_json::from_value(section(lines, "tally")[0].clone()).unwrap();
    assert_eq!(facts_result[1], tally.record.struct_hash());
    let places = evidence.places("event");
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(places.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_claims_no_place_that_is_not_published_and_has_the_checkpoint_once_all_are() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = hall.step(&hall.steward, proposal, "closing").await.expect(200);
    let _ = count_closed(&app.app, hall.coop, proposal).await.expect("a count");
    let key = Log::of(&app, hall.coop).key().clone();

    let before = Evidence::of(&hall.bundle(proposal).await);
    assert!(
        before.records.iter().all(|(_, index, _)| index.is_none()),
        "nothing is published"
    );
    assert_eq!((before.note, before.cover.len()), (None, 0));
    assert_eq!(before.origin["key"], key.to_string(), "whose log it will be is known");
    let moments: Vec<u64> = before.events.iter().map(|event| event.record.at).collect();
    assert!(moments.is_sorted(), "{moments:?}");

    let _ = publish_once(&app.app).await.expect("a checkpoint");
    let after = Evidence::of(&hall.bundle(proposal).await);
    assert_eq!(after.verify(&key, &after.claims()), Ok(()));
    assert_eq!(after.records.len(), before.records.len());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_in_part_is_claimed_in_part() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = publish_once(&app.app).await.expect("a checkpoint");
    let _ = hall.step(&hall.steward, proposal, "closing").await.expect(200);
    let _ = count_closed(&app.app, hall.coop, proposal).await.expect("a count");
    // What has its place already, by a worker that died before it signed anything, is no more published than what waits for one.
    let mut tx = app.app.store.coop_tx("test_sequence", hall.coop).await.unwrap();
    let head = log_take(&mut tx, 0).await.unwrap().unwrap();
    let sequenced = log_sequence(&mut tx, head.epoch, 1_000).await.unwrap();
    assert!(sequenced > Some(head.published_size), "{sequenced:?} {head:?}");
    tx.commit().await.unwrap();

    let evidence = Evidence::of(&hall.bundle(proposal).await);
    assert!(evidence.places("ballot").iter().all(Option::is_some));
    assert_eq!(evidence.places("tally"), [None]);
    let placed: Vec<bool> = evidence.places("event").iter().map(Option::is_some).collect();
    assert_eq!(
        placed,
        [true, true, true, false, false],
        "the close and the result come last"
    );
    assert_eq!((evidence.note, evidence.cover.len()), (None, 0));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_from_damaged_tiles_breaks_off_before_its_end_and_one_without_them_has_no_checkpoint() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = hall.finish(&app, proposal).await;
    let folder = folder(&app, hall.coop);
    let size = Log::of(&app, hall.coop).head().await.size;
    let tile = folder.join(format!("tile/0/000.p/{size}"));
    let whole = std::fs::read(&tile).unwrap();
    // A leaf that only the cover stands for, and one of this decision.
    for place in [3, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        std::fs::write(&tile, &damaged).unwrap();
        let fault = broken_off(&app, &hall, proposal).await;
        assert!(matches!(fault, Some(BundleFault::Root)), "byte {place}: {fault:?}");
    }
    std::fs::remove_file(&tile).unwrap();
    let fault = broken_off(&app, &hall, proposal).await;
    assert!(matches!(fault, Some(BundleFault::Log(_))), "{fault:?}");
    std::fs::write(&tile, &whole).unwrap();
    assert!(broken_off(&app, &hall, proposal).await.is_none());

    let note = std::fs::read(folder.join("checkpoint")).unwrap();
    std::fs::write(folder.join("checkpoint"), b"no note\n").unwrap();
    let evidence = Evidence::of(&hall.bundle(proposal).await);
    assert_eq!(
        (evidence.note, evidence.cover.len()),
        (None, 0),
        "L0 holds all the same"
    );
    std::fs::write(folder.join("checkpoint"), note).unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_log_is_not_signed_a_bundle_has_no_checkpoint() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = hall.finish(&app, proposal).await;
    assert!(Evidence::of(&hall.bundle(proposal).await).note.is_some());
    let client = app.database.superuser().await;
    client
        .execute("UPDATE log_head SET refused = 'contradicts'", &[])
        .await
        .unwrap();
    let evidence = Evidence::of(&hall.bundle(proposal).await);
    assert_eq!((evidence.note, evidence.cover.len()), (None, 0));
    app.finish().await;
}

/// Why a bundle breaks off.
async fn broken_off(app: &TestApp, hall: &Hall, proposal: ProposalId) -> Option<BundleFault> {
    let app = std::sync::Arc::clone(&app.app);
    let mut pieces = bundle_for_export(app, hall.coop, proposal)
        .await
        .expect("a bundle")
        .pieces;
    let mut fault = None;
    while let Some(piece) = pieces.recv().await {
        fault = piece.err();
    }
    fault
}
