//! A limit of requests at once, and a line whose people know their place.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Lets so many in at once, first come, first served.
pub(super) struct Queue {
    room: Arc<Semaphore>,
    waiting: Mutex<Vec<u64>>,
    next: Mutex<u64>,
    /// Changes whenever the line does.
    moved: watch::Sender<()>,
}

/// One in the line, until it is let in or gives up.
struct Place<'a> {
    queue: &'a Queue,
    number: u64,
}

impl Queue {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            room: Arc::new(Semaphore::new(at_once)),
            waiting: Mutex::default(),
            next: Mutex::default(),
            moved: watch::Sender::new(()),
        }
    }

    /// Waits to be let in, and says how many are ahead whenever that changes.
    pub(super) async fn enter(&self, says: impl Fn(u32)) -> OwnedSemaphorePermit {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            return permit;
        }
        let place = self.line_up();
        let mut moved = self.moved.subscribe();
        let entering = Arc::clone(&self.room).acquire_owned();
        tokio::pin!(entering);
        let mut said = None;
        loop {
            let ahead = place.ahead();
            if said != Some(ahead) {
                says(ahead);
                said = Some(ahead);
            }
            tokio::select! {
                biased;
                permit = &mut entering => match permit {
                    Ok(permit) => return permit,
                    // The room is never closed.
                    Err(_) => std::future::pending().await,
                },
                _ = moved.changed() => {}
            }
        }
    }

    fn line_up(&self) -> Place<'_> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(*next);
        Place { queue: self, number: *next }
    }
}

impl Place<'_> {
    /// How many are to be let in before this one, itself included: 1 for the first.
    fn ahead(&self) -> u32 {
        let waiting = self.queue.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|number| *number == self.number).unwrap_or_default();
        u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).retain(|number| *number != self.number);
        self.queue.moved.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_knows_how_many_are_ahead_and_who_gives_up_is_not_waited_for() {
        let queue = Arc::new(Queue::new(1));
        let first = queue.enter(|_| {}).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for guest in 1..=3 {
            let (queue, heard) = (Arc::clone(&queue), Arc::clone(&heard));
            waiting.push(tokio::spawn(async move {
                drop(queue.enter(|ahead| heard.lock().expect("no panic").push((guest, ahead))).await);
            }));
            tokio::task::yield_now().await;
        }
        assert_eq!(*heard.lock().expect("no panic"), [(1, 1), (2, 2), (3, 3)]);
        waiting[1].abort();
        assert!((&mut waiting[1]).await.is_err());
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(heard.lock().expect("no panic").last(), Some(&(3, 2)));
        drop(first);
        drop(waiting.remove(1));
        for one in waiting {
            one.await.expect("let in");
        }
    }
}
