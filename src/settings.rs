//! Settings: the built-in `bot.toml`, the file, `.env` and the environment, each stronger than the one before.
//!
//! The built-in copy of `bot.toml` holds every key with its default, so it is also the list of known keys.
//! [`Settings::load`] names every mistake at once. This is the one place that reads the environment.

mod house;
mod models;
mod photos;
mod plain;
mod platforms;
mod shown;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono_tz::Tz;
use config::{Config, Environment, FileFormat};
pub use models::LinkOptions;
use plain::Plain;
use secrecy::SecretString;
pub use shown::Shown;
use url::Url;

use crate::{
    bot::Flows,
    chat::Locale,
    kitchen::Retention,
    photo::PhotoOptions,
    platform::{discord, telegram},
    store::{Budget, Options, StoreUrl},
    telemetry::Format,
    ticket::Quota,
};

/// The manual of all keys, and their defaults.
pub const BUILT_IN: &str = include_str!("../bot.toml");

/// Keys that hold lists; in the environment, commas stand between the items.
const LISTS: [&str; 11] = [
    "recommender.chain",
    "recommender.openai.headers",
    "telegram.admins",
    "discord.admins",
    "discord.admin_guilds",
    "groups.allowed",
    "photos.order",
    "photos.allow",
    "photos.food_words",
    "photos.unwanted_words",
    "photos.unwanted_hosts",
];

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `bot.default_locale`
    pub default_locale: Locale,
    /// `tickets.daily_limit` and `bot.time_zone`
    pub quota: Quota,
    /// `dialogue.idle_minutes`
    pub dialogue_idle: Duration,
    /// `orders.deadline_seconds`
    pub order_deadline: Duration,
    /// `orders.lease_seconds`
    pub order_lease: Duration,
    /// `orders.at_once`
    pub orders_at_once: usize,
    /// `recommender.chain` and its tables
    pub chain: Vec<LinkOptions>,
    /// `recommender.daily_requests` and `recommender.daily_tokens`
    pub budget: Budget,
    /// `recommender.cookbook_delay_milliseconds`
    pub cookbook_delay: Duration,
    /// `TELEGRAM_BOT_TOKEN`
    pub telegram_token: Option<SecretString>,
    /// `telegram.*` and `groups.*`
    pub telegram: telegram::Options,
    /// `DISCORD_TOKEN`
    pub discord_token: Option<SecretString>,
    /// `discord.*`
    pub discord: discord::Options,
    /// `http.listen`
    pub listen: SocketAddr,
    /// `http.service_listen`
    pub service_listen: Option<SocketAddr>,
    /// `http.drain_seconds`
    pub drain: Duration,
    /// `limits.*`
    pub flows: Flows,
    /// `retention.*`
    pub retention: Retention,
    /// `DATABASE_URL`
    pub database: StoreUrl,
    /// `database.*`
    pub database_options: Options,
    /// `photos.*`
    pub photos: PhotoOptions,
    /// `media.directory`
    pub media: PathBuf,
    /// `media.max_megabytes`; 0 for no limit.
    pub media_max_megabytes: u64,
    /// `log.filter`
    pub log_filter: String,
    /// `log.format`
    pub log_format: Format,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// Every key and its value, as they may be shown.
    pub shown: Shown,
}

/// What is wrong with the settings, a sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Mistakes(pub Vec<String>);

/// What the process was started with: its variables. `.env` stands behind them.
#[derive(Clone, Default)]
pub struct Surroundings {
    variables: BTreeMap<String, String>,
    mistakes: Vec<String>,
}

