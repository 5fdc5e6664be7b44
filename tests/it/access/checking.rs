//! What `rochdale admin upstream check` finds: models that answer within their bounds, that use more than is set aside, that are not there.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Output;

use serde_json::{Value, json};
use server::services::access::checking::{Lacks, ModelReport, Said, check};
use tests::data::not_run;
use tests::upstream::{Answer, Got, Script, done, hello, stop, text, usage};
use tokio::process::Command;

use super::calls::Shop;
use super::world::{allowance, decide, model, policy, tool_at};
use crate::crash::program::program;
use crate::log::repair_deaths::configuration;

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
    assert!(good.holds() && good.lacks() == Lacks::default(), "{good:?}");
    assert!(good.probes.len() > 10);
    assert_eq!(shop.mock.got().len(), good.probes.len(), "each probe is asked once");
    // A token a byte, and the role: so many are set aside for the words.
    let bound = good.probes[0].bound;
    assert_eq!(bound, u64::try_from("0123456789".len() * 24 + "user".len()).unwrap());

    shop.mock.script(vec![claims(bound), claims(bound + 31)]);
    let beyond = looked_at(&shop).await;
    assert!(!beyond.holds() && beyond.probes[0].holds(), "{beyond:?}");
    assert!(beyond.lacks().call >= 31, "{beyond:?}");

    shop.mock
        .script(vec![Script::json(404, &json!({"error": {"message": "no such model"}}))]);
    let missing = looked_at(&shop).await;
    assert_eq!(missing.probes.len(), 1, "it ends where nothing answers");
    assert_eq!(
        (missing.probes[0].bound, missing.probes[0].said),
        (bound, Said::Nothing("status"))
    );
    shop.mock.script(vec![Script::stream(vec![text("a"), stop(), done()])]);
    assert_eq!(
        looked_at(&shop).await.probes[0].said,
        Said::Nothing("it does not say how many tokens it read")
    );
    // Nothing of it is booked.
    shop.close().await;
}

/// What a question asks: the bytes of its texts, its messages or texts, and its tokens where the role is one for each byte.
fn read(got: &Got) -> (u64, u64, u64) {
    let texts: Vec<&Value> = match &got.body["messages"] {
        Value::Array(messages) => messages.iter().map(|message| &message["content"]).collect(),
        _ => [&got.body["prompt"], &got.body["input"]]
            .into_iter()
            .flat_map(|asked| {
                asked
                    .as_array()
                    .map_or_else(|| vec![asked], |list| list.iter().collect())
            })
            .filter(|asked| asked.is_string())
            .collect(),
    };
    let bytes: usize = texts.iter().filter_map(|text| text.as_str()).map(str::len).sum();
    let messages = texts.len() as u64;
    let roles = if got.body["messages"].is_array() {
        4 * messages
    } else {
        0
    };
    (bytes as u64, messages, bytes as u64 + roles)
}

fn has_tools(got: &Got) -> bool {
    got.body["tools"].is_array()
}

fn has_result(got: &Got) -> bool {
    got.body["messages"][2]["role"] == "tool"
}

fn refuses(status: u16) -> Script {
    Script::json(
        status,
        &json!({"error": {"message": "the template does not know that"}}),
    )
}

/// A shop whose model was registered as one whose template adds nothing, and is asked at three endpoints.
async fn plain_shop() -> Shop {
    let shop = Shop::open(vec![hello()], 1).await;
    let mut act = model("small");
    act["terms"]["endpoints"] = json!(["chat_completions", "completions", "embeddings"]);
    let everyone = allowance(json!({"group": "everyone"}), "each", 120);
    let _ = decide(
        &shop.app,
        &shop.hall,
        &[tool_at(&shop.mock.origin), act, policy(0, &[everyone])],
    )
    .await;
    shop
}

