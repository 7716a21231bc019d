//! The world that the tests play in: real databases, a clock that stands still, a bot with its kitchen.

use std::{
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bapsang::{
    bot::{Bell, Bot, Outbox, Rules, SayError},
    chat::{
        Action, Address, Command, DoorKey, Event, Facts, Incoming, Keyword, Locale, LocaleHint, PersonId, Place,
        Platform, Reply, Token, User,
    },
    clock::{Clock, Fixed},
    dish::{Amount, Dish, Ingredient, Names, Source},
    i18n,
    kitchen::{Equipment, Kitchen, Pace},
    order::{Filters, OrderId, Wanted},
    photo::{Fonts, Photos},
    recommender::{Cookbook, RecommendError, Recommender, Reporter, Request},
    store::{Claimed, NewOrder, Options, Placed, SavedDialogue, Search, Store, StoreUrl},
    telemetry::{self, Format},
    ticket::{Quota, Ticket},
};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::writer::MakeWriterExt;

/// A fresh database of one kind.
pub(crate) struct Db {
    pub(crate) url: String,
    pub(crate) store: Store,
    _folder: Option<TempDir>,
}

/// A file of its own.
pub(crate) async fn sqlite() -> Db {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bapsang.db").display());
    Db { store: open(&url).await, url, _folder: Some(folder) }
}

/// A database of its own on the server that `scripts/test` has started.
pub(crate) async fn postgres() -> Db {
    let url = postgres_url().await;
    Db { store: open(&url).await, url, _folder: None }
}

/// The address of an empty database on the server.
pub(crate) async fn postgres_url() -> String {
    let server = variable("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL: run the tests by scripts/test");
    let name = format!("t_{}", uuid::Uuid::new_v4().simple());
    let admin = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&server).await.expect("the server");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&admin).await.expect("a database");
    admin.close().await;
    format!("{}/{name}", server.rsplit_once('/').expect("a path").0)
}

/// From now on a SQLite file was migrated by a version that is not known yet, with number 9999.
pub(crate) async fn is_of_tomorrow(file: &std::path::Path) {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await.expect("the file");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of tomorrow', TRUE, x'00', 0)",
    )
    .execute(&pool)
    .await
    .expect("a migration of tomorrow");
    pool.close().await;
}

/// One number from either database, past the store.
pub(crate) async fn number(url: &str, statement: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("the file");
        let number = sqlx::query_scalar(statement).fetch_one(&pool).await.expect("a number");
        pool.close().await;
        number
    } else {
        let pool = sqlx::PgPool::connect(url).await.expect("the server");
        let number = sqlx::query_scalar(statement).fetch_one(&pool).await.expect("a number");
        pool.close().await;
        number
    }
}

pub(crate) async fn open(url: &str) -> Store {
    try_open(url, Options::default()).await.expect("the database opens")
}

pub(crate) async fn try_open(url: &str, options: Options) -> Result<Store, bapsang::store::StoreError> {
    let url = StoreUrl::parse(&SecretString::from(url)).expect("an address");
    Store::open(&url, &options).await
}

/// 2026-11-23, 21:00 in Seoul.
pub(crate) fn evening() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().expect("a time")
}

pub(crate) fn quota() -> Quota {
    Quota { daily_limit: 5, zone: chrono_tz::Asia::Seoul }
}

pub(crate) fn rules() -> Rules {
    Rules {
        quota: quota(),
        default_locale: Locale::Ko,
        dialogue_idle: Duration::from_secs(24 * 60 * 60),
        order_deadline: Duration::from_secs(120),
        asks_model: false,
    }
}

pub(crate) fn place() -> Place {
    Place { platform: Platform::Console, conversation: "terminal".to_owned() }
}

pub(crate) fn door() -> DoorKey {
    DoorKey("console:test".to_owned())
}

/// Keeps everyone from the people in a PostgreSQL database until it is dropped.
pub(crate) struct Locked {
    pool: sqlx::PgPool,
    _people: sqlx::Transaction<'static, sqlx::Postgres>,
}

