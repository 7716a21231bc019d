//! `bapsang run`: opens every platform whose token is set, until it is asked to stop.

use std::{process::ExitCode, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{
    Failure, exit, fonts_looked_for,
    house::{self, House},
    photos, say,
};
use crate::{
    clock::System,
    http,
    photo::Photos,
    platform::telegram::{self, Mode, Telegram},
    settings::{Mistakes, Settings},
    store::Store,
};

const NO_PLATFORM: &str = "no platform has a token, so there is nothing to open.
  Telegram: talk to @BotFather, send /newbot, and put the token into TELEGRAM_BOT_TOKEN
  Without any token, try it all in this terminal: bapsang chat";

pub(super) async fn run(
    settings: &Settings,
    again: impl Fn() -> Result<Settings, Mistakes> + Send + 'static,
) -> Result<ExitCode, Failure> {
    let options = &settings.telegram;
    let Some(token) = &settings.telegram_token else {
        return Err(Failure(exit::NO_PLATFORM, NO_PLATFORM.to_owned()));
    };
    let (stop, kitchen_stop, http_stop) =
        (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
    // Whoever is asked to stop while it opens stops as well.
    stop_when_asked(stop.clone())?;
    let photos = Arc::new(photos(settings));
    let fonts = fonts_looked_for(&photos);
    let house = House::open(settings, Arc::clone(&photos)).await?;
    read_again_when_asked(photos, house.store.clone(), again)?;
    fonts.await;
    let telegram = Telegram::new(Arc::clone(&house.bot), token, options.clone())
        .map_err(|error| Failure(exit::SETTINGS, error.to_string()))?;
    let store = house.store.clone();
    let webhook = match options.mode {
        Mode::Polling => None,
        Mode::Webhook => {
            let listener = http::listen(settings.listen).await;
            let listener = listener.map_err(|error| {
                Failure(exit::FAILED, format!("http.listen: {} cannot be used: {}", settings.listen, error.kind()))
            })?;
            Some(tokio::spawn(http::serve(listener, telegram.webhook(), http_stop.clone())))
        }
    };
    let doors = vec![(telegram.key(), Arc::new(telegram.clone()) as _)];
    let cooking = house.cook(doors, kitchen_stop.clone());
    if telegram.open(&stop).await {
        announce(&telegram, options);
        say(&format!("Dishes: {}.", house::dishes(settings)));
        match options.mode {
            Mode::Polling => telegram.poll(&stop).await,
            Mode::Webhook => stop.cancelled().await,
        }
    }
    // First nothing new comes in, then what is cooked is finished or handed back, then the last messages go out.
    http_stop.cancel();
    if let Some(webhook) = webhook
        && tokio::time::timeout(telegram::LAST_MESSAGES, webhook).await.is_err()
    {
        tracing::warn!("the webhook closed while someone was still connected");
    }
    kitchen_stop.cancel();
    if let Err(panic) = cooking.await {
        tracing::error!(%panic, "the kitchen ended badly");
    }
    telegram.close().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn announce(telegram: &Telegram, options: &telegram::Options) {
    let how = match options.mode {
        Mode::Polling => "polling",
        Mode::Webhook => "by webhook",
    };
    let name = telegram.username().unwrap_or_default();
    say(&format!("Telegram: @{name} is open, {how}."));
}

/// Reads `photos.*` anew at SIGHUP. Settings with a mistake change nothing.
fn read_again_when_asked(
    photos: Arc<Photos>,
    store: Store,
    again: impl Fn() -> Result<Settings, Mistakes> + Send + 'static,
) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let failed = |error: std::io::Error| Failure(exit::FAILED, format!("signals cannot be heard: {error}"));
        let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map_err(failed)?;
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                match again() {
                    Ok(settings) => {
                        if let Some(setup) = house::photo_setup(&settings.photos) {
                            photos.seek_with(setup, Arc::new(store.clone()), Arc::new(System)).await;
                            say("Photos: the settings were read again.");
                        }
                    }
                    Err(mistakes) => tracing::error!(%mistakes, "the settings were not read again"),
                }
            }
        });
    }
    #[cfg(not(unix))]
    drop((photos, store, again));
    Ok(())
}

/// Cancels `stop` at SIGTERM, SIGINT or Ctrl-C.
fn stop_when_asked(stop: CancellationToken) -> Result<(), Failure> {
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
