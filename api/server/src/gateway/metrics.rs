//! What monitoring reads of the gateway: by upstream and model, and nothing of what was written or by whom.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use super::meter::{Endpoint, ModelTarget, Usage};

/// The counters. Models and upstreams that are registered are the labels, and never what a client asked for.
#[derive(Clone)]
pub struct GatewayMetrics {
    calls: IntCounterVec,
    first_bytes: HistogramVec,
    tokens: IntCounterVec,
    failures: IntCounterVec,
    /// Calls that were not admitted, by code.
    pub refused: IntCounterVec,
    /// Calls that run.
    pub running: IntGauge,
    /// Calls that wait.
    pub waiting: IntGauge,
    /// Micro-credits that upstreams claim beyond what was held; must stay 0.
    pub excess: IntCounter,
    /// Calls whose usage was told in numbers that cannot be.
    pub flagged: IntCounter,
}

impl GatewayMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// If a name is registered twice.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let by_model = ["upstream", "model"];
        let metrics = Self {
            calls: IntCounterVec::new(
                Opts::new("rochdale_gateway_calls_total", "Calls that ended, by how"),
                &["upstream", "model", "endpoint", "end"],
            )?,
            first_bytes: HistogramVec::new(
                HistogramOpts::new(
                    "rochdale_gateway_first_byte_seconds",
                    "Time until an upstream began to answer",
                )
                .buckets(vec![0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]),
                &by_model,
            )?,
            tokens: IntCounterVec::new(
                Opts::new("rochdale_gateway_tokens_total", "Tokens used, as far as known"),
                &["upstream", "model", "direction"],
            )?,
            failures: IntCounterVec::new(
                Opts::new(
                    "rochdale_gateway_upstream_failures_total",
                    "Attempts that failed, by why",
                ),
                &["upstream", "model", "why"],
            )?,
            refused: IntCounterVec::new(
                Opts::new(
                    "rochdale_gateway_refused_total",
                    "Calls that were not admitted, by code",
                ),
                &["code"],
            )?,
            running: IntGauge::new("rochdale_gateway_running", "Calls that run")?,
            waiting: IntGauge::new("rochdale_gateway_waiting", "Calls that wait for a slot")?,
            excess: IntCounter::new(
                "rochdale_gateway_excess_units_total",
                "Micro-credits that upstreams claim beyond what was held; must stay 0",
            )?,
            flagged: IntCounter::new(
                "rochdale_gateway_usage_flagged_total",
                "Calls whose usage was told in numbers that cannot be",
            )?,
        };
        registry.register(Box::new(metrics.calls.clone()))?;
        registry.register(Box::new(metrics.first_bytes.clone()))?;
        registry.register(Box::new(metrics.tokens.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.running.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        registry.register(Box::new(metrics.excess.clone()))?;
        registry.register(Box::new(metrics.flagged.clone()))?;
        Ok(metrics)
    }

    /// A call ended.
    pub fn ended(&self, target: &ModelTarget, endpoint: Endpoint, end: &'static str, usage: Option<Usage>) {
        let upstream = target.upstream.to_string();
        self.calls
            .with_label_values(&[upstream.as_str(), &target.id, endpoint.name(), end])
            .inc();
        let usage = usage.unwrap_or_default();
        for (direction, tokens) in [("input", usage.input), ("output", usage.output)] {
            self.tokens
                .with_label_values(&[upstream.as_str(), &target.id, direction])
                .inc_by(tokens);
        }
    }

    /// An upstream began to answer.
    pub fn first_byte(&self, target: &ModelTarget, after: Duration) {
        self.first_bytes
            .with_label_values(&[target.upstream.to_string().as_str(), &target.id])
            .observe(after.as_secs_f64());
    }

    /// An attempt failed.
    pub fn failed(&self, target: &ModelTarget, why: &'static str) {
        self.failures
            .with_label_values(&[target.upstream.to_string().as_str(), &target.id, why])
            .inc();
    }
}