impl Locked {
    pub(crate) async fn people(db: &Db) -> Self {
        let pool = sqlx::PgPool::connect(&db.url).await.expect("the server");
        let mut people = pool.begin().await.expect("a transaction");
        sqlx::query("LOCK TABLE people IN ACCESS EXCLUSIVE MODE").execute(&mut *people).await.expect("the lock");
        Self { pool, _people: people }
    }

    /// Until someone asks for them, and has to wait.
    pub(crate) async fn is_waited_for(&self) {
        let waits = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'people'::regclass";
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&self.pool).await.expect("an answer") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The verbs of a store test: one person, one place, one door, and a clock that is passed by hand.
impl Db {
    /// One that others have open as well.
    pub(crate) fn at(url: &str, store: Store) -> Self {
        Self { url: url.to_owned(), store, _folder: None }
    }

    pub(crate) async fn person(&self, name: &str) -> PersonId {
        self.store.person_for(Platform::Console, name, evening()).await.expect("a person").id
    }

    /// Places an order under its own confirmation, over whatever dialogue is saved.
    pub(crate) async fn order(&self, person: PersonId, confirmation: &str, now: DateTime<Utc>) -> Placed {
        self.order_with(person, confirmation, quota(), now).await
    }

    pub(crate) async fn order_with(
        &self,
        person: PersonId,
        confirmation: &str,
        quota: Quota,
        now: DateTime<Utc>,
    ) -> Placed {
        let revision =
            self.store.dialogue(person, &place()).await.expect("a dialogue").map_or(0, |saved| saved.revision);
        let dialogue = SavedDialogue { revision, version: 1, state: "{}".to_owned() };
        self.store.place_order(&new_order(person, confirmation), &dialogue, quota, now).await.expect("an answer")
    }

    /// An order that is taken for sure.
    pub(crate) async fn taken(&self, person: PersonId, confirmation: &str, now: DateTime<Utc>) -> OrderId {
        match self.order(person, confirmation, now).await {
            Placed::Taken(order) => order,
            other => panic!("not taken: {other:?}"),
        }
    }

    pub(crate) async fn claim(&self, token: &str, now: DateTime<Utc>) -> Option<Claimed> {
        self.store.claim(&door(), token.to_owned(), TimeDelta::seconds(30), now).await.expect("a claim")
    }

    /// Orders, cooks and serves one dish.
    pub(crate) async fn eat(&self, person: PersonId, confirmation: &str, name: &str, now: DateTime<Utc>) -> OrderId {
        let order = self.taken(person, confirmation, now).await;
        let claimed = self.claim(confirmation, now).await.expect("a claim");
        self.store.serve(&claimed, &dish(name), None, now).await.expect("it is served");
        order
    }

    pub(crate) async fn left(&self, person: PersonId, now: DateTime<Utc>) -> u32 {
        self.store.tickets_left(person, quota(), now).await.expect("tickets").left
    }

    pub(crate) async fn is_sound(&self) {
        assert_eq!(self.store.audit().await.expect("an audit"), Vec::<String>::new());
    }
}

/// All dishes with this in them.
pub(crate) fn searching(keyword: &str) -> Search {
    Search { keyword: Keyword::parse(keyword).expect("a short keyword"), favourites: false }
}

pub(crate) fn new_order(person: PersonId, confirmation: &str) -> NewOrder {
    NewOrder {
        person,
        place: place(),
        door: door(),
        address: Address("here".to_owned()),
        locale: Locale::Ko,
        wanted: Wanted::default(),
        confirmation: confirmation.to_owned(),
        patience: TimeDelta::seconds(120),
        head_start: TimeDelta::zero(),
    }
}

pub(crate) fn dish(name: &str) -> Dish {
    Dish {
        names: Names { ko: name.to_owned(), en: format!("{name} in English") },
        locale: Locale::Ko,
        introduction: "맛있어요.".to_owned(),
        ingredients: vec![Ingredient { name: "쌀".to_owned(), amount: Amount::parse("90 g").expect("an amount") }],
        steps: vec!["쌀을 씻어요.".to_owned()],
        minutes: 30,
        kind: Filters::default(),
        allergens: Vec::new(),
        source: Source::Cookbook,
        loosened: Vec::new(),
        stands_in: None,
    }
}

/// A door that remembers what was said.
#[derive(Default)]
pub(crate) struct Ear {
    heard: Mutex<Vec<Reply>>,
}

impl Ear {
    pub(crate) fn heard(&self) -> Vec<Reply> {
        self.heard.lock().expect("no panic").clone()
    }

