mod generated;
mod later;

use super::*;
use crate::{
    chat::{Action, Locale, Phrase},
    i18n,
    order::{Cuisine, Difficulty, Filters, Value, Wish},
};

const NOW: i64 = 1_763_900_000_000;
const IDLE_LIMIT: i64 = 60 * 60 * 1000;

/// One person's dialogue and what the world around it holds.
#[derive(Clone)]
struct World {
    now: i64,
    menus: u64,
    conversation: Conversation,
    /// The choices of the last message.
    choices: Vec<Choice>,
    avoided: Avoided,
}

impl World {
    fn new() -> Self {
        Self { now: NOW, menus: 0, conversation: Conversation::new(), choices: Vec::new(), avoided: Avoided::default() }
    }

    /// One that is asked for `line`, with the first value picked for every line before it.
    fn asking(line: Line) -> Self {
        let mut world = Self::new();
        world.tell(Input::Begin(None));
        for earlier in Line::ALL.into_iter().take_while(|earlier| *earlier != line) {
            world.press(Action::Pick(earlier, earlier.values().first()));
        }
        world
    }

    /// One before its summary, with the first value picked for every line and no wish.
    fn summary() -> Self {
        let mut world = Self::asking(Line::Wish);
        world.press(Action::Skip);
        world
    }

    fn tell(&mut self, input: Input) -> Turn {
        self.menus += 1;
        let fresh_menu = MenuId(self.menus);
        let surroundings = Surroundings {
            now: self.now,
            idle_limit: IDLE_LIMIT,
            fresh_menu,
            avoided: &self.avoided,
            spellings: &spellings,
        };
        let turn = step(&self.conversation, input, &surroundings);
        self.conversation = turn.conversation.clone();
        if let Some(said) = turn.say.last() {
            self.choices.clone_from(&said.choices);
        }
        turn
    }

    fn text(&mut self, text: &str) -> Turn {
        self.tell(Input::Text(text.to_owned()))
    }

    fn press(&mut self, action: Action) -> Turn {
        let token = Token { menu: self.conversation.menu, action };
        self.tell(Input::Press(token))
    }

    /// What comes of an action that is pressed, typed in Korean and typed in English.
    fn each_way(&self, action: Action) -> [Turn; 3] {
        let press = Input::Press(Token { menu: self.conversation.menu, action });
        let [ko, en] = Locale::ALL.map(|locale| Input::Text(i18n::say(locale, &label(action))));
        [press, ko, en].map(|input| self.clone().tell(input))
    }

    fn wanted(&self) -> Wanted {
        match &self.conversation.state {
            State::Asking { wanted, .. } | State::Summary { wanted } => wanted.clone(),
            State::Idle => panic!("nothing is asked"),
        }
    }

    /// What is wanted by now, with a wish.
    fn wanted_with(&self, text: &str) -> Wanted {
        Wanted { wish: Some(wish(text)), ..self.wanted() }
    }
}

fn spellings(choice: &Choice) -> Vec<String> {
    i18n::spellings(&choice.label)
}

fn wanting(text: &str) -> Wanted {
    Wanted { wish: Some(wish(text)), ..Wanted::default() }
}

fn wish(text: &str) -> Wish {
    Wish::parse(text).expect("a wish")
}

fn pick(line: Line, id: &str) -> Action {
    Action::Pick(line, Some(line.values().iter().find(|value| value.id == id).expect("a value")))
}

/// The sentences around the question of a turn.
fn lead(turn: &Turn) -> &[Phrase] {
    match &turn.say.last().expect("something is said").facts {
        Facts::Lines(lead) | Facts::Question { lead, .. } | Facts::Summary { lead, .. } => lead,
        facts => panic!("a dialogue does not say {facts:?}"),
    }
}

fn lead_keys(turn: &Turn) -> Vec<&'static str> {
    lead(turn).iter().map(|phrase| phrase.key).collect()
}

fn asked(turn: &Turn) -> Option<Line> {
    match turn.say.last()?.facts {
        Facts::Question { line, .. } => Some(line),
        _ => None,
    }
}

fn next(wanted: Wanted, line: Line) -> State {
    line.next().map_or(State::Summary { wanted: wanted.clone() }, |line| State::Asking {
        wanted,
        line,
        changing: false,
    })
}

/// The state is as before, and it is shown again under a menu that counts.
fn assert_asked_again(before: &World, turn: &Turn) {
    assert_eq!(turn.conversation.state, before.conversation.state);
    assert_eq!(turn.effect, Effect::None);
    assert_eq!(turn.say.len(), 1);
    assert_eq!(turn.say[0].choices, menu::choices(&before.conversation.state, turn.conversation.menu, &before.avoided));
}

