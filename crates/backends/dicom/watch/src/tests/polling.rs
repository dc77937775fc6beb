//! Looking again and again, where the kernel tells nothing.

use super::*;
use std::io::Write;

fn polled(prepare: impl FnOnce(&Path)) -> Watched {
    Watched::with(prepare, |plan| WatchPlan { method: Method::Poll, ..plan })
}

#[test]
fn files_and_folders_are_found_by_looking() {
    let mut watched = polled(|top| std::fs::write(top.join("old.dcm"), b"old.").unwrap());
    std::fs::create_dir_all(watched.at("a/b")).unwrap();
    watched.write("a/b/1.dcm", "x.");
    watched.expect(&[("a/b/1.dcm", 1)]);
    std::fs::rename(watched.at("a"), watched.at("c")).unwrap();
    std::fs::hard_link(watched.at("old.dcm"), watched.at("new.dcm")).unwrap();
    std::fs::OpenOptions::new().append(true).open(watched.at("old.dcm")).unwrap().write_all(b"new.").unwrap();
    watched.expect(&[("a/b/1.dcm", 1), ("c/b/1.dcm", 1), ("new.dcm", 1), ("old.dcm", 1)]);
    watched.scans(3);
    watched.expect(&[("a/b/1.dcm", 1), ("c/b/1.dcm", 1), ("new.dcm", 1), ("old.dcm", 1)]);
    assert_eq!(watched.counts().folders, 3);
}

#[test]
fn a_file_that_stops_growing_is_judged_as_it_is_and_again_when_it_grows() {
    let mut watched = polled(|_| ());
    let mut file = std::fs::File::create(watched.at("a.dcm")).unwrap();
    file.write_all(b"half").unwrap();
    watched.expect(&[("a.dcm", 1)]);
    file.write_all(b" and whole.").unwrap();
    watched.expect(&[("a.dcm", 2)]);
    watched.scans(3);
    watched.expect(&[("a.dcm", 2)]);
}

#[test]
fn the_watched_folder_may_go_and_come_back() {
    let mut watched = polled(|_| ());
    let top = watched.top.path().to_owned();
    watched.write("1.dcm", "x.");
    watched.expect(&[("1.dcm", 1)]);
    std::fs::remove_dir_all(&top).unwrap();
    until(|| watched.counts().folders == 0, || format!("{:?}", watched.counts()));
    std::fs::create_dir(&top).unwrap();
    watched.write("2.dcm", "x.");
    watched.expect(&[("1.dcm", 1), ("2.dcm", 1)]);
}

#[test]
fn a_thousand_folders_at_once() {
    let mut watched = polled(|_| ());
    for folder in 0..200 {
        let folder = watched.at(&format!("{folder}"));
        std::fs::create_dir(&folder).unwrap();
        (0..5).for_each(|n| std::fs::write(folder.join(format!("{n}.dcm")), b"x.").unwrap());
    }
    watched.wait(1000);
    watched.scans(2);
    watched.fence();
    assert_eq!((watched.judged().len(), watched.judged().values().sum::<usize>()), (1000, 1000));
}
