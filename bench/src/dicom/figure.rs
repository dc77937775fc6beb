//! The figures of new DICOM files, from the header of one to a million of them.
//!
//! Called by the steps of this folder.

use super::bursts::Burst;
use crate::figures::{Bound, Row};

/// One figure: a row of the table. Rows stand in the order of this declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// CPU from opening a file to its verdict, in µs.
    Verdict,
    /// From a writer's close() to the frame at a browser, in µs: half of them were as fast.
    FrameHalf,
    /// 99 % were.
    FrameMost,
    /// From the last write of a flood to the last frame, in ms.
    FloodEnd,
    /// CPU of the whole program for a file of the flood, in µs.
    FloodCpu,
    /// Files that no frame told of.
    Lost(Burst),
    /// Growth of resident memory after so many files, in MB.
    Memory { files: u32 },
}

impl Row for Figure {
    const YARDSTICK: &'static str = "python";

    fn label(self) -> String {
        match self {
            Figure::Verdict => "CPU µs a file, header to verdict, real Siemens files".into(),
            Figure::FrameHalf => "µs from close() to the frame, p50".into(),
            Figure::FrameMost => "µs from close() to the frame, p99".into(),
            Figure::FloodEnd => "ms from the last of 5,000 writes of 200 kB to the last frame".into(),
            Figure::FloodCpu => "CPU µs a file of these, whole program".into(),
            Figure::Lost(burst) => format!("files lost: {}", burst.label()),
            Figure::Memory { files } => format!("MB of RSS growth, {files} files seen"),
        }
    }

    fn bound(self) -> Option<Bound> {
        match self {
            Figure::Verdict => Some(Bound::Value(100.0)),
            Figure::FrameHalf | Figure::FloodEnd => Some(Bound::Value(500.0)),
            Figure::FrameMost => Some(Bound::Value(5000.0)),
            Figure::FloodCpu => None,
            Figure::Lost(_) => Some(Bound::Value(0.0)),
            Figure::Memory { .. } => Some(Bound::Value(99.0)),
        }
    }
}
