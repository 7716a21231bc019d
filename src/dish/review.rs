//! Whether a dish can be cooked as it is written: what a stranger who made it up may have forgotten or overdone.

use unicode_segmentation::UnicodeSegmentation;

use super::{
    Amount, Dish, Ingredient, Unit,
    reading::without_brackets,
    seasoning::is_seasoning,
    sources::{Plain, has_word},
};
use crate::chat::fold;

/// What is wrong with a dish; said to whoever made it up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A text is empty.
    #[error("{0} is empty")]
    Missing(&'static str),
    /// A text is longer than its limit, in user-perceived characters.
    #[error("{0} is longer than {1} characters")]
    TooLong(&'static str, usize),
    /// A list has too few or too many items.
    #[error("there must be 2 to 30 {0}, not {1}")]
    Count(&'static str, usize),
    /// No time, or more than two days.
    #[error("minutes must be a number from 1 to 2880")]
    Minutes,
    /// "To taste" of something that is no seasoning.
    #[error("{0:?} needs an exact amount with a number and a unit; only seasonings may be to taste")]
    Unmeasured(String),
    /// So much of it is no serving for one.
    #[error("the amount of {0:?} is out of all reason for one serving")]
    TooMuch(String),
    /// No step uses it.
    #[error("no step uses {0:?}")]
    Unused(String),
    /// The same line twice.
    #[error("{0:?} is listed twice")]
    Twice(String),
    /// An address of some kind.
    #[error("links, addresses and mentions are not allowed")]
    Link,
    /// Raw poultry or pork.
    #[error("poultry and pork must be cooked through")]
    Dangerous,
}

const MOST_NAME: usize = 50;
const MOST_INTRODUCTION: usize = 200;
const MOST_INGREDIENT: usize = 40;
const MOST_STEP: usize = 500;
const LISTED: std::ops::RangeInclusive<usize> = 2..=30;
const MOST_MINUTES: u32 = 2 * 24 * 60;

/// What one of so many characters takes in bytes at most; marks are piled up on a letter without end.
const MOST_OF_ONE: usize = 16;

/// Said where everything goes in at once.
const EVERYTHING: ([&str; 6], [&str; 5]) = (
    ["모든재료", "재료를모두", "나머지재료", "남은재료", "재료를전부", "준비한재료"],
    ["all ingredients", "all the ingredients", "remaining ingredients", "everything", "all of the ingredients"],
);

impl Dish {
    /// What is wrong with it; nothing for a dish that can be cooked.
    pub fn review(&self) -> Vec<Flaw> {
        let counts = [("ingredients", self.ingredients.len()), ("steps", self.steps.len())];
        let miscounted = counts.into_iter().filter(|(_, count)| !LISTED.contains(count));
        let miscounted: Vec<Flaw> = miscounted.map(|(what, count)| Flaw::Count(what, count)).collect();
        // Each line is held against the others below, which takes too long for any number of them.
        if counts.iter().any(|(_, count)| count > LISTED.end()) {
            return miscounted;
        }
        let mut flaws = Vec::new();
        let mut text = |what: &'static str, text: &str, most: usize| {
            if text.trim().is_empty() {
                flaws.push(Flaw::Missing(what));
            } else if text.len() > most * MOST_OF_ONE || text.graphemes(true).count() > most {
                flaws.push(Flaw::TooLong(what, most));
            }
        };
        text("the Korean name", &self.names.ko, MOST_NAME);
        text("the English name", &self.names.en, MOST_NAME);
        text("the introduction", &self.introduction, MOST_INTRODUCTION);
        self.ingredients.iter().for_each(|line| text("an ingredient's name", &line.name, MOST_INGREDIENT));
        self.steps.iter().for_each(|step| text("a step", step, MOST_STEP));
        flaws.extend(miscounted);
        if !(1..=MOST_MINUTES).contains(&self.minutes) {
            flaws.push(Flaw::Minutes);
        }
        flaws.extend(self.ingredients.iter().filter_map(misjudged));
        flaws.extend(self.repeated());
        flaws.extend(self.unused());
        let texts = [&self.names.ko, &self.names.en, &self.introduction];
        let lines = self.ingredients.iter().map(|line| &line.name);
        if texts.into_iter().chain(&self.steps).chain(lines).any(|text| leads_away(text)) {
            flaws.push(Flaw::Link);
        }
        if self.is_dangerous() {
            flaws.push(Flaw::Dangerous);
        }
        flaws
    }

    fn repeated(&self) -> Vec<Flaw> {
        let (mut known, mut flaws) = (Vec::new(), Vec::new());
        for line in &self.ingredients {
            let this = (fold(&line.name), line.amount);
            if known.contains(&this) {
                flaws.push(Flaw::Twice(line.name.clone()));
            }
            known.push(this);
        }
        flaws
    }

    /// Measured ingredients, seasonings aside, that no step names.
    fn unused(&self) -> Vec<Flaw> {
        let steps = self.steps.join(" ");
        let (folded, plain) = (fold(&steps), Plain::of(&steps));
        let (korean, english) = EVERYTHING;
        if korean.iter().any(|all| folded.contains(all)) || english.iter().any(|all| plain.has(all)) {
            return Vec::new();
        }
        let unused = |line: &&Ingredient| {
            line.amount != Amount::ToTaste && !is_seasoning(&line.name) && !is_used(&line.name, &folded, &plain)
        };
        self.ingredients.iter().filter(unused).map(|line| Flaw::Unused(line.name.clone())).collect()
    }
}

/// What is left of a longer word where people talk about it: 대파 is 파, 닭가슴살 is 닭.
const SHORT: [char; 20] = [
    '파', '무', '닭', '면', '밥', '김', '굴', '게', '배', '콩', '쌀', '떡', '빵', '깨', '묵', '살', '잎', '쌈', '전',
    '회',
];

/// What says how an ingredient is prepared, and not what it is.
const PREPARED: [&str; 16] = [
    "boiled", "boneless", "chopped", "cooked", "diced", "dried", "fresh", "frozen", "ground", "large", "minced", "raw",
    "shredded", "skinless", "sliced", "small",
];

/// Whether a step names it, or a part of its name: 느타리버섯 is used where 버섯 is, 대파 where 파 is.
fn is_used(name: &str, folded: &str, plain: &Plain) -> bool {
    let named = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).any(|word| {
        if word.is_ascii() {
            return word.len() > 2 && !PREPARED.contains(&word.to_lowercase().as_str()) && plain.has(word);
        }
        let word: Vec<char> = fold(word).chars().collect();
        let short = word.iter().any(|letter| SHORT.contains(letter) && folded.contains(*letter));
        let whole = word.len() < 3 && folded.contains(&word.iter().collect::<String>());
        short
            || whole
            || (word.len() > 2 && word.windows(2).any(|pair| folded.contains(&pair.iter().collect::<String>())))
    });
    named
        || GENERAL.iter().any(|(kind, called)| {
            kind.iter().any(|word| says(name, word))
                && called.iter().any(|word| folded.contains(&fold(word)) || plain.has(word))
        })
}

