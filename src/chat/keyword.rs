//! What a history is searched for, and how Korean is found in it.

use super::text::{clean, fold};

/// Between the fields of a searchable text; cleaned text has no tab, so nothing is found across two fields.
const BETWEEN_FIELDS: char = '\t';

/// The initial consonants in the order of the Hangul syllables (Unicode, chapter 3.12), as they are typed.
const INITIALS: [char; 19] =
    ['ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ'];

/// What a keyboard makes of two consonants typed one after the other.
const CLUSTERS: [(char, [char; 2]); 11] = [
    ('ㄳ', ['ㄱ', 'ㅅ']),
    ('ㄵ', ['ㄴ', 'ㅈ']),
    ('ㄶ', ['ㄴ', 'ㅎ']),
    ('ㄺ', ['ㄹ', 'ㄱ']),
    ('ㄻ', ['ㄹ', 'ㅁ']),
    ('ㄼ', ['ㄹ', 'ㅂ']),
    ('ㄽ', ['ㄹ', 'ㅅ']),
    ('ㄾ', ['ㄹ', 'ㅌ']),
    ('ㄿ', ['ㄹ', 'ㅍ']),
    ('ㅀ', ['ㄹ', 'ㅎ']),
    ('ㅄ', ['ㅂ', 'ㅅ']),
];

/// What a history is searched for: one or more words, which must all be there.
///
/// Case, spaces and the form of Hangul (NFC or NFD) make no difference, and no sign has a meaning of its own.
/// A lone consonant stands for every syllable that begins with it, so that ㄱㅊㅉㄱ, 김ㅊ and 김치찌개 all find
/// 김치찌개.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword {
    text: String,
    needles: Vec<Needle>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Needle {
    /// As it stands.
    Text(String),
    /// With lone consonants in it.
    Initials(Vec<char>),
}

/// A keyword of more than [`Keyword::MAX_CHARACTERS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a keyword is too long")]
pub struct KeywordTooLong;

impl Keyword {
    /// As many as the longest name of a dish has; characters of Unicode, which are at least as many as people see.
    pub const MAX_CHARACTERS: usize = 50;

    /// Reads what was typed; `None` where nothing is left of it.
    pub fn parse(text: &str) -> Result<Option<Self>, KeywordTooLong> {
        let text = clean(text);
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(KeywordTooLong);
        }
        let needles: Vec<Needle> = text.split(' ').filter(|word| !word.is_empty()).map(needle).collect();
        Ok((!needles.is_empty()).then_some(Self { text, needles }))
    }

    /// As it was typed, cleaned; untrusted, so escape it where it is shown.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The longest of its words without lone consonants.
    pub(super) fn longest_word(&self) -> Option<&str> {
        let words = self.needles.iter().filter_map(|needle| match needle {
            Needle::Text(text) => Some(text.as_str()),
            Needle::Initials(_) => None,
        });
        words.max_by_key(|word| word.len())
    }

    /// The longest of its words with lone consonants.
    pub(super) fn longest_initials(&self) -> Option<&[char]> {
        let letters = self.needles.iter().filter_map(|needle| match needle {
            Needle::Text(_) => None,
            Needle::Initials(letters) => Some(letters.as_slice()),
        });
        letters.max_by_key(|letters| letters.len())
    }

    /// Whether it is found in a text made by [`searchable`].
    pub fn is_in(&self, searchable: &str) -> bool {
        self.needles.iter().all(|needle| match needle {
            Needle::Text(text) => searchable.contains(text.as_str()),
            Needle::Initials(letters) => contains_initials(searchable, letters),
        })
    }
}

/// The fields as they are searched: folded, one after another. Has neither a line end nor anything to escape.
pub fn searchable<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let folded: Vec<String> = fields.into_iter().map(fold).filter(|field| !field.is_empty()).collect();
    folded.join(&BETWEEN_FIELDS.to_string())
}

fn needle(word: &str) -> Needle {
    let word = fold(word);
    let letters: Vec<char> = word.chars().flat_map(letters).collect();
    if letters.iter().any(|c| INITIALS.contains(c)) { Needle::Initials(letters) } else { Needle::Text(word) }
}

/// A letter as it is compared: a consonant in each of its forms as the one that is typed, a cluster as its two.
fn letters(c: char) -> impl Iterator<Item = char> {
    let typed = match c {
        // Initial consonants of decomposed Hangul that nothing followed.
        '\u{1100}'..='\u{1112}' => INITIALS.get(c as usize - 0x1100).copied().unwrap_or(c),
        _ => c,
    };
    let cluster = CLUSTERS.iter().find(|(cluster, _)| *cluster == typed).map(|(_, two)| *two);
    let (first, second) = cluster.map_or((typed, None), |[first, second]| (first, Some(second)));
    std::iter::once(first).chain(second)
}

