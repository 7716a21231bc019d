//! Sixty requests that any recommender can be judged by: what it served, checked as every dish is checked.

use std::{collections::BTreeSet, time::Duration};

use serde::Deserialize;
use tokio::time::Instant;

use super::{RecommendError, Recommender, Reporter, Request};
use crate::{
    chat::Locale,
    dish::{Allergen, Avoided, AvoidedWord, Dish, Flaw, Names, Source},
    order::{Filters, Usage, Wanted, Wish},
    ticket::Ticket,
};

const CASES: &str = include_str!("eval.toml");

/// What is to come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// A dish.
    Dish,
    /// A dish, or a wish that is declined: a recommender may know better.
    Either,
}

/// One request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is about, in a few words.
    pub about: String,
    locale: String,
    #[serde(default)]
    filters: Filters,
    #[serde(default)]
    wish: String,
    #[serde(default)]
    allergens: BTreeSet<Allergen>,
    #[serde(default)]
    words: Vec<AvoidedWord>,
    #[serde(default)]
    recent: Vec<Names>,
    /// What is to come of it.
    #[serde(default = "dish")]
    pub expected: Expected,
}

fn dish() -> Expected {
    Expected::Dish
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// The cases do not read.
#[derive(Debug, thiserror::Error)]
#[error("eval.toml: {0}")]
pub struct CasesError(toml::de::Error);

/// All of them.
pub fn cases() -> Result<Vec<Case>, CasesError> {
    toml::from_str::<File>(CASES).map(|file| file.case).map_err(CasesError)
}

impl Case {
    /// As it is asked.
    pub fn request(&self, seed: u64) -> Request {
        Request {
            wanted: Wanted { filters: self.filters, wish: Wish::parse(&self.wish).ok() },
            locale: Locale::from_tag(&self.locale).unwrap_or(Locale::Ko),
            avoided: Avoided { allergens: self.allergens.clone(), words: self.words.clone() },
            recent: self.recent.clone(),
            favourites: Vec::new(),
            within_budget: true,
            time: Duration::from_secs(600),
            seed,
        }
    }
}

/// What came of one request.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The dish, or why there is none.
    pub served: Result<Dish, RecommendError>,
    /// How long it took.
    pub took: Duration,
    /// What it took.
    pub usage: Usage,
}

/// What the checks say of an outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct Verdict {
    /// It is what was expected: a dish, or a wish that may be declined.
    pub answered: bool,
    /// It keeps to every filter, as far as it says itself.
    pub fits: bool,
    /// Every amount is one, and nothing else is wrong with it.
    pub flaws: Vec<Flaw>,
    /// It has what the person does not eat.
    pub forbidden: bool,
    /// The person had it lately.
    pub repeated: bool,
    /// The wish was declined.
    pub declined: bool,
    /// Requests beyond the first: answers that went back, and tries again.
    pub repairs: u32,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn passes(&self) -> bool {
        self.answered && (self.declined || (self.fits && self.flaws.is_empty() && !self.forbidden && !self.repeated))
    }
}

/// Asks for one case.
pub async fn ask(recommender: &dyn Recommender, case: &Case, ticket: &Ticket, seed: u64) -> Outcome {
    let (reporter, progress) = Reporter::new();
    drop(progress);
    let started = Instant::now();
    let served = recommender.recommend(&case.request(seed), ticket, &reporter).await;
    Outcome { served, took: started.elapsed(), usage: reporter.spent() }
}

/// Judges what came of it.
pub fn judge(case: &Case, outcome: &Outcome) -> Verdict {
    let repairs = outcome.usage.requests.saturating_sub(1);
    let dish = match &outcome.served {
        Ok(dish) => dish,
        Err(error) => {
            let declined = *error == RecommendError::Declined;
            let answered = declined && case.expected == Expected::Either;
            return Verdict { answered, declined, repairs, ..Verdict::default() };
        }
    };
    let request = case.request(0);
    let filters = &request.wanted.filters;
    let fits = crate::order::Line::ALL.into_iter().all(|line| {
        let Some(wanted) = filters.get(line) else { return true };
        // A dish of the cookbook may suit several values, and names the first.
        let says_so = dish.source == Source::Cookbook || dish.kind.get(line).is_some_and(|value| value.id == wanted.id);
        says_so && !dish.loosened.contains(&line)
    });
    Verdict {
        answered: true,
        fits,
        flaws: dish.review(),
        forbidden: !request.avoided.found_in(dish).is_empty(),
        repeated: request.repeated(&dish.names).is_some(),
        declined: false,
        repairs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommender::Cookbook;

    #[test]
    fn there_are_sixty_and_every_value_of_every_filter_is_among_them() {
        let cases = cases().expect("the cases");
        assert_eq!(cases.len(), 60);
        for line in crate::order::Line::ALL {
            for value in line.values() {
                assert!(cases.iter().any(|case| case.filters.get(line) == Some(value)), "{}", value.id);
            }
        }
        for locale in Locale::ALL {
            assert!(cases.iter().filter(|case| case.locale == locale.id()).count() > 20);
        }
    }

    #[tokio::test]
    async fn the_cookbook_passes_in_full() {
        let cookbook = Cookbook::load(Duration::ZERO).expect("the cookbook");
        for case in cases().expect("the cases") {
            for seed in 0..5 {
                let outcome = ask(&cookbook, &case, &Ticket::of_the_house(), seed).await;
                let verdict = judge(&case, &outcome);
                assert!(verdict.passes(), "{}: {verdict:?} {:?}", case.about, outcome.served);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_seen() {
        let case = cases().expect("the cases").into_iter().find(|case| case.about == "no soy").expect("the case");
        let cookbook = Cookbook::load(Duration::ZERO).expect("the cookbook");
        let entry = cookbook.entries().iter().find(|entry| entry.allergens.contains(&Allergen::Soy)).expect("soy");
        let served = Ok(Dish { minutes: 0, ..entry.dish(Locale::En, vec![crate::order::Line::Cuisine]) });
        let outcome = Outcome { served, took: Duration::ZERO, usage: Usage { requests: 3, ..Usage::default() } };
        let verdict = judge(&case, &outcome);
        assert!(verdict.forbidden && !verdict.passes());
        assert_eq!((verdict.flaws, verdict.repairs), (vec![Flaw::Minutes], 2));
        let down = Outcome { served: Err(RecommendError::Down(String::new())), ..outcome };
        assert!(!judge(&case, &down).passes());
    }
}
