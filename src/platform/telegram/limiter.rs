//! When the next message may go out: Telegram's limits, kept for all messages of a token.
//!
//! The limits are about 30 a second over all, one a second in a chat, and 20 a minute in a group
//! (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>). Edits and chat actions count;
//! answers to callbacks and inline queries do not. `retry_after` is obeyed for any length. Where several processes write for
//! one bot, each keeps its part of the limits.

mod book;

use std::{
    collections::HashMap,
    future::{poll_fn, ready},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use book::{Book, SPREAD};
use teloxide::types::ChatId;
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    time::{Instant, sleep_until},
};

/// The limits (`telegram.limits.*`).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages a second in all chats.
    pub per_second: u32,
    /// Messages a second in one chat.
    pub chat_per_second: u32,
    /// So many may go to one chat at once; then they wait until the seconds allow it.
    pub chat_burst: u32,
    /// Messages a minute in one group.
    pub group_per_minute: u32,
}

/// Turns are swept when there are so many.
const MANY: usize = 4096;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// It waits until there is room.
    Answer,
    /// It goes out only where nothing waits and room is left.
    Progress,
    /// It waits for room that nobody else needs.
    News,
}

/// There is no room for it now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

/// Keeps the limits. One for each token.
#[derive(Debug)]
pub(super) struct Limiter {
    book: Mutex<Book>,
    turns: Mutex<HashMap<ChatId, Arc<Turn>>>,
}

/// Whoever writes to a chat holds its turn, so that messages keep their order.
#[derive(Debug, Default)]
struct Turn {
    held: Arc<AsyncMutex<()>>,
    /// How many answers to each person wait for it.
    waiting: Mutex<HashMap<u64, usize>>,
}

/// So many answers to one person may wait in a chat. Who asks for more faster than they can go out does without some.
const MOST_WAITING: usize = 20;

type Held = OwnedMutexGuard<()>;

/// A place in the queue of a chat, in the order in which they were taken.
pub(super) struct InLine {
    pub(super) urgency: Urgency,
    held: Pin<Box<dyn Future<Output = Held> + Send>>,
    waits: Option<Waits>,
}

impl InLine {
    /// Waits for the turn and does `sending` in it, which asks for [`Limiter::room`] before each try.
    pub(super) async fn in_turn<T>(self, sending: impl Future<Output = T>) -> T {
        let _held = self.held.await;
        drop(self.waits);
        sending.await
    }
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { book: Mutex::new(Book::new(limits)), turns: Mutex::default() }
    }

    /// From now on so many processes keep the limits together.
    pub(super) fn share(&self, processes: u32) {
        self.book().share(processes);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place in the queue of a chat for something that is said to a person. Progress takes none where others wait.
    pub(super) async fn line_up(&self, chat: ChatId, person: u64, urgency: Urgency) -> Result<InLine, NoRoom> {
        let turn = self.turn(chat);
        let waits = match urgency {
            Urgency::Answer => Some(Waits::begin(&turn, person)?),
            Urgency::Progress | Urgency::News => None,
        };
        let mut getting = Box::pin(Arc::clone(&turn.held).lock_owned());
        // Asked once, it has its place, whoever goes on waiting for it.
        let held = match (poll_fn(|context| Poll::Ready(getting.as_mut().poll(context))).await, urgency) {
            (Poll::Ready(held), _) => Box::pin(ready(held)) as Pin<Box<dyn Future<Output = Held> + Send>>,
            (Poll::Pending, Urgency::Answer | Urgency::News) => getting,
            (Poll::Pending, Urgency::Progress) => return Err(NoRoom),
        };
        Ok(InLine { urgency, held, waits })
    }

    fn turn(&self, chat: ChatId) -> Arc<Turn> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MANY {
            // A turn that is held or waited for is known elsewhere as well.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1 || Arc::strong_count(&turn.held) > 1);
        }
        Arc::clone(turns.entry(chat).or_default())
    }

    /// Whether a message to the chat would go out at once.
    pub(super) fn is_free(&self, chat: ChatId) -> bool {
        let now = Instant::now();
        self.turn(chat).held.try_lock().is_ok() && self.book().next(chat, now) <= now
    }

    /// Waits until one more message may go to the chat, and takes its room. Progress does not wait.
    pub(super) async fn room(&self, chat: ChatId, urgency: Urgency) -> Result<(), NoRoom> {
        if urgency == Urgency::Progress {
            return if self.book().take_spare(chat, Instant::now()) { Ok(()) } else { Err(NoRoom) };
        }
        if urgency == Urgency::News {
            while !self.book().take_spare(chat, Instant::now()) {
                tokio::time::sleep(SPREAD).await;
            }
            return Ok(());
        }
        loop {
            let now = Instant::now();
            let at = self.book().next(chat, now);
            if at <= now {
                break;
            }
            sleep_until(at).await;
        }
        let at = self.book().take_overall(Instant::now());
        sleep_until(at).await;
        self.book().take_chat(chat, Instant::now());
        Ok(())
    }

    /// Telegram asked to wait before the next message to the chat.
    pub(super) fn wait(&self, chat: ChatId, pause: Duration) {
        let now = Instant::now();
        self.book().wait(chat, now + pause + SPREAD, now);
    }

    /// How much longer nothing may go to the chat.
    pub(super) fn waits(&self, chat: ChatId) -> Option<Duration> {
        let now = Instant::now();
        self.book().waits_until(chat, now).map(|until| until - now)
    }

    /// Whether the person is to be told that the chat waits; `true` once for each wait.
    pub(super) fn tell_once(&self, chat: ChatId, person: u64) -> bool {
        self.book().tell_once(chat, person, Instant::now())
    }
}

