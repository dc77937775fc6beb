//! The small picture that stays of a large one: each of its cells is the average of the pixels that fall into it.
//!
//! Promises: as much memory as the small picture takes, however large the other is; an image that is small already is
//! shown pixel by pixel. Called by `fill`, row by row.

use super::layout::{Colour, Layout, Numbers};
use image::{DynamicImage, GrayImage, ImageBuffer, LumaA, RgbImage, RgbaImage};

/// The averages while they grow.
pub(super) struct Grid {
    full: (u32, u32),
    small: (u32, u32),
    channels: usize,
    /// Of each cell and channel: their sum, and how many.
    sums: Vec<(f64, u32)>,
    /// The least and the greatest number of a colour.
    range: (f64, f64),
}

impl Grid {
    /// Of an image of these measures, in cells whose longer side is at most `side`.
    pub(super) fn new(full: (u32, u32), side: u32, channels: usize) -> Grid {
        let longer = full.0.max(full.1).max(1);
        let scaled = |length: u32| match longer > side {
            true => ((f64::from(length) * f64::from(side) / f64::from(longer)).round() as u32).max(1),
            false => length,
        };
        let small = (scaled(full.0), scaled(full.1));
        let cells = small.0 as usize * small.1 as usize;
        let range = (f64::INFINITY, f64::NEG_INFINITY);
        Grid { full, small, channels, sums: vec![(0.0, 0); cells * channels], range }
    }

    /// Takes a row that begins at this place; of a picture in planes, a row of that plane.
    pub(super) fn add(&mut self, x: u32, y: u32, layout: &Layout, plane: usize, row: &[f64], together: usize) {
        let line = cell(y, self.full.1, self.small.1) as usize * self.small.0 as usize;
        let colours = layout.colour.channels();
        let shown = self.channels - usize::from(layout.alpha.is_some());
        // Where each sample of a pixel goes: a colour, what is seen of it, or nowhere.
        let goes = |sample: usize| match layout.alpha {
            _ if sample < colours => Some(sample),
            Some(alpha) if alpha == sample => Some(shown),
            _ => None,
        };
        let first = if layout.is_planar { plane } else { 0 };
        let channels: Vec<(usize, usize)> = (0..together).filter_map(|at| Some((at, goes(first + at)?))).collect();
        let mut column = cell(x, self.full.0, self.small.0);
        let (full, small) = (u64::from(self.full.0), u64::from(self.small.0));
        let ends = |column: u32| ((u64::from(column) + 1) * full).div_ceil(small);
        let mut end = ends(column);
        for (pixel, x) in row.chunks_exact(together).zip(u64::from(x)..) {
            while x >= end {
                column += 1;
                end = ends(column);
            }
            let cell = (line + column as usize) * self.channels;
            for (at, channel) in &channels {
                let number = pixel[*at];
                if let (Colour::Palette(colours), true) = (&layout.colour, *channel == 0) {
                    let colour = colours.get(number as usize).copied().unwrap_or_default();
                    for (channel, part) in colour.into_iter().enumerate() {
                        self.take(cell + channel, f64::from(part));
                    }
                    continue;
                }
                let number = match layout.colour {
                    Colour::Lab(is_signed) if (1..3).contains(channel) => centred(number, layout.bits, is_signed),
                    _ => number,
                };
                if *channel < shown && number.is_finite() {
                    self.range = (self.range.0.min(number), self.range.1.max(number));
                }
                self.take(cell + channel, number);
            }
        }
    }

    fn take(&mut self, at: usize, number: f64) {
        if number.is_finite()
            && let Some((sum, count)) = self.sums.get_mut(at)
        {
            *sum += number;
            *count += 1;
        }
    }

