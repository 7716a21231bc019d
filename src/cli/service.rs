//! What the service says of itself: whether it is ready, and its numbers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::run::Doors;
use crate::{http::Look, store::Store, telemetry::Numbers};

/// A database that takes longer to answer is not ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// A running house, as whoever looks after it sees it.
pub(super) struct Service {
    pub(super) store: Store,
    pub(super) doors: Arc<Doors>,
    pub(super) numbers: Option<Numbers>,
    pub(super) stop: CancellationToken,
}

impl Service {
    /// What is only known when somebody asks.
    async fn look_around(&self) {
        if let Ok(waiting) = self.store.orders_waiting().await {
            metrics::gauge!("bapsang_orders_waiting").set(amount(waiting));
        }
        let (used, idle) = self.store.connections();
        metrics::gauge!("bapsang_pool_connections", "state" => "used").set(amount(used));
        metrics::gauge!("bapsang_pool_connections", "state" => "idle").set(amount(idle));
        let version = env!("CARGO_PKG_VERSION");
        metrics::gauge!("bapsang_info", "version" => version, "database" => self.store.kind()).set(1.0);
    }
}

/// A count, as a number of Prometheus; far below what such a number holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts are far below what a float holds exactly")]
fn amount(count: u64) -> f64 {
    count as f64
}

#[async_trait]
impl Look for Service {
    async fn not_ready(&self) -> Vec<String> {
        let mut waits = Vec::new();
        if self.stop.is_cancelled() {
            waits.push("stopping: it was asked to".to_owned());
        }
        // Why is nobody's business who may ask this.
        if !matches!(tokio::time::timeout(PATIENCE, self.store.answers()).await, Ok(Ok(()))) {
            waits.push("database: it does not answer; `bapsang check` says more".to_owned());
        }
        waits.extend(self.doors.not_open());
        waits
    }

    fn numbers(&self) -> String {
        self.numbers.as_ref().map(Numbers::shown).unwrap_or_default()
    }

    async fn look(&self) {
        self.look_around().await;
    }
}
