//! How well a picture fits a dish, of 0 to 1. The same always gets the same.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use url::Url;

use super::{Candidate, Source};
use crate::{
    chat::fold,
    dish::{Names, singular},
    photo::develop::measure,
};

/// Nobody serves these as a photo.
const NO_PHOTOS: [&str; 4] = [".svg", ".gif", ".ico", ".bmp"];

/// A picture has to fit the name at least so well: seven tenths of its syllable pairs or words, since their share is squared.
const A_MATCH: f64 = 0.5;

/// A page that was asked for by its name is about the dish, whatever it is called.
const BY_TITLE: f64 = 0.75;

/// A source that says nothing about its pictures.
const UNTITLED: f64 = 0.6;

/// Words that speak for or against a picture (`photos.food_words` and so on).
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// Of dishes.
    pub food: Vec<String>,
    /// Against a picture.
    pub unwanted: Vec<String>,
    /// Hosts against a picture.
    pub unwanted_hosts: Vec<String>,
}

/// What is thought of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Of 0 to 1; nothing where it is out of the question.
    pub score: Option<f64>,
    /// Why.
    pub reasons: Vec<String>,
}

impl Source {
    /// Judges a candidate for a dish.
    pub fn judge(&self, candidate: &Candidate, names: &Names, words: &Words) -> Judgement {
        let out = |reason: String| Judgement { score: None, reasons: vec![reason] };
        if candidate.sensitive {
            return out("it is not for everyone".to_owned());
        }
        let stranger = |url: &&Url| {
            let host = url.host_str().unwrap_or_default();
            words.unwanted_hosts.iter().any(|unwanted| host == unwanted || host.ends_with(&format!(".{unwanted}")))
        };
        if let Some(url) = candidate.images.first().filter(stranger).or(candidate.page.as_ref().filter(stranger)) {
            return out(format!("{} is not wanted", url.host_str().unwrap_or_default()));
        }
        let is_photo = |url: &Url| !NO_PHOTOS.iter().any(|ending| url.path().to_lowercase().ends_with(ending));
        if !candidate.images.iter().any(is_photo) {
            return out("it is no photo".to_owned());
        }
        if let Some(unfit) = candidate.size.and_then(|(width, height)| measure(width, height).err()) {
            return out(unfit.to_string());
        }
        let fits = self.fits(candidate, names);
        if fits < A_MATCH {
            return out(format!("its title does not fit ({fits:.2})"));
        }
        if self.by_title && !candidate.text.is_empty() && !words.food.iter().any(|word| says(&candidate.text, word)) {
            return out("its page is about no dish".to_owned());
        }
        let size = candidate.size.map_or(0.5, |(width, height)| {
            // A megapixel is as good as more.
            (f64::from(width) * f64::from(height) / 1_000_000.0).min(1.0).sqrt()
        });
        let shape = candidate.size.map_or(0.5, |(width, height)| shape(f64::from(width) / f64::from(height)));
        let rank = 1.0 / (1.0 + f64::from(u32::try_from(candidate.rank).unwrap_or(u32::MAX)));
        let unwanted = words.unwanted.iter().find(|word| says(&candidate.title, word));
        let against = if unwanted.is_some() { 0.3 } else { 0.0 };
        let score = 0.45 * fits + 0.2 * size + 0.15 * shape + 0.1 * rank + 0.1 * self.weight - against;
        let mut reasons = vec![format!(
            "fits {fits:.2}, size {size:.2}, shape {shape:.2}, rank {rank:.2}, source {:.2}",
            self.weight
        )];
        reasons.extend(unwanted.map(|word| format!("its title says {word}")));
        Judgement { score: Some(score.clamp(0.0, 1.0)), reasons }
    }

    /// How far the words of a candidate are those of the dish.
    fn fits(&self, candidate: &Candidate, names: &Names) -> f64 {
        let title = likeness(&candidate.title, names);
        let fits = title.max(0.8 * likeness(&candidate.text, names));
        if self.untitled && candidate.title.is_empty() && candidate.text.is_empty() {
            return UNTITLED;
        }
        if self.by_title { fits.max(BY_TITLE) } else { fits }
    }
}

