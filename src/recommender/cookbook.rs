//! The recommender that needs nothing: dishes of our own in `cookbook/*.toml`, built into the binary.

use std::{collections::BTreeSet, sync::OnceLock, time::Duration};

use async_trait::async_trait;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::Deserialize;

use super::{Progress, RecommendError, Recommender, Reporter, Request};
use crate::{
    chat::{Locale, fold},
    dish::{Allergen, Amount, Avoided, Dish, Ingredient, Names, Source, allergens_of},
    order::{
        Cuisine, Difficulty, Filters, Line, MainIngredient, Method, Stage, Theme, Wish, WishWord, is_negated,
        wish_words,
    },
    ticket::Ticket,
};

const FILES: [(&str, &str); 8] = [
    ("soups-and-stews.toml", include_str!("../../cookbook/soups-and-stews.toml")),
    ("rice-and-noodles.toml", include_str!("../../cookbook/rice-and-noodles.toml")),
    ("korean-mains.toml", include_str!("../../cookbook/korean-mains.toml")),
    ("korean-sides.toml", include_str!("../../cookbook/korean-sides.toml")),
    ("korean-snacks.toml", include_str!("../../cookbook/korean-snacks.toml")),
    ("japanese.toml", include_str!("../../cookbook/japanese.toml")),
    ("chinese.toml", include_str!("../../cookbook/chinese.toml")),
    ("western.toml", include_str!("../../cookbook/western.toml")),
];

/// The order in which filters are given up when nothing fits them all: first what changes a meal least.
const LOOSENING: [Line; 5] = [Line::Difficulty, Line::Theme, Line::Method, Line::MainIngredient, Line::Cuisine];

/// The dishes that come with Bapsang.
#[derive(Debug)]
pub struct Cookbook {
    entries: Vec<Entry>,
    delay: Duration,
}

/// A dish of the cookbook in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its kebab-case name in the cookbook.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// One or two sentences, at most 200 characters.
    pub introduction: Names,
    /// 요리 난이도
    pub difficulty: Difficulty,
    /// Every theme that it suits.
    pub themes: Vec<Theme>,
    /// 음식 분류
    pub cuisine: Cuisine,
    /// Every main ingredient.
    pub main_ingredients: Vec<MainIngredient>,
    /// Every cooking method.
    pub methods: Vec<Method>,
    /// All work and waiting.
    pub minutes: u32,
    /// What it contains of the list.
    pub allergens: Vec<Allergen>,
    /// Words that a wish may have in common with it.
    pub tags: Tags,
    /// For one serving.
    pub ingredients: Vec<Measured>,
    /// What to do.
    pub steps: Vec<Names>,
    /// Its allergens and those that its ingredients bring, once they were asked for.
    #[serde(skip)]
    brought: OnceLock<BTreeSet<Allergen>>,
}

/// Words in each language.
#[derive(Debug, Clone, Deserialize)]
pub struct Tags {
    /// Korean.
    pub ko: Vec<String>,
    /// English.
    pub en: Vec<String>,
}

/// One line of the ingredients in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
    /// For one serving.
    pub amount: Amount,
}

#[derive(Deserialize)]
struct File {
    dish: Vec<Entry>,
}

/// A file of the cookbook that does not read.
#[derive(Debug, thiserror::Error)]
#[error("cookbook/{file}: {error}")]
pub struct CookbookError {
    file: &'static str,
    error: toml::de::Error,
}

impl Cookbook {
    /// Both names of the dish that one of them is of.
    pub fn pair(&self, name: &str) -> Option<Names> {
        let is = |known: &str| fold(known) == fold(name);
        self.entries.iter().map(|entry| &entry.name).find(|names| is(&names.ko) || is(&names.en)).cloned()
    }

    /// Reads the cookbook. `delay` is how long it ponders each dish.
    pub fn load(delay: Duration) -> Result<Self, CookbookError> {
        let mut entries = Vec::new();
        for (file, text) in FILES {
            entries.extend(toml::from_str::<File>(text).map_err(|error| CookbookError { file, error })?.dish);
        }
        Ok(Self { entries, delay })
    }

