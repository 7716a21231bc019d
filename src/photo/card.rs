//! The recipe card of a dish: its name, what it is, and a drawing of it.

use super::{
    Fonts, PhotoError,
    plate::{self, Palette},
    svg::{self, SIZE, Words},
};
use crate::{
    chat::{Locale, Phrase, fingerprint},
    dish::Dish,
    i18n,
};

/// Where words begin, and how wide a line may be.
const LEFT: f32 = 84.0;
const ROOM: f32 = 436.0;

/// The space in a frame of one fact, and after it, in the size of its letters.
const AROUND: f32 = 1.65;
const AFTER: f32 = 0.45;

/// Draws the card as a JPEG of [`SIZE`]. Without a font for Korean it has no words.
pub(super) fn draw(dish: &Dish, fonts: &Fonts) -> Result<Vec<u8>, PhotoError> {
    let palette = plate::palette(dish.kind.cuisine);
    let (width, height) = SIZE;
    let plate = plate::draw(&dish.kind, seed(dish));
    // Without words the tray has the middle.
    let (x, words) = if fonts.has_korean() { (860, written(dish, &palette, fonts)) } else { (600, String::new()) };
    let inside = format!(
        r#"<rect width="{width}" height="{height}" fill="{}"/><circle cx="1010" cy="360" r="520" fill="{}"/><rect width="18" height="{height}" fill="{}"/><g transform="translate({x} 400) scale(1.05)">{plate}</g>{words}"#,
        palette.paper, palette.shade, palette.accent
    );
    svg::jpeg(&inside, fonts)
}

/// All that is seen on a card, as text.
pub(super) fn describe(dish: &Dish) -> String {
    format!("{} {:?} {} {:?}", dish.locale.id(), dish.names, dish.minutes, dish.kind)
}

/// The same dish looks the same in both languages.
pub(super) fn seed(dish: &Dish) -> u64 {
    fingerprint(&dish.names.ko)
}

fn written(dish: &Dish, palette: &Palette, fonts: &Fonts) -> String {
    let mut lines = String::new();
    let mut add = |text: &str, baseline: f32, size: f32, bold: bool, colour: &str| {
        lines.push_str(&svg::words(&Words { text, x: LEFT, baseline, size, bold, colour }, fonts));
    };
    add(&i18n::word(dish.locale, "card-brand"), 116.0, 30.0, true, palette.accent);
    let (name, size) = svg::fit(dish.name(), ROOM, 92.0, fonts);
    let other = match dish.locale {
        Locale::Ko => &dish.names.en,
        Locale::En => &dish.names.ko,
    };
    let (below, below_size) = svg::fit(other, ROOM, 34.0, fonts);
    let (step, below_step) = (size * 1.18, below_size * 1.35);
    let rows = |lines: &[String]| lines.iter().fold(0.0, |rows: f32, _| rows + 1.0);
    // Both names stand around the middle of the card.
    let mut baseline = 375.0 - f32::midpoint(rows(&name) * step, rows(&below) * below_step) + size * 0.9;
    for line in &name {
        add(line, baseline, size, true, palette.ink);
        baseline += step;
    }
    baseline += below_size * 1.5 - size * 0.85;
    for line in &below {
        add(line, baseline, below_size, false, palette.accent);
        baseline += below_step;
    }
    lines.push_str(&facts(dish, palette, fonts));
    lines
}

/// Cuisine, time and difficulty, each in a frame of its own; smaller where they would not fit beside each other.
fn facts(dish: &Dish, palette: &Palette, fonts: &Fonts) -> String {
    let minutes = Phrase::new("card-minutes").number("minutes", dish.minutes);
    let values = [dish.kind.cuisine.map(|it| it.value().label), dish.kind.difficulty.map(|it| it.value().label)];
    let [cuisine, difficulty] = values.map(|label| label.map(Phrase::new));
    let said = [cuisine, Some(minutes), difficulty].into_iter().flatten().map(|fact| i18n::say(dish.locale, &fact));
    let texts: Vec<(f32, String)> = said.map(|text| (svg::width(&text, true, fonts), text)).collect();
    let all: f32 = texts.iter().map(|(width, _)| width + AROUND + AFTER).sum();
    let size = 32.0_f32.min(ROOM / all.max(1.0));
    let (mut x, mut frames) = (LEFT, Vec::new());
    for (width, text) in &texts {
        let width = (width + AROUND) * size;
        frames.push(format!(
            r##"<rect x="{x:.1}" y="{:.1}" width="{width:.1}" height="{:.1}" rx="{:.1}" fill="#ffffff" fill-opacity="0.72" stroke="{}" stroke-width="2.5"/>"##,
            661.0 - size,
            2.0 * size,
            size,
            palette.accent
        ));
        let x_of_text = x + AROUND / 2.0 * size;
        frames.push(svg::words(
            &Words { text, x: x_of_text, baseline: 661.0 + 0.36 * size, size, bold: true, colour: palette.ink },
            fonts,
        ));
        x += width + AFTER * size;
    }
    frames.concat()
}
