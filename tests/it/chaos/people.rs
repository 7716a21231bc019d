//! Whoever orders through a door, and what they see.

use std::time::{Duration, Instant};

use bapsang::{
    chat::{Locale, Phrase},
    i18n,
};
use serde_json::json;

use crate::{crash::Program, discord, support::tells, telegram};

/// What somebody was told of the dishes that they ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Dishes, as often as they were shown.
    pub(super) dishes: usize,
    /// Notes that there will be none.
    pub(super) sorry: usize,
    /// Messages that still say that it is being made.
    pub(super) waiting: usize,
}

/// The platform, as people have it.
pub(super) enum Door {
    Telegram(telegram::api::BotApi),
    Discord(discord::api::DiscordApi),
    /// All that ended programs said; the living one is asked.
    Terminal(Vec<String>),
}

/// Somebody who orders, by a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guest {
    pub(super) number: u64,
    place: u64,
}

const ASKS: &str = "이대로 주문할까요?";
const WAITS: &str = "주문을 받았어요";
const CONFIRM: &str = "추천 받기";

/// Whether a message says that there will be no dish.
fn is_sorry(text: &str) -> bool {
    ["failed-deadline", "failed-gave-up", "failed-no-dish", "failed-down"]
        .iter()
        .any(|key| text.contains(&i18n::say(Locale::Ko, &Phrase::new(key))))
}

impl Door {
    pub(super) fn platform(&self) -> &'static str {
        match self {
            Self::Telegram(_) => "telegram",
            Self::Discord(_) => "discord",
            Self::Terminal(_) => "console",
        }
    }

    /// Who somebody is on the platform.
    pub(super) fn user(&self, guest: Guest) -> String {
        match self {
            Self::Terminal(_) => whoami::username().expect("a user"),
            _ => guest.number.to_string(),
        }
    }

    pub(super) fn meets(&self, number: u64) -> Guest {
        let place = match self {
            Self::Telegram(api) => api.private(&telegram_guest(number)).unsigned_abs(),
            Self::Discord(api) => api.dm(&discord_guest(number)),
            Self::Terminal(_) => 0,
        };
        Guest { number, place }
    }

    /// Says what they want.
    pub(super) fn wishes(&self, guest: Guest, program: Option<&mut Program>) {
        match (self, program) {
            (Self::Telegram(api), _) => {
                api.says(chat(guest), &telegram_guest(guest.number), "/recommend 국물");
            }
            (Self::Discord(api), _) => {
                api.slash(guest.place, &discord_guest(guest.number), "recommend", &[("wish", json!("국물"))]);
            }
            (Self::Terminal(_), Some(program)) => program.types("/recommend 국물"),
            (Self::Terminal(_), None) => {}
        }
    }

    /// Whether they are asked to confirm; in a terminal, more often than that.
    pub(super) fn asks(&self, guest: Guest, more_than: usize, program: Option<&mut Program>) -> bool {
        match (self, program) {
            (Self::Telegram(api), _) => api.last(chat(guest)).labels().contains(&CONFIRM),
            (Self::Discord(api), _) => {
                api.messages(guest.place).last().is_some_and(|last| last.labels().contains(&CONFIRM))
            }
            (Self::Terminal(_), Some(program)) => asked(program) > more_than,
            (Self::Terminal(_), None) => false,
        }
    }

    /// Confirms; whether there was something to press.
    pub(super) fn confirms(&self, guest: Guest, program: Option<&mut Program>) -> bool {
        match (self, program) {
            (Self::Telegram(api), _) => {
                let last = api.last(chat(guest));
                let there = last.labels().contains(&CONFIRM);
                if there {
                    api.presses(chat(guest), &telegram_guest(guest.number), last.id, CONFIRM);
                }
                there
            }
            (Self::Discord(api), _) => {
                let last = api.messages(guest.place).pop().unwrap_or_default();
                let there = last.labels().contains(&CONFIRM);
                if there {
                    api.presses(guest.place, &discord_guest(guest.number), last.id, CONFIRM);
                }
                there
            }
            (Self::Terminal(_), Some(program)) => {
                program.types("1");
                true
            }
            (Self::Terminal(_), None) => false,
        }
    }

    /// What they see of their dishes: in a terminal of the `dish` with this number, and of all that there was none of.
    pub(super) fn sees(&self, guest: Guest, dish: Option<i64>, programs: &mut [&mut Program]) -> Seen {
        match self {
            Self::Telegram(api) => {
                let said = api.messages(chat(guest)).into_iter().filter(|message| message.from == 0);
                said.fold(Seen::default(), |seen, message| seen.and(message.photo.is_some(), &message.text))
            }
            Self::Discord(api) => {
                let said = api.messages(guest.place).into_iter().filter(|message| message.author == 0);
                said.fold(Seen::default(), |seen, message| seen.and(message.photo().is_some(), &message.text()))
            }
            Self::Terminal(before) => {
                let shown = dish.map(|dish| format!("· {dish}번 요리"));
                let now = programs.iter_mut().flat_map(|program| program.heard().to_vec());
                let said: Vec<String> = before.iter().cloned().chain(now).collect();
                Seen {
                    dishes: said
                        .iter()
                        .filter(|line| shown.as_ref().is_some_and(|shown| line.ends_with(shown)))
                        .count(),
                    sorry: said.iter().filter(|line| is_sorry(line)).count(),
                    waiting: 0,
                }
            }
        }
    }

    /// What the platform refused.
    pub(super) fn refused(&self) -> Vec<String> {
        match self {
            Self::Telegram(api) => api.refused(),
            Self::Discord(api) => api.refused(),
            Self::Terminal(_) => Vec::new(),
        }
    }

    /// What they read, where something is wrong.
    pub(super) fn transcript(&self, guest: Guest) -> String {
        match self {
            Self::Telegram(api) => api.transcript(chat(guest)),
            Self::Discord(api) => api.transcript(guest.place),
            Self::Terminal(said) => said.join("\n"),
        }
    }

    /// Waits until a dish is seen, or a note that there will be none.
    pub(super) async fn is_seen(&self, guest: Guest, within: Duration) -> bool {
        let patience = Instant::now() + within;
        while Instant::now() < patience {
            let seen = self.sees(guest, None, &mut []);
            if seen.dishes + seen.sorry > 0 {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

/// How often a terminal asked to confirm.
pub(super) fn asked(program: &mut Program) -> usize {
    program.heard().iter().filter(|line| line.contains(ASKS)).count()
}

impl Seen {
    fn and(self, is_dish: bool, text: &str) -> Self {
        Self {
            dishes: self.dishes + usize::from(is_dish),
            sorry: self.sorry + usize::from(is_sorry(text)),
            waiting: self.waiting + usize::from(tells(text, WAITS)),
        }
    }
}

fn chat(guest: Guest) -> i64 {
    guest.place.try_into().expect("a number")
}

fn telegram_guest(number: u64) -> telegram::world::Guest {
    telegram::world::Guest::new(number.try_into().expect("a number"), "손님", Some("ko"))
}

fn discord_guest(number: u64) -> discord::world::Guest {
    discord::world::Guest::new(number, "손님", "ko")
}
