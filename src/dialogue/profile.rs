//! Writing a profile, and whether to be forgotten: what is offered, and what an answer means.

use super::{
    menu::choice,
    understand::{Understood, understand},
};
use crate::{
    chat::{Action, Choice, MenuId, Phrase, ShortError, Token, clean, fold, is_one_of},
    dish::{Allergen, AvoidedWord, allergens_meant},
    profile::{Change, Field, Nickname, Profile, SelfIntroduction, WordMark},
};

/// These choices mean the same whenever they are pressed.
const ANY_MENU: MenuId = MenuId(0);

/// What an answer to a field means.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Changes to make, in order, and sentences about what could not be taken.
    Changes(Vec<Change>, Vec<Phrase>),
    /// Back to the profile.
    Back,
    /// Nothing can be taken; sentences that say why.
    Refused(Vec<Phrase>),
}

/// What can be done with a profile as it is shown, or while one of its fields is asked for.
pub fn profile_choices(profile: &Profile, field: Option<Field>) -> Vec<Choice> {
    let Some(field) = field else {
        return Field::ALL.map(|field| choice(ANY_MENU, Action::Write(field))).to_vec();
    };
    let (answers, filled): (Vec<Choice>, bool) = match field {
        Field::Nickname => (Vec::new(), profile.nickname.is_some()),
        Field::Introduction => (Vec::new(), profile.introduction.is_some()),
        Field::Allergens => {
            let avoided = &profile.avoided.allergens;
            let toggle = |allergen: &Allergen| choice(ANY_MENU, Action::Avoid(*allergen, !avoided.contains(allergen)));
            (Allergen::ALL.iter().map(toggle).collect(), !avoided.is_empty())
        }
        Field::Words => {
            let words = &profile.avoided.words;
            let drop = |word: &AvoidedWord| Choice {
                label: Phrase::new("choice-drop-word").text("word", word.as_str()),
                ..choice(ANY_MENU, Action::DropWord(WordMark::of(word)))
            };
            (words.iter().map(drop).collect(), words.len() > 1)
        }
    };
    let clear = filled.then(|| choice(ANY_MENU, Action::Clear(field)));
    let back = Choice { label: Phrase::new("choice-done"), ..choice(ANY_MENU, Action::Profile) };
    answers.into_iter().chain(clear).chain([back]).collect()
}

/// Whether to delete everything.
pub fn forget_choices(menu: MenuId) -> Vec<Choice> {
    [Action::Forget, Action::Keep].map(|action| choice(menu, action)).to_vec()
}

/// What a typed text means while `field` is asked for: one of the choices by number or name, else the answer itself.
pub fn answer(
    field: Field,
    profile: &Profile,
    text: &str,
    spellings: &(dyn Fn(&Choice) -> Vec<String> + Sync),
) -> Answer {
    let choices = profile_choices(profile, Some(field));
    let whole = |choice: &&Choice| is_one_of(text, &spellings(choice));
    let pressed = match (field, understand(text, &choices, spellings)) {
        // A nickname may be a number or begin like a choice.
        (Field::Nickname | Field::Introduction | Field::Words, _) => choices.iter().find(whole),
        (Field::Allergens, Understood::One(index)) => choices.get(index),
        (Field::Allergens, Understood::OutOfRange) => {
            return Answer::Refused(vec![Phrase::out_of_range(choices.len())]);
        }
        (Field::Allergens, _) => None,
    };
    if let Some(action) = pressed.and_then(|choice| Token::decode(&choice.token)).map(|token| token.action) {
        return match action {
            Action::Avoid(allergen, on) => Answer::Changes(vec![Change::Allergen(allergen, on)], Vec::new()),
            Action::DropWord(mark) => Answer::Changes(vec![Change::DropWord(mark)], Vec::new()),
            Action::Clear(field) => Answer::Changes(vec![Change::Clear(field)], Vec::new()),
            _ => Answer::Back,
        };
    }
    match field {
        Field::Nickname => one(Nickname::parse(text), |name| Change::Nickname(Some(name))),
        Field::Introduction => one(SelfIntroduction::parse(text), |text| Change::Introduction(Some(text))),
        Field::Allergens => several(text, spellings, false),
        Field::Words => several(text, spellings, true),
    }
}

