//! Fetching from strangers: whoever names an address does not decide what this machine connects to.
//!
//! Each hop of a request is checked by itself: the address (`guard`), then every address that its name resolves to, once;
//! the connection goes to one of those and to nothing else, without a proxy. Bytes and time are bounded.

mod fetch;
mod guard;

pub use fetch::{Answer, FetchError, Get, Net, OpenError, Reach, Resolve, SystemResolver};
pub(in crate::photo) use guard::LONGEST;
pub use guard::{Denied, is_public};
