//! How a command ends, and what a table lets through.

use super::*;
use std::path::Path;
use tieline_model::ToolSettings;

#[derive(Debug, Parser)]
struct Arguments {
    /// How it ends.
    how: String,
    #[command(flatten)]
    given: Given,
    /// Of its own.
    #[arg(long)]
    more: bool,
}

/// Takes so many bytes, and then its reader has gone.
struct Gone(usize);

impl Write for Gone {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn call(arguments: &[&str], out: &mut dyn Write) -> (u8, String) {
    let mut diagnostics = Vec::new();
    let configuration = |_: Option<&Path>, _: &[String]| -> Result<ToolSettings, String> { Err("none".to_owned()) };
    let mut context =
        ToolContext { out, diagnostics: &mut diagnostics, is_terminal: false, configuration: &configuration };
    let arguments = [&["tool"], arguments].concat().iter().map(OsString::from).collect();
    let code = run(arguments, &mut context, |arguments: &Arguments, context| match arguments.how.as_str() {
        "usage" => Err(Failure::Usage("not so".to_owned())),
        "fail" => Err(Failure::Failed("it broke".to_owned())),
        how => Ok(writeln!(context.out, "{how} {:?}", arguments.given.set).map(|()| WELL)?),
    });
    (code, String::from_utf8(diagnostics).unwrap())
}

#[test]
fn each_end_has_its_code_and_its_place() {
    let mut out = Vec::new();
    assert_eq!(call(&["well", "--set", "a=1"], &mut out), (WELL, String::new()));
    assert_eq!(call(&["usage"], &mut out), (USAGE, "error: not so\n".to_owned()));
    assert_eq!(call(&["fail"], &mut out), (FAILED, "error: it broke\n".to_owned()));
    assert_eq!(out, b"well [\"a=1\"]\n");
}

#[test]
fn help_is_data_when_it_was_asked_for() {
    let mut out = Vec::new();
    assert_eq!(call(&["--help"], &mut out), (WELL, String::new()));
    let help = String::from_utf8(out).unwrap();
    let (own, configuration) = help.split_once("Configuration:").unwrap();
    assert!(configuration.contains("--config <FILE>") && own.contains("--more"), "{help}");
    let mut out = Vec::new();
    let (code, text) = call(&["--nonsense"], &mut out);
    assert!((code, out.len()) == (USAGE, 0) && text.contains("--nonsense"), "{text}");
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    assert_eq!(call(&["well"], &mut Gone(3)), (WELL, String::new()));
}

#[test]
fn a_table_is_plain_and_cannot_command_a_terminal() {
    let mut table = Plain::with_numbers(&["name", "size"], &[1]);
    table.add(["a\u{1b}[2J".to_owned(), 7.to_string()]);
    table.add(["b\u{202e}c".to_owned(), 1000.to_string()]);
    assert_eq!(table.text(), " name   size\n a\u{fffd}[2J     7\n b\u{fffd}c    1000\n");
}