fn says(name: &str, word: &str) -> bool {
    if word.is_ascii() { has_word(name, word) } else { fold(name).contains(word) }
}

/// What is called by what it is: 스파게티 is 면, a sirloin is the meat.
const GENERAL: [(&[&str], &[&str]); 11] = [
    (&["닭"], &["닭"]),
    (&["스파게티", "파스타", "소면", "우동", "라면", "국수", "당면", "라멘", "쫄면"], &["면", "noodle", "pasta"]),
    (
        &["spaghetti", "pasta", "udon", "ramen", "ramyeon", "somyeon", "soba", "penne", "vermicelli", "linguine"],
        &["noodle", "pasta"],
    ),
    (&["소고기", "돼지", "삼겹", "등심", "안심", "목살", "닭", "다짐육", "양지", "차돌", "우삼겹", "갈비"], &["고기"]),
    (&["beef", "pork", "chicken", "sirloin", "brisket", "belly", "loin", "thigh", "rib"], &["meat"]),
    (&["고등어", "연어", "대구", "갈치", "참치", "광어", "도미", "삼치", "꽁치", "조기"], &["생선"]),
    (&["mackerel", "salmon", "cod", "tuna", "fillet", "snapper", "hairtail"], &["fish"]),
    (&["새우", "오징어", "바지락", "홍합", "낙지", "조개", "문어"], &["해물", "해산물"]),
    (&["shrimp", "prawn", "squid", "clam", "mussel", "octopus", "scallop"], &["seafood", "shellfish"]),
    (
        &["양파", "당근", "애호박", "양배추", "대파", "상추", "오이", "피망", "파프리카", "배추", "깻잎"],
        &["채소", "야채"],
    ),
    (
        &["onion", "carrot", "zucchini", "courgette", "cabbage", "lettuce", "cucumber", "pepper", "leek", "scallion"],
        &["vegetable"],
    ),
];

