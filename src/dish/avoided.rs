//! What a person does not eat, and whether a dish has any of it: a check that asks no model.
//!
//! It says what was found. What was not found may still be there, so it never says that a dish is safe.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Allergen, Dish, Source,
    sources::{brought_by, has_word},
};
use crate::{
    chat::{Short, fold},
    order::{MainIngredient, Wanted, wish_words},
};

/// A word for something that a person does not eat and that no allergen stands for.
pub type AvoidedWord = Short<20>;

/// What a person does not eat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Avoided {
    /// Of the fixed list.
    #[serde(default)]
    pub allergens: BTreeSet<Allergen>,
    /// Whatever else, in their own words; at most [`Avoided::MOST_WORDS`].
    #[serde(default)]
    pub words: Vec<AvoidedWord>,
}

/// Something avoided that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One of the list.
    Allergen(Allergen),
    /// One of the person's own words.
    Word(AvoidedWord),
}

/// What people write for the allergens besides their names: other words for the same, and whole groups.
const WORDS: [(&[&str], &[Allergen]); 22] = [
    (&["해산물", "해물", "seafood"], &[Allergen::Fish, Allergen::Crustaceans, Allergen::Molluscs]),
    (&["shellfish"], &[Allergen::Crustaceans, Allergen::Molluscs]),
    (&["고기", "육류", "meat"], &[Allergen::Beef, Allergen::Pork, Allergen::Chicken]),
    (&["달걀", "계란", "알류", "난류", "egg"], &[Allergen::Egg]),
    (&["우유", "유제품", "유당", "milk", "dairy", "lactose"], &[Allergen::Milk]),
    (&["밀", "밀가루", "글루텐", "wheat", "flour", "gluten"], &[Allergen::Wheat]),
    (&["메밀", "메밀가루", "buckwheat", "soba"], &[Allergen::Buckwheat]),
    (&["콩", "대두", "soy", "soya", "soybean"], &[Allergen::Soy]),
    (&["땅콩", "피넛", "peanut"], &[Allergen::Peanut]),
    (&["견과류", "견과", "nut", "tree nut"], &[Allergen::Nuts]),
    (&["참깨", "깨", "sesame"], &[Allergen::Sesame]),
    (&["생선", "물고기", "fish"], &[Allergen::Fish]),
    (&["갑각류", "새우", "게", "crustacean", "prawn", "shrimp", "crab"], &[Allergen::Crustaceans]),
    (&["조개", "조개류", "연체동물", "오징어", "mollusc", "clam", "squid"], &[Allergen::Molluscs]),
    (&["돼지", "돼지고기", "pork"], &[Allergen::Pork]),
    (&["소고기", "쇠고기", "한우", "beef"], &[Allergen::Beef]),
    (&["닭", "닭고기", "치킨", "chicken"], &[Allergen::Chicken]),
    (&["복숭아", "peach"], &[Allergen::Peach]),
    (&["토마토", "tomato"], &[Allergen::Tomato]),
    (&["아황산", "아황산류", "sulphite", "sulfite"], &[Allergen::Sulphites]),
    (&["셀러리", "샐러리", "celery"], &[Allergen::Celery]),
    (&["겨자", "머스터드", "mustard"], &[Allergen::Mustard]),
];

/// What a word of one syllable begins without being in it: 파 begins 파프리카, 배 begins 배추.
const OTHERS: [(&str, &[&str]); 5] = [
    ("파", &["파프리카", "파스타", "파슬리", "파인애플", "파마산", "파르메산", "파래", "파파야"]),
    ("배", &["배추"]),
    ("무", &["무염", "무가당", "무화과", "무순"]),
    ("콩", &["콩국수"]),
    ("김", &["김치", "김칫"]),
];

/// Words for the main ingredients, of which the allergens know nothing.
const MAINS: [(MainIngredient, &[&str]); 3] = [
    (MainIngredient::Vegetables, &["채소", "채소류", "야채", "vegetable", "vegetables"]),
    (MainIngredient::Mushrooms, &["버섯", "버섯류", "mushroom", "mushrooms"]),
    (MainIngredient::Fruit, &["과일", "과일류", "fruit", "fruits"]),
];

impl Avoided {
    /// The most words of a person's own.
    pub const MOST_WORDS: usize = 20;

    /// Whether the person eats everything.
    pub fn is_empty(&self) -> bool {
        self.allergens.is_empty() && self.words.is_empty()
    }

    /// All of it, the list first.
    pub fn all(&self) -> Vec<Found> {
        let allergens = self.allergens.iter().copied().map(Found::Allergen);
        allergens.chain(self.words.iter().cloned().map(Found::Word)).collect()
    }