/// 1 from 4:5 to 9:5, less the further away.
fn shape(aspect: f64) -> f64 {
    match aspect {
        _ if aspect < 0.8 => (aspect / 0.8).powi(2),
        _ if aspect > 1.8 => (1.8 / aspect).powi(2),
        _ => 1.0,
    }
}

/// Whether a text has a word: of Latin letters as a whole, of others anywhere.
fn says(text: &str, word: &str) -> bool {
    if word.is_ascii() && !word.contains(' ') {
        words_of(text).contains(&singular(&word.to_lowercase()))
    } else {
        fold(text).contains(&fold(word))
    }
}

/// How much of a dish's name, in either language, is in a text.
fn likeness(text: &str, names: &Names) -> f64 {
    korean_likeness(text, &names.ko).max(latin_likeness(text, &names.en))
}

/// The share of the name's pairs of syllables that the text has, squared, so that half of a name is little.
fn korean_likeness(text: &str, name: &str) -> f64 {
    let letters = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric() && !c.is_ascii()).collect::<Vec<_>>();
    let pairs = |letters: &[char]| letters.windows(2).map(<[char]>::to_vec).collect::<BTreeSet<_>>();
    let name = letters(name);
    match name.len() {
        0 => 0.0,
        1 => f64::from(u8::from(letters(text) == name)),
        _ => share(&pairs(&name), &pairs(&letters(text))),
    }
}

fn latin_likeness(text: &str, name: &str) -> f64 {
    share(&words_of(name), &words_of(text))
}

fn share<T: Ord>(wanted: &BTreeSet<T>, there: &BTreeSet<T>) -> f64 {
    if wanted.is_empty() {
        return 0.0;
    }
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    (count(wanted.intersection(there).count()) / count(wanted.len())).powi(2)
}

/// Words of Latin letters, each once and in the singular, without those that say little.
fn words_of(text: &str) -> BTreeSet<String> {
    const LITTLE: [&str; 14] =
        ["a", "an", "and", "the", "of", "with", "in", "style", "korean", "jpg", "jpeg", "png", "file", "one"];
    // Accents are often left out.
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let words = plain.split(|c: char| !c.is_ascii_alphabetic()).map(str::to_lowercase);
    words.filter(|word| word.len() > 1 && !LITTLE.contains(&word.as_str())).map(|word| singular(&word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str) -> f64 {
        likeness(text, &Names { ko: "김치찌개".to_owned(), en: "Kimchi stew".to_owned() })
    }

    #[test]
    fn half_of_a_name_is_no_match_and_all_of_it_is() {
        for same in [
            "김치찌개",
            "엄마표 김치 찌개 끓이는 법",
            "Kimchi stews (Korean style)",
            "File:Kimchi-stew 01.jpg",
            "Kímchi stéw",
        ] {
            assert!(like(same) >= 1.0, "{same}");
        }
        for other in ["김치볶음밥", "된장찌개", "Beef stew", "Kimchi", "", "로고"] {
            assert!(like(other) < A_MATCH, "{other}");
        }
    }

    #[test]
    fn a_page_of_the_dishs_name_that_is_about_something_else_is_out() {
        let text = include_str!("../../../bot.toml");
        let settings: toml::Table = text.parse().expect("the manual");
        let food = settings["photos"]["food_words"].as_array().expect("a list");
        let food: Vec<String> = food.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        let is_food = |text: &str| food.iter().any(|word| says(text, word));
        for dish in ["한국의 찌개", "한국의 전통 음식", "Korean dish", "type of noodle soup", "일본의 면 요리"]
        {
            assert!(is_food(dish), "{dish}");
        }
        for other in ["대한민국의 가수", "대한민국의 영화", "American singer", "전라남도의 면", "town in Korea"]
        {
            assert!(!is_food(other), "{other}");
        }
    }

    #[test]
    fn a_photo_is_best_in_the_shape_of_photos() {
        assert!(shape(4.0 / 3.0) >= 1.0 && shape(0.8) >= 1.0);
        assert!(shape(3.0) < 0.4 && shape(0.3) < 0.2);
    }

    #[test]
    fn a_word_is_found_whole_or_anywhere_as_its_letters_go() {
        assert!(says("Restaurant logos", "logo") && !says("catalogue", "logo") && says("맛있는찌개집", "찌개"));
    }
}
