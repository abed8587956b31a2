//! Logs to standard error, numbers for `/metrics`.

use std::io::IsTerminal;
use std::sync::OnceLock;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Targets that write down what they work on: the template engine logs the whole data of each mail, addresses and secret
/// links among them. However much somebody wants to see, not that.
const NEVER_BELOW_WARN: [&str; 2] = ["handlebars=warn", "handlebars::render=warn"];

/// What is told apart in a histogram; other numbers of that kind are told as quantiles.
const HISTOGRAMS: [(&str, &[f64]); 3] = [
    (
        "pledgepost_mail_seconds",
        &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0],
    ),
    ("pledgepost_record_seconds", &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0]),
    ("pledgepost_record_group_size", &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]),
];

/// The filter that somebody asked for, without what no log may keep.
fn quieted(filter: &str) -> anyhow::Result<EnvFilter> {
    let mut quieted = EnvFilter::try_new(filter).with_context(|| format!("PLEDGEPOST_LOG: {filter:?}"))?;
    for directive in NEVER_BELOW_WARN {
        quieted = quieted.add_directive(directive.parse()?);
    }
    Ok(quieted)
}

/// Starts logging: readable on a terminal, JSON lines elsewhere. A second call changes nothing.
///
/// # Errors
/// When `filter` is not in `tracing`'s filter language.
pub fn init_logs(filter: &str) -> anyhow::Result<()> {
    let filter = quieted(filter)?;
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
        let mut builder = PrometheusBuilder::new();
        for (name, buckets) in HISTOGRAMS {
            builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets).context("metrics")?;
        }
        let handle = builder.install_recorder().context("metrics")?;
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl MakeWriter<'_> for Kept {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn no_filter_makes_the_template_engine_talk() {
        for filter in ["trace", "debug", "handlebars=trace", "info,handlebars::render=debug"] {
            let kept = Kept::default();
            let log = tracing_subscriber::fmt().with_env_filter(quieted(filter).unwrap()).with_writer(kept.clone());
            tracing::subscriber::with_default(log.finish(), || {
                tracing::debug!(target: "handlebars::render", "ada@example.org");
                tracing::error!("something of ours");
            });
            let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            assert!(!text.contains("ada@example.org"), "{filter}: {text}");
            assert_eq!(text.contains("of ours"), !filter.starts_with("handlebars"), "{filter}: {text}");
        }
    }
}