    /// Its dishes.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The dish for a request: one that fits every filter, or as many as the stated order of loosening
    /// allows; among those one not served lately; among those the one nearest to the wish. What the person does
    /// not eat is in none of them; `None` where that leaves no dish.
    pub fn choose(&self, request: &Request) -> Option<(&Entry, Vec<Line>)> {
        let eatable: Vec<&Entry> = self.entries.iter().filter(|entry| !entry.has_any(&request.avoided)).collect();
        let recent = |entry: &&Entry| request.repeated(&entry.name).is_some();
        let mut filters = request.wanted.filters;
        let mut loosened: Vec<Line> = Vec::new();
        let mut order = LOOSENING.into_iter();
        loop {
            let fitting: Vec<&Entry> = eatable.iter().copied().filter(|entry| fits(entry, &filters)).collect();
            let fresh: Vec<&Entry> = fitting.iter().copied().filter(|entry| !recent(entry)).collect();
            if let Some((entry, nearness)) = best(&fresh, request) {
                if request.wanted.wish.is_some() && nearness <= 0 {
                    loosened.push(Line::Wish);
                }
                return Some((entry, loosened));
            }
            match order.find(|line| filters.get(*line).is_some()) {
                Some(line) => {
                    filters.set(line, None);
                    loosened.push(line);
                }
                // Everything was served lately: what fits comes again, the one longest ago first.
                None => return longest_ago(&eatable, request),
            }
        }
    }
}

fn longest_ago<'a>(entries: &[&'a Entry], request: &Request) -> Option<(&'a Entry, Vec<Line>)> {
    let age = |entry: &&Entry| request.recent.iter().position(|names| names.ko == entry.name.ko);
    let fitting = entries.iter().copied().filter(|entry| fits(entry, &request.wanted.filters));
    let oldest = fitting.max_by_key(age).map(|entry| (entry, Vec::new()));
    let any = || entries.iter().copied().max_by_key(age);
    oldest.or_else(|| any().map(|entry| (entry, lines_set(&request.wanted.filters))))
}

fn lines_set(filters: &Filters) -> Vec<Line> {
    Line::ALL.into_iter().filter(|line| filters.get(*line).is_some()).collect()
}

fn fits(entry: &Entry, filters: &Filters) -> bool {
    filters.difficulty.is_none_or(|wanted| entry.difficulty == wanted)
        && filters.theme.is_none_or(|wanted| entry.themes.contains(&wanted))
        && filters.cuisine.is_none_or(|wanted| entry.cuisine == wanted)
        && filters.main_ingredient.is_none_or(|wanted| entry.main_ingredients.contains(&wanted))
        && filters.method.is_none_or(|wanted| entry.methods.contains(&wanted))
}

/// The nearest to the wish, and how near it is; which of several as near is up to the seed.
fn best<'a>(entries: &[&'a Entry], request: &Request) -> Option<(&'a Entry, i64)> {
    let score = |entry: &Entry| request.wanted.wish.as_ref().map_or(0, |wish| nearness(entry, wish));
    let top = entries.iter().map(|entry| score(entry)).max()?;
    let nearest: Vec<&Entry> = entries.iter().copied().filter(|entry| score(entry) == top).collect();
    let index = StdRng::seed_from_u64(request.seed).random_range(0..nearest.len());
    nearest.get(index).map(|entry| (*entry, top))
}

/// How much a wish has in common with a dish: for each of its words the best of name, tag and ingredient
/// counts, and the whole name counts most. What the wish does not want counts against the dish; a wish that
/// only says what is not wanted is met by a dish without it. Above 0 is met.
fn nearness(entry: &Entry, wish: &Wish) -> i64 {
    let (mut wanted, mut unwanted, mut asked) = (0, 0, false);
    for WishWord { word, unwanted: turned } in wish_words(wish) {
        if turned {
            unwanted += weight(entry, &word, true);
        } else {
            asked = true;
            wanted += weight(entry, &word, false);
        }
    }
    let whole = fold(wish.as_str());
    let named = [&entry.name.ko, &entry.name.en].into_iter().map(|name| fold(name));
    let by_name = named.filter(|name| *name == whole || (name.chars().count() > 2 && whole.contains(name))).count();
    let bonus = if by_name > 0 { 20 } else { 0 };
    if asked { wanted + bonus - 2 * unwanted } else { 1 - 2 * unwanted }
}

