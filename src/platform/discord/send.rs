//! One call to Discord: tried again where that is safe, and its failure understood.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serenity::{Error, http::HttpError};
use tokio::time::{Instant, sleep, timeout};

/// One call takes no longer.
const CALL: Duration = Duration::from_secs(15);

/// A call that is refused for being too much is tried again after these; nobody says how long to wait.
const AFTER_TOO_MANY: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Pauses before a server that could not be reached, or is in trouble, is tried again.
const AFTER_TROUBLE: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

/// Discord shuts out an address with 10,000 invalid requests in ten minutes
/// (<https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans>); calls stop long
/// before that.
const MOST_INVALID: usize = 2_000;
const INVALID_WINDOW: Duration = Duration::from_secs(600);

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It may work later.
    Later,
    /// Discord does not know the bot's token.
    Token,
    /// It could not be known whether it worked.
    Unknown,
    /// The interaction's token opens nothing any more.
    Expired,
    /// The interaction was answered, by this process or another.
    Answered,
    /// The message is gone.
    Missing,
    /// The bot cannot write there.
    Shut,
    /// What is sent along is too large, or is none that Discord takes.
    File,
    /// Discord refused it, for this reason.
    Refused(String),
}

impl Trouble {
    /// What a log line says of it; nothing that was said in the chat, and no token.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Refused(reason) => reason,
            Self::Later => "it may work later",
            Self::Token => "Discord does not know the token",
            Self::Unknown => "it is not known whether it worked",
            Self::Expired => "the interaction has expired",
            Self::Answered => "the interaction was answered before",
            Self::Missing => "the message is gone",
            Self::Shut => "the bot cannot write there",
            Self::File => "the file was refused",
        }
    }
}

/// Counts requests that Discord calls invalid, and holds calls back when there were many.
#[derive(Debug, Default)]
pub(super) struct Guard {
    invalid: Mutex<VecDeque<Instant>>,
}

impl Guard {
    /// Whether there is still room for a call that may be invalid.
    fn is_open(&self) -> bool {
        let mut invalid = self.invalid.lock().unwrap_or_else(PoisonError::into_inner);
        while invalid.front().is_some_and(|at| at.elapsed() > INVALID_WINDOW) {
            invalid.pop_front();
        }
        invalid.len() < MOST_INVALID
    }

    fn count(&self) {
        let mut invalid = self.invalid.lock().unwrap_or_else(PoisonError::into_inner);
        invalid.push_back(Instant::now());
        if invalid.len() == MOST_INVALID {
            tracing::error!("Discord refused so many calls that none is made for some minutes");
        }
    }
}

/// What becomes of a call that failed.
enum Outcome {
    /// It did nothing.
    Failed(Trouble),
    /// Too many calls.
    TooMany,
    /// It never arrived.
    Unreached,
    /// It may have worked; a server in trouble does not say.
    Unknown,
}

/// How a call may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It is the same however often it is made.
    Same,
    /// Twice would be twice.
    Twice,
    /// It is not worth it.
    Never,
}

/// Makes a call, again where that is safe.
pub(super) async fn send<T, F: Future<Output = serenity::Result<T>> + Send>(
    guard: &Guard,
    again: Again,
    call: impl Fn() -> F,
) -> Result<T, Trouble> {
    let (mut too_many, mut trouble) = (AFTER_TOO_MANY.iter(), AFTER_TROUBLE.iter());
    loop {
        if !guard.is_open() {
            return Err(Trouble::Later);
        }
        let outcome = match timeout(CALL, call()).await {
            Ok(Ok(done)) => {
                count("ok");
                return Ok(done);
            }
            Ok(Err(error)) => outcome(&error, guard),
            Err(_) => Outcome::Unknown,
        };
        count(match &outcome {
            Outcome::Failed(_) => "refused",
            Outcome::TooMany => "limited",
            Outcome::Unreached => "unreached",
            Outcome::Unknown => "unknown",
        });
        let pause = match outcome {
            Outcome::Failed(trouble) => return Err(trouble),
            Outcome::TooMany => {
                tracing::warn!("Discord asks to wait");
                too_many.next()
            }
            Outcome::Unreached => trouble.next(),
            Outcome::Unknown if again == Again::Same => trouble.next(),
            Outcome::Unknown => return Err(Trouble::Unknown),
        };
        match pause {
            Some(pause) if again != Again::Never => sleep(*pause).await,
            _ => return Err(Trouble::Later),
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("bapsang_calls_total", "platform" => "discord", "outcome" => outcome).increment(1);
}

fn outcome(error: &Error, guard: &Guard) -> Outcome {
    let Error::Http(error) = error else { return Outcome::Unknown };
    match error {
        HttpError::UnsuccessfulRequest(refused) => {
            let status = refused.status_code.as_u16();
            if matches!(status, 401 | 403 | 429) {
                guard.count();
            }
            match status {
                429 => Outcome::TooMany,
                500.. => Outcome::Unknown,
                _ => Outcome::Failed(trouble(status, refused.error.code, &refused.error.message)),
            }
        }
        HttpError::Request(error) if error.is_connect() => Outcome::Unreached,
        HttpError::ApplicationIdMissing => Outcome::Failed(Trouble::Later),
        _ => Outcome::Unknown,
    }
}

/// What an error means (<https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>).
fn trouble(status: u16, code: isize, message: &str) -> Trouble {
    match (code, status) {
        (10015 | 10062 | 50027, _) => Trouble::Expired,
        (40060, _) => Trouble::Answered,
        (10008, _) => Trouble::Missing,
        // No channel, no access, no permission, no direct messages, an archived thread, a locked server.
        (10003 | 50001 | 50013 | 50007 | 50083 | 50278 | 40033, _) => Trouble::Shut,
        (40005, _) | (_, 413) => Trouble::File,
        (_, 401) => Trouble::Token,
        (_, 403) => Trouble::Shut,
        _ => {
            let short: String = message.chars().take(200).collect();
            Trouble::Refused(format!("{status} {code} {short}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_understood() {
        for (status, code, expected) in [
            (404, 10015, Trouble::Expired),
            (404, 10062, Trouble::Expired),
            (400, 40060, Trouble::Answered),
            (404, 10008, Trouble::Missing),
            (403, 50007, Trouble::Shut),
            (403, 0, Trouble::Shut),
            (413, 0, Trouble::File),
            (401, 0, Trouble::Token),
            (400, 50035, Trouble::Refused("400 50035 Invalid Form Body".to_owned())),
        ] {
            assert_eq!(trouble(status, code, "Invalid Form Body"), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_stop_long_before_discord_shuts_the_bot_out_and_begin_again_later() {
        let guard = Guard::default();
        for _ in 0..MOST_INVALID {
            assert!(guard.is_open());
            guard.count();
        }
        let nobody = || async { unreachable!("nobody is asked") };
        assert_eq!(send::<(), _>(&guard, Again::Same, nobody).await, Err(Trouble::Later));
        sleep(INVALID_WINDOW + Duration::from_secs(1)).await;
        assert_eq!(send(&guard, Again::Same, || async { Ok(1) }).await, Ok(1));
    }
}
