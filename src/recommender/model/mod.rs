//! A language model behind an OpenAI-compatible server (<https://platform.openai.com/docs/api-reference/chat>).
//!
//! `prompt` says what is wanted, `call` sends it and hears the answer, `loose` and `sheet` read it and check it. A dish is
//! never shown before every check.

mod ability;
mod breaker;
mod call;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod loose;
mod prompt;
mod queue;
mod sheet;
mod wire;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub use ability::Ability;
use async_trait::async_trait;
use breaker::Breaker;
use call::{Access, Answer, End, Trouble};
use prompt::Message;
pub use prompt::PROMPT_VERSION;
use queue::Queue;
use secrecy::SecretString;
pub use sheet::Reading;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::{Progress, RecommendError, Recommender, Reporter, Request};
use crate::{
    dish::Dish,
    order::{Stage, Usage},
    ticket::Ticket,
};

/// The address of `OpenAI` itself; nothing is asked there without a key.
pub const OPENAI_ADDRESS: &str = "https://api.openai.com/v1";

/// More tries of one request for what may succeed.
const RETRIES: u32 = 2;

/// The first pause before one; it doubles, and varies by a quarter.
const PAUSE: Duration = Duration::from_millis(400);

/// A server that asks to wait longer is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// An answer that has named its dish by then has done so at all; nothing beyond is looked through while it streams.
const NAMED_WITHIN: usize = 4 * 1024;

/// No request takes more.
const MOST_TOKENS: u64 = 1_000_000;

/// More is not given up at one server (see [`Ability`]).
const MOST_GIVEN_UP: u32 = 6;

/// How long what may take (`recommender.NAME.*`).
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the server is reached.
    pub connect: Duration,
    /// Until it begins to answer.
    pub first_token: Duration,
    /// Between two parts of an answer.
    pub between_tokens: Duration,
    /// In all, tries and corrections included.
    pub total: Duration,
}

/// How a model is asked (`recommender.NAME.*`).
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// What the settings call it.
    pub name: String,
    /// The address that `/chat/completions` is added to.
    pub base_url: Url,
    /// What the server calls the model.
    pub model: String,
    /// The key, if the server wants one.
    pub key: Option<SecretString>,
    /// The header that the key goes into; `authorization` for a bearer token.
    pub key_header: String,
    /// More headers; one may hold a key.
    pub headers: Vec<(String, SecretString)>,
    /// From 0 to 2.
    pub temperature: f64,
    /// The most tokens of an answer.
    pub max_tokens: u32,
    /// How long what may take.
    pub patience: Patience,
    /// Requests at the same time.
    pub at_once: usize,
}

/// Why a model cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A header is none.
    #[error("a header is not NAME: VALUE in ASCII")]
    Header,
    /// The key cannot be sent.
    #[error("the key has characters that no key has")]
    Key,
    /// There is no HTTP client.
    #[error("no HTTP client can be made; install your system's CA certificates (the package ca-certificates)")]
    Client,
}

/// A model.
pub struct Model {
    options: ModelOptions,
    access: Access,
    queue: Queue,
    breaker: Breaker,
    ability: Mutex<Ability>,
    told: AtomicBool,
}

/// One answer and what it took.
#[derive(Debug)]
pub struct Trial {
    /// What was made of it.
    pub reading: Reading,
    /// Until it began.
    pub first_token: Duration,
}

impl Model {
    /// A model that is asked as the options say. Nothing is sent yet.
    pub fn new(options: ModelOptions) -> Result<Self, OpenError> {
        let access = Access::new(&options)?;
        let queue = Queue::new(options.at_once);
        let (breaker, ability, told) = (Breaker::default(), Mutex::default(), AtomicBool::new(false));
        Ok(Self { options, access, queue, breaker, ability, told })
    }

