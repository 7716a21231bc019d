//! A dialogue that rested, that is begun or wanted once more, and that was saved.

use super::*;

#[test]
fn a_wish_is_written_into_the_form_of_the_open_menu_alone() {
    for world in [World::asking(Line::Wish), World::summary()] {
        let menu = world.conversation.menu;
        let filters = world.wanted().filters;
        let turn = world.clone().tell(Input::Form(menu, " 매운  국물 ".into()));
        let wanted = Wanted { filters, wish: Some(wish("매운 국물")) };
        assert_eq!(turn.conversation.state, State::Summary { wanted });
        let turn = world.clone().tell(Input::Form(menu, "없음".into()));
        assert_eq!(turn.conversation.state, State::Summary { wanted: Wanted { filters, wish: None } });
        let turn = world.clone().tell(Input::Form(menu, "밥".repeat(51)));
        assert_eq!(
            (lead_keys(&turn), &turn.conversation.state),
            (vec!["lead-wish-too-long"], &world.conversation.state)
        );
        let turn = world.clone().tell(Input::Form(MenuId(menu.0 ^ 1), "국물".into()));
        assert_eq!((turn.effect, &turn.conversation.state), (Effect::OldMenu, &world.conversation.state));
    }
    let mut world = World::asking(Line::Theme);
    let menu = world.conversation.menu;
    assert_eq!(world.tell(Input::Form(menu, "국물".into())).effect, Effect::OldMenu);
}

#[test]
fn choices_made_with_the_command_go_on_top_of_what_was_chosen() {
    let mut world = World::asking(Line::Cuisine);
    let before = world.wanted().filters;
    let filters = Filters { cuisine: Some(Cuisine::Korean), ..Filters::default() };
    let turn = world.tell(Input::Begin(Some(Wanted { filters, wish: None })));
    let filters = Filters { cuisine: Some(Cuisine::Korean), ..before };
    assert_eq!(turn.conversation.state, State::Summary { wanted: Wanted { filters, wish: None } });
}

#[test]
fn a_dialogue_that_rested_too_long_has_ended_and_says_so() {
    for (input, said) in [
        (Input::Text("3".into()), vec!["lead-expired", "idle-hint"]),
        (Input::Begin(None), vec!["lead-expired"]),
        (Input::Begin(Some(wanting("국물"))), vec!["lead-expired"]),
        (Input::Start { first: false }, vec!["greeting", "lead-expired"]),
        (Input::Cancel, vec!["lead-expired", "nothing-to-cancel"]),
    ] {
        let mut world = World::asking(Line::Method);
        world.now += IDLE_LIMIT + 1;
        let turn = world.tell(input.clone());
        assert_eq!(lead_keys(&turn), said, "{input:?}");
        if world.conversation.is_open() {
            assert_eq!(world.wanted().filters, Filters::default(), "{input:?}");
        }
    }
}

#[test]
fn a_press_on_a_dialogue_that_has_expired_orders_nothing_and_says_so() {
    let mut world = World::summary();
    world.now += IDLE_LIMIT + 1;
    let turn = world.press(Action::Confirm);
    assert_eq!((&turn.effect, &turn.conversation.state), (&Effect::None, &State::Idle));
    assert_eq!(lead_keys(&turn), ["lead-expired", "idle-hint"]);
}

#[test]
fn a_dialogue_that_rested_less_goes_on_and_every_step_begins_its_rest_anew() {
    let mut world = World::asking(Line::Difficulty);
    for line in Line::ALL {
        world.now += IDLE_LIMIT;
        let turn = world.press(Action::Skip);
        assert!(lead(&turn).is_empty());
        assert_eq!(turn.conversation.state, next(Wanted::default(), line));
    }
}

#[test]
fn start_greets_and_begins() {
    let turn = World::new().tell(Input::Start { first: false });
    assert_eq!((lead_keys(&turn), asked(&turn)), (vec!["greeting"], Some(Line::Difficulty)));
}

#[test]
fn start_on_an_open_dialogue_asks_the_same_step_again() {
    for world in Line::ALL.map(World::asking).into_iter().chain([World::summary()]) {
        for input in [Input::Start { first: false }, Input::Begin(None)] {
            let turn = world.clone().tell(input);
            assert_eq!(lead_keys(&turn), ["lead-resume"]);
            assert_ne!(turn.conversation.menu, world.conversation.menu);
            assert_asked_again(&world, &turn);
        }
    }
}

