//! Conversations in which people do anything in any order.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

/// Something that a person may do, whatever the dialogue expects.
#[derive(Debug, Clone)]
enum Move {
    Start,
    Begin(Option<String>),
    Text(String),
    /// Fills in the form of a menu; without a number, of the one that counts.
    Form(Option<u64>, String),
    /// Types the label of a choice of the last message.
    Label(prop::sample::Index, Locale),
    /// Presses a choice of the last message.
    Offered(prop::sample::Index),
    /// Presses a token from anywhere; without a number, from the menu that counts.
    Token(Option<u64>, Action),
    Cancel,
    Rest(i64),
}

fn any_move() -> impl Strategy<Value = Move> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        1 => Just(Move::Start),
        1 => prop::option::of(any_text()).prop_map(Move::Begin),
        4 => any_text().prop_map(Move::Text),
        1 => (prop::option::weighted(0.2, any::<u64>()), any_text()).prop_map(|(menu, text)| Move::Form(menu, text)),
        4 => (index(), prop::sample::select(&Locale::ALL[..])).prop_map(|(index, locale)| Move::Label(index, locale)),
        6 => index().prop_map(Move::Offered),
        3 => (prop::option::of(0u64..40), any_action()).prop_map(|(menu, action)| Move::Token(menu, action)),
        1 => Just(Move::Cancel),
        1 => (0..=2 * IDLE_LIMIT).prop_map(Move::Rest),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(&[
        "취소",
        "뒤로",
        "건너뛰기",
        "알아서 골라 줘",
        "추천 받기",
        "상관없음",
        "없음",
        "한식",
        "초",
        "Beginner",
        "s",
        "B",
    ]);
    let piece = prop::sample::select(&[
        "밥", "b", " ", "7", "\u{1100}", "\u{1161}", "\u{11ab}", "\u{200b}", "\u{301}", "\u{200d}", "👩", "🍳", "\0",
        "\u{1b}[",
    ]);
    prop_oneof![
        ".{0,80}",
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat()),
        "[0-9]{1,3}[.)번]?",
        known.prop_map(str::to_owned),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    let line = || prop::sample::select(&Line::ALL[..]);
    let pick = (line(), any::<prop::sample::Index>()).prop_map(|(line, index)| {
        let values = line.values();
        Action::Pick(line, values.get(index.index(values.len() + 1)))
    });
    prop_oneof![
        pick,
        line().prop_map(Action::Edit),
        any::<u32>().prop_map(Action::Page),
        prop::sample::select(&[
            Action::Back,
            Action::Skip,
            Action::Surprise,
            Action::Cancel,
            Action::Confirm,
            Action::Begin,
            Action::Again,
            Action::History,
            Action::Stop(crate::order::OrderId(7)),
        ]),
    ]
}

impl World {
    fn offered(&self, index: &prop::sample::Index) -> Option<&Choice> {
        (!self.choices.is_empty()).then(|| index.get(&self.choices))
    }

    /// What a move is for the dialogue; resting is nothing to it.
    fn input(&self, one: &Move) -> Option<Input> {
        Some(match one {
            Move::Start => Input::Start { first: false },
            Move::Begin(text) => {
                let wish = text.as_deref().and_then(|text| Wish::parse(text).ok());
                Input::Begin(wish.map(|wish| Wanted { wish: Some(wish), ..Wanted::default() }))
            }
            Move::Form(menu, text) => Input::Form(menu.map_or(self.conversation.menu, MenuId), text.clone()),
            Move::Text(text) => Input::Text(text.clone()),
            Move::Label(index, locale) => Input::Text(i18n::say(*locale, &self.offered(index)?.label)),
            Move::Offered(index) => Input::Press(Token::decode(&self.offered(index)?.token)?),
            Move::Token(menu, action) => {
                Input::Press(Token { menu: menu.map_or(self.conversation.menu, MenuId), action: *action })
            }
            Move::Cancel => Input::Cancel,
            Move::Rest(_) => return None,
        })
    }

    fn has_expired(&self) -> bool {
        self.conversation.is_open() && self.now - self.conversation.touched > IDLE_LIMIT
    }

