//! What admins see of people, and do for them or to them.

use chrono::{DateTime, Utc};

use super::{Answer, Question, as_it_is};
use crate::{
    bot::visit::Visit,
    chat::{AdminCommand, PersonId, Phrase, Platform, Report, Who, Whom},
    order::OrderId,
    store::{Ban, Grant, GrantOf, PersonCard, Refunded, StoreError},
    ticket::Day,
};

/// Whom a command is about: one person with what they are called, or everyone.
struct Meant {
    person: Option<PersonId>,
    name: Phrase,
}

impl Visit<'_> {
    /// The person that was named; or the sentence why it is not clear who that is.
    async fn find(&self, who: &Who) -> Result<Result<PersonCard, Phrase>, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let one = |person: Option<crate::store::Person>| person.map(|person| person.id).into_iter().collect();
        let (found, named): (Vec<PersonId>, String) = match who {
            Who::Person(person) => (vec![*person], format!("#{}", person.0)),
            Who::User(Some(platform), user) => {
                (one(store.find_person(*platform, user).await?), format!("{}:{user}", platform.id()))
            }
            Who::User(None, user) => {
                // Whoever writes a number means their own platform first.
                let here = one(store.find_person(self.incoming.place.platform, user).await?);
                (if here.is_empty() { store.people_by_user(user).await? } else { here }, user.clone())
            }
            Who::Name(name) => {
                let mut found = store.people_by_nickname(name).await?;
                let at_terminal = store.find_person(Platform::Console, name).await?.map(|person| person.id);
                found.extend(at_terminal.filter(|person| !found.contains(person)));
                (found, name.clone())
            }
        };
        let card = match found.as_slice() {
            [person] => store.person_card(*person, now).await?,
            [] => None,
            several => {
                let list: Vec<String> = several.iter().map(|person| format!("#{}", person.0)).collect();
                return Ok(Err(Phrase::new("admin-several").text("who", named).text("list", list.join(", "))));
            }
        };
        Ok(card.ok_or_else(|| Phrase::new("admin-nobody").text("who", named)))
    }

    async fn find_whom(&self, whom: &Whom) -> Result<Result<Meant, Phrase>, StoreError> {
        let Whom::One(who) = whom else {
            return Ok(Ok(Meant { person: None, name: Phrase::new("admin-everyone") }));
        };
        Ok(self.find(who).await?.map(|card| Meant { person: Some(card.id), name: as_it_is(name_of(&card)) }))
    }

    /// What is asked before tickets or bans change.
    pub(super) async fn question_of_people(&self, command: &AdminCommand) -> Result<Question, StoreError> {
        match command {
            AdminCommand::Grant { whom, tickets, daily, until } => {
                if let Some(refusal) = self.is_over(*until) {
                    return Ok(Err(refusal));
                }
                let key = if *daily { "admin-ask-grant-daily" } else { "admin-ask-grant-once" };
                Ok(self.find_whom(whom).await?.map(|meant| {
                    let line = Phrase::new(key).phrase("who", meant.name).number("tickets", *tickets);
                    (vec![line, until_line(*until)], meant.person)
                }))
            }
            AdminCommand::Limit { whom, tickets, until } => {
                if let Some(refusal) = self.is_over(*until) {
                    return Ok(Err(refusal));
                }
                Ok(self.find_whom(whom).await?.map(|meant| {
                    let lines = match tickets {
                        Some(tickets) => vec![
                            Phrase::new("admin-ask-limit").phrase("who", meant.name).number("tickets", *tickets),
                            until_line(*until),
                        ],
                        None => vec![Phrase::new("admin-ask-no-limit").phrase("who", meant.name)],
                    };
                    (lines, meant.person)
                }))
            }
            AdminCommand::Refund(order) => self.question_of_refund(*order).await,
            AdminCommand::Ban { who, until, reason } => {
                if let Some(refusal) = self.is_over(*until) {
                    return Ok(Err(refusal));
                }
                Ok(self.find(who).await?.map(|card| {
                    let line = Phrase::new("admin-ask-ban").text("who", name_of(&card)).text("reason", reason);
                    (vec![line, until_line(*until)], Some(card.id))
                }))
            }
            AdminCommand::Unban(who) => Ok(self.find(who).await?.and_then(|card| match card.ban {
                Some(_) => Ok((vec![Phrase::new("admin-ask-unban").text("who", name_of(&card))], Some(card.id))),
                None => Err(Phrase::new("admin-not-banned").text("who", name_of(&card))),
            })),
            _ => Ok(Err(Phrase::new("menu-old"))),
        }
    }

    async fn question_of_refund(&self, order: OrderId) -> Result<Question, StoreError> {
        let about = |key: &'static str| Phrase::new(key).text("order", order.to_string());
        Ok(match self.bot.store.refundable(order).await? {
            Refunded::Unknown => Err(about("admin-no-such-order")),
            Refunded::Before(_) => Err(about("admin-refunded-before")),
            Refunded::InTheMaking(person) => Ok((vec![about("admin-ask-stop-order")], Some(person))),
            Refunded::Done(person) => {
                Ok((vec![about("admin-ask-refund").text("who", format!("#{}", person.0))], Some(person)))
            }
        })
    }

    /// Does what was asked about.
    pub(super) async fn change_people(&self, command: &AdminCommand) -> Result<Answer, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let today = self.bot.rules.quota.day(now);
        match command {
            AdminCommand::Grant { whom, tickets, daily, until } => {
                let meant = match self.find_whom(whom).await? {
                    Ok(meant) => meant,
                    Err(refusal) => return Ok(self.nothing(refusal, None)),
                };
                let grant = if *daily { Grant::Daily(*tickets) } else { Grant::Once(*tickets) };
                store.grant(meant.person, grant, (today, *until), now).await?;
                let said = Phrase::new("admin-granted").phrase("who", meant.name).number("tickets", *tickets);
                Ok(self.done(said, meant.person))
            }
            AdminCommand::Limit { whom, tickets, until } => {
                let meant = match self.find_whom(whom).await? {
                    Ok(meant) => meant,
                    Err(refusal) => return Ok(self.nothing(refusal, None)),
                };
                match tickets {
                    Some(tickets) => store.grant(meant.person, Grant::Limit(*tickets), (today, *until), now).await?,
                    None if store.drop_limits(meant.person).await? == 0 => {
                        return Ok(self.nothing(Phrase::new("admin-no-limit").phrase("who", meant.name), meant.person));
                    }
                    None => {}
                }
                let key = if tickets.is_some() { "admin-limited" } else { "admin-limit-dropped" };
                Ok(self.done(Phrase::new(key).phrase("who", meant.name), meant.person))
            }
            AdminCommand::Refund(order) => self.refund(*order).await,
            AdminCommand::Ban { who, until, reason } => {
                let card = match self.find(who).await? {
                    Ok(card) => card,
                    Err(refusal) => return Ok(self.nothing(refusal, None)),
                };
                let until = until.map(|day| self.bot.rules.quota.returns_at(day));
                let ban = Ban { reason: reason.clone(), until };
                // Whoever is called by no platform cannot come in either.
                store.ban(card.id, &ban, now).await?;
                Ok(self.done(Phrase::new("admin-banned").text("who", name_of(&card)), Some(card.id)))
            }
            AdminCommand::Unban(who) => {
                let card = match self.find(who).await? {
                    Ok(card) => card,
                    Err(refusal) => return Ok(self.nothing(refusal, None)),
                };
                let name = name_of(&card);
                if store.unban(card.id, now).await? {
                    Ok(self.done(Phrase::new("admin-unbanned").text("who", name), Some(card.id)))
                } else {
                    Ok(self.nothing(Phrase::new("admin-not-banned").text("who", name), Some(card.id)))
                }
            }
            _ => Ok(self.nothing(Phrase::new("menu-old"), None)),
        }
    }

    async fn refund(&self, order: OrderId) -> Result<Answer, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let about = |key: &'static str| Phrase::new(key).text("order", order.to_string());
        Ok(match store.refund(order, self.bot.rules.quota.day(now), now).await? {
            Refunded::Unknown => self.nothing(about("admin-no-such-order"), None),
            Refunded::Before(person) => self.nothing(about("admin-refunded-before"), Some(person)),
            Refunded::InTheMaking(person) => {
                if store.stop(person, order, now).await? {
                    self.bot.bell.stop(order);
                    self.bot.bell.ring();
                    self.done(about("admin-order-stopped"), Some(person))
                } else {
                    self.nothing(about("admin-order-ended"), Some(person))
                }
            }
            Refunded::Done(person) => self.done(about("admin-refunded"), Some(person)),
        })
    }

    /// Whether a last day is over already.
    fn is_over(&self, until: Option<Day>) -> Option<Phrase> {
        let over = until.filter(|day| *day < self.bot.rules.quota.day(self.bot.clock.now()))?;
        Some(Phrase::new("admin-day-over").text("day", over.to_string()))
    }

    fn at(&self, at: DateTime<Utc>) -> Phrase {
        Phrase::new("moment-as-it-is").moment("at", self.moment(at))
    }

    /// What is known of a person, but for what they ordered and wished for.
    pub(super) async fn show_person(&self, who: &Who) -> Result<Answer, StoreError> {
        let card = match self.find(who).await? {
            Ok(card) => card,
            Err(refusal) => return Ok(self.nothing(refusal, None)),
        };
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let quota = self.bot.rules.quota;
        let left = store.tickets_left(card.id, quota, now).await?;
        let grants = store.grants_of(card.id, quota.day(now)).await?;
        let row = |key: &'static str, value: Phrase| (Phrase::new(key), value);
        let text = |text: Option<&str>| text.map_or_else(|| Phrase::new("profile-nothing"), as_it_is);
        let identities: Vec<String> =
            card.identities.iter().map(|(platform, user)| format!("{platform}:{user}")).collect();
        let ban = card.ban.as_ref().map(|ban| {
            let said = match ban.until {
                Some(until) => Phrase::new("admin-ban-until").moment("until", self.moment(until)),
                None => Phrase::new("admin-ban-for-good"),
            };
            row("admin-row-ban", said.text("reason", &ban.reason))
        });
        let mut rows = vec![
            row("admin-row-users", as_it_is(identities.join(", "))),
            row("profile-nickname", text(card.profile.nickname.as_ref().map(crate::profile::Nickname::as_str))),
            row(
                "profile-introduction",
                text(card.profile.introduction.as_ref().map(crate::profile::SelfIntroduction::as_str)),
            ),
            row(
                "admin-row-language",
                card.locale.map_or_else(|| Phrase::new("profile-nothing"), |locale| Phrase::new(locale.label())),
            ),
            row("admin-row-since", self.at(card.since)),
            row("admin-row-seen", self.at(card.seen_at)),
            row("admin-row-tickets", Phrase::tickets(&left)),
            row("admin-row-used", as_it_is(card.tickets_used.to_string())),
            row("admin-row-dishes", as_it_is(card.dishes.to_string())),
        ];
        rows.extend(ban);
        let grants = grants.iter().map(|grant| (given(grant), until_line(grant.until))).collect();
        let orders = card.orders.iter().map(|order| {
            let state = Phrase::new(order_state(&order.state));
            let said = if order.failure.is_empty() {
                Phrase::new("admin-order").phrase("state", state)
            } else {
                Phrase::new("admin-order-failed").phrase("state", state).text("why", &order.failure)
            };
            let said = said.text("platform", &order.platform).moment("at", self.moment(order.placed_at));
            (as_it_is(order.id.to_string()), said)
        });
        let orders = orders.collect();
        let ledger = card.ledger.iter().map(|line| {
            let said = Phrase::new("admin-movement").phrase("movement", Phrase::new(movement(&line.movement)));
            (as_it_is(line.order.to_string()), said.text("why", &line.reason).moment("at", self.moment(line.at)))
        });
        let ledger = ledger.collect();
        let report = Report::new(Phrase::new("admin-heading-person").text("who", name_of(&card)))
            .rows(rows)
            .titled(Phrase::new("admin-title-grants"), grants)
            .titled(Phrase::new("admin-title-orders"), orders)
            .titled(Phrase::new("admin-title-ledger"), ledger);
        Ok(Answer { whom: Some(card.id), ..self.report(report) })
    }
}

