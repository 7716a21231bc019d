//! From a dish to a picture of it: a photo that is looked for, else a recipe card that is drawn, and the shelf that pictures
//! are kept on.
//!
//! A picture never keeps a dish from being served: whatever goes wrong here is logged, and there is no picture.
//!
//! [`source`] reads what sources of photos answer, [`net`] fetches from strangers, `develop` makes pictures of ours of
//! what came, [`seek`] conducts them. What has to survive a restart goes into a [`Notebook`], which someone else keeps.

mod breaker;
mod card;
mod chart;
mod develop;
mod fonts;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub mod net;
mod notebook;
mod plate;
pub mod seek;
mod sheet;
mod shelf;
pub mod source;
mod svg;

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use tokio::{sync::Semaphore, task::JoinHandle};

use crate::{
    chat::{Locale, Picture, PictureHash},
    clock::Clock,
    dish::{Dish, Names},
};
pub use chart::{Bars, Chart};
pub use develop::{Developed, Unfit, develop};
pub use fonts::Fonts;
pub use notebook::{DishKey, FoundPhoto, Notebook, NotebookError, Remembered, Standing, Turn};
pub use seek::{Hunt, Idle, Inspection, PhotoOptions, Seeker, Setup};
pub use sheet::Tile;
pub use shelf::{Shelf, ShelfError};

/// Waiting for a picture is not worth more.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pictures drawn at the same time; drawing keeps a core busy.
const AT_ONCE: usize = 2;

/// Cards that are remembered; about 200 bytes each.
const DRAWN: u64 = 10_000;

/// Draws pictures and keeps them.
pub struct Photos {
    shelf: Shelf,
    /// The most that it may hold, in bytes; 0 for no limit.
    most_bytes: u64,
    fonts: Arc<OnceLock<Fonts>>,
    at_once: Arc<Semaphore>,
    /// The cards that were drawn lately, by what they show; the same dish for the next person needs no drawing.
    drawn: Cache<String, PictureHash>,
    /// Looks for photos; `None` where nobody is asked for any.
    seeker: OnceLock<Arc<Seeker>>,
    /// Sources that an admin switched off.
    off: Arc<RwLock<HashSet<String>>>,
}

/// A source of photos, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInShort {
    /// Its name.
    pub name: String,
    /// The name that its limits are counted under.
    pub account: String,
    /// Requests in 24 hours; 0 for no limit.
    pub per_day: u32,
    /// Why it is not asked, where the settings say so.
    pub idle: Option<Idle>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// It could not be drawn.
    #[error("the picture could not be drawn: {0}")]
    Undrawn(String),
    /// It could not be kept.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// It took too long.
    #[error("the picture was not ready in time")]
    Late,
}

impl Photos {
    /// Pictures in a folder, which is made when the first one is kept. The fonts of the system are looked for when
    /// they are first needed.
    pub fn in_folder(folder: PathBuf) -> Self {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        Self {
            shelf: Shelf::new(folder),
            most_bytes: 0,
            fonts: Arc::default(),
            at_once,
            drawn: Cache::new(DRAWN),
            seeker: OnceLock::new(),
            off: Arc::default(),
        }
    }

    /// The same with a limit for the folder, in megabytes; 0 for none.
    pub fn limited_to(self, megabytes: u64) -> Self {
        Self { most_bytes: megabytes.saturating_mul(1_000_000), ..self }
    }

    /// The same with these fonts.
    pub fn with_fonts(folder: PathBuf, fonts: Fonts) -> Self {
        Self { fonts: Arc::new(OnceLock::from(fonts)), ..Self::in_folder(folder) }
    }

    /// From now on photos are looked for; where they are already, that goes on with this setup.
    pub async fn seek_with(&self, setup: Setup, notebook: Arc<dyn Notebook>, clock: Arc<dyn Clock>) {
        if let Some(seeker) = self.seeker.get() {
            seeker.change(setup).await;
        } else {
            let seeker = Seeker::new(setup, notebook, clock, self.shelf.clone(), Arc::clone(&self.off));
            drop(self.seeker.set(Arc::new(seeker)));
        }
    }

    /// Begins to look for a photo of a dish; `None` where nobody is asked.
    pub fn seek(&self, names: &Names) -> Option<Hunt> {
        self.seeker.get()?.seek(names)
    }

    /// The photo that is remembered of a dish.
    pub async fn remembered(&self, names: &Names) -> Option<FoundPhoto> {
        self.seeker.get()?.remembered(&DishKey::of_dish(names)?).await.flatten()
    }

    /// Whether Korean can be written on a card. Looks through the fonts of the system, which takes a moment.
    pub async fn has_korean(&self) -> bool {
        let fonts = Arc::clone(&self.fonts);
        let looking = tokio::task::spawn_blocking(move || fonts.get_or_init(Fonts::of_system).has_korean());
        looking.await.unwrap_or(false)
    }

    /// A picture that is there; it counts as used at `now`.
    pub fn find(&self, hash: &PictureHash, now: DateTime<Utc>) -> Option<Picture> {
        self.shelf.find_again(hash, now)
    }

