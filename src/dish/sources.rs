//! Which ingredients bring which allergens, openly or hidden, in both languages: what the product that is usual in
//! shops has in it. A word found says that it is there; a word not found never says that a dish is safe.

mod words;

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use memchr::memmem;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::Allergen;
use crate::chat::{clean, fold};
use words::{FREE, NOT, Row, SOURCES};

/// Where a promise of [`FREE`] ends: another thing is named.
const ENDS: [&str; 10] = [",", ";", "/", "(", "+", "&", " or ", " and ", "또는", "혹은"];

/// Every word of one language, looked for in one pass.
struct Index {
    /// Where there is none, each word is looked for by itself.
    automaton: Option<AhoCorasick>,
    /// What each word begins with.
    pattern: fn(&'static str) -> &'static str,
    /// Of each word: its table, the word, and what its row says.
    words: Vec<(Table, &'static str, &'static [Allergen])>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Sources,
    Not,
    Free,
}

static KOREAN: LazyLock<Index> = LazyLock::new(|| Index::of(|row| row.0, |word| word));
static ENGLISH: LazyLock<Index> = LazyLock::new(|| Index::of(|row| row.1, |word| stem(word).0));

impl Index {
    fn of(words: fn(&Row) -> &'static [&'static str], pattern: fn(&'static str) -> &'static str) -> Self {
        let tables = [(Table::Sources, SOURCES), (Table::Not, NOT), (Table::Free, FREE)];
        let rows = tables.into_iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        let words: Vec<_> =
            rows.flat_map(|(table, row)| words(row).iter().map(move |word| (table, *word, row.2))).collect();
        let automaton = AhoCorasick::new(words.iter().map(|(_, word, _)| pattern(word)));
        Self { automaton: automaton.ok(), pattern, words }
    }

    /// The words that may be in a text, and where.
    fn found_in(&self, text: &str) -> Vec<(usize, usize)> {
        match &self.automaton {
            Some(automaton) => {
                let found = automaton.find_overlapping_iter(text);
                found.map(|found| (found.pattern().as_usize(), found.start())).collect()
            }
            None => self.found_one_by_one(text),
        }
    }

    fn found_one_by_one(&self, text: &str) -> Vec<(usize, usize)> {
        let of = |(at, (_, word, _)): (usize, &(Table, &'static str, _))| {
            memmem::find_iter(text.as_bytes(), (self.pattern)(word)).map(move |from| (at, from)).collect::<Vec<_>>()
        };
        self.words.iter().enumerate().flat_map(of).collect()
    }
}

/// What an ingredient of this name brings with it, as far as is known; in the order of [`Allergen::ALL`].
pub fn brought_by(ingredient: &str) -> BTreeSet<Allergen> {
    let mut brought = BTreeSet::new();
    // A promise such as 비건 begins with a word, and is not what two words happen to make (갈비 건새우).
    let lengths = ingredient.split(' ').map(|word| fold(word).len());
    let starts: Vec<usize> = lengths.scan(0, |at, length| Some(std::mem::replace(at, *at + length))).collect();
    let anywhere = |_: &str, from: usize, word: &str| Some(from..from + word.len());
    collect(&mut brought, &fold(ingredient), &KOREAN, anywhere, |from| starts.contains(&from));
    collect(&mut brought, &plain(ingredient), &ENGLISH, alone_at, |_| true);
    brought
}

/// A text in which words are looked for that stand alone.
pub(super) struct Plain(String);

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        Self(plain(text))
    }

    /// Whether an English word, or several, stands in it, each in the singular or the plural.
    pub(super) fn has(&self, word: &str) -> bool {
        let word = plain(word);
        let ies = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let singulars = [word.strip_suffix("es"), word.strip_suffix('s'), ies.as_deref()];
        std::iter::once(word.as_str()).chain(singulars.into_iter().flatten()).any(|word| is_alone(&self.0, word))
    }
}

/// Whether an English word, or several, stands in a text, each in the singular or the plural.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    Plain::of(text).has(word)
}

