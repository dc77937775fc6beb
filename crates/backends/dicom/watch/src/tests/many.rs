//! Many files and folders at once: none is lost, and the last is judged soon.

use super::*;

fn all_once(watched: &Watched, files: usize) {
    let judged = watched.judged();
    assert_eq!(judged.len(), files);
    assert!(judged.values().all(|times| *times == 1));
}

#[test]
fn twenty_thousand_tiny_files_at_once() {
    let mut watched = Watched::new();
    for n in 0..20_000 {
        std::fs::write(watched.top.path().join(format!("{n}.dcm")), b"x.").unwrap();
    }
    watched.wait(20_000);
    watched.fence();
    all_once(&watched, 20_000);
}

#[test]
fn five_thousand_files_of_200_kb_are_judged_as_fast_as_they_come() {
    let mut watched = Watched::new();
    let content = vec![b'x'; 200_000];
    let begun = Instant::now();
    for n in 0..5_000 {
        std::fs::write(watched.top.path().join(format!("{n}.dcm")), &content).unwrap();
    }
    // The machine's own pace is the measure: a watcher that only just kept up with the writing has little left to do.
    let (written, writing) = (Instant::now(), begun.elapsed());
    watched.wait(5_000);
    let longest = writing.max(Duration::from_millis(500));
    assert!(written.elapsed() < longest, "{:?} behind what took {writing:?} to write", written.elapsed());
    watched.fence();
    all_once(&watched, 5_000);
}

#[test]
fn two_hundred_new_folders_with_five_files_each() {
    let mut watched = Watched::new();
    std::thread::scope(|scope| {
        for part in 0..4 {
            let top = watched.top.path();
            scope.spawn(move || {
                for folder in (part..200).step_by(4) {
                    let folder = top.join(format!("{folder}"));
                    std::fs::create_dir(&folder).unwrap();
                    (0..5).for_each(|n| std::fs::write(folder.join(format!("{n}.dcm")), b"x.").unwrap());
                }
            });
        }
    });
    watched.wait(1000);
    watched.fence();
    all_once(&watched, 1000);
    assert_eq!(watched.counts().folders, 201);
}

#[test]
fn two_hundred_full_folders_renamed_into_place() {
    let mut watched = Watched::new();
    for folder in 0..200 {
        let folder = watched.away(&format!("{folder}/sub"));
        std::fs::create_dir_all(&folder).unwrap();
        (0..5).for_each(|n| std::fs::write(folder.join(format!("{n}.dcm")), b"x.").unwrap());
    }
    for folder in 0..200 {
        let name = format!("{folder}");
        std::fs::rename(watched.away(&name), watched.at(&name)).unwrap();
    }
    watched.wait(1000);
    watched.fence();
    all_once(&watched, 1000);
    assert_eq!(watched.counts().folders, 401);
}
