//! A dish on a terminal.

use console::measure_text_width;

use super::Style;
use crate::{
    chat::{Locale, Phrase, ServedDish},
    dish::{Dish, Servings, Source},
    i18n,
};

/// A dish in paragraphs.
pub(super) fn message(locale: Locale, served: &ServedDish, style: Style) -> Vec<String> {
    let say = |phrase: Phrase| i18n::say(locale, &phrase);
    let dish = &served.dish;
    let facts = [
        say(Phrase::new("dish-facts").number("minutes", dish.minutes).number("servings", served.servings.number())),
        say(Phrase::new("dish-number").number("number", served.number)),
    ];
    let mut facts = facts.join(" · ");
    if served.favourite {
        facts.push_str(" · ");
        facts.push_str(&say(Phrase::new("dish-favourite")));
    }
    let facts = style.soft(&facts);
    let mut paragraphs =
        vec![format!("{}\n{}\n{facts}", style.heading(dish.name()), style.wrap("", &dish.introduction))];
    if !dish.loosened.is_empty() {
        let lines = dish.loosened.iter().map(|line| Phrase::new(line.label())).collect();
        paragraphs.push(style.wrap("", &say(Phrase::new("dish-loosened").list("lines", lines))));
    }
    let heading = Phrase::new("dish-ingredients").number("servings", served.servings.number());
    paragraphs.push(format!("{}\n{}", style.strong(&say(heading)), ingredients(dish)));
    let scaled = (served.servings != Servings::One).then(|| say(Phrase::new("dish-scaled")));
    let rounded = served.rounded.then(|| say(Phrase::new("dish-rounded")));
    paragraphs.extend(scaled.into_iter().chain(rounded).map(|note| style.wrap("", &note)).reduce(|a, b| a + "\n" + &b));
    paragraphs.push(format!("{}\n{}", style.strong(&say(Phrase::new("dish-steps"))), steps(dish, style)));
    let mut last = Vec::new();
    if !dish.allergens.is_empty() {
        let allergens = dish.allergens.iter().map(|allergen| Phrase::new(allergen.label())).collect();
        last.push(say(Phrase::new("dish-allergens").list("allergens", allergens)));
    }
    last.extend(served.found.as_ref().map(|found| match found.as_slice() {
        [] => say(Phrase::new("dish-avoided-not-found")),
        found => say(Phrase::new("dish-avoided-found").list("found", found.iter().map(Phrase::found).collect())),
    }));
    let source = match dish.source {
        Source::Cookbook => Phrase::new("source-cookbook"),
    };
    last.push(say(Phrase::new("dish-source").phrase("source", source)));
    match served.tickets {
        Some((tickets, back_at)) => {
            last.push(say(Phrase::tickets(&tickets)));
            last.push(say(Phrase::new("tickets-back").moment("back", back_at).number("limit", tickets.limit)));
        }
        None => last.push(say(Phrase::new("dish-served").moment("at", served.served_at))),
    }
    paragraphs.push(last.iter().map(|line| style.wrap("", line)).collect::<Vec<_>>().join("\n"));
    paragraphs
}

fn ingredients(dish: &Dish) -> String {
    let column = dish.ingredients.iter().map(|line| measure_text_width(&line.name)).max().unwrap_or_default();
    let row = |name: &str, amount: String| {
        let dots = "·".repeat(column + 3 - measure_text_width(name));
        format!("  {name} {dots} {amount}")
    };
    let rows = dish.ingredients.iter().map(|line| row(&line.name, i18n::say(dish.locale, &line.amount.phrase())));
    rows.collect::<Vec<_>>().join("\n")
}

fn steps(dish: &Dish, style: Style) -> String {
    let rows = (1..).zip(&dish.steps).map(|(number, step)| style.wrap(&format!("{number:>3}. "), step));
    rows.collect::<Vec<_>>().join("\n")
}