fn one<T>(parsed: Result<T, ShortError>, change: impl FnOnce(T) -> Change) -> Answer {
    match parsed {
        Ok(value) => Answer::Changes(vec![change(value)], Vec::new()),
        Err(error) => Answer::Refused(vec![refusal(error)]),
    }
}

fn refusal(error: ShortError) -> Phrase {
    match error {
        ShortError::Empty => Phrase::new("lead-text-empty"),
        ShortError::TooLong { characters, most } => {
            Phrase::new("lead-text-too-long").count("characters", characters).count("most", most)
        }
    }
}

/// More names at once are not read.
const MOST_NAMES: usize = 40;

/// Names with commas between them. Those of the list are taken as such, others as words where `free` says so.
fn several(text: &str, spellings: &(dyn Fn(&Choice) -> Vec<String> + Sync), free: bool) -> Answer {
    let text = clean(text);
    let parts = text.split([',', '、', '，', ';']).map(str::trim).filter(|part| !part.is_empty()).take(MOST_NAMES);
    let (mut changes, mut words, mut strange, mut too_long) = (Vec::new(), Vec::new(), Vec::new(), None);
    for part in parts {
        let meant = allergens_named(part, spellings);
        match AvoidedWord::parse(part) {
            _ if !meant.is_empty() => {
                changes.extend(meant.into_iter().map(|allergen| Change::Allergen(allergen, true)));
            }
            Ok(word) if free => words.push(word),
            Ok(word) => strange.push(Phrase::new("word-as-it-is").text("word", word.as_str())),
            Err(error) => too_long = Some(refusal(error)),
        }
    }
    let mut leads = Vec::from_iter(too_long);
    if !strange.is_empty() {
        leads.push(Phrase::new("lead-no-such-allergen").list("words", strange));
    }
    if free && !changes.is_empty() {
        leads.push(Phrase::new("lead-word-on-the-list"));
    }
    if !words.is_empty() {
        changes.push(Change::AddWords(words));
    }
    match (changes.is_empty(), leads.is_empty()) {
        (true, true) => Answer::Refused(vec![Phrase::new("lead-text-empty")]),
        (true, false) => Answer::Refused(leads),
        (false, _) => Answer::Changes(changes, leads),
    }
}

