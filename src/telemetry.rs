//! Log lines on standard error. A message is constant and its values are fields; texts that people typed,
//! addresses and secrets are never among them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What these say below this level holds addresses with tokens in them, or texts. It is never written, whatever the filter.
const CAPPED: [&str; 10] = [
    "async_openai=off",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "h2=info",
    "teloxide_core=info",
    "serenity=off",
    "sqlx::query=warn",
    "tokio_tungstenite=info",
    "tungstenite=info",
];

/// Starts logging. A second start, as in tests, changes nothing.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    let filter = CAPPED.iter().filter_map(|directive| directive.parse().ok()).fold(filter, EnvFilter::add_directive);
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