fn initial(c: char) -> Option<char> {
    INITIALS.get(usize::from(initial_index(c)?)).copied()
}

/// The place of a consonant, or of the one that a syllable begins with, among the initial consonants.
pub(super) fn initial_index(c: char) -> Option<u8> {
    match u32::from(c) {
        syllable @ 0xac00..=0xd7a3 => u8::try_from((syllable - 0xac00) / 588).ok(),
        0x3131..=0x314e => INITIALS.iter().position(|initial| *initial == c).and_then(|at| u8::try_from(at).ok()),
        _ => None,
    }
}

fn contains_initials(text: &str, letters: &[char]) -> bool {
    let fits = |c: char, letter: char| c == letter || (('가'..='힣').contains(&c) && initial(c) == Some(letter));
    let mut rest = text.chars();
    loop {
        let mut here = rest.clone();
        if letters.iter().all(|letter| here.next().is_some_and(|c| fits(c, *letter))) {
            return true;
        }
        if rest.next().is_none() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn finds(keyword: &str, fields: &[&str]) -> bool {
        let keyword = Keyword::parse(keyword).expect("short").expect("something");
        keyword.is_in(&searchable(fields.iter().copied()))
    }

    #[test]
    fn initial_consonants_find_the_syllables_that_begin_with_them() {
        for keyword in ["ㄱㅊㅉㄱ", "ㅊㅉ", "김ㅊ", "ㄱ치ㅉ개", "김치찌ㄱ", "치찌", "김치 ㅉㄱ"] {
            assert!(finds(keyword, &["김치찌개"]), "{keyword}");
        }
        for keyword in ["ㄱㅊㅈㄱ", "ㄱㅊㅉㄱㄱ", "ㅉㅊ", "김ㅉ", "찌치", "ㅏ"] {
            assert!(!finds(keyword, &["김치찌개"]), "{keyword}");
        }
    }

    #[test]
    fn consonants_that_the_keyboard_joined_are_two() {
        assert!(finds("ㄳ", &["비빔 국수"]));
        assert!(finds("ㅄ", &["밥솥"]));
        assert!(finds("\u{1100}\u{110e}", &["김치"]), "decomposed consonants");
    }

    #[test]
    fn both_forms_of_hangul_case_and_spaces_make_no_difference() {
        let nfd: String = "김치".nfd().collect();
        assert!(finds(&nfd, &["김치 볶음밥"]) && finds("김치", &[&nfd]));
        assert!(finds("치볶음", &["김치 볶음밥"]) && finds("김 치 볶 음", &["김치볶음밥"]));
        assert!(finds("SOY Sauce", &["soy sauce"]) && finds("soysauce", &["Soy sauce"]));
    }

    #[test]
    fn every_word_must_be_there_in_whichever_field() {
        assert!(finds("두부 김치", &["김치찌개", "두부"]));
        assert!(!finds("두부 카레", &["김치찌개", "두부"]));
        assert!(!finds("개두", &["김치찌개", "두부"]), "nothing is found across two fields");
    }

    #[test]
    fn signs_stand_for_themselves() {
        assert!(finds("%", &["100% 메밀"]) && !finds("%", &["메밀"]));
        assert!(!finds("메_", &["메밀"]) && !finds(".*", &["메밀"]) && !finds("\\", &["메밀"]));
    }

    #[test]
    fn only_spaces_are_no_keyword_and_a_long_one_is_refused() {
        assert_eq!(Keyword::parse(" \u{200b}\t "), Ok(None));
        assert!(Keyword::parse(&"밥".repeat(50)).is_ok());
        assert_eq!(Keyword::parse(&"밥".repeat(51)), Err(KeywordTooLong));
        assert_eq!(Keyword::parse(&"밥 ".repeat(1_000)), Err(KeywordTooLong));
    }

    proptest! {
        #[test]
        fn a_part_of_a_name_finds_it_also_by_its_initials(name in "[가-힣a-z]{1,12}", from in 0usize..12, length in 1usize..12) {
            let part: String = name.chars().skip(from).take(length).collect();
            prop_assume!(!part.is_empty());
            prop_assert!(finds(&part, &["다른 것", &name]));
            let initials: String = part.chars().map(|c| initial(c).unwrap_or(c)).collect();
            prop_assert!(finds(&initials, &[&name]));
        }

        #[test]
        fn no_text_makes_the_search_panic(keyword in ".{0,60}", text in ".{0,60}") {
            if let Ok(Some(keyword)) = Keyword::parse(&keyword) {
                let _ = keyword.is_in(&searchable([text.as_str()]));
            }
        }
    }
}
