//! What to be careful with in a dish, whoever made it up.

use std::collections::BTreeSet;

use super::{
    Allergen, Dish,
    reading::without_brackets,
    sources::{Plain, brought_by},
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
    &[
        "돼지",
        "삼겹",
        "항정살",
        "목살",
        "앞다리살",
        "뒷다리살",
        "등갈비",
        "다짐육",
        "다진고기",
        "다진소고기",
        "다진쇠고기",
    ],
    &["pork", "minced meat", "ground meat", "minced beef", "ground beef"],
);
/// How something ends that was cooked before, or is no meat.
const COOKED_KO: [&str; 16] = [
    "육수",
    "스톡",
    "국물",
    "파우더",
    "알",
    "달걀",
    "계란",
    "통조림",
    "캔",
    "햄",
    "소시지",
    "베이컨",
    "너겟",
    "사골",
    "소스",
    "기름",
];
const COOKED_EN: [&str; 12] =
    ["stock", "broth", "powder", "bouillon", "egg", "canned", "smoked", "ham", "sausage", "bacon", "sauce", "lard"];
const HONEY: Words = (&["꿀"], &["honey"]);
const KIDNEY_BEANS: Words = (&["강낭콩"], &["kidney bean"]);
const RAW_EGG: Words = (&["날달걀", "생달걀", "날계란", "생계란"], &["raw egg", "raw yolk", "raw egg yolk"]);
const EGG: Words = (&["노른자", "달걀", "계란"], &["yolk", "egg"]);
const RAW: Words = (
    &["육회", "생선회", "회덮밥", "물회", "사시미", "타르타르", "세비체", "초밥", "타다키"],
    &["sashimi", "tartare", "ceviche", "sushi", "poke", "tataki"],
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
        let fresh = |words: Words| lines().any(|line| says(line, words) && !is_cooked(line));
        let brought: BTreeSet<Allergen> = lines().filter(|line| !is_sauce(line)).flat_map(brought_by).collect();
        let brings = |allergen: Allergen| brought.contains(&allergen);
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
        note(texts().any(|text| says(text, RAW_EGG)) || (raw && lines().any(|line| says(line, EGG))), Caution::RawEgg);
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
            |words: Words| self.ingredients.iter().any(|line| says(&line.name, words) && !is_cooked(&line.name));
        self.is_raw() && (fresh(POULTRY) || fresh(PORK))
    }
}

fn says(text: &str, (korean, english): Words) -> bool {
    let (folded, plain) = (fold(text), Plain::of(text));
    korean.iter().any(|word| folded.contains(word)) || english.iter().any(|word| plain.has(word))
}

/// Whether it was cooked before it is bought: by how its Korean name ends, or by an English word.
fn is_cooked(line: &str) -> bool {
    let bare = without_brackets(line);
    let (folded, plain) = (fold(&bare), Plain::of(&bare));
    COOKED_KO.iter().any(|word| folded.ends_with(word))
        || ["훈제", "통조림", "캔"].iter().any(|word| folded.starts_with(word))
        || COOKED_EN.iter().any(|word| plain.has(word))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::Locale,
        dish::{Amount, Ingredient, Names, Source},
        order::Filters,
    };

    fn cautions(name: &str, ingredients: &[&str], method: Option<Method>) -> Vec<Caution> {
        let line = |name: &&str| Ingredient { name: (*name).to_owned(), amount: Amount::ToTaste };
        let dish = Dish {
            names: Names { ko: name.to_owned(), en: String::new() },
            locale: Locale::Ko,
            introduction: String::new(),
            ingredients: ingredients.iter().map(line).collect(),
            steps: Vec::new(),
            minutes: 10,
            kind: Filters { method, ..Filters::default() },
            allergens: Vec::new(),
            source: Source::Model,
            loosened: Vec::new(),
            stands_in: None,
        };
        assert_eq!(dish.is_dangerous(), name == "닭 육회");
        dish.cautions()
    }

    #[test]
    fn what_one_has_to_be_careful_with_is_said() {
        for (name, ingredients, method, expected) in [
            ("닭볶음", &["닭다리살 (알맞게 썬 것)"][..], None, &[Caution::Poultry][..]),
            ("볶음", &["chicken thighs, fat trimmed"], None, &[Caution::Poultry]),
            ("버거", &["햄버거 패티(돼지고기)"], None, &[Caution::Pork]),
            ("구이", &["목살"], None, &[Caution::Pork]),
            ("국", &["닭 육수", "소시지", "메추리알"], None, &[]),
            ("육회", &["소고기 우둔살", "달걀노른자"], None, &[Caution::RawMeat, Caution::RawEgg]),
            ("광어", &["광어"], Some(Method::Raw), &[Caution::RawFish]),
            ("차", &["꿀", "강낭콩"], None, &[Caution::Honey, Caution::KidneyBeans]),
            ("닭 육회", &["닭가슴살"], None, &[Caution::Poultry]),
        ] {
            assert_eq!(cautions(name, ingredients, method), expected, "{name} {ingredients:?}");
        }
    }
}
