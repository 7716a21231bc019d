//! What went out and when, and when the next message may. It reads no clock.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use teloxide::types::ChatId;
use tokio::time::Instant;

use super::Limits;
use crate::platform::telegram::spot::is_group;

/// Messages are some time under way, and not all of them equally long.
pub(super) const SPREAD: Duration = Duration::from_millis(40);

const MINUTE: Duration = Duration::from_secs(60);

/// Chats are swept when there are twice as many as after the last time, and more than these.
const FEW: usize = 256;

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

/// One process's part of a limit: one at least, so that it writes at all.
fn part(limit: u32, processes: u32) -> usize {
    usize::try_from((limit / processes.max(1)).max(1)).unwrap_or(1)
}

/// What a chat takes of one process. A person's presses go to whichever process is next, so of the few that go to a chat at
/// once each has its part rounded up.
fn windows(chat: ChatId, limits: Limits, processes: u32) -> Vec<Window> {
    let burst = limits.chat_burst.max(limits.chat_per_second);
    let mut second = Window::new(burst, Duration::from_secs(1) * burst / limits.chat_per_second.max(1));
    second.most = usize::try_from(burst.div_ceil(processes.max(1))).unwrap_or(1);
    let minute = is_group(chat).then(|| {
        let mut minute = Window::new(limits.group_per_minute, MINUTE);
        minute.most = part(limits.group_per_minute, processes);
        minute
    });
    [Some(second), minute].into_iter().flatten().collect()
}

/// What went out and when, and who is to be waited for. It reads no clock.
#[derive(Debug)]
pub(super) struct Book {
    limits: Limits,
    /// How many processes keep them together.
    processes: u32,
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
    pub(super) fn new(limits: Limits) -> Self {
        let overall = Window::new(limits.per_second, Duration::from_secs(1));
        Self {
            limits,
            processes: 1,
            overall,
            chats: HashMap::new(),
            waits: HashMap::new(),
            pause: None,
            told: HashMap::new(),
            swept: FEW,
        }
    }

    fn chat(&mut self, chat: ChatId) -> &mut Vec<Window> {
        let (limits, processes) = (self.limits, self.processes);
        self.chats.entry(chat).or_insert_with(|| windows(chat, limits, processes))
    }

    /// So many processes keep the limits together.
    pub(super) fn share(&mut self, processes: u32) {
        if processes == self.processes {
            return;
        }
        self.processes = processes;
        self.overall.most = part(self.limits.per_second, processes);
        for (chat, known) in &mut self.chats {
            for (window, new) in known.iter_mut().zip(windows(*chat, self.limits, processes)) {
                window.most = new.most;
            }
        }
    }

    /// The first moment from `now` on at which the chat may be written to.
    pub(super) fn next(&mut self, chat: ChatId, now: Instant) -> Instant {
        let at = self.chat(chat).iter().map(|window| window.next(now)).max().unwrap_or(now);
        self.waits_until(chat, now).map_or(at, |until| at.max(until))
    }

    /// Takes the next room over all.
    pub(super) fn take_overall(&mut self, now: Instant) -> Instant {
        let at = self.overall.next(now);
        self.overall.take(at);
        at
    }

    /// Takes room in the chat.
    pub(super) fn take_chat(&mut self, chat: ChatId, at: Instant) {
        self.chat(chat).iter_mut().for_each(|window| window.take(at));
        if self.chats.len() >= 2 * self.swept {
            // One that has room for all that it ever has is as good as one that nobody knows.
            let recent = |window: &Window| window.sent.back().is_some_and(|sent| *sent + window.span > at);
            self.chats.retain(|_, windows| windows.iter().any(recent));
            self.waits.retain(|_, until| *until > at);
            self.told.retain(|_, until| *until > at);
            self.swept = self.chats.len().max(FEW);
        }
    }

    /// Takes room for something that is not to wait, and leaves half of the room in the chat.
    pub(super) fn take_spare(&mut self, chat: ChatId, now: Instant) -> bool {
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
    pub(super) fn wait(&mut self, chat: ChatId, until: Instant, now: Instant) {
        let others = self.waits.iter().filter(|(other, until)| **other != chat && **until > now);
        if let Some(other) = others.map(|(_, until)| *until).max() {
            self.pause = self.pause.max(Some(until.min(other)));
        }
        self.waits.insert(chat, until);
    }

    pub(super) fn waits_until(&self, chat: ChatId, now: Instant) -> Option<Instant> {
        self.waits.get(&chat).copied().max(self.pause).filter(|until| *until > now)
    }

    /// Whether to tell this person that the chat waits: once for each wait.
    pub(super) fn tell_once(&mut self, chat: ChatId, person: u64, now: Instant) -> bool {
        let Some(until) = self.waits_until(chat, now) else { return false };
        let told = self.told.entry((chat, person)).or_insert(now);
        let news = *told <= now;
        *told = until.max(*told);
        news
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
    fn processes_that_share_a_bot_take_no_more_than_one_would() {
        for (processes, each) in [(1, 30), (2, 15), (4, 7), (100, 1)] {
            let (mut book, now) = (Book::new(OFFICIAL), Instant::now());
            book.share(processes);
            let at_once = (1..=60).filter(|_| book.take_overall(now) == now).count();
            assert_eq!(at_once, each, "of {processes} processes");
        }
        let (mut book, now) = (Book::new(OFFICIAL), Instant::now());
        for (processes, each) in [(4, 5), (1, 20)] {
            book.share(processes);
            assert_eq!(book.chat(ChatId(-7)).last().map(|window| window.room(now)), Some(each), "known chats as well");
        }
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
