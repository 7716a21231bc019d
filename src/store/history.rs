//! What a person's dishes are found by: pages, favourites, and a search in memory.

use std::{collections::HashSet, sync::Arc, time::Duration};

use moka::sync::Cache;

use super::{Store, StoreError, dishes::SavedDish, reading};
use crate::{
    chat::{Finder, Keyword, PersonId, searchable},
    dish::Dish,
    order::Wish,
};

/// Dishes to a row of `history`; enough to be read quickly, few enough to be written anew with each dish and to stay in
/// one page of PostgreSQL.
const BLOCK: i64 = 16;

/// A history of so many bytes is long; a shorter one is read anew for each search.
const LONG: usize = 64 * 1024;

/// Long histories that are kept in memory, in bytes, and for how long after the last search.
const KEPT: u64 = 64 * 1024 * 1024;
const KEPT_FOR: Duration = Duration::from_secs(10 * 60);

/// Long histories in memory.
pub(super) type Finders = Cache<PersonId, Arc<Finder>>;

pub(super) fn finders() -> Finders {
    let weight = |_: &PersonId, finder: &Arc<Finder>| u32::try_from(finder.size()).unwrap_or(u32::MAX);
    Cache::builder().weigher(weight).max_capacity(KEPT).time_to_idle(KEPT_FOR).build()
}

/// Adds a line for one dish. $3 ends with a line end.
pub(super) const ADD: &str = "
    INSERT INTO history (person, block, lines) VALUES ($1, $2, $3)
    ON CONFLICT (person, block) DO UPDATE SET lines = history.lines || excluded.lines";

/// From a block on, in the order of the dishes; as one text, since a long history has hundreds of rows.
pub(super) const LINES: &str =
    "SELECT COALESCE(string_agg(lines, '' ORDER BY block), '') FROM history WHERE person = $1 AND block >= $2";

const COUNT: &str = "SELECT dishes FROM people WHERE id = $1";

const FAVOURITES: &str = "SELECT number FROM dishes WHERE person = $1 AND favourite = 1 ORDER BY number DESC";

pub(super) const ALL: &[(&str, &str)] =
    &[("history::ADD", ADD), ("history::LINES", LINES), ("history::COUNT", COUNT), ("history::FAVOURITES", FAVOURITES)];

/// Which of a person's dishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// What their names, ingredients and wishes have in them; nothing for all.
    pub keyword: Option<Keyword>,
    /// Whether only favourites count.
    pub favourites: bool,
}

/// A page of a person's dishes, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DishPage {
    /// At most as many as were asked for.
    pub dishes: Vec<SavedDish>,
    /// How many there are on all pages.
    pub total: u32,
}

/// The row of `history` that a dish stands in.
pub(super) fn block(number: i64) -> i64 {
    number / BLOCK
}

/// What a dish is found by: its names, the wish that it answers, its ingredients.
pub(super) fn found_by(dish: &Dish, wish: Option<&Wish>) -> String {
    let names = [dish.names.ko.as_str(), &dish.names.en].into_iter();
    let ingredients = dish.ingredients.iter().map(|line| line.name.as_str());
    searchable(names.chain(wish.map(Wish::as_str)).chain(ingredients))
}

/// The line of a dish.
pub(super) fn line(number: i64, searchable: &str) -> String {
    format!("{number}\t{searchable}\n")
}

/// Number and text of each line that [`line()`] wrote.
pub(super) fn read_lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines.filter_map(|(number, text)| Some((number.parse().ok()?, text)))
}

impl Store {
    /// The numbers of the dishes that are looked for, newest first.
    pub async fn find(&self, person: PersonId, search: &Search) -> Result<Vec<u32>, StoreError> {
        let favourites: Option<Vec<u32>> = if search.favourites {
            let rows: Vec<i64> =
                reading!(self, |db| sqlx::query_scalar(FAVOURITES).bind(person.0).fetch_all(db).await)?;
            Some(rows.into_iter().filter_map(|number| u32::try_from(number).ok()).collect())
        } else {
            None
        };
        let Some(keyword) = &search.keyword else {
            return match favourites {
                Some(favourites) => Ok(favourites),
                None => Ok((1..=self.dishes(person).await?).rev().collect()),
            };
        };
        let found = self.finder(person).await?.find(keyword);
        let favourites: Option<HashSet<u32>> = favourites.map(|numbers| numbers.into_iter().collect());
        let counts = |number: &u32| favourites.as_ref().is_none_or(|favourites| favourites.contains(number));
        Ok(found.into_iter().filter(counts).collect())
    }

    /// How many dishes a person has; also the number of the newest.
    async fn dishes(&self, person: PersonId) -> Result<u32, StoreError> {
        let count: Option<i64> =
            reading!(self, |db| sqlx::query_scalar(COUNT).bind(person.0).fetch_optional(db).await)?;
        Ok(u32::try_from(count.unwrap_or_default()).unwrap_or(u32::MAX))
    }

    /// What a person's dishes are found by, as of now. A long history is kept for the next search, which then reads only
    /// what came after it: dishes are added and never changed, and a person who was forgotten has none.
    async fn finder(&self, person: PersonId) -> Result<Arc<Finder>, StoreError> {
        let newest = self.dishes(person).await?;
        let kept = self.finders.get(&person).unwrap_or_default();
        let known = kept.newest().unwrap_or_default();
        if newest == 0 || known == newest {
            return Ok(if newest == 0 { Arc::default() } else { kept });
        }
        let first = block(i64::from(known) + 1);
        let lines: String =
            reading!(self, |db| sqlx::query_scalar(LINES).bind(person.0).bind(first).fetch_one(db).await)?;
        let mut finder = Arc::unwrap_or_clone(kept);
        for (number, text) in read_lines(&lines) {
            if number > known {
                finder.add(number, text);
            }
        }
        let finder = Arc::new(finder);
        if finder.size() >= LONG {
            self.finders.insert(person, Arc::clone(&finder));
        }
        Ok(finder)
    }

    /// One page, from 1, of the dishes that are looked for.
    pub async fn history(
        &self,
        person: PersonId,
        search: &Search,
        page: u32,
        per_page: u32,
    ) -> Result<DishPage, StoreError> {
        let found = self.find(person, search).await?;
        let offset = usize::try_from(page.saturating_sub(1)).unwrap_or(usize::MAX);
        let per_page = usize::try_from(per_page).unwrap_or(usize::MAX);
        let mut dishes = Vec::new();
        for number in found.iter().skip(offset.saturating_mul(per_page)).take(per_page) {
            match self.dish(person, *number).await {
                Ok(saved) => dishes.extend(saved),
                // One dish that does not read does not hide the others.
                Err(error @ StoreError::Corrupt { .. }) => tracing::error!(%error, "a dish was left out"),
                Err(error) => return Err(error),
            }
        }
        Ok(DishPage { dishes, total: u32::try_from(found.len()).unwrap_or(u32::MAX) })
    }
}
