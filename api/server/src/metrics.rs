//! What the operator's monitoring reads: Prometheus counters and gauges, none of which names a person or a co-op.

use std::time::Duration;

use prometheus::core::Collector;
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
    /// Co-ops whose books differ from the bank so that somebody must look, by why.
    pub reconciliation_alarms: IntGaugeVec,
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
        let gauge = |name, about| kept(&registry, IntGauge::new(name, about));
        let gauges = |name, about, label| kept(&registry, IntGaugeVec::new(Opts::new(name, about), &[label]));
        let counters =
            |name, about, labels: &[&str]| kept(&registry, IntCounterVec::new(Opts::new(name, about), labels));
        let durations = HistogramOpts::new("rochdale_request_seconds", "Time from request to answer").buckets(vec![
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
        ]);
        let checkpoints = IntCounter::new("rochdale_checkpoints_total", "Checkpoints published");
        Ok(Self {
            gateway: GatewayMetrics::new(&registry)?,
            requests: counters(
                "rochdale_requests_total",
                "Requests answered",
                &["method", "route", "status"],
            )?,
            durations: kept(&registry, HistogramVec::new(durations, &["method", "route"]))?,
            connections: gauges(
                "rochdale_database_connections_in_use",
                "Connections to the database in use",
                "door",
            )?,
            jobs_due: gauge("rochdale_jobs_due", "Jobs that are due and not done")?,
            records_unanchored: gauge("rochdale_records_unanchored", "Records that no final anchor covers yet")?,
            anchors_halted: gauge(
                "rochdale_anchors_halted",
                "Co-ops with an anchor that a person must look at",
            )?,
            coops_not_anchored_here: gauge(
                "rochdale_coops_not_anchored_here",
                "Co-ops bound to another chain, contract or account than is configured",
            )?,
            log_behind: gauge(
                "rochdale_log_behind",
                "Co-ops for which nothing is signed, since database and published log do not fit",
            )?,
            log_waiting_seconds: gauge(
                "rochdale_log_waiting_seconds",
                "How long the oldest entry waits for its place in a log",
            )?,
            reconciliation_alarms: gauges(
                "rochdale_reconciliation_alarms",
                "Co-ops whose books differ from the bank so that somebody must look",
                "kind",
            )?,
            checkpoints: kept(&registry, checkpoints)?,
            jobs: counters("rochdale_jobs_total", "Jobs worked on", &["kind", "result"])?,
            ballots: counters("rochdale_ballots_total", "Ballots acknowledged", &["signature_kind"])?,
            registry,
        })
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

/// A metric that the registry holds too.
fn kept<Metric: Collector + Clone + 'static>(
    registry: &Registry,
    made: prometheus::Result<Metric>,
) -> prometheus::Result<Metric> {
    let metric = made?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
