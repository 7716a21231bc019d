//! Who receives: of several processes on one database, one at a time polls Telegram, and one holds the connection to Discord's
//! gateway. The others cook, tell, and wait for their turn.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::process::Process;
use crate::{
    bot::{Bot, TURN_LEASE},
    chat::DoorKey,
    store::StoreError,
};

/// How often whoever waits looks, and whoever has the turn keeps it.
const LOOK: Duration = Duration::from_millis(500);

/// Whoever could not keep their turn puts it down so long before it ends, so that two never have it, also where their clocks
/// differ a little.
const MARGIN: Duration = Duration::from_secs(2);

/// How long a turn is ours without another sign of life.
fn surely() -> Duration {
    TURN_LEASE.to_std().unwrap_or_default().saturating_sub(MARGIN)
}

/// The turns of one process for one door.
pub(super) struct Turns {
    bot: Arc<Bot>,
    door: DoorKey,
    holder: String,
}

impl Turns {
    pub(super) fn new(bot: &Arc<Bot>, door: DoorKey) -> Self {
        let unique = uuid::Uuid::new_v4().simple();
        let holder = Process::of_ours().map_or_else(|| unique.to_string(), |process| format!("{unique} {process}"));
        Self { bot: Arc::clone(bot), door, holder }
    }

    /// Runs `receive` whenever it is this process's turn, until `stop`. It is given a token that is cancelled when the turn
    /// ends, and the turn is given back when it returns. `waiting` is called where somebody else has it.
    pub(super) async fn receive(
        &self,
        stop: &CancellationToken,
        waiting: impl Fn(),
        receive: impl AsyncFn(CancellationToken),
    ) {
        let mut said = false;
        while !stop.is_cancelled() {
            let begun = Instant::now();
            match timeout(surely(), self.take()).await {
                Ok(Ok(true)) => {
                    said = false;
                    let turn = stop.child_token();
                    let received = receive(turn.clone());
                    tokio::pin!(received);
                    tokio::select! {
                        () = &mut received => {}
                        () = self.keep(begun) => {
                            turn.cancel();
                            // What is still in hand is dropped before somebody else may begin; it comes again.
                            let _ = timeout(MARGIN / 2, received).await;
                        }
                    }
                    match timeout(MARGIN, self.bot.end_turn(&self.door, &self.holder)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => tracing::warn!(%error, "a turn was not given back; it ends by itself"),
                        Err(_) => tracing::warn!("a turn was not given back in time; it ends by itself"),
                    }
                }
                Ok(Ok(false)) if !said => {
                    said = true;
                    waiting();
                }
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "whose turn it is could not be asked"),
                Err(_) => tracing::warn!("whose turn it is was not answered in time"),
            }
            stop.run_until_cancelled(sleep(LOOK)).await;
        }
    }

    /// Takes the turn; whether it is ours.
    async fn take(&self) -> Result<bool, StoreError> {
        if self.bot.take_turn(&self.door, &self.holder).await? {
            return Ok(true);
        }
        // Whoever is started again after a crash need not wait for its own turn to run out.
        match self.bot.turn_of(&self.door).await?.filter(|holder| Process::read(holder).is_some_and(|it| it.is_gone()))
        {
            None => Ok(false),
            Some(gone) => {
                self.bot.end_turn(&self.door, &gone).await?;
                self.bot.take_turn(&self.door, &self.holder).await
            }
        }
    }

    /// Keeps the turn until it is lost.
    async fn keep(&self, begun: Instant) {
        let mut kept = begun;
        loop {
            sleep(LOOK).await;
            let now = Instant::now();
            match timeout(
                (kept + surely()).saturating_duration_since(now),
                self.bot.take_turn(&self.door, &self.holder),
            )
            .await
            {
                Ok(Ok(true)) => kept = now,
                Ok(Ok(false)) => {
                    tracing::warn!(door = self.door.0, "another process receives from now on");
                    return;
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a turn was not kept; it is tried again");
                }
                Err(_) => {
                    tracing::warn!(door = self.door.0, "a turn could not be kept in time; it is put down");
                    return;
                }
            }
        }
    }
}
