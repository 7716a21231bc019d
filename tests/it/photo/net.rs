//! Fetching from strangers: nothing but what was asked for is connected to, and nothing takes longer or grows larger than it
//! may.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bapsang::photo::net::{Answer, Denied, FetchError, Get, Net, Reach};
use tokio::{sync::Notify, task::JoinSet};

use super::{Gallery, Names, Piece, Plan, jpeg, net};

fn get(url: &str) -> Get {
    Get {
        url: url.parse().expect("an address"),
        headers: Vec::new(),
        accept: "image/jpeg",
        referer: None,
        compressed: false,
        most_bytes: 100_000,
        most_time: Duration::from_secs(6),
        reach: Reach::Public,
    }
}

/// What comes of a request to `/start`, where everything else answers with a picture.
async fn started(plan: Plan) -> (Result<Answer, FetchError>, Gallery) {
    let gallery = Gallery::open().await;
    gallery.plan("/", Plan::ok("image/jpeg", jpeg(40, 40)));
    gallery.plan("/start", plan);
    let url = gallery.at("images.test", "/start");
    (net(&gallery, &Arc::default()).get(&get(&url)).await, gallery)
}

async fn failure(plan: Plan) -> FetchError {
    started(plan).await.0.map(|answer| answer.status).expect_err("it fails")
}

