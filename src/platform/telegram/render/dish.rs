//! A dish as messages: a photo with its caption, then ingredients and steps; one message where all fits into the caption.

use super::{first_apart, say, word};
use crate::{
    chat::{Credit, Locale, Phrase, ServedDish},
    i18n,
    platform::{
        cut::cut,
        telegram::text::{MOST_CAPTION, MOST_TEXT, Piece, Text, pages},
    },
};

/// A message holds a step of this length under its heading.
const MOST_STEP: usize = MOST_TEXT - 96;

/// The most that a photo's credit takes of a caption.
const MOST_CREDIT: usize = 300;

/// The messages of a dish; where it `has_picture`, the first is the picture's caption. `under_picture`, name and
/// introduction stand there already.
pub(in super::super) fn parts(
    locale: Locale,
    served: &ServedDish,
    has_picture: bool,
    under_picture: bool,
) -> Vec<Text> {
    // A photo that is not shown needs no name under it.
    let shown = served.credit.as_ref().filter(|_| has_picture);
    let (head, body) = (head(locale, served, shown), body(locale, served));
    if under_picture {
        let name = vec![Piece::apart(Text::bold(served.dish.name()))];
        return pages(name.into_iter().chain(body), MOST_TEXT);
    }
    if !has_picture {
        return pages(head.into_iter().chain(body), MOST_TEXT);
    }
    let together = pages(head.iter().cloned().chain(body.iter().cloned()), MOST_CAPTION);
    if together.len() == 1 {
        return together;
    }
    // What does not fit into the caption of its head belongs to the rest.
    let mut captions = pages(head, MOST_CAPTION).into_iter();
    let caption = captions.next().unwrap_or_default();
    let rest = captions.map(Piece::apart).chain(body);
    std::iter::once(caption).chain(pages(rest, MOST_TEXT)).collect()
}

/// Name, introduction, facts, and where the photo comes from.
fn head(locale: Locale, served: &ServedDish, credit: Option<&Credit>) -> Vec<Piece> {
    let facts: Vec<String> = served.in_short().iter().map(|fact| word(locale, fact)).collect();
    let introduction = cut(&served.dish.introduction, MOST_CAPTION / 2);
    let mut pieces = vec![Piece::apart(Text::bold(served.dish.name()))];
    pieces.extend(introduction.into_iter().map(|part| Piece::below(Text::plain(part))));
    pieces.push(Piece::below(Text::italic(&facts.join(" · "))));
    pieces.extend(credit.zip(served.credit_line()).map(|(credit, line)| {
        let line = word(locale, &line);
        let line = cut(&line, MOST_CREDIT).first().copied().unwrap_or_default().to_owned();
        Piece::below(credit.page.as_deref().map_or_else(|| Text::plain(&line), |page| Text::link(&line, page)))
    }));
    pieces.extend(served.loosened().map(|phrase| Piece::apart(say(locale, &phrase))));
    pieces
}

/// Ingredients, steps, and what to know. A heading stays with what follows it.
fn body(locale: Locale, served: &ServedDish) -> Vec<Piece> {
    let dish = &served.dish;
    let heading = |phrase: &Phrase| Text::bold(&word(locale, phrase));
    let ingredients = dish.ingredients.iter().map(|line| {
        let amount = i18n::say(dish.locale, &line.amount.phrase());
        vec![Text::plain(&format!("· {} {amount}", line.name))]
    });
    let steps = (1..).zip(&dish.steps).map(|(number, step)| {
        // A step is kept together as long as one message holds it.
        let numbered = format!("{number}. {step}");
        cut(&numbered, MOST_STEP).into_iter().map(Text::plain).collect()
    });
    let mut pieces = under(heading(&served.ingredients_heading()), ingredients);
    let notes = served.scaling_notes();
    pieces.extend(notes.iter().map(|note| Piece::apart(Text::italic(&word(locale, note)))));
    pieces.extend(under(heading(&Phrase::new("dish-steps")), steps));
    let ending = served.ending().iter().map(|phrase| Piece::below(say(locale, phrase))).collect();
    pieces.extend(first_apart(ending));
    pieces
}