#[test]
fn the_six_lines_are_asked_in_the_seeds_order_and_lead_to_the_summary() {
    let mut world = World::new();
    let mut turn = world.tell(Input::Begin(None));
    for line in [Line::Difficulty, Line::Theme, Line::Cuisine, Line::MainIngredient, Line::Method, Line::Wish] {
        assert_eq!(asked(&turn), Some(line));
        turn = world.press(Action::Skip);
    }
    assert_eq!(turn.conversation.state, State::Summary { wanted: Wanted::default() });
    assert!(matches!(&turn.say[0].facts, Facts::Summary { wanted, .. } if *wanted == Wanted::default()));
}

#[test]
fn what_is_picked_stands_in_the_summary() {
    let mut world = World::new();
    world.tell(Input::Start { first: false });
    for answer in ["초급", "Quick meal", "1", "5번", "끓"] {
        world.text(answer);
    }
    let turn = world.text("  매운\n국물 ");
    let filters = serde_json::json!({
        "difficulty": "beginner", "theme": "quick", "cuisine": "korean",
        "main_ingredient": "vegetables", "method": "boiling",
    });
    let filters: Filters = serde_json::from_value(filters).expect("filters");
    assert_eq!(turn.conversation.state, State::Summary { wanted: Wanted { filters, wish: Some(wish("매운 국물")) } });
}

#[test]
fn a_label_a_number_or_a_unique_beginning_picks_in_either_language() {
    for text in ["초급", "Beginner", "bEGINNER", " 초 급 ", "3", "3.", "3번", " 3) ", "초", "Begi", "be"] {
        let mut world = World::asking(Line::Difficulty);
        world.text(text);
        let wanted = Wanted {
            filters: Filters { difficulty: Some(Difficulty::Beginner), ..Filters::default() },
            ..Wanted::default()
        };
        assert_eq!(world.conversation.state, next(wanted, Line::Difficulty), "{text:?}");
    }
}

#[test]
fn every_choice_can_be_pressed_or_named_by_its_number_and_by_either_label() {
    for world in Line::ALL.map(World::asking).into_iter().chain([World::summary()]) {
        for (index, action) in menu::actions(&world.conversation.state, &world.avoided).into_iter().enumerate() {
            let [pressed, ko, en] = world.each_way(action);
            let numbered = world.clone().text(&(index + 1).to_string());
            for turn in [ko, en, numbered] {
                assert_eq!(turn.conversation, pressed.conversation, "{action:?}");
                assert_eq!(turn.effect, pressed.effect, "{action:?}");
                assert!(turn.say.iter().all(|said| !said.replaces), "{action:?}");
            }
            assert!(pressed.say.iter().all(|said| said.replaces), "{action:?}");
        }
    }
}

#[test]
fn an_ambiguous_beginning_names_the_candidates_and_changes_nothing() {
    let difficulty = vec![label(pick(Line::Difficulty, "beginner")), label(Action::Back)];
    let theme = vec![label(pick(Line::Theme, "snack")), label(pick(Line::Theme, "quick"))];
    for (line, text, labels) in [(Line::Difficulty, "B", difficulty), (Line::Theme, "간", theme)] {
        let world = World::asking(line);
        let turn = world.clone().text(text);
        assert_eq!(lead(&turn), [Phrase::new("lead-several").list("labels", labels)]);
        assert_asked_again(&world, &turn);
    }
}

#[test]
fn a_number_that_is_not_on_the_menu_says_the_range_and_changes_nothing() {
    let menus = [(World::asking(Line::Difficulty), 8_i64), (World::asking(Line::Theme), 13), (World::summary(), 9)];
    for (world, last) in menus {
        let beyond = (last + 1).to_string();
        for text in ["0", beyond.as_str(), "99번", "184467440737095516160"] {
            let turn = world.clone().text(text);
            assert_eq!(lead(&turn), [Phrase::new("lead-out-of-range").number("last", last)], "{text:?}");
            assert_asked_again(&world, &turn);
        }
    }
}

#[test]
fn anything_else_says_what_is_possible_and_changes_nothing() {
    let texts = ["피자", "-1", "1.5", "3번째", "초급 요리사", "", " \u{200b}", "\u{1b}[31m", "👩‍🍳"];
    for world in [World::asking(Line::Difficulty), World::asking(Line::Method), World::summary()] {
        for text in texts {
            let turn = world.clone().text(text);
            assert_eq!(lead_keys(&turn), ["lead-not-understood"], "{text:?}");
            assert_asked_again(&world, &turn);
        }
    }
}

