//! When the next message may go out: Telegram's limits, kept for all messages of a token.
//!
//! The limits are about 30 a second over all, one a second in a chat, and 20 a minute in a group
//! (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>). Edits and chat actions count;
//! answers to callbacks and inline queries do not. `retry_after` is obeyed for any length.

use std::{
    collections::{HashMap, VecDeque},
    future::{poll_fn, ready},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use teloxide::types::ChatId;
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    time::{Instant, sleep_until},
};

use super::spot::is_group;

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

/// Messages are some time under way, and not all of them equally long.
const SPREAD: Duration = Duration::from_millis(60);

const MINUTE: Duration = Duration::from_secs(60);

/// Chats are swept when there are twice as many as after the last time, and more than these.
const FEW: usize = 256;

/// Turns are swept when there are so many.
const MANY: usize = 4096;

/// Chats that were not written to for so long are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(2 * 60);

/// At most `most` in any `span`.
#[derive(Debug)]
struct Window {
    most: usize,
    span: Duration,
    sent: VecDeque<Instant>,
}

impl Window {
    fn new(most: u32, span: Duration) -> Self {
        Self { most: usize::try_from(most.max(1)).unwrap_or(1), span: span + SPREAD, sent: VecDeque::new() }
    }

    /// The first moment from `now` on that has room.
    fn next(&self, now: Instant) -> Instant {
        let full = self.sent.len().checked_sub(self.most).and_then(|at| self.sent.get(at));
        full.map_or(now, |sent| now.max(*sent + self.span))
    }

    /// How many more have room now.
    fn room(&self, now: Instant) -> usize {
        let recent = self.sent.iter().rev().take_while(|sent| **sent + self.span > now).count();
        self.most.saturating_sub(recent)
    }

    /// Takes the room at `at`, which does not lie before those taken earlier.
    fn take(&mut self, at: Instant) {
        self.sent.push_back(at);
        while self.sent.len() > self.most {
            self.sent.pop_front();
        }
    }
}

/// What went out and when, and who is to be waited for. It reads no clock.
#[derive(Debug)]
struct Book {
    limits: Limits,
    overall: Window,
    chats: HashMap<ChatId, Vec<Window>>,
    /// Until when a chat is not to be written to.
    waits: HashMap<ChatId, Instant>,
    /// The same for every chat.
    pause: Option<Instant>,
    /// Who was told of a wait, and until when that was to last.
    told: HashMap<(ChatId, u64), Instant>,
    /// How many chats there were after the last sweep.
    swept: usize,
}

impl Book {
    fn new(limits: Limits) -> Self {
        let overall = Window::new(limits.per_second, Duration::from_secs(1));
        Self {
            limits,
            overall,
            chats: HashMap::new(),
            waits: HashMap::new(),
            pause: None,
            told: HashMap::new(),
            swept: FEW,
        }
    }

    fn chat(&mut self, chat: ChatId) -> &mut Vec<Window> {
        let Limits { chat_per_second, chat_burst, group_per_minute, .. } = self.limits;
        self.chats.entry(chat).or_insert_with(|| {
            let burst = chat_burst.max(chat_per_second);
            let second = Window::new(burst, Duration::from_secs(1) * burst / chat_per_second.max(1));
            let minute = is_group(chat).then(|| Window::new(group_per_minute, MINUTE));
            [Some(second), minute].into_iter().flatten().collect()
        })
    }

    /// The first moment from `now` on at which the chat may be written to.
    fn next(&mut self, chat: ChatId, now: Instant) -> Instant {
        let at = self.chat(chat).iter().map(|window| window.next(now)).max().unwrap_or(now);
        self.waits_until(chat, now).map_or(at, |until| at.max(until))
    }

    /// Takes the next room over all.
    fn take_overall(&mut self, now: Instant) -> Instant {
        let at = self.overall.next(now);
        self.overall.take(at);
        at
    }

    /// Takes room in the chat.
    fn take_chat(&mut self, chat: ChatId, at: Instant) {
        self.chat(chat).iter_mut().for_each(|window| window.take(at));
        if self.chats.len() >= 2 * self.swept {
            let recent = |window: &Window| window.sent.back().is_some_and(|sent| *sent + FORGOTTEN > at);
            self.chats.retain(|_, windows| windows.iter().any(recent));
            self.waits.retain(|_, until| *until > at);
            self.told.retain(|_, until| *until > at);
            self.swept = self.chats.len().max(FEW);
        }
    }

    /// Takes room for something that is not to wait, and leaves half of the room in the chat.
    fn take_spare(&mut self, chat: ChatId, now: Instant) -> bool {
        let spare = self.chat(chat).iter().all(|window| 2 * window.room(now) > window.most)
            && self.overall.room(now) > 0
            && self.waits_until(chat, now).is_none();
        if spare {
            self.overall.take(now);
            self.take_chat(chat, now);
        }
        spare
    }

    /// Telegram asked to wait. When it asks in a second chat while the first still waits, it means all of them, for as long
    /// as both are to wait; what is left of the longer wait may be that chat's own.
    fn wait(&mut self, chat: ChatId, until: Instant, now: Instant) {
        let others = self.waits.iter().filter(|(other, until)| **other != chat && **until > now);
        if let Some(other) = others.map(|(_, until)| *until).max() {
            self.pause = self.pause.max(Some(until.min(other)));
        }
        self.waits.insert(chat, until);
    }

    fn waits_until(&self, chat: ChatId, now: Instant) -> Option<Instant> {
        self.waits.get(&chat).copied().max(self.pause).filter(|until| *until > now)
    }

