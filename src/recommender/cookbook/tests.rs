use std::{collections::HashSet, sync::LazyLock};

use num_rational::Ratio;
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::{
    dish::{Unit, brought_by},
    order::Wanted,
};

static COOKBOOK: LazyLock<Cookbook> = LazyLock::new(|| Cookbook::load(Duration::ZERO).expect("the cookbook reads"));

/// How many dishes may not come again.
const MEMORY: usize = 20;

/// What may be left to taste: it seasons, decorates or greases.
const SEASONINGS: [&str; 7] = ["소금", "후추", "통깨", "검은깨", "연겨자", "화자오 가루", "식용유"];

/// What may stand in Korean texts in Latin letters.
const LATIN: [&str; 4] = ["g", "ml", "cm", "L"];

/// No more than this makes sense for one person.
fn most(unit: Unit) -> u32 {
    match unit {
        Unit::Millilitre => 1500,
        Unit::Gram => 500,
        Unit::Animal => 12,
        Unit::Piece | Unit::Clove | Unit::Leaf => 10,
        Unit::Stalk | Unit::Slice | Unit::Tablespoon | Unit::Teaspoon => 4,
        Unit::Cup | Unit::Handful | Unit::Sheet | Unit::Pinch => 2,
        Unit::Block | Unit::Bunch | Unit::Bowl | Unit::Can | Unit::Pack => 1,
    }
}

fn entries() -> &'static [Entry] {
    COOKBOOK.entries()
}

/// Every line of ingredients with its dish.
fn lines() -> impl Iterator<Item = (&'static Entry, &'static Measured)> {
    entries().iter().flat_map(|entry| entry.ingredients.iter().map(move |line| (entry, line)))
}

fn in_steps(entry: &Entry, locale: Locale, word: &str) -> bool {
    entry.steps.iter().any(|step| step.get(locale).to_lowercase().contains(word))
}

/// Everything that a dish says in one language.
fn texts(entry: &Entry, locale: Locale) -> Vec<&str> {
    let (tags, ingredients): (_, Vec<&String>) = match locale {
        Locale::Ko => (&entry.tags.ko, entry.ingredients.iter().map(|line| &line.ko).collect()),
        Locale::En => (&entry.tags.en, entry.ingredients.iter().map(|line| &line.en).collect()),
    };
    [entry.name.get(locale), entry.introduction.get(locale)]
        .into_iter()
        .chain(tags.iter().map(String::as_str))
        .chain(ingredients.into_iter().map(String::as_str))
        .chain(entry.steps.iter().map(|step| step.get(locale)))
        .collect()
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}')
}

