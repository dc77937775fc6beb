//! Who may read the store's files: their owner alone. They hold names of studies, comments, and the key beside the hashes.
//!
//! Promises: what is made is never open to others, not even for a moment; what was made open is closed. What belongs to
//! somebody else stays as it is. Called whenever the store is opened.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What SQLite puts beside a database.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];
/// Rights of the group and of all others.
const OTHERS: u32 = 0o077;
/// Set on folders that many people share, such as `/tmp`.
const STICKY: u32 = 0o1000;

/// Makes the folder when it is not there, and closes it to others.
pub(crate) fn folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A folder that the program was started in, or below, is not the store's alone.
    let holds_more = |folder: &Path| std::env::current_dir().is_ok_and(|here| here.starts_with(folder));
    if std::fs::canonicalize(folder).is_ok_and(|whole| !holds_more(&whole)) {
        close(folder);
    }
    Ok(())
}

/// Makes the database's file when it is not there, and closes it and what lies beside it to others.
pub(crate) fn files(path: &Path) {
    // What is wrong with it is told when the database is opened.
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    for end in BESIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        close(Path::new(&name));
    }
}

fn close(path: &Path) {
    let Ok(mode) = std::fs::metadata(path).map(|found| found.permissions().mode()) else { return };
    if mode & OTHERS != 0 && mode & STICKY == 0 {
        // Refused: it is somebody else's, who has decided.
        let _ = std::fs::set_permissions(path, Permissions::from_mode(mode & 0o7777 & !OTHERS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FILE, Store};
    use std::path::PathBuf;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn all(folder: &Path) -> Vec<PathBuf> {
        BESIDE.map(|end| folder.join(format!("{FILE}{end}"))).to_vec()
    }

    #[test]
    fn nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a/b");
        let store = Store::open(&folder).unwrap();
        assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o700, 0o700));
        assert_eq!(all(&folder).iter().map(|path| mode(path)).collect::<Vec<_>>(), [0o600; 3]);
        // As an older program has left it.
        std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        all(&folder).iter().for_each(|path| std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap());
        let again = Store::open(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(all(&folder).iter().map(|path| mode(path)).collect::<Vec<_>>(), [0o600; 3]);
        drop((store, again));
    }

    #[test]
    fn a_folder_that_others_share_stays_open() {
        let shared = tempfile::tempdir().unwrap();
        std::fs::set_permissions(shared.path(), Permissions::from_mode(0o1777)).unwrap();
        folder(shared.path()).unwrap();
        assert_eq!(mode(shared.path()), 0o1777);
    }
}
