//! A process that imports is killed at any moment: each import is there as a whole or not at all.

use super::*;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};
use tieline_store::project::{Element, Picture, Thumbnail};

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
    let quick = folder.join("quick").exists();
    for round in 0u32.. {
        let run = format!("{}.{round}", std::process::id());
        if quick {
            keep_only(&mut store, &mut out, &run, round);
        } else {
            import(&mut store, &mut out, &run, round, folder);
        }
    }
}

/// The way every import goes.
fn import(store: &mut Store, out: &mut impl Write, run: &str, round: u32, folder: &Path) {
    let mut picture = drawn(40, 30).into_rgb8();
    let [a, b, c, d] = round.to_le_bytes();
    let [e, f, g, h] = std::process::id().to_le_bytes();
    for (x, colour) in [[a, b, c], [d, e, f], [g, h, 0]].into_iter().enumerate() {
        picture.put_pixel(u32::try_from(x).unwrap(), 0, Rgb(colour));
    }
    std::fs::write(folder.join("a.png"), encoded(&DynamicImage::ImageRgb8(picture), ImageFormat::Png)).unwrap();
    let points: String = (0..ELEMENTS).map(|at| format!("<point name='{run}' id='{at}'/>")).collect();
    std::fs::write(folder.join("a.gxml"), format!("<g>{points}</g>")).unwrap();
    image(store, open(folder, "a.png"), run, 50.0, &Limits::default()).unwrap();
    writeln!(out, "@image {run}").unwrap();
    elements(store, open(folder, "a.gxml"), ImportMode::NewStage, &Limits::default()).unwrap();
    writeln!(out, "@stage {run}").unwrap();
    elements(store, open(folder, "a.gxml"), ImportMode::Clipboard, &Limits::default()).unwrap();
    writeln!(out, "@clipboard {run}").unwrap();
}

/// Only its last step, so that most of the time goes into the store and most kills meet it there.
fn keep_only(store: &mut Store, out: &mut impl Write, run: &str, round: u32) {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&[round.to_le_bytes(), std::process::id().to_le_bytes()].concat());
    let picture = Picture {
        hash,
        format: "bmp".to_owned(),
        width: 1,
        height: 1,
        bits: 8,
        size: 1,
        camera: None,
        focal_length: None,
    };
    let bytes = encoded(&DynamicImage::new_rgb8(100, 100), ImageFormat::Bmp);
    let thumbnail = Thumbnail { media_type: "image/bmp".to_owned(), bytes };
    store.project().add_image((run, 50.0), "a", (&picture, &thumbnail), 0, u64::MAX).unwrap();
    writeln!(out, "@image {run}").unwrap();
    let element = Element { kind: "point".to_owned(), name: Some(run.to_owned()), ..Element::default() };
    let elements = vec![element; usize::try_from(ELEMENTS).unwrap()];
    store.project().add_stage("a", &elements, 0, u64::MAX).unwrap();
    writeln!(out, "@stage {run}").unwrap();
    store.project().set_clipboard("a", &elements, 0, u64::MAX).unwrap();
    writeln!(out, "@clipboard {run}").unwrap();
}

fn kill_and_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = HashSet::new();
    for round in 0..40u64 {
        if round == 10 {
            std::fs::write(folder.path().join("quick"), "").unwrap();
        }
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
    let project = store.project();
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
