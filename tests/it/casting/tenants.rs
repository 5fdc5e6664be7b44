//! Ballots across the wall between co-ops (T2): the program refuses, and the database does where the program would forget.

use governance::id::ProposalId;
use serde_json::json;
use tests::app::TestApp;
use tests::database::connect;
use tests::voter::Question;

use super::world::{World, stored, unsigned};

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_of_another_co_op_is_not_there_whoever_asks() {
    let app = TestApp::start().await;
    let (ours, theirs) = (World::found(&app).await, World::found(&app).await);
    let voter = ours.import(1).await.remove(0);
    let stranger = theirs.import(1).await.remove(0);
    let (own, foreign) = (ours.motion().await, theirs.motion().await);
    // Their proposal under our co-op's address, signed for it in every way.
    let crossed = Question {
        coop: ours.coop,
        ..foreign
    };
    let nowhere = Question {
        proposal: ProposalId::from_uuid(uuid::Uuid::now_v7()),
        ..crossed
    };
    let replies = [
        ours.steward
            .post(&crossed.ballots_path())
            .json(&unsigned(1, &[0], &[1]))
            .send()
            .await,
        ours.cast(&crossed, &voter.ballot(&crossed, 1, &[0], &[1])).await,
        ours.cast(&crossed, &stranger.ballot(&foreign, 1, &[0], &[1])).await,
        ours.steward
            .post(&nowhere.ballots_path())
            .json(&unsigned(1, &[0], &[1]))
            .send()
            .await,
        theirs
            .steward
            .post(&own.ballots_path())
            .json(&unsigned(1, &[0], &[1]))
            .send()
            .await,
        app.person("Outsider")
            .await
            .post(&own.ballots_path())
            .json(&unsigned(1, &[0], &[1]))
            .send()
            .await,
    ];
    let mut answers: Vec<_> = replies
        .iter()
        .map(|reply| {
            let mut body = reply.problem("not-found");
            body["instance"] = json!(null);
            (reply.status, body.to_string())
        })
        .collect();
    answers.dedup();
    assert_eq!(
        answers.len(),
        1,
        "a foreign proposal is answered like one that does not exist: {answers:?}"
    );
    for (field, value) in [
        ("proposal_id", json!(foreign.proposal)),
        ("coop_id", json!(theirs.coop)),
    ] {
        let mut body = unsigned(1, &[0], &[1]);
        body[field] = value;
        ours.steward
            .post(&own.ballots_path())
            .json(&body)
            .send()
            .await
            .problem("invalid-body");
    }
    assert_eq!(stored(&app, &own).await + stored(&app, &foreign).await, 0);
    app.finish().await;
}

/// Even a program that forgets every check cannot store a ballot whose proposal or voter belongs to another co-op.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_refuses_a_ballot_with_a_foreign_parent() {
    let app = TestApp::start().await;
    let (ours, theirs) = (World::found(&app).await, World::found(&app).await);
    let voter = ours.import(1).await.remove(0);
    let stranger = theirs.import(1).await.remove(0);
    let (own, foreign) = (ours.motion().await, theirs.motion().await);
    let client = connect(&app.database.app_url).await;
    let insert = |coop: uuid::Uuid, proposal: uuid::Uuid, member: uuid::Uuid| {
        format!(
            "BEGIN; SET LOCAL app.coop_id = '{}';
            INSERT INTO ballot (coop_id, proposal_id, member_id, revision, options, points, salt, record_hash, kind,
                public_key, signature, cast_at, recorded_by)
            VALUES ('{coop}', '{proposal}', '{member}', 1, '{{0}}', '{{1}}', sha256('a'), sha256('b'), 5, sha256('c'),
                sha256('d') || sha256('e'), now(), 'test');
            ROLLBACK",
            ours.coop.uuid()
        )
    };
    let (our, their) = (ours.coop.uuid(), theirs.coop.uuid());
    for (why, coop, proposal, member, code) in [
        (
            "their proposal, our voter",
            our,
            foreign.proposal,
            voter.member,
            "23503",
        ),
        (
            "their proposal, their voter",
            our,
            foreign.proposal,
            stranger.member,
            "23503",
        ),
        ("our proposal, their voter", our, own.proposal, stranger.member, "23503"),
        ("all theirs", their, foreign.proposal, stranger.member, "42501"),
    ] {
        let refused = client
            .batch_execute(&insert(coop, proposal.uuid(), member.uuid()))
            .await
            .unwrap_err();
        assert_eq!(
            refused.code().map(|code| code.code().to_owned()).as_deref(),
            Some(code),
            "{why}"
        );
        client.batch_execute("ROLLBACK").await.unwrap();
    }
    // The same statement does store what belongs together, so it is the parents that were refused.
    client
        .batch_execute(&insert(our, own.proposal.uuid(), voter.member.uuid()))
        .await
        .unwrap();
    app.finish().await;
}
