//! `tieline mr templates`: what there is, why it is so, an operator's choice, and all of it as a file.

mod file;
mod transfer;

use super::Given;
use super::arguments::{Choose, List, Names, Templates};
use super::check::counted;
use super::{Context, Failure};
use serde_json::json;
use tieline_commandline::{FAILED, Plain, WELL, printable};
use tieline_dicom_judge::NULL;
use tieline_dicom_judge::templates::{COMPARED, Origin};
use tieline_store::Store;
use tieline_store::templates::{Expected, Template, fold};

/// Does what is asked and returns the exit code.
pub(super) fn templates(command: &Templates, context: &mut Context<'_>) -> Result<u8, Failure> {
    match command {
        Templates::List(arguments) => list(arguments, context),
        Templates::Show(names) => show(names, context),
        Templates::Choose(arguments) => choose(arguments, context),
        Templates::Unchoose(names) => unchoose(names, context),
        Templates::Export(arguments) => transfer::export(arguments, context),
        Templates::Import(arguments) => transfer::import(arguments, context),
    }
}

fn list(arguments: &List, context: &mut Context<'_>) -> Result<u8, Failure> {
    let wanted = arguments.project.as_deref().map(fold);
    let sets = context.origin(&arguments.given)?.all()?;
    let mut table = Plain::with_numbers(
        &["study", "sequence", "kind", "template", "acquisitions", "of", "sets", "last", "why"],
        &[3, 4, 5, 6],
    );
    let mut lines = 0;
    for sets in sets.chunk_by(|a, b| group(a) == group(b)) {
        let Some(best) = sets.first().filter(|best| wanted.as_ref().is_none_or(|wanted| best.names().0 == *wanted))
        else {
            continue;
        };
        lines += 1;
        let total: i64 = sets.iter().map(|set| set.count).sum();
        if arguments.json {
            let line = json!({
                "Project": name(best, "Project"), "SequenceName": name(best, "SequenceName"), "kind": best.kind, "set": best.set,
                "acquisitions": best.count, "of": total, "sets": sets.len(), "first": best.first, "last": best.last,
                "is_ideal": best.chosen, "why": why(sets), "several": several(best), "free": free(best),
            });
            writeln!(context.out, "{line}")?;
            continue;
        }
        let last = best.last.clone().unwrap_or_default();
        let (project, sequence) = (name(best, "Project"), name(best, "SequenceName"));
        let numbers = [best.set, best.count, total].map(|number| number.to_string());
        let names = [project, sequence, kind(best)].map(str::to_owned);
        let cells = names.into_iter().chain(numbers);
        table.add(cells.chain([sets.len().to_string(), last, why(sets).to_owned()]));
    }
    if lines == 0 {
        writeln!(context.diagnostics, "There are no templates yet. Build them: tieline mr index DIR")?;
    } else if !arguments.json {
        write!(context.out, "{}", table.text())?;
    }
    Ok(WELL)
}

fn show(names: &Names, context: &mut Context<'_>) -> Result<u8, Failure> {
    let sets = context.origin(&names.given)?.sets(&names.project, &names.sequence)?;
    if sets.is_empty() {
        writeln!(
            context.diagnostics,
            "There is no template of this study and sequence; `tieline mr templates list` names all."
        )?;
        return Ok(FAILED);
    }
    for (at, sets) in sets.chunk_by(|a, b| a.kind == b.kind).enumerate() {
        if at > 0 {
            writeln!(context.out)?;
        }
        show_kind(sets, context)?;
    }
    Ok(WELL)
}

