//! The rules of the dialogue, and that no sequence of events breaks them.

use proptest::prelude::*;

use super::*;
use crate::{
    chat::{Action, Locale, Phrase},
    i18n,
    order::Filters,
};

const HOUR: i64 = 60 * 60 * 1000;

/// One conversation being had.
struct World {
    conversation: Conversation,
    now: i64,
    menus: u64,
    said: Vec<Said>,
    effect: Effect,
}

impl World {
    fn new() -> Self {
        Self { conversation: Conversation::new(), now: 0, menus: 0, said: Vec::new(), effect: Effect::None }
    }

    fn asked() -> Self {
        Self::new().given(Input::Start)
    }

    fn give(&mut self, input: Input) {
        self.menus += 1;
        let surroundings = Surroundings {
            now: self.now,
            idle_limit: 24 * HOUR,
            fresh_menu: MenuId(self.menus),
            spellings: &|choice: &Choice| i18n::spellings(&choice.label),
        };
        let turn = step(&self.conversation, input, &surroundings);
        (self.conversation, self.effect) = (turn.conversation, turn.effect);
        if self.effect == Effect::None {
            self.said = turn.say;
        }
    }

    fn given(mut self, input: Input) -> Self {
        self.give(input);
        self
    }

    fn typed(self, texts: &[&str]) -> Self {
        texts.iter().fold(self, |world, text| world.given(Input::Text((*text).to_owned())))
    }

    fn press(&mut self, action: Action) {
        self.give(Input::Press(Token { menu: self.conversation.menu, action }));
    }

    fn offered(&self) -> Vec<Token> {
        let choices = self.said.last().map(|said| said.choices.clone()).unwrap_or_default();
        choices.iter().map(|choice| Token::decode(&choice.token).expect("a token")).collect()
    }

    fn lead(&self) -> Vec<&'static str> {
        let keys = |lead: &[Phrase]| lead.iter().map(|phrase| phrase.key).collect();
        match self.said.last().map(|said| &said.facts) {
            Some(Facts::Question { lead, .. } | Facts::Summary { lead, .. } | Facts::Lines(lead)) => keys(lead),
            _ => Vec::new(),
        }
    }

    fn line(&self) -> Option<Line> {
        match self.conversation.state {
            State::Asking { line, .. } => Some(line),
            _ => None,
        }
    }

    fn wanted(&self) -> Wanted {
        match &self.conversation.state {
            State::Asking { wanted, .. } | State::Summary { wanted } => wanted.clone(),
            State::Idle => panic!("nothing is asked"),
        }
    }

    fn at_summary(&self) -> bool {
        matches!(self.conversation.state, State::Summary { .. })
    }
}

#[test]
fn the_lines_are_asked_in_the_order_of_the_seed_and_lead_to_the_summary() {
    let mut world = World::asked();
    let mut asked = Vec::new();
    while let Some(line) = world.line() {
        asked.push(line);
        world.press(Action::Skip);
    }
    assert_eq!(asked, Line::ALL);
    assert!(world.at_summary());
}

#[test]
fn a_label_a_number_or_a_unique_beginning_picks_in_either_language() {
    for text in ["초급", "초", "Beginner", "beg", "3", "3.", "3번", " 초 급 "] {
        let world = World::asked().typed(&[text]);
        assert_eq!(world.wanted().filters.get(Line::Difficulty).map(|value| value.id), Some("beginner"), "{text}");
        assert_eq!(world.line(), Some(Line::Theme));
    }
}

#[test]
fn the_beginning_of_several_labels_names_them_and_changes_nothing() {
    let world = World::asked().typed(&["초급", "상관없음", "상관없음", "s"]);
    // seafood, skip, surprise me
    assert_eq!(world.lead(), ["lead-several"]);
    assert_eq!(world.line(), Some(Line::MainIngredient));
    assert_eq!(World::asked().typed(&["초급", "초대", "한식"]).line(), Some(Line::MainIngredient));
}

#[test]
fn what_is_not_on_the_menu_gets_a_sentence_and_changes_nothing() {
    for (text, key) in [
        ("0", "lead-out-of-range"),
        ("9", "lead-out-of-range"),
        ("99999999999999999999999", "lead-out-of-range"),
        ("피자", "lead-not-understood"),
        ("", "lead-not-understood"),
        ("-1", "lead-not-understood"),
    ] {
        let world = World::asked().typed(&["초급"]).given(Input::Text("뒤로".to_owned())).typed(&[text]);
        assert_eq!(world.lead(), [key], "{text}");
        assert_eq!(world.line(), Some(Line::Difficulty));
        assert!(world.wanted().filters.difficulty.is_some(), "{text} lost what was chosen");
    }
}

#[test]
fn back_goes_one_step_back_and_stays_at_the_first() {
    let mut world = World::asked().typed(&["초급", "간식"]);
    world.press(Action::Back);
    assert_eq!(world.line(), Some(Line::Theme));
    world.press(Action::Back);
    world.press(Action::Back);
    assert_eq!((world.line(), world.lead()), (Some(Line::Difficulty), vec!["lead-first-step"]));
    let filters = world.wanted().filters;
    assert!(filters.difficulty.is_some() && filters.theme.is_some());
}