/// One that waits for its turn, until it has it or gives up.
struct Waits {
    turn: Arc<Turn>,
    person: u64,
}

impl Waits {
    fn begin(turn: &Arc<Turn>, person: u64) -> Result<Self, NoRoom> {
        let mut waiting = turn.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.entry(person).or_default();
        if *count >= MOST_WAITING {
            return Err(NoRoom);
        }
        *count += 1;
        drop(waiting);
        Ok(Self { turn: Arc::clone(turn), person })
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let mut waiting = self.turn.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = waiting.get_mut(&self.person) {
            *count = count.saturating_sub(1);
        }
        waiting.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICIAL: Limits = Limits { per_second: 30, chat_per_second: 1, chat_burst: 3, group_per_minute: 20 };

    /// When messages to these chats go out that are all wanted at once, in seconds after that; a chat's one after another.
    #[tokio::test]
    async fn places_in_line_are_kept_whoever_waits_for_them() {
        let limiter = Limiter::new(OFFICIAL);
        let line = |person| limiter.line_up(ChatId(1), person, Urgency::Answer);
        let first = line(7).await.expect("a place");
        let mut others = Vec::new();
        for _ in 0..MOST_WAITING - 1 {
            others.push(line(7).await.expect("a place"));
        }
        assert!(line(7).await.is_err(), "one person does not fill the chat");
        others.push(line(8).await.expect("a place for someone else"));
        assert!(limiter.line_up(ChatId(1), 7, Urgency::Progress).await.is_err());
        let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
        // Asked for last to first, they come first to last.
        for (number, place) in others.into_iter().enumerate().rev() {
            let said = said.clone();
            tokio::spawn(place.in_turn(async move { said.send(number) }));
        }
        tokio::task::yield_now().await;
        first.in_turn(async {}).await;
        for number in 0..MOST_WAITING {
            assert_eq!(heard.recv().await, Some(number));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_an_answer_behind_news() {
        let (limiter, start) = (Arc::new(Limiter::new(OFFICIAL)), Instant::now());
        let begins = |chat, urgency| {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move { limiter.room(ChatId(chat), urgency).await.map(|()| start.elapsed()) })
        };
        (1000..1300).for_each(|chat| drop(begins(chat, Urgency::News)));
        tokio::time::sleep(Duration::from_secs(1)).await;
        for answer in (1..=30).map(|chat| begins(chat, Urgency::Answer)).collect::<Vec<_>>() {
            assert!(answer.await.expect("no panic").is_ok_and(|at| at < Duration::from_secs(3)));
        }
    }
}