    /// The small picture.
    pub(super) fn picture(self, layout: &Layout) -> DynamicImage {
        let bits = i32::from(layout.bits);
        let highest = 2f64.powi(bits) - 1.0;
        // Numbers that have no range of their own are shown by the one that they have here.
        let by_range = layout.numbers != Numbers::Unsigned || bits > 16;
        let (low, high) = if by_range { self.range } else { (0.0, highest) };
        let within = |number: f64| if high > low { ((number - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        let opaque = |number: f64| match layout.numbers {
            Numbers::Unsigned => number / highest,
            _ => number,
        };
        let byte = |part: f64| (part.clamp(0.0, 1.0) * 255.0).round() as u8;
        let has_alpha = layout.alpha.is_some();
        let is_grey = matches!(layout.colour, Colour::Grey(_));
        let (mut colours, mut seen) = (Vec::new(), Vec::new());
        for cell in self.sums.chunks_exact(self.channels) {
            let mean = |at: usize| cell.get(at).map_or(0.0, |(sum, count)| sum / f64::from((*count).max(1)));
            let colour = match &layout.colour {
                Colour::Grey(is_white) => [if *is_white { 1.0 - within(mean(0)) } else { within(mean(0)) }; 3],
                Colour::Rgb => [0, 1, 2].map(|at| within(mean(at))),
                Colour::Palette(_) => [0, 1, 2].map(|at| mean(at) / 65535.0),
                Colour::Cmyk => [0, 1, 2].map(|at| (1.0 - within(mean(at))) * (1.0 - within(mean(3)))),
                Colour::YCbCr(..) => from_ycbcr([0, 1, 2].map(|at| mean(at) / highest)),
                Colour::Lab(_) => from_lab(mean(0) / highest * 100.0, [1, 2].map(|at| mean(at) * 255.0 / highest)),
            };
            colours.push(colour.map(byte));
            if has_alpha {
                seen.push(byte(opaque(mean(self.channels - 1))));
            }
        }
        let (width, height) = self.small;
        let picture = match (is_grey, has_alpha) {
            (true, false) => {
                let grey = colours.into_iter().map(|[grey, ..]| grey).collect();
                GrayImage::from_raw(width, height, grey).map(DynamicImage::ImageLuma8)
            }
            (true, true) => {
                let pixels = colours.into_iter().zip(seen).flat_map(|([grey, ..], seen)| [grey, seen]).collect();
                ImageBuffer::<LumaA<u8>, Vec<u8>>::from_raw(width, height, pixels).map(DynamicImage::ImageLumaA8)
            }
            (false, false) => RgbImage::from_raw(width, height, colours.into_flattened()).map(DynamicImage::ImageRgb8),
            (false, true) => {
                let pixels = colours.into_iter().zip(seen).flat_map(|([r, g, b], seen)| [r, g, b, seen]).collect();
                RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
            }
        };
        picture.unwrap_or_default()
    }
}

/// In which of `small` cells the place `at` of `full` is.
fn cell(at: u32, full: u32, small: u32) -> u32 {
    (u64::from(at) * u64::from(small) / u64::from(full.max(1))) as u32
}

/// a or b of Lab, around 0.
fn centred(number: f64, bits: u8, is_signed: bool) -> f64 {
    let half = 2f64.powi(i32::from(bits) - 1);
    match is_signed {
        true if number >= half => number - 2.0 * half,
        true => number,
        false => number - half,
    }
}

fn from_ycbcr([y, cb, cr]: [f64; 3]) -> [f64; 3] {
    let (cb, cr) = (cb - 128.0 / 255.0, cr - 128.0 / 255.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
}

/// sRGB of Lab under the light of print (D50).
fn from_lab(lightness: f64, [a, b]: [f64; 2]) -> [f64; 3] {
    let y = (lightness + 16.0) / 116.0;
    let linear = |f: f64| if f > 6.0 / 29.0 { f.powi(3) } else { 3.0 * (6.0f64 / 29.0).powi(2) * (f - 4.0 / 29.0) };
    let (x, y, z) = (0.9642 * linear(y + a / 500.0), linear(y), 0.8251 * linear(y - b / 200.0));
    let rgb = [
        3.134_056 * x - 1.617_386 * y - 0.490_662 * z,
        -0.978_795 * x + 1.916_254 * y + 0.033_443 * z,
        0.071_955 * x - 0.228_977 * y + 1.405_386 * z,
    ];
    rgb.map(|part| match part.clamp(0.0, 1.0) {
        part if part <= 0.003_130_8 => 12.92 * part,
        part => 1.055 * part.powf(1.0 / 2.4) - 0.055,
    })
}
