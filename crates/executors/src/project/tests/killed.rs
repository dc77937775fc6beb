//! A process that imports is killed at any moment: each import is there as a whole or not at all.

use super::*;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

const ELEMENTS: u64 = 300;

#[test]
fn a_killed_process_leaves_whole_imports_only() {
    match child::folder() {
        Some(folder) => import_for_ever(&folder),
        None => kill_and_look(),
    }
}

/// Imports one after the other, each with names of its own, and says of each when it is done.
fn import_for_ever(folder: &Path) {
    let mut store = Store::open(&folder.join("store")).unwrap();
    let mut out = std::io::stdout();
    for round in 0u32.. {
        let run = format!("{}.{round}", std::process::id());
        let mut picture = drawn(40, 30).into_rgb8();
        let [a, b, c, d] = round.to_le_bytes();
        picture.put_pixel(0, 0, Rgb([a, b, c]));
        picture.put_pixel(1, 0, Rgb([d, 0, 0]));
        let id = std::process::id().to_le_bytes();
        picture.put_pixel(2, 0, Rgb([id[0], id[1], id[2]]));
        std::fs::write(folder.join("a.png"), encoded(&DynamicImage::ImageRgb8(picture), ImageFormat::Png)).unwrap();
        let point = |at: u64| format!("<point name='{run}' id='{at}'/>");
        let points: String = (0..ELEMENTS).map(point).collect();
        std::fs::write(folder.join("a.gxml"), format!("<g>{points}</g>")).unwrap();
        image(&mut store, open(folder, "a.png"), &run, 50.0, &Limits::default()).unwrap();
        writeln!(out, "@image {run}").unwrap();
        elements(&mut store, open(folder, "a.gxml"), ImportMode::NewStage, &Limits::default()).unwrap();
        writeln!(out, "@stage {run}").unwrap();
        elements(&mut store, open(folder, "a.gxml"), ImportMode::Clipboard, &Limits::default()).unwrap();
        writeln!(out, "@clipboard {run}").unwrap();
    }
}

fn kill_and_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = HashSet::new();
    for round in 0..30u64 {
        let mut running = child::start("killed::a_killed_process_leaves_whole_imports_only", folder.path());
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let line = |line: std::io::Result<String>| Some(line.unwrap().split_once('@')?.1.to_owned());
        // Some imports, then a moment into the next one.
        let wanted = usize::try_from(round % 7 + 1).unwrap();
        said.extend(lines.by_ref().filter_map(line).take(wanted));
        let end = Instant::now() + Duration::from_micros(round * 211 % 4000);
        while Instant::now() < end {
            std::hint::spin_loop();
        }
        running.kill().unwrap();
        running.wait().unwrap();
        // What it said before it was killed was done.
        said.extend(lines.filter_map(line));
        look(folder.path(), &said);
    }
    let mut store = Store::open(&folder.path().join("store")).unwrap();
    store.project().clear().unwrap();
    assert_eq!(store.project().totals().unwrap(), Totals::default());
    let imports = said.iter().filter(|line| line.starts_with("image")).count();
    assert!(imports >= 30, "{imports}");
}

fn look(folder: &Path, said: &HashSet<String>) {
    let mut store = Store::open(&folder.join("store")).unwrap();
    let mut project = store.project();
    let series = project.series(0, 10_000).unwrap();
    let mut found = HashSet::new();
    for one in &series {
        let images = project.images(one.id, 0, 10).unwrap();
        assert_eq!((images.len(), one.images), (1, 1), "the series {} is not whole", one.name);
        let thumbnail = project.thumbnail(&images[0].picture.hash).unwrap().unwrap();
        assert!(::image::load_from_memory(&thumbnail.bytes).is_ok());
        found.insert(format!("image {}", one.name));
    }
    for stage in project.stages(0, 10_000).unwrap() {
        let elements = project.elements(stage.number, 0, 10_000).unwrap();
        assert_eq!((elements.len() as u64, stage.elements), (ELEMENTS, ELEMENTS), "{} is not whole", stage.name());
        let names: HashSet<_> = elements.into_iter().map(|element| element.name.unwrap()).collect();
        assert_eq!(names.len(), 1, "{} is of several imports", stage.name());
        if stage.number > 0 {
            found.extend(names.into_iter().map(|name| format!("stage {name}")));
        }
    }
    let missing: Vec<_> = said.iter().filter(|line| !line.starts_with("clipboard") && !found.contains(*line)).collect();
    assert!(missing.is_empty(), "said to be done, and not there: {missing:?}");
}
