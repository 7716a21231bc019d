//! How two platforms of one person are joined and parted, as it is said.

use std::sync::Arc;

use bapsang::{
    bot::Outbox,
    chat::{Action, Address, Command, Event, Incoming, LinkCode, LocaleHint, Place, Platform, Token, User},
    clock::{Clock, Fixed},
    profile::{Change, Naming, Nickname},
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
        let ear = Arc::new(Ear::default());
        let incoming = Incoming {
            place: Place { platform, conversation: platform.id().to_owned() },
            others_read: false,
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

    async fn is_one(&self) -> bool {
        let of =
            async |platform| self.db.store.person_for(platform, "mina", self.clock.now()).await.expect("a person").id;
        of(Platform::Console).await == of(Platform::Telegram).await
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

on_both_databases!(
    a_code_that_is_said_on_one_platform_is_confirmed_by_a_button_on_the_other,
    a_code_that_is_wrong_old_or_ones_own_joins_nobody,
    where_names_differ_it_is_asked_whose_stays,
);
