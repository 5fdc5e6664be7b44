//! A server killed after each of its deeds and before it stored them, with each kind of trouble on the chain at that moment.

use chain::Loss;

use crate::simulation::{Operation, Simulation};

/// More steps than an undisturbed way from sealed to final takes for the opening and the first anchor.
const STEPS_MAX: u64 = 20;

#[tokio::test]
async fn a_server_killed_between_any_two_steps_goes_on_where_the_rows_say() {
    let troubles: [&[Operation]; 8] = [
        &[],
        &[Operation::Lose(Loss::Answer)],
        &[Operation::Lose(Loss::Request)],
        &[Operation::Mine],
        &[Operation::ForgetPool],
        &[Operation::Mine, Operation::Reorganise(1)],
        &[
            Operation::Mine,
            Operation::Mine,
            Operation::Mine,
            Operation::Reorganise(3),
        ],
        &[Operation::Foreign(200), Operation::Mine],
    ];
    for trouble in troubles {
        for killed_at in 0..STEPS_MAX {
            let mut simulation = Simulation::new().await;
            while simulation.stored_steps() < killed_at {
                let before = simulation.stored_steps();
                simulation.perform(Operation::Step(0)).await;
                if simulation.stored_steps() == before {
                    simulation.perform(Operation::Mine).await;
                    simulation.perform(Operation::Seal).await;
                }
            }
            // The loss is arranged before the deed, everything else happens between the deed and the restart.
            let (before, after): (Vec<Operation>, Vec<Operation>) = trouble
                .iter()
                .copied()
                .partition(|operation| matches!(operation, Operation::Lose(_)));
            for operation in before {
                simulation.perform(operation).await;
            }
            simulation.perform(Operation::Look(0)).await;
            simulation.perform(Operation::Kill(0)).await;
            for operation in after {
                simulation.perform(operation).await;
            }
            simulation.check().await;
            simulation.settle().await;
        }
    }
}

/// Two servers work on one row; the slower stores last. Its work is thrown away, or it would wipe out bytes that are out.
#[tokio::test]
async fn a_slow_server_cannot_undo_what_a_faster_one_stored() {
    let mut simulation = Simulation::new().await;
    simulation.perform(Operation::Look(1)).await;
    for _ in 0..3 {
        simulation.perform(Operation::Step(0)).await;
    }
    simulation.check().await;
    simulation.perform(Operation::Store(1)).await;
    simulation.check().await;
    simulation.settle().await;
}
