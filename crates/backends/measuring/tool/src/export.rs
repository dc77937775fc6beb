//! `project export`: everything as JSON lines, of one moment.

use super::arguments::Export;
use super::{Failure, PAGE, json, store};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tieline_commandline::WELL;
use tieline_model::ToolContext;
use tieline_store::project::Project;

pub(super) fn export(arguments: &Export, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let Some(mut store) = store(context, &arguments.given)? else { return Ok(WELL) };
    let mut project = store.project();
    let Some(path) = &arguments.out else {
        project.at_one_moment(|project| lines(project, context.out))?;
        return Ok(WELL);
    };
    // Beside it, so that putting it in place is one step.
    let part = beside(path);
    let failed = |error| Failure::Failed(format!("cannot write {}: {error}", part.display()));
    let mut file = BufWriter::new(File::create(&part).map_err(failed)?);
    let count = project.at_one_moment(|project| lines(project, &mut file))?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().and_then(|()| std::fs::rename(&part, path)).map_err(failed)?;
    writeln!(context.diagnostics, "{count} lines in {}.", tieline_commandline::printable(&path.display().to_string()))?;
    Ok(WELL)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes every line; how many.
fn lines(project: &Project<'_>, out: &mut dyn Write) -> Result<u64, Failure> {
    let mut count = 0;
    let mut after = 0;
    loop {
        let page = project.series(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for series in &page {
            writeln!(out, "{}", json!({ "series": json::series(series) }))?;
            count += 1 + images(project, series.id, out)?;
        }
    }
    let mut from = 0;
    loop {
        let page = project.stages(from, PAGE)?;
        let Some(last) = page.last() else { break };
        from = last.number + 1;
        for stage in &page {
            writeln!(out, "{}", json!({ "stage": json::stage(stage) }))?;
            count += 1 + elements(project, stage.number, out)?;
        }
    }
    Ok(count)
}

fn images(project: &Project<'_>, series: i64, out: &mut dyn Write) -> Result<u64, Failure> {
    let (mut count, mut after) = (0, 0);
    loop {
        let page = project.images(series, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(count) };
        after = last.id;
        for image in &page {
            writeln!(out, "{}", json!({ "image": json::image(image) }))?;
            count += 1;
        }
    }
}

fn elements(project: &Project<'_>, stage: i64, out: &mut dyn Write) -> Result<u64, Failure> {
    let mut count = 0;
    loop {
        let page = project.elements(stage, count, PAGE)?;
        if page.is_empty() {
            return Ok(count);
        }
        for element in &page {
            writeln!(out, "{}", json!({ "element": json::element(element) }))?;
            count += 1;
        }
    }
}
