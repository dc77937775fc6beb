//! What holds whatever comes, in whatever order.

use super::{content, header, judge, words};
use crate::{Judge, Kind, SERIES_END, Verdict};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;
use tieline_dicom_read::{Header, Parameter, SeriesKind, Value};
use tieline_model::Patient;

/// An image of one series: its number, and what may be wrong with it.
fn any_image() -> impl Strategy<Value = (i64, u8)> {
    (0..12i64, 0..5u8)
}

fn image((number, fault): (i64, u8)) -> Header {
    let changes = match fault {
        1 => vec![(Parameter::Tr, Value::Number(1.0))],
        2 => vec![(Parameter::Fa, Value::Number(90.0)), (Parameter::Te, Value::Number(1.0))],
        _ => Vec::new(),
    };
    let kind = if fault == 3 { SeriesKind::Derived } else { SeriesKind::M };
    Header { image: Patient::new(number.to_string()), instance: Some(number), kind, ..header("live", 7, &changes) }
}

fn known() -> (tempfile::TempDir, Judge) {
    judge(&[Header { kind: SeriesKind::M, ..header("archive", 1, &[]) }])
}

fn rank(verdict: &str) -> usize {
    ["conforms", "no_template", "differs"].iter().position(|known| *known == verdict).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_verdict_never_gets_better_and_is_the_worst_of_its_images(images in proptest::collection::vec(any_image(), 1..20)) {
        let (_folder, mut judge) = known();
        let (mut before, mut worst) = (0, 0);
        for one in &images {
            let taken = judge.take(&image(*one), Path::new("/d"), Duration::ZERO).unwrap();
            worst = worst.max(rank(taken.judgement.verdict.as_str()));
            let series: serde_json::Value = serde_json::from_str(taken.series.reveal()).unwrap();
            let now = rank(series["verdict"].as_str().unwrap());
            prop_assert!(now >= before);
            prop_assert_eq!(now, worst);
            for report in taken.reports.iter().filter(|report| report.kind == Kind::New) {
                prop_assert_eq!(rank(content(report)["verdict"].as_str().unwrap()), worst);
            }
            before = now;
        }
    }

    #[test]
    fn the_order_of_images_makes_no_difference_in_the_end(
        images in proptest::collection::vec(any_image(), 1..20).prop_map(|images| {
            // One image has one header.
            let mut images = images;
            images.sort();
            images.dedup_by_key(|image| image.0);
            images
        }).prop_shuffle(),
    ) {
        let play = |images: &[(i64, u8)]| {
            let (_folder, mut judge) = known();
            for one in images {
                judge.take(&image(*one), Path::new("/d"), Duration::ZERO).unwrap();
            }
            let mut series = content(&judge.tick(SERIES_END)[0]);
            series["uid"].take();
            series
        };
        let mut sorted = images.clone();
        sorted.sort();
        prop_assert_eq!(play(&images), play(&sorted));
    }

    #[test]
    fn an_archive_judged_by_itself_has_no_false_alarm(
        sessions in 1..5usize, directions in 1..40i64, echoes in 1..4i64, moved in 2..12i64, seed in any::<u8>(),
    ) {
        let mut archive: Vec<Header> = Vec::new();
        for session in 0..sessions {
            let study = format!("s{session}");
            let mut put = |series: i64, name: &str, kind, changes: Vec<(Parameter, Value)>| {
                let changes = [vec![(Parameter::SequenceName, words(name))], changes].concat();
                archive.push(Header { kind, ..header(&study, series, &changes) });
            };
            for number in 0..directions {
                let text = format!("ep_b{}#{number}", 1000 * (number % 3));
                put(1, "dMRI", SeriesKind::M, vec![(Parameter::SequenceType, words(&text))]);
            }
            for number in 0..echoes {
                let te = Value::Number(4.92 + 2.46 * number as f64);
                put(2, "fmap", SeriesKind::M, vec![(Parameter::Te, te)]);
            }
            put(3, "fmap", SeriesKind::P, vec![(Parameter::Te, Value::Number(7.38)), (Parameter::Bwp, Value::Number(1.0))]);
            for (major, rows) in [("ROW", 256), ("COL", 192), ("ROW", 128)] {
                let matrix = Value::Integers(vec![rows, 0, 0, rows]);
                put(4, "localizer", SeriesKind::M, vec![(Parameter::PedMajor, words(major)), (Parameter::Matrix, matrix)]);
            }
            for number in 0..moved {
                // Now and then nothing has moved, and some images say nothing.
                let comment = match (number + i64::from(seed)) % 7 {
                    0 => Value::Absent,
                    1 => words("Reference volume for motion correction."),
                    _ => words(&format!("Motion: {session}.{number}")),
                };
                put(5, "MoCoSeries", SeriesKind::Moco, vec![(Parameter::Comments, comment)]);
            }
        }
        let (_folder, mut judge) = judge(&archive);
        for one in &archive {
            let judgement = judge.look(one).unwrap();
            let differing: Vec<_> = judgement.differences.iter().map(|one| one.parameter).collect();
            prop_assert_eq!((judgement.verdict, differing), (Verdict::Conforms, Vec::new()));
        }
    }
}