    /// What the server can do, as far as it was asked.
    pub fn ability(&self) -> Ability {
        *self.ability.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One answer to a request, without a second chance.
    pub async fn try_once(&self, request: &Request, reporter: &Reporter) -> Result<Trial, RecommendError> {
        let asked = timeout(self.options.patience.total, self.ask(&[], request, reporter));
        let answer = asked.await.map_err(|_| self.late())?.map_err(|trouble| self.down(&trouble))?;
        Ok(Trial { reading: read(&answer, request), first_token: answer.first_token })
    }

    async fn cook(&self, request: &Request, reporter: &Reporter) -> Result<Dish, RecommendError> {
        reporter.report(Progress::Stage(Stage::Choosing));
        let mut corrections: Vec<Message> = Vec::new();
        loop {
            let answer = self.ask(&corrections, request, reporter).await.map_err(|trouble| self.down(&trouble))?;
            match read(&answer, request) {
                Reading::Dish(dish) => return Ok(*dish),
                // Nothing was wished for that could be declined.
                Reading::Declined if request.wanted.wish.is_none() => {
                    return Err(RecommendError::Down("it declined an order without a wish".to_owned()));
                }
                Reading::Declined => return Err(RecommendError::Declined),
                // It goes back once, with the exact complaints.
                Reading::Complaints(complaints) if corrections.is_empty() => {
                    tracing::info!(
                        recommender = self.options.name,
                        complaints = complaints.len(),
                        "an answer goes back"
                    );
                    corrections.extend(prompt::complaint(&answer.text, &complaints));
                }
                Reading::Complaints(complaints) => {
                    return Err(RecommendError::Down(format!(
                        "two answers in a row had flaws, {} in the second",
                        complaints.len()
                    )));
                }
            }
        }
    }

    /// One answer, after as many tries as make sense.
    async fn ask(&self, corrections: &[Message], request: &Request, reporter: &Reporter) -> Result<Answer, Trouble> {
        if !self.breaker.lets_through() {
            return Err(Trouble::Broken("it failed again and again, and is left alone for a while"));
        }
        let (mut retries, mut given_up) = (0, 0);
        let mut ability = self.ability();
        loop {
            let trouble = match self.ask_once(ability, corrections, request, reporter).await {
                Ok(answer) if answer.is_whole(request) => {
                    self.breaker.succeeded();
                    // What was given up for it is not asked for again.
                    self.learn(ability);
                    return Ok(answer);
                }
                Err(Trouble::Declined) => return Ok(Answer::refused()),
                Ok(_) => Trouble::Broken("its answer broke off"),
                Err(trouble) => trouble,
            };
            let pause = match &trouble {
                Trouble::Unable(reason) => match ability.without(reason).filter(|_| given_up < MOST_GIVEN_UP) {
                    Some(less) => {
                        given_up += 1;
                        ability = less;
                        continue;
                    }
                    None => None,
                },
                Trouble::Busy(Some(pause)) => {
                    // Everyone else was asked to wait as long.
                    let apart = Duration::from_millis(rand::random_range(20..250));
                    Some(*pause).filter(|pause| *pause <= LONGEST_WAIT).map(|pause| pause + apart)
                }
                Trouble::Busy(None) | Trouble::Broken(_) | Trouble::Stalled => {
                    Some((PAUSE * 2_u32.pow(retries)).mul_f64(rand::random_range(0.75..1.25)))
                }
                Trouble::Refused(_) | Trouble::Nonsense(_) | Trouble::Late | Trouble::Declined => None,
            };
            let Some(pause) = pause.filter(|_| retries < RETRIES) else {
                // A request that is not taken may be the fault of what was wished for.
                if !matches!(trouble, Trouble::Unable(_)) {
                    self.breaker.failed();
                }
                return Err(trouble);
            };
            tracing::info!(recommender = self.options.name, %trouble, "a model is asked once more");
            retries += 1;
            sleep(pause).await;
        }
    }

    async fn ask_once(
        &self,
        ability: Ability,
        corrections: &[Message],
        request: &Request,
        reporter: &Reporter,
    ) -> Result<Answer, Trouble> {
        let mut messages = prompt::messages(request, !ability.schema);
        messages.extend_from_slice(corrections);
        let ask = wire::Ask::new(&self.options, ability, &messages);
        let mut meter = Meter::new(reporter, messages.iter().map(|message| message.content.len()).sum());
        let mut shown = (false, false);
        let mut hears = |text: &str| {
            meter.written = text.len();
            if shown == (true, true) || text.len() > NAMED_WITHIN {
                return;
            }
            if let Some((names, introduction)) = sheet::glimpse(text, request) {
                if !shown.0 {
                    reporter.report(Progress::Named(names));
                    reporter.report(Progress::Stage(Stage::Writing));
                }
                shown = (true, introduction.is_some());
                if let Some(introduction) = introduction {
                    reporter.report(Progress::Introduced(introduction));
                }
            }
        };
        let answer = self.access.ask(&ask, &self.options, &mut hears).await;
        match &answer {
            Ok(answer) => meter.tokens = answer.tokens,
            // What a server refused or never began costs nothing; what took too long may have.
            Err(trouble) if meter.written == 0 && !matches!(trouble, Trouble::Late | Trouble::Stalled) => {
                meter.asked = 0;
            }
            Err(_) => {}
        }
        answer
    }

    fn learn(&self, ability: Ability) {
        let mut known = self.ability.lock().unwrap_or_else(PoisonError::into_inner);
        // Others may have learned something else meanwhile.
        let both = known.and(ability);
        if *known != both {
            tracing::info!(
                recommender = self.options.name,
                format = both.format(),
                "a server takes less than it was asked"
            );
        }
        *known = both;
    }

    fn down(&self, trouble: &Trouble) -> RecommendError {
        if let Trouble::Refused(401 | 403) = trouble
            && !self.told.swap(true, Ordering::Relaxed)
        {
            tracing::error!(recommender = self.options.name, "the server does not take the key");
        }
        RecommendError::Down(trouble.to_string())
    }

    fn late(&self) -> RecommendError {
        RecommendError::Down(format!("it took longer than {} seconds", self.options.patience.total.as_secs()))
    }
}

#[async_trait]
impl Recommender for Model {
    fn rests(&self) -> bool {
        self.breaker.is_open()
    }

