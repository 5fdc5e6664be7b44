//! The steps and how long each took.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

/// The steps so far.
pub struct Steps {
    is_quiet: bool,
    done: Map<String, Value>,
}

impl Steps {
    /// No step yet; a quiet one prints nothing.
    pub fn new(is_quiet: bool) -> Self {
        Self {
            is_quiet,
            done: Map::new(),
        }
    }

    /// Does a step and notes its time.
    pub async fn step<T>(&mut self, name: &str, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let started = Instant::now();
        let result = work.await?;
        self.note(name, started.elapsed());
        Ok(result)
    }

    /// Notes how long a step took.
    pub fn note(&mut self, name: &str, took: Duration) {
        let seconds = took.as_secs_f64();
        self.done
            .insert(name.to_owned(), Value::from((seconds * 1000.0).round() / 1000.0));
        if !self.is_quiet {
            println!("{seconds:>8.2} s  {name}");
        }
    }

    /// Seconds by step.
    pub fn seconds(&self) -> Value {
        Value::Object(self.done.clone())
    }
}
