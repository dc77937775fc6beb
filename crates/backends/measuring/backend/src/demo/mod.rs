//! What the demo's measuring script asks for: a folder with pictures of a part and one file of measured elements, under
//! the paths that a script on a measuring computer would send.
//!
//! Promises: made up, the same each time, and nowhere but in the demo's folder. The files are `C:/temp/part-1.png` to
//! `C:/temp/part-6.png` and `C:/temp/points.gxml`. Called when the gateway runs as a demo.

use crate::settings::{ExecutorSettings, PathMapSettings};
use image::{GrayImage, Luma};
use std::fmt::Write;
use std::io::{Error, Result};
use std::path::Path;

/// Where the script's computer has its files.
const THERE: &str = "C:/temp";
const PICTURES: u32 = 6;
const SIZE: (u32, u32) = (640, 480);
/// Measuring marks in a row and in a column.
const MARKS: (u32, u32) = (4, 3);

/// Makes the folder below `folder`, and lets clients read from there alone.
pub(crate) fn prepare(folder: &Path, settings: &mut ExecutorSettings) -> Result<()> {
    let here = folder.join("measured");
    std::fs::create_dir_all(&here)?;
    for number in 1..=PICTURES {
        picture(number).save(here.join(format!("part-{number}.png"))).map_err(Error::other)?;
    }
    std::fs::write(here.join("points.gxml"), elements())?;
    let here = here.to_string_lossy().into_owned();
    settings.path_map = vec![PathMapSettings { from: THERE.to_owned(), to: here.clone() }];
    settings.allow_paths = vec![here];
    Ok(())
}

/// A grey part with round marks, seen from another side each time.
fn picture(number: u32) -> GrayImage {
    let (width, height) = SIZE;
    let shift = f64::from(number * 9);
    GrayImage::from_fn(width, height, |x, y| {
        let light = 60 + (x * 60 / width + y * 40 / height) as u8;
        let (across, down) = (f64::from(width / MARKS.0), f64::from(height / MARKS.1));
        let from_mark = |at: u32, step: f64| (f64::from(at) + shift) % step - step / 2.0;
        let distance = from_mark(x, across).hypot(from_mark(y, down) * (1.0 + shift / 200.0));
        // A white dot in a black ring, as measuring marks are.
        Luma([match distance {
            distance if distance < 12.0 => 245,
            distance if distance < 24.0 => 15,
            _ => light,
        }])
    })
}

/// Points of a flat part, and a hole in it.
fn elements() -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<elements unit=\"mm\">\n");
    for at in 0..MARKS.0 * MARKS.1 {
        let (x, y) = (at % MARKS.0 * 25, at / MARKS.0 * 25);
        let _ =
            writeln!(text, "  <point id=\"{}\" name=\"Point {}\" x=\"{x}.0\" y=\"{y}.0\" z=\"0.0\"/>", at + 1, at + 1);
    }
    text + "  <circle id=\"13\" name=\"Hole\" x=\"37.5\" y=\"25.0\" z=\"0.0\" diameter=\"12.0\"/>\n</elements>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_measuring_project::Files;

    #[test]
    fn what_the_script_asks_for_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = ExecutorSettings::default();
        prepare(folder.path(), &mut settings).unwrap();
        prepare(folder.path(), &mut settings).unwrap();
        let files = Files::new(settings.allowed(), settings.mapped(), settings.max_file_size).unwrap();
        let mut seen = std::collections::HashSet::new();
        for number in 1..=PICTURES {
            let bytes = files.open(&format!("C:\\temp\\part-{number}.png")).unwrap().bytes().unwrap();
            let picture = image::load_from_memory(&bytes).unwrap();
            assert_eq!((picture.width(), picture.height()), SIZE);
            assert!(seen.insert(bytes), "{number} is like another one");
        }
        let text = String::from_utf8(files.open("C:/temp/points.gxml").unwrap().bytes().unwrap()).unwrap();
        assert_eq!((text.matches("<point ").count(), text.matches("<circle ").count()), (12, 1));
    }
}
