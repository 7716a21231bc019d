//! Log lines on standard error. A message is constant and its values are fields; texts that people typed,
//! addresses and secrets are never among them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. A second start, as in tests, changes nothing.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