    /// Adds a word, unless it is there in whatever spelling; `false` when there are too many.
    pub fn add(&mut self, word: AvoidedWord) -> bool {
        if self.knows(&word) {
            return true;
        }
        let room = self.words.len() < Self::MOST_WORDS;
        if room {
            self.words.push(word);
        }
        room
    }

    /// Takes in all that somebody else does not eat, also where that is more than one person may say: nothing of it is lost.
    pub fn unite(&mut self, other: Self) {
        self.allergens.extend(other.allergens);
        for word in other.words {
            if !self.knows(&word) {
                self.words.push(word);
            }
        }
    }

    /// Whether a word is there, in whatever spelling.
    fn knows(&self, word: &AvoidedWord) -> bool {
        self.words.iter().any(|known| fold(known.as_str()) == fold(word.as_str()))
    }

    /// What of it is in a dish: by the dish's own list of allergens, by what its ingredients bring with them, and
    /// by name. What a model wrote is looked through whole, since it may have forgotten to list something.
    pub fn found_in(&self, dish: &Dish) -> Vec<Found> {
        if self.is_empty() {
            return Vec::new();
        }
        let ingredients = dish.ingredients.iter().map(|line| &line.name);
        let names = [&dish.names.ko, &dish.names.en];
        let is_model = dish.source == Source::Model;
        let written =
            is_model.then(|| dish.steps.iter().chain([&dish.introduction]).chain(names)).into_iter().flatten();
        let brought = allergens_of(&dish.allergens, ingredients.clone().chain(written.clone()).map(String::as_str));
        self.found_among(&brought, &ingredients.chain(names).chain(written).map(String::as_str))
    }

    /// The same for a dish in parts: the allergens that are in it, and the names of it and of its ingredients.
    pub fn found_among<'a>(
        &self,
        there: &BTreeSet<Allergen>,
        names: &(impl Iterator<Item = &'a str> + Clone),
    ) -> Vec<Found> {
        let has = |found: &Found| match found {
            Found::Allergen(allergen) => there.contains(allergen),
            Found::Word(word) => {
                allergens_meant(word.as_str()).iter().any(|allergen| there.contains(allergen))
                    || names.clone().any(|name| is_named(name, word.as_str()))
            }
        };
        self.all().into_iter().filter(has).collect()
    }

    /// What a person wants although they do not eat it: the main ingredient, or a word of the wish.
    pub fn against(&self, wanted: &Wanted) -> Vec<Found> {
        let has = |found: &Found| match found {
            Found::Allergen(allergen) => {
                self.blocks(wanted.filters.main_ingredient, *allergen)
                    || wishes_for(wanted, |word| brought_by(word).contains(allergen))
            }
            Found::Word(avoided) => {
                let main = wanted.filters.main_ingredient;
                let known = MAINS.iter().find(|(ingredient, _)| Some(*ingredient) == main);
                known.is_some_and(|(_, words)| words.contains(&fold(avoided.as_str()).as_str()))
                    || allergens_meant(avoided.as_str()).iter().any(|allergen| self.blocks(main, *allergen))
                    || wishes_for(wanted, |word| is_named(word, avoided.as_str()))
            }
        };
        self.all().into_iter().filter(has).collect()
    }

    /// Whether nothing of the main ingredient is left for one who does not eat `allergen`. Seafood is left as long
    /// as any of its kinds is.
    fn blocks(&self, main: Option<MainIngredient>, allergen: Allergen) -> bool {
        let groups = self.words.iter().flat_map(|word| allergens_meant(word.as_str()));
        let avoided: BTreeSet<Allergen> = self.allergens.iter().chain(groups).copied().collect();
        match main {
            Some(MainIngredient::Beef) => allergen == Allergen::Beef,
            Some(MainIngredient::Pork) => allergen == Allergen::Pork,
            Some(MainIngredient::Chicken) => allergen == Allergen::Chicken,
            Some(MainIngredient::Seafood) => {
                let kinds = [Allergen::Fish, Allergen::Crustaceans, Allergen::Molluscs];
                kinds.contains(&allergen) && kinds.iter().all(|kind| avoided.contains(kind))
            }
            _ => false,
        }
    }
}

/// The allergens of a dish: those that it declares, and those that its ingredients bring with them.
pub fn allergens_of<'a>(declared: &[Allergen], ingredients: impl Iterator<Item = &'a str>) -> BTreeSet<Allergen> {
    declared.iter().copied().chain(ingredients.flat_map(brought_by)).collect()
}

