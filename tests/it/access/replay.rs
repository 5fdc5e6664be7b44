//! Real requests, replayed: what is booked is what the totals beside them say.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use store::access::meter::{AdmitAsk, Admitted, Settled};
use tests::app::TestApp;
use tests::data::shared_data;

use super::world::{allowance, ask, finished, invariants, key, shared};

const MEMBERS: usize = 7;
/// How many calls come together.
const BATCH: usize = 64;

fn requests(text: &str) -> Vec<(u32, u32)> {
    let row = |line: &str| {
        let mut columns = line.split(',').skip(1).map(|number| number.parse().unwrap());
        (columns.next().unwrap(), columns.next().unwrap())
    };
    text.lines().skip(1).filter(|line| !line.is_empty()).map(row).collect()
}

/// The totals beside a trace, and its requests as tokens in and out.
fn trace(folder: &Path) -> (Value, Vec<(u32, u32)>) {
    let totals = std::fs::read(folder.join("AzureLLMInferenceTrace_code.totals.json")).unwrap();
    let packed = std::fs::read(folder.join("AzureLLMInferenceTrace_code.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    (serde_json::from_slice(&totals).unwrap(), requests(&text))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_trace_of_real_requests_is_accounted_for_exactly() {
    let Some(folder) = shared_data("replay of ai_usage") else {
        return;
    };
    let (totals, requests) = trace(&folder.join("ai_usage"));
    assert_eq!(requests.len() as u64, totals["requests"].as_u64().unwrap());

    let app = TestApp::start().await;
    // Exactly what they cost: a unit less, and the last would be refused.
    let cost = totals["cost_micro_usd_at_3_per_M_in_15_per_M_out"].as_u64().unwrap();
    let hall = shared(
        &app,
        MEMBERS,
        &[allowance(json!({"group": "everyone"}), "together", cost)],
    )
    .await;
    let mut keys = Vec::new();
    for who in &hall.members {
        keys.push(key(&hall, who, json!({})).await);
    }
    let rows: Vec<(usize, (u32, u32))> = requests.into_iter().enumerate().collect();
    for batch in rows.chunks(BATCH) {
        // As a busy server asks: a statement for all that came together.
        let asks: Vec<AdmitAsk> = batch
            .iter()
            .map(|(row, call)| ask(&app, &keys[row % MEMBERS], *call))
            .collect();
        let answers = app.app.store.access_admit(hall.coop, &asks).await.unwrap();
        let ends: Vec<_> = asks
            .iter()
            .zip(&answers)
            .zip(batch)
            .map(|((asked, answer), (_, (input, output)))| {
                let Admitted::Admitted(open) = answer else {
                    panic!("{answer:?}")
                };
                assert_eq!(open.output_max, u64::from(*output));
                (asked.hold, finished(*input, *output))
            })
            .collect();
        let settled = app.app.store.access_settle(hall.coop, &ends).await.unwrap();
        for (settled, (_, (input, output))) in settled.iter().zip(batch) {
            let charged = u64::from(*input) * 3 + u64::from(*output) * 15;
            assert_eq!(*settled, Some(Settled { charged, excess: 0 }));
        }
    }
    let client = app.database.superuser().await;
    let row = client
        .query_one("SELECT count(*), sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(charged)::bigint, max(input_tokens), max(output_tokens),
            count(DISTINCT member_id) FROM access_usage", &[])
        .await
        .unwrap();
    let found: Vec<i64> = (0..7).map(|column| row.get(column)).collect();
    let expected: Vec<i64> = [
        "requests",
        "context_tokens",
        "generated_tokens",
        "cost_micro_usd_at_3_per_M_in_15_per_M_out",
        "max_context",
        "max_generated",
    ]
    .iter()
    .map(|name| totals[*name].as_i64().unwrap())
    .chain([MEMBERS as i64])
    .collect();
    assert_eq!(found, expected);
    let books = invariants(&app, &hall).await;
    assert_eq!(
        (&books["holds_true"], books["spent"].as_u64()),
        (&json!(true), Some(cost)),
        "{books}"
    );
    app.finish().await;
}
