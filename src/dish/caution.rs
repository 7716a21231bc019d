//! What to be careful with in a dish, whoever made it up.

use super::{
    Allergen, Dish,
    sources::{brought_by, has_word},
};
use crate::{chat::fold, order::Method};

/// One thing to be careful with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caution {
    /// Poultry is done at 75 °C inside.
    Poultry,
    /// Pork and minced meat are cooked through.
    Pork,
    /// Raw fish and seafood.
    RawFish,
    /// Raw beef.
    RawMeat,
    /// A raw egg.
    RawEgg,
    /// Not for children under one year (infant botulism).
    Honey,
    /// Dried kidney beans are boiled hard first (phytohaemagglutinin).
    KidneyBeans,
}

/// Korean and English words for what it is about, and what has the word and is something else.
type Words = (&'static [&'static str], &'static [&'static str]);

const POULTRY: Words = (&["닭", "오리", "칠면조", "메추리"], &["chicken", "duck", "turkey", "quail", "poultry"]);
const PORK: Words = (
    &["돼지", "삼겹", "항정살", "다짐육", "다진고기"],
    &["pork", "minced meat", "ground meat", "minced beef", "ground beef"],
);
const COOKED: Words = (
    &["육수", "스톡", "국물", "액상", "파우더", "알", "달걀", "훈제", "통조림", "캔", "햄", "소시지", "너겟", "사골"],
    &["stock", "broth", "powder", "bouillon", "egg", "canned", "smoked", "ham", "sausage", "sauce", "fat"],
);
const HONEY: Words = (&["꿀", "벌꿀"], &["honey"]);
const KIDNEY_BEANS: Words = (&["강낭콩"], &["kidney bean"]);
const EGG: Words = (&["날달걀", "생달걀", "날계란", "생계란"], &["raw egg", "raw yolk", "raw egg yolk"]);
const RAW: Words = (
    &["육회", "생선회", "회덮밥", "물회", "사시미", "타르타르", "세비체", "초밥"],
    &["sashimi", "tartare", "ceviche", "sushi", "poke"],
);

impl Caution {
    /// Its locale key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Poultry => "caution-poultry",
            Self::Pork => "caution-pork",
            Self::RawFish => "caution-raw-fish",
            Self::RawMeat => "caution-raw-meat",
            Self::RawEgg => "caution-raw-egg",
            Self::Honey => "caution-honey",
            Self::KidneyBeans => "caution-kidney-beans",
        }
    }
}

impl Dish {
    /// What to be careful with in it.
    pub fn cautions(&self) -> Vec<Caution> {
        let lines = || self.ingredients.iter().map(|line| line.name.as_str());
        let fresh = |words: Words| lines().any(|line| says(line, words) && !says(line, COOKED));
        let brings = |allergen: Allergen| lines().any(|line| brought_by(line).contains(&allergen) && !is_sauce(line));
        let raw = self.is_raw();
        let mut cautions = Vec::new();
        let mut note = |so: bool, caution: Caution| {
            if so {
                cautions.push(caution);
            }
        };
        let fish = [Allergen::Fish, Allergen::Crustaceans, Allergen::Molluscs].into_iter().any(brings);
        note(fresh(POULTRY), Caution::Poultry);
        note(fresh(PORK), Caution::Pork);
        note(raw && fish, Caution::RawFish);
        note(raw && !fish && brings(Allergen::Beef), Caution::RawMeat);
        let texts = || lines().chain(self.steps.iter().map(String::as_str));
        note(texts().any(|text| says(text, EGG)), Caution::RawEgg);
        note(lines().any(|line| says(line, HONEY)), Caution::Honey);
        note(fresh(KIDNEY_BEANS), Caution::KidneyBeans);
        cautions
    }

    /// Whether it is served raw.
    fn is_raw(&self) -> bool {
        self.kind.method == Some(Method::Raw) || says(&self.names.ko, RAW) || says(&self.names.en, RAW)
    }

    /// Raw poultry or pork, which nobody is to be served.
    pub(super) fn is_dangerous(&self) -> bool {
        let fresh =
            |words: Words| self.ingredients.iter().any(|line| says(&line.name, words) && !says(&line.name, COOKED));
        self.is_raw() && (fresh(POULTRY) || fresh(PORK))
    }
}

fn says(text: &str, (korean, english): Words) -> bool {
    let folded = fold(text);
    korean.iter().any(|word| folded.contains(word)) || english.iter().any(|word| has_word(text, word))
}

/// Fish in a bottle is not served raw.
fn is_sauce(line: &str) -> bool {
    says(
        line,
        (
            &["소스", "액젓", "젓", "육수", "가루", "간장", "쯔유", "다시"],
            &["sauce", "stock", "dashi", "flake", "powder", "broth"],
        ),
    )
}
