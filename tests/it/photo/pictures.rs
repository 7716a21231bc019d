//! What may come in place of a picture, fetched over real connections.

use std::io::{Cursor, Write};

use bapsang::photo::{Developed, develop};
use flate2::{Compression, write::ZlibEncoder};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::{Gallery, Plan, cases, encoded, inspected, jpeg, list, plain_source, scene, with_sources};

/// What becomes of a picture that is served in this way.
async fn served(plan: Plan) -> Result<Developed, String> {
    let gallery = Gallery::open().await;
    gallery.plan("/picture", plan);
    gallery.plan("/one/list", Plan::ok("application/json", list(&[&gallery.at("images.test", "/picture")])));
    let options = with_sources(vec![("one".to_owned(), plain_source("one", &gallery))]);
    let inspection = inspected(&options, &gallery).await;
    let picked = inspection.picked.into_iter().next().expect("it was fetched");
    picked.came.map_err(|reason| reason.to_string())
}

async fn of(kind: &str, bytes: impl Into<Vec<u8>>) -> Result<(u32, u32), String> {
    served(Plan::ok(kind, bytes)).await.map(|picture| picture.size)
}

/// The memory that this process holds, in megabytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1000
}

const NO_IMAGE: &str = "it is neither JPEG nor PNG nor WebP";

fn failed(reason: &str) -> Result<(u32, u32), String> {
    Err(reason.to_owned())
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(data);
    let length = u32::try_from(data.len()).expect("a short chunk");
    [&length.to_be_bytes()[..], kind, data, &sum.sum().to_be_bytes()].concat()
}

/// A PNG of true colours that says it has this size, with these chunks before its end.
fn png(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(b"IHDR", &header));
    bytes.extend(chunks.concat());
    bytes.extend(chunk(b"IEND", b""));
    bytes
}

/// So many megabytes of zeros, compressed.
fn zeros(megabytes: usize) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..megabytes {
        out.write_all(&vec![0; 1 << 20]).expect("memory");
    }
    out.finish().expect("memory")
}