    /// The filters that are there to be changed.
    fn filters(&self) -> Option<Filters> {
        (self.conversation.is_open() && !self.has_expired()).then(|| self.wanted().filters)
    }

    /// The value that an input picks, if it picks one.
    fn picked(&self, input: &Input) -> Option<(Line, Option<&'static Value>)> {
        let state = &self.conversation.state;
        let action = match input {
            Input::Press(token) => Some(token.action),
            Input::Text(text) => {
                let offered = menu::choices(state, self.conversation.menu, &self.avoided);
                match understand::understand(text, &offered, &spellings) {
                    understand::Understood::One(index) => menu::actions(state, &self.avoided).get(index).copied(),
                    _ => None,
                }
            }
            _ => None,
        };
        match action? {
            Action::Pick(line, value) => Some((line, value)),
            _ => None,
        }
    }
}

/// Makes the moves and looks at every step: the world before it, the input, the turn and the world after it.
fn play(
    moves: &[Move],
    mut look: impl FnMut(&World, &Input, &Turn, &World) -> Result<(), TestCaseError>,
) -> Result<World, TestCaseError> {
    let mut world = World::new();
    for one in moves {
        if let Move::Rest(rest) = one {
            world.now += rest;
        }
        if let Some(input) = world.input(one) {
            let before = world.clone();
            let turn = world.tell(input.clone());
            look(&before, &input, &turn, &world)?;
        }
    }
    Ok(world)
}

proptest! {
    #[test]
    fn whatever_is_done_the_dialogue_stays_sound(moves in prop::collection::vec(any_move(), 0..30)) {
        play(&moves, |before, _, turn, after| {
            let open = after.conversation.is_open();
            prop_assert!(!open || after.conversation.menu != MenuId(0));
            prop_assert!(!open || !after.choices.is_empty());
            prop_assert!(turn.say.len() == usize::from(turn.effect == Effect::None));
            if turn.effect == Effect::OldMenu && !before.has_expired() {
                prop_assert_eq!(&after.conversation.state, &before.conversation.state);
                prop_assert_eq!(after.conversation.menu, before.conversation.menu);
            }
            if let Effect::Order { wanted, confirmation } = &turn.effect {
                prop_assert_eq!(&before.conversation.state, &State::Summary { wanted: wanted.clone() });
                prop_assert_eq!(*confirmation, before.conversation.menu);
                prop_assert!(!open);
            }
            if open {
                let characters = after.wanted().wish.map_or(0, |wish| wish.as_str().graphemes(true).count());
                prop_assert!(characters <= 50);
            }
            prop_assert_eq!(reread(&after.conversation), Some(after.conversation.clone()));
            Ok(())
        })?;
    }

    #[test]
    fn cancel_ends_any_dialogue(moves in prop::collection::vec(any_move(), 0..30)) {
        let mut world = play(&moves, |_, _, _, _| Ok(()))?;
        let turn = world.tell(Input::Cancel);
        prop_assert_eq!((turn.conversation.state, turn.effect), (State::Idle, Effect::None));
    }

    #[test]
    fn every_choice_of_the_last_message_is_accepted(moves in prop::collection::vec(any_move(), 0..30)) {
        play(&moves, |_, _, turn, after| {
            for choice in turn.say.iter().flat_map(|said| &said.choices) {
                prop_assert!(choice.token.len() <= Token::MAX_BYTES);
                let token = Token::decode(&choice.token);
                prop_assert!(token.is_some(), "{:?}", choice);
                if let Some(token) = token {
                    prop_assert_ne!(after.clone().tell(Input::Press(token)).effect, Effect::OldMenu);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_filter_changes_unless_its_value_is_picked(moves in prop::collection::vec(any_move(), 0..30)) {
        play(&moves, |before, input, _, after| {
            match (before.filters(), after.filters()) {
                (Some(old), Some(new)) => {
                    for line in Line::ALL.into_iter().filter(|line| old.get(*line) != new.get(*line)) {
                        prop_assert_eq!(before.picked(input), Some((line, new.get(line))));
                    }
                }
                (None, Some(new)) => prop_assert_eq!(new, Filters::default()),
                (_, None) => {}
            }
            Ok(())
        })?;
    }
}