/// An amount that is missing, or out of all reason for one.
fn misjudged(line: &Ingredient) -> Option<Flaw> {
    let seasoning = is_seasoning(&line.name);
    match line.amount {
        Amount::ToTaste => (!seasoning).then(|| Flaw::Unmeasured(line.name.clone())),
        Amount::Measured(number, unit) => {
            let most = match unit {
                _ if is_salt(&line.name) => most_salt(unit),
                // Anchovies come by the dozen.
                Unit::Animal if ["닭", "오리", "chicken", "duck"].iter().any(|word| says(&line.name, word)) => 2,
                _ => most(unit, seasoning),
            };
            (number > most.into()).then(|| Flaw::TooMuch(line.name.clone()))
        }
    }
}

/// Salt itself, not what has some or none of it.
fn is_salt(name: &str) -> bool {
    let bare = without_brackets(name);
    let bare = bare.split(',').next().unwrap_or_default().trim();
    let english = bare.to_lowercase();
    fold(bare).ends_with("소금") || fold(bare).ends_with("천일염") || english == "salt" || english.ends_with(" salt")
}

/// The most for one serving. Water to boil noodles in is the most of anything.
fn most(unit: Unit, seasoning: bool) -> u32 {
    match unit {
        // Oil to fry in and sugar for a syrup are the most of any seasoning.
        Unit::Gram => {
            if seasoning {
                300
            } else {
                1_000
            }
        }
        Unit::Millilitre => 3_000,
        Unit::Tablespoon | Unit::Teaspoon | Unit::Cup => 12,
        Unit::Piece | Unit::Animal | Unit::Leaf | Unit::Clove => 30,
        Unit::Stalk | Unit::Sheet | Unit::Slice => 20,
        Unit::Handful | Unit::Pinch => 6,
        Unit::Bunch | Unit::Bowl | Unit::Can | Unit::Pack | Unit::Block => 3,
    }
}

fn most_salt(unit: Unit) -> u32 {
    match unit {
        Unit::Gram => 40,
        Unit::Tablespoon => 3,
        Unit::Teaspoon | Unit::Pinch => 6,
        // Nobody salts by the cup.
        _ => 0,
    }
}

/// Whether a text has an address or a mention in it.
pub fn leads_away(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["://", "www.", "t.me/", "discord.gg", "<@", "@everyone", "@here", "mailto:", "tel:"]
        .iter()
        .any(|sign| lower.contains(sign))
        || text.split_whitespace().any(has_domain)
}

