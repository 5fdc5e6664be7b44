//! What a proposal would change, shown before anybody votes: the same decision that the execution makes, on the co-op as it is.

use governance::action::{Named, Planned};
use governance::id::ProposalId;
use store::CoopTx;
use wire::decision::{PlannedAction, PreviewedAction, ProposalPreview};

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::planned;
use crate::services::execution::elected_options;
use crate::services::execution_acts::{Scene, scene};
use crate::services::proposals::{Asking, visible};
use crate::services::secrecy;

/// The actions of a proposal with their sentences.
///
/// # Errors
/// If the database fails.
pub async fn sentences(tx: &mut CoopTx, planned: &[Planned]) -> Result<Vec<PlannedAction>, Problem> {
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    let scene = scene(tx, planned, false).await?;
    Ok(planned.iter().map(|each| shown(each, &scene)).collect())
}

fn shown(planned: &Planned, scene: &Scene) -> PlannedAction {
    let name = |named: Named| match named {
        Named::Member(member) => scene
            .members
            .get(&member)
            .cloned()
            .unwrap_or_else(|| member.to_string()),
        Named::Applicant(application) => scene
            .applicants
            .get(&application)
            .map_or_else(|| application.to_string(), |row| row.display_name.clone()),
    };
    PlannedAction {
        option: planned.option,
        sentence: planned.act.sentence(&name),
        act: planned.act.clone(),
    }
}

/// What a proposal would change as things stand. What waits for an option is shown by itself, since others may be elected.
///
/// # Errors
/// 404 where the member sees none.
pub async fn preview(app: &App, asking: Asking, proposal: ProposalId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proposal_preview", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    let planned = planned(&row)?;
    let elected = elected_options(&mut tx, proposal).await?;
    let scene = scene(&mut tx, &planned, false).await?;
    let secret = secrecy::foreseen(&mut tx, &row).await?;
    tx.commit().await?;
    let mut together = scene.snapshot.clone();
    let mut actions = Vec::with_capacity(planned.len());
    for each in &planned {
        let mut alone = scene.snapshot.clone();
        let snapshot = if each.option.is_some() {
            &mut alone
        } else {
            &mut together
        };
        let changes = snapshot.apply(&each.act, elected.as_deref());
        actions.push(PreviewedAction {
            action: shown(each, &scene),
            obstacle: changes.as_ref().err().map(ToString::to_string),
            changes: changes.unwrap_or_default(),
        });
    }
    let obstacle = together.require_steward().err().map(|obstacle| obstacle.to_string());
    Answer::ok(&ProposalPreview {
        actions,
        obstacle,
        secrecy_warnings: secret.warnings,
        secrecy_obstacle: secret.obstacle,
    })
}
