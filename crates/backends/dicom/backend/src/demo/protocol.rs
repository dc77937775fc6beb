//! What the demo's scanners measure: a small study, as its protocol says and with the mistakes that people make.
//!
//! Promises: no real study, device or person. Used by the demo's scanner, for the templates and for what it exports.

use dicom_core::VR;
use tieline_dicom_read::write::{Element, Tag, csa_type2, file};

/// One sequence of the study.
pub(super) struct Sequence {
    /// Series description.
    pub(super) name: &'static str,
    kind: &'static str,
    direction: &'static str,
    repetition_ms: f64,
    echo_ms: f64,
    flip_deg: f64,
    matrix: u16,
    spacing_mm: f64,
    bandwidth: f64,
    ipat: Option<&'static str>,
    duration: &'static str,
    /// How many images a series has.
    pub(super) images: u32,
    /// Whether the study's archive knows it.
    pub(super) has_template: bool,
}

const fn sequence(name: &'static str, kind: &'static str, times: [f64; 3], matrix: u16, images: u32) -> Sequence {
    Sequence {
        name,
        kind,
        direction: "COL",
        repetition_ms: times[0],
        echo_ms: times[1],
        flip_deg: times[2],
        matrix,
        spacing_mm: 220.0 / matrix as f64,
        bandwidth: 1500.0,
        ipat: Some("p2"),
        duration: "TA 05:10",
        images,
        has_template: true,
    }
}

/// The study, in the order of its protocol.
pub(super) const SEQUENCES: [Sequence; 5] = [
    Sequence { ipat: None, ..sequence("localizer", "*fl2d1", [8.6, 4.0, 20.0], 256, 3) },
    Sequence { direction: "ROW", ..sequence("T1w_MPRAGE", "*tfl3d1", [2300.0, 2.96, 9.0], 256, 8) },
    sequence("func_rest", "*epfid2d1_64", [1300.0, 30.0, 60.0], 64, 14),
    sequence("func_task", "*epfid2d1_64", [1300.0, 30.0, 60.0], 64, 14),
    Sequence { has_template: false, ..sequence("pilot_ASL", "*tgse", [4000.0, 14.0, 180.0], 64, 6) },
];

/// A mistake, as it happens at a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    EchoTime,
    FlipAngle,
    Acceleration,
    Direction,
}

/// The mistakes, one after the other.
pub(super) const MISTAKES: [Mistake; 4] =
    [Mistake::EchoTime, Mistake::FlipAngle, Mistake::Acceleration, Mistake::Direction];

/// Where and when one image was made.
pub(super) struct Moment<'a> {
    pub(super) station: &'a str,
    /// The study's number.
    pub(super) study: u64,
    pub(super) series: u32,
    pub(super) image: u32,
    /// `YYYYMMDD` and `HHMMSS`.
    pub(super) date: &'a str,
    pub(super) time: &'a str,
}

/// The file of one image.
pub(super) fn image(sequence: &Sequence, mistake: Option<Mistake>, moment: &Moment<'_>) -> Vec<u8> {
    let wrong = |which| mistake == Some(which);
    let echo = if wrong(Mistake::EchoTime) { sequence.echo_ms + 0.37 } else { sequence.echo_ms };
    let flip = if wrong(Mistake::FlipAngle) { sequence.flip_deg + 10.0 } else { sequence.flip_deg };
    let ipat = if wrong(Mistake::Acceleration) { Some("p4") } else { sequence.ipat };
    let direction = match (wrong(Mistake::Direction), sequence.direction) {
        (true, "COL") => "ROW",
        (true, _) => "COL",
        (false, direction) => direction,
    };
    let study = format!("2.25.{}", moment.study);
    let uid = format!("{study}.{}.{}", moment.series, moment.image);
    let matrix = match direction {
        "COL" => [sequence.matrix, 0, 0, sequence.matrix],
        _ => [0, sequence.matrix, sequence.matrix, 0],
    };
    let mut image_tags = vec![Tag::new("PhaseEncodingDirectionPositive", b"IS", "1")];
    image_tags.extend(ipat.map(|ipat| Tag::new("ImaPATModeText", b"LO", ipat)));
    let protocol = format!(
        "### ASCCONV BEGIN ###\ntSequenceFileName\t = \t\"\"%SiemensSeq%\\{}\"\"\nsAdjData.uiAdjShimMode\t = \t2\n\
         sGRADSPEC.asGPAData[0].lOffsetX\t = \t-1294\nsTXSPEC.asNucleusInfo[0].lFrequency\t = \t123254567\n### ASCCONV END ###",
        sequence.kind.trim_start_matches('*')
    );
    let text = |tag, vr, text: &str| Element::text(tag, vr, text);
    let (side, pixels) = (sequence.matrix.min(64), usize::from(sequence.matrix.min(64)));
    file(&[
        text((0x0008, 0x0005), VR::CS, "ISO_IR 100"),
        text((0x0008, 0x0018), VR::UI, &uid),
        text((0x0008, 0x0022), VR::DA, moment.date),
        text((0x0008, 0x0032), VR::TM, moment.time),
        text((0x0008, 0x1010), VR::SH, moment.station),
        text((0x0008, 0x1030), VR::LO, "Demo^Study"),
        text((0x0008, 0x103E), VR::LO, sequence.name),
        text((0x0008, 0x1070), VR::PN, "Demo"),
        text((0x0010, 0x0010), VR::PN, &format!("Volunteer {:02}", moment.study % 100)),
        text((0x0018, 0x0024), VR::SH, sequence.kind),
        text((0x0018, 0x0080), VR::DS, &sequence.repetition_ms.to_string()),
        text((0x0018, 0x0081), VR::DS, &format!("{echo:.2}")),
        text((0x0018, 0x0095), VR::DS, &sequence.bandwidth.to_string()),
        Element::shorts((0x0018, 0x1310), &matrix),
        text((0x0018, 0x1312), VR::CS, direction),
        text((0x0018, 0x1314), VR::DS, &flip.to_string()),
        text((0x0019, 0x0010), VR::LO, "SIEMENS MR HEADER"),
        Element::doubles((0x0019, 0x1028), &[22.5]),
        text((0x0020, 0x000D), VR::UI, &study),
        text((0x0020, 0x0011), VR::IS, &moment.series.to_string()),
        text((0x0020, 0x0013), VR::IS, &moment.image.to_string()),
        Element::shorts((0x0028, 0x0010), &[side]),
        Element::shorts((0x0028, 0x0011), &[side]),
        text((0x0028, 0x0030), VR::DS, &format!("{0}\\{0}", sequence.spacing_mm)),
        Element::shorts((0x0028, 0x0100), &[16]),
        text((0x0029, 0x0010), VR::LO, "SIEMENS CSA HEADER"),
        Element::new((0x0029, 0x1010), VR::OB, csa_type2(&image_tags)),
        Element::new((0x0029, 0x1020), VR::OB, csa_type2(&[Tag::new("MrPhoenixProtocol", b"UN", &protocol)])),
        text((0x0051, 0x0010), VR::LO, "SIEMENS MR HEADER"),
        text((0x0051, 0x100A), VR::LO, sequence.duration),
        text((0x0051, 0x100C), VR::LO, "FoV 220*220"),
        Element::new((0x7FE0, 0x0010), VR::OW, vec![0; pixels * pixels * 2]),
    ])
}
