//! What a TIFF directory says of its picture: measures, what its numbers mean, how they are packed, where they lie.
//!
//! Promises: what was read is consistent and within the limit, so that nobody behind this asks again; a kind that is not
//! read is refused by its name. Called by `look`.

use super::super::tags::Tags;
use super::CUT;
use tieline_model::{Safe, safe};
use tiff::Directory;

/// The most strips or tiles.
const CHUNKS: u64 = 2_000_000;
/// The most samples of a pixel.
const SAMPLES: u64 = 64;

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    Unsigned,
    Signed,
    Float,
}

/// What they mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Colour {
    /// Grey; `true`: 0 is white.
    Grey(bool),
    Rgb,
    /// Red, green and blue of each number, of 65535.
    Palette(Vec<[u16; 3]>),
    Cmyk,
    /// With how many columns and rows share one colour.
    YCbCr(u32, u32),
    /// `true`: a and b are signed.
    Lab(bool),
}

/// How they are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    /// 2, 3 or 4.
    Fax(u8),
    Lzw,
    OldJpeg,
    Jpeg,
    Deflate,
    PackBits,
    Lzma,
    Zstd,
    WebP,
}

/// Kinds of packing that are known by name and not read.
const UNREAD: [(u64, &str); 20] = [
    (9, "JBIG"),
    (10, "JBIG"),
    (32766, "NeXT"),
    (32771, "CCITT RLE (word-aligned)"),
    (32809, "ThunderScan"),
    (32908, "PixarFilm"),
    (32909, "PixarLog"),
    (32947, "DCS"),
    (33003, "JPEG 2000"),
    (33004, "JPEG 2000"),
    (33005, "JPEG 2000"),
    (34661, "JBIG"),
    (34676, "SGILog"),
    (34677, "SGILog24"),
    (34712, "JPEG 2000"),
    (34887, "LERC"),
    (34892, "lossy JPEG"),
    (34933, "PNG"),
    (34934, "JPEG XR"),
    (50002, "JPEG XL"),
];

/// A picture's layout.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Of one sample.
    pub(super) bits: u8,
    /// Of one pixel.
    pub(super) samples: usize,
    pub(super) numbers: Numbers,
    pub(super) colour: Colour,
    /// Which sample says how much is seen of a pixel.
    pub(super) alpha: Option<usize>,
    pub(super) packing: Packing,
    /// 1: none, 2: differences, 3: differences of floating point.
    pub(super) predictor: u64,
    /// Each sample has strips or tiles of its own.
    pub(super) is_planar: bool,
    pub(super) is_little: bool,
    /// The lowest bit of a byte comes first.
    pub(super) is_reversed: bool,
    /// The fax options: 1 for two dimensions.
    pub(super) fax_options: u64,
    /// Of one strip or tile.
    pub(super) chunk: (u32, u32),
    is_tiled: bool,
    pub(super) offsets: Vec<u64>,
    pub(super) counts: Vec<u64>,
    pub(super) jpeg_tables: Option<Vec<u8>>,
    pub(super) old_jpeg: OldJpeg,
}

/// Where an old JPEG has its parts.
#[derive(Debug, Default)]
pub(super) struct OldJpeg {
    /// A whole JPEG stream, or its tables: from where, how long.
    pub(super) stream: Option<(u64, u64)>,
    /// Where the quantisation, DC and AC tables of each component are.
    pub(super) tables: [Vec<u64>; 3],
    pub(super) restart: u64,
}

fn unread(kind: impl Into<Safe>) -> Safe {
    safe!("TIFF with {} is not read", kind.into())
}

