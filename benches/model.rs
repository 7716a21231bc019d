//! What asking a model costs beside the model's own time: `cargo bench --bench model`.
//!
//! The server streams one dish in twenty pieces, so long apart that it takes half a second, over real HTTP. What an order
//! takes longer than that is shown beside what a socket takes that reads the same bytes and does nothing with them: the
//! difference is ours.

#[path = "../tests/it/model/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use bapsang::{
    chat::Locale,
    dish::Avoided,
    order::Wanted,
    recommender::{Model, ModelOptions, Patience, Recommender, Reporter, Request},
    ticket::Ticket,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use server::{End, ModelServer, Plan, stream};

const PIECES: u32 = 20;
const APART: Duration = Duration::from_millis(25);
const ROUNDS: usize = 10;

const DISH: &str = r#"{"decline":"","name_ko":"두부 버섯전골","name_en":"Tofu and mushroom hot pot","introduction":"두부와 버섯을 맑게 끓여 속이 편안해요.","minutes":25,"difficulty":"beginner","theme":"winter","cuisine":"korean","main_ingredient":"mushrooms","method":"boiling","ingredients":[{"name":"두부","amount":"1/2모"},{"name":"느타리버섯","amount":"80g"},{"name":"대파","amount":"1/2대"},{"name":"국간장","amount":"1큰술"},{"name":"물","amount":"400ml"},{"name":"소금","amount":"약간"}],"steps":["두부는 한입 크기로 썰고 버섯은 가닥을 나눠요.","냄비에 물을 붓고 국간장을 넣어 끓여요.","두부와 버섯을 넣고 7분 더 끓여요.","송송 썬 파를 올리고 소금으로 간해요."]}"#;

fn request() -> Request {
    Request {
        wanted: Wanted::default(),
        locale: Locale::Ko,
        avoided: Avoided::default(),
        recent: Vec::new(),
        favourites: Vec::new(),
        within_budget: true,
        time: Duration::from_secs(60),
        seed: 7,
    }
}

fn model(server: &ModelServer) -> Model {
    let seconds = Duration::from_secs(30);
    let options = ModelOptions {
        name: "bench".to_owned(),
        base_url: server.url().parse().expect("an address"),
        model: "a-model".to_owned(),
        key: None,
        key_header: "authorization".to_owned(),
        headers: Vec::new(),
        temperature: 0.3,
        max_tokens: 2048,
        patience: Patience { connect: seconds, first_token: seconds, between_tokens: seconds, total: seconds },
        at_once: 1000,
    };
    Model::new(options).expect("a model")
}

/// Asks a model for a dish.
async fn dish(model: Arc<Model>) {
    let (reporter, progress) = Reporter::new();
    drop(progress);
    model.recommend(&request(), &Ticket::of_the_house(), &reporter).await.expect("a dish");
}

/// Reads the bytes of an answer, and nothing else.
async fn raw_bytes(address: String) {
    let body = r#"{"model":"a-model","messages":[],"stream":true}"#;
    let mut socket = tokio::net::TcpStream::connect(&address).await.expect("a connection");
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.expect("it is sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("an answer");
    assert!(answer.len() > 1000);
}

async fn measure<F: Future<Output = ()> + Send + 'static>(what: &str, at_once: usize, ask: impl Fn() -> F) {
    let own = APART * PIECES;
    let mut over = Vec::new();
    for _ in 0..ROUNDS {
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..at_once {
            let asked = ask();
            asking.spawn(async move {
                let started = Instant::now();
                asked.await;
                started.elapsed()
            });
        }
        over.extend(asking.join_all().await.into_iter().map(|took| took.saturating_sub(own)));
    }
    over.sort_unstable();
    let at = |part: usize| over[(over.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    let line = format!(
        "{what:<5} {at_once:>4} at once: median {:>7.2} ms, 99th percentile {:>7.2} ms beside the model's {own:?}",
        at(50),
        at(99)
    );
    // Cargo shows what a benchmark writes.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let bytes = stream(DISH, "stop");
        let pieces = bytes.chunks(bytes.len().div_ceil(PIECES as usize)).map(<[u8]>::to_vec).collect();
        let server = ModelServer::always(Plan::Pieces(pieces, APART, End::Well)).await;
        let model = Arc::new(model(&server));
        dish(Arc::clone(&model)).await;
        let address = server.url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        for at_once in [1, 50, 200] {
            measure("bytes", at_once, || raw_bytes(address.clone())).await;
            measure("dish", at_once, || dish(Arc::clone(&model))).await;
        }
        let (reporter, _progress) = Reporter::new();
        let cooked = model.recommend(&request(), &Ticket::of_the_house(), &reporter).await.expect("a dish");
        let started = Instant::now();
        for _ in 0..100 {
            assert!(cooked.review().is_empty());
        }
        let line = format!("one review of a dish: {:.3} ms", started.elapsed().as_secs_f64() * 10.0);
        let _ = writeln!(std::io::stdout(), "{line}");
    });
}
