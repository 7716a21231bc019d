//! Pictures, whatever their bytes are (see [`crate::fuzzing`]).

use std::io::Cursor;

use image::ImageReader;

use super::develop::{LONGEST_SIDE, MOST_PIXELS, develop};

/// A larger picture goes the same way and takes a second, so it is left out where it would be decoded.
const CHEAP: u64 = 500_000;

/// Bytes that are a picture of ours afterwards, or not taken.
pub(crate) fn picture(bytes: &[u8]) {
    let pixels = size(bytes).map_or(0, |(width, height)| u64::from(width) * u64::from(height));
    if pixels > CHEAP && pixels <= MOST_PIXELS {
        return;
    }
    let Ok(developed) = develop(bytes) else { return };
    let (width, height) = developed.size;
    assert!(width > 0 && height > 0 && width.max(height) <= LONGEST_SIDE, "{width}×{height}");
    assert!(
        developed.jpeg.starts_with(&[0xff, 0xd8]) && developed.jpeg.ends_with(&[0xff, 0xd9]),
        "it is no whole JPEG"
    );
    assert_eq!(size(&developed.jpeg), Some(developed.size));
}

/// What a picture says of its size. Where a decoder panics at that, it says nothing; `develop` lives with it as well.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let said = std::panic::catch_unwind(|| {
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_dimensions().ok()
    });
    said.ok().flatten()
}
