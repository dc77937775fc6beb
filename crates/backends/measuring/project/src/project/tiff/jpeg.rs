//! Strips and tiles that are JPEG or WebP images of their own, and the old way of JPEG in TIFF, whose parts lie about.
//!
//! Promises: an image inside is not larger than the strip or tile that it fills; its colours are left as they are, since
//! the directory says what they mean. Called by `codec`.

use super::CUT;
use super::codec::Chunk;
use super::layout::{Colour, Layout, Packing};
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder};
use std::borrow::Cow;
use std::io::Cursor;
use tieline_model::Safe;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What JPEG strips need besides themselves.
pub(super) enum Tables {
    /// Nothing, or the tables that all of them share.
    Shared(Vec<u8>),
    /// It is one image, unpacked already.
    Whole(Chunk<'static>),
}

impl Tables {
    /// Of a file's picture.
    pub(super) fn of(file: &[u8], layout: &Layout) -> Result<Tables, Safe> {
        if layout.packing != Packing::OldJpeg {
            let tables = layout.jpeg_tables.as_deref().unwrap_or_default();
            return Ok(Tables::Shared(tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables).to_vec()));
        }
        let unread = || Safe::from("TIFF with old JPEG compression of that kind is not read");
        if layout.is_planar || layout.chunk.0 != layout.width {
            return Err(unread());
        }
        let mut stream = old(file, layout).ok_or_else(unread)?;
        // The decoder leaves the last blocks grey when the end mark is missing, as it is in strips.
        if !stream.ends_with(&[0xFF, 0xD9]) {
            stream.extend([0xFF, 0xD9]);
        }
        let chunk = decoded(&stream, layout, (layout.width, layout.height), layout.height)?;
        Ok(Tables::Whole(chunk))
    }
}

/// One strip or tile.
pub(super) fn unpack<'a>(
    packed: &[u8],
    layout: &Layout,
    measures: (u32, u32),
    tables: &Tables,
) -> Result<Chunk<'a>, Safe> {
    let stream = match tables {
        Tables::Shared(tables) if !tables.is_empty() => [tables, packed.get(2..).unwrap_or_default()].concat(),
        _ => packed.to_vec(),
    };
    decoded(&stream, layout, measures, layout.chunk.1)
}

fn decoded(stream: &[u8], layout: &Layout, (width, height): (u32, u32), most: u32) -> Result<Chunk<'static>, Safe> {
    let unread = || Safe::from("TIFF with JPEG compression of that kind is not read, or it is damaged");
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(1 << 16).set_max_height(1 << 16);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), options);
    decoder.decode_headers().map_err(|_| unread())?;
    let (wide, high) = decoder.dimensions().ok_or_else(unread)?;
    // The last strip may be as high as the others.
    if wide != width as usize || high < height as usize || high > (most as usize).max(height as usize) {
        return Err(CUT.into());
    }
    let colours = decoder.input_colorspace().ok_or_else(unread)?;
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let bytes = decoder.decode().map_err(|_| unread())?;
    let samples = colours.num_components();
    if samples != layout.together() || bytes.len() < wide * high * samples {
        return Err(unread());
    }
    Ok(Chunk { bytes: Cow::Owned(bytes), row_bytes: wide * samples, samples, bits: 8 })
}

/// A strip or tile that is a WebP image.
pub(super) fn unpack_webp<'a>(packed: &[u8], layout: &Layout, (width, height): (u32, u32)) -> Result<Chunk<'a>, Safe> {
    let decoder = WebPDecoder::new(Cursor::new(packed)).map_err(|_| CUT)?;
    if decoder.dimensions() != (width, height) {
        return Err(CUT.into());
    }
    let image = DynamicImage::from_decoder(decoder).map_err(|_| CUT)?;
    let bytes = match layout.together() {
        3 => image.into_rgb8().into_raw(),
        4 => image.into_rgba8().into_raw(),
        _ => return Err("TIFF with WebP compression of anything but colours is not read".into()),
    };
    let samples = layout.together();
    Ok(Chunk { bytes: Cow::Owned(bytes), row_bytes: width as usize * samples, samples, bits: 8 })
}

