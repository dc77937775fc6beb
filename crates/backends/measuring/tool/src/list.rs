//! `project list`, `project show`, `jobs`: what there is, for people and for programs.

use super::arguments::{Jobs, List, Show};
use super::{Failure, PAGE, json, store};
use serde_json::json;
use tieline_commandline::{FAILED, Plain, WELL, printable};
use tieline_model::ToolContext;
use tieline_store::Store;

pub(super) fn list(arguments: &List, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let Some(mut store) = store(context, &arguments.given)? else { return Ok(WELL) };
    let project = store.project();
    let totals = project.totals()?;
    let mut table = Plain::new(&["series", "focal length", "images", "made"]);
    let mut after = 0;
    loop {
        let page = project.series(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for series in &page {
            if arguments.json {
                writeln!(context.out, "{}", json!({ "series": json::series(series) }))?;
            }
            let name = if series.name.is_empty() { "''" } else { &series.name };
            let focal_length = format!("{} mm", series.focal_length);
            table.add([name, &focal_length, &series.images.to_string(), &json::time(series.at)]);
        }
    }
    let mut stages = Plain::new(&["stage", "elements", "file", "imported"]);
    let mut from = 0;
    loop {
        let page = project.stages(from, PAGE)?;
        let Some(last) = page.last() else { break };
        from = last.number + 1;
        for stage in &page {
            if arguments.json {
                writeln!(context.out, "{}", json!({ "stage": json::stage(stage) }))?;
            }
            stages.add([stage.name(), stage.elements.to_string(), stage.file.clone(), json::time(stage.at)]);
        }
    }
    if totals.series + totals.stages == 0 {
        writeln!(context.diagnostics, "The project is empty.")?;
    } else if !arguments.json {
        for (count, table) in [(totals.series, &table), (totals.stages, &stages)] {
            if count > 0 {
                writeln!(context.out, "{}", table.text())?;
            }
        }
        writeln!(context.out, "{} images, {} elements, {} bytes", totals.images, totals.elements, totals.bytes)?;
    }
    Ok(WELL)
}

pub(super) fn show(arguments: &Show, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let Some(mut store) = store(context, &arguments.given)? else { return Ok(FAILED) };
    match (&arguments.series, arguments.stage) {
        (Some(name), _) => images(name, arguments.json, &mut store, context),
        (None, number) => elements(number.unwrap_or(0), arguments.json, &mut store, context),
    }
}

fn images(name: &str, is_json: bool, store: &mut Store, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let project = store.project();
    let Some(series) = project.series_named(name)? else {
        let name = printable(name);
        return Err(Failure::Failed(format!("there is no series {name:?}; `tieline project list` names all")));
    };
    let mut table = Plain::new(&["file", "format", "size", "camera", "its lens", "asked for", "imported", "sha256"]);
    let mut after = 0;
    loop {
        let page = project.images(series.id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for image in &page {
            if is_json {
                writeln!(context.out, "{}", json::image(image))?;
                continue;
            }
            let picture = &image.picture;
            let millimetres = |length: f64| format!("{length} mm");
            table.add([
                image.file.clone(),
                format!("{} {} bits", picture.format, picture.bits),
                format!("{} × {}", picture.width, picture.height),
                picture.camera.clone().unwrap_or_default(),
                picture.focal_length.map(millimetres).unwrap_or_default(),
                millimetres(image.focal_length),
                json::time(image.at),
                json::hash(&picture.hash).chars().take(12).collect(),
            ]);
        }
    }
    if !is_json {
        write!(context.out, "{}", table.text())?;
    }
    Ok(WELL)
}

fn elements(number: i64, is_json: bool, store: &mut Store, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let project = store.project();
    if project.stages(number, 1)?.first().is_none_or(|stage| stage.number != number) {
        let what =
            if number == 0 { "the clipboard is empty".to_owned() } else { format!("there is no stage {number}") };
        return Err(Failure::Failed(format!("{what}; `tieline project list` names all")));
    }
    let mut table = Plain::new(&["kind", "name", "id", "x", "y", "z"]);
    let mut from = 0;
    loop {
        let page = project.elements(number, from, PAGE)?;
        if page.is_empty() {
            break;
        }
        for element in &page {
            from += 1;
            if is_json {
                writeln!(context.out, "{}", json::element(element))?;
                continue;
            }
            let texts = [Some(&element.kind), element.name.as_ref(), element.identity.as_ref()];
            let texts = texts.map(|text| text.cloned().unwrap_or_default());
            let place =
                element.position.map_or([const { String::new() }; 3], |place| place.map(|axis| axis.to_string()));
            table.add(texts.into_iter().chain(place));
        }
    }
    if !is_json {
        write!(context.out, "{}", table.text())?;
    }
    Ok(WELL)
}

pub(super) fn jobs(arguments: &Jobs, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let Some(mut store) = store(context, &arguments.given)? else { return Ok(WELL) };
    let project = store.project();
    let mut table = Plain::new(&["job", "ended", "who", "command", "took", "result", "detail"]);
    let mut left = usize::try_from(arguments.most).unwrap_or(usize::MAX);
    let mut before = None;
    while left > 0 {
        let page = project.jobs(before, left.min(PAGE))?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        left -= page.len();
        for job in page {
            if arguments.json {
                writeln!(context.out, "{}", json::job(&job))?;
                continue;
            }
            let (id, took) = (job.id.to_string(), format!("{} ms", job.took));
            table.add([id, json::time(job.at), job.peer, job.command, took, job.result, job.detail]);
        }
    }
    match before {
        None => writeln!(context.diagnostics, "No job was done yet.")?,
        Some(_) if arguments.json => {}
        Some(_) => write!(context.out, "{}", table.text())?,
    }
    Ok(WELL)
}
