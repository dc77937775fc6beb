//! Tests of opening files: every spelling we know of, links that are swapped, and what would wait.

use super::*;
use proptest::prelude::*;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const SECRET: &str = "SECRET";

/// A folder that is allowed, another that is not, and ways between them.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let (inside, outside) = (place.inside(), place.outside());
        std::fs::create_dir_all(inside.join("sub/deep")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::create_dir_all(place.top().join("inside-not")).unwrap();
        for file in ["a.jpg", "sub/b.jpg", "sub/deep/c.jpg", "%2e%2e", "aux-file"] {
            std::fs::write(inside.join(file), "open").unwrap();
        }
        std::fs::write(outside.join("secret.jpg"), SECRET).unwrap();
        std::fs::write(place.top().join("inside-not/secret.jpg"), SECRET).unwrap();
        symlink(inside.join("sub"), inside.join("link-in")).unwrap();
        symlink("sub/b.jpg", inside.join("link-relative.jpg")).unwrap();
        symlink(&outside, inside.join("link-out")).unwrap();
        symlink("../outside/secret.jpg", inside.join("link-out.jpg")).unwrap();
        symlink("/dev/zero", inside.join("zero")).unwrap();
        symlink("loop", inside.join("loop")).unwrap();
        place
    }

    fn top(&self) -> PathBuf {
        std::fs::canonicalize(self.folder.path()).unwrap()
    }

    fn inside(&self) -> PathBuf {
        self.top().join("inside")
    }

    fn outside(&self) -> PathBuf {
        self.top().join("outside")
    }

    fn files(&self, most: u64) -> Files {
        let map = vec![("C:/temp".to_owned(), self.inside()), ("D:\\".to_owned(), self.top())];
        Files::new(vec![self.inside()], map, most).unwrap()
    }

    fn open(&self, text: &str) -> Result<Opened, Denied> {
        self.files(1 << 20).open(text)
    }
}

/// What is opened lies inside, says the system itself.
fn is_inside(opened: &Opened, inside: &Path) -> bool {
    use std::os::fd::AsRawFd;
    let real = std::fs::read_link(format!("/proc/self/fd/{}", opened.file.as_raw_fd())).unwrap();
    real.starts_with(inside)
}