    /// Asks these sources no more, and all others again.
    pub fn switch_off(&self, names: HashSet<String>) {
        *self.off.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Every source of photos in its order, those that are not asked last.
    pub fn sources(&self) -> Vec<SourceInShort> {
        let Some(setup) = self.seeker.get().map(|seeker| seeker.setup()) else { return Vec::new() };
        let asked = setup.sources().iter().map(|source| SourceInShort {
            name: source.name.clone(),
            account: source.account.clone(),
            per_day: source.limits.per_day,
            idle: None,
        });
        let idle = setup.idle.iter().map(|(name, why)| SourceInShort {
            name: name.clone(),
            account: name.clone(),
            per_day: 0,
            idle: Some(why.clone()),
        });
        asked.chain(idle).collect()
    }

    /// A chart of numbers. It is kept as sheets are.
    pub async fn chart(&self, chart: Chart, now: DateTime<Utc>) -> Option<Picture> {
        let shows = format!("{chart:?}");
        if let Some(picture) = self.shelf.find_sheet(&shows, now) {
            return Some(picture);
        }
        self.draw(move |fonts, shelf| Ok(shelf.keep_sheet(&shows, &chart::draw(&chart, fonts)?, now)?)).await
    }

    /// Whether photos are looked for.
    pub fn seeks(&self) -> bool {
        self.seeker.get().is_some_and(|seeker| !seeker.setup().is_empty())
    }

    /// The picture of a dish: the one that it has, as long as that is still there, else its card.
    pub async fn of_dish(&self, dish: &Dish, kept: Option<&PictureHash>, now: DateTime<Utc>) -> Option<Picture> {
        if let Some(picture) = kept.and_then(|hash| self.shelf.find(hash)) {
            return Some(picture);
        }
        let shows = card::describe(dish);
        if let Some(picture) = self.drawn.get(&shows).and_then(|hash| self.shelf.find_again(&hash, now)) {
            return Some(picture);
        }
        let dish = dish.clone();
        let card = self.draw(move |fonts, shelf| Ok(shelf.keep(&card::draw(&dish, fonts)?, now)?)).await?;
        self.drawn.insert(shows, card.hash.clone());
        Some(card)
    }

    /// One picture of the dishes of a page. It is kept for a while under what it shows, so that whoever turns back to
    /// the page has it at once.
    pub async fn sheet(&self, locale: Locale, tiles: Vec<Tile>, now: DateTime<Utc>) -> Option<Picture> {
        let shows = sheet::describe(locale, &tiles);
        if let Some(picture) = self.shelf.find_sheet(&shows, now) {
            return Some(picture);
        }
        self.draw(move |fonts, shelf| Ok(shelf.keep_sheet(&shows, &sheet::draw(locale, &tiles, fonts)?, now)?)).await
    }

    /// Removes every sheet.
    pub async fn remove_sheets(&self) {
        self.on_shelf(|shelf| shelf.remove_sheets(None)).await;
    }

    /// Removes sheets that were last used before `before`, and what a process that was killed left unfinished.
    pub async fn tidy(&self, before: DateTime<Utc>) {
        self.on_shelf(move |shelf| {
            shelf.remove_sheets(Some(before));
            shelf.remove_unfinished(before);
        })
        .await;
    }

    /// The pictures of dishes, where the folder is over its limit; else none.
    pub async fn crowd(&self) -> Vec<PictureHash> {
        match self.most_bytes {
            0 => Vec::new(),
            most => self.on_shelf(move |shelf| shelf.crowd(most)).await,
        }
    }

    /// Removes what was used longest ago until the folder is within its limit; what is pinned goes last.
    pub async fn shrink(&self, pinned: HashSet<PictureHash>) {
        let most = self.most_bytes;
        let removed = self.on_shelf(move |shelf| shelf.shrink(most, &pinned)).await;
        tracing::warn!(removed, "the media folder was full; see media.max_megabytes");
    }

    /// Removes pictures that nobody needs.
    pub async fn remove(&self, pictures: Vec<PictureHash>) {
        self.on_shelf(move |shelf| {
            for picture in &pictures {
                if let Err(error) = shelf.remove(picture) {
                    tracing::warn!(%error, "a picture was not removed; it is tried again later");
                }
            }
        })
        .await;
    }

    /// The pictures of dishes that were last used before `before`.
    pub async fn used_before(&self, before: DateTime<Utc>) -> Vec<PictureHash> {
        self.on_shelf(move |shelf| shelf.used_before(before)).await
    }

    /// Does what waits for the disk in a thread of its own.
    async fn on_shelf<T: Default + Send + 'static>(&self, work: impl FnOnce(&Shelf) -> T + Send + 'static) -> T {
        let kept_on = self.shelf.clone();
        tokio::task::spawn_blocking(move || work(&kept_on)).await.unwrap_or_default()
    }

    async fn draw(
        &self,
        drawing: impl FnOnce(&Fonts, &Shelf) -> Result<Picture, PhotoError> + Send + 'static,
    ) -> Option<Picture> {
        match tokio::time::timeout(PATIENCE, self.try_to_draw(drawing)).await.unwrap_or(Err(PhotoError::Late)) {
            Ok(picture) => Some(picture),
            Err(error) => {
                tracing::warn!(%error, "there is no picture");
                None
            }
        }
    }

    async fn try_to_draw(
        &self,
        drawing: impl FnOnce(&Fonts, &Shelf) -> Result<Picture, PhotoError> + Send + 'static,
    ) -> Result<Picture, PhotoError> {
        let (kept_on, fonts) = (self.shelf.clone(), Arc::clone(&self.fonts));
        let drawn = in_turn(&self.at_once, move || drawing(fonts.get_or_init(Fonts::of_system), &kept_on));
        // A panic stays in its thread.
        drawn.await.await.unwrap_or_else(|error| Err(PhotoError::Undrawn(error.to_string())))
    }
}

/// Begins work in a thread of its own once there is a turn for it. The turn is held until the work is done, also when nobody
/// waits for it any more.
async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let turn = Arc::clone(turns).acquire_owned().await;
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
}
