//! The door of a terminal, or of a pipe.
//!
//! In a terminal it has colours, a line editor and a spinner; from a pipe it reads one line an input and
//! writes plain text. Either way the next line is read when the answer to the last one is complete, a
//! dish included.

mod input;
mod picture;
mod render;
mod screen;

use std::{
    collections::HashSet,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
pub use input::Input;
use input::{Interrupts, Line};
pub use picture::Pictures;
pub use screen::Screen;
use tokio::{sync::Notify, task::JoinHandle, time::Instant};

use crate::{
    bot::{Bot, DOOR_LEASE, Outbox, SayError},
    chat::{
        Action, Address, Attachment, Choice, Command, DoorKey, Event, Facts, Incoming, Locale, LocaleHint, MenuId,
        Phrase, Place, Placing, Platform, Reply, Token, User, fold, number,
    },
    i18n,
    order::OrderId,
};

/// How often a waiting session asks whether its order is still its own.
const RECONSIDER: Duration = Duration::from_secs(2);

/// Who sits at the terminal.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The user of the operating system.
    pub name: String,
    /// The language, as far as it is known.
    pub locale: LocaleHint,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The input ended, and everything was answered.
    EndOfInput,
    /// Ctrl-C at the prompt.
    Interrupted,
}

/// One session at a terminal or a pipe.
pub struct Console {
    session: String,
    /// Where files for the person go.
    folder: PathBuf,
    shown: Mutex<Shown>,
    arrived: Notify,
}

struct Shown {
    screen: Screen,
    /// What can be picked by number: the choices of the last message that had any.
    choices: Vec<(Choice, String)>,
    /// The language of the last message.
    locale: Option<Locale>,
    /// Whether that message was a question of the dialogue.
    asked: bool,
    /// Orders whose dish or refund has not been shown yet.
    waiting: HashSet<OrderId>,
    /// Orders whose end was shown; what is said of their cooking after that comes too late.
    ended: HashSet<OrderId>,
}

impl Console {
    /// A session that writes to `screen`, and files for the person into `folder`.
    pub fn new(screen: Screen, folder: PathBuf) -> Arc<Self> {
        let shown = Shown {
            screen,
            choices: Vec::new(),
            locale: None,
            asked: false,
            waiting: HashSet::new(),
            ended: HashSet::new(),
        };
        let session = uuid::Uuid::new_v4().simple().to_string();
        Arc::new(Self { session, folder, shown: Mutex::new(shown), arrived: Notify::new() })
    }

    /// The key of this session's door.
    pub fn door(&self) -> DoorKey {
        DoorKey(format!("console:{}", self.session))
    }

