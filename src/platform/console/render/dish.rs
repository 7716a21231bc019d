//! A dish on a terminal.

use console::measure_text_width;

use super::Style;
use crate::{
    chat::{Locale, Phrase, ServedDish},
    dish::Dish,
    i18n,
};

/// A dish in paragraphs.
pub(super) fn message(locale: Locale, served: &ServedDish, style: Style) -> Vec<String> {
    let say = |phrase: Phrase| i18n::say(locale, &phrase);
    let lines = |phrases: Vec<Phrase>| super::lines(locale, &phrases, style);
    let dish = &served.dish;
    let facts = style.soft(&served.in_short().into_iter().map(say).collect::<Vec<_>>().join(" · "));
    let mut paragraphs =
        vec![format!("{}\n{}\n{facts}", style.heading(dish.name()), style.wrap("", &dish.introduction))];
    paragraphs.push(lines(served.loosened().into_iter().collect()));
    paragraphs.push(format!("{}\n{}", style.strong(&say(served.ingredients_heading())), ingredients(dish)));
    paragraphs.push(lines(served.scaling_notes()));
    paragraphs.push(format!("{}\n{}", style.strong(&say(Phrase::new("dish-steps"))), steps(dish, style)));
    paragraphs.push(lines(served.ending()));
    paragraphs
}

/// Where the photo comes from, and the page that it is on.
pub(super) fn credit(locale: Locale, served: &ServedDish, style: Style) -> Option<String> {
    let line = i18n::say(locale, &served.credit_line()?);
    let page = served.credit.as_ref().and_then(|credit| credit.page.as_deref());
    Some(style.soft(&page.map_or_else(|| line.clone(), |page| format!("{line}\n{page}"))))
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