/// The last row is the first that holds: once a model is proved, the books say no more of what it lacks.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_template_that_adds_more_than_was_registered_is_refused_with_the_figures() {
    let shop = plain_shop().await;
    let lacks: [(&str, Answer, (u64, u64)); 7] = [
        ("each message", |got| claims(read(got).2 + read(got).1), (0, 1)),
        ("each call", |got| claims(read(got).2 + 30), (30, 0)),
        ("both", |got| claims(read(got).2 + 2 * read(got).1 + 30), (30, 2)),
        (
            "a further endpoint",
            |got| claims(read(got).2 + if got.head.contains("/v1/completions") { 40 } else { 0 }),
            (40, 0),
        ),
        (
            "each text",
            |got| {
                claims(
                    read(got).2
                        + if got.head.contains("/embeddings") {
                            2 * read(got).1
                        } else {
                            0
                        },
                )
            },
            (0, 2),
        ),
        (
            "a list of tools",
            |got| {
                claims(if has_tools(got) && !has_result(got) {
                    2_000
                } else {
                    read(got).2
                })
            },
            (0, 0),
        ),
        (
            "the result of a tool",
            |got| claims(if has_result(got) { 2_000 } else { read(got).2 }),
            (0, 0),
        ),
    ];
    for (name, answer, (call, message)) in lacks {
        shop.mock.answer_by(answer);
        let found = looked_at(&shop).await;
        assert!(!found.holds(), "{name}: {found:?}");
        let is_of_tools = name.contains("tool");
        if is_of_tools {
            assert!(
                found.lacks().call > 1_000 && found.lacks().message == 0,
                "{name}: {found:?}"
            );
        } else {
            assert_eq!(found.lacks(), Lacks { call, message }, "{name}");
        }
        let told = shop
            .hall
            .steward
            .person
            .get(&shop.hall.path("access/tools"))
            .send()
            .await
            .expect(200);
        let figure = |tokens: u64| if tokens == 0 { Value::Null } else { json!(tokens) };
        let model = &told["models"][0];
        assert_eq!(
            (&model["lacks"], &model["lacks_message"]),
            (&figure(found.lacks().call), &figure(message)),
            "{name}"
        );
    }
    let answers: [(&str, Answer, bool); 4] = [
        (
            "tools fail for a moment",
            |got| {
                if has_tools(got) {
                    refuses(503)
                } else {
                    claims(read(got).2)
                }
            },
            false,
        ),
        ("the first is refused", |_| refuses(400), false),
        (
            "takes no tools",
            |got| {
                if has_tools(got) {
                    refuses(400)
                } else {
                    claims(read(got).2)
                }
            },
            true,
        ),
        (
            "takes no two of one role",
            |got| {
                if read(got) == (0, 16, 64) || read(got) == (0, 32, 128) {
                    refuses(500)
                } else {
                    claims(read(got).2)
                }
            },
            true,
        ),
    ];
    for (name, answer, holds) in answers {
        shop.mock.answer_by(answer);
        let found = looked_at(&shop).await;
        assert_eq!(found.holds(), holds, "{name}: {found:?}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_what_it_asked_and_fails_where_a_bound_does_not_hold() {
    let Some(rochdale) = program() else {
        return not_run("admin upstream check", "the program is not built");
    };
    let shop = plain_shop().await;
    let config = configuration(&shop.app);
    let mut end = OpenOptions::new().append(true).open(config.path()).unwrap();
    writeln!(end, "[gateway]\nallowed_origins = [{:?}]", shop.mock.origin).unwrap();
    let check = async |more: &[&str]| -> (Output, String) {
        let mut command = Command::new(&rochdale);
        command.arg("--config").arg(config.path());
        command
            .args(["admin", "upstream", "check", &shop.hall.slug])
            .args(more)
            .kill_on_drop(true);
        let output = command.output().await.unwrap();
        let said = String::from_utf8(output.stdout.clone()).unwrap();
        (output, said)
    };
    shop.mock.answer_by(|got| claims(read(got).2 + 30));
    let (beyond, said) = check(&[]).await;
    assert_eq!(beyond.status.code(), Some(1), "{beyond:?}");
    for part in [
        "FAIL chat_completions  1 digits",
        "274 tokens of 244 set aside",
        "overhead.call higher by 30 and overhead.message by 0 at least",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let complains = String::from_utf8_lossy(&beyond.stderr);
    assert!(
        complains.contains("1 models are not as they were registered"),
        "{complains}"
    );
    shop.mock.answer_by(|got| {
        if has_tools(got) {
            refuses(400)
        } else {
            claims(read(got).2)
        }
    });
    let (holds, said) = check(&["--tool", "ours"]).await;
    assert!(holds.status.success() && !said.contains("FAIL"), "{holds:?}");
    assert!(
        said.contains("a list of tools") && said.contains("refused, so no member can ask it either"),
        "{said}"
    );
    let (nobody, _) = check(&["--tool", "nobody"]).await;
    assert_eq!(nobody.status.code(), Some(1), "{nobody:?}");
    shop.close().await;
}
