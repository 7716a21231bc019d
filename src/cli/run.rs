//! `bapsang run`: opens every platform whose token is set, until it is asked to stop.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Failure, exit, fonts_looked_for,
    house::{self, House},
    notices::Notices,
    office::{Again, Counter},
    photos, say,
    service::Service,
    turn::Turns,
};
use crate::{
    bot::{Admins, Bot, Office, Outbox},
    chat::DoorKey,
    http,
    platform::{
        discord::{self, Discord},
        telegram::{self, Telegram},
    },
    settings::Settings,
    store::Store,
    telemetry::Numbers,
};

const NO_PLATFORM: &str = "no platform has a token, so there is nothing to open.
  Telegram: talk to @BotFather, send /newbot, and put the token into TELEGRAM_BOT_TOKEN
  Discord: make an application with a bot at https://discord.com/developers, and put its token into DISCORD_TOKEN
  Without any token, try it all in this terminal: bapsang chat";

/// How long the last notice to admins may take.
const LAST_NOTICE: Duration = Duration::from_secs(4);

/// The doors of one process.
pub(super) struct Doors {
    telegram: Option<Telegram>,
    discord: Option<Discord>,
    /// Another process is connected to Discord.
    discord_waits: AtomicBool,
}

impl Doors {
    fn of(settings: &Settings, bot: &Arc<Bot>) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure(exit::SETTINGS, error.to_string());
        let telegram = settings.telegram_token.as_ref();
        let telegram = telegram.map(|token| Telegram::new(Arc::clone(bot), token, settings.telegram.clone()));
        let discord = settings.discord_token.as_ref();
        let discord = discord.map(|token| Discord::new(Arc::clone(bot), token, settings.discord.clone()));
        Ok(Self {
            telegram: telegram.transpose().map_err(|error| failed(&error))?,
            discord: discord.transpose().map_err(|error| failed(&error))?,
            discord_waits: AtomicBool::new(false),
        })
    }

    /// What answers HTTP, where anything is brought to this process.
    fn router(&self, settings: &Settings) -> Option<http::Router> {
        let telegram = self.telegram.as_ref().filter(|_| settings.telegram.mode == telegram::Mode::Webhook);
        let discord = self.discord.as_ref().filter(|_| settings.discord.mode == discord::Mode::Endpoint);
        http::together(telegram.map(Telegram::webhook).into_iter().chain(discord.map(Discord::endpoint)))
    }

    fn keys(&self) -> Vec<(DoorKey, Arc<dyn Outbox>)> {
        let telegram = self.telegram.iter().map(|door| (door.key(), Arc::new(door.clone()) as _));
        telegram.chain(self.discord.iter().map(|door| (door.key(), Arc::new(door.clone()) as _))).collect()
    }

    /// The platforms that are not open, a line each.
    pub(super) fn not_open(&self) -> Vec<String> {
        let telegram = self.telegram.as_ref().filter(|door| !door.is_open());
        let telegram = telegram.map(|_| "telegram: it did not say yet who the bot is".to_owned());
        let waits = self.discord_waits.load(Ordering::Relaxed);
        let discord = self.discord.as_ref().filter(|door| !waits && !door.is_open());
        let discord = discord.map(|_| "discord: there is no connection yet".to_owned());
        telegram.into_iter().chain(discord).collect()
    }

    /// Opens every door, and takes what comes until `stop`. A platform that does not answer keeps no other one shut.
    async fn stand_open(&self, settings: &Settings, bot: &Arc<Bot>, stop: &CancellationToken) {
        let telegram = async {
            let Some(door) = &self.telegram else { return };
            if !door.open(stop).await {
                return;
            }
            let name = door.username().unwrap_or_default();
            match settings.telegram.mode {
                telegram::Mode::Polling => {
                    let turns = Turns::new(bot, door.key());
                    let waits = || say(&format!("Telegram: @{name} is polled by another process; this one waits."));
                    let polls = async |turn: CancellationToken| {
                        say(&format!("Telegram: @{name} is open, polling."));
                        door.poll(&turn).await;
                    };
                    turns.receive(stop, waits, polls).await;
                }
                telegram::Mode::Webhook => say(&format!("Telegram: @{name} is open, by webhook.")),
            }
        };
        let discord = async {
            let Some(door) = &self.discord else { return };
            if !door.open(stop).await {
                return;
            }
            let name = door.name().unwrap_or_default();
            match settings.discord.mode {
                discord::Mode::Gateway => {
                    let turns = Turns::new(bot, door.key());
                    let waits = || {
                        self.discord_waits.store(true, Ordering::Relaxed);
                        say(&format!("Discord: another process has {name}'s gateway; this one waits."));
                    };
                    let connects = async |turn: CancellationToken| {
                        self.discord_waits.store(false, Ordering::Relaxed);
                        say(&format!("Discord: {name} is open, over the gateway."));
                        door.connect(&turn).await;
                    };
                    turns.receive(stop, waits, connects).await;
                }
                discord::Mode::Endpoint => {
                    say(&format!("Discord: {name} is open, at {}.", settings.discord.endpoint_path));
                }
            }
        };
        tokio::join!(telegram, discord);
        stop.cancelled().await;
    }

    async fn close(&self) {
        let telegram = async {
            if let Some(door) = &self.telegram {
                door.close().await;
            }
        };
        let discord = async {
            if let Some(door) = &self.discord {
                door.close().await;
            }
        };
        tokio::join!(telegram, discord);
    }
}

