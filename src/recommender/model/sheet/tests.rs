use proptest::prelude::*;

use super::*;
use crate::{dish::Flaw, recommender::model::tests::request};

/// Answers as models have written them, and worse: a heading, then the answer.
const CORPUS: &str = include_str!("corpus.txt");

fn answers() -> impl Iterator<Item = (&'static str, &'static str)> {
    CORPUS.split("=== ").skip(1).map(|section| section.split_once('\n').expect("a heading"))
}

fn good() -> &'static str {
    answers().next().expect("the first").1.trim()
}

fn dish_of(text: &str) -> Dish {
    match read(text, true, &request()) {
        Reading::Dish(dish) => *dish,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_answer_of_the_corpus_is_read_as_it_was_reviewed() {
    let said = answers().map(|(about, text)| {
        let reading = match read(text, true, &request()) {
            Reading::Dish(dish) if *dish == dish_of(good()) => "the dish".to_owned(),
            Reading::Dish(dish) => format!("a dish: {}, {} steps", dish.name(), dish.steps.len()),
            Reading::Declined => "declined".to_owned(),
            Reading::Complaints(complaints) => complaints.join("\n    "),
        };
        format!("{about}\n    {reading}\n")
    });
    insta::assert_snapshot!(said.collect::<String>());
    assert!(answers().count() > 50);
}

#[test]
fn what_is_shown_early_is_whole_and_checked() {
    let glimpse =
        |text: &str| glimpse(text, &request()).map(|(names, introduction)| (names.ko, introduction.is_some()));
    let text = good();
    let (name, introduction) = (text.find("\"introduction\"").expect("it"), text.find("\"minutes\"").expect("it"));
    assert_eq!(glimpse(&text[..name - 10]), None);
    assert_eq!(glimpse(&text[..name]), Some(("두부 버섯전골".to_owned(), false)));
    assert_eq!(glimpse(&text[..introduction]), Some(("두부 버섯전골".to_owned(), true)));
    assert_eq!(glimpse(&text.replace("두부 버섯전골", "http://x")), None);
    assert_eq!(glimpse(&text.replace("두부 버섯전골", &"밥".repeat(51))), None);
    let dish = dish_of(text);
    let again = Request { recent: vec![dish.names.clone()], ..request() };
    assert_eq!(super::glimpse(text, &again), None);
    let mut avoided = request();
    avoided.avoided.words.push(crate::dish::AvoidedWord::parse("버섯").expect("a word"));
    assert_eq!(super::glimpse(text, &avoided), None, "a name with what is not eaten is not shown either");
}

#[test]
fn minutes_are_read_as_they_are_said() {
    for (text, expected) in [
        ("25", 25),
        ("25.0", 25),
        ("25 minutes", 25),
        ("약 25분", 25),
        ("1시간 20분", 80),
        ("1 hour 5 min", 65),
        ("2 hours", 120),
        ("soon", 0),
        ("99999999999", u32::MAX),
    ] {
        assert_eq!(minutes(text), expected, "{text}");
    }
}

#[test]
fn a_list_that_may_have_gone_on_is_not_taken_for_whole() {
    let text = good().replace("끓여요.\"]}", "끓여요.\", \"맛있게 드세요.\"]}");
    let cut = &text[..=text.find(", \"맛있게").expect("a step")];
    assert!(matches!(read(cut, false, &request()), Reading::Complaints(_)));
    assert!(matches!(read(cut, true, &request()), Reading::Dish(_)), "it said that it was done");
}

#[test]
fn a_good_answer_has_no_flaw() {
    assert_eq!(dish_of(good()).review(), Vec::<Flaw>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_that_breaks_off_anywhere_is_the_dish_or_none(at in any::<prop::sample::Index>()) {
        let text = good();
        let cut: String = text.chars().take(at.index(text.chars().count() + 1)).collect();
        match read(&cut, false, &request()) {
            Reading::Dish(dish) => prop_assert_eq!(*dish, dish_of(text)),
            Reading::Declined => prop_assert!(false, "declined"),
            Reading::Complaints(complaints) => prop_assert!(!complaints.is_empty()),
        }
        let _ = glimpse(&cut, &request());
    }

    #[test]
    fn an_answer_with_anything_changed_makes_nothing_panic(at in any::<prop::sample::Index>(), with in "\\PC{0,3}") {
        let mut letters: Vec<char> = good().chars().collect();
        let at = at.index(letters.len());
        letters.splice(at..=at, with.chars());
        let text: String = letters.into_iter().collect();
        if let Reading::Dish(dish) = read(&text, true, &request()) {
            prop_assert_eq!(dish.review(), Vec::<Flaw>::new());
        }
        let _ = glimpse(&text, &request());
    }
}