    async fn recommend(&self, request: &Request, _: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError> {
        let entering = self.queue.enter(|ahead| reporter.report(Progress::InLine(ahead)));
        // A line that is too long says nothing of the server.
        let Ok(_turn) = timeout(self.options.patience.total, entering).await else {
            return Err(RecommendError::Down("the line was too long".to_owned()));
        };
        let started = Instant::now();
        let cooked = timeout(self.options.patience.total, self.cook(request, reporter)).await;
        let cooked = cooked.unwrap_or_else(|_| {
            self.breaker.failed();
            Err(self.late())
        });
        let usage = reporter.spent();
        let outcome = if cooked.is_ok() { "served" } else { "failed" };
        metrics::counter!("bapsang_model_requests_total", "outcome" => outcome).increment(usage.requests.into());
        metrics::histogram!("bapsang_model_seconds", "outcome" => outcome).record(started.elapsed().as_secs_f64());
        metrics::counter!("bapsang_model_tokens_total", "direction" => "read").increment(usage.tokens_in);
        metrics::counter!("bapsang_model_tokens_total", "direction" => "written").increment(usage.tokens_out);
        tracing::info!(
            recommender = self.options.name,
            milliseconds = started.elapsed().as_millis(),
            requests = usage.requests,
            tokens_in = usage.tokens_in,
            tokens_out = usage.tokens_out,
            served = cooked.is_ok(),
            "a model was asked"
        );
        cooked
    }
}

impl Answer {
    /// Whether it came to its end, or is whole although nobody said so.
    fn is_whole(&self, request: &Request) -> bool {
        self.end != End::Unsaid || !matches!(sheet::read(&self.text, false, request), Reading::Complaints(_))
    }
}

fn read(answer: &Answer, request: &Request) -> Reading {
    match answer.end {
        End::Refused => Reading::Declined,
        end => sheet::read(&answer.text, end == End::Stopped, request),
    }
}

/// Counts one request, whatever becomes of it: by what the server says, else by an estimate.
struct Meter<'a> {
    reporter: &'a Reporter,
    asked: usize,
    written: usize,
    tokens: Option<wire::Tokens>,
    begun: Instant,
}

impl<'a> Meter<'a> {
    fn new(reporter: &'a Reporter, asked: usize) -> Self {
        Self { reporter, asked, written: 0, tokens: None, begun: Instant::now() }
    }
}

/// About four bytes make a token, in English as in Korean.
fn estimated(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        let (tokens_in, tokens_out, estimated) = match self.tokens.filter(|tokens| tokens.prompt_tokens > 0) {
            // A server may say anything.
            Some(tokens) => (tokens.prompt_tokens.min(MOST_TOKENS), tokens.completion_tokens.min(MOST_TOKENS), false),
            None => (estimated(self.asked), estimated(self.written), self.asked + self.written > 0),
        };
        let millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.reporter.spend(Usage { requests: 1, tokens_in, tokens_out, millis, estimated });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{chat::Locale, dish::Avoided, order::Wanted};

    pub(in super::super) fn request() -> Request {
        Request {
            wanted: Wanted::default(),
            locale: Locale::Ko,
            avoided: Avoided::default(),
            recent: Vec::new(),
            favourites: Vec::new(),
            within_budget: true,
            time: Duration::from_secs(60),
            seed: 0,
        }
    }
}
