//! Evenings, played through the terminal's door from a pipe, as reviewed snapshots.
//!
//! A line of a script is typed as it stands. Lines that begin with `@` are stage directions:
//! `@wait 25h` moves the clock, `@restart` ends the program and starts it again, `@limit 0` restarts it
//! with another daily limit, `@kitchen fails` changes the kitchen's mood.

use std::{io::Cursor, sync::Arc, time::Duration};

use bapsang::{
    bot::Rules,
    chat::{Locale, LocaleHint},
    clock::Fixed,
    platform::console::{Console, Ended, Guest, Input, Screen},
};
use chrono::TimeDelta;

use crate::support::{Db, House, Mood, Moody, Paper, evening, rules, sqlite};

/// An evening and what happens in it.
pub(crate) struct Evening {
    pub(crate) db: Db,
    clock: Arc<Fixed>,
    kitchen: Arc<Moody>,
    rules: Rules,
    locale: LocaleHint,
    paper: Paper,
}

impl Evening {
    pub(crate) async fn new(locale: Option<Locale>) -> Self {
        Self {
            db: sqlite().await,
            clock: Arc::new(Fixed::at(evening())),
            kitchen: Moody::new(Mood::Serves),
            rules: Rules { order_deadline: Duration::from_millis(500), ..rules() },
            locale: LocaleHint::Weak(locale),
            paper: Paper::default(),
        }
    }

    /// Starts the program, types the bytes, and lets the input end.
    pub(crate) async fn session(&self, name: &str, bytes: Vec<u8>) -> Ended {
        let console = Console::new(Screen::plain(self.paper.clone(), true));
        let doors = vec![(console.door(), Arc::clone(&console) as _)];
        let house = House::open(&self.db.store, self.rules, &self.clock, Arc::clone(&self.kitchen) as _, doors);
        let guest = Guest { name: name.to_owned(), locale: self.locale };
        let ended = console.run(&house.bot, guest, Input::pipe(Cursor::new(bytes)), Duration::from_secs(30)).await;
        house.close().await;
        ended
    }

    async fn play(&mut self, script: &str) {
        let mut typed = String::new();
        for line in script.trim().lines().map(str::trim) {
            let Some(direction) = line.strip_prefix('@') else {
                typed.push_str(line);
                typed.push('\n');
                continue;
            };
            self.session("guest", std::mem::take(&mut typed).into_bytes()).await;
            self.note(direction);
            match direction.split_once(' ').unwrap_or((direction, "")) {
                ("wait", hours) => {
                    let hours = hours.trim_end_matches('h').parse().expect("hours");
                    self.clock.advance(TimeDelta::hours(hours));
                }
                ("limit", limit) => self.rules.quota.daily_limit = limit.parse().expect("a limit"),
                ("kitchen", "fails") => self.kitchen.turn(Mood::Fails),
                ("kitchen", "hangs") => self.kitchen.turn(Mood::Hangs),
                ("kitchen", "panics") => self.kitchen.turn(Mood::Panics),
                ("kitchen", "serves") => self.kitchen.turn(Mood::Serves),
                ("restart", _) => {}
                other => panic!("no such direction: {other:?}"),
            }
        }
        assert_eq!(self.session("guest", typed.into_bytes()).await, Ended::EndOfInput);
        self.db.is_sound().await;
    }

    fn note(&mut self, direction: &str) {
        use std::io::Write;
        writeln!(self.paper, "@{direction}\n").expect("paper takes everything");
    }

    pub(crate) fn transcript(&self) -> String {
        self.paper.text()
    }
}

async fn story(locale: Option<Locale>, script: &str) -> String {
    let mut evening = Evening::new(locale).await;
    evening.play(script).await;
    evening.transcript()
}

macro_rules! stories {
    ($($name:ident ($locale:expr) $script:literal)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            insta::assert_snapshot!(stringify!($name), story($locale, $script).await);
        })+
    };
}

stories! {
    a_first_evening_by_numbers (None) "
        3
        1
        1
        2
        2
        매운 국물
        1
        /tickets"
    a_first_evening_in_english (Some(Locale::En)) "
        beginner
        Quick
        western
        veg
        any
        something with tomato
        Get my dish
        tickets"
    by_labels_and_their_beginnings (None) "
        초
        간
        간식
        한식
        해물
        볶
        건너뛰기
        추천 받기"
    back_skip_any_and_change_of_mind (None) "
        고급
        뒤로
        건너뛰기
        상관없음
        양식
        뒤로
        일식
        버섯류
        끓이기
        국물이 시원한 것
        4
        한식
        7
        1
        8
        취소"
    surprise_me_in_the_middle (Some(Locale::En)) "
        advanced
        surprise me
        1
        2"
    a_wish_straight_away (None) "
        /recommend 매운 국물
        1
        /recommend 아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주길어요
        /recommend 안 매운 국물
        1"
    what_is_not_understood (None) "
        피자
        99
        간

        -1
        /nosuch
        /dish
        /dish 하나
        /dish 7
        3"
    commands_in_the_middle_lose_nothing (Some(Locale::En)) "
        beginner
        main dish
        /help
        /tickets
        /history
        /dish 1
        korean
        /recommend
        /cancel
        /cancel
        what now"
    again_in_the_middle_of_choosing (None) "
        /recommend 국물
        1
        /recommend
        초급
        다시
        취소
        다시
        1"
    a_wish_of_one_word_for_none (None) "
        알아서 골라 줘
        7
        99
        없음
        종료"
    a_wish_that_leaves_something_out (Some(Locale::En)) "
        /recommend noodles without kimchi
        1
        /recommend no pork
        1"
    five_tickets_and_a_new_day (None) "
        /recommend 김치
        1
        /again
        1
        /again
        1
        /again
        1
        /again
        1
        /again
        1
        식권
        @wait 4h
        1
        /again
        1
        /tickets"
    one_ticket_a_day_in_english (Some(Locale::En)) "
        @limit 1
        /cancel
        /tickets
        /recommend soup
        1
        /again
        1
        /tickets"
    a_closed_shop (None) "
        @limit 0
        알아서 골라 줘
        1
        /tickets
        취소"
    history_in_pages (None) "
        /history
        /recommend 김치
        1
        /again
        1
        /again
        1
        /again
        1
        기록
        다음
        다음
        이전
        2
        /history 김치
        /history 피자
        /history %
        /dish 1"
    history_in_english (Some(Locale::En)) "
        my history
        /recommend tomato
        1
        my history
        1
        /history TOMATO
        /dish 2"
    two_languages_in_one_evening (None) "
        초급
        /language
        /language fr
        /language en
        side dish
        /language 한국어
        1
        /cancel"
    a_kitchen_without_a_dish (None) "
        @kitchen fails
        /recommend
        12
        8
        /recommend 국수
        1
        식권
        @kitchen panics
        /cancel
        /again
        1
        식권"
    a_kitchen_that_hangs (Some(Locale::En)) "
        @kitchen hangs
        surprise me
        1
        tickets
        @kitchen serves
        again
        1"
    an_evening_with_a_break (None) "
        초급
        메인요리
        한식
        @restart
        소고기
        @wait 25h
        초급"
    nothing_fits_everything (None) "
        고급
        겨울음식
        일식
        과일류
        튀김
        건너뛰기
        1"
    an_old_menu_and_the_same_order_twice (Some(Locale::En)) "
        surprise me
        1
        start
        cancel
        1"
}
