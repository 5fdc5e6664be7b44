//! Usage in the record: by day and model, never of fewer than five members, each day once.

use serde_json::json;
use server::services::access::totals::totals_once;
use tests::app::TestApp;

use super::world::{admitted, allowance, ask, finished, key, settle, shared};
use crate::decisions::world::Hall;

/// Moves what was used within the hour to a day of the past.
pub async fn move_to(app: &TestApp, day: &str) {
    let client = app.database.superuser().await;
    let moved = format!(
        "BEGIN; ALTER TABLE access_usage DISABLE TRIGGER access_usage_only_grows;
        UPDATE access_usage SET at = '{day}T10:00:00Z' WHERE at > now() - interval '1 hour';
        ALTER TABLE access_usage ENABLE ALWAYS TRIGGER access_usage_only_grows; COMMIT"
    );
    client.batch_execute(&moved).await.unwrap();
}

/// Lets one member use the model once for each of these, on a day of the past.
async fn use_on(app: &TestApp, hall: &Hall, day: &str, members: std::ops::Range<usize>) {
    for who in &hall.members[members] {
        let key = key(hall, who, json!({})).await;
        let asked = ask(app, &key, (10, 10));
        let _ = admitted(app, hall, &asked).await;
        let settled = settle(app, hall, asked.hold, finished(10, 1)).await;
        assert_eq!(settled.unwrap().charged, 45);
    }
    move_to(app, day).await;
}

/// Lets it be time to add up.
pub async fn due(app: &TestApp) {
    let client = app.database.superuser().await;
    let changed = client
        .execute("UPDATE access_totalling SET due_at = now()", &[])
        .await
        .unwrap();
    assert_eq!(changed, 1, "the first policy lets usage be added up");
}

/// The totals there are, in order.
async fn told(app: &TestApp) -> Vec<String> {
    let client = app.database.superuser().await;
    let query = "SELECT concat_ws(' ', number, model, first_day, last_day, days, members, calls, input_tokens, output_tokens, charged)
        FROM access_total ORDER BY number";
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_told_in_the_record_of_five_members_at_least_and_of_each_day_once() {
    let app = TestApp::start().await;
    let hall = shared(&app, 6, &[allowance(json!({"group": "everyone"}), "together", 100_000)]).await;
    use_on(&app, &hall, "2026-11-01", 0..5).await;
    use_on(&app, &hall, "2026-11-02", 0..3).await;
    app.work().await;
    assert_eq!(told(&app).await, [""; 0], "it is not time yet");
    due(&app).await;
    app.work().await;
    let first = "1 small 2026-11-01 2026-11-01 1 5 5 50 5 225";
    assert_eq!(told(&app).await, [first]);
    // The days that were too few are told together once they are of five; two workers at once tell them once.
    use_on(&app, &hall, "2026-11-04", 3..6).await;
    due(&app).await;
    let replica = app.replica();
    let (here, there) = tokio::join!(totals_once(&app.app), totals_once(&replica.app));
    assert!(here.is_ok() && there.is_ok());
    let second = "2 small 2026-11-02 2026-11-04 2 6 6 60 6 270";
    assert_eq!(told(&app).await, [first, second]);
    // What is used today waits until the day is over.
    due(&app).await;
    app.work().await;
    assert_eq!(told(&app).await.len(), 2);
    let client = app.database.superuser().await;
    let later = client
        .query_one("SELECT bool_and(due_at > now()) FROM access_totalling", &[])
        .await
        .unwrap();
    assert!(later.get::<_, bool>(0), "the next time is tomorrow");
    replica.stop().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_co_op_whose_use_cannot_be_added_up_is_tried_again_later_and_holds_up_no_other() {
    let app = TestApp::start().await;
    let halls = [
        shared(&app, 5, &[allowance(json!({"group": "everyone"}), "together", 100_000)]).await,
        shared(&app, 5, &[allowance(json!({"group": "everyone"}), "together", 100_000)]).await,
    ];
    let client = app.database.superuser().await;
    for (hall, ago) in halls.iter().zip([2, 1]) {
        use_on(&app, hall, "2026-11-01", 0..5).await;
        let due = format!("UPDATE access_totalling SET due_at = now() - interval '{ago} hours' WHERE coop_id = $1");
        let _ = client.execute(&due, &[&hall.coop.uuid()]).await.unwrap();
    }
    let broken = format!(
        "ALTER TABLE access_total ADD CONSTRAINT broken CHECK (coop_id <> '{}')",
        halls[0].coop
    );
    client.batch_execute(&broken).await.unwrap();
    assert_eq!(totals_once(&app.app).await.unwrap(), 2);
    let told = async || -> Vec<bool> {
        let query = "SELECT due_at > now(), (SELECT count(*) FROM access_total AS t WHERE t.coop_id = access_totalling.coop_id) = 1
            FROM access_totalling WHERE coop_id = ANY ($1) ORDER BY coop_id = $2";
        let ids: Vec<uuid::Uuid> = halls.iter().map(|hall| hall.coop.uuid()).collect();
        let rows = client.query(query, &[&ids, &ids[1]]).await.unwrap();
        rows.iter().flat_map(|row| [row.get(0), row.get(1)]).collect()
    };
    assert_eq!(
        told().await,
        [true, false, true, true],
        "the first waits, the second is told"
    );
    client
        .batch_execute("ALTER TABLE access_total DROP CONSTRAINT broken")
        .await
        .unwrap();
    let _ = client
        .execute("UPDATE access_totalling SET due_at = now()", &[])
        .await
        .unwrap();
    assert_eq!(totals_once(&app.app).await.unwrap(), 2);
    assert_eq!(told().await, [true; 4], "nothing is lost");
    app.finish().await;
}
