//! What `rochdale admin upstream check` finds: models that answer within their bounds, that use more than is set aside, that are not there.

use serde_json::json;
use server::services::access::checking::{ModelReport, Probe, check};
use tests::upstream::{Script, done, hello, stop, text, usage};

use super::calls::Shop;
use super::world::allowance;

fn claims(tokens: u64) -> Script {
    let told = json!({"prompt_tokens": tokens, "completion_tokens": 1});
    Script::stream(vec![text("a"), stop(), usage(told), done()])
}

async fn looked_at(shop: &Shop) -> ModelReport {
    let mut reports = check(&shop.app.app, &shop.hall.slug, Some("ours")).await.unwrap();
    assert_eq!((reports.len(), reports[0].models.len()), (1, 1));
    reports.remove(0).models.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_which_models_answer_and_whether_their_bounds_hold() {
    let shop = Shop::open(vec![hello()], 1).await;
    assert!(
        check(&shop.app.app, &shop.hall.slug, None).await.is_err(),
        "there is no tool yet"
    );
    assert!(
        check(&shop.app.app, "nobody", None).await.is_err(),
        "there is no such co-op"
    );
    let _ = shop
        .stock(&[allowance(json!({"group": "everyone"}), "each", 120)])
        .await;
    let good = looked_at(&shop).await;
    assert!(good.holds() && good.lacks() == 0, "{good:?}");
    assert!(good.probes.len() > 10);
    assert_eq!(shop.mock.got().len(), good.probes.len(), "each probe is asked once");
    // A token a byte, and the role: so many are set aside for the words.
    let bound = good.probes[0].bound;
    assert_eq!(
        bound,
        u64::try_from("The weavers met in Toad Lane. ".len() * 8 + "user".len()).unwrap()
    );

    shop.mock.script(vec![claims(bound), claims(bound + 31)]);
    let beyond = looked_at(&shop).await;
    assert!(!beyond.holds() && beyond.probes[0].holds(), "{beyond:?}");
    assert!(beyond.lacks() >= 31, "{beyond:?}");

    shop.mock
        .script(vec![Script::json(404, &json!({"error": {"message": "no such model"}}))]);
    let missing = looked_at(&shop).await;
    let expected = Probe {
        name: "words",
        bound,
        tokens: Err("status"),
    };
    assert_eq!(missing.probes, [expected], "it ends where nothing answers");
    shop.mock.script(vec![Script::stream(vec![text("a"), stop(), done()])]);
    assert_eq!(
        looked_at(&shop).await.probes[0].tokens,
        Err("it does not say how many tokens it read")
    );
    // Nothing of it is booked.
    shop.close().await;
}