    /// The last choice that was offered for this.
    pub(crate) fn offered(&self, wanted: Action) -> Option<String> {
        let heard = self.heard();
        let mut tokens = heard.iter().rev().flat_map(|reply| &reply.choices).map(|choice| choice.token.clone());
        tokens.find(|token| Token::decode(token).is_some_and(|token| token.action == wanted))
    }
}

#[async_trait]
impl Outbox for Ear {
    async fn say(&self, _: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        self.heard.lock().expect("no panic").push(reply);
        Ok(None)
    }
}

/// The sentences of a reply, in its language; nothing for what is no sentence.
pub(crate) fn said(reply: &Reply) -> String {
    match &reply.facts {
        Facts::Lines(lines) => lines.iter().map(|line| i18n::say(reply.locale, line)).collect::<Vec<_>>().join("\n"),
        other => format!("{other:?}"),
    }
}

/// How a kitchen of the tests behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It serves.
    Serves,
    /// It has no dish.
    Fails,
    /// It serves a dish of thirty long steps.
    Long,
    /// It panics.
    Panics,
    /// It never answers.
    Hangs,
}

/// The cookbook, in a mood.
pub(crate) struct Moody {
    cookbook: Cookbook,
    mood: Mutex<Mood>,
}

impl Moody {
    pub(crate) fn new(mood: Mood) -> Arc<Self> {
        let cookbook = Cookbook::load(Duration::ZERO).expect("the cookbook");
        Arc::new(Self { cookbook, mood: Mutex::new(mood) })
    }

    pub(crate) fn turn(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }
}

#[async_trait]
impl Recommender for Moody {
    async fn recommend(&self, request: &Request, ticket: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError> {
        let mood = *self.mood.lock().expect("no panic");
        match mood {
            Mood::Serves => self.cookbook.recommend(request, ticket, reporter).await,
            Mood::Fails => Err(RecommendError::NoDish),
            Mood::Long => {
                let steps = (1..=30).map(|step| format!("〈{step}〉 {}", "가".repeat(300))).collect();
                Ok(Dish { steps, ..dish("긴 요리") })
            }
            Mood::Panics => panic!("the pot boils over"),
            Mood::Hangs => std::future::pending().await,
        }
    }
}

/// A bot and its kitchen on one store, as one process has them.
pub(crate) struct House {
    pub(crate) bot: Arc<Bot>,
    pub(crate) kitchen: Arc<Kitchen>,
    running: JoinHandle<()>,
    stop: CancellationToken,
    _media: Option<TempDir>,
}

impl House {
    pub(crate) fn open(
        store: &Store,
        rules: Rules,
        clock: &Arc<Fixed>,
        recommender: Arc<dyn Recommender>,
        doors: Vec<(DoorKey, Arc<dyn Outbox>)>,
    ) -> Self {
        let media = tempfile::tempdir().expect("a folder");
        // Drawing without words needs no font, and is quick.
        let photos = Arc::new(Photos::with_fonts(media.path().to_path_buf(), Fonts::none()));
        Self { _media: Some(media), ..Self::with_photos(store, rules, clock, recommender, photos, doors) }
    }

