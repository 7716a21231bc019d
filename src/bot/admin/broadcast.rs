//! Messages to everyone: shown first, sent by the kitchen, stopped and gone on with.

use super::{Answer, Question, as_it_is};
use crate::{
    bot::visit::Visit,
    chat::{Action, AdminCommand, Choice, Facts, Locale, MenuId, Phrase, Placing, Reply, Waiting},
    dialogue::choice,
    order::OrderId,
    store::{Broadcast, BroadcastId, BroadcastState, NewBroadcast, Reached, StoreError},
};

/// What people read, with a way to hear no more of it.
pub fn news_reply(locale: Locale, text: &str) -> Reply {
    Reply::line(locale, as_it_is(text)).with_choices(vec![choice(MenuId(0), Action::News(false))])
}

/// The message that shows how far it is is kept like that of an order, under a number that no order has.
fn report_number(broadcast: &Broadcast) -> OrderId {
    OrderId(i64::MIN / 2 - broadcast.id.0)
}

fn counts(phrase: Phrase, reached: Reached) -> Phrase {
    phrase
        .text("sent", reached.sent.to_string())
        .text("blocked", reached.blocked.to_string())
        .text("failed", reached.failed.to_string())
        .text("all", reached.all().to_string())
}

fn ways(broadcast: &Broadcast) -> Vec<Choice> {
    // The button of one message stops no other.
    let menu = MenuId(broadcast.id.0.unsigned_abs());
    match broadcast.state {
        BroadcastState::Sending => vec![choice(menu, Action::AdminGoOn(false))],
        BroadcastState::Stopped => vec![choice(menu, Action::AdminGoOn(true))],
        BroadcastState::Done => Vec::new(),
    }
}

/// How far it is, with a way to stop it or to go on.
pub fn broadcast_waiting(locale: Locale, broadcast: &Broadcast, reached: Reached) -> Reply {
    let key = if broadcast.state == BroadcastState::Stopped { "broadcast-stopped" } else { "broadcast-sending" };
    let facts = Facts::Waiting(Waiting::with(counts(Phrase::new(key), reached)));
    Reply::new(locale, facts).with_choices(ways(broadcast)).placed(Placing::Waiting(report_number(broadcast)))
}

/// How it ended.
pub fn broadcast_report(locale: Locale, broadcast: &Broadcast, reached: Reached) -> Reply {
    let mut lines = vec![counts(Phrase::new("broadcast-done"), reached)];
    if reached.perhaps_twice > 0 {
        lines.push(Phrase::new("broadcast-twice").text("count", reached.perhaps_twice.to_string()));
    }
    Reply::new(locale, Facts::Lines(lines)).placed(Placing::Waiting(report_number(broadcast)))
}

impl Visit<'_> {
    /// What is shown before it is sent.
    pub(super) async fn question_of_broadcast(&self, command: &AdminCommand) -> Result<Question, StoreError> {
        let AdminCommand::Broadcast { locale, text } = command else { return Ok(Err(Phrase::new("menu-old"))) };
        let (store, default) = (&self.bot.store, self.bot.rules.default_locale);
        let mut given_up = None;
        match store.last_broadcast().await? {
            Some((last, _)) if last.state == BroadcastState::Sending => {
                return Ok(Err(Phrase::new("broadcast-under-way")));
            }
            Some((last, reached)) if last.state == BroadcastState::Stopped => {
                given_up = Some(Phrase::new("broadcast-gives-up").text("waiting", reached.waiting.to_string()));
            }
            _ => {}
        }
        let people = store.would_hear(*locale, default).await?;
        if people == 0 {
            return Ok(Err(Phrase::new("broadcast-to-nobody")));
        }
        let to = locale.map_or_else(|| Phrase::new("admin-everyone"), |locale| Phrase::new(locale.label()));
        let line = Phrase::new("broadcast-ask").phrase("to", to).text("people", people.to_string());
        Ok(Ok((given_up.into_iter().chain([line, as_it_is(text)]).collect(), None)))
    }

    /// Begins to send it, and shows how far it is where it was asked for.
    pub(super) async fn broadcast(&self, locale: Option<Locale>, text: &str) -> Result<Answer, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let admin = self.admin();
        let (door, address) = (&self.incoming.door, &self.incoming.address);
        let new = NewBroadcast { admin: &admin, door, address, speaks: self.locale, locale, text };
        let Some(id) = store.begin_broadcast(&new, self.bot.rules.default_locale, now).await? else {
            return Ok(self.nothing(Phrase::new("broadcast-under-way"), None));
        };
        let Some((broadcast, reached)) = store.last_broadcast().await? else {
            return Ok(self.nothing(Phrase::new("broadcast-none"), None));
        };
        let reply = broadcast_waiting(self.locale, &broadcast, reached);
        // The question becomes what shows how far it is.
        let said = self.outbox.say(address, reply.clone().only_them()).await;
        if let Ok(Some(address)) = said
            && let Err(error) = store.report_broadcast_to(id, door, &address).await
        {
            tracing::warn!(%error, "the report of a message to everyone goes where it was begun");
        }
        Ok(Answer { said: true, ..Answer::of(reply) })
    }

    /// How the last one stands.
    pub(super) async fn broadcasts(&self) -> Result<Answer, StoreError> {
        let Some((broadcast, reached)) = self.bot.store.last_broadcast().await? else {
            return Ok(self.nothing(Phrase::new("broadcast-none"), None));
        };
        let key = match broadcast.state {
            BroadcastState::Sending => "broadcast-sending",
            BroadcastState::Stopped => "broadcast-stopped",
            BroadcastState::Done => "broadcast-done",
        };
        let mut answer = self.done(counts(Phrase::new(key), reached), None);
        answer.reply = answer.reply.with_choices(ways(&broadcast));
        Ok(answer)
    }

    /// Stops this one, or the last where none is named; or goes on with it.
    pub(super) async fn go_on(&self, which: Option<BroadcastId>, goes_on: bool) -> Result<Answer, StoreError> {
        let store = &self.bot.store;
        let last = store.last_broadcast().await?;
        let last = last.filter(|(last, _)| which.is_none_or(|which| last.id == which));
        let set = match &last {
            Some((broadcast, _)) => store.set_broadcast(broadcast.id, goes_on).await?,
            None => false,
        };
        if set {
            return self.broadcasts().await;
        }
        let key = if goes_on { "broadcast-not-stopped" } else { "broadcast-not-sending" };
        Ok(self.nothing(Phrase::new(key), None))
    }
}
