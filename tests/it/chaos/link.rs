//! A way between two programs that can be cut, stalled and slowed down.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

/// How one direction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// What is sent waits on the way.
    Held,
    /// Each piece takes so long.
    Slow(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weather {
    there: Way,
    back: Way,
    /// Nobody gets through, and whoever was connected is thrown out.
    cut: bool,
    /// Connections from before this one are dead without a word.
    alive_since: u64,
}

/// The way. It goes on for as long as the runtime does.
#[derive(Clone)]
pub(super) struct Link {
    port: u16,
    weather: Arc<watch::Sender<Weather>>,
}

impl Link {
    /// A way to a port of this machine.
    pub(super) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let fine = Weather { there: Way::Open, back: Way::Open, cut: false, alive_since: 0 };
        let link = Self {
            port: listener.local_addr().expect("an address").port(),
            weather: Arc::new(watch::Sender::new(fine)),
        };
        let weather = Arc::clone(&link.weather);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let now = *weather.borrow();
                if !now.cut {
                    tokio::spawn(carry(near, port, weather.subscribe(), now.alive_since));
                }
            }
        });
        link
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    fn change(&self, change: impl FnOnce(&mut Weather)) {
        self.weather.send_modify(change);
    }

    pub(super) fn cut(&self) {
        self.change(|weather| weather.cut = true);
    }

    /// Nothing that is sent arrives; it waits on the way.
    pub(super) fn hold_there(&self) {
        self.change(|weather| weather.there = Way::Held);
    }

    /// What is answered waits on the way.
    pub(super) fn hold_back(&self) {
        self.change(|weather| weather.back = Way::Held);
    }

    pub(super) fn slow(&self, by: Duration) {
        self.change(|weather| (weather.there, weather.back) = (Way::Slow(by), Way::Slow(by)));
    }

    /// Connections that are there now hear nothing any more, and are not told so, also when the way is mended.
    pub(super) fn silence(&self) {
        self.change(|weather| weather.alive_since += 1);
    }

    pub(super) fn mend(&self) {
        self.change(|weather| (weather.there, weather.back, weather.cut) = (Way::Open, Way::Open, false));
    }
}

async fn carry(near: TcpStream, port: u16, weather: watch::Receiver<Weather>, since: u64) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let mut cut = weather.clone();
    tokio::select! {
        // Both halves are dropped, and with them the connection.
        _ = cut.wait_for(|weather| weather.cut) => {}
        () = async {
            let there = pump(near_in, far_out, weather.clone(), since, |weather| weather.there);
            let back = pump(far_in, near_out, weather.clone(), since, |weather| weather.back);
            tokio::join!(there, back);
        } => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    since: u64,
    way: impl Fn(&Weather) -> Way,
) {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).await;
        let passes = |weather: &Weather| weather.alive_since == since && way(weather) != Way::Held;
        let Ok(now) = weather.wait_for(passes).await.map(|weather| *weather) else { return };
        if let Way::Slow(by) = way(&now) {
            sleep(by).await;
        }
        match read {
            Ok(0) | Err(_) => {
                let _ = to.shutdown().await;
                return;
            }
            Ok(read) => {
                if to.write_all(&piece[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