impl Surroundings {
    /// Reads the environment of this process and `.env` in `folder`.
    #[expect(clippy::disallowed_methods, reason = "this is the home of the environment")]
    pub fn of_this_process(folder: &Path) -> Self {
        let mut surroundings = Self::default();
        let dot_env = folder.join(".env");
        if dot_env.exists() {
            match dotenvy::from_path_iter(&dot_env) {
                Ok(lines) => {
                    for line in lines {
                        match line {
                            Ok((name, value)) => drop(surroundings.variables.insert(name, value)),
                            // The error repeats the line, which may hold a secret.
                            Err(_) => surroundings.mistakes.push(".env has a line that is not NAME=VALUE".to_owned()),
                        }
                    }
                }
                Err(_) => surroundings.mistakes.push(".env cannot be read".to_owned()),
            }
        }
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                surroundings.variables.insert(name, value);
            }
        }
        surroundings
    }

    /// Surroundings with these variables alone.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { variables, mistakes: Vec::new() }
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The language of the surroundings: the first of `LC_ALL`, `LC_MESSAGES` and LANG that is set (POSIX).
    pub fn locale(&self) -> Option<Locale> {
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| self.get(name)).and_then(Locale::from_tag)
    }
}

impl std::fmt::Debug for Surroundings {
    /// Names alone: the values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.variables.keys()).finish()
    }
}

impl Settings {
    /// Reads the settings: `file` must exist where it is named, and `bot.toml` in `folder` counts if it does.
    pub fn load(folder: &Path, file: Option<&Path>, surroundings: &Surroundings) -> Result<Self, Mistakes> {
        let mut mistakes = surroundings.mistakes.clone();
        let path = file.map_or_else(|| folder.join("bot.toml"), Path::to_path_buf);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                mistakes.push(format!("{} cannot be read: {}", path.display(), error.kind()));
                None
            }
        };
        Self::of(path, text.as_deref(), surroundings, mistakes)
    }

    /// The same of what was read already from the file at `path`, and of what was wrong until then.
    pub(crate) fn of(
        path: PathBuf,
        text: Option<&str>,
        surroundings: &Surroundings,
        mut mistakes: Vec<String>,
    ) -> Result<Self, Mistakes> {
        let known = keys(BUILT_IN).unwrap_or_default();
        let mut builder = Config::builder().add_source(config::File::from_str(BUILT_IN, FileFormat::Toml));
        if let Some(text) = text {
            match keys(text) {
                Ok(given) => {
                    let is_known = |key: &String| {
                        known.contains(key)
                            || photos::is_explained(key)
                            || models::explained(key).is_some_and(|key| known.contains(&key))
                    };
                    mistakes.extend(given.iter().filter(|key| !is_known(key)).map(|key| {
                        format!(
                            "{} has the unknown key {}{}",
                            path.display(),
                            key.escape_debug(),
                            nearest(key, &known, std::borrow::ToOwned::to_owned)
                        )
                    }));
                    builder = builder.add_source(Plain(config::File::from_str(text, FileFormat::Toml)));
                }
                Err(error) => mistakes.push(format!("{} is not TOML: {error}", path.display())),
            }
        }
        let prefixed =
            surroundings.variables.iter().filter(|(name, value)| name.starts_with("BAPSANG_") && !value.is_empty());
        for (name, _) in prefixed.clone() {
            let is = |name: &str| known.iter().any(|key| variable(key) == name);
            if !is(name)
                && !photos::is_explained_variable(name)
                && !models::explained_variable(name).is_some_and(|name| is(&name))
            {
                mistakes.push(format!(
                    "the environment has the unknown {}{}",
                    name.escape_debug(),
                    nearest(name, &known, variable)
                ));
            }
        }
        let source = prefixed.map(|(name, value)| (name.clone(), value.clone())).collect();
        let environment = Environment::with_prefix("BAPSANG").prefix_separator("_").separator("__");
        let environment = environment.list_separator(",").try_parsing(true);
        let environment = LISTS.into_iter().fold(environment, Environment::with_list_parse_key);
        builder = builder.add_source(Plain(environment.source(Some(source))));
        match builder.build() {
            Ok(config) => read(&Reader { config, surroundings }, text.map(|_| path), mistakes),
            Err(error) => {
                mistakes.push(format!("the settings do not read: {error}"));
                Err(Mistakes(mistakes))
            }
        }
    }
}