    pub(crate) fn with_photos(
        store: &Store,
        rules: Rules,
        clock: &Arc<Fixed>,
        recommender: Arc<dyn Recommender>,
        photos: Arc<Photos>,
        doors: Vec<(DoorKey, Arc<dyn Outbox>)>,
    ) -> Self {
        log("warn,bapsang=debug");
        let (bell, dyn_clock) = (Arc::new(Bell::default()), Arc::clone(clock) as Arc<dyn Clock>);
        let bot = Bot::new(store.clone(), Arc::clone(&dyn_clock), rules, Arc::clone(&bell), Arc::clone(&photos));
        let pace = Pace { lease: Duration::from_secs(300), at_once: 8 };
        let equipment = Equipment { store: store.clone(), clock: dyn_clock, bell, recommender, budget: None, photos };
        let kitchen = Arc::new(Kitchen::new(equipment, rules, pace, doors));
        let stop = CancellationToken::new();
        let running = tokio::spawn(Arc::clone(&kitchen).run(stop.clone()));
        Self { bot: Arc::new(bot), kitchen, running, stop, _media: None }
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.running.await.expect("the kitchen closes");
    }
}

/// An event of a person in a conversation.
pub(crate) fn event(name: &str, conversation: &str, door: &DoorKey, event: Event) -> Incoming {
    Incoming {
        place: Place { platform: Platform::Console, conversation: conversation.to_owned() },
        others_read: false,
        message: None,
        user: User { id: name.to_owned(), locale: LocaleHint::Weak(None) },
        door: door.clone(),
        address: Address("here".to_owned()),
        event,
    }
}

pub(crate) fn wish(text: &str) -> Event {
    keep_typed(text);
    Event::Command(Command::Recommend { wish: text.to_owned(), filters: Filters::default() })
}

/// Bytes that several hands can write and read.
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the test run was started with.
#[expect(clippy::disallowed_methods, reason = "settings read the program's environment, not the tests'")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A file of this process in the folder that `scripts/test` searches when all tests have run, if there is one.
fn kept(what: &str) -> Option<std::fs::File> {
    let file = PathBuf::from(variable("TEST_LOGS")?).join(format!("{}.{what}", std::process::id()));
    Some(std::fs::OpenOptions::new().create(true).append(true).open(file).expect("a file of TEST_LOGS"))
}

/// Writes lines into such a file at once, since other threads write there too.
fn keep(what: &str, lines: &str) {
    if let Some(mut file) = kept(what) {
        file.write_all(format!("{lines}\n").as_bytes()).expect("room for lines");
    }
}

/// Log lines and numbers of a program, for the search.
pub(crate) fn keep_lines(lines: &str) {
    keep("log", lines);
}

/// What somebody typed, which the search must not find in a log line.
pub(crate) fn keep_typed(text: &str) {
    keep("typed", text);
}

/// A request that was held against an official document, to be counted.
pub(crate) fn keep_request(kind: &str) {
    keep("requests", kind);
}

/// What an official document does not allow.
pub(crate) fn keep_finding(line: &str) {
    keep("findings", line);
}

/// Log lines on standard error, where a test fails, and for the search.
pub(crate) fn log(filter: &str) {
    match kept("log") {
        Some(file) => telemetry::start_into(filter, Format::Text, std::io::stderr.and(Arc::new(file))),
        None => telemetry::start(filter),
    }
}

/// Whether a message says this. One that only promises how a dish is made says nothing of that.
pub(crate) fn tells(said: &str, wanted: &str) -> bool {
    said.replace("만드는 법을 정리", "").contains(wanted)
}

/// What keeps a program that is started here from asking the internet for photos.
pub(crate) const NO_PHOTOS: (&str, &str) = ("BAPSANG_PHOTOS__ENABLED", "false");

/// The program.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_bapsang"))
}

/// Stamps rules as tests on each database.
macro_rules! on_both_databases {
    ($($rule:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $rule() { super::$rule(crate::support::sqlite().await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $rule() { super::$rule(crate::support::postgres().await).await; })+
        }
    };
}

pub(crate) use on_both_databases;
