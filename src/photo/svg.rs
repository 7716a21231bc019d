//! From SVG to JPEG, and how wide words are.

use std::sync::Arc;

use image::{DynamicImage, RgbaImage, codecs::jpeg::JpegEncoder};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

use super::{Fonts, PhotoError};

/// Every picture is as wide and as high, in pixels.
pub(super) const SIZE: (u16, u16) = (1200, 800);

/// Clean edges of letters, and far below 500 KB for what is drawn here.
const QUALITY: u8 = 88;

/// Text that stands between tags or in an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // XML knows no other control characters (XML 1.0, section 2.2).
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A line of words.
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) x: f32,
    /// The line that the letters stand on.
    pub(super) baseline: f32,
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) colour: &'a str,
}

/// Sets words, where there is a font for them.
pub(super) fn words(words: &Words<'_>, fonts: &Fonts) -> String {
    let Some(family) = fonts.family else { return String::new() };
    let weight = if words.bold { 700 } else { 400 };
    format!(
        r#"<text x="{:.1}" y="{:.1}" font-family="{family}" font-size="{:.1}" font-weight="{weight}" fill="{}">{}</text>"#,
        words.x,
        words.baseline,
        words.size,
        words.colour,
        escape(words.text)
    )
}

/// How wide a line is at a size of 1; 0 where there is no font.
pub(super) fn width(text: &str, bold: bool, fonts: &Fonts) -> f32 {
    const AT: f32 = 100.0;
    let line = words(&Words { text, x: 0.0, baseline: AT, size: AT, bold, colour: "#000" }, fonts);
    let tree =
        read(&format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="10000" height="200">{line}</svg>"#), fonts);
    tree.map_or(0.0, |tree| tree.root().abs_bounding_box().width() / AT)
}

/// The text in as few lines as give the largest letters of at most `largest` within `room`, at most three, and
/// their size. Lines are broken between words; a word that is too long for a line makes the letters smaller.
pub(super) fn fit(text: &str, room: f32, largest: f32, fonts: &Fonts) -> (Vec<String>, f32) {
    let parts: Vec<&str> = text.split(' ').filter(|part| !part.is_empty()).collect();
    let mut best: (Vec<String>, f32) = (Vec::new(), 0.0);
    for lines in 1..=parts.len().clamp(1, 3) {
        let broken = balance(&parts, lines);
        let widest = broken.iter().map(|line| width(line, true, fonts)).fold(0.0, f32::max);
        // More lines have to be worth it.
        let size = if widest > 0.0 { (room / widest).min(largest) } else { largest };
        if size > best.1 * 1.15 {
            best = (broken, size);
        }
    }
    best
}

/// Words in so many lines, each about as long as the others.
fn balance(parts: &[&str], lines: usize) -> Vec<String> {
    let total: usize = parts.iter().map(|part| part.chars().count() + 1).sum();
    let mut broken: Vec<String> = vec![String::new()];
    let mut done = 0;
    for part in parts {
        let length = part.chars().count() + 1;
        let here = broken.len();
        // The line ends where its share of the letters does, to half a word.
        let ends = here < lines && (2 * done + length) * lines > 2 * total * here;
        match broken.last_mut() {
            Some(line) if line.is_empty() || !ends => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(part);
            }
            _ => broken.push((*part).to_owned()),
        }
        done += length;
    }
    broken
}

/// Draws SVG of [`SIZE`] as a JPEG.
pub(super) fn jpeg(inside: &str, fonts: &Fonts) -> Result<Vec<u8>, PhotoError> {
    let (width, height) = SIZE;
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{inside}</svg>"#
    );
    let tree = read(&svg, fonts).ok_or_else(|| PhotoError::Undrawn("the drawing does not read".to_owned()))?;
    let mut pixels = Pixmap::new(width.into(), height.into())
        .ok_or_else(|| PhotoError::Undrawn("there is no room for the pixels".to_owned()))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    // The background covers everything, so that no pixel is transparent.
    let pixels = RgbaImage::from_raw(width.into(), height.into(), pixels.take())
        .ok_or_else(|| PhotoError::Undrawn("there are not enough pixels".to_owned()))?;
    let mut bytes = Vec::with_capacity(128 * 1024);
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&DynamicImage::ImageRgba8(pixels).into_rgb8())
        .map_err(|error| PhotoError::Undrawn(error.to_string()))?;
    Ok(bytes)
}

fn read(svg: &str, fonts: &Fonts) -> Option<Tree> {
    let options = Options { fontdb: Arc::clone(&fonts.all), ..Options::default() };
    Tree::from_str(svg, &options).inspect_err(|error| tracing::error!(%error, "a drawing does not read")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_and_never_markup() {
        assert_eq!(escape("<b>&\"'\u{1b}"), "&lt;b&gt;&amp;&quot;&apos;");
    }

    #[test]
    fn lines_are_about_as_long_as_each_other() {
        let parts = ["Chuncheon", "spicy", "chicken", "stir-fry"];
        assert_eq!(balance(&parts, 1), ["Chuncheon spicy chicken stir-fry"]);
        assert_eq!(balance(&parts, 2), ["Chuncheon spicy", "chicken stir-fry"]);
        assert_eq!(balance(&parts, 3).len(), 3);
        assert_eq!(balance(&["하나"], 3), ["하나"]);
    }
}
