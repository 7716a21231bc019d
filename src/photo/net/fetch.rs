//! One request, hop by hop.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use moka::sync::Cache;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, LOCATION, REFERER, RETRY_AFTER};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use url::Url;

use super::guard::{Allowed, Denied, Target};

const MOST_REDIRECTS: usize = 3;
const MOST_ADDRESSES: usize = 16;
const DNS: Duration = Duration::from_millis(2000);
const CONNECT: Duration = Duration::from_millis(2500);
const READ: Duration = Duration::from_millis(3000);

/// What a long answer has to bring after its first two seconds, in bytes a second; a short one may take its time.
const SLOWEST: u64 = 8 * 1024;
const SLOW_START: Duration = Duration::from_secs(2);
const SHORT: usize = 16 * 1024;

/// Requests to one host at the same time.
const TO_A_HOST: usize = 2;
const HOSTS: u64 = 1000;

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// All of its addresses.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks whom this machine asks.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// How far a request may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The public internet, and what the settings open.
    Public,
    /// The server that the settings name for it, wherever it is, and nothing else.
    OwnServer,
}

/// What is asked for.
pub struct Get {
    /// Where it is.
    pub url: Url,
    /// What is sent along to that host alone; values may hold keys.
    pub headers: Vec<(HeaderName, SecretString)>,
    /// What may come.
    pub accept: &'static str,
    /// The page that it was found on.
    pub referer: Option<Url>,
    /// Whether it may come compressed; what it grows to counts against `most_bytes`.
    pub compressed: bool,
    /// The longest answer, in bytes.
    pub most_bytes: usize,
    /// The longest time for everything.
    pub most_time: Duration,
    /// Where it may lead.
    pub reach: Reach,
}

/// What came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where it came from in the end.
    pub url: Url,
    /// What a server that has too much to do asks for (RFC 9110, 10.2.3), in seconds; a date counts as nothing said.
    pub retry_after: Option<Duration>,
    /// The charset that the server says.
    pub charset: Option<String>,
    /// All of it.
    pub body: Bytes,
}

/// Why nothing came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It is not connected to.
    #[error("{0}")]
    Denied(#[from] Denied),
    /// It leads from one to the next.
    #[error("it was redirected more than {MOST_REDIRECTS} times")]
    TooManyRedirects,
    /// It leads nowhere.
    #[error("it was redirected to no address")]
    BadRedirect,
    /// Its name has no address.
    #[error("its name was not found")]
    NoName,
    /// It cannot be connected to, or does not prove who it is.
    #[error("it cannot be connected to")]
    NoConnection,
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// Others of ours ask the same host, for longer than this could wait.
    #[error("too much is asked of its host already")]
    Busy,
    /// It is longer than was asked for.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    /// The connection ended in the middle, or what came is not HTTP.
    #[error("the connection broke")]
    Broken,
}