/// `evil.ru`, `bit.ly/x`, `shop.co.kr`: chat programs make links of them by themselves. A sentence that goes on without a
/// space begins with a capital letter, and a number has digits behind its point.
fn has_domain(word: &str) -> bool {
    word.match_indices('.').any(|(at, _)| {
        let before = word[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
        let after: String = word[at + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        before && after.len() >= 2 && after.chars().all(|c| c.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::Locale,
        dish::{Names, Source},
        order::{Filters, Method},
    };

    fn line(name: &str, amount: &str) -> Ingredient {
        Ingredient { name: name.to_owned(), amount: Amount::parse(amount).expect("an amount") }
    }

    fn soup() -> Dish {
        Dish {
            names: Names { ko: "두붓국".to_owned(), en: "Tofu soup".to_owned() },
            locale: Locale::Ko,
            introduction: "맑고 순해요.".to_owned(),
            ingredients: vec![
                line("두부", "1/2 block"),
                line("쪽파", "2 stalk"),
                line("국간장", "1 tbsp"),
                line("후추", "to taste"),
            ],
            steps: vec!["두부를 썰어요.".to_owned(), "물에 끓이다가 송송 썬 파를 넣어요.".to_owned()],
            minutes: 15,
            kind: Filters::default(),
            allergens: Vec::new(),
            source: Source::Cookbook,
            loosened: Vec::new(),
            stands_in: None,
        }
    }

    fn flaws(change: impl FnOnce(&mut Dish)) -> Vec<Flaw> {
        let mut dish = soup();
        change(&mut dish);
        dish.review()
    }

    #[test]
    fn a_dish_that_can_be_cooked_has_no_flaw() {
        assert_eq!(soup().review(), []);
    }

    #[test]
    fn what_is_missing_or_too_long_is_named() {
        assert_eq!(flaws(|dish| dish.names.en.clear()), [Flaw::Missing("the English name")]);
        assert_eq!(flaws(|dish| dish.introduction = "맛".repeat(201)), [Flaw::TooLong("the introduction", 200)]);
        assert_eq!(flaws(|dish| dish.introduction = "👩‍🍳".repeat(200)), []);
        assert_eq!(flaws(|dish| dish.steps.truncate(1)).first(), Some(&Flaw::Count("steps", 1)));
        assert_eq!(flaws(|dish| dish.minutes = 0), [Flaw::Minutes]);
        assert_eq!(flaws(|dish| dish.steps.push(" ".to_owned())), [Flaw::Missing("a step")]);
    }

    #[test]
    fn of_more_lines_than_are_allowed_only_the_number_is_named() {
        let ingredients = flaws(|dish| dish.ingredients = vec![line("두부", "1/2 block"); 20_000]);
        assert_eq!(ingredients, [Flaw::Count("ingredients", 20_000)]);
        let steps = flaws(|dish| dish.steps = vec![String::new(); 31]);
        assert_eq!(steps, [Flaw::Count("steps", 31)]);
    }

    #[test]
    fn a_letter_with_marks_without_end_is_too_long() {
        let piled = |marks: usize| format!("두부{}", "\u{301}".repeat(marks));
        assert_eq!(flaws(|dish| dish.names.ko = piled(3_000)), [Flaw::TooLong("the Korean name", MOST_NAME)]);
        let named = flaws(|dish| dish.ingredients[0].name = piled(3_000));
        assert!(named.contains(&Flaw::TooLong("an ingredient's name", MOST_INGREDIENT)), "{named:?}");
        assert_eq!(flaws(|dish| dish.steps.push(piled(30))), []);
    }

    #[test]
    fn only_seasonings_are_to_taste_and_nothing_is_out_of_reason() {
        assert_eq!(flaws(|dish| dish.ingredients[0].amount = Amount::ToTaste), [Flaw::Unmeasured("두부".to_owned())]);
        for (name, amount) in [
            ("salt", "1 cup"),
            ("소금(천일염)", "300 g"),
            ("닭", "30 animal"),
            ("소금", "5000 g"),
            ("salt", "10 tbsp"),
            ("국간장", "40 tbsp"),
            ("두부", "9 block"),
        ] {
            let flaws = flaws(|dish| {
                dish.ingredients.push(line(name, amount));
                dish.steps.push("salt 닭".to_owned());
            });
            assert_eq!(flaws, [Flaw::TooMuch(name.to_owned())], "{amount}");
        }
    }

    #[test]
    fn what_has_salt_in_its_name_is_not_salt() {
        for name in ["low-salt chicken stock", "salt cod", "no-salt-added tomatoes"] {
            assert!(!is_salt(name), "{name}");
        }
        assert!(is_salt("sea salt") && is_salt("굵은 소금 (천일염)"));
    }

    #[test]
    fn addresses_are_seen_in_whatever_form() {
        for text in ["evil.ru 로", "bit.ly/x", "shop.co.kr", "tel:119", "x.io!"] {
            assert!(leads_away(text), "{text}");
        }
        for text in
            ["1.5 tbsp.", "Stir in the pan.Add salt.", "0.5cm 두께", "끓여요.그리고", "e.g. salt", "3.5g", "약 2.5분"]
        {
            assert!(!leads_away(text), "{text}");
        }
    }

    #[test]
    fn a_part_of_a_word_that_means_something_else_is_no_use() {
        for (name, step) in [("감자", "고기를 자르고 볶아요."), ("당근", "두 근을 달아요."), ("새우", "우유를 부어요.")]
        {
            assert!(!is_used(name, &fold(step), &Plain::of(step)), "{name}: {step}");
        }
        assert!(!is_used("chopped walnuts", "", &Plain::of("Add the chopped onion.")));
        assert!(is_used("chopped walnuts", "", &Plain::of("Scatter the walnuts.")));
    }

    #[test]
    fn a_main_ingredient_that_no_step_uses_is_named_and_a_seasoning_is_not() {
        let beef = flaws(|dish| dish.ingredients.push(line("소고기", "100 g")));
        assert_eq!(beef, [Flaw::Unused("소고기".to_owned())]);
        assert_eq!(flaws(|dish| dish.ingredients.push(line("참기름", "1 tsp"))), []);
        assert_eq!(
            flaws(|dish| {
                dish.ingredients.push(line("소고기", "100 g"));
                dish.steps.push("고기를 넣어요.".to_owned());
            }),
            []
        );
    }

    #[test]
    fn links_mentions_raw_pork_and_lines_that_stand_twice_are_flaws() {
        assert_eq!(flaws(|dish| dish.steps.push("http://a.b 를 봐요".to_owned())), [Flaw::Link]);
        assert_eq!(flaws(|dish| dish.steps.push("@everyone 두부".to_owned())), [Flaw::Link]);
        let raw = flaws(|dish| {
            dish.kind.method = Some(Method::Raw);
            dish.ingredients.push(line("닭가슴살", "100 g"));
            dish.steps.push("닭을 썰어요.".to_owned());
        });
        assert_eq!(raw, [Flaw::Dangerous]);
        assert_eq!(flaws(|dish| dish.ingredients.push(line("두부", "1/2 block"))), [Flaw::Twice("두부".to_owned())]);
    }
}
