//! Answers of models, whatever they wrote (see [`crate::fuzzing`]).

use std::time::Duration;

use super::{
    Reading, Request,
    call::{Answer, MOST_TEXT},
    sheet,
    wire::Chunk,
};
use crate::{
    chat::{Locale, searchable},
    dish::{Allergen, Avoided, AvoidedWord, Dish, Names, Servings, leads_away},
    order::Wanted,
};

/// What one of so many characters may take in bytes (`dish/review.rs`): marks piled up without end take more.
const MOST_OF_ONE: usize = 16;

/// An answer, or a stream of chunks where the first line is one.
pub(crate) fn answer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = if text.starts_with("data:") { streamed(&text) } else { text.into_owned() };
    for locale in Locale::ALL {
        let request = request(locale);
        glimpsed(&text, &request);
        let stopped = sheet::read(&text, true, &request);
        let unsaid = sheet::read(&text, false, &request);
        match &stopped {
            Reading::Dish(dish) => served(dish, &request),
            Reading::Declined => {}
            Reading::Complaints(complaints) => assert!(!complaints.is_empty(), "refused without a reason"),
        }
        assert!(
            !matches!(unsaid, Reading::Dish(_)) || unsaid == stopped,
            "what is whole is the same once it is said to be"
        );
    }
}

fn request(locale: Locale) -> Request {
    let words = AvoidedWord::parse("coriander").into_iter().collect();
    Request {
        wanted: Wanted::default(),
        locale,
        avoided: Avoided { allergens: [Allergen::Milk].into(), words },
        recent: vec![Names { ko: String::new(), en: "Kimchi stew".to_owned() }],
        favourites: Vec::new(),
        within_budget: true,
        time: Duration::from_secs(60),
        seed: 0,
    }
}

/// What the chunks of a stream say together, as far as they are read.
fn streamed(lines: &str) -> String {
    let mut answer = Answer::default();
    for line in lines.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(chunk) = serde_json::from_str::<Chunk>(line) else { break };
        if answer.take(&chunk).is_err() {
            break;
        }
        assert!(answer.text.len() <= MOST_TEXT, "an answer grew too long");
    }
    answer.text
}

fn glimpsed(text: &str, request: &Request) {
    let Some((names, introduction)) = sheet::glimpse(text, request) else { return };
    for (text, most) in
        [(&names.ko, 50), (&names.en, 50)].into_iter().chain(introduction.iter().map(|text| (text, 200)))
    {
        assert!((1..=most).contains(&text.chars().count()) && !leads_away(text), "shown early: {text:?}");
    }
}

/// What must hold of a dish that goes to a person.
fn served(dish: &Dish, request: &Request) {
    assert!(dish.review().is_empty() && request.avoided.found_in(dish).is_empty(), "{dish:?}");
    assert!(request.repeated(&dish.names).is_none(), "{dish:?}");
    let kept = serde_json::to_string(dish).map(|kept| serde_json::from_str::<Dish>(&kept).ok());
    assert_eq!(kept.ok().flatten().as_ref(), Some(dish), "it is not what was kept");
    let _ = dish.cautions();
    for servings in Servings::ALL {
        let (scaled, _) = dish.for_servings(servings);
        assert_eq!(scaled.ingredients.len(), dish.ingredients.len());
    }
    let lines = dish.ingredients.iter().map(|line| (&line.name, 40));
    let texts = lines.chain(dish.steps.iter().map(|step| (step, 500)));
    for (text, most) in texts.chain([(&dish.names.ko, 50), (&dish.names.en, 50), (&dish.introduction, 200)]) {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.len() <= most * MOST_OF_ONE, "{} bytes for {most} characters", text.len());
    }
    // It is found again by a line of its own.
    assert!(!searchable([dish.names.ko.as_str(), &dish.names.en]).contains('\n'));
}
