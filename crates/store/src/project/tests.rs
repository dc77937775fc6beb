//! Tests of the project in the store: what is one and the same, what is replaced, what is bounded.

use super::*;

const ROOM: u64 = 1 << 30;

fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn picture(content: u8) -> (Picture, Thumbnail) {
    let picture = Picture {
        hash: [content; 32],
        format: "png".to_owned(),
        width: 640,
        height: 480,
        bits: 16,
        size: 1234,
        camera: Some("ACME One".to_owned()),
        focal_length: Some(35.5),
    };
    (picture, Thumbnail { media_type: "image/png".to_owned(), bytes: vec![content; 100] })
}

fn add(store: &mut Store, series: (&str, f64), file: &str, content: u8) -> ImageKept {
    let (picture, thumbnail) = picture(content);
    store.project().add_image(series, file, (&picture, &thumbnail), 7, ROOM).unwrap()
}

fn element(name: &str) -> Element {
    Element { kind: "point".to_owned(), name: Some(name.to_owned()), body: "{}".to_owned(), ..Element::default() }
}

#[test]
fn a_series_is_made_on_first_use_and_keeps_its_focal_length() {
    let (_folder, mut store) = open();
    let first = add(&mut store, ("A", 50.0), "1.png", 1);
    assert!(first.is_new_series && first.is_new, "{first:?}");
    let second = add(&mut store, ("A", 60.0), "2.png", 2);
    assert_eq!((second.is_new_series, second.is_new, second.series_focal_length), (false, true, 50.0));
    assert_eq!(second.series, first.series);
    // An empty name is a series like any other.
    assert_ne!(add(&mut store, ("", 50.0), "1.png", 1).series, first.series);
    let series = store.project().series(0, 10).unwrap();
    let told: Vec<_> = series.iter().map(|one| (one.name.as_str(), one.focal_length, one.images, one.at)).collect();
    assert_eq!(told, [("A", 50.0, 2, 7), ("", 50.0, 1, 7)]);
    assert_eq!(store.project().series(first.series, 10).unwrap(), series[1..]);
    assert_eq!(store.project().series(0, 1).unwrap(), series[..1]);
    assert_eq!(store.project().series_named("A").unwrap().as_ref(), Some(&series[0]));
    assert_eq!(store.project().series_named("B").unwrap(), None);
    let images = store.project().images(first.series, 0, 10).unwrap();
    let told: Vec<_> = images.iter().map(|one| (one.file.as_str(), one.focal_length)).collect();
    assert_eq!(told, [("1.png", 50.0), ("2.png", 60.0)]);
    assert_eq!(images[0].picture, picture(1).0);
    assert_eq!(store.project().images(first.series, images[0].id, 10).unwrap(), images[1..]);
}

#[test]
fn the_same_content_is_one_image() {
    let (_folder, mut store) = open();
    add(&mut store, ("A", 50.0), "1.png", 1);
    let before = store.project().totals().unwrap();
    let again = add(&mut store, ("A", 50.0), "copy of 1.png", 1);
    assert!(!again.is_new && !again.is_new_series, "{again:?}");
    assert_eq!(store.project().totals().unwrap(), before);
    assert_eq!(store.project().images(again.series, 0, 10).unwrap()[0].file, "1.png");
    // In another series it is another image of the same picture, whose thumbnail is kept once.
    add(&mut store, ("B", 50.0), "1.png", 1);
    let after = store.project().totals().unwrap();
    assert_eq!((after.series, after.images), (2, 2));
    let pictures: i64 =
        store.connection.query_row("SELECT count(*) FROM project_picture", [], |row| row.get(0)).unwrap();
    assert_eq!(pictures, 1);
    assert_eq!(store.project().thumbnail(&[1; 32]).unwrap(), Some(picture(1).1));
    assert_eq!(store.project().thumbnail(&[9; 32]).unwrap(), None);
}