/// How much one word says of a dish. A tag such as 안 매운 does not count for 매운.
fn weight(entry: &Entry, word: &str, unwanted: bool) -> i64 {
    let tags = entry.tags.ko.iter().chain(&entry.tags.en);
    let mut tags = tags.filter(|tag| !is_negated(tag));
    let mut measured = entry.ingredients.iter().filter(|line| unwanted || line.amount != Amount::ToTaste);
    if hits(word, &entry.name.ko) || hits(word, &entry.name.en) {
        8
    } else if tags.any(|tag| hits(word, tag)) {
        3
    } else if measured.any(|line| hits(word, &line.ko) || hits(word, &line.en)) {
        2
    } else {
        0
    }
}

/// Whether a folded word and a known text have a word in common. Korean words run together, so one may
/// contain the other; English ones are compared word by word, and may differ in their endings.
fn hits(word: &str, known: &str) -> bool {
    if word.is_ascii() {
        let alike = |known: &str| {
            known == word
                || (known.len() >= 4 && word.len() >= 4 && (known.starts_with(word) || word.starts_with(known)))
        };
        return known.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).any(|known| alike(&known));
    }
    let known = fold(known);
    let long = |text: &str| text.chars().count() >= 2;
    (long(word) && known.contains(word)) || (long(&known) && word.contains(&known))
}

impl Entry {
    /// Whether anything in it is not eaten by the person, in whichever language it was written down.
    fn has_any(&self, avoided: &Avoided) -> bool {
        if avoided.is_empty() {
            return false;
        }
        let ingredients = self.ingredients.iter().flat_map(|line| [line.ko.as_str(), &line.en]);
        let there = self.brought.get_or_init(|| allergens_of(&self.allergens, ingredients.clone()));
        !avoided.found_among(there, &ingredients.chain([self.name.ko.as_str(), &self.name.en])).is_empty()
    }

    /// The dish in one language.
    pub fn dish(&self, locale: Locale, loosened: Vec<Line>) -> Dish {
        let ingredient = |line: &Measured| Ingredient {
            name: match locale {
                Locale::Ko => line.ko.clone(),
                Locale::En => line.en.clone(),
            },
            amount: line.amount,
        };
        Dish {
            names: self.name.clone(),
            locale,
            introduction: self.introduction.get(locale).to_owned(),
            ingredients: self.ingredients.iter().map(ingredient).collect(),
            steps: self.steps.iter().map(|step| step.get(locale).to_owned()).collect(),
            minutes: self.minutes,
            kind: Filters {
                difficulty: Some(self.difficulty),
                theme: self.themes.first().copied(),
                cuisine: Some(self.cuisine),
                main_ingredient: self.main_ingredients.first().copied(),
                method: self.methods.first().copied(),
            },
            allergens: self.allergens.clone(),
            source: Source::Cookbook,
            loosened,
            stands_in: None,
        }
    }
}

#[async_trait]
impl Recommender for Cookbook {
    async fn recommend(&self, request: &Request, _: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError> {
        reporter.report(Progress::Stage(Stage::Choosing));
        tokio::time::sleep(self.delay / 2).await;
        let (entry, loosened) = self.choose(request).ok_or(RecommendError::NothingEatable)?;
        reporter.report(Progress::Named(entry.name.clone()));
        reporter.report(Progress::Stage(Stage::Writing));
        tokio::time::sleep(self.delay / 2).await;
        Ok(entry.dish(request.locale, loosened))
    }
}

#[cfg(test)]
mod tests;
