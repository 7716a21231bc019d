//! What doors ask of the bot besides receiving: those that come and go, conversations that end or move, pictures that a
//! platform has already, and dishes that are offered while someone types.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Bot, Outbox, Served, picture_of, waiting_reply};
use crate::{
    chat::{
        Address, DoorKey, Incoming, Keyword, Locale, Phrase, PictureHash, Place, Platform, Reply, ShareCode, User,
        Waiting,
    },
    dish::{Avoided, Servings},
    order::{OrderId, Stage},
    store::{SavedDish, Search, StoreError},
};

/// How long a door counts as open after its last sign of life.
pub const DOOR_LEASE: TimeDelta = TimeDelta::seconds(3);

/// How long a process has its turn to receive for a door after its last sign of life.
pub const TURN_LEASE: TimeDelta = TimeDelta::seconds(5);

fn turn_of(door: &DoorKey) -> String {
    format!("receiving:{}", door.0)
}

/// Which dishes are to be offered.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What was typed so far.
    pub typed: &'a str,
    /// Whether only favourites count.
    pub favourites: bool,
    /// From 1.
    pub page: u32,
    /// Dishes in a page.
    pub per_page: u32,
}

/// Dishes of a person's own, offered while they type.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// The language to offer them in.
    pub locale: Locale,
    /// Each as a message, with what its picture is called.
    pub dishes: Vec<(Reply, Option<PictureHash>)>,
    /// Whether there are more after these.
    pub more: bool,
}

/// How the doors of processes begin.
const PROCESS: &str = "run:";

impl Bot {
    /// The person's dishes with what was typed in them, newest first; none for someone who was never here, and none for a
    /// keyword that is too long.
    pub async fn offer(&self, platform: Platform, user: &User, asked: Asked<'_>) -> Result<Offered, StoreError> {
        let Asked { typed, favourites, page, per_page } = asked;
        let person = self.store.find_person(platform, &user.id).await?;
        let locale = self.spoken(user, person.as_ref().and_then(|person| person.locale));
        let none = Offered { locale, dishes: Vec::new(), more: false };
        let (Some(person), Ok(keyword)) = (person, Keyword::parse(typed)) else { return Ok(none) };
        let search = Search { keyword, favourites };
        let found = self.store.history(person.id, &search, page, per_page).await?;
        let now = self.clock.now();
        let more = found.total > page.saturating_mul(per_page);
        let dish = |saved: SavedDish| {
            let picture = saved.picture.clone();
            let served = Served {
                saved,
                picture: None,
                servings: Servings::One,
                avoided: &person.avoided,
                tickets: None,
                shared_by: None,
            };
            (served.reply(locale, self.rules.quota, now), picture)
        };
        Ok(Offered { dishes: found.dishes.into_iter().map(dish).collect(), more, ..none })
    }

    /// The language to speak with a user of a platform.
    pub async fn language(&self, platform: Platform, user: &User) -> Locale {
        let person = self.store.find_person(platform, &user.id).await.ok().flatten();
        self.spoken(user, person.and_then(|person| person.locale))
    }

    /// A conversation is over for good: what is open in it ends quietly, and tickets of orders that were not served go
    /// back.
    pub async fn left(&self, place: &Place) -> Result<(), StoreError> {
        for order in self.store.leave(place, self.clock.now()).await? {
            self.bell.stop(order);
        }
        Ok(())
    }

    /// A conversation goes on as another one: dialogues and waiting orders go with it. In their addresses `from` becomes
    /// `to`.
    pub async fn moved(&self, old: &Place, new: &Place, from: &str, to: &str) -> Result<(), StoreError> {
        self.store.move_place(old, new, from, to).await
    }

    /// Later answers to an order go to this address.
    pub async fn readdress(&self, order: OrderId, address: &Address) -> Result<(), StoreError> {
        self.store.readdress(order, &address.0).await
    }

    /// What the platform behind a door calls a picture that it was given before.
    pub async fn uploaded(&self, door: &DoorKey, picture: &PictureHash) -> Result<Option<String>, StoreError> {
        self.store.uploaded(door, picture).await
    }

    /// Remembers what the platform behind a door calls a picture.
    pub async fn remember_upload(&self, door: &DoorKey, picture: &PictureHash, file: &str) -> Result<(), StoreError> {
        self.store.remember_upload(door, picture, file).await
    }

    /// Keeps what opens a place for answers until then, so that another process can answer there.
    pub async fn keep_reply_key(
        &self,
        door: &DoorKey,
        name: &str,
        secret: &str,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.store.keep_reply_key(door, name, secret, until, self.clock.now()).await
    }

