//! Files that are written, moved, linked and changed in a watched folder, as the kernel tells of them.

use super::*;
use std::io::Write;

#[test]
fn a_file_is_judged_when_it_is_closed_and_not_before() {
    let mut watched = Watched::new();
    let mut file = std::fs::File::create(watched.at("a.dcm")).unwrap();
    file.write_all(b"half").unwrap();
    watched.fence();
    watched.expect(&[]);
    file.write_all(b" and whole.").unwrap();
    watched.fence();
    watched.expect(&[]);
    drop(file);
    watched.expect(&[("a.dcm", 1)]);
    assert_eq!(watched.counts().seen, watched.counts().judged);
}

#[test]
fn only_the_names_asked_for_are_judged() {
    let mut watched = Watched::new();
    for name in ["MR1", "MR", "a.dcm", "dcm", "a.IMA", "a.ima", "a.dcm.tmp"] {
        watched.write(name, "x.");
    }
    watched.expect(&[("MR1", 1), ("a.dcm", 1), ("a.IMA", 1)]);
    assert_eq!(watched.counts().passed_over, 4);
    let names = super::super::Patterns::new(&["fence", "*fence*", "?.img"]).unwrap();
    let mut watched = Watched::with(|_| (), |plan| WatchPlan { names, ..plan });
    for name in ["MR1", "a.dcm", "a.img", "ab.img"] {
        watched.write(name, "x.");
    }
    watched.expect(&[("a.img", 1)]);
}

#[test]
fn files_are_judged_in_the_order_of_their_completion() {
    let watched = Watched::new();
    let mut open: Vec<_> =
        (0..100).map(|n| (n, std::fs::File::create(watched.at(&format!("{n}.dcm"))).unwrap())).collect();
    let mut closed = Vec::new();
    while !open.is_empty() {
        // Closed in another order than they were created.
        let (n, mut file) = open.swap_remove(open.len() * 7 / 11);
        file.write_all(b"x").unwrap();
        drop(file);
        closed.push(watched.at(&format!("{n}.dcm")));
    }
    watched.wait(closed.len());
    let judged: Vec<PathBuf> = watched.log().iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(judged, closed);
}

#[test]
fn a_file_that_is_moved_or_linked_into_place_is_judged() {
    let mut watched = Watched::new();
    watched.write("1.tmp", "x.");
    std::fs::rename(watched.at("1.tmp"), watched.at("1.dcm")).unwrap();
    for name in ["2.dcm", "3.dcm", "4.dcm", "5.tmp"] {
        std::fs::write(watched.away(name), b"y.").unwrap();
    }
    std::fs::rename(watched.away("2.dcm"), watched.at("2.dcm")).unwrap();
    std::fs::hard_link(watched.away("3.dcm"), watched.at("3.dcm")).unwrap();
    std::os::unix::fs::symlink(watched.away("4.dcm"), watched.at("4.dcm")).unwrap();
    // The other name is gone before anybody has looked.
    std::fs::hard_link(watched.away("5.tmp"), watched.at("5.dcm")).unwrap();
    std::fs::remove_file(watched.away("5.tmp")).unwrap();
    let each_once = ["1.dcm", "2.dcm", "3.dcm", "4.dcm", "5.dcm"].map(|name| (name, 1));
    watched.expect(&each_once);
    // A second name is a second file; the same content under its old name is not.
    std::fs::hard_link(watched.at("1.dcm"), watched.at("6.dcm")).unwrap();
    std::fs::rename(watched.at("2.dcm"), watched.at("2.tmp")).unwrap();
    std::fs::rename(watched.at("2.tmp"), watched.at("2.dcm")).unwrap();
    watched.expect(&[each_once.as_slice(), &[("6.dcm", 1)]].concat());
}

#[test]
fn a_file_that_has_changed_is_judged_again() {
    let mut watched = Watched::new();
    watched.write("a.dcm", "one.");
    watched.expect(&[("a.dcm", 1)]);
    let append = || std::fs::OpenOptions::new().append(true).open(watched.top.path().join("a.dcm")).unwrap();
    append().write_all(b" two.").unwrap();
    watched.wait(2);
    drop(append());
    watched.expect(&[("a.dcm", 2)]);
    let sizes: Vec<u64> =
        watched.log().iter().filter(|(path, _)| path.ends_with("a.dcm")).map(|(_, size)| *size).collect();
    assert_eq!(sizes, [4, 9]);
}

#[test]
fn what_was_there_before_stays_out_until_it_changes_or_comes_anew() {
    let prepare = |top: &Path| {
        std::fs::create_dir_all(top.join("s/d")).unwrap();
        for name in ["a.dcm", "s/b.dcm", "s/d/c.dcm", "s/d/d.dcm"] {
            std::fs::write(top.join(name), b"old.").unwrap();
        }
    };
    let mut watched = Watched::with(prepare, |plan| WatchPlan { scan: Duration::from_millis(20), ..plan });
    watched.scans(2);
    watched.expect(&[]);
    std::fs::OpenOptions::new().append(true).open(watched.at("a.dcm")).unwrap().write_all(b"new.").unwrap();
    std::fs::rename(watched.at("s/b.dcm"), watched.at("s/e.dcm")).unwrap();
    watched.expect(&[("a.dcm", 1), ("s/e.dcm", 1)]);
    std::fs::rename(watched.at("s/d"), watched.away("d")).unwrap();
    std::fs::rename(watched.away("d"), watched.at("s/d")).unwrap();
    let all = [("a.dcm", 1), ("s/e.dcm", 1), ("s/d/c.dcm", 1), ("s/d/d.dcm", 1)];
    watched.expect(&all);
    watched.scans(2);
    watched.expect(&all);
}

#[test]
fn what_was_there_before_is_judged_if_the_plan_says_so() {
    let prepare = |top: &Path| {
        std::fs::create_dir(top.join("s")).unwrap();
        std::fs::write(top.join("a.dcm"), b"old.").unwrap();
        std::fs::write(top.join("s/b.dcm"), b"old, and cut").unwrap();
    };
    let change = |plan| WatchPlan { existing: Existing::Check, scan: Duration::from_millis(20), ..plan };
    let mut watched = Watched::with(prepare, change);
    watched.expect(&[("a.dcm", 1), ("s/b.dcm", 1)]);
    watched.scans(3);
    watched.expect(&[("a.dcm", 1), ("s/b.dcm", 1)]);
}

#[test]
fn files_that_come_while_the_start_is_being_read_are_judged() {
    let prepare = |top: &Path| {
        for folder in 0..100 {
            let folder = top.join(format!("{folder}"));
            std::fs::create_dir(&folder).unwrap();
            (0..20).for_each(|n| std::fs::write(folder.join(format!("{n}.dcm")), b"old.").unwrap());
        }
    };
    let mut watched = Watched::with(prepare, |plan| plan);
    let names: Vec<String> = (0..100).rev().map(|folder| format!("{folder}/new.dcm")).collect();
    names.iter().for_each(|name| watched.write(name, "new."));
    let expected: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    watched.expect(&expected);
}

#[test]
fn a_judge_that_panics_loses_one_judgement_only() {
    let mut watched = Watched::new();
    watched.write("a.dcm", "panic.");
    watched.write("b.dcm", "x.");
    watched.expect(&[("a.dcm", 1), ("b.dcm", 1)]);
    assert_eq!(watched.counts().judged, 3, "two and a fence");
}
