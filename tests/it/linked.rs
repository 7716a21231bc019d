//! How two platforms of one person are joined and parted, as it is said.

use std::sync::Arc;

use bapsang::{
    bot::Outbox,
    chat::{Action, Address, Command, Event, Incoming, LinkCode, LocaleHint, PersonId, Place, Platform, Token, User},
    clock::{Clock, Fixed},
    profile::{Change, Naming, Nickname},
    store::{Ban, Search},
};
use chrono::TimeDelta;

use crate::support::{Db, Ear, House, Mood, Moody, door, evening, on_both_databases, rules};

/// A person at two doors.
struct Mina {
    db: Db,
    clock: Arc<Fixed>,
    house: House,
}

impl Mina {
    fn at(db: Db) -> Self {
        let clock = Arc::new(Fixed::at(evening()));
        let doors = vec![(door(), Arc::new(Ear::default()) as Arc<dyn Outbox>)];
        let house = House::open(&db.store, rules(), &clock, Moody::new(Mood::Serves), doors);
        Self { db, clock, house }
    }

    /// What is heard of an event on a platform.
    async fn does(&self, platform: Platform, event: Event) -> (String, Arc<Ear>) {
        self.does_where(platform, false, event).await
    }

    async fn does_where(&self, platform: Platform, others_read: bool, event: Event) -> (String, Arc<Ear>) {
        let ear = Arc::new(Ear::default());
        let incoming = Incoming {
            place: Place { platform, conversation: format!("{} {others_read}", platform.id()) },
            others_read,
            message: None,
            user: User { id: "mina".to_owned(), locale: LocaleHint::Weak(None) },
            door: door(),
            address: Address("here".to_owned()),
            event,
        };
        self.house.bot.receive(incoming, Arc::clone(&ear) as Arc<dyn Outbox>).await;
        let said: Vec<String> = ear.heard().iter().map(crate::support::said).collect();
        (said.join("\n"), ear)
    }

    async fn says(&self, platform: Platform, text: &str) -> (String, Arc<Ear>) {
        self.does(platform, Event::Command(Command::parse(text).expect("a command"))).await
    }

    /// Presses what was offered last.
    async fn presses(&self, platform: Platform, ear: &Ear, wanted: impl Fn(&Action) -> bool) -> (String, Arc<Ear>) {
        let heard = ear.heard();
        let tokens = heard.iter().flat_map(|reply| &reply.choices).map(|choice| choice.token.clone());
        let meant = |token: &String| Token::decode(token).is_some_and(|token| wanted(&token.action));
        let token = tokens.into_iter().find(meant).expect("it is offered");
        self.does(platform, Event::Press(token)).await
    }

    async fn gets_code(&self) -> LinkCode {
        let (said, _) = self.says(Platform::Console, "/link").await;
        let code = said.split_whitespace().find_map(|word| LinkCode::parse(word.trim_matches(['.', ':'])));
        code.unwrap_or_else(|| panic!("no code in {said}"))
    }

    /// Says it where others read.
    async fn says_aloud(&self, platform: Platform, text: &str) -> String {
        self.does_where(platform, true, Event::Command(Command::parse(text).expect("a command"))).await.0
    }

    async fn person(&self, platform: Platform) -> PersonId {
        self.db.store.person_for(platform, "mina", self.clock.now()).await.expect("a person").id
    }

    async fn is_one(&self) -> bool {
        self.person(Platform::Console).await == self.person(Platform::Telegram).await
    }

    async fn close(self) {
        self.house.close().await;
        self.db.is_sound().await;
    }
}