impl Layout {
    /// Reads it from the directory of a file of so many bytes.
    pub(super) fn read(tags: &mut Tags<'_>, page: &Directory, file: u64, most: u64) -> Result<Layout, Safe> {
        let side =
            |found: Option<u64>| found.and_then(|side| u32::try_from(side).ok()).ok_or("its header cannot be read");
        let (width, height) = (side(tags.number(page, 256))?, side(tags.number(page, 257))?);
        if width == 0 || height == 0 {
            return Err("it has no pixels".into());
        }
        let packing = packing(tags.number(page, 259).unwrap_or(1))?;
        let samples = tags.number(page, 277).unwrap_or(1);
        if !(1..=SAMPLES).contains(&samples) {
            return Err(unread(safe!("{} numbers a pixel", samples)));
        }
        let bits = equal(tags, page, 258, samples)?.unwrap_or(1);
        let numbers = match equal(tags, page, 339, samples)?.unwrap_or(1) {
            1 | 4 => Numbers::Unsigned,
            2 => Numbers::Signed,
            3 => Numbers::Float,
            5 | 6 => return Err(unread("complex numbers")),
            _ => return Err(unread("numbers of an unknown kind")),
        };
        let fits = match numbers {
            Numbers::Unsigned => (1..=32).contains(&bits) || bits == 64,
            Numbers::Signed => matches!(bits, 8 | 16 | 32 | 64),
            Numbers::Float => matches!(bits, 16 | 32 | 64),
        };
        if !fits {
            return Err(unread(safe!("numbers of {} bits of that kind", bits)));
        }
        let planar = tags.number(page, 284).unwrap_or(1);
        let is_planar = planar == 2 && samples > 1;
        let colour = colour(tags, page, samples, bits)?;
        let has = colour.channels();
        let extra = tags.numbers(page, 338, SAMPLES).unwrap_or_default();
        let alpha = extra.iter().position(|kind| matches!(kind, 1 | 2)).map(|at| at + has);
        let is_tiled = tags.number(page, 322).is_some();
        let chunk = match is_tiled {
            true => (side(tags.number(page, 322))?, side(tags.number(page, 323))?),
            false => {
                let rows = tags.number(page, 278).unwrap_or(u64::MAX).clamp(1, u64::from(height));
                (width, u32::try_from(rows).unwrap_or(height))
            }
        };
        let places = |tags: &mut Tags<'_>, tile, strip| {
            tags.numbers(page, if is_tiled { tile } else { strip }, CHUNKS)
                .or_else(|| tags.numbers(page, strip, CHUNKS))
        };
        let offsets = places(tags, 324, 273).unwrap_or_default();
        let counts = places(tags, 325, 279).unwrap_or_default();
        let pair = |found: Option<Vec<u64>>| match found.as_deref() {
            Some([offset, ..]) => *offset,
            _ => 0,
        };
        let stream = pair(tags.numbers(page, 513, 1));
        let length = pair(tags.numbers(page, 514, 1));
        let old_jpeg = OldJpeg {
            stream: (stream > 0).then_some((stream, length)),
            tables: [519, 520, 521].map(|tag| tags.numbers(page, tag, 4).unwrap_or_default()),
            restart: tags.number(page, 515).unwrap_or(0),
        };
        let layout = Layout {
            width,
            height,
            bits: u8::try_from(bits).unwrap_or(0),
            samples: usize::try_from(samples).unwrap_or(1),
            numbers,
            colour,
            alpha: alpha.filter(|at| (*at as u64) < samples),
            packing,
            predictor: tags.number(page, 317).unwrap_or(1),
            is_planar,
            is_little: tags.is_little,
            is_reversed: tags.number(page, 266) == Some(2),
            fax_options: if packing == Packing::Fax(3) { tags.number(page, 292).unwrap_or(0) } else { 0 },
            chunk,
            is_tiled,
            offsets,
            counts,
            jpeg_tables: tags.value(page, 347, 1 << 16).and_then(|value| value.into_u8_vec().ok()),
            old_jpeg,
        };
        layout.check(file, most)?;
        Ok(layout)
    }

    fn check(&self, file: u64, most: u64) -> Result<(), Safe> {
        let too_large = || Safe::from("its header says that it is larger than any image that is imported");
        let (width, height) = self.chunk;
        if width == 0 || height == 0 {
            return Err("its header cannot be read".into());
        }
        let columns = if self.is_tiled { u64::from(self.width.div_ceil(width)) } else { 1 };
        let chunks = columns * u64::from(self.height.div_ceil(height));
        // Strips end with the picture, tiles do not.
        let rows = if self.is_tiled { u64::from(height) * chunks / columns } else { u64::from(self.height) };
        // What has less than a byte counts as one: a picture takes time, too.
        let row = self.row_bytes(width).max((width as usize).saturating_mul(self.together())) as u64;
        let bytes = row.checked_mul(rows).and_then(|bytes| bytes.checked_mul(columns));
        let bytes = bytes.and_then(|bytes| bytes.checked_mul(self.planes() as u64)).ok_or_else(too_large)?;
        if bytes > most {
            return Err(too_large());
        }
        if matches!(self.packing, Packing::Fax(_)) && (self.bits != 1 || self.samples != 1) {
            return Err(unread("CCITT compression of more than one bit"));
        }
        if matches!(self.packing, Packing::Jpeg | Packing::OldJpeg | Packing::WebP) && self.bits != 8 {
            return Err(unread(safe!("JPEG compression of {} bits", self.bits)));
        }
        let is_predicted = matches!(self.packing, Packing::Lzw | Packing::Deflate | Packing::Lzma | Packing::Zstd);
        let fits = match self.predictor {
            2 => self.bits.is_multiple_of(8),
            3 => self.numbers == Numbers::Float,
            other => other == 1,
        };
        if is_predicted && !fits {
            return Err(unread(safe!("predictor {} for numbers of {} bits", self.predictor, self.bits)));
        }
        if let Colour::YCbCr(across, down) = self.colour {
            let is_shared = (across, down) != (1, 1) && !self.is_packed_as_jpeg();
            if is_shared && (self.is_planar || self.bits != 8 || self.samples != 3) {
                return Err(unread("YCbCr colours in planes that share them"));
            }
        }
        // A JPEG stream of its own is all the old kind needs.
        let needed = chunks * self.planes() as u64;
        let has_places = self.offsets.len() as u64 >= needed || self.old_jpeg.stream.is_some();
        if !has_places || self.offsets.iter().take(usize::try_from(needed).unwrap_or(0)).any(|at| *at > file) {
            return Err(CUT.into());
        }
        Ok(())
    }

    pub(super) fn is_packed_as_jpeg(&self) -> bool {
        matches!(self.packing, Packing::Jpeg | Packing::OldJpeg | Packing::WebP)
    }

    /// How many times the picture is gone through.
    pub(super) fn planes(&self) -> usize {
        if self.is_planar { self.samples } else { 1 }
    }

    /// Samples of a pixel that lie side by side.
    pub(super) fn together(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    /// Bytes of a row of so many pixels.
    pub(super) fn row_bytes(&self, width: u32) -> usize {
        (width as usize).saturating_mul(self.together()).saturating_mul(usize::from(self.bits)).div_ceil(8)
    }

    /// How many numbers the small picture has for a pixel: its colours, and what is seen of it.
    pub(super) fn channels(&self) -> usize {
        let colours = if matches!(self.colour, Colour::Palette(_)) { 3 } else { self.colour.channels() };
        colours + usize::from(self.alpha.is_some())
    }

    /// Every strip or tile of a plane: where it begins, and its measures.
    pub(super) fn chunks(&self) -> impl Iterator<Item = (u32, u32, u32, u32)> {
        let (width, height, is_tiled) = (self.chunk.0, self.chunk.1, self.is_tiled);
        let (right, bottom) = (self.width, self.height);
        (0..bottom).step_by(height as usize).flat_map(move |y| {
            let rows = if is_tiled { height } else { height.min(bottom - y) };
            (0..right).step_by(width as usize).map(move |x| (x, y, width, rows))
        })
    }

    pub(super) fn chunks_a_plane(&self) -> usize {
        (self.width.div_ceil(self.chunk.0) as usize) * (self.height.div_ceil(self.chunk.1) as usize)
    }
}

