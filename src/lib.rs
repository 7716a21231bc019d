//! Bapsang (밥상, a laid table): a chat bot that answers what to eat.
//!
//! # The way of an order
//!
//! ```text
//!  terminal line ───┐
//!  Telegram update ─ platform::* ─▶ Incoming         Reply ─▶ platform::* ─ lines on the terminal
//!  Discord interaction ┘                │               ▲          └────── messages and their changes
//!                                       ▼               │
//!                          bot: one event at a time for each person
//!                                       │  loads the dialogue
//!                                       ▼
//!               dialogue::step(Conversation, Input) ─▶ Turn { conversation, say, effect }     (pure)
//!                                       │ Effect::Order
//!                                       ▼
//!          store.place_order, ONE transaction: ticket taken, order written, dialogue saved
//!                                       │                      the event is now acknowledged
//!                                       ▼
//!          kitchen: claims the order (a lease) ─▶ recommender ─▶ dish
//!                   ─▶ photo, from its name on, beside the recommender ─▶ its photo, else its card
//!                   ─▶ store.serve, ONE transaction: dish saved, ticket spent
//!                   ─▶ tells the person, again until it arrived
//! ```
//!
//! A ticket is taken, spent or returned exactly once; an event is acknowledged after its effect, except on Discord, which
//! waits three seconds alone; and no event waits for a recommender.
//!
//! # The rooms, in reading order
//!
//! Words ([`chat`], [`order`], [`dish`], [`profile`], [`ticket`], [`clock`]) are plain values. Thinking
//! ([`dialogue`]) is pure. Reaching out ([`recommender`], [`photo`], [`store`]) is done by rooms that do not know each other. The
//! [`bot`] and the [`kitchen`] conduct them, the doors in [`platform`] know the outside, [`http`] receives for them, and [`i18n`],
//! [`settings`] and [`telemetry`] are the furniture. `tests/it/architecture.rs` holds who may know whom.

pub mod chat;
pub mod clock;
pub mod dish;
pub mod order;
pub mod profile;
pub mod ticket;

pub mod dialogue;

pub mod photo;
pub mod recommender;
pub mod store;

pub mod bot;
pub mod kitchen;

pub mod platform;

pub mod http;

pub mod cli;
pub mod i18n;
pub mod settings;
pub mod telemetry;

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