/// Shows all that breaks a rule at once.
fn assert_none(broken: impl Iterator<Item = String>) {
    let broken: Vec<String> = broken.collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn assert_all(rule: impl Fn(&Entry) -> bool) {
    assert_none(entries().iter().filter(|entry| !rule(entry)).map(|entry| entry.id.clone()));
}

fn request(wanted: Wanted) -> Request {
    Request { wanted, ..crate::recommender::model::tests::request() }
}

fn filtered(filters: Filters) -> Request {
    request(Wanted { filters, wish: None })
}

fn wishing(text: &str) -> Request {
    request(Wanted { filters: Filters::default(), wish: Some(Wish::parse(text).expect("a wish")) })
}

/// What comes for a request with each of some seeds.
fn with_seeds(request: &Request) -> Vec<(&'static Entry, Vec<Line>)> {
    let seeded = |seed| COOKBOOK.choose(&Request { seed, ..request.clone() }).expect("a dish");
    (0..20).map(seeded).collect()
}

/// Every way to set the five lines.
fn every_combination() -> Vec<Filters> {
    Line::ALL.into_iter().fold(vec![Filters::default()], |combinations, line| {
        let ids: Vec<Option<&str>> =
            std::iter::once(None).chain(line.values().iter().map(|value| Some(value.id))).collect();
        let with = |filters: Filters, id: Option<&str>| {
            let mut filters = filters;
            filters.set(line, id);
            filters
        };
        combinations.into_iter().flat_map(|filters| ids.iter().map(move |id| with(filters, *id))).collect()
    })
}

fn has(entry: &Entry, line: Line, id: &str) -> bool {
    match line {
        Line::Difficulty => entry.difficulty.value().id == id,
        Line::Theme => entry.themes.iter().any(|theme| theme.value().id == id),
        Line::Cuisine => entry.cuisine.value().id == id,
        Line::MainIngredient => entry.main_ingredients.iter().any(|main| main.value().id == id),
        Line::Method => entry.methods.iter().any(|method| method.value().id == id),
        Line::Wish => true,
    }
}

/// Whether a dish keeps to every line that is set.
fn suits(entry: &Entry, filters: &Filters) -> bool {
    Line::ALL.into_iter().all(|line| filters.get(line).is_none_or(|value| has(entry, line, value.id)))
}

fn anything_suits(filters: &Filters) -> bool {
    entries().iter().any(|entry| suits(entry, filters))
}

#[test]
fn there_are_at_least_a_hundred_and_fifty_dishes() {
    assert!(entries().len() >= 150, "{}", entries().len());
}

#[test]
fn no_two_dishes_share_an_id_or_a_name() {
    let of = |what: fn(&Entry) -> &str| entries().iter().map(what).collect::<HashSet<_>>().len();
    let all = entries().len();
    assert_eq!([of(|entry| &entry.id), of(|entry| &entry.name.ko), of(|entry| &entry.name.en)], [all; 3]);
    assert_all(|entry| entry.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
}

#[test]
fn names_have_at_most_50_characters_and_introductions_200() {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.graphemes(true).count());
    assert_all(|entry| {
        let fits_in = |locale| fits(entry.name.get(locale), 50) && fits(entry.introduction.get(locale), 200);
        Locale::ALL.into_iter().all(fits_in)
    });
}

#[test]
fn english_texts_have_no_hangul() {
    let texts = entries().iter().flat_map(|entry| texts(entry, Locale::En));
    assert_none(texts.filter(|text| text.contains(is_hangul)).map(str::to_owned));
}

#[test]
fn korean_texts_have_no_foreign_letters_but_units() {
    let is_foreign = |c: char| c.is_alphabetic() && !is_hangul(c);
    let texts = entries().iter().flat_map(|entry| texts(entry, Locale::Ko));
    let strange = |text: &&str| {
        let mut words = text.split(|c: char| !is_foreign(c)).filter(|word| !word.is_empty());
        !words.all(|word| LATIN.contains(&word))
    };
    assert_none(texts.filter(strange).map(str::to_owned));
}

#[test]
fn every_value_of_every_line_has_at_least_eight_dishes() {
    let values = Line::ALL.into_iter().flat_map(|line| line.values().iter().map(move |value| (line, value.id)));
    let rare = values.filter(|(line, id)| entries().iter().filter(|entry| has(entry, *line, id)).count() < 8);
    assert_none(rare.map(|(line, id)| format!("{line:?} {id}")));
}

/// How many dishes there are for each value, as the table in `cookbook/README.md`.
fn coverage() -> String {
    let row = |(line, value): (Line, &crate::order::Value)| {
        let count = entries().iter().filter(|entry| has(entry, line, value.id)).count();
        let label = |locale| crate::i18n::word(locale, value.label);
        format!(
            "| {} | {} ({}) | {count} |",
            crate::i18n::word(Locale::En, line.label()),
            label(Locale::Ko),
            label(Locale::En)
        )
    };
    let values = Line::ALL.into_iter().flat_map(|line| line.values().iter().map(move |value| (line, value)));
    let rows: Vec<String> = values.map(row).collect();
    format!("| choice | value | dishes |\n|---|---|---|\n{}\n", rows.join("\n"))
}

#[test]
fn the_coverage_table_beside_the_dishes_is_true() {
    let readme = include_str!("../../../cookbook/README.md");
    assert!(readme.contains(&coverage()), "the table should be:\n\n{}", coverage());
    assert!(readme.contains(&format!("{} dishes", entries().len())), "there are {} dishes", entries().len());
}

#[test]
fn every_dish_has_a_theme_a_main_ingredient_a_method_and_tags() {
    assert_all(|entry| !entry.themes.is_empty() && !entry.main_ingredients.is_empty() && !entry.methods.is_empty());
    assert_all(|entry| [&entry.tags.ko, &entry.tags.en].iter().all(|tags| (4..=8).contains(&tags.len())));
}

#[test]
fn only_seasonings_are_left_to_taste() {
    let tasted = lines().filter(|(_, line)| line.amount == Amount::ToTaste);
    let strange = tasted.filter(|(_, line)| !SEASONINGS.contains(&line.ko.as_str()));
    assert_none(strange.map(|(entry, line)| format!("{}: {}", entry.id, line.ko)));
}

#[test]
fn what_is_measured_is_used_in_a_step_by_the_last_word_of_its_korean_name() {
    let measured = lines().filter(|(_, line)| line.amount != Amount::ToTaste);
    let last = |name: &str| name.rsplit(' ').next().unwrap_or_default().to_owned();
    let unused = measured.filter(|(entry, line)| !in_steps(entry, Locale::Ko, &last(&line.ko)));
    assert_none(unused.map(|(entry, line)| format!("{}: {}", entry.id, line.ko)));
}

#[test]
fn what_is_measured_is_used_in_a_step_by_a_word_of_its_english_name() {
    let measured = lines().filter(|(_, line)| line.amount != Amount::ToTaste);
    let is_used = |entry: &Entry, name: &str| {
        let name = name.to_lowercase();
        let mut words = name.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() >= 3);
        words.any(|word| in_steps(entry, Locale::En, word.trim_end_matches('s')))
    };
    let unused = measured.filter(|(entry, line)| !is_used(entry, &line.en));
    assert_none(unused.map(|(entry, line)| format!("{}: {}", entry.id, line.en)));
}

