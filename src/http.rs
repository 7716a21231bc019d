//! Receives HTTP: webhooks and interactions.

use std::{io, net::SocketAddr};

pub use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A socket that listens already, so that whoever is told its address can connect.
pub async fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(at).await
}

/// What answers all that these answer, if there is one; no two of them answer at the same path.
pub fn together(routers: impl IntoIterator<Item = Router>) -> Option<Router> {
    routers.into_iter().reduce(Router::merge)
}

/// Answers requests until `stop`, and then those that have begun.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}
