//! `bapsang admin`: the admins' counter in a terminal.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    Failure, exit,
    house::House,
    office::Again,
    photos,
    progress::{Shown, until_asked},
    terminal_screen,
};
use crate::{
    bot::{Outbox, SayError},
    chat::{
        Action, Address, AdminCommand, Command, Event, Incoming, Locale, LocaleHint, Phrase, Place, Platform, Reply,
        Token, User, fold,
    },
    i18n,
    platform::console::Console,
    settings::{Settings, Surroundings},
    store::{BroadcastState, Progress, Store},
};

/// How often it is looked how far a message to everyone is.
const LOOK: Duration = Duration::from_millis(500);

/// What is said goes to the terminal; what is asked is remembered.
struct Desk {
    console: Arc<Console>,
    /// The token of the choice that does what was asked about, and the language that it was asked in.
    asked: Mutex<Option<(String, Locale)>>,
}

#[async_trait]
impl Outbox for Desk {
    async fn say(&self, to: &Address, mut reply: Reply) -> Result<Option<Address>, SayError> {
        let of = |action: Action| {
            let mut tokens = reply.choices.iter().map(|choice| choice.token.clone());
            tokens.find(|token| Token::decode(token).is_some_and(|token| token.action == action))
        };
        if let Some(yes) = of(Action::AdminYes) {
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((yes, reply.locale));
        }
        // Nothing can be picked once this program has ended.
        reply.choices.clear();
        self.console.say(to, reply).await
    }
}

/// Does what follows `admin`. Where something is asked first, it waits for an answer, unless `yes` was said with the command.
pub(super) async fn run(
    settings: &Settings,
    words: &[String],
    (locale, yes): (Option<Locale>, bool),
    surroundings: &Surroundings,
    again: Again,
) -> Result<ExitCode, Failure> {
    let house = House::open(settings, Arc::new(photos(settings)), again, false).await?;
    let line = line(words);
    let parsed = AdminCommand::parse(&line);
    let broadcasts = matches!(parsed, Ok((_, AdminCommand::Broadcast { .. })));
    let console = Console::new(terminal_screen(surroundings), PathBuf::from("."));
    let desk = Arc::new(Desk { console, asked: Mutex::default() });
    let hint = locale.map_or(LocaleHint::Weak(surroundings.locale()), LocaleHint::Strong);
    let send = |event: Event| {
        let incoming = Incoming {
            place: Place { platform: Platform::Console, conversation: "admin".to_owned() },
            others_read: false,
            message: None,
            user: User { id: whoami::username().unwrap_or_else(|_| "admin".to_owned()), locale: hint },
            door: desk.console.door(),
            address: Address::default(),
            event,
        };
        let (bot, outbox) = (Arc::clone(&house.bot), Arc::clone(&desk) as Arc<dyn Outbox>);
        async move { bot.receive(incoming, outbox).await }
    };
    send(Event::Command(Command::Admin { line })).await;
    let asked = desk.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut code = if parsed.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(exit::COMMAND_LINE) };
    if let Some((token, locale)) = asked {
        if yes || agreed(locale) {
            send(Event::Press(token)).await;
            if broadcasts {
                show_broadcast(&house.store).await?;
            }
        } else {
            code = ExitCode::from(exit::INTERRUPTED);
        }
    }
    house.store.close().await;
    Ok(code)
}

/// Shows in a terminal how far a message to everyone is, until all were tried or nobody wants to look any longer. Whoever
/// runs sends it; that goes on without this.
async fn show_broadcast(store: &Store) -> Result<(), Failure> {
    if !std::io::stderr().is_terminal() {
        return Ok(());
    }
    let (stop, shown) = (until_asked()?, Shown::new());
    while let Some((broadcast, reached)) = store.last_broadcast().await?
        && broadcast.state == BroadcastState::Sending
        && !stop.is_cancelled()
    {
        let of = reached.all();
        shown.advance(Progress { what: "people", done: of.saturating_sub(reached.waiting), of });
        stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
    }
    shown.end();
    Ok(())
}

/// The words as one line. What a shell took out of quotes goes back into them where more follows.
fn line(words: &[String]) -> String {
    let quoted = |(index, word): (usize, &String)| {
        if word.contains(' ') && index + 1 < words.len() { format!("\"{word}\"") } else { word.clone() }
    };
    words.iter().enumerate().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Asks on the terminal; what is no terminal agrees to nothing.
fn agreed(locale: Locale) -> bool {
    let (stdin, mut stdout) = (std::io::stdin(), std::io::stdout());
    if !stdin.is_terminal() {
        super::complain(&i18n::word(locale, "admin-say-yes"));
        return false;
    }
    // Whoever closed the stream does not want to read it.
    let _ = write!(stdout, "{} ", i18n::word(locale, "admin-prompt")).and_then(|()| stdout.flush());
    let mut typed = String::new();
    let read = stdin.lock().read_line(&mut typed);
    let words = i18n::spellings(&Phrase::new("admin-agreed"));
    read.is_ok() && words.iter().flat_map(|words| words.split(',')).any(|word| fold(word) == fold(&typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_a_shell_took_away_come_back_where_more_follows() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(line(&words(&["grant", "kim lee", "3"])), "grant \"kim lee\" 3");
        assert_eq!(line(&words(&["broadcast", "all", "hello there"])), "broadcast all hello there");
    }
}
