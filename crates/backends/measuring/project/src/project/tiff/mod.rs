//! TIFF files as measuring rooms write them: grey and palette of any depth, signed and floating point, Lab, CMYK, YCbCr,
//! in strips, tiles or planes, packed in a dozen ways.
//!
//! The library for such files reads their directories (`tags`); it refuses or gives up on most of the kinds above, and
//! fills memory with the whole image. Here an image goes through strip by strip: each is unpacked by the library for its
//! packing (`codec`, `fax`, `jpeg`), its rows become numbers (`rows`), and those the small picture (`grid`) that stays.
//!
//! Promises: the picture is the first full page, never a preview, and a camera raw file is refused by its name; nothing
//! is allocated before the header was found to be within the limit, and then one strip or tile at a time; a kind that is
//! not read is named. Called by `decode`.

mod codec;
mod fax;
mod grid;
mod jpeg;
mod layout;
mod rows;
#[cfg(test)]
pub(super) mod tests;

use super::exif::{self, Exif};
use super::raw;
use super::tags::Tags;
use grid::Grid;
use image::DynamicImage;
use layout::Layout;
use tieline_model::Safe;
use tiff::Directory;

/// The most directories of a file that are looked at; the pages behind them are not needed for the first.
const DIRECTORIES: usize = 64;
/// So many pixels of a row at a time; a multiple of 8, so that each part begins with a whole byte.
const PART: usize = 4096;
/// What a file is that ends too early.
const CUT: &str = "it is cut short, or damaged";

/// A TIFF file's picture.
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bits: u8,
    pub(super) exif: Exif,
    /// As it is stored, not turned yet.
    pub(super) small: DynamicImage,
}

/// Whether a file begins as TIFF files do.
pub(super) fn is_tiff(bytes: &[u8]) -> bool {
    matches!(bytes.first_chunk::<4>(), Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+"))
}

/// Decodes the whole picture, of which a small one with a side of at most `side` stays. Unpacked, it may have `most` bytes.
pub(super) fn look(bytes: &[u8], most: u64, side: u32) -> Result<Picture, Safe> {
    let damaged = || Safe::from("its header cannot be read");
    let mut tags = Tags::of(bytes).ok_or_else(damaged)?;
    let pages = Pages::of(&mut tags);
    let first = pages.main.first().ok_or_else(damaged)?;
    let all: Vec<&Directory> = pages.main.iter().chain(&pages.below).collect();
    if let Some(refused) = raw::camera_raw_tiff(&mut tags, &all) {
        return Err(refused);
    }
    let page = pages.picture(&mut tags).ok_or("it holds previews only, and no full picture")?;
    let layout = Layout::read(&mut tags, page, bytes.len() as u64, most)?;
    let exif = exif::of_directories(&mut tags, &[page, first]);
    drop(tags);
    let grid = Grid::new((layout.width, layout.height), side, layout.channels());
    let small = fill(bytes, &layout, grid)?.picture(&layout);
    Ok(Picture { width: layout.width, height: layout.height, bits: layout.bits, exif, small })
}

/// Unpacks one strip or tile after the other.
fn fill(bytes: &[u8], layout: &Layout, mut grid: Grid) -> Result<Grid, Safe> {
    let tables = jpeg::Tables::of(bytes, layout)?;
    let mut samples = Vec::new();
    for plane in 0..layout.planes() {
        for (number, (x, y, width, height)) in layout.chunks().enumerate() {
            let index = plane * layout.chunks_a_plane() + number;
            let chunk = codec::unpack(bytes, layout, index, (width, height), &tables)?;
            let inside = (width.min(layout.width - x) as usize, height.min(layout.height - y));
            for row in 0..inside.1 {
                let row_bytes = chunk.row(row as usize).ok_or(CUT)?;
                // A row may be very long; its numbers take more memory than its bytes.
                for from in (0..inside.0).step_by(PART) {
                    let part = (from, PART.min(inside.0 - from));
                    rows::samples(row_bytes, layout, &chunk, part, &mut samples).ok_or(CUT)?;
                    grid.add(x + from as u32, y + row, layout, plane, &samples, chunk.samples);
                }
            }
        }
    }
    Ok(grid)
}

/// A file's directories.
struct Pages {
    /// One after the other.
    main: Vec<Directory>,
    /// What the first of them says lies below it.
    below: Vec<Directory>,
}

impl Pages {
    fn of(tags: &mut Tags<'_>) -> Pages {
        let (mut main, mut below, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        let mut next = Some(tags.first);
        while let Some(at) = next.filter(|at| main.len() < DIRECTORIES && !seen.contains(at)) {
            seen.push(at);
            let Some(directory) = tags.directory(at) else { break };
            next = directory.next();
            // Where the full picture lies below its preview, it is the first page's.
            for at in tags.pointers(&directory, 330, DIRECTORIES as u64) {
                if below.len() < DIRECTORIES && !seen.contains(&at) {
                    seen.push(at);
                    below.extend(tags.directory(at));
                }
            }
            main.push(directory);
        }
        Pages { main, below }
    }

    /// The first full page.
    fn picture(&self, tags: &mut Tags<'_>) -> Option<&Directory> {
        let mut is_full = |one: &Directory| {
            // A preview, or a mask; older programs said it with another tag.
            let kind = tags.number(one, 254).unwrap_or(0);
            let is_preview = kind & 0b101 != 0 || tags.number(one, 255) == Some(2);
            !is_preview && tags.number(one, 256).is_some()
        };
        let first = self.main.first().filter(|one| is_full(one));
        let below = || self.below.iter();
        first.or_else(|| below().find(|one| is_full(one))).or_else(|| self.main.iter().find(|one| is_full(one)))
    }
}
