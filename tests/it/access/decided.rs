//! Decisions about tools, models and the policy: previewed, bound, executed once, told.

use serde_json::{Value, json};
use store::access::meter::Admitted;
use tests::app::TestApp;

use super::world::{
    admit, admitted, allowance, ask, carry, finished, key, model, motion, policy, settle, shared, tool,
};
use crate::decisions::world::{Hall, Insider};

fn everyone() -> Value {
    json!({"group": "everyone"})
}

/// The story of the demo: the allowance is used up, the refusal names the proposal, another one raises it, and the next call works.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_hits_the_allowance_and_a_decision_raises_it() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let first = carry(
        &app,
        &hall,
        &[tool(), model("small"), policy(0, &[allowance(everyone(), "each", 500)])],
    )
    .await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    assert_eq!(admitted(&app, &hall, &ask(&app, &key, (100, 5))).await.units, 375);
    let Admitted::AllowanceUsedUp(limit) = admit(&app, &hall, &ask(&app, &key, (100, 5))).await else {
        panic!("it is admitted beyond the allowance");
    };
    assert_eq!((limit.limit.as_str(), limit.cap, limit.held), ("member", 500, 375));
    assert_eq!(limit.proposal, Some(first.uuid()));
    assert!(limit.resets_at.is_some_and(|at| at > chrono::Utc::now()));
    let body = motion(&[policy(1, &[allowance(everyone(), "each", 1_000)])]);
    let proposal = hall.opened(&body).await;
    let preview = hall
        .steward
        .person
        .get(&hall.about(proposal, "preview"))
        .send()
        .await
        .expect(200);
    let change = &preview["actions"][0]["changes"][0];
    let gains = json!([{"what": "allowance", "period": "month", "before": 500, "after": 1000, "gain": true, "count": 3,
        "members": change["members"][0]["members"]}]);
    assert_eq!(
        (&change["change"], &change["members"]),
        (&json!("access_policy_set"), &gains),
        "{preview}"
    );
    hall.all_cast(proposal, &[&[0], &[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    let open = admitted(&app, &hall, &ask(&app, &key, (100, 5))).await;
    assert_eq!((open.units, open.proposal), (375, Some(proposal.uuid())));
    let own = hall.members[0]
        .person
        .get(&hall.path("access/allowance"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&own["limits"][0]["held"], &own["limits"][0]["proposal"]),
        (&json!(750), &json!(proposal)),
        "{own}"
    );
    app.finish().await;
}

/// A line that stays as it was keeps the proposal that first set it; what is written for an older policy is not executed.
/// What the preview of a decision about this act says that it changes.
async fn previewed(hall: &Hall, act: Value) -> Value {
    let proposal = hall.opened(&motion(&[act])).await;
    let path = hall.about(proposal, "preview");
    let preview = hall.steward.person.get(&path).send().await.expect(200);
    preview["actions"][0]["changes"][0].clone()
}

/// A member uses the model, and yesterday was when.
async fn used_yesterday(app: &TestApp, hall: &Hall, who: &Insider) {
    let key = key(hall, who, json!({})).await;
    let asked = ask(app, &key, (10, 10));
    let _ = admitted(app, hall, &asked).await;
    let _ = settle(app, hall, asked.hold, finished(10, 1)).await;
    let client = app.database.superuser().await;
    let back = "BEGIN; ALTER TABLE access_usage DISABLE TRIGGER access_usage_only_grows;
        UPDATE access_usage SET at = date_trunc('day', clock_timestamp(), 'UTC') - interval '1 hour';
        ALTER TABLE access_usage ENABLE ALWAYS TRIGGER access_usage_only_grows; COMMIT";
    client.batch_execute(back).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dearer_model_and_one_that_ends_are_previewed_with_who_loses_what() {
    let app = TestApp::start().await;
    let hall = shared(&app, 4, &[allowance(everyone(), "each", 1_500)]).await;
    let mut dearer = model("small");
    dearer["terms"]["price"]["output"] = json!(30);
    let change = previewed(&hall, dearer).await;
    let loses = &change["members"][0];
    assert_eq!(
        (
            &loses["what"],
            &loses["before"],
            &loses["after"],
            &loses["gain"],
            &loses["count"]
        ),
        (&json!("tokens"), &json!(100), &json!(50), &json!(false), &json!(5)),
        "{change}"
    );
    let retired = || json!({"action": "retire_model", "version": 1, "model": "small"});
    for who in &hall.members {
        used_yesterday(&app, &hall, who).await;
    }
    let of_four = previewed(&hall, retired()).await;
    assert_eq!(of_four["users"], Value::Null, "of four nothing is told: {of_four}");
    used_yesterday(&app, &hall, &hall.steward).await;
    let of_five = previewed(&hall, retired()).await;
    let loses = &of_five["members"][0];
    assert_eq!(
        (&of_five["users"], &loses["what"], &loses["gain"], &loses["count"]),
        (&json!(5), &json!("model"), &json!(false), &json!(5)),
        "{of_five}"
    );
    let ends = previewed(&hall, json!({"action": "retire_tool", "version": 1, "tool": "ours"})).await;
    assert_eq!(
        (&ends["models"], &ends["members"]),
        (&json!({"small": 5}), &of_five["members"]),
        "{ends}"
    );
    let mut moved = tool();
    moved["terms"]["data_location"] = json!("elsewhere");
    assert_eq!(previewed(&hall, moved).await["models"], json!({"small": 5}));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_names_the_proposal_that_set_it_and_no_policy_is_overwritten_unseen() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let pool = allowance(everyone(), "together", 9_000);
    let first = carry(&app, &hall, &[policy(0, std::slice::from_ref(&pool))]).await;
    let second = carry(
        &app,
        &hall,
        &[policy(1, &[pool.clone(), allowance(everyone(), "each", 70)])],
    )
    .await;
    let list = hall
        .steward
        .person
        .get(&hall.path("access/policies"))
        .send()
        .await
        .expect(200);
    let origins: Vec<&Value> = list["items"][0]["origins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|origin| &origin["proposal"])
        .collect();
    assert_eq!(origins, [&json!(first), &json!(second)], "{list}");
    assert_eq!(
        (&list["items"][0]["is_in_force"], &list["items"][1]["is_in_force"]),
        (&json!(true), &json!(false))
    );
    let stale = hall.opened(&motion(&[policy(1, &[pool])])).await;
    hall.all_cast(stale, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, stale).await;
    let view = hall.view(&hall.steward, stale).await;
    assert_eq!(view["state"], "execution_failed", "{view}");
    app.finish().await;
}

/// Who may use what: models for some, none for whom nobody decided, none of a retired tool.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_decided_is_served_and_only_to_whom() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let (steward, member) = (
        key(&hall, &hall.steward, json!({})).await,
        key(&hall, &hall.members[0], json!({})).await,
    );
    assert_eq!(
        admit(&app, &hall, &ask(&app, &member, (1, 1))).await,
        Admitted::ModelNotFound
    );
    let _ = carry(&app, &hall, &[tool(), model("small")]).await;
    let Admitted::AllowanceUsedUp(limit) = admit(&app, &hall, &ask(&app, &member, (1, 1))).await else {
        panic!("nobody decided that anything may be used");
    };
    assert_eq!(limit.cap, 0);
    let mut stewards = policy(0, &[allowance(everyone(), "each", 900)]);
    stewards["policy"]["models"] = json!([{"model": "small", "for": [{"group": "role", "role": "steward"}]}]);
    stewards["policy"]["weights"] = json!([{"for": {"group": "role", "role": "steward"}, "weight": 3}]);
    let _ = carry(&app, &hall, &[stewards]).await;
    assert_eq!(
        admit(&app, &hall, &ask(&app, &member, (1, 1))).await,
        Admitted::ModelNotPermitted
    );
    assert_eq!(admitted(&app, &hall, &ask(&app, &steward, (1, 1))).await.weight, 3);
    let registry = hall.members[0]
        .person
        .get(&hall.path("access/tools"))
        .send()
        .await
        .expect(200);
    assert_eq!(registry["models"][0]["is_permitted"], false, "{registry}");
    let long = ask(&app, &steward, (10_000, 1));
    assert_eq!(
        admit(&app, &hall, &long).await,
        Admitted::ContextTooLong {
            limit: 10_000,
            asked: 10_001
        }
    );
    let retire = json!({"action": "retire_tool", "version": 1, "tool": "ours"});
    let _ = carry(&app, &hall, &[retire]).await;
    assert_eq!(
        admit(&app, &hall, &ask(&app, &steward, (1, 1))).await,
        Admitted::ModelNotFound
    );
    app.finish().await;
}

/// A model that costs nothing draws on no account, and is still for those alone who have an allowance.
#[tokio::test(flavor = "multi_thread")]
async fn what_costs_nothing_is_admitted_whatever_is_left() {
    let app = TestApp::start().await;
    let hall = shared(&app, 1, &[allowance(everyone(), "each", 0)]).await;
    let mut free = model("free");
    free["terms"]["price"] = json!({"input": 0, "output": 0, "call": 0});
    let _ = carry(&app, &hall, &[free]).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    assert!(matches!(
        admit(&app, &hall, &ask(&app, &key, (1, 1))).await,
        Admitted::AllowanceUsedUp(_)
    ));
    let mut asked = ask(&app, &key, (1, 1));
    asked.model = String::from("free");
    assert_eq!(admitted(&app, &hall, &asked).await.units, 0);
    app.finish().await;
}

/// The key of the co-op at a provider is never shown, and a changed address forgets it.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_co_op_is_sealed_and_bound_to_the_address() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut outside = tool();
    outside["terms"]["base_url"] = json!("https://api.example.org/v1");
    outside["terms"]["external"] = json!(true);
    let _ = carry(
        &app,
        &hall,
        &[
            outside.clone(),
            model("small"),
            policy(0, &[allowance(everyone(), "each", 900)]),
        ],
    )
    .await;
    let registry = || async {
        hall.steward
            .person
            .get(&hall.path("access/tools"))
            .send()
            .await
            .expect(200)
    };
    let id = registry().await["tools"][0]["id"].as_str().unwrap().to_owned();
    let path = hall.path(&format!("access/tools/{id}/key"));
    let body = json!({"key": "sk-canary-of-the-co-op"});
    assert_eq!(hall.members[0].person.put(&path).json(&body).send().await.status, 403);
    assert_eq!(hall.steward.person.put(&path).json(&body).send().await.status, 204);
    let shown = registry().await;
    assert_eq!(shown["tools"][0]["has_key"], true);
    assert!(!shown.to_string().contains("canary"));
    let client = app.database.superuser().await;
    let row: Vec<u8> = client
        .query_one("SELECT provider_key FROM access_upstream", &[])
        .await
        .unwrap()
        .get(0);
    assert!(!String::from_utf8_lossy(&row).contains("canary"));
    assert!(!app.log().contains("canary"));
    let key = key(&hall, &hall.members[0], json!({})).await;
    let open = admitted(&app, &hall, &ask(&app, &key, (1, 1))).await;
    let sealed = hex::decode(open.target.provider_key.unwrap()).unwrap();
    assert!(
        app.app
            .secrets
            .unseal(hall.coop, "https://api.example.org/v1", &sealed)
            .is_ok()
    );
    assert!(
        app.app
            .secrets
            .unseal(hall.coop, "https://evil.example/v1", &sealed)
            .is_err()
    );
    outside["terms"]["base_url"] = json!("https://elsewhere.example/v1");
    let _ = carry(&app, &hall, &[outside]).await;
    assert_eq!(registry().await["tools"][0]["has_key"], false);
    app.finish().await;
}
