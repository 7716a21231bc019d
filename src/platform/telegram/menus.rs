//! Who the bot is, and what its menus and descriptions say: looked at when the door opens, and set where it differs.

use std::sync::Arc;

use teloxide::{
    RequestError,
    payloads::{
        GetMyCommandsSetters, GetMyDescriptionSetters, GetMyShortDescriptionSetters, SetMyCommandsSetters,
        SetMyDescriptionSetters, SetMyNameSetters, SetMyShortDescriptionSetters, SetWebhookSetters,
    },
    prelude::Requester,
    types::{BotCommand, BotCommandScope, ChatId, Recipient},
};

use super::{Door, Mode, inbound, listener::Complaints, send::trouble_of, webhook};
use crate::{
    chat::{ADMIN, COMMANDS, Locale},
    i18n,
};

/// Connections by which Telegram brings updates at the same time (`setWebhook`; it allows a hundred).
pub(super) const BROUGHT_AT_ONCE: u8 = 100;

/// What is set for each language; without one, it is for everyone whose own has none.
const LANGUAGES: [Option<Locale>; 3] = [None, Some(Locale::Ko), Some(Locale::En)];

/// Whom a menu of commands is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Menu {
    Private,
    Group,
    /// One of the people who run the bot, in their own chat with it.
    Admin(u64),
}

impl Menu {
    fn scope(self) -> BotCommandScope {
        match self {
            Self::Private => BotCommandScope::AllPrivateChats,
            Self::Group => BotCommandScope::AllGroupChats,
            Self::Admin(id) => {
                BotCommandScope::Chat { chat_id: Recipient::Id(ChatId(i64::try_from(id).unwrap_or(i64::MAX))) }
            }
        }
    }

    /// A group has those that are answered where others read.
    fn commands(self, locale: Locale) -> Vec<BotCommand> {
        let shown = COMMANDS.iter().filter(|spec| self != Self::Group || !spec.is_private());
        let admin = matches!(self, Self::Admin(_)).then(|| BotCommand::new(ADMIN, i18n::word(locale, "command-admin")));
        shown.map(|spec| BotCommand::new(spec.name, i18n::word(locale, spec.about))).chain(admin).collect()
    }
}

impl Door {
    /// Asks who the bot is until Telegram says it, and makes the rest as it should be.
    pub(super) async fn introduce(self: &Arc<Self>) {
        let mut complaints = Complaints::default();
        while let Err(error) = self.greet().await {
            tokio::time::sleep(complaints.about(&error)).await;
        }
        complaints.all_is_well();
        if let Err(error) = self.set_menus().await {
            tracing::warn!(reason = trouble_of(&error).reason(), "the menus were not brought up to date");
        }
        if let Err(error) = self.set_descriptions().await {
            tracing::warn!(reason = trouble_of(&error).reason(), "the descriptions were not brought up to date");
        }
    }

    /// Learns the bot's name, and says where updates go.
    async fn greet(&self) -> Result<(), RequestError> {
        let me = self.bot.get_me().await?;
        // It is the same each time.
        let _ = self.username.set(me.user.username.unwrap_or_default());
        self.take_updates().await
    }

    /// Where updates go: to the webhook, or to whoever polls.
    async fn take_updates(&self) -> Result<(), RequestError> {
        match (self.options.mode, &self.options.webhook_url) {
            (Mode::Webhook, Some(address)) => {
                let set = self.bot.set_webhook(address.clone()).secret_token(webhook::secret(&self.token));
                set.allowed_updates(inbound::KINDS).max_connections(BROUGHT_AT_ONCE).await.map(drop)
            }
            _ => self.bot.delete_webhook().await.map(drop),
        }
    }

    async fn set_menus(&self) -> Result<(), RequestError> {
        let admins = self.options.admins.iter().map(|id| Menu::Admin(*id));
        for menu in [Menu::Private, Menu::Group].into_iter().chain(admins) {
            for language in LANGUAGES {
                let wanted = menu.commands(language.unwrap_or(self.options.default_locale));
                let mut get = self.bot.get_my_commands().scope(menu.scope());
                let mut set = self.bot.set_my_commands(wanted.clone()).scope(menu.scope());
                if let Some(language) = language {
                    (get, set) = (get.language_code(language.id()), set.language_code(language.id()));
                }
                let known = match (get.await, menu) {
                    (Ok(known), _) => known,
                    // Someone who never wrote to the bot has no chat with it yet.
                    (Err(RequestError::Api(_)), Menu::Admin(id)) => {
                        tracing::warn!(admin = id, "an admin has no menu until they have written to the bot");
                        break;
                    }
                    (Err(error), _) => return Err(error),
                };
                if known != wanted {
                    set.await?;
                }
            }
        }
        Ok(())
    }

    async fn set_descriptions(&self) -> Result<(), RequestError> {
        if let Some(name) = &self.options.name
            && self.bot.get_my_name().await?.name != *name
        {
            self.bot.set_my_name().name(name).await?;
        }
        for language in LANGUAGES {
            let locale = language.unwrap_or(self.options.default_locale);
            let (short, long) = (i18n::word(locale, "about-short"), i18n::word(locale, "about-long"));
            let mut get = self.bot.get_my_short_description();
            let mut set = self.bot.set_my_short_description().short_description(short.clone());
            let mut get_long = self.bot.get_my_description();
            let mut set_long = self.bot.set_my_description().description(long.clone());
            if let Some(language) = language {
                (get, set) = (get.language_code(language.id()), set.language_code(language.id()));
                (get_long, set_long) = (get_long.language_code(language.id()), set_long.language_code(language.id()));
            }
            if get.await?.short_description != short {
                set.await?;
            }
            if get_long.await?.description != long {
                set_long.await?;
            }
        }
        Ok(())
    }
}
