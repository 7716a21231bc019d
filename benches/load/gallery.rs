//! A stand-in for a search for pictures and for the hosts that have them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use hyper::Response;

use super::http::{self, Served};

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    Instant,
    /// Answers a search after so long.
    Takes(Duration),
    /// Answers 503.
    Down,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Gallery {
    pub(crate) served: Served,
    mood: Arc<Mutex<Mood>>,
}

/// A picture of that size, as a camera's: neither empty nor noise.
fn picture(width: u32, height: u32) -> Bytes {
    let scene = image::RgbImage::from_fn(width, height, |x, y| {
        let wave = |value: u32, length: u32| u8::try_from(value % length * 255 / length).unwrap_or_default();
        image::Rgb([wave(x, width / 3), wave(y, height / 4), wave(x + y, width / 2)])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    scene.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a picture");
    bytes.into_inner().into()
}

impl Gallery {
    /// Has one picture of that size for every dish.
    pub(crate) async fn start(width: u32, height: u32) -> Self {
        let mood = Arc::new(Mutex::new(Mood::Instant));
        let (moods, picture) = (Arc::clone(&mood), picture(width, height));
        let address = Arc::new(std::sync::OnceLock::<std::net::SocketAddr>::new());
        let here = Arc::clone(&address);
        let served = http::serve(move |asked| {
            let (mood, picture) = (*moods.lock().expect("no panic"), picture.clone());
            let host = here.get().map(ToString::to_string).unwrap_or_default();
            async move {
                if mood == Mood::Down {
                    return http::json(503, "{}".to_owned());
                }
                if !asked.path.starts_with("/list") {
                    let answer = Response::builder().header("content-type", "image/jpeg");
                    return answer.body(Body::from(picture)).expect("an answer");
                }
                if let Mood::Takes(time) = mood {
                    tokio::time::sleep(time).await;
                }
                let name = asked.path.split_once("q=").map(|(_, name)| name).unwrap_or_default();
                let list = format!(r#"{{"items":[{{"image":"http://{host}/picture/{name}.jpg","title":"{name}"}}]}}"#);
                http::json(200, list)
            }
        })
        .await;
        let _ = address.set(served.address);
        Self { served, mood }
    }

    pub(crate) fn is(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }
}
