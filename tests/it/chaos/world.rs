//! One house: a door, a database, a model, ways between them, and one or two processes.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use bapsang::store::Store;
use nix::sys::signal::Signal;
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio::time::sleep;

use super::{
    faults::{Base, Fault, Stage},
    link::Link,
    people::{Door, Guest, Seen, asked},
    process::Process,
    server::Server,
};
use crate::{
    crash::Program,
    discord,
    model::{
        self,
        server::{End, ModelServer, Plan, stream},
    },
    running::Running,
    support::open,
    telegram,
};

/// How a way is while it is slow, in each direction.
const SLOW: Duration = Duration::from_millis(150);

/// How long somebody waits before they try again.
const AGAIN: Duration = Duration::from_secs(6);

/// What PostgreSQL says when its disk is full, said by a trigger: its own disk is left alone.
const FULL: &str = "
    CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON orders EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON dishes EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON dialogues EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON leases EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON ticket_ledger EXECUTE FUNCTION full_disk();";
const FREE: &str = "
    DROP TRIGGER full_disk ON orders; DROP TRIGGER full_disk ON dishes; DROP TRIGGER full_disk ON dialogues;
    DROP TRIGGER full_disk ON leases; DROP TRIGGER full_disk ON ticket_ledger;";

/// Nobody gets the same dish twice in a row.
const KINDS: [&str; 6] = ["하나", "둘", "셋", "넷", "다섯", "여섯"];

/// An order as its row stands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Order {
    pub(super) id: i64,
    pub(super) state: String,
    pub(super) failure: Option<String>,
    pub(super) told: bool,
    pub(super) settled: Option<String>,
    pub(super) dish: Option<i64>,
}

pub(super) struct World {
    pub(super) door: Door,
    base: Base,
    folder: TempDir,
    server: Option<Server>,
    /// Past every way.
    url: String,
    pub(super) store: Store,
    platform: Vec<Link>,
    database: Option<Link>,
    model: (ModelServer, Link),
    processes: Vec<Option<Process>>,
    variables: Vec<(String, String)>,
    /// What the clock of the processes is ahead of ours by, where it can be moved.
    clock: Option<PathBuf>,
    guests: u64,
    /// What was said in a terminal of dishes that others did not get.
    sorry: usize,
    /// Who was asked to stop.
    stopping: Option<usize>,
    /// SQLite's lock, held by somebody else.
    lock: Option<(sqlx::SqlitePool, sqlx::Transaction<'static, sqlx::Sqlite>)>,
}

impl World {
    pub(super) async fn open(door: &str, base: Base, with_clock: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, database, url) = if base == Base::Sqlite {
            (None, None, format!("sqlite:{}/bapsang.db", folder.path().display()))
        } else {
            let server = tokio::task::spawn_blocking(Server::start).await.expect("no panic");
            let (link, url) = (Link::to(server.port).await, Server::url(server.port));
            (Some(server), Some(link), url)
        };
        let store = open(&url).await;
        let through = database.as_ref().map_or_else(|| url.clone(), |link| Server::url(link.port()));
        let model = ModelServer::start().await;
        let model_link = Link::to(port_of(&model.url())).await;
        let mut variables = vec![
            ("DATABASE_URL".to_owned(), through),
            ("BAPSANG_RECOMMENDER__OPENAI__BASE_URL".to_owned(), format!("http://127.0.0.1:{}/v1", model_link.port())),
            ("BAPSANG_TICKETS__DAILY_LIMIT".to_owned(), "1000".to_owned()),
            ("BAPSANG_ORDERS__LEASE_SECONDS".to_owned(), "2".to_owned()),
            ("BAPSANG_LOG__FILTER".to_owned(), "warn,bapsang=info".to_owned()),
        ];
        let mut variable = |name: &str, value: String| variables.push((name.to_owned(), value));
        let (door, platform) = match door {
            "telegram" => {
                let api = telegram::api::BotApi::start(telegram::pace::Pace::generous()).await;
                let link = Link::to(port_of(&api.url())).await;
                variable("TELEGRAM_BOT_TOKEN", telegram::world::TOKEN.to_owned());
                variable("BAPSANG_TELEGRAM__API_URL", format!("http://127.0.0.1:{}", link.port()));
                (Door::Telegram(api), vec![link])
            }
            "discord" => {
                let api = discord::api::DiscordApi::start().await;
                let links = vec![Link::to(port_of(&api.url())).await, Link::to(api.gateway_port()).await];
                api.moves_the_gateway(links[1].port());
                variable("DISCORD_TOKEN", discord::world::TOKEN.to_owned());
                variable("BAPSANG_DISCORD__API_URL", format!("http://127.0.0.1:{}", links[0].port()));
                (Door::Discord(api), links)
            }
            _ => (Door::Terminal(Vec::new()), Vec::new()),
        };
        let clock = with_clock.then(|| folder.path().join("clock"));
        if let Some(file) = &clock {
            std::fs::write(file, "+0").expect("a file");
            variable("LD_PRELOAD", faketime());
            variable("FAKETIME_TIMESTAMP_FILE", file.display().to_string());
            variable("FAKETIME_NO_CACHE", "1".to_owned());
            variable("DONT_FAKE_MONOTONIC", "1".to_owned());
        }
        let count = if base == Base::Two { 2 } else { 1 };
        let mut world = Self {
            door,
            base,
            folder,
            server,
            url,
            store,
            platform,
            database,
            model: (model, model_link),
            processes: (0..count).map(|_| None).collect(),
            variables,
            clock,
            guests: 1000,
            sorry: 0,
            stopping: None,
            lock: None,
        };
        (0..count).for_each(|which| world.start(which));
        if let Door::Discord(api) = &world.door {
            let told = |api: &discord::api::DiscordApi| api.calls("PUT /applications/{application_id}/commands") > 0;
            api.until("the bot is connected, and its commands are told", |api| told(api) && api.identifies() > 0).await;
        }
        world
    }