#[test]
fn the_clipboard_is_replaced_and_stages_are_numbered() {
    let (_folder, mut store) = open();
    let names = |store: &mut Store, stage: i64| -> Vec<String> {
        let elements = store.project().elements(stage, 0, 100).unwrap();
        elements.into_iter().filter_map(|element| element.name).collect()
    };
    let located = Element { position: Some([1.0, -2.5, 0.0]), identity: Some("7".to_owned()), ..element("b") };
    let kept = store.project().set_clipboard("a.gxml", &[element("a"), located.clone()], 7, ROOM).unwrap();
    assert_eq!(kept, StageKept { number: 0, elements: 2 });
    assert_eq!(store.project().elements(0, 1, 100).unwrap(), [located]);
    assert_eq!(store.project().elements(0, 0, 1).unwrap(), [element("a")]);
    let with_one = store.project().totals().unwrap();
    for _ in 0..2 {
        store.project().set_clipboard("b.gxml", &[element("c")], 8, ROOM).unwrap();
        assert_eq!(names(&mut store, 0), ["c"]);
    }
    assert!(store.project().totals().unwrap().bytes < with_one.bytes);
    assert_eq!(store.project().add_stage("c.gxml", &[element("d")], 9, ROOM).unwrap().number, 1);
    assert_eq!(store.project().add_stage("c.gxml", &[element("e")], 9, ROOM).unwrap().number, 2);
    assert_eq!((names(&mut store, 1), names(&mut store, 2)), (vec!["d".to_owned()], vec!["e".to_owned()]));
    let stages = store.project().stages(0, 10).unwrap();
    let told: Vec<_> = stages.iter().map(|stage| (stage.name(), stage.file.as_str(), stage.elements)).collect();
    let expected = [("Clipboard", "b.gxml"), ("Stage 1", "c.gxml"), ("Stage 2", "c.gxml")];
    assert_eq!(told, expected.map(|(name, file)| (name.to_owned(), file, 1)));
    assert_eq!(store.project().stages(1, 1).unwrap(), stages[1..2]);
    assert!(names(&mut store, 3).is_empty());
}

#[test]
fn a_full_project_takes_nothing_in_part() {
    let (_folder, mut store) = open();
    add(&mut store, ("A", 50.0), "1.png", 1);
    let before = store.project().totals().unwrap();
    let (other, thumbnail) = picture(2);
    let refused = store.project().add_image(("B", 50.0), "2.png", (&other, &thumbnail), 7, before.bytes + 100);
    let is_full =
        matches!(refused, Err(NotKept::Full { bytes, most }) if (bytes, most) == (before.bytes, before.bytes + 100));
    assert!(is_full, "{refused:?}");
    assert!(store.project().add_stage("a", &[element("a")], 7, before.bytes).is_err());
    assert_eq!(store.project().totals().unwrap(), before);
    // What is there already takes no room, and a clipboard may become smaller.
    let (same, thumbnail) = picture(1);
    let again = store.project().add_image(("A", 50.0), "1.png", (&same, &thumbnail), 7, 0).unwrap();
    assert!(!again.is_new);
    store.project().set_clipboard("a", &[element("a"), element("b")], 7, ROOM).unwrap();
    store.project().set_clipboard("a", &[element("a")], 7, 0).unwrap();
}

#[test]
fn what_is_cleared_is_gone_and_jobs_stay() {
    let (folder, mut store) = open();
    add(&mut store, ("A", 50.0), "1.png", 1);
    store.project().set_clipboard("a", &[element("a")], 7, ROOM).unwrap();
    store.project().add_stage("a", &[element("a")], 7, ROOM).unwrap();
    let job = Job { at: 1, peer: "127.0.0.1:1", command: "image", took: 12, result: "done", detail: "" };
    store.project().jobs_add(&job, 10).unwrap();
    let mut other = Store::open(folder.path()).unwrap();
    assert_eq!(other.project().totals().unwrap().elements, 2);
    store.project().clear().unwrap();
    assert_eq!(other.project().totals().unwrap(), Totals::default());
    assert_eq!(store.project().jobs(None, 10).unwrap().len(), 1);
    assert_eq!(store.project().add_stage("a", &[element("a")], 7, ROOM).unwrap().number, 1);
}

#[test]
fn the_newest_jobs_are_kept_and_read_in_pages() {
    let (_folder, mut store) = open();
    for took in 0..20 {
        let job = Job { at: 5, peer: "somebody", command: "image", took, result: "failed", detail: "why" };
        store.project().jobs_add(&job, 8).unwrap();
    }
    let newest = store.project().jobs(None, 5).unwrap();
    assert_eq!(newest.iter().map(|job| job.took).collect::<Vec<_>>(), [19, 18, 17, 16, 15]);
    let rest = store.project().jobs(Some(newest[4].id), 100).unwrap();
    assert_eq!(rest.iter().map(|job| job.took).collect::<Vec<_>>(), [14, 13, 12]);
    assert_eq!(
        (rest[0].peer.as_str(), rest[0].result.as_str(), rest[0].detail.as_str()),
        ("somebody", "failed", "why")
    );
}

#[test]
fn two_who_write_at_once_both_do() {
    let (folder, _store) = open();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4u8)
            .map(|writer| {
                let path = folder.path();
                scope.spawn(move || {
                    let mut store = Store::open(path).unwrap();
                    for round in 0..20 {
                        add(&mut store, ("A", 50.0), "x.png", writer * 20 + round);
                        store.project().add_stage("a", &[element("a")], 7, ROOM).unwrap();
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
    let totals = Store::open(folder.path()).unwrap().project().totals().unwrap();
    assert_eq!((totals.series, totals.images, totals.stages), (1, 80, 80));
}
