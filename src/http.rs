//! Receives HTTP: webhooks and interactions, and what whoever runs the service asks for.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
pub use axum::Router;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// The head of a request takes no longer to arrive; slower ones hold a place for nothing.
const HEAD: Duration = Duration::from_secs(10);

/// A request takes no longer in all.
const WHOLE: Duration = Duration::from_secs(60);

/// Connections at the same time. Whoever comes on top waits to be let in.
const CONNECTIONS: usize = 4096;

/// What lies in the head of a request, in bytes, at most.
const MOST_HEAD: usize = 32 * 1024;

/// A socket that listens already, so that whoever is told its address can connect.
pub async fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(at).await
}

/// What answers all that these answer, if there is one; no two of them answer at the same path.
pub fn together(routers: impl IntoIterator<Item = Router>) -> Option<Router> {
    routers.into_iter().reduce(Router::merge)
}

/// Answers requests until `stop`, and then those that have begun. Connections, the time of a request's head and of all of
/// it, and the size of the head are bounded.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    let (room, connections) = (Arc::new(Semaphore::new(CONNECTIONS)), TaskTracker::new());
    loop {
        let Some(Ok(place)) = stop.run_until_cancelled(Arc::clone(&room).acquire_owned()).await else { break };
        let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else { break };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // There may be no room for another one at the moment.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // An answer is small, and is not worth waiting with.
        let _ = stream.set_nodelay(true);
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            let answering = service_fn(move |request: hyper::Request<Incoming>| {
                let router = router.clone();
                async move {
                    let answered = timeout(WHOLE, router.oneshot(request.map(axum::body::Body::new))).await;
                    Ok::<Response, Infallible>(match answered {
                        Ok(Ok(response)) => response,
                        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
                    })
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .max_buf_size(MOST_HEAD)
                .serve_connection(TokioIo::new(stream), answering);
            tokio::pin!(connection);
            let served = tokio::select! {
                served = &mut connection => served,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended badly");
            }
            drop(place);
        });
    }
    connections.close();
    connections.wait().await;
    Ok(())
}

/// What the service is asked by whoever looks after it.
#[async_trait]
pub trait Look: Send + Sync {
    /// What is not ready, a line each; nothing where all is.
    async fn not_ready(&self) -> Vec<String>;

    /// Every number, as text for Prometheus.
    fn numbers(&self) -> String;

    /// Looks up what is only known when somebody asks, before that.
    async fn look(&self);
}

/// `/healthz`, `/readyz` and `/metrics`. They tell nothing of people, but are nobody else's business.
pub fn service(look: Arc<dyn Look>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(look)
}

async fn ready(State(look): State<Arc<dyn Look>>, _: Request) -> (StatusCode, String) {
    let waits = look.not_ready().await;
    if waits.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, waits.join("\n") + "\n")
}

async fn numbers(State(look): State<Arc<dyn Look>>) -> Response {
    look.look().await;
    ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], look.numbers()).into_response()
}
