//! Aim: whoever is on the roll of an open vote and has not voted sees it, nearest deadline first, in all co-ops at once; nobody else
//! does. Method: two co-ops with a common member, deadlines in another order than openings, pages of one.

use governance::id::ProposalId;
use governance::membership::Class;
use serde_json::Value;
use server::services::seeding::{self, SeedMember};
use tests::app::TestApp;
use tests::person::Person;

use crate::decisions::world::{Hall, motion};

async fn opened(hall: &Hall, seconds: i64) -> ProposalId {
    let proposal = hall.draft(&hall.steward, &motion()).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let _ = hall.open_for(proposal, seconds).await.expect(200);
    proposal
}

/// Everything in the inbox, read in pages of this size.
async fn inbox(person: &Person, limit: usize) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let page = person
            .get(&format!("inbox?limit={limit}{cursor}"))
            .send()
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(
            items
                .iter()
                .map(|item| item["proposal"]["id"].as_str().unwrap().to_owned()),
        );
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return found,
        }
    }
    panic!("the list has no end")
}

#[tokio::test(flavor = "multi_thread")]
async fn open_votes_wait_for_whoever_may_vote_and_has_not_the_nearest_deadline_first() {
    let app = TestApp::start().await;
    let (weavers, bakers) = (Hall::with_members(&app, 1).await, Hall::with_members(&app, 0).await);
    let ada = &weavers.members[0];
    let before = opened(&bakers, 3_600).await;
    let seed = SeedMember {
        account: ada.person.account,
        display_name: "Ada",
        class: Class::Worker,
        roles: &[],
    };
    seeding::member(&app.app, bakers.coop, seed).await.unwrap();
    let mut expected = Vec::new();
    for (hall, seconds) in [(&weavers, 4_000), (&bakers, 2_000), (&weavers, 3_000), (&bakers, 5_000)] {
        expected.push((seconds, opened(hall, seconds).await.to_string()));
    }
    let discussed = weavers.draft(&weavers.steward, &motion()).await;
    let _ = weavers
        .step(&weavers.steward, discussed, "discussion")
        .await
        .expect(200);
    expected.sort();
    let ids: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
    for limit in [1, 2, 3, 100] {
        assert_eq!(inbox(&ada.person, limit).await, ids, "pages of {limit}");
    }
    let stranger = app.person("Stranger").await;
    assert_eq!(inbox(&stranger, 10).await, Vec::<String>::new());
    let baker = inbox(&bakers.steward.person, 10).await;
    assert_eq!(
        (baker.len(), &baker[1]),
        (3, &before.to_string()),
        "Ada joined after that one opened"
    );
    let first: ProposalId = ids[0].parse().unwrap();
    let _ = bakers.cast(ada, first, 1, &[0]).await.expect(201);
    assert_eq!(inbox(&ada.person, 10).await, ids[1..], "what was cast waits no more");
    for wrong in ["x", "MS94", "OTk5OTk5OTk5OTk5OTk5OTk5OTkvMQ"] {
        let refused = ada.person.get(&format!("inbox?cursor={wrong}")).send().await;
        refused.problem("invalid-query");
    }
    app.finish().await;
}