fn read(reader: &Reader<'_>, file: Option<PathBuf>, mut mistakes: Vec<String>) -> Result<Settings, Mistakes> {
    let wrong = &mut mistakes;
    let seconds = |number: u64| Duration::from_secs(number);
    let locale = reader
        .word("bot.default_locale", wrong, "ko or en", |tag| Locale::ALL.into_iter().find(|locale| locale.id() == tag));
    let zone = reader.word("bot.time_zone", wrong, "a time zone such as Asia/Seoul", |name| name.parse::<Tz>().ok());
    let chain = reader.chain(wrong);
    let budget = reader.budget(wrong);
    let daily_limit = reader.number("tickets.daily_limit", 0, 1_000, wrong);
    let idle = reader.number("dialogue.idle_minutes", 1, 525_600, wrong);
    let deadline = reader.number("orders.deadline_seconds", 1, 3_600, wrong);
    let lease = reader.number("orders.lease_seconds", 1, 3_600, wrong);
    let at_once = reader.number("orders.at_once", 1, 10_000, wrong);
    let delay = reader.number("recommender.cookbook_delay_milliseconds", 0, 600_000, wrong);
    let busy = reader.number("database.busy_timeout_milliseconds", 1, 600_000, wrong);
    let megabytes = reader.number("database.sqlite_max_megabytes", 0, 16_000_000, wrong);
    let log_filter = reader.word("log.filter", wrong, "a filter such as warn or bapsang=debug", |filter| {
        tracing_subscriber::EnvFilter::try_new(filter).ok().map(|_| filter.to_owned())
    });
    let media = reader.word("media.directory", wrong, "a folder", |text| {
        Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty())
    });
    let media_megabytes = reader.number("media.max_megabytes", 0, 100_000_000, wrong);
    let photos = reader.photos(wrong);
    let listen = reader.word("http.listen", wrong, "an address and a port such as 127.0.0.1:8080", |text| {
        text.parse::<SocketAddr>().ok()
    });
    let service_listen =
        reader.word("http.service_listen", wrong, "an address and a port, or off", |text| match text {
            "off" => Some(None),
            text => text.parse::<SocketAddr>().ok().map(Some),
        });
    let drain = reader.number("http.drain_seconds", 0, 300, wrong);
    let log_format = reader.word("log.format", wrong, "auto, text or json", |word| match word {
        "auto" => Some(Format::Auto),
        "text" => Some(Format::Text),
        "json" => Some(Format::Json),
        _ => None,
    });
    let flows = reader.flows(wrong);
    let retention = reader.retention(wrong);
    let telegram_token = reader.telegram_token(wrong);
    let telegram = reader.telegram(locale.unwrap_or(Locale::Ko), wrong);
    let discord_token = reader.discord_token(wrong);
    let discord = reader.discord(locale.unwrap_or(Locale::Ko), discord_token.is_some(), wrong);
    let webhook = telegram.as_ref().filter(|options| options.mode == telegram::Mode::Webhook);
    let brought = webhook.and_then(|options| options.webhook_url.as_ref()).map(Url::path);
    let endpoint = discord.as_ref().filter(|options| options.mode == discord::Mode::Endpoint);
    if let (Some(path), Some(endpoint)) = (brought, endpoint)
        && path == endpoint.endpoint_path
    {
        wrong.push("telegram.webhook_url and discord.endpoint_path must not have the same path".to_owned());
    }
    let database = reader.database(wrong);
    let settings = (|| {
        Some(Settings {
            chain: chain?,
            budget: budget?,
            default_locale: locale?,
            quota: Quota { daily_limit: u32::try_from(daily_limit?).ok()?, zone: zone? },
            dialogue_idle: seconds(idle? * 60),
            order_deadline: seconds(deadline?),
            order_lease: seconds(lease?),
            orders_at_once: usize::try_from(at_once?).ok()?,
            cookbook_delay: Duration::from_millis(delay?),
            telegram_token,
            telegram: telegram?,
            discord_token,
            discord: discord?,
            listen: listen?,
            service_listen: service_listen?,
            drain: seconds(drain?),
            flows: flows?,
            retention: retention?,
            database: database?,
            database_options: Options {
                busy_timeout: Duration::from_millis(busy?),
                sqlite_max_megabytes: u32::try_from(megabytes?).ok()?,
                privacy_key: reader.privacy_key(),
            },
            photos: photos?,
            media: media?,
            media_max_megabytes: media_megabytes?,
            log_filter: log_filter?,
            log_format: log_format?,
            file,
            shown: Shown::of(&reader.config),
        })
    })();
    match settings {
        Some(settings) if mistakes.is_empty() => Ok(settings),
        _ => Err(Mistakes(mistakes)),
    }
}