fn collect(
    brought: &mut BTreeSet<Allergen>,
    text: &str,
    index: &Index,
    whole: fn(&str, usize, &str) -> Option<Range<usize>>,
    begins_word: impl Fn(usize) -> bool,
) {
    let mut there: Vec<(Range<usize>, &[Allergen])> = Vec::new();
    let mut without: Vec<(Range<usize>, &[Allergen])> = Vec::new();
    for (word, from) in index.found_in(text) {
        let Some((table, word, allergens)) = index.words.get(word) else { continue };
        let Some(at) = whole(text, from, word) else { continue };
        match table {
            Table::Sources => there.push((at, allergens)),
            Table::Not => without.push((at, allergens)),
            Table::Free if begins_word(at.start) => {
                without.push((at.start..end_of_promise(text, at.end), allergens));
            }
            Table::Free => {}
        }
    }
    let is_without = |at: &Range<usize>, allergen: Allergen| {
        let covers = |range: &Range<usize>| range.start <= at.start && at.end <= range.end;
        without.iter().any(|(range, allergens)| covers(range) && allergens.contains(&allergen))
    };
    for (at, allergens) in there {
        brought.extend(allergens.iter().copied().filter(|allergen| !is_without(&at, *allergen)));
    }
}

fn end_of_promise(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    ENDS.iter().filter_map(|end| rest.find(end)).min().map_or(text.len(), |length| from + length)
}

/// The text for looking for words that stand alone: lower case, without accents, its hyphens as spaces.
fn plain(text: &str) -> String {
    let hyphens = |c: char| if matches!(c, '-' | '\u{2010}'..='\u{2015}' | '_') { ' ' } else { c };
    let spaced: String = if text.is_ascii() {
        text.chars().map(hyphens).collect()
    } else {
        text.nfkd().filter(|c| !is_combining_mark(*c)).map(hyphens).collect()
    };
    clean(&spaced).to_lowercase()
}