    fn start(&mut self, which: usize) {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.processes[which] = Some(match self.door {
            Door::Terminal(_) => {
                let url = &self.variables[0].1;
                Process::Chat(Program::start(&self.folder, url, &variables))
            }
            _ => Process::Run(Running::start(&self.folder, &variables)),
        });
    }

    /// The terminal that somebody sits at.
    fn program(&mut self) -> Option<&mut Program> {
        self.processes.first_mut()?.as_mut()?.program()
    }

    fn at_the_door(&mut self) -> (&Door, Option<&mut Program>) {
        let first = self.processes.first_mut().and_then(Option::as_mut);
        (&self.door, first.and_then(Process::program))
    }

    /// Somebody new comes, and says what they want until they are asked to confirm it.
    pub(super) async fn arrives(&mut self) -> Guest {
        self.guests += 1;
        let guest = self.door.meets(self.guests);
        if matches!(self.door, Door::Terminal(_)) {
            self.sorry = 0;
            self.sorry = self.sees(guest, None).sorry;
        }
        self.comes_to_confirm(guest).await;
        guest
    }

    async fn comes_to_confirm(&mut self, guest: Guest) {
        for _ in 0..10 {
            let before = self.program().map_or(0, asked);
            let (door, program) = self.at_the_door();
            door.wishes(guest, program);
            let patience = Instant::now() + AGAIN;
            while Instant::now() < patience {
                let (door, program) = self.at_the_door();
                if door.asks(guest, before, program) {
                    return;
                }
                sleep(Duration::from_millis(10)).await;
            }
        }
        panic!("nobody asks to confirm:\n{}\n{}", self.door.transcript(guest), self.said());
    }

    fn confirms(&mut self, guest: Guest) -> bool {
        let (door, program) = self.at_the_door();
        door.confirms(guest, program)
    }