/// The allergens that a word stands for, whether it names one in other words or a whole group; none for any other.
pub fn allergens_meant(word: &str) -> &'static [Allergen] {
    let (folded, is_english) = (fold(word), word.is_ascii());
    let means = |known: &&str| *known == folded || (is_english && has_word(word, known) && !word.trim().contains(' '));
    WORDS.iter().find(|(words, _)| words.iter().any(&means)).map_or(&[], |(_, allergens)| *allergens)
}

fn wishes_for(wanted: &Wanted, is: impl Fn(&str) -> bool) -> bool {
    wanted.wish.as_ref().is_some_and(|wish| wish_words(wish).iter().any(|word| !word.unwanted && is(&word.word)))
}

/// Whether a text names what the word says. Korean words run together, so one of two syllables or more may stand
/// anywhere, and one of a single syllable at either end of a word (파 in 대파, 굴 in 굴소스, not 파 in 파프리카).
/// English is compared word by word, in the singular and the plural.
fn is_named(text: &str, word: &str) -> bool {
    if word.is_ascii() {
        return has_word(text, word);
    }
    let word = fold(word);
    if word.chars().count() > 1 {
        return fold(text).contains(&word);
    }
    let others = OTHERS.iter().find(|(known, _)| *known == word).map_or(&[] as &[&str], |(_, others)| *others);
    let begins = |part: &str| part.starts_with(&word) && !others.iter().any(|other| part.starts_with(other));
    text.split(' ').map(fold).any(|part| part.ends_with(&word) || begins(&part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::Locale,
        dish::{Amount, Ingredient, Names},
        order::{Filters, Wish},
    };

    fn avoided(allergens: &[Allergen], words: &[&str]) -> Avoided {
        let words = words.iter().map(|word| AvoidedWord::parse(word).expect("a word")).collect();
        Avoided { allergens: allergens.iter().copied().collect(), words }
    }

    fn dish(ingredients: &[&str], allergens: &[Allergen]) -> Dish {
        let line = |name: &&str| Ingredient { name: (*name).to_owned(), amount: Amount::ToTaste };
        Dish {
            names: Names { ko: "요리".to_owned(), en: "A dish".to_owned() },
            locale: Locale::Ko,
            introduction: String::new(),
            ingredients: ingredients.iter().map(line).collect(),
            steps: Vec::new(),
            minutes: 10,
            kind: Filters::default(),
            allergens: allergens.to_vec(),
            source: Source::Cookbook,
            loosened: Vec::new(),
            stands_in: None,
        }
    }

    fn wanted(main: Option<MainIngredient>, wish: &str) -> Wanted {
        Wanted { filters: Filters { main_ingredient: main, ..Filters::default() }, wish: Wish::parse(wish).ok() }
    }

    #[test]
    fn an_allergen_is_found_though_the_dish_does_not_declare_it() {
        let soy = avoided(&[Allergen::Soy], &[]);
        assert_eq!(soy.found_in(&dish(&["간장"], &[])), [Found::Allergen(Allergen::Soy)]);
        assert_eq!(soy.found_in(&dish(&["소금"], &[Allergen::Soy])), [Found::Allergen(Allergen::Soy)]);
        assert_eq!(soy.found_in(&dish(&["소금"], &[])), []);
    }

    #[test]
    fn what_a_model_forgot_to_list_is_found_in_its_steps_and_its_name() {
        let of_model = |step: &str, name: &str| Dish {
            source: Source::Model,
            steps: vec![step.to_owned()],
            names: Names { ko: name.to_owned(), en: "A dish".to_owned() },
            ..dish(&["쌀국수"], &[])
        };
        let peanut = avoided(&[Allergen::Peanut], &[]);
        assert_eq!(peanut.found_in(&of_model("땅콩을 뿌려요.", "쌀국수")).len(), 1);
        assert_eq!(peanut.found_in(&of_model("얇게 썰어요.", "쌀국수")).len(), 0);
        let prawns = avoided(&[Allergen::Crustaceans], &["오이"]);
        assert_eq!(prawns.found_in(&of_model("맛있게 얇게 썰어요.", "새우볶음")).len(), 1);
        assert_eq!(prawns.found_in(&of_model("오이를 올려요.", "쌀국수")).len(), 1);
    }

    #[test]
    fn a_word_is_found_inside_korean_words_and_as_a_word_in_english() {
        let has = |word: &str, ingredient: &str| !avoided(&[], &[word]).found_in(&dish(&[ingredient], &[])).is_empty();
        assert!(has("고수", "다진 고수") && has("버섯", "느타리버섯") && has("파", "송송 썬 대파"));
        assert!(!has("파", "파프리카") && !has("배", "배추김치"));
        assert!(has("Coriander", "fresh coriander") && has("carrots", "carrot") && has("tomato", "Tomatoes"));
        assert!(!has("egg", "eggplant") && !has("rice", "licorice"));
    }

    #[test]
    fn plurals_and_several_words_are_found_both_ways() {
        let has = |word: &str, ingredient: &str| !avoided(&[], &[word]).found_in(&dish(&[ingredient], &[])).is_empty();
        for (word, ingredient) in [
            ("apples", "apple"),
            ("olive", "black olives"),
            ("cabbages", "Napa cabbage"),
            ("anchovies", "dried anchovy"),
            ("spring onions", "chopped spring onion"),
            ("bean sprout", "bean sprouts"),
            ("굴", "굴소스"),
            ("닭", "닭가슴살"),
            ("김", "조미 김"),
        ] {
            assert!(has(word, ingredient), "{word} in {ingredient}");
        }
        assert!(!has("onion ring", "spring onion") && !has("김", "김치") && !has("무", "무염버터"));
    }

    #[test]
    fn other_words_for_an_allergen_mean_it() {
        for (word, allergen) in [
            ("계란", Allergen::Egg),
            ("eggs", Allergen::Egg),
            ("쇠고기", Allergen::Beef),
            ("닭", Allergen::Chicken),
            ("Shrimps", Allergen::Crustaceans),
            ("prawn", Allergen::Crustaceans),
            ("tomatoes", Allergen::Tomato),
            ("gluten", Allergen::Wheat),
        ] {
            assert_eq!(allergens_meant(word), [allergen], "{word}");
            let bearer = dish(&["소금"], &[allergen]);
            assert_eq!(avoided(&[], &[word]).found_in(&bearer).len(), 1, "{word}");
        }
        for word in ["고수", "coriander", "밀푀유", "egg plant", "계피"] {
            assert_eq!(allergens_meant(word), [], "{word}");
        }
    }

    #[test]
    fn a_word_for_a_group_is_found_in_all_that_belongs_to_it() {
        let seafood = avoided(&[], &["해산물"]);
        assert_eq!(seafood.found_in(&dish(&["새우젓"], &[])).len(), 1);
        assert_eq!(seafood.found_in(&dish(&["두부"], &[])).len(), 0);
    }

    #[test]
    fn a_main_ingredient_that_is_not_eaten_is_a_contradiction() {
        let beef = avoided(&[Allergen::Beef], &["버섯"]);
        assert_eq!(beef.against(&wanted(Some(MainIngredient::Beef), "")), [Found::Allergen(Allergen::Beef)]);
        assert_eq!(beef.against(&wanted(Some(MainIngredient::Mushrooms), "")).len(), 1);
        assert_eq!(beef.against(&wanted(Some(MainIngredient::Pork), "")), []);
        let fish = avoided(&[Allergen::Fish], &[]);
        assert_eq!(fish.against(&wanted(Some(MainIngredient::Seafood), "")), [], "prawns and squid are left");
        let all = avoided(&[Allergen::Fish, Allergen::Crustaceans, Allergen::Molluscs], &[]);
        assert_eq!(all.against(&wanted(Some(MainIngredient::Seafood), "")).len(), 3);
    }

    #[test]
    fn a_wish_for_what_is_not_eaten_is_a_contradiction_and_one_without_it_is_not() {
        let prawns = avoided(&[Allergen::Crustaceans], &["고수"]);
        assert_eq!(prawns.against(&wanted(None, "새우 볶음")), [Found::Allergen(Allergen::Crustaceans)]);
        assert_eq!(prawns.against(&wanted(None, "고수 듬뿍")).len(), 1);
        assert_eq!(prawns.against(&wanted(None, "새우 없이")), []);
        assert_eq!(prawns.against(&wanted(None, "매운 국물")), []);
    }

    #[test]
    fn a_word_is_added_once_and_only_while_there_is_room() {
        let mut avoided = Avoided::default();
        for n in 0..Avoided::MOST_WORDS {
            assert!(avoided.add(AvoidedWord::parse(&format!("word {n}")).expect("a word")));
        }
        assert!(avoided.add(AvoidedWord::parse("WORD 0").expect("a word")));
        assert!(!avoided.add(AvoidedWord::parse("one more").expect("a word")));
        assert_eq!(avoided.words.len(), Avoided::MOST_WORDS);
    }
}
