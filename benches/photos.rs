//! What the search for a photo takes: `cargo bench --bench photos`.
//!
//! A server on this machine lists one picture of twelve megapixels for every dish, over real HTTP; what is measured goes from
//! the name of a dish to the file on the disk and the notes in a SQLite database, as in an order.

#[path = "../tests/it/photo/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bapsang::{
    clock::System,
    dish::Names,
    photo::{Fonts, PhotoOptions, Photos, Setup, source::FieldName},
    settings::{Settings, Surroundings},
    store::{Options, Store, StoreUrl},
};
use server::{Gallery, Plan};

const ROUNDS: usize = 20;

/// How long a model takes, and when it says the name.
const MODEL: Duration = Duration::from_millis(2000);
const NAMED: Duration = Duration::from_millis(300);

fn say(line: &str) {
    // Cargo shows what a benchmark writes.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A picture as cameras take them.
fn picture() -> Vec<u8> {
    let scene = image::RgbImage::from_fn(4000, 3000, |x, y| {
        let wave = |value: u32, length: u32| u8::try_from(value % length * 255 / length).unwrap_or_default();
        image::Rgb([wave(x, 970), wave(y, 610), wave(x + y, 1430)])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    scene.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a picture");
    bytes.into_inner()
}

/// The settings as they are shipped, with this server as the one source.
fn options(gallery: &Gallery) -> PhotoOptions {
    let settings = Settings::load(Path::new("/nowhere"), None, &Surroundings::with(&[])).expect("the manual");
    let mut source = settings.photos.sources.iter().find(|(name, _)| name == "commons").expect("a source").1.clone();
    source.url = format!("http://{}/list?q={{en}}", gallery.address());
    "$.items[*]".clone_into(&mut source.rows);
    source.expects = vec!["$.items".to_owned()];
    (source.untitled, source.per_minute, source.per_minute_with_contact) = (true, 0, None);
    source.fields = BTreeMap::from([(FieldName::Image, vec!["$.image".to_owned()])]);
    PhotoOptions {
        sources: vec![("bench".to_owned(), source)],
        allow: vec![gallery.address()],
        budget: Duration::from_secs(60),
        ..settings.photos
    }
}

async fn photos(gallery: &Gallery, folder: &Path) -> Photos {
    let url = StoreUrl::parse(&format!("sqlite:{}", folder.join("bapsang.db").display()).into()).expect("an address");
    let store = Store::open(&url, &Options::default()).await.expect("a database");
    let photos = Photos::with_fonts(folder.join("media"), Fonts::none());
    photos.seek_with(Setup::new(&options(gallery)).expect("a way out"), Arc::new(store), Arc::new(System)).await;
    photos
}

/// Kilobytes of this process, by the name of a line.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|known| known.starts_with(line)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn names(number: usize) -> Names {
    Names { ko: format!("요리 {number}"), en: format!("dish {number}") }
}

async fn found(photos: &Photos, number: usize) -> Duration {
    let started = Instant::now();
    let mut hunt = photos.seek(&names(number)).expect("a search");
    assert!(hunt.in_time().await.is_some(), "no photo");
    started.elapsed()
}

fn at(mut took: Vec<Duration>, part: usize) -> f64 {
    took.sort_unstable();
    took[(took.len() - 1) * part / 100].as_secs_f64() * 1000.0
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let gallery = Gallery::open().await;
        let picture = picture();
        say(&format!("a picture of 4000×3000 pixels, {} KB", picture.len() / 1000));
        gallery.plan("/picture", Plan::ok("image/jpeg", picture.clone()));
        let list = format!("{{\"items\": [{{\"image\": \"http://{}/picture\"}}]}}", gallery.address());
        gallery.plan("/list", Plan::ok("application/json", list));
        let folder = tempfile::tempdir().expect("a folder");
        let photos = Arc::new(photos(&gallery, folder.path()).await);
        let mut number = 0..;
        let mut next = || number.next().unwrap_or_default();

        let started = Instant::now();
        for _ in 0..ROUNDS {
            assert!(bapsang::photo::develop(&picture).is_ok());
        }
        say(&format!("decoding, scaling, encoding alone: {:.1} ms", started.elapsed().as_secs_f64() * 50.0));

        found(&photos, next()).await;
        let before = memory("VmRSS");
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            took.push(found(&photos, next()).await);
        }
        say(&format!(
            "one dish: median {:.1} ms, slowest {:.1} ms; {} MB, at most {} MB",
            at(took.clone(), 50),
            at(took, 100),
            before / 1000,
            memory("VmHWM") / 1000
        ));

        let (started, mut searching) = (Instant::now(), tokio::task::JoinSet::new());
        for _ in 0..50 {
            let (photos, number) = (Arc::clone(&photos), next());
            searching.spawn(async move { found(&photos, number).await });
        }
        let took = searching.join_all().await;
        say(&format!(
            "fifty dishes at once: all after {:.0} ms, median {:.0} ms; at most {} MB",
            started.elapsed().as_secs_f64() * 1000.0,
            at(took, 50),
            memory("VmHWM") / 1000
        ));

        let mut over = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            tokio::time::sleep(NAMED).await;
            let mut hunt = photos.seek(&names(next())).expect("a search");
            tokio::time::sleep(MODEL.saturating_sub(NAMED)).await;
            assert!(hunt.in_time().await.is_some(), "no photo");
            over.push(started.elapsed().saturating_sub(MODEL));
        }
        say(&format!(
            "beside a model of {MODEL:?}: {:.1} ms more, {:.1} ms at most",
            at(over.clone(), 50),
            at(over, 100)
        ));

        let mut again = Vec::new();
        for _ in 0..100 {
            again.push(found(&photos, 1).await);
        }
        say(&format!("a dish whose photo is remembered: {:.1} ms", at(again, 50)));
    });
}
