//! What is no file, cannot be read, has a strange name or is gone at once.

use super::*;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

#[test]
fn what_is_no_file_is_never_opened() {
    for method in [Method::Notify, Method::Poll] {
        let prepare = |top: &Path| fifo(&top.join("before.dcm"));
        let change = |plan| WatchPlan { method, existing: Existing::Check, scan: Duration::from_millis(20), ..plan };
        let mut watched = Watched::with(prepare, change);
        fifo(&watched.at("after.dcm"));
        fifo(&watched.at("pipe"));
        std::fs::rename(watched.at("pipe"), watched.at("moved.dcm")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(watched.at("socket.dcm")).unwrap();
        symlink("/dev/zero", watched.at("device.dcm")).unwrap();
        symlink(watched.at("after.dcm"), watched.at("link.dcm")).unwrap();
        symlink("ring.dcm", watched.at("ring.dcm")).unwrap();
        symlink("nothing", watched.at("nothing.dcm")).unwrap();
        std::fs::create_dir(watched.at("MRfolder.dcm")).unwrap();
        watched.write("MRfolder.dcm/a.dcm", "x.");
        watched.scans(3);
        watched.expect(&[("MRfolder.dcm/a.dcm", 1)]);
    }
}

#[test]
fn a_file_that_became_something_else_is_left_alone() {
    let mut watched = Watched::with(|_| (), |plan| WatchPlan { scan: Duration::from_millis(20), ..plan });
    watched.write("a.dcm", "x.");
    watched.expect(&[("a.dcm", 1)]);
    std::fs::remove_file(watched.at("a.dcm")).unwrap();
    fifo(&watched.at("a.dcm"));
    watched.scans(2);
    watched.expect(&[("a.dcm", 1)]);
    std::fs::remove_file(watched.at("a.dcm")).unwrap();
    std::fs::create_dir(watched.at("a.dcm")).unwrap();
    watched.write("a.dcm/b.dcm", "x.");
    watched.expect(&[("a.dcm", 1), ("a.dcm/b.dcm", 1)]);
}

#[test]
fn names_are_bytes() {
    let mut watched = Watched::new();
    let name = |bytes: &[u8]| watched.top.path().join(OsStr::from_bytes(bytes));
    std::fs::create_dir(name(b"\xff\xfe")).unwrap();
    let files = [name(b"\xff\xfe/a\x80.dcm"), name(b"MR\xc3"), name(b"line\nbreak.IMA")];
    files.iter().for_each(|file| std::fs::write(file, b"x.").unwrap());
    watched.wait(3);
    watched.fence();
    for file in files {
        assert_eq!(watched.log().iter().filter(|(path, _)| *path == file).count(), 1, "{file:?}");
    }
}

#[test]
fn files_that_vanish_hold_nothing_up() {
    let mut watched = Watched::with(|_| (), |plan| WatchPlan { scan: Duration::from_millis(20), ..plan });
    for n in 0..2_000 {
        let name = format!("{n}.dcm");
        watched.write(&name, "x");
        std::fs::remove_file(watched.at(&name)).unwrap();
    }
    watched.fence();
    // Most were gone before anybody had looked; those that were not were judged, and the books are balanced.
    assert!(watched.judged().len() <= 2_000);
    watched.write("stays.dcm", "x.");
    until(|| watched.judged().get("stays.dcm") == Some(&1), || format!("{:?}", watched.counts()));
}

#[test]
fn folders_that_vanish_hold_nothing_up() {
    let mut watched = Watched::with(|_| (), |plan| WatchPlan { scan: Duration::from_millis(20), ..plan });
    for n in 0..500 {
        let folder = watched.at(&format!("{n}/a/b"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("x.dcm"), b"x.").unwrap();
        std::fs::remove_dir_all(watched.at(&n.to_string())).unwrap();
    }
    watched.fence();
    until(|| watched.counts().folders == 1, || format!("{:?}", watched.counts()));
}

#[test]
fn a_file_without_rights_is_handed_to_the_judge_once() {
    let mut watched = Watched::with(|_| (), |plan| WatchPlan { scan: Duration::from_millis(20), ..plan });
    watched.write("a.tmp", "x.");
    std::fs::set_permissions(watched.at("a.tmp"), PermissionsExt::from_mode(0o000)).unwrap();
    std::fs::rename(watched.at("a.tmp"), watched.at("a.dcm")).unwrap();
    watched.expect(&[("a.dcm", 1)]);
    watched.scans(3);
    watched.expect(&[("a.dcm", 1)]);
}

/// Who runs the tests may have the right to read everything: then the folder is simply watched.
#[test]
fn a_folder_without_rights_is_read_when_it_has_them() {
    let mut watched = Watched::with(|_| (), |plan| WatchPlan { scan: Duration::from_millis(20), ..plan });
    let right = |mode| std::fs::set_permissions(watched.top.path().join("a"), PermissionsExt::from_mode(mode)).unwrap();
    std::fs::create_dir(watched.at("a")).unwrap();
    watched.write("a/1.dcm", "x.");
    right(0);
    watched.scans(2);
    right(0o755);
    watched.write("a/2.dcm", "x.");
    watched.expect(&[("a/1.dcm", 1), ("a/2.dcm", 1)]);
}

/// A judge that holds on to its first file until it is let go.
struct Holding {
    begun: SyncSender<()>,
    let_go: Receiver<()>,
}

impl Examine for Holding {
    fn examine(&mut self, _: &Path, _: bool) -> Examined {
        // Both fail when the test is at its end.
        let _ = self.begun.try_send(());
        let _ = self.let_go.recv();
        Examined::Judged
    }
    fn give_up(&mut self, _: &Path) {}
}

#[test]
fn stopping_waits_for_one_judgement_but_not_for_ever() {
    for patience in [DEADLINE, Duration::from_millis(50)] {
        let top = tempfile::tempdir().unwrap();
        let ((begun, has_begun), (let_go, gate)) = (sync_channel(1), sync_channel(1));
        let mut watcher = Watcher::start(plan(top.path()), Box::new(Holding { begun, let_go: gate })).unwrap();
        (0..100).for_each(|n| std::fs::write(top.path().join(format!("{n}.dcm")), b"x").unwrap());
        has_begun.recv_timeout(DEADLINE).unwrap();
        watcher.patience = patience;
        let stopping = Instant::now();
        let holds_on = (patience < DEADLINE).then_some(let_go);
        watcher.stop();
        // A judge that lets go is not waited for as long as patience would allow.
        assert!(stopping.elapsed() < DEADLINE, "{:?}", stopping.elapsed());
        drop(holds_on);
    }
}

fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}