/// The sets of one kind, the template first.
fn show_kind(sets: &[Template], context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(best) = sets.first() else { return Ok(()) };
    let mut table = Plain::with_numbers(&["set", "acquisitions", "first", "last", "chosen"], &[0, 1]);
    for set in sets {
        let dates = [&set.first, &set.last, &set.chosen].map(|text| text.clone().unwrap_or_default());
        table.add([set.set.to_string(), set.count.to_string()].into_iter().chain(dates));
    }
    let (project, sequence) = (printable(name(best, "Project")), printable(name(best, "SequenceName")));
    let kind = kind(best);
    writeln!(context.out, "{project}  {sequence}  (kind of image: {kind})\n\n{}", table.text())?;
    writeln!(context.out, "The template is set {}: {}.\n", best.set, why(sets))?;
    let mut table = Plain::new(&["parameter", "template"]);
    for parameter in COMPARED {
        table.add([parameter.name().to_owned(), said(best, parameter.name())]);
    }
    write!(context.out, "{}", table.text())?;
    for set in &sets[1..] {
        let mut table = Plain::new(&["parameter", "this set", "template"]);
        for parameter in COMPARED.map(|parameter| parameter.name()) {
            if set.expected(parameter) != best.expected(parameter) {
                table.add([parameter.to_owned(), said(set, parameter), said(best, parameter)]);
            }
        }
        write!(context.out, "\nSet {} ({}) is different in:\n{}", set.set, counted(set.count), table.text())?;
    }
    Ok(())
}

/// Parameters of which one acquisition has several values, with how many.
fn several(template: &Template) -> serde_json::Map<String, serde_json::Value> {
    let each = COMPARED.into_iter().zip(&template.expected).filter_map(|(parameter, expected)| match expected {
        Expected::OneOf(values) => Some((parameter.name().to_owned(), values.len().into())),
        _ => None,
    });
    each.collect()
}

/// Parameters that are not compared, with the reason.
fn free(template: &Template) -> serde_json::Map<String, serde_json::Value> {
    let each = COMPARED.into_iter().zip(&template.expected).filter_map(|(parameter, expected)| match expected {
        Expected::Free(why) => Some((parameter.name().to_owned(), why.reason().into())),
        _ => None,
    });
    each.collect()
}

fn choose(arguments: &Choose, context: &mut Context<'_>) -> Result<u8, Failure> {
    let names = &arguments.names;
    let mut store = writable(&names.given, context)?;
    store.templates().choose(&names.project, &names.sequence, arguments.number)?;
    let (project, sequence) = (printable(&names.project), printable(&names.sequence));
    writeln!(context.diagnostics, "Set {} is the template of {project} {sequence} from now on.", arguments.number)?;
    Ok(WELL)
}

fn unchoose(names: &Names, context: &mut Context<'_>) -> Result<u8, Failure> {
    let taken = writable(&names.given, context)?.templates().unchoose(&names.project, &names.sequence)?;
    let (project, sequence) = (printable(&names.project), printable(&names.sequence));
    match taken {
        true => writeln!(context.diagnostics, "Counting decides again about {project} {sequence}.")?,
        false => {
            writeln!(context.diagnostics, "Nothing was chosen by hand for {project} {sequence}; counting decides.")?
        }
    }
    Ok(if taken { WELL } else { FAILED })
}

/// The store, to choose in; a reference database is somebody else's.
fn writable(given: &Given, context: &Context<'_>) -> Result<Store, Failure> {
    match context.origin(given)? {
        Origin::Store(store) => Ok(store),
        Origin::Reference(reference) => Err(Failure::Usage(format!(
            "the templates are read from {}, which is never written to; set `is_ideal` there with the reference's own \
             tools, or leave `templates` empty in the configuration to use the store",
            reference.path().display()
        ))),
    }
}

/// Why the first of these sets is the template.
fn why(sets: &[Template]) -> &'static str {
    match sets {
        [best, ..] if best.chosen.is_some() => "chosen by hand",
        [_] => "the only set",
        [best, next, ..] if best.count == next.count => "the newest of the most frequent",
        _ => "the most frequent",
    }
}

fn name<'a>(template: &'a Template, name: &str) -> &'a str {
    template.expected(name).text().unwrap_or_default()
}

fn said(template: &Template, name: &str) -> String {
    match template.expected(name) {
        Expected::Free(why) => why.reason().to_owned(),
        Expected::OneOf(values) => {
            format!("one of {}: {}", values.len(), template.allowed(name).unwrap_or(NULL.into()))
        }
        _ => template.allowed(name).unwrap_or(NULL.into()).into_owned(),
    }
}

/// The kind as it is shown.
fn kind(template: &Template) -> &str {
    if template.kind.is_empty() { "any" } else { &template.kind }
}

/// What sets of one template have in common.
fn group(template: &Template) -> (String, String, String) {
    let (project, sequence) = template.names();
    (project, sequence, template.kind.clone())
}
