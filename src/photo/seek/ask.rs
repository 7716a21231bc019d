//! One source: asked, read, judged, and the best of its pictures fetched.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use url::Url;

use super::{NOTEBOOK, Seeker, Setup};
use crate::{
    chat::{Credit, clean, shorten},
    dish::Names,
    photo::{
        breaker::consequence,
        develop::{self, Developed, Unfit, develop},
        net::{Answer, FetchError, Get, Reach},
        notebook::{DishKey, FoundPhoto, Standing, Turn},
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

/// Files of a folder that are looked at.
const MOST_FILES: usize = 20_000;

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

/// What a source answers, in all detail; for whoever mends it.
pub struct Inspection {
    /// What came, if anything did.
    pub answer: Option<Answer>,
    /// How it was read.
    pub reading: Reading,
    /// What is thought of each candidate, the best first.
    pub judged: Vec<(Candidate, Judgement)>,
    /// What became of the pictures that were fetched, in that order.
    pub picked: Vec<Picked>,
}

/// One picture that was fetched.
pub struct Picked {
    /// Where it is.
    pub url: Url,
    /// The picture, or why it was not taken.
    pub came: Result<Developed, NoPicture>,
    /// What would be said under it.
    pub credit: Option<Credit>,
}

impl Seeker {
    pub(super) async fn try_source(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        source: &Arc<Source>,
        names: &Names,
        fetches: &AtomicUsize,
    ) -> Tried {
        if let Some(folder) = source.folder() {
            return self.try_folder(source, folder, names).await;
        }
        let Some(request) = source.request(names) else { return Tried::Nothing };
        let Some((of_source, of_account)) = self.turn(source).await else { return Tried::NotAsked };
        let (_, reading) = ask(setup, source, request).await;
        self.note(source, &reading.verdict, of_source, of_account).await;
        let judged = judge(setup, source, names, reading.candidates);
        let good = judged.into_iter().filter(|(_, judgement)| judgement.score >= Some(setup.least_score));
        let mut waiting = good.map(|(candidate, _)| candidate);
        let (mut fetching, mut cut_off) = (JoinSet::new(), false);
        loop {
            while fetching.len() < AT_ONCE {
                let Some(candidate) = waiting.next() else { break };
                if fetches.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
                    cut_off = true;
                    break;
                }
                let (seeker, setup, source, names) =
                    (Arc::clone(self), Arc::clone(setup), Arc::clone(source), names.clone());
                fetching.spawn(async move { seeker.take(&setup, &source, &names, candidate).await });
            }
            match fetching.join_next().await {
                Some(Ok(Tried::Nothing)) => {}
                Some(Ok(Tried::NotAsked) | Err(_)) => cut_off = true,
                Some(Ok(found)) => return found,
                None if cut_off || !matches!(reading.verdict, Verdict::Ok | Verdict::Empty) => return Tried::NotAsked,
                None => return Tried::Nothing,
            }
        }
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

    /// Fetches a candidate's picture, and what is said under it meanwhile.
    async fn take(self: Arc<Self>, setup: &Setup, source: &Source, names: &Names, candidate: Candidate) -> Tried {
        let (picture, credit) =
            tokio::join!(self.picture(setup, &candidate), credit(setup, source, names, candidate.clone()));
        match picture {
            Some(developed) => self.keep(source, developed, credit).await,
            None => Tried::Nothing,
        }
    }

    /// Keeps a picture. Where that does not work, the next one would not be kept either.
    async fn keep(&self, source: &Source, developed: Developed, credit: Option<Credit>) -> Tried {
        let (kept_on, now) = (self.shelf.clone(), self.clock.now());
        match tokio::task::spawn_blocking(move || kept_on.keep(&developed.jpeg, now)).await {
            Ok(Ok(picture)) => {
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

    /// The first of its addresses that leads to a picture.
    async fn picture(&self, setup: &Setup, candidate: &Candidate) -> Option<Developed> {
        for url in &candidate.images {
            if self.failed.contains_key(url.as_str()) {
                continue;
            }
            let _turn = self.fetching.acquire().await.ok()?;
            match fetch(setup, url, candidate.page.as_ref(), &self.developing).await {
                Ok(developed) => return Some(developed),
                Err(reason) => {
                    tracing::debug!(%reason, host = url.host_str().unwrap_or_default(), "a picture was not taken");
                    self.failed.insert(url.as_str().to_owned(), ());
                }
            }
        }
        None
    }

    /// Looks through a folder for a picture that is named after the dish; what stands in a text file beside it is its credit.
    async fn try_folder(&self, source: &Source, folder: String, names: &Names) -> Tried {
        let keys = DishKey::both(names);
        let turn = Arc::clone(&self.developing).acquire_owned().await;
        let found = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let files = std::fs::read_dir(Path::new(&folder)).ok()?.filter_map(Result::ok).take(MOST_FILES);
            let key_of = |path: &Path| {
                let ending = path.extension()?.to_str()?.to_lowercase();
                let is_picture = ["jpg", "jpeg", "png", "webp"].contains(&ending.as_str());
                DishKey::of(path.file_stem()?.to_str()?).filter(|key| is_picture && keys.contains(key))
            };
            let mut files: Vec<_> = files.map(|file| file.path()).filter(|path| key_of(path).is_some()).collect();
            files.sort();
            files.into_iter().find_map(|file| {
                let size = file.metadata().ok()?.len();
                let bytes = (size <= develop::MOST_BYTES as u64).then(|| std::fs::read(&file).ok()).flatten()?;
                let developed = develop(&bytes).inspect_err(|reason| {
                    tracing::warn!(%reason, file = %file.display(), "a picture of the folder cannot be used");
                });
                let said = std::fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
                Some((developed.ok()?, part(&said)))
            })
        });
        let Ok(Some((developed, said))) = found.await else { return Tried::Nothing };
        let credit = said.map(|source| Credit { source, author: None, licence: None, page: None });
        self.keep(source, developed, credit).await
    }
}

impl Setup {
    /// Asks one source and fetches its best pictures, without counting it and without keeping anything.
    pub async fn inspect(&self, source: &Arc<Source>, names: &Names) -> Inspection {
        let (setup, developing) = (self, Arc::new(Semaphore::new(1)));
        let Some(request) = source.request(names) else {
            let reading = Reading::nothing(Verdict::Empty);
            return Inspection { answer: None, reading, judged: Vec::new(), picked: Vec::new() };
        };
        let (answer, mut reading) = ask(setup, source, request).await;
        let judged = judge(setup, source, names, std::mem::take(&mut reading.candidates));
        let mut picked = Vec::new();
        for (candidate, _) in judged.iter().filter(|(_, judged)| judged.score >= Some(setup.least_score)) {
            for url in &candidate.images {
                let came = fetch(setup, url, candidate.page.as_ref(), &developing).await;
                let credit = credit(setup, source, names, candidate.clone()).await;
                picked.push(Picked { url: url.clone(), came, credit });
                if picked.last().is_some_and(|picked| picked.came.is_ok()) || picked.len() >= setup.fetches {
                    return Inspection { answer, reading, judged, picked };
                }
            }
        }
        Inspection { answer, reading, judged, picked }
    }

    /// Reads an answer that was saved, and judges what it offers.
    pub fn replay(&self, source: &Source, answer: &Answer, names: &Names) -> (Reading, Vec<(Candidate, Judgement)>) {
        let mut reading = source.read(answer);
        let judged = judge(self, source, names, std::mem::take(&mut reading.candidates));
        (reading, judged)
    }
}

async fn ask(setup: &Setup, source: &Arc<Source>, request: Get) -> (Option<Answer>, Reading) {
    let answer = match setup.net.get(&request).await {
        Ok(answer) => answer,
        Err(error) => return (None, Reading::nothing(error.into())),
    };
    let (source, read) = (Arc::clone(source), answer.clone());
    let reading = timeout(THINKING, tokio::task::spawn_blocking(move || source.read(&read))).await;
    let reading = match reading {
        Ok(Ok(reading)) => reading,
        Ok(Err(panic)) => {
            tracing::error!(%panic, "a page could not be read");
            Reading::nothing(Verdict::LayoutChanged)
        }
        Err(_) => Reading::nothing(Verdict::LayoutChanged),
    };
    (Some(answer), reading)
}

/// What is thought of each, the best first.
pub(in crate::photo) fn judge(
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

async fn fetch(
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
    let turn = Arc::clone(developing).acquire_owned().await;
    let developing = tokio::task::spawn_blocking(move || {
        // Held until it is done, also when nobody waits for it any more.
        let _turn = turn;
        develop(&answer.body)
    });
    match timeout(THINKING, developing).await {
        Ok(Ok(developed)) => Ok(developed?),
        Ok(Err(_)) => Err(Unfit::Broken.into()),
        Err(_) => Err(NoPicture::TooSlow),
    }
}

/// What is said under a picture: who made it, where it is from, under which licence.
async fn credit(setup: &Setup, source: &Source, names: &Names, candidate: Candidate) -> Option<Credit> {
    if source.credit.is_empty() {
        return None;
    }
    let candidate = match source.details_request(names, &candidate) {
        None => candidate,
        Some(request) => match setup.net.get(&request).await {
            Ok(answer) => source.read_details(&answer, candidate),
            Err(error) => {
                tracing::debug!(%error, source = source.name, "the author of a picture was not found");
                candidate
            }
        },
    };
    let host = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    let stranger = candidate.licence.is_none() && candidate.author.is_none();
    // Where nothing is known but the page, the page is the source.
    let site = candidate.site.clone().or_else(|| candidate.page.as_ref().and_then(host)).filter(|_| stranger);
    Some(Credit {
        source: site.as_deref().and_then(part).unwrap_or_else(|| source.credit.clone()),
        author: candidate.author.as_deref().and_then(part),
        licence: candidate.licence.as_deref().and_then(part),
        page: candidate.page.map(String::from),
    })
}

fn part(text: &str) -> Option<String> {
    let text = shorten(&clean(text), MOST_CREDIT);
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
