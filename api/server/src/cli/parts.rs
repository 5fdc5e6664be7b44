//! The parts of a running program, which live and end together: if one ends that nobody told to, the others are stopped and the
//! program fails, so that whoever supervises it starts it anew.

use std::panic::AssertUnwindSafe;

use anyhow::{Context as _, anyhow};
use futures_util::FutureExt as _;
use tokio::task::JoinSet;

/// The parts that run.
#[derive(Default)]
pub struct Parts {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
}

impl Parts {
    /// Starts a part. A panic of it is a failure like any other.
    pub fn start(&mut self, name: &'static str, part: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.running.spawn(async move {
            let ended = AssertUnwindSafe(part).catch_unwind().await;
            (name, ended.unwrap_or_else(|_| Err(anyhow!("it panicked"))))
        });
    }

    /// Runs until `asked` ends or a part does, then waits for `stop` and for all parts to end.
    ///
    /// # Errors
    /// If a part ended before it was asked to, or failed.
    pub async fn until(
        mut self,
        asked: impl Future<Output = anyhow::Result<()>>,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let mut ended = tokio::select! {
            asked = asked => asked,
            Some(part) = self.running.join_next() => Err(unasked(part)),
        };
        match &ended {
            Ok(()) => tracing::info!("stopping"),
            Err(error) => {
                tracing::error!(error.cause = %format_args!("{error:#}"), "a part of the program ended; stopping the others");
            }
        }
        stop.await;
        while let Some(part) = self.running.join_next().await {
            let failed = part
                .map_err(anyhow::Error::from)
                .and_then(|(name, ended)| ended.context(name));
            ended = ended.and(failed);
        }
        ended
    }
}

fn unasked(part: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>) -> anyhow::Error {
    match part {
        Ok((name, Ok(()))) => anyhow!("{name} ended although nobody asked it to"),
        Ok((name, Err(error))) => error.context(format!("{name} failed")),
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::watch;

    use super::*;

    /// A part that runs until it is told to stop, beside one that ends as given.
    async fn end_of(other: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> String {
        let (stop, mut stopped) = watch::channel(false);
        let mut parts = Parts::default();
        parts.start("the patient one", async move { Ok(stopped.changed().await?) });
        parts.start("the other", other);
        let ended = parts
            .until(pending(), async move {
                let _ = stop.send(true);
            })
            .await;
        ended.map_or_else(|error| format!("{error:#}"), |()| String::from("no failure"))
    }

    #[tokio::test]
    async fn a_part_that_ends_or_fails_or_panics_ends_the_program_with_a_failure() {
        assert_eq!(
            end_of(ready(Ok(()))).await,
            "the other ended although nobody asked it to"
        );
        assert_eq!(
            end_of(ready(Err(anyhow!("no socket")))).await,
            "the other failed: no socket"
        );
        let panics = async { panic!("on purpose") };
        assert_eq!(end_of(panics).await, "the other failed: it panicked");
    }

    #[tokio::test]
    async fn a_program_that_is_asked_to_stop_ends_without_a_failure() {
        let (stop, mut stopped) = watch::channel(false);
        let mut parts = Parts::default();
        parts.start("the patient one", async move { Ok(stopped.changed().await?) });
        let ended = parts
            .until(ready(Ok(())), async move {
                let _ = stop.send(true);
            })
            .await;
        assert!(ended.is_ok(), "{ended:?}");
    }
}
