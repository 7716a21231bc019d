//! The data is correct and cookable as far as a program can tell, and the right dish is chosen.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::Ratio;
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::{dish::Unit, order::Wanted};

fn cookbook() -> Cookbook {
    Cookbook::load(Duration::ZERO).expect("the cookbook reads")
}

fn each(check: impl Fn(&Entry)) {
    cookbook().entries().iter().for_each(check);
}

fn korean(entry: &Entry) -> Vec<&str> {
    let texts = [entry.name.ko.as_str(), &entry.introduction.ko];
    let lines = entry.ingredients.iter().map(|line| line.ko.as_str());
    let rest = entry.steps.iter().map(|step| step.ko.as_str()).chain(entry.tags.ko.iter().map(String::as_str));
    texts.into_iter().chain(lines).chain(rest).collect()
}

fn english(entry: &Entry) -> Vec<&str> {
    let texts = [entry.name.en.as_str(), &entry.introduction.en];
    let lines = entry.ingredients.iter().map(|line| line.en.as_str());
    let rest = entry.steps.iter().map(|step| step.en.as_str()).chain(entry.tags.en.iter().map(String::as_str));
    texts.into_iter().chain(lines).chain(rest).collect()
}

#[test]
fn there_are_at_least_forty_dishes_each_with_names_of_its_own() {
    let cookbook = cookbook();
    assert!(cookbook.entries().len() >= 40);
    let unique = |name: fn(&Entry) -> String| cookbook.entries().iter().map(name).collect::<BTreeSet<_>>().len();
    for name in
        [|entry: &Entry| entry.id.clone(), |entry: &Entry| fold(&entry.name.ko), |entry: &Entry| fold(&entry.name.en)]
    {
        assert_eq!(unique(name), cookbook.entries().len());
    }
}

#[test]
fn every_value_of_every_filter_has_at_least_two_dishes() {
    let cookbook = cookbook();
    for line in Line::ALL {
        for value in line.values() {
            let mut filters = Filters::default();
            filters.set(line, Some(value.id));
            let found = cookbook.entries().iter().filter(|entry| fits(entry, &filters)).count();
            assert!(found >= 2, "{} has {found}", value.id);
        }
    }
}

#[test]
fn texts_are_complete_bounded_and_in_their_own_language() {
    each(|entry| {
        let id = &entry.id;
        for name in [&entry.name.ko, &entry.name.en] {
            assert!((1..=50).contains(&name.graphemes(true).count()), "{id}: {name}");
        }
        for introduction in [&entry.introduction.ko, &entry.introduction.en] {
            assert!((10..=200).contains(&introduction.graphemes(true).count()), "{id}: {introduction}");
        }
        assert!((3..=18).contains(&entry.ingredients.len()), "{id}");
        assert!((3..=10).contains(&entry.steps.len()), "{id}");
        assert!((3..=10).contains(&entry.tags.ko.len()) && (3..=10).contains(&entry.tags.en.len()), "{id}");
        assert!(!entry.themes.is_empty() && !entry.main_ingredients.is_empty() && !entry.methods.is_empty(), "{id}");
        let hangul = |text: &&str| text.chars().any(|c| ('가'..='힣').contains(&c));
        assert_eq!(english(entry).into_iter().find(hangul), None, "{id}");
        for text in korean(entry) {
            let latin = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
            let foreign: Vec<_> = latin.filter(|word| !["g", "ml", "cm"].contains(word)).collect();
            assert!(foreign.is_empty(), "{id}: {foreign:?} in {text}");
        }
        assert!(korean(entry).into_iter().chain(english(entry)).all(|text| crate::chat::clean(text) == text), "{id}");
    });
}

#[test]
fn times_are_honest_and_a_quick_meal_takes_twenty_minutes_at_most() {
    each(|entry| {
        assert!((5..=300).contains(&entry.minutes), "{}", entry.id);
        assert!(entry.minutes <= 20 || !entry.themes.contains(&Theme::Quick), "{}", entry.id);
    });
}

/// What may be "to taste".
const SEASONINGS: [&str; 7] = ["소금", "후추", "통깨", "검은깨", "연겨자", "화자오 가루", "식용유"];

#[test]
fn only_seasonings_are_to_taste() {
    each(|entry| {
        for line in entry.ingredients.iter().filter(|line| line.amount == Amount::ToTaste) {
            assert!(SEASONINGS.contains(&line.ko.as_str()), "{}: {}", entry.id, line.ko);
        }
    });
}