fn until_line(until: Option<Day>) -> Phrase {
    until.map_or_else(|| Phrase::new("admin-no-end"), |day| Phrase::new("admin-until").text("day", day.to_string()))
}

/// Our number for a person, and what they call themselves.
fn name_of(card: &PersonCard) -> String {
    let nickname = card.profile.nickname.as_ref().map(|name| format!(" {}", name.as_str())).unwrap_or_default();
    let user = card.identities.first().map(|(platform, user)| format!(" ({platform}:{user})")).unwrap_or_default();
    format!("#{}{nickname}{user}", card.id.0)
}

fn given(grant: &GrantOf) -> Phrase {
    let phrase = match grant.grant {
        Grant::Once(tickets) => Phrase::new("admin-given-once").number("tickets", tickets).number("used", grant.used),
        Grant::Daily(tickets) => Phrase::new("admin-given-daily").number("tickets", tickets),
        Grant::Limit(tickets) => Phrase::new("admin-given-limit").number("tickets", tickets),
    };
    if grant.to_everyone { Phrase::new("admin-given-to-everyone").phrase("given", phrase) } else { phrase }
}

/// The locale key of an order's state.
pub(super) fn order_state(state: &str) -> &'static str {
    match state {
        "queued" => "admin-order-queued",
        "cooking" => "admin-order-cooking",
        "served" => "admin-order-served",
        "delivered" => "admin-order-delivered",
        "cancelled" => "admin-order-cancelled",
        _ => "admin-order-without-dish",
    }
}

/// The locale key of a ticket's movement.
pub(super) fn movement(movement: &str) -> &'static str {
    match movement {
        "taken" => "admin-ticket-taken",
        "spent" => "admin-ticket-spent",
        _ => "admin-ticket-returned",
    }
}
