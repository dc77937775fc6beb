//! Folders that come, go, are renamed and linked while they are watched.

use super::super::Patterns;
use super::*;
use std::os::unix::fs::symlink;

#[test]
fn a_file_at_any_depth_of_a_new_folder_is_judged() {
    let mut watched = Watched::new();
    let deep = (0..40).map(|n| format!("{n}/")).collect::<String>();
    std::fs::create_dir_all(watched.at(&deep)).unwrap();
    let name = format!("{deep}a.dcm");
    watched.write(&name, "x.");
    watched.expect(&[(&name, 1)]);
    assert_eq!(watched.counts().folders, 41);
    let later = format!("{deep}b.dcm");
    watched.write(&later, "x.");
    watched.expect(&[(&name, 1), (&later, 1)]);
}

#[test]
fn a_folder_that_is_renamed_keeps_being_watched_under_its_new_name() {
    let mut watched = Watched::new();
    std::fs::create_dir_all(watched.at("a/b")).unwrap();
    watched.write("a/b/1.dcm", "x.");
    watched.expect(&[("a/b/1.dcm", 1)]);
    std::fs::rename(watched.at("a"), watched.at("c")).unwrap();
    watched.expect(&[("a/b/1.dcm", 1), ("c/b/1.dcm", 1)]);
    watched.write("c/b/2.dcm", "x.");
    watched.expect(&[("a/b/1.dcm", 1), ("c/b/1.dcm", 1), ("c/b/2.dcm", 1)]);
    assert_eq!(watched.counts().folders, 3);
}

#[test]
fn a_folder_that_is_moved_away_is_not_watched_and_when_it_comes_back_it_is() {
    let mut watched = Watched::new();
    std::fs::create_dir_all(watched.at("a/b")).unwrap();
    watched.write("a/b/1.dcm", "x.");
    watched.expect(&[("a/b/1.dcm", 1)]);
    std::fs::rename(watched.at("a"), watched.away("a")).unwrap();
    until(|| watched.counts().folders == 1, || format!("{:?}", watched.counts()));
    std::fs::write(watched.away("a/b/2.dcm"), b"x.").unwrap();
    watched.expect(&[("a/b/1.dcm", 1)]);
    std::fs::rename(watched.away("a"), watched.at("a")).unwrap();
    watched.expect(&[("a/b/1.dcm", 1), ("a/b/2.dcm", 1)]);
    watched.write("a/b/3.dcm", "x.");
    watched.expect(&[("a/b/1.dcm", 1), ("a/b/2.dcm", 1), ("a/b/3.dcm", 1)]);
}

#[test]
fn folders_that_change_places_are_not_mixed_up() {
    let mut watched = Watched::new();
    for name in ["a", "b"] {
        std::fs::create_dir(watched.at(name)).unwrap();
        watched.write(&format!("{name}/{name}.dcm"), "x.");
    }
    watched.expect(&[("a/a.dcm", 1), ("b/b.dcm", 1)]);
    for (from, to) in [("a", "c"), ("b", "a"), ("c", "b")] {
        std::fs::rename(watched.at(from), watched.at(to)).unwrap();
    }
    until(|| watched.judged().contains_key("b/a.dcm"), || format!("{:?}", watched.judged()));
    watched.write("a/1.dcm", "x.");
    watched.write("b/2.dcm", "x.");
    watched.wait(6);
    watched.fence();
    let mut judged = watched.judged();
    // Whether its content is met at its stay in between depends on how fast the folder goes on.
    judged.remove("c/a.dcm");
    let expected = ["a/1.dcm", "a/a.dcm", "a/b.dcm", "b/2.dcm", "b/a.dcm", "b/b.dcm"];
    assert_eq!(judged, expected.map(|name| (name.to_owned(), 1)).into());
}

#[test]
fn a_folder_that_is_removed_and_made_again_is_watched() {
    let mut watched = Watched::new();
    let mut expected = Vec::new();
    for round in 0..20 {
        std::fs::create_dir_all(watched.at("a/b")).unwrap();
        expected.push(format!("a/b/{round}.dcm"));
        watched.write(expected.last().unwrap(), "x.");
        watched.wait(expected.len());
        std::fs::remove_dir_all(watched.at("a")).unwrap();
    }
    let expected: Vec<(&str, usize)> = expected.iter().map(|name| (name.as_str(), 1)).collect();
    watched.expect(&expected);
    assert_eq!(watched.counts().folders, 1);
}

