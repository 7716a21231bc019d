//! A stand-in for a server of chat completions: it streams a dish as soon, or as late, as it is told to.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use hyper::Response;
use serde_json::json;

use super::http::{self, Served};

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    /// Answers at once, in one piece.
    Instant,
    /// Streams for so long.
    Takes(Duration),
    /// Answers 500.
    Down,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) served: Served,
    mood: Arc<Mutex<Mood>>,
}

const INGREDIENTS: [(&str, &str); 20] = [
    ("두부", "tofu"),
    ("감자", "potato"),
    ("애호박", "courgette"),
    ("가지", "aubergine"),
    ("콩나물", "bean sprout"),
    ("시금치", "spinach"),
    ("무", "radish"),
    ("배추", "cabbage"),
    ("연근", "lotus root"),
    ("느타리버섯", "oyster mushroom"),
    ("표고버섯", "shiitake"),
    ("팽이버섯", "enoki"),
    ("브로콜리", "broccoli"),
    ("고구마", "sweet potato"),
    ("단호박", "pumpkin"),
    ("당근", "carrot"),
    ("양파", "onion"),
    ("오이", "cucumber"),
    ("토마토", "tomato"),
    ("미나리", "water parsley"),
];

const METHODS: [(&str, &str); 20] = [
    ("전골", "hot pot"),
    ("볶음", "stir-fry"),
    ("조림", "braise"),
    ("구이", "roast"),
    ("무침", "salad"),
    ("국", "soup"),
    ("찌개", "stew"),
    ("덮밥", "rice bowl"),
    ("비빔밥", "bibimbap"),
    ("볶음밥", "fried rice"),
    ("죽", "porridge"),
    ("전", "pancake"),
    ("찜", "steamed dish"),
    ("카레", "curry"),
    ("국수", "noodles"),
    ("파스타", "pasta"),
    ("수프", "cream soup"),
    ("그라탱", "gratin"),
    ("샌드위치", "sandwich"),
    ("만두", "dumplings"),
];

const KINDS: [(&str, &str); 25] = [
    ("", "plain"),
    ("매운 ", "spicy"),
    ("담백한 ", "light"),
    ("고소한 ", "nutty"),
    ("새콤한 ", "sour"),
    ("달콤한 ", "sweet"),
    ("짭짤한 ", "salty"),
    ("따뜻한 ", "warm"),
    ("시원한 ", "cool"),
    ("부드러운 ", "soft"),
    ("바삭한 ", "crisp"),
    ("쫄깃한 ", "chewy"),
    ("향긋한 ", "fragrant"),
    ("얼큰한 ", "hot"),
    ("구수한 ", "earthy"),
    ("산뜻한 ", "fresh"),
    ("든든한 ", "hearty"),
    ("간단한 ", "quick"),
    ("옛날 ", "old-style"),
    ("시골 ", "country"),
    ("들깨 ", "perilla"),
    ("마늘 ", "garlic"),
    ("간장 ", "soy"),
    ("고추장 ", "red pepper"),
    ("된장 ", "bean paste"),
];

/// So many different dishes there are.
pub(crate) const DISHES: u64 = 10_000;

fn parts(number: u64) -> [(&'static str, &'static str); 3] {
    let at = |by: u64, of: u64| usize::try_from(number / by % of).expect("small");
    [INGREDIENTS[at(1, 20)], METHODS[at(20, 20)], KINDS[at(400, 25)]]
}

/// What a dish is called without its kind, which makes no other dish of it.
fn base(number: u64) -> String {
    let [(ko, _), (method_ko, _), _] = parts(number);
    format!("{ko} {method_ko}")
}