#[test]
fn a_wish_goes_straight_to_the_summary_and_keeps_the_filters_chosen_so_far() {
    let turn = World::new().tell(Input::Begin(Some(wanting("국물"))));
    let wanted = Wanted { wish: Some(wish("국물")), ..Wanted::default() };
    assert_eq!(turn.conversation.state, State::Summary { wanted });
    for world in Line::ALL.map(World::asking).into_iter().chain([World::summary()]) {
        let turn = world.clone().tell(Input::Begin(Some(wanting("국물"))));
        assert_eq!(turn.conversation.state, State::Summary { wanted: world.wanted_with("국물") });
    }
}

#[test]
fn once_more_shows_the_summary_of_what_was_wanted() {
    let wanted = World::asking(Line::Wish).wanted_with("국물");
    let turn = World::new().tell(Input::Again(wanted.clone()));
    assert_eq!(lead_keys(&turn), ["lead-again"]);
    assert_eq!(turn.conversation.state, State::Summary { wanted });
}

#[test]
fn once_more_in_the_middle_of_choosing_loses_nothing() {
    for mut world in [Line::Theme, Line::Method, Line::Wish].map(World::asking).into_iter().chain([World::summary()]) {
        let before = world.conversation.state.clone();
        let turn = world.tell(Input::Again(Wanted::default()));
        assert_eq!(lead_keys(&turn), ["lead-again-open"]);
        assert_eq!(turn.conversation.state, before);
    }
}

#[test]
fn a_number_off_the_menu_and_a_word_for_none_are_no_wishes() {
    for text in ["9", "99번", "５０"] {
        let turn = World::asking(Line::Wish).tell(Input::Text(text.into()));
        assert_eq!((asked(&turn), lead_keys(&turn)), (Some(Line::Wish), vec!["lead-out-of-range"]), "{text}");
    }
    for text in ["없음", "상관없음", "None", "any"] {
        let turn = World::asking(Line::Wish).tell(Input::Text(text.into()));
        assert!(matches!(turn.conversation.state, State::Summary { wanted: Wanted { wish: None, .. } }), "{text}");
    }
}

#[test]
fn without_a_dialogue_a_text_is_answered_with_the_way_to_begin() {
    let mut world = World::new();
    let turn = world.text("3");
    assert_eq!((lead_keys(&turn), &turn.conversation.state), (vec!["idle-hint"], &State::Idle));
    let begin = Token::decode(&turn.say[0].choices[0].token).expect("a token");
    assert_eq!(asked(&world.tell(Input::Press(begin))), Some(Line::Difficulty));
}

#[test]
fn a_conversation_survives_being_saved() {
    let mut world = World::asking(Line::Wish);
    world.text("“매운” 국물 👩‍🍳 \\");
    world.conversation.history =
        Some(HistoryView { menu: MenuId(u64::MAX), keyword: "김치".into(), favourites: false, page: 2 });
    assert_eq!(reread(&world.conversation), Some(world.conversation));
}

#[test]
fn a_wish_in_pieces_of_hangul_survives_being_saved() {
    let mut world = World::asking(Line::Wish);
    world.text("\u{1100}\u{200b}\u{1161}지찜");
    assert_eq!(reread(&world.conversation), Some(world.conversation));
}

#[test]
fn a_saved_text_that_is_no_conversation_does_not_read() {
    let saved = |state: &str| format!(r#"{{"state":{state},"menu":1,"history":null,"touched":0}}"#);
    let summary = |wanted: &str| saved(&format!(r#"{{"at":"summary","wanted":{wanted}}}"#));
    let reads = |text: &str| serde_json::from_str::<Conversation>(text).is_ok();
    assert!(reads(&saved(r#"{"at":"idle"}"#)));
    assert!(reads(&summary(r#"{"filters":{"theme":"side"},"wish":"국물"}"#)));
    for text in [
        String::new(),
        "{}".into(),
        "null".into(),
        saved(r#"{"at":"elsewhere"}"#),
        saved(r#"{"at":"asking","wanted":{},"line":"dessert","changing":false}"#),
        summary(r#"{"filters":{"difficulty":"expert"}}"#),
        summary(&format!(r#"{{"wish":"{}"}}"#, "밥".repeat(51))),
    ] {
        assert!(!reads(&text), "{text}");
    }
}
