//! The values of all rounds, for any kind of figure, and what is required of them.
//!
//! Promises: a ratio is only ever taken between two values of the same round. Called by `run` and `dicom`, which record,
//! and `report`, which reads.

use std::collections::BTreeMap;

/// The target that requirements are about.
pub(crate) const OURS: &str = "tieline";

/// One figure: a row of a table. Rows stand in their own order.
pub(crate) trait Row: Copy + Ord {
    /// The target every ratio is taken to.
    const YARDSTICK: &'static str;

    /// What the row is called.
    fn label(self) -> String;

    /// What is required of it, if anything is.
    fn bound(self) -> Option<Bound>;
}

/// What must hold of Tieline's median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    /// At most so many times the yardstick's.
    Ratio(f64),
    /// At most so much.
    Value(f64),
}

/// Everything that was measured and everything that could not be.
#[derive(Debug)]
pub(crate) struct Figures<R> {
    /// Values by figure, target and round.
    values: BTreeMap<R, BTreeMap<String, BTreeMap<usize, f64>>>,
    /// Figures and targets of which a run failed.
    failed: Vec<(R, String)>,
    /// Why, in words; also why a target took no part.
    pub(crate) notes: Vec<String>,
}

impl<R> Default for Figures<R> {
    fn default() -> Figures<R> {
        Figures { values: BTreeMap::new(), failed: Vec::new(), notes: Vec::new() }
    }
}

impl<R: Row> Figures<R> {
    /// Makes rows for figures that are to be taken, so that one that never is stands there empty.
    pub(crate) fn expect(&mut self, figures: &[R]) {
        for figure in figures {
            self.values.entry(*figure).or_default();
        }
    }

    /// Keeps a value.
    pub(crate) fn record(&mut self, figure: R, target: &str, round: usize, value: f64) {
        self.values.entry(figure).or_default().entry(target.into()).or_default().insert(round, value);
    }

    /// Keeps that `figures` could not be measured.
    pub(crate) fn fail(&mut self, figures: &[R], target: &str, note: String) {
        self.expect(figures);
        self.failed.extend(figures.iter().map(|figure| (*figure, target.into())));
        self.notes.push(note);
    }

    /// Every figure that was to be taken, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = R> {
        self.values.keys().copied()
    }

    /// Whether a run of this failed.
    pub(crate) fn has_failed(&self, figure: R, target: &str) -> bool {
        self.failed.iter().any(|(f, t)| *f == figure && t == target)
    }

    /// The median over rounds.
    pub(crate) fn median(&self, figure: R, target: &str) -> Option<f64> {
        median(self.rounds(figure, target)?.values().copied().collect())
    }

    /// The ratios to the yardstick, one for each round that has both, from the lowest to the highest.
    pub(crate) fn ratios(&self, figure: R, target: &str) -> Vec<f64> {
        let (Some(ours), Some(theirs)) = (self.rounds(figure, target), self.rounds(figure, R::YARDSTICK)) else {
            return Vec::new();
        };
        // Nothing is a multiple of 0.
        let pairs = ours.iter().filter_map(|(round, value)| Some(value / theirs.get(round).filter(|t| **t > 0.0)?));
        let mut ratios: Vec<f64> = pairs.collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }

    /// Whether what is required of `figure` holds: false also if it could not be measured, or any of our runs failed.
    pub(crate) fn holds(&self, figure: R) -> Option<bool> {
        let (measured, most) = match figure.bound()? {
            Bound::Ratio(most) => (median(self.ratios(figure, OURS)), most),
            Bound::Value(most) => (self.median(figure, OURS), most),
        };
        Some(!self.has_failed(figure, OURS) && measured.is_some_and(|m| m <= most))
    }

    fn rounds(&self, figure: R, target: &str) -> Option<&BTreeMap<usize, f64>> {
        self.values.get(&figure)?.get(target)
    }
}

/// The middle value, or the mean of the middle two.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some((values[low] + values[high]) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fanout::Figure;

    const YARDSTICK: &str = Figure::YARDSTICK;

    const W16: Figure = Figure::Saturate { n: 1000, burst: 16, size: 256 };

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn ratios_pair_only_values_of_one_round() {
        let mut figures = Figures::default();
        for (round, ours, theirs) in [(0, 90.0, 100.0), (1, 180.0, 200.0), (2, 10.0, 5.0)] {
            figures.record(W16, OURS, round, ours);
            figures.record(W16, YARDSTICK, round, theirs);
        }
        figures.record(W16, OURS, 3, 1e9);
        figures.record(W16, OURS, 4, 0.0);
        figures.record(W16, YARDSTICK, 4, 0.0);
        assert_eq!(figures.ratios(W16, OURS), [0.9, 0.9, 2.0]);
        assert_eq!(figures.holds(W16), Some(true));
    }

    #[test]
    fn holds_only_what_was_measured_and_never_failed() {
        let mut figures = Figures::default();
        assert_eq!(figures.holds(W16), Some(false));
        figures.record(W16, OURS, 0, 95.0);
        assert_eq!(figures.holds(W16), Some(false), "nothing to compare with");
        figures.record(W16, YARDSTICK, 0, 100.0);
        assert_eq!(figures.holds(W16), Some(true), "the bound itself is allowed");
        figures.fail(&[W16], OURS, "lost a message".into());
        assert_eq!(figures.holds(W16), Some(false));
        assert_eq!(figures.holds(Figure::Saturate { n: 1, burst: 16, size: 256 }), None, "nothing is required");
    }

    #[test]
    fn memory_is_held_to_a_value() {
        let idle = Figure::Idle { n: 9000, deflate: true, used: true };
        let mut figures = Figures::default();
        figures.record(idle, OURS, 0, 2400.0);
        assert_eq!(figures.holds(idle), Some(true));
        figures.record(idle, OURS, 1, 2700.0);
        assert_eq!(figures.holds(idle), Some(false));
    }
}