/// The dish with this number, as a model writes it.
pub(crate) fn dish(number: u64) -> String {
    let [(ko, en), (method_ko, method_en), (kind_ko, kind_en)] = parts(number);
    json!({
        "decline": "",
        "name_ko": format!("{kind_ko}{ko} {method_ko}"),
        "name_en": format!("{kind_en} {en} {method_en}"),
        "introduction": format!("{ko}의 맛을 살려 속이 편안한 한 그릇이에요."),
        "minutes": 25, "difficulty": "beginner", "theme": "winter", "cuisine": "korean",
        "main_ingredient": "vegetables", "method": "boiling",
        "ingredients": [
            {"name": ko, "amount": "150g"}, {"name": "대파", "amount": "1/2대"}, {"name": "국간장", "amount": "1큰술"},
            {"name": "물", "amount": "400ml"}, {"name": "다진 마늘", "amount": "1작은술"}, {"name": "소금", "amount": "약간"},
        ],
        "steps": [
            format!("{ko}은 한입 크기로 썰어요."),
            "냄비에 물을 붓고 국간장과 다진 마늘을 넣어 끓여요.",
            "준비한 재료를 넣고 7분 더 끓여요.",
            "송송 썬 대파를 올리고 소금으로 간해요.",
        ],
    })
    .to_string()
}

fn event(value: &serde_json::Value) -> String {
    format!("data: {value}\n\n")
}

/// The events of a stream: a piece of the text each, and what ends it.
fn events(text: &str, pieces: usize) -> (Vec<String>, String) {
    let letters: Vec<char> = text.chars().collect();
    let delta =
        |text: String| event(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}));
    let said = letters.chunks(letters.len().div_ceil(pieces)).map(|piece| delta(piece.iter().collect())).collect();
    let end = event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
        + &event(
            &json!({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 300, "total_tokens": 1000}}),
        )
        + "data: [DONE]\n\n";
    (said, end)
}

impl Model {
    /// Serves the dishes one after another, of so many different ones.
    pub(crate) async fn start(different: u64) -> Self {
        let mood = Arc::new(Mutex::new(Mood::Instant));
        let (moods, count) = (Arc::clone(&mood), Arc::new(AtomicU64::new(0)));
        // Made once: what is measured is not how fast they are written.
        let different = different.min(DISHES);
        let whole = (0..different).map(|number| {
            let (said, end) = events(&dish(number), 20);
            (base(number), Bytes::from(said.concat() + &end))
        });
        let whole: Arc<Vec<(String, Bytes)>> = Arc::new(whole.collect());
        let served = http::serve(move |asked| {
            let (mood, first) = (*moods.lock().expect("no panic"), count.fetch_add(1, Ordering::Relaxed));
            let whole = Arc::clone(&whole);
            async move {
                let of = |number: u64| &whole[usize::try_from(number).expect("small")];
                // As it is told to, it writes no dish that somebody had lately.
                let fresh = |number: &u64| memchr::memmem::find(&asked.body, of(*number).0.as_bytes()).is_none();
                let number = (first..first + 100).map(|number| number % different).find(fresh).unwrap_or_default();
                let body = match mood {
                    Mood::Down => {
                        return http::json(500, r#"{"error":{"message":"down","type":"server_error"}}"#.into());
                    }
                    Mood::Instant => Body::from(of(number).1.clone()),
                    Mood::Takes(time) => streamed(&dish(number), time),
                };
                let answer = Response::builder().header("content-type", "text/event-stream");
                answer.body(body).expect("an answer")
            }
        })
        .await;
        Self { served, mood }
    }

    pub(crate) fn is(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }
}

/// Twenty pieces over `time`, each at its moment, however late the one before was.
fn streamed(text: &str, time: Duration) -> Body {
    let (said, end) = events(text, 20);
    let apart = time / u32::try_from(said.len()).expect("few");
    let pieces: VecDeque<String> = said.into_iter().chain([end]).collect();
    let next = (pieces, tokio::time::Instant::now());
    Body::from_stream(futures_util::stream::unfold(next, move |(mut pieces, due)| async move {
        let piece = pieces.pop_front()?;
        tokio::time::sleep_until(due).await;
        Some((Ok::<_, std::io::Error>(Bytes::from(piece)), (pieces, due + apart)))
    }))
}
