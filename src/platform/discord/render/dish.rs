//! A dish as boxes: its name, what it is and its picture; then ingredients, steps and what to know.

use super::first_apart;
use crate::{
    chat::{Locale, Phrase, ServedDish},
    i18n,
    platform::discord::text::{
        Embed, MOST_DESCRIPTION, MOST_TITLE, Piece, begin, bold, italic, link, parts, plain, say, units, word,
    },
};

/// The most that a photo's credit says.
const MOST_CREDIT: usize = 300;

pub(super) fn boxes(locale: Locale, served: &ServedDish) -> Vec<(Embed, Vec<Piece>)> {
    // A name that does not fit into a title goes on below.
    let name = served.dish.name();
    let whole = (units(name) > MOST_TITLE / 2 - 1).then(|| bold(name));
    let head = whole.map(Piece::below).into_iter().chain(head(locale, served)).collect();
    vec![(Embed::titled(name), head), (Embed::default(), body(locale, served))]
}

/// Introduction, facts, and where the photo comes from.
fn head(locale: Locale, served: &ServedDish) -> Vec<Piece> {
    let facts: Vec<String> = served.in_short().iter().map(|fact| word(locale, fact)).collect();
    let mut pieces: Vec<Piece> =
        parts(&served.dish.introduction, MOST_DESCRIPTION / 2).into_iter().map(Piece::below).collect();
    pieces.push(Piece::apart(italic(&facts.join(" · "))));
    if let (Some(credit), Some(line)) = (&served.credit, served.credit_line()) {
        let line = begin(&word(locale, &line), MOST_CREDIT);
        let page = credit.page.as_deref().filter(|page| units(page) <= MOST_CREDIT);
        pieces.push(Piece::below(page.map_or_else(|| plain(&line), |page| link(&line, page))));
    }
    pieces.extend(served.loosened().map(|phrase| Piece::apart(say(locale, &phrase))));
    pieces
}

/// Ingredients, steps, and what to know. A heading stays with what follows it.
fn body(locale: Locale, served: &ServedDish) -> Vec<Piece> {
    let dish = &served.dish;
    let heading = |phrase: &Phrase| bold(&word(locale, phrase));
    let ingredients = dish.ingredients.iter().map(|line| {
        let amount = i18n::say(dish.locale, &line.amount.phrase());
        vec![plain(&format!("· {} {amount}", line.name))]
    });
    // Under its heading, a step of this length is kept together.
    let steps = (1..).zip(&dish.steps).map(|(number, step): (usize, &String)| {
        let mut parts = parts(step, MOST_DESCRIPTION - 96);
        if let Some(first) = parts.first_mut() {
            first.insert_str(0, &format!("{number}\\. "));
        }
        parts
    });
    let mut pieces = under(&heading(&served.ingredients_heading()), ingredients);
    pieces.extend(served.scaling_notes().iter().map(|note| Piece::apart(italic(&word(locale, note)))));
    pieces.extend(under(&heading(&Phrase::new("dish-steps")), steps));
    pieces.extend(first_apart(served.ending().iter().map(|phrase| Piece::below(say(locale, phrase))).collect()));
    pieces
}

fn under(heading: &str, items: impl Iterator<Item = Vec<String>>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = items.flatten().map(Piece::below).collect();
    match pieces.first_mut() {
        Some(first) => *first = Piece::apart(format!("{heading}\n{}", first.text)),
        None => pieces.push(Piece::apart(heading)),
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::rendered, *};
    use crate::{
        chat::{Credit, Facts, Reply},
        clock::Moment,
        dish::{Amount, Dish, Ingredient, Names, Servings, Source},
        order::{Filters, Wanted},
    };

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn no_limit_is_exceeded_and_no_step_is_cut(
            introduction in "[가-힣<&🍚* ]{0,3000}",
            author in "(a|가|\u{301}|<|🍚){0,4000}",
            name in "[가-힣*]{1,300}",
            ingredients in 1usize..40,
            lengths in prop::collection::vec(1usize..3900, 1..30),
        ) {
            let at: chrono::NaiveDateTime = "2026-11-25T12:00:00".parse().expect("a time");
            let line = Ingredient { name: "밥 & <쌀>".to_owned(), amount: Amount::parse("90 g").expect("an amount") };
            let step = |(number, length): (usize, &usize)| format!("({number}){}", "가".repeat(*length));
            let served = ServedDish {
                number: Some(1),
                dish: Dish {
                    names: Names { ko: name, en: "rice".to_owned() },
                    locale: Locale::Ko,
                    introduction,
                    ingredients: vec![line; ingredients],
                    steps: lengths.iter().enumerate().map(step).collect(),
                    minutes: 30,
                    kind: Filters::default(),
                    allergens: Vec::new(),
                    source: Source::Cookbook,
                    loosened: Vec::new(),
                    stands_in: None,
                },
                servings: Servings::One,
                rounded: false,
                wanted: Wanted::default(),
                served_at: Moment { instant: at.and_utc(), at, today: at.date() },
                favourite: false,
                found: None,
                tickets: None,
                credit: Some(Credit {
                    source: author.clone(),
                    author: Some(author),
                    licence: None,
                    page: Some("https://example.org/a".to_owned()),
                }),
            };
            let made = rendered(&Reply::new(Locale::Ko, Facts::Dish(Box::new(served))));
            for page in &made.pages {
                let all: usize =
                    page.iter().map(|embed| units(&plain(&embed.title)) + units(&embed.description)).sum();
                prop_assert!(page.len() <= 10 && all <= 6000, "{all}");
                prop_assert!(page.iter().all(|embed| units(&embed.description) <= 4096));
                prop_assert!(page.iter().all(|embed| units(&plain(&embed.title)) <= 256));
            }
            for (number, length) in lengths.iter().enumerate() {
                let whole = format!("({number}){}", "가".repeat(*length));
                let said = made.pages.iter().flatten().filter(|embed| embed.description.contains(&whole)).count();
                prop_assert_eq!(said, 1);
            }
        }
    }
}
