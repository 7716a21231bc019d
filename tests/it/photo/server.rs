//! A stand-in for every host of the internet that has pictures: one listener that says over a real connection what it is
//! told to, be it HTTP or not, and remembers what it was asked.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bapsang::photo::net::Resolve;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// A part of an answer.
#[derive(Clone)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    /// The same again and again.
    Endless(Vec<u8>),
    /// One byte a second.
    Drip(Vec<u8>),
    /// Nothing more, and the connection stays.
    Hold,
    Pause(Duration),
    /// Nothing more until this is rung.
    Bell(Arc<Notify>),
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Plan(Vec<Piece>);

impl Plan {
    /// What is written as it is.
    pub(crate) fn raw(pieces: Vec<Piece>) -> Self {
        Self(pieces)
    }

    pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        let head =
            format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n", body.len());
        Self(vec![Piece::Bytes(head.into_bytes()), Piece::Bytes(body)])
    }

    pub(crate) fn ok(kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::answer(200, &[("content-type", kind)], body)
    }

    pub(crate) fn to(place: &str) -> Self {
        Self::answer(302, &[("location", place)], "")
    }

    /// The same once it is rung for.
    pub(crate) fn when(mut self, bell: &Arc<Notify>) -> Self {
        self.0.insert(0, Piece::Bell(Arc::clone(bell)));
        self
    }

    /// The same after a while.
    pub(crate) fn after(mut self, pause: Duration) -> Self {
        self.0.insert(0, Piece::Pause(pause));
        self
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) head: String,
}

#[derive(Default)]
struct State {
    plans: Mutex<HashMap<String, Plan>>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Gallery {
    address: SocketAddr,
    state: Arc<State>,
}

impl Gallery {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, state) = (listener.local_addr().expect("an address"), Arc::new(State::default()));
        let gallery = Self { address, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                state.connections.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&state);
                tokio::spawn(async move { drop(serve(stream, &state).await) });
            }
        });
        gallery
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address of a host at this server.
    pub(crate) fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// What is said at a path, whatever is asked behind it.
    pub(crate) fn plan(&self, path: &str, plan: Plan) {
        self.state.plans.lock().expect("no panic").insert(path.to_owned(), plan);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked_now().clone()
    }

    fn asked_now(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.state.asked.lock().expect("no panic")
    }

    /// How often a path was asked for.
    pub(crate) fn times(&self, path: &str) -> usize {
        self.asked_now().iter().filter(|asked| asked.path.starts_with(path)).count()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// A text in which every address on the web leads here.
    pub(crate) fn here(&self, text: &str) -> String {
        let port = self.address.port();
        let host = regex::Regex::new(r"https?(://|:\\/\\/|%3A%2F%2F)([a-z0-9.-]+\.[a-z]+)").expect("a pattern");
        let here = host.replace_all(text, |found: &regex::Captures<'_>| match &found[1] {
            "%3A%2F%2F" => format!("http%3A%2F%2F{}%3A{port}", &found[2]),
            colon => format!("http{colon}{}:{port}", &found[2]),
        });
        // What has no scheme is at the same port as well.
        let bare = regex::Regex::new(r#"(["' ,])//([a-z0-9.-]+\.[a-z]+)/"#).expect("a pattern");
        bare.replace_all(&here, |found: &regex::Captures<'_>| format!("{}//{}:{port}/", &found[1], &found[2]))
            .into_owned()
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut byte).await? {
            0 => return Ok(()),
            read => head.extend_from_slice(byte.get(..read).unwrap_or_default()),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_owned();
    state.asked.lock().expect("no panic").push(Asked { path: path.clone(), head });
    let plan = {
        let plans = state.plans.lock().expect("no panic");
        let whole = format!("{host}{path}");
        // The longest beginning that is known counts.
        let known = plans.iter().filter(|(known, _)| path.starts_with(*known) || whole.starts_with(*known));
        known.max_by_key(|(known, _)| known.len()).map(|(_, plan)| plan.clone())
    };
    let Plan(pieces) = plan.unwrap_or_else(|| Plan::answer(404, &[], "nothing here"));
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => stream.write_all(&bytes).await?,
            Piece::Endless(bytes) => loop {
                stream.write_all(&bytes).await?;
            },
            Piece::Drip(bytes) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Piece::Hold => std::future::pending().await,
            Piece::Pause(pause) => tokio::time::sleep(pause).await,
            Piece::Bell(bell) => bell.notified().await,
        }
    }
    stream.shutdown().await
}

/// Where names lead: here, unless something else is said.
#[derive(Default)]
pub(crate) struct Names {
    said: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    lookups: Mutex<Vec<String>>,
}

impl Names {
    /// A name's addresses at its next lookups; the last of them stays.
    pub(crate) fn lead(&self, name: &str, lookups: &[&[&str]]) {
        let address = |text: &&str| text.parse().expect("an address");
        let lookups = lookups.iter().map(|addresses| addresses.iter().map(address).collect()).collect();
        self.said.lock().expect("no panic").insert(name.to_owned(), lookups);
    }

    pub(crate) fn lookups(&self) -> Vec<String> {
        self.lookups.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl Resolve for Names {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.lookups.lock().expect("no panic").push(name.to_owned());
        let mut said = self.said.lock().expect("no panic");
        let here = vec![IpAddr::from(Ipv4Addr::LOCALHOST)];
        Ok(match said.get_mut(name) {
            None => here,
            Some(lookups) if lookups.len() > 1 => lookups.pop_front().unwrap_or(here),
            Some(lookups) => lookups.front().cloned().unwrap_or(here),
        })
    }
}
