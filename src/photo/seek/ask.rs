//! One source: asked, read, judged, and the best of its pictures fetched.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use url::Url;

use super::{NOTEBOOK, Seeker, Setup, folder::in_folder};
use crate::{
    chat::{Credit, clean, shorten},
    dish::Names,
    photo::{
        breaker::consequence,
        develop::{self, Developed, Unfit, develop},
        in_turn,
        net::{Answer, FetchError, Get, Reach},
        notebook::{FoundPhoto, Standing, Turn},
        source::{Candidate, Judgement, Reading, Source, Verdict},
    },
};

/// How long a picture may take to arrive.
const PATIENCE: Duration = Duration::from_secs(6);

/// How long reading a page or decoding a picture may take; what takes longer goes on in its thread, for nobody.
const THINKING: Duration = Duration::from_secs(5);

/// Candidates of one source that are fetched at the same time.
const AT_ONCE: usize = 2;

/// The longest of each part of a credit, in characters.
const MOST_CREDIT: usize = 60;

/// What came of one source.
#[derive(Debug)]
pub(super) enum Tried {
    /// A photo, and how long it is remembered.
    Found(FoundPhoto, Duration),
    /// It has none.
    Nothing,
    /// It could not be asked, or did not answer.
    NotAsked,
}

/// A candidate without a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missed {
    /// It has none.
    ForGood,
    /// It may have one another time.
    Now,
}

/// Why a picture was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// It did not come.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// It came with this status.
    #[error("status {0}")]
    Status(u16),
    /// It is not fit.
    #[error("{0}")]
    Unfit(#[from] Unfit),
    /// Decoding it took too long.
    #[error("it took too long to decode")]
    TooSlow,
}

impl NoPicture {
    /// Whether it is the same the next time.
    fn is_for_good(&self) -> bool {
        match self {
            Self::Unfit(_) => true,
            Self::Status(status) => matches!(status, 401 | 403 | 404 | 410),
            Self::Fetch(error) => matches!(
                error,
                FetchError::Denied(_) | FetchError::TooManyRedirects | FetchError::BadRedirect | FetchError::TooLong(_)
            ),
            Self::TooSlow => false,
        }
    }
}

impl Seeker {
    pub(super) async fn try_source(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        source: &Arc<Source>,
        names: &Names,
        fetches: &Arc<AtomicUsize>,
    ) -> Tried {
        if source.folder().is_some() {
            return self.try_folder(source, names).await;
        }
        if !self.is_on(source) {
            return Tried::NotAsked;
        }
        let Some(request) = source.request(names) else { return Tried::Nothing };
        let Some(reading) = self.ask(setup, source, request).await else { return Tried::NotAsked };
        let judged = judge(setup, source, names, reading.candidates);
        let good = judged.into_iter().filter(|(_, judgement)| judgement.score >= Some(setup.least_score));
        let mut waiting = good.map(|(candidate, _)| candidate);
        let (mut fetching, mut conclusive) = (JoinSet::new(), matches!(reading.verdict, Verdict::Ok | Verdict::Empty));
        loop {
            while fetching.len() < AT_ONCE {
                let Some(candidate) = waiting.next() else { break };
                let (seeker, setup, source, names) =
                    (Arc::clone(self), Arc::clone(setup), Arc::clone(source), names.clone());
                let fetches = Arc::clone(fetches);
                fetching.spawn(async move { seeker.take(&setup, &source, &names, candidate, &fetches).await });
            }
            match fetching.join_next().await {
                Some(Ok(Tried::Nothing)) => {}
                Some(Ok(Tried::NotAsked) | Err(_)) => conclusive = false,
                Some(Ok(found)) => return found,
                None if conclusive => return Tried::Nothing,
                None => return Tried::NotAsked,
            }
        }
    }

    /// Asks a source, where it may be asked now, and notes how that went; also where nobody waits for it any more, so that
    /// one that hangs is left alone.
    async fn ask(self: &Arc<Self>, setup: &Arc<Setup>, source: &Arc<Source>, request: Get) -> Option<Reading> {
        let (of_source, of_account) = self.turn(source).await?;
        let (seeker, setup, source) = (Arc::clone(self), Arc::clone(setup), Arc::clone(source));
        let asking = tokio::spawn(async move {
            let (_, reading) = ask(&setup, &source, request, &seeker.reading).await;
            seeker.note(&source, &reading.verdict, of_source, of_account).await;
            reading
        });
        asking.await.ok()
    }

