//! What the house asks of a door.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    chat::{Action, Address, Facts, Locale, MenuId, Phrase, Picture, Placing, Reply, ServedDish, ShareCode, Waiting},
    dialogue::choice,
    dish::{Avoided, Names, Servings},
    order::OrderId,
    photo::{FoundPhoto, Photos},
    store::{SavedDish, Store},
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

    /// The conversation with a user of the platform alone; `None` where there is none.
    fn direct(&self, _user: &str) -> Option<Address> {
        None
    }
}

/// The waiting message of an order, with a way to stop it.
pub fn waiting_reply(locale: Locale, order: OrderId, waiting: Waiting) -> Reply {
    Reply::new(locale, Facts::Waiting(waiting))
        .with_choices(vec![choice(MenuId(0), Action::Stop(order))])
        .placed(Placing::Waiting(order))
}

/// That an order was stopped.
pub fn stopped_reply(locale: Locale) -> Reply {
    let again = choice(MenuId(0), Action::Again);
    Reply::line(locale, Phrase::new("order-stopped")).with_choices(vec![again])
}

/// A dish of a person's, about to be shown.
pub struct Served<'a> {
    /// The dish.
    pub saved: SavedDish,
    /// Its picture, if there is one.
    pub picture: Option<Picture>,
    /// For how many.
    pub servings: Servings,
    /// What the person does not eat.
    pub avoided: &'a Avoided,
    /// Tickets left; only right after an order.
    pub tickets: Option<TicketsLeft>,
    /// The code that someone else shared it under; `None` for a dish of the person's own.
    pub shared_by: Option<ShareCode>,
}

impl Served<'_> {
    /// The dish as a message.
    pub fn reply(self, locale: Locale, quota: Quota, now: DateTime<Utc>) -> Reply {
        let Self { saved, servings, avoided, .. } = self;
        let number = saved.number;
        let (dish, rounded) = saved.dish.for_servings(servings);
        let facts = Facts::Dish(Box::new(ServedDish {
            number: self.shared_by.is_none().then_some(number),
            servings,
            rounded,
            served_at: quota.moment(saved.served_at, now),
            favourite: saved.favourite && self.shared_by.is_none(),
            found: (!avoided.is_empty()).then(|| avoided.found_in(&saved.dish)),
            tickets: self.tickets.map(|left| (left, quota.moment(left.back_at, now))),
            credit: saved.credit,
            dish,
            wanted: saved.wanted,
        }));
        let reply = Reply::new(locale, facts).with_picture(self.picture);
        if let Some(code) = self.shared_by {
            let choices = [Action::Copy(code), Action::Begin].map(|action| choice(MenuId(0), action));
            return reply.with_choices(choices.to_vec());
        }
        // These choices need no menu: they mean the same whenever they are pressed.
        let others = Servings::ALL.into_iter().filter(|other| *other != servings);
        let choices = [Action::Again, Action::Favourite(number, !saved.favourite)].into_iter();
        let choices = choices
            .chain(others.map(|other| Action::Serve(number, other)))
            .chain([Action::History, Action::Share(number)]);
        reply.with_choices(choices.map(|action| choice(MenuId(0), action)).collect())
    }
}

/// The picture of a dish: its photo, or one that was found for another dish of its name since; else its card. What is gone is
/// made anew, and remembered.
pub async fn picture_of(store: &Store, photos: &Photos, saved: &mut SavedDish, now: DateTime<Utc>) -> Option<Picture> {
    let kept = saved.picture.as_ref().filter(|_| saved.has_photo).and_then(|hash| photos.find(hash, now));
    let picture = if let Some(photo) = kept {
        photo
    } else if let Some((found, photo)) = remembered(photos, &saved.dish.names, now).await {
        (saved.has_photo, saved.credit) = (true, found.credit);
        photo
    } else {
        let card = saved.picture.clone().filter(|_| !saved.has_photo);
        (saved.has_photo, saved.credit) = (false, None);
        photos.of_dish(&saved.dish, card.as_ref(), now).await?
    };
    if saved.picture.as_ref() != Some(&picture.hash)
        && let Err(error) = store.set_picture(saved.person, saved.number, &picture.hash).await
    {
        tracing::warn!(%error, "a picture was not remembered");
    }
    Some(picture)
}

async fn remembered(photos: &Photos, names: &Names, now: DateTime<Utc>) -> Option<(FoundPhoto, Picture)> {
    let found = photos.remembered(names).await?;
    let photo = photos.find(&found.picture, now)?;
    Some((found, photo))
}
