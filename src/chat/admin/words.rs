//! The table of words, and what each is made into.

use super::{AdminArgument, AdminCommand, AdminSpec, ArgumentKind};
use crate::{chat::Locale, order::OrderId};

/// The longest sentence of an admin, in characters: a message of Telegram with room for what stands around it.
const MOST_TEXT: usize = 3000;

/// The longest reason, in characters.
const MOST_REASON: usize = 200;

const WHO: AdminArgument = AdminArgument {
    name: "who",
    label: "admin-argument-who",
    kind: ArgumentKind::Who { everyone: false },
    required: true,
};

const WHOM: AdminArgument = AdminArgument {
    name: "who",
    label: "admin-argument-whom",
    kind: ArgumentKind::Who { everyone: true },
    required: true,
};

const UNTIL: AdminArgument =
    AdminArgument { name: "until", label: "admin-argument-until", kind: ArgumentKind::Day, required: false };

const SWITCH: ArgumentKind = ArgumentKind::OneOf(&["on", "off"]);

/// Every word, in the order of the help.
pub const ADMIN_WORDS: &[AdminSpec] = &[
    AdminSpec { word: "stats", about: "admin-about-stats", arguments: &[], make: |_| Some(AdminCommand::Stats) },
    AdminSpec {
        word: "person",
        about: "admin-about-person",
        arguments: &[WHO],
        make: |given| Some(AdminCommand::Person(given.who()?)),
    },
    AdminSpec {
        word: "grant",
        about: "admin-about-grant",
        arguments: &[
            WHOM,
            AdminArgument {
                name: "tickets",
                label: "admin-argument-tickets",
                kind: ArgumentKind::Count(1_000),
                required: true,
            },
            AdminArgument {
                name: "how",
                label: "admin-argument-how",
                kind: ArgumentKind::OneOf(&["once", "daily"]),
                required: false,
            },
            UNTIL,
        ],
        make: |given| {
            Some(AdminCommand::Grant {
                whom: given.whom()?,
                tickets: given.number("tickets").filter(|tickets| *tickets > 0)?,
                daily: given.text("how") == Some("daily"),
                until: given.day(),
            })
        },
    },
    AdminSpec {
        word: "limit",
        about: "admin-about-limit",
        arguments: &[
            WHOM,
            AdminArgument {
                name: "tickets",
                label: "admin-argument-limit",
                kind: ArgumentKind::Number(1_000),
                required: false,
            },
            UNTIL,
        ],
        make: |given| {
            Some(AdminCommand::Limit { whom: given.whom()?, tickets: given.number("tickets"), until: given.day() })
        },
    },
    AdminSpec {
        word: "refund",
        about: "admin-about-refund",
        arguments: &[AdminArgument {
            name: "order",
            label: "admin-argument-order",
            kind: ArgumentKind::Count(u32::MAX),
            required: true,
        }],
        make: |given| Some(AdminCommand::Refund(OrderId(i64::from(given.number("order")?)))),
    },
    AdminSpec {
        word: "ban",
        about: "admin-about-ban",
        arguments: &[
            WHO,
            UNTIL,
            AdminArgument {
                name: "reason",
                label: "admin-argument-reason",
                kind: ArgumentKind::Text(MOST_REASON),
                required: true,
            },
        ],
        make: |given| {
            Some(AdminCommand::Ban {
                who: given.who()?,
                until: given.day(),
                reason: given.text("reason").unwrap_or_default().to_owned(),
            })
        },
    },
    AdminSpec {
        word: "unban",
        about: "admin-about-unban",
        arguments: &[WHO],
        make: |given| Some(AdminCommand::Unban(given.who()?)),
    },
    AdminSpec {
        word: "broadcast",
        about: "admin-about-broadcast",
        arguments: &[
            AdminArgument {
                name: "to",
                label: "admin-argument-to",
                kind: ArgumentKind::OneOf(&["all", "ko", "en", "stop", "resume"]),
                required: false,
            },
            AdminArgument {
                name: "text",
                label: "admin-argument-text",
                kind: ArgumentKind::Text(MOST_TEXT),
                required: false,
            },
        ],
        make: |given| {
            let text = given.text("text").unwrap_or_default().to_owned();
            Some(match given.text("to") {
                // Whoever says more means something else.
                Some("stop" | "resume") if !text.is_empty() => return None,
                Some("stop") => AdminCommand::GoOn(false),
                Some("resume") => AdminCommand::GoOn(true),
                _ if text.is_empty() => AdminCommand::Broadcasts,
                to => AdminCommand::Broadcast { locale: to.and_then(Locale::from_tag), text },
            })
        },
    },
    AdminSpec {
        word: "maintenance",
        about: "admin-about-maintenance",
        arguments: &[
            AdminArgument { name: "state", label: "admin-argument-switch", kind: SWITCH, required: true },
            AdminArgument {
                name: "text",
                label: "admin-argument-sentence",
                kind: ArgumentKind::Text(500),
                required: false,
            },
        ],
        make: |given| {
            Some(AdminCommand::Maintenance {
                on: given.text("state") == Some("on"),
                sentence: given.text("text").unwrap_or_default().to_owned(),
            })
        },
    },
    AdminSpec {
        word: "sources",
        about: "admin-about-sources",
        arguments: &[
            AdminArgument { name: "name", label: "admin-argument-source", kind: ArgumentKind::Word, required: false },
            AdminArgument { name: "state", label: "admin-argument-switch", kind: SWITCH, required: false },
        ],
        make: |given| match (given.text("name"), given.text("state")) {
            (None, None) => Some(AdminCommand::Sources),
            (Some(name), Some(state)) => Some(AdminCommand::Switch { name: name.to_owned(), on: state == "on" }),
            _ => None,
        },
    },
    AdminSpec {
        word: "photo",
        about: "admin-about-photo",
        arguments: &[
            AdminArgument {
                name: "how",
                label: "admin-argument-photo",
                kind: ArgumentKind::OneOf(&["replace", "remove"]),
                required: true,
            },
            AdminArgument { name: "dish", label: "admin-argument-dish", kind: ArgumentKind::Text(100), required: true },
        ],
        make: |given| {
            Some(AdminCommand::Photo {
                dish: given.text("dish")?.to_owned(),
                replace: given.text("how") == Some("replace"),
            })
        },
    },
    AdminSpec { word: "reload", about: "admin-about-reload", arguments: &[], make: |_| Some(AdminCommand::Reload) },
    AdminSpec { word: "config", about: "admin-about-config", arguments: &[], make: |_| Some(AdminCommand::Config) },
    AdminSpec { word: "health", about: "admin-about-health", arguments: &[], make: |_| Some(AdminCommand::Health) },
    AdminSpec {
        word: "audit",
        about: "admin-about-audit",
        arguments: &[AdminArgument {
            name: "page",
            label: "admin-argument-page",
            kind: ArgumentKind::Count(1_000_000),
            required: false,
        }],
        make: |given| Some(AdminCommand::Audit(given.number("page").unwrap_or(1).max(1))),
    },
];
