//! Aim: a decision by every method goes from its rule to an audited bundle. Method: a small vote by each, over HTTP, in a co-op whose
//! bylaws have a kind for every preset; each result does something, and the checks at the end count again and audit every bundle.

use governance::bylaws::Bylaws;
use governance::rule::DecisionRule;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::voter::random_word;

use super::world::{Hall, Insider, section};

/// A ballot: options and points.
type Cast = (&'static [u16], &'static [u32]);

/// A vote of the steward and three members.
struct Vote {
    kind: &'static str,
    ballots: [Cast; 4],
    /// What the method refuses, and words of the reason.
    refused: (Cast, &'static str),
    outcome: &'static str,
    elected: &'static [u16],
    counts: &'static [u64],
}

const NOBODY: Cast = (&[], &[]);

/// Every preset as a kind of decision, without waiting times.
fn bylaws() -> Value {
    let mut bylaws = Bylaws::founding();
    let founding = bylaws.kinds["motion"].clone();
    for name in DecisionRule::PRESETS {
        let mut kind = founding.clone();
        kind.rule = DecisionRule::preset(name).unwrap();
        kind.rule.notice_seconds = 0;
        kind.rule.late_quorum_seconds = 0;
        kind.discussion_seconds = 0;
        kind.voting_seconds_min = 1;
        kind.close_when_all_voted = true;
        bylaws.kinds.insert(name.to_owned(), kind);
    }
    serde_json::to_value(bylaws).unwrap()
}

async fn cast(hall: &Hall, who: &Insider, proposal: governance::id::ProposalId, ballot: Cast) -> tests::person::Reply {
    let body = json!({"revision": 1, "options": ballot.0, "points": ballot.1, "salt": random_word()});
    let path = hall.about(proposal, "ballots");
    who.person.post(&path).json(&body).send().await
}

async fn check(app: &TestApp, hall: &Hall, vote: &Vote) {
    let mut body = json!({"kind": vote.kind, "title": "What shall we do?"});
    let rule = DecisionRule::preset(vote.kind).unwrap();
    if rule.counting.has_options() {
        body["options"] = json!(["A loom", "Wool", "A shed"]);
    }
    if rule.counting.seats().is_some() {
        body["seats"] = json!(1);
    }
    if vote.kind == "budget" {
        body["budget"] = json!(500);
        body["costs"] = json!([400, 150, 300]);
    }
    let held = holds_the_purse(hall).await;
    body["actions"] = actions(hall, vote, rule.counting.has_options(), held);
    let proposal = hall.opened(&body).await;
    let (ballot, reason) = vote.refused;
    let problem = cast(hall, &hall.steward, proposal, ballot)
        .await
        .problem("ballot-malformed");
    assert!(
        problem["detail"].as_str().unwrap().contains(reason),
        "{}: {problem}",
        vote.kind
    );
    for (who, ballot) in std::iter::once(&hall.steward).chain(&hall.members).zip(vote.ballots) {
        let _ = cast(hall, who, proposal, ballot).await.expect(201);
    }
    let tally = hall.finish(app, proposal).await;
    assert_eq!(tally["outcome"], vote.outcome, "{}: {tally}", vote.kind);
    let elected: Vec<&Value> = tally["elected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["candidate"])
        .collect();
    assert_eq!(json!(elected), json!(vote.elected), "{}: {tally}", vote.kind);
    let lines = hall.bundle(proposal).await;
    let told = section(&lines, "tally")[0];
    let counts: Vec<u64> = told["record"]["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| {
            count
                .as_str()
                .map_or_else(|| count.as_u64().unwrap(), |text| text.parse().unwrap())
        })
        .collect();
    assert_eq!(counts, vote.counts, "{}", vote.kind);
    assert_eq!(told["count"], tally["count"], "{}", vote.kind);
    // What was chosen is done, and nothing that waited for another option.
    let (state, after) = match vote.outcome {
        "passed" => ("executed", !held),
        other => (other, held),
    };
    assert_eq!(
        hall.view(&hall.steward, proposal).await["state"],
        state,
        "{}",
        vote.kind
    );
    assert_eq!(holds_the_purse(hall).await, after, "{}", vote.kind);
}

async fn holds_the_purse(hall: &Hall) -> bool {
    let path = hall.path(&format!("members/{}", hall.members[2].member));
    hall.steward.person.get(&path).send().await.expect(200)["roles"] == json!(["treasurer"])
}

/// What the first of those elected does, or the motion: it gives an office, or ends it where it is held. Another option would suspend a
/// member, who could then not vote on the next.
fn actions(hall: &Hall, vote: &Vote, has_options: bool, held: bool) -> Value {
    let (name, holder) = (if held { "end_role" } else { "grant_role" }, hall.members[2].member);
    let act = json!({"action": name, "version": 1, "member": holder, "role": "treasurer", "reason": "decided"});
    if !has_options {
        return json!([{"act": act}]);
    }
    let elected = vote.elected.first().map_or(0, |number| number - 1);
    let suspend = json!({"action": "suspend", "version": 1, "member": hall.members[1].member, "reason": "decided"});
    let mut all = vec![json!({"option": elected, "act": act})];
    all.extend(
        (0..3)
            .find(|option| !vote.elected.contains(&(option + 1)))
            .map(|option| json!({"option": option, "act": suspend})),
    );
    json!(all)
}

async fn check_all(votes: &[Vote]) {
    let app = TestApp::start().await;
    let mut hall = Hall::with_members(&app, 0).await;
    let steward = app.person("Steward").await;
    let slug = format!("m{}", uuid::Uuid::now_v7().simple());
    let body = json!({"slug": slug, "name": "The Weavers", "display_name": "Steward", "bylaws": bylaws()});
    let view = steward.post("coops").json(&body).send().await.expect(201);
    hall.coop = view["id"].as_str().unwrap().parse().unwrap();
    hall.slug = slug;
    hall.steward = Insider {
        person: steward,
        member: view["me"]["id"].as_str().unwrap().parse().unwrap(),
    };
    for number in 1..=3 {
        let class = governance::membership::Class::Worker;
        let member = hall.join(&app, &format!("Member {number}"), class, &[]).await;
        hall.members.push(member);
    }
    for vote in votes {
        check(&app, &hall, vote).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_are_named_graded_or_paid_for_are_chosen_and_proved() {
    const NAMED: [Cast; 4] = [(&[1], &[1]), (&[1], &[1]), (&[2], &[1]), NOBODY];
    const GRADED: [Cast; 4] = [(&[1, 0], &[2, 1]), (&[1, 2], &[2, 2]), (&[2], &[1]), NOBODY];
    let graded = |kind, refused, counts| Vote {
        kind,
        ballots: GRADED,
        refused,
        outcome: "passed",
        elected: &[2],
        counts,
    };
    check_all(&[
        Vote {
            kind: "plurality",
            ballots: NAMED,
            refused: ((&[0, 1], &[1, 1]), "at most 1 options may be named"),
            outcome: "passed",
            elected: &[2],
            counts: &[0, 2, 1],
        },
        Vote {
            kind: "approval",
            ballots: [(&[1, 0], &[1, 1]), (&[1, 2], &[1, 1]), (&[2, 1], &[1, 1]), NOBODY],
            refused: ((&[0, 1], &[1, 2]), "entry 2 must have one point"),
            outcome: "passed",
            elected: &[2],
            counts: &[1, 3, 2],
        },
        graded("score", ((&[0], &[6]), "entry 1 may have at most 5 points"), &[1, 4, 3]),
        graded(
            "majority_judgment",
            ((&[0], &[6]), "entry 1 may have at most 5 points"),
            &[0, 2, 1],
        ),
        graded(
            "quadratic",
            ((&[0], &[1_000]), "these votes cost 1000000 credits"),
            &[1, 4, 3],
        ),
        graded("dots", ((&[0], &[1_000]), "dots may be given, not 1000"), &[1, 4, 3]),
        Vote {
            kind: "budget",
            ballots: NAMED,
            refused: ((&[3], &[1]), "option 3 does not exist"),
            outcome: "passed",
            elected: &[2, 3],
            counts: &[0, 2, 1],
        },
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rankings_elect_by_every_ranked_method_and_are_proved() {
    const RANKED: [Cast; 4] = [(&[1, 0], &[1, 2]), (&[1, 2], &[1, 2]), (&[2, 1], &[1, 2]), NOBODY];
    let ranked = |kind, refused, counts| Vote {
        kind,
        ballots: RANKED,
        refused,
        outcome: "passed",
        elected: &[2],
        counts,
    };
    let equal: Cast = (&[0, 1], &[1, 1]);
    let gap: Cast = (&[0, 1], &[1, 3]);
    check_all(&[
        ranked("irv", (equal, "without gaps or equals"), &[0, 2, 1]),
        ranked("election", (equal, "without gaps or equals"), &[0, 200_000, 100_000]),
        ranked(
            "meek",
            (gap, "entry 2 must have the rank"),
            &[0, 2_000_000_000, 1_000_000_000],
        ),
        ranked("schulze", (gap, "entry 2 must have the rank"), &[1, 3, 2, 0]),
        // "Nothing changes" is 3, after the three options: nobody ranks it, and whoever is ranked beats it.
        ranked("copeland", ((&[4], &[1]), "option 4 does not exist"), &[2, 6, 4, 0]),
        Vote {
            // Two of three prefer it to all others, which are not even compared then.
            ballots: [(&[3, 0], &[1, 2]), (&[3, 2], &[1, 1]), (&[0, 1, 3], &[1, 2, 3]), NOBODY],
            outcome: "rejected",
            elected: &[],
            ..ranked(
                "copeland",
                ((&[3, 3], &[1, 2]), "option 3 is named twice"),
                &[0, 0, 0, 0],
            )
        },
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_and_optimistic_motions_end_as_their_objections_say() {
    const YES: Cast = (&[0], &[1]);
    let consent = Vote {
        kind: "consent",
        ballots: [YES, YES, (&[1], &[1]), YES],
        refused: ((&[3], &[1]), "0 (consent), 1 (stand aside), 2 (objection)"),
        outcome: "passed",
        elected: &[],
        counts: &[3, 1, 0, 0, 0, 0, 0, 0],
    };
    let optimistic = Vote {
        kind: "optimistic",
        ballots: [(&[2], &[1]), YES, (&[2], &[1]), YES],
        refused: (NOBODY, "a motion is answered with exactly one"),
        outcome: "passed",
        elected: &[],
        counts: &[2, 0, 2, 0],
    };
    check_all(&[
        Vote {
            ballots: [YES, YES, (&[2], &[1]), YES],
            outcome: "rejected",
            counts: &[3, 0, 1, 0, 0, 0, 0, 0],
            ..consent
        },
        consent,
        Vote {
            ballots: [(&[1], &[1]), YES, YES, YES],
            outcome: "rejected",
            counts: &[3, 1, 0, 0],
            ..optimistic
        },
        optimistic,
    ])
    .await;
}
