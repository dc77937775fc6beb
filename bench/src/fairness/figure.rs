//! The figures of fairness.
//!
//! Called by `compare`, which takes them.

use crate::figures::{Bound, Row};

/// One figure: a row of the table. Rows stand in the order of this declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Figure {
    /// Whether it is taken while another client sends bombs.
    pub(crate) attacked: bool,
    /// Which of the waits.
    pub(crate) part: Part,
}

/// Which of the waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Half were as short.
    Half,
    /// 99 % were.
    Most,
    /// All were.
    Longest,
}

/// All of them, in order.
pub(crate) const ALL: [Figure; 5] = [
    Figure { attacked: false, part: Part::Half },
    Figure { attacked: false, part: Part::Most },
    Figure { attacked: true, part: Part::Half },
    Figure { attacked: true, part: Part::Most },
    Figure { attacked: true, part: Part::Longest },
];

impl Row for Figure {
    const YARDSTICK: &'static str = "bun";

    fn label(self) -> String {
        let part = match self.part {
            Part::Half => "p50",
            Part::Most => "p99",
            Part::Longest => "longest",
        };
        let beside = if self.attacked { "beside deflate bombs" } else { "alone" };
        format!("latency µs {part}, {beside}")
    }

    fn bound(self) -> Option<Bound> {
        match (self.attacked, self.part) {
            (true, Part::Most) => Some(Bound::Value(20_000.0)),
            (true, Part::Longest) => Some(Bound::Value(250_000.0)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Figures, OURS};

    #[test]
    fn a_client_that_waits_too_long_breaks_the_bound() {
        let p99 = Figure { attacked: true, part: Part::Most };
        for (micros, holds) in [(20_000.0, true), (20_001.0, false)] {
            let mut figures = Figures::default();
            figures.record(p99, OURS, 0, micros);
            assert_eq!(figures.holds(p99), Some(holds));
        }
        assert!(ALL.is_sorted());
    }
}
