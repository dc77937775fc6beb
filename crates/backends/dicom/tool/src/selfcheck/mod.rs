//! `tieline mr selfcheck`: judges an archive by its own templates, before a site trusts them.
//!
//! Promises: the store it makes lies in the system's folder for what is temporary, and is gone afterwards; the archive and the
//! site's own store are left alone. Memory is bounded by the archive's series, not by its files.

mod alarms;
mod archive;
mod seed;
mod throwaway;

use super::arguments::{Index, Selfcheck};
use super::index::{Progress, count, fill, visit};
use super::{Context, Failure, Reader};
use alarms::Alarms;
use archive::Archive;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::thread;
use throwaway::Throwaway;
use tieline_commandline::{FAILED, USAGE, WELL};
use tieline_dicom_backend::DicomSettings;
use tieline_dicom_judge::templates::{Origin, Templates};
use tieline_dicom_judge::{Judge, SERIES_END, SESSION_END, Verdict};
use tieline_dicom_read::Unreadable;
use tieline_store::Store;

/// Indexes, judges, reports, and returns the exit code.
pub(super) fn selfcheck(arguments: &Selfcheck, context: &mut Context<'_>, reader: &Reader<'_>) -> Result<u8, Failure> {
    for folder in &arguments.folders {
        if let Err(error) = std::fs::read_dir(folder) {
            writeln!(context.diagnostics, "error: cannot read the folder {}: {error}", folder.display())?;
            return Ok(USAGE);
        }
    }
    let (_, settings) = context.configured(&arguments.given)?;
    let place = Throwaway::new();
    let mut store = Store::open(place.path())?;
    let index = Index {
        folders: arguments.folders.clone(),
        given: arguments.given.clone(),
        all_files: arguments.all_files,
        jobs: arguments.jobs,
        fresh: false,
        json: arguments.json,
    };
    let tally = fill(&index, &settings, &mut store, context, reader)?;
    let totals = store.templates().totals()?;
    drop(store);

    let mut judge = judge(place.path(), &settings, &arguments.folders)?;
    let mut alarms = Alarms::default();
    let mut archive = Archive::new(arguments.seed);
    judge_all(&arguments.folders, &mut judge, &mut alarms, &mut archive, context, reader)?;
    let seeded = match arguments.seed_errors {
        0 => None,
        count => Some(seed::errors(count, arguments.seed, &archive, &mut judge, reader, context)?),
    };
    match arguments.json {
        true => {
            let seeded = seeded.as_ref().map(seed::Seeded::json);
            let report = json!({"index": tally.json(&totals), "judged": alarms.json(), "seeded": seeded});
            writeln!(context.out, "{report:#}")?;
        }
        false => {
            write!(context.out, "{}", alarms.text())?;
            if let Some(seeded) = &seeded {
                write!(context.out, "\n{}", seeded.text())?;
            }
        }
    }
    let is_well = alarms.are_none() && seeded.is_none_or(|seeded| seeded.are_all_found());
    Ok(if is_well { WELL } else { FAILED })
}

/// A judge by the templates in this folder, who knows the site's rules.
fn judge(store: &Path, settings: &DicomSettings, folders: &[PathBuf]) -> Result<Judge, Failure> {
    let judge = Judge::new(Templates::new(Origin::open(store, "")?));
    let judge = judge.with(settings.rules(), settings.naming(folders), SERIES_END);
    Ok(judge.with_sessions(&settings.session, SESSION_END))
}

/// Compares every file of the archive with its template.
fn judge_all(
    folders: &[PathBuf],
    judge: &mut Judge,
    alarms: &mut Alarms,
    archive: &mut Archive,
    context: &mut Context<'_>,
    reader: &Reader<'_>,
) -> Result<(), Failure> {
    let mut progress = Progress::new(context.is_terminal);
    let counter = progress.counter();
    let drawn = progress.is_drawn();
    thread::scope(|scope| {
        if drawn {
            scope.spawn(|| count(folders, &counter));
        }
        let mut failed = None;
        let mut seen = 0;
        let not_listed = visit(folders, |mut part| {
            part.sort();
            for path in part {
                seen += 1;
                let step = one(&path, judge, alarms, archive, reader);
                let shown = step.and_then(|()| progress.show(seen, context.diagnostics).map_err(Failure::from));
                if let Err(failure) = shown {
                    failed = Some(failure);
                    return false;
                }
            }
            true
        });
        progress.stop();
        alarms.not_listed(not_listed);
        failed.map_or(Ok(()), Err)
    })
}

fn one(
    path: &Path,
    judge: &mut Judge,
    alarms: &mut Alarms,
    archive: &mut Archive,
    reader: &Reader<'_>,
) -> Result<(), Failure> {
    let header = match reader(path) {
        Ok(header) => judge.named(&header, path),
        Err(Unreadable::NotDicom) => {
            alarms.not_dicom();
            return Ok(());
        }
        Err(reason) => {
            alarms.unreadable(reason.as_str());
            return Ok(());
        }
    };
    let judgement = judge.look(&header)?;
    alarms.note(&header, path, &judgement);
    if judgement.verdict == Verdict::Conforms {
        archive.note(&header, path);
    }
    Ok(())
}
