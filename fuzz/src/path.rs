//! A path as a client of a measuring program writes it. Input: the path.

use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

thread_local! {
    /// Made once a thread, gone with it.
    static PLACE: TempDir = place();
}

/// A folder that is allowed, one that is not, and links between them.
fn place() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (inside, outside) = (folder.path().join("inside"), folder.path().join("outside"));
    std::fs::create_dir_all(inside.join("sub/deep")).unwrap();
    std::fs::create_dir_all(&outside).unwrap();
    for file in ["a.jpg", "sub/b.jpg", "sub/deep/c.jpg", "%2e%2e"] {
        std::fs::write(inside.join(file), "open").unwrap();
    }
    std::fs::write(outside.join("secret.jpg"), "secret").unwrap();
    for (to, link) in
        [("sub", "in"), ("../outside", "out"), ("../outside/secret.jpg", "out.jpg"), ("/", "root"), ("..", "up")]
    {
        symlink(to, inside.join(link)).unwrap();
    }
    folder
}

/// What is opened lies in the allowed folder, says the system, and is what was put there.
pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    PLACE.with(|place| {
        let top = std::fs::canonicalize(place.path()).unwrap();
        let inside = top.join("inside");
        // The second drive shows what is not allowed too.
        let map: Vec<(String, PathBuf)> = vec![("C:/temp".to_owned(), inside.clone()), ("D:".to_owned(), top)];
        let Some(mut file) = tieline_measuring_project::trial::open(vec![inside.clone()], map, text) else { return };
        let real = std::fs::read_link(Path::new("/proc/self/fd").join(file.as_raw_fd().to_string())).unwrap();
        assert!(real.starts_with(&inside), "{text:?} opened {}", real.display());
        let mut content = String::new();
        std::io::Read::read_to_string(&mut file, &mut content).unwrap();
        assert_eq!(content, "open", "{text:?}");
    });
}
