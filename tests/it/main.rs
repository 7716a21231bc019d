//! The integration tests, in one binary.

mod bad_input;
mod crash;
mod migrations;
mod race;
mod store;
mod stories;
mod support;
mod terminal;