    /// Whether it may be asked now; how often it, and whose limits it shares, failed before.
    async fn turn(&self, source: &Source) -> Option<(u32, u32)> {
        let taking = self.notebook.take_turn(&source.name, &source.account, source.limits, self.clock.now());
        match timeout(NOTEBOOK, taking).await {
            Ok(Ok(Turn::Ask { source, account })) => Some((source, account)),
            Ok(Ok(turn)) => {
                tracing::debug!(source = source.name, ?turn, "a photo source is not asked now");
                None
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, source = source.name, "a photo source is not asked");
                None
            }
            Err(_) => None,
        }
    }

    async fn note(&self, source: &Source, verdict: &Verdict, of_source: u32, of_account: u32) {
        if *verdict == Verdict::Failed(FetchError::Busy) {
            return;
        }
        let now = self.clock.now();
        let sound = Standing { failures: 0, rests_until: None, trouble: String::new() };
        let failures = if matches!(verdict, Verdict::TooMany(_)) { of_account } else { of_source } + 1;
        let mut notes = Vec::new();
        match consequence(verdict, failures) {
            None => {
                notes.extend((of_source > 0).then(|| (&source.name, sound.clone())));
                notes.extend((of_account > 0 && source.account != source.name).then_some((&source.account, sound)));
            }
            Some(then) => {
                let pause = then.pause.as_secs();
                if then.needs_mending {
                    tracing::error!(source = source.name, %verdict, failures, pause, "a photo source needs mending; see: bapsang photos check");
                } else if matches!(verdict, Verdict::Failed(FetchError::NoName | FetchError::NoConnection)) {
                    // There may be no network at all, and whoever tries it out without one need not read of it.
                    tracing::info!(source = source.name, %verdict, failures, pause, "a photo source cannot be reached");
                } else {
                    tracing::warn!(source = source.name, %verdict, failures, pause, "a photo source failed");
                }
                let rests_until = TimeDelta::from_std(then.pause).ok().map(|pause| now + pause);
                let standing = Standing { failures, rests_until, trouble: word(verdict).to_owned() };
                notes.push((if then.of_account { &source.account } else { &source.name }, standing));
            }
        }
        for (name, standing) in notes {
            match timeout(NOTEBOOK, self.notebook.note(name, &standing)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, name, "how it stands with a photo source was not noted"),
                Err(_) => tracing::warn!(name, "how it stands with a photo source was not noted in time"),
            }
        }
    }

    /// Fetches a candidate's picture, and then what is said under it.
    async fn take(
        self: Arc<Self>,
        setup: &Arc<Setup>,
        source: &Arc<Source>,
        names: &Names,
        candidate: Candidate,
        fetches: &AtomicUsize,
    ) -> Tried {
        let developed = match self.picture(setup, &candidate, fetches).await {
            Ok(developed) => developed,
            Err(Missed::Now) => return Tried::NotAsked,
            Err(Missed::ForGood) => return Tried::Nothing,
        };
        match self.details(setup, source, names, candidate).await {
            Some(known) => self.keep(source, developed, credit(source, known)).await,
            // Whose it is would have to be said, and is not known.
            None => Tried::NotAsked,
        }
    }

    /// The candidate with what the source knows of its picture; `None` where it could not be asked for that.
    async fn details(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        source: &Arc<Source>,
        names: &Names,
        candidate: Candidate,
    ) -> Option<Candidate> {
        let Some(request) = source.details_request(names, &candidate) else { return Some(candidate) };
        let (of_source, of_account) = self.turn(source).await?;
        let came = setup.net.get(&request).await;
        let verdict = match &came {
            Ok(Answer { status: 429, retry_after, .. }) => Verdict::TooMany(*retry_after),
            Ok(Answer { status: 200, .. }) => Verdict::Ok,
            Ok(answer) => Verdict::Status(answer.status),
            Err(error) => error.clone().into(),
        };
        self.note(source, &verdict, of_source, of_account).await;
        source.read_details(&came.ok()?, candidate)
    }

    /// Keeps a picture. Where that does not work, the next one would not be kept either.
    async fn keep(&self, source: &Source, developed: Developed, credit: Option<Credit>) -> Tried {
        let (kept_on, now) = (self.shelf.clone(), self.clock.now());
        match tokio::task::spawn_blocking(move || kept_on.keep(&developed.jpeg, now)).await {
            Ok(Ok(picture)) => {
                match timeout(NOTEBOOK, self.notebook.is_rejected(&picture.hash)).await {
                    Ok(Ok(false)) => {}
                    // It is removed from the shelf when it is tidied.
                    Ok(Ok(true)) => return Tried::Nothing,
                    Ok(Err(_)) | Err(_) => return Tried::NotAsked,
                }
                let photo = FoundPhoto { picture: picture.hash, credit, source: source.name.clone() };
                Tried::Found(photo, source.cache)
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "a photo was not kept");
                Tried::NotAsked
            }
            Err(_) => Tried::NotAsked,
        }
    }

    /// The first of its addresses that leads to a picture, as long as there are fetches left.
    async fn picture(&self, setup: &Setup, candidate: &Candidate, fetches: &AtomicUsize) -> Result<Developed, Missed> {
        let mut missed = Missed::ForGood;
        for url in &candidate.images {
            if self.failed.contains_key(url.as_str()) {
                continue;
            }
            let has_left = || fetches.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if self.failed_lately.contains_key(url.as_str()) || has_left().is_err() {
                missed = Missed::Now;
                continue;
            }
            let Ok(_turn) = self.fetching.acquire().await else { return Err(Missed::Now) };
            let reason = match fetch(setup, url, candidate.page.as_ref(), &self.developing).await {
                Ok(developed) => return Ok(developed),
                Err(reason) => reason,
            };
            tracing::debug!(%reason, host = url.host_str().unwrap_or_default(), "a picture was not taken");
            if reason.is_for_good() {
                self.failed.insert(url.as_str().to_owned(), ());
            } else {
                self.failed_lately.insert(url.as_str().to_owned(), ());
                missed = Missed::Now;
            }
        }
        Err(missed)
    }

    pub(super) async fn try_folder(&self, source: &Source, names: &Names) -> Tried {
        if !self.is_on(source) {
            return Tried::NotAsked;
        }
        match in_folder(source, names, &self.developing).await {
            Ok(Some((developed, credit))) => self.keep(source, developed, credit).await,
            Ok(None) => Tried::Nothing,
            Err(error) => {
                tracing::warn!(%error, source = source.name, "a folder of pictures cannot be looked into");
                Tried::NotAsked
            }
        }
    }
}

