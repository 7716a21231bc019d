//! One picture of the dishes of a page of history.

use super::{
    Fonts, PhotoError,
    card::{self, seed},
    plate,
    svg::{self, SIZE, Words},
};
use crate::{
    chat::{Locale, Phrase},
    dish::Dish,
    i18n,
};

/// One dish of a page.
#[derive(Debug, Clone)]
pub struct Tile {
    /// Its number among the person's dishes.
    pub number: u32,
    /// The dish.
    pub dish: Dish,
    /// Whether it is one of the person's favourites.
    pub favourite: bool,
}

/// All that is seen on a sheet, as text.
pub(super) fn describe(locale: Locale, tiles: &[Tile]) -> String {
    let tile = |Tile { number, dish, favourite }: &Tile| {
        format!("{number} {favourite} {:?} {} {:?}", dish.names, dish.minutes, dish.kind)
    };
    format!("{} {}", locale.id(), tiles.iter().map(tile).collect::<Vec<_>>().join("\n"))
}

/// Where words begin, and how wide a line may be.
const LEFT: f32 = 430.0;
const ROOM: f32 = 680.0;

/// Draws the dishes one below the other, as a JPEG of [`SIZE`]; one alone has its card. Without a font for Korean there
/// are no words.
pub(super) fn draw(locale: Locale, tiles: &[Tile], fonts: &Fonts) -> Result<Vec<u8>, PhotoError> {
    if let [tile] = tiles {
        return card::draw(&tile.dish, fonts);
    }
    let (width, height) = SIZE;
    let rows = u16::try_from(tiles.len()).unwrap_or(u16::MAX).max(1);
    let step = height.div_ceil(rows);
    let drawn = (0..rows).zip(tiles).map(|(row, tile)| {
        let (top, of_row) = (row * step, tile_row(locale, tile, step, fonts));
        format!(r#"<g transform="translate(0 {top})">{of_row}</g>"#)
    });
    let background = format!(r##"<rect width="{width}" height="{height}" fill="#f7f0e4"/>"##);
    svg::jpeg(&std::iter::once(background).chain(drawn).collect::<String>(), fonts)
}

fn tile_row(locale: Locale, tile: &Tile, height: u16, fonts: &Fonts) -> String {
    let (width, palette) = (SIZE.0, plate::palette(tile.dish.kind.cuisine));
    let middle = f32::from(height) / 2.0;
    let background = format!(
        r##"<rect width="{width}" height="{height}" fill="{}"/><rect width="18" height="{height}" fill="{}"/><rect y="{}" width="{width}" height="3" fill="#ffffff"/>"##,
        palette.paper,
        palette.accent,
        height - 3
    );
    let plate = plate::draw(&tile.dish.kind, seed(&tile.dish));
    let size = (middle - 18.0).min(180.0) / plate::RADIUS;
    let mut row =
        vec![background, format!(r#"<g transform="translate(225 {middle:.1}) scale({size:.3})">{plate}</g>"#)];
    let name = tile.dish.names.get(locale);
    let number = i18n::say(locale, &Phrase::new("card-number").number("number", tile.number));
    let (lines, size) = svg::fit(name, ROOM, 60.0, fonts);
    let facts = i18n::say(locale, &Phrase::new("card-minutes").number("minutes", tile.dish.minutes));
    let cuisine = tile.dish.kind.cuisine.map(|cuisine| i18n::word(locale, cuisine.value().label));
    let facts = [cuisine, Some(facts)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let mut write = |text: &str, baseline: f32, size: f32, bold: bool, colour: &str| {
        row.push(svg::words(&Words { text, x: LEFT, baseline, size, bold, colour }, fonts));
    };
    let step = size * 1.15;
    let rows = lines.iter().fold(0.0, |rows: f32, _| rows + 1.0);
    let mut baseline = middle - rows * step / 2.0 + size * 0.9;
    write(&number, baseline - size * 0.9 - 14.0, 30.0, true, palette.accent);
    for line in &lines {
        write(line, baseline, size, true, palette.ink);
        baseline += step;
    }
    write(&facts, baseline - step + 56.0, 32.0, false, palette.ink);
    if tile.favourite {
        row.push(format!(
            r#"<path transform="translate(1120 {middle:.1}) scale(2.1)" d="M0 -14 L4.3 -4.6 L14 -4 L6.6 2.6 L8.8 12.4 L0 7 L-8.8 12.4 L-6.6 2.6 L-14 -4 L-4.3 -4.6 Z" fill="{}"/>"#,
            palette.accent
        ));
    }
    row.concat()
}
