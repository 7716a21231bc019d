//! The settings of the platforms: `telegram.*`, `groups.*`, `discord.*` and their tokens.

use secrecy::SecretString;
use url::Url;

use super::Reader;
use crate::{
    chat::Locale,
    platform::{discord, telegram},
};

fn http(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// An address without a path: `https://discord.com`.
fn origin(text: &str) -> Option<Url> {
    http(text).filter(|url| url.path() == "/" && url.query().is_none() && url.has_host())
}

impl Reader<'_> {
    pub(super) fn telegram_token(&self, wrong: &mut Vec<String>) -> Option<SecretString> {
        let token = self.surroundings.get("TELEGRAM_BOT_TOKEN").map(str::trim)?;
        if telegram::bot_id(token).is_none() {
            wrong.push("TELEGRAM_BOT_TOKEN must be a number, a colon and a secret, as BotFather gives them".to_owned());
        }
        Some(SecretString::from(token))
    }

    pub(super) fn telegram(&self, default_locale: Locale, wrong: &mut Vec<String>) -> Option<telegram::Options> {
        let api_url = self.word("telegram.api_url", wrong, "an http or https address", http);
        let mode = self.word("telegram.mode", wrong, "polling or webhook", |word| match word {
            "polling" => Some(telegram::Mode::Polling),
            "webhook" => Some(telegram::Mode::Webhook),
            _ => None,
        });
        let webhook_url = self.word("telegram.webhook_url", wrong, "an http or https address, or empty", |text| {
            if text.is_empty() { Some(None) } else { http(text).map(Some) }
        });
        if (mode, &webhook_url) == (Some(telegram::Mode::Webhook), &Some(None)) {
            wrong.push("telegram.webhook_url must be set where telegram.mode is webhook".to_owned());
        }
        let name = self.word("telegram.name", wrong, "a name of at most 64 characters, or empty", |name| {
            let name = name.trim();
            (name.chars().count() <= 64).then(|| (!name.is_empty()).then(|| name.to_owned()))
        });
        let admins = self.list("telegram.admins", wrong);
        let allowed_groups = self.list("groups.allowed", wrong);
        let groups = self.word("groups.enabled", wrong, "true or false", |word| word.parse::<bool>().ok());
        let mut limit =
            |key: &str, most: u64| self.number(key, 1, most, wrong).and_then(|number| u32::try_from(number).ok());
        let limits = telegram::Limits {
            per_second: limit("telegram.limits.per_second", 100_000)?,
            chat_per_second: limit("telegram.limits.chat_per_second", 10_000)?,
            chat_burst: limit("telegram.limits.chat_burst", 10_000)?,
            group_per_minute: limit("telegram.limits.group_per_minute", 100_000)?,
        };
        Some(telegram::Options {
            api_url: api_url?,
            mode: mode?,
            webhook_url: webhook_url?,
            name: name?,
            admins: admins?,
            limits,
            groups: groups?,
            allowed_groups: allowed_groups?,
            default_locale,
        })
    }

    /// A list of whole numbers.
    fn list<T: std::str::FromStr>(&self, key: &str, wrong: &mut Vec<String>) -> Option<Vec<T>> {
        // An empty variable counts as not set, and an empty text as an empty list.
        let items =
            self.config.get::<Vec<String>>(key).or_else(|_| self.config.get_string(key).map(|one| vec![one])).ok();
        let items = items.map(|items| items.into_iter().filter(|item| !item.trim().is_empty()).collect::<Vec<_>>());
        let read = items.and_then(|items| items.iter().map(|item| item.trim().parse().ok()).collect());
        if read.is_none() {
            wrong.push(format!("{} must be a list of whole numbers", self.place(key)));
        }
        read
    }

    pub(super) fn discord_token(&self, wrong: &mut Vec<String>) -> Option<SecretString> {
        let token = self.surroundings.get("DISCORD_TOKEN").map(str::trim)?;
        if discord::bot_id(token).is_none() {
            let sentence =
                "DISCORD_TOKEN must be three parts with dots between them, as the developer portal gives them";
            wrong.push(sentence.to_owned());
        }
        Some(SecretString::from(token))
    }

    pub(super) fn discord(
        &self,
        default_locale: Locale,
        opens: bool,
        wrong: &mut Vec<String>,
    ) -> Option<discord::Options> {
        let expected = "an http or https address without a path";
        let api_url = self.word("discord.api_url", wrong, expected, origin);
        let mode = self.word("discord.mode", wrong, "gateway or endpoint", |word| match word {
            "gateway" => Some(discord::Mode::Gateway),
            "endpoint" => Some(discord::Mode::Endpoint),
            _ => None,
        });
        let expected = "the 64 hexadecimal digits of the developer portal, or empty";
        let public_key = self.word("discord.public_key", wrong, expected, |text| {
            if text.is_empty() { Some(None) } else { discord::PublicKey::parse(text).map(Some) }
        });
        if opens && (mode, public_key) == (Some(discord::Mode::Endpoint), Some(None)) {
            wrong.push("discord.public_key must be set where discord.mode is endpoint".to_owned());
        }
        let endpoint_path = self.word("discord.endpoint_path", wrong, "a path such as /discord", |text| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
            (text.starts_with('/') && text.chars().all(fits)).then(|| text.to_owned())
        });
        let test_guild = self.word("discord.test_guild", wrong, "a server's number, or empty", |text| {
            if text.is_empty() { Some(None) } else { text.parse().ok().filter(|id| *id > 0).map(Some) }
        });
        let admins = self.list("discord.admins", wrong);
        let admin_guilds = self.list("discord.admin_guilds", wrong);
        Some(discord::Options {
            api_url: api_url?,
            mode: mode?,
            public_key: public_key?,
            endpoint_path: endpoint_path?,
            test_guild: test_guild?,
            admins: admins?,
            admin_guilds: admin_guilds?,
            default_locale,
        })
    }
}
