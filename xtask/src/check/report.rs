//! The summary of a run: a line a step, what to do next, and one last line of numbers.

use std::fmt;
use std::time::Duration;

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What it proves is so.
    Passed,
    /// It is not; why.
    Failed(String),
    /// Nobody knows; why.
    CouldNotRun(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Passed => write!(f, "passed"),
            Verdict::Failed(why) => write!(f, "FAILED: {why}"),
            Verdict::CouldNotRun(why) => write!(f, "could not run: {why}"),
        }
    }
}

/// What has been run so far.
pub(crate) struct Report {
    /// In CI nothing may stay unknown.
    strict: bool,
    steps: Vec<(&'static str, Verdict, Duration)>,
}

impl Report {
    /// An empty report; in a strict one, a step that could not run counts as failed.
    pub(crate) fn new(strict: bool) -> Report {
        Report { strict, steps: Vec::new() }
    }

    /// Adds a step.
    pub(crate) fn add(&mut self, name: &'static str, verdict: Verdict, took: Duration) {
        self.steps.push((name, verdict, took));
    }

    /// Whether a step of this name was run and passed.
    pub(crate) fn has_passed(&self, name: &str) -> bool {
        self.steps.iter().any(|(step, verdict, _)| *step == name && *verdict == Verdict::Passed)
    }

    /// Whether the run as a whole is one to go on from.
    pub(crate) fn is_good(&self) -> bool {
        self.count().1 == 0
    }

    /// Passed, failed, unknown.
    fn count(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Verdict) -> bool| self.steps.iter().filter(|(_, verdict, _)| is(verdict)).count();
        let passed = count(|verdict| *verdict == Verdict::Passed);
        let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
        let unknown = self.steps.len() - passed - failed;
        if self.strict { (passed, failed + unknown, 0) } else { (passed, failed, unknown) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, verdict, took) in &self.steps {
            writeln!(f, "{name:<10} {:>7.1} s  {verdict}", took.as_secs_f64())?;
        }
        let total: Duration = self.steps.iter().map(|(.., took)| took).sum();
        writeln!(f, "{:<10} {:>7.1} s\n", "together", total.as_secs_f64())?;
        let (passed, failed, unknown) = self.count();
        let first = self.steps.iter().find(|(_, verdict, _)| *verdict != Verdict::Passed);
        match first {
            None => writeln!(f, "All is well. A change that users notice has a line in CHANGELOG.md; then commit.")?,
            Some((name, ..)) => writeln!(f, "Next: look at the first that did not pass, `cargo xtask test {name}`.")?,
        }
        write!(f, "{passed} passed, {failed} failed")?;
        match unknown {
            0 => Ok(()),
            unknown => write!(f, ", {unknown} skipped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(strict: bool, verdicts: Vec<Verdict>) -> Report {
        let mut report = Report::new(strict);
        for (name, verdict) in ["one", "two", "three"].into_iter().zip(verdicts) {
            report.add(name, verdict, Duration::from_millis(1500));
        }
        report
    }

    #[test]
    fn the_last_line_is_numbers_alone() {
        let good = report(true, vec![Verdict::Passed, Verdict::Passed]);
        assert_eq!(good.to_string().lines().last(), Some("2 passed, 0 failed"));
        assert!(good.is_good() && good.has_passed("two") && !good.has_passed("three"));
    }

    #[test]
    fn what_could_not_run_fails_in_ci_only() {
        let verdicts = || vec![Verdict::Passed, Verdict::CouldNotRun("no python3".to_owned())];
        let (strict, lax) = (report(true, verdicts()), report(false, verdicts()));
        assert_eq!(strict.to_string().lines().last(), Some("1 passed, 1 failed"));
        assert_eq!(lax.to_string().lines().last(), Some("1 passed, 0 failed, 1 skipped"));
        assert!(!strict.is_good() && lax.is_good());
    }

    #[test]
    fn every_step_has_its_line_and_the_first_failure_is_what_to_do_next() {
        let bad = report(false, vec![Verdict::Passed, Verdict::Failed("a reason".to_owned()), Verdict::Passed]);
        let expected = "one            1.5 s  passed\n\
                        two            1.5 s  FAILED: a reason\n\
                        three          1.5 s  passed\n\
                        together       4.5 s\n\n\
                        Next: look at the first that did not pass, `cargo xtask test two`.\n\
                        2 passed, 1 failed";
        assert_eq!(bad.to_string(), expected);
    }
}