fn under(heading: Text, items: impl Iterator<Item = Vec<Text>>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = items.flatten().map(Piece::below).collect();
    match pieces.first_mut() {
        Some(first) => {
            let text = Text::joined([heading, std::mem::take(&mut first.text)], "\n");
            *first = Piece::apart(text);
        }
        None => pieces.push(Piece::apart(heading)),
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{Setting, rendered, rendered_over_card},
        *,
    };
    use crate::{
        chat::{Facts, Reply},
        clock::Moment,
        dish::{Amount, Dish, Ingredient, Names, Servings, Source},
        order::{Filters, Wanted},
    };

    fn served(introduction: &str, ingredients: usize, steps: &[String]) -> ServedDish {
        let line = Ingredient { name: "밥 & <쌀>".to_owned(), amount: Amount::parse("90 g").expect("an amount") };
        let noon: chrono::NaiveDateTime = "2026-11-25T12:00:00".parse().expect("a time");
        ServedDish {
            number: Some(1),
            dish: Dish {
                names: Names { ko: "밥".repeat(50), en: "rice".to_owned() },
                locale: Locale::Ko,
                introduction: introduction.to_owned(),
                ingredients: vec![line; ingredients],
                steps: steps.to_vec(),
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
            served_at: Moment { instant: noon.and_utc(), at: noon, today: noon.date() },
            favourite: false,
            found: None,
            tickets: None,
            credit: None,
        }
    }

    #[test]
    fn a_short_dish_is_one_message_and_a_long_one_a_photo_and_the_rest() {
        let short = served("맛있어요.", 3, &["씻어요.".to_owned()]);
        assert_eq!(parts(Locale::Ko, &short, true, false).len(), 1);
        let long = served("맛있어요.", 30, &vec!["가".repeat(200); 20]);
        let said = parts(Locale::Ko, &long, true, false);
        assert_eq!(said.len(), 3);
        assert!(said[0].html().contains("맛있어요.") && !said[0].html().contains("90g"));
    }

    #[test]
    fn a_photo_in_the_place_of_a_card_leaves_every_word_where_it_is() {
        let hash = crate::chat::PictureHash::parse(&"0".repeat(64)).expect("a hash");
        let picture = Some(crate::chat::Picture { hash, file: "x.jpg".into() });
        let credit = |author: usize| Credit {
            source: "Wikimedia Commons".to_owned(),
            author: Some("가".repeat(author)),
            licence: Some("CC BY-SA 4.0".to_owned()),
            page: None,
        };
        let setting = Setting { username: "bot", in_group: false, under_picture: false };
        let (mut whole, mut short, mut left) = (0, 0, 0);
        for length in 600..1000 {
            let of = |credit| {
                let served = ServedDish { credit, ..served("맛있어요.", 3, &["가".repeat(length)]) };
                Reply::new(Locale::Ko, Facts::Dish(Box::new(served))).with_picture(picture.clone())
            };
            let (said, reply) = (rendered(&of(None), setting), of(Some(credit(60))));
            match rendered_over_card(&reply, setting) {
                Some(made) => {
                    assert_eq!(made.parts[1..], said.parts[1..], "{length}");
                    assert!(made.parts[0].units() <= MOST_CAPTION && made.parts[0].html().contains("사진: "));
                    if made.parts[0].html().contains("CC BY-SA") { whole += 1 } else { short += 1 }
                }
                None => left += 1,
            }
        }
        assert!(whole > 0 && short > 0 && left > 0, "{whole} {short} {left}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn no_limit_is_exceeded_and_no_step_is_cut(
            introduction in "[가-힣<&🍚 ]{0,3000}",
            author in "(a|가|\u{301}|<|🍚){0,4000}",
            ingredients in 1usize..40,
            lengths in prop::collection::vec(1usize..3900, 1..30),
            has_picture in any::<bool>(),
        ) {
            let step = |(number, length): (usize, &usize)| format!("<{number}>{}", "가".repeat(*length));
            let steps: Vec<String> = lengths.iter().enumerate().map(step).collect();
            let page = Some("https://example.org/a".to_owned());
            let credit = Some(Credit { source: author.clone(), author: Some(author), licence: None, page });
            let served = ServedDish { credit, ..served(&introduction, ingredients, &steps) };
            let said = parts(Locale::Ko, &served, has_picture, false);
            for (number, part) in said.iter().enumerate() {
                let most = if has_picture && number == 0 { MOST_CAPTION } else { MOST_TEXT };
                prop_assert!((1..=most).contains(&part.units()));
            }
            for (number, length) in lengths.iter().enumerate() {
                let whole = format!("&lt;{number}&gt;{}", "가".repeat(*length));
                prop_assert_eq!(said.iter().filter(|part| part.html().contains(&whole)).count(), 1);
            }
        }
    }
}