    /// The orders of somebody, later than one.
    pub(super) async fn orders(&self, guest: Guest, after: i64) -> Vec<Order> {
        let statement = "
            SELECT orders.id, orders.state, orders.failure, orders.told_at IS NOT NULL AS told,
                (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled,
                (SELECT number FROM dishes WHERE order_id = orders.id) AS dish
            FROM orders JOIN identities ON identities.person = orders.person
            WHERE identities.platform = $1 AND identities.user_id = $2 AND orders.id > $3 ORDER BY orders.id";
        let (platform, user) = (self.door.platform(), self.door.user(guest));
        // A server that just came back may not answer yet.
        for _ in 0..200 {
            let orders = if self.base == Base::Sqlite {
                let pool = sqlx::SqlitePool::connect(&self.url).await.expect("the file");
                let orders = sqlx::query_as(statement).bind(platform).bind(&user).bind(after).fetch_all(&pool).await;
                pool.close().await;
                orders
            } else {
                match sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&self.url).await {
                    Ok(pool) => {
                        let orders =
                            sqlx::query_as(statement).bind(platform).bind(&user).bind(after).fetch_all(&pool).await;
                        pool.close().await;
                        orders
                    }
                    Err(error) => Err(error),
                }
            };
            if let Ok(orders) = orders {
                return orders;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("the database does not come back");
    }

    /// The last order that somebody has.
    pub(super) async fn last_order(&self, guest: Guest) -> i64 {
        self.orders(guest, 0).await.last().map_or(0, |order| order.id)
    }

    /// Until the order is so. Where a platform lost the press, as Discord does while nobody is connected, they press again.
    async fn until_order(&mut self, guest: Guest, after: i64, is_so: impl Fn(&Order) -> bool) -> bool {
        for _ in 0..4 {
            let patience = Instant::now() + AGAIN;
            while Instant::now() < patience {
                if self.orders(guest, after).await.last().is_some_and(&is_so) {
                    return true;
                }
                sleep(Duration::from_millis(5)).await;
            }
            if self.orders(guest, after).await.is_empty() {
                self.tries_again(guest).await;
            }
        }
        false
    }

    /// Lets somebody confirm, and the order come as far as that; whether it stands there for sure. It may have gone on before
    /// it could be held, or what was said on the way still waits for its answer.
    pub(super) async fn comes_to(&mut self, stage: Stage, guest: Guest, after: i64) -> bool {
        let name = format!("두부 버섯전골 {}", KINDS[usize::try_from(guest.number).expect("few") % KINDS.len()]);
        let text = model::with("name_ko", name.into()).to_string();
        let bytes = stream(&text, "stop");
        let pieces = bytes.chunks(bytes.len() / 8).map(<[u8]>::to_vec).collect();
        self.model.0.answers(Plan::Pieces(pieces, Duration::from_millis(60), End::Well));
        assert!(self.confirms(guest), "there is something to press");
        let is_cooked = |order: &Order| order.state != "queued";
        match stage {
            Stage::Placing => {}
            Stage::Queued => {
                assert!(self.until_order(guest, after, |_| true).await, "it is placed");
                self.platform.iter().take(1).for_each(Link::hold_there);
            }
            Stage::Cooking => assert!(self.until_order(guest, after, is_cooked).await, "it is cooked"),
            Stage::Served => {
                assert!(self.until_order(guest, after, is_cooked).await, "it is cooked");
                self.platform.iter().take(1).for_each(Link::hold_there);
                assert!(self.until_order(guest, after, |order| order.dish.is_some()).await, "it is served");
            }
            Stage::Telling => {
                assert!(self.until_order(guest, after, is_cooked).await, "it is cooked");
                self.platform.iter().take(1).for_each(Link::hold_back);
                return self.door.is_seen(guest, Duration::from_secs(6)).await;
            }
            Stage::Told => assert!(self.until_order(guest, after, |order| order.told).await, "it is told"),
        }
        let orders = self.orders(guest, after).await;
        let stands = |state: &str| orders.last().is_some_and(|order| order.state == state);
        match stage {
            Stage::Queued => stands("queued"),
            Stage::Cooking => stands("cooking"),
            Stage::Served => stands("served"),
            Stage::Placing | Stage::Telling | Stage::Told => true,
        }
    }

    /// What was held so that the order stays where it is arrives after all.
    pub(super) fn lets_arrive(&self) {
        self.platform.iter().for_each(Link::mend);
    }

    pub(super) async fn strikes(&mut self, fault: Fault, which: usize) {
        match fault {
            Fault::Kill => self.kill(which),
            Fault::Stop => {
                self.signal(which, Signal::SIGTERM);
                self.stopping = Some(which);
            }
            Fault::Freeze => self.signal(which, Signal::SIGSTOP),
            Fault::Memory => {
                let process = self.process(which);
                process.limit("as", &process.size().to_string());
            }
            Fault::Full if self.base == Base::Sqlite => self.process(which).limit("fsize", "0"),
            Fault::Full => self.sql(FULL).await,
            Fault::Restart => {
                let server = self.server.take().expect("a server");
                self.server = Some(
                    tokio::task::spawn_blocking(move || {
                        server.restart();
                        server
                    })
                    .await
                    .expect("no panic"),
                );
            }
            Fault::DatabaseCut => self.database.iter().for_each(Link::cut),
            Fault::DatabaseHeld if self.base == Base::Sqlite => {
                let pool = sqlx::SqlitePool::connect(&self.url).await.expect("the file");
                let lock = pool.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
                self.lock = Some((pool, lock));
            }
            Fault::DatabaseHeld => self.database.iter().for_each(Link::hold_back),
            Fault::DatabaseSlow => self.database.iter().for_each(|link| link.slow(SLOW)),
            Fault::PlatformCut => self.platform.iter().for_each(Link::cut),
            Fault::PlatformHeld => self.platform.iter().for_each(Link::hold_there),
            Fault::PlatformSlow => self.platform.iter().for_each(|link| link.slow(SLOW)),
            Fault::ModelCut => self.model.1.cut(),
            Fault::ModelHeld => self.model.1.hold_back(),
            Fault::ModelSlow => self.model.1.slow(SLOW),
            Fault::ClockAhead => self.sets_clock("+1d"),
            Fault::ClockBack => self.sets_clock("-1d"),
        }
    }

    /// The fault ends. Whoever died is started again, as by a supervisor; where another process lives on, once the order was
    /// told.
    pub(super) async fn mends(&mut self, fault: Fault, which: usize) {
        self.platform.iter().chain(&self.database).for_each(Link::mend);
        self.model.1.mend();
        match fault {
            Fault::Freeze => self.signal(which, Signal::SIGCONT),
            Fault::Memory if self.is_alive(which) => self.process(which).limit("as", "unlimited"),
            Fault::Full if self.base != Base::Sqlite => self.sql(FREE).await,
            Fault::Full if self.is_alive(which) => self.process(which).limit("fsize", "unlimited"),
            Fault::DatabaseHeld => {
                if let Some((pool, lock)) = self.lock.take() {
                    lock.rollback().await.expect("the lock is free");
                    pool.close().await;
                }
            }
            _ => {}
        }
        if self.base != Base::Two || matches!(self.door, Door::Terminal(_)) {
            self.starts_again().await;
        }
    }

    /// Starts whoever is gone.
    pub(super) async fn starts_again(&mut self) {
        for which in 0..self.processes.len() {
            // Whoever was asked to stop has some seconds for it.
            let asked = Instant::now();
            while self.stopping == Some(which) && self.is_alive(which) && asked.elapsed() < Duration::from_secs(30) {
                sleep(Duration::from_millis(20)).await;
            }
            if !self.is_alive(which) {
                self.stopping = self.stopping.filter(|stopping| *stopping != which);
                self.kill(which);
                self.start(which);
            }
        }
    }

    /// The clock is right again.
    pub(super) fn is_over(&self) {
        if self.clock.is_some() {
            self.sets_clock("+0");
        }
    }

    fn sets_clock(&self, to: &str) {
        let file = self.clock.as_ref().expect("a clock");
        // It is read at any moment, and never half written.
        let new = file.with_extension("new");
        std::fs::write(&new, to).and_then(|()| std::fs::rename(&new, file)).expect("a file");
    }

    async fn sql(&self, statements: &str) {
        let pool = sqlx::PgPool::connect(&self.url).await.expect("the server");
        // Whoever writes at the moment may be in the way.
        while let Err(error) = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&pool).await {
            let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
            assert_eq!(code.as_deref(), Some("40P01"), "{error}");
        }
        pool.close().await;
    }

    fn process(&self, which: usize) -> &Process {
        self.processes[which].as_ref().expect("a process")
    }

    fn signal(&self, which: usize, signal: Signal) {
        if let Some(process) = &self.processes[which] {
            process.signal(signal);
        }
    }

    fn is_alive(&mut self, which: usize) -> bool {
        self.processes[which].as_mut().is_some_and(Process::is_alive)
    }

    fn kill(&mut self, which: usize) {
        let last = self.processes[which].take().map(Process::dies).unwrap_or_default();
        if let Door::Terminal(said) = &mut self.door {
            said.extend(last);
        }
    }

    /// What somebody sees of their dishes.
    pub(super) fn sees(&mut self, guest: Guest, dish: Option<i64>) -> Seen {
        let mut programs: Vec<&mut Program> =
            self.processes.iter_mut().filter_map(|process| process.as_mut()?.program()).collect();
        let all = self.door.sees(guest, dish, &mut programs);
        Seen { sorry: all.sorry - self.sorry, ..all }
    }

    /// Somebody tries again: presses what they see, or says once more what they want.
    pub(super) async fn tries_again(&mut self, guest: Guest) {
        if matches!(self.door, Door::Terminal(_)) || !self.confirms(guest) {
            self.comes_to_confirm(guest).await;
            self.confirms(guest);
        }
    }

    /// What the processes said, where something is wrong.
    pub(super) fn said(&mut self) -> String {
        let said = self.processes.iter_mut().flatten().map(Process::said);
        said.collect::<Vec<_>>().join("\n=====\n")
    }

    pub(super) async fn closes(mut self) {
        (0..self.processes.len()).for_each(|which| self.kill(which));
        self.store.close().await;
    }

    pub(super) fn database(&self) -> &Link {
        self.database.as_ref().expect("a way to the database")
    }

    pub(super) fn processes(&self) -> usize {
        self.processes.len()
    }
}

fn port_of(url: &str) -> u16 {
    let url: url::Url = url.parse().expect("an address");
    url.port().expect("a port")
}

/// The library that moves a program's clock (Debian's package `libfaketime`).
fn faketime() -> String {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/lib64"];
    let files = folders.map(|folder| format!("{folder}/faketime/libfaketimeMT.so.1"));
    files
        .into_iter()
        .find(|file| std::path::Path::new(file).exists())
        .expect("libfaketime: run the tests by scripts/test")
}
