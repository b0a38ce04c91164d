//! What the decoders do not tell about a JPEG: whether it is whole, and its picture at a fraction of
//! its size.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

const START: [u8; 2] = [0xff, 0xd8];

/// Markers that matter here.
mod marker {
    pub(super) const DHT: u8 = 0xc4;
    pub(super) const JPG: u8 = 0xc8;
    pub(super) const DAC: u8 = 0xcc;
    pub(super) const END: u8 = 0xd9;
    pub(super) const SCAN: u8 = 0xda;
    pub(super) const ADOBE: u8 = 0xee;
}

/// Whether the bytes are those of a JPEG.
pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&START)
}

/// What the segments of a JPEG say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Width and height.
    pub(super) size: (u16, u16),
    /// Identifiers of the components.
    components: Vec<u8>,
    /// How many times coarser than the picture its coarsest component is stored, across and down.
    coarseness: (u32, u32),
    /// Adobe's colour transform, if given.
    adobe: Option<u8>,
    /// Whether a scan began.
    scan: bool,
    /// Whether the end marker follows the scans. Decoders fill what is missing of a truncated JPEG
    /// with grey, and such a picture must not be stored as a pattern.
    pub(super) ends: bool,
}

impl Header {
    /// Walks the segments as decoders do: bytes that belong to none are skipped up to the next
    /// marker, and so is what follows the end. An embedded thumbnail, with an end marker of its own,
    /// lies inside a segment.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut header = Self::default();
        let mut at = START.len();
        while let Some(found) = next_marker(bytes, at) {
            let (marker, after) = found;
            at = after;
            match marker {
                marker::END => {
                    header.ends = header.scan;
                    break;
                }
                // Restarts, a second start and TEM stand alone.
                0xd0..=0xd8 | 0x01 => continue,
                // Reserved. In the data of a scan it can only be damage, and nothing is known of
                // its length.
                0x02..=0xbf | 0xf0..=0xfd => continue,
                _ => {}
            }
            let Some(&[high, low]) = bytes.get(at..at + 2) else {
                break;
            };
            // The length counts itself.
            let length = usize::from(u16::from_be_bytes([high, low])).max(2);
            let Some(content) = bytes.get(at + 2..at + length) else {
                break;
            };
            header.segment(marker, content);
            at += length;
        }
        header
    }

    fn segment(&mut self, marker: u8, content: &[u8]) {
        match (marker, content) {
            (marker::SCAN, _) => self.scan = true,
            (
                marker::ADOBE,
                [
                    b'A',
                    b'd',
                    b'o',
                    b'b',
                    b'e',
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    transform,
                    ..,
                ],
            ) => {
                self.adobe = Some(*transform);
            }
            (marker::DHT | marker::JPG | marker::DAC, _) => {}
            // A frame: precision, height, width, number of components, three bytes for each.
            (0xc0..=0xcf, [_, h1, h0, w1, w0, _, components @ ..]) => {
                self.size = (
                    u16::from_be_bytes([*w1, *w0]),
                    u16::from_be_bytes([*h1, *h0]),
                );
                let components = components.chunks_exact(3);
                self.components = components.clone().map(|c| c[0]).collect();
                let coarseness = |factor: fn(u8) -> u8| {
                    let factors = components.clone().map(|c| u32::from(factor(c[1])).max(1));
                    let most = factors.clone().max().unwrap_or(1);
                    most.div_ceil(factors.min().unwrap_or(1))
                };
                self.coarseness = (coarseness(|both| both >> 4), coarseness(|both| both & 15));
            }
            _ => {}
        }
    }

    /// The colours, where all decoders agree on them.
    fn colours(&self) -> Option<ColorTransform> {
        match (&self.components[..], self.adobe) {
            ([_], _) => Some(ColorTransform::Grayscale),
            ([1, 2, 3], None | Some(1)) => Some(ColorTransform::YCbCr),
            _ => None,
        }
    }

    /// Decodes at 1/8, 1/4 or 1/2 of the size: the smallest of which each component is stored with at
    /// least `wanted` values (across and down). The decoder leaves out the fine detail of each block of 8 x 8 instead of computing
    /// and averaging it. `None` if that is no smaller, or not possible for such a JPEG.
    pub(super) fn reduced(&self, bytes: &[u8], wanted: (u32, u32)) -> Option<DynamicImage> {
        let colours = self.colours()?;
        let scaled = |side: u16, eighths: u32| (u32::from(side) * eighths).div_ceil(8);
        let (width, height) = [1, 2, 4]
            .map(|eighths| (scaled(self.size.0, eighths), scaled(self.size.1, eighths)))
            .into_iter()
            .find(|&(width, height)| {
                width / self.coarseness.0 >= wanted.0 && height / self.coarseness.1 >= wanted.1
            })?;
        let mut decoder = Decoder::new(bytes);
        decoder.set_color_transform(colours);
        // Sides of a JPEG are below 2^16.
        let size = decoder.scale(width as u16, height as u16).ok()?;
        if (u32::from(size.0), u32::from(size.1)) != (width, height) {
            return None;
        }
        let pixels = decoder.decode().ok()?;
        match decoder.info()?.pixel_format {
            PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(Into::into),
            PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(Into::into),
            _ => None,
        }
    }
}

/// The marker at or after `at`, and where it ends. 0xff may be repeated before it; followed by 0 it
/// is a byte of data.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        at += bytes[at..].iter().position(|&byte| byte != 0xff)?;
        if bytes[at] != 0 {
            return Some((bytes[at], at + 1));
        }
    }
}