#[test]
fn a_dish_has_3_to_18_ingredients_and_3_to_10_steps() {
    assert_all(|entry| (3..=18).contains(&entry.ingredients.len()) && (3..=10).contains(&entry.steps.len()));
}

#[test]
fn a_dish_takes_5_to_300_minutes_and_a_quick_one_at_most_20() {
    assert_all(|entry| (5..=300).contains(&entry.minutes));
    assert_all(|entry| entry.minutes <= 20 || !entry.themes.contains(&Theme::Quick));
}

#[test]
fn amounts_are_for_one_person() {
    let too_much = lines().filter(
        |(_, line)| matches!(line.amount, Amount::Measured(number, unit) if number > Ratio::from_integer(most(unit))),
    );
    assert_none(too_much.map(|(entry, line)| format!("{}: {} {:?}", entry.id, line.ko, line.amount)));
}

#[test]
fn a_dish_names_the_allergens_that_its_ingredients_bring_and_no_others() {
    let brought = |entry: &Entry| -> BTreeSet<Allergen> {
        entry.ingredients.iter().flat_map(|line| [&line.ko, &line.en]).flat_map(|name| brought_by(name)).collect()
    };
    let wrong = entries().iter().filter(|entry| brought(entry) != entry.allergens.iter().copied().collect());
    assert_none(wrong.map(|entry| format!("{}: {:?} brought, {:?} named", entry.id, brought(entry), entry.allergens)));
}

#[test]
fn both_names_of_an_ingredient_bring_the_same_allergens() {
    let different = lines().filter(|(_, line)| brought_by(&line.ko) != brought_by(&line.en));
    assert_none(different.map(|(entry, line)| {
        format!("{}: {} brings {:?}, {} {:?}", entry.id, line.ko, brought_by(&line.ko), line.en, brought_by(&line.en))
    }));
}

/// A name as it is compared with others: without what only praises, spelled in one way.
fn plain(name: &str) -> String {
    const SPELLINGS: [(&str, &str); 8] = [
        ("계란", "달걀"),
        ("쇠고기", "소고기"),
        ("찌게", "찌개"),
        ("돈까스", "돈가스"),
        ("육계장", "육개장"),
        ("오뎅", "어묵"),
        ("자장", "짜장"),
        ("떡볶기", "떡볶이"),
    ];
    const PRAISE: [&str; 7] = ["매콤한", "맛있는", "얼큰한", "간단", "수제", "정통", "요리"];
    let name = SPELLINGS.iter().fold(fold(name), |name, (variant, usual)| name.replace(variant, usual));
    PRAISE.iter().fold(name, |name, word| name.replace(word, ""))
}

#[test]
fn no_dish_comes_twice_under_a_variant_of_its_name() {
    assert_eq!(plain("매콤한 계란 찌게"), "달걀찌개");
    let names: HashSet<String> = entries().iter().map(|entry| plain(&entry.name.ko)).collect();
    assert_eq!(names.len(), entries().len());
    // In English a variant is the same words in another order.
    let words = |name: &str| {
        let mut words: Vec<String> = name.to_lowercase().split_whitespace().map(str::to_owned).collect();
        words.sort();
        words
    };
    let names: HashSet<Vec<String>> = entries().iter().map(|entry| words(&entry.name.en)).collect();
    assert_eq!(names.len(), entries().len());
}

