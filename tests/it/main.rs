//! The integration tests, in one binary.

mod bad_input;
mod race;
mod store;
mod stories;
mod support;
