//! From bytes that a stranger sent to a JPEG of our own, or to the reason why not.
//!
//! What the bytes say of themselves decides, not what a server says of them. Nothing is decoded before it was measured.

use std::{io::Cursor, panic::AssertUnwindSafe};

use fast_image_resize::{IntoImageView, ResizeAlg, ResizeOptions, Resizer};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};

/// The longest side of what is kept, in pixels; so is that of a card.
pub(super) const LONGEST_SIDE: u32 = 1280;

const QUALITY: u8 = 85;

/// What is fetched, in bytes.
pub(super) const MOST_BYTES: usize = 8_000_000;

/// The shorter side, the longer side and all pixels of what is taken.
const LEAST_SIDE: u32 = 320;
const MOST_SIDE: u32 = 12_000;
pub(super) const MOST_PIXELS: u64 = 25_000_000;

/// Width by height of what is taken.
const NARROWEST: f64 = 0.5;
const WIDEST: f64 = 2.4;

/// Twice what the most pixels take with sixteen bits of four colours.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

/// How far the brightness of a picture has to vary, of 255; a surface of one colour, such as "no image available", does not.
const LEAST_CONTRAST: f64 = 8.0;

/// A picture whose most frequent colour covers more than this is a drawing or an empty surface.
const MOST_OF_ONE: f64 = 0.9;

/// Why a picture is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Neither JPEG nor PNG nor WebP.
    #[error("it is neither JPEG nor PNG nor WebP")]
    NotAnImage,
    /// Too small to look at.
    #[error("it is too small: {0}×{1}")]
    TooSmall(u32, u32),
    /// Too large to decode.
    #[error("it is too large: {0}×{1}")]
    TooLarge(u32, u32),
    /// A banner or a column.
    #[error("its shape is that of no photo: {0}×{1}")]
    Shape(u32, u32),
    /// It moves.
    #[error("it moves")]
    Moving,
    /// It cannot be decoded.
    #[error("it cannot be decoded")]
    Broken,
    /// There is nothing to see.
    #[error("there is nothing to see on it")]
    Blank,
}

/// A picture of ours.
#[derive(Debug, Clone)]
pub struct Developed {
    /// A JPEG without metadata.
    pub jpeg: Vec<u8>,
    /// Its size in pixels.
    pub size: (u32, u32),
}

/// Makes a picture of ours of what came. Takes a core for a while and up to some hundred megabytes, so it has a thread of its
/// own; a panic of a decoder counts as a picture that cannot be decoded.
pub fn develop(bytes: &[u8]) -> Result<Developed, Unfit> {
    contained(|| try_to_develop(bytes))
}

/// A panic of a decoder stays here.
fn contained<T>(decode: impl FnOnce() -> Result<T, Unfit>) -> Result<T, Unfit> {
    std::panic::catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(Unfit::Broken))
}

fn try_to_develop(bytes: &[u8]) -> Result<Developed, Unfit> {
    let format = image::guess_format(bytes).ok();
    let format = format.filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP));
    let format = format.ok_or(Unfit::NotAnImage)?;
    if format == ImageFormat::Jpeg && !is_whole(bytes) {
        return Err(Unfit::Broken);
    }
    if format == ImageFormat::WebP && moves(bytes) {
        return Err(Unfit::Moving);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let (width, height) =
        ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(|_| Unfit::Broken)?;
    if width > MOST_SIDE || height > MOST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Unfit::TooLarge(width, height));
    }
    measure(width, height)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Unfit::Broken)?;
    if decoder.total_bytes() > MOST_MEMORY {
        return Err(Unfit::TooLarge(width, height));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let whole = DynamicImage::from_decoder(decoder).map_err(|_| Unfit::Broken)?;
    let mut picture = DynamicImage::ImageRgb8(smaller(on_white(whole))?);
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    if is_blank(&picture) {
        return Err(Unfit::Blank);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&picture).map_err(|_| Unfit::Broken)?;
    Ok(Developed { jpeg, size: picture.dimensions() })
}

/// Whether a picture of this size could be taken, as far as its size goes. What is too large may still be served smaller.
pub(super) fn measure(width: u32, height: u32) -> Result<(), Unfit> {
    if width.min(height) < LEAST_SIDE {
        return Err(Unfit::TooSmall(width, height));
    }
    let aspect = f64::from(width) / f64::from(height);
    if !(NARROWEST..=WIDEST).contains(&aspect) {
        return Err(Unfit::Shape(width, height));
    }
    Ok(())
}

/// Whether a JPEG ends (ITU-T T.81, B.1.1.3: EOI after the last SOS); the decoder paints what is missing grey.
fn is_whole(bytes: &[u8]) -> bool {
    let scan = memchr::memmem::rfind(bytes, &[0xff, 0xda]);
    scan.is_some_and(|scan| memchr::memmem::find(&bytes[scan..], &[0xff, 0xd9]).is_some())
}

/// Whether a WebP is an animation (RFC 9649, 2.7: the flag of its extended header).
fn moves(bytes: &[u8]) -> bool {
    bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 0b10 != 0)
}

/// Eight bits of three colours; what was transparent is white.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let seen = picture.into_rgba8();
    let mut flat = RgbImage::new(seen.width(), seen.height());
    for (to, from) in flat.pixels_mut().zip(seen.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let mixed = |colour: u32| u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        to.0 = [mixed(red), mixed(green), mixed(blue)];
    }
    flat
}

/// No side is longer than [`LONGEST_SIDE`].
fn smaller(picture: RgbImage) -> Result<RgbImage, Unfit> {
    let longest = picture.width().max(picture.height());
    if longest <= LONGEST_SIDE {
        return Ok(picture);
    }
    let scaled = |side: u32| {
        let scaled = u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(LONGEST_SIDE).max(1)
    };
    let (width, height) = (scaled(picture.width()), scaled(picture.height()));
    let from = DynamicImage::ImageRgb8(picture);
    let pixels = from.pixel_type().ok_or(Unfit::Broken)?;
    let mut to = fast_image_resize::images::Image::new(width, height, pixels);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(fast_image_resize::FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut to, &options).map_err(|_| Unfit::Broken)?;
    RgbImage::from_raw(width, height, to.into_vec()).ok_or(Unfit::Broken)
}

/// A surface of one colour, however finely it is grained, or a few letters on one.
fn is_blank(picture: &RgbImage) -> bool {
    let (mut count, mut sum, mut squares, mut colours) = (0.0, 0.0, 0.0, [0_u32; 4096]);
    for pixel in picture.pixels().step_by(7) {
        let [red, green, blue] = pixel.0;
        let brightness = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
        (count, sum, squares) = (count + 1.0, sum + brightness, squares + brightness * brightness);
        let colour = usize::from(red >> 4) << 8 | usize::from(green >> 4) << 4 | usize::from(blue >> 4);
        if let Some(seen) = colours.get_mut(colour) {
            *seen += 1;
        }
    }
    let most = f64::from(colours.iter().copied().max().unwrap_or_default());
    let contrast = (squares / count - (sum / count).powi(2)).max(0.0).sqrt();
    contrast < LEAST_CONTRAST || most > MOST_OF_ONE * count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_has_not_decoded() {
        assert_eq!(contained(|| -> Result<(), _> { panic!("a corrupt table") }), Err(Unfit::Broken));
    }
}
