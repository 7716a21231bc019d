//! Log lines on standard error, and numbers for Prometheus. A message is constant and its values are fields; texts that
//! people typed, addresses and secrets are never among them, nor among labels.

use std::{
    io::IsTerminal,
    sync::{Once, OnceLock},
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    reload,
    util::SubscriberInitExt,
};

/// What these say below this level holds addresses with tokens in them, or texts. It is never written, whatever the filter.
const CAPPED: [(&str, LevelFilter); 12] = [
    ("async_openai", LevelFilter::OFF),
    ("hyper", LevelFilter::INFO),
    ("hyper_util", LevelFilter::INFO),
    ("reqwest", LevelFilter::INFO),
    ("h2", LevelFilter::INFO),
    ("teloxide_core", LevelFilter::INFO),
    ("serenity", LevelFilter::OFF),
    ("sqlx", LevelFilter::WARN),
    ("tokio_tungstenite", LevelFilter::INFO),
    ("tungstenite", LevelFilter::INFO),
    // They complain of what is drawn, and of fonts, in every picture.
    ("usvg", LevelFilter::ERROR),
    ("fontdb", LevelFilter::ERROR),
];

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people on a terminal, as JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// As JSON, one object a line.
    Json,
}

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Whether something may be written whatever the filter says; `async_openai::client` is a part of `async_openai`.
fn may_be_written(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_of = |name: &str| target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    CAPPED.iter().all(|(name, most)| !is_of(name) || metadata.level() <= most)
}

fn filter(text: &str) -> EnvFilter {
    EnvFilter::try_new(text).unwrap_or_else(|_| EnvFilter::new("warn"))
}

/// Starts logging for people. A second start, as in tests, changes nothing.
pub fn start(filter: &str) {
    start_as(filter, Format::Text);
}

/// Starts logging in a form.
pub fn start_as(text: &str, format: Format) {
    start_into(text, format, std::io::stderr);
}

/// Starts logging in a form, to wherever lines are written.
pub fn start_into<W>(text: &str, format: Format, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let is_terminal = std::io::stderr().is_terminal();
    let as_json = format == Format::Json || (format == Format::Auto && !is_terminal);
    let (filter, handle) = reload::Layer::new(filter(text));
    let filter = filter.and(filter_fn(may_be_written));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if as_json {
        lines.json().flatten_event(true).with_current_span(false).boxed()
    } else {
        lines.with_ansi(is_terminal).boxed()
    };
    if tracing_subscriber::registry().with(lines.with_filter(filter)).try_init().is_ok() {
        let _ = FILTER.set(handle);
    }
}

/// From now on the log is filtered by this.
pub fn filter_by(text: &str) {
    if let Some(handle) = FILTER.get() {
        // Whoever subscribes is gone only when the process is.
        let _ = handle.reload(filter(text));
    }
}

/// A panic is logged with its place. Its words may be those of a text that somebody typed, so they are not.
pub fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "something panicked");
        }));
    });
}

/// What is counted or measured.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Its name (<https://prometheus.io/docs/practices/naming/>).
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The names of its labels; each has a few values that are known beforehand.
    pub labels: &'static [&'static str],
}

const fn measure(name: &'static str, labels: &'static [&'static str], about: &'static str) -> Measure {
    Measure { name, about, labels }
}

/// Everything that is counted: what ends in `_total` grows, what ends in `_seconds` is a histogram, the rest goes up and down.
pub const MEASURES: &[Measure] = &[
    measure("bapsang_updates_total", &["platform", "kind"], "Things that people did, by what they are"),
    measure("bapsang_update_seconds", &["platform"], "Time from a thing that somebody did to its answer"),
    measure("bapsang_orders_total", &["stage", "outcome"], "Orders by stage (placing, cooking, telling) and outcome"),
    measure("bapsang_order_seconds", &["outcome"], "Time from the order to its end in the kitchen"),
    measure("bapsang_orders_waiting", &[], "Orders in the making, in every process"),
    measure("bapsang_tickets_total", &["movement"], "Tickets taken, spent and returned by this process"),
    measure("bapsang_model_requests_total", &["outcome"], "Requests to models"),
    measure("bapsang_model_seconds", &["outcome"], "Time that a model took for an order"),
    measure("bapsang_model_tokens_total", &["direction"], "Tokens read and written by models"),
    measure("bapsang_photos_total", &["source", "outcome"], "What sources of photos had"),
    measure("bapsang_calls_total", &["platform", "outcome"], "Calls to platforms; limited is an answer 429"),
    measure("bapsang_news_total", &["outcome"], "People who were told a message to everyone"),
    measure("bapsang_floods_total", &["of"], "Things that somebody did too fast, and that were passed over"),
    measure("bapsang_pool_connections", &["state"], "Connections to the database"),
    measure("bapsang_info", &["version", "database"], "1, with what runs here"),
];

/// Limits between the buckets of a histogram, in seconds.
const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 20.0, 60.0];

/// The numbers of this process.
#[derive(Clone)]
pub struct Numbers(PrometheusHandle);

impl Numbers {
    /// Begins to count; `None` where something counts already.
    pub fn begin() -> Option<Self> {
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS);
        let handle = builder.ok()?.install_recorder().ok()?;
        for Measure { name, about, .. } in MEASURES {
            if name.ends_with("_total") {
                metrics::describe_counter!(*name, *about);
            } else if name.ends_with("_seconds") {
                metrics::describe_histogram!(*name, metrics::Unit::Seconds, *about);
            } else {
                metrics::describe_gauge!(*name, *about);
            }
        }
        Some(Self(handle))
    }

    /// Sums up what was measured of late; to be called every few seconds.
    pub fn keep_small(&self) {
        self.0.run_upkeep();
    }

    /// As text (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    pub fn shown(&self) -> String {
        self.keep_small();
        self.0.render()
    }
}

#[cfg(test)]
mod tests {
    use tracing::{Level, callsite::Identifier};

    use super::*;

    fn may(target: &'static str, level: Level) -> bool {
        struct Nothing;
        impl tracing::Callsite for Nothing {
            fn set_interest(&self, _: tracing::subscriber::Interest) {}
            fn metadata(&self) -> &Metadata<'_> {
                unreachable!("nobody asks")
            }
        }
        static NOTHING: Nothing = Nothing;
        let fields = tracing::field::FieldSet::new(&[], Identifier(&NOTHING));
        may_be_written(&Metadata::new("", target, level, None, None, None, fields, tracing::metadata::Kind::EVENT))
    }

    #[test]
    fn a_longer_target_gets_round_no_cap() {
        assert!(!may("async_openai", Level::ERROR) && !may("async_openai::client", Level::ERROR));
        assert!(!may("teloxide_core::net", Level::DEBUG) && may("teloxide_core::net", Level::INFO));
        assert!(!may("sqlx::query", Level::DEBUG) && may("sqlx::query", Level::WARN));
        assert!(may("bapsang::bot", Level::TRACE) && may("hyper_other", Level::TRACE));
    }

    #[test]
    fn names_say_what_they_count() {
        for measure in MEASURES {
            assert!(measure.name.starts_with("bapsang_") && !measure.about.is_empty(), "{}", measure.name);
            let mut names = MEASURES.iter().map(|other| other.name);
            assert_eq!(names.clone().filter(|name| *name == measure.name).count(), 1, "{}", measure.name);
            assert!(names.any(|name| name == measure.name));
        }
    }
}
