//! Whoever does not prove who they are is not listened to.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bapsang::photo::net::{Denied, FetchError, Get, Net, Reach};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{Gallery, Names};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server with a certificate for a name, valid until a year; it answers `body` to everything.
    async fn serve(&self, name: &str, until: i32, response: String) -> SocketAddr {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.0).expect("a certificate").der().clone();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).expect("a key"))
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, response) = (acceptor.clone(), response.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut asked = [0; 4096];
                    let _ = stream.read(&mut asked).await;
                    let _ = stream.write_all(response.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        address
    }
}

fn ok() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi".to_owned()
}

async fn asked(roots: Vec<CertificateDer<'static>>, address: SocketAddr) -> Result<u16, FetchError> {
    let net = Net::with_roots(roots, Arc::<Names>::default(), vec![address]).expect("a way out");
    let get = Get {
        url: format!("https://images.test:{}/x.jpg", address.port()).parse().expect("an address"),
        headers: Vec::new(),
        accept: "image/jpeg",
        referer: None,
        compressed: false,
        most_bytes: 100,
        most_time: Duration::from_secs(6),
        reach: Reach::Public,
    };
    net.get(&get).await.map(|answer| answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn case_37_only_a_valid_certificate_for_that_name_by_somebody_known_counts() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let trusted = || vec![known.root()];
    let good = known.serve("images.test", 2090, ok()).await;
    assert_eq!(asked(trusted(), good).await, Ok(200), "a good one is taken");
    let refused = Err(FetchError::NoConnection);
    let expired = known.serve("images.test", 2021, ok()).await;
    assert_eq!(asked(trusted(), expired).await, refused, "expired");
    let other = known.serve("other.test", 2090, ok()).await;
    assert_eq!(asked(trusted(), other).await, refused, "for another host");
    let stranger = unknown.serve("images.test", 2090, ok()).await;
    assert_eq!(asked(trusted(), stranger).await, refused, "by nobody known");
    // What answers in TLS 1.0: a server hello of that version.
    let old = Gallery::open().await;
    assert!(
        matches!(asked(trusted(), old.address()).await, Err(FetchError::NoConnection | FetchError::Timeout)),
        "no TLS"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 2048];
            let _ = stream.read(&mut hello).await;
            let mut answer = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
            answer.extend([7; 32]);
            answer.extend([0, 0, 0x2f, 0]);
            let _ = stream.write_all(&answer).await;
        }
    });
    assert_eq!(asked(trusted(), address).await, refused, "TLS 1.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_19_a_redirect_from_https_to_http_is_not_followed() {
    let (known, plain) = (Authority::new(), Gallery::open().await);
    let place = plain.at("images.test", "/x.jpg");
    let to = format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let secure = known.serve("images.test", 2090, to).await;
    assert_eq!(asked(vec![known.root()], secure).await, Err(FetchError::Denied(Denied::Downgrade)));
    assert_eq!(plain.connections(), 0);
}