impl Colour {
    /// How many samples it takes.
    pub(super) fn channels(&self) -> usize {
        match self {
            Colour::Grey(_) | Colour::Palette(_) => 1,
            Colour::Rgb | Colour::YCbCr(..) | Colour::Lab(_) => 3,
            Colour::Cmyk => 4,
        }
    }
}

/// A value that all samples share.
fn equal(tags: &mut Tags<'_>, page: &Directory, tag: u16, samples: u64) -> Result<Option<u64>, Safe> {
    let Some(all) = tags.numbers(page, tag, 4 * SAMPLES) else { return Ok(None) };
    let mut all = all.into_iter().take(usize::try_from(samples).unwrap_or(1));
    let first = all.next();
    if all.any(|one| Some(one) != first) {
        return Err(unread("numbers of different kinds in one pixel"));
    }
    Ok(first)
}

fn packing(compression: u64) -> Result<Packing, Safe> {
    Ok(match compression {
        1 => Packing::None,
        2 => Packing::Fax(2),
        3 => Packing::Fax(3),
        4 => Packing::Fax(4),
        5 => Packing::Lzw,
        6 => Packing::OldJpeg,
        7 => Packing::Jpeg,
        8 | 32946 => Packing::Deflate,
        32773 => Packing::PackBits,
        34925 => Packing::Lzma,
        34926 | 50000 => Packing::Zstd,
        34927 | 50001 => Packing::WebP,
        other => {
            let name = UNREAD.iter().find(|(number, _)| *number == other).map(|(_, name)| *name);
            return Err(match name {
                Some(name) => unread(safe!("{} compression", name)),
                None => unread(safe!("compression {}", other)),
            });
        }
    })
}

