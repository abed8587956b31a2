//! Logs to standard error, numbers for `/metrics`.

use std::io::IsTerminal;
use std::sync::OnceLock;

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logging: readable on a terminal, JSON lines elsewhere. A second call changes nothing.
///
/// # Errors
/// When `filter` is not in `tracing`'s filter language.
pub fn init_logs(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("PLEDGEPOST_LOG: {filter:?}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error here says that somebody (a test) has a subscriber already.
    let _ = match std::io::stderr().is_terminal() {
        true => builder.with_target(false).try_init(),
        false => builder.json().flatten_event(true).with_ansi(false).try_init(),
    };
    Ok(())
}

/// Starts counting. A second call changes nothing.
///
/// # Errors
/// When another recorder was installed.
pub fn init_metrics() -> anyhow::Result<()> {
    if METRICS.get().is_none() {
        let handle = PrometheusBuilder::new().install_recorder().context("metrics")?;
        let _ = METRICS.set(handle);
    }
    Ok(())
}

/// The numbers in Prometheus' text format; nothing when nobody counts.
pub fn metrics_text() -> Option<String> {
    METRICS.get().map(PrometheusHandle::render)
}

/// To be called every few seconds: drains what histograms have gathered.
pub fn upkeep() {
    if let Some(handle) = METRICS.get() {
        handle.run_upkeep();
    }
}