#[test]
fn skip_keeps_what_was_chosen_and_any_opens_it() {
    let mut world = World::asked().typed(&["초급", "뒤로"]);
    world.press(Action::Skip);
    assert!(world.wanted().filters.difficulty.is_some());
    world.press(Action::Back);
    world.press(Action::Pick(Line::Difficulty, None));
    assert!(world.wanted().filters.difficulty.is_none());
}

#[test]
fn surprise_me_leaves_the_rest_open_at_every_step() {
    for skipped in 0..6 {
        let mut world = World::asked().typed(&vec!["1"; skipped.min(5)]);
        if skipped == 5 {
            assert_eq!(world.line(), Some(Line::Wish));
        }
        let before = world.wanted();
        world.press(Action::Surprise);
        assert!(world.at_summary());
        assert_eq!(world.wanted(), before);
    }
}

#[test]
fn any_line_can_be_changed_from_the_summary_which_comes_again() {
    for line in Line::ALL {
        for action in [Action::Back, Action::Skip] {
            let mut world = World::asked().typed(&["초급", "알아서 골라 줘"]);
            world.press(Action::Edit(line));
            assert_eq!(world.line(), Some(line));
            world.press(action);
            assert!(world.at_summary());
            assert!(world.wanted().filters.difficulty.is_some());
        }
    }
}

#[test]
fn a_wish_is_free_text_unless_it_is_a_whole_label() {
    let at_the_wish = || World::asked().typed(&["1", "1", "1", "1", "1"]);
    for wish in ["뒤로 갈수록 매운 맛", "취", "99", "2인분 같은 1인분"] {
        let world = at_the_wish().typed(&[wish]);
        assert_eq!(world.wanted().wish.map(String::from), Some(wish.to_owned()));
    }
    assert!(at_the_wish().typed(&["건너뛰기"]).wanted().wish.is_none());
    assert_eq!(at_the_wish().typed(&["뒤로"]).line(), Some(Line::Method));
    let too_long = at_the_wish().typed(&["매운 맛", "뒤로", &"밥".repeat(51)]);
    assert_eq!(too_long.lead(), ["lead-wish-too-long"]);
    assert_eq!(too_long.wanted().wish.map(String::from), Some("매운 맛".to_owned()));
}

#[test]
fn a_wish_given_at_once_leads_to_the_summary_and_keeps_what_was_chosen() {
    let wish = || Some(Wish::parse("국물").expect("a wish"));
    let world = World::asked().typed(&["초급"]).given(Input::Begin(wish()));
    assert!(world.at_summary());
    assert!(world.wanted().filters.difficulty.is_some() && world.wanted().wish.is_some());
    assert!(World::new().given(Input::Begin(wish())).at_summary());
}

#[test]
fn a_confirmation_orders_once() {
    let mut world = World::asked().typed(&["초급", "알아서 골라 줘"]);
    let token = Token { menu: world.conversation.menu, action: Action::Confirm };
    world.give(Input::Press(token));
    let Effect::Order { wanted, confirmation } = world.effect.clone() else { panic!("{:?}", world.effect) };
    assert!(wanted.filters.difficulty.is_some());
    assert_eq!((confirmation, &world.conversation.state), (token.menu, &State::Idle));
    world.give(Input::Press(token));
    assert_eq!(world.effect, Effect::OldMenu);
}

#[test]
fn only_the_menu_that_is_open_counts() {
    let mut world = World::asked();
    let old = world.offered();
    world.press(Action::Skip);
    let before = world.conversation.clone();
    for token in old {
        world.give(Input::Press(token));
        assert_eq!((&world.effect, &world.conversation), (&Effect::OldMenu, &before));
    }
    // Nor does what the open menu does not offer.
    world.press(Action::Confirm);
    assert_eq!(world.effect, Effect::OldMenu);
}

#[test]
fn a_dialogue_that_rested_too_long_has_ended_and_says_so() {
    let mut world = World::asked().typed(&["초급"]);
    world.now += 24 * HOUR;
    world.give(Input::Start);
    assert_eq!((world.line(), world.lead()), (Some(Line::Theme), vec!["lead-resume"]));
    world.now += 24 * HOUR + 1;
    world.give(Input::Text("메인".to_owned()));
    assert_eq!(world.lead(), ["lead-expired", "idle-hint"]);
    assert_eq!(world.conversation.state, State::Idle);
}

#[test]
fn a_clock_that_jumps_back_ends_no_dialogue() {
    let mut world = World::asked().typed(&["초급"]);
    world.now -= 48 * HOUR;
    world.give(Input::Start);
    assert_eq!(world.line(), Some(Line::Theme));
}

#[test]
fn a_text_that_is_no_conversation_does_not_read() {
    for text in ["", "{}", "{\"state\":{\"at\":\"nowhere\"}}", "[]", "7"] {
        assert!(serde_json::from_str::<Conversation>(text).is_err(), "{text}");
    }
}

