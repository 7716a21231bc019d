//! The search for a photo of a dish.
//!
//! Sources are asked in their order, the next one as soon as the one before has nothing, or is slow; the first photo wins.
//! Dishes that are looked for already are not looked for a second time.

mod ask;
mod folder;
mod inspect;
mod setup;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock, Weak, atomic::AtomicUsize},
    time::Duration,
};

pub use ask::NoPicture;
use chrono::TimeDelta;
pub use inspect::{Inspection, Picked};
use moka::sync::Cache;
pub use setup::{Idle, PhotoOptions, Setup};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use self::ask::Tried;
use super::{
    notebook::{DishKey, FoundPhoto, Notebook, Remembered},
    shelf::Shelf,
    source::Source,
};
use crate::{clock::Clock, dish::Names};

/// Pictures that are fetched at the same time, for everyone together; each may take eight megabytes.
const FETCHES: usize = 4;

/// Pictures that are decoded at the same time; each keeps a core busy and may take some hundred megabytes.
const DEVELOPING: usize = 2;

/// Dishes that are looked for at the same time. Whoever comes on top has what is remembered, or a card.
const SEARCHES: usize = 64;

/// Addresses of pictures that failed, and for how long they are not tried again.
const FAILED: u64 = 10_000;
const FAILED_FOR: Duration = Duration::from_secs(6 * 60 * 60);
const FAILED_LATELY: Duration = Duration::from_secs(60);

/// Each may be three megabytes, and many times that once it is a tree.
const READING: usize = 4;

/// Asking the notebook must not take longer.
const NOTEBOOK: Duration = Duration::from_secs(3);

type Outcome = Option<Option<FoundPhoto>>;

/// Looks for photos.
pub struct Seeker {
    setup: RwLock<Arc<Setup>>,
    notebook: Arc<dyn Notebook>,
    clock: Arc<dyn Clock>,
    shelf: Shelf,
    fetching: Semaphore,
    developing: Arc<Semaphore>,
    /// Addresses that led to no picture: for good, and for the moment.
    failed: Cache<String, ()>,
    failed_lately: Cache<String, ()>,
    /// Pages that are read at the same time.
    reading: Arc<Semaphore>,
    /// Sources that an admin switched off.
    off: Arc<RwLock<HashSet<String>>>,
    /// The searches under way.
    flights: Mutex<HashMap<DishKey, watch::Receiver<Outcome>>>,
}

/// A search under way.
#[derive(Debug, Clone)]
pub struct Hunt {
    dish: DishKey,
    until: Instant,
    budget: Duration,
    outcome: watch::Receiver<Outcome>,
}

impl Hunt {
    /// Whether it is the search for this dish.
    pub fn is_for(&self, names: &Names) -> bool {
        DishKey::of_dish(names).as_ref() == Some(&self.dish)
    }

    /// The photo, if it is found so long before the budget of the dish is spent.
    pub async fn before(&mut self, early: Duration) -> Option<FoundPhoto> {
        timeout_at(self.until - early.min(self.budget), self.at_last()).await.ok().flatten()
    }

    /// The photo, if it is found before the budget of the dish is spent.
    pub async fn in_time(&mut self) -> Option<FoundPhoto> {
        self.before(Duration::ZERO).await
    }

    /// The photo, whenever it is found; `None` as soon as it is known that there is none.
    pub async fn at_last(&mut self) -> Option<FoundPhoto> {
        self.outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone().flatten())
    }

    /// Whether it is still under way.
    pub fn goes_on(&self) -> bool {
        self.outcome.borrow().is_none() && self.outcome.has_changed().is_ok()
    }
}

/// Takes the search off the list of those under way, also where it ends badly.
struct Flight {
    seeker: Weak<Seeker>,
    dish: DishKey,
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(seeker) = self.seeker.upgrade() {
            let mut flights = seeker.flights.lock().unwrap_or_else(PoisonError::into_inner);
            flights.remove(&self.dish);
        }
    }
}

