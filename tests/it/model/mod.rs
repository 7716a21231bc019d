//! A model cooks: the real client against a server that streams, fails and lies.

mod evenings;
mod faults;
pub(crate) mod server;

use std::time::Duration;

use bapsang::{
    chat::Locale,
    dish::{Avoided, Dish},
    order::{Usage, Wanted},
    recommender::{Model, ModelOptions, Patience, Progress, RecommendError, Recommender, Reporter, Request},
    ticket::Ticket,
};
use serde_json::{Value, json};

use self::server::{ModelServer, Plan};

/// As a test waits: not long.
pub(crate) const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    first_token: Duration::from_secs(5),
    between_tokens: Duration::from_secs(5),
    total: Duration::from_secs(30),
};

pub(crate) fn options(server: &ModelServer) -> ModelOptions {
    ModelOptions {
        name: "openai".to_owned(),
        base_url: server.url().parse().expect("an address"),
        model: "a-model".to_owned(),
        key: Some("sk-secret".into()),
        key_header: "authorization".to_owned(),
        headers: vec![("x-title".to_owned(), "Bapsang".into())],
        temperature: 0.3,
        max_tokens: 2048,
        patience: PATIENCE,
        at_once: 4,
    }
}

pub(crate) fn model(server: &ModelServer) -> Model {
    Model::new(options(server)).expect("a model")
}

pub(crate) fn request() -> Request {
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

/// A dish as a model writes it down.
pub(crate) fn sheet() -> Value {
    json!({
        "decline": "",
        "name_ko": "두부 버섯전골",
        "name_en": "Tofu and mushroom hot pot",
        "introduction": "두부와 버섯을 맑게 끓여 속이 편안해요.",
        "minutes": 25,
        "difficulty": "beginner",
        "theme": "winter",
        "cuisine": "korean",
        "main_ingredient": "mushrooms",
        "method": "boiling",
        "ingredients": [
            {"name": "두부", "amount": "1/2모"},
            {"name": "느타리버섯", "amount": "80g"},
            {"name": "대파", "amount": "1/2대"},
            {"name": "국간장", "amount": "1큰술"},
            {"name": "물", "amount": "400ml"},
            {"name": "소금", "amount": "약간"},
        ],
        "steps": [
            "두부는 한입 크기로 썰고 버섯은 가닥을 나눠요.",
            "냄비에 물을 붓고 국간장을 넣어 끓여요.",
            "두부와 버섯을 넣고 7분 더 끓여요.",
            "송송 썬 파를 올리고 소금으로 간해요.",
        ],
    })
}

/// The same with one field as it is given.
pub(crate) fn with(field: &str, value: Value) -> Value {
    let mut sheet = sheet();
    sheet[field] = value;
    sheet
}

/// What came of asking, what it took, and what was said on the way.
pub(crate) struct Asked {
    pub(crate) dish: Result<Dish, RecommendError>,
    pub(crate) usage: Usage,
    pub(crate) progress: Vec<Progress>,
}

pub(crate) async fn ask(model: &Model, request: &Request) -> Asked {
    let (reporter, mut heard) = Reporter::new();
    let dish = model.recommend(request, &ticket(), &reporter).await;
    let usage = reporter.spent();
    drop(reporter);
    let mut progress = Vec::new();
    while let Some(step) = heard.recv().await {
        progress.push(step);
    }
    Asked { dish, usage, progress }
}

pub(crate) fn ticket() -> Ticket {
    Ticket::of_the_house()
}

/// One answer, and what came of it.
pub(crate) async fn answered(plan: Plan) -> (Asked, ModelServer) {
    let server = ModelServer::always(plan).await;
    (ask(&model(&server), &request()).await, server)
}
