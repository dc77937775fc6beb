//! The numbers of `/metrics`, as far as attacks are counted by them.
//!
//! Promises: what cannot be read as a number is left out, never taken for one. Called by `gateway`, read by `run`.

use super::attack::Counted;

/// One reading of the page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Vec<Sample>);

/// Name, labels, value.
type Sample = (String, Vec<(String, String)>, f64);

impl Metrics {
    /// Reads the text form of Prometheus.
    pub(crate) fn parse(text: &str) -> Metrics {
        Metrics(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// The sum of all samples of this metric that have these labels.
    pub(crate) fn sum(&self, counted: &Counted) -> f64 {
        let has = |have: &[(String, String)]| {
            counted.labels.iter().all(|(name, value)| have.iter().any(|(n, v)| n == name && v == value))
        };
        let fits = self.0.iter().filter(|(name, labels, _)| name == counted.metric && has(labels));
        fits.map(|(.., value)| value).sum()
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (what, value) = line.rsplit_once(' ')?;
    let (name, labels) = what.split_once('{').unwrap_or((what, "}"));
    let labels = labels.strip_suffix('}')?.split(',').filter(|label| !label.is_empty());
    let pair = |label: &str| {
        let (name, value) = label.split_once('=')?;
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    };
    Some((name.to_owned(), labels.map(pair).collect::<Option<_>>()?, value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP a_total words\n# TYPE a_total counter\na_total{dialect=\"fme\",limit=\"idle\"} 2\n\
                        a_total{dialect=\"mr\",limit=\"idle\"} 3\na_total{dialect=\"mr\",limit=\"pong\"} 4\nb 1.5\nc{} x\n";

    fn sum(metric: &'static str, labels: &'static [(&'static str, &'static str)]) -> f64 {
        Metrics::parse(TEXT).sum(&Counted { metric, labels })
    }

    #[test]
    fn sums_what_has_the_labels() {
        assert_eq!(sum("a_total", &[]), 9.0);
        assert_eq!(sum("a_total", &[("limit", "idle")]), 5.0);
        assert_eq!(sum("a_total", &[("limit", "idle"), ("dialect", "mr")]), 3.0);
        assert_eq!(sum("a_total", &[("limit", "memory")]), 0.0);
        assert_eq!((sum("b", &[]), sum("c", &[]), sum("a", &[])), (1.5, 0.0, 0.0));
    }
}
