//! Tests of printing: nobody waits, everything that is lost is counted and told, and a command ends as its output did.

use super::*;
use crate::cli::{FAILED, WELL};
use std::io::Write;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

/// Fails as often as it is told to, partly.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(usize, Vec<u8>)>>);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.0.lock().unwrap();
        match disk.0 {
            0 => {
                disk.1.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            left => {
                disk.0 = left - 1;
                Err(io::ErrorKind::StorageFull.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().1.clone()).unwrap()
    }
}

#[test]
fn lines_are_printed_whole_and_in_order() {
    let disk = Disk::default();
    let printer = Printer::to(disk.clone());
    let mut diagnostics = printer.diagnostics();
    write!(diagnostics, "a{}", 1).unwrap();
    printer.lines().write_all(b"log\n").unwrap();
    writeln!(diagnostics, "b").unwrap();
    write!(diagnostics, "end").unwrap();
    drop(diagnostics);
    assert!(printer.finish());
    assert_eq!(disk.text(), "log\na1b\nend");
}

/// Takes nothing until it is let, as a pipe that nobody reads.
struct Stalled(Receiver<()>, Disk);

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Waits until the other end is dropped.
        let _ = self.0.recv();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nobody_waits_for_a_reader_and_what_it_missed_is_told_to_it() {
    let (stall, stalled) = sync_channel(0);
    let disk = Disk::default();
    let printer = Printer::with_room(Stalled(stalled, disk.clone()), 10_000);
    for number in 0..10_000 {
        writeln!(printer.diagnostics(), "line {number}").unwrap();
    }
    let in_time = printer.clone();
    in_time.hurry();
    assert!(!in_time.finish(), "nobody has read it");
    drop(stall);
    assert!(printer.finish());
    let text = disk.text();
    let told = text
        .lines()
        .filter_map(|line| line.strip_prefix("warning: ")?.split_once(" lines were lost because nobody read them"));
    let lost: usize = told.map(|(lost, _)| lost.parse::<usize>().unwrap()).sum();
    let whole: Vec<usize> = text.lines().filter_map(|line| line.strip_prefix("line ")?.parse().ok()).collect();
    assert_eq!(whole.len() + lost, 10_000);
    assert!(lost > 7000, "{lost}");
    assert!(whole.is_sorted(), "in order");
}

#[test]
fn a_reader_that_has_gone_makes_no_difference_to_who_talks() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let printer = Printer::to(writer);
    for _ in 0..100 {
        printer.lines().write_all(b"on\n").unwrap();
        assert!(printer.finish());
    }
}

#[test]
fn a_full_disk_costs_lines_and_nothing_else() {
    let disk = Disk::default();
    disk.0.lock().unwrap().0 = 1;
    let printer = Printer::to(disk.clone());
    printer.lines().write_all(b"one\ntwo\n").unwrap();
    assert!(printer.finish());
    printer.lines().write_all(b"three\n").unwrap();
    assert!(printer.finish());
    assert_eq!(disk.text(), "three\nwarning: 2 lines were lost because they could not be written\n");
}

#[test]
fn a_line_that_was_torn_does_not_spoil_the_next() {
    /// Takes three bytes, fails once, then takes all.
    struct Torn(usize, Disk);
    impl Write for Torn {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => self.1.write(&bytes[..3]),
                2 => Err(io::ErrorKind::StorageFull.into()),
                _ => self.1.write(bytes),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let disk = Disk::default();
    let printer = Printer::to(Torn(0, disk.clone()));
    printer.lines().write_all(b"first\n").unwrap();
    assert!(printer.finish());
    printer.lines().write_all(b"second\n").unwrap();
    assert!(printer.finish());
    assert_eq!(disk.text().lines().take(2).collect::<Vec<_>>(), ["fir", "second"]);
}

#[test]
fn a_command_ends_as_its_output_did() {
    let end = |to: &mut dyn Write, code: u8| {
        let (mut out, mut diagnostics) = (Out::new(to), Vec::new());
        let _ = out.write_all(b"data\n");
        (out.finish(code, &mut diagnostics), String::from_utf8(diagnostics).unwrap())
    };
    assert_eq!(end(&mut Vec::new(), WELL), (WELL, String::new()));
    let full = || Disk(Arc::new(Mutex::new((9, Vec::new()))));
    let (code, told) = end(&mut full(), WELL);
    assert!(code == FAILED && told.starts_with("error: cannot write the output: "), "{told}");
    assert_eq!(end(&mut full(), FAILED), (FAILED, String::new()), "it has said so itself");
    let (reader, mut writer) = io::pipe().unwrap();
    drop(reader);
    assert_eq!(end(&mut writer, WELL), (WELL, String::new()));
}
