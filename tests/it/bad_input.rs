//! Bad input: each ends in a sentence and changes nothing.

use std::sync::Arc;

use bapsang::{
    chat::{Action, Event, Facts, Reply},
    clock::Fixed,
    i18n,
    order::{Line, Wish},
    store::{Options, SavedDialogue, Store},
};

use crate::{
    stories::Evening,
    support::{Ear, House, Mood, Moody, door, evening, event, open, place, rules, sqlite, try_open, wish},
};

/// What an evening of these bytes says, from the second message on.
async fn typed(bytes: &[u8]) -> String {
    let evening = Evening::new(None).await;
    evening.session("guest", bytes.to_vec()).await;
    evening.db.is_sound().await;
    evening.transcript()
}

/// The question that stands last in a transcript.
fn last_question(transcript: &str) -> &str {
    transcript.lines().rev().find(|line| line.contains("/6 ")).expect("a question")
}

const FIRST: &str = "1/6 요리 난이도";
const NOT_UNDERSTOOD: &str = "무슨 말씀인지 알아듣지 못했어요.";

#[tokio::test(flavor = "multi_thread")]
async fn empty_lines_ask_again() {
    let said = typed(b"\n   \n\t\n").await;
    assert_eq!(said.matches(NOT_UNDERSTOOD).count(), 3);
    assert_eq!(last_question(&said), FIRST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_megabyte_asks_again_and_the_next_line_counts() {
    let mut bytes = "밥".repeat(350_000).into_bytes();
    bytes.extend_from_slice("\n초급\n".as_bytes());
    let said = typed(&bytes).await;
    assert_eq!(said.matches(NOT_UNDERSTOOD).count(), 1);
    assert!(said.len() < 10_000, "the line is not echoed whole");
    assert_eq!(last_question(&said), "2/6 테마");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_of_a_megabyte_is_too_long() {
    let mut bytes = "/recommend ".as_bytes().to_vec();
    bytes.extend("밥".repeat(350_000).into_bytes());
    let said = typed(&bytes).await;
    assert!(said.contains("바라는 점은 50자까지"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_ask_again() {
    let said = typed(b"\xff\xfe\xc3\x28\n").await;
    assert!(said.contains(NOT_UNDERSTOOD));
    assert_eq!(last_question(&said), FIRST);
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_and_escapes_are_never_echoed() {
    let said = typed("\u{1b}[31m초급\u{1b}[0m\n5\u{7}\n\u{1b}]0;x\u{7}매운\u{0}맛\n/recommend \u{1b}[2J국물\u{9b}\n/\u{1b}[1mnosuch\n".as_bytes()).await;
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    assert!(said.contains("“국물”"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn emoji_with_joiners_and_right_to_left_words_are_kept_whole() {
    let said = typed("알아서 골라 줘\n7\n👩‍🍳 שלום\n".as_bytes()).await;
    assert!(said.contains("“👩‍🍳 שלום”"), "{said}");
    let said = typed("알아서 골라 줘\n7\n\u{202e}매운맛\u{2066}\n".as_bytes()).await;
    assert!(said.contains("“매운맛”"), "direction overrides are dropped: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_out_of_range_say_the_range() {
    let said = typed("0\n9\n99999999999999999999999\n".as_bytes()).await;
    assert_eq!(said.matches("1번부터 8번까지 있어요.").count(), 3, "{said}");
    assert_eq!(last_question(&said), FIRST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_the_middle_and_an_unknown_one_change_nothing() {
    let said = typed("초급\n/tickets\n/nosuch\n/help\n메인\n".as_bytes()).await;
    assert!(said.contains("/nosuch 명령은 없어요."));
    assert_eq!(last_question(&said), "3/6 음식 분류");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_one_characters_of_wish_are_refused_and_fifty_are_taken() {
    let steps = "건너뛰기\n".repeat(5);
    let said = typed(format!("{steps}{}\n", "밥".repeat(51)).as_bytes()).await;
    assert!(said.contains("방금 적으신 글은 51자예요."));
    assert_eq!(last_question(&said), "6/6 맞춤 추천");
    let said = typed(format!("{steps}{}\n", "밥".repeat(50)).as_bytes()).await;
    assert!(said.contains("이대로 주문할까요?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_may_be_a_word_that_means_a_command_elsewhere() {
    let steps = "건너뛰기\n".repeat(5);
    let said = typed(format!("{steps}기록\n").as_bytes()).await;
    assert!(said.contains("“기록”"), "{said}");
    let said = typed(format!("{steps}취소\n").as_bytes()).await;
    assert!(said.contains("고르기를 그만두었어요."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_dish_cannot_be_opened() {
    let evening = Evening::new(None).await;
    evening.session("one", "/recommend 김치\n1\n".into()).await;
    evening.session("other", "/dish 1\n/history\n".into()).await;
    let said = evening.transcript();
    assert!(said.contains("그런 번호의 요리는 없어요."));
    assert!(said.contains("아직 받은 요리가 없어요."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_input_in_any_step_keeps_the_step() {
    for steps in 0..=6 {
        let evening = Evening::new(None).await;
        evening.session("guest", "건너뛰기\n".repeat(steps).into()).await;
        let before = evening.transcript();
        evening.session("guest", Vec::new()).await;
        let after = evening.transcript()[before.len()..].to_owned();
        let asked = |text: &str| {
            text.lines().rev().find(|line| line.contains("/6 ") || line.contains("이대로 주문")).map(str::to_owned)
        };
        assert!(asked(&after).is_some());
        assert_eq!(asked(&after), asked(&before), "after {steps} steps");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_input_waits_for_the_dish() {
    let evening = Evening::new(None).await;
    evening.session("guest", "/recommend 김치\n1".into()).await;
    assert!(evening.transcript().contains("만드는 법"));
}

/// A bot behind an ear, with one person at the summary.
async fn at_the_summary(store: &Store) -> (House, Arc<Ear>, String) {
    let ear = Arc::new(Ear::default());
    let doors = vec![(door(), Arc::clone(&ear) as _)];
    let house = House::open(store, rules(), &Arc::new(Fixed::at(evening())), Moody::new(Mood::Serves), doors);
    house.bot.receive(event("guest", "terminal", &door(), wish("김치")), Arc::clone(&ear) as _).await;
    let token = ear.offered(Action::Confirm).unwrap_or_default();
    (house, ear, token)
}

async fn press(house: &House, token: &str) -> Vec<Reply> {
    let ear = Arc::new(Ear::default());
    let press = event("guest", "terminal", &door(), Event::Press(token.to_owned()));
    house.bot.receive(press, Arc::clone(&ear) as _).await;
    ear.heard()
}

fn keys(replies: &[Reply]) -> Vec<&'static str> {
    let key = |reply: &Reply| match &reply.facts {
        Facts::Lines(lines) => lines[0].key,
        Facts::Question { .. } => "question",
        Facts::Summary { .. } => "summary",
        Facts::Waiting(_) => "waiting",
        _ => "other",
    };
    replies.iter().map(key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_pressed_twice_says_that_it_was_taken() {
    let db = sqlite().await;
    let (house, _, token) = at_the_summary(&db.store).await;
    assert_eq!(keys(&press(&house, &token).await), ["waiting"]);
    assert_eq!(keys(&press(&house, &token).await), ["order-taken-already"]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_that_is_not_current_any_more_says_so() {
    let db = sqlite().await;
    let (house, ear, token) = at_the_summary(&db.store).await;
    let edit = ear.offered(Action::Edit(Line::Theme)).expect("a choice");
    assert_eq!(keys(&press(&house, &edit).await), ["question"]);
    assert_eq!(keys(&press(&house, &edit).await), ["question"], "where its answer was lost it is given again");
    assert_eq!(keys(&press(&house, &token).await), ["menu-old"]);
    for nonsense in ["", ".", "1.2.3", "zz.confirm", "1.pick.theme.nosuch", &"x".repeat(100_000)] {
        assert_eq!(keys(&press(&house, nonsense).await), ["menu-old"]);
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_that_cannot_be_read_starts_over_with_an_apology() {
    for (version, state) in [(1, "{\"state\": 7}"), (1, "no json \u{1b}"), (999, "{}"), (1, "")] {
        let db = sqlite().await;
        let person = db.person("guest").await;
        let corrupt = SavedDialogue { revision: 0, version, state: state.to_owned() };
        db.store.save_dialogue(person, &place(), &corrupt, evening()).await.expect("saved");
        let ear = Arc::new(Ear::default());
        let doors = vec![(door(), Arc::clone(&ear) as _)];
        let house = House::open(&db.store, rules(), &Arc::new(Fixed::at(evening())), Moody::new(Mood::Serves), doors);
        let typed = event(
            "guest",
            "terminal",
            &door(),
            Event::Command(bapsang::chat::Command::Start { payload: String::new() }),
        );
        house.bot.receive(typed.clone(), Arc::clone(&ear) as _).await;
        assert_eq!(keys(&ear.heard()), ["lead-corrupt", "question"]);
        house.bot.receive(typed, Arc::clone(&ear) as _).await;
        assert_eq!(keys(&ear.heard()), ["lead-corrupt", "question", "question"]);
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_may_not_be_written_refuses_the_order_without_a_ticket() {
    let db = sqlite().await;
    let (house, _, token) = at_the_summary(&db.store).await;
    house.close().await;
    let read_only = try_open(&format!("{}?mode=ro", db.url), Options::default()).await.expect("it opens");
    let house = House::open(&read_only, rules(), &Arc::new(Fixed::at(evening())), Moody::new(Mood::Serves), Vec::new());
    assert_eq!(keys(&press(&house, &token).await), ["error-read-only"]);
    house.close().await;
    let person = db.person("guest").await;
    assert_eq!(db.left(person, evening()).await, 5);
    // What was chosen is still there: the same confirmation works once the file can be written again.
    let (house, ear) = (at_home(&db.store), Arc::new(Ear::default()));
    let again = event("guest", "terminal", &door(), Event::Press(token));
    house.bot.receive(again, Arc::clone(&ear) as _).await;
    assert_eq!(keys(&ear.heard()), ["waiting"]);
    house.close().await;
    db.is_sound().await;
}

fn at_home(store: &Store) -> House {
    House::open(store, rules(), &Arc::new(Fixed::at(evening())), Moody::new(Mood::Serves), Vec::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_refuses_the_order_without_a_ticket() {
    let db = sqlite().await;
    let (house, _, token) = at_the_summary(&db.store).await;
    house.close().await;
    fill_up(&db.url).await;
    let full = try_open(&db.url, Options { sqlite_max_megabytes: 1, ..Options::default() }).await.expect("it opens");
    let house = at_home(&full);
    assert_eq!(keys(&press(&house, &token).await), ["error-full"]);
    house.close().await;
    let person = db.person("guest").await;
    let left = db.store.tickets_left(person, rules().quota, evening()).await.expect("tickets");
    assert_eq!((left.left, left.used_ever), (5, 0));
    assert!(db.store.open_orders(person, &place()).await.expect("orders").is_empty());
}

/// Fills the file to a megabyte, and the pages of the orders to their last free bytes, with old orders.
async fn fill_up(url: &str) {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect(url).await.expect("the file");
    sqlx::raw_sql("PRAGMA max_page_count = 256; INSERT INTO people (since, seen_at) VALUES (0, 0)")
        .execute(&pool)
        .await
        .expect("somebody else");
    let mut n = 0;
    for size in [50_000, 5_000, 500, 50, 0] {
        loop {
            n += 1;
            let old = sqlx::query(
                "INSERT INTO orders (person, confirmation, state, wanted, locale, day, platform, door, address,
                     placed_at, deadline, run_at, told_at)
                 VALUES ((SELECT MAX(id) FROM people), $1, 'cancelled', $2, 'ko', '2026-01-01', '', '', '', 0, 0, 0, 0)",
            );
            if old.bind(format!("{n}")).bind("x".repeat(size)).execute(&pool).await.is_err() {
                break;
            }
        }
    }
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_refuses_the_order_without_a_ticket_and_works_again() {
    let db = sqlite().await;
    let (house, _, token) = at_the_summary(&db.store).await;
    house.close().await;
    let impatient = Options { busy_timeout: std::time::Duration::from_millis(50), ..Options::default() };
    let store = try_open(&db.url, impatient).await.expect("it opens");
    let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
    let lock = pool.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
    let house = at_home(&store);
    assert_eq!(keys(&press(&house, &token).await), ["error-busy"]);
    lock.rollback().await.expect("unlocked");
    assert_eq!(keys(&press(&house, &token).await), ["waiting"]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_file_both_work() {
    let db = sqlite().await;
    let (one, other) = (open(&db.url).await, open(&db.url).await);
    let (one, other) = (at_home(&one), at_home(&other));
    for n in 0..20 {
        let ear = Arc::new(Ear::default());
        let house = if n % 2 == 0 { &one } else { &other };
        let incoming = event("guest", &n.to_string(), &door(), wish("국물"));
        house.bot.receive(incoming, Arc::clone(&ear) as _).await;
        assert_eq!(keys(&ear.heard()), ["summary"]);
    }
    one.close().await;
    other.close().await;
}

#[test]
fn a_wish_is_shown_as_it_is_and_never_read_as_a_template() {
    let wish = Wish::parse("{ $most } <b>굵게</b> *별* @everyone").expect("a wish");
    let shown = bapsang::chat::Phrase::new("wish-quoted").text("wish", wish.as_str());
    assert_eq!(i18n::say(bapsang::chat::Locale::Ko, &shown), "“{ $most } <b>굵게</b> *별* @everyone”");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_of_21_characters_and_an_introduction_of_201_are_refused_with_their_length() {
    let script = format!("/profile\n1\n{}\n다 됐어요\n2\n{}\n/profile\n", "밥".repeat(21), "밥".repeat(201));
    let said = typed(script.as_bytes()).await;
    assert!(said.contains("20자까지 적을 수 있어요. 방금 적으신 글은 21자예요."), "{said}");
    assert!(said.contains("200자까지 적을 수 있어요. 방금 적으신 글은 201자예요."), "{said}");
    assert_eq!(said.matches("자기소개            없음").count(), 3, "{said}");
    let fits = format!("/profile\n1\n{}\n2\n{}\n", "밥".repeat(20), "밥".repeat(200));
    let said = typed(fits.as_bytes()).await;
    assert_eq!(said.matches("저장했어요.").count(), 2, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_and_escapes_in_a_profile_are_plain_text() {
    let said =
        typed("/profile\n1\n<b>{ $x }\u{1b}[31m</b>\u{202e}\n2\n**굵게** [링크](x) \u{9b}31m\n".as_bytes()).await;
    assert!(said.contains("<b>{ $x }</b>") && said.contains("**굵게** [링크](x) 31m"), "{said}");
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allergen_that_does_not_exist_is_named_and_changes_nothing() {
    let said = typed("/profile\n3\n유니콘, 용\n99\n \n우유\n".as_bytes()).await;
    assert!(said.contains("목록에 없어요: 유니콘, 용."), "{said}");
    assert!(said.contains("1번부터 20번까지 있어요."), "{said}");
    assert_eq!(said.matches("지금: 없음").count(), 4, "{said}");
    assert_eq!(said.matches("지금: 우유").count(), 1, "{said}");
    let forged = Evening::new(None).await;
    let ear = Arc::new(Ear::default());
    let doors = vec![(door(), Arc::clone(&ear) as _)];
    let clock = Arc::new(Fixed::at(evening()));
    let house = House::open(&forged.db.store, rules(), &clock, Moody::new(Mood::Serves), doors);
    for token in ["0.avoid.unicorn.on", "0.avoid.milk.maybe", "0.write.password", "0.drop.zzz", "0.serve.1.3"] {
        house.bot.receive(event("guest", "home", &door(), Event::Press(token.into())), Arc::clone(&ear) as _).await;
        let last = ear.heard().pop().expect("an answer").facts;
        assert!(matches!(&last, Facts::Lines(lines) if lines[0].key == "menu-old"), "{token}: {last:?}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_and_choices_that_contradict_each_other_are_said_and_cost_nothing() {
    let script = "/profile\n3\n소고기\n다 됐어요\n/cancel\n/recommend\n건너뛰기\n건너뛰기\n건너뛰기\n소고기\n";
    let said = typed(format!("{script}알아서 골라 줘\n/tickets\n").as_bytes()).await;
    assert!(said.contains("못 먹는다고 하신 것이 이 주문에 들어 있어요: 소고기."), "{said}");
    assert!(said.contains("프로필 보기"), "a way on: {said}");
    assert!(said.contains("오늘 식권 5장이 모두 남아 있어요."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_of_a_thousand_characters_of_spaces_or_of_signs_ends_in_a_sentence() {
    let order = "/cancel\n/recommend 국물\n1\n";
    let long = typed(format!("{order}/history {}\n", "밥".repeat(1_000)).as_bytes()).await;
    assert!(long.contains("검색어는 50자까지 적을 수 있어요."), "{long}");
    let spaces = typed(format!("{order}/history  \u{3000} \t \n").as_bytes()).await;
    assert!(spaces.contains("지금까지 받은 요리 1가지"), "{spaces}");
    let signs = typed(format!("{order}/history %\n/history _\n/history \\\n").as_bytes()).await;
    assert_eq!(signs.matches("요리를 찾지 못했어요.").count(), 3, "{signs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_shown_instead() {
    let evening = Evening::new(None).await;
    let today = evening.file("bapsang-2026-11-23.json");
    evening.session("guest", b"/export\n/export\n".to_vec()).await;
    let exported = std::fs::read_to_string(&today).expect("a file");
    assert!(exported.contains("\"bapsang_export\": 1"), "{exported}");
    let again = evening.file("bapsang-2026-11-23-2.json");
    assert!(again.is_file(), "nothing is written over");
    drop(std::fs::remove_dir_all(today.parent().expect("a folder")));
    evening.session("guest", b"/export\n".to_vec()).await;
    let said = evening.transcript();
    assert!(said.contains("파일을 저장할 수 없어서") && said.contains("\"bapsang_export\": 1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_for_a_command_is_one_while_a_list_is_written_though_a_wish_is_asked_for() {
    let said = typed("알아서 골라 줘\n7\n/profile\n4\n기록\n/recommend\n국물\n".as_bytes()).await;
    assert!(said.contains("아직 받은 요리가 없어요."), "{said}");
    assert!(!said.contains("“기록”") && said.contains("“국물”"), "{said}");
}
