//! Echo times of an acquisition: a multi-echo series has several, one per file, and belongs to one set all the same.

/// Echo times in milliseconds, rising, none twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EchoTimes(Vec<f64>);

/// More than any sequence has; it bounds what a header can make us keep.
const MOST: usize = 1024;

/// Whether two numbers are equal to three decimals.
pub fn alike(a: f64, b: f64) -> bool {
    // What decimal text cannot hold exactly must not decide at the edge.
    (a - b).abs() < 0.000_5 + f64::EPSILON * a.abs().max(b.abs()) || a == b
}

impl EchoTimes {
    /// Reads a list as it is printed: `30.0`, `14.0,30.0` or `[14.0, 30.0]`; `None` when something in it is no number.
    pub fn parse(text: &str) -> Option<EchoTimes> {
        let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
        let mut times = EchoTimes::default();
        for part in inner.split(',') {
            times.add(part.trim().parse().ok()?);
        }
        Some(times)
    }

    /// Adds one, unless it is there already or no number.
    pub fn add(&mut self, time: f64) {
        let is_new = time.is_finite() && self.0.len() < MOST && !self.0.iter().any(|known| alike(*known, time));
        if is_new {
            let at = self.0.partition_point(|known| *known < time);
            self.0.insert(at, time);
        }
    }

    /// Adds all of another's.
    pub fn extend(&mut self, other: &EchoTimes) {
        other.0.iter().for_each(|time| self.add(*time));
    }

    /// Whether one of the other's is among them.
    pub fn has_any_of(&self, other: &EchoTimes) -> bool {
        other.0.iter().any(|time| self.0.iter().any(|known| alike(*known, *time)))
    }

    /// As it is kept and sent: `14.0,30.0`; `None` when there are none.
    pub fn text(&self) -> Option<String> {
        let texts: Vec<String> = self.0.iter().map(|time| format!("{time:?}")).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<f64> for EchoTimes {
    fn from_iter<I: IntoIterator<Item = f64>>(times: I) -> EchoTimes {
        let mut all = EchoTimes::default();
        times.into_iter().for_each(|time| all.add(time));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_files_makes_no_difference() {
        let text = |times: &[f64]| times.iter().copied().collect::<EchoTimes>().text().unwrap();
        assert_eq!(text(&[30.0, 14.0, 46.0004, 46.0, 14.0]), "14.0,30.0,46.0004");
        assert_eq!(text(&[14.0, 30.0]), text(&[30.0, 14.0]));
        assert_eq!(EchoTimes::default().text(), None);
        assert!([f64::NAN, f64::INFINITY].into_iter().collect::<EchoTimes>().is_empty());
    }

    #[test]
    fn printed_lists_are_read() {
        for text in ["14.0,30.0", "[30.0, 14.0]", " 14 , 30 "] {
            assert_eq!(EchoTimes::parse(text).unwrap().text().unwrap(), "14.0,30.0", "{text}");
        }
        for text in ["", "null", "14;30", "[]"] {
            assert_eq!(EchoTimes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn three_decimals_decide() {
        assert!(alike(78.0, 78.0004) && alike(0.1 + 0.2, 0.3) && alike(1e12, 1e12));
        assert!(!alike(78.0, 78.001) && !alike(2.0, 2.0006) && !alike(1.0, -1.0));
    }
}
