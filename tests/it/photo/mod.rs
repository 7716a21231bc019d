//! Photos: every source in its true shape, and everything that strangers may send, over real connections. No name leads
//! anywhere but to this machine.

mod evenings;
mod memory;
mod net;
mod pages;
mod pictures;
mod server;
mod sources;
mod tls;
pub(crate) mod tools;

use std::{path::Path, sync::Arc, time::Duration};

use bapsang::{
    clock::Clock,
    dish,
    photo::{
        Inspection, PhotoOptions, Photos, Setup,
        net::Net,
        source::{Details, FieldName, SourceOptions},
    },
    settings::{Settings, Surroundings},
    store::Store,
};
use image::{DynamicImage, ImageFormat, RgbImage};
use tokio::sync::Notify;

pub(crate) use self::server::{Gallery, Names, Piece, Plan};

/// How many cases generated tests try: these, or as many as `FUZZ_CASES` says for a long run.
pub(crate) fn cases(otherwise: u32) -> u32 {
    crate::support::variable("FUZZ_CASES").and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

/// Every key that a shipped source wants.
pub(crate) const KEYS: [(&str, &str); 5] = [
    ("NAVER_HUB_ID", "naver-id"),
    ("NAVER_HUB_SECRET", "naver-hush"),
    ("KAKAO_REST_API_KEY", "kakao-hush"),
    ("PEXELS_API_KEY", "pexels-hush"),
    ("PIXABAY_API_KEY", "pixabay-hush"),
];

pub(crate) fn kimchi_stew() -> dish::Names {
    dish::Names { ko: "김치찌개".to_owned(), en: "Kimchi stew".to_owned() }
}

/// The settings as they are shipped, with every key.
pub(crate) fn shipped() -> PhotoOptions {
    let settings = Settings::load(Path::new("/nowhere"), None, &Surroundings::with(&KEYS));
    settings.unwrap_or_else(|mistakes| panic!("{mistakes}")).photos
}

/// The shipped settings with these sources alone; a dish waits for as long as a busy machine may need.
pub(crate) fn with_sources(sources: Vec<(String, SourceOptions)>) -> PhotoOptions {
    PhotoOptions { sources, budget: Duration::from_secs(30), late: Duration::from_secs(30), ..shipped() }
}

/// A shipped source, asked at the gallery.
pub(crate) fn shipped_source(name: &str, gallery: &Gallery) -> SourceOptions {
    let (_, source) = shipped().sources.into_iter().find(|(known, _)| known == name).expect("a source");
    let details = source.details.map(|details| Details { url: gallery.here(&details.url), ..details });
    let url = gallery.here(&source.url.replace("127.0.0.1:8888", "searxng.test"));
    SourceOptions { enabled: true, private: false, url, details, ..source }
}

/// A source of the tests: it lists pictures at `/NAME/list`.
pub(crate) fn plain_source(name: &str, gallery: &Gallery) -> SourceOptions {
    let pexels = shipped_source("pexels", gallery);
    let fields = [
        ("image", "$.image"),
        ("title", "$.title"),
        ("width", "$.width"),
        ("height", "$.height"),
        ("page", "$.page"),
        ("author", "$.author"),
        ("licence", "$.licence"),
    ];
    let named = |id: &str| FieldName::ALL.into_iter().find(|field| field.id() == id).expect("a field");
    SourceOptions {
        keys: Vec::new(),
        headers: Vec::new(),
        url: format!("{}?q={{ko}}&e={{en}}", gallery.at(&format!("{name}.test"), &format!("/{name}/list"))),
        rows: "$.items[*]".to_owned(),
        expects: vec!["$.items".to_owned()],
        credit: name.to_owned(),
        per_minute: 0,
        per_day: 0,
        fields: fields.into_iter().map(|(id, path)| (named(id), vec![path.to_owned()])).collect(),
        ..pexels
    }
}

/// What a plain source says that has these pictures.
pub(crate) fn list(images: &[&str]) -> String {
    let items: Vec<_> =
        images.iter().map(|image| serde_json::json!({"image": image, "title": "김치찌개 Kimchi stew"})).collect();
    serde_json::json!({ "items": items }).to_string()
}

pub(crate) fn net(gallery: &Gallery, names: &Arc<Names>) -> Net {
    let resolver = Arc::clone(names) as _;
    Net::with_roots(Vec::new(), resolver, vec![gallery.address()]).expect("a way out")
}

pub(crate) fn setup(options: &PhotoOptions, gallery: &Gallery) -> Setup {
    Setup::with_net(options, net(gallery, &Arc::default()))
}

/// What comes of asking the first of the sources.
pub(crate) async fn inspected(options: &PhotoOptions, gallery: &Gallery) -> Inspection {
    let setup = setup(options, gallery);
    let source = setup.sources().first().unwrap_or_else(|| panic!("{:?}", setup.idle)).clone();
    setup.inspect(&source, &kimchi_stew()).await
}

/// A door that nobody comes in by.
pub(crate) fn elsewhere() -> bapsang::chat::DoorKey {
    bapsang::chat::DoorKey("console:elsewhere".to_owned())
}

/// A picture with something to see on it.
pub(crate) fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |value: u32, length: u32| u8::try_from(value % length * 255 / length).unwrap_or_default();
        image::Rgb([wave(x, 97), wave(y, 61), wave(x + y, 143)])
    })
}

pub(crate) fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(scene(width, height), ImageFormat::Jpeg)
}

/// Lets photos be looked for at a source which has one picture, once the bell is rung; dishes wait for so long.
pub(crate) async fn late_photo(
    photos: &Photos,
    store: &Store,
    clock: Arc<dyn Clock>,
    budget: Duration,
) -> (Gallery, Arc<Notify>) {
    let (gallery, bell) = (Gallery::open().await, Arc::new(Notify::new()));
    gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(1600, 1200)).when(&bell));
    let item = serde_json::json!({
        "image": gallery.at("images.test", "/picture"),
        "author": "<b>미나</b> & co",
        "licence": "CC BY-SA 4.0",
        "page": "https://photos.example/a?b=1&c=\"2\"",
    });
    gallery.plan("/one/list", Plan::ok("application/json", serde_json::json!({ "items": [item] }).to_string()));
    let source = SourceOptions { untitled: true, ..plain_source("one", &gallery) };
    let options = PhotoOptions { budget, ..with_sources(vec![("one".to_owned(), source)]) };
    let setup = Setup::with_net(&options, net(&gallery, &Arc::default()));
    photos.seek_with(setup, Arc::new(store.clone()), clock).await;
    (gallery, bell)
}
