//! What the house asks of a door.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    chat::{Action, Address, Facts, Locale, MenuId, Phrase, Placing, Reply, ServedDish},
    dialogue::choice,
    dish::Names,
    order::{OrderId, Stage},
    store::SavedDish,
    ticket::{Quota, TicketsLeft},
};

/// Why something was not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// It may work later.
    #[error("the message could not be sent now")]
    Later,
    /// The person is out of reach for good.
    #[error("the person cannot be reached")]
    Gone,
}

/// The way out of a door.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Says it at the address. Gives the address of the message where later answers to the same order
    /// should go elsewhere than to the old one.
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError>;
}

/// The waiting message of an order, with a way to stop it.
pub fn waiting_reply(locale: Locale, order: OrderId, stage: Stage, names: Option<Names>) -> Reply {
    Reply::new(locale, Facts::Waiting { stage, names })
        .with_choices(vec![choice(MenuId(0), Action::Stop(order))])
        .placed(Placing::Waiting(order))
}

/// That an order was stopped.
pub fn stopped_reply(locale: Locale) -> Reply {
    let again = choice(MenuId(0), Action::Again);
    Reply::line(locale, Phrase::new("order-stopped")).with_choices(vec![again])
}

/// A dish as a message. Tickets are shown right after an order alone.
pub fn dish_reply(locale: Locale, saved: SavedDish, quota: Quota, tickets: Option<TicketsLeft>) -> Reply {
    let local = |at: DateTime<Utc>| quota.local(at);
    let facts = Facts::Dish(Box::new(ServedDish {
        number: saved.number,
        served_at: local(saved.served_at),
        tickets: tickets.map(|left| (left, local(left.back_at))),
        dish: saved.dish,
        wanted: saved.wanted,
    }));
    // These choices need no menu: they mean the same whenever they are pressed.
    let choices = [Action::Again, Action::History].map(|action| choice(MenuId(0), action));
    Reply::new(locale, facts).with_choices(choices.to_vec())
}