#[tokio::test(flavor = "multi_thread")]
async fn case_15_a_server_that_drips_is_left_in_time() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec();
    let heads = failure(Plan::raw(vec![Piece::Drip(head.clone())]));
    let bodies = failure(Plan::raw(vec![Piece::Bytes(head), Piece::Drip(vec![7; 1000])]));
    let begun = Instant::now();
    let (heads, bodies) = tokio::join!(heads, bodies);
    assert_eq!((heads, bodies), (FetchError::Timeout, FetchError::Timeout));
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_16_a_server_that_says_nothing_is_left_in_time() {
    let silent = failure(Plan::raw(vec![Piece::Hold]));
    let half = failure(Plan::raw(vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Piece::Hold]));
    let cut = failure(Plan::raw(vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab".to_vec())]));
    let nonsense = failure(Plan::raw(vec![Piece::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())]));
    let (silent, half, cut, nonsense) = tokio::join!(silent, half, cut, nonsense);
    assert_eq!((silent, half), (FetchError::Timeout, FetchError::Timeout));
    assert_eq!((cut, nonsense), (FetchError::Broken, FetchError::Broken));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_17_redirects_end_and_lead_somewhere() {
    assert_eq!(failure(Plan::to("/start")).await, FetchError::TooManyRedirects, "a loop");
    assert_eq!(failure(Plan::answer(302, &[], "")).await, FetchError::BadRedirect, "without an address");
    assert_eq!(failure(Plan::to("http://[")).await, FetchError::BadRedirect);
    let (answer, gallery) = started(Plan::to("/한 글/a b.jpg?q=밥")).await;
    assert_eq!(answer.expect("it leads on").status, 200);
    assert_eq!(gallery.asked()[1].path, "/%ED%95%9C%20%EA%B8%80/a%20b.jpg?q=%EB%B0%A5");
    let gallery = Gallery::open().await;
    for hop in 0..20 {
        gallery.plan(&format!("/hop{hop}-"), Plan::to(&format!("/hop{}-", hop + 1)));
    }
    let chain = net(&gallery, &Arc::default()).get(&get(&gallery.at("images.test", "/hop0-"))).await;
    assert_eq!(chain.map(|answer| answer.status), Err(FetchError::TooManyRedirects));
    assert_eq!(gallery.connections(), 4, "the first and three redirects");
    let broken =
        Plan::raw(vec![Piece::Bytes(b"HTTP/1.1 302 x\r\nlocation: /a\r\n\tb\r\ncontent-length: 0\r\n\r\n".to_vec())]);
    assert!(started(broken).await.0.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_18_a_redirect_inside_is_not_followed() {
    let inside = Gallery::open().await;
    let port = inside.address().port();
    for place in [
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/".to_owned(),
        format!("http://127.0.0.1:{port}/"),
        format!("http://0x7f.1:{port}/"),
        "http://localhost:6379/".to_owned(),
        format!("http://images.test:{port}/"),
    ] {
        let error = failure(Plan::to(&place)).await;
        assert!(
            matches!(error, FetchError::Denied(Denied::Private | Denied::Host | Denied::Port)),
            "{place} {error:?}"
        );
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_19_a_redirect_to_something_that_is_not_the_web_is_not_followed() {
    for place in ["file:///etc/passwd", "ftp://images.test/x.jpg", "gopher://images.test/", "data:image/png;base64,AA"]
    {
        assert_eq!(failure(Plan::to(place)).await, FetchError::Denied(Denied::Scheme), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_20_a_name_that_leads_inside_is_denied_and_looked_up_once() {
    for (name, lookups) in [
        ("private.test", &[&["10.0.0.5"][..]][..]),
        ("both.test", &[&["127.0.0.1", "10.0.0.5"]]),
        ("mapped.test", &[&["::ffff:127.0.0.1"]]),
        ("metadata.test", &[&["169.254.169.254"]]),
        ("nothing.test", &[&[]]),
    ] {
        let (gallery, names) = (Gallery::open().await, Arc::new(Names::default()));
        names.lead(name, lookups);
        let answer = net(&gallery, &names).get(&get(&gallery.at(name, "/x.jpg"))).await;
        assert!(matches!(answer, Err(FetchError::Denied(Denied::Private) | FetchError::NoName)), "{name}");
        assert_eq!((gallery.connections(), names.lookups().len()), (0, 1), "{name}");
    }
    // Public the first time and private the second: there is no second time.
    let (gallery, names) = (Gallery::open().await, Arc::new(Names::default()));
    gallery.plan("/", Plan::ok("image/jpeg", "x"));
    names.lead("rebinding.test", &[&["127.0.0.1"], &["10.0.0.5"]]);
    let net = net(&gallery, &names);
    let url = gallery.at("rebinding.test", "/x.jpg");
    assert_eq!(net.get(&get(&url)).await.expect("the first time").status, 200);
    assert_eq!(names.lookups().len(), 1);
    // Each hop looks anew, and so does each request.
    assert!(matches!(net.get(&get(&url)).await, Err(FetchError::Denied(Denied::Private))));
    assert_eq!(gallery.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_21_to_23_no_notation_of_this_machine_is_connected_to() {
    let (gallery, names) = (Gallery::open().await, Arc::new(Names::default()));
    let net = net(&gallery, &names);
    let port = gallery.address().port();
    for host in [
        "0x7f000002",
        "017700000002",
        "2130706434",
        "127.2",
        "１２７.0.0.2",
        "127.0.0.2.",
        "localhost.",
        "[::ffff:169.254.169.254]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "0.0.0.0",
        "100.100.100.200",
        "user:pw@images.test",
        "good.com@127.0.0.1",
    ] {
        let answer = net.get(&get(&format!("http://{host}:{port}/x.jpg"))).await;
        assert!(matches!(answer, Err(FetchError::Denied(_))), "{host}");
    }
    for url in ["http://images.test:22/x.jpg", "http://images.test:0/x.jpg", "http://127.0.0.1/x.jpg"] {
        assert!(matches!(net.get(&get(url)).await, Err(FetchError::Denied(_))), "{url}");
    }
    assert_eq!((gallery.connections(), names.lookups().len()), (0, 0));
    // Where a notation means what the settings open, it is that.
    assert!(net.get(&get(&format!("http://0x7f.1:{port}/x.jpg"))).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_26_what_is_longer_than_asked_for_is_cut_short() {
    let long = b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\nshort".to_vec();
    assert_eq!(failure(Plan::raw(vec![Piece::Bytes(long)])).await, FetchError::TooLong(100_000));
    let endless = vec![
        Piece::Bytes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()),
        Piece::Endless([&b"400\r\n"[..], &[b'x'; 1024], b"\r\n"].concat()),
    ];
    assert_eq!(failure(Plan::raw(endless)).await, FetchError::TooLong(100_000));
    let headers = vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Piece::Endless(b"x-more: and more\r\n".to_vec())];
    assert!(started(Plan::raw(headers)).await.0.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_27_what_is_packed_counts_as_what_it_grows_to() {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut out, &vec![b'x'; 50_000_000]).expect("memory");
    let bomb = out.finish().expect("memory");
    let gallery = Gallery::open().await;
    gallery.plan("/", Plan::answer(200, &[("content-encoding", "gzip")], bomb.clone()));
    let net = net(&gallery, &Arc::default());
    let url = gallery.at("pages.test", "/");
    let page = net.get(&Get { compressed: true, ..get(&url) }).await.map(|answer| answer.status);
    assert_eq!(page, Err(FetchError::TooLong(100_000)));
    // A picture is asked for as it is, and what comes packed all the same is no picture.
    let picture = net.get(&get(&url)).await.expect("it is short");
    assert_eq!(picture.body.len(), bomb.len());
    let asked = gallery.asked();
    assert!(asked[1].head.contains("accept-encoding: identity"), "{}", asked[1].head);
    gallery.plan("/twice", Plan::answer(200, &[("content-encoding", "gzip, gzip")], bomb));
    let twice = net.get(&Get { compressed: true, ..get(&gallery.at("pages.test", "/twice")) }).await;
    assert!(twice.map(|answer| answer.body.len()).unwrap_or_default() < 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_38_nothing_that_a_server_asks_for_is_done() {
    let headers =
        [("set-cookie", "a=b"), ("refresh", "0; url=http://images.test/other"), ("www-authenticate", "Basic realm=x")];
    let gallery = Gallery::open().await;
    gallery.plan("/", Plan::answer(401, &headers, "no"));
    let net = net(&gallery, &Arc::default());
    for _ in 0..2 {
        assert_eq!(net.get(&get(&gallery.at("images.test", "/x"))).await.expect("an answer").status, 401);
    }
    let asked = gallery.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| !asked.head.contains("cookie") && !asked.head.contains("authorization")));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_stay_with_the_host_that_they_are_for() {
    let gallery = Gallery::open().await;
    gallery.plan("/", Plan::ok("image/jpeg", "x"));
    gallery.plan("/start", Plan::to(&gallery.at("other.test", "/x")));
    let headers = vec![("x-key".parse().expect("a name"), secrecy::SecretString::from("hush"))];
    let referer = Some("http://blog.test/private/path?token=1".parse().expect("a page"));
    let request = Get { headers, referer, ..get(&gallery.at("images.test", "/start")) };
    net(&gallery, &Arc::default()).get(&request).await.expect("an answer");
    let asked = gallery.asked();
    assert!(asked[0].head.contains("x-key: hush") && !asked[1].head.contains("hush"));
    assert!(asked[0].head.contains("referer: http://blog.test/\r\n"), "{}", asked[0].head);
    assert!(asked[0].head.contains("user-agent: Bapsang/"), "{}", asked[0].head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_ones_own_may_be_anywhere_and_leads_nowhere_else() {
    let (own, other) = (Gallery::open().await, Gallery::open().await);
    own.plan("/", Plan::ok("application/json", "{}"));
    own.plan("/away", Plan::to(&format!("http://127.0.0.1:{}/", other.address().port())));
    let net = Net::with_roots(Vec::new(), Arc::<Names>::default(), Vec::new()).expect("a way out");
    let at = |path: &str| format!("http://127.0.0.1:{}{path}", own.address().port());
    let ask = async |path: &str, reach| net.get(&Get { reach, ..get(&at(path)) }).await.map(|answer| answer.status);
    assert_eq!(ask("/", Reach::OwnServer).await, Ok(200));
    assert_eq!(ask("/away", Reach::OwnServer).await, Err(FetchError::Denied(Denied::Elsewhere)));
    assert!(matches!(ask("/", Reach::Public).await, Err(FetchError::Denied(_))));
    assert_eq!(other.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_a_time_ask_one_host() {
    let (gallery, bell) = (Gallery::open().await, Arc::new(Notify::new()));
    gallery.plan("/", Plan::ok("image/jpeg", "x").when(&bell));
    let net = Arc::new(net(&gallery, &Arc::default()));
    let url = gallery.at("images.test", "/x");
    let mut all = JoinSet::new();
    for _ in 0..4 {
        let (net, url) = (Arc::clone(&net), url.clone());
        all.spawn(async move { net.get(&Get { most_time: Duration::from_secs(60), ..get(&url) }).await });
    }
    while gallery.connections() < 2 {
        tokio::task::yield_now().await;
    }
    // Nobody is answered yet, so nobody else may ask; whoever did would have come by then.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(gallery.connections(), 2);
    while !all.is_empty() {
        bell.notify_one();
        if let Ok(Some(one)) = tokio::time::timeout(Duration::from_millis(20), all.join_next()).await {
            assert_eq!(one.expect("no panic").expect("an answer").status, 200);
        }
    }
    assert_eq!(gallery.connections(), 4);
}
