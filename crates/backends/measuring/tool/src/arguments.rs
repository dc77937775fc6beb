//! What can be typed after `tieline project`: commands and options with their help.
//!
//! Promises: an option only records; doing anything comes later. Read by `run`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use tieline_commandline::Given;

/// The embedded project: measurement series with their images, stages with their elements. See it, take it out, clear it.
#[derive(Debug, Parser)]
#[command(
    name = "tieline project",
    bin_name = "tieline project",
    no_binary_name = true,
    arg_required_else_help = true,
    after_help = "Begin with:  tieline project list\n\n\
        It works beside a running gateway and without one.\n\
        Exit codes: 0 well, 1 it failed, 2 usage or configuration."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Every series and every stage, with what is in them.
    #[command(after_help = "Example: tieline project list")]
    List(List),
    /// The images of a series, or the elements of a stage.
    #[command(after_help = "Examples:\n  tieline project show Microscopy\n  \
        tieline project show --stage 2\n  \
        tieline project show --stage 0 --json      the clipboard\n\n\
        The series that clients without a name import into is called '' (two quotes).")]
    Show(Show),
    /// Everything as JSON, one object per line; thumbnails are left out.
    #[command(after_help = "Example: tieline project export --out project.jsonl\n\n\
        Each line has one key, `series`, `image`, `stage` or `element`; an image or element belongs to the series or \
        stage before it. It is the project of one moment, whatever is imported meanwhile.")]
    Export(Export),
    /// Forget every series, image, stage and element; the record of jobs stays.
    #[command(after_help = "Example: tieline project clear --yes\n\n\
        The files that were imported are not touched. There is no way back.")]
    Clear(Clear),
    /// Who had what done, how long it took and what became of it; newest first.
    #[command(after_help = "Example: tieline project jobs --most 20")]
    Jobs(Jobs),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) given: Given,
    /// Print one JSON object per line.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The series' name.
    #[arg(value_name = "SERIES", required_unless_present = "stage", conflicts_with = "stage")]
    pub(super) series: Option<String>,
    /// A stage's number instead; 0 is the clipboard.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(super) stage: Option<i64>,
    #[command(flatten)]
    pub(super) given: Given,
    /// Print one JSON object per line, with all that is kept.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file to write, in place of what it was, and only when everything is written [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Clear {
    /// Do it; without this, what would be cleared is told.
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Jobs {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) most: u32,
    #[command(flatten)]
    pub(super) given: Given,
    /// Print one JSON object per line.
    #[arg(long)]
    pub(super) json: bool,
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
