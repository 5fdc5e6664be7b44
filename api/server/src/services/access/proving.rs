//! A model that a decision registered takes calls once a server has shown that no text has more tokens than are set aside for it.
//!
//! The worker looks at each such model within moments, and again after a while where nothing answers or the bound does not hold; an operator
//! may look at once (`rochdale admin upstream check`). Who asks and who writes down what came of it are two transactions, with the
//! questions between them: what was set anew in the meantime is not proved by them.

use chrono::TimeDelta;
use governance::event::Event;
use governance::id::CoopId;
use store::access::{ModelRow, Probed, model_probed, models_to_probe};
use store::decision::proposal::clock;

use super::checking::{ModelReport, look_at};
use super::model_terms;
use crate::app::App;
use crate::problem::Problem;
use crate::services::events;

/// How many co-ops one round looks at.
const COOPS: u16 = 4;
/// When a model is looked at again whose bound was not shown to hold.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Looks at the models that are to be looked at, of a bounded number of co-ops; how many co-ops.
///
/// # Errors
/// If the database fails.
pub async fn prove_once(app: &App) -> anyhow::Result<usize> {
    let due = app.store.access_probing_due(COOPS).await?;
    for coop in &due {
        prove(app, *coop)
            .await
            .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    }
    Ok(due.len())
}

async fn prove(app: &App, coop: CoopId) -> Result<(), Problem> {
    let mut tx = app.store.coop_tx("access_models_to_probe", coop).await?;
    let until = clock(&mut tx).await?.checked_add_signed(AGAIN).ok_or_else(never)?;
    let rows = models_to_probe(&mut tx, until).await?;
    tx.commit().await?;
    for row in rows {
        let report = look_at(app, coop, &row).await?;
        let _ = note(app, coop, (&row, &report)).await?;
    }
    Ok(())
}

/// Writes down what came of looking at a model that was not proved; whether it is proved by it.
///
/// # Errors
/// If the database fails.
pub async fn note(app: &App, coop: CoopId, (row, report): (&ModelRow, &ModelReport)) -> Result<bool, Problem> {
    let mut tx = app.store.coop_tx("access_model_probed", coop).await?;
    let probed = if report.holds() {
        Probed::Holds
    } else {
        let again = clock(&mut tx).await?.checked_add_signed(AGAIN).ok_or_else(never)?;
        let lacks = report.lacks();
        let figure = |tokens: u64| i64::try_from(tokens).ok().filter(|tokens| *tokens > 0);
        let lacks = (figure(lacks.call), figure(lacks.message));
        tracing::warn!(
            model.name = row.name,
            tokens.lacks = lacks.0,
            tokens.lacks_message = lacks.1,
            "the bound of a model is not shown to hold"
        );
        Probed::Again(again, lacks)
    };
    let is_proved = model_probed(&mut tx, row, probed).await? && report.holds();
    if is_proved {
        let happened = [Event::ModelProved {
            coop,
            model: &row.name,
            terms: model_terms(row)?.hash(),
            probes: u64::try_from(report.probes.len()).unwrap_or(u64::MAX),
        }];
        events::append(&mut tx, None, &happened).await?;
    }
    tx.commit().await?;
    Ok(is_proved)
}

fn never() -> Problem {
    Problem::internal("a moment lies beyond the calendar")
}
