//! The integration tests, in one binary.

mod admin;
mod architecture;
mod bad_input;
mod cli;
mod crash;
mod data;
mod discord;
mod kitchen;
mod ledger;
mod linked;
mod linking;
mod locales;
mod migrations;
mod model;
mod people;
mod photo;
mod pictures;
mod race;
mod running;
mod settings;
mod sources;
mod store;
mod stories;
mod support;
mod telegram;
mod terminal;