async fn a_code_that_is_said_on_one_platform_is_confirmed_by_a_button_on_the_other(db: Db) {
    let mina = Mina::at(db);
    let code = mina.gets_code().await;
    let (said, ear) = mina.says(Platform::Telegram, &format!("/link {}", code.to_string().to_lowercase())).await;
    assert!(said.contains("하나로 합칠까요?") && !mina.is_one().await, "it is asked first: {said}");
    let (said, ear) = mina.presses(Platform::Telegram, &ear, |action| matches!(action, Action::Link(..))).await;
    assert!(said.contains("하나로 합쳤어요") && mina.is_one().await, "{said}");
    let again = mina.presses(Platform::Telegram, &ear, |action| *action == Action::History).await;
    assert!(!again.0.is_empty(), "one goes on as that person");
    let (said, ear) = mina.says(Platform::Telegram, "/unlink").await;
    assert!(said.contains("다시 나눌까요?") && mina.is_one().await, "{said}");
    let (said, _) = mina.presses(Platform::Telegram, &ear, |action| *action == Action::Unlink).await;
    assert!(said.contains("나누었어요") && !mina.is_one().await, "{said}");
    let (said, _) = mina.says(Platform::Telegram, "/unlink").await;
    assert!(said.contains("합친 곳이 없어요"), "{said}");
    mina.close().await;
}

async fn a_code_that_is_wrong_old_or_ones_own_joins_nobody(db: Db) {
    let mina = Mina::at(db);
    let code = mina.gets_code().await;
    for typed in ["/link abc", "/link AAAA-AAAA", "/link 12345678"] {
        assert!(mina.says(Platform::Telegram, typed).await.0.contains("쓸 수 없는 코드예요"), "{typed}");
    }
    assert!(mina.says(Platform::Console, &format!("/link {code}")).await.0.contains("여기서 받은 코드예요"));
    let (_, ear) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    mina.clock.advance(TimeDelta::minutes(11));
    let (said, _) = mina.presses(Platform::Telegram, &ear, |action| matches!(action, Action::Link(..))).await;
    assert!(said.contains("쓸 수 없는 코드예요") && !mina.is_one().await, "{said}");
    let (said, _) = mina.presses(Platform::Telegram, &ear, |action| *action == Action::StayApart).await;
    assert!(said.contains("합치지 않았어요"), "{said}");
    mina.close().await;
}

async fn where_names_differ_it_is_asked_whose_stays(db: Db) {
    let mina = Mina::at(db);
    for (platform, name) in [(Platform::Console, "미나"), (Platform::Telegram, "밥순이")] {
        let person = mina.db.store.person_for(platform, "mina", evening()).await.expect("a person").id;
        let change = Change::Nickname(Some(Nickname::parse(name).expect("a name")));
        mina.db.store.change_profile(person, vec![change], evening()).await.expect("changed");
    }
    let code = mina.gets_code().await;
    let (said, ear) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    assert!(said.contains("남길 쪽을 골라 주세요"), "{said}");
    let of_here = |action: &Action| matches!(action, Action::Link(_, Naming::Taking));
    let (said, _) = mina.presses(Platform::Telegram, &ear, of_here).await;
    assert!(said.contains("하나로 합쳤어요"), "{said}");
    let person = mina.db.store.person_for(Platform::Console, "mina", evening()).await.expect("a person").id;
    let name = mina.db.store.profile(person).await.expect("a profile").nickname.map(String::from);
    assert_eq!(name.as_deref(), Some("밥순이"));
    mina.close().await;
}

async fn after_five_wrong_codes_not_even_the_right_one_counts_for_ten_minutes(db: Db) {
    let mina = Mina::at(db);
    let code = mina.gets_code().await;
    for _ in 0..5 {
        assert!(mina.says(Platform::Telegram, "/link AAAA-AAAA").await.0.contains("쓸 수 없는 코드예요"));
    }
    let (said, ear) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    assert!(
        said.contains("맞지 않는 코드를 여러 번") && ear.heard().iter().all(|reply| reply.choices.is_empty()),
        "{said}"
    );
    assert!(!mina.is_one().await);
    mina.close().await;
}

async fn a_code_that_is_typed_where_others_read_is_good_no_more(db: Db) {
    let mina = Mina::at(db);
    let code = mina.gets_code().await;
    let said = mina.says_aloud(Platform::Telegram, &format!("/link {code}")).await;
    assert!(!said.contains("하나로 합칠까요?"), "{said}");
    let (said, _) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    assert!(said.contains("쓸 수 없는 코드예요") && !mina.is_one().await, "{said}");
    mina.close().await;
}

