//! Pictures in a terminal: by the kitty graphics protocol, or two pixels to a letter.

use std::{fmt::Write, io::Cursor};

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ImageFormat, RgbImage, imageops};

use crate::chat::Picture;

/// How a terminal shows a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// As it is, by the kitty graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol), which kitty, Ghostty,
    /// `WezTerm` and Konsole know.
    Kitty,
    /// Two pixels to a letter, in 24-bit colours.
    Blocks,
    /// Not at all; the path of its file is written.
    Path,
    /// Not at all.
    Off,
}

/// The widest that a picture is shown, in columns.
const COLUMNS: usize = 48;

/// Pixels for the kitty protocol; enough for [`COLUMNS`] on a fine screen.
const PIXELS: u32 = 900;

/// One message of the kitty protocol holds so much at most.
const CHUNK: usize = 4096;

impl Pictures {
    /// What a terminal with these variables can do. A multiplexer keeps the kitty protocol to itself.
    pub fn of_terminal<'a>(colours: bool, variable: impl Fn(&str) -> Option<&'a str>) -> Self {
        let has = |name: &str, words: &[&str]| variable(name).is_some_and(|value| words.contains(&value));
        let multiplexed = variable("TMUX").is_some() || variable("TERM").is_some_and(|term| term.starts_with("screen"));
        let kitty = variable("KITTY_WINDOW_ID").is_some()
            || has("TERM", &["xterm-kitty", "xterm-ghostty"])
            || has("TERM_PROGRAM", &["ghostty", "WezTerm"])
            || variable("KONSOLE_VERSION").is_some();
        match (kitty && !multiplexed, colours && has("COLORTERM", &["truecolor", "24bit"])) {
            (true, _) => Self::Kitty,
            (false, true) => Self::Blocks,
            (false, false) => Self::Path,
        }
    }

    /// The picture as a terminal of so many columns shows it; `None` where it shows none, or the file is gone or no
    /// picture.
    pub(super) fn show(self, picture: &Picture, columns: usize) -> Option<String> {
        let columns = columns.min(COLUMNS);
        match self {
            Self::Kitty => kitty(&read(picture)?, columns),
            Self::Blocks => Some(blocks(&read(picture)?, columns)),
            Self::Path | Self::Off => None,
        }
    }
}

fn read(picture: &Picture) -> Option<RgbImage> {
    let bytes = std::fs::read(&picture.file).ok()?;
    Some(image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).ok()?.into_rgb8())
}

fn fit(picture: &RgbImage, width: u32) -> RgbImage {
    let height = (picture.height() * width / picture.width().max(1)).max(2);
    imageops::resize(picture, width, height, imageops::FilterType::Triangle)
}

fn kitty(picture: &RgbImage, columns: usize) -> Option<String> {
    let mut png = Vec::new();
    fit(picture, PIXELS.min(picture.width())).write_to(&mut Cursor::new(&mut png), ImageFormat::Png).ok()?;
    let text = STANDARD.encode(png);
    let mut out = String::with_capacity(text.len() + text.len() / 100 + 64);
    let mut rest = text.as_str();
    // Shown where the cursor stands, without an answer from the terminal. A letter is about twice as high as wide;
    // not every terminal works the rows out by itself.
    let (columns, size) = (u32::try_from(columns).unwrap_or(PIXELS), picture.dimensions());
    let rows = (columns * size.1 / size.0.max(1) / 2).max(1);
    let mut head = format!("a=T,f=100,q=2,c={columns},r={rows},");
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
        let more = u8::from(!after.is_empty());
        let _ = write!(out, "\u{1b}_G{head}m={more};{chunk}\u{1b}\\");
        (rest, head) = (after, String::new());
    }
    Some(out)
}

fn blocks(picture: &RgbImage, columns: usize) -> String {
    let small = fit(picture, u32::try_from(columns).unwrap_or(60));
    let mut out = String::new();
    for y in (0..small.height() / 2 * 2).step_by(2) {
        for x in 0..small.width() {
            let ([r, g, b], [r2, g2, b2]) = (small.get_pixel(x, y).0, small.get_pixel(x, y + 1).0);
            let _ = write!(out, "\u{1b}[38;2;{r};{g};{b};48;2;{r2};{g2};{b2}m▀");
        }
        out.push_str("\u{1b}[0m\n");
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PictureHash;

    fn on_disk() -> (tempfile::TempDir, Picture) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.jpg");
        RgbImage::from_pixel(120, 80, image::Rgb([200, 30, 30])).save(&file).expect("a picture");
        let hash = PictureHash::parse(&"0".repeat(64)).expect("a hash");
        (folder, Picture { hash, file })
    }

    #[test]
    fn the_terminal_decides_how_pictures_are_shown() {
        let with = |colours, variables: &[(&'static str, &'static str)]| {
            Pictures::of_terminal(colours, |name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            })
        };
        assert_eq!(with(true, &[("TERM", "xterm-kitty")]), Pictures::Kitty);
        assert_eq!(with(true, &[("TERM_PROGRAM", "WezTerm"), ("COLORTERM", "truecolor")]), Pictures::Kitty);
        let in_tmux = [("KITTY_WINDOW_ID", "1"), ("TMUX", "/tmp/x"), ("COLORTERM", "truecolor")];
        assert_eq!(with(true, &in_tmux), Pictures::Blocks);
        assert_eq!(with(false, &[("COLORTERM", "truecolor")]), Pictures::Path);
        assert_eq!(with(true, &[("TERM", "xterm")]), Pictures::Path);
    }

    #[test]
    fn half_blocks_are_as_wide_as_asked_and_end_their_colours() {
        let (_folder, picture) = on_disk();
        let shown = Pictures::Blocks.show(&picture, 30).expect("a picture");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 10);
        assert!(lines.iter().all(|line| line.matches('▀').count() == 30 && line.ends_with("\u{1b}[0m")));
    }

    #[test]
    fn the_kitty_protocol_gets_a_png_in_chunks() {
        let (_folder, picture) = on_disk();
        let shown = Pictures::Kitty.show(&picture, 30).expect("a picture");
        assert!(shown.starts_with("\u{1b}_Ga=T,f=100,q=2,c=30,r=10,m="));
        let payload: String = shown
            .split("\u{1b}_G")
            .filter_map(|part| part.split_once(';').map(|(_, rest)| rest.trim_end_matches("\u{1b}\\")))
            .inspect(|chunk| assert!(chunk.len() <= CHUNK))
            .collect();
        assert!(STANDARD.decode(payload).expect("base64").starts_with(b"\x89PNG"));
    }

    #[test]
    fn a_file_that_is_gone_or_no_picture_shows_nothing() {
        let (folder, picture) = on_disk();
        std::fs::write(&picture.file, "no picture").expect("a file");
        assert_eq!(Pictures::Blocks.show(&picture, 30), None);
        drop(folder);
        assert_eq!(Pictures::Kitty.show(&picture, 30), None);
        assert_eq!(Pictures::Path.show(&picture, 30), None);
    }
}