    /// What opens a place for answers, where it still does, and until when.
    pub async fn reply_key(&self, door: &DoorKey, name: &str) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
        self.store.reply_key(door, name, self.clock.now()).await
    }

    /// The answer is there, or nothing opens its place any more.
    pub async fn drop_reply_key(&self, door: &DoorKey, name: &str) -> Result<(), StoreError> {
        self.store.drop_reply_key(door, name).await
    }

    /// Claims what may be brought to several processes of a door; `false` where it was claimed before.
    pub async fn claim_once(&self, door: &DoorKey, name: &str, until: DateTime<Utc>) -> Result<bool, StoreError> {
        self.store.claim_once(door, name, until).await
    }

    /// The present moment, as the house tells it.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A shared dish as everyone may see it; `None` where it is shared no more.
    pub async fn shared_dish(&self, code: ShareCode, locale: Locale) -> Result<Option<Reply>, StoreError> {
        let Some(saved) = self.store.shared(code).await? else { return Ok(None) };
        Ok(Some(self.show_shared(saved, code, &Avoided::default(), locale).await))
    }

    /// A dish that someone shared, for whoever does not eat these.
    pub(super) async fn show_shared(
        &self,
        mut saved: SavedDish,
        code: ShareCode,
        avoided: &Avoided,
        locale: Locale,
    ) -> Reply {
        let now = self.clock.now();
        let picture = picture_of(&self.store, &self.photos, &mut saved, now).await;
        let served = Served { saved, picture, servings: Servings::One, avoided, tickets: None, shared_by: Some(code) };
        served.reply(locale, self.rules.quota, now)
    }

    /// A sign of life of a door; due at least three times in every [`DOOR_LEASE`].
    pub async fn hold_door(&self, door: &DoorKey) -> Result<(), StoreError> {
        self.store.hold(&door.0, DOOR_LEASE, self.clock.now()).await
    }

    /// The door closes; what it leaves behind may be taken over at once.
    pub async fn close_door(&self, door: &DoorKey) -> Result<(), StoreError> {
        let long_ago = self.clock.now() - TimeDelta::days(1);
        self.store.sweep_leases(long_ago).await?;
        self.store.let_go(&door.0).await
    }

    /// The door that a process keeps open for as long as it runs, whatever comes through it.
    pub fn process_door(unique: &str) -> DoorKey {
        DoorKey(format!("{PROCESS}{unique}"))
    }

    /// How many processes run on this database, this one included: one at least.
    pub async fn processes(&self) -> Result<u32, StoreError> {
        Ok(self.store.held_names(PROCESS, self.clock.now()).await?.max(1))
    }

    /// Takes or keeps the turn of receiving for a door, which one process has at a time; `false` where another has it.
    pub async fn take_turn(&self, door: &DoorKey, holder: &str) -> Result<bool, StoreError> {
        self.store.take_turn(&turn_of(door), holder, TURN_LEASE, self.clock.now()).await
    }

    /// Who has the turn of receiving for a door, or had it last.
    pub async fn turn_of(&self, door: &DoorKey) -> Result<Option<String>, StoreError> {
        self.store.turn_of(&turn_of(door)).await
    }

    /// Gives the turn back, so that the next process has it at once.
    pub async fn end_turn(&self, door: &DoorKey, holder: &str) -> Result<(), StoreError> {
        self.store.end_turn(&turn_of(door), holder).await
    }

    /// Takes over the person's orders whose door is gone, and shows which of them are waited for.
    pub async fn adopt(&self, incoming: &Incoming, outbox: &dyn Outbox) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(person) = self.known(incoming).await? else { return Ok(()) };
        let adopted = self.store.adopt(person.id, &incoming.place, &incoming.door, &incoming.address, now).await?;
        let locale = self.locale(incoming, person.locale);
        for (order, _) in adopted.iter().filter(|(_, in_the_making)| *in_the_making) {
            let line = Reply::line(locale, Phrase::new("order-resumed"));
            for reply in [line, waiting_reply(locale, *order, Waiting::at(Stage::Queued))] {
                if let Err(error) = outbox.say(&incoming.address, reply).await {
                    tracing::warn!(%error, "a waiting message was not delivered");
                }
            }
        }
        self.bell.ring();
        Ok(())
    }

    /// The person's orders that this door still answers for: in the making, or not told yet.
    pub async fn open_here(&self, incoming: &Incoming) -> Result<Vec<OrderId>, StoreError> {
        let open = self.open_orders(incoming).await?;
        Ok(open.into_iter().filter(|(_, door)| *door == incoming.door).map(|(order, _)| order).collect())
    }

    async fn open_orders(&self, incoming: &Incoming) -> Result<Vec<(OrderId, DoorKey)>, StoreError> {
        match self.known(incoming).await? {
            Some(person) => self.store.open_orders(person.id, &incoming.place).await,
            None => Ok(Vec::new()),
        }
    }

    /// Says that an order of the person is being made behind another door, or `went` there while this one waited.
    pub async fn say_elsewhere(&self, incoming: &Incoming, outbox: &dyn Outbox, went: bool) -> Result<(), StoreError> {
        let person = self.known(incoming).await?;
        let line = Reply::line(
            self.locale(incoming, person.and_then(|person| person.locale)),
            Phrase::new(if went { "order-went-elsewhere" } else { "order-waits-elsewhere" }),
        );
        if let Err(error) = outbox.say(&incoming.address, line).await {
            tracing::warn!(%error, "an answer was not delivered");
        }
        Ok(())
    }

    /// Whether an order of the person is still open behind another door.
    pub async fn waits_elsewhere(&self, incoming: &Incoming) -> Result<bool, StoreError> {
        Ok(self.open_orders(incoming).await?.iter().any(|(_, door)| *door != incoming.door))
    }
}