#[tokio::test(flavor = "multi_thread")]
async fn case_1_a_page_that_says_it_is_a_jpeg_is_none() {
    assert_eq!(of("image/jpeg", "<!doctype html><h1>404</h1>").await, failed(NO_IMAGE));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_2_a_jpeg_is_one_whatever_its_server_says() {
    for kind in ["text/html", "application/octet-stream", ""] {
        assert_eq!(of(kind, jpeg(640, 480)).await, Ok((640, 480)), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_3_a_drawing_that_may_run_scripts_is_refused() {
    let svg = r#"<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
        <svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"><script>alert(1)</script>&x;</svg>"#;
    for kind in ["image/svg+xml", "image/png"] {
        assert_eq!(of(kind, svg).await, failed(NO_IMAGE), "{kind}");
    }
    for (start, kind) in [(&b"%PDF-1.7"[..], "image/jpeg"), (b"PK\x03\x04", "image/png"), (b"BM\x00\x00", "image/bmp")]
    {
        assert_eq!(of(kind, start).await, failed(NO_IMAGE), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_4_a_dot_that_counts_visitors_is_refused() {
    let dot = encoded(RgbImage::new(1, 1), ImageFormat::Png);
    assert_eq!(of("image/png", dot).await, failed("it is too small: 1×1"));
    assert_eq!(of("image/gif", &b"GIF89a\x01\x00\x01\x00\x80\x00\x00"[..]).await, failed(NO_IMAGE));
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_5_to_7_what_grows_in_memory_does_not_grow_in_ours() {
    let before = memory();
    let large = png(50_000, 50_000, &[chunk(b"IDAT", &zeros(1))]);
    assert_eq!(of("image/png", large).await, failed("it is too large: 50000×50000"));
    let lying = png(400, 400, &[chunk(b"IDAT", &zeros(300))]);
    assert!(of("image/png", lying).await.is_err());
    let text = [&b"Comment\0\0"[..], &zeros(1024)].concat();
    let commented = png(400, 400, &[chunk(b"zTXt", &text), chunk(b"IDAT", &zeros(1))]);
    assert!(of("image/png", commented).await.is_err(), "it is black");
    let grown = memory().saturating_sub(before);
    assert!(grown < 64, "{grown} MB more");
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_8_and_9_what_moves_is_refused() {
    let mut gif = b"GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff".to_vec();
    for _ in 0..10_000 {
        gif.extend(b"\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00");
    }
    assert_eq!(of("image/gif", gif).await, failed(NO_IMAGE));
    let mut webp = b"RIFF\x00\x01\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00".to_vec();
    webp.extend([0xff; 6]);
    assert_eq!(of("image/webp", webp).await, failed("it moves"));
    assert_eq!(
        of("image/webp", encoded(scene(640, 480), ImageFormat::WebP)).await,
        Ok((640, 480)),
        "a still one is fine"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_10_half_a_picture_is_refused_and_what_hangs_on_one_is_cut_off() {
    let whole = jpeg(640, 480);
    assert!(of("image/jpeg", &whole[..whole.len() / 2]).await.is_err());
    assert!(of("image/jpeg", &whole[..600.min(whole.len())]).await.is_err());
    let tail = [&whole[..], b"<script>alert(1)</script>", &[7; 5000]].concat();
    let picture = served(Plan::ok("image/jpeg", tail)).await.expect("it is whole");
    assert!(!picture.jpeg.windows(8).any(|window| window == b"<script>"));
}

/// The same JPEG with a note on how it was held: turned by a quarter.
fn turned(jpeg: &[u8]) -> Vec<u8> {
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_12_every_way_of_keeping_colours_becomes_eight_bits_of_three_upright() {
    assert_eq!(of("image/jpeg", turned(&jpeg(640, 400))).await, Ok((400, 640)), "it is turned upright");
    let sixteen = encoded(DynamicImage::ImageRgb8(scene(640, 480)).into_rgb16(), ImageFormat::Png);
    assert_eq!(of("image/png", sixteen).await, Ok((640, 480)));
    let grey = encoded(DynamicImage::ImageRgb8(scene(640, 480)).into_luma16(), ImageFormat::Png);
    assert_eq!(of("image/png", grey).await, Ok((640, 480)));
    let colours = scene(640, 480);
    let seen = RgbaImage::from_fn(640, 480, |x, y| {
        let Rgb([red, green, blue]) = *colours.get_pixel(x, y);
        Rgba([red, green, blue, if x < 160 { 0 } else { 255 }])
    });
    let picture = served(Plan::ok("image/png", encoded(seen, ImageFormat::Png))).await.expect("a picture");
    let flat = image::load_from_memory(&picture.jpeg).expect("a JPEG").into_rgb8();
    assert!(flat.get_pixel(40, 240).0.iter().all(|value| *value > 245), "what was transparent is white");
    let mut cmyk = Vec::new();
    let colours: Vec<u8> =
        scene(640, 480).pixels().flat_map(|Rgb([red, green, blue])| [*red, *green, *blue, 20]).collect();
    jpeg_encoder::Encoder::new(&mut cmyk, 90)
        .encode(&colours, 640, 480, jpeg_encoder::ColorType::Cmyk)
        .expect("a picture");
    assert_eq!(of("image/jpeg", cmyk).await, Ok((640, 480)));
    let mut palette = Vec::new();
    let mut writer = png_of_palette(&mut palette);
    let dots: Vec<u8> =
        (0..640_u32 * 480).map(|at| u8::try_from((at * 7 + at / 640 * 3) % 4).unwrap_or_default()).collect();
    writer.write_image_data(&dots).expect("a picture");
    writer.finish().expect("a picture");
    assert_eq!(of("image/png", palette).await, Ok((640, 480)));
}

fn png_of_palette(out: &mut Vec<u8>) -> png::Writer<&mut Vec<u8>> {
    let mut encoder = png::Encoder::new(out, 640, 480);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(vec![200, 30, 20, 240, 200, 90, 30, 90, 30, 10, 10, 10]);
    encoder.set_trns(vec![255, 128, 255, 0]);
    encoder.write_header().expect("a picture")
}

#[tokio::test(flavor = "multi_thread")]
async fn case_13_banners_and_columns_are_refused() {
    assert_eq!(of("image/jpeg", jpeg(350, 1000)).await, failed("its shape is that of no photo: 350×1000"));
    assert_eq!(
        of("image/png", encoded(scene(1000, 330), ImageFormat::Png)).await,
        failed("its shape is that of no photo: 1000×330")
    );
    assert_eq!(of("image/jpeg", jpeg(10_000, 200)).await, failed("it is too small: 10000×200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_14_a_surface_of_one_colour_is_refused() {
    let blank = "there is nothing to see on it";
    assert_eq!(
        of("image/jpeg", encoded(RgbImage::from_pixel(640, 480, Rgb([250, 250, 250])), ImageFormat::Jpeg)).await,
        failed(blank)
    );
    let words = RgbImage::from_fn(640, 480, |x, y| {
        Rgb(if (200..440).contains(&x) && (230..250).contains(&y) && x % 9 < 3 {
            [90, 90, 90]
        } else {
            [238, 238, 238]
        })
    });
    assert_eq!(of("image/png", encoded(words, ImageFormat::Png)).await, failed(blank), "a few letters on grey");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_small_plain_and_fits_every_platform() {
    let picture = served(Plan::ok("image/jpeg", turned(&jpeg(2400, 1800)))).await.expect("a picture");
    assert_eq!(picture.size, (960, 1280));
    assert!(picture.jpeg.starts_with(&[0xff, 0xd8]) && picture.jpeg.len() < 1_000_000);
    assert!(!picture.jpeg.windows(4).any(|window| window == b"Exif"), "nothing of its story is kept");
}

fn sample(kind: usize) -> Vec<u8> {
    match kind {
        0 => jpeg(400, 330),
        1 => encoded(scene(400, 330), ImageFormat::Png),
        2 => encoded(scene(400, 330), ImageFormat::WebP),
        _ => turned(&jpeg(400, 330)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(256), ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_changed_in_a_picture_it_is_one_of_ours_or_refused(
        kind in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = sample(kind);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(Developed { jpeg, size: (width, height) }) = develop(&bytes) {
            prop_assert!(width.max(height) <= 1280 && width + height <= 10_000 && jpeg.len() <= 10_000_000);
            let ours = image::ImageReader::with_format(Cursor::new(&jpeg), ImageFormat::Jpeg).into_dimensions();
            prop_assert_eq!(ours.expect("a JPEG"), (width, height));
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(start in 0_usize..5, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let starts: [&[u8]; 5] = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"RIFF\x40\0\0\0WEBPVP8L"];
        let _ = develop(&[starts[start], &bytes].concat());
    }
}
