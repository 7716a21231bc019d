//! What comes back: a [`Dish`] for one person, with exact amounts.

mod allergen;
mod amount;
mod avoided;
mod caution;
mod names;
mod reading;
mod review;
mod seasoning;
mod servings;
mod sources;

pub use allergen::Allergen;
pub use amount::{Amount, AmountError, Unit};
pub use avoided::{Avoided, AvoidedWord, Found, allergens_meant, allergens_of};
pub use caution::Caution;
pub use names::singular;
pub use reading::outside_of;
pub use review::{Flaw, leads_away};
use serde::{Deserialize, Serialize};
pub use servings::Servings;
pub use sources::brought_by;

use crate::{
    chat::Locale,
    order::{Filters, Line},
};

/// The name of a dish in both languages; the pair that a photo search starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

impl Names {
    /// The name in `locale`.
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::Ko => &self.ko,
            Locale::En => &self.en,
        }
    }
}

/// One line of the ingredients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingredient {
    /// What it is, in the dish's language.
    pub name: String,
    /// How much of it, for one serving.
    pub amount: Amount,
}

/// Where a dish came from; shown under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The cookbook that comes with Bapsang.
    Cookbook,
    /// A language model.
    Model,
}

/// Why the cookbook served in place of a model. The ticket went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// The model did not answer, or with nothing that could be served.
    Down,
    /// What may be spent on the model in a day is spent.
    Budget,
}

/// A dish for one person in one language, as it is saved and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dish {
    /// Its name in both languages, each at most 50 characters.
    pub names: Names,
    /// The language of everything below.
    pub locale: Locale,
    /// At most 200 characters.
    pub introduction: String,
    /// For exactly one serving, in the order of use.
    pub ingredients: Vec<Ingredient>,
    /// What to do, in order; shown with numbers.
    pub steps: Vec<String>,
    /// All work and waiting, in minutes.
    pub minutes: u32,
    /// What it is by the five choices, as far as is known.
    #[serde(default)]
    pub kind: Filters,
    /// What it contains of the list.
    pub allergens: Vec<Allergen>,
    /// Where it came from.
    pub source: Source,
    /// Lines of the order that it does not keep to, since nothing fitted all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loosened: Vec<Line>,
    /// Set where it stands in for a dish of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_in: Option<Absence>,
}

impl Dish {
    /// The name in the dish's own language.
    pub fn name(&self) -> &str {
        self.names.get(self.locale)
    }
}
