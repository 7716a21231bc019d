//! Evenings, played through the terminal's door from a pipe, as reviewed snapshots.
//!
//! A line of a script is typed as it stands. Lines that begin with `@` are stage directions:
//! `@wait 25h` moves the clock, `@restart` ends the program and starts it again, `@limit 0` restarts it
//! with another daily limit, `@kitchen fails` changes the kitchen's mood.

use std::{io::Cursor, path::PathBuf, sync::Arc, time::Duration};

use bapsang::{
    bot::Rules,
    chat::{Locale, LocaleHint},
    clock::Fixed,
    photo::{Fonts, Photos},
    platform::console::{Console, Ended, Guest, Input, Screen},
};
use chrono::TimeDelta;
use tempfile::TempDir;

use crate::support::{Db, House, Mood, Moody, Paper, evening, rules, sqlite};

/// An evening and what happens in it.
pub(crate) struct Evening {
    pub(crate) db: Db,
    clock: Arc<Fixed>,
    kitchen: Arc<Moody>,
    rules: Rules,
    locale: LocaleHint,
    paper: Paper,
    /// Where pictures and files for the guest go.
    folder: TempDir,
    photos: Arc<Photos>,
}

impl Evening {
    pub(crate) async fn new(locale: Option<Locale>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Cards without words are the same whatever fonts a machine has.
        let photos = Arc::new(Photos::with_fonts(folder.path().join("media"), Fonts::none()));
        Self {
            db: sqlite().await,
            clock: Arc::new(Fixed::at(evening())),
            kitchen: Moody::new(Mood::Serves),
            rules: Rules { order_deadline: Duration::from_secs(4), ..rules() },
            locale: LocaleHint::Weak(locale),
            paper: Paper::default(),
            folder,
            photos,
        }
    }

    /// Starts the program, types the bytes, and lets the input end.
    pub(crate) async fn session(&self, name: &str, bytes: Vec<u8>) -> Ended {
        let console = Console::new(Screen::plain(self.paper.clone(), true), self.folder.path().to_path_buf());
        let doors = vec![(console.door(), Arc::clone(&console) as _)];
        let (kitchen, photos) = (Arc::clone(&self.kitchen) as _, Arc::clone(&self.photos));
        let house = House::with_photos(&self.db.store, self.rules, &self.clock, kitchen, photos, doors);
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

    /// Where a file for the guest lies.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What was said, with short paths in place of those of this run.
    pub(crate) fn transcript(&self) -> String {
        let text = self.paper.text().replace(&format!("{}/", self.folder.path().display()), "");
        let mut parts = text.split("media/");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let rest = part.split_once(".jpg").map_or(part, |(_, rest)| rest);
            text + "media/….jpg" + rest
        })
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
    favourites_are_a_filter_of_history (None) "
        /favourites
        /recommend 김치
        1
        2
        /recommend 카레
        1
        즐겨찾기
        /favourites 카레
        1
        1
        즐겨찾기에서 빼기
        /favourites"
    two_and_four_servings_and_back (None) "
        /recommend 달걀말이
        1
        2인분
        4인분
        1인분
        /tickets"
    servings_in_english (Some(Locale::En)) "
        /recommend tuna mayo rice bowl
        1
        serves 2
        my history"
    looking_for_a_dish_in_every_way (None) "
        /recommend 김치찌개
        1
        /recommend 카프레제샐러드
        1
        /history ㄱㅊㅉㄱ
        /history 김ㅊ
        /history 두부
        /history 김치 두부
        /history 치 찌
        /history SALAD
        /history ㅃㅃㅃ
        /history %
        /history 아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주아주긴말"
    a_profile_is_written (None) "
        /profile
        1
        미나
        2
        매운 걸 좋아하는 <b>자취생</b>이에요.
        3
        새우, 우유
        3
        유니콘
        ✓ 우유
        다 됐어요
        4
        고수, 가지,  땅콩
        × 가지
        다 됐어요
        1
        비우기
        /recommend
        초급"
    a_profile_in_english (Some(Locale::En)) "
        my profile
        name
        This name is much too long
        Mina
        I do not eat
        beef, tomatoes, shrimps
        done
        4
        coriander
        history
        my profile
        2
        cancel
        cancel"
    what_is_not_eaten_is_in_no_dish (None) "
        초급
        /profile
        3
        돼지고기
        다 됐어요
        /recommend 김치찌개
        1
        /dish 1"
    a_choice_against_the_profile (None) "
        /profile
        3
        소고기
        /cancel
        /cancel
        /recommend
        건너뛰기
        건너뛰기
        건너뛰기
        소고기
        건너뛰기
        건너뛰기
        1"
    a_wish_against_the_profile_in_english (Some(Locale::En)) "
        profile
        4
        coriander, mushrooms
        done
        /recommend mushroom soup
        /recommend soup without mushrooms
        1"
    nothing_is_left_to_eat (None) "
        /profile
        4
        물, 소금, 간장, 설탕, 식용유, 참기름, 마늘, 달걀, 밥, 면, 고구마, 꿀, 요거트
        다 됐어요
        /recommend
        알아서 골라 줘
        1
        1
        /tickets"
    what_is_kept_and_given (Some(Locale::En)) "
        /recommend kimchi
        1
        privacy
        export
        /export"
    forgetting_asks_once_and_makes_no_tickets (None) "
        /recommend 김치
        1
        /forget
        2
        /forget
        글쎄
        /history
        /forget
        모두 지우기
        /history
        식권
        @wait 4h
        식권"
    forgetting_in_english (Some(Locale::En)) "
        profile
        1
        Mina
        /forget
        delete everything
        profile"
    help_by_topic (None) "
        /help
        /help 기록
        개인정보
        /help 우주"
    help_by_topic_in_english (Some(Locale::En)) "
        help
        1
        /help dishes"
}
