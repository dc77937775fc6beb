//! What an image may cost, measured in a process of its own: the most memory it ever had.

use super::*;
use proptest::prelude::*;
use std::io::{Read, Write};

/// The kibibytes this process had at most.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Runs `work` in a process of its own; by how many MiB its memory grew at most.
fn grown(test: &str, work: impl FnOnce()) -> Option<u64> {
    if child::folder().is_some() {
        let before = peak();
        work();
        writeln!(std::io::stdout(), "@{}", (peak() - before) >> 10).unwrap();
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut running = child::start(&format!("memory::{test}"), folder.path());
    let (mut out, mut diagnostics) = (String::new(), String::new());
    running.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    running.stderr.take().unwrap().read_to_string(&mut diagnostics).unwrap();
    assert!(running.wait().unwrap().success(), "{out}\n{diagnostics}");
    let (_, rest) = out.split_once('@').unwrap();
    Some(rest.lines().next().unwrap().parse().unwrap())
}

/// The file with another width and height in its header.
fn lying(format: &str, mut bytes: Vec<u8>, side: u32) -> Vec<u8> {
    match format {
        "png" => {
            bytes[16..24].copy_from_slice(&[side.to_be_bytes(), side.to_be_bytes()].concat());
            let mut sum = flate2::Crc::new();
            sum.update(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
        }
        "bmp" => bytes[18..26].copy_from_slice(&[side.to_le_bytes(), side.to_le_bytes()].concat()),
        "jpeg" => {
            let at = bytes.windows(2).position(|mark| mark == [0xFF, 0xC0]).unwrap() + 5;
            let side = u16::try_from(side.min(65_500)).unwrap().to_be_bytes();
            bytes[at..at + 4].copy_from_slice(&[side, side].concat());
        }
        // 14 bits each.
        "webp" => bytes[21..24].fill(0xFF),
        _ => {
            for tag in [256u16, 257] {
                let long = |kind: u16| [tag.to_le_bytes(), kind.to_le_bytes(), [1, 0], [0, 0]].concat();
                let at = bytes.windows(8).position(|entry| entry == long(4) || entry == long(3)).unwrap();
                bytes[at + 2] = 4;
                bytes[at + 8..at + 12].copy_from_slice(&side.to_le_bytes());
            }
        }
    }
    bytes
}

#[test]
fn headers_that_lie_cost_nothing() {
    let grown = grown("headers_that_lie_cost_nothing", || {
        let mut place = Place::new();
        for (format, bits, bytes) in kinds() {
            for side in [u32::MAX, 0x7FFF_FFFF, 1_000_000_000, 100_000, 60_000] {
                let refused = place.image(&lying(format, bytes.clone(), side));
                assert!(matches!(refused, Err(Failure::Import(_))), "{format} {bits} {side}: {refused:?}");
            }
        }
        assert_eq!(place.totals(), Totals::default());
    });
    assert!(grown.is_none_or(|grown| grown < 40), "{grown:?} MiB");
}

#[test]
fn headers_that_lie_within_the_limit_are_found_out() {
    for (format, bits, bytes) in kinds() {
        let refused = Place::new().image(&lying(format, bytes, 9_000));
        assert!(matches!(refused, Err(Failure::Import(_))), "{format} {bits}: {refused:?}");
    }
}

#[test]
fn a_large_image_costs_three_times_its_size_at_most() {
    let grown = grown("a_large_image_costs_three_times_its_size_at_most", || {
        let image = DynamicImage::new_rgb8(5000, 4000);
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::WebP] {
            let path = tempfile::tempdir().unwrap();
            std::fs::write(path.path().join("a"), encoded(&image, format)).unwrap();
            let mut store = Store::open(path.path()).unwrap();
            let tight = Limits { decoded: 5000 * 4000 * 3, ..Limits::default() };
            super::super::image(&mut store, open(path.path(), "a"), "S", 50.0, &tight).unwrap();
            let less = Limits { decoded: 5000 * 4000 * 3 - 1, ..Limits::default() };
            assert!(super::super::image(&mut store, open(path.path(), "a"), "T", 50.0, &less).is_err());
        }
    });
    // 57 MiB decoded; the image that is encoded here, its file and the file's copy come on top of three times that.
    assert!(grown.is_none_or(|grown| grown < 57 * 6), "{grown:?} MiB");
}

#[test]
fn damaged_files_are_refused_or_imported_within_their_bounds() {
    let grown = grown("damaged_files_are_refused_or_imported_within_their_bounds", || {
        let kinds = kinds();
        let changes = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), any::<bool>()), 1..8);
        let inputs = (0..kinds.len(), changes);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 1500,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        runner
            .run(&inputs, |(kind, changes)| {
                let mut bytes = kinds[kind].2.clone();
                for (at, byte, is_early) in changes {
                    // Most of what can lie stands at the beginning, and of a TIFF file at the end.
                    let range = if is_early { bytes.len().min(200) } else { bytes.len() };
                    let at = at.index(range);
                    let last = bytes.len() - 1;
                    bytes[if is_early && kinds[kind].0 == "tiff" { last - at } else { at }] = byte;
                }
                let _ = super::super::decode::decode(&bytes, 8 << 20);
                Ok(())
            })
            .unwrap();
    });
    assert!(grown.is_none_or(|grown| grown < 100), "{grown:?} MiB");
}