/// What a word begins with in the singular and in the plural, and how both end.
fn stem(word: &str) -> (&str, [&'static str; 3]) {
    match word.strip_suffix('y') {
        Some(stem) => (stem, ["y", "ys", "ies"]),
        None => (word, ["", "s", "es"]),
    }
}

/// Where the word is whose stem begins there, if it stands between other signs than letters and digits; also in the plural.
fn alone_at(text: &str, from: usize, word: &str) -> Option<Range<usize>> {
    let (stem, endings) = stem(word);
    let (before, after) = (&text[..from], &text[from + stem.len()..]);
    let is_end = |rest: &str| !rest.starts_with(char::is_alphanumeric);
    let ending = endings.iter().find(|ending| after.strip_prefix(**ending).is_some_and(is_end))?;
    (!before.ends_with(char::is_alphanumeric)).then(|| from..from + stem.len() + ending.len())
}

fn is_alone(text: &str, word: &str) -> bool {
    memmem::find_iter(text.as_bytes(), stem(word).0).any(|from| alone_at(text, from, word).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dish::Allergen::{
        Beef, Buckwheat, Celery, Chicken, Crustaceans, Egg, Fish, Milk, Molluscs, Mustard, Nuts, Peanut, Pork, Sesame,
        Soy, Sulphites, Tomato, Wheat,
    };

    fn assert_brings(ingredients: &[&str], allergens: &[Allergen]) {
        for ingredient in ingredients {
            assert_eq!(brought_by(ingredient), allergens.iter().copied().collect(), "{ingredient}");
        }
    }

    #[test]
    fn soy_sauce_brings_wheat_and_soy_in_both_languages() {
        assert_brings(&["간장", "국간장", "진 간장", "soy sauce", "Regular Soy Sauce"], &[Wheat, Soy]);
    }

    #[test]
    fn a_promise_is_a_word_and_not_what_two_words_happen_to_make() {
        assert_brings(&["비건 버터"], &[]);
        assert_brings(&["갈비 건새우"], &[Crustaceans]);
    }

    #[test]
    fn peanut_butter_is_no_milk() {
        assert_brings(&["땅콩버터", "땅콩 버터", "peanut butter", "Smooth peanut-butter"], &[Peanut]);
        assert_brings(&["땅콩버터와 버터", "peanut butter and butter"], &[Milk, Peanut]);
    }

    #[test]
    fn what_is_pressed_from_plants_is_no_milk() {
        assert_brings(&["코코넛 밀크", "귀리우유", "coconut milk", "oat milk", "cream of tartar", "코코넛크림"], &[]);
        assert_brings(&["아몬드밀크", "almond milk"], &[Nuts]);
        assert_brings(&["두유", "soya milk"], &[Soy]);
    }

    #[test]
    fn an_aubergine_is_no_egg() {
        assert_brings(&["eggplant", "egg plant", "aubergine", "가지"], &[]);
        assert_brings(&["egg", "Eggs", "egg yolks", "삶은 달걀"], &[Egg]);
    }

    #[test]
    fn oyster_mushrooms_are_no_molluscs() {
        assert_brings(&["oyster mushrooms", "king oyster mushroom", "느타리버섯"], &[]);
        assert_brings(&["oyster sauce", "굴소스", "굴 소스"], &[Wheat, Soy, Molluscs]);
        assert_brings(&["oysters", "껍데기 깐 굴", "생굴"], &[Molluscs]);
    }

    #[test]
    fn buckwheat_is_no_wheat() {
        assert_brings(&["메밀", "메밀가루", "buckwheat", "buckwheat flour"], &[Buckwheat]);
        assert_brings(&["메밀국수", "soba noodles"], &[Wheat, Buckwheat]);
    }

    #[test]
    fn noodles_without_wheat_are_no_wheat() {
        assert_brings(&["쌀국수", "당면", "실곤약", "rice noodles", "sweet potato glass noodles", "rice cakes"], &[]);
        assert_brings(&["소면", "국수", "noodles", "fresh pasta"], &[Wheat]);
    }

    #[test]
    fn perilla_is_no_sesame() {
        assert_brings(&["들깻가루", "들깨 가루", "들기름", "깻잎", "perilla seeds", "sesame leaves"], &[]);
        assert_brings(&["통깨", "깨", "참기름", "tahini", "sesame seeds"], &[Sesame]);
    }

    #[test]
    fn a_part_of_another_word_brings_nothing() {
        let english = ["nutmeg", "coconut", "butternut squash", "water chestnuts", "hamburger", "butter beans"];
        assert_brings(&english, &[]);
        let korean = ["얇게 살짝 데친 배추", "돼지감자", "백도라지", "치킨무", "냉동 죽순", "추가 재료", "사과와 인삼"];
        assert_brings(&korean, &[]);
        assert_brings(&["신선한 우유", "신선한 치즈"], &[Milk]);
        assert_brings(&["채소 라면", "미소 라면"], &[Wheat, Soy]);
    }

    #[test]
    fn a_promise_holds_for_what_follows_it_and_no_further() {
        assert_brings(&["gluten-free soy sauce", "글루텐프리 간장"], &[Soy]);
        assert_brings(&["egg-free mayonnaise", "vegan butter", "비건 김치"], &[]);
        assert_brings(&["vegan butter or butter", "비건 버터 또는 버터"], &[Milk]);
        assert_brings(&["nut-free pesto"], &[Milk]);
    }

    #[test]
    fn sausages_are_pork_unless_they_say_otherwise() {
        assert_brings(&["소시지", "비엔나소시지", "sausages"], &[Pork]);
        assert_brings(&["닭가슴살 소시지", "chicken sausages"], &[Chicken]);
    }

    #[test]
    fn hidden_sources_are_found_in_both_languages() {
        let table: [(&[&str], &[Allergen]); 16] = [
            (&["김치", "김칫국물", "깍두기", "Kimchi brine"], &[Fish, Crustaceans]),
            (&["새우젓", "salted shrimp", "red curry paste"], &[Crustaceans]),
            (&["멸치액젓", "까나리액젓", "참치액", "혼다시", "fish sauce", "anchovies", "dashi"], &[Fish]),
            (&["쯔유", "우스터소스", "사각 어묵", "Worcestershire sauce", "fish cakes"], &[Wheat, Soy, Fish]),
            (&["게맛살", "imitation crab"], &[Egg, Wheat, Soy, Fish, Crustaceans]),
            (&["마요네즈", "mayonnaise"], &[Egg]),
            (&["빵가루", "튀김가루", "부침가루", "breadcrumbs", "panko"], &[Wheat]),
            (&["찐만두", "데리야키 소스", "라면 사리", "teriyaki sauce"], &[Wheat, Soy]),
            (&["사골육수", "소고기 다시다", "beef bone stock"], &[Beef]),
            (&["치킨스톡", "닭육수", "chicken stock"], &[Chicken]),
            (&["화이트 와인", "와인식초", "단무지", "건포도", "raisins", "red wine vinegar"], &[Sulphites]),
            (&["청주", "맛술", "rice wine", "mirin", "멍게"], &[]),
            (&["바질페스토", "pesto"], &[Milk, Nuts]),
            (&["토마토케첩", "살사", "ripe tomatoes"], &[Tomato]),
            (&["연겨자", "wasabi"], &[Mustard]),
            (&["채소육수", "vegetable stock"], &[Celery]),
        ];
        for (ingredients, allergens) in table {
            assert_brings(ingredients, allergens);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_search_panic(text in ".{0,40}(비건|vegan|굴|eggs?).{0,40}") {
            let _ = brought_by(&text);
        }
    }
}