#[test]
fn nothing_that_is_not_eaten_is_ever_chosen() {
    for allergen in Allergen::ALL {
        let avoided = Avoided { allergens: [*allergen].into(), ..Avoided::default() };
        let request = Request { avoided: avoided.clone(), ..request(Wanted::default()) };
        for (entry, _) in with_seeds(&request) {
            for locale in Locale::ALL {
                assert_eq!(avoided.found_in(&entry.dish(locale, Vec::new())), [], "{allergen:?}: {}", entry.id);
            }
        }
    }
}

#[test]
fn the_profile_beats_the_filter_and_the_dish_says_so() {
    let avoided = Avoided { allergens: [Allergen::Beef].into(), ..Avoided::default() };
    let filters = Filters { main_ingredient: Some(MainIngredient::Beef), ..Filters::default() };
    for (entry, loosened) in with_seeds(&Request { avoided, ..filtered(filters) }) {
        assert!(!entry.main_ingredients.contains(&MainIngredient::Beef), "{}", entry.id);
        assert_eq!(loosened, [Line::MainIngredient], "{}", entry.id);
    }
}

#[test]
fn where_nothing_is_eaten_there_is_no_dish() {
    let avoided = Avoided { allergens: Allergen::ALL.iter().copied().collect(), ..Avoided::default() };
    let words =
        ["물", "소금", "고구마", "과일", "설탕"].map(|word| crate::dish::AvoidedWord::parse(word).expect("a word"));
    let avoided = Avoided { words: words.to_vec(), ..avoided };
    assert!(COOKBOOK.choose(&Request { avoided, ..request(Wanted::default()) }).is_none());
}

#[test]
fn no_allergen_is_named_twice() {
    assert_all(|entry| entry.allergens.iter().collect::<HashSet<_>>().len() == entry.allergens.len());
}

#[test]
fn every_combination_of_filters_gives_a_dish_whatever_was_served() {
    let served: Vec<Names> = entries().iter().map(|entry| entry.name.clone()).collect();
    for filters in every_combination() {
        assert!(COOKBOOK.choose(&filtered(filters)).is_some(), "{filters:?}");
    }
    let rare = Filters { theme: Some(Theme::Regional), method: Some(Method::Raw), ..Filters::default() };
    for filters in [Filters::default(), rare] {
        assert!(COOKBOOK.choose(&Request { recent: served.clone(), ..filtered(filters) }).is_some(), "{filters:?}");
    }
}

#[test]
fn what_fits_every_filter_is_served_where_there_is_such_a_dish() {
    for filters in every_combination().into_iter().filter(anything_suits) {
        let (entry, loosened) = COOKBOOK.choose(&filtered(filters)).expect("a dish");
        assert!(suits(entry, &filters) && loosened.is_empty(), "{filters:?}: {} {loosened:?}", entry.id);
    }
}

#[test]
fn filters_are_given_up_in_the_stated_order_and_named() {
    for filters in every_combination() {
        let mut order = [Line::Difficulty, Line::Theme, Line::Method, Line::MainIngredient, Line::Cuisine].into_iter();
        let (mut left, mut given_up) = (filters, Vec::new());
        while !anything_suits(&left) {
            let line = order.find(|line| left.get(*line).is_some()).expect("without filters everything suits");
            left.set(line, None);
            given_up.push(line);
        }
        let (entry, loosened) = COOKBOOK.choose(&filtered(filters)).expect("a dish");
        assert!(suits(entry, &left), "{filters:?}: {}", entry.id);
        assert_eq!(loosened, given_up, "{filters:?}: {}", entry.id);
    }
}

#[test]
fn the_method_is_given_up_before_the_cuisine() {
    let filters = Filters { cuisine: Some(Cuisine::Chinese), method: Some(Method::Raw), ..Filters::default() };
    for (entry, loosened) in with_seeds(&filtered(filters)) {
        assert_eq!((entry.cuisine, loosened), (Cuisine::Chinese, vec![Line::Method]), "{}", entry.id);
    }
}

