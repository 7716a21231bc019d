//! HTTP as the stand-ins speak it: as little work as there can be, since they share the machine with what is measured.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

/// The largest body that is read.
const MOST_BYTES: usize = 1 << 24;

/// One request.
pub(crate) struct Asked {
    /// The path and what follows it.
    pub(crate) path: String,
    pub(crate) kind: String,
    pub(crate) body: Bytes,
}

/// A server of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    falls: Arc<Mutex<CancellationToken>>,
}

impl Served {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every connection that is open now falls without a word.
    pub(crate) fn fall(&self) {
        let mut falls = self.falls.lock().expect("no panic");
        std::mem::take(&mut *falls).cancel();
    }
}

/// Serves on a free port of this machine until the program ends.
pub(crate) async fn serve<A, F>(answer: A) -> Served
where
    A: Fn(Asked) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let served = Served { address: listener.local_addr().expect("an address"), falls: Arc::default() };
    let falls = Arc::clone(&served.falls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let answer = answer.clone();
            let falls = falls.lock().expect("no panic").clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let body = axum::body::to_bytes(Body::new(body), MOST_BYTES).await?;
                    let kind = head.headers.get("content-type").and_then(|kind| kind.to_str().ok());
                    let asked = Asked {
                        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
                        kind: kind.unwrap_or_default().to_owned(),
                        body,
                    };
                    Ok::<_, axum::Error>(answer(asked).await)
                }
            });
            tokio::spawn(async move {
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).pipeline_flush(true);
                let serving = http.serve_connection(TokioIo::new(stream), service);
                let _ = falls.run_until_cancelled(serving).await;
            });
        }
    });
    served
}

pub(crate) fn json(status: u16, text: String) -> Response<Body> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    answer.body(Body::from(text)).expect("an answer")
}

/// A connection that stays open, for requests one after another.
pub(crate) struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

impl Line {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, read: Vec::with_capacity(4096) }
    }

    /// Sends one request with these headers, each `name: value\r\n`; gives the status, `None` where there was no answer.
    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> Option<u16> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        );
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        // A connection that was open may be closed by now.
        for _ in 0..2 {
            if self.stream.is_none() {
                let stream = TcpStream::connect(self.address).await.ok()?;
                let _ = stream.set_nodelay(true);
                self.stream = Some(stream);
            }
            let stream = self.stream.as_mut()?;
            if stream.write_all(&bytes).await.is_ok()
                && let Some(status) = answer(stream, &mut self.read).await
            {
                return Some(status);
            }
            self.stream = None;
        }
        None
    }
}

/// Reads one answer with a length; gives its status.
async fn answer(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<u16> {
    read.clear();
    loop {
        if let Some(end) = memchr::memmem::find(read, b"\r\n\r\n") {
            let head = std::str::from_utf8(&read[..end]).ok()?.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or_default();
            if read.len() >= end + 4 + length {
                return head.split(' ').nth(1)?.parse().ok();
            }
        }
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
}