#[test]
fn back_asks_for_the_line_before_and_stays_at_the_first() {
    for line in Line::ALL {
        let world = World::asking(line);
        let (to, said) = line.previous().map_or((line, vec!["lead-first-step"]), |line| (line, Vec::new()));
        for turn in world.each_way(Action::Back) {
            assert_eq!(turn.conversation.state, State::Asking { wanted: world.wanted(), line: to, changing: false });
            assert_eq!(lead_keys(&turn), said);
        }
    }
    let world = World::summary();
    for turn in world.each_way(Action::Back) {
        let state = State::Asking { wanted: world.wanted(), line: Line::Wish, changing: false };
        assert_eq!(turn.conversation.state, state);
    }
}

#[test]
fn skip_goes_on_at_every_step_and_leaves_everything_as_it_is() {
    for line in Line::ALL {
        let world = World::asking(line);
        for turn in world.each_way(Action::Skip) {
            assert_eq!(turn.conversation.state, next(world.wanted(), line));
        }
    }
}

#[test]
fn surprise_goes_to_the_summary_from_every_step_and_keeps_what_was_chosen() {
    for line in Line::ALL {
        let world = World::asking(line);
        for turn in world.each_way(Action::Surprise) {
            assert_eq!(turn.conversation.state, State::Summary { wanted: world.wanted() });
            assert_eq!(lead_keys(&turn), ["lead-surprise"]);
        }
    }
}

#[test]
fn cancel_ends_the_dialogue_at_every_step() {
    for world in Line::ALL.map(World::asking).into_iter().chain([World::summary()]) {
        let commanded = world.clone().tell(Input::Cancel);
        for turn in world.each_way(Action::Cancel).into_iter().chain([commanded]) {
            assert_eq!(turn.conversation.state, State::Idle);
            assert_eq!(turn.effect, Effect::None);
            assert_eq!(lead_keys(&turn), ["cancelled-dialogue"]);
        }
    }
    let turn = World::new().tell(Input::Cancel);
    assert_eq!(lead_keys(&turn), ["nothing-to-cancel"]);
}

#[test]
fn skip_keeps_an_earlier_choice_and_any_clears_it() {
    let mut world = World::asking(Line::Theme);
    world.press(Action::Back);
    world.press(Action::Skip);
    assert_eq!(world.wanted().filters.difficulty, Some(Difficulty::Advanced));
    world.press(Action::Back);
    world.press(Action::Pick(Line::Difficulty, None));
    assert_eq!(world.wanted().filters, Filters::default());
    assert_eq!(world.conversation.state, next(Wanted::default(), Line::Difficulty));
}

#[test]
fn skip_keeps_an_earlier_wish_and_none_clears_it() {
    let mut world = World::asking(Line::Wish);
    let (without, with) = (world.wanted(), world.wanted_with("매운 국물"));
    world.text("매운 국물");
    world.press(Action::Back);
    assert_eq!(world.conversation.state, State::Asking { wanted: with.clone(), line: Line::Wish, changing: false });
    for turn in world.each_way(Action::Skip) {
        assert_eq!(turn.conversation.state, State::Summary { wanted: with.clone() });
    }
    for turn in world.each_way(Action::Pick(Line::Wish, None)) {
        assert_eq!(turn.conversation.state, State::Summary { wanted: without.clone() });
    }
}

#[test]
fn changing_a_line_from_the_summary_leads_back_to_it_with_that_line_alone_changed() {
    let mut world = World::summary();
    let mut wanted = world.wanted();
    world.press(Action::Edit(Line::Cuisine));
    assert_eq!(world.conversation.state, State::Asking { wanted: wanted.clone(), line: Line::Cuisine, changing: true });
    world.text("양식");
    wanted.filters.cuisine = Some(Cuisine::Western);
    assert_eq!(world.conversation.state, State::Summary { wanted });
}

#[test]
fn back_skip_and_surprise_while_changing_return_to_the_summary() {
    for line in Line::ALL {
        let mut world = World::summary();
        world.press(Action::Edit(line));
        for action in [Action::Back, Action::Skip, Action::Surprise] {
            for turn in world.each_way(action) {
                assert_eq!(turn.conversation.state, State::Summary { wanted: world.wanted() }, "{line:?} {action:?}");
            }
        }
    }
}

#[test]
fn a_wish_of_51_characters_is_refused_and_nothing_is_lost() {
    let mut world = World::asking(Line::Wish);
    world.text("매운 국물");
    world.press(Action::Edit(Line::Wish));
    let turn = world.clone().text(&"밥".repeat(51));
    assert_eq!(lead(&turn), [Phrase::wish_too_long(51)]);
    assert_asked_again(&world, &turn);

    let fifty = "밥".repeat(50);
    let turn = world.clone().text(&fifty);
    assert_eq!(turn.conversation.state, State::Summary { wanted: world.wanted_with(&fifty) });
}