    /// Whether to tell this person that the chat waits: once for each wait.
    fn tell_once(&mut self, chat: ChatId, person: u64, now: Instant) -> bool {
        let Some(until) = self.waits_until(chat, now) else { return false };
        let told = self.told.entry((chat, person)).or_insert(now);
        let news = *told <= now;
        *told = until.max(*told);
        news
    }
}

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
    use proptest::prelude::*;

    use super::*;

    const OFFICIAL: Limits = Limits { per_second: 30, chat_per_second: 1, chat_burst: 3, group_per_minute: 20 };

    /// When messages to these chats go out that are all wanted at once, in seconds after that; a chat's one after another.
    fn times(limits: Limits, chats: &[i64]) -> Vec<(i64, f64)> {
        let (mut book, start) = (Book::new(limits), Instant::now());
        let mut waiting: Vec<(i64, Instant)> = chats.iter().map(|chat| (*chat, start)).collect();
        let mut times = Vec::new();
        while !waiting.is_empty() {
            let next = |(at, (chat, from)): (usize, &(i64, Instant))| (book.next(ChatId(*chat), *from), at);
            let (now, at) = waiting.iter().enumerate().map(next).min().expect("one waits");
            let (chat, _) = waiting.remove(at);
            let sent = book.take_overall(now);
            book.take_chat(ChatId(chat), sent);
            waiting.iter_mut().filter(|(other, _)| *other == chat).for_each(|(_, from)| *from = sent);
            times.push((chat, (sent - start).as_secs_f64()));
        }
        times
    }

    fn most_within(times: &[(i64, f64)], chat: Option<i64>, seconds: f64) -> usize {
        let of: Vec<f64> =
            times.iter().filter(|(to, _)| chat.is_none_or(|chat| chat == *to)).map(|(_, at)| *at).collect();
        of.iter().map(|from| of.iter().filter(|at| **at >= *from && **at < *from + seconds).count()).max().unwrap_or(0)
    }

    #[test]
    fn thirty_go_out_in_a_second_and_not_one_more() {
        let times = times(OFFICIAL, &(1..=200).collect::<Vec<_>>());
        assert_eq!(most_within(&times, None, 1.0), 30);
        assert!(times.last().is_some_and(|(_, at)| *at < 7.0), "nearly all of what is allowed is used");
    }

    #[test]
    fn a_chat_gets_three_at_once_and_then_one_a_second_and_a_group_twenty_a_minute() {
        assert_eq!(most_within(&times(OFFICIAL, &[7; 12]), None, 3.0), 3);
        assert_eq!(most_within(&times(OFFICIAL, &[-7; 50]), None, 60.0), 20);
    }

    #[test]
    fn one_chat_that_waits_holds_up_no_other_for_any_length() {
        let (mut book, now) = (Book::new(OFFICIAL), Instant::now());
        let until = now + Duration::from_secs(13_938);
        book.wait(ChatId(1), until, now);
        assert_eq!((book.next(ChatId(1), now), book.next(ChatId(2), now)), (until, now));
        assert!(!book.take_spare(ChatId(1), now));
    }

    #[test]
    fn asked_to_wait_in_two_chats_means_all() {
        let (mut book, now) = (Book::new(OFFICIAL), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        book.wait(ChatId(1), later(5), now);
        book.wait(ChatId(1), later(6), now);
        assert_eq!(book.next(ChatId(3), now), now);
        book.wait(ChatId(2), later(13_938), now);
        assert_eq!(book.next(ChatId(3), now), later(6), "as long as both wait");
        assert_eq!(book.next(ChatId(3), later(6)), later(6));
        assert_eq!(book.next(ChatId(2), later(6)), later(13_938), "the longer wait is its own");
    }

    #[test]
    fn progress_leaves_room_for_answers() {
        let (mut book, now) = (Book::new(OFFICIAL), Instant::now());
        let gone = (0..5).filter(|_| book.take_spare(ChatId(-1), now)).count();
        assert_eq!(gone, 2, "of a burst of three");
        assert_eq!(book.next(ChatId(-1), now), now);
    }

    #[test]
    fn a_person_is_told_of_a_wait_once() {
        let (mut book, now) = (Book::new(OFFICIAL), Instant::now());
        assert!(!book.tell_once(ChatId(1), 7, now));
        for expected in [true, false] {
            book.wait(ChatId(1), now + Duration::from_secs(60), now);
            assert_eq!(book.tell_once(ChatId(1), 7, now), expected);
        }
        assert!(book.tell_once(ChatId(1), 8, now), "someone else was not told");
        book.wait(ChatId(2), now + Duration::from_secs(60), now);
        assert!(book.tell_once(ChatId(3), 7, now), "all chats wait now");
    }

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

    #[test]
    fn chats_that_fell_silent_are_forgotten() {
        let (mut book, mut now) = (Book::new(OFFICIAL), Instant::now());
        for chat in 1..20_000 {
            now += Duration::from_secs(1);
            book.take_chat(ChatId(chat), now);
        }
        assert!(book.chats.len() < 2 * FEW + 200, "{}", book.chats.len());
    }

    proptest! {
        #[test]
        fn whatever_is_sent_no_window_is_ever_too_full(chats in prop::collection::vec(-3i64..4, 1..120)) {
            let times = times(OFFICIAL, &chats);
            prop_assert!(most_within(&times, None, 1.0) <= 30);
            for chat in -3..4 {
                prop_assert!(most_within(&times, Some(chat), 3.0) <= 3);
                prop_assert!(chat >= 0 || most_within(&times, Some(chat), 60.0) <= 20);
            }
        }
    }
}
