//! A conversation out of the store, and what is said in it then.

use crate::{
    chat::{Choice, MenuId, Token},
    dialogue::{self, Conversation, Effect, Input, State, Surroundings, Turn},
    dish::{Allergen, Avoided},
    i18n,
};

/// A moment, and how long a dialogue may rest before it.
const NOW: i64 = 1_763_900_000_000;
const IDLE_LIMIT: i64 = 24 * 60 * 60 * 1000;

/// More steps are no other steps.
const MOST_STEPS: usize = 24;

pub(super) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (saved, said) = text.split_once('\n').unwrap_or((&text, ""));
    // What does not read starts over, as in the bot.
    let mut conversation: Conversation = serde_json::from_str(saved).unwrap_or_default();
    let avoided = Avoided { allergens: [Allergen::Beef].into(), words: Vec::new() };
    for (menu, line) in (1..).map(MenuId).zip(said.lines().take(MOST_STEPS)) {
        let surroundings =
            Surroundings { now: NOW, idle_limit: IDLE_LIMIT, fresh_menu: menu, avoided: &avoided, spellings: &spelled };
        conversation.hear(NOW);
        let turn = dialogue::step(&conversation, input(line, &conversation), &surroundings);
        sound(&turn);
        conversation = turn.conversation;
        let _ = dialogue::ask_again(&conversation, &avoided);
    }
    assert_eq!(reread(&conversation).as_ref(), Some(&conversation));
}

fn spelled(choice: &Choice) -> Vec<String> {
    i18n::spellings(&choice.label)
}

/// A command; `!` before what is written into the form of the open menu; a token, of the open menu where `*` stands
/// before it; anything else is typed.
fn input(line: &str, conversation: &Conversation) -> Input {
    let of_the_open_menu = |token: Token| Token { menu: conversation.menu, ..token };
    match line {
        "/start" => Input::Start { first: true },
        "/recommend" => Input::Begin(None),
        "/cancel" => Input::Cancel,
        line => {
            if let Some(text) = line.strip_prefix('!') {
                return Input::Form(conversation.menu, text.to_owned());
            }
            let pressed = line.strip_prefix('*').and_then(Token::decode).map(of_the_open_menu);
            pressed.or_else(|| Token::decode(line)).map_or_else(|| Input::Text(line.to_owned()), Input::Press)
        }
    }
}

fn sound(turn: &Turn) {
    assert_eq!(turn.say.len(), usize::from(turn.effect == Effect::None), "{turn:?}");
    for choice in turn.say.iter().flat_map(|said| &said.choices) {
        assert!(choice.token.len() <= Token::MAX_BYTES && Token::decode(&choice.token).is_some(), "{choice:?}");
    }
    if matches!(turn.effect, Effect::Order { .. }) {
        assert_eq!(turn.conversation.state, State::Idle, "what is ordered can be ordered again");
    }
    assert_eq!(reread(&turn.conversation).as_ref(), Some(&turn.conversation));
}

fn reread(conversation: &Conversation) -> Option<Conversation> {
    serde_json::from_str(&serde_json::to_string(conversation).ok()?).ok()
}
