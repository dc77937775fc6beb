//! Echo times of an acquisition: a multi-echo series has several, one per file, and belongs to one set all the same.

/// Echo times in milliseconds, rising, none twice, each in the spelling it was first met in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EchoTimes(Vec<(f64, Box<str>)>);

/// More than any sequence has; it bounds what a header can make us keep.
const MOST: usize = 1024;

/// Longer spellings than anybody's are replaced by our own.
const LONGEST: usize = 32;

/// Whether two numbers are equal to three decimals.
pub fn alike(a: f64, b: f64) -> bool {
    // What decimal text cannot hold exactly must not decide at the edge.
    (a - b).abs() < 0.000_5 + f64::EPSILON * a.abs().max(b.abs()) || a == b
}

impl EchoTimes {
    /// Reads a list as it is printed: `30.0`, `14,30.0` or `[14.0, 30.0]`; `None` when something in it is no number. How
    /// each is spelled is kept.
    pub fn parse(text: &str) -> Option<EchoTimes> {
        let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
        let mut times = EchoTimes::default();
        for part in inner.split(',') {
            let part = part.trim();
            times.put(part.parse().ok()?, || part.into());
        }
        Some(times)
    }

    /// Adds one, unless it is there already or no number.
    pub fn add(&mut self, time: f64) {
        self.put(time, || plain(time));
    }

    fn put(&mut self, time: f64, spelling: impl FnOnce() -> Box<str>) {
        let is_new = time.is_finite() && self.0.len() < MOST && !self.numbers().any(|known| alike(known, time));
        if is_new {
            let at = self.0.partition_point(|(known, _)| *known < time);
            let spelling = Some(spelling()).filter(|text| text.len() <= LONGEST).unwrap_or_else(|| plain(time));
            self.0.insert(at, (time, spelling));
        }
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|(time, _)| *time)
    }

    /// Adds all of another's, in its spelling.
    pub fn extend(&mut self, other: &EchoTimes) {
        other.0.iter().for_each(|(time, spelling)| self.put(*time, || spelling.clone()));
    }

    /// Whether one of the other's is among them.
    pub fn has_any_of(&self, other: &EchoTimes) -> bool {
        other.numbers().any(|time| self.numbers().any(|known| alike(known, time)))
    }

    /// As they were spelled: `14,31.63`; `None` when there are none.
    pub fn text(&self) -> Option<String> {
        joined(self.0.iter().map(|(_, spelling)| spelling.to_string()))
    }

    /// The same in plain spelling, as people write numbers: `14,31.63`, however the database has them.
    pub fn plain(&self) -> Option<String> {
        joined(self.numbers().map(|time| plain(time).into()))
    }

    /// As the store keeps them, always with a decimal, so that a set counted by any version stays one set: `14.0,31.63`.
    pub fn kept(&self) -> Option<String> {
        joined(self.numbers().map(|time| format!("{time:?}")))
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

/// The number without a decimal it does not need.
fn plain(time: f64) -> Box<str> {
    let text = format!("{time:?}");
    text.strip_suffix(".0").unwrap_or(&text).into()
}

fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(","))
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
        assert_eq!(text(&[30.0, 14.0, 46.0004, 46.0, 14.0]), "14,30,46.0004");
        assert_eq!(text(&[14.0, 30.0]), text(&[30.0, 14.0]));
        assert_eq!(EchoTimes::default().text(), None);
        assert!([f64::NAN, f64::INFINITY].into_iter().collect::<EchoTimes>().is_empty());
    }

    #[test]
    fn printed_lists_are_read() {
        for text in ["14.0,30.0", "[30.0, 14.0]", " 14 , 30 "] {
            let times = EchoTimes::parse(text).unwrap();
            assert_eq!(times.kept().unwrap(), "14.0,30.0", "{text}");
            assert_eq!(times.plain().unwrap(), "14,30", "{text}");
        }
        for text in ["", "null", "14;30", "[]"] {
            assert_eq!(EchoTimes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_keeps_the_spelling_it_was_first_met_in() {
        let mut times = EchoTimes::parse("31.63").unwrap();
        times.extend(&EchoTimes::parse("14").unwrap());
        times.extend(&EchoTimes::parse("14.00,31.6300,4.92e1").unwrap());
        times.add(60.0);
        assert_eq!(times.text().unwrap(), "14,31.63,4.92e1,60");
        assert_eq!(times.plain().unwrap(), "14,31.63,49.2,60");
        assert_eq!(times.kept().unwrap(), "14.0,31.63,49.2,60.0");
        let long = format!("14.{},1e300", "0".repeat(1000));
        assert_eq!(EchoTimes::parse(&long).unwrap().text().unwrap(), "14,1e300");
    }

    #[test]
    fn three_decimals_decide() {
        assert!(alike(78.0, 78.0004) && alike(0.1 + 0.2, 0.3) && alike(1e12, 1e12));
        assert!(!alike(78.0, 78.001) && !alike(2.0, 2.0006) && !alike(1.0, -1.0));
    }
}
