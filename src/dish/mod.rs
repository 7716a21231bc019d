//! What comes back: a [`Dish`] for one person, with exact amounts.

mod amount;

pub use amount::{Amount, AmountError, Unit};
use serde::{Deserialize, Serialize};

use crate::{chat::Locale, order::Line};

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
}

/// What a dish can make someone ill with, or what someone may not eat. After the Korean labelling
/// list (식품 등의 표시·광고에 관한 법률), with sesame, fish, celery and mustard from the EU's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say what they are")]
pub enum Allergen {
    Egg,
    Milk,
    Wheat,
    Buckwheat,
    Soy,
    Peanut,
    Nuts,
    Sesame,
    Fish,
    Crustaceans,
    Molluscs,
    Pork,
    Beef,
    Chicken,
    Peach,
    Tomato,
    Sulphites,
    Celery,
    Mustard,
}

impl Allergen {
    /// The locale key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Egg => "allergen-egg",
            Self::Milk => "allergen-milk",
            Self::Wheat => "allergen-wheat",
            Self::Buckwheat => "allergen-buckwheat",
            Self::Soy => "allergen-soy",
            Self::Peanut => "allergen-peanut",
            Self::Nuts => "allergen-nuts",
            Self::Sesame => "allergen-sesame",
            Self::Fish => "allergen-fish",
            Self::Crustaceans => "allergen-crustaceans",
            Self::Molluscs => "allergen-molluscs",
            Self::Pork => "allergen-pork",
            Self::Beef => "allergen-beef",
            Self::Chicken => "allergen-chicken",
            Self::Peach => "allergen-peach",
            Self::Tomato => "allergen-tomato",
            Self::Sulphites => "allergen-sulphites",
            Self::Celery => "allergen-celery",
            Self::Mustard => "allergen-mustard",
        }
    }
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
    /// What it contains of the list.
    pub allergens: Vec<Allergen>,
    /// Where it came from.
    pub source: Source,
    /// Lines of the order that it does not keep to, since nothing fitted all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loosened: Vec<Line>,
}

impl Dish {
    /// The name in the dish's own language.
    pub fn name(&self) -> &str {
        self.names.get(self.locale)
    }
}