#[test]
fn amounts_are_those_of_one_person() {
    let most: BTreeMap<&str, u32> = [
        ("unit-gram", 500),
        ("unit-millilitre", 1_500),
        ("unit-tablespoon", 6),
        ("unit-teaspoon", 6),
        ("unit-cup", 3),
        ("unit-piece", 10),
        ("unit-clove", 10),
        ("unit-block", 1),
        ("unit-stalk", 4),
        ("unit-sheet", 10),
        ("unit-handful", 3),
        ("unit-slice", 8),
        ("unit-bunch", 1),
        ("unit-bowl", 1),
        ("unit-leaf", 12),
        ("unit-can", 1),
        ("unit-pack", 1),
        ("unit-animal", 15),
    ]
    .into();
    each(|entry| {
        for line in &entry.ingredients {
            if let Amount::Measured(number, unit) = line.amount {
                let limit = Ratio::from_integer(most[unit.key()]);
                assert!(number <= limit, "{}: {} {number} {unit:?}", entry.id, line.ko);
                assert!(unit != Unit::Gram || number >= Ratio::from_integer(1), "{}: {}", entry.id, line.ko);
            }
        }
    });
}

#[test]
fn every_main_ingredient_is_used_in_a_step() {
    each(|entry| {
        let steps: String = entry.steps.iter().map(|step| step.ko.as_str()).collect();
        for line in &entry.ingredients {
            let spooned =
                matches!(line.amount, Amount::Measured(_, Unit::Tablespoon | Unit::Teaspoon) | Amount::ToTaste);
            let word = line.ko.split(' ').next_back().expect("a word");
            assert!(spooned || steps.contains(word), "{}: {} is in no step", entry.id, line.ko);
        }
    });
}

/// Words that show what a dish contains, hidden sources among them.
const TELLTALES: &[(&str, &[Allergen])] = &[
    ("간장", &[Allergen::Wheat, Allergen::Soy]),
    ("된장", &[Allergen::Soy]),
    ("고추장", &[Allergen::Wheat, Allergen::Soy]),
    ("두부", &[Allergen::Soy]),
    ("콩나물", &[Allergen::Soy]),
    ("참기름", &[Allergen::Sesame]),
    ("통깨", &[Allergen::Sesame]),
    ("달걀", &[Allergen::Egg]),
    ("우유", &[Allergen::Milk]),
    ("버터", &[Allergen::Milk]),
    ("치즈", &[Allergen::Milk]),
    ("생크림", &[Allergen::Milk]),
    ("새우", &[Allergen::Crustaceans]),
    ("오징어", &[Allergen::Molluscs]),
    ("바지락", &[Allergen::Molluscs]),
    ("굴소스", &[Allergen::Molluscs, Allergen::Wheat, Allergen::Soy]),
    ("멸치", &[Allergen::Fish]),
    ("김치", &[Allergen::Fish, Allergen::Crustaceans]),
    ("어묵", &[Allergen::Wheat, Allergen::Fish]),
    ("돼지", &[Allergen::Pork]),
    ("소고기", &[Allergen::Beef]),
    ("닭", &[Allergen::Chicken]),
    ("밀가루", &[Allergen::Wheat]),
    ("빵", &[Allergen::Wheat]),
    ("소면", &[Allergen::Wheat]),
    ("스파게티", &[Allergen::Wheat]),
    ("우동", &[Allergen::Wheat]),
    ("토마토", &[Allergen::Tomato]),
];

#[test]
fn allergens_are_complete_as_far_as_ingredients_show_them() {
    each(|entry| {
        for line in &entry.ingredients {
            for (word, allergens) in TELLTALES.iter().filter(|(word, _)| line.ko.contains(word)) {
                for allergen in *allergens {
                    assert!(
                        entry.allergens.contains(allergen),
                        "{}: {word} in {} and no {allergen:?}",
                        entry.id,
                        line.ko
                    );
                }
            }
        }
        let mut unique = entry.allergens.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), entry.allergens.len(), "{}", entry.id);
    });
}

fn request(filters: Filters, wish: &str) -> Request {
    let wanted = Wanted { filters, wish: Wish::parse(wish).ok() };
    Request { wanted, locale: Locale::Ko, recent: Vec::new(), seed: 1 }
}