struct Reader<'a> {
    config: Config,
    surroundings: &'a Surroundings,
}

impl Reader<'_> {
    /// Where a key was set, for the sentence about it.
    fn place(&self, key: &str) -> String {
        let name = variable(key);
        if self.surroundings.get(&name).is_some() { name } else { key.to_owned() }
    }

    fn word<T>(
        &self,
        key: &str,
        wrong: &mut Vec<String>,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.config.get_string(key).ok();
        let read = value.as_deref().and_then(read);
        if read.is_none() {
            let shown = value.filter(|value| !shown::hides(key, value));
            let shown = shown.map_or_else(|| "something else".to_owned(), |value| format!("{value:?}"));
            wrong.push(format!("{} must be {expected}, not {shown}", self.place(key)));
        }
        read
    }

    fn number(&self, key: &str, least: u64, most: u64, wrong: &mut Vec<String>) -> Option<u64> {
        let expected = format!("a whole number from {least} to {most}");
        self.word(key, wrong, &expected, |text| text.parse().ok().filter(|number| (least..=most).contains(number)))
    }

    /// `PRIVACY_KEY`, else what every process on one PostgreSQL knows however it spells the address: user, password and
    /// database. SQLite has nothing that nobody else knows.
    fn privacy_key(&self) -> SecretString {
        let of_address = |address: &str| {
            let address = Url::parse(address).ok().filter(|address| address.scheme().starts_with("postgres"))?;
            Some(format!("{}:{}{}", address.username(), address.password().unwrap_or_default(), address.path()))
        };
        let key = self.surroundings.get("PRIVACY_KEY").map(str::to_owned);
        SecretString::from(key.or_else(|| of_address(self.surroundings.get("DATABASE_URL")?)).unwrap_or_default())
    }

    fn database(&self, wrong: &mut Vec<String>) -> Option<StoreUrl> {
        let url = self.surroundings.get("DATABASE_URL").unwrap_or("sqlite:bapsang.db");
        match StoreUrl::parse(&SecretString::from(url)) {
            Ok(url) => {
                if let Some(folder) = url.folder().filter(|folder| !folder.is_dir()) {
                    wrong.push(format!("DATABASE_URL names a file in {}, which is no folder", folder.display()));
                }
                Some(url)
            }
            Err(reason) => {
                wrong.push(format!("DATABASE_URL is wrong: {reason}"));
                None
            }
        }
    }
}

/// The environment variable of a key: `tickets.daily_limit` is `BAPSANG_TICKETS__DAILY_LIMIT`.
pub fn variable(key: &str) -> String {
    format!("BAPSANG_{}", key.to_uppercase().replace('.', "__"))
}

/// Every key of a TOML text, as `table.key`.
fn keys(text: &str) -> Result<Vec<String>, String> {
    fn walk(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(table) => walk(&path, table, found),
                _ => found.push(path),
            }
        }
    }
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let mut found = Vec::new();
    walk("", &table, &mut found);
    Ok(found)
}

/// ` (did you mean X?)` where a known name is near.
fn nearest(name: &str, known: &[String], spell: impl Fn(&str) -> String) -> String {
    // What is many times as long is not near, and comparing it takes as many times as long.
    let known = known.iter().map(|key| spell(key)).filter(|key| name.len() <= 3 * key.len());
    let near = known.map(|key| (strsim::damerau_levenshtein(name, &key), key)).min();
    near.filter(|(distance, key)| *distance <= key.len() / 3)
        .map(|(_, key)| format!("; did you mean {key}?"))
        .unwrap_or_default()
}
