//! The metrics as `/metrics` shows them.

/// A reading of all metrics.
#[derive(Debug, Clone)]
pub struct Metrics(String);

impl Metrics {
    pub(crate) fn new(text: String) -> Metrics {
        Metrics(text)
    }

    /// The text as it was served.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The sum of every line of this name that has all these labels (`limit="idle"`); 0 when there is none.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let line = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            let (have, set) = series.split_once('{').unwrap_or((series, ""));
            let wanted = have == name && labels.iter().all(|label| set.contains(label));
            wanted.then(|| value.parse::<f64>().ok())?
        };
        self.0.lines().filter_map(line).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_name_and_labels() {
        let text = "# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 3\na_total{x=\"2\"} 4\nab_total 7\n";
        let metrics = Metrics::new(text.to_owned());
        assert_eq!(metrics.sum("a_total", &[]), 7.0);
        assert_eq!(metrics.sum("a_total", &["x=\"1\""]), 3.0);
        assert_eq!(metrics.sum("a_total", &["x=\"1\"", "y=\"3\""]), 0.0);
        assert_eq!(metrics.sum("ab_total", &[]), 7.0);
    }
}