pub(super) async fn ask(
    setup: &Setup,
    source: &Arc<Source>,
    request: Get,
    hands: &Arc<Semaphore>,
) -> (Option<Answer>, Reading) {
    let answer = match setup.net.get(&request).await {
        Ok(answer) => answer,
        Err(error) => return (None, Reading::nothing(error.into())),
    };
    let (source, read) = (Arc::clone(source), answer.clone());
    let reading = in_turn(hands, move || source.read(&read)).await;
    let reading = timeout(THINKING, reading).await;
    let reading = match reading {
        Ok(Ok(reading)) => reading,
        Ok(Err(panic)) => {
            tracing::error!(panicked = panic.is_panic(), "a page could not be read");
            Reading::nothing(Verdict::LayoutChanged)
        }
        Err(_) => Reading::nothing(Verdict::LayoutChanged),
    };
    (Some(answer), reading)
}

/// What is thought of each, the best first.
pub(super) fn judge(
    setup: &Setup,
    source: &Source,
    names: &Names,
    candidates: Vec<Candidate>,
) -> Vec<(Candidate, Judgement)> {
    let judged = candidates.into_iter().map(|candidate| {
        let judgement = source.judge(&candidate, names, &setup.words);
        (candidate, judgement)
    });
    let mut judged: Vec<_> = judged.collect();
    let score = |judgement: &Judgement| judgement.score.unwrap_or(-1.0);
    judged.sort_by(|(_, one), (_, other)| score(other).total_cmp(&score(one)));
    judged
}

pub(super) async fn fetch(
    setup: &Setup,
    url: &Url,
    page: Option<&Url>,
    developing: &Arc<Semaphore>,
) -> Result<Developed, NoPicture> {
    let get = Get {
        url: url.clone(),
        headers: Vec::new(),
        accept: "image/jpeg, image/png, image/webp;q=0.9",
        referer: page.cloned(),
        compressed: false,
        most_bytes: develop::MOST_BYTES,
        most_time: PATIENCE,
        reach: Reach::Public,
    };
    let answer = setup.net.get(&get).await?;
    if answer.status != 200 {
        return Err(NoPicture::Status(answer.status));
    }
    let developing = in_turn(developing, move || develop(&answer.body)).await;
    match timeout(THINKING, developing).await {
        Ok(Ok(developed)) => Ok(developed?),
        Ok(Err(_)) => Err(Unfit::Broken.into()),
        Err(_) => Err(NoPicture::TooSlow),
    }
}

/// What is said under a picture: who made it, where it is from, under which licence.
pub(super) fn credit(source: &Source, known: Candidate) -> Option<Credit> {
    if source.credit.is_empty() {
        return None;
    }
    let host = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    let stranger = known.licence.is_none() && known.author.is_none();
    // Where nothing is known but the page, the page is the source.
    let site = known.site.clone().or_else(|| known.page.as_ref().and_then(host)).filter(|_| stranger);
    Some(Credit {
        source: site.as_deref().and_then(part).unwrap_or_else(|| source.credit.clone()),
        author: known.author.as_deref().and_then(part),
        licence: known.licence.as_deref().and_then(part),
        page: known.page.map(String::from),
    })
}

/// One part of a credit. A letter may have any number of marks, so both are bounded, letters and their code units.
pub(super) fn part(text: &str) -> Option<String> {
    let mut units = 0;
    let mut text = shorten(&clean(text), MOST_CREDIT);
    text.retain(|c| {
        units += c.len_utf16();
        units <= 2 * MOST_CREDIT
    });
    (!text.is_empty()).then_some(text)
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ok | Verdict::Empty => "",
        Verdict::Blocked(_) => "blocked",
        Verdict::LayoutChanged => "layout changed",
        Verdict::TooMany(_) => "too many",
        Verdict::Error(_) => "error",
        Verdict::Status(_) => "status",
        Verdict::Timeout => "timeout",
        Verdict::Failed(_) => "failed",
    }
}