impl Seeker {
    pub(super) fn new(
        setup: Setup,
        notebook: Arc<dyn Notebook>,
        clock: Arc<dyn Clock>,
        shelf: Shelf,
        off: Arc<RwLock<HashSet<String>>>,
    ) -> Self {
        Self {
            setup: RwLock::new(Arc::new(setup)),
            notebook,
            clock,
            shelf,
            fetching: Semaphore::new(FETCHES),
            developing: Arc::new(Semaphore::new(DEVELOPING)),
            failed: Cache::builder().max_capacity(FAILED).time_to_live(FAILED_FOR).build(),
            failed_lately: Cache::builder().max_capacity(FAILED).time_to_live(FAILED_LATELY).build(),
            reading: Arc::new(Semaphore::new(READING)),
            off,
            flights: Mutex::default(),
        }
    }

    /// Goes on with other settings; searches under way keep theirs. What failed before may be mended, so everyone is asked.
    pub(super) async fn change(&self, setup: Setup) {
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(setup);
        self.failed.invalidate_all();
        self.failed_lately.invalidate_all();
        if let Err(error) = self.notebook.start_over(self.clock.now()).await {
            tracing::warn!(%error, "photo sources that rest go on resting");
        }
    }

    /// Whether a source is asked as far as admins are concerned.
    pub(super) fn is_on(&self, source: &Source) -> bool {
        !self.off.read().unwrap_or_else(PoisonError::into_inner).contains(&source.name)
    }

    pub(super) fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins to look for a photo, or joins whoever does already. `None` where nobody is asked, the dish has no name, or too
    /// many are looked for.
    pub(super) fn seek(self: &Arc<Self>, names: &Names) -> Option<Hunt> {
        let (setup, dish) = (self.setup(), DishKey::of_dish(names)?);
        if setup.is_empty() {
            return None;
        }
        let (budget, until) = (setup.budget, Instant::now() + setup.budget);
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = flights.get(&dish) {
            return Some(Hunt { dish, until, budget, outcome: outcome.clone() });
        }
        let (say, outcome) = watch::channel(None);
        if flights.len() >= SEARCHES {
            drop(flights);
            // What is remembered is no search.
            let (seeker, known) = (Arc::clone(self), dish.clone());
            tokio::spawn(async move {
                let found = seeker.remembered(&known).await;
                if found.is_none() {
                    tracing::warn!("too many photos are looked for at once; a dish has its card");
                }
                let _ = say.send(Some(found.flatten()));
            });
            return Some(Hunt { dish, until, budget, outcome });
        }
        flights.insert(dish.clone(), outcome.clone());
        drop(flights);
        let flight = Flight { seeker: Arc::downgrade(self), dish: dish.clone() };
        let (seeker, names) = (Arc::clone(self), names.clone());
        tokio::spawn(async move {
            let found = seeker.find(&setup, &names, &flight.dish, until + setup.late).await;
            // Nobody joins a search that has ended.
            drop(flight);
            let _ = say.send(Some(found));
        });
        Some(Hunt { dish, until, budget, outcome })
    }