/// Something that may happen.
#[derive(Debug, Clone)]
enum Happening {
    Start,
    Begin(Option<String>),
    Type(String),
    PressOffered(prop::sample::Index),
    PressAnything(u64, Action),
    Cancel,
    Rest(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let words =
        prop::sample::select(vec!["1", "9", "뒤로", "건너뛰기", "상관없음", "취소", "한식", "s", "매운 국물", "초"]);
    let actions = prop::sample::select(vec![Action::Back, Action::Confirm, Action::Edit(Line::Theme), Action::Skip]);
    prop_oneof![
        1 => Just(Happening::Start),
        1 => prop::option::of(".{0,60}").prop_map(Happening::Begin),
        3 => words.prop_map(|word| Happening::Type(word.to_owned())),
        2 => ".{0,70}".prop_map(Happening::Type),
        8 => any::<prop::sample::Index>().prop_map(Happening::PressOffered),
        2 => (0u64..20, actions).prop_map(|(menu, action)| Happening::PressAnything(menu, action)),
        1 => Just(Happening::Cancel),
        1 => (-30 * HOUR..30 * HOUR).prop_map(Happening::Rest),
    ]
}

fn happens(world: &mut World, happening: Happening) {
    match happening {
        Happening::Start => world.give(Input::Start),
        Happening::Begin(wish) => world.give(Input::Begin(wish.and_then(|wish| Wish::parse(&wish).ok()))),
        Happening::Type(text) => world.give(Input::Text(text)),
        Happening::PressOffered(index) => {
            let offered = world.offered();
            if !offered.is_empty() {
                let token = *index.get(&offered);
                let current = world.conversation.is_open() && token.menu == world.conversation.menu;
                world.give(Input::Press(token));
                assert!(!current || world.effect != Effect::OldMenu, "{token:?} was offered and not accepted");
            }
        }
        Happening::PressAnything(menu, action) => world.give(Input::Press(Token { menu: MenuId(menu), action })),
        Happening::Cancel => world.give(Input::Cancel),
        Happening::Rest(time) => world.now += time,
    }
}

fn changed(before: &Filters, after: &Filters) -> usize {
    Line::ALL.into_iter().filter(|line| before.get(*line) != after.get(*line)).count()
}

proptest! {
    #[test]
    fn any_sequence_of_events_keeps_the_dialogue_sound(happenings in prop::collection::vec(happening(), 1..40)) {
        let mut world = World::new();
        for happening in happenings {
            let before = world.conversation.clone();
            let ended = matches!(happening, Happening::Cancel);
            happens(&mut world, happening.clone());
            let json = serde_json::to_string(&world.conversation).expect("json");
            prop_assert_eq!(&serde_json::from_str::<Conversation>(&json).expect("a conversation"), &world.conversation);
            if ended {
                prop_assert_eq!(&world.conversation.state, &State::Idle);
            }
            if world.conversation.is_open() {
                prop_assert!(world.conversation.menu != MenuId(0));
                if world.effect == Effect::None && !matches!(happening, Happening::Rest(_)) {
                    prop_assert!(!world.offered().is_empty());
                    prop_assert!(world.offered().iter().all(|token| token.menu == world.conversation.menu));
                }
            }
            // A step changes one choice at most, and only one that it shows.
            if let (State::Asking { wanted: old, .. } | State::Summary { wanted: old },
                State::Asking { wanted: new, .. } | State::Summary { wanted: new }) = (&before.state, &world.conversation.state)
                && !world.lead().contains(&"lead-expired")
            {
                prop_assert!(changed(&old.filters, &new.filters) <= 1);
            }
        }
    }

    #[test]
    fn every_choice_that_is_offered_is_accepted(happenings in prop::collection::vec(happening(), 0..20)) {
        let mut world = World::asked();
        for happening in happenings {
            happens(&mut world, happening);
        }
        world.give(Input::Start);
        for token in world.offered() {
            let mut world = World { conversation: world.conversation.clone(), said: world.said.clone(),
                effect: Effect::None, now: world.now, menus: world.menus };
            world.give(Input::Press(token));
            prop_assert_ne!(world.effect, Effect::OldMenu);
        }
    }

    #[test]
    fn cancel_ends_at_the_start_from_anywhere(happenings in prop::collection::vec(happening(), 0..20)) {
        let mut world = World::new();
        for happening in happenings {
            happens(&mut world, happening);
        }
        world.give(Input::Cancel);
        prop_assert_eq!(&world.conversation.state, &State::Idle);
    }
}

#[test]
fn every_label_of_every_menu_is_spelled_differently() {
    let mut world = World::asked();
    while world.line().is_some() {
        for locale in Locale::ALL {
            let said = world.said.last().expect("a menu");
            let mut labels: Vec<_> = said.choices.iter().map(|choice| i18n::say(locale, &choice.label)).collect();
            let all = labels.len();
            labels.sort();
            labels.dedup();
            assert_eq!(labels.len(), all);
        }
        world.press(Action::Skip);
    }
}
