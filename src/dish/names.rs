//! When two names mean the same dish.

use std::collections::BTreeSet;

use super::{Names, reading::without_brackets};
use crate::chat::fold;

/// English words that make no other dish of one.
const ADORNING: [&str; 19] = [
    "a", "an", "and", "classic", "easy", "for", "fresh", "homemade", "hot", "in", "korean", "of", "one", "quick",
    "simple", "spicy", "style", "the", "with",
];

impl Names {
    /// Whether this is the same dish under this name or a variant of it: 김치찌개, 김치 찌개, 돼지고기 김치찌개;
    /// kimchi stew, spicy kimchi stew.
    pub fn is_variant_of(&self, other: &Self) -> bool {
        let (mine, theirs) = (korean(&self.ko), korean(&other.ko));
        contains_name(&mine, &theirs) || contains_name(&theirs, &mine) || is_same_english(&self.en, &other.en)
    }
}

/// Letters alone, without what stands in brackets.
fn korean(name: &str) -> String {
    fold(&without_brackets(name)).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn contains_name(long: &str, short: &str) -> bool {
    match short.chars().count() {
        0 | 1 => long == short && !long.is_empty(),
        // A short one is the kind of dish, which stands last: 라면, 김밥.
        2 => long.ends_with(short),
        _ => long.contains(short),
    }
}

fn is_same_english(mine: &str, theirs: &str) -> bool {
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        let words = words.filter(|word| !word.is_empty() && !ADORNING.contains(&word.as_str()));
        words.map(|word| singular(&word)).collect()
    };
    let (mine, theirs) = (words(mine), words(theirs));
    !mine.is_empty() && mine == theirs
}

/// An English word as there is one of it: potatoes and radishes, berries, eggs.
pub fn singular(word: &str) -> String {
    match word {
        _ if word.ends_with("ies") && word.len() > 4 => format!("{}y", &word[..word.len() - 3]),
        _ if ["oes", "shes", "ches", "xes"].iter().any(|end| word.ends_with(end)) => word[..word.len() - 2].to_owned(),
        _ if word.ends_with('s') && !word.ends_with("ss") => word[..word.len() - 1].to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ko: &str, en: &str) -> Names {
        Names { ko: ko.to_owned(), en: en.to_owned() }
    }

    #[test]
    fn a_variant_of_a_name_is_the_same_dish() {
        let stew = names("김치찌개", "Kimchi stew");
        for (ko, en) in [
            ("김치 찌개", "other"),
            ("돼지고기 김치찌개", "other"),
            ("얼큰한 김치찌개 (1인분)", "other"),
            ("[초간단] 김치찌개", "other"),
            ("다른 이름", "Spicy Kimchi Stew"),
            ("다른 이름", "korean-style kimchi stews"),
        ] {
            assert!(names(ko, en).is_variant_of(&stew) && stew.is_variant_of(&names(ko, en)), "{ko} {en}");
        }
    }

    #[test]
    fn another_dish_is_no_variant() {
        let stew = names("김치찌개", "Kimchi stew");
        for (ko, en) in
            [("된장찌개", "Soybean paste stew"), ("김치볶음밥", "Kimchi fried rice"), ("", ""), ("찌", "stew")]
        {
            assert!(!names(ko, en).is_variant_of(&stew), "{ko} {en}");
        }
        assert!(!names("", "").is_variant_of(&names("", "")));
    }
}
