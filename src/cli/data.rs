//! `bapsang backup`, `bapsang restore` and `bapsang move`: for whoever looks after the data.

use std::{path::Path, process::ExitCode};

use secrecy::SecretString;
use url::Url;

use super::{
    Failure, exit,
    progress::{Shown, until_asked},
    say,
};
use crate::{
    clock::{Clock, System},
    settings::{Settings, Surroundings},
    store::{self, Store, StoreError, StoreUrl},
};

/// Copies SQLite's database into a new file.
pub(super) async fn backup(settings: &Settings, file: &Path) -> Result<ExitCode, Failure> {
    let (stop, shown) = (until_asked()?, Shown::new());
    let made = store::backup(&settings.database, file, &|progress| shown.tell(progress), &stop).await;
    shown.end();
    let bytes = made.map_err(|error| {
        failure(error, || "no file was left behind; the same command begins again from the start".to_owned())
    })?;
    say(&format!(
        "{} is a whole and sound copy of {}: {}. Pictures are not in it; they are made anew.",
        file.display(),
        settings.database.shown(),
        size(bytes)
    ));
    Ok(ExitCode::SUCCESS)
}

/// Puts a backup into the place of SQLite's database.
pub(super) async fn restore(settings: &Settings, file: &Path) -> Result<ExitCode, Failure> {
    let (stop, shown) = (until_asked()?, Shown::new());
    let tell = |progress| shown.tell(progress);
    let (database, options) = (&settings.database, &settings.database_options);
    let restored = store::restore(file, database, options, System.now(), &tell, &stop).await;
    shown.end();
    let restored = restored.map_err(|error| {
        failure(error, || format!("{} is what it was; the same command begins again", database.shown()))
    })?;
    let people = if restored.people == 1 { "1 person".to_owned() } else { format!("{} people", restored.people) };
    say(&format!("{} is what {} was: {people}.", database.shown(), file.display()));
    if let Some(aside) = restored.aside {
        say(&format!("The database that was there before is {}; remove it when you are content.", aside.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies everything from one database into an empty one.
pub(super) async fn relocate(
    settings: &Settings,
    surroundings: &Surroundings,
    from: &str,
    to: &str,
) -> Result<ExitCode, Failure> {
    let (from, to) = (address("--from", from, surroundings)?, address("--to", to, surroundings)?);
    if from.shown() == to.shown() {
        return Err(Failure(exit::COMMAND_LINE, "--from and --to name the same database".to_owned()));
    }
    if from.file().is_some_and(|file| !file.is_file()) {
        return Err(Failure(exit::DATABASE, format!("{} is not there, so there is nothing to move", from.shown())));
    }
    let (stop, shown) = (until_asked()?, Shown::new());
    let (source, target) = (open(&from, settings).await?, open(&to, settings).await?);
    let tell = |progress| shown.tell(progress);
    let copied = source.copy_to(&target, &from.shown(), &System, &tell, &stop).await;
    shown.end();
    source.close().await;
    target.close().await;
    let counts = copied.map_err(|error| {
        failure(error, || format!("{} is untouched; the same command goes on from here", from.shown()))
    })?;
    let rows = |table: &str| counts.iter().find(|count| count.table == table).map_or(0, |count| count.rows);
    let all: u64 = counts.iter().map(|count| count.rows).sum();
    say(&format!(
        "{} holds everything that {} holds: {} people, {} dishes, {all} rows in all, counted on both sides.",
        to.shown(),
        from.shown(),
        rows("people"),
        rows("dishes"),
    ));
    say("Now let DATABASE_URL name the new one, and start bapsang. The old one was left as it is.");
    let both_are_files = from.file().is_some() && to.file().is_some();
    if rows("bans") > 0 && surroundings.get("PRIVACY_KEY").is_none() && !both_are_files {
        say(
            "PRIVACY_KEY is not set, so bans are kept under a key that goes with the address, and those of the old one \
             hold no more: ban again whom you banned.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// An address on the command line, which everyone on this machine can read: so it has no password there.
fn address(option: &str, given: &str, surroundings: &Surroundings) -> Result<StoreUrl, Failure> {
    let (url, code) = match given.strip_prefix("env:") {
        Some(name) if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            let sentence = format!("{option}: after env: comes the name of a variable that holds the address");
            return Err(Failure(exit::COMMAND_LINE, sentence));
        }
        Some(name) => {
            let value = surroundings.get(name);
            (value.ok_or_else(|| Failure(exit::SETTINGS, format!("{option}: {name} is not set")))?, exit::SETTINGS)
        }
        None if has_password(given) => {
            let sentence = format!(
                "{option} holds a password, which everyone on this machine can read in the list of processes: \
                 put the address into a variable and say {option} env:NAME; and change the password"
            );
            return Err(Failure(exit::COMMAND_LINE, sentence));
        }
        None => (given, exit::COMMAND_LINE),
    };
    StoreUrl::parse(&SecretString::from(url)).map_err(|reason| Failure(code, format!("{option} is wrong: {reason}")))
}

fn has_password(address: &str) -> bool {
    Url::parse(address).is_ok_and(|address| {
        address.password().is_some() || address.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("password"))
    })
}

async fn open(url: &StoreUrl, settings: &Settings) -> Result<Store, Failure> {
    Store::open(url, &settings.database_options).await.map_err(|error| {
        let Failure(code, sentence) = Failure::from(error);
        Failure(code, format!("{}: {sentence}", url.shown()))
    })
}

/// What went wrong; whoever stopped it hears how to go on.
fn failure(error: StoreError, how_to_go_on: impl FnOnce() -> String) -> Failure {
    match error {
        StoreError::Stopped => Failure(exit::INTERRUPTED, format!("stopped: {}", how_to_go_on())),
        other => Failure::from(other),
    }
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{} KB", bytes.div_ceil(1000))
    } else {
        format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_wherever_it_stands_in_an_address() {
        for address in [
            "postgres://chef:hush@localhost/bapsang",
            "postgres://chef:@localhost/bapsang?password=hush",
            "postgres://localhost/bapsang?user=chef&pass%77ord=hush",
        ] {
            assert!(has_password(address), "{address}");
        }
        for address in ["postgres://chef@localhost/bapsang", "sqlite:bapsang.db", "sqlite:/srv/a:b@c.db", "bapsang"] {
            assert!(!has_password(address), "{address}");
        }
    }

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(
            [size(1), size(999_999), size(1_000_000), size(12_345_678)],
            ["1 KB", "1000 KB", "1.0 MB", "12.3 MB"]
        );
    }
}
