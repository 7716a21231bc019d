//! The doors: the only rooms that know a platform. Each turns what happens there into [`crate::chat::Incoming`],
//! and a [`crate::chat::Reply`] into what people see there.

pub mod console;
mod cut;
pub mod discord;
mod owned;
pub mod telegram;
