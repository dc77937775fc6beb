//! `tieline mr check`: one table per file, and what the gateway would say about it.

use super::arguments::Check;
use super::{Context, Failure, Reader};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;
use tieline_commandline::{FAILED, Plain, WELL, printable};
use tieline_dicom_judge::templates::{COMPARED, Origin, Templates, text};
use tieline_dicom_judge::{Judge, Judgement, NO_STUDY_NAME_HINT, NULL, SERIES_END, Taken, Verdict};
use tieline_dicom_read::Header;
use tieline_store::templates::Template;

/// Compares each file; the exit code says whether all conform. Files of one series are judged as one, in the end.
pub(super) fn check(arguments: &Check, context: &mut Context<'_>, reader: &Reader<'_>) -> Result<u8, Failure> {
    let (folder, settings) = context.configured(&arguments.given)?;
    let judge = Judge::new(Templates::new(Origin::open(&folder, &settings.templates)?));
    let mut judge = judge.with(settings.rules(), settings.naming(&[]), SERIES_END);
    let mut code = WELL;
    let mut series: Vec<Json> = Vec::new();
    for path in &arguments.files {
        let header = match reader(path) {
            Ok(header) => header,
            Err(reason) => {
                code = FAILED;
                let (path, reason) = (path.to_string_lossy(), reason.to_string());
                match arguments.json {
                    true => {
                        writeln!(context.out, "{}", json!({"path": path, "reason": reason, "verdict": "unreadable"}))?
                    }
                    false => writeln!(context.out, "{}\nunreadable: {reason}\n", printable(&path))?,
                }
                continue;
            }
        };
        let header = judge.named(&header, path);
        let Taken { judgement, series: known, .. } = judge.take(&header, path, Duration::ZERO)?;
        if judgement.verdict == Verdict::Differs {
            code = FAILED;
        }
        let known: Json = serde_json::from_str(known.reveal()).unwrap_or_default();
        match arguments.json {
            true => {
                // The verdict of a line is the file's; what its series has come to stands beside it.
                let mut content: Json = serde_json::from_str(&judgement.content(&header, path)).unwrap_or_default();
                content["series"] = known;
                writeln!(context.out, "{content}")?;
            }
            false => {
                writeln!(context.out, "{}", shown(&judgement, &header, path))?;
                series.retain(|other| other["uid"] != known["uid"]);
                series.push(known);
            }
        }
    }
    for one in series.iter().filter(|one| one["images"].as_u64().is_some_and(|images| images > 1)) {
        writeln!(context.out, "{}", of_series(one))?;
    }
    Ok(code)
}

/// A line about a series of several images.
fn of_series(series: &Json) -> String {
    let text = |key: &str| match &series[key] {
        Json::String(text) => printable(text),
        other => other.to_string(),
    };
    let differing = match series["differing"].as_u64() {
        Some(0) | None => String::new(),
        Some(_) if series["first_differing"].is_null() => format!(", {} of them differ", text("differing")),
        Some(_) => format!(", {} of them differ, first image {}", text("differing"), text("first_differing")),
    };
    format!("series {} {}: {} ({} images{differing})", text("number"), text("name"), text("verdict"), text("images"))
}

fn shown(judgement: &Judgement, header: &Header, path: &Path) -> String {
    let mut table = Plain::new(&["parameter", "have", "expected", ""]);
    for parameter in COMPARED {
        let have = text(header.parameters.get(parameter)).unwrap_or_else(|| NULL.to_owned());
        let difference = judgement.differences.iter().find(|one| one.parameter == parameter);
        let not = judgement.not_compared.iter().find(|(one, _)| *one == parameter);
        let allowed = judgement.template.as_ref().map(|template| template.allowed(parameter.name()));
        let allowed = allowed.map(|allowed| allowed.map_or(NULL.to_owned(), |text| text.into_owned()));
        let (expect, mark) = match (difference, not, allowed) {
            (Some(difference), ..) => (difference.expect.reveal().clone(), "differs".to_owned()),
            (None, Some((_, why)), expect) => (expect.unwrap_or_default(), format!("not compared: {}", why.reason())),
            (None, None, None) => (String::new(), String::new()),
            (None, None, Some(expect)) => (expect, "ok".to_owned()),
        };
        table.add([parameter.name().to_owned(), have, expect, mark]);
    }
    for one in judgement.differences.iter().filter(|one| !COMPARED.contains(&one.parameter)) {
        let have = text(&one.have).unwrap_or_else(|| NULL.to_owned());
        table.add([one.parameter.name().to_owned(), have, one.expect.reveal().clone(), "differs".to_owned()]);
    }
    format!("{}\n{}{}\n", printable(&path.to_string_lossy()), table.text(), sentence(judgement))
}

fn sentence(judgement: &Judgement) -> String {
    let of = |template: &Template| match &template.chosen {
        Some(when) => format!("set {}, chosen by hand {}", template.set, printable(when)),
        None => format!("set {}, {}", template.set, counted(template.count)),
    };
    match (judgement.verdict, &judgement.template) {
        (Verdict::Conforms, Some(template)) => format!("conforms to its template ({})", of(template)),
        (_, Some(template)) => {
            let names: Vec<_> = judgement.differences.iter().map(|one| one.parameter.name()).collect();
            format!("differs from its template ({}) in {}", of(template), names.join(", "))
        }
        (_, None) if judgement.rules.skipped => "not judged: a rule of the site ([[mr.skip]]) leaves it out".to_owned(),
        (_, None) if judgement.is_nameless => format!("no study name: {NO_STUDY_NAME_HINT}"),
        (_, None) => "no template: nothing to compare with; `tieline mr index` counts an archive".to_owned(),
    }
}

/// A number of acquisitions in words.
pub(super) fn counted(count: i64) -> String {
    if count == 1 { "1 acquisition".to_owned() } else { format!("{count} acquisitions") }
}
