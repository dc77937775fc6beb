//! Which streams' newest message is kept for those who open them later (`keep_last`).
//!
//! Promises: time linear in the id for each pattern, as often as a stream is opened, not as often as something is sent.
//! Called by the conversation and by `compose`.

use tieline_model::Topic;

/// The patterns of the configuration.
pub(crate) struct KeepLast(Vec<Pattern>);

/// An id with `*` in it, split there; one part alone is the id itself.
struct Pattern {
    first: String,
    /// What stands between two stars, in order.
    between: Vec<String>,
    /// What stands behind the last star; none when there is no star.
    last: Option<String>,
}

impl KeepLast {
    pub(crate) fn new(patterns: &[String]) -> KeepLast {
        KeepLast(patterns.iter().map(|pattern| Pattern::new(pattern)).collect())
    }

    /// Those of these streams that are kept.
    pub(crate) fn of(&self, streams: &[Topic]) -> Vec<Topic> {
        streams.iter().filter(|stream| self.keeps(stream)).cloned().collect()
    }

    /// Whether this stream is.
    pub(crate) fn keeps(&self, stream: &Topic) -> bool {
        !self.0.is_empty() && stream.token(1).is_some_and(|id| self.keeps_id(&id))
    }

    /// The same for a stream's id.
    pub(crate) fn keeps_id(&self, id: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(id))
    }
}

impl Pattern {
    fn new(pattern: &str) -> Pattern {
        let mut parts = pattern.split('*').map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        let mut between: Vec<String> = parts.collect();
        let last = between.pop();
        Pattern { first, between, last }
    }

    /// The earliest place of each part is always good enough, so that nothing is tried twice.
    fn matches(&self, id: &str) -> bool {
        let Some(last) = &self.last else { return id == self.first };
        let Some(mut rest) = id.strip_prefix(self.first.as_str()) else { return false };
        for part in &self.between {
            let Some((_, behind)) = rest.split_once(part.as_str()) else { return false };
            rest = behind;
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NAME;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, id, expected) in [
            ("maps.*", "maps.city", true),
            ("maps.*", "maps.", true),
            ("maps.*", "maps.city.north", true),
            ("maps.*", "maps", false),
            ("maps.*", "old.maps.city", false),
            ("maps", "maps", true),
            ("maps", "maps.city", false),
            ("*", "anything at all", true),
            ("*.last", "a.b.last", true),
            ("*.last", "a.b.last.not", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a b b c", true),
            ("a*b*c", "acb", false),
            ("a**c", "ac", true),
            ("ma*é", "mañé", true),
            ("", "a", false),
            ("Maps.*", "maps.city", false),
        ] {
            let keep = KeepLast::new(&[pattern.to_owned()]);
            assert_eq!(keep.keeps(&Topic::new([NAME, id])), expected, "{pattern} {id}");
        }
        assert!(!KeepLast::new(&[]).keeps(&Topic::new([NAME, "a"])));
    }
}
