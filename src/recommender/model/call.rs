//! One request to a server, from sending it to the end of its answer: what fails is understood, and what is dropped stops.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_openai::{Client, config::Config, error::OpenAIError, middleware::HttpRequestFactory};
use http_body::{Body, Frame};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    ModelOptions, OpenError,
    wire::{Ask, Chunk, Tokens},
};

/// No answer is longer, and no server sends more around it.
pub(super) const MOST_TEXT: usize = 64 * 1024;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// How long what an answer took may come after it.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// So much of an error is read.
const MOST_REASON: usize = 16 * 1024;

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The server does not take what was asked (400, 422), and says why, in words that may repeat what it was asked: they go
    /// nowhere.
    #[error("the request was not taken")]
    Unable(String),
    /// It refuses for good: a wrong key, a model that is not there, money that is spent.
    #[error("it was refused with {0}")]
    Refused(u16),
    /// It has too much to do, and may have said how long.
    #[error("it has too much to do")]
    Busy(Option<Duration>),
    /// It failed, or the way to it did.
    #[error("{0}")]
    Broken(&'static str),
    /// It did not begin in time.
    #[error("it did not begin to answer in time")]
    Late,
    /// Nothing more came in time.
    #[error("it stopped in the middle of its answer")]
    Stalled,
    /// It will not answer this (a filter in front of the model).
    #[error("it was declined")]
    Declined,
    /// What came is no answer.
    #[error("{0}")]
    Nonsense(&'static str),
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum End {
    /// Nobody said that it was done.
    #[default]
    Unsaid,
    /// The model was done.
    Stopped,
    /// It grew too long.
    Cut,
    /// It will not answer.
    Refused,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    /// Whether anything came, be it a thought.
    begun: bool,
    /// How the model ended.
    pub(super) end: End,
    pub(super) first_token: Duration,
    /// What the server says that it took.
    pub(super) tokens: Option<Tokens>,
}

/// How a server is reached: where, and with which headers.
#[derive(Clone)]
pub(super) struct Access {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
    key: SecretString,
}

impl Config for Access {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

impl Access {
    pub(super) fn new(options: &ModelOptions) -> Result<Self, OpenError> {
        // Whoever was first decides; it is the same everywhere.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| OpenError::Header)?;
            headers.insert(name, HeaderValue::from_str(value.expose_secret()).map_err(|_| OpenError::Header)?);
        }
        if let Some(key) = &options.key {
            let name = HeaderName::from_bytes(options.key_header.as_bytes()).map_err(|_| OpenError::Header)?;
            let key = key.expose_secret();
            let value = if name == AUTHORIZATION { format!("Bearer {key}") } else { key.to_owned() };
            let mut value = HeaderValue::from_str(&value).map_err(|_| OpenError::Key)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let http = reqwest::Client::builder()
            .connect_timeout(options.patience.connect)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| OpenError::Client)?;
        let base = options.base_url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, base, headers, key: options.key.clone().unwrap_or_default() })
    }

    /// Sends it and reads the answer; `hears` is told all of the text whenever more of it came.
    pub(super) async fn ask(
        &self,
        ask: &Ask<'_>,
        options: &ModelOptions,
        hears: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Answer, Trouble> {
        let (started, patience) = (Instant::now(), options.patience);
        let dropped = CancellationToken::new();
        // The client reads the stream in a task of its own, which would wait for the next byte of a request that nobody
        // waits for any more.
        let _stops = dropped.clone().drop_guard();
        let http = self.http.clone();
        let service =
            tower::service_fn(move |factory: HttpRequestFactory| execute(http.clone(), factory, dropped.clone()));
        let client = Client::build(self.http.clone(), self.clone()).with_http_service(service);
        let chat = client.chat();
        let opened = timeout(patience.first_token, chat.create_stream_byot::<_, Chunk>(ask)).await;
        let mut stream = match opened.map_err(|_| Trouble::Late)? {
            Ok(stream) => stream,
            Err(error) => return whole(&error, started),
        };
        let mut answer = Answer::default();
        loop {
            let (pause, late) = if answer.begun {
                (patience.between_tokens, Trouble::Stalled)
            } else {
                (patience.first_token.saturating_sub(started.elapsed()), Trouble::Late)
            };
            if answer.end != End::Unsaid {
                // Only what it took may still come; the answer is there whatever becomes of the connection.
                match timeout(pause.min(LAST_WORDS), stream.next()).await {
                    Ok(Some(Ok(chunk))) => answer.take(&chunk)?,
                    _ => return Ok(answer),
                }
                continue;
            }
            match timeout(pause, stream.next()).await.map_err(|_| late)? {
                None => return Ok(answer),
                // What began well and goes on as nonsense broke on the way.
                Some(Err(OpenAIError::JSONDeserialize(..))) if !answer.text.is_empty() => {
                    return Err(Trouble::Broken("its answer broke off"));
                }
                Some(Err(error)) => return Err(trouble(&error)),
                Some(Ok(chunk)) => {
                    let before = answer.text.len();
                    answer.take(&chunk)?;
                    if before == 0 && !answer.text.is_empty() {
                        answer.first_token = started.elapsed();
                    }
                    if answer.text.len() > before {
                        hears(&answer.text);
                    }
                }
            }
        }
    }
}

impl Answer {
    /// That it will not be answered.
    pub(super) fn refused() -> Self {
        Self { end: End::Refused, ..Self::default() }
    }

    pub(super) fn take(&mut self, chunk: &Chunk) -> Result<(), Trouble> {
        if !chunk.error.is_null() {
            return Err(Trouble::Broken("it reported an error in the middle of its answer"));
        }
        self.tokens = chunk.usage.or(self.tokens);
        if let Some(choice) = chunk.choices.first() {
            self.text.push_str(&choice.text());
            self.begun |= !self.text.is_empty() || choice.is_thought();
            self.end = match self.end {
                End::Refused => End::Refused,
                _ if choice.is_refusal() => End::Refused,
                _ if choice.finish_reason == "length" => End::Cut,
                _ if choice.finish_reason.is_string() => End::Stopped,
                end => end,
            };
        }
        if self.text.len() > MOST_TEXT {
            return Err(Trouble::Nonsense("its answer is longer than any dish"));
        }
        Ok(())
    }
}

/// A server that does not stream answers at once.
fn whole(error: &OpenAIError, started: Instant) -> Result<Answer, Trouble> {
    let OpenAIError::Boxed(error) = error else { return Err(trouble(error)) };
    let Some(Whole(chunk)) = error.downcast_ref::<Whole>() else {
        return Err(error.downcast_ref::<Trouble>().cloned().unwrap_or(Trouble::Broken("the connection failed")));
    };
    let mut answer = Answer { first_token: started.elapsed(), ..Answer::default() };
    answer.take(chunk)?;
    if answer.end == End::Unsaid {
        answer.end = End::Stopped;
    }
    Ok(answer)
}

fn trouble(error: &OpenAIError) -> Trouble {
    match error {
        OpenAIError::Reqwest(error) if error.is_connect() => Trouble::Broken("it cannot be reached"),
        OpenAIError::JSONDeserialize(..) => Trouble::Nonsense("what it streams is no completion"),
        _ => Trouble::Broken("its answer broke off"),
    }
}

/// A completion that came in one piece.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a whole completion")]
struct Whole(Arc<Chunk>);

async fn execute(
    http: reqwest::Client,
    factory: HttpRequestFactory,
    dropped: CancellationToken,
) -> Result<reqwest::Response, OpenAIError> {
    let boxed = |trouble: Trouble| OpenAIError::Boxed(Box::new(trouble));
    let response = http.execute(factory.build().await?).await.map_err(|error| {
        boxed(Trouble::Broken(if error.is_connect() { "it cannot be reached" } else { "the connection failed" }))
    })?;
    let response = guarded(response, dropped);
    let status = response.status();
    if !status.is_success() {
        let pause = retry_after(response.headers());
        // What an error says tells what it is about; it is shown to nobody.
        let reason = read(response, MOST_REASON).await.unwrap_or_default();
        let declined = ["content_filter", "ResponsibleAIPolicyViolation"].iter().any(|sign| reason.contains(sign));
        return Err(boxed(match status.as_u16() {
            400 | 422 if declined => Trouble::Declined,
            400 | 422 => Trouble::Unable(reason),
            429 if !reason.contains("insufficient_quota") => Trouble::Busy(pause),
            503 if pause.is_some() => Trouble::Busy(pause),
            408 | 500..=599 => Trouble::Broken("it failed"),
            other => Trouble::Refused(other),
        }));
    }
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let Some(text) = read(response, MOST_BYTES).await else {
            return Err(boxed(Trouble::Broken("its answer broke off")));
        };
        return Err(match serde_json::from_str::<Chunk>(&text) {
            Ok(chunk) => OpenAIError::Boxed(Box::new(Whole(Arc::new(chunk)))),
            Err(_) => boxed(Trouble::Nonsense("what it answers is no completion")),
        });
    }
    if kind.starts_with("text/html") {
        return Err(boxed(Trouble::Nonsense("it answers with a web page")));
    }
    Ok(response)
}

/// How long a server asks to wait. A date is passed over, and counts as not said.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let read = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = read(RETRY_AFTER.as_str()).or_else(|| read("retry-after-ms").map(|ms| ms / 1000.0))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A body, as far as it may be long; `None` where it broke off.
async fn read(mut response: reqwest::Response, most: usize) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            break;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A body that ends when nobody waits for it any more, or when it is longer than any answer.
struct Guarded {
    body: reqwest::Body,
    dropped: Pin<Box<WaitForCancellationFutureOwned>>,
    left: usize,
}

fn guarded(response: reqwest::Response, dropped: CancellationToken) -> reqwest::Response {
    let response: http::Response<reqwest::Body> = response.into();
    response
        .map(|body| {
            reqwest::Body::wrap(Guarded { body, dropped: Box::pin(dropped.cancelled_owned()), left: MOST_BYTES })
        })
        .into()
}

impl Body for Guarded {
    type Data = bytes::Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.left == 0 || self.dropped.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let length = frame.data_ref().map_or(0, bytes::Bytes::len);
            self.left = self.left.saturating_sub(length);
        }
        polled
    }
}