    async fn find(
        self: &Arc<Self>,
        setup: &Arc<Setup>,
        names: &Names,
        dish: &DishKey,
        until: Instant,
    ) -> Option<FoundPhoto> {
        // A folder that comes first beats what is remembered, so that a picture that is put there counts at once.
        let mut first = None;
        for source in setup.sources.iter().take_while(|source| source.folder().is_some()) {
            if let Tried::Found(photo, kept_for) = self.try_folder(source, names).await {
                first = Some((photo, kept_for));
                break;
            }
        }
        if first.is_none()
            && let Some(remembered) = self.remembered(dish).await
        {
            return remembered;
        }
        let (found, conclusive) = match first {
            Some(found) => (Some(found), true),
            None => timeout_at(until, self.ask_all(setup, names)).await.unwrap_or((None, false)),
        };
        let (what, kept_for) = match &found {
            Some((photo, kept_for)) => (Remembered::Photo(photo.clone()), *kept_for),
            None if conclusive => (Remembered::Nothing, setup.nothing),
            // Somebody could not be asked, and may have one next time.
            None => return None,
        };
        let now = self.clock.now();
        let kept_until = now + TimeDelta::from_std(kept_for).unwrap_or(TimeDelta::days(365));
        let noted = tokio::time::timeout(NOTEBOOK, self.notebook.remember(dish, &what, kept_until, now)).await;
        // Whose photo it is stands in the notebook alone, so one that is not there is not shown.
        match noted {
            Ok(Ok(())) => return found.map(|(photo, _)| photo),
            Ok(Err(error)) => tracing::warn!(%error, "a photo was not remembered"),
            Err(_) => tracing::warn!("a photo was not remembered in time"),
        }
        None
    }

    /// What is remembered of the dish; a photo whose file is gone is looked for again.
    pub(super) async fn remembered(&self, dish: &DishKey) -> Option<Option<FoundPhoto>> {
        let now = self.clock.now();
        match tokio::time::timeout(NOTEBOOK, self.notebook.recall(dish, now)).await {
            Ok(Ok(Some(Remembered::Photo(photo)))) => self.shelf.find_again(&photo.picture, now).map(|_| Some(photo)),
            Ok(Ok(Some(Remembered::Nothing))) => Some(None),
            Ok(Err(error)) => {
                tracing::warn!(%error, "what is known of photos was not read");
                None
            }
            Ok(Ok(None)) | Err(_) => None,
        }
    }

    /// Asks the sources in their order. Gives the first photo and how long it is remembered, and whether everybody was asked.
    async fn ask_all(self: &Arc<Self>, setup: &Arc<Setup>, names: &Names) -> (Option<(FoundPhoto, Duration)>, bool) {
        let fetches = Arc::new(AtomicUsize::new(setup.fetches));
        let mut asked = JoinSet::new();
        // A folder that comes first was looked into already.
        let mut waiting =
            setup.sources.iter().skip_while(|source| source.folder().is_some()).collect::<Vec<_>>().into_iter();
        let mut conclusive = true;
        let ask = |asked: &mut JoinSet<Tried>, source: &Arc<Source>| {
            let (seeker, source, names) = (Arc::clone(self), Arc::clone(source), names.clone());
            let (setup_of_it, fetches) = (Arc::clone(setup), Arc::clone(&fetches));
            asked.spawn(async move {
                let tried = seeker.try_source(&setup_of_it, &source, &names, &fetches).await;
                let outcome = match tried {
                    Tried::Found(..) => "found",
                    Tried::Nothing => "nothing",
                    Tried::NotAsked => "not_asked",
                };
                // Sources are those of the settings.
                let of = source.name.clone();
                metrics::counter!("bapsang_photos_total", "source" => of, "outcome" => outcome).increment(1);
                tried
            });
            Instant::now() + setup.hedge
        };
        let mut hedge = Instant::now();
        loop {
            if asked.is_empty() {
                match waiting.next() {
                    Some(source) => hedge = ask(&mut asked, source),
                    None => return (None, conclusive),
                }
            }
            tokio::select! {
                Some(done) = asked.join_next() => match done {
                    Ok(Tried::Found(photo, kept_for)) => return (Some((photo, kept_for)), true),
                    // Whoever is next need not wait any longer.
                    Ok(Tried::Nothing) => hedge = Instant::now(),
                    Ok(Tried::NotAsked) => (conclusive, hedge) = (false, Instant::now()),
                    Err(error) => {
                        tracing::error!(%error, "asking a photo source panicked");
                        (conclusive, hedge) = (false, Instant::now());
                    }
                },
                () = sleep_until(hedge), if waiting.len() > 0 => {
                    if let Some(source) = waiting.next() {
                        hedge = ask(&mut asked, source);
                    }
                }
            }
        }
    }
}