async fn nobody_gets_round_a_ban_by_joining_or_parting(db: Db) {
    let mina = Mina::at(db);
    let ban = Ban { reason: "spam".to_owned(), until: None };
    let (code, offering) = (mina.gets_code().await, mina.person(Platform::Console).await);
    let (_, ear) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    mina.db.store.ban(offering, &ban, mina.clock.now()).await.expect("a ban");
    mina.presses(Platform::Telegram, &ear, |action| matches!(action, Action::Link(..))).await;
    assert!(!mina.is_one().await, "whoever offered it was banned in the meantime");

    mina.db.store.unban(offering, mina.clock.now()).await.expect("lifted");
    let code = mina.gets_code().await;
    let (_, ear) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    mina.presses(Platform::Telegram, &ear, |action| matches!(action, Action::Link(..))).await;
    assert!(mina.is_one().await);
    mina.db.store.ban(mina.person(Platform::Console).await, &ban, mina.clock.now()).await.expect("a ban");
    let (said, _) = mina.says(Platform::Telegram, "/unlink").await;
    assert!(said.contains("spam") && mina.is_one().await, "{said}");
    // In a terminal everybody is an admin; but parting there lifts no ban either.
    let (_, ear) = mina.says(Platform::Console, "/unlink").await;
    mina.presses(Platform::Console, &ear, |action| *action == Action::Unlink).await;
    assert!(!mina.is_one().await);
    for platform in [Platform::Console, Platform::Telegram] {
        assert!(mina.db.store.ban_of_user(platform.id(), "mina", mina.clock.now()).await.expect("an answer").is_some());
    }
    mina.close().await;
}

async fn whoever_wants_no_news_wants_none_once_they_are_joined_nor_when_they_part(db: Db) {
    let mina = Mina::at(db);
    let quiet = mina.person(Platform::Telegram).await;
    mina.db.store.want_news(quiet, false).await.expect("noted");
    let code = mina.gets_code().await;
    let (_, ear) = mina.says(Platform::Telegram, &format!("/link {code}")).await;
    mina.presses(Platform::Telegram, &ear, |action| matches!(action, Action::Link(..))).await;
    assert!(!mina.db.store.wants_news(mina.person(Platform::Console).await).await.expect("an answer"));
    let (_, ear) = mina.says(Platform::Telegram, "/unlink").await;
    mina.presses(Platform::Telegram, &ear, |action| *action == Action::Unlink).await;
    assert!(!mina.is_one().await);
    for platform in [Platform::Console, Platform::Telegram] {
        let person = mina.person(platform).await;
        assert!(!mina.db.store.wants_news(person).await.expect("an answer"), "{platform:?}");
    }
    mina.close().await;
}

async fn again_takes_no_wish_of_a_private_order_along_to_where_others_read(db: Db) {
    let mina = Mina::at(db);
    let (said, ear) = mina.says(Platform::Telegram, "/recommend 전 애인이 좋아하던 국물").await;
    assert!(said.contains("전 애인"), "in private it is shown: {said}");
    mina.presses(Platform::Telegram, &ear, |action| *action == Action::Confirm).await;
    let person = mina.person(Platform::Telegram).await;
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while mina.db.store.history(person, &Search::default(), 1, 1).await.expect("an answer").total == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("a dish");
    let said = mina.says_aloud(Platform::Telegram, "/again").await;
    assert!(!said.is_empty() && !said.contains("애인"), "{said}");
    let (said, _) = mina.says(Platform::Telegram, "/again").await;
    assert!(said.contains("전 애인"), "in private it is taken up: {said}");
    mina.close().await;
}

on_both_databases!(
    after_five_wrong_codes_not_even_the_right_one_counts_for_ten_minutes,
    a_code_that_is_typed_where_others_read_is_good_no_more,
    nobody_gets_round_a_ban_by_joining_or_parting,
    whoever_wants_no_news_wants_none_once_they_are_joined_nor_when_they_part,
    again_takes_no_wish_of_a_private_order_along_to_where_others_read,
    a_code_that_is_said_on_one_platform_is_confirmed_by_a_button_on_the_other,
    a_code_that_is_wrong_old_or_ones_own_joins_nobody,
    where_names_differ_it_is_asked_whose_stays,
);