#[test]
fn files_below_allowed_folders_are_opened() {
    let place = Place::new();
    let inside = place.inside().display().to_string();
    for text in [
        "C:/temp/a.jpg",
        "c:\\TEMP\\sub\\deep\\c.jpg",
        "C:/temp/link-in/b.jpg",
        "C:/temp/link-relative.jpg",
        "C:/temp/%2e%2e",
        "D:/inside/a.jpg",
        &format!("{inside}/a.jpg"),
        &format!("{inside}//sub/./b.jpg"),
    ] {
        let opened = place.open(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert!(is_inside(&opened, &place.inside()), "{text}");
        assert_eq!((opened.size, opened.path.starts_with(place.inside())), (4, true));
        assert_eq!(opened.bytes().unwrap(), b"open");
    }
    assert_eq!(place.open("C:/temp/sub\\b.jpg").unwrap().name, "b.jpg");
}

#[test]
fn nothing_else_is_opened_whatever_the_spelling() {
    use Denied::*;
    let place = Place::new();
    let (inside, outside) = (place.inside().display().to_string(), place.outside().display().to_string());
    for (text, why) in [
        ("C:/temp/link-out/secret.jpg".to_owned(), Outside),
        ("C:/temp/link-out.jpg".to_owned(), Outside),
        ("D:/outside/secret.jpg".to_owned(), Outside),
        ("D:/inside-not/secret.jpg".to_owned(), Outside),
        (format!("{outside}/secret.jpg"), Outside),
        ("/etc/passwd".to_owned(), Outside),
        ("/dev/zero".to_owned(), Outside),
        ("C:/temp/zero".to_owned(), Outside),
        ("/proc/self/environ".to_owned(), Outside),
        (format!("{inside}/../outside/secret.jpg"), Upwards),
        ("C:/temp\\..\\outside/secret.jpg".to_owned(), Unmapped),
        ("C:/temp/sub\\../..\\outside/secret.jpg".to_owned(), Unmapped),
        ("D:/inside\\..\\outside/secret.jpg".to_owned(), Outside),
        ("\\\\?\\D:\\OUTSIDE\\Secret.jpg".to_owned(), Outside),
        ("C:/temp/%2e%2e/outside/secret.jpg".to_owned(), Unreachable(std::io::ErrorKind::NotADirectory)),
        ("C:/temp/a.jpg:x".to_owned(), Stream),
        ("//server/share/a.jpg".to_owned(), Unmapped),
        ("E:/temp/a.jpg".to_owned(), Unmapped),
        ("C:/temp/aux".to_owned(), Device),
        ("C:/temp/none.jpg".to_owned(), Unreachable(std::io::ErrorKind::NotFound)),
        ("C:/temp".to_owned(), NotAFile),
        ("C:/temp/sub".to_owned(), NotAFile),
        ("C:/temp/link-in/deep/".to_owned(), NotAFile),
    ] {
        match place.open(&text) {
            Err(found) => assert_eq!(found, why, "{text}"),
            Ok(opened) => panic!("{text} opened {:?}", opened.path),
        }
    }
    assert!(matches!(place.open("C:/temp/loop"), Err(Unreachable(_))));
    assert!(matches!(place.open("C:/temp/a.jpg/x"), Err(Unreachable(_))));
    let none = Files::new(vec![place.top().join("none")], vec![("C:/temp".to_owned(), place.inside())], 10).unwrap();
    assert_eq!(none.open("C:/temp/a.jpg").err(), Some(Outside), "an allowed folder that is not there allows nothing");
}

#[test]
fn a_path_of_windows_opens_what_it_opens_there() {
    let place = Place::new();
    let inside = place.inside();
    std::fs::create_dir_all(inside.join("Made Teile")).unwrap();
    std::fs::write(inside.join("Made Teile/Bild.JPG"), "open").unwrap();
    for text in [
        "C:/temp/scripts/../a.jpg",
        "C:/temp/nowhere/at/all/../../../sub/./b.jpg",
        "C:/temp/A.JPG",
        "c:/TEMP/SUB/Deep/C.jpg",
        "\\\\?\\C:\\temp\\a.jpg",
        "C:/temp/MADE TEILE/bild.jpg",
        "d:/INSIDE/LINK-IN/B.JPG",
    ] {
        let opened = place.open(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert!(is_inside(&opened, &inside), "{text}");
    }
    // This machine's own paths are what they are.
    let own = inside.display().to_string();
    assert!(matches!(place.open(&format!("{own}/A.JPG")), Err(Denied::Unreachable(_))));
}

#[test]
fn the_exact_name_comes_first_and_two_that_are_alike_are_refused() {
    let place = Place::new();
    let put = |name: &str, content: &str| std::fs::write(place.inside().join(name), content).unwrap();
    let read = |text: &str| place.open(&format!("C:/temp/{text}")).and_then(Opened::bytes);
    put("Part.png", "one");
    assert_eq!(read("PART.PNG"), Ok(b"one".to_vec()));
    put("PART.png", "two");
    assert_eq!((read("Part.png"), read("PART.png")), (Ok(b"one".to_vec()), Ok(b"two".to_vec())));
    assert_eq!(read("part.png"), Err(Denied::Ambiguous));
    std::fs::create_dir(place.inside().join("SUB")).unwrap();
    assert_eq!(read("sub/B.jpg"), Ok(b"open".to_vec()), "the exact folder, whatever else there is");
    assert_eq!(read("Sub/b.jpg"), Err(Denied::Ambiguous));
}

#[test]
fn a_name_is_the_same_in_one_piece_and_in_two() {
    let place = Place::new();
    let (one, two) = ("gr\u{f6}\u{df}e.png", "gro\u{308}\u{df}e.png");
    for (on_disk, sent) in [(one, two), (two, one), (one, "GRO\u{308}\u{df}E.PNG"), (two, "GR\u{d6}\u{df}E.png")] {
        let path = place.inside().join(on_disk);
        std::fs::write(&path, "open").unwrap();
        assert!(place.open(&format!("C:/temp/{sent}")).is_ok(), "{sent:?} for {on_disk:?}");
        if !sent.starts_with("GR") {
            assert!(place.open(&format!("{}/{sent}", place.inside().display())).is_ok(), "in this machine's own paths");
        }
        std::fs::remove_file(path).unwrap();
    }
    let map = vec![("C:/B\u{e4}nder".to_owned(), place.inside())];
    let files = Files::new(vec![place.inside()], map, 10).unwrap();
    assert!(files.open("c:/ba\u{308}NDER/a.jpg").is_ok(), "and in what is mapped");
}

#[test]
fn what_is_elsewhere_is_not_told_from_what_is_not_there() {
    let place = Place::new();
    let told = |text: &str| place.open(text).unwrap_err().cause().to_string();
    let missing = told("C:/temp/none.jpg");
    for text in ["D:/outside/secret.jpg", "/etc/passwd", "/etc/none", "C:/temp/link-out.jpg", "D:/OUTSIDE/none.jpg"] {
        assert_eq!(told(text), missing, "{text}");
    }
    assert!(told("E:/a.jpg").contains("path_map") && told("C:/temp/sub").contains("regular file"));
}

#[test]
fn a_mapped_path_is_told_without_opening_anything() {
    let place = Place::new();
    let files = place.files(1);
    assert_eq!(files.mapped("c:/Temp/SUB/../A.jpg"), Some(place.inside().join("a.jpg")));
    assert_eq!(files.mapped("C:/temp/new folder/x.txt"), Some(place.inside().join("new folder/x.txt")));
    assert_eq!((files.mapped("/etc/passwd"), files.mapped("E:/a"), files.mapped("a")), (None, None, None));
}

#[test]
fn what_would_wait_is_refused_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let place = Place::new();
    mknodat(CWD, place.inside().join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.inside().join("socket")).unwrap();
    for name in ["fifo", "socket", "sub"] {
        assert_eq!(place.open(&format!("C:/temp/{name}")).err(), Some(Denied::NotAFile), "{name}");
        // Even when it was a file a moment before.
        assert_eq!(beneath::open(&place.inside(), Path::new(name)).err(), Some(Denied::NotAFile), "{name}");
    }
    assert_eq!(beneath::open(Path::new("/dev"), Path::new("zero")).err(), Some(Denied::NotAFile));
}

#[test]
fn the_bound_in_bytes_holds_for_files_that_grow() {
    let place = Place::new();
    assert_eq!(place.files(3).open("C:/temp/a.jpg").err(), Some(Denied::TooLarge { most: 3 }));
    let opened = place.files(4).open("C:/temp/a.jpg").unwrap();
    std::fs::write(place.inside().join("a.jpg"), "longer").unwrap();
    assert_eq!(opened.bytes(), Err(Denied::TooLarge { most: 4 }));
}

#[test]
fn a_link_that_is_put_in_the_way_leads_nowhere() {
    let place = Place::new();
    let inside = place.inside();
    // As after the check: the path was resolved, and now there are links.
    std::fs::rename(inside.join("sub"), inside.join("was")).unwrap();
    symlink(place.outside(), inside.join("sub")).unwrap();
    for (root, rest) in [("inside", "sub/secret.jpg"), ("inside", "link-out.jpg"), ("inside", "../outside/secret.jpg")]
    {
        let found = beneath::open(&place.top().join(root), Path::new(rest)).err();
        assert!(matches!(found, Some(Denied::NotAFile | Denied::Outside)), "{rest}: {found:?}");
    }
}

#[test]
fn links_swapped_all_the_time_never_lead_outside() {
    let place = Place::new();
    let (inside, outside, files) = (place.inside(), place.outside(), place.files(100));
    let (door, good) = (inside.join("door"), inside.join("good"));
    std::fs::create_dir(&good).unwrap();
    std::fs::write(good.join("secret.jpg"), "open").unwrap();
    // `door` is a folder inside and a link to the outside in turns, each put there in one step.
    let to_link = || {
        std::fs::rename(&door, &good).unwrap();
        symlink(&outside, inside.join("next")).unwrap();
        std::fs::rename(inside.join("next"), &door).unwrap();
    };
    let to_folder = || {
        std::fs::remove_file(&door).unwrap();
        std::fs::rename(&good, &door).unwrap();
    };
    let resolve = || files.resolved("C:/temp/door/secret.jpg");
    std::fs::rename(&good, &door).unwrap();
    // Every order of the two steps and a swap between them; the system's own tells each step what it finds.
    let as_folder = resolve().unwrap();
    assert_eq!(files.opened(as_folder).unwrap().bytes().unwrap(), b"open", "a folder at both");
    let as_folder = resolve().unwrap();
    to_link();
    assert_eq!(files.opened(as_folder).unwrap_err(), Denied::NotAFile, "a folder, then a link");
    assert_eq!(resolve().unwrap_err(), Denied::Outside, "a link at both");
    let as_folder = {
        to_folder();
        resolve().unwrap()
    };
    to_link();
    to_folder();
    assert_eq!(files.opened(as_folder).unwrap().bytes().unwrap(), b"open", "a link in between harms nobody");

    // And in whatever order the system chooses: what is opened is inside, if anything is.
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                to_link();
                to_folder();
            }
        });
        for _ in 0..5_000 {
            if let Ok(file) = files.open("C:/temp/door/secret.jpg") {
                assert_eq!(file.bytes().unwrap(), b"open");
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Paths of the kind that once led somewhere, in any mixture.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("C:".to_owned()),
        Just("/".to_owned()),
        Just("\\".to_owned()),
        Just("temp".to_owned()),
        Just("TEMP".to_owned()),
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just("a.jpg".to_owned()),
        Just("sub".to_owned()),
        Just("link-out".to_owned()),
        Just("link-out.jpg".to_owned()),
        Just("link-in".to_owned()),
        Just("secret.jpg".to_owned()),
        Just("outside".to_owned()),
        Just("D:".to_owned()),
        Just("inside".to_owned()),
        Just("%2e%2e".to_owned()),
        Just("\0".to_owned()),
        Just("zero".to_owned()),
        Just(" ".to_owned()),
        Just(":x".to_owned()),
        Just("inside-not".to_owned()),
        "[ -~]{1,3}",
        ".",
    ];
    let good =
        proptest::sample::select(vec!["sub", "deep", "link-in", ".", "", "a.jpg", "b.jpg", "c.jpg", "SUB", ".."]);
    prop_oneof![
        proptest::collection::vec(part.clone(), 0..12).prop_map(|parts| parts.concat()),
        proptest::collection::vec(part, 0..8).prop_map(|parts| format!("C:/temp/{}", parts.join("/"))),
        proptest::collection::vec(good, 1..4).prop_map(|parts| format!("c:\\Temp\\{}", parts.join("/"))),
    ]
}

#[test]
fn whatever_the_text_what_is_opened_lies_inside() {
    let place = Place::new();
    let (inside, files) = (place.inside(), place.files(100));
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 4000, ..ProptestConfig::default() });
    let opened = std::cell::Cell::new(0);
    runner
        .run(&text(), |text| {
            if let Ok(file) = files.open(&text) {
                opened.set(opened.get() + 1);
                prop_assert!(is_inside(&file, &inside), "{text:?} opened {:?}", file.path);
                prop_assert_eq!(file.bytes().unwrap(), b"open");
            }
            Ok(())
        })
        .unwrap();
    assert!(opened.get() > 20, "only {} of the texts opened anything", opened.get());
}
