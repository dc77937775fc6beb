//! What can be typed after `tieline mr`: commands and options with their help.
//!
//! Promises: an option only records; doing anything comes later. Read by `run`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use tieline_commandline::Given;

/// Work with the templates that MR scans are judged by.
#[derive(Debug, Parser)]
#[command(
    name = "tieline mr",
    bin_name = "tieline mr",
    no_binary_name = true,
    arg_required_else_help = true,
    after_help = "Begin with:  tieline mr index /archive, then tieline mr templates list"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build templates from an archive of DICOM files: the most frequent parameter set of each study and sequence.
    #[command(after_long_help = INDEX)]
    Index(Index),
    /// Compare files with their templates, as the gateway does.
    #[command(after_help = "Example: tieline mr check /data/dicomstream/*/001_000017_000001.dcm\n\n\
        Exit codes: 0 every file conforms or has no template, 1 a file differs or cannot be read, 2 usage or configuration.")]
    Check(Check),
    /// Find out whether templates of this archive can be trusted: index it into a store that is thrown away, then judge the
    /// same archive by it.
    #[command(after_long_help = SELFCHECK)]
    Selfcheck(Selfcheck),
    /// What sessions lacked and which series differed, from what the gateway remembers.
    #[command(after_help = "Example: tieline mr report --since 7d --csv > week.csv")]
    Report(Report),
    /// See the templates, choose one by hand, keep them in a file.
    #[command(subcommand)]
    Templates(Templates),
}

/// One line per paragraph: it is wrapped for the terminal.
const INDEX: &str = concat!(
    "Which files are read:\n",
    "  Enough of each acquisition to know what varies within it. Files of a folder whose names differ in their last number \
     only, and whose sizes are alike, are taken for one series: of more than 64 such files the first four, the last, 59 \
     between them and one of each size are read. If those belong to one acquisition and say the same, the others are passed \
     over; in every other case all of them are read. An acquisition of a few files that hides among many files of another, \
     with the same kind of name and the same size, can be missed: --all-files reads everything.\n",
    "  Folders are walked to every depth; links to folders are not followed. Nothing is written but the store.\n\n",
    "Interrupted:\n",
    "  Ctrl-C or a crash loses the last moments only. The next run passes over what is done, as long as path, size and \
     time of a file are the same.\n\n",
    "Examples:\n",
    "  tieline mr index /archive\n",
    "  tieline mr index /archive/2024 /archive/2025 --jobs 8 --json > report.json",
);

/// One line per paragraph: it is wrapped for the terminal.
const SELFCHECK: &str = concat!(
    "Alarms:\n",
    "  Every file that differs from the template of its own archive is told, by study, sequence, kind and parameter. It either \
     differs in truth, or it is a false alarm that a rule of the site can take away. Rules of the configuration apply.\n\n",
    "Seeded errors:\n",
    "  --seed-errors N changes N headers in memory, one thing each: TE, TR, FA, phase polarity, matrix, or a whole series that \
     is missing from its session. Only what the archive holds and its templates compare is changed. The same --seed makes the \
     same errors.\n\n",
    "Exit codes: 0 no alarm and every seeded error found, 1 otherwise, 2 usage or configuration.\n\n",
    "Example: tieline mr selfcheck /archive --seed-errors 1000",
);

#[derive(Debug, Args)]
pub(super) struct Index {
    /// Folders of the archive.
    #[arg(value_name = "DIR", required = true)]
    pub(super) folders: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) given: Given,
    /// Read every file; see below which are read otherwise.
    #[arg(long)]
    pub(super) all_files: bool,
    /// How many files are read at once [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
    /// Forget what was indexed before and begin anew; templates chosen by hand stay.
    #[arg(long)]
    pub(super) fresh: bool,
    /// Print the report as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Selfcheck {
    /// Folders of the archive.
    #[arg(value_name = "DIR", required = true)]
    pub(super) folders: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) given: Given,
    /// Change so many headers in memory, and say how many of these errors were found.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed_errors: u32,
    /// Which errors: the same number makes the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Read every file when indexing, as `tieline mr index --all-files` does.
    #[arg(long)]
    pub(super) all_files: bool,
    /// How many files are read at once [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
    /// Print the report as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// How far back.
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = super::report::span)]
    pub(super) since: std::time::Duration,
    #[command(flatten)]
    pub(super) given: Given,
    /// Print one JSON object per line.
    #[arg(long)]
    pub(super) json: bool,
    /// Print comma-separated values (RFC 4180).
    #[arg(long, conflicts_with = "json")]
    pub(super) csv: bool,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// DICOM files.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) given: Given,
    /// Print one JSON object per line, as the gateway sends it.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Templates {
    /// Every study and sequence with its template.
    #[command(after_help = "Example: tieline mr templates list --project 'Brain^WPC-8620'")]
    List(List),
    /// Every parameter set of a study and sequence, and why one of them is the template.
    #[command(after_help = "Example: tieline mr templates show 'Brain^WPC-8620' RewardedAnti")]
    Show(Names),
    /// Make a set the template by hand, whatever is counted.
    #[command(after_help = "Example: tieline mr templates choose 'Brain^WPC-8620' RewardedAnti 35")]
    Choose(Choose),
    /// Take a choice back: counting decides again.
    #[command(after_help = "Example: tieline mr templates unchoose 'Brain^WPC-8620' RewardedAnti")]
    Unchoose(Names),
    /// Write the template of each study, sequence and kind, and the rules of the configuration, to a file that can be read,
    /// compared and kept under version control.
    #[command(after_help = "Example: tieline mr templates export templates.json")]
    Export(Export),
    /// Take templates over from such a file: they count as often as the file says. Rules of it that the configuration does not
    /// have are printed, as they would stand there.
    #[command(after_help = "Example: tieline mr templates import templates.json --choose")]
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this study; upper and lower case are the same.
    #[arg(long, value_name = "PROJECT")]
    pub(super) project: Option<String>,
    #[command(flatten)]
    pub(super) given: Given,
    /// Print one JSON object per line.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Names {
    /// The study: Study Description of its files.
    #[arg(value_name = "PROJECT")]
    pub(super) project: String,
    /// The sequence: Series Description of its files.
    #[arg(value_name = "SEQUENCE")]
    pub(super) sequence: String,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file; `-` is standard output. One that is there is replaced.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) given: Given,
    /// Make each of them the template by hand, whatever is counted here.
    #[arg(long)]
    pub(super) choose: bool,
}

#[derive(Debug, Args)]
pub(super) struct Choose {
    #[command(flatten)]
    pub(super) names: Names,
    /// The set's number, as `tieline mr templates show` prints it.
    #[arg(value_name = "SET-ID")]
    pub(super) number: i64,
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn no_two_arguments_are_in_each_others_way() {
        Arguments::command().debug_assert();
    }
}