fn colour(tags: &mut Tags<'_>, page: &Directory, samples: u64, bits: u64) -> Result<Colour, Safe> {
    let usual = if samples >= 3 { 2 } else { 1 };
    let colour = match tags.number(page, 262).unwrap_or(usual) {
        0 => Colour::Grey(true),
        1 | 4 => Colour::Grey(false),
        2 => Colour::Rgb,
        3 => palette(tags, page, bits)?,
        5 if tags.number(page, 332).unwrap_or(1) == 1 => Colour::Cmyk,
        5 => return Err(unread("inks other than CMYK")),
        6 => {
            let shared = tags.numbers(page, 530, 2).unwrap_or_else(|| vec![2, 2]);
            match *shared {
                [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => Colour::YCbCr(across as u32, down as u32),
                _ => return Err(unread("YCbCr colours shared in an unknown way")),
            }
        }
        8 => Colour::Lab(true),
        9 => Colour::Lab(false),
        10 => return Err(unread("ITU Lab colours")),
        32844 => return Err(unread("LogL brightness")),
        32845 => return Err(unread("LogLuv colours")),
        51177 => return Err(unread("depth instead of colours")),
        other => return Err(unread(safe!("colours of kind {}", other))),
    };
    if (colour.channels() as u64) > samples {
        return Err(unread(safe!("{} numbers a pixel for its colours", samples)));
    }
    if matches!(colour, Colour::Lab(_) | Colour::YCbCr(..) | Colour::Cmyk) && bits != 8 && bits != 16 {
        return Err(unread(safe!("Lab, YCbCr or CMYK of {} bits", bits)));
    }
    Ok(colour)
}

fn palette(tags: &mut Tags<'_>, page: &Directory, bits: u64) -> Result<Colour, Safe> {
    if bits > 16 {
        return Err(unread(safe!("a palette of {} bits", bits)));
    }
    let count = 1usize << bits;
    let numbers = tags.numbers(page, 320, 3 << 16).ok_or("it has a palette, but none is there")?;
    let at = |index: usize| numbers.get(index).map(|number| u16::try_from(*number).unwrap_or(u16::MAX));
    // Some programs write the upper byte only.
    let scale = if numbers.iter().all(|number| *number < 256) { 257 } else { 1 };
    let colours: Option<Vec<_>> = (0..count)
        .map(|index| {
            Some([at(index)?, at(index + count)?, at(index + 2 * count)?].map(|part| part.saturating_mul(scale)))
        })
        .collect();
    Ok(Colour::Palette(colours.ok_or("its palette is cut short")?))
}