pub(super) async fn run(settings: &Settings, again: Again) -> Result<ExitCode, Failure> {
    if settings.telegram_token.is_none() && settings.discord_token.is_none() {
        return Err(Failure(exit::NO_PLATFORM, NO_PLATFORM.to_owned()));
    }
    let (stop, kitchen_stop, http_stop) =
        (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
    // Whoever is asked to stop while it opens stops as well.
    stop_when_asked(stop.clone())?;
    let photos = Arc::new(photos(settings));
    let fonts = fonts_looked_for(&photos);
    let house = House::open(settings, photos, again, true).await?;
    read_again_when_asked(Arc::clone(&house.office))?;
    fonts.await;
    let doors = Arc::new(Doors::of(settings, &house.bot)?);
    let (store, bot) = (house.store.clone(), Arc::clone(&house.bot));
    let looked_at = look_after(settings, &store, &doors, (&stop, &kitchen_stop)).await?;
    let notices = Notices {
        bot: Arc::clone(&house.bot),
        office: Arc::clone(&house.office),
        admins: Admins::new(&settings.telegram.admins, &settings.discord.admins),
        doors: doors.keys(),
    };
    let telling = tokio::spawn(notices.tell(stop.clone()));
    let gone = CancellationToken::new();
    let alive = tokio::spawn(give_signs_of_life(Arc::clone(&house.bot), Arc::clone(&doors), gone.clone()));
    let receiving = match doors.router(settings) {
        None => None,
        Some(router) => {
            let listener = http::listen(settings.listen).await;
            let listener = listener.map_err(|error| {
                Failure(exit::FAILED, format!("http.listen: {} cannot be used: {}", settings.listen, error.kind()))
            })?;
            Some(tokio::spawn(http::serve(listener, router, http_stop.clone())))
        }
    };
    let cooking = house.cook(doors.keys(), kitchen_stop.clone());
    say(&format!("Dishes: {}.", house::dishes(settings)));
    doors.stand_open(settings, &bot, &stop).await;
    let drained = tokio::time::Instant::now() + settings.drain;
    match tokio::time::timeout(LAST_NOTICE, telling).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => tracing::error!("notices to admins ended badly"),
        Err(_) => tracing::warn!("a notice to admins was given up"),
    }
    // First nothing new comes in, then what is cooked is finished or handed back, then the last messages go out.
    if receiving.is_some() {
        tokio::time::sleep_until(drained).await;
    }
    http_stop.cancel();
    if let Some(receiving) = receiving
        && tokio::time::timeout(telegram::LAST_MESSAGES, receiving).await.is_err()
    {
        tracing::warn!("the HTTP server closed while someone was still connected");
    }
    kitchen_stop.cancel();
    if let Err(panic) = cooking.await {
        tracing::error!(panicked = panic.is_panic(), "the kitchen ended badly");
    }
    doors.close().await;
    gone.cancel();
    if alive.await.is_err() {
        tracing::error!("signs of life ended badly");
    }
    if let Some(looked_at) = looked_at
        && tokio::time::timeout(Duration::from_secs(1), looked_at).await.is_err()
    {
        tracing::debug!("somebody looked until the end");
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Keeps a lease for as long as this process runs, so that nobody copies the database meanwhile, and so that others know with
/// how many they share a platform's limits.
async fn give_signs_of_life(bot: Arc<Bot>, doors: Arc<Doors>, stop: CancellationToken) {
    let door = Bot::process_door(&uuid::Uuid::new_v4().simple().to_string());
    let mut times = tokio::time::interval(Duration::from_secs(1));
    let mut failing = false;
    while stop.run_until_cancelled(times.tick()).await.is_some() {
        let held = bot.hold_door(&door).await;
        if let (Err(error), false) = (&held, failing) {
            tracing::warn!(%error, "a sign of life was not given");
        }
        failing = held.is_err();
        // Where that is not known now, it is as it was.
        if let (Some(telegram), Ok(processes)) = (&doors.telegram, bot.processes().await) {
            telegram.share_limits(processes);
        }
    }
    if let Err(error) = bot.close_door(&door).await {
        tracing::warn!(%error, "a lease was not given back; it ends by itself");
    }
}

/// Answers whoever looks after the service, where the settings say where.
async fn look_after(
    settings: &Settings,
    store: &Store,
    doors: &Arc<Doors>,
    (stop, end): (&CancellationToken, &CancellationToken),
) -> Result<Option<JoinHandle<std::io::Result<()>>>, Failure> {
    let Some(at) = settings.service_listen else { return Ok(None) };
    let service =
        Service { store: store.clone(), doors: Arc::clone(doors), numbers: Numbers::begin(), stop: stop.clone() };
    if let Some(numbers) = service.numbers.clone() {
        let end = end.clone();
        tokio::spawn(async move {
            // Where nobody asks for them, samples would pile up.
            while end.run_until_cancelled(tokio::time::sleep(Duration::from_secs(5))).await.is_some() {
                numbers.keep_small();
            }
        });
    }
    let listener = http::listen(at).await.map_err(|error| {
        Failure(exit::FAILED, format!("http.service_listen: {at} cannot be used: {}", error.kind()))
    })?;
    if let Ok(address) = listener.local_addr() {
        say(&format!("Service: http://{address}/readyz and /metrics."));
    }
    Ok(Some(tokio::spawn(http::serve(listener, http::service(Arc::new(service)), end.clone()))))
}

/// Reads the settings anew at SIGHUP. Settings with a mistake change nothing.
fn read_again_when_asked(office: Arc<Counter>) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let failed = |error: std::io::Error| Failure(exit::FAILED, format!("signals cannot be heard: {error}"));
        let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map_err(failed)?;
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                match office.reload().await {
                    Ok(reloaded) => {
                        say("The settings were read again.");
                        if !reloaded.after_restart.is_empty() {
                            say(&format!("After a restart count: {}.", reloaded.after_restart.join(", ")));
                        }
                    }
                    Err(mistakes) => {
                        tracing::error!(mistakes = mistakes.join("; "), "the settings were not read again");
                    }
                }
            }
        });
    }
    #[cfg(not(unix))]
    drop(office);
    Ok(())
}

/// Cancels `stop` at SIGTERM, SIGINT or Ctrl-C.
pub(super) fn stop_when_asked(stop: CancellationToken) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure(exit::FAILED, format!("signals cannot be heard: {error}"));
    #[cfg(unix)]
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(failed)?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = (tokio::signal::ctrl_c().await, failed);
        stop.cancel();
    });
    Ok(())
}