/// Why there is no way out at all.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be used: {0}")]
pub struct OpenError(#[from] rustls::Error);

/// The way out.
pub struct Net {
    resolver: Arc<dyn Resolve>,
    tls: ClientConfig,
    agent: HeaderValue,
    allowed: Allowed,
    hosts: Cache<String, Arc<Semaphore>>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Net {
    /// A way out that says `contact`, where there is one, and may connect to `allowed` although those are not public. The
    /// certificates of the system count.
    pub fn new(contact: Option<&str>, allowed: Vec<SocketAddr>) -> Result<Self, OpenError> {
        use rustls_platform_verifier::BuilderVerifierExt;
        let tls = tls_versions()?.with_platform_verifier()?.with_no_client_auth();
        Ok(Self::over(tls, contact, allowed))
    }

    /// The same where only these roots count, and names lead where `resolver` says.
    pub fn with_roots(
        roots: Vec<CertificateDer<'static>>,
        resolver: Arc<dyn Resolve>,
        allowed: Vec<SocketAddr>,
    ) -> Result<Self, OpenError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        let tls = tls_versions()?.with_root_certificates(store).with_no_client_auth();
        Ok(Self { resolver, ..Self::over(tls, None, allowed) })
    }

    fn over(tls: ClientConfig, contact: Option<&str>, allowed: Vec<SocketAddr>) -> Self {
        Self {
            resolver: Arc::new(SystemResolver),
            tls,
            agent: agent(contact),
            allowed: Allowed(allowed),
            hosts: Cache::builder().max_capacity(HOSTS).time_to_idle(Duration::from_secs(600)).build(),
        }
    }

    /// Whether an address could be asked for, by itself.
    pub fn would_ask(&self, url: &Url) -> Result<(), Denied> {
        self.allowed.check(url).map(drop)
    }

    /// Fetches it.
    pub async fn get(&self, get: &Get) -> Result<Answer, FetchError> {
        // Waiting for others of ours is not the server's fault.
        let turn = timeout(get.most_time, self.turn(&get.url)).await.map_err(|_| FetchError::Busy)?;
        timeout(get.most_time, self.follow(get, turn)).await.unwrap_or(Err(FetchError::Timeout))
    }

    async fn follow(&self, get: &Get, first_turn: Option<OwnedSemaphorePermit>) -> Result<Answer, FetchError> {
        let (mut url, first) = (get.url.clone(), get.url.clone());
        let mut first_turn = Some(first_turn);
        for _ in 0..=MOST_REDIRECTS {
            url.set_fragment(None);
            let _turn = match first_turn.take() {
                Some(turn) => turn,
                None => self.turn(&url).await,
            };
            let response = self.hop(get, &url, is_same_server(&url, &first)).await?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return read(response, url, get.most_bytes).await;
            }
            let location =
                response.headers().get(LOCATION).and_then(|place| std::str::from_utf8(place.as_bytes()).ok());
            let next = location.filter(|place| !place.is_empty()).and_then(|place| url.join(place).ok());
            let next = next.ok_or(FetchError::BadRedirect)?;
            if url.scheme() == "https" && next.scheme() == "http" {
                return Err(Denied::Downgrade.into());
            }
            if get.reach == Reach::OwnServer && !is_same_server(&next, &first) {
                return Err(Denied::Elsewhere.into());
            }
            url = next;
        }
        Err(FetchError::TooManyRedirects)
    }

    /// Waits until few enough others ask the same host.
    async fn turn(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        let host = url.host_str()?.to_owned();
        let hands = self.hosts.get_with(host, || Arc::new(Semaphore::new(TO_A_HOST)));
        hands.acquire_owned().await.ok()
    }

    async fn hop(&self, get: &Get, url: &Url, at_home: bool) -> Result<reqwest::Response, FetchError> {
        let target = match get.reach {
            Reach::Public => Some(self.allowed.check(url)?),
            Reach::OwnServer => None,
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(0)
            .gzip(get.compressed)
            .connect_timeout(CONNECT)
            .read_timeout(READ);
        let allowed = match target {
            None => None,
            Some(Target::Literal(address)) => Some(vec![address]),
            Some(Target::Name(name, port)) => {
                let addresses = self.resolved(&name, port).await?;
                // Whatever the address says, dot at its end included; nothing else is looked up.
                builder = builder.dns_resolver(Arc::new(NoName));
                builder = builder.resolve_to_addrs(url.host_str().unwrap_or(&name), &addresses);
                Some(addresses)
            }
        };
        let client = builder.build().map_err(|_| FetchError::NoConnection)?;
        let sent = client.get(url.clone()).headers(self.headers(get, at_home)).send().await;
        let response = sent.map_err(|error| understood(&error))?;
        // It went where it was sent, or nothing of it counts.
        let came_from = response.remote_addr();
        match allowed {
            Some(allowed) if !came_from.is_some_and(|address| allowed.contains(&address)) => {
                Err(Denied::Private.into())
            }
            _ => Ok(response),
        }
    }

    /// The addresses of a name, each of which may be connected to. One lookup a hop, so that nothing can change between
    /// looking and connecting.
    async fn resolved(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
        let found = timeout(DNS, self.resolver.addresses(name)).await.map_err(|_| FetchError::Timeout)?;
        let found = found.map_err(|_| FetchError::NoName)?;
        let addresses: Vec<_> = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        if addresses.is_empty() {
            return Err(FetchError::NoName);
        }
        if addresses.len() > MOST_ADDRESSES || !addresses.iter().all(|address| self.allowed.lets(*address)) {
            return Err(Denied::Private.into());
        }
        Ok(addresses)
    }

    fn headers(&self, get: &Get, at_home: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::USER_AGENT, self.agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(get.accept));
        if !get.compressed {
            headers.insert(reqwest::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let origin = get.referer.as_ref().map(|page| format!("{}/", page.origin().ascii_serialization()));
        if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(&origin).ok()) {
            headers.insert(REFERER, origin);
        }
        if at_home {
            for (name, value) in &get.headers {
                if let Ok(mut value) = HeaderValue::from_str(value.expose_secret()) {
                    value.set_sensitive(true);
                    headers.insert(name, value);
                }
            }
        }
        headers
    }
}

/// Finds nobody.
struct NoName;

impl reqwest::dns::Resolve for NoName {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(std::future::ready(Err("no name is looked up here".into())))
    }
}

fn tls_versions() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// Says what asks, and who runs it where they say so (<https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy>).
fn agent(contact: Option<&str>) -> HeaderValue {
    let version = env!("CARGO_PKG_VERSION");
    let said = contact.map(|contact| format!("Bapsang/{version} ({contact})"));
    said.and_then(|said| HeaderValue::from_str(&said).ok()).unwrap_or_else(|| {
        HeaderValue::from_static(concat!("Bapsang/", env!("CARGO_PKG_VERSION"), " (a self-hosted recipe bot)"))
    })
}

fn is_same_server(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

fn understood(error: &reqwest::Error) -> FetchError {
    match error {
        _ if error.is_timeout() => FetchError::Timeout,
        _ if error.is_connect() => FetchError::NoConnection,
        _ => FetchError::Broken,
    }
}

/// Reads an answer as far as it may be long, and as long as it keeps coming.
async fn read(mut response: reqwest::Response, url: Url, most: usize) -> Result<Answer, FetchError> {
    let status = response.status().as_u16();
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(FetchError::TooLong(most));
    }
    let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = header(RETRY_AFTER).and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let charset = header(reqwest::header::CONTENT_TYPE).and_then(|value| {
        let (_, charset) = value.split_once("charset=")?;
        Some(charset.split(';').next()?.trim().trim_matches('"').to_owned())
    });
    let (mut body, started) = (BytesMut::new(), Instant::now());
    while let Some(chunk) = response.chunk().await.map_err(|error| understood(&error))? {
        if body.len() + chunk.len() > most {
            return Err(FetchError::TooLong(most));
        }
        body.extend_from_slice(&chunk);
        let since = started.elapsed();
        if since > SLOW_START && body.len() > SHORT && (body.len() as u64) < SLOWEST * since.as_secs() {
            return Err(FetchError::Timeout);
        }
    }
    Ok(Answer { status, url, retry_after, charset, body: body.freeze() })
}