#[test]
fn a_wish_of_nothing_visible_is_refused() {
    let world = World::asking(Line::Wish);
    let turn = world.clone().text(" \u{200b}\t");
    assert_eq!(lead_keys(&turn), ["lead-wish-empty"]);
    assert_asked_again(&world, &turn);
}

#[test]
fn a_wish_that_begins_like_a_label_is_still_a_wish() {
    for text in ["건너", "뒤", "s", "Can", "취소해도 되는 것", "back to basics", "3명이 아니라 1명"] {
        let world = World::asking(Line::Wish);
        let turn = world.clone().text(text);
        assert_eq!(turn.conversation.state, State::Summary { wanted: world.wanted_with(text) });
    }
}

#[test]
fn the_whole_label_or_its_number_skips_the_wish() {
    for text in ["건너뛰기", "건너 뛰기", "Skip", "1", "1번"] {
        let world = World::asking(Line::Wish);
        let turn = world.clone().text(text);
        assert_eq!(turn.conversation.state, State::Summary { wanted: world.wanted() }, "{text:?}");
    }
}

#[test]
fn a_summary_with_what_is_not_eaten_says_so_and_leads_to_the_profile() {
    let mut world = World::new();
    world.avoided.allergens.insert(crate::dish::Allergen::Beef);
    let wanted = |main| Wanted { filters: Filters { main_ingredient: Some(main), ..Filters::default() }, wish: None };
    let turn = world.tell(Input::Again(wanted(crate::order::MainIngredient::Beef)));
    let Facts::Summary { lead, .. } = &turn.say[0].facts else { panic!("no summary: {turn:?}") };
    assert!(lead.iter().any(|lead| lead.key == "lead-against-profile"), "{lead:?}");
    for turn in world.each_way(Action::Profile) {
        assert_eq!((turn.effect, turn.say), (Effect::Profile, Vec::new()));
        assert_eq!(turn.conversation.state, world.conversation.state, "nothing chosen is lost");
    }
    let [confirmed, ..] = world.each_way(Action::Confirm);
    assert!(matches!(confirmed.effect, Effect::Order { .. }), "it can be ordered all the same");
    world.tell(Input::Cancel);
    let turn = world.tell(Input::Again(wanted(crate::order::MainIngredient::Pork)));
    assert!(turn.say[0].choices.iter().all(|choice| !choice.token.contains("profile")), "{turn:?}");
}

#[test]
fn a_step_of_choosing_puts_down_what_was_written_beside_it() {
    let mut world = World::asking(Line::Theme);
    world.conversation.aside = Some(Aside::Profile { field: Field::Nickname });
    world.press(Action::Skip);
    assert_eq!(world.conversation.aside, None);
}

#[test]
fn an_old_menu_changes_nothing() {
    for world in Line::ALL.map(World::asking).into_iter().chain([World::summary()]) {
        for action in menu::actions(&world.conversation.state, &world.avoided) {
            let token = Token { menu: MenuId(world.conversation.menu.0 + 100), action };
            let turn = world.clone().tell(Input::Press(token));
            assert_eq!((turn.effect, turn.say), (Effect::OldMenu, Vec::new()));
            assert_eq!(turn.conversation, world.conversation);
        }
    }
}

#[test]
fn what_the_menu_does_not_offer_counts_as_an_old_menu() {
    for (mut world, action) in [
        (World::new(), Action::Confirm),
        (World::asking(Line::Difficulty), Action::Confirm),
        (World::asking(Line::Difficulty), pick(Line::Theme, "side")),
        (World::asking(Line::Wish), Action::Pick(Line::Wish, None)),
        (World::summary(), Action::Skip),
        (World::summary(), Action::Begin),
    ] {
        let before = world.conversation.state.clone();
        let turn = world.press(action);
        assert_eq!(turn.effect, Effect::OldMenu, "{action:?}");
        assert_eq!(turn.conversation.state, before);
    }
}

#[test]
fn a_confirmation_orders_once_and_pressing_it_again_is_an_old_menu() {
    let mut world = World::summary();
    let (wanted, confirmation) = (world.wanted(), world.conversation.menu);
    for turn in world.each_way(Action::Confirm) {
        assert_eq!(turn.effect, Effect::Order { wanted: wanted.clone(), confirmation });
        assert_eq!(turn.conversation.state, State::Idle);
        assert!(turn.say.is_empty());
    }
    world.press(Action::Confirm);
    let again = world.tell(Input::Press(Token { menu: confirmation, action: Action::Confirm }));
    assert_eq!((again.effect, again.conversation.state), (Effect::OldMenu, State::Idle));
}

fn reread(conversation: &Conversation) -> Option<Conversation> {
    serde_json::from_str(&serde_json::to_string(conversation).ok()?).ok()
}