/// Those of the list that a name means: by their own name or a part of it such as 새우·게, or by another word for them.
fn allergens_named(text: &str, spellings: &(dyn Fn(&Choice) -> Vec<String> + Sync)) -> Vec<Allergen> {
    let folded = fold(text);
    let named = |allergen: &&Allergen| {
        let labels = spellings(&choice(ANY_MENU, Action::Avoid(**allergen, true)));
        labels.iter().any(|label| fold(label) == folded || label.split('·').any(|part| fold(part) == folded))
    };
    Allergen::ALL.iter().find(named).map_or_else(|| allergens_meant(text).to_vec(), |allergen| vec![*allergen])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n;

    fn spelled(choice: &Choice) -> Vec<String> {
        i18n::spellings(&choice.label)
    }

    fn say(field: Field, profile: &Profile, text: &str) -> Answer {
        answer(field, profile, text, &spelled)
    }

    /// The profile after an answer that was taken, and the keys of what was said of it.
    fn after(field: Field, profile: &Profile, text: &str) -> (Profile, Vec<&'static str>) {
        match say(field, profile, text) {
            Answer::Changes(changes, leads) => {
                let mut profile = profile.clone();
                for change in changes {
                    profile.change(change).expect("there is room");
                }
                (profile, leads.iter().map(|lead| lead.key).collect())
            }
            other => panic!("not taken: {other:?}"),
        }
    }

    fn words(profile: &Profile) -> Vec<&str> {
        profile.avoided.words.iter().map(AvoidedWord::as_str).collect()
    }

    #[test]
    fn names_of_the_list_are_taken_in_both_languages_by_parts_and_several_at_once() {
        let (profile, leads) = after(Field::Allergens, &Profile::default(), "새우, milk、 오징어; 우유,");
        let expected = [Allergen::Milk, Allergen::Crustaceans, Allergen::Molluscs];
        assert_eq!(profile.avoided.allergens, expected.into());
        assert!(leads.is_empty(), "{leads:?}");
    }

    #[test]
    fn a_name_alone_takes_it_off_again_and_a_number_does_as_well() {
        let empty = Profile::default();
        let (with, _) = after(Field::Allergens, &empty, "우유");
        assert_eq!(with.avoided.allergens, [Allergen::Milk].into());
        assert_eq!(after(Field::Allergens, &with, "✓ 우유").0, empty);
        assert_eq!(after(Field::Allergens, &with, "2").0, empty);
        assert_eq!(after(Field::Allergens, &with, "비우기").0, empty);
    }

    #[test]
    fn other_words_and_groups_are_taken_too() {
        let (profile, _) = after(Field::Allergens, &Profile::default(), "계란, 닭, seafood");
        let expected = [Allergen::Egg, Allergen::Chicken, Allergen::Fish, Allergen::Crustaceans, Allergen::Molluscs];
        assert_eq!(profile.avoided.allergens, expected.into());
        let (profile, _) = after(Field::Words, &Profile::default(), "쇠고기");
        assert_eq!(profile.avoided.allergens, [Allergen::Beef].into());
    }

    #[test]
    fn thousands_of_names_at_once_are_cut_off() {
        let (profile, _) = after(Field::Allergens, &Profile::default(), &"우유,".repeat(10_000));
        assert_eq!(profile.avoided.allergens.len(), 1);
    }

    #[test]
    fn what_is_not_on_the_list_is_named_and_the_rest_is_taken() {
        let (profile, leads) = after(Field::Allergens, &Profile::default(), "유니콘, 땅콩");
        assert_eq!(profile.avoided.allergens, [Allergen::Peanut].into());
        assert_eq!(leads, ["lead-no-such-allergen"]);
        assert!(matches!(say(Field::Allergens, &profile, "유니콘"), Answer::Refused(_)));
        assert!(matches!(say(Field::Allergens, &profile, "99"), Answer::Refused(_)));
        assert!(matches!(say(Field::Allergens, &profile, " , "), Answer::Refused(_)));
    }

    #[test]
    fn a_word_that_is_on_the_list_goes_to_the_list() {
        let (profile, leads) = after(Field::Words, &Profile::default(), "고수, 땅콩,  가지 ");
        assert_eq!((words(&profile), leads), (vec!["고수", "가지"], vec!["lead-word-on-the-list"]));
        assert_eq!(profile.avoided.allergens, [Allergen::Peanut].into());
        let (without, _) = after(Field::Words, &profile, "× 고수");
        assert_eq!(words(&without), ["가지"]);
    }

    #[test]
    fn a_nickname_may_be_a_number_or_begin_like_a_choice() {
        let named = Profile { nickname: Nickname::parse("미나").ok(), ..Profile::default() };
        for name in ["1", "다", "모두", "done deal"] {
            let (profile, _) = after(Field::Nickname, &named, name);
            assert_eq!(profile.nickname.as_ref().map(Nickname::as_str), Some(name));
        }
        assert_eq!(after(Field::Nickname, &named, "비우기").0.nickname, None);
        assert_eq!(say(Field::Nickname, &named, "다 됐어요"), Answer::Back);
    }

    #[test]
    fn every_choice_that_is_offered_is_understood_when_typed() {
        let mut full = Profile { nickname: Nickname::parse("미나").ok(), ..Profile::default() };
        full.avoided.allergens = Allergen::ALL.iter().copied().collect();
        for word in ["고수", "가지"] {
            full.avoided.add(AvoidedWord::parse(word).expect("a word"));
        }
        for (profile, field) in [Profile::default(), full].iter().flat_map(|one| Field::ALL.map(|field| (one, field))) {
            for choice in profile_choices(profile, Some(field)) {
                assert!(choice.token.len() <= Token::MAX_BYTES);
                for label in spelled(&choice) {
                    let understood = say(field, profile, &label);
                    assert!(!matches!(understood, Answer::Refused(_)), "{field:?} {label}: {understood:?}");
                }
            }
        }
    }
}
