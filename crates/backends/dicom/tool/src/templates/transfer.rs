//! `tieline mr templates export` and `import`.

use super::super::arguments::{Export, Import};
use super::super::{Context, Failure};
use super::file;
use super::{group, writable};
use serde_json::Value as Json;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tieline_commandline::WELL;
use tieline_dicom_judge::templates::Origin;

/// A file of templates is not read beyond this.
const LARGEST: u64 = 256 << 20;

/// Writes the template of each study, sequence and kind, and the rules, to a file.
pub(super) fn export(arguments: &Export, context: &mut Context<'_>) -> Result<u8, Failure> {
    let (folder, settings) = context.configured(&arguments.given)?;
    let sets = Origin::open(&folder, &settings.templates)?.all()?;
    let best: Vec<_> = sets.chunk_by(|a, b| group(a) == group(b)).filter_map(|sets| sets.first()).collect();
    let text = format!("{:#}\n", file::write(best.iter().copied(), &settings));
    if arguments.file.as_os_str() == "-" {
        context.out.write_all(text.as_bytes())?;
        return Ok(WELL);
    }
    // It holds names of studies, and comments: for its owner alone, unless somebody has made it otherwise.
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&arguments.file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| wrong(&arguments.file, &error))?;
    writeln!(
        context.diagnostics,
        "{} templates and the rules of the site are in {}",
        best.len(),
        arguments.file.display()
    )?;
    Ok(WELL)
}

/// Takes templates over from a file; rules belong into the configuration, and are shown when they are not there.
pub(super) fn import(arguments: &Import, context: &mut Context<'_>) -> Result<u8, Failure> {
    let path = &arguments.file;
    let size = std::fs::metadata(path).map_err(|error| wrong(path, &error))?.len();
    if size > LARGEST {
        return Err(Failure::Usage(format!("{}: {size} bytes are more than a file of templates has", path.display())));
    }
    let mut text = String::new();
    // What grows meanwhile, or tells no size, is no JSON where it is cut.
    let file = std::fs::File::open(path).map_err(|error| wrong(path, &error))?;
    file.take(LARGEST).read_to_string(&mut text).map_err(|error| wrong(path, &error))?;
    let json: Json = serde_json::from_str(&text).map_err(|error| wrong(path, &error))?;
    let told = file::read(&json, arguments.choose).map_err(|what| wrong(path, &what))?;
    let (_, settings) = context.configured(&arguments.given)?;
    writable(&arguments.given, context)?.templates().import(&told)?;
    writeln!(context.diagnostics, "{} templates were taken over from {}", told.len(), path.display())?;
    let rules = &json["rules"];
    let toml = file::toml(rules);
    if !toml.is_empty() && *rules != file::rules(&settings) {
        writeln!(
            context.diagnostics,
            "The file has other rules than the configuration. Put these in if they are meant:\n"
        )?;
        write!(context.out, "{toml}")?;
    }
    Ok(WELL)
}

fn wrong(path: &Path, what: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("{}: {what}", path.display()))
}
