//! What the operator's monitoring reads: Prometheus counters and gauges, none of which names a person or a co-op.

use std::time::Duration;

use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::gateway::metrics::GatewayMetrics;

/// All metrics of a process.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    /// Connections in use by door: `app` or `global`.
    pub connections: IntGaugeVec,
    /// Jobs that are due and not done.
    pub jobs_due: IntGauge,
    /// Records that no final anchor covers yet, over all co-ops.
    pub records_unanchored: IntGauge,
    /// Co-ops whose newest anchors wait for a person.
    pub anchors_halted: IntGauge,
    /// Co-ops that are bound to another chain, contract or account than is configured.
    pub coops_not_anchored_here: IntGauge,
    /// Co-ops for which nothing is signed, since database and published log do not fit.
    pub log_behind: IntGauge,
    /// How long the oldest entry waits for its place in a log, in seconds.
    pub log_waiting_seconds: IntGauge,
    /// Checkpoints published.
    pub checkpoints: IntCounter,
    /// Jobs by kind and result.
    pub jobs: IntCounterVec,
    /// Ballots acknowledged, by kind of signature.
    pub ballots: IntCounterVec,
    /// The models under `/v1`.
    pub gateway: GatewayMetrics,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// If a name is registered twice.
    pub fn new() -> anyhow::Result<Self> {
        let registry = Registry::new();
        let metrics = Self {
            gateway: GatewayMetrics::new(&registry)?,
            registry,
            requests: IntCounterVec::new(
                Opts::new("rochdale_requests_total", "Requests answered"),
                &["method", "route", "status"],
            )?,
            durations: HistogramVec::new(
                HistogramOpts::new("rochdale_request_seconds", "Time from request to answer").buckets(vec![
                    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
                ]),
                &["method", "route"],
            )?,
            connections: IntGaugeVec::new(
                Opts::new(
                    "rochdale_database_connections_in_use",
                    "Connections to the database in use",
                ),
                &["door"],
            )?,
            jobs_due: IntGauge::new("rochdale_jobs_due", "Jobs that are due and not done")?,
            records_unanchored: IntGauge::new(
                "rochdale_records_unanchored",
                "Records that no final anchor covers yet",
            )?,
            anchors_halted: IntGauge::new(
                "rochdale_anchors_halted",
                "Co-ops with an anchor that a person must look at",
            )?,
            coops_not_anchored_here: IntGauge::new(
                "rochdale_coops_not_anchored_here",
                "Co-ops bound to another chain, contract or account than is configured",
            )?,
            log_behind: IntGauge::new(
                "rochdale_log_behind",
                "Co-ops for which nothing is signed, since database and published log do not fit",
            )?,
            log_waiting_seconds: IntGauge::new(
                "rochdale_log_waiting_seconds",
                "How long the oldest entry waits for its place in a log",
            )?,
            checkpoints: IntCounter::new("rochdale_checkpoints_total", "Checkpoints published")?,
            jobs: IntCounterVec::new(Opts::new("rochdale_jobs_total", "Jobs worked on"), &["kind", "result"])?,
            ballots: IntCounterVec::new(
                Opts::new("rochdale_ballots_total", "Ballots acknowledged"),
                &["signature_kind"],
            )?,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.durations.clone()))?;
        metrics.registry.register(Box::new(metrics.connections.clone()))?;
        metrics.registry.register(Box::new(metrics.jobs_due.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.records_unanchored.clone()))?;
        metrics.registry.register(Box::new(metrics.anchors_halted.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.coops_not_anchored_here.clone()))?;
        metrics.registry.register(Box::new(metrics.log_behind.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.log_waiting_seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.checkpoints.clone()))?;
        metrics.registry.register(Box::new(metrics.jobs.clone()))?;
        metrics.registry.register(Box::new(metrics.ballots.clone()))?;
        Ok(metrics)
    }

    /// Counts a request. `method` is one of a few names: each becomes a label that is kept for good.
    pub fn request(&self, method: &'static str, route: &str, status: u16, elapsed: Duration) {
        self.requests
            .with_label_values(&[method, route, &status.to_string()])
            .inc();
        self.durations
            .with_label_values(&[method, route])
            .observe(elapsed.as_secs_f64());
    }

    /// Everything in the text format of Prometheus.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