    /// Plays the evening until the input ends. `patience` is how long one order may take at most, before
    /// the person is told that the kitchen went quiet.
    pub async fn run(self: &Arc<Self>, bot: &Arc<Bot>, guest: Guest, mut input: Input, patience: Duration) -> Ended {
        let mut session =
            Session { console: self, bot, guest, patience, elsewhere: false, interrupts: Interrupts::listen() };
        session.hold_door().await;
        let alive = session.keep_door_open();
        session.take_over().await;
        session.send(Event::Command(Command::Start { payload: String::new() })).await;
        let ended = loop {
            let prompt = self.shown().screen.prompt();
            match input.next(prompt, &session.interrupts).await {
                Line::Text(text) if leaves(&text) => break Ended::EndOfInput,
                Line::Text(text) => {
                    self.shown().screen.echo(&text);
                    if let Some(event) = self.understand(text) {
                        session.send(event).await;
                    }
                }
                Line::Interrupted => break Ended::Interrupted,
                Line::End => break Ended::EndOfInput,
            }
            if session.elsewhere {
                session.take_over().await;
            }
        };
        alive.abort();
        if let Err(error) = bot.close_door(&self.door()).await {
            tracing::warn!(%error, "the door was not closed; it counts as open for a moment");
        }
        ended
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number or a whole label picks what was shown last; everything else is for the bot.
    /// `None` where a number is none of what stands on the screen, which was said.
    fn understand(&self, text: String) -> Option<Event> {
        let typed = fold(&text);
        let shown = self.shown();
        let by_number =
            number(&text).and_then(|number| number.checked_sub(1)).and_then(|index| shown.choices.get(index));
        let by_label = || shown.choices.iter().find(|(_, label)| !typed.is_empty() && fold(label) == typed);
        match by_number.or_else(by_label) {
            Some((choice, _)) => Some(Event::Press(choice.token.clone())),
            // The dialogue knows its own menu; the number of any other must not be taken for one of it.
            None if number(&text).is_some() && !shown.asked && !shown.choices.is_empty() => {
                let (locale, choices) = (shown.locale.unwrap_or(Locale::Ko), shown.choices.len());
                drop(shown);
                self.print(locale, &Phrase::out_of_range(choices));
                None
            }
            None => Some(Event::Text(text)),
        }
    }

    fn is_waiting(&self) -> bool {
        !self.shown().waiting.is_empty()
    }

    fn print(&self, locale: Locale, phrase: &Phrase) {
        self.shown().screen.print(&i18n::say(locale, phrase));
    }
}

#[async_trait]
impl Outbox for Console {
    async fn say(&self, _: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        let mut shown = self.shown();
        shown.locale = Some(reply.locale);
        match (&reply.facts, reply.placing) {
            // What is printed stays as it is; the photo is there when the dish is opened again.
            (_, Placing::Dish(_)) => {}
            (Facts::Waiting(_), Placing::Waiting(order)) if shown.ended.contains(&order) => {}
            (Facts::Waiting(waiting), Placing::Waiting(order)) => {
                let first = shown.waiting.insert(order);
                let lines = waiting.lines(reply.locale);
                let lines: Vec<String> = lines.iter().map(|line| i18n::say(reply.locale, line)).collect();
                let text = lines.join(" ");
                let hint = i18n::word(reply.locale, "waiting-stop-hint");
                shown.screen.wait(&text, &hint, first);
            }
            (_, placing) => {
                let text = shown.screen.compose(&reply);
                shown.screen.print(&text);
                if let Facts::Attachment(_, attachment) = &reply.facts {
                    let phrase = match write_file(&self.folder, attachment) {
                        Ok(path) => Phrase::new("file-written").text("path", path.display().to_string()),
                        Err(error) => {
                            tracing::warn!(%error, "a file for the person was not written");
                            shown.screen.print(&attachment.text);
                            Phrase::new("file-not-written")
                        }
                    };
                    shown.screen.print(&i18n::say(reply.locale, &phrase));
                }
                if !reply.choices.is_empty() {
                    shown.asked = render::asks(&reply.facts);
                    let labelled = |choice: Choice| (i18n::say(reply.locale, &choice.label), choice);
                    shown.choices =
                        reply.choices.into_iter().map(labelled).map(|(label, choice)| (choice, label)).collect();
                }
                if let Placing::Waiting(order) = placing {
                    shown.waiting.remove(&order);
                    shown.ended.insert(order);
                    self.arrived.notify_waiters();
                }
            }
        }
        Ok(None)
    }
}

/// Writes a file that nobody else may read beside what is there already, and never over it.
fn write_file(folder: &Path, attachment: &Attachment) -> std::io::Result<PathBuf> {
    let (stem, ending) = attachment.name.rsplit_once('.').unwrap_or((&attachment.name, "txt"));
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for number in 1..=100 {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{more}.{ending}"));
        match options.open(&path) {
            Ok(mut file) => {
                let written = file.write_all(attachment.text.as_bytes());
                if written.is_err() {
                    // Half of it would look like all of it.
                    let _ = std::fs::remove_file(&path);
                }
                return written.map(|()| path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

/// Whether the line is a word for leaving, in either language.
fn leaves(text: &str) -> bool {
    let words = i18n::spellings(&Phrase::new("leave-words"));
    words.iter().flat_map(|words| words.split(',')).any(|word| fold(word) == fold(text))
}

struct Session<'a> {
    console: &'a Arc<Console>,
    bot: &'a Arc<Bot>,
    guest: Guest,
    patience: Duration,
    /// An order of the same person is being made behind another door.
    elsewhere: bool,
    interrupts: Interrupts,
}

impl Session<'_> {
    /// Hands an event to the bot and waits until its answer is complete.
    async fn send(&mut self, event: Event) {
        let outbox = Arc::clone(self.console) as Arc<dyn Outbox>;
        let received = self.bot.receive(self.incoming(event), outbox).await;
        if let Some(locale) = received.speaks {
            // What was chosen inside beats what was asked for at the door.
            self.guest.locale = LocaleHint::Weak(Some(locale));
        }
        self.wait().await;
    }

    /// Waits for the dish. Ctrl-C stops the order.
    async fn wait(&self) {
        let deadline = Instant::now() + self.patience;
        while self.console.is_waiting() {
            let arrived = self.console.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            if !self.console.is_waiting() {
                break;
            }
            tokio::select! {
                () = arrived => {}
                () = self.interrupts.next() => self.stop().await,
                () = tokio::time::sleep_until(deadline) => {
                    self.console.shown().waiting.clear();
                    self.console.print(self.locale(), &Phrase::new("order-unfinished"));
                }
                () = tokio::time::sleep(RECONSIDER) => self.reconsider().await,
            }
        }
    }

    /// Stops waiting for orders that this door no longer answers for, because it was away for so long
    /// (a sleeping machine, Ctrl-Z) that another window took them over.
    async fn reconsider(&self) {
        let start = self.incoming(Event::Command(Command::Start { payload: String::new() }));
        let Ok(open) = self.bot.open_here(&start).await else { return };
        let lost = {
            let mut shown = self.console.shown();
            let before = shown.waiting.len();
            shown.waiting.retain(|order| open.contains(order));
            shown.waiting.len() < before
        };
        if lost && let Err(error) = self.bot.say_elsewhere(&start, &**self.console, true).await {
            tracing::warn!(%error, "an order that went elsewhere was not spoken of");
        }
    }

    /// Stops what is waited for.
    async fn stop(&self) {
        let waiting: Vec<OrderId> = self.console.shown().waiting.iter().copied().collect();
        for order in waiting {
            let token = Token { menu: MenuId(0), action: Action::Stop(order) }.encode();
            let outbox = Arc::clone(self.console) as Arc<dyn Outbox>;
            self.bot.receive(self.incoming(Event::Press(token)), outbox).await;
        }
    }

    /// Takes over what an earlier window of the same person left behind. Its door counts as open for a
    /// moment after it died, so that is waited for; an order in a window that lives is left to it.
    async fn take_over(&mut self) {
        let start = self.incoming(Event::Command(Command::Start { payload: String::new() }));
        let until = Instant::now() + DOOR_LEASE.to_std().unwrap_or_default() + Duration::from_millis(500);
        loop {
            let adopted = self.bot.adopt(&start, &**self.console).await;
            self.wait().await;
            let elsewhere = self.bot.waits_elsewhere(&start).await;
            if let Some(error) = adopted.as_ref().err().or(elsewhere.as_ref().err()) {
                tracing::warn!(%error, "earlier orders were not looked for");
            }
            let (was, is) = (self.elsewhere, elsewhere.unwrap_or(false));
            if !is || was || Instant::now() >= until {
                if is
                    && !was
                    && let Err(error) = self.bot.say_elsewhere(&start, &**self.console, false).await
                {
                    tracing::warn!(%error, "an earlier order was not spoken of");
                }
                self.elsewhere = is;
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn hold_door(&self) {
        if let Err(error) = self.bot.hold_door(&self.console.door()).await {
            tracing::warn!(%error, "a sign of life was not given");
        }
    }

    fn keep_door_open(&self) -> JoinHandle<()> {
        let (bot, door) = (Arc::clone(self.bot), self.console.door());
        tokio::spawn(async move {
            let beat = Duration::from_secs(1);
            let mut beats = tokio::time::interval_at(Instant::now() + beat, beat);
            let mut failing = false;
            loop {
                beats.tick().await;
                let held = bot.hold_door(&door).await;
                if let (Err(error), false) = (&held, failing) {
                    tracing::warn!(%error, "a sign of life was not given");
                }
                failing = held.is_err();
            }
        })
    }

    fn incoming(&self, event: Event) -> Incoming {
        Incoming {
            place: Place { platform: Platform::Console, conversation: "terminal".to_owned() },
            others_read: false,
            message: None,
            user: User { id: self.guest.name.clone(), locale: self.guest.locale },
            door: self.console.door(),
            address: Address(self.console.session.clone()),
            event,
        }
    }

    /// The language of what the door itself says.
    fn locale(&self) -> Locale {
        let hint = match self.guest.locale {
            LocaleHint::Strong(locale) | LocaleHint::Weak(Some(locale)) => locale,
            LocaleHint::Weak(None) => Locale::Ko,
        };
        self.console.shown().locale.unwrap_or(hint)
    }
}
