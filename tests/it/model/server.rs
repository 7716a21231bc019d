//! A stand-in for a server of chat completions: it streams over real HTTP what it is told to, and remembers what it was asked.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode},
    routing::post,
};
use http_body::Frame;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::Sleep};

/// How a stream comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Well,
    /// The connection breaks.
    Breaks,
    /// Nothing more comes, and the connection stays.
    Stalls,
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// A stream in these pieces, so long apart.
    Pieces(Vec<Vec<u8>>, Duration, End),
    /// A status, headers and a body.
    Status(u16, Vec<(&'static str, &'static str)>, String),
    /// A body in one piece, of a kind.
    Whole(&'static str, String),
}

impl Plan {
    /// A well-formed stream of a text, some characters a token.
    pub(crate) fn says(text: &str) -> Self {
        Self::Pieces(vec![stream(text, "stop")], Duration::ZERO, End::Well)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, Vec::new(), json!({"error": {"message": "no", "type": "x"}}).to_string())
    }

    pub(crate) fn refuses(reason: &str) -> Self {
        Self::Status(
            400,
            Vec::new(),
            json!({"error": {"message": reason, "type": "invalid_request_error"}}).to_string(),
        )
    }
}

/// The bytes of a stream that says a text and stops for this reason; what it took comes last.
pub(crate) fn stream(text: &str, finish: &str) -> Vec<u8> {
    let letters: Vec<char> = text.chars().collect();
    let event = |value: Value| format!("data: {value}\n\n");
    let mut out =
        event(json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}));
    for token in letters.chunks(5) {
        let token: String = token.iter().collect();
        out.push_str(&event(json!({"choices": [{"index": 0, "delta": {"content": token}, "finish_reason": null}]})));
    }
    out.push_str(&event(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})));
    out.push_str(&event(
        json!({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 300, "total_tokens": 1000}}),
    ));
    out.push_str("data: [DONE]\n\n");
    out.into_bytes()
}

#[derive(Debug, Default)]
struct Memory {
    plans: VecDeque<Plan>,
    always: Option<Plan>,
    asked: Vec<Value>,
    headers: Vec<HeaderMap>,
}

/// The server.
#[derive(Debug, Clone)]
pub(crate) struct ModelServer {
    port: u16,
    memory: Arc<Mutex<Memory>>,
    /// Streams that are open.
    open: Arc<AtomicUsize>,
}

impl ModelServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, memory: Arc::default(), open: Arc::default() };
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        server
    }

    /// One that answers everything alike.
    pub(crate) async fn always(plan: Plan) -> Self {
        let server = Self::start().await;
        server.memory().always = Some(plan);
        server
    }

    /// From now on it answers this, where nothing else is planned.
    pub(crate) fn answers(&self, plan: Plan) {
        self.memory().always = Some(plan);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no panic")
    }

    /// The next answers, in order.
    pub(crate) fn plan(&self, plans: impl IntoIterator<Item = Plan>) {
        self.memory().plans.extend(plans);
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.memory().asked.clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.memory().headers.last()?.get(name)?.to_str().ok().map(str::to_owned)
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

/// A server refuses what it does not know.
const FIELDS: [&str; 8] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "response_format",
];

async fn answer(State(server): State<ModelServer>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let asked: Value = serde_json::from_slice(&body).expect("JSON");
    let fields = asked.as_object().expect("an object");
    let strange: Vec<&String> = fields.keys().filter(|key| !FIELDS.contains(&key.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert_eq!(asked["stream"], true);
    let plan = {
        let mut memory = server.memory();
        memory.asked.push(asked);
        memory.headers.push(headers);
        memory.plans.pop_front().or_else(|| memory.always.clone())
    };
    match plan.unwrap_or_else(|| Plan::status(500)) {
        Plan::Status(status, headers, body) => {
            let mut response = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("a response")
        }
        Plan::Whole(kind, body) => {
            Response::builder().header("content-type", kind).body(Body::from(body)).expect("a response")
        }
        Plan::Pieces(pieces, pause, end) => {
            server.open.fetch_add(1, Ordering::SeqCst);
            let script = Script { pieces: pieces.into(), pause, end, sleep: None, open: Arc::clone(&server.open) };
            Response::builder().header("content-type", "text/event-stream").body(Body::new(script)).expect("a response")
        }
    }
}

struct Script {
    pieces: VecDeque<Vec<u8>>,
    pause: Duration,
    end: End,
    sleep: Option<Pin<Box<Sleep>>>,
    open: Arc<AtomicUsize>,
}

impl Drop for Script {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !self.pause.is_zero() {
            let pause = self.pause;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
        match (self.pieces.pop_front(), self.end) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece.into())))),
            (None, End::Well) => Poll::Ready(None),
            (None, End::Breaks) => Poll::Ready(Some(Err(std::io::Error::other("broken")))),
            (None, End::Stalls) => Poll::Pending,
        }
    }
}