#[test]
fn the_watched_folder_itself_may_go_and_come_back() {
    let mut watched = Watched::new();
    let (top, away) = (watched.top.path().to_owned(), watched.away("top"));
    watched.write("1.dcm", "x.");
    watched.expect(&[("1.dcm", 1)]);
    let gone = |watched: &Watched| until(|| watched.counts().folders == 0, || format!("{:?}", watched.counts()));
    std::fs::remove_dir_all(&top).unwrap();
    gone(&watched);
    std::fs::create_dir(&top).unwrap();
    watched.write("2.dcm", "x.");
    watched.expect(&[("1.dcm", 1), ("2.dcm", 1)]);
    std::fs::rename(&top, &away).unwrap();
    gone(&watched);
    std::fs::write(away.join("3.dcm"), b"x.").unwrap();
    std::fs::rename(&away, &top).unwrap();
    watched.expect(&[("1.dcm", 1), ("2.dcm", 1), ("3.dcm", 1)]);
    // At once, so that there is always one.
    std::fs::create_dir(&away).unwrap();
    std::fs::write(away.join("4.dcm"), b"x.").unwrap();
    std::fs::rename(&top, watched.away("old")).unwrap();
    std::fs::rename(&away, &top).unwrap();
    watched.wait(4);
    watched.write("5.dcm", "x.");
    watched.expect(&[("1.dcm", 1), ("2.dcm", 1), ("3.dcm", 1), ("4.dcm", 1), ("5.dcm", 1)]);
}

#[test]
fn a_watched_folder_that_is_not_there_at_the_start_is_waited_for() {
    for method in [Method::Notify, Method::Poll] {
        let remove = |top: &Path| std::fs::remove_dir(top).unwrap();
        let mut watched = Watched::with(remove, |plan| WatchPlan { method, ..plan });
        assert_eq!(watched.counts().folders, 0);
        std::fs::create_dir_all(watched.away("top/sub")).unwrap();
        std::fs::write(watched.away("top/sub/1.dcm"), b"x.").unwrap();
        std::fs::rename(watched.away("top"), watched.top.path()).unwrap();
        watched.expect(&[("sub/1.dcm", 1)]);
        watched.write("sub/2.dcm", "x.");
        watched.expect(&[("sub/1.dcm", 1), ("sub/2.dcm", 1)]);
        watched.watcher.stop();
    }
}

#[test]
fn linked_folders_are_followed_once_and_rings_end() {
    let mut watched = Watched::new();
    std::fs::create_dir_all(watched.away("d/e")).unwrap();
    std::fs::write(watched.away("d/e/1.dcm"), b"x.").unwrap();
    std::fs::create_dir(watched.at("own")).unwrap();
    symlink(watched.away("d"), watched.at("link")).unwrap();
    watched.expect(&[("link/e/1.dcm", 1)]);
    symlink(watched.away("d"), watched.at("second")).unwrap();
    symlink(watched.top.path(), watched.at("own/ring")).unwrap();
    symlink("own", watched.at("same")).unwrap();
    std::fs::write(watched.away("d/e/2.dcm"), b"x.").unwrap();
    watched.write("own/3.dcm", "x.");
    watched.expect(&[("link/e/1.dcm", 1), ("link/e/2.dcm", 1), ("own/3.dcm", 1)]);
    assert_eq!(watched.counts().folders, 4);
}

#[test]
fn a_linked_folder_that_is_moved_is_not_watched_until_the_link_leads_to_one() {
    let mut watched =
        Watched::with(|_| (), |plan| WatchPlan { names: Patterns::new(&["*.dcm", "MRf*"]).unwrap(), ..plan });
    std::fs::create_dir(watched.away("d")).unwrap();
    symlink(watched.away("d"), watched.at("link")).unwrap();
    std::fs::write(watched.away("d/1.dcm"), b"x.").unwrap();
    watched.expect(&[("link/1.dcm", 1)]);
    std::fs::rename(watched.away("d"), watched.away("e")).unwrap();
    until(|| watched.counts().folders == 1, || format!("{:?}", watched.counts()));
    std::fs::write(watched.away("e/2.dcm"), b"x.").unwrap();
    watched.expect(&[("link/1.dcm", 1)]);
    // The link is replaced by one that leads to where the folder is now.
    symlink(watched.away("e"), watched.at("new")).unwrap();
    std::fs::rename(watched.at("new"), watched.at("link")).unwrap();
    until(|| watched.judged().contains_key("link/2.dcm"), || format!("{:?}", watched.judged()));
    std::fs::write(watched.away("e/3.dcm"), b"x.").unwrap();
    until(|| watched.judged().contains_key("link/3.dcm"), || format!("{:?}", watched.judged()));
}

#[test]
fn a_folder_watched_twice_gives_each_file_once() {
    let away = tempfile::tempdir().unwrap();
    let prepare = |top: &Path| std::fs::create_dir_all(top.join("a/b")).unwrap();
    let change = |plan: WatchPlan| {
        let top = plan.folders[0].clone();
        symlink(&top, away.path().join("same")).unwrap();
        let folders = vec![top.clone(), top.join("a"), away.path().join("same"), top.join("a/b/")];
        WatchPlan { folders, scan: Duration::from_millis(20), ..plan }
    };
    let mut watched = Watched::with(prepare, change);
    watched.write("a/b/1.dcm", "x.");
    watched.write("a/2.dcm", "x.");
    watched.expect(&[("a/b/1.dcm", 1), ("a/2.dcm", 1)]);
    watched.scans(3);
    watched.expect(&[("a/b/1.dcm", 1), ("a/2.dcm", 1)]);
    assert_eq!(watched.counts().folders, 3);
}