fn all_filters() -> Vec<Filters> {
    let mut all = vec![Filters::default()];
    for line in Line::ALL {
        let values = line.values();
        all = all
            .into_iter()
            .flat_map(|filters| {
                std::iter::once(None).chain(values.iter().map(Some)).map(move |value| {
                    let mut filters = filters;
                    filters.set(line, value.map(|value| value.id));
                    filters
                })
            })
            .collect();
    }
    all
}

#[test]
fn every_choice_of_filters_gives_a_dish_that_says_what_it_does_not_keep_to() {
    let cookbook = cookbook();
    let all = all_filters();
    assert_eq!(all.len(), 4 * 9 * 5 * 8 * 8);
    for filters in all {
        let (entry, loosened) = cookbook.choose(&request(filters, "")).expect("a dish");
        let exact = cookbook.entries().iter().any(|entry| fits(entry, &filters));
        assert_eq!(exact, loosened.is_empty(), "{filters:?}");
        let mut kept = filters;
        for line in &loosened {
            kept.set(*line, None);
        }
        assert!(fits(entry, &kept), "{filters:?}");
        // What is given up is a beginning of the stated order, as far as it was set.
        let set: Vec<Line> = LOOSENING.into_iter().filter(|line| filters.get(*line).is_some()).collect();
        assert_eq!(loosened, set[..loosened.len()], "{filters:?}");
    }
}

#[test]
fn a_wish_is_matched_against_names_ingredients_and_tags() {
    let cookbook = cookbook();
    for (wish, expected) in [("김치찌개", "kimchi-jjigae"), ("kimchi stew", "kimchi-jjigae"), ("pasta", "pasta")] {
        let (entry, loosened) = cookbook.choose(&request(Filters::default(), wish)).expect("a dish");
        assert!(entry.id.contains(expected), "{wish}: {}", entry.id);
        assert!(loosened.is_empty());
    }
    let (entry, _) = cookbook.choose(&request(Filters::default(), "고등어")).expect("a dish");
    assert!(entry.ingredients.iter().any(|line| line.ko.contains("고등어")));
}

#[test]
fn what_a_wish_does_not_want_counts_against_a_dish() {
    let cookbook = cookbook();
    for wish in ["안 매운 국물", "not spicy soup"] {
        for seed in 0..20 {
            let request = Request { seed, ..request(Filters::default(), wish) };
            let (entry, _) = cookbook.choose(&request).expect("a dish");
            let hot = entry.tags.ko.iter().any(|tag| tag == "매운" || tag == "얼큰");
            assert!(!hot, "{wish}: {}", entry.id);
        }
    }
}

#[test]
fn a_wish_that_nothing_meets_is_said_to_be_unmet() {
    let (_, loosened) = cookbook().choose(&request(Filters::default(), "우주선")).expect("a dish");
    assert_eq!(loosened, [Line::Wish]);
}

#[test]
fn no_dish_comes_again_within_the_last_twenty() {
    let cookbook = cookbook();
    for filters in [Filters::default(), Filters { cuisine: Some(Cuisine::Chinese), ..Filters::default() }] {
        let mut served: Vec<String> = Vec::new();
        for seed in 0..100 {
            let recent: Vec<String> = served.iter().rev().take(20).cloned().collect();
            let request = Request { recent: recent.clone(), seed, ..request(filters, "") };
            let (entry, _) = cookbook.choose(&request).expect("a dish");
            assert!(!recent.contains(&entry.name.ko), "{}", entry.id);
            served.push(entry.name.ko.clone());
        }
    }
}

#[test]
fn when_everything_was_served_lately_the_one_longest_ago_comes() {
    let cookbook = cookbook();
    let recent: Vec<String> = cookbook.entries().iter().map(|entry| entry.name.ko.clone()).collect();
    let request = Request { recent: recent.clone(), ..request(Filters::default(), "") };
    let (entry, _) = cookbook.choose(&request).expect("a dish");
    assert_eq!(Some(&entry.name.ko), recent.last());
}

#[test]
fn the_same_seed_chooses_the_same_and_others_vary() {
    let cookbook = cookbook();
    let chosen = |seed| {
        let request = Request { seed, ..request(Filters::default(), "") };
        cookbook.choose(&request).expect("a dish").0.id.clone()
    };
    assert_eq!(chosen(7), chosen(7));
    assert!((0..50).map(chosen).collect::<BTreeSet<_>>().len() > 15);
}
