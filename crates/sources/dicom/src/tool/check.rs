//! `tieline mr check`: one table per file, and what the gateway would say about it.

use super::arguments::Check;
use super::table::{Plain, harmless};
use super::{Desk, FAILED, Reader, Trouble, WELL};
use crate::judge::{Judge, Judgement, NULL, Verdict};
use crate::read::Header;
use crate::templates::{COMPARED, Templates, text};
use serde_json::json;
use std::path::Path;
use tieline_store::templates::{Expected, Template};

/// Compares each file; the exit code says whether all conform.
pub(super) fn check(arguments: &Check, desk: &mut Desk<'_>, reader: &Reader<'_>) -> Result<u8, Trouble> {
    let mut judge = Judge::new(Templates::new(desk.origin(&arguments.given)?));
    let mut code = WELL;
    for path in &arguments.files {
        let header = match reader(path) {
            Ok(header) => header,
            Err(reason) => {
                code = FAILED;
                let (path, reason) = (path.to_string_lossy(), reason.to_string());
                match arguments.json {
                    true => writeln!(desk.out, "{}", json!({"path": path, "reason": reason, "verdict": "unreadable"}))?,
                    false => writeln!(desk.out, "{}\nunreadable: {reason}\n", harmless(&path))?,
                }
                continue;
            }
        };
        let judgement = judge.look(&header)?;
        if judgement.verdict == Verdict::Differs {
            code = FAILED;
        }
        match arguments.json {
            true => writeln!(desk.out, "{}", judgement.content(&header, path))?,
            false => writeln!(desk.out, "{}", shown(&judgement, &header, path))?,
        }
    }
    Ok(code)
}

fn shown(judgement: &Judgement, header: &Header, path: &Path) -> String {
    let mut table = Plain::new(&["parameter", "have", "expected", ""], &[]);
    for (at, parameter) in COMPARED.into_iter().enumerate() {
        let have = text(header.parameters.get(parameter)).unwrap_or_else(|| NULL.to_owned());
        let difference = judgement.differences.iter().find(|one| one.parameter == parameter);
        let expected = judgement.template.as_ref().map(|template| &template.expected[at]);
        let (expect, mark) = match (difference, expected) {
            (Some(difference), _) => (difference.expect.reveal().clone(), "differs"),
            (None, None | Some(Expected::NotRecorded)) => (String::new(), ""),
            (None, Some(expected)) => (expected.text().unwrap_or(NULL).to_owned(), "ok"),
        };
        table.add([parameter.name().to_owned(), have, expect, mark.to_owned()]);
    }
    format!("{}\n{}{}\n", harmless(&path.to_string_lossy()), table.text(), sentence(judgement))
}

fn sentence(judgement: &Judgement) -> String {
    let of = |template: &Template| match &template.chosen {
        Some(when) => format!("set {}, chosen by hand {}", template.set, harmless(when)),
        None => format!("set {}, {}", template.set, counted(template.count)),
    };
    match (judgement.verdict, &judgement.template) {
        (Verdict::Conforms, Some(template)) => format!("conforms to its template ({})", of(template)),
        (_, Some(template)) => {
            let names: Vec<_> = judgement.differences.iter().map(|one| one.parameter.name()).collect();
            format!("differs from its template ({}) in {}", of(template), names.join(", "))
        }
        (_, None) => "no template: nothing to compare with; `tieline mr index` counts an archive".to_owned(),
    }
}

/// A number of acquisitions in words.
pub(super) fn counted(count: i64) -> String {
    if count == 1 { "1 acquisition".to_owned() } else { format!("{count} acquisitions") }
}