/// An old JPEG as one stream: as it lies there, or put together from its tables and strips.
fn old(file: &[u8], layout: &Layout) -> Option<Vec<u8>> {
    let part = |from: u64, length: u64| {
        let (from, length) = (usize::try_from(from).ok()?, usize::try_from(length).ok()?);
        if length == 0 { file.get(from..) } else { file.get(from..from.checked_add(length)?) }
    };
    let mut strips = Vec::new();
    for (at, offset) in layout.offsets.iter().take(layout.chunks_a_plane()).enumerate() {
        strips.push(part(*offset, layout.counts.get(at).copied().unwrap_or(0))?);
    }
    let is_jpeg = |bytes: &[u8]| bytes.starts_with(&[0xFF, 0xD8]);
    if let Some((from, length)) = layout.old_jpeg.stream {
        let stream = part(from, length).filter(|stream| is_jpeg(stream))?;
        if has_scan(stream) || strips.is_empty() {
            return Some(stream.to_vec());
        }
        // Its head only: the pixels are in the strips.
        let head = stream.strip_suffix(&[0xFF, 0xD9]).unwrap_or(stream);
        return Some([head, &strips.concat()].concat());
    }
    if let [only] = strips[..]
        && is_jpeg(only)
    {
        return Some(only.to_vec());
    }
    put_together(file, layout, &strips)
}

/// Whether the pixels begin in it.
fn has_scan(stream: &[u8]) -> bool {
    let mut rest = stream.get(2..).unwrap_or_default();
    while let [0xFF, mark, a, b, ..] = *rest {
        if mark == 0xDA {
            return true;
        }
        rest = rest.get(2 + usize::from(u16::from_be_bytes([a, b]))..).unwrap_or_default();
    }
    false
}

fn put_together(file: &[u8], layout: &Layout, strips: &[&[u8]]) -> Option<Vec<u8>> {
    let count = layout.samples.min(4);
    let segment = |mark: u8, content: &[u8]| -> Option<Vec<u8>> {
        let length = u16::try_from(content.len() + 2).ok()?.to_be_bytes();
        Some([&[0xFF, mark], &length[..], content].concat())
    };
    let [quantisation, direct, alternating] = &layout.old_jpeg.tables;
    let at = |from: u64, length: usize| {
        let from = usize::try_from(from).ok()?;
        file.get(from..from.checked_add(length)?)
    };
    let mut stream = vec![0xFF, 0xD8];
    for number in 0..count {
        let which = number as u8;
        let table = at(*quantisation.get(number)?, 64)?;
        stream.extend(segment(0xDB, &[&[which], table].concat())?);
        for (kind, places) in [(0x00, direct), (0x10, alternating)] {
            let place = *places.get(number)?;
            let lengths = at(place, 16)?;
            let codes = at(place + 16, lengths.iter().map(|length| usize::from(*length)).sum())?;
            stream.extend(segment(0xC4, &[&[kind | which], lengths, codes].concat())?);
        }
    }
    let (across, down) = match layout.colour {
        Colour::YCbCr(across, down) => (across, down),
        _ => (1, 1),
    };
    let (height, width) = (u16::try_from(layout.height).ok()?, u16::try_from(layout.width).ok()?);
    let mut frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[count as u8]].concat();
    let mut scan = vec![count as u8];
    for which in 0..count as u8 {
        let shared = if which == 0 { (across as u8) << 4 | down as u8 } else { 0x11 };
        frame.extend([which + 1, shared, which]);
        scan.extend([which + 1, which << 4 | which]);
    }
    scan.extend([0, 63, 0]);
    stream.extend(segment(0xC0, &frame)?);
    // Each strip begins anew; so do parts of one, when the file says so.
    let blocks = layout.width.div_ceil(8 * across) * layout.chunk.1.div_ceil(8 * down);
    let restart = if strips.len() > 1 { u64::from(blocks) } else { layout.old_jpeg.restart };
    if restart > 0 {
        stream.extend(segment(0xDD, &u16::try_from(restart).ok()?.to_be_bytes())?);
    }
    stream.extend(segment(0xDA, &scan)?);
    for (number, strip) in strips.iter().enumerate() {
        if number > 0 {
            stream.extend([0xFF, 0xD0 + (number as u8 - 1) % 8]);
        }
        stream.extend_from_slice(strip);
    }
    stream.extend([0xFF, 0xD9]);
    Some(stream)
}