#[test]
fn a_wish_finds_a_dish_that_has_what_it_names() {
    for (text, locale) in [
        ("김치", Locale::Ko),
        ("토마토", Locale::Ko),
        ("kimchi", Locale::En),
        ("prawn", Locale::En),
        ("Mushroom", Locale::En),
    ] {
        for (entry, loosened) in with_seeds(&wishing(text)) {
            let texts = texts(entry, locale);
            assert!(texts.iter().any(|known| fold(known).contains(&fold(text))), "{text}: {}", entry.id);
            assert!(loosened.is_empty(), "{text}: {}", entry.id);
        }
    }
}

#[test]
fn a_wish_for_a_dish_by_its_korean_name_finds_that_dish() {
    for entry in entries() {
        let (found, _) = COOKBOOK.choose(&wishing(&entry.name.ko)).expect("a dish");
        assert_eq!(found.id, entry.id, "{}", entry.name.ko);
    }
}

#[test]
fn a_wish_without_something_finds_a_dish_that_has_none_of_it() {
    for text in ["김치 없이", "김치 빼고", "no kimchi", "without kimchi"] {
        for (entry, _) in with_seeds(&wishing(text)) {
            let [ko, en] = Locale::ALL.map(|locale| texts(entry, locale).join(" ").to_lowercase());
            assert!(!ko.contains("김치") && !en.contains("kimchi"), "{text}: {}", entry.id);
        }
    }
}

#[test]
fn a_wish_that_nothing_has_is_named_as_not_kept() {
    for (_, loosened) in with_seeds(&wishing("zzzz")) {
        assert_eq!(loosened, [Line::Wish]);
    }
}

#[test]
fn a_wish_does_not_overrule_a_filter() {
    let filters = Filters { cuisine: Some(Cuisine::Western), ..Filters::default() };
    let wanted = Wanted { filters, ..wishing("김치").wanted };
    for (entry, _) in with_seeds(&request(wanted)) {
        assert_eq!(entry.cuisine, Cuisine::Western, "{}", entry.id);
    }
}

#[test]
fn no_dish_comes_again_among_the_twenty_after_it_while_others_fit() {
    let mut served: Vec<Names> = Vec::new();
    for seed in 0..60 {
        let recent = served.iter().rev().take(MEMORY).cloned().collect();
        let request = Request { recent, seed, ..request(Wanted::default()) };
        let (entry, loosened) = COOKBOOK.choose(&request).expect("a dish");
        assert!(loosened.is_empty());
        served.push(entry.name.clone());
    }
    for window in served.windows(MEMORY + 1) {
        let names: HashSet<&str> = window.iter().map(|names| names.ko.as_str()).collect();
        assert_eq!(names.len(), window.len(), "{window:?}");
    }
}

#[test]
fn when_everything_was_served_lately_the_one_longest_ago_comes() {
    for start in [0, 7, 31] {
        let mut names: Vec<Names> = entries().iter().map(|entry| entry.name.clone()).collect();
        names.rotate_left(start);
        let side = Filters { theme: Some(Theme::Side), ..Filters::default() };
        for filters in [Filters::default(), side] {
            let is_side = |name: &&Names| entries().iter().any(|entry| entry.name == **name && suits(entry, &filters));
            let longest_ago = names.iter().rev().find(is_side).expect("a dish");
            let request = Request { recent: names.clone(), ..filtered(filters) };
            let (entry, loosened) = COOKBOOK.choose(&request).expect("a dish");
            assert_eq!((&entry.name, loosened), (longest_ago, Vec::new()));
        }
    }
}

#[test]
fn the_same_seed_chooses_the_same() {
    for request in [request(Wanted::default()), wishing("국물")] {
        let ids = || with_seeds(&request).into_iter().map(|(entry, _)| entry.id.as_str()).collect::<Vec<_>>();
        assert_eq!(ids(), ids());
    }
}

#[test]
fn fifty_seeds_choose_more_than_five_dishes() {
    let chosen = |seed| COOKBOOK.choose(&Request { seed, ..request(Wanted::default()) }).expect("a dish").0;
    let ids: HashSet<&str> = (0..50).map(|seed| chosen(seed).id.as_str()).collect();
    assert!(ids.len() > 5, "{ids:?}");
}

#[test]
fn every_dish_passes_the_review_that_a_model_has_to_pass() {
    let each = entries().iter().flat_map(|entry| Locale::ALL.map(|locale| (entry, locale)));
    let flaws = each.map(|(entry, locale)| (&entry.id, entry.dish(locale, Vec::new()).review()));
    assert_eq!(flaws.filter(|(_, flaws)| !flaws.is_empty()).collect::<Vec<_>>(), []);
}
